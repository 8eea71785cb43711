"""Reconciling through nginx: what its timeouts and pages hide is found by reading; one POST, no machine lost."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from openscaler_async import (
    Absent,
    Ambiguous,
    Client,
    CreationUnknown,
    Outcome,
    StreamLost,
    Timeouts,
)
from openscaler_async.simulator import Combined, DropAfter, DropBeforeHead, Fault, ServerError, Silence, Simulator
from tests.peers import Held, followed, soon, spec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from openscaler_async import VM, Creation
    from openscaler_async.simulator import Machine
    from tests.proxy.conftest import Starts
    from tests.proxy.nginx import Nginx

LIST = ("GET", "/v1/vms")
TIMEOUT = "proxy_read_timeout 200ms;"
HELD_BACK = "proxy_ignore_headers X-Accel-Buffering;"
SORRY = "error_page 502 504 =200 /sorry;"
LOST = {
    "502, closed": ("", DropBeforeHead("close")),
    "502, reset": ("", DropBeforeHead("reset")),
    "504": (TIMEOUT, Silence()),
    "timeout in the middle": (TIMEOUT, Silence(2)),
    "timeout while held back": (TIMEOUT + HELD_BACK, Silence(2)),
    "cut, HTTP 1.0": ("", DropAfter(300, "close")),
    "cut, HTTP 1.1": ("proxy_http_version 1.1;", DropAfter(300, "close")),
    "a page with status 200": (SORRY, DropBeforeHead("close")),
    "a redirect": ("error_page 502 =307 https://status.example/;", DropBeforeHead("close")),
    "503 of the provider": ("", ServerError(503, creates=True)),
}


@contextlib.asynccontextmanager
async def looking(proxy: Nginx, simulator: Simulator, **timeouts: float) -> AsyncIterator[Client]:
    """Give a client that reconciles through nginx, with little patience."""
    clocks = Timeouts(**{"settle": 0.2, "reconcile": 5.0, **timeouts})
    async with Client(simulator.token, base_url=proxy.url, timeouts=clocks) as client:
        yield client


async def lost(creation: Creation[VM]) -> None:
    """Wait until a creation has lost its stream, and begins to look."""
    async for event in creation.events():
        if isinstance(event, StreamLost):
            return


@pytest.mark.parametrize(("location", "fault"), LOST.values(), ids=LOST)
async def test_found(location: str, fault: Fault, nginx: Starts, simulator: Simulator) -> None:
    """Whatever nginx made of the stream, the await gives the machine as if nothing had happened."""
    simulator.inject(fault)
    proxy = nginx(location=location, server="location = /sorry { internal; return 200 'sorry'; }")
    async with looking(proxy, simulator) as client:
        creation = client.vms.create(spec(sequence_id=17))
        vm = await soon(creation)
        assert 1 == len([event async for event in creation.events() if isinstance(event, StreamLost)])
    assert (simulator.vms[0]["id"], "web-1", 17, "running") == (vm.id, vm.name, vm.sequence_id, vm.state)
    assert Outcome.CREATED is creation.outcome
    proxy.stop()
    assert 1 == [asked.method for asked in proxy.asked].count("POST")
    assert 1 == simulator.posts == len(simulator.vms)
    assert simulator.requests[LIST] < 5


async def test_slow_creation(nginx: Starts) -> None:
    """A creation that is slower than nginx's timeout is found while it runs, and awaited to its end."""
    async with Simulator(speed=8, steps=0) as simulator:  # about a second, without a sign of life
        proxy = nginx(upstream=f"server {urlsplit(simulator.url).netloc};", location=TIMEOUT)
        async with looking(proxy, simulator) as client:
            vm = await soon(client.vms.create(spec()))
        assert "running" == vm.state
        assert simulator.requests[LIST] > 1
        assert 1 == simulator.posts == len(simulator.vms)


async def test_many(nginx: Starts, simulator: Simulator) -> None:
    """A hundred that nginx times out at once are each found, by a handful of lists."""
    simulator.inject(Silence(), times=50)
    simulator.inject(Silence(1), times=50)
    async with looking(nginx(location=TIMEOUT), simulator) as client:
        vms = await soon(asyncio.gather(*(client.vms.create(spec(f"web-{number}")) for number in range(100))))
    assert [f"web-{number}" for number in range(100)] == [vm.name for vm in vms]
    assert 100 == simulator.posts == len({vm.id for vm in vms}) == len(simulator.vms)
    assert simulator.requests[LIST] < 10


async def test_nginx_is_restarted(nginx: Starts, simulator: Simulator) -> None:
    """While nginx is away there is nothing to read; when it is back, the machine is found."""
    simulator.inject(Held())
    proxy = nginx()
    async with looking(proxy, simulator) as client:
        creation = await followed(client)
        proxy.stop()
        await soon(lost(creation))
        proxy.start()
        assert "web-1" == (await soon(creation)).name
    assert 1 == simulator.posts == len(simulator.vms)


async def test_provider_was_down(nginx: Starts, simulator: Simulator) -> None:
    """A 502 because the provider was down made no machine, and the list says so: absent, with 0 POSTs."""
    async with looking(nginx(), simulator) as client:
        async with simulator.refusing():
            creation = client.vms.create(spec())
            await soon(lost(creation))
        with pytest.raises(CreationUnknown) as caught:
            await soon(creation)
    assert isinstance(caught.value.verdict, Absent)
    assert 0 == simulator.posts


