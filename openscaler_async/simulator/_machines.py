"""The machines that exist. Knows nothing of HTTP or of streams.

What a machine's life is between the request and the result is not documented. Here it exists from
the moment its creation starts, in the state ``"creating"``; it is ``"running"`` when its creation
has lasted as long as it lasts, whether or not anybody listens; a creation that fails leaves
nothing behind. No task has to see to that: a machine knows when it is ready, and so what it was at
any moment.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
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
        created: when its creation started by the provider's clock, UTC.
        started_at: the same by ``time.monotonic()``.
        duration: how long the creation lasts, in seconds.
        becomes: the state that it has then.
        listed_at: from when on the list shows it, by ``time.monotonic()``.
        fails: whether the creation ends in failure; the machine is then gone.
        placed: whether no request made it.
    """

    id: int
    order: Order
    user_id: str
    uuid: str
    vpc_id: int
    host: int
    created: dt.datetime
    started_at: float
    duration: float
    becomes: str = "running"
    listed_at: float = -math.inf
    fails: bool = False
    placed: bool = False

    @property
    def ready_at(self) -> float:
        """When the creation ends, by ``time.monotonic()``."""
        return self.started_at + self.duration

    def created_wire(self) -> dict[str, Any]:
        """Give what the final event tells: every field of the provider's page."""
        return self._basic("running")

    def kept_wire(self, now: float) -> dict[str, Any]:
        """Give the fields of `created_wire` as they are at ``now``."""
        return self._basic(self._state(now))

    def listed_wire(self, now: float, *, has_sequence_id: bool) -> dict[str, Any]:
        """Give an element of the list: with node_type, and as documented without sequence_id."""
        wire = vm_wire(self, self._state(now))
        if not has_sequence_id:
            del wire["sequence_id"]
        return wire

    def is_gone(self, now: float) -> bool:
        """Say whether the creation has failed by ``now``."""
        return self.fails and now >= self.ready_at

    def _state(self, now: float) -> str:
        return self.becomes if now >= self.ready_at else "creating"

    def _basic(self, state: str) -> dict[str, Any]:
        wire = vm_wire(self, state)
        del wire["node_type"]
        return wire


class Machines:
    """Every machine of one simulator.

    Args:
        chance: where the uuids come from.
        clock_skew: how far the provider's clock is ahead.
    """

    def __init__(self, chance: random.Random, clock_skew: dt.timedelta) -> None:
        self._chance = chance
        self._clock_skew = clock_skew
        self._user_id = self._new_uuid()
        self._ids = itertools.count(1)
        self._vpc_ids = itertools.count(1)
        self._hosts: defaultdict[str, Iterator[tuple[int, int]]] = defaultdict(self._new_hosts)
        self._by_id: dict[int, Machine] = {}

    def add(self, order: Order, duration: float, *, age: float = 0.0) -> Machine:
        """Start a machine that takes ``duration`` seconds, or started ``age`` seconds ago."""
        vpc_id, host = next(self._hosts[order.project_id])
        machine = Machine(
            id=next(self._ids),
            order=order,
            user_id=self._user_id,
            uuid=self._new_uuid(),
            vpc_id=vpc_id,
            host=host,
            created=dt.datetime.now(dt.UTC) + self._clock_skew - dt.timedelta(seconds=age),
            started_at=time.monotonic() - age,
            duration=duration,
        )
        self._by_id[machine.id] = machine
        return machine

    def kept(self, now: float) -> list[Machine]:
        """Give the machines that exist at ``now``, in the order of their ids."""
        return [machine for machine in self._by_id.values() if not machine.is_gone(now)]

    def alike(self, now: float) -> dict[tuple[str, str, int | None], list[int]]:
        """Give the ids of those at ``now`` that requests made with one project, name and sequence id."""
        found: defaultdict[tuple[str, str, int | None], list[int]] = defaultdict(list)
        for machine in self.kept(now):
            order = machine.order
            if not machine.placed:
                found[order.project_id, order.name, order.sequence_id].append(machine.id)
        return {key: ids for key, ids in found.items() if len(ids) > 1}

    def listed(self, project_id: str, now: float) -> list[Machine]:
        """Give the machines of a project that the list shows at ``now``, in the order of their ids."""
        return [
            machine
            for machine in self.kept(now)
            if machine.order.project_id == project_id and now >= max(machine.started_at, machine.listed_at)
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
