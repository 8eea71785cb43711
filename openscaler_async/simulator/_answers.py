"""Faults that answer a request with something else than a stream, or a list.

None of these answers is documented. Those that may come from something between client and provider
(a gateway, a proxy, a broken connection) say with ``creates`` whether the provider got the request:
the client sees the same, and there is a machine or there is none. A list has no use for it.
"""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Literal

import attrs
from aiohttp import web

from ._fault import BOTH, Fault
from ._http import break_off, hold, problem, unauthorized

if TYPE_CHECKING:
    from ._exchange import Exchange

_PAGE = "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n"


class _Answer(Fault, abc.ABC):
    """An answer that does not depend on the request."""

    __slots__ = ()

    befalls = BOTH

    async def answer(self, request: web.Request) -> web.Response:  # noqa: ARG002
        """Give the answer."""
        return self._response()

    @abc.abstractmethod
    def _response(self) -> web.Response: ...


@attrs.frozen
class RateLimited(_Answer):
    """HTTP 429; the request starts no machine.

    Attributes:
        retry_after: the ``Retry-After`` header: seconds, any text, or None for no such header.
    """

    retry_after: float | str | None = 1
    creates: bool = attrs.field(default=False, init=False)

    def _response(self) -> web.Response:
        return problem(429, "too many requests", _retry_after(self.retry_after))


@attrs.frozen
class Unauthorized(_Answer):
    """HTTP 401, as if the token had expired; the request starts no machine.

    To let a token expire until the client has a new one, set `Simulator.token`.
    """

    creates: bool = attrs.field(default=False, init=False)

    def _response(self) -> web.Response:
        return unauthorized()


@attrs.frozen
class ServerError(_Answer):
    """A plain HTTP error with a JSON body.

    Attributes:
        status: the HTTP status.
        retry_after: as for `RateLimited`.
        creates: whether a machine comes of the request all the same.
    """

    status: int = 503
    retry_after: float | str | None = None
    creates: bool = False

    def _response(self) -> web.Response:
        headers = _retry_after(self.retry_after)
        return problem(self.status, "the provider cannot answer now", headers)


@attrs.frozen
class HtmlFromProxy(_Answer):
    """A page of HTML that a proxy made up.

    Attributes:
        status: the HTTP status; 200 is what a captive portal gives.
        creates: whether a machine comes of the request all the same.
    """

    status: int = 502
    creates: bool = False

    def _response(self) -> web.Response:
        return web.Response(status=self.status, text=_PAGE, content_type="text/html")


@attrs.frozen
class Redirect(_Answer):
    """A redirect; a client that follows it sends the request again, which `Simulator.posts` counts.

    Attributes:
        status: the HTTP status; 307 and 308 ask for the same method and body.
        location: where to.
        creates: whether a machine comes of the request all the same.
    """

    status: int = 307
    location: str = "/v1/vms"
    creates: bool = False

    def _response(self) -> web.Response:
        return web.Response(status=self.status, headers={"Location": self.location})


@attrs.frozen
class DropBeforeHead(Fault):
    """The connection breaks when the request has been read, before a byte of the answer.

    Attributes:
        how: ``"close"`` (FIN) or ``"reset"`` (RST).
        creates: whether a machine comes of the request all the same.
    """

    befalls = BOTH

    how: Literal["close", "reset"] = attrs.field(default="close", validator=attrs.validators.in_(("close", "reset")))
    creates: bool = True

    async def answer(self, request: web.Request) -> web.Response:
        """Break the connection."""
        break_off(request, self.how)
        return web.Response()


@attrs.frozen
class Silence(Fault):
    """Nothing more comes, and the connection stays open until the client leaves.

    Attributes:
        after_events: how many events come first; None: not even the head of the answer. A list is
            like one event.
        creates: whether a machine comes of the request; if not, ``after_events`` has to be None.
    """

    befalls = BOTH

    after_events: int | None = None
    creates: bool = True

    def __attrs_post_init__(self) -> None:
        """Refuse a stream of nothing."""
        if not self.creates and self.after_events is not None:
            raise ValueError("'creates' must be True if events come")

    async def answer(self, request: web.Request) -> web.Response | None:
        """Hold the request, if not even the head is to come."""
        if self.after_events is not None:
            return None
        await hold(request)
        return web.Response()

    async def play(self, exchange: Exchange) -> None:
        """Write the first events, then hold the stream."""
        for _ in range(self.after_events or 0):
            await exchange.write(await anext(exchange, b""))
        await hold(exchange.request)


def _retry_after(value: float | str | None) -> dict[str, str]:
    return {} if value is None else {"Retry-After": str(value)}
