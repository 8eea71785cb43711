"""nginx with several ways to the provider: what it repeats by itself, and what must never be switched on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import attrs
import pytest

from openscaler_async import Client, CreationUnknown
from openscaler_async.simulator import Combined, DropAfter, DropBeforeHead, Fault, ServerError, Silence
from tests.peers import nobody_answers, soon, spec

if TYPE_CHECKING:
    from aiohttp import web

    from openscaler_async.simulator import Simulator
    from tests.proxy.conftest import Starts

FAULTS = [
    *(DropBeforeHead("close"), DropBeforeHead("reset"), DropAfter(200, "reset"), Silence(), Silence(1)),
    *(ServerError(500, creates=True), ServerError(503, creates=True)),
]
EVERYTHING = "proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504 http_403 http_429"
QUICK = "proxy_read_timeout 400ms; proxy_connect_timeout 400ms;"


def twice(simulator: Simulator) -> str:
    """Give an upstream of two servers that are the same."""
    return f"server {urlsplit(simulator.url).netloc};" * 2


@pytest.mark.parametrize("location", ["", EVERYTHING + ";"], ids=["default", "everything"])
async def test_next_upstream(location: str, nginx: Starts, simulator: Simulator) -> None:
    """A POST that has left goes to no other server, whatever proxy_next_upstream says but non_idempotent."""
    for fault in FAULTS:
        simulator.inject(fault)
    proxy = nginx(upstream=twice(simulator), location=location + QUICK)
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        creations = [client.vms.create(spec(f"web-{number}")) for number in range(len(FAULTS))]
        errors = await soon(asyncio.gather(*creations, return_exceptions=True))
    assert [CreationUnknown] * len(FAULTS) == [type(error) for error in errors]
    proxy.stop()
    assert ["200", "200", "500", "502", "502", "503", "504"] == sorted(asked.status for asked in proxy.asked)
    assert [] == [asked.tried for asked in proxy.asked if "," in asked.tried]
    assert len(FAULTS) == simulator.posts == len(simulator.vms)


@pytest.mark.parametrize("fault", [DropBeforeHead("close"), DropBeforeHead("reset"), Silence()], ids=repr)
async def test_non_idempotent(fault: Fault, nginx: Starts, simulator: Simulator) -> None:
    """With non_idempotent nginx pays twice, and behind it nobody can tell: it must be off."""
    simulator.inject(fault)
    proxy = nginx(upstream=twice(simulator), location="proxy_next_upstream error timeout non_idempotent;" + QUICK)
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        assert "web-1" == (await soon(client.vms.create(spec()))).name
    proxy.stop()
    assert [1, 2] == [len(proxy.asked), len(proxy.asked[0].tried.split(", "))]
    assert 2 == simulator.posts == len(simulator.vms)


async def test_first_server_that_is_down(nginx: Starts, simulator: Simulator) -> None:
    """What was not sent to a server that is down goes to the next one: once, and all is well."""
    async with nobody_answers() as nowhere:
        upstream = f"server {nowhere.removeprefix('http://')}; server {urlsplit(simulator.url).netloc};"
        proxy = nginx(upstream=upstream, location=QUICK)
        async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
            assert "web-1" == (await soon(client.vms.create(spec()))).name
    proxy.stop()
    assert ["504, 200"] == [asked.answered for asked in proxy.asked]
    assert 1 == simulator.posts == len(simulator.vms)


@attrs.frozen
class Seen(Fault):
    """A healthy stream that notes the connection by which it was asked for.

    Attributes:
        connections: the other end of each.
    """

    connections: list[object] = attrs.field(factory=list)

    async def answer(self, request: web.Request) -> None:
        """Note it."""
        assert request.transport is not None
        self.connections.append(request.transport.get_extra_info("peername"))


async def test_kept_alive_upstream(nginx: Starts, simulator: Simulator) -> None:
    """A connection that nginx keeps to the provider, and that breaks under the next POST, repeats nothing."""
    seen = Seen()
    proxy = nginx(
        upstream=f"server {urlsplit(simulator.url).netloc}; keepalive 4;",
        location='proxy_http_version 1.1; proxy_set_header Connection "";',
    )
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        simulator.inject(seen)
        await soon(client.vms.create(spec("a")))
        simulator.inject(Combined([seen, DropBeforeHead("close")]))
        with pytest.raises(CreationUnknown, match="HTTP 502"):
            await soon(client.vms.create(spec("b")))
        simulator.inject(seen)
        await soon(client.vms.create(spec("c")))
    first, second, third = seen.connections
    assert (True, False) == (first == second, second == third)
    assert 3 == simulator.posts == len(simulator.vms)
