"""``reconcile``: a machine is one creation's at most, and an older one, or another's, is nobody's."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import (
    Absent,
    Ambiguous,
    Client,
    CreationUnknown,
    Found,
    Timeouts,
    Verdict,
    VMUnreadable,
)
from openscaler_async.simulator import AlteredVM, Combined, Fault, ListLag, Simulator, SlowCreation
from tests.peers import Held, followed, soon, spec, until
from tests.searches import MADE, NEVER, each, under

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from openscaler_async import VM, Creation


@asynccontextmanager
async def looking(simulator: Simulator, **settings: Any) -> AsyncIterator[Client]:  # noqa: ANN401  (any setting)
    """Give a client that reconciles."""
    settings = {"timeouts": Timeouts(settle=0.3, reconcile=30), **settings}
    async with Client(simulator.token, base_url=simulator.url, **settings) as client:
        yield client


async def verdicts(creations: Iterable[Creation[VM]]) -> list[Verdict]:
    """Give what each has come to; a machine counts as found."""
    found: list[Verdict] = []
    for creation in creations:
        await soon(asyncio.wait([creation._task]))
        error = creation.exception()
        if error is None:
            found.append(Found(creation.result()))
        else:
            assert isinstance(error, CreationUnknown)
            assert error.verdict is not None
            found.append(error.verdict)
    return found


async def lose(client: Client, simulator: Simulator) -> Creation[VM]:
    """Begin a creation that is lost and makes nothing; wait until its request is there."""
    posts = simulator.posts
    simulator.inject(NEVER)
    creation = client.vms.create(spec())
    await until(lambda: simulator.posts > posts)
    return creation


def ids(found: Iterable[Verdict]) -> list[int]:
    """Give the ids of the machines that were found, in order."""
    return sorted(verdict.vm.id for verdict in found if isinstance(verdict, Found))


def ids_in(simulator: Simulator) -> list[int]:
    """Give the ids of all machines, in order."""
    return [vm["id"] for vm in simulator.vms]


async def test_same_request_again_and_again() -> None:
    """Of five that asked for the very same and were lost, each gets a machine of its own, as many as there are."""

    async def check(made: int) -> None:
        async with Simulator(speed=float("inf")) as simulator, looking(simulator) as client:
            for fault in (MADE,) * made + (NEVER,) * (5 - made):
                simulator.inject(fault)
            found = await verdicts([client.vms.create(spec()) for _ in range(5)])
            assert +Counter({Found: made, Absent: 5 - made}) == Counter(type(verdict) for verdict in found)
            assert ids_in(simulator) == ids(found)
            assert 5 == simulator.posts

    await each([0, 1, 3, 5], check)


async def test_hundred_names_three_times(simulator: Simulator) -> None:
    """Three hundred lost creations of a hundred names: three hundred machines, each with one creation."""
    simulator.inject(MADE, share=1.0)
    async with looking(simulator, max_concurrent_creations=None) as client:
        creations = [client.vms.create(spec(f"web-{number % 100}")) for number in range(300)]
        found = await verdicts(creations)
    assert ids_in(simulator) == ids(found)
    assert all(creation.spec.name == creation.result().name for creation in creations)
    assert 300 == simulator.posts


async def test_different_requests() -> None:
    """Two of one name that asked for different things, and the list does not show which is which: nobody can tell."""

    async def check(case: tuple[tuple[Fault, Fault], dict[str, Any]]) -> None:
        faults, other = case
        async with Simulator(speed=float("inf")) as simulator, looking(simulator) as client:
            for fault in faults:
                simulator.inject(fault)
            found = await verdicts([client.vms.create(spec(sequence_id=1)), client.vms.create(spec(**other))])
            for verdict in found:
                assert isinstance(verdict, Ambiguous)
                assert ids_in(simulator) == [vm.id for vm in verdict.candidates]
                assert "another creation of the same name may have made it" == verdict.reason
            assert 2 == simulator.posts

    others: list[dict[str, Any]] = [{"description": "another"}, {"password": "another"}, {"sequence_id": 2}]
    await each(itertools.product([(MADE, MADE), (MADE, NEVER), (NEVER, MADE)], others), check)


async def test_different_sequence_ids_that_are_shown() -> None:
    """Where the list shows the sequence id, it tells the machines of one name apart."""
    async with Simulator(speed=float("inf"), list_shows_sequence_id=True) as simulator, looking(simulator) as client:
        simulator.inject(MADE, times=5)
        simulator.inject(NEVER)
        creations = [client.vms.create(spec(sequence_id=number)) for number in range(6)]
        found = await verdicts(creations)
        assert {Found: 5, Absent: 1} == Counter(type(verdict) for verdict in found)
        made = [(creation.spec.sequence_id, creation.result().id) for creation in creations if not creation.exception()]
        assert sorted((vm["sequence_id"], vm["id"]) for vm in simulator.vms) == sorted(made)
        assert 6 == simulator.posts


@pytest.mark.parametrize("lost_first", [True, False])
async def test_machines_of_others_that_are_followed(lost_first: bool, simulator: Simulator) -> None:  # noqa: FBT001
    """A lost creation that made nothing gets none of the machines that others of its name ended with."""
    async with looking(simulator) as client:
        lost = [await lose(client, simulator)] if lost_first else []
        vms = await soon(asyncio.gather(*(client.vms.create(spec()) for _ in range(5))))
        lost = lost or [await lose(client, simulator)]
        found = await verdicts(lost)
    assert [Absent] == [type(verdict) for verdict in found]
    assert ids_in(simulator) == sorted(vm.id for vm in vms)
    assert 6 == simulator.posts


async def test_slow_one_that_is_followed(simulator: Simulator) -> None:
    """A machine in the making that another one follows is not taken, however long that lasts."""
    async with looking(simulator) as client:
        simulator.inject(held := Held())
        other = await followed(client)
        simulator.inject(Combined([MADE, SlowCreation(0.3)]))
        lost = client.vms.create(spec())
        await asyncio.wait([lost._task], timeout=0.8)
        assert not lost.done()
        held.go.set()
        vms = await soon(asyncio.gather(other, lost))
    assert ids_in(simulator) == sorted(vm.id for vm in vms)
    assert 2 == simulator.posts


async def test_machine_of_one_that_cannot_tell_its_id() -> None:
    """A machine whose creation knows that there is one, and not which, is not given to a lost one."""

    async def check(simulator: Simulator, fault: Fault) -> None:
        async with looking(simulator) as client:
            lost = await lose(client, simulator)
            simulator.inject(fault)
            made = client.vms.create(spec())
            with pytest.raises(VMUnreadable):
                await soon(made)
            (verdict,) = await verdicts([lost])
        assert isinstance(verdict, Ambiguous)
        assert ids_in(simulator) == [vm.id for vm in verdict.candidates]
        assert 2 == simulator.posts

    faults = AlteredVM(without=["id"]), AlteredVM({"id": "x"}), AlteredVM({"id": None, "name": "other"})
    await under(faults, check)


async def test_older_machines_and_a_wrong_clock() -> None:
    """Older machines of the name are not taken, though the provider's clock is an hour off; its own is."""

    async def check(case: tuple[float, Fault]) -> None:
        skew, fault = case
        async with Simulator(speed=float("inf"), clock_skew=skew) as simulator, looking(simulator) as client:
            for age in (2, 7, 60, 3_599, 3_601, 100_000):
                simulator.add_vm("web-1", age=age)
            await soon(client.vms.create(spec("b")))
            before = set(ids_in(simulator))
            simulator.inject(fault)
            (verdict,) = await verdicts([client.vms.create(spec())])
            assert set(ids_in(simulator)) - before == set(ids([verdict]))
            assert isinstance(verdict, Found) == (fault is MADE)
            assert 2 == simulator.posts

    await each(itertools.product([-3_600, 3_600], [MADE, NEVER]), check)


