"""TLS: only a certificate that proves the host is sent a creation; with any other it is not sent, with 0 POSTs."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import trustme

from openscaler_async import (
    Client,
    CreationNotSent,
    CreationRejected,
    CreationUnknown,
    Outcome,
    RequestNotSent,
    Timeouts,
)
from openscaler_async.simulator import DropAfter
from tests.peers import Held, followed, soon, spec

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from pathlib import Path

    from openscaler_async.simulator import Simulator
    from tests.proxy.conftest import StartsSecure
    from tests.proxy.nginx import Nginx

HERE = ("127.0.0.1", "localhost")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
WRONG: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "another host": (("other.example",), {}, "mismatch"),
    "another address": (("127.0.0.2", "127.0.0.1.example"), {}, "mismatch"),
    "expired": (HERE, {"not_before": NOW - 2 * DAY, "not_after": NOW - DAY}, "expired"),
    "not valid yet": (HERE, {"not_before": NOW + DAY, "not_after": NOW + 2 * DAY}, "not yet valid"),
}


@asynccontextmanager
async def client_of(
    proxy: Nginx,
    simulator: Simulator,
    context: ssl.SSLContext,
    **settings: Any,  # noqa: ANN401  (any setting)
) -> AsyncIterator[Client]:
    """Give a client with a borrowed session, which decides whom to trust."""
    settings = {"base_url": proxy.url, "reconcile": False, "attempts": 1, **settings}
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
        Client(simulator.token, session=session, **settings) as client,
    ):
        yield client


async def is_not_sent(client: Client, proxy: Nginx, simulator: Simulator, reason: str) -> None:
    """Check that neither a creation nor anything else gets beyond the handshake."""
    with pytest.raises(CreationNotSent, match=reason) as caught:
        await soon(client.vms.create(spec()))
    assert Outcome.NOT_SENT is caught.value.outcome
    with pytest.raises(RequestNotSent, match=reason):
        await soon(client.vms.list())
    proxy.stop()
    assert [] == proxy.asked
    assert 0 == simulator.posts


@pytest.mark.parametrize("host", HERE)
@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
async def test_verified(
    host: str, protocol: str, https: StartsSecure, simulator: Simulator, trusting: ssl.SSLContext
) -> None:
    """A certificate that proves the host's name or address, by an authority that the caller trusts, is good."""
    proxy = https(server=f"ssl_protocols {protocol};")
    url = proxy.url.replace("127.0.0.1", host)
    async with client_of(proxy, simulator, trusting, base_url=url) as client:
        creation = await followed(client)
        assert "web-1" == (await soon(creation)).name
        assert 1 == len(await soon(client.vms.list()))
    assert 1 == simulator.posts == len(simulator.vms)


@pytest.mark.parametrize(("names", "validity", "reason"), WRONG.values(), ids=WRONG)
async def test_wrong_certificate(  # noqa: PLR0913, PLR0917  (one row of the table, and fixtures)
    names: tuple[str, ...],
    validity: dict[str, Any],
    reason: str,
    https: StartsSecure,
    simulator: Simulator,
    authority: trustme.CA,
    trusting: ssl.SSLContext,
) -> None:
    """A certificate of a trusted authority for another host or another time is not good enough."""
    proxy = https(authority.issue_cert(*names, **validity))
    async with client_of(proxy, simulator, trusting) as client:
        await is_not_sent(client, proxy, simulator, reason)


async def test_untrusted_authority(https: StartsSecure, simulator: Simulator, trusting: ssl.SSLContext) -> None:
    """A certificate of an authority that nobody has heard of is not good."""
    proxy = https(trustme.CA().issue_cert(*HERE))
    async with client_of(proxy, simulator, trusting) as client:
        await is_not_sent(client, proxy, simulator, "unable to get local issuer")


async def test_own_session_verifies(https: StartsSecure, simulator: Simulator) -> None:
    """A client without a borrowed session trusts those that the system trusts, and nobody else."""
    proxy = https()
    async with Client(simulator.token, base_url=proxy.url, reconcile=False, attempts=1) as client:
        await is_not_sent(client, proxy, simulator, "unable to get local issuer")


