"""``_matching``: which machine of a list is a creation's own, which may be, and which is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openscaler_async import VM, Absent, Ambiguous, Found, Outcome, Pending, Verdict, VMSpec
from openscaler_async._intents import Intent, Intents
from openscaler_async._matching import Listing, is_ready, judge, undecided
from tests.peers import spec

NOW = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)  # by the server's clock
SENT, LOST, ASKED = 100.0, 103.0, 120.0  # by ours: sent 20 s before the list was answered
SENT_DATE = NOW - timedelta(seconds=ASKED - SENT)
SETTLE = 10.0


def machine(vm_id: int = 1, after: float = 1.0, **fields: Any) -> VM:  # noqa: ANN401  (any field of VM)
    """Give a machine that was created some seconds after the request was sent."""
    return VM(
        **{
            "id": vm_id,
            "name": "web-1",
            "created_at": SENT_DATE + timedelta(seconds=after),
            "state": "running",
            **fields,
        }
    )


def lost(intents: Intents, asked_for: VMSpec | None = None) -> Intent:
    """Give a creation that was sent and lost."""
    intent = followed(intents, asked_for)
    intents.lost(intent, LOST)
    return intent


def followed(intents: Intents, asked_for: VMSpec | None = None) -> Intent:
    """Give a creation that was sent and is followed."""
    intent = intents.new(asked_for or spec())
    intents.sent(intent, SENT)
    intent.offset = 0.0
    return intent


def listing(*vms: VM, **fields: Any) -> Listing:  # noqa: ANN401  (any field of Listing)
    """Give a list, in which all of these are looked for."""
    return Listing(
        **{
            "requested_at": ASKED,
            "received_at": ASKED,
            "offset": 0.0,
            "machines": {"web-1": [*vms]},
            "known": {vm.id: vm for vm in vms},
            "whole": True,
            **fields,
        }
    )


def verdict(intents: Intents, intent: Intent, found: Listing, settle: float | None = SETTLE) -> Verdict | None:
    """Judge one creation among all that are open."""
    alike = intents.by_name("default", ASKED).get("web-1", ())
    return judge(intent, found, alike, intents, settle=settle)


@pytest.fixture
def intents() -> Intents:
    """Give the creations of a client that knows the server's clock to the tenth of a second."""
    intents = Intents("https://api.example")
    intents.clock.heard(NOW, ASKED, ASKED)
    intents.clock.heard(NOW - timedelta(seconds=1), ASKED - 0.1, ASKED - 0.1)
    intents.clock.confirm(NOW, ASKED, ASKED)
    return intents


def test_own(intents: Intents) -> None:
    """The one machine of the name that was created after the request is its own, and nobody else's."""
    intent = lost(intents)
    assert Found(machine()) == verdict(intents, intent, listing(machine()))
    assert 1 == intent.vm_id
    assert intent.number == intents.owner(1)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (-3600.0, "absent"),
        (-6.0, "absent"),  # a second of resolution and five of skew
        (-5.9, "perhaps"),
        (-1.1, "perhaps"),
        (-0.9, "own"),  # created_at is cut to the second
        (0.0, "own"),
        (25.0, "own"),
        (25.2, "perhaps"),  # created in the future: one of the clocks is wrong
    ],
)
def test_age(after: float, expected: str, intents: Intents) -> None:
    """An older machine is another one; one that may be older is never taken, and never called absent."""
    vm = machine(after=after)
    verdicts = {"absent": Absent(ASKED - LOST), "own": Found(vm)}
    assert verdicts.get(expected, Ambiguous((vm,), "by its time it may be an older one")) == verdict(
        intents, lost(intents), listing(vm)
    )


def test_blunt_clock() -> None:
    """As long as the server's clock is known to a second only, what may be older is looked at once more."""
    intents = Intents("https://api.example")
    intents.clock.heard(NOW, ASKED, ASKED)
    intent, vm = lost(intents), machine(after=-0.5)
    assert None is verdict(intents, intent, listing(vm, requested_at=LOST + 1))
    assert Found(machine(2, after=0.5)) == verdict(intents, lost(intents), listing(machine(2, after=0.5)))
    assert Found(vm) == verdict(intents, intent, listing(vm))  # in the end nothing speaks against it


@pytest.mark.parametrize("after", [-6.0, -3600.0])
def test_clock_that_is_not_confirmed(after: float, intents: Intents) -> None:
    """As long as no machine has shown that its time is told in UTC, one that seems older is not called another."""
    vm = machine(after=after)
    intents.clock.is_confirmed = False
    assert isinstance(verdict(intents, lost(intents), listing(vm)), Ambiguous)
    intents.confirm(followed(intents), NOW, ASKED)
    assert isinstance(verdict(intents, lost(intents), listing(vm)), Absent)


@pytest.mark.parametrize("jump", [-300.0, 300.0])
def test_clock_that_jumped(jump: float, intents: Intents) -> None:
    """When the computer slept since the request was sent, nothing is certainly older, whatever was seen since."""
    found = listing(machine(after=-3600), offset=jump)
    assert isinstance(verdict(intents, lost(intents), found), Ambiguous)


