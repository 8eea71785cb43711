"""Faults of the stream as bytes: where it breaks, how it is cut up, what ends its lines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

import attrs
from aiohttp import web

from ._fault import Fault
from ._http import break_off

if TYPE_CHECKING:
    from ._exchange import Exchange


@attrs.frozen
class DropAfter(Fault):
    """The stream breaks off after some bytes; the machine comes all the same.

    Attributes:
        bytes: how many bytes of the events are sent; 0 sends the head only. A stream that has
            fewer ends cleanly.
        how: ``"end"`` is a clean end of the answer, ``"close"`` closes the connection (FIN) in the
            middle of it, ``"reset"`` resets it (RST), which may lose bytes that are on their way.
    """

    bytes: int = attrs.field(validator=attrs.validators.ge(0))
    how: Literal["end", "close", "reset"] = attrs.field(
        default="close", validator=attrs.validators.in_(("end", "close", "reset"))
    )

    async def play(self, exchange: Exchange) -> None:
        """Write the stream up to its break."""
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
    """Every byte of the stream is a chunk of its own."""

    async def play(self, exchange: Exchange) -> None:
        """Write the stream byte by byte."""
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
    """The stream is compressed, asked for or not; what is short comes at the end only."""

    def head(self, response: web.StreamResponse) -> None:
        """Say so in the head."""
        response.enable_compression(web.ContentCoding.gzip)


@attrs.frozen
class WrongContentType(Fault):
    """The stream is not called one.

    Attributes:
        content_type: what its head says instead of ``text/event-stream``.
    """

    content_type: str = "application/json"

    def head(self, response: web.StreamResponse) -> None:
        """Change the head."""
        response.content_type = self.content_type


@attrs.frozen
class ByteOrderMark(Fault):
    """The stream begins with a byte order mark, which the standard tells a reader to skip."""

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
