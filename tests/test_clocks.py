"""The clocks of a creation: each ends the following when it should, and not when it should not."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import attrs
import pytest

from openscaler_async import Client, CreationNotSent, CreationUnknown, Timeouts
from openscaler_async._clocks import Clocks
from openscaler_async.simulator import CommentsOnly, Exchange, Fault, Silence, Simulator
from tests.peers import Held, nobody_answers, soon, spec, until

OFF = Timeouts(connect=None, first_event=None, silence=None, deadline=None)


@attrs.frozen
class Paced(Fault):
    """A stream with a pause before each of its events, and comments in it if they are wanted.

    Attributes:
        pause: how long, in seconds.
        comments: how many comments come in each pause.
    """

    pause: float
    comments: int = 0

    async def play(self, exchange: Exchange) -> None:
        """Write it."""
        async for data in exchange:
            for _ in range(self.comments):
                await asyncio.sleep(self.pause / (self.comments + 1))
                await exchange.write(b": still at it\n\n")
            await asyncio.sleep(self.pause / (self.comments + 1))
            await exchange.write(data)


async def reason_under(fault: Fault, timeouts: Timeouts, simulator: Simulator) -> str:
    """Create under a fault, and give why it ended unknown, after one request."""
    simulator.inject(fault)
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, timeouts=timeouts) as client:
        with pytest.raises(CreationUnknown) as caught:
            await soon(client.vms.create(spec()))
    assert 1 == simulator.posts
    return caught.value.reason


async def lives_under(fault: Fault, timeouts: Timeouts, steps: int = 4) -> float:
    """Create under a fault that no clock minds; give how long it took."""
    async with Simulator(speed=float("inf"), steps=steps) as simulator:
        simulator.inject(fault)
        async with Client(simulator.token, base_url=simulator.url, reconcile=False, timeouts=timeouts) as client:
            began = time.monotonic()
            assert "web-1" == (await soon(client.vms.create(spec()))).name
        assert 1 == simulator.posts
        return time.monotonic() - began


async def test_connect() -> None:
    """A connection that is not made in time was not sent, and names the clock's reason."""
    async with (
        nobody_answers() as url,
        Client("token", base_url=url, reconcile=False, timeouts=Timeouts(connect=0.05), attempts=1) as client,
    ):
        with pytest.raises(CreationNotSent, match="connection was not made in time") as caught:
            await soon(client.vms.create(spec()))
    assert isinstance(caught.value.__cause__, Exception)


async def test_connect_with_a_borrowed_session() -> None:
    """The clock holds for a borrowed session too, whose own is longer."""
    async with nobody_answers() as url, aiohttp.ClientSession() as session:
        settings = {"session": session, "timeouts": Timeouts(connect=0.05), "attempts": 1}
        async with Client("token", base_url=url, reconcile=False, **settings) as client:  # type: ignore[arg-type]
            with pytest.raises(CreationNotSent):
                await soon(client.vms.create(spec()))


async def test_connect_switched_off() -> None:
    """With no clock to connect, another one ends the wait."""
    async with (
        nobody_answers() as url,
        Client("t", base_url=url, reconcile=False, timeouts=attrs.evolve(OFF, deadline=0.2)) as client,
    ):
        with pytest.raises(CreationUnknown, match="deadline"):
            await soon(client.vms.create(spec()))


@pytest.mark.parametrize("fault", [Silence(), Silence(0), CommentsOnly(has_final=False, interval=0.01)], ids=repr)
async def test_first_event(fault: Fault, simulator: Simulator) -> None:
    """No head, no event, or comments only: the first event does not come in time."""
    reason = await reason_under(fault, attrs.evolve(OFF, first_event=0.1), simulator)
    assert "first_event: no event came within 0.1 s" == reason


@pytest.mark.parametrize("events", [0, 1, 3])
async def test_silence(events: int, simulator: Simulator) -> None:
    """Without a byte the silence ends it; the error tells how old the last event is."""
    reason = await reason_under(Silence(events), attrs.evolve(OFF, silence=0.1), simulator)
    assert reason.startswith("silence: no byte came for 0.1 s")
    assert ("the last event came 0.1 s before" in reason) == (events > 0)


