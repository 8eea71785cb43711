"""Strategies for hypothesis: streams as a provider, a proxy or an enemy may write them."""

from __future__ import annotations

import itertools
import json
from typing import Any, Final

from hypothesis import strategies as st

from tests import streams

BETWEEN: Final = [[], streams.PROGRESS, streams.PROGRESS, [": comment"], ["id: 7", ""], ["retry: 1000", "", ""]]
OBJECTS: Final[st.SearchStrategy[dict[str, Any]]] = st.dictionaries(
    st.sampled_from(["id", "name", "disks", "message"]),
    st.integers(0, 99)
    | st.sampled_from(
        [None, "", "caf\u00e9 \U0001f600", 'a "b" \\ c', "a\nb", {"a": []}, [1, [2]], "}", "\n\ndata: {}"]
    ),
    max_size=4,
)
WHOLE_EVENTS: Final = st.builds(
    lambda kind, data, shape, blank: [*(line.encode() for line in streams.lines_of(kind, data, shape)), *blank],
    st.sampled_from(streams.TYPES),
    st.sampled_from(streams.PAYLOADS) | st.text(max_size=8),
    st.sampled_from(streams.SHAPES),
    st.sampled_from([[b""], [b""], []]),
)
SINGLE_LINES: Final = st.tuples(st.sampled_from(streams.LINES) | st.binary(max_size=6)) | st.tuples(
    st.sampled_from(streams.LINES), st.just(b"")
)
LINE_ENDS: Final = st.sampled_from([[end] for end in streams.ENDS]) | st.lists(
    st.sampled_from(streams.ENDS), min_size=1, max_size=6
)
BOMS: Final = st.sampled_from([b"", b"", streams.BOM, streams.BOM[:2], streams.BOM * 2])
PLACES: Final = st.lists(st.integers(0, 2**12), max_size=8)


@st.composite
def any_stream(draw: st.DrawFn) -> bytes:
    """Make a stream of whole events and single lines, in any order, with any line ends, perhaps cut or damaged."""
    lines = itertools.chain.from_iterable(draw(st.lists(WHOLE_EVENTS | SINGLE_LINES, max_size=12)))
    ends = itertools.cycle(draw(LINE_ENDS))
    stream = draw(BOMS) + b"".join(line + next(ends) for line in lines)
    place, damage = draw(st.integers(0, len(stream))), draw(st.just(b"") | st.binary(max_size=3))
    stream = stream[:place] + damage + stream[place + len(damage) :]
    return stream[: len(stream) - draw(st.just(0) | st.integers(0, 8) | st.integers(0, len(stream)))]


@st.composite
def whole_creation(draw: st.DrawFn) -> tuple[bytes, str, str]:
    """Make a stream as a server that keeps to the rules writes it; with the final event's type and data."""
    kind, indent = draw(st.sampled_from(["200", "201", "400", "503"])), draw(st.sampled_from([None, None, 1]))
    data = json.dumps(draw(OBJECTS), indent=indent, ensure_ascii=draw(st.booleans()))
    before = itertools.chain.from_iterable(draw(st.lists(st.sampled_from(BETWEEN), max_size=4)))
    final = streams.lines_of(kind, data, draw(st.sampled_from(streams.SHAPES)))
    end, blank = draw(st.sampled_from(["\n", "\r", "\r\n"])), draw(st.sampled_from([[""], [""], []]))
    return "".join(line + end for line in [*before, *final, *blank]).encode(), kind, data


@st.composite
def limited_stream(draw: st.DrawFn) -> tuple[bytes, int]:
    """Make a stream, and a limit that one of its lines or events may just pass or not."""
    stream = draw(any_stream())
    sizes = [len(part) for end in (b"\n\n", b"\n", b"\r") for part in stream.split(end)]
    return stream, max(8, draw(st.sampled_from(sizes) | st.integers(8, 120)) + draw(st.integers(-1, 1)))
