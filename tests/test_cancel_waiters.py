"""Whoever waits for a creation may stop waiting, in every way that there is: the creation goes on, one POST."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

import anyio
import anyio.lowlevel
import attrs
import pytest

from openscaler_async import VM, Client, Creation, CreationUnknown, Outcome, Timeouts
from openscaler_async.simulator import DropBeforeHead, Simulator
from tests.peers import Held, soon, spec, turns, until, warnings_of
from tests.points import connections

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

LIST = ("GET", "/v1/vms")
MOMENT = 0.01
STATES = ("queued", "streaming", "searching")


@attrs.frozen
class HeldList(Held):
    """A list that comes when the test lets it."""

    befalls = frozenset({"list"})

    before: int = 0


@attrs.frozen
class Running:
    """A creation that goes on when it may.

    Attributes:
        creation: the creation.
        client: its client.
        simulator: where it is sent to.
        held: what holds it up.
    """

    creation: Creation[VM]
    client: Client
    simulator: Simulator
    held: Held

    async def check_that_it_goes_on(self) -> None:
        """Let it go on, and wait for it: it has taken no notice of anything."""
        assert not self.creation.done()
        self.held.go.set()
        vm = await soon(self.creation)
        assert Outcome.CREATED is self.creation.outcome
        assert [vm.id] == [machine["id"] for machine in self.simulator.vms if machine["name"] == "web-1"]
        assert self.simulator.posts == len(self.simulator.vms)


@pytest.fixture(params=STATES)
async def running(request: pytest.FixtureRequest, simulator: Simulator) -> AsyncIterator[Running]:
    """Give a creation in one of the states in which one waits long."""
    held = HeldList() if request.param == "searching" else Held()
    settings = {"max_concurrent_creations": 1, "timeouts": Timeouts(settle=0.2, reconcile=60)}
    async with Client(simulator.token, base_url=simulator.url, **settings) as client:  # type: ignore[arg-type]
        if request.param == "searching":
            simulator.inject(DropBeforeHead())
            simulator.inject(held, into="list")
        else:
            simulator.inject(held)
        if request.param == "queued":
            await soon(anext(aiter(client.vms.create(spec("in-front")))))
        creation = client.vms.create(spec())
        if request.param == "streaming":
            await soon(anext(aiter(creation)))
        if request.param == "searching":
            await until(lambda: simulator.requests[LIST])
        yield Running(creation, client, simulator, held)
        held.go.set()  # a test that fails must not hang


async def by_timeout(creation: Creation[VM]) -> None:
    """Give up after a moment."""
    async with asyncio.timeout(MOMENT):
        await creation


async def by_wait_for(creation: Creation[VM]) -> None:
    """Give up after a moment."""
    await asyncio.wait_for(creation, MOMENT)


async def by_wait_for_nothing(creation: Creation[VM]) -> None:
    """Give up at once."""
    await asyncio.wait_for(creation.wait(), 0)


async def by_anyio(creation: Creation[VM]) -> None:
    """Give up after a moment, as anyio does."""
    with anyio.fail_after(MOMENT):
        await creation


async def while_reading(creation: Creation[VM]) -> None:
    """Give up in the middle of the progress."""
    async with asyncio.timeout(MOMENT):
        async for _ in creation:
            pass


async def while_reading_events(creation: Creation[VM]) -> None:
    """Give up in the middle of the events."""
    async with asyncio.timeout(MOMENT):
        async for _ in creation.events():
            pass


@pytest.mark.parametrize(
    "give_up",
    [by_timeout, by_wait_for, by_wait_for_nothing, by_anyio, while_reading, while_reading_events],
    ids=lambda function: function.__name__,
)
async def test_timeout(give_up: Callable[[Creation[VM]], Awaitable[None]], running: Running) -> None:
    """A timeout around the wait ends the wait, again and again, and never the creation."""
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await give_up(running.creation)
    await running.check_that_it_goes_on()


async def test_scope_that_is_cancelled(running: Running) -> None:
    """A scope of anyio cancels at every turn until it is left; the creation takes no notice."""
    with anyio.move_on_after(MOMENT) as scope:
        try:
            await running.creation
        finally:
            for _ in range(5):
                with pytest.raises(asyncio.CancelledError):
                    await anyio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    await running.check_that_it_goes_on()


async def fails() -> NoReturn:
    """Fail after a few turns."""
    await turns(3)
    raise LookupError


async def test_sibling_in_gather(running: Running) -> None:
    """One that fails in gather ends the gathering; the creation goes on."""
    with pytest.raises(LookupError):
        await asyncio.gather(running.creation, fails())
    await running.check_that_it_goes_on()


async def test_gather_that_is_cancelled(running: Running) -> None:
    """Cancelling a gathering cancels who waits in it."""
    gathering = asyncio.gather(*[running.creation] * 5, return_exceptions=True)
    await turns(3)
    gathering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gathering
    await running.check_that_it_goes_on()


async def test_sibling_in_task_group(running: Running) -> None:
    """One that fails in a task group cancels the others in it, and they only wait."""

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(running.creation.wait())
            group.create_task(fails())

    with pytest.raises(ExceptionGroup) as caught:
        await work()
    assert [LookupError] == [type(error) for error in caught.value.exceptions]
    await running.check_that_it_goes_on()


async def test_sibling_in_anyio_task_group(running: Running) -> None:
    """The same in anyio's."""

    async def work() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(running.creation.wait)
            group.start_soon(fails)

    with pytest.raises(ExceptionGroup):
        await work()
    await running.check_that_it_goes_on()


async def test_one_of_many_waiters(running: Running) -> None:
    """Of fifty who wait, those that are cancelled stop waiting, and the others get the machine."""
    waiters = [asyncio.create_task(running.creation.wait()) for _ in range(50)]
    await turns(3)
    for waiter in waiters[::2]:
        waiter.cancel()
    await running.check_that_it_goes_on()
    results = await soon(asyncio.gather(*waiters, return_exceptions=True))
    assert [asyncio.CancelledError, VM] * 25 == [type(result) for result in results]


async def test_client_in_a_scope_that_is_cancelled(simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """A client in a cancelled scope of anyio, which cancels its closing at every turn, abandons and closes."""
    simulator.inject(Held())
    with anyio.move_on_after(10) as scope:
        async with Client(simulator.token, base_url=simulator.url) as client:
            creation = client.vms.create(spec())
            await soon(anext(aiter(creation)))
            scope.cancel()
            await creation
    await until(lambda: creation.done() and not connections(simulator))
    assert isinstance(creation.exception(), CreationUnknown)
    assert ["abandoned the creation of 'web-1'" in line for line in warnings_of(caplog)] == [True]
    assert 1 == simulator.posts
