"""``_sse``: the standard's decoder, however the bytes are cut."""

from __future__ import annotations

import base64
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp_sse_client.client import MessageEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from openscaler_async import EventTooLarge
from openscaler_async._sse import SSEDecoder
from tests import oracle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

VECTORS = json.loads(Path(__file__).with_name("data").joinpath("sse_vectors.json").read_text("utf-8"))
CUTS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "as given": list,
    "one byte at a time": lambda chunks: [bytes([byte]) for byte in b"".join(chunks)],
    "whole": lambda chunks: [b"".join(chunks)],
}
LINES = [
    *(b"data: a", b"data", b"data:", b"data: ", b"data:  b", "data: \u20ac".encode(), b"data: \xe2\x82", b"data: \xff"),
    *(b"event: progress", b"event: 200", b"event:", b"event", b"id: 1", b"id", b"id: \0", b"retry: 7", b"retry: x"),
    *(b": comment", b":", b"\xef\xbb\xbfdata: c", b"unknown: d", b" data: e", b'"event: 200\\ndata: {}"', b""),
]
STREAMS = st.lists(st.tuples(st.sampled_from(LINES) | st.binary(max_size=6), st.sampled_from([b"\n", b"\r", b"\r\n"])))
TAILS = st.sampled_from([b"", b"data: unfinished", b"\xef\xbb"])
Event = tuple[str, str, str]


def chunks_of(vector: dict[str, Any]) -> list[bytes]:
    """Give the chunks of a vector as bytes."""
    return [base64.b64decode(chunk) for chunk in vector["chunks"]]


def receive(decoder: SSEDecoder, chunks: Iterable[bytes]) -> list[Event]:
    """Feed a decoder, and give the events as (type, data, last event id)."""
    return [plain(event) for chunk in chunks for event in decoder.receive(chunk)]


def end_of(decoder: SSEDecoder) -> Event | None:
    """End the stream, and give the unfinished event."""
    unfinished = decoder.receive_eof()
    return None if unfinished is None else plain(unfinished)


def plain(event: MessageEvent) -> Event:
    """Give what counts of an event."""
    return event.type, event.data, event.last_event_id


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vectors(vector: dict[str, Any]) -> None:
    """Every vector gives its events and its retry, however it is cut, quoted lines or not; so does the oracle."""
    chunks = chunks_of(vector)
    expected = [(event["event"], event["data"], event["id"]) for event in vector["expect"]]
    assert expected == oracle.decode(b"".join(chunks)).events
    for cut, quoted_lines in itertools.product(CUTS, [False, True]):
        decoder = SSEDecoder(quoted_lines=quoted_lines)
        assert expected == receive(decoder, CUTS[cut](chunks)), cut
        assert vector.get("retry", decoder.retry) == decoder.retry


@settings(deadline=None, max_examples=300)
@given(lines=STREAMS, tail=TAILS, cuts=st.lists(st.integers(0, 400)), bom=st.booleans())
def test_any_cut_gives_what_the_standard_says(
    lines: list[tuple[bytes, bytes]], tail: bytes, cuts: list[int], *, bom: bool
) -> None:
    """Any stream cut anywhere gives what the standard says, and the same unfinished event."""
    stream = b"\xef\xbb\xbf" * bom + b"".join(line + end for line, end in lines) + tail
    edges = [0, *sorted(cuts), len(stream)]
    chunks = [stream[start:end] for start, end in itertools.pairwise(edges)]
    decoder, expected = SSEDecoder(), oracle.decode(stream)
    assert expected.events == receive(decoder, chunks)
    assert (expected.last_event_id, expected.reconnection_time) == (decoder.last_event_id, decoder.retry)
    for quoted_lines in (False, True):
        cut, whole = (SSEDecoder(quoted_lines=quoted_lines) for _ in range(2))
        assert receive(whole, [stream]) == receive(cut, chunks)
        assert (end_of(whole), whole.mid_line) == (end_of(cut), cut.mid_line)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_event_comes_with_its_last_byte(end: bytes) -> None:
    """An event is given with the first byte that completes it: a CR does not wait for an LF."""
    decoder = SSEDecoder()
    lead, last = b"data: a" + end, end[:1]
    assert [] == decoder.receive(lead)
    assert [("message", "a", "")] == receive(decoder, [last])
    assert [] == receive(decoder, [end[1:], end, end])


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_line_feed_belongs_to_the_byte_before_it(end: bytes) -> None:
    """An LF at the start of a chunk is part of a CRLF only if the very last byte was the CR."""
    chunks = [b"event: a" + end + b"data: 1", b"\ndata: 2" + end, b"data: 3" + end, end[:1]]
    assert [("a", "1\n2\n3", "")] == receive(SSEDecoder(), chunks)


