"""The HTTP proxy of a company: what it refuses was not sent, what it tunnels is as safe as without it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import aiohttp
import attrs
import pytest

from openscaler_async import Client, CreationError, CreationNotSent, CreationUnknown, Outcome
from tests.peers import Held, followed, soon, spec

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    import trustme

    from openscaler_async.simulator import Simulator
    from tests.proxy.conftest import StartsSecure

REFUSALS = [
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\nContent-Length: 0\r\n\r\n",
]
SILLY = [b"", b"HTTP/1.1 200", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"]


@attrs.define
class Tunnels:
    """A proxy that knows CONNECT.

    Attributes:
        url: where it is.
        asked: the first line of each request.
        heard: all that it was sent before a tunnel stood.
    """

    refusal: bytes | None
    url: str = ""
    asked: list[str] = attrs.field(factory=list)
    heard: bytearray = attrs.field(factory=bytearray)
    _open: list[asyncio.StreamWriter] = attrs.field(factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a CONNECT."""
        self._open.append(writer)
        with contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heard += head
            self.asked.append(head.partition(b"\r\n")[0].decode())
            if self.refusal is not None:
                writer.write(self.refusal)
                return
            host, _, port = self.asked[-1].split()[1].rpartition(":")
            there = await asyncio.open_connection(host, int(port))
            self._open.append(there[1])
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))

    def cut(self) -> None:
        """Break all connections."""
        for writer in self._open:
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError), contextlib.closing(writer):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


@contextlib.asynccontextmanager
async def tunnels(monkeypatch: pytest.MonkeyPatch, refusal: bytes | None = None) -> AsyncIterator[Tunnels]:
    """Serve, and make it the proxy of the environment."""
    proxy = Tunnels(refusal)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = "http://{}:{}".format(*server.sockets[0].getsockname())
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.delenv("https_proxy", raising=False)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with server:
        yield proxy
        proxy.cut()


@contextlib.asynccontextmanager
async def client_of(url: str, simulator: Simulator, context: ssl.SSLContext) -> AsyncIterator[Client]:
    """Give a client whose session takes its proxy from the environment."""
    settings: dict[str, Any] = {"base_url": url, "reconcile": False, "attempts": 1}
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context), trust_env=True) as session,
        Client(simulator.token, session=session, **settings) as client,
    ):
        yield client


async def test_tunnel(
    https: StartsSecure, simulator: Simulator, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a tunnel a creation is as any other; the proxy sees neither the token nor the request."""
    server = https()
    async with tunnels(monkeypatch) as proxy, client_of(server.url, simulator, trusting) as client:
        creation = await followed(client)
        assert "web-1" == (await soon(creation)).name
        assert [f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"] == proxy.asked
        assert simulator.token.encode() not in proxy.heard
    assert 1 == simulator.posts == len(simulator.vms)


async def test_own_session_takes_no_proxy(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a borrowed session the environment's proxy is not used."""
    async with tunnels(monkeypatch) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with Client(simulator.token, base_url=simulator.url, reconcile=False) as client:
            await soon(client.vms.create(spec()))
        assert [] == proxy.asked
    assert 1 == simulator.posts


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal[9:12].decode())
async def test_refused(
    refusal: bytes, https: StartsSecure, simulator: Simulator, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that makes no tunnel has been sent no creation."""
    async with tunnels(monkeypatch, refusal) as proxy, client_of(https().url, simulator, trusting) as client:
        with pytest.raises(CreationNotSent):
            await soon(client.vms.create(spec()))
        assert 1 == len(proxy.asked)
        assert simulator.token.encode() not in proxy.heard
    assert 0 == simulator.posts


@pytest.mark.parametrize("answer", SILLY, ids=repr)
async def test_nonsense(
    answer: bytes, https: StartsSecure, simulator: Simulator, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that talks nonsense instead of making a tunnel is sent no creation, though that may not be known."""
    async with tunnels(monkeypatch, answer) as proxy, client_of(https().url, simulator, trusting) as client:
        with pytest.raises(CreationError) as caught:
            await soon(client.vms.create(spec()))
        assert caught.value.outcome in {Outcome.NOT_SENT, Outcome.UNKNOWN}
        assert 1 == len(proxy.asked)
    assert 0 == simulator.posts


async def test_proxy_that_is_not_there(
    https: StartsSecure, simulator: Simulator, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that cannot be connected to was sent nothing."""
    async with tunnels(monkeypatch):
        pass
    async with client_of(https().url, simulator, trusting) as client:
        with pytest.raises(CreationNotSent):
            await soon(client.vms.create(spec()))
    assert 0 == simulator.posts


async def test_certificate_through_a_tunnel(
    https: StartsSecure,
    simulator: Simulator,
    trusting: ssl.SSLContext,
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy that shows a certificate of its own, as one does that looks inside, is not sent a creation."""
    server = https(authority.issue_cert("proxy.example"))
    async with tunnels(monkeypatch) as proxy, client_of(server.url, simulator, trusting) as client:
        with pytest.raises(CreationNotSent, match="mismatch"):
            await soon(client.vms.create(spec()))
        assert 1 == len(proxy.asked)
    assert 0 == simulator.posts


async def test_tunnel_that_breaks(
    https: StartsSecure, simulator: Simulator, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tunnel that breaks in the middle leaves the creation unknown, with its machine."""
    simulator.inject(Held())
    async with tunnels(monkeypatch) as proxy, client_of(https().url, simulator, trusting) as client:
        creation = await followed(client)
        proxy.cut()
        with pytest.raises(CreationUnknown):
            await soon(creation)
    assert 1 == simulator.posts == len(simulator.vms)
