"""``creation``: waiting for a creation, by any number of waiters, has no effect on it."""

from __future__ import annotations

import asyncio
import sys

import pytest

from openscaler_async import VM, Client, Creation, CreationFailed, CreationUnknown, InvalidSpec, Outcome, Progress
from openscaler_async.simulator import DropBeforeHead, FinalError, Simulator
from tests.peers import Held, reported, soon, spec, turns, until


async def test_creating_is_eager(simulator: Simulator) -> None:
    """The request is sent though nobody awaits or reads anything; leaving the client waits for it."""
    async with Client(simulator.token, base_url=simulator.url) as other:
        creation = other.vms.create(spec())
        assert not creation.done()
        assert creation.outcome is None
        assert creation.progress is None
    assert Outcome.CREATED is creation.outcome
    assert creation.done()
    assert Progress(95.0, "waiting for network") == creation.progress
    assert 1 == simulator.posts
    simulator.assert_no_duplicates()


async def test_await_as_often_as_one_likes(client: Client, simulator: Simulator) -> None:
    """Every await gives the same machine, whenever and from whatever task, for one request."""
    creation = client.vms.create(spec(sequence_id=7))
    first = await soon(creation)
    several = await soon(asyncio.gather(creation, creation.wait(), *(asyncio.ensure_future(creation) for _ in "abc")))
    assert {id(first)} == {id(vm) for vm in several}
    assert first is await creation is creation.result()
    assert creation.exception() is None
    assert ("web-1", 7) == (first.name, first.sequence_id)
    assert 1 == simulator.posts


async def test_ways_to_wait(client: Client, simulator: Simulator) -> None:
    """What waits for awaitables takes a creation: gather, TaskGroup, timeout, wait_for, as_completed."""
    creations = [client.vms.create(spec(f"web-{number}")) for number in range(5)]
    names = [f"web-{number}" for number in range(5)]
    assert names == [vm.name for vm in await soon(asyncio.gather(*creations))]
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        tasks = [group.create_task(creation.wait()) for creation in creations]
    assert names == [task.result().name for task in tasks]
    assert names == sorted([(await next_).name for next_ in asyncio.as_completed(creations, timeout=10)])
    assert names[0] == (await asyncio.wait_for(creations[0], 10)).name
    assert 5 == simulator.posts


async def test_nothing_of_a_failure_is_lost_in_gather(client: Client, simulator: Simulator) -> None:
    """With return_exceptions, gather gives each error in its place."""
    simulator.inject(FinalError(400))
    results = await soon(asyncio.gather(*(client.vms.create(spec(n)) for n in "abc"), return_exceptions=True))
    assert 1 == sum(isinstance(result, CreationFailed) for result in results)
    assert 2 == sum(isinstance(result, VM) for result in results)
    assert 3 == simulator.posts


