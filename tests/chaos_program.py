"""A program that creates many machines and does what the errors allow, held against the provider's books.

It gives some creations up, is restarted in the middle (the next client attaches by ticket what the
last one left behind), and creates again what was not sent or is absent, and nothing else.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter, defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import attrs

from openscaler_async import (
    VM,
    Absent,
    Ambiguous,
    Client,
    CreationError,
    CreationUnknown,
    Timeouts,
    VMSpec,
    VMUnreadable,
)
from openscaler_async.simulator import ListLag, Simulator
from tests.accounts import CANARY, End, contradiction, end_of, leaks, row_of
from tests.chaos_faults import LAG, MAX_EVENT_BYTES, Noted, for_creation, for_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openscaler_async import Creation

SETTINGS: Final[dict[str, Any]] = {
    "timeouts": Timeouts(first_event=2.0, silence=2.0, deadline=6.0, settle=4.0, reconcile=60.0),
    "max_concurrent_creations": 300,
    "max_event_bytes": MAX_EVENT_BYTES,
}
STORMS: Final = 2  # rounds in which POSTs go wrong: who creates again under faults for ever comes to no end
ROUNDS: Final = 6
RESTART: Final = 0.97  # of the creations of a storm have ended when the program is restarted
MANNER: Final = 0.06  # of the creations are given up with their first progress, and as many after some time
NAMESAKES: Final = 0.05  # of the machines have an older one of the same name
TOKEN_LIFE: Final = 3.0  # seconds
LISTS: Final = 2_000  # befallen in a round, and as many more as it has creations; the others lag only
DAY: Final = 86_400.0
DONE: Final = {"CREATED", "CREATED, unreadable", "FAILED", "REJECTED", "UNKNOWN, Absent"}


@attrs.define
class Run:
    """One run, and what is known of it.

    Attributes:
        simulator: the provider.
        chance: what everything is drawn from.
        specs: what is wanted, by name.
        wrong_clocks: whether the answers contradict each other about the time, so that some things
            cannot be told.
        posts: how often each was asked for by a POST that was not turned away.
        orders: how often the program asked for it.
        known: what the program knows of each at last.
        met: every end that there was, by the row of the table of outcomes.
        doubts: what made a verdict ambiguous; the program looks again then.
        problems: what must not be.
        older: the ids of machines that no POST made.
    """

    simulator: Simulator
    chance: random.Random
    specs: dict[str, VMSpec]
    wrong_clocks: bool
    posts: Counter[str] = attrs.field(factory=Counter)
    orders: Counter[str] = attrs.field(factory=Counter)
    known: dict[str, End] = attrs.field(factory=dict)
    met: Counter[str] = attrs.field(factory=Counter)
    doubts: Counter[str] = attrs.field(factory=Counter)
    problems: list[str] = attrs.field(factory=list)
    older: set[int] = attrs.field(factory=set)

    async def to_the_end(self) -> int:
        """Create everything; give the number of rounds that it took."""
        for name, spec in self.specs.items():
            if self.chance.random() < NAMESAKES:
                age = self.chance.uniform(2, 99) * DAY
                self.older.add(self.simulator.add_vm(name, age=age, project_id=spec.project_id)["id"])
        for number in range(ROUNDS):
            left = [name for name in self.specs if not self._is_done(name, last=number == ROUNDS - 1)]
            if not left:
                return number
            self._befall(len(left), storm=number < STORMS)
            await self._round(left, storm=number < STORMS)
        return ROUNDS

    def machines(self) -> dict[str, list[int]]:
        """Give the ids of what the server has, by name."""
        found = defaultdict(list)
        for vm in self.simulator.vms:
            if vm["id"] not in self.older:
                found[vm["name"]].append(vm["id"])
        return found

    def _is_done(self, name: str, *, last: bool) -> bool:
        end = self.known.get(name)
        if end is None or row_of(end) not in DONE:
            return False
        return last or not isinstance(end, CreationUnknown)

    def _befall(self, number: int, *, storm: bool) -> None:
        self.simulator.heal()
        for _ in range(2 * number * storm):
            self.simulator.inject(for_creation(self.chance, self.posts, wrong_clocks=self.wrong_clocks))
        self.simulator.inject(Noted(self.posts), share=1.0)
        self.simulator.inject(ListLag(LAG), share=1.0, into="list")
        for _ in range(LISTS + number):
            self.simulator.inject(for_list(self.chance, wrong_clocks=self.wrong_clocks), into="list")

    async def _round(self, names: Sequence[str], *, storm: bool) -> None:
        async with Client(self._token, base_url=self.simulator.url, **SETTINGS) as client:
            creations = [self._begin(client, name) for name in names]
            users = [asyncio.create_task(self._use(creation, storm=storm)) for creation in creations]
            if storm:
                for ended in itertools.islice(asyncio.as_completed(users), int(RESTART * len(users))):
                    await ended
                await client.aclose(timeout=0)
            await asyncio.gather(*users)
        machines = self.machines()
        for creation in creations:
            end = end_of(creation)
            self.known[creation.spec.name] = end
            self.met[row_of(end)] += 1
            if isinstance(end, CreationUnknown) and isinstance(end.verdict, Ambiguous):
                self.doubts[end.verdict.reason] += 1
            if wrong := contradiction(end, machines[creation.spec.name], self.older):
                self.problems.append(f"{creation.spec.name}: {wrong}")

    def _begin(self, client: Client, name: str) -> Creation[VM]:
        """Do what the last end allows, or begin."""
        end = self.known.get(name)
        if isinstance(end, CreationUnknown) and not isinstance(end.verdict, Absent):
            assert end.ticket is not None
            return client.vms.attach(end.ticket.to_json())
        self.orders[name] += 1
        return client.vms.create(self.specs[name])

    async def _use(self, creation: Creation[VM], *, storm: bool) -> None:
        """Wait in one of several manners; give some up."""
        manner, patience = self.chance.random(), self.chance.uniform(0, 1.5)
        with suppress(CreationError):
            if manner < 2 * MANNER and storm:
                async for _ in creation:
                    if manner < MANNER:
                        await creation.abandon()
            elif manner < 4 * MANNER:
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        await creation
                if manner < 3 * MANNER and storm:
                    await creation.abandon()
            await creation
        self.problems += [f"a secret shows: {text}" for text in leaks([creation])]

    async def _token(self) -> str:
        await asyncio.sleep(0)
        return self.simulator.token

    async def rotate_tokens(self) -> None:
        """Let the token expire again and again."""
        for number in itertools.count(1):
            await asyncio.sleep(TOKEN_LIFE)
            self.simulator.token = f"{CANARY}-{number}"

    def account(self) -> dict[str, Any]:
        """Hold the program's books against the provider's."""
        machines = self.machines()
        there = {vm_id for ids in machines.values() for vm_id in ids}
        known = {vm_id for name, end in self.known.items() for vm_id in told_by(end, machines[name])}
        ends = Counter(map(row_of, self.known.values()))
        self.problems += [f"{name}: {posts} POSTs" for name, posts in self.posts.items() if posts > self.orders[name]]
        done = DONE | {"UNKNOWN, Ambiguous"} if self.wrong_clocks else DONE
        self.problems += [f"{name}: {row_of(end)}" for name, end in self.known.items() if row_of(end) not in done]
        return {
            "creations": len(self.specs),
            "machines": len(there),
            "known": len(known & there),
            "duplicates": sum(len(ids) - 1 for ids in machines.values() if len(ids) > 1),
            "lost": len(there - known),
            "made_up": len(known - there),
            "unexplained": len(self.problems),
            "ends": dict(ends),
            "met": dict(self.met),
            "doubts": dict(self.doubts),
            "posts": self.simulator.posts,
            "lists": self.simulator.requests["GET", "/v1/vms"],
        }


def told_by(end: End, ids: Sequence[int]) -> Iterable[int]:
    """Give the ids of the machines that an end tells of; the server has those of that name with these ``ids``."""
    match end:
        case VM() as vm:
            return [vm.id]
        case VMUnreadable(vm_id=int() as vm_id):
            return [vm_id]
        case VMUnreadable():
            return ids  # it says that the machine of this name was created
        case CreationUnknown(verdict=Ambiguous(candidates)):
            return {vm.id for vm in candidates}.intersection(ids)
    return ()
