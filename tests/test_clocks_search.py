"""The clocks of a creation, each switched off, and what the search for a machine makes of one that fired."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import attrs
import pytest

from openscaler_async import (
    Absent,
    Ambiguous,
    Client,
    CreationUnknown,
    Outcome,
    Pending,
    Progress,
    StreamLost,
    Timeouts,
)
from openscaler_async.simulator import (
    Combined,
    CommentsOnly,
    DropBeforeHead,
    Exchange,
    Fault,
    ListLag,
    Silence,
    Simulator,
    SlowCreation,
)
from tests.peers import soon, spec, turns, until
from tests.searches import each

LIST = ("GET", "/v1/vms")
OFF = Timeouts(connect=None, first_event=None, silence=None, deadline=None, reconcile=None, settle=None)
AGE = "; the last event came ([0-9.]+) s before"
TALK = CommentsOnly(has_final=False, interval=0.01)
SWITCHED_OFF: list[tuple[Fault, dict[str, float], str]] = [
    (Silence(0), {"silence": 0.2}, "silence"),
    (Silence(0), {"deadline": 0.2}, "deadline"),
    (Silence(1), {"first_event": 0.1, "deadline": 0.4}, "deadline"),
    (Silence(1), {"first_event": 0.1, "silence": 0.4}, "silence"),
    (TALK, {"silence": 0.2, "first_event": 0.4}, "first_event"),
    (TALK, {"silence": 0.2, "deadline": 0.4}, "deadline"),
]
FIRES: list[tuple[Fault, str]] = [
    *((Silence(), "first_event"), (Silence(0), "first_event"), (TALK, "first_event")),
    *((Silence(), "silence"), (Silence(1), "silence"), (TALK, "deadline"), (Silence(3), "deadline")),
]


@attrs.frozen
class Trickle(Fault):
    """A stream that comes byte by byte, with a pause before each of the first.

    Attributes:
        pause: how long, in seconds.
        bytes: how many come so.
    """

    pause: float
    bytes: int

    async def play(self, exchange: Exchange) -> None:
        """Write it."""
        data = b"".join([data async for data in exchange])
        for start in range(self.bytes):
            await asyncio.sleep(self.pause)
            await exchange.write(data[start : start + 1])
        await exchange.write(data[self.bytes :])


async def error_under(fault: Fault, simulator: Simulator, **clocks: float) -> CreationUnknown:
    """Create under a fault with some clocks only, without reconciling; give the error."""
    simulator.inject(fault)
    timeouts = attrs.evolve(OFF, **clocks)
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, timeouts=timeouts) as client:
        with pytest.raises(CreationUnknown) as caught:
            await soon(client.vms.create(spec()))
    return caught.value


async def test_clock_that_is_switched_off() -> None:
    """A clock that is None, or has no reason to fire, does not: another one ends the wait, and is named."""

    async def check(case: tuple[Fault, dict[str, float], str]) -> None:
        fault, clocks, fires = case
        async with Simulator(speed=float("inf")) as simulator:
            error = await error_under(fault, simulator, **clocks)
            assert fires == error.reason.partition(":")[0]
            assert f"{clocks[fires]:g} s" in error.reason
            assert 1 == simulator.posts

    await each(SWITCHED_OFF, check)


@pytest.mark.parametrize("clock", ["silence", "deadline"])
async def test_error_tells_of_the_last_event(clock: str, simulator: Simulator) -> None:
    """The error names the clock, has the last event, and says how old it is."""
    error = await error_under(Silence(2), simulator, **{clock: 0.3})
    assert error.reason.startswith(f"{clock}: no ")
    assert Progress(19.0, "choosing a host") == error.progress
    (age,) = re.findall(AGE, error.reason)
    assert 0.1 <= float(age) <= 3
    assert error.reason in str(error)
    assert 1 == simulator.posts


async def test_error_tells_of_no_event(simulator: Simulator) -> None:
    """Where no event came, the error does not speak of one."""
    error = await error_under(Silence(0), simulator, silence=0.1)
    assert ("silence: no byte came for 0.1 s", None) == (error.reason, error.progress)
    assert 1 == simulator.posts


async def test_single_bytes_are_signs_of_life(simulator: Simulator) -> None:
    """Bytes that complete nothing, not even a line, keep the silence at bay; they are no event."""
    simulator.inject(Trickle(0.06, 8))
    timeouts = attrs.evolve(OFF, silence=0.3)
    began = time.monotonic()
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, timeouts=timeouts) as client:
        assert "web-1" == (await soon(client.vms.create(spec()))).name
    assert time.monotonic() - began > 0.4
    assert "first_event" in (await error_under(Trickle(0.06, 8), simulator, first_event=0.3)).reason
    assert 2 == simulator.posts


async def test_machine_is_found_after_a_clock() -> None:
    """A clock that fires is told as the loss of the stream, leads to the search, and the machine is found."""

    async def check(case: tuple[Fault, str]) -> None:
        fault, clock = case
        async with Simulator(speed=float("inf")) as simulator:
            simulator.inject(fault)
            settings: dict[str, Any] = {"timeouts": attrs.evolve(Timeouts(reconcile=5), **{clock: 0.2})}
            async with Client(simulator.token, base_url=simulator.url, **settings) as client:
                creation = client.vms.create(spec())
                vm = await soon(creation)
                (lost,) = [event async for event in creation.events() if isinstance(event, StreamLost)]
            assert lost.reason.startswith(f"{clock}: no ")
            assert Outcome.CREATED is creation.outcome
            assert [vm.id] == [machine["id"] for machine in simulator.vms]
            assert 1 == simulator.posts

    await each(FIRES, check)


async def test_list_that_is_silent(simulator: Simulator) -> None:
    """The silence holds for the list as well: one that hangs is given up and asked for anew."""
    simulator.inject(DropBeforeHead())
    simulator.inject(Silence(), into="list")
    async with Client(simulator.token, base_url=simulator.url, timeouts=Timeouts(silence=0.1)) as client:
        vm = await soon(client.vms.create(spec()))
    assert [vm.id] == [machine["id"] for machine in simulator.vms]
    assert 1 == simulator.posts
    assert simulator.requests[LIST] >= 2


async def test_time_to_look_ends_after_a_clock(simulator: Simulator) -> None:
    """The clock of the search works after another clock has fired, and says what was seen."""
    simulator.inject(Combined([SlowCreation(float("inf")), Silence(0)]))
    timeouts = Timeouts(silence=0.05, reconcile=0.2)
    async with Client(simulator.token, base_url=simulator.url, timeouts=timeouts) as client:
        with pytest.raises(CreationUnknown, match="silence: no byte came") as caught:
            await soon(client.vms.create(spec()))
    assert isinstance(caught.value.verdict, Pending)
    assert 1 == simulator.posts


async def test_search_without_an_end(simulator: Simulator) -> None:
    """With reconcile=None it is looked until the machine is there, however long the list lags."""
    simulator.inject(Combined([DropBeforeHead(), ListLag(0.3)]))
    async with Client(simulator.token, base_url=simulator.url, timeouts=OFF) as client:
        vm = await soon(client.vms.create(spec()))
    assert [vm.id] == [machine["id"] for machine in simulator.vms]
    assert 1 == simulator.posts


async def test_search_without_an_end_comes_to_absent(simulator: Simulator) -> None:
    """With reconcile=None the search ends when the list has settled, too."""
    simulator.inject(DropBeforeHead(creates=False))
    async with Client(simulator.token, base_url=simulator.url, timeouts=attrs.evolve(OFF, settle=0.2)) as client:
        with pytest.raises(CreationUnknown) as caught:
            await soon(client.vms.create(spec()))
    assert isinstance(caught.value.verdict, Absent)
    assert (1, 0) == (simulator.posts, len(simulator.vms))


async def test_search_that_never_settles(simulator: Simulator) -> None:
    """With settle=None nothing is ever called absent: the search goes on until its clock or somebody ends it."""
    simulator.inject(DropBeforeHead(creates=False), times=2)
    timeouts = attrs.evolve(OFF, reconcile=0.2)
    async with Client(simulator.token, base_url=simulator.url, timeouts=timeouts) as client:
        with pytest.raises(CreationUnknown) as caught:
            await soon(client.vms.create(spec()))
        assert Ambiguous((), "it was not listed in time") == caught.value.verdict
    async with Client(simulator.token, base_url=simulator.url, timeouts=OFF) as client:
        looks = simulator.requests[LIST]
        creation = client.vms.create(spec())
        await until(lambda: simulator.requests[LIST] >= looks + 2)
        await turns()
        assert not creation.done()
        await soon(creation.abandon())
        assert isinstance(creation.exception(), CreationUnknown)
    assert (2, 0) == (simulator.posts, len(simulator.vms))
