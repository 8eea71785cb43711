"""Every creation of a client that may have made a machine, and which machine is whose. Does no I/O.

A machine belongs to one creation at most: it is claimed by its final event, or by reconciling.
"""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ._http_date import parse_http_date
from ._server_clock import ServerClock
from .errors import Outcome
from .tickets import CreationTicket

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .models import VM
    from .specs import VMSpec

_MAX_COMPARISONS: Final = 10  # where ten do not agree, none will
_FORGET_AFTER: Final = 3_600.0  # seconds; a request makes its machine within the hour, or never


class Intent:
    """One creation, as the search for its machine knows it.

    Attributes:
        number: its number in its client.
        spec: what was asked for.
        sent_at: when it was sent, by the event loop's clock; None if it was not, or elsewhere.
        offset: by how much the wall clock was ahead of the event loop's then; used only to see that
            one of them jumped, for the loop's stands still while a computer sleeps.
        is_local: whether ``sent_at`` comes from a ticket by the wall clock of who made it.
        sent_date: when it was sent, by the server's clock, if it was sent elsewhere.
        earliest_date: the earliest that it may have been sent, if it was sent elsewhere.
        lost_at: when it was no longer followed, by the event loop's clock; None while it is.
        seen_at: when its machine was last seen, by the event loop's clock, if it was.
        vm_id: the machine's id, once it is known.
        has_machine: whether there is a machine of it for certain, though nobody knows which.
        ticket_id: the id of its tickets, if another client made the first of them.
    """

    __slots__ = (
        "earliest_date",
        "has_machine",
        "is_local",
        "lost_at",
        "number",
        "offset",
        "seen_at",
        "sent_at",
        "sent_date",
        "spec",
        "ticket_id",
        "vm_id",
    )

    def __init__(self, number: int, spec: VMSpec) -> None:
        self.number: int = number
        self.spec: VMSpec = spec
        self.sent_at: float | None = None
        self.offset: float = 0.0
        self.is_local: bool = False
        self.sent_date: datetime | None = None
        self.earliest_date: datetime | None = None
        self.lost_at: float | None = None
        self.seen_at: float | None = None
        self.vm_id: int | None = None
        self.has_machine: bool = False
        self.ticket_id: str | None = None

    def __repr__(self) -> str:
        return f"<Intent {self.number} {self.spec.name!r}>"


def may_agree(shown: int | None, asked: int | None) -> bool:
    """Tell whether two sequence ids may be the same, as far as they are known."""
    return shown is None or asked is None or shown == asked


