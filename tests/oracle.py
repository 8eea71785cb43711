"""A decoder of server-sent events for tests, written down from the standards sentence by sentence.

Slow, whole streams only, and of no use to anyone else: what it is good for is that it can be
compared with the texts at https://html.spec.whatwg.org/multipage/server-sent-events.html and
https://encoding.spec.whatwg.org/#utf-8-decoder. It shares no code with what it judges.
"""

from __future__ import annotations

import re

import attrs

LINE_END = "\r\n|\n|\r"  # "CRLF pairs, single LF not preceded by CR, and single CR not followed by LF"


@attrs.define
class Decoded:
    """What a stream says: events as (type, data, last event id), and what the end leaves behind."""

    events: list[tuple[str, str, str]] = attrs.field(factory=list)
    reconnection_time: int | None = None
    last_event_id: str = ""
    too_large: bool = False


def decode(stream: bytes, *, limit: int | None = None) -> Decoded:  # noqa: C901  (as long as the text it follows)
    """Decode a whole stream; stop where a line or an event's data has more bytes than the limit.

    The limit is no part of the standard: lines are measured in UTF-8, but one that has not ended as
    it came, and the data at the end has what there is of a last line. Nor is it part of the standard
    that a retry of more than 15 digits is none.
    """
    result = Decoded()
    data, event_type, last_event_id_buffer = "", "", ""
    # "Streams must be decoded using the UTF-8 decode algorithm", which "strips one leading BOM, if any"
    stream = stream.removeprefix(b"\xef\xbb\xbf")
    *lines, _ = re.split(LINE_END, decode_utf8(stream))
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
        elif field == "retry" and re.fullmatch("[0-9]{1,15}", value):
            result.reconnection_time = int(value)
        # and "otherwise, the field is ignored"
    # "Once the end of the file is reached, any pending data must be discarded."
    unended = re.split(LINE_END.encode(), stream)[-1]
    if unended.startswith(b"data:"):
        data += decode_utf8(unended[5:]).removeprefix(" ") + "\n"
    result.too_large = limit is not None and max(len(unended), len(data.removesuffix("\n").encode())) > limit
    return result


def decode_utf8(stream: bytes) -> str:  # noqa: C901, PLR0912  (as long as the text it follows)
    """Decode by the Encoding Standard's UTF-8 decoder, in the error mode "replacement"."""
    text = []
    code_point = bytes_seen = bytes_needed = 0
    lower, upper = 0x80, 0xBF
    position = 0
    while position < len(stream):
        byte = stream[position]
        position += 1
        if bytes_needed == 0:
            if byte <= 0x7F:
                text.append(chr(byte))
            elif 0xC2 <= byte <= 0xDF:
                bytes_needed, code_point = 1, byte & 0x1F
            elif 0xE0 <= byte <= 0xEF:
                if byte == 0xE0:
                    lower = 0xA0
                if byte == 0xED:
                    upper = 0x9F
                bytes_needed, code_point = 2, byte & 0xF
            elif 0xF0 <= byte <= 0xF4:
                if byte == 0xF0:
                    lower = 0x90
                if byte == 0xF4:
                    upper = 0x8F
                bytes_needed, code_point = 3, byte & 0x7
            else:  # "Return error"
                text.append("\ufffd")
            continue
        if not lower <= byte <= upper:  # "restore byte to ioQueue, and return error"
            code_point = bytes_seen = bytes_needed = 0
            lower, upper = 0x80, 0xBF
            position -= 1
            text.append("\ufffd")
            continue
        lower, upper = 0x80, 0xBF
        code_point = (code_point << 6) | (byte & 0x3F)
        bytes_seen += 1
        if bytes_seen == bytes_needed:
            text.append(chr(code_point))
            code_point = bytes_seen = bytes_needed = 0
    if bytes_needed:  # "If byte is end-of-queue and bytes needed is not 0, ... return error"
        text.append("\ufffd")
    return "".join(text)
