"""Cancelling, abandoning and leaving the client at every point of a creation's life: it ends known, one POST.

Each test lives one kind of life again and again, and does each thing once at each point where the
creation, or the search for its machine, waits for something; or at each turn of the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from contextlib import AsyncExitStack
from typing import Any

import attrs
import pytest

from openscaler_async import (
    VM,
    Absent,
    Client,
    Creation,
    CreationError,
    CreationTicket,
    CreationUnknown,
    Outcome,
    Timeouts,
)
from openscaler_async.simulator import Simulator
from tests.lives import LIVES, QUICK_LIVES, STEPS, Life
from tests.peers import soon, spec, until, warnings_of
from tests.points import Points, connections, task_named

WAVE = 12
PATIENT = Timeouts(settle=0.2, reconcile=60)
WAITERS, ABANDON, RAISE, CANCEL, AGAIN = "cancel who waits", "abandon", "raise", "cancel", "cancel again and again"


@attrs.define
class Run:
    """One life, and one thing that is done in it."""

    life: Life
    act: str
    name: str
    simulator: Simulator
    client: Client
    reached: bool = False
    begun: asyncio.Future[Creation[VM]] = attrs.field(factory=lambda: asyncio.get_running_loop().create_future())

    async def live(self, points: Points) -> Creation[VM]:
        """Do the thing at the first point where nobody has done it, if there is one; check what comes of it."""
        task = asyncio.create_task(self._work(points))
        creation = await self.begun
        while self.reached and self.act == AGAIN and not task.done():
            task.cancel()
            await asyncio.sleep(0)
        await soon(asyncio.wait([task]))
        assert task.cancelled() or isinstance(task.exception(), LookupError)
        assert None is task_named(f"openscaler list of {self.name}")
        await until(lambda: creation._task.done() and not connections(self.simulator))
        self._check(creation)
        return creation

    async def _work(self, points: Points) -> None:
        async with self.client as client:
            if self.life.in_front:
                client.vms.create(spec("in-front", project_id="in-front"))
            creation = client.vms.create(spec(self.name, project_id=self.name))
            waiting = [asyncio.create_task(creation.wait()), asyncio.create_task(_read(creation))]
            try:
                self.reached = await points.reach(creation, self.simulator, self.act)
                self.begun.set_result(creation)
                if self.reached:
                    await self._act(creation, waiting)
                await soon(asyncio.wait([creation._task]))
                if not self.reached or self.act == WAITERS:
                    assert (self.life.outcome, self.life.posts) == (creation.outcome, self._posts())
                raise LookupError
            finally:
                for waiter in waiting:
                    waiter.cancel()

    async def _act(self, creation: Creation[VM], waiting: list[asyncio.Task[Any]]) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self.act == WAITERS:
            for waiter in [*waiting, *waiting]:
                waiter.cancel()
            await soon(asyncio.wait(waiting))
        elif self.act == ABANDON:
            await soon(creation.abandon())
            assert creation.done()
        elif self.act == RAISE:
            raise LookupError
        else:
            task.cancel()
            await asyncio.Event().wait()

    def _check(self, creation: Creation[VM]) -> None:
        """Check that what is known is true."""
        made = [vm["id"] for vm in self.simulator.vms if vm["name"] == self.name]
        assert self._posts() <= self.life.posts
        assert len(made) <= 1
        if creation.outcome is Outcome.CREATED:
            assert made == [creation.result().id]
        else:
            assert isinstance(creation.exception(), CreationError)
            assert creation.outcome is Outcome.UNKNOWN or not made

    def _posts(self) -> int:
        return self.simulator.posts - self.life.in_front


async def _read(creation: Creation[VM]) -> None:
    with contextlib.suppress(CreationError):
        async for _ in creation:
            pass


def tickets_of(creation: Creation[VM], lines: list[str]) -> list[str]:
    """Check that a creation was logged if it was abandoned, and then once; give the ticket that was logged."""
    tickets = [
        line.partition("its ticket is ")[2] for line in lines if f"the creation of {creation.spec.name!r}:" in line
    ]
    assert len(tickets) <= 1
    assert tickets or "abandoned" not in str(creation.exception())
    assert [creation.ticket().id] * len(tickets) == [CreationTicket.from_json(ticket).id for ticket in tickets]
    return tickets


async def check_ticket(ticket: str, name: str, simulator: Simulator) -> None:
    """Check that a ticket leads to the machine, or to the truth that there is none."""
    async with Client(simulator.token, base_url=simulator.url, timeouts=PATIENT) as client:
        attached = client.vms.attach(ticket)
        await soon(asyncio.wait([attached._task]))
    machines = [vm["id"] for vm in simulator.vms if vm["name"] == name]
    error = attached.exception()
    if error is None:
        assert machines == [attached.result().id]
    else:
        assert isinstance(error, CreationUnknown)
        assert isinstance(error.verdict, Absent)
        assert machines == []


async def once(life: Life, act: str, name: str, points: Points, caplog: pytest.LogCaptureFixture) -> bool:
    """Live one life; give whether something was done in it."""

    async def token() -> str:
        await asyncio.sleep(0)
        return tokens.pop()

    async with Simulator(speed=float("inf"), steps=STEPS) as simulator, AsyncExitStack() as stack:
        tokens = [simulator.token, "expired"]
        for fault in life.faults:
            simulator.inject(fault)
        for fault in life.looks:
            simulator.inject(fault, into="list")
        if life.refused:
            await stack.enter_async_context(simulator.refusing())
        settings = {"timeouts": PATIENT, **life.settings}
        client = Client(token if life.expired else simulator.token, base_url=simulator.url, **settings)
        run = Run(life, act, name, simulator, client)
        creation = await run.live(points)
        await stack.aclose()
        if act in {RAISE, CANCEL, AGAIN}:
            tickets = tickets_of(creation, warnings_of(caplog))
            for ticket in tickets if act == RAISE else ():
                await check_ticket(ticket, creation.spec.name, simulator)
        return run.reached


async def exhaust(life: Life, points: Points, acts: set[str], caplog: pytest.LogCaptureFixture) -> None:
    """Live a life until everything was done at every point of it."""
    number = itertools.count()
    while acts:
        doing = sorted(acts) * WAVE
        reached = await asyncio.gather(*(once(life, act, f"run-{next(number)}", points, caplog) for act in doing))
        acts = acts - {act for act, found in zip(doing, reached, strict=True) if not found}


@pytest.mark.parametrize("name", LIVES)
async def test_at_every_point(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is done at whatever point: what is known is true, the connection closed, no request sent twice."""
    points = Points()
    acts = {WAITERS, ABANDON, RAISE, CANCEL, AGAIN}
    await exhaust(LIVES[name], points, acts, caplog)
    assert len(points.taken) >= 3 * len(acts)


@pytest.mark.parametrize("name", QUICK_LIVES)
async def test_at_every_turn(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """The same at every turn of the event loop, so in the very turn, too, in which something else happens."""
    points = Points(by_turn=True)
    await exhaust(QUICK_LIVES[name], points, {ABANDON, RAISE}, caplog)
    assert len(points.taken) >= 8 * 2
