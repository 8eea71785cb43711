"""``creation``: what a bug of ours, or a race, may do to whoever waits. The engine here is a stand-in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import VM, Creation, CreationUnknown, Outcome
from openscaler_async._intents import Intents
from openscaler_async._protocol import Attempt, Ending, Input
from tests.peers import soon, spec, turns

if TYPE_CHECKING:
    from openscaler_async._engine import Finish, Record
    from openscaler_async._intents import Intent


class Engine:
    """Runs no creation: waits for the test, then does as it is told.

    Args:
        ending: what happens to the attempt; an input is moved to, an exception is raised.
    """

    def __init__(self, *ending: Input | Exception) -> None:
        self.go = asyncio.Event()
        self._ending = ending
        self.intents = Intents("https://api.example")

    async def run(
        self,
        intent: Intent,  # noqa: ARG002  (as the engine's own)
        body: bytes,  # noqa: ARG002
        record: Record,  # noqa: ARG002
        lose: Finish,  # noqa: ARG002
        conclude: Finish,
    ) -> None:
        """Wait, then end."""
        await self.go.wait()
        attempt = Attempt()
        for what in self._ending:
            if isinstance(what, Exception):
                raise what
            attempt.move(what)
        conclude(Ending(attempt, None))

    def ended(self, intent: Intent, outcome: Outcome, vm_id: int | None) -> None:
        """Take note of nothing."""

    def ticket(self, intent: Intent, now: float) -> None:
        """Give none."""

    async def look(self, intent: Intent) -> None:
        """Find nothing."""


def made(engine: Any) -> Creation[VM]:  # noqa: ANN401  (no engine)
    """Give a creation that the engine runs."""
    return Creation(engine.intents.new(spec()), engine, b"", lambda _: pytest.fail("nothing to decode"), lambda _: None)


async def test_bug_while_it_runs() -> None:
    """What escapes from the engine leaves the outcome unknown, never 'not sent', and whoever waits is told."""
    engine = Engine(LookupError("a bug"))
    creation = made(engine)
    waiter = asyncio.create_task(creation.wait())
    engine.go.set()
    with pytest.raises(CreationUnknown, match="a bug") as caught:
        await soon(waiter)
    assert Outcome.UNKNOWN is creation.outcome
    assert isinstance(caught.value.__cause__, LookupError)


async def test_bug_at_the_end() -> None:
    """An end that makes no sense is unknown too, and says that it is a bug."""
    engine = Engine(Input.SEND, Input.ANSWERED_4XX)  # without the answer
    creation = made(engine)
    engine.go.set()
    with pytest.raises(CreationUnknown, match="bug"):
        await soon(creation)
    with pytest.raises(CreationUnknown):
        _ = [progress async for progress in creation]
    assert Outcome.UNKNOWN is creation.outcome


async def test_waiter_cancelled_just_before_the_end() -> None:
    """A waiter and a reader whose cancellation is under way do not keep the end from the others."""
    engine = Engine(Input.SEND, Input.BROKEN)
    creation = made(engine)
    cancelled = [asyncio.create_task(creation.wait()), asyncio.ensure_future(anext(creation.events()))]
    other = asyncio.create_task(creation.wait())
    await turns()
    engine.go.set()
    for task in cancelled:
        task.cancel()
    results = await soon(asyncio.gather(*cancelled, other, return_exceptions=True))
    assert [asyncio.CancelledError, asyncio.CancelledError, CreationUnknown] == [type(result) for result in results]
