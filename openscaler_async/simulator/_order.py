"""The body of a creation request, read and checked. Keeps no secret.

The provider's page shows the fields and does not say what it refuses: each rule here is a guess on
the lenient side. Fields that the page does not show are accepted and forgotten.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from ._catalogue import SIZES, Size

if TYPE_CHECKING:
    from ._catalogue import Catalogue

_CUSTOM: Final = "custom"  # what the size of such a machine says; a guess
_CUSTOM_FIELDS: Final = ("vcpus", "memoryMB", "storageGB")
_SECRETS: Final = ("password", "cloud_init_user_data")
_MAX_SHOWN: Final = 80


class InvalidOrder(Exception):
    """A creation request that is refused before it starts; the text says why."""


@attrs.frozen(kw_only=True)
class Order:
    """What a creation request asks for, without its secrets."""

    name: str
    size: Size
    region: str
    distro: str
    project_id: str
    description: str | None
    attached_gb: tuple[int, ...]
    sequence_id: int | None


def read_order(body: bytes, catalogue: Catalogue) -> Order:
    """Read and check the JSON body of a creation request.

    Args:
        body: the bytes that came.
        catalogue: what can be ordered.

    Returns:
        The order.

    Raises:
        InvalidOrder: the body is no JSON object, or a field breaks a rule.
    """
    return order_of(_object(body), catalogue)


def order_of(fields: dict[str, Any], catalogue: Catalogue) -> Order:
    """Check the fields of a creation request, as `read_order` does."""
    for secret in _SECRETS:
        _text(fields, secret)
    _check_ssh_keys(fields.get("ssh_keys"))
    return Order(
        name=_filled_text(fields, "name"),
        size=_size(fields),
        region=_known(fields, "region", catalogue.regions),
        distro=_known(fields, "distro", catalogue.distros),
        project_id=_filled_text({"project_id": "default"} | fields, "project_id"),
        description=_text(fields, "description"),
        attached_gb=_attached_gb(fields.get("attached_disks")),
        sequence_id=_sequence_id(fields.get("sequence_id")),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise InvalidOrder("the body must be a JSON object")
    return fields


def _invalid(field: str, value: object, rule: str) -> InvalidOrder:
    shown = json.dumps(value)
    if len(shown) > _MAX_SHOWN:
        shown = f"{shown[:_MAX_SHOWN]}..."
    return InvalidOrder(f"{field}: must be {rule}, not {shown}")


def _text(fields: dict[str, Any], field: str) -> str | None:
    value = fields.get(field)
    if value is not None and not isinstance(value, str):
        raise InvalidOrder(f"{field}: must be a string")  # the value may be a secret
    return value


def _filled_text(fields: dict[str, Any], field: str) -> str:
    value = fields.get(field)
    if not isinstance(value, str) or not value.strip():
        raise _invalid(field, value, "a string that is not empty")
    return value


def _known(fields: dict[str, Any], field: str, known: frozenset[str]) -> str:
    value = _filled_text(fields, field)
    if value not in known:
        raise _invalid(field, value, f"one of {', '.join(sorted(known))}")
    return value


def _whole_number(field: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _invalid(field, value, "a whole number")
    return value


def _positive(field: str, value: object) -> int:
    number = _whole_number(field, value)
    if number < 1:
        raise _invalid(field, value, "above 0")
    return number


def _size(fields: dict[str, Any]) -> Size:
    """Read a slug, or a custom size: an object under ``size``, or its fields beside the others.

    The page names the variant "custom size" and shows no field of it: both forms are guesses.
    """
    size = fields.get("size")
    if isinstance(size, str):
        if size not in SIZES:
            raise _invalid("size", size, f"one of {', '.join(SIZES)}")
        return SIZES[size]
    if size is None and any(field in fields for field in _CUSTOM_FIELDS):
        size = fields
    if not isinstance(size, dict):
        raise _invalid("size", size, f"a known size or have {', '.join(_CUSTOM_FIELDS)}")
    vcpus, memory_mb, storage_gb = (_positive(field, size.get(field)) for field in _CUSTOM_FIELDS)
    return Size(slug=_CUSTOM, vcpus=vcpus, memory_mb=memory_mb, storage_gb=storage_gb)


def _attached_gb(value: object) -> tuple[int, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(disk, dict) for disk in value):
        raise _invalid("attached_disks", value, "a list of objects with sizeGB")
    return tuple(_positive("attached_disks.sizeGB", disk.get("sizeGB")) for disk in value)


def _check_ssh_keys(value: object) -> None:
    are_texts = isinstance(value, list) and all(isinstance(key, str) for key in value)
    if value is not None and not are_texts:
        raise InvalidOrder("ssh_keys: must be a list of strings")


def _sequence_id(value: object) -> int | None:
    return None if value is None else _whole_number("sequence_id", value)
