"""HTTP: requests, streams, and every exception of aiohttp turned into one of ours.

The only module below the simulator that imports aiohttp and drives aiohttp_sse_client. It knows
nothing of machines: a request was not sent, was rejected, was interrupted, or was answered.
"""

from __future__ import annotations

import asyncio
import email.utils
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Self

import aiohttp
import attrs
from aiohttp_sse_client.client import READY_STATE_CLOSED, READY_STATE_OPEN, EventSource, MessageEvent
from multidict import CIMultiDict
from yarl import URL

from ._sse import DEFAULT_MAX_EVENT_BYTES, SSEDecoder
from .errors import (
    RequestError,
    RequestInterrupted,
    RequestNotSent,
    RequestRejected,
)

_MAX_ERROR_BYTES: Final = 64 * 2**10  # an error page; what is beyond it helps nobody
_MAX_JSON_BYTES: Final = 64 * 2**20  # a list of 40,000 machines
_KEEPALIVE: Final = 1.0  # servers close idle connections from 2 s on; a POST must not meet that
_LINGER: Final = 0.25  # for the end of the response after the final event; then the connection is closed
_EVENT_STREAM: Final = "text/event-stream"
_SUCCESS: Final = range(200, 300)

# aiohttp raises these before the first byte of a request is written, and only then.
_NEVER_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
_FOREIGN: Final = (aiohttp.ClientError, asyncio.TimeoutError, OSError)


def new_session(*, connect_timeout: float | None) -> aiohttp.ClientSession:
    """Make a session of our own, for the running event loop.

    No limit on connections, for admission is the client's; no cookies; no total timeout, which
    by aiohttp's default would end a healthy creation after 300 s.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout),
    )


class SingleShotEventSource(EventSource):  # type: ignore[misc]  (the package has no types)
    """An event source that sends its request once, whatever happens, and never again.

    Differs from the package's own in that it never reconnects and follows no redirect, decodes by
    `SSEDecoder`, keeps the body of an error answer, and never writes into the caller's headers.

    Args:
        url: where to send the request.
        session: the session to send it by.
        headers: the request's headers; they are copied.
        data: the request's body.
        timeout: aiohttp's clocks for this request.
        max_event_bytes: as for `SSEDecoder`.
        token: the bearer token in the headers, for who has to know which one was refused.
    """

    def __init__(  # noqa: PLR0913  (a plain record of one request)
        self,
        url: URL,
        *,
        session: aiohttp.ClientSession,
        headers: Mapping[str, str],
        data: bytes,
        timeout: aiohttp.ClientTimeout,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
        token: str = "",
    ) -> None:
        super().__init__(
            url,
            option={"method": "POST"},
            session=session,
            headers=CIMultiDict(headers),
            data=data,
            timeout=timeout,
        )
        self._max_event_bytes = max_event_bytes
        self._decoder: SSEDecoder | None = None
        self._events: deque[MessageEvent] = deque()
        self.sent = False
        self.token = token
        self.unfinished: MessageEvent | None = None
        self.mid_line = False

    async def connect(self, retry: int = 0) -> None:  # noqa: ARG002  (the package's signature)
        """Send the request and read the head of its answer.

        Raises:
            RequestNotSent: it did not leave.
            RequestRejected: the answer is not an event stream; its body is kept.
            RequestInterrupted: it may have left, and no answer came.
        """
        if self.sent:
            msg = "a SingleShotEventSource sends its request once"
            raise RuntimeError(msg)
        self.sent = True
        try:
            # A borrowed session's middlewares may send again, and its raise_for_status loses the body.
            response = await self._session.request(
                self._method,
                self._url,
                allow_redirects=False,
                raise_for_status=False,
                auto_decompress=True,
                middlewares=(),
                **self._kwargs,
            )
        except _FOREIGN as error:
            raise _translated(error, self._method, self._url.path) from error
        self._kwargs.pop("data")  # a creation lives for minutes; its body was needed once
        self._response = response
        if response.content_type != _EVENT_STREAM:
            raise await _rejection(response)
        self._ready_state = READY_STATE_OPEN
        self._decoder = SSEDecoder(
            self._max_event_bytes, origin=str(self._url.origin()), quoted_lines=True
        )

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
        except _FOREIGN as error:
            raise _translated(error, self._method, self._url.path, streaming=True) from error
        if data:
            return self._decoder.receive(data)
        if self._ready_state != READY_STATE_CLOSED:
            self._ready_state = READY_STATE_CLOSED
            self.unfinished = self._decoder.receive_eof()
            self.mid_line = self._decoder.mid_line
        return None

    async def __anext__(self) -> MessageEvent:
        """Give the next event; the end of the stream ends the iteration, and nothing reconnects."""
        while not self._events:
            events = await self.receive()
            if events is None:
                raise StopAsyncIteration
            self._events.extend(events)
        return self._events.popleft()

    async def release(self) -> None:
        """Give the connection back if the answer ends at once, else close it.

        For use after the final event: a connection that is given back spares the next request a
        handshake.
        """
        response = self._response
        if response is None or response.content.is_eof():
            return
        try:
            async with asyncio.timeout(_LINGER):
                if await response.content.readany():
                    response.close()
        except (*_FOREIGN, TimeoutError):
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


@attrs.frozen(kw_only=True)
class Answer:
    """What a plain request was answered with.

    Args:
        status: the HTTP status, 200 to 299.
        body: the whole body.
        date: the server's clock, from the ``Date`` header.
    """

    status: int
    body: bytes
    date: datetime | None


class Transport:
    """Sends requests to one base URL by one session.

    Args:
        base_url: where the API is.
        session: the session, owned or borrowed.
        owned: whether `aclose` closes it.
        connect: seconds to connect, or None.
        silence: seconds without a byte, or None.
        max_event_bytes: as for `SSEDecoder`.
    """

    def __init__(  # noqa: PLR0913  (a plain record of settings)
        self,
        base_url: URL,
        session: aiohttp.ClientSession,
        *,
        owned: bool,
        connect: float | None,
        silence: float | None,
        max_event_bytes: int,
    ) -> None:
        self._base_url = base_url
        self._session = session
        self._owned = owned
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=silence)
        self._max_event_bytes = max_event_bytes
        self._urls: dict[str, URL] = {}
        self._stream_headers: dict[str, CIMultiDict[str]] = {}

    @property
    def closed(self) -> bool:
        """Whether the session is closed, by whoever owns it."""
        return self._session.closed

    def post_stream(self, path: str, body: bytes, token: str) -> SingleShotEventSource:
        """Prepare a POST that is answered with an event stream; nothing is sent yet."""
        return SingleShotEventSource(
            self._url(path),
            session=self._session,
            headers=self._headers_for_stream(token),
            data=body,
            timeout=self._timeout,
            max_event_bytes=self._max_event_bytes,
            token=token,
        )

    async def request(
        self,
        method: str,
        path: str,
        token: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a plain request once and read its whole answer.

        Raises:
            RequestNotSent: it did not leave.
            RequestRejected: the status is no success; its body is kept.
            RequestInterrupted: it may have left, and no whole answer came.
        """
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._session.request(
                method,
                self._url(path),
                params=params,
                data=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
                raise_for_status=False,
                auto_decompress=True,
                middlewares=(),
            ) as response:
                if response.status not in _SUCCESS:
                    raise await _rejection(response)
                data = await _read_at_most(response, _MAX_JSON_BYTES)
                if len(data) > _MAX_JSON_BYTES:
                    reason = f"the answer is larger than {_MAX_JSON_BYTES} bytes"
                    raise RequestInterrupted(method, path, reason)
                return Answer(status=response.status, body=data, date=_date(response))
        except _FOREIGN as error:
            raise _translated(error, method, path) from error

    async def aclose(self) -> None:
        """Close the session if it is ours."""
        if self._owned:
            await self._session.close()

    def _url(self, path: str) -> URL:
        url = self._urls.get(path)
        if url is None:
            url = self._base_url.joinpath(path.lstrip("/"), encoded=True)
            if path in _PREPARED_PATHS:
                self._urls[path] = url
        return url

    def _headers_for_stream(self, token: str) -> CIMultiDict[str]:
        headers = self._stream_headers.get(token)
        if headers is None:
            headers = CIMultiDict(
                {
                    "Authorization": f"Bearer {token}",
                    "Accept": _EVENT_STREAM,
                    "Cache-Control": "no-cache",
                    "Content-Type": "application/json",
                }
            )
            self._stream_headers = {token: headers}
        return headers


