"""What aiohttp's answers and exceptions mean, in our words."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp

from ._http_date import parse_http_date
from .errors import RequestError, RequestInterrupted, RequestNotSent, RequestRejected

SUCCESS: Final = range(200, 300)
SINGLE: Final[dict[str, Any]] = {
    # A request goes where it was sent to, once; a borrowed session's middlewares may send it again,
    # and its raise_for_status loses the body.
    "allow_redirects": False,
    "middlewares": (),
    "raise_for_status": False,
    "auto_decompress": True,
    # What a server may make us hold, whatever a borrowed session says: 1 MiB of headers.
    "max_line_size": 8_190,
    "max_field_size": 8_190,
    "max_headers": 128,
}
_ERROR_BODY_TIMEOUT: Final = 5.0  # seconds; the status is known by then
_MAX_REASON: Final = 500  # characters
_MAX_ERROR_BYTES: Final = 64 * 2**10  # an error page; what is beyond it helps nobody

# aiohttp raises these before the first byte of a request is written, and only then.
_NEVER_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
FOREIGN: Final = (aiohttp.ClientError, asyncio.TimeoutError, OSError)


def check_session(session: aiohttp.ClientSession, method: str, path: str) -> None:
    """Refuse a session by which nothing can be sent, which aiohttp tells in words of its own.

    Raises:
        RequestNotSent: it is closed, or has a login of its own.
    """
    if session.closed:
        raise RequestNotSent(method, path, "the session is closed")
    if session.auth is not None:
        raise RequestNotSent(method, path, "the session has an auth of its own, where the token has to be")


async def read_at_most(response: aiohttp.ClientResponse, limit: int) -> bytes | None:
    """Read the body, or give None, and keep nothing of it, when it is larger than the limit."""
    pieces: list[bytes] = []
    if await _read_into(pieces, response, limit) > limit:
        pieces.clear()
        return None
    return b"".join(pieces)


async def _read_into(pieces: list[bytes], response: aiohttp.ClientResponse, limit: int) -> int:
    size = 0
    while size <= limit and (piece := await response.content.readany()):
        pieces.append(piece)
        size += len(piece)
    return size


async def rejection(response: aiohttp.ClientResponse) -> RequestRejected:
    """Read the body of an answer that is no success, and close its connection."""
    pieces: list[bytes] = []
    try:
        async with asyncio.timeout(_ERROR_BODY_TIMEOUT):
            await _read_into(pieces, response, _MAX_ERROR_BYTES)
    except FOREIGN:
        pass  # the status is what counts, and what came of the body
    finally:
        response.close()
    return RequestRejected(
        response.method,
        response.url.path,
        response.status,
        b"".join(pieces)[:_MAX_ERROR_BYTES].decode("utf-8", "replace"),
        _retry_after(response),
    )


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Read ``Retry-After``, in both its forms (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = parse_http_date(text)
    now = server_date(response) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def server_date(response: aiohttp.ClientResponse) -> datetime | None:
    """Give the server's clock, as the answer tells it."""
    return parse_http_date(response.headers.get("Date", ""))


def translated(error: Exception, method: str, path: str, *, streaming: bool = False) -> RequestError:
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
    return f"{type(error).__name__}: {error}"[:_MAX_REASON]  # what the server sent may be in it