def test_contradicting_servers(intents: Intents) -> None:
    """When two answers tell the time differently, neither is believed of what was sent before."""
    intent = lost(intents)
    intents.clock.heard(NOW - timedelta(hours=1), ASKED, ASKED)
    for after in (-3600.0, 1.0):
        assert isinstance(verdict(intents, intent, listing(machine(after=after))), Ambiguous)


@pytest.mark.parametrize(
    ("after", "expected"), [(-3600.0, Ambiguous), (1.0, Found), (599.0, Found), (602.0, Ambiguous)]
)
def test_time_of_a_ticket_by_the_local_clock(after: float, expected: type[Verdict], intents: Intents) -> None:
    """A time that nobody vouches for never says that a machine is another one, and little of its own."""
    intent = lost(intents)
    intent.is_local = True
    found = listing(machine(after=after), received_at=ASKED + 1000)
    assert expected is type(verdict(intents, intent, found))


@pytest.mark.parametrize(
    ("after", "expected"),
    [(-28 * 3600.0, Absent), (-26 * 3600.0, Ambiguous), (-1.0, Ambiguous), (-0.9, Found), (1.0, Found)],
)
def test_ticket_whose_clocks_disagree(after: float, expected: type[Verdict], intents: Intents) -> None:
    """A machine between the times that two clocks tell for a request may be its own, or an older one."""
    intent = lost(intents)
    intent.sent_at, intent.sent_date = None, SENT_DATE
    intent.earliest_date = SENT_DATE - timedelta(hours=1)
    assert expected is type(verdict(intents, intent, listing(machine(after=after))))


def test_old_machine(intents: Intents) -> None:
    """One that is older by more than any zone can explain is another one in any case."""
    intents.clock.is_confirmed = False
    assert isinstance(verdict(intents, lost(intents), listing(machine(after=-27 * 3600))), Absent)


def test_header_that_is_no_date() -> None:
    """A Date header that cannot be read tells nothing, and a later one does."""
    intents = Intents("https://api.example")
    intents.heard_date(None, ASKED, ASKED)
    intents.heard_date("yesterday", ASKED, ASKED)
    assert None is intents.clock.low
    intents.heard_date("Fri, 02 Jan 2026 12:00:00 GMT", ASKED, ASKED)
    assert NOW.timestamp() == (intents.clock.low or 0.0) + ASKED


def test_no_clock(intents: Intents) -> None:
    """Without the server's time, or the machine's, it cannot be told."""
    assert isinstance(verdict(intents, lost(intents), listing(machine(created_at=None))), Ambiguous)
    intents = Intents("https://api.example")
    assert isinstance(verdict(intents, lost(intents), listing(machine())), Ambiguous)


def test_sequence_id(intents: Intents) -> None:
    """A sequence id that is shown decides; one that is not shown says nothing."""
    intent = lost(intents, spec(sequence_id=7))
    assert isinstance(verdict(intents, intent, listing(machine(sequence_id=8))), Absent)
    mine = machine(3, sequence_id=7)
    assert Found(mine) == verdict(intents, intent, listing(machine(2, sequence_id=8), mine))


def test_claimed(intents: Intents) -> None:
    """A machine that another creation ended with is not taken."""
    other = followed(intents)
    intents.ended(other, Outcome.CREATED, 1, ASKED)
    assert isinstance(verdict(intents, lost(intents), listing(machine())), Absent)


def test_doubtful_claim(intents: Intents) -> None:
    """A machine that the provider gave to another creation, with another name, may still be the creation's own."""
    other = followed(intents, spec("other"))
    assert not intents.is_as_asked(other, machine())
    intents.ended(other, Outcome.CREATED, 1, ASKED, sure=False)
    assert isinstance(verdict(intents, lost(intents), listing(machine())), Ambiguous)


def test_same_request_twice(intents: Intents) -> None:
    """Of two lost creations that asked for the very same, each gets one machine, in any order."""
    first, second = lost(intents), lost(intents)
    found = listing(machine(1), machine(2))
    assert Found(machine(1)) == verdict(intents, first, found)
    assert Found(machine(2)) == verdict(intents, second, found)


def test_one_machine_for_two_requests(intents: Intents) -> None:
    """Of two that asked for the very same, one gets the one machine, and the other none."""
    first, second = lost(intents), lost(intents)
    assert Found(machine()) == verdict(intents, second, listing(machine()))
    assert isinstance(verdict(intents, first, listing(machine())), Absent)


def test_more_machines_than_requests(intents: Intents) -> None:
    """A machine too many is somebody else's; which one, nobody can tell."""
    vms = machine(1), machine(2)
    assert Ambiguous(vms, "several machines have this name") == verdict(intents, lost(intents), listing(*vms))