_PREPARED_PATHS: Final = frozenset({"/v1/vms"})


async def _read_at_most(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read the body; when it is larger than the limit, give a little more than the limit of it."""
    pieces: list[bytes] = []
    size = 0
    while size <= limit and (piece := await response.content.readany()):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


async def _rejection(response: aiohttp.ClientResponse) -> RequestRejected:
    """Read the body of an answer that is no success, and close its connection."""
    try:
        body = (await _read_at_most(response, _MAX_ERROR_BYTES))[:_MAX_ERROR_BYTES]
    except _FOREIGN:
        body = b""  # the status is what counts
    finally:
        response.close()
    return RequestRejected(
        response.method,
        response.url.path,
        response.status,
        body.decode("utf-8", "replace"),
        _retry_after(response),
    )


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Read ``Retry-After``, in both its forms (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = _http_date(text)
    now = _date(response) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def _date(response: aiohttp.ClientResponse) -> datetime | None:
    return _http_date(response.headers.get("Date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _translated(error: Exception, method: str, path: str, *, streaming: bool = False) -> RequestError:
    """Give the error of ours that says what an error of aiohttp's means for the request."""
    if isinstance(error, _NEVER_SENT) and not streaming:
        return RequestNotSent(method, path, _reason(error))
    return RequestInterrupted(method, path, _reason(error))


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "the connection was not made in time"
    if isinstance(error, asyncio.TimeoutError):
        return "no byte came for the silence timeout"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection without an answer"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the connection broke before the answer was whole"
    return f"{type(error).__name__}: {error}"
