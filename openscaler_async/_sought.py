"""The machines of a list that somebody looks for: found among thousands, and read as far as can be."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import attrs

from ._json import Unreadable
from ._wire import decode_vm, find_vm_id, listed
from .models import VM

if TYPE_CHECKING:
    from collections.abc import Container


@attrs.frozen
class Sought:
    """The machines of a list that are looked for.

    Args:
        by_name: those with one of the names.
        by_id: those with one of the ids.
        whole: whether it is certain that the list has no others.
    """

    by_name: dict[str, list[VM]]
    by_id: dict[int, VM]
    whole: bool


def decode_sought(value: object, names: Container[str], ids: Container[int]) -> Sought:
    """Decode what is looked for of the answer of ``GET /v1/vms``.

    A machine that is not described as documented is given with as much as can be read of it.

    Args:
        value: the answer.
        names: the names that are looked for.
        ids: the ids that are looked for.

    Returns:
        The machines.

    Raises:
        Unreadable: it is not ``{"vms": [...]}``.
    """
    by_name: dict[str, list[VM]] = {}
    by_id: dict[int, VM] = {}
    whole = True
    for item in listed(value):
        name, vm_id = (item.get("name"), find_vm_id(item)) if isinstance(item, dict) else (None, None)
        vm = _decode_legible(item) if vm_id in ids or (isinstance(name, str) and name in names) else None
        if vm is not None:
            by_id[vm.id] = vm
            by_name.setdefault(vm.name, []).append(vm)
        elif not isinstance(name, str) or name in names:
            whole = False
    return Sought(by_name, by_id, whole)


def _decode_legible(value: dict[str, Any]) -> VM | None:
    with contextlib.suppress(Unreadable):
        return decode_vm(value)
    legible = {}
    for key in ("id", "name", "sequence_id", "state", "created_at"):
        with contextlib.suppress(Unreadable):
            decode_vm({"id": 0, "name": "", key: value.get(key)})
            legible[key] = value.get(key)
    return decode_vm({"name": "", **legible}) if "id" in legible else None
