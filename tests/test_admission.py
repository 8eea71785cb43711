"""``_admission``: how many creations run at once, and how many start in a second."""

from __future__ import annotations

import asyncio
import math
import selectors
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import ConfigurationError
from openscaler_async._admission import Admission

if TYPE_CHECKING:
    from collections.abc import Coroutine


class TimelessSelector(selectors.DefaultSelector):
    """Waits for no time at all, and says how much time would have passed."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let the time pass at once."""
        assert timeout is not None, "nothing will ever happen"
        self.now += max(timeout, 0)
        return super().select(0)


class TimelessLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock is what was slept."""

    def __init__(self) -> None:
        self._timeless = TimelessSelector()
        super().__init__(self._timeless)

    def time(self) -> float:
        """Give the time that was slept."""
        return self._timeless.now


def run_timeless(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end without waiting."""
    with asyncio.Runner(loop_factory=TimelessLoop) as runner:
        runner.run(main)


class Visitors:
    """Go through a gate, stay until they are let go, and note who is inside and when they came."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._leave = [asyncio.Event() for _ in range(10)]
        self.inside: list[int] = []
        self.came: list[float] = []

    def start(self, number: int) -> asyncio.Task[None]:
        """Send a visitor to the gate."""
        return asyncio.create_task(self._visit(number))

    async def leave(self, number: int) -> None:
        """Let a visitor go, and wait until everybody did what they can do now."""
        self._leave[number].set()
        await turns()

    async def _visit(self, number: int) -> None:
        async with self._admission:
            self.inside.append(number)
            self.came.append(round(asyncio.get_running_loop().time(), 6))
            await self._leave[number].wait()
            self.inside.remove(number)


async def turns() -> None:
    """Let every task do what it can do without time passing."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_concurrency_is_limited_in_order() -> None:
    """As many as allowed are inside; the next enters when one leaves, first come, first served."""
    visitors = Visitors(Admission(2, None))
    tasks = [visitors.start(number) for number in range(4)]
    await turns()
    assert visitors.inside == [0, 1]
    await visitors.leave(1)
    assert visitors.inside == [0, 2]
    await visitors.leave(0)
    assert visitors.inside == [2, 3]
    await visitors.leave(2)
    await visitors.leave(3)
    await asyncio.gather(*tasks)
    assert visitors.inside == []


async def test_no_limit() -> None:
    """Without limits everybody is inside at once."""
    visitors = Visitors(Admission(None, None))
    tasks = [visitors.start(number) for number in range(10)]
    await turns()
    assert list(range(10)) == visitors.inside
    for number in range(10):
        await visitors.leave(number)
    await asyncio.gather(*tasks)


async def test_cancelled_visitors_leave_no_gap() -> None:
    """Whoever is cancelled, waiting or inside, makes room for the next."""
    visitors = Visitors(Admission(1, None))
    inside, waiting, last = [visitors.start(number) for number in range(3)]
    await turns()
    waiting.cancel()
    await turns()
    inside.cancel()
    await turns()
    assert visitors.inside[-1] == 2
    await visitors.leave(2)
    await last


def test_starts_are_evenly_spaced() -> None:
    """Ten in a second means one every tenth of a second, however many wait; after a pause there is no burst."""

    async def main() -> None:
        visitors = Visitors(Admission(None, 10))
        tasks = [visitors.start(number) for number in range(3)]
        await asyncio.sleep(60)
        tasks += [visitors.start(number) for number in range(3, 5)]
        await asyncio.sleep(0.25)
        assert visitors.came == [0.0, 0.1, 0.2, 60.0, 60.1]
        for number in range(5):
            await visitors.leave(number)
        await asyncio.gather(*tasks)

    run_timeless(main())


def test_a_place_that_is_paced_and_cancelled_is_given_back() -> None:
    """Being cancelled while waiting for the right moment takes no place away from the others."""

    async def main() -> None:
        visitors = Visitors(Admission(1, 0.1))
        first, second = visitors.start(0), visitors.start(1)
        await turns()
        await visitors.leave(0)
        await first
        second.cancel()
        await turns()
        assert second.cancelled()
        third = visitors.start(2)
        await asyncio.sleep(30)
        assert visitors.came == [0.0, 20.0]
        await visitors.leave(2)
        await third

    run_timeless(main())


async def test_infinitely_many_in_a_second() -> None:
    """A rate without bound is no limit."""
    async with Admission(None, math.inf), Admission(1, math.inf):
        pass


@pytest.mark.parametrize(
    ("setting", "values", "rule"),
    [
        ("max_concurrent_creations", [0, -1, 1.0, "5", True], "must be a positive integer, or None for no limit"),
        ("creations_per_second", [0, -0.5, math.nan, "5", True], "must be a positive number, or None for no limit"),
    ],
)
def test_wrong_limits_are_named(setting: str, values: list[Any], rule: str) -> None:
    """A limit that is not positive is refused with its name, the value and the rule."""
    for value in values:
        limits = (value, None) if setting == "max_concurrent_creations" else (None, value)
        with pytest.raises(ConfigurationError) as caught:
            Admission(*limits)
        assert (setting, value, rule) == (caught.value.setting, caught.value.value, caught.value.rule)
