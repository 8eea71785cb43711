"""``client.vms.attach``: a ticket leads to the creation that still runs, or to its machine; never to another."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from openscaler_async import (
    Absent,
    Ambiguous,
    Client,
    CreationTicket,
    CreationUnknown,
    Found,
    Pending,
    Timeouts,
    Verdict,
)
from openscaler_async.simulator import (
    AlteredVM,
    Combined,
    DropBeforeHead,
    Fault,
    FinalError,
    RateLimited,
    Simulator,
    SlowCreation,
)
from tests.peers import Held, followed, soon, spec, until
from tests.searches import each, under

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIST = ("GET", "/v1/vms")
PATIENT = Timeouts(settle=0.2, reconcile=30)


@asynccontextmanager
async def opened(simulator: Simulator, **settings: Any) -> AsyncIterator[Client]:  # noqa: ANN401  (any setting)
    """Give a client that only looks when it attaches."""
    settings = {"timeouts": PATIENT, "reconcile": False, **settings}
    async with Client(simulator.token, base_url=simulator.url, **settings) as client:
        yield client


async def lost(simulator: Simulator, *, made: bool = True, heard: bool = True) -> CreationTicket:
    """Lose a creation in a client of its own; give its ticket, by the server's clock if that was heard."""
    async with opened(simulator) as client:
        if heard:
            await soon(client.vms.create(spec("heard")))
        simulator.inject(DropBeforeHead(creates=made))
        with pytest.raises(CreationUnknown) as caught:
            await soon(client.vms.create(spec()))
    assert caught.value.ticket is not None
    assert caught.value.ticket.clock == ("server" if heard else "local")
    return caught.value.ticket


async def seen(client: Client, ticket: CreationTicket | str) -> Verdict:
    """Attach a ticket, and give what the looking has shown."""
    creation = client.vms.attach(ticket)
    await soon(asyncio.wait([creation._task]))
    error = creation.exception()
    if error is None:
        return Found(creation.result())
    assert isinstance(error, CreationUnknown)
    assert error.verdict is not None
    return error.verdict


def id_of(simulator: Simulator, name: str = "web-1") -> int:
    """Give the id of the only machine of a name."""
    (found,) = (vm["id"] for vm in simulator.vms if vm["name"] == name)
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("state", ["queued", "streaming", "searching"])
async def test_creation_that_runs_here(state: str, simulator: Simulator) -> None:
    """In its own client the ticket of a creation that runs gives that very creation, in whatever state."""
    held = Held()
    simulator.inject(Combined([DropBeforeHead(), SlowCreation(0.2)]) if state == "searching" else held)
    async with opened(simulator, reconcile=True, max_concurrent_creations=1) as client:
        if state == "queued":
            await followed(client, "in-front")
        creation = client.vms.create(spec())
        if state == "streaming":
            await soon(anext(aiter(creation)))
        if state == "searching":
            await until(lambda: simulator.requests[LIST])
        for ticket in (creation.ticket(), creation.ticket().to_json()):
            assert creation is client.vms.attach(ticket)
        held.go.set()
        vm = await soon(creation)
    assert id_of(simulator) == vm.id
    assert simulator.posts == len(simulator.vms)


async def test_creation_that_has_ended_here(simulator: Simulator) -> None:
    """When it has ended the ticket gives a creation that looks the machine up, by its id."""
    async with opened(simulator) as client:
        creation = client.vms.create(spec())
        vm = await soon(creation)
        again = client.vms.attach(creation.ticket())
        assert creation is not again
        assert (vm.id, vm.id) == (creation.ticket().vm_id, (await soon(again)).id)
        assert creation.ticket().id == again.ticket().id
    assert 1 == simulator.posts


async def test_machine_that_was_never_made() -> None:
    """The ticket of a creation that made no machine says so, in its own client and in another one."""

    async def check(simulator: Simulator, fault: Fault) -> None:
        simulator.inject(fault)
        async with opened(simulator, attempts=1) as client, opened(simulator) as other:
            creation = client.vms.create(spec())
            await soon(asyncio.wait([creation._task]))
            assert creation.exception() is not None
            for found in await asyncio.gather(seen(client, creation.ticket()), seen(other, creation.ticket())):
                assert isinstance(found, Absent)
        assert (1, 0) == (simulator.posts, len(simulator.vms))

    await under([FinalError(), RateLimited(), DropBeforeHead(creates=False)], check)


