"""What a stream says of its creation, for tests: written down from the design, not from the code.

Whole streams only. The design: the first event whose type is a number is the final one. It counts
without its blank line if its data is complete: a line that ended, or whole JSON. An event may also
stand in a JSON string, as the provider's page shows it: on a line of its own, or as another's data.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

from openscaler_async import Outcome
from tests import oracle

Event: TypeAlias = tuple[str, str]  # type, data
Followed: TypeAlias = tuple[Outcome, Event | None, list[Event]]  # with the final event and those before it

BOM = b"\xef\xbb\xbf"  # one at the start says nothing, the next would
QUOTED_LINE = re.compile(rb'(?:\A|(?<=[\r\n]))("event:[^\r\n]*)(?:\r\n|\r|\n)')
QUOTED_END = re.compile(rb'(?:\A|(?<=[\r\n]))(?="event:[^\r\n]*\Z)')
BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|([][{}])')


def follow(stream: bytes, *, broken: bool = False) -> list[Followed]:
    """Give what following may come to: more than one thing only for cut text that is nearly JSON.

    Args:
        stream: its bytes.
        broken: whether the connection broke after them, so that the last line may have gone on.
    """
    stream = QUOTED_LINE.sub(rb"\n\ndata: \1\n\n", stream.removeprefix(BOM))
    stream = b"\n" + QUOTED_END.sub(rb"\n\ndata: ", stream)  # every quoted line is an event as the standard has it
    before: list[Event] = []
    for event in quoted_and_not(oracle.decode(stream).events):
        if is_final(event):
            return [(outcome_of(event), event, before)]
        before.append(event)
    final, complete = unfinished(stream, broken=broken)
    known: list[Followed] = [] if final is None or complete is False else [(outcome_of(final), final, before)]
    return known if complete else [*known, (Outcome.UNKNOWN, None, before)]


def unfinished(stream: bytes, *, broken: bool) -> tuple[Event | None, bool | None]:
    """Give the final event that the end of the stream left unfinished, and whether its data is complete."""
    known, found = oracle.decode(stream).events, oracle.decode(finished(stream)).events
    ended = not re.split(b"[\r\n]", stream)[-1].startswith(b"data:") and not broken
    for kind, data, origin in found[len(known) :]:
        for event in quoted_and_not([(kind, data, origin)]):
            if is_final(event):
                return event, event != (kind, data) or is_complete(data, ended=ended)
    return None, None


def finished(stream: bytes) -> bytes:
    """Give a stream with its last line ended, if that is data, or else without it, and its last event, too."""
    last = re.split(b"[\r\n]", stream)[-1]
    return (stream if last.startswith(b"data:") else stream[: len(stream) - len(last)]) + b"\n\n"


def quoted_and_not(events: list[tuple[str, str, str]]) -> list[Event]:
    """Give the events, each one that quotes others replaced by these."""
    found: list[Event] = []
    for kind, data, _ in events:
        inner = None if is_final((kind, data)) else quoted(data)
        found += [(kind, data) for kind, data, _ in inner or [(kind, data, "")]]
    return found


def quoted(data: str) -> list[tuple[str, str, str]] | None:
    """Give the events inside data that is a JSON string of events, None for any other data."""
    try:
        text = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(text, str) or not text.startswith("event:"):
        return None
    return oracle.decode(finished(text.encode("utf-8", "replace"))).events


def is_final(event: Event) -> bool:
    """Tell whether an event's type is a number."""
    return re.fullmatch("[0-9]+", event[0]) is not None


def outcome_of(final: Event) -> Outcome:
    """Give what a final event's type means."""
    if re.fullmatch("2[0-9][0-9]", final[0]):
        return Outcome.CREATED
    return Outcome.FAILED if re.fullmatch("[45][0-9][0-9]", final[0]) else Outcome.UNKNOWN


def is_complete(data: str, *, ended: bool) -> bool | None:
    """Tell whether data is all there; None for what begins as JSON and cannot become any."""
    try:
        value = json.loads(data, parse_constant=int)  # NaN is no JSON, and no int
    except (ValueError, RecursionError):
        if not ended or is_start(data):
            return False
        return None if data.lstrip().startswith(("{", "[", '"')) else True
    return ended or isinstance(value, (dict, list, str))


def is_start(data: str) -> bool:
    """Tell whether more lines can make JSON of it: then one of a few does, with the brackets closed."""
    closing = ""
    for mark in BRACKETS.findall(data):
        closing = closing[1:] if mark in {"]", "}"} else {"[": "]", "{": "}"}.get(mark, "") + closing
    for more in ("", "0", ":0", '"":0'):
        try:
            json.loads(f"{data}\n{more}{closing}")
        except (ValueError, RecursionError):
            continue
        return bool(closing)
    return False
