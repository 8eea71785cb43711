"""Which machine of a list is a creation's own: the rules of reconciling. Does no I/O.

A machine that may be another's is never taken, and one that may be the creation's own is never
called absent: between the two lies "it cannot be told".
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

import attrs

from ._intents import may_agree
from ._server_clock import RESOLUTION, SKEW, ServerClock
from .models import VM
from .verdicts import Absent, Ambiguous, Found, Pending, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._intents import Intent, Intents

_ZONES: Final = 26 * 3_600.0  # seconds: ``created_at`` has no zone, and that it is UTC is an inference
_UNTOLD: Final = 10.0  # seconds to wait for a list that tells a machine's state
_LOCAL_WINDOW: Final = 600.0  # seconds in which a machine follows a time that nobody vouches for
_READY: Final = frozenset({"running", "paused"})  # the states that the provider's pages name


@attrs.frozen(kw_only=True)
class Listing:
    """What one look at a project's list has shown.

    Args:
        requested_at: when it was asked for, by the event loop's clock.
        received_at: when its answer was there, by the event loop's clock.
        offset: by how much the wall clock was ahead of the event loop's then.
        machines: the machines of those names that are looked for.
        known: the machines of those ids that are looked for.
        whole: whether it is certain that there are no others of these names.
    """

    requested_at: float
    received_at: float
    offset: float
    machines: dict[str, list[VM]]
    known: dict[int, VM]
    whole: bool

    def candidates(self, intent: Intent) -> Sequence[VM]:
        """Give the machines that may be a creation's: the one that it is known by, or those of its name."""
        if intent.vm_id is None:
            return self.machines.get(intent.spec.name, ())
        return [self.known[intent.vm_id]] if intent.vm_id in self.known else ()


class _Fit(enum.Enum):
    NO = "it is another machine"
    PERHAPS = "it may be the machine"
    SOON = "nothing speaks against it as far as the server's clock is known, which is not far yet"
    YES = "nothing speaks against it"


def judge(  # noqa: PLR0913  (each says another thing)
    intent: Intent,
    listing: Listing,
    alike: Sequence[Intent],
    intents: Intents,
    *,
    settle: float | None,
    may_sharpen: bool = True,
) -> Verdict | None:
    """Say what a list shows of a creation's machine.

    Args:
        intent: the creation; a machine that is certainly its own becomes so here.
        listing: the list.
        alike: every creation of this project and name whose end is not known.
        intents: knows which machine is whose.
        settle: how long the list may lag, in seconds; None: for ever.
        may_sharpen: whether another look may tell the server's clock better.

    Returns:
        The verdict, or None as long as another look may show more.
    """
    missing_for = listing.requested_at - max(intent.seen_at or 0.0, intent.lost_at or 0.0)
    settled = settle is not None and missing_for >= settle
    fits = [(vm, _fit(intent, vm, listing, intents)) for vm in listing.candidates(intent)]
    if any(fit is _Fit.SOON for _, fit in fits) and may_sharpen and not settled:
        return None
    own = sorted((vm for vm, fit in fits if fit in {_Fit.YES, _Fit.SOON}), key=lambda vm: vm.id)
    rivals = [
        other
        for other in alike
        if other.number != intent.number and any(_fit(other, vm, listing, intents) is not _Fit.NO for vm in own)
    ]
    if own and _can_choose(intent, own, rivals):
        intents.claim(intent, own[0].id)
        intent.seen_at = listing.received_at
        looked_for = listing.requested_at - (intent.lost_at or 0.0)
        untold = own[0].state is None and looked_for >= (settle or _UNTOLD)  # no list tells whether it is ready
        return Found(own[0]) if untold or is_ready(own[0]) else None
    candidates = tuple(vm for vm, fit in fits if fit is not _Fit.NO)
    if candidates:
        hopeless = settled and all(other.lost_at is not None for other in rivals) if rivals or not own else True
        return Ambiguous(candidates, _why(own, rivals)) if hopeless else None
    return Absent(missing_for) if settled and listing.whole else None


def undecided(intent: Intent, listing: Listing | None, intents: Intents, problem: str) -> Verdict:
    """Say what is known when the time to look is over.

    Args:
        intent: the creation.
        listing: the last list, if there was one.
        intents: knows which machine is whose.
        problem: what went wrong with the last look; ``""`` if nothing did.
    """
    vms = listing.candidates(intent) if listing else ()
    candidates = tuple(vm for vm in vms if listing and _fit(intent, vm, listing, intents) is not _Fit.NO)
    if candidates and candidates[0].id == intent.vm_id:
        return Pending(candidates[0]) if candidates[0].state is not None else Found(candidates[0])
    if problem:
        return Ambiguous(candidates, problem)
    return Ambiguous(candidates, "another creation may have made it" if candidates else "it was not listed in time")


def is_ready(vm: VM) -> bool:
    """Tell whether a machine's creation is certainly over."""
    return vm.state is not None and vm.state.casefold() in _READY


def _fit(intent: Intent, vm: VM, listing: Listing, intents: Intents) -> _Fit:
    if intent.vm_id is not None:
        return _Fit.YES if vm.id == intent.vm_id else _Fit.NO
    owner = intents.owner(vm.id)
    if owner is not None and abs(owner) != intent.number:
        return _Fit.NO if owner > 0 else _Fit.PERHAPS
    if not may_agree(vm.sequence_id, intent.spec.sequence_id):
        return _Fit.NO
    clock = intents.clock
    if vm.created_at is None or clock.low is None:
        return _Fit.PERHAPS
    created = vm.created_at.timestamp()  # unlike a datetime, it cannot overflow
    if created > listing.received_at + clock.high + SKEW:
        return _Fit.PERHAPS
    return _fit_in_time(created + RESOLUTION, intent, clock, listing.offset)


def _fit_in_time(created: float, intent: Intent, clock: ServerClock, offset: float) -> _Fit:
    """Compare the latest moment that a machine may be created at with that of the request."""
    if intent.sent_date is not None:
        sent = intent.sent_date.timestamp()
        if created > sent:
            return _Fit.YES
        # That machines' times are confirmed here says nothing of the clocks that the ticket was made by.
        earliest = min(sent, (intent.earliest_date or intent.sent_date).timestamp())
        return _Fit.NO if created <= earliest - _ZONES else _Fit.PERHAPS
    sent = intent.sent_at or 0.0
    earliest, latest = sent + (clock.low or 0.0), sent + clock.high
    if sent <= clock.broken_at or (intent.is_local and created > latest + _LOCAL_WINDOW):
        return _Fit.PERHAPS
    if created > earliest:
        return _Fit.YES if created > latest or clock.is_sharp else _Fit.SOON
    if abs(offset - intent.offset) > SKEW:  # one of our clocks jumped, or stood still while the computer slept
        return _Fit.PERHAPS
    margin = SKEW if clock.is_confirmed and not intent.is_local else _ZONES
    return _Fit.NO if created <= earliest - margin else _Fit.PERHAPS


def _can_choose(intent: Intent, own: Sequence[VM], rivals: Sequence[Intent]) -> bool:
    """Tell whether the first machine can be taken.

    Creations that asked for the very same, and are all lost, may share their machines out as they
    like: nobody can tell these apart.
    """
    if intent.vm_id is not None:
        return True
    alike = all(other.lost_at is not None and other.spec == intent.spec and not other.has_machine for other in rivals)
    return alike and len(own) <= 1 + len(rivals)


def _why(own: Sequence[VM], rivals: Sequence[Intent]) -> str:
    if not own:
        return "by its time it may be an older one"
    if rivals:
        return "another creation of the same name may have made it"
    return "several machines have this name"
