"""A stream through nginx: held back or not, compressed, timed out in the middle, cut; one POST for each creation."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from openscaler_async import VM, Client, CreationUnknown, Outcome, Timeouts
from openscaler_async.simulator import (
    CommentsOnly,
    DropAfter,
    Fault,
    Gzip,
    HugeEvent,
    LineEnds,
    MissingLastBlankLine,
    OneByteAtATime,
    SecondStream,
    Silence,
    Simulator,
)
from tests.peers import Held, followed, soon, spec
from tests.test_clocks import Paced

if TYPE_CHECKING:
    from openscaler_async import Creation
    from tests.proxy.conftest import Starts
    from tests.proxy.nginx import Nginx

TIMEOUT = "proxy_read_timeout 200ms;"
HELD_BACK = "proxy_ignore_headers X-Accel-Buffering;"
COMPRESSED = "gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any; proxy_http_version 1.1;"
LIVE = {
    "default": "",
    "keep alive": "proxy_http_version 1.1;",
    "unbuffered": "proxy_buffering off;",
    "unbuffered, keep alive": "proxy_http_version 1.1; proxy_buffering off;",
    "compressed": COMPRESSED,
    "not chunked": "chunked_transfer_encoding off;",
}
BUFFERED = {
    "buffered": HELD_BACK,
    "buffered, keep alive": HELD_BACK + "proxy_http_version 1.1;",
    "buffered, compressed": HELD_BACK + COMPRESSED,
}
KINDS = {**LIVE, **BUFFERED}
STREAMS = [
    *(Fault(), OneByteAtATime(), HugeEvent(2**20), Gzip(), LineEnds("\r"), CommentsOnly(), SecondStream()),
    *(MissingLastBlankLine(line_end=True), MissingLastBlankLine(line_end=False)),
]


@pytest.mark.parametrize("location", KINDS.values(), ids=KINDS)
async def test_created(location: str, nginx: Starts, simulator: Simulator) -> None:
    """Whatever nginx does to the bytes of a whole stream, its final event gives the machine."""
    proxy = nginx(location=location)
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        for number, fault in enumerate(STREAMS):
            simulator.inject(fault)
            creation = client.vms.create(spec("wéb-1", sequence_id=number))
            vm = await soon(creation)
            assert ("wéb-1", number, "running") == (vm.name, vm.sequence_id, vm.state)
            assert Outcome.CREATED is creation.outcome
    proxy.stop()
    assert ["200"] * len(STREAMS) == [asked.status for asked in proxy.asked]
    assert len(STREAMS) == simulator.posts == len(simulator.vms)


@pytest.mark.parametrize("location", LIVE.values(), ids=LIVE)
async def test_live_progress(location: str, nginx: Starts, simulator: Simulator) -> None:
    """Progress comes when it happens: the provider's X-Accel-Buffering, or a setting, switches buffering off."""
    held = Held()
    simulator.inject(held)
    async with Client(simulator.token, base_url=nginx(location=location).url, reconcile=False) as client:
        creation = await followed(client)
        held.go.set()
        assert "web-1" == (await soon(creation)).name
    assert 1 == simulator.posts


async def test_held_back(nginx: Starts, simulator: Simulator) -> None:
    """An nginx that buffers all the same shows no event in time, and who does not wait does not know."""
    simulator.inject(Held())
    url = nginx(location=HELD_BACK).url
    timeouts = Timeouts(first_event=0.2)
    async with Client(simulator.token, base_url=url, timeouts=timeouts, reconcile=False) as client:
        creation = client.vms.create(spec())
        with pytest.raises(CreationUnknown, match="first_event"):
            await soon(creation)
        assert creation.progress is None
    assert 1 == simulator.posts == len(simulator.vms)


async def test_timeout_in_the_middle(nginx: Starts, simulator: Simulator) -> None:
    """When nginx gives up on a silent stream it breaks it off: unknown, with the last progress that came."""

    async def times_out(proxy: Nginx) -> Creation[VM]:
        async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
            creation = client.vms.create(spec())
            with pytest.raises(CreationUnknown, match=r"the connection broke|without a final event"):
                await soon(creation)
            assert "upstream timed out" in proxy.said
            return creation

    simulator.inject(Silence(after_events=2), times=len(KINDS))
    proxies = {kind: nginx(location=location + TIMEOUT) for kind, location in KINDS.items()}
    creations = dict(zip(proxies, await asyncio.gather(*map(times_out, proxies.values())), strict=True))
    seen = {kind: creation.progress and creation.progress.percent for kind, creation in creations.items()}
    assert dict.fromkeys(LIVE, seen["default"]) == {kind: seen[kind] for kind in LIVE}  # what it held back may be lost
    assert seen["default"] is not None
    assert len(KINDS) == simulator.posts == len(simulator.vms)


async def test_comments_keep_nginx_waiting(nginx: Starts, simulator: Simulator) -> None:
    """A comment now and then is all that nginx's timeout needs to let a slow creation live."""
    simulator.inject(Paced(0.07, comments=1))
    proxy = nginx(location="proxy_read_timeout 600ms;")  # it may fire 300 ms early: nginx's timers are lazy
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert "web-1" == (await soon(client.vms.create(spec()))).name
        assert loop.time() - began > 0.6
    assert 1 == simulator.posts


@pytest.mark.parametrize(
    ("location", "reason"),
    [("", "the stream ended without a final event"), ("proxy_http_version 1.1;", "the connection broke")],
    ids=["HTTP 1.0", "HTTP 1.1"],
)
async def test_broken_behind_nginx(location: str, reason: str, nginx: Starts, simulator: Simulator) -> None:
    """By HTTP/1.0, its default, nginx takes a broken stream for a whole one; the missing final event tells."""
    simulator.inject(DropAfter(200, "close"))
    async with Client(simulator.token, base_url=nginx(location=location).url, reconcile=False) as client:
        with pytest.raises(CreationUnknown, match=reason):
            await soon(client.vms.create(spec()))
    assert 1 == simulator.posts == len(simulator.vms)


@pytest.mark.parametrize("location", KINDS.values(), ids=KINDS)
async def test_cut(location: str, nginx: Starts) -> None:
    """A stream that is cut behind nginx, wherever, is the whole machine or unknown, for one POST each."""
    faults = [DropAfter(place, how) for how in ("end", "close", "reset") for place in range(0, 1_500, 47)]
    async with Simulator(speed=float("inf"), steps=1) as simulator:
        proxy = nginx(upstream=f"server {urlsplit(simulator.url).netloc};", location=location)
        async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
            whole = await soon(client.vms.create(spec()))
            assert 47 < len(json.dumps(simulator.vms[0])) < 1_400
            creations = []
            for number, fault in enumerate(faults):
                simulator.inject(fault)
                creations.append(client.vms.create(spec(sequence_id=number)))
            await soon(asyncio.gather(*creations, return_exceptions=True))
        assert 1 + len(faults) == simulator.posts == len(simulator.vms)
    created = [creation.result() for creation in creations if creation.exception() is None]
    assert {Outcome.CREATED, Outcome.UNKNOWN} == {creation.outcome for creation in creations}
    assert {parts(whole)} == {parts(vm) for vm in created}


def parts(vm: VM) -> tuple[object, ...]:
    """Give what is the same for all machines of one spec, from all over the description."""
    disks = tuple(disk.capacity_bytes for disk in vm.disks)
    return vm.name, vm.region, vm.vcpus, vm.memory_mb, disks, vm.network and vm.network.region, vm.price_monthly
