"""``reconcile``: however a machine is described in the list, it is not called absent, and its age is not guessed."""

from __future__ import annotations

import itertools

from openscaler_async import Absent, Ambiguous, Found, Pending, Timeouts
from openscaler_async.simulator import AlteredVM, Fault, Simulator, UnreadableList, WrongDate
from tests.searches import MADE, NEVER, each, look, under

NAMELESS = [
    *(AlteredVM(without=["id"]), AlteredVM({"id": "7"}), AlteredVM({"id": 1.5}), AlteredVM({"id": True})),
    *(AlteredVM({"name": None}), AlteredVM(without=["name"]), AlteredVM({"name": ["web-1"]})),
    *(UnreadableList('{"vms": ["x"]}'), UnreadableList('{"vms": [null]}'), UnreadableList('{"vms": [[]]}')),
]
TIMELESS = [AlteredVM(without=["created_at"]), *(AlteredVM({"created_at": at}) for at in (None, 7, "", "today"))]
LEGIBLE = [AlteredVM({"vcpus": "many", "disks": 7}), AlteredVM({"network": []})]
STATES = ("error", "creating", "", "RUNNING!")


async def test_machine_without_name_or_id() -> None:
    """As long as something in the list has no name or no id, nothing is called absent."""

    async def check(simulator: Simulator, fault: Fault) -> None:
        simulator.inject(fault, share=1.0, into="list")
        verdict = await look(simulator, timeouts=Timeouts(settle=0.1, reconcile=0.7))
        assert Ambiguous((), "it was not listed in time") == verdict

    await under(NAMELESS, check)


async def test_machine_without_a_time() -> None:
    """A machine whose age nobody knows is neither taken nor called absent, but named."""

    async def check(simulator: Simulator, fault: Fault) -> None:
        simulator.inject(fault, share=1.0, into="list")
        verdict = await look(simulator)
        assert isinstance(verdict, Ambiguous)
        assert [vm["id"] for vm in simulator.vms] == [vm.id for vm in verdict.candidates]

    await under(TIMELESS, check)


async def test_machine_that_is_described_badly() -> None:
    """What can be read of a machine is enough to find it."""

    async def check(simulator: Simulator, fault: Fault) -> None:
        simulator.inject(fault, share=1.0, into="list")
        assert isinstance(await look(simulator), Found)

    await under(LEGIBLE, check)


async def test_machine_without_a_state(simulator: Simulator) -> None:
    """A machine that does not tell its state is there, at the latest when the time to look is over."""
    simulator.inject(AlteredVM(without=["state"]), share=1.0, into="list")
    verdict = await look(simulator, timeouts=Timeouts(settle=0.1, reconcile=0.7))
    assert isinstance(verdict, Found)
    assert verdict.vm.state is None


async def test_machine_that_does_not_become_ready() -> None:
    """A machine in a state that no page names is there, and not ready."""

    async def check(simulator: Simulator, fault: Fault) -> None:
        assert isinstance(fault, AlteredVM)
        simulator.inject(fault, share=1.0, into="list")
        verdict = await look(simulator, timeouts=Timeouts(settle=0.1, reconcile=0.7))
        assert isinstance(verdict, Pending)
        assert (simulator.vms[0]["id"], fault.fields["state"]) == (verdict.vm.id, verdict.vm.state)

    await under([AlteredVM({"state": state}) for state in STATES], check)


async def test_date_that_is_wrong() -> None:
    """A list with a wrong Date, or none, makes no machine absent; one that was heard before is enough."""

    async def check(case: tuple[float | None, bool]) -> None:
        seconds, heard = case
        async with Simulator(speed=float("inf")) as simulator:
            simulator.inject(WrongDate(seconds), share=1.0, into="list")
            verdict = await look(simulator, heard=heard)
            if heard and seconds is None:
                assert isinstance(verdict, Found)
            else:
                assert not isinstance(verdict, Absent)

    await each(itertools.product([None, -3_600, -60, 60, 3_600], [True, False]), check)


async def test_date_that_is_wrong_and_an_older_machine() -> None:
    """Without a clock to go by, an older machine of the name is not taken for one that was never made."""

    async def check(case: tuple[float | None, bool]) -> None:
        seconds, heard = case
        async with Simulator(speed=float("inf")) as simulator:
            simulator.add_vm("web-1", age=120)
            simulator.inject(WrongDate(seconds), share=1.0, into="list")
            assert not isinstance(await look(simulator, NEVER, heard=heard), Found)

    await each(itertools.product([None, 60, 3_600], [True, False]), check)


async def test_state_in_capitals(simulator: Simulator) -> None:
    """Running is running."""
    simulator.inject(AlteredVM({"state": "RUNNING"}), share=1.0, into="list")
    assert isinstance(await look(simulator, MADE), Found)
