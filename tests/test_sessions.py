"""Borrowed sessions: never closed, never reconfigured, and their settings have no effect on the one POST."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from openscaler_async import Client, CreationNotSent, CreationRejected, CreationUnknown, Outcome, RequestNotSent
from openscaler_async.simulator import DropBeforeHead, Gzip, Redirect, Simulator
from tests.peers import Held, Reply, serving, soon, spec
from tests.test_clocks import Paced

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable


async def send_again(
    request: aiohttp.ClientRequest, handler: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]
) -> aiohttp.ClientResponse:
    """Send twice, as a middleware that retries does."""
    (await handler(request)).close()
    return await handler(request)


def snapshot(session: aiohttp.ClientSession) -> dict[str, Any]:
    """Give every setting of a session."""
    return {name: repr(value) for name, value in sorted(vars(session).items()) if name != "_loop"}


async def test_session_stays_as_it_is(simulator: Simulator) -> None:
    """After use a borrowed session is open, and every setting of it is the same."""
    async with aiohttp.ClientSession(headers={"X-Mine": "1"}, timeout=aiohttp.ClientTimeout(total=9)) as session:
        before = snapshot(session)
        async with Client(simulator.token, base_url=simulator.url, reconcile=False, session=session) as client:
            await soon(client.vms.create(spec()))
            await soon(client.vms.list())
        assert before == snapshot(session)
        assert not session.closed
        async with session.get(simulator.url + "/v1/vms") as response:
            assert 401 == response.status
    assert 1 == simulator.posts


async def test_total_timeout_of_the_session(simulator: Simulator) -> None:
    """A stream lives longer than the session's own total timeout, and than its read timeout."""
    simulator.inject(Paced(0.05))
    timeout = aiohttp.ClientTimeout(total=0.3, sock_read=0.01)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        Client(simulator.token, base_url=simulator.url, reconcile=False, session=session) as client,
    ):
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert "web-1" == (await soon(client.vms.create(spec()))).name
        assert loop.time() - began > 0.4
    assert 1 == simulator.posts


async def test_own_session_has_no_total_timeout(client: Client, simulator: Simulator) -> None:
    """The default of 300 s in all would end a healthy creation: ours has none, nor a limit, nor cookies."""
    session = client._engine.requests.transport._session  # type: ignore[union-attr]
    assert session.timeout.total is None
    assert session.timeout.sock_read is None
    assert session.connector is not None
    assert 0 == session.connector.limit
    assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
    source = client._engine.requests.transport.post_stream("/v1/vms", b"{}", "token")  # type: ignore[union-attr]
    assert source._kwargs["timeout"].total is None
    assert 0 == simulator.posts


@pytest.mark.parametrize("fault", [DropBeforeHead(), Redirect(307), Reply(503)], ids=repr)
async def test_session_that_sends_again(fault: Any, simulator: Simulator) -> None:  # noqa: ANN401
    """A session's middleware that sends again does not get hold of the POST."""
    simulator.inject(fault, times=9)
    async with (
        aiohttp.ClientSession(middlewares=[send_again]) as session,
        Client(simulator.token, base_url=simulator.url, reconcile=False, session=session) as client,
    ):
        with pytest.raises(CreationUnknown):
            await soon(client.vms.create(spec()))
        await soon(client.vms.list())
    assert 1 == simulator.posts
    assert 1 == simulator.requests["GET", "/v1/vms"]


async def test_session_that_raises_for_status(simulator: Simulator) -> None:
    """A session's raise_for_status does not lose the body of an error."""
    simulator.inject(Reply(400, b"no such size"))
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        Client(simulator.token, base_url=simulator.url, reconcile=False, session=session) as client,
    ):
        with pytest.raises(CreationRejected, match="no such size"):
            await soon(client.vms.create(spec()))
    assert 1 == simulator.posts


