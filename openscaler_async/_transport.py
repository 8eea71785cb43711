"""HTTP: sends requests by one session, owned or borrowed.

With `_http` and `_event_source` the only importer of aiohttp below the simulator. It knows nothing
of machines: a request was not sent, was rejected, was interrupted, or was answered.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Final

import aiohttp
import attrs
from multidict import CIMultiDict

from ._event_source import EVENT_STREAM, SingleShotEventSource
from ._http import FOREIGN, SINGLE, SUCCESS, check_session, read_at_most, rejection, server_date, translated
from .errors import RequestInterrupted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from yarl import URL

_MAX_JSON_BYTES: Final = 64 * 2**20  # a list of 40,000 machines
_KEEPALIVE: Final = 1.0  # servers close idle connections from 2 s on; a POST must not meet that
_MAX_RAW_BYTES: Final = 2**20
_PREPARED_PATHS: Final = frozenset({"/v1/vms"})


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
        silence: seconds without a byte in the answer to a plain request, or None.
        max_event_bytes: as for `SSEDecoder`.
    """

    def __init__(  # noqa: PLR0913  (settings, each with a name)
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
        self._origin = str(base_url.origin())
        self._session = session
        self._owned = owned
        self._stream_timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect)  # silence: see _clocks
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=silence)
        self._max_event_bytes = max_event_bytes
        self._urls: dict[str, URL] = {}
        self._stream_headers: dict[str, CIMultiDict[str]] = {}

    @property
    def closed(self) -> bool:
        """Whether the session is closed, by whoever owns it."""
        return self._session.closed

    @property
    def pool_size(self) -> int | None:
        """How many connections the session allows at once, or None when it sets no limit.

        Above it aiohttp queues without a word, while the clocks of a creation run.
        """
        connector = self._session.connector
        limits = (connector.limit, getattr(connector, "limit_per_host", 0)) if connector else ()
        return min((limit for limit in limits if limit), default=None)

    def post_stream(self, path: str, body: bytes, token: str) -> SingleShotEventSource:
        """Prepare a POST that is answered with an event stream; nothing is sent yet."""
        return SingleShotEventSource(
            self._url(path),
            session=self._session,
            headers=self._headers_for_stream(token),
            data=_data(body),
            timeout=self._stream_timeout,
            max_event_bytes=self._max_event_bytes,
            token=token,
            origin=self._origin,
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
        check_session(self._session, method, path)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Cache-Control": "no-cache"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._session.request(
                method,
                self._url(path),
                params=params,
                data=body and _data(body),
                headers=headers,
                timeout=self._timeout,
                **SINGLE,
            ) as response:
                if response.status not in SUCCESS:
                    raise await rejection(response)
                data = await read_at_most(response, _MAX_JSON_BYTES)
                if data is None:
                    reason = f"the answer is larger than {_MAX_JSON_BYTES} bytes"
                    raise RequestInterrupted(method, path, reason)
                return Answer(status=response.status, body=data, date=server_date(response))
        except FOREIGN as error:
            raise translated(error, method, path) from error

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
                    "Accept": EVENT_STREAM,
                    "Cache-Control": "no-cache",
                    "Content-Type": "application/json",
                }
            )
            self._stream_headers = {token: headers}
        return headers


def _data(body: bytes) -> bytes | io.BytesIO:
    """Give a body as aiohttp takes it without a warning that it may hold up the event loop."""
    return body if len(body) <= _MAX_RAW_BYTES else io.BytesIO(body)