async def test_attached_twice(simulator: Simulator) -> None:
    """Attached twice at once it is one creation; one after the other, they find the one machine."""
    ticket = await lost(simulator)
    async with opened(simulator) as client:
        first, second = client.vms.attach(ticket), client.vms.attach(ticket.to_json())
        assert first is second
        vm = await soon(first)
        third = client.vms.attach(first.ticket())
        assert id_of(simulator) == vm.id == (await soon(third)).id
        assert ticket.id == first.ticket().id == third.ticket().id
    assert 2 == simulator.posts


async def test_ticket_from_before_the_request(simulator: Simulator) -> None:
    """A ticket that was made while the creation waited for its turn leads to the machine that came of it."""
    async with opened(simulator, max_concurrent_creations=1) as client:
        simulator.inject(held := Held())
        await followed(client, "in-front")
        creation = client.vms.create(spec())
        early = creation.ticket()
        assert 1 == simulator.posts
        held.go.set()
        await soon(creation)
    assert (creation.ticket().id, None) == (early.id, early.vm_id)
    async with opened(simulator) as other:
        assert id_of(simulator) == (await soon(other.vms.attach(early))).id
    assert 2 == simulator.posts


@pytest.mark.parametrize("heard", [True, False], ids=["server", "local"])
async def test_by_either_clock(heard: bool, simulator: Simulator) -> None:  # noqa: FBT001  (a parameter of the test)
    """A ticket leads to the machine whether it has the server's time or, for want of it, our own."""
    ticket = await lost(simulator, heard=heard)
    async with opened(simulator) as client:
        assert id_of(simulator) == (await soon(client.vms.attach(ticket))).id
    assert simulator.posts == len(simulator.vms)


async def test_local_clock_that_is_wrong() -> None:
    """By a local clock that is wrong no machine is called absent that is there, and no older one is taken."""

    async def check(case: tuple[int, bool]) -> None:
        hours, confirmed = case
        async with Simulator(speed=float("inf")) as simulator:
            ticket = await lost(simulator, heard=False)
            wrong = attrs.evolve(ticket, sent_at=ticket.sent_at + timedelta(hours=hours))
            async with opened(simulator) as client:
                if confirmed:
                    await soon(client.vms.create(spec("other")))
                assert not isinstance(await seen(client, wrong), Absent)
                never = attrs.evolve(wrong, id="never-1", name="never")
                simulator.add_vm("never", age=1_800)
                assert not isinstance(await seen(client, never), Found)
            assert 1 + confirmed == simulator.posts

    await each(itertools.product([-1, 1], [True, False]), check)


async def test_older_machine_is_not_taken() -> None:
    """A machine that was there before is none of the ticket's, whatever the time is at the provider."""

    async def check(case: tuple[float, float]) -> None:
        age, skew = case
        async with Simulator(speed=float("inf"), clock_skew=skew) as simulator:
            simulator.add_vm("web-1", age=age)
            ticket = await lost(simulator, made=False)
            async with opened(simulator) as client:
                for name in ("b", "c"):
                    assert isinstance(await seen(client, ticket), Absent if age > 100_000 else Ambiguous)
                    await soon(client.vms.create(spec(name)))  # says nothing of the clocks that the ticket was made by
            assert 4 == simulator.posts

    await each(itertools.product([12, 3_600, 200_000], [-3_600, 0, 3_600]), check)


async def test_machine_that_was_renamed(simulator: Simulator) -> None:
    """Once its id is in the ticket a machine is found under any name."""
    async with opened(simulator) as client:
        creation = client.vms.create(spec())
        vm = await soon(creation)
    simulator.inject(AlteredVM({"name": "renamed"}), share=1.0, into="list")
    async with opened(simulator) as other:
        verdict = await seen(other, creation.ticket())
        assert isinstance(verdict, Found)
        assert (vm.id, "renamed") == (verdict.vm.id, verdict.vm.name)
    assert 1 == simulator.posts


async def test_creation_that_another_client_follows(simulator: Simulator) -> None:
    """A machine in the making is waited for, or told of when the time to look is over."""
    simulator.inject(Combined([SlowCreation(0.6), Held()]))
    async with opened(simulator) as client:
        creation = await followed(client)
        async with opened(simulator, timeouts=Timeouts(reconcile=0.2)) as impatient:
            verdict = await seen(impatient, creation.ticket())
            assert isinstance(verdict, Pending)
            assert (id_of(simulator), "creating") == (verdict.vm.id, verdict.vm.state)
        async with opened(simulator) as patient:
            assert "running" == (await soon(patient.vms.attach(creation.ticket()))).state
        await creation.abandon()
        assert isinstance(creation.exception(), CreationUnknown)
    assert 1 == simulator.posts
