"""``_sse``, `_protocol` and `_history`, fuzzed: what holds for streams that nobody thought of."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from openscaler_async import Outcome
from tests import oracle_outcome, properties, strategies


@settings(max_examples=200)
@given(stream=strategies.any_stream(), places=strategies.PLACES)
def test_decoder(stream: bytes, places: list[int]) -> None:
    """A stream gives the same however it is cut, and without quoted lines what the standard says."""
    properties.check_decoder(stream, places)


@settings(max_examples=200)
@given(stream=strategies.any_stream(), places=strategies.PLACES, limit=st.integers(8, 120))
@example(stream=b'"event: 200"\n', places=[5], limit=8)
def test_decoder_with_a_limit(stream: bytes, places: list[int], limit: int) -> None:
    """The first thing that is too large ends a stream at the same place however it is cut."""
    properties.check_decoder(stream, places, limit)


@settings(max_examples=300)
@given(stream=strategies.any_stream(), places=strategies.PLACES, limit=st.integers(8, 120))
@example(stream=b'data: a\n\nevent: progress\ndata:  "event: 200\\ndata: {}"\n\n', places=[9], limit=120)
@example(stream=b'event: 200\ndata: {}\n"event: 500\\ndata: {}"', places=[], limit=120)
def test_outcome(stream: bytes, places: list[int], limit: int) -> None:
    """A stream ends in the one outcome that the design says, however it is cut, and success is never made up."""
    properties.check_outcome(stream, places, limit)


@settings(max_examples=60)
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
