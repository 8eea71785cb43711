"""``_sse``, `_protocol` and `_history`, fuzzed: what holds for streams that nobody thought of."""

from __future__ import annotations

import json

from hypothesis import example, given, settings

from openscaler_async import Outcome
from tests import oracle_outcome, properties, strategies


@settings(max_examples=150)
@given(stream=strategies.any_stream(), places=strategies.PLACES)
@example(stream=b"data: a\n\ndata: b\nevent: c\ndata: d\n\n", places=[2])
def test_decoder(stream: bytes, places: list[int]) -> None:
    """A stream gives the same however it is cut, and without quoted lines what the standard says."""
    properties.check_decoder(stream, places)


@settings(max_examples=150)
@given(limited=strategies.limited_stream(), places=strategies.PLACES)
@example(limited=(b'"event: 200"\n', 8), places=[5])
def test_decoder_with_a_limit(limited: tuple[bytes, int], places: list[int]) -> None:
    """The first thing that is too large ends a stream at the same place however it is cut."""
    stream, limit = limited
    properties.check_decoder(stream, places, limit)


@settings(max_examples=200)
@given(limited=strategies.limited_stream(), places=strategies.PLACES)
@example(limited=(b'data: a\n\nevent: progress\ndata:  "event: 200\\ndata: {}"\n\n', 120), places=[9])
@example(limited=(b'event: 200\ndata: {}\n"event: 500\\ndata: {}"', 120), places=[])
def test_outcome(limited: tuple[bytes, int], places: list[int]) -> None:
    """A stream ends in the one outcome that the design says, however it is cut, and success is never made up."""
    stream, limit = limited
    properties.check_outcome(stream, places, limit)


@settings(max_examples=40)
@given(creation=strategies.whole_creation())
def test_cut_at_every_byte(creation: tuple[bytes, str, str]) -> None:
    """A stream that is cut anywhere ends as the whole one does, with its whole payload, or is unknown."""
    stream, kind, data = creation
    outcome, payload = oracle_outcome.outcome_of((kind, data)), json.loads(data)
    assert outcome is properties.follow([stream]).outcome
    for length in range(len(stream) + 1):
        given = properties.follow([stream[:length]])
        assert given.outcome in {Outcome.UNKNOWN, outcome}
        assert given.final is None or (kind, payload) == (given.final[0], json.loads(given.final[1]))
