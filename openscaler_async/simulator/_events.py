"""Faults of the events: some that nobody expects, some that are missing, some in another form."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final, Literal

import attrs

from openscaler_async._sse import encode_event

from ._fault import Fault
from ._script import progress_event

if TYPE_CHECKING:
    from ._exchange import Exchange

_COMMENT: Final = b": still at it\n\n"


@attrs.frozen
class UnknownEvent(Fault):
    """An event of a type that the provider's page does not name comes before each of the others.

    Attributes:
        event: its type.
        data: its data.
    """

    event: str = "heartbeat"
    data: str = "{}"

    def progress(self, event: bytes) -> bytes:
        """Put it before the event."""
        return encode_event(self.event, self.data) + event

    def ending(self, event: bytes) -> bytes:
        """Put it before the event."""
        return self.progress(event)


@attrs.frozen
class UnreadableProgress(Fault):
    """Progress events do not have the documented form.

    Attributes:
        data: what is in them instead.
    """

    data: str = "almost there"

    def progress(self, event: bytes) -> bytes:  # noqa: ARG002
        """Give another event."""
        return encode_event("progress", self.data)


@attrs.frozen
class HugeEvent(Fault):
    """A progress event with a huge message comes first.

    Attributes:
        message_bytes: the length of its message.
    """

    message_bytes: int = 8 * 2**20

    def opening(self) -> bytes:
        """Give the event."""
        return progress_event(0.0, "x" * self.message_bytes)


@attrs.frozen
class CommentsOnly(Fault):
    """Comments come instead of progress events.

    Attributes:
        has_final: whether the final event comes after them; if not, comments come until the client
            leaves.
        interval: the time between the comments that come then, in seconds.
    """

    has_final: bool = True
    interval: float = 1.0

    def progress(self, event: bytes) -> bytes:  # noqa: ARG002
        """Give a comment."""
        return _COMMENT

    def ending(self, event: bytes) -> bytes:
        """Give the final event, or a comment."""
        return event if self.has_final else _COMMENT

    async def play(self, exchange: Exchange) -> None:
        """Write the stream, which may have no end."""
        async for data in exchange:
            await exchange.write(data)
        while not self.has_final:
            await asyncio.sleep(self.interval)
            await exchange.write(_COMMENT)


@attrs.frozen
class NoFinalEvent(Fault):
    """The answer ends cleanly after the last progress event; the machine is there."""

    def ending(self, event: bytes) -> bytes:  # noqa: ARG002
        """Leave the final event out."""
        return b""


@attrs.frozen
class QuotedLiterals(Fault):
    """The final event is a JSON string literal, as the provider's page prints it.

    Attributes:
        form: ``"line"`` is the bare literal on a line of its own with no blank line after it, as on
            the page; ``"data"`` is an event whose data is the literal.
        progress_too: whether progress events look so as well.
    """

    form: Literal["line", "data"] = attrs.field(default="line", validator=attrs.validators.in_(("line", "data")))
    progress_too: bool = False

    def progress(self, event: bytes) -> bytes:
        """Quote the event if progress events are to look so."""
        return self.ending(event) if self.progress_too else event

    def ending(self, event: bytes) -> bytes:
        """Quote the event."""
        literal = json.dumps(event.decode().removesuffix("\n")).encode()
        return literal + b"\n" if self.form == "line" else b"data: " + literal + b"\n\n"


@attrs.frozen
class SecondStream(Fault):
    """After the final event, where nothing may come, come progress and a failure that is no truth."""

    def ending(self, event: bytes) -> bytes:
        """Put them after the final event."""
        failure = encode_event("500", json.dumps({"message": "this never happened"}))
        return event + progress_event(1.0, "checking quota") + failure


@attrs.frozen
class Retry(Fault):
    """The stream tells its reader when to connect again, which would repeat the creation.

    Attributes:
        milliseconds: how soon.
    """

    milliseconds: int = 0

    def opening(self) -> bytes:
        """Give the field."""
        return b"retry: %d\n\n" % self.milliseconds
