"""Server-sent events: bytes to ``MessageEvent``, and back. Does no I/O and knows nothing of creations.

The decoder follows the WHATWG HTML standard, section 9.2.6, to the letter: line ends CR, LF and
CRLF, split anywhere; one leading byte order mark; U+FFFD for bytes that are no UTF-8.
"""

from __future__ import annotations

import re
from typing import Final

# The package's own value type, so that what users see is what they know from aiohttp-sse-client.
from aiohttp_sse_client.client import MessageEvent

from .errors import EventTooLarge

__all__ = ["DEFAULT_MAX_EVENT_BYTES", "MessageEvent", "SSEDecoder", "encode_event"]

DEFAULT_MAX_EVENT_BYTES: Final = 4 * 2**20
"""A VM's description is about 1.5 kB; this leaves three orders of magnitude for what may come."""

_BOM: Final = b"\xef\xbb\xbf"
_LINE_ENDS: Final = re.compile("\r\n|\r|\n")
_QUOTED_EVENT: Final = '"event:'
_MAX_RETRY_DIGITS: Final = 15  # 31,000 years in milliseconds; int() refuses very long texts
_MAX_LINES: Final = 4_096
_UTF8_GROWTH: Final = 3  # one byte that is no UTF-8 becomes U+FFFD, which is three bytes


