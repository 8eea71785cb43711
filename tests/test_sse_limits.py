"""``_sse``: what one event may hold, and what the decoder does for it."""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openscaler_async import EventTooLarge
from openscaler_async._sse import DEFAULT_MAX_EVENT_BYTES, SSEDecoder
from tests import oracle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Cut = Callable[[bytes], list[bytes]]

LINES = [
    *(
        b"data: 12",
        b"data: 123456789",
        b"data",
        b"data: 12345678901234",
        b"data: \xff\xff\xff",
        "data: \u20ac".encode(),
    ),
    *(b": 123456789", b": 1234567890123456789", b"event: progress", b"event: 1234567890123", b"id: 1", b"", b""),
]
STREAMS = st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from([b"\n", b"\r", b"\r\n"])), max_size=12)
Event = tuple[str, str, str]


def receive(decoder: SSEDecoder, chunks: Iterable[bytes]) -> tuple[list[Event], bool]:
    """Feed a decoder to the end; give the events, and whether it stopped for one that is too large."""
    events = []
    try:
        for chunk in chunks:
            events += [(event.type, event.data, event.last_event_id) for event in decoder.receive(chunk)]
        decoder.receive_eof()
    except EventTooLarge:
        return events, True
    return events, False


def bytewise(stream: bytes) -> list[bytes]:
    """Cut a stream to single bytes."""
    return [stream[index : index + 1] for index in range(len(stream))]


@settings(deadline=None, max_examples=500)
@given(
    lines=STREAMS,
    tail=st.sampled_from([b"", b": 12345", b": 1234567890123456789"]),
    cuts=st.lists(st.integers(0, 200)),
    limit=st.integers(8, 40),
)
def test_limit_does_not_depend_on_the_cut(
    lines: list[tuple[bytes, bytes]], tail: bytes, cuts: list[int], limit: int
) -> None:
    """The events before the first that is too large are given, then the error, however the bytes are cut."""
    stream = b"".join(line + end for line, end in lines) + tail
    edges = [0, *sorted(cuts), len(stream)]
    chunks = [stream[start:end] for start, end in itertools.pairwise(edges)]
    expected = oracle.decode(stream, limit=limit)
    assert (expected.events, expected.too_large) == receive(SSEDecoder(limit), chunks)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: 12345\n\n", 1),
        (b"data: 1\ndata: 2\ndata: 3\ndata: 4\ndata: 5\ndata: 6\n\n", 1),
        (b"data: 12345\ndata: 12345\n\n", 1),
        (b"data\n" * 12 + b"\n", 1),
        (b": 123456789\n" * 9 + b"data: 1\n" + b": 123456789\n" * 9 + b"\n", 1),
        (b"event: 1234\nid: 12345\ndata: 1\n\n" * 9, 9),
        (b"data: 12345\n\ndata: 12345", 1),
        ("data: \u20ac\n\n".encode(), 1),
    ],
)
@pytest.mark.parametrize("cut", [bytewise, lambda stream: [stream]], ids=["bytes", "whole"])
def test_what_just_fits(stream: bytes, events: int, cut: Cut) -> None:
    """A line of 11 bytes and data of 11 bytes pass a limit of 11; comments do not count as data."""
    given, too_large = receive(SSEDecoder(11), cut(stream))
    assert (events, False) == (len(given), too_large)


@pytest.mark.parametrize(
    "stream",
    [
        b"data: 123456\n\n",
        b"data: 123456",
        b"data: 12345\ndata: 123456",
        b"data: 12345\ndata: 12345\ndata\n",
        b"data: 12345\ndata: 12345\ndata: 1",
        b"data\n" * 13 + b"\n",
        b": 1234567890\n",
        b"event: 12345\n",
        b"data: \xff\xff\n\n",
    ],
)
@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("cut", [bytewise, lambda stream: [stream]], ids=["bytes", "whole"])
def test_what_is_too_large(stream: bytes, before: int, cut: Cut) -> None:
    """A longer line, finished or not, or more data in sum, is refused, and what came before is given."""
    given, too_large = receive(SSEDecoder(11), cut(b"data: a\n\n" * before + stream))
    assert ([("message", "a", "")] * before, True) == (given, too_large)


