"""``reconcile``: a machine whose stream was lost is found by reading, by its own creation, and never made twice."""

from __future__ import annotations

import asyncio
import copy
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import (
    VM,
    Absent,
    Ambiguous,
    Client,
    ClientClosed,
    Creation,
    CreationEnded,
    CreationUnknown,
    Found,
    Outcome,
    Pending,
    StreamLost,
    Timeouts,
)
from openscaler_async.simulator import (
    Combined,
    DropAfter,
    DropBeforeHead,
    Fault,
    FinalError,
    HtmlFromProxy,
    ListLag,
    NoFinalEvent,
    Redirect,
    ServerError,
    Silence,
    Simulator,
)
from tests.peers import Held, soon, spec, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIST = ("GET", "/v1/vms")
LOST = [
    *(DropBeforeHead(), DropBeforeHead("reset"), DropAfter(0), DropAfter(300, "end"), DropAfter(200, "reset")),
    *(NoFinalEvent(), HtmlFromProxy(creates=True), Redirect(creates=True), ServerError(504, creates=True)),
]


@asynccontextmanager
async def looking(simulator: Simulator, **settings: Any) -> AsyncIterator[Client]:  # noqa: ANN401  (any setting)
    """Give a client that reconciles, with little patience."""
    settings = {"timeouts": Timeouts(settle=0.2, reconcile=5.0), **settings}
    async with Client(simulator.token, base_url=simulator.url, **settings) as client:
        yield client


async def unknown(creation: Creation[VM]) -> CreationUnknown:
    """Wait for the error that a creation ends with."""
    with pytest.raises(CreationUnknown) as caught:
        await soon(creation)
    error: CreationUnknown = caught.value
    assert error is creation.exception()
    return error


@pytest.mark.parametrize("fault", LOST, ids=repr)
async def test_machine_is_found(fault: Fault, simulator: Simulator) -> None:
    """Whatever became of the stream, the await gives the machine as if nothing had happened: one POST."""
    simulator.inject(fault)
    async with looking(simulator) as client:
        creation = client.vms.create(spec(sequence_id=17))
        vm = await soon(creation)
    assert Outcome.CREATED is creation.outcome
    assert ("web-1", 17, "running", simulator.vms[0]["id"]) == (vm.name, vm.sequence_id, vm.state, vm.id)
    assert (1, 1) == (simulator.posts, len(simulator.vms))
    assert simulator.requests[LIST] <= 3


@pytest.mark.parametrize("creates", [True, False])
async def test_older_machine_is_not_taken(simulator: Simulator, *, creates: bool) -> None:
    """A machine that is older by more than the second that its time is told by is never taken for the new one."""
    ages = (1.1, 4.0, 3600.0)
    older = {simulator.add_vm(f"web-{age}", age=age)["id"] for age in ages}
    async with looking(simulator, timeouts=Timeouts(settle=4)) as client:
        await soon(client.vms.create(spec("first")))  # which shows that machines' times are told in UTC
        simulator.inject(DropBeforeHead(creates=creates), times=len(ages))
        creations = [client.vms.create(spec(f"web-{age}")) for age in ages]
        if creates:
            vms = await soon(asyncio.gather(*creations))
            assert not older & {vm.id for vm in vms}
        else:
            verdicts = [type((await unknown(creation)).verdict) for creation in creations]
            assert [Ambiguous, Ambiguous, Absent] == verdicts
    assert 4 == simulator.posts


@pytest.mark.parametrize("fault", [DropBeforeHead(creates=False), ServerError(503), HtmlFromProxy()], ids=repr)
async def test_machine_that_is_not_there_is_absent(fault: Fault, simulator: Simulator) -> None:
    """Where nothing was made, the list goes without it for the settle time, and only then it is called absent."""
    simulator.inject(fault)
    async with looking(simulator, timeouts=Timeouts(settle=0.7)) as client:
        began = asyncio.get_running_loop().time()
        error = await unknown(client.vms.create(spec()))
        took = asyncio.get_running_loop().time() - began
    assert isinstance(error.verdict, Absent)
    assert 0.7 <= error.verdict.settled <= took
    assert "it may be created again" in str(error)
    assert (1, 0) == (simulator.posts, len(simulator.vms))