async def test_waiter_that_gives_up(client: Client, simulator: Simulator) -> None:
    """A timeout or a cancellation, even two, of whoever waits leaves the creation as it is."""
    held = Held()
    simulator.inject(held)
    creation = client.vms.create(spec())
    await soon(anext(aiter(creation)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await creation
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(creation, 0.001)
    for times in (1, 2):
        waiter = asyncio.create_task(creation.wait())
        await turns()
        for _ in range(times):
            waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
    assert not creation.done()
    held.go.set()
    assert "web-1" == (await soon(creation)).name
    assert 1 == simulator.posts


async def test_waiter_that_is_cancelled_at_the_end(client: Client, simulator: Simulator) -> None:
    """A waiter cancelled when the machine is there, but before it runs again, harms nobody."""
    creation = client.vms.create(spec())
    waiters = [asyncio.create_task(creation.wait()) for _ in range(3)]
    await turns(1)
    await until(creation.done)
    waiters[0].cancel()
    results = await soon(asyncio.gather(*waiters, return_exceptions=True))
    assert isinstance(results[0], (asyncio.CancelledError, VM))
    assert [creation.result()] * 2 == results[1:]
    assert 1 == simulator.posts


async def test_failing_sibling(client: Client, simulator: Simulator) -> None:
    """A task group that fails cancels its waiters, and not one creation."""
    held = Held()
    simulator.inject(held, times=3)
    creations = [client.vms.create(spec(name)) for name in "abc"]
    for creation in creations:
        await soon(anext(aiter(creation)))

    async def fail() -> None:
        raise LookupError

    async def wait_for_all() -> None:
        async with asyncio.TaskGroup() as group:
            for creation in creations:
                group.create_task(creation.wait())
            group.create_task(fail())

    with pytest.raises(ExceptionGroup) as caught:
        await soon(wait_for_all())
    assert caught.value.subgroup(LookupError) is not None
    assert not any(creation.done() for creation in creations)
    held.go.set()
    assert ["a", "b", "c"] == [vm.name for vm in await soon(asyncio.gather(*creations))]
    assert 3 == simulator.posts


async def test_result_before_the_end(client: Client, simulator: Simulator) -> None:
    """Asked too early, a creation says so as a future does."""
    creation = client.vms.create(spec())
    for ask in (creation.result, creation.exception):
        with pytest.raises(asyncio.InvalidStateError):
            ask()
    await soon(creation)
    assert 1 == simulator.posts


async def test_error_is_given_to_every_waiter(client: Client, simulator: Simulator) -> None:
    """Every way to look gives the same error, with the spec, the last progress and the cause."""
    simulator.inject(DropBeforeHead())
    wanted = spec()
    creation = client.vms.create(wanted)
    with pytest.raises(CreationUnknown) as caught:
        await soon(creation)
    for ask in (creation.wait, creation.wait):
        with pytest.raises(CreationUnknown) as again:
            await ask()
        assert caught.value is again.value
    assert caught.value is creation.exception()
    assert wanted is caught.value.spec is creation.spec
    assert caught.value.progress is None
    assert caught.value.__cause__ is not None
    assert Outcome.UNKNOWN is creation.outcome is caught.value.outcome
    assert 1 == simulator.posts == len(simulator.vms)


async def test_representation(client: Client, simulator: Simulator) -> None:
    """A creation shows its name and how it is."""
    creation: Creation[VM] = client.vms.create(spec("db"))
    assert "<Creation 'db' running>" == repr(creation)
    await soon(creation)
    assert "<Creation 'db' created>" == repr(creation)
    assert 1 == simulator.posts


async def test_only_a_spec_can_be_created(client: Client, simulator: Simulator) -> None:
    """Anything else is refused before a task is made."""
    with pytest.raises(InvalidSpec) as caught:
        client.vms.create({"name": "web-1"})  # type: ignore[arg-type]
    assert "spec" == caught.value.field
    with pytest.raises(InvalidSpec):
        client.vms.create(spec(extra={"when": object()}))
    assert 0 == simulator.posts


async def test_forgotten_error_is_reported_once(client: Client, simulator: Simulator) -> None:
    """An error that nobody looked at is reported like any future's, when the creation is gone."""
    simulator.inject(FinalError(500))
    with reported() as messages:
        creation = client.vms.create(spec())
        await until(creation.done)
        await turns(100)
        assert Outcome.FAILED is creation.outcome
        del creation
    assert ["Future exception was never retrieved"] == messages
    assert 1 == simulator.posts


@pytest.mark.parametrize("way", ["await", "exception", "iterate", "gather"])
async def test_error_that_was_looked_at_is_not_reported(way: str, client: Client, simulator: Simulator) -> None:
    """Any way to look at the error is enough."""
    simulator.inject(FinalError(500))
    with reported() as messages:
        creation = client.vms.create(spec())
        if way == "await":
            with pytest.raises(CreationFailed):
                await soon(creation)
        elif way == "iterate":
            with pytest.raises(CreationFailed):
                _ = [progress async for progress in creation]
        elif way == "gather":
            await asyncio.gather(creation, return_exceptions=True)
        else:
            await until(creation.done)
            assert isinstance(creation.exception(), CreationFailed)
        del creation
        await turns(100)
    assert [] == messages
    assert 1 == simulator.posts


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
async def test_eager_tasks(client: Client, simulator: Simulator) -> None:
    """A loop whose tasks start at once changes nothing."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
    try:
        creations = [client.vms.create(spec(name)) for name in "ab"]
        assert ["a", "b"] == [vm.name for vm in await soon(asyncio.gather(*creations))]
    finally:
        loop.set_task_factory(None)
    assert 2 == simulator.posts