class Intents:
    """The creations of one client, and the machines that they have claimed.

    Args:
        base_url: where the requests are sent.

    Attributes:
        warned: whether it was said that the provider gave a machine that was not asked for.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._name = secrets.token_hex(8)  # makes the tickets of this client unique
        self.warned = False
        self._count = 0
        self._open: set[Intent] = set()  # sent, and not known how it ended
        self._claims: dict[int, int] = {}  # by machine; some 100 bytes for each machine that was paid for
        self._attached: dict[str, int] = {}  # numbers of creations of other clients
        self._clock = ServerClock()
        self._comparisons = 0  # of machines' times with it
        self._date: tuple[str, float, float] | None = None  # the last Date header, when asked for, when it came

    def new(self, spec: VMSpec) -> Intent:
        """Begin a creation."""
        self._count += 1
        return Intent(self._count, spec)

    def sent(self, intent: Intent, now: float) -> None:
        """Note that the request may leave from now on."""
        intent.sent_at = now
        intent.offset = time.time() - now
        self._open.add(intent)

    def heard_date(self, header: str | None, asked_at: float, came_at: float) -> None:
        """Note what the server's clock says; it is read when somebody wants to know."""
        if header:
            self._date = header, asked_at, came_at

    @property
    def clock(self) -> ServerClock:
        """What is known of the server's clock."""
        if self._date is not None:
            header, asked_at, came_at = self._date
            self._date = None
            date = parse_http_date(header)
            if date is not None:
                self._clock.heard(date, asked_at, came_at)
        return self._clock

    def lost(self, intent: Intent, now: float) -> None:
        """Note that a request that was sent is not followed any more."""
        intent.lost_at = now
        self._open.add(intent)

    def ended(self, intent: Intent, outcome: Outcome, vm_id: int | None, now: float, *, sure: bool = True) -> None:
        """Note how a creation ended, as far as is known.

        Args:
            intent: the creation.
            outcome: how it ended.
            vm_id: its machine's id, which is its own from now on, if it is known.
            now: the event loop's clock.
            sure: whether nothing speaks against it that the machine is its own.
        """
        if vm_id is not None:
            self.claim(intent, vm_id, sure=sure)
        intent.has_machine = outcome is Outcome.CREATED and vm_id is None
        if outcome is not Outcome.UNKNOWN and not intent.has_machine:
            self._open.discard(intent)
        elif intent.lost_at is None:
            self.lost(intent, now)

    @property
    def wants_confirmation(self) -> bool:
        """Whether a machine's time is to be compared with the server's clock; not for ever."""
        return not self._clock.is_confirmed and self._comparisons < _MAX_COMPARISONS

    def confirm(self, intent: Intent, created_at: datetime, now: float) -> None:
        """Learn from a machine that was made just now whether its time is told by the server's clock."""
        self._comparisons += 1
        clock = self.clock
        if clock.low is not None and intent.sent_at is not None:
            clock.confirm(created_at, intent.sent_at, now)

    def claim(self, intent: Intent, vm_id: int, *, sure: bool = True) -> None:
        """Make a machine a creation's own."""
        intent.vm_id = vm_id
        self._claims[vm_id] = intent.number if sure else -intent.number

    def owner(self, vm_id: int) -> int | None:
        """Give the number of the creation that has a machine; a negative one if that is not sure."""
        return self._claims.get(vm_id)

    @staticmethod
    def is_as_asked(intent: Intent, vm: VM) -> bool:
        """Tell whether a machine is described as what the creation asked for."""
        asked = intent.spec
        return vm.name == asked.name and may_agree(vm.sequence_id, asked.sequence_id)

    def by_name(self, project_id: str, now: float) -> Mapping[str, Sequence[Intent]]:
        """Give the creations of a project of which it is not known how they ended, by name."""
        found: defaultdict[str, list[Intent]] = defaultdict(list)
        for intent in [*self._open]:
            if intent.lost_at is not None and now - intent.lost_at > _FORGET_AFTER:
                self._open.discard(intent)
            elif intent.spec.project_id == project_id:
                found[intent.spec.name].append(intent)
        return found

    def ticket_id(self, intent: Intent) -> str:
        """Give the id of a creation's tickets."""
        return intent.ticket_id or f"{self._name}-{intent.number}"

    def ticket(self, intent: Intent, now: float) -> CreationTicket:
        """Make a ticket for a creation."""
        spec = intent.spec
        then = now if intent.sent_at is None else intent.sent_at
        by_server = self.clock.moment(then) if intent.sent_date is None else intent.sent_date
        by_us = datetime.now(UTC) - timedelta(seconds=now - then)
        return CreationTicket(
            id=self.ticket_id(intent),
            base_url=self._base_url,
            project_id=spec.project_id,
            name=spec.name,
            sequence_id=spec.sequence_id,
            size=spec.size,
            region=spec.region,
            distro=spec.distro,
            sent_at=by_server or by_us,
            clock="server" if by_server else "local",
            earliest=intent.earliest_date or min(by_us, by_server or by_us),
            vm_id=intent.vm_id,
        )

    def attached(self, ticket: CreationTicket, now: float) -> Intent:
        """Take a creation over from its ticket."""
        intent = Intent(self.number(ticket.id), ticket.spec)
        intent.ticket_id = ticket.id
        intent.vm_id = ticket.vm_id
        if ticket.clock == "server":
            intent.sent_date, intent.earliest_date = ticket.sent_at, ticket.earliest
        else:
            intent.sent_at = now - (datetime.now(UTC) - ticket.sent_at).total_seconds()
            intent.offset = time.time() - now
            intent.is_local = True
        return intent

    def number(self, ticket_id: str) -> int:
        """Give the number, in this client, of the creation that a ticket is of."""
        name, _, number = ticket_id.rpartition("-")
        if name == self._name and number.isdecimal():
            return int(number)
        if ticket_id not in self._attached:
            self._count += 1
            self._attached[ticket_id] = self._count
        return self._attached[ticket_id]