async def test_list_lags(simulator: Simulator) -> None:
    """A list that does not show the machine at once is looked at again."""
    simulator.inject(Combined([DropBeforeHead(), ListLag(1.2)]))
    async with looking(simulator, timeouts=Timeouts(settle=3)) as client:
        vm = await soon(client.vms.create(spec()))
    assert simulator.vms[0]["id"] == vm.id
    assert 2 <= simulator.requests[LIST] <= 5
    assert 1 == simulator.posts


async def test_machine_that_is_not_ready_is_waited_for() -> None:
    """A machine in the making is waited for, and given when it is ready."""
    async with Simulator(speed=8) as simulator, looking(simulator) as client:
        simulator.inject(DropBeforeHead())
        vm = await soon(client.vms.create(spec()))
    assert "running" == vm.state
    assert 1 == simulator.posts


async def test_time_to_look_ends() -> None:
    """When the time is over, a machine in the making is the verdict, which says not to create it again."""
    async with Simulator() as simulator, looking(simulator, timeouts=Timeouts(reconcile=0.3)) as client:
        simulator.inject(DropBeforeHead())
        error = await unknown(client.vms.create(spec()))
        assert isinstance(error.verdict, Pending)
        assert (simulator.vms[0]["id"], "creating") == (error.verdict.vm.id, error.verdict.vm.state)
        assert "do not create it again" in str(error)
    assert 1 == simulator.posts


async def test_too_early_to_say(simulator: Simulator) -> None:
    """When the time is over before the list can have settled, the machine is not called absent."""
    async with looking(simulator, timeouts=Timeouts(reconcile=0.3, settle=None)) as client:
        simulator.inject(DropBeforeHead(creates=False))
        error = await unknown(client.vms.create(spec()))
    assert Ambiguous((), "it was not listed in time") == error.verdict


async def test_creation_that_fails_while_it_is_looked_for() -> None:
    """A machine that was seen and is gone, for its creation failed, is absent in the end."""
    async with Simulator(speed=10) as simulator, looking(simulator) as client:
        simulator.inject(Combined([DropAfter(100), FinalError()]))
        error = await unknown(client.vms.create(spec()))
    assert isinstance(error.verdict, Absent)
    assert 1 == simulator.posts


async def test_switched_off(client: Client, simulator: Simulator) -> None:
    """A client that does not look says so, asks for no list, and its error can look when asked to."""
    simulator.inject(DropBeforeHead())
    creation = client.vms.create(spec())
    error = await unknown(creation)
    assert (None, 0) == (error.verdict, simulator.requests[LIST])
    assert [CreationEnded(number=1, outcome=Outcome.UNKNOWN)] == [event async for event in creation.events()]
    verdict = await soon(error.reconcile())
    assert isinstance(verdict, Found)
    assert simulator.vms[0]["id"] == verdict.vm.id
    assert verdict == await soon(error.reconcile())
    assert 1 == simulator.posts


async def test_events_tell_of_the_search(simulator: Simulator) -> None:
    """Who follows the events learns that the stream is lost, and how it ended."""
    simulator.inject(DropBeforeHead())
    async with looking(simulator) as client:
        creation = client.vms.create(spec())
        events = [event async for event in creation.events()]
        assert [] == [progress async for progress in creation]
    reason = "the server closed the connection without an answer"
    assert [StreamLost(number=1, reason=reason), CreationEnded(number=2, outcome=Outcome.CREATED)] == events
    assert 1 == simulator.posts