async def test_headers_of_the_session() -> None:
    """A session's headers go along, and lose against ours."""
    headers = {"Authorization": "Bearer theirs", "Content-Type": "text/plain", "Accept": "text/html", "X-Mine": "1"}
    seen: list[dict[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(dict(request.headers))
        return web.Response(status=400, text=await request.text())

    async with (
        serving(answer) as server,
        aiohttp.ClientSession(headers=headers) as session,
        Client("ours", base_url=server.url, reconcile=False, session=session) as client,
    ):
        with pytest.raises(CreationRejected, match="web-1"):
            await soon(client.vms.create(spec()))
    (sent,) = seen
    assert ("Bearer ours", "application/json", "text/event-stream", "1") == (
        *(sent["Authorization"], sent["Content-Type"], sent["Accept"]),
        sent["X-Mine"],
    )
    assert "Bearer theirs" == headers["Authorization"]


async def test_cookies_of_the_session() -> None:
    """What the provider sets as a cookie is the borrowed session's own affair, and no reason to fail."""
    answer = web.json_response
    async with (
        serving(lambda _: answer({"vms": []}, headers={"Set-Cookie": "a=b"})) as server,
        aiohttp.ClientSession(cookies={"c": "d"}, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
        Client("t", base_url=server.url, reconcile=False, session=session) as client,
    ):
        assert [] == await soon(client.vms.list())
        assert [] == await soon(client.vms.list())


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning", "ignore:.*auth.*:DeprecationWarning")
async def test_session_with_a_login(simulator: Simulator) -> None:
    """A session with a login of its own cannot be used: nothing is sent, and nothing is said to be."""
    async with (
        aiohttp.ClientSession(auth=aiohttp.BasicAuth("me", "canary")) as session,
        Client(simulator.token, base_url=simulator.url, reconcile=False, session=session) as client,
    ):
        creation = client.vms.create(spec())
        await soon(asyncio.gather(creation, return_exceptions=True))
    assert creation.outcome is (Outcome.CREATED if simulator.posts else Outcome.NOT_SENT)


async def test_session_that_does_not_decompress(simulator: Simulator) -> None:
    """A session that leaves bodies compressed makes no difference."""
    simulator.inject(Gzip())
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        Client(simulator.token, base_url=simulator.url, reconcile=False, session=session) as client,
    ):
        assert "web-1" == (await soon(client.vms.create(spec()))).name
    assert 1 == simulator.posts


async def test_pool_that_is_smaller_than_the_admission(simulator: Simulator) -> None:
    """With one connection for many creations they come one after another, each once."""
    connector = aiohttp.TCPConnector(limit=1)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        Client(simulator.token, base_url=simulator.url, reconcile=False, session=session) as client,
    ):
        vms = await soon(asyncio.gather(*(client.vms.create(spec(f"web-{n}")) for n in range(20))))
    assert 20 == simulator.posts == len({vm.id for vm in vms})


async def test_abandoned_while_it_waits_for_the_pool(simulator: Simulator) -> None:
    """A creation that waits for a connection of the pool can be abandoned, and is not sent later."""
    held = Held()
    simulator.inject(held)
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session,
        Client(simulator.token, base_url=simulator.url, reconcile=False, session=session) as client,
    ):
        first = client.vms.create(spec("a"))
        await soon(anext(aiter(first)))
        second = client.vms.create(spec("b"))
        await asyncio.sleep(0)
        await soon(second.abandon())
        assert second.exception() is not None
        held.go.set()
        await soon(first)
    assert 1 == simulator.posts


class NoSuchHost(AbstractResolver):
    """A resolver that knows no name."""

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = 0,  # type: ignore[assignment]
    ) -> list[ResolveResult]:
        """Find nothing."""
        msg = f"{host} {port} {family}"
        raise OSError(msg)

    async def close(self) -> None:
        """Do nothing."""


async def test_name_that_is_not_known() -> None:
    """A host without an address was sent nothing."""
    connector = aiohttp.TCPConnector(resolver=NoSuchHost())
    async with aiohttp.ClientSession(connector=connector) as session:
        settings = {"base_url": "https://api.example", "session": session, "attempts": 1}
        async with Client("token", **settings) as client:  # type: ignore[arg-type]
            with pytest.raises(CreationNotSent, match=r"api\.example"):
                await soon(client.vms.create(spec()))
            with pytest.raises(RequestNotSent, match=r"api\.example"):
                await soon(client.vms.list())


async def test_server_without_tls(simulator: Simulator) -> None:
    """A TLS handshake that fails was sent nothing."""
    url = simulator.url.replace("http://", "https://")
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=ssl.create_default_context())) as session,
        Client("token", base_url=url, reconcile=False, session=session, attempts=1) as client,
    ):
        with pytest.raises(CreationNotSent):
            await soon(client.vms.create(spec()))
    assert 0 == simulator.posts
