"""The machines that exist. Knows nothing of HTTP or of streams.

What a machine's life is between the request and the result is not documented. Here it exists from
the moment its creation starts, in the state ``"creating"``; it is ``"running"`` when its creation
has lasted as long as it lasts, whether or not anybody listens; a creation that fails leaves
nothing behind. No task has to see to that: a machine knows when it is ready.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import time
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import attrs

from ._order import Order
from ._vm_wire import vm_wire

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

_ID: Final = re.compile("[1-9][0-9]{0,17}")
_HOSTS: Final = range(2, 252)  # of the /24 that the page shows; a project then gets another VPC


@attrs.define(kw_only=True)
class Machine:
    """One machine.

    Attributes:
        id: unique in one simulator.
        order: what was asked for.
        user_id: whose it is.
        uuid: unique, and the same again for the same seed and sequence of requests.
        vpc_id: its private network.
        host: the last number of its private address.
        created: when its creation started, UTC.
        duration: how long the creation lasts, in seconds.
        ready_at: when it ends, by ``time.monotonic()``.
        listed_at: from when on the list shows it, by ``time.monotonic()``.
        fails: whether the creation ends in failure; the machine is then gone at ``ready_at``.
    """

    id: int
    order: Order
    user_id: str
    uuid: str
    vpc_id: int
    host: int
    created: dt.datetime
    duration: float
    ready_at: float
    listed_at: float = 0.0
    fails: bool = False

    def created_wire(self) -> dict[str, Any]:
        """Give what the final event tells: every field of the provider's page."""
        return self._without("node_type", "running")

    def kept_wire(self, now: float) -> dict[str, Any]:
        """Give the fields of `created_wire` as they are at ``now``."""
        return self._without("node_type", self._state(now))

    def listed_wire(self, now: float) -> dict[str, Any]:
        """Give an element of the list: as documented, with node_type and without sequence_id."""
        return self._without("sequence_id", self._state(now))

    def is_gone(self, now: float) -> bool:
        """Say whether the creation has failed by ``now``."""
        return self.fails and now >= self.ready_at

    def _state(self, now: float) -> str:
        return "running" if now >= self.ready_at else "creating"

    def _without(self, field: str, state: str) -> dict[str, Any]:
        wire = vm_wire(self, state)
        del wire[field]
        return wire


class Machines:
    """Every machine of one simulator."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._user_id = self._new_uuid()
        self._ids = itertools.count(1)
        self._vpc_ids = itertools.count(1)
        self._hosts: defaultdict[str, Iterator[tuple[int, int]]] = defaultdict(self._new_hosts)
        self._by_id: dict[int, Machine] = {}

    def add(self, order: Order, duration: float) -> Machine:
        """Start a machine that takes ``duration`` seconds."""
        vpc_id, host = next(self._hosts[order.project_id])
        machine = Machine(
            id=next(self._ids),
            order=order,
            user_id=self._user_id,
            uuid=self._new_uuid(),
            vpc_id=vpc_id,
            host=host,
            created=dt.datetime.now(dt.UTC),
            duration=duration,
            ready_at=time.monotonic() + duration,
        )
        self._by_id[machine.id] = machine
        return machine

    def kept(self, now: float) -> list[Machine]:
        """Give the machines that exist at ``now``, oldest first."""
        return [machine for machine in self._by_id.values() if not machine.is_gone(now)]

    def listed(self, project_id: str, now: float) -> list[Machine]:
        """Give the machines of a project that the list shows at ``now``, oldest first."""
        return [
            machine for machine in self.kept(now) if machine.order.project_id == project_id and now >= machine.listed_at
        ]

    def get(self, vm_id: str, now: float) -> Machine | None:
        """Give one machine by the text of its id, or None if there is none at ``now``."""
        machine = self._by_id.get(int(vm_id)) if _ID.fullmatch(vm_id) else None
        return None if machine is None or machine.is_gone(now) else machine

    def _new_uuid(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))

    def _new_hosts(self) -> Iterator[tuple[int, int]]:
        while True:
            vpc_id = next(self._vpc_ids)
            for host in _HOSTS:
                yield vpc_id, host