async def test_silence_before_the_head(simulator: Simulator) -> None:
    """A server that says nothing at all is silent."""
    assert "silence" in await reason_under(Silence(), attrs.evolve(OFF, silence=0.1), simulator)


@pytest.mark.parametrize("fault", [Silence(2), CommentsOnly(has_final=False, interval=0.01)], ids=repr)
async def test_deadline(fault: Fault, simulator: Simulator) -> None:
    """However alive a stream is, it ends at the deadline."""
    reason = await reason_under(fault, attrs.evolve(OFF, deadline=0.2), simulator)
    assert reason.startswith("deadline: no final event came within 0.2 s")


async def test_shortest_clock_is_named(simulator: Simulator) -> None:
    """Of several clocks the one that fires first is named."""
    timeouts = Timeouts(connect=5, first_event=9, silence=0.1, deadline=8)
    assert "silence" in await reason_under(Silence(1), timeouts, simulator)


async def test_comments_are_signs_of_life() -> None:
    """Comments keep the silence at bay, and bytes of an event that is not whole do too."""
    assert await lives_under(Paced(0.3, comments=9), attrs.evolve(OFF, silence=0.2), steps=1) >= 0.5


async def test_every_event_starts_the_silence_anew() -> None:
    """A stream may last much longer than the silence, and than the time to the first event."""
    assert await lives_under(Paced(0.12), attrs.evolve(OFF, silence=0.3, first_event=0.3)) >= 0.5


async def test_switched_off() -> None:
    """With every clock off a stream lives on."""
    assert await lives_under(Paced(0.1), OFF) >= 0.4


async def test_clock_does_not_end_the_others(simulator: Simulator) -> None:
    """A clock ends its own creation; others on the same timer go on, and later ones are watched as well."""
    held = Held()
    simulator.inject(Silence(1))
    simulator.inject(held)
    timeouts = attrs.evolve(OFF, first_event=0.15, silence=None)
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, timeouts=timeouts) as client:
        silent = client.vms.create(spec("a"))
        await soon(anext(aiter(silent)))
        other = client.vms.create(spec("b"))
        await soon(anext(aiter(other)))
        simulator.inject(Silence(0))
        with pytest.raises(CreationUnknown, match="first_event"):
            await soon(client.vms.create(spec("c")))
        simulator.inject(Silence(0))
        with pytest.raises(CreationUnknown, match="first_event"):
            await soon(client.vms.create(spec("d")))
        assert not silent.done()
        held.go.set()
        await soon(other)
        await silent.abandon()
        assert isinstance(silent.exception(), CreationUnknown)
    assert 4 == simulator.posts


async def test_clock_is_no_cancellation(simulator: Simulator) -> None:
    """A clock that fires leaves no task of ours with a cancellation to come, and nobody else's either."""
    simulator.inject(Silence(1))
    async with Client(
        simulator.token, base_url=simulator.url, reconcile=False, timeouts=Timeouts(silence=0.05)
    ) as client:
        with pytest.raises(CreationUnknown):
            await soon(client.vms.create(spec()))
        task = asyncio.current_task()
        assert task is not None
        assert 0 == task.cancelling()
        assert "b" == (await soon(client.vms.create(spec("b")))).name
    assert 2 == simulator.posts


async def test_time_in_the_queue_does_not_count(simulator: Simulator) -> None:
    """The clocks start with the sending, not with the wait for a turn."""
    simulator.inject(Paced(0.03), times=3)
    settings = {"timeouts": Timeouts(deadline=0.6), "max_concurrent_creations": 1}
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, **settings) as client:  # type: ignore[arg-type]
        began = time.monotonic()
        await soon(asyncio.gather(*(client.vms.create(spec(name)) for name in "abc")))
        assert time.monotonic() - began > 0.6
    assert 3 == simulator.posts


async def test_timer_stops(simulator: Simulator) -> None:
    """The timer runs only while there is something to watch, and closing stops it."""
    clocks = Clocks(Timeouts(first_event=0.02))
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    watch = clocks.start(task, loop.time())
    clocks.stop(watch)
    assert clocks._timer is not None
    await until(lambda: clocks._timer is None)
    clocks.close()
    clocks.start(task, loop.time())
    clocks.start(task, loop.time())
    clocks.close()
    assert clocks._timer is None
    assert 0 == simulator.posts