class SSEDecoder:
    """An incremental decoder: feed it bytes as they come, get the events that they complete.

    An event is given as soon as its last byte is there: a CR at the end of a chunk ends its line at
    once, and an LF at the start of the next chunk then belongs to it. The time taken is linear in
    the bytes received, however they are cut.

    Args:
        max_event_bytes: the most bytes, in UTF-8, that one line or the data of one event may have.
        origin: what ``MessageEvent.origin`` is to say.
        quoted_lines: also take a line that begins with ``"event:`` for an event of its own, with
            the line as its data. Off by the standard, which ignores such a line; the provider's
            page shows one (the final event, as a JSON string).

    Attributes:
        last_event_id: the id of the last event given, ``""`` if there was none.
        retry: the reconnection time that the stream asked for, in milliseconds, or None.
        mid_line: after `receive_eof`, whether the stream ended inside the last line it gave.

    Source:
        https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    """

    __slots__ = (
        "_data",
        "_error",
        "_held",
        "_id",
        "_joined",
        "_limit",
        "_measured",
        "_origin",
        "_quoted_lines",
        "_size",
        "_skip_lf",
        "_start",
        "_tail",
        "_type",
        "last_event_id",
        "mid_line",
        "retry",
    )

    def __init__(
        self,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
        *,
        origin: str = "",
        quoted_lines: bool = False,
    ) -> None:
        self._limit = max_event_bytes
        self._origin = origin
        self._quoted_lines = quoted_lines
        self._start: bytes | None = b""  # what may be a byte order mark; None once that is known
        self._skip_lf = False
        self._tail: bytes | bytearray = b""  # the line that has not ended
        self._type = ""
        self._data: list[str] = []
        self._id = ""
        self._held = 0  # at least as many bytes as the tail and the unfinished event have
        self._joined = 0  # how many of the unfinished data are many lines in one
        self._measured = 0  # how many lines of the unfinished data are counted in _size
        self._size = 0
        self._error: EventTooLarge | None = None
        self.last_event_id = ""
        self.retry: int | None = None
        self.mid_line = False

    def receive(self, data: bytes) -> list[MessageEvent]:
        """Take the next bytes of the stream.

        Args:
            data: any number of bytes, cut anywhere.

        Returns:
            The events that are now complete, in order.

        Raises:
            EventTooLarge: a line or an event's data passed ``max_event_bytes``. Events that were
                complete before it are given first, and the error by the next call.
        """
        if not self._held and data.startswith(b"event: ") and self._start is None:
            event = self._receive_plain(data)
            if event is not None:
                return [event]
        if self._error is not None:
            raise self._error
        if self._start is not None:
            data = self._without_bom(data)
        if self._skip_lf and data:
            self._skip_lf = False
            if data[0] == 0x0A:  # noqa: PLR2004  (said in the line)
                data = data[1:]
        last_lf, last_cr = data.rfind(b"\n"), data.rfind(b"\r")
        cut = (max(last_cr, last_lf)) + 1
        self._held += len(data)
        if not cut:
            self._keep_tail(data)
            return []
        whole = data[:cut] if not self._tail else self._completed(data[:cut])
        self._tail = data[cut:]
        text = whole.decode("utf-8", "replace")
        if last_cr >= 0 or b"\r" in whole:
            self._skip_lf = last_cr == len(data) - 1
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if self._held * _UTF8_GROWTH > self._limit:
            return self._receive_measured(text)
        events = self._receive_lines(text)
        self._let_go(data, events)
        return events

    def receive_eof(self) -> MessageEvent | None:
        """Take the end of the stream.

        Returns:
            The event that the stream left unfinished (no blank line came after its data), or None.
            By the standard it is dropped; whether it counts is for the caller to decide.
            ``mid_line`` then says whether its last line was cut.

        Raises:
            EventTooLarge: as for `receive`.
        """
        unfinished = self.receive_rest()
        return unfinished[-1] if unfinished else None

    def receive_rest(self) -> list[MessageEvent]:
        """Take the end of the stream, as `receive_eof` does, where lines may be quoted.

        Returns:
            What the stream left unfinished: an event, a quoted line that did not end, or both, for
            such a line ends the event before it.

        Raises:
            EventTooLarge: as for `receive`.
        """
        if self._error is not None:
            raise self._error
        line = (self._start or bytes(self._tail)).decode("utf-8", "replace")
        self._start, self._tail = None, b""
        events: list[MessageEvent] = []
        if self._quoted_lines and line.startswith(_QUOTED_EVENT):
            self.mid_line = True
            self._receive_line(line, events)
            return events
        if line.startswith("data:"):
            self.mid_line = True
            self._receive_field(line)
        if self._is_too_large():
            self._error = EventTooLarge(self._limit)
            raise self._error
        if self._data:
            events.append(self._event(self._type or "message", "\n".join(self._data)))
            self._type, self._data = "", []
        return events

    def _receive_plain(self, data: bytes) -> MessageEvent | None:
        """Take what a live stream mostly gives: one event of an "event" and a "data" line, whole."""
        if data.count(b"\n") != 3 or not data.endswith(b"\n\n") or b"\r" in data:  # noqa: PLR2004  (said in the line)
            return None
        kind, found, value = data[7:-2].decode("utf-8", "replace").partition("\ndata: ")
        if not found or len(data) * _UTF8_GROWTH > self._limit:
            return None
        self._skip_lf, self._type = False, ""
        self.last_event_id = self._id
        return self._event(kind or "message", value)

    def _without_bom(self, data: bytes) -> bytes:
        data = (self._start or b"") + data
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._start = data
            return b""
        self._start = None
        return data.removeprefix(_BOM)

    def _keep_tail(self, data: bytes) -> None:
        if not isinstance(self._tail, bytearray):
            self._tail = bytearray(self._tail)  # grows in place: one-byte chunks stay linear
        self._tail += data
        if len(self._tail) > self._limit:
            self._error = EventTooLarge(self._limit)
            raise self._error

    def _completed(self, data: bytes) -> bytes | bytearray:
        tail = self._tail if isinstance(self._tail, bytearray) else bytearray(self._tail)
        tail += data
        return tail

    def _let_go(self, data: bytes, events: list[MessageEvent]) -> None:
        if not self._data and not self._tail:
            self._held = 0
        elif events:
            self._held = len(data)  # what is unfinished now came with these bytes

    def _receive_lines(self, text: str) -> list[MessageEvent]:
        """Take whole lines, each ended by one LF."""
        events: list[MessageEvent] = []
        origin = self._origin
        blocks = text.split("\n\n")
        rest = blocks.pop()
        for block in blocks:
            # Almost every event is one "event" line and one "data" line.
            if block.startswith("event: ") and block.count("\n") == 1 and not self._data:
                kind, found, value = block.partition("\ndata: ")
                if found:
                    self._type = ""
                    self.last_event_id = self._id
                    kind = kind[7:] or "message"
                    events.append(MessageEvent(kind, kind, value, origin, self._id))
                    continue
            for line in block.split("\n"):
                self._receive_line(line, events)
            self._dispatch(events)
        for line in rest.split("\n")[:-1]:
            self._receive_line(line, events)
        return events

    def _receive_measured(self, text: str) -> list[MessageEvent]:
        """Take whole lines as `_receive_lines` does, and measure each: something may be too large."""
        events: list[MessageEvent] = []
        for line in text.split("\n")[:-1]:
            if len(line.encode()) > self._limit:
                return self._too_large(events)
            self._receive_line(line, events)
            if self._is_too_large():
                return self._too_large(events)
        if len(self._tail) > self._limit:
            return self._too_large(events)
        self._held = self._size + len(self._tail)
        return events

    def _is_too_large(self) -> bool:
        if self._measured < len(self._data):
            self._size += sum(len(line.encode()) + 1 for line in self._data[self._measured :])
            if len(self._data) - self._joined > _MAX_LINES:  # a short line takes many times its bytes
                self._data[self._joined :] = ["\n".join(self._data[self._joined :])]
                self._joined = len(self._data)
            self._measured = len(self._data)
        return self._size - 1 > self._limit  # the last line has no line end

    def _too_large(self, events: list[MessageEvent]) -> list[MessageEvent]:
        self._error = EventTooLarge(self._limit)
        if not events:
            raise self._error
        return events

    def _receive_line(self, line: str, events: list[MessageEvent]) -> None:
        if not line:
            self._dispatch(events)
        elif self._quoted_lines and line.startswith(_QUOTED_EVENT):
            self._dispatch(events)
            events.append(self._event("message", line))
        else:
            self._receive_field(line)

    def _receive_field(self, line: str) -> None:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._type = value
        elif field == "id":
            if "\0" not in value:
                self._id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value) if len(value) <= _MAX_RETRY_DIGITS else self.retry

    def _dispatch(self, events: list[MessageEvent]) -> None:
        self.last_event_id = self._id
        if self._data:
            events.append(self._event(self._type or "message", "\n".join(self._data)))
            self._data, self._joined, self._measured, self._size = [], 0, 0, 0
        self._type = ""

    def _event(self, kind: str, data: str) -> MessageEvent:
        return MessageEvent(kind, kind, data, self._origin, self.last_event_id)


def encode_event(event: str, data: str, *, id: str | None = None) -> bytes:  # noqa: A002  (the field's own name)
    r"""Encode one server-sent event.

    Args:
        event: the event's type; ``"message"`` is what a reader assumes when there is none.
        data: the event's data; each of its lines becomes a ``data:`` line.
        id: the event's id, or None to leave the reader's last one as it is.

    Returns:
        The event's bytes, closed by a blank line.

    Raises:
        ValueError: a line end in ``event`` or ``id``, or a NUL in ``id``, which a reader would misread.
    """
    if _LINE_ENDS.search(event):
        msg = f"event={event!r}: must not have a line end"
        raise ValueError(msg)
    lines = [f"event: {event}"]
    if id is not None:
        if _LINE_ENDS.search(id) or "\0" in id:
            msg = f"id={id!r}: must not have a line end or a NUL"
            raise ValueError(msg)
        lines.append(f"id: {id}")
    lines += [f"data: {line}" for line in _LINE_ENDS.split(data)]
    return "\n".join([*lines, "\n"]).encode()
