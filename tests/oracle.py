"""A decoder of server-sent events for tests, written down from the standard sentence by sentence.

Slow, whole streams only, and of no use to anyone else: what it is good for is that it can be
compared with the text at https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import re

import attrs


@attrs.define
class Decoded:
    """What a stream says: events as (type, data, last event id), and what the end leaves behind."""

    events: list[tuple[str, str, str]] = attrs.field(factory=list)
    reconnection_time: int | None = None
    last_event_id: str = ""
    too_large: bool = False


def decode(stream: bytes, *, limit: int | None = None) -> Decoded:  # noqa: C901  (as long as the text it follows)
    """Decode a whole stream; stop where a line or an event's data has more bytes than the limit."""
    result = Decoded()
    data, event_type, last_event_id_buffer = "", "", ""
    # "Streams must be decoded using the UTF-8 decode algorithm", which strips one BOM.
    text = stream.decode("utf-8", errors="replace").removeprefix("\ufeff")
    # "CRLF pairs, single LF not preceded by CR, and single CR not followed by LF"
    *lines, unended = re.split("\r\n|\n|\r", text)
    for line in lines:
        if limit is not None and len(line.encode()) > limit:
            result.too_large = True
            return result
        if not line:  # "If the line is empty: dispatch the event"
            result.last_event_id = last_event_id_buffer
            if data:  # "If the data buffer is an empty string, set both to empty and return"
                result.events.append((event_type or "message", data.removesuffix("\n"), result.last_event_id))
            data, event_type = "", ""
            continue
        if line.startswith(":"):  # "ignore the line"
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")  # "If value starts with a U+0020 SPACE, remove it"
        if field == "event":
            event_type = value
        elif field == "data":  # "append the field value, then append a single LF"
            data += value + "\n"
            if limit is not None and len(data.removesuffix("\n").encode()) > limit:
                result.too_large = True
                return result
        elif field == "id":
            if "\0" not in value:
                last_event_id_buffer = value
        elif field == "retry" and re.fullmatch("[0-9]+", value):
            result.reconnection_time = int(value)
        # and "otherwise, the field is ignored"
    # "Once the end of the file is reached, any pending data must be discarded."
    result.too_large = limit is not None and len(unended.encode()) > limit
    return result
