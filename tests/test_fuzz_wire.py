"""``_json``, ``_wire`` and tickets, fuzzed: whatever a text says, it is read or refused by name."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openscaler_async import CreationTicket
from openscaler_async._wire import decode_vm
from tests import properties_wire
from tests.properties_wire import MACHINE, TICKET

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMES = ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "2026-11-23", "2026-11-23T24:00:00", "\ud800"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(TIMES)
VALUES = st.recursive(
    SCALARS | st.sampled_from([MACHINE, TICKET]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["message", "progress", "vms", *MACHINE, *TICKET]), inner, max_size=3)
    ),
    max_leaves=6,
)
TOLD = st.dictionaries(st.sampled_from(["message", "progress", "error"]), SCALARS | st.just({"message": 1})).map(
    json.dumps
)
TEXTS = VALUES.map(json.dumps) | VALUES.map(lambda value: json.dumps(value, indent=1))


def places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401  (JSON may be anything)
    """Give every place in a value as the object or list that it is in, and its key or index."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from places(item)


@st.composite
def changed(draw: st.DrawFn, known: dict[str, Any]) -> bytes:
    """Change a place or two in an object that is right, or add something to it."""
    value = copy.deepcopy(known)
    for _ in range(draw(st.sampled_from([1, 1, 2]))):
        inside, key = draw(st.sampled_from([*places(value), (value, "news")]))
        inside[key] = copy.deepcopy(draw(SCALARS | VALUES))
    return json.dumps(value).encode()


def test_what_is_changed_is_right() -> None:
    """Unchanged, the machine and the ticket are taken."""
    assert decode_vm(MACHINE).id == MACHINE["id"]
    assert CreationTicket.from_json(json.dumps(TICKET)).id == "7f"


@given(text=TEXTS | TOLD, cut=st.integers(0, 12))
def test_text_of_an_event(text: str, cut: int) -> None:
    """Whatever the data of an event is, it says something, and is not both whole and cut."""
    properties_wire.check_text(text[: len(text) - cut].encode("utf-8", "surrogatepass"))


@settings(max_examples=150)
@given(text=changed(MACHINE))
@example(text=b"{}")
@example(text=b'{"id": 1, "name": "a", "created_at": "0001-01-01T00:00:00+10:00"}')
def test_machine(text: bytes) -> None:
    """Whatever the description of a machine is, alone or in a list, it is read or unreadable."""
    properties_wire.check_answer(text)
    properties_wire.check_answer(b'{"vms": [' + text + b"]}")


@pytest.mark.parametrize(
    "wrapped", [b"%b", b'{"vms": [%b]}', b'{"id": %b, "name": "a"}', b'{"vms": [{"name": "a", "id": %b}]}']
)
def test_machine_that_is_deep(wrapped: bytes) -> None:
    """However deep JSON is, it is read or unreadable."""
    for depth in [*range(900, 1000, 3), 1_490, 9_990, 10**5]:
        properties_wire.check_answer(wrapped % (b"[" * depth + b"]" * depth))


@settings(max_examples=200)
@given(text=changed(TICKET))
@example(text=b"[]")
@example(text=json.dumps(TICKET | {"vm_id": "7"}).encode())
@example(text=json.dumps(TICKET | {"sent_at": TIMES[0]}).encode())
def test_ticket(text: bytes) -> None:
    """Whatever the text of a ticket is, it is a ticket or refused by name."""
    properties_wire.check_ticket(text)