def test_events_are_those_of_the_package() -> None:
    """An event is aiohttp-sse-client's own, with the origin that was asked for."""
    expected = MessageEvent("200", "200", "a", "http://127.0.0.1", "7")
    decoder = SSEDecoder(origin="http://127.0.0.1")
    assert [expected] == decoder.receive(b"id: 7\nevent: 200\ndata: a\n\n")
    assert [expected] == decoder.receive(b"event: 200\ndata: a\n\n")


def test_event_that_comes_alone_takes_nothing_from_before() -> None:
    """An event in a chunk of its own keeps the last id, and loses a type that was never used."""
    chunks = [b"id: 7\n", b"event: lost\n", b"event: progress\ndata: a\n\n", b"event: \ndata: b\n\n"]
    chunks += [b"event: lost\nid: 8\n\n", b"data: c\n\n", b"event: \xff\ndata: \xff\n\n"]
    expected = [("progress", "a", "7"), ("message", "b", "7"), ("message", "c", "8"), ("\ufffd", "\ufffd", "8")]
    assert expected == receive(SSEDecoder(), chunks)


BEFORE = [
    b":\n",
    b":\r",
    b"data: p\n",
    b"data\n",
    b"data: p",
    b"id: 1\n",
    b"event: q\n",
    b"event: q\r\n\r",
    b"data: p\n\n",
]
TYPES = [b"event: a", b"event: ", b"event:a", b"event: a\r", b"event: \xff"]
FIELDS = [b"data: b", b"data:b", b"id: 2", b": c", b"event: c", b"data: b\ndata: c", b"data: b\r"]


@pytest.mark.parametrize("limit", [12, 1000])
@pytest.mark.parametrize("before", BEFORE)
def test_chunk_that_is_an_event(before: bytes, limit: int) -> None:
    """The short way for a chunk that is one whole event takes nothing that it must not."""
    for kind, field, end in itertools.product(
        TYPES, FIELDS, [b"\n\n", b"\n", b"\n\n\n", b"\r\n\n", b"\n\ndata: d\n\n"]
    ):
        chunk = kind + b"\n" + field + end
        decoder, expected = SSEDecoder(limit), oracle.decode(before + chunk, limit=limit)
        try:
            given = receive(decoder, [before, chunk])
        except EventTooLarge:
            given = []
        assert expected.events == given, chunk
        if not expected.too_large:
            assert expected.last_event_id == decoder.last_event_id


def test_one_byte_order_mark() -> None:
    """Only the first one is a mark; the next is part of a field's name, and so are two of its bytes."""
    mark = b"\xef\xbb\xbf"
    assert [("message", "a", "")] == receive(SSEDecoder(), [mark + b"data: a\n\n"])
    assert [] == receive(SSEDecoder(), [mark + mark + b"data: a\n\n"])
    assert [] == receive(SSEDecoder(), [mark[:2], b"data: a\n\n"])
    assert [] == receive(SSEDecoder(), [b"\n", mark + b"data: a\n\n"])


