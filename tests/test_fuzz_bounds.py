"""``_sse`` and ``_history``, fuzzed: what they keep is bounded, and so is the work, whatever they are fed."""

from __future__ import annotations

import itertools

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openscaler_async import EventTooLarge
from openscaler_async._history import MAX_CHARACTERS, History
from openscaler_async._sse import MessageEvent, SSEDecoder
from tests import properties, strategies
from tests.test_sse_limits import count_calls

LONG = "a" * 9_900 + "\U0001f600"
COSTLY = [
    *("data: ab\n", "data: \u20ac\n", "data: \U0001f600\n", "data\n", f"data: {LONG}\n", f"data: {LONG}"),
    *(f"id: {LONG}\n\n", f"event: {LONG}\n", "retry: 1\n", ": comment\n", "event: a\n", "\n"),
]
SIMPLE = [b"data: a\n", b"data\r", b"data: \xff", b"data: \xff\n", b": c\r\n", b"id: a\n", b"event: a\n", b"\n", b"\r"]


@settings(max_examples=40)
@given(stream=strategies.any_stream(), places=strategies.PLACES, limit=st.integers(8, 120))
def test_decoder_keeps_no_more_than_its_limit_allows(stream: bytes, places: list[int], limit: int) -> None:
    """However long a stream goes on, what the decoder keeps of it depends on its limit only."""
    properties.check_memory(stream, places, limit)


@pytest.mark.parametrize("line", COSTLY, ids=lambda line: line[:12])
def test_what_costs_most(line: str) -> None:
    """Not even many small lines of data, after the longest ids and type, make the decoder keep more."""
    lead = f"id: {LONG}\n\nid: {LONG[1:]}\nevent: {LONG}\n"
    properties.check_memory((lead + line * (1 + 60_000 // len(line))).encode(), range(0, 90_000, 1_500), 10_000)


@pytest.mark.parametrize("text", ["ab", "\U0001f600", ""])
def test_many_small_lines_cost_little_each(text: str) -> None:
    """Where the limit is a large one, data in small lines takes no more than eight times that."""
    limit = 2**18
    decoder, sizes = SSEDecoder(limit), []
    lines = limit // (len(text.encode()) + 1)  # are just what it allows
    for _ in range(64):
        decoder.receive(f"data: {text}\n".encode() * (lines // 64))
        sizes.append(properties.size_of(decoder))
    assert limit // 2 < max(sizes) < 8 * limit
    with pytest.raises(EventTooLarge):
        decoder.receive(f"data: {text}\n".encode() * lines)


@pytest.mark.parametrize("block", SIMPLE)
def test_work_is_linear(block: bytes) -> None:
    """Four times as much of one thing takes about four times the calls, not sixteen times."""
    check_work(block)


@settings(max_examples=8)
@given(block=strategies.any_stream().filter(bool))
def test_work_is_linear_whatever_comes(block: bytes) -> None:
    """Nor does four times as much of many things."""
    check_work(block[:40])


def check_work(block: bytes) -> None:
    """Count the calls for a block 25 times and 100 times, whole and in bytes, far from the limit and near it."""
    for bytewise, share in itertools.product([False, True], [2, 1_000]):
        few, many = (
            count_calls(SSEDecoder(share * len(stream)), [*map(bytes, zip(stream))] if bytewise else [stream])
            for stream in (block * 25, block * 100)
        )
        assert many <= 6 * few


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("news", "type"),
        ("news", "data"),
        ("news", "last_event_id"),
        ("progress", "data"),
        ("progress", "last_event_id"),
    ],
)
def test_history_is_bounded(kind: str, field: str) -> None:
    """However large the parts of events are, and however many there are, the newest is kept, and not much else."""
    history = History()
    for number in range(200):
        text = f"{number:0{MAX_CHARACTERS // 10}}"
        event = MessageEvent(kind, kind, "", "", "")
        history.extend([attrs.evolve(event, **{field: text}) for _ in range(number % 3)])
        properties.check_history(history)
