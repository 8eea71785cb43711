"""Faults of the answer as bytes: where it breaks, how it is cut up, what its head says, what ends its lines."""

from __future__ import annotations

import asyncio
import datetime as dt
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

import attrs
from aiohttp import web

from ._fault import BOTH, Fault
from ._http import break_off

if TYPE_CHECKING:
    from ._exchange import Exchange


@attrs.frozen
class DropAfter(Fault):
    """The answer breaks off after some bytes; the machine comes all the same.

    Attributes:
        bytes: how many bytes of the events, or of the list, are sent; 0 sends the head only. An
            answer that has fewer ends cleanly.
        how: ``"end"`` is a clean end of the answer, ``"close"`` closes the connection (FIN) in the
            middle of it, ``"reset"`` resets it (RST), which may lose bytes that are on their way.
    """

    befalls = BOTH

    bytes: int = attrs.field(validator=attrs.validators.ge(0))
    how: Literal["end", "close", "reset"] = attrs.field(
        default="close", validator=attrs.validators.in_(("end", "close", "reset"))
    )

    async def play(self, exchange: Exchange) -> None:
        """Write the answer up to its break."""
        left = self.bytes
        while left > 0:
            data = await anext(exchange, None)
            if data is None:
                return
            await exchange.write(data[:left])
            left -= len(data)
        if self.how != "end":
            break_off(exchange.request, self.how)


@attrs.frozen
class OneByteAtATime(Fault):
    """Every byte of the answer is a chunk of its own."""

    befalls = BOTH

    async def play(self, exchange: Exchange) -> None:
        """Write the answer byte by byte."""
        async for data in exchange:
            for start in range(len(data)):
                await exchange.write(data[start : start + 1])
                await asyncio.sleep(0)  # a chance to arrive alone


@attrs.frozen
class Buffered(Fault):
    """A proxy holds the events back and gives them all at the end."""

    async def play(self, exchange: Exchange) -> None:
        """Write the stream at once."""
        await exchange.write(b"".join([data async for data in exchange]))


@attrs.frozen
class Gzip(Fault):
    """The answer is compressed, asked for or not; what is short comes at the end only."""

    befalls = BOTH

    def head(self, response: web.StreamResponse) -> None:
        """Say so in the head."""
        response.enable_compression(web.ContentCoding.gzip)


@attrs.frozen
class WrongContentType(Fault):
    """The answer is not called what it is.

    Attributes:
        content_type: what its head says instead of ``text/event-stream`` or, of a list,
            ``application/json``.
    """

    befalls = BOTH

    content_type: str = "application/json"

    def head(self, response: web.StreamResponse) -> None:
        """Change the head."""
        response.content_type = self.content_type


@attrs.frozen
class WrongDate(Fault):
    """The ``Date`` header of the answer is not that of the provider's clock, or is missing.

    Something in between may have set it. For a provider whose own clock is wrong there is the
    setting ``clock_skew`` of `Simulator`.

    Attributes:
        seconds: how far it is ahead; below 0, behind; None: there is none.
    """

    befalls = BOTH

    seconds: float | None = None

    def head(self, response: web.StreamResponse) -> None:
        """Set it; one without a text is left out."""
        date = ""
        if self.seconds is not None:
            date = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.seconds), usegmt=True)
        response.headers["Date"] = date


@attrs.frozen
class ByteOrderMark(Fault):
    """The answer begins with a byte order mark, which the standard tells a reader of events to skip."""

    befalls = BOTH

    def opening(self) -> bytes:
        """Give the mark."""
        return b"\xef\xbb\xbf"


@attrs.frozen
class LineEnds(Fault):
    r"""The lines of the events do not end in LF.

    Attributes:
        ends: ``"\r"`` or ``"\r\n"``.
    """

    ends: Literal["\r", "\r\n"] = attrs.field(default="\r\n", validator=attrs.validators.in_(("\r", "\r\n")))

    def progress(self, event: bytes) -> bytes:
        """Change the line ends."""
        return event.replace(b"\n", self.ends.encode())

    def ending(self, event: bytes) -> bytes:
        """Change the line ends."""
        return self.progress(event)


@attrs.frozen
class MissingLastBlankLine(Fault):
    """The stream ends without the blank line that completes the final event.

    Attributes:
        line_end: whether its last line has its end.
    """

    line_end: bool = True

    def ending(self, event: bytes) -> bytes:
        """Cut the end off."""
        return event.rstrip(b"\n") + b"\n" * self.line_end