@pytest.mark.parametrize("fault", [MADE, NEVER], ids=["made", "never made"])
async def test_machine_of_somebody_else(fault: Fault, simulator: Simulator) -> None:
    """One that somebody else makes later is told apart from nothing: of two none is taken, the only one is."""
    async with looking(simulator, timeouts=Timeouts(settle=3)) as client:
        simulator.inject(fault)
        simulator.inject(ListLag(float("inf")), times=2, into="list")
        creation = client.vms.create(spec())
        await until(lambda: simulator.requests["GET", "/v1/vms"])
        theirs = simulator.add_vm("web-1")["id"]
        (verdict,) = await verdicts([creation])
    if fault is MADE:
        assert isinstance(verdict, Ambiguous)
        assert "several machines have this name" == verdict.reason
    else:
        assert [theirs] == ids([verdict])  # why names should be unique
    assert 1 == simulator.posts


async def test_those_who_look_when_told_to(simulator: Simulator) -> None:
    """error.reconcile() claims as well: each finds its own, again and again, and a later one does not get it."""
    async with looking(simulator, reconcile=False) as client:
        errors = []
        for fault in (MADE, MADE, NEVER):
            simulator.inject(fault)
            creation = client.vms.create(spec())
            await soon(asyncio.wait([creation._task]))
            error = creation.exception()
            assert isinstance(error, CreationUnknown)
            errors.append(error)
        first = await soon(asyncio.gather(*(error.reconcile() for error in errors)))
        again = await soon(asyncio.gather(*(error.reconcile() for error in reversed(errors))))
    assert [Absent, Found, Found] == sorted((type(verdict) for verdict in first), key=lambda kind: kind.__name__)
    assert ids_in(simulator) == ids(first) == ids(again)
    assert ids(first[:1]) == ids(again[2:])
    assert 3 == simulator.posts


async def test_attached_ones_claim_too(simulator: Simulator) -> None:
    """A machine that was found with a ticket of another client is not given to a lost creation of this one."""
    async with looking(simulator, reconcile=False) as client:
        simulator.inject(MADE)
        creation = client.vms.create(spec())
        await soon(asyncio.wait([creation._task]))
        assert creation.exception() is not None
    async with looking(simulator) as other:
        simulator.inject(NEVER)
        attached, lost = other.vms.attach(creation.ticket()), other.vms.create(spec())
        found = await verdicts([attached, lost])
    assert ids_in(simulator) == ids(found) == ids(found[:1])
    assert isinstance(found[1], Absent)
    assert 2 == simulator.posts
