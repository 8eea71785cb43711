"""The session manager: opens and closes what the SDK works with, and owns every running creation."""

from __future__ import annotations

import asyncio
import logging
import posixpath
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar
from urllib.parse import unquote

from ._admission import Admission
from ._clocks import Clocks
from ._engine import CREATE_PATH, Engine
from ._intents import Intents
from ._json import Unreadable, decode_json, encode_json
from ._requests import Requests
from ._retry import RetryPolicy
from ._settings import checked_url, token_from_environment
from ._sse import DEFAULT_MAX_EVENT_BYTES
from ._tokens import TokenProvider, TokenSource, ended_by_closing
from ._transport import Answer, Transport, new_session
from .creation import Creation
from .errors import ClientClosed, ConfigurationError, InvalidSpec, InvalidTicket, ResponseUnreadable
from .reconcile import Reconciler
from .timeouts import Timeouts
from .vms import VMs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    import aiohttp

    from ._intents import Intent
    from .specs import VMSpec
    from .tickets import CreationTicket

DEFAULT_BASE_URL: Final = "https://api.alpha.openscaler.net"
_SHOWN_CHARACTERS: Final = 1_000
_LOGGER: Final = logging.getLogger("openscaler_async")
_T = TypeVar("_T")


class Client:
    """A client of the OpenScaler API; use it by ``async with``.

    Leaving the block waits for the creations that are still running; leaving it by an exception
    abandons them, and logs each at WARNING.

    Args:
        token: the bearer token, or an async callable that gives it: called when it is first
            needed, and once more when the provider refuses what it gave. None takes it from the
            environment variable ``OPENSCALER_TOKEN``.
        base_url: where the API is. HTTPS, but to loopback, where HTTP will do.
        session: a session to borrow; it is never closed and never reconfigured. Its connector's limit
            bounds the creations at once, too. By default the client has its own, without a limit.
        timeouts: the clocks of a creation.
        max_concurrent_creations: the most creations that run at once, or None; others wait their turn.
        creations_per_second: the most that start in a second, or None.
        attempts: how often, in all, a request may be sent that certainly had no effect.
        reconcile: look for the machine of a creation that was lost, by reading only. Where it is
            found, the creation ends with it as if nothing had happened. Otherwise, and always if
            this is off, it ends with `CreationUnknown`.
        max_retry_wait: the longest ``Retry-After``, in seconds, that is waited for.
        max_event_bytes: the largest event that is read, in bytes.

    Attributes:
        vms: the virtual machines.

    Raises:
        ConfigurationError: a setting is wrong, or there is no token.
    """

    def __init__(  # noqa: PLR0913  (settings, each with a name)
        self,
        token: str | TokenProvider | None = None,
        *,
        base_url: str = DEFAULT_BASE_URL,
        session: aiohttp.ClientSession | None = None,
        timeouts: Timeouts | None = None,
        max_concurrent_creations: int | None = 100,
        creations_per_second: float | None = None,
        attempts: int = 3,
        reconcile: bool = True,
        max_retry_wait: float = 60.0,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
    ) -> None:
        self.vms: VMs = VMs(self)
        self.reconcile: bool = reconcile
        self._base_url = checked_url(base_url)
        self._tokens = TokenSource(token_from_environment() if token is None else token)
        self._limits = max_concurrent_creations, creations_per_second
        Admission(*self._limits)  # checks them; the one in use belongs to an event loop
        self._retry = RetryPolicy(attempts=attempts, max_retry_wait=max_retry_wait)
        self._timeouts = Timeouts() if timeouts is None else timeouts
        if type(max_event_bytes) is not int or max_event_bytes < 1:
            raise ConfigurationError("max_event_bytes", max_event_bytes, "must be a positive integer")
        self._max_event_bytes = max_event_bytes
        self._borrowed = session
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._creations: set[Creation[Any]] = set()
        self._requests: set[asyncio.Task[Answer]] = set()

    def __repr__(self) -> str:
        state = "closed" if self._engine is None else "open"
        return f"<Client {self._base_url} {state}, {len(self._creations)} creations running>"

    async def __aenter__(self) -> Self:
        """Open the client."""
        if self._engine is not None:
            msg = "the client is open already"
            raise ClientClosed(msg)
        self._loop = asyncio.get_running_loop()
        owned = self._borrowed is None
        transport = Transport(
            self._base_url,
            self._borrowed or new_session(connect_timeout=self._timeouts.connect),
            owned=owned,
            connect=self._timeouts.connect,
            silence=self._timeouts.silence,
            max_event_bytes=self._max_event_bytes,
        )
        most, per_second = self._limits
        if transport.pool_size is not None:
            most = min(most or transport.pool_size, transport.pool_size)
        intents = Intents(str(self._base_url))
        requests = Requests(transport=transport, tokens=self._tokens, retry=self._retry)
        self._engine = Engine(
            requests=requests,
            admission=Admission(most, per_second),
            clocks=Clocks(self._timeouts),
            intents=intents,
            reconciler=Reconciler(requests, intents, self._timeouts),
            reconcile=self.reconcile,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait for what runs, or abandon it when leaving by an exception; then close."""
        await self.aclose(timeout=None if kind is None else 0)

    async def aclose(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  (it bounds the wait, not the close)
        """Close the client; closing it again does nothing.

        Args:
            timeout: seconds to wait for the creations that run, which are then abandoned, each
                logged at WARNING; None waits for all of them.
        """
        if self._engine is None:
            return
        loop = asyncio.get_running_loop()
        until = None if timeout is None else loop.time() + timeout
        try:
            while self._creations and (until is None or loop.time() < until):  # those that begin meanwhile, too
                left = None if until is None else until - loop.time()
                await asyncio.wait([creation._task for creation in self._creations], timeout=left)  # noqa: SLF001  (one thing in two classes)
        finally:
            await self._close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        json: object = None,
    ) -> Any:  # noqa: ANN401  (JSON may be anything)
        """Send a request to an endpoint that has no method of its own yet.

        It is sent again only if it certainly had no effect, within ``attempts``.

        Args:
            method: the HTTP method.
            path: the path below the base URL, such as ``"/v1/stats/live"``.
            params: the query; a list repeats its parameter.
            json: the body, or None for none.

        Returns:
            The decoded JSON of the answer, or None if its body is empty.

        Raises:
            InvalidSpec: ``path`` is no path, ``json`` has no form in JSON, or the request is the one
                that creates a machine, for which there is ``vms.create``.
            RequestError: no answer that can be used.
            ClientClosed: the client is not open, or belongs to another event loop.
        """
        engine = self._opened()
        method = method.upper()
        if not path.startswith("/") or "?" in path or "#" in path:
            raise InvalidSpec("path", path, 'must begin with "/" and have neither "?" nor "#"')
        if method == "POST" and posixpath.normpath("/" + unquote(path).lstrip("/")) == CREATE_PATH:
            raise InvalidSpec("path", path, "creates a machine: use client.vms.create, which loses none")
        body = None if json is None else encode_json(json)
        send = engine.requests.send(method, path, params=params, body=body)
        task = asyncio.create_task(send, name=f"openscaler {method} {path}")
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)
        answer = await ended_by_closing(task)
        try:
            return decode_json(answer.body) if answer.body.strip() else None
        except Unreadable as error:
            text = answer.body[:_SHOWN_CHARACTERS].decode("utf-8", "replace")
            raise ResponseUnreadable(method, path, str(error), text) from None

    def _start(self, spec: VMSpec, body: bytes, decode: Callable[[object], _T]) -> Creation[_T]:
        engine = self._opened()
        return self._follow(engine, engine.intents.new(spec), body, decode)

    def _attach(self, ticket: CreationTicket, decode: Callable[[object], _T]) -> Creation[_T]:
        engine = self._opened()
        if ticket.base_url.rstrip("/") != str(self._base_url).rstrip("/"):
            raise InvalidTicket("base_url", ticket.base_url, f"must be the client's own, {self._base_url}")
        number = engine.intents.number(ticket.id)
        for creation in self._creations:
            if creation._intent.number == number and not creation.done():  # noqa: SLF001  (one thing in two classes)
                return creation
        now = asyncio.get_running_loop().time()
        return self._follow(engine, engine.intents.attached(ticket, now), None, decode)

    def _follow(
        self, engine: Engine, intent: Intent, body: bytes | None, decode: Callable[[object], _T]
    ) -> Creation[_T]:
        creation = Creation(intent, engine, body, decode, self._creations.discard)
        self._creations.add(creation)
        return creation

    def _opened(self) -> Engine:
        if self._engine is None or self._engine.requests.transport.closed:
            msg = "the client is not open: use it inside `async with Client(...) as client:`"
            raise ClientClosed(msg)
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            msg = "no event loop is running: call it from a coroutine"
            raise ClientClosed(msg) from None
        if here is not self._loop:
            msg = "the client belongs to another event loop: open one client for each loop"
            raise ClientClosed(msg)
        return self._engine

    async def _close(self) -> None:
        if self._engine is None:  # another task closed it while this one waited
            return
        engine, self._engine = self._engine, None
        for request in self._requests:
            request.cancel()  # aiohttp's own close would not wake who reads an answer
        for creation in self._creations:
            creation._task.cancel()  # noqa: SLF001  (one thing in two classes)
        try:
            if self._creations:
                await asyncio.wait([creation._task for creation in self._creations])  # noqa: SLF001  (one thing in two classes)
        finally:
            for creation in self._creations:
                if not creation.done():  # the closing was interrupted
                    creation._tell_abandoned()  # noqa: SLF001  (one thing in two classes)
            await engine.aclose()