@pytest.mark.parametrize(
    ("line", "retry"),
    [
        *((b"retry: 0", 0), (b"retry:1500", 1500), (b"retry: 007", 7), (b"retry", 5), (b"retry:", 5)),
        *((b"unknown: 9", 5), (b"retry : 9", 5)),
        *((b"retry: -1", 5), (b"retry: 1.5", 5), ("retry: \u00b2".encode(), 5), ("retry: \u0663".encode(), 5)),
        *((b"retry: 999999999999999", 10**15 - 1), (b"retry: " + b"9" * 5000, 5)),
    ],
)
def test_retry(line: bytes, retry: int) -> None:
    """A retry of ASCII digits is kept, anything else leaves the last one, and no length is too much."""
    decoder = SSEDecoder()
    assert decoder.retry is None
    decoder.receive(b"retry: 5\n" + line + b"\n")
    assert retry == decoder.retry


def test_last_event_id() -> None:
    """An id counts from the blank line on, stays for later events, and an empty one takes it away."""
    decoder = SSEDecoder()
    assert decoder.last_event_id == ""
    assert [] == decoder.receive(b"id: 1\n")
    assert decoder.last_event_id == ""
    assert [] == decoder.receive(b"\n")
    assert decoder.last_event_id == "1"
    assert [] == decoder.receive(b"id: 2\0\n\n")
    assert [("message", "a", "1"), ("message", "b", "")] == receive(decoder, [b"data: a\n\nid\ndata: b\n\n"])
    assert decoder.last_event_id == ""


@pytest.mark.parametrize(
    ("stream", "expected", "mid_line"),
    [
        *((b"", None, False), (b"data: a\n\n", None, False), (b"event: 200\n", None, False), (b": c", None, False)),
        *((b"data: a\n", ("message", "a", ""), False), (b"data: a\r", ("message", "a", ""), False)),
        (b"event: 200\ndata: a\ndata: b\n", ("200", "a\nb", ""), False),
        (b"event: 200\ndata: a\ndata: b", ("200", "a\nb", ""), True),
        (b"event: 200\ndata:a", ("200", "a", ""), True),
        *((b"data: a\nda", ("message", "a", ""), False), (b"data: a\n: c", ("message", "a", ""), False)),
        *((b"event: 400\ndata:", ("400", "", ""), True), (b"event: 400\ndata:\n", ("400", "", ""), False)),
        *((b"event: 200\ndata", None, False), (b"data: \xe2\x82", ("message", "\ufffd", ""), True)),
        (b'"even', None, False),
        *((b"\xef\xbb", None, False), (b"\xef\xbb\xbfdata: a", ("message", "a", ""), True)),
    ],
)
def test_end_gives_the_unfinished_event(stream: bytes, expected: Event | None, *, mid_line: bool) -> None:
    """The end gives the event that has data and no blank line, and tells whether a line was cut."""
    for cut, quoted_lines in itertools.product(CUTS.values(), [False, True]):
        decoder = SSEDecoder(quoted_lines=quoted_lines)
        receive(decoder, cut([stream]))
        assert expected == end_of(decoder)
        assert mid_line == decoder.mid_line
        assert end_of(decoder) is None


@pytest.mark.parametrize("cut", ["one byte at a time", "whole"])
def test_quoted_line(cut: str) -> None:
    """With quoted_lines, a line that begins with a quoted event is one, and ends the event before it."""
    line = '"event: 200\\ndata: {}\\n"'
    stream = f'event: progress\ndata: a\n{line}\nevent: lost\n{line}\n"other"\n\ndata: b\n\ndata: c\n{line}'.encode()
    decoder = SSEDecoder(quoted_lines=True)
    expected = [("progress", "a", ""), ("message", line, ""), ("message", line, ""), ("message", "b", "")]
    assert expected == receive(decoder, CUTS[cut]([stream]))
    assert ("message", line, "") == end_of(decoder)
    assert decoder.mid_line
    assert [("lost", "a", ""), ("message", "b", "")] == receive(SSEDecoder(), [stream])
