"""What holds for every stream, as functions that raise AssertionError where it does not.

For tests, with streams that hypothesis makes, and for ``fuzz/``, with those that coverage leads to.
"""

from __future__ import annotations

import itertools
import re
import sys
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from openscaler_async import EventTooLarge, Outcome
from openscaler_async._history import MAX_CHARACTERS, MAX_EVENTS, History
from openscaler_async._protocol import Attempt, Input
from openscaler_async._sse import DEFAULT_MAX_EVENT_BYTES, MessageEvent, SSEDecoder
from tests import oracle, oracle_outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Event: TypeAlias = tuple[str, str, str]  # type, data, last event id

GROWTH: Final = 30
"""Bytes of memory that one byte of a decoder's limit may cost. A short line of data costs 17, but not
where there are many; text with one character beyond U+FFFF costs four, and such a text may be the
type, the id, and the id before it."""
BLOCK: Final = 256
"""How long a block is at least, in bytes, of those that are fed again and again."""
SPARE: Final = 4_096
"""What a decoder that holds nothing may cost, in bytes; and more than an event of a history does."""


@attrs.frozen
class Reading:
    """What a decoder made of a stream; of one with something too large, the events before that."""

    events: list[Event]
    too_large: bool = False
    unfinished: tuple[Event, ...] = ()
    mid_line: bool = False
    last_event_id: str = ""
    retry: int | None = None


@attrs.frozen
class Followed:
    """What following a stream came to: its final event, and those before it, as type and data."""

    outcome: Outcome | None
    final: tuple[str, str] | None
    before: list[tuple[str, str]]


def cut(stream: bytes, places: Iterable[int]) -> list[bytes]:
    """Cut a stream at some places, counted round and round; two that are equal give an empty chunk."""
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


def ways_to_cut(stream: bytes, places: Sequence[int]) -> Iterator[list[bytes]]:
    """Give a stream whole, in single bytes, cut at some places, at some of its line ends, and after blank lines."""
    ends = [found.end() for found in re.finditer(b"\r\n|\r|\n", stream)]
    yield [stream]
    yield bytewise(stream)
    yield cut(stream, places)
    yield cut(stream, [ends[place % len(ends)] for place in places] if ends else ())
    yield re.findall(rb".*?\n\n|.+\Z", stream, re.DOTALL)


def bytewise(stream: bytes) -> list[bytes]:
    """Cut a stream to single bytes."""
    return [stream[index : index + 1] for index in range(len(stream))]


def read(chunks: Iterable[bytes], limit: int, *, quoted_lines: bool) -> Reading:
    """Decode a stream to its end."""
    decoder = SSEDecoder(limit, quoted_lines=quoted_lines)
    events: list[Event] = []
    try:
        for chunk in chunks:
            events += [(event.type, event.data, event.last_event_id) for event in decoder.receive(chunk)]
        unfinished = tuple((event.type, event.data, event.last_event_id) for event in decoder.receive_rest())
    except EventTooLarge:
        return Reading(events, too_large=True)
    return Reading(events, False, unfinished, decoder.mid_line, decoder.last_event_id, decoder.retry)  # noqa: FBT003


def check_decoder(stream: bytes, places: Sequence[int], limit: int = DEFAULT_MAX_EVENT_BYTES) -> None:
    """However it is cut, a stream gives the same; and what the standard says, but for what is too large."""
    for quoted_lines in (True, False):
        whole, *others = (read(way, limit, quoted_lines=quoted_lines) for way in ways_to_cut(stream, places))
        for given in others:
            assert whole == given, f"{whole} != {given}"
    expected = oracle.decode(stream, limit=limit)
    assert (expected.events, expected.too_large) == (whole.events, whole.too_large), f"{expected} != {whole}"
    if not whole.too_large:
        assert (expected.last_event_id, expected.reconnection_time) == (whole.last_event_id, whole.retry)


def follow(chunks: Iterable[bytes], limit: int = DEFAULT_MAX_EVENT_BYTES, *, broken: bool = False) -> Followed:
    """Follow a stream to its outcome, as a creation does; by a clean end, or broken."""
    decoder, attempt, history = SSEDecoder(limit, quoted_lines=True), Attempt(), History()
    before = []

    def receive(events: list[MessageEvent]) -> None:
        kept = attempt.receive(events)
        history.extend(kept)
        before.extend([(event.type, event.data) for event in kept])

    attempt.move(Input.SEND)
    attempt.move(Input.STREAM)
    try:
        for chunk in chunks:
            receive(decoder.receive(chunk))
            if attempt.outcome is not None:
                break
        else:
            unfinished = decoder.receive_rest()
            if broken:
                attempt.receive_break(*unfinished)
            else:
                attempt.receive_eof(*unfinished, mid_line=decoder.mid_line)
    except EventTooLarge:
        attempt.move(Input.BROKEN)
    check_history(history)
    return Followed(attempt.outcome, attempt.final and (attempt.final.type, attempt.final.data), before)


def check_outcome(stream: bytes, places: Sequence[int], limit: int) -> None:
    """However it is cut and ends, a stream has the one outcome that the design says; a limit at most hides it."""
    for broken in (False, True):
        whole, *others = (follow(way, broken=broken) for way in ways_to_cut(stream, places))
        expected = [Followed(*found) for found in oracle_outcome.follow(stream, broken=broken)]
        # What only a quoted line ended, that did not end itself, may be no more than a final event.
        expected += [attrs.evolve(found, before=found.before[:-1]) for found in expected]
        assert whole in expected, f"{whole} not in {expected}"
        for given in others:
            assert whole == given, f"{whole} != {given}"
    limited, *others = (follow(way, limit) for way in ways_to_cut(stream, places))
    assert limited.outcome is Outcome.UNKNOWN or limited == follow([stream]), limited
    for given in others:
        assert limited == given, f"{limited} != {given}"


def check_history(history: History) -> None:
    """What is kept is in order, to the newest, and in bounds but for that one."""
    kept = newest = last = 0
    while (event := history.after(last)) is not None:
        assert event.number > last
        kept, last, newest = kept + 1, event.number, size_of(event)
    assert kept <= MAX_EVENTS
    assert history.last_number == last
    size = size_of(history)
    assert size <= 4 * MAX_CHARACTERS + SPARE * kept + newest, f"{kept} events of {size} bytes"


def check_memory(stream: bytes, places: Sequence[int], limit: int) -> None:
    """However often a stream goes on, a decoder keeps no more of it than its limit allows."""
    decoder = SSEDecoder(limit, quoted_lines=True)
    block = cut(stream * (1 + BLOCK // (len(stream) or BLOCK)), places)
    times = 1 + 2 * (GROWTH * limit + SPARE) // max(len(stream), BLOCK)
    try:
        for _ in range(times):
            for chunk in block:
                decoder.receive(chunk)
            size = size_of(decoder)
            assert size <= GROWTH * limit + SPARE, f"{size} bytes kept, with a limit of {limit}"
    except EventTooLarge:
        return


def size_of(value: object, *, known: set[int] | None = None) -> int:
    """Measure a value with all that it holds, in bytes, each thing once."""
    known = set() if known is None else known
    if id(value) in known:
        return 0
    known.add(id(value))
    names = getattr(type(value), "__slots__", ())
    inner = value if isinstance(value, (list, tuple)) else [getattr(value, name) for name in names]
    return sys.getsizeof(value) + sum(size_of(item, known=known) for item in inner)
