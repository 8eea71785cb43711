"""What a caller asks for, checked before anything is sent.

Knows neither JSON nor HTTP; `_wire` turns these to what the provider reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import attrs

from .errors import InvalidSpec

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_T = TypeVar("_T")


def _text(value: object, field: str) -> None:
    if not isinstance(value, str):
        raise InvalidSpec(field, value, "must be a string")
    if not value or value.isspace():
        raise InvalidSpec(field, value, "must not be empty")
    if not value.isprintable() and _CONTROL.search(value):
        raise InvalidSpec(field, value, "must not have a control character")


def _check_text(_instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if type(value) is str and value.isprintable() and value.strip():
        return
    _text(value, attribute.name)


def _check_secret(_instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise InvalidSpec(attribute.name, f"<{type(value).__name__}>", "must be a string or None")
    if "\0" in value:
        raise InvalidSpec(attribute.name, "<hidden>", "must not have a NUL")


def _positive_integer(value: object, field: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidSpec(field, value, "must be an integer")
    if value <= 0:
        raise InvalidSpec(field, value, "must be positive")


def _check_positive(_instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    _positive_integer(value, attribute.name)


@attrs.frozen(kw_only=True)
class CustomSize:
    """A size that is not one of the provider's.

    The provider's page names this variant and shows none of its fields: that they are called like
    the VM's own is an inference.

    Args:
        vcpus: number of virtual CPUs.
        memory_mb: memory in MB.
        storage_gb: main disk in GB.

    Raises:
        InvalidSpec: a value is no positive integer.
    """

    vcpus: int = attrs.field(validator=_check_positive)
    memory_mb: int = attrs.field(validator=_check_positive)
    storage_gb: int = attrs.field(validator=_check_positive)


@attrs.frozen(kw_only=True)
class AttachedDisk:
    """A disk beside the main one.

    Args:
        size_gb: size in GB (in the provider's own example, 1 GB is 2**30 bytes).

    Raises:
        InvalidSpec: the size is no positive integer.
    """

    size_gb: int = attrs.field(validator=_check_positive)


def _items(value: Iterable[_T], field: str) -> tuple[_T, ...]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise InvalidSpec(field, value, "must be a list, not one item")
    return tuple(value)


def _disks(value: Iterable[AttachedDisk]) -> tuple[AttachedDisk, ...]:
    return _items(value, "attached_disks")


def _keys(value: Iterable[str]) -> tuple[str, ...]:
    return _items(value, "ssh_keys")


@attrs.frozen(kw_only=True)
class VMSpec:
    """What a new virtual machine is to be.

    Everything is checked here, before anything is sent. What costs money has no default.

    Args:
        name: the machine's name.
        size: the slug of one of the provider's sizes, such as ``"b-1-500mb-10"``, or a `CustomSize`.
        region: the region's slug, such as ``"alg1"``.
        distro: the image's slug, such as ``"debian-13"``.
        project_id: the project's id; ``"default"`` is the default project.
        description: free text.
        attached_disks: disks beside the main one.
        ssh_keys: public keys, one line each, as in ``authorized_keys``.
        password: the machine's password; never shown in ``repr``.
        cloud_init_user_data: the cloud-init document; never shown in ``repr``.
        sequence_id: a number of your own that the created machine carries back.
        extra: fields that the provider's page does not show, passed through as they are; they
            are never shown in ``repr``.

    Raises:
        InvalidSpec: a value breaks a rule; it names the field, the value and the rule.

    Source:
        The provider's page *Create a New VM* (``POST /v1/vms``).
    """

    name: str = attrs.field(validator=_check_text)
    size: str | CustomSize = attrs.field()
    region: str = attrs.field(validator=_check_text)
    distro: str = attrs.field(validator=_check_text)
    project_id: str = attrs.field(default="default", validator=_check_text)
    description: str | None = attrs.field(default=None)
    attached_disks: tuple[AttachedDisk, ...] = attrs.field(default=(), converter=_disks)
    ssh_keys: tuple[str, ...] = attrs.field(default=(), converter=_keys)
    password: str | None = attrs.field(default=None, repr=False, validator=_check_secret)
    cloud_init_user_data: str | None = attrs.field(default=None, repr=False, validator=_check_secret)
    sequence_id: int | None = attrs.field(default=None)
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False, hash=False)

    @size.validator
    def _check_size(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if isinstance(value, CustomSize):
            return
        if not isinstance(value, str):
            raise InvalidSpec(attribute.name, value, "must be a size's slug or a CustomSize")
        _text(value, attribute.name)

    @description.validator
    def _check_description(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is not None and not isinstance(value, str):
            raise InvalidSpec(attribute.name, value, "must be a string or None")

    @attached_disks.validator
    def _check_disks(self, attribute: attrs.Attribute[Any], value: tuple[object, ...]) -> None:
        for index, disk in enumerate(value):
            if not isinstance(disk, AttachedDisk):
                raise InvalidSpec(f"{attribute.name}[{index}]", disk, "must be an AttachedDisk")

    @ssh_keys.validator
    def _check_keys(self, attribute: attrs.Attribute[Any], value: tuple[object, ...]) -> None:
        for index, key in enumerate(value):
            _text(key, f"{attribute.name}[{index}]")

    @sequence_id.validator
    def _check_sequence_id(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise InvalidSpec(attribute.name, value, "must be an integer or None")

    @extra.validator
    def _check_extra(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, Mapping):
            raise InvalidSpec(attribute.name, f"<{type(value).__name__}>", "must be a mapping")
        for key in value:
            if not isinstance(key, str):
                raise InvalidSpec(attribute.name, key, "must have strings for keys")
            if key in _SPEC_FIELDS:
                raise InvalidSpec(f"{attribute.name}[{key!r}]", "<hidden>", f"is set by the field {key}")

    def without_secrets(self) -> VMSpec:
        """Give the same spec without password, cloud-init document and extra fields."""
        if self.password is None and self.cloud_init_user_data is None and not self.extra:
            return self
        return attrs.evolve(self, password=None, cloud_init_user_data=None, extra={})


_SPEC_FIELDS: Final = {field.name for field in attrs.fields(VMSpec)}
