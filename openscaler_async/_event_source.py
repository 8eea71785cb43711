"""The package's event source, made safe for a request that must be sent once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

from aiohttp_sse_client.client import READY_STATE_CLOSED, READY_STATE_OPEN, EventSource, MessageEvent

from ._http import FOREIGN, SINGLE, SUCCESS, check_session, rejection, translated
from ._sse import DEFAULT_MAX_EVENT_BYTES, SSEDecoder
from .errors import EventTooLarge

if TYPE_CHECKING:
    import io
    from collections.abc import Mapping

    import aiohttp
    from yarl import URL

EVENT_STREAM: Final = "text/event-stream"
_READ_BUFFER_BYTES: Final = (
    1_536  # twice that is what aiohttp buffers: one whole short stream, and little for 10,000 of them
)
_LINGER: Final = 0.25  # for the end of the response after the final event; then the connection is closed


class SingleShotEventSource(EventSource):  # type: ignore[misc]  # the package has no types
    """An event source that sends its request once, whatever happens, and never again.

    Differs from the package's own in that it never reconnects and follows no redirect, decodes by
    `SSEDecoder`, keeps the body of an error answer, and never writes into the caller's headers.

    Args:
        url: where to send the request.
        session: the session to send it by.
        headers: the request's headers; they are not changed.
        data: the request's body.
        timeout: aiohttp's clocks for this request.
        max_event_bytes: as for `SSEDecoder`.
        token: the bearer token in the headers, for who has to know which one was refused.
        origin: what ``MessageEvent.origin`` is to say.
    """

    def __init__(  # noqa: PLR0913  (settings, each with a name)
        self,
        url: URL,
        *,
        session: aiohttp.ClientSession,
        headers: Mapping[str, str],
        data: bytes | io.BytesIO,
        timeout: aiohttp.ClientTimeout,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
        token: str = "",
        origin: str = "",
    ) -> None:
        super().__init__(
            url,
            option={"method": "POST"},
            session=session,
            headers=headers,  # never written to, unlike by the package's own connect()
            data=data,
            timeout=timeout,
        )
        self._max_event_bytes = max_event_bytes
        self._origin = origin
        self._decoder: SSEDecoder | None = None
        self._events: list[MessageEvent] = []  # for __anext__, the next one last
        self.sent: bool = False
        self.token = token
        self.unfinished: list[MessageEvent] = []
        self.mid_line: bool = False

    async def connect(self, retry: int = 0) -> None:  # noqa: ARG002
        """Send the request and read the head of its answer.

        Raises:
            RequestNotSent: it did not leave.
            RequestRejected: the answer is not an event stream; its body is kept.
            RequestInterrupted: it may have left, and no answer came.
        """
        if self.sent:
            msg = "a SingleShotEventSource sends its request once"
            raise RuntimeError(msg)
        check_session(self._session, self._method, self._url.path)
        self.sent = True
        try:
            response = await self._session.request(
                self._method,
                self._url,
                read_bufsize=_READ_BUFFER_BYTES,
                **SINGLE,
                **self._kwargs,
            )
        except FOREIGN as error:
            raise translated(error, self._method, self._url.path) from error
        self._kwargs.pop("data")  # a creation lives for minutes; its body was needed once
        self._response = response
        if response.status not in SUCCESS or response.content_type != EVENT_STREAM:
            raise await rejection(response)
        self._ready_state = READY_STATE_OPEN
        self._decoder = SSEDecoder(self._max_event_bytes, origin=self._origin, quoted_lines=True)

    async def receive(self) -> list[MessageEvent] | None:
        """Wait for bytes and give the events that they complete, often none.

        Returns:
            The events, or None at the end of the stream; then ``unfinished`` and ``mid_line`` say
            what the stream left behind, as `SSEDecoder.receive_eof` does.

        Raises:
            EventTooLarge: as for `SSEDecoder`.
            RequestInterrupted: the connection broke or fell silent.
        """
        if self._response is None or self._decoder is None:
            msg = "the source is not connected"
            raise ValueError(msg)
        try:
            data = await self._response.content.readany()
        except FOREIGN as error:
            raise translated(error, self._method, self._url.path, streaming=True) from error
        if data:
            return self._decoder.receive(data)
        if self._ready_state != READY_STATE_CLOSED:
            self._ready_state = READY_STATE_CLOSED
            self.unfinished = self._decoder.receive_rest()
            self.mid_line = self._decoder.mid_line
        return None

    def leave(self) -> list[MessageEvent]:
        """Give what a stream which broke has left unfinished."""
        assert self._decoder is not None  # noqa: S101  (the table or the type allows nothing else)
        try:
            return self._decoder.receive_rest()
        except EventTooLarge:
            return []

    async def __anext__(self) -> MessageEvent:
        """Give the next event; the end of the stream ends the iteration, and nothing reconnects."""
        while not self._events:
            events = await self.receive()
            if events is None:
                raise StopAsyncIteration
            self._events = events[::-1]
        return self._events.pop()

    @property
    def date(self) -> str | None:
        """The server's clock, as the head of the answer writes it."""
        return None if self._response is None else self._response.headers.get("Date")

    @property
    def released(self) -> bool:
        """Whether the connection was given back, because the answer was read to its end."""
        return self._response is not None and self._response.connection is None

    async def release(self) -> None:
        """Give the connection back if the answer ends at once, else close it.

        For use after the final event: a connection that is given back spares the next request a
        handshake.
        """
        response = self._response
        if response is None:
            return
        try:
            async with asyncio.timeout(_LINGER):
                if await response.content.readany():
                    response.close()
        except (*FOREIGN, TimeoutError):
            response.close()

    def abort(self) -> None:
        """Close the connection now, if it is not yet given back."""
        self._ready_state = READY_STATE_CLOSED
        if self._response is not None:
            self._response.close()

    async def __aenter__(self) -> Self:
        """Connect."""
        await self.connect()
        return self
