"""What is fuzzed: each target takes any bytes, and raises where a promise does not hold.

The promises are those of the tests, in ``tests/properties.py`` and ``tests/properties_wire.py``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

sys.path.append(str(Path(__file__).parents[1]))  # for tests; at the end: the package is the installed one

from tests import properties, properties_wire, streams

if TYPE_CHECKING:
    from collections.abc import Callable

_LEAST_LIMIT: Final = 8
_MOST_CUTS: Final = 7
_NO_LIMIT: Final = 128


@attrs.frozen
class Case:
    """A stream, the places to cut it at, and a limit for its events."""

    stream: bytes
    places: tuple[int, ...] = (5, 40, 41)
    limit: int = _NO_LIMIT

    @classmethod
    def decoded(cls, data: bytes) -> Case:
        """Take any bytes for a case: the last one says the limit, and how many places come before it."""
        size, cuts = divmod(data[-1] if data else 0, _MOST_CUTS + 1)
        edge = max(len(data) - 1 - 2 * cuts, 0)
        places = (int.from_bytes(data[at : at + 2], "little") for at in range(edge, len(data) - 1, 2))
        return cls(data[:edge], (*places,), _LEAST_LIMIT * (size + 1))

    def encoded(self) -> bytes:
        """Give the bytes that `decoded` takes for this case."""
        last = (self.limit // _LEAST_LIMIT - 1) * (_MOST_CUTS + 1) + len(self.places)
        return b"".join([self.stream, *(place.to_bytes(2, "little") for place in self.places), bytes([last])])


def decoder(data: bytes) -> None:
    """Decode: the same however it is cut, what the standard says, and nothing kept beyond the limit."""
    case = Case.decoded(data)
    properties.check_decoder(case.stream, case.places, case.limit if case.limit < _NO_LIMIT else 2**20)
    properties.check_memory(case.stream, case.places, case.limit)


def protocol(data: bytes) -> None:
    """Follow: one outcome, the one that the design says, however the stream is cut."""
    case = Case.decoded(data)
    properties.check_outcome(case.stream, case.places, case.limit)


def wire(data: bytes) -> None:
    """Read: data of an event, machines and tickets are what they must be, or refused by name."""
    properties_wire.check_text(data)
    properties_wire.check_answer(data)
    properties_wire.check_ticket(data)


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {target.__name__: target for target in (decoder, protocol, wire)}


def seeds(target: str) -> list[bytes]:
    """Give what the fuzzing of a target starts from."""
    if target != wire.__name__:
        return [Case(stream).encoded() for stream in streams.examples()]
    machine, ticket = map(json.dumps, (properties_wire.MACHINE, properties_wire.TICKET))
    texts = [machine, f'{{"vms": [{machine}]}}', ticket, *streams.PAYLOADS, streams.quoted("200", "{}")]
    return [text.encode("utf-8", "surrogatepass") for text in texts]


def words(target: str) -> list[bytes]:
    """Give words of a target's language, for the fuzzer to put in."""
    if target != wire.__name__:
        return [line for line in [*streams.LINES, *streams.ENDS, *map(str.encode, streams.TYPES)] if line]
    keys = {"vms", "progress", "message", "error", *properties_wire.MACHINE, *properties_wire.TICKET}
    values = ["null", "true", "-1", "1e999", "NaN", "[[[[", "]]]]", "{}", '"\\ud800"', '"0001-01-01T00:00:00+10:00"']
    return [text.encode() for text in (*values, *(f'"{key}": ' for key in sorted(keys)))]
