"""The connection to nginx: kept alive, closed by either side, and an nginx that stops in the middle."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from openscaler_async import Client, CreationNotSent, CreationUnknown, Outcome
from openscaler_async.simulator import Silence
from tests.peers import Held, followed, soon, spec, until

if TYPE_CHECKING:
    from openscaler_async.simulator import Simulator
    from tests.proxy.conftest import Starts


async def test_kept_alive(nginx: Starts, simulator: Simulator) -> None:
    """Creations one after the other use their connections again, and each is one POST all the same."""
    proxy = nginx()
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        for number in range(10):
            await soon(client.vms.create(spec(f"web-{number}")))
        assert 10 == len(await soon(client.vms.list()))
    proxy.stop()
    assert ["POST"] * 10 + ["GET"] == [asked.method for asked in proxy.asked]
    # The machine is there a little before its connection is free again: mostly one, sometimes a second.
    assert 11 > 2 * len({asked.connection for asked in proxy.asked})
    assert 10 == simulator.posts == len(simulator.vms)


@pytest.mark.parametrize("server", ["keepalive_timeout 0;", "keepalive_requests 1;", "keepalive_disable none;"])
async def test_closed_after_each(server: str, nginx: Starts, simulator: Simulator) -> None:
    """However soon nginx closes a connection, the next creation is sent once."""
    proxy = nginx(server=server)
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        for number in range(10):
            await soon(client.vms.create(spec(f"web-{number}")))
    proxy.stop()
    assert ["200"] * 10 == [asked.status for asked in proxy.asked]
    assert 10 == simulator.posts == len(simulator.vms)


async def test_closed_while_idle(nginx: Starts, simulator: Simulator) -> None:
    """A connection that nginx closes under the next POST, or a little before, doubles nothing and loses nothing."""
    proxy = nginx(server="keepalive_timeout 1ms;")
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        creations = []
        for number in range(60):
            creations.append(client.vms.create(spec(f"web-{number}")))
            await soon(asyncio.gather(creations[-1], return_exceptions=True))
            await asyncio.sleep(number % 20 / 10_000)  # around nginx's own clock
    created = [creation for creation in creations if creation.outcome is Outcome.CREATED]
    lost = [creation for creation in creations if creation.outcome is Outcome.UNKNOWN]
    assert len(creations) == len(created) + len(lost)
    assert len(created) <= simulator.posts == len(simulator.vms) <= len(creations)
    simulator.assert_no_duplicates()


async def test_many(nginx: Starts, simulator: Simulator) -> None:
    """Two hundred at once through nginx are two hundred POSTs, each with its machine."""
    async with Client(simulator.token, base_url=nginx().url, reconcile=False) as client:
        vms = await soon(asyncio.gather(*(client.vms.create(spec(f"web-{number}")) for number in range(200))))
    assert [f"web-{number}" for number in range(200)] == [vm.name for vm in vms]
    assert 200 == simulator.posts == len({vm.id for vm in vms}) == len(simulator.vms)


async def test_stopped_in_the_middle(nginx: Starts, simulator: Simulator) -> None:
    """An nginx that is stopped breaks the stream: unknown, and until it is back nothing is sent."""
    simulator.inject(Held())
    proxy = nginx()
    async with Client(simulator.token, base_url=proxy.url, reconcile=False, attempts=1) as client:
        creation = await followed(client)
        proxy.stop()
        with pytest.raises(CreationUnknown):
            await soon(creation)
        with pytest.raises(CreationNotSent):
            await soon(client.vms.create(spec("web-2")))
        assert 1 == simulator.posts
        proxy.start()
        assert "web-2" == (await soon(client.vms.create(spec("web-2")))).name
    assert 2 == simulator.posts == len(simulator.vms)


async def test_stopped_gracefully(nginx: Starts, simulator: Simulator) -> None:
    """An nginx that is told to quit, as when it is replaced, lets the stream come to its end."""
    held = Held()
    simulator.inject(held)
    proxy = nginx()
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        creation = await followed(client)
        proxy.signal(gracefully=True)
        await until(lambda: "gracefully shutting down" in proxy.said)
        held.go.set()
        assert "web-1" == (await soon(creation)).name
    assert 1 == simulator.posts == len(simulator.vms)


@pytest.mark.parametrize(("events", "status"), [(None, "499"), (1, "200")], ids=["no head yet", "in the middle"])
async def test_abandoned(events: int | None, status: str, nginx: Starts, simulator: Simulator) -> None:
    """A creation that is abandoned ends at nginx, too, and its machine stays."""
    simulator.inject(Silence(events))
    proxy = nginx()
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        creation = client.vms.create(spec())
        await until(lambda: simulator.vms)
        await soon(creation.abandon())
        with pytest.raises(CreationUnknown):
            await soon(creation)
        await until(lambda: proxy.asked)
    assert [status] == [asked.status for asked in proxy.asked]
    assert 1 == simulator.posts == len(simulator.vms)