async def test_place_is_free_while_a_machine_is_looked_for() -> None:
    """A creation that only looks takes none of the places of those that send."""
    async with Simulator(speed=5) as simulator, looking(simulator, max_concurrent_creations=1) as client:
        simulator.inject(DropBeforeHead())
        first, second = client.vms.create(spec("a")), client.vms.create(spec("b"))
        await soon(anext(aiter(second)))
        assert not first.done()
        await soon(asyncio.gather(first, second))
    assert 2 == simulator.posts


async def test_a_thousand_at_once(simulator: Simulator) -> None:
    """A thousand creations that are lost at once share a handful of lists, and each finds its own machine."""
    simulator.inject(DropBeforeHead(), share=1.0)
    async with looking(simulator, max_concurrent_creations=None) as client:
        creations = [client.vms.create(spec(f"web-{number}")) for number in range(1000)]
        vms = await asyncio.wait_for(asyncio.gather(*creations), 60)
    assert [f"web-{number}" for number in range(1000)] == [vm.name for vm in vms]
    assert {vm["id"] for vm in simulator.vms} == {vm.id for vm in vms}
    assert simulator.requests[LIST] <= 10
    assert 1000 == simulator.posts == len(simulator.vms)


async def test_each_project_has_its_list(simulator: Simulator) -> None:
    """Machines of one name in two projects are told apart."""
    simulator.inject(DropBeforeHead(), times=2)
    async with looking(simulator) as client:
        creations = [client.vms.create(spec(project_id=project)) for project in ("default", "other")]
        vms: list[VM] = await soon(asyncio.gather(*creations))
    assert ["default", "other"] == [vm.project_id for vm in vms]
    assert 2 == simulator.posts == len({vm.id for vm in vms})


async def test_abandon_while_it_is_looked_for(simulator: Simulator) -> None:
    """A creation that is abandoned while it looks ends unknown at once, and leaves no request behind."""
    simulator.inject(DropBeforeHead(creates=False))
    async with looking(simulator, timeouts=Timeouts(settle=None)) as client:
        creation = client.vms.create(spec())
        await until(lambda: simulator.requests[LIST])
        await soon(creation.abandon())
        error = await unknown(creation)
    assert (None, "it was abandoned") == (error.verdict, error.reason)
    assert 1 == simulator.posts


async def test_held_creation_keeps_its_machine_from_others(simulator: Simulator) -> None:
    """A machine that may be that of a creation which is still followed is not taken; it is waited for."""
    held = Held()
    async with looking(simulator, timeouts=Timeouts(settle=0.2)) as client:
        simulator.inject(held)
        followed = client.vms.create(spec())
        await soon(anext(aiter(followed)))
        simulator.inject(DropBeforeHead(creates=False))
        lost = client.vms.create(spec())
        await until(lambda: simulator.requests[LIST] >= 2)
        assert not lost.done()
        held.go.set()
        assert simulator.vms[0]["id"] == (await soon(followed)).id
        assert isinstance((await unknown(lost)).verdict, Absent)
    assert (2, 1) == (simulator.posts, len(simulator.vms))


async def test_silent_stream(simulator: Simulator) -> None:
    """A stream that falls silent is given up, and its machine is found."""
    simulator.inject(Silence(1))
    async with looking(simulator, timeouts=Timeouts(silence=0.2)) as client:
        assert simulator.vms == []
        assert "running" == (await soon(client.vms.create(spec()))).state
    assert 1 == simulator.posts


async def test_client_that_is_closed(simulator: Simulator) -> None:
    """Who looks while the client is closed, or afterwards, or with a copy, is told that it cannot be done here."""
    simulator.inject(DropBeforeHead(creates=False))
    async with looking(simulator, reconcile=False, timeouts=Timeouts(settle=None)) as client:
        error = await unknown(client.vms.create(spec()))
        look = asyncio.create_task(error.reconcile())
        await until(lambda: simulator.requests[LIST])
        await soon(client.aclose())
        with pytest.raises(ClientClosed, match="was closed while it looked"):
            await soon(look)
    for again in (error, copy.copy(error)):
        with pytest.raises(ClientClosed):
            await soon(again.reconcile())
    assert 1 == simulator.posts
