"""What the tests of creations share: a request, faults that a test steers, and servers that are none."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import socket
from typing import TYPE_CHECKING, Any, TypeVar, cast

import aiohttp
import attrs
from aiohttp import web
from yarl import URL

from openscaler_async import VMSpec
from openscaler_async._event_source import SingleShotEventSource
from openscaler_async.simulator import Exchange, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator

    import pytest

    from openscaler_async import VM, Client, Creation

T = TypeVar("T")
PATIENCE = 10.0  # seconds; a test that waits so long for what should come has failed


def spec(name: str = "web-1", **fields: Any) -> VMSpec:  # noqa: ANN401  (any field of VMSpec)
    """Give a spec that the simulator accepts."""
    return VMSpec(name=name, size="b-1-500mb-10", region="alg1", distro="debian-13", **fields)


async def soon(awaitable: Awaitable[T]) -> T:
    """Await something that should come, for as long as a test has patience."""
    return await asyncio.wait_for(awaitable, PATIENCE)


@attrs.frozen
class Reply(Fault):
    """An answer of any kind instead of the stream; no machine comes of it.

    Attributes:
        status: the HTTP status.
        body: its body.
        headers: its headers.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = attrs.field(factory=dict)
    creates: bool = attrs.field(default=False, init=False)

    async def answer(self, request: web.Request) -> web.Response:  # noqa: ARG002
        """Give it."""
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@attrs.frozen
class BrokenReply(Fault):
    """An answer whose body breaks off.

    Attributes:
        status: the HTTP status.
        body: what comes of a body that was to be longer.
    """

    status: int
    body: bytes = b""
    creates: bool = attrs.field(default=False, init=False)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send it, and close the connection."""
        response = web.StreamResponse(status=self.status, headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(self.body)
        assert request.transport is not None
        request.transport.close()
        return response


@attrs.frozen
class Stream(Fault):
    """A stream of any bytes, which ends cleanly; there is a machine.

    Attributes:
        chunks: what is sent, each part as a chunk of its own.
    """

    chunks: tuple[bytes, ...]

    async def play(self, exchange: Exchange) -> None:
        """Send them."""
        for chunk in self.chunks:
            await exchange.write(chunk)


@attrs.frozen
class Held(Fault):
    """A stream that stops after its first event until the test lets it go on.

    Attributes:
        go: set by the test.
        before: how many events come before it stops.
    """

    go: asyncio.Event = attrs.field(factory=asyncio.Event, repr=False)
    before: int = 1

    async def play(self, exchange: Exchange) -> None:
        """Send the first events, wait, send the others."""
        for _ in range(self.before):
            await exchange.write(await anext(exchange))
        await self.go.wait()
        await super().play(exchange)


@contextlib.asynccontextmanager
async def nobody_answers() -> AsyncIterator[str]:
    """Give the URL of a listening socket whose queue is full: to connect to it never ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, contextlib.ExitStack() as stack:
        host, port = server.getsockname()
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)  # noqa: FBT003
            filler.connect_ex((host, port))
        yield f"http://{host}:{port}"


@contextlib.contextmanager
def reported() -> Iterator[list[str]]:
    """Collect what the event loop is told of errors that nobody looked at."""
    messages: list[str] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: messages.append(str(context["message"])))
    try:
        yield messages
        gc.collect()
    finally:
        loop.set_exception_handler(before)


async def turns(number: int = 20) -> None:
    """Let the event loop go round, so that what is ready is done."""
    for _ in range(number):
        await asyncio.sleep(0)


class Serving:
    """A server that answers every request by one function, and counts.

    Attributes:
        url: where it is.
        count: how many requests came.
        asked: set with the first.
    """

    def __init__(self) -> None:
        self.url = ""
        self.count = 0
        self.asked = asyncio.Event()


@contextlib.asynccontextmanager
async def serving(
    answer: Callable[[web.Request], web.StreamResponse | Awaitable[web.StreamResponse]],
) -> AsyncIterator[Serving]:
    """Serve on loopback."""
    server = Serving()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        server.count += 1
        server.asked.set()
        given = answer(cast("web.Request", request))
        return given if isinstance(given, web.StreamResponse) else await given

    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        server.url = f"http://{host}:{port}"
        yield server
    finally:
        await runner.cleanup()


async def until(condition: Callable[[], object]) -> None:
    """Wait until something that will be so is so."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def source_of(
    answer: Callable[[web.Request], web.StreamResponse | Coroutine[Any, Any, web.StreamResponse]],
    **settings: Any,  # noqa: ANN401  (any argument of the source)
) -> AsyncIterator[tuple[SingleShotEventSource, Serving]]:
    """Give a source for a server that answers so, not connected yet."""
    timeout = aiohttp.ClientTimeout(total=None)
    async with serving(answer) as server, aiohttp.ClientSession() as session:
        settings = {"headers": {"Authorization": "Bearer t"}, "data": b"{}", "timeout": timeout, **settings}
        yield SingleShotEventSource(URL(server.url + "/v1/vms"), session=session, **settings), server


async def followed(client: Client, name: str = "web-1", **fields: str) -> Creation[VM]:
    """Start a creation, and wait for its first event."""
    creation = client.vms.create(spec(name, **fields))
    await soon(anext(aiter(creation)))
    return creation


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Give what was logged at WARNING, by us only."""
    assert all(record.name == "openscaler_async" for record in caplog.records if record.levelno >= logging.WARNING)
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