async def test_limited(nginx: Starts, simulator: Simulator) -> None:
    """Of two of which one met nginx's limit, with a 503, one has its machine and one is absent."""
    limit = "limit_req_zone $binary_remote_addr zone=few:32k rate=20r/s;"
    proxy = nginx(http=limit, location="limit_req zone=few;")
    async with looking(proxy, simulator) as client:
        both = [client.vms.create(spec(name)) for name in ("a", "b")]
        results = await soon(asyncio.gather(*both, return_exceptions=True))
    verdicts = [result.verdict for result in results if isinstance(result, CreationUnknown)]
    assert [Absent] == [type(verdict) for verdict in verdicts]
    assert 1 == simulator.posts == len(simulator.vms)


async def test_servers_that_nginx_has_given_up(nginx: Starts, simulator: Simulator) -> None:
    """For fail_timeout after a failure nginx may have no server to ask: 502 for every list, and then the machine."""
    simulator.inject(Silence())
    server = f"server {urlsplit(simulator.url).netloc}"
    proxy = nginx(upstream=f"{server} fail_timeout=1s; {server} down;", location=TIMEOUT)
    async with looking(proxy, simulator) as client:
        assert "web-1" == (await soon(client.vms.create(spec()))).name
    assert "no live upstreams" in proxy.said
    assert 1 == simulator.posts == len(simulator.vms)


async def test_list_that_nginx_refuses(nginx: Starts, simulator: Simulator) -> None:
    """Where nginx lets nobody read, it cannot be told; reading later, by another way, finds the machine."""
    simulator.inject(DropBeforeHead())
    proxy = nginx(location="limit_except POST { deny all; }")
    async with looking(proxy, simulator) as client:
        with pytest.raises(CreationUnknown, match="403") as caught:
            await soon(client.vms.create(spec()))
    assert isinstance(caught.value.verdict, Ambiguous)
    async with Client(simulator.token, base_url=simulator.url) as direct:
        (machine,) = await soon(direct.vms.list())
    assert "web-1" == machine.name
    assert 1 == simulator.posts == len(simulator.vms)


async def test_doubled_by_nginx(nginx: Starts, simulator: Simulator) -> None:
    """Where nginx itself doubled the POST (non_idempotent) and both were lost, both machines are named."""
    simulator.inject(Silence(), times=2)
    proxy = nginx(
        upstream=f"server {urlsplit(simulator.url).netloc} max_fails=0;" * 2,
        location="proxy_next_upstream error timeout non_idempotent;" + TIMEOUT,
    )
    async with looking(proxy, simulator) as client:
        with pytest.raises(CreationUnknown, match="several machines") as caught:
            await soon(client.vms.create(spec()))
    verdict = caught.value.verdict
    assert isinstance(verdict, Ambiguous)
    assert {machine["id"] for machine in simulator.vms} == {vm.id for vm in verdict.candidates}
    assert 2 == simulator.posts == len(simulator.vms)


BEHIND = (2, -2, 20, -20, 600, -600)  # seconds by which the provider's clock may be behind that of nginx


class Behind(Fault):
    """A provider whose clock is behind by what the sequence id stands for; nginx answers with a Date of its own."""

    def begin(self, machine: Machine) -> None:
        """Change when the machine says that it was created."""
        machine.created -= dt.timedelta(seconds=BEHIND[machine.order.sequence_id or 0])


async def test_clock_of_nginx(nginx: Starts, simulator: Simulator) -> None:
    """A machine is not called absent because nginx has another time than the provider."""
    proxy = nginx()
    numbers = range(len(BEHIND))
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(looking(proxy, simulator)) for _ in numbers]
        simulator.inject(Behind(), times=len(BEHIND))
        known = [clients[number].vms.create(spec(f"a-{number}", sequence_id=number)) for number in numbers]
        await soon(asyncio.gather(*known))
        simulator.inject(Combined([Behind(), DropBeforeHead()]), times=len(BEHIND))
        creations = [clients[number].vms.create(spec(f"b-{number}", sequence_id=number)) for number in numbers]
        await soon(asyncio.gather(*creations, return_exceptions=True))
    verdicts = [getattr(creation.exception(), "verdict", None) for creation in creations]
    assert [Ambiguous] * 4 == [type(verdict) for verdict in verdicts[2:]]
    assert {type(None), Ambiguous} >= {type(verdict) for verdict in verdicts[:2]}
    assert 2 * len(BEHIND) == simulator.posts == len(simulator.vms)


async def test_cached_list(nginx: Starts, simulator: Simulator) -> None:
    """An nginx that caches the list hides the machine in it, and who reads through it cannot tell: it must not."""
    proxy = nginx(
        http="proxy_cache_path cache keys_zone=lists:1m;", location="proxy_cache lists; proxy_cache_valid 200 10s;"
    )
    async with looking(proxy, simulator) as client:
        assert [] == await soon(client.vms.list())
        simulator.inject(DropBeforeHead())
        with pytest.raises(CreationUnknown) as caught:
            await soon(client.vms.create(spec()))
    assert isinstance(caught.value.verdict, Absent)
    assert (1, 1, 1) == (simulator.posts, len(simulator.vms), simulator.requests[LIST])