def test_different_requests(intents: Intents) -> None:
    """Of two lost creations of one name that asked for different things, none takes the machine."""
    intent, _ = lost(intents), lost(intents, spec(description="another"))
    assert None is verdict(intents, intent, listing(machine(), requested_at=LOST + 1))
    reason = "another creation of the same name may have made it"
    assert Ambiguous((machine(),), reason) == verdict(intents, intent, listing(machine()))


def test_wait_for_who_is_followed(intents: Intents) -> None:
    """As long as another creation of the name is followed, its end is waited for."""
    intent, other = lost(intents), followed(intents)
    assert None is verdict(intents, intent, listing(machine()))
    assert Ambiguous((machine(),), "another creation may have made it") == undecided(
        intent, listing(machine()), intents, ""
    )
    intents.ended(other, Outcome.FAILED, None, ASKED)
    assert Found(machine()) == verdict(intents, intent, listing(machine()))


def test_rival_that_came_later(intents: Intents) -> None:
    """A creation that was sent after the machine was made is no rival."""
    intent, other = lost(intents), followed(intents, spec(description="another"))
    other.sent_at = ASKED
    assert Found(machine()) == verdict(intents, intent, listing(machine()))


def test_rival_is_forgotten(intents: Intents) -> None:
    """A creation that was lost an hour ago is no rival any more."""
    intent, other = lost(intents), lost(intents, spec(description="another"))
    other.lost_at = ASKED - 3601
    assert Found(machine()) == verdict(intents, intent, listing(machine()))


def test_machine_that_nobody_knows(intents: Intents) -> None:
    """A creation that made a machine without telling its id keeps others of its name from taking it."""
    intent, other = lost(intents), followed(intents)
    intents.ended(other, Outcome.CREATED, None, ASKED)
    assert isinstance(verdict(intents, intent, listing(machine())), Ambiguous)


def test_machine_with_another_name(intents: Intents) -> None:
    """A machine whose id is known is found by it, whatever its name is now."""
    intent = lost(intents)
    intents.claim(intent, 5)
    renamed = machine(5, name="renamed")
    assert Found(renamed) == verdict(intents, intent, listing(machine(1), machines={}, known={5: renamed}))


def test_not_settled(intents: Intents) -> None:
    """Nothing is absent before the list had its time, nor when the list has machines that cannot be read."""
    intent = lost(intents)
    assert None is verdict(intents, intent, listing(requested_at=LOST + SETTLE - 0.1))
    assert None is verdict(intents, intent, listing(), settle=None)
    assert None is verdict(intents, intent, listing(whole=False))
    assert Absent(SETTLE) == verdict(intents, intent, listing(requested_at=LOST + SETTLE))


def test_seen_and_gone(intents: Intents) -> None:
    """A machine that was seen keeps its creation, and is absent only a settle time after it was last seen."""
    intent = lost(intents)
    making = machine(state="creating")
    assert None is verdict(intents, intent, listing(making))
    assert Pending(making) == undecided(intent, listing(making), intents, "")
    assert None is verdict(intents, intent, listing(machine(2)))
    assert Absent(SETTLE) == verdict(intents, intent, listing(machine(2), requested_at=ASKED + SETTLE))


def test_state_that_no_list_tells(intents: Intents) -> None:
    """A machine whose state is not told is waited for as long as the list may lag, and then taken."""
    intent, vm = lost(intents), machine(state=None)
    assert None is verdict(intents, intent, listing(vm, requested_at=LOST + SETTLE - 0.1))
    assert Found(vm) == verdict(intents, intent, listing(vm, requested_at=LOST + SETTLE))
    other = lost(intents, spec(description="no settling"))
    intents.ended(intent, Outcome.CREATED, 1, ASKED)
    vm = machine(2, state=None)
    assert Found(vm) == verdict(intents, other, listing(vm, requested_at=LOST + 10), settle=None)


def test_undecided(intents: Intents) -> None:
    """When the time is over, what is known is told: nothing seen, or what went wrong."""
    intent = lost(intents)
    assert Ambiguous((), "it was not listed in time") == undecided(intent, listing(), intents, "")
    intents.claim(intent, 1)
    assert Found(machine(state=None)) == undecided(intent, listing(machine(state=None)), intents, "")
    assert Ambiguous((), "HTTP 500") == undecided(intent, None, intents, "HTTP 500")


@pytest.mark.parametrize(
    ("state", "ready"),
    [("running", True), ("Paused", True), (None, False), ("creating", False), ("anything", False)],
)
def test_states(state: str | None, ready: bool) -> None:  # noqa: FBT001  (a parameter)
    """A machine in a state that no page names is not ready."""
    assert ready is is_ready(machine(state=state))


@pytest.mark.parametrize("year", [1, 9999])
def test_absurd_times(year: int, intents: Intents) -> None:
    """A time thousands of years away overflows nothing, and proves nothing."""
    absurd = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert not isinstance(verdict(intents, lost(intents), listing(machine(created_at=absurd))), Found)
    intents.clock.heard(absurd, ASKED, ASKED)
    assert not isinstance(verdict(intents, lost(intents), listing(machine())), Found)
    assert isinstance(intents.ticket(lost(intents), ASKED).to_json(), str)
