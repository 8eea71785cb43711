"""The quick decoder of a machine beside the converter that decides: the same machines, and no more of them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import VM
from openscaler_async._wire import _converter, _quick_decoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLE = json.loads((Path(__file__).parent / "data" / "vm.json").read_text(encoding="utf-8"))
VALUES: tuple[object, ...] = (
    None,
    True,
    7,
    7.5,
    float("inf"),
    10**400,
    "text",
    "2026-11-23T12:00:00Z",
    [],
    [None],
    [{}],
    {},
    {"port": 1},
)
NOTHING = object()


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every value in a machine's description."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def changed(path: tuple[Any, ...], value: object) -> dict[str, Any]:
    """Give the description with another value at one place, or with none there."""
    machine: dict[str, Any] = copy.deepcopy(EXAMPLE)
    inner: Any = machine
    for key in path[:-1]:
        inner = inner[key]
    if value is NOTHING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return machine


def decoded(decode: Callable[[dict[str, Any]], VM], machine: dict[str, Any]) -> VM | None:
    """Give the machine, or None when it is refused."""
    try:
        return decode(machine)
    except Exception:  # noqa: BLE001  (by whatever exception)
        return None


@pytest.mark.parametrize("path", [*places(EXAMPLE)], ids=lambda path: ".".join(map(str, path)))
def test_both_decoders_agree(path: tuple[Any, ...]) -> None:
    """Whatever stands at a place in a machine's description, both take it for the same, or neither takes it."""
    for value in (*VALUES, NOTHING):
        machine = changed(path, value)
        slow = decoded(lambda machine: _converter().structure(machine, VM), machine)
        assert slow == decoded(_quick_decoder(VM), machine), value


def test_both_decoders_keep_what_is_new() -> None:
    """A field that is not known is kept at every level, by both."""
    machine = copy.deepcopy(EXAMPLE) | {"new": 1}
    machine["disks"][0]["new"] = machine["network"]["new"] = machine["network"]["public_ip_ports"][0]["new"] = [2]
    quick, slow = _quick_decoder(VM)(machine), _converter().structure(machine, VM)
    assert quick == slow
    assert slow.network is not None
    assert {"new": 1} == slow.extra
    assert {"new": [2]} == slow.disks[0].extra == slow.network.extra == slow.network.public_ip_ports[0].extra


def test_the_example_takes_the_quick_way() -> None:
    """A machine as documented needs no converter."""
    assert "web-1" == _quick_decoder(VM)(EXAMPLE | {"name": "web-1"}).name