@pytest.mark.parametrize("stream", [b"data: a\n\ndata: 123456\n", b"data: a\n\ndata: 123456"])
def test_error_comes_with_the_next_call(stream: bytes) -> None:
    """When a chunk has both, the events come first; then every call gives the error, and it names the limit."""
    decoder = SSEDecoder(11)
    assert [event.data for event in decoder.receive(stream)] == ["a"]
    with pytest.raises(EventTooLarge) as caught:
        decoder.receive(b"")
    assert caught.value.limit_bytes == 11
    for call in (lambda: decoder.receive(b"event: a\ndata: b\n\n"), decoder.receive_eof):
        with pytest.raises(EventTooLarge):
            call()


@pytest.mark.parametrize("stream", [b"data: 123456", b"data: 123456\n\n", b"data: 12345\ndata: 12345\ndata\n"])
def test_error_comes_at_once_when_there_is_nothing_else(stream: bytes) -> None:
    """A chunk that completes no event and makes one too large raises the error itself."""
    with pytest.raises(EventTooLarge):
        SSEDecoder(11).receive(stream)


def test_events_that_come_alone_are_measured() -> None:
    """An event in a chunk of its own is held to the same limit as any other."""
    fits, type_too_large, data_too_large = (
        b"event: 1234\ndata: 12345\n\n",
        b"event: 12345\ndata: 1\n\n",
        b"data: 123456\n\n",
    )
    expected = [("1234", "12345", "")] * 2
    assert receive(SSEDecoder(11), [fits, fits]) == (expected, False)
    for too_large in (type_too_large, b"event: 1\n" + data_too_large):
        assert receive(SSEDecoder(11), [fits, fits, too_large, fits]) == (expected, True)


def test_events_are_measured_one_by_one() -> None:
    """However much one chunk or one stream holds, only a single event can be too large."""
    event = b"data: 1234\ndata: 5678\n\n"
    assert receive(SSEDecoder(11), [event * 1000]) == ([("message", "1234\n5678", "")] * 1000, False)
    assert receive(SSEDecoder(11), bytewise(event * 100)) == ([("message", "1234\n5678", "")] * 100, False)


def test_default_limit() -> None:
    """By default a line may have 4 MiB, and not a byte more."""
    assert DEFAULT_MAX_EVENT_BYTES == 4 * 2**20
    line = b"data:" + b"a" * (4 * 2**20 - 5)
    assert receive(SSEDecoder(), [line, b"\n\n"]) == ([("message", "a" * (4 * 2**20 - 5), "")], False)
    assert receive(SSEDecoder(), [line, b"a"]) == ([], True)


def test_unfinished_line_grows_in_place() -> None:
    """The bytes of a line that comes in pieces are not copied again with each piece."""
    decoder = SSEDecoder()
    decoder.receive(b"data: ")
    tail = decoder._tail
    for _ in range(100):
        decoder.receive(b"a")
    assert decoder._tail is tail


@pytest.mark.parametrize("limit", [DEFAULT_MAX_EVENT_BYTES, 20_000])
@pytest.mark.parametrize("cut", [bytewise, lambda stream: [stream]], ids=["bytes", "whole"])
def test_work_is_linear_in_the_lines(limit: int, cut: Cut) -> None:
    """Four times the data lines of an event take four times the calls, not sixteen times."""
    few, many = (count_calls(SSEDecoder(limit), cut(b"data: 1\n" * lines)) for lines in (1000, 4000))
    assert many < 5 * few


def count_calls(decoder: SSEDecoder, chunks: list[bytes]) -> int:
    """Count the calls, of Python and of C, and the turns of generators, that it takes to decode."""
    calls: Counter[str] = Counter()
    before = sys.getprofile()
    sys.setprofile(lambda _frame, event, _argument: calls.update([event]))
    try:
        for chunk in chunks:
            decoder.receive(chunk)
    finally:
        sys.setprofile(before)
    return calls["call"] + calls["c_call"]


@pytest.mark.parametrize("lines", [4_095, 4_096, 4_097, 10_000])
def test_many_short_lines(lines: int) -> None:
    """An event of more lines than are kept apart is the same event, and its limit is the same."""
    stream = b"data:%d\n"
    data = [str(number) for number in range(lines)]
    decoder = SSEDecoder(len("\n".join(data)))
    for number in range(lines):
        assert [] == decoder.receive(stream % number)
    (event,) = decoder.receive(b"\n")
    assert "\n".join(data) == event.data
    decoder = SSEDecoder(len("\n".join(data)) - 1)
    for number in range(lines - 1):
        decoder.receive(stream % number)
    with pytest.raises(EventTooLarge):
        decoder.receive(stream % (lines - 1))
