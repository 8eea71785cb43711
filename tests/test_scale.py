"""Many creations at once: each once, none lost, never more at the server than admitted."""

from __future__ import annotations

import asyncio
import os

import attrs
import pytest

from openscaler_async import Client, CreationUnknown, Outcome
from openscaler_async.simulator import DropAfter, Exchange, Fault, FinalError, RateLimited, Simulator
from tests.peers import soon, spec

MANY = "OPENSCALER_TEST_MANY"


@attrs.define(eq=False)
class Counting(Fault):
    """A healthy stream that counts how many of its kind run at once.

    Attributes:
        now: how many run.
        most: the most that ever ran.
        began: when each began, by the loop's clock.
    """

    now: int = 0
    most: int = 0
    began: list[float] = attrs.field(factory=list)

    async def play(self, exchange: Exchange) -> None:
        """Count while it is written."""
        self.began.append(asyncio.get_running_loop().time())
        self.now += 1
        self.most = max(self.most, self.now)
        events = [data async for data in exchange]
        for data in events[:-1]:
            await exchange.write(data)
            await asyncio.sleep(0.001)
        self.now -= 1  # with the final event the client may send the next
        await exchange.write(events[-1])


async def create(number: int, **settings: object) -> Simulator:
    """Create so many at once, await all, and check that there are as many machines, each once."""
    async with Simulator(speed=float("inf"), steps=3) as simulator:
        async with Client(simulator.token, base_url=simulator.url, reconcile=False, **settings) as client:  # type: ignore[arg-type]
            specs = [spec(f"web-{n}", sequence_id=n) for n in range(number)]
            vms = await asyncio.gather(*(client.vms.create(one) for one in specs))
        assert list(range(number)) == [vm.sequence_id for vm in vms]
        assert number == simulator.posts == len(simulator.vms) == len({vm.id for vm in vms})
        simulator.assert_no_duplicates()
        return simulator


@pytest.mark.parametrize("limit", [100, None])
async def test_a_thousand(limit: int | None) -> None:
    """1,000 creations are 1,000 requests and 1,000 machines, each in its place."""
    await create(1_000, max_concurrent_creations=limit)


@pytest.mark.skipif(MANY not in os.environ, reason=f"takes half a minute: set {MANY}=1")
async def test_ten_thousand() -> None:
    """10,000 creations are 10,000 requests and 10,000 machines, each in its place."""
    await create(10_000, max_concurrent_creations=1_000)


async def test_never_more_than_admitted(simulator: Simulator) -> None:
    """At no moment the server has more than ``max_concurrent_creations``, and it has as many at times."""
    counting = Counting()
    simulator.inject(counting, times=60)
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, max_concurrent_creations=7) as client:
        await soon(asyncio.gather(*(client.vms.create(spec(f"web-{n}")) for n in range(60))))
    assert 7 == counting.most
    assert 60 == simulator.posts


async def test_place_comes_back_after_every_end(simulator: Simulator) -> None:
    """Whatever a creation ends with, its place is free for the next."""
    for fault in (FinalError(500), DropAfter(5), RateLimited(0), RateLimited(999)):
        simulator.inject(fault, times=2)
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, max_concurrent_creations=1) as client:
        creations = [client.vms.create(spec(f"web-{n}")) for n in range(12)]
        await soon(creations[1].abandon())
        await soon(asyncio.gather(*creations, return_exceptions=True))
        outcomes = [creation.outcome for creation in creations]
    assert Outcome.NOT_SENT is outcomes[1]
    assert {Outcome.FAILED, Outcome.UNKNOWN, Outcome.REJECTED, Outcome.CREATED} == set(outcomes) - {Outcome.NOT_SENT}
    assert all(creation.exception() is None for creation in creations[-3:])


async def test_first_come_first_served(simulator: Simulator) -> None:
    """Creations are sent in the order in which they were asked for."""
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, max_concurrent_creations=1) as client:
        await soon(asyncio.gather(*(client.vms.create(spec(f"web-{n:02}")) for n in range(30))))
    assert [f"web-{n:02}" for n in range(30)] == [vm["name"] for vm in simulator.vms]


async def test_pace(simulator: Simulator) -> None:
    """No more than ``creations_per_second`` start in a second, evenly."""
    counting = Counting()
    simulator.inject(counting, times=10)
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, creations_per_second=40) as client:
        await soon(asyncio.gather(*(client.vms.create(spec(f"web-{n}")) for n in range(10))))
    assert counting.began[-1] - counting.began[0] >= 9 / 40 * 0.8
    assert 10 == simulator.posts


async def test_pace_without_a_limit(simulator: Simulator) -> None:
    """The pace holds without a limit on how many run."""
    settings = {"max_concurrent_creations": None, "creations_per_second": 100}
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, **settings) as client:  # type: ignore[arg-type]
        await soon(asyncio.gather(*(client.vms.create(spec(name)) for name in "abc")))
    assert 3 == simulator.posts


async def test_storm_of_faults() -> None:
    """Whatever befalls a part of many, each is sent once, and each machine is told of or may be there."""
    async with Simulator(speed=float("inf"), seed=7) as simulator:
        simulator.inject(DropAfter(300), share=0.2)
        simulator.inject(DropAfter(50, "reset"), share=0.1)
        simulator.inject(FinalError(500), share=0.1)
        async with Client(simulator.token, base_url=simulator.url, reconcile=False) as client:
            creations = [client.vms.create(spec(f"web-{n}")) for n in range(300)]
            results = await soon(asyncio.gather(*creations, return_exceptions=True))
        kept = {vm["name"] for vm in simulator.vms}
        assert 300 == simulator.posts
    for creation, result in zip(creations, results, strict=True):
        there = creation.spec.name in kept
        match creation.outcome:
            case Outcome.CREATED | Outcome.UNKNOWN:
                assert there
                assert isinstance(result, CreationUnknown) == (creation.outcome is Outcome.UNKNOWN)
            case _:
                assert not there
                assert Outcome.FAILED is creation.outcome
    simulator.assert_no_duplicates()