async def test_attempts(https: StartsSecure, simulator: Simulator) -> None:
    """What was not sent is tried again, within attempts: handshakes only."""
    proxy = https()
    async with Client(simulator.token, base_url=proxy.url, reconcile=False, attempts=2) as client:
        with pytest.raises(CreationNotSent):
            await soon(client.vms.create(spec()))
    proxy.stop()
    assert 1 + 2 == proxy.said.count("while SSL handshaking")  # the first is that of `Nginx.start`
    assert [] == proxy.asked
    assert 0 == simulator.posts


async def test_handshake_that_hangs() -> None:
    """A server that takes the connection and never shakes hands has been sent nothing when the clock fires."""
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            heard.extend(data)
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    settings: dict[str, Any] = {"timeouts": Timeouts(connect=0.2), "attempts": 1, "reconcile": False}
    async with server, Client("canary", base_url=f"https://{host}:{port}", **settings) as client:
        with pytest.raises(CreationNotSent, match="not made in time"):
            await soon(client.vms.create(spec()))
    assert b"\x16\x03" == heard[:2]  # the client's hello
    assert b"canary" not in heard


async def test_client_certificate(
    https: StartsSecure, simulator: Simulator, authority: trustme.CA, trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    """Where nginx asks for a certificate of the client's, it rejects who has none, and passes on who has."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    proxy = https(server=f"ssl_client_certificate {tmp_path / 'ca.pem'}; ssl_verify_client on;")
    async with client_of(proxy, simulator, trusting) as client:
        with pytest.raises(CreationRejected, match="No required SSL certificate"):
            await soon(client.vms.create(spec()))
    assert 0 == simulator.posts
    authority.issue_cert("me@company.example").configure_cert(trusting)
    async with client_of(proxy, simulator, trusting) as client:
        assert "web-1" == (await soon(client.vms.create(spec()))).name
    assert 1 == simulator.posts == len(simulator.vms)


async def test_http_where_https_is_spoken(https: StartsSecure, simulator: Simulator) -> None:
    """Plain HTTP to the TLS port is rejected by nginx, and not passed on."""
    url = https().url.replace("https://", "http://")
    async with Client(simulator.token, base_url=url, reconcile=False) as client:
        with pytest.raises(CreationRejected, match="plain HTTP request was sent to HTTPS port"):
            await soon(client.vms.create(spec()))
    assert 0 == simulator.posts


async def test_redirect_to_plain_http(https: StartsSecure, simulator: Simulator, trusting: ssl.SSLContext) -> None:
    """A redirect from HTTPS to HTTP is not followed: the token does not travel in the clear."""
    proxy = https(location=f"return 307 {simulator.url}/v1/vms;")
    async with client_of(proxy, simulator, trusting) as client:
        with pytest.raises(CreationUnknown, match="HTTP 307"):
            await soon(client.vms.create(spec()))
    assert 0 == simulator.posts


@pytest.mark.parametrize("location", ["proxy_http_version 1.1;", "chunked_transfer_encoding off;"])
async def test_broken_in_the_middle(
    location: str, https: StartsSecure, simulator: Simulator, trusting: ssl.SSLContext
) -> None:
    """A stream that breaks inside TLS, at the provider or at nginx, is unknown like any other."""
    proxy = https(location=location)
    async with client_of(proxy, simulator, trusting) as client:
        simulator.inject(DropAfter(200, "reset"))
        with pytest.raises(CreationUnknown):
            await soon(client.vms.create(spec("a")))
        simulator.inject(Held())
        creation = await followed(client, "b")
        proxy.stop()
        with pytest.raises(CreationUnknown):
            await soon(creation)
        assert creation.progress is not None
    assert 2 == simulator.posts == len(simulator.vms)


async def test_authority_from_the_environment(
    https: StartsSecure, simulator: Simulator, authority: trustme.CA, tmp_path: Path
) -> None:
    """SSL_CERT_FILE makes a new process trust an authority, the command line as well."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    environment = {
        **os.environ,
        "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
        "OPENSCALER_BASE_URL": https().url,
        "OPENSCALER_TOKEN": simulator.token,
    }
    order = ("--size", "b-1-500mb-10", "--region", "alg1", "--distro", "debian-13")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "openscaler_async.cli", "vms", "create", "web-1", *order), env=environment
    )
    assert 0 == await soon(process.wait())
    assert 1 == simulator.posts == len(simulator.vms)
