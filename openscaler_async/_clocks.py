"""The clocks of every running creation of a client, kept by one timer for all of them.

A timer of its own for each creation, moved at each byte, would cost more than reading the bytes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .timeouts import Timeouts

_CHECKS: Final = 20  # in the shortest clock's time: a clock fires at most a twentieth of that late


class Watch:
    """The clocks of one creation.

    Attributes:
        fired: what the clock that fired has to say, or None.
    """

    __slots__ = ("_began", "_event_at", "_heard_at", "_task", "fired")

    def __init__(self, task: asyncio.Task[Any], now: float) -> None:
        self._task = task
        self._began = self._heard_at = now
        self._event_at: float | None = None
        self.fired: str | None = None

    def heard(self, now: float, *, event: bool) -> None:
        """Note that bytes came, and whether they completed an event."""
        self._heard_at = now
        if event:
            self._event_at = now

    def check(self, clocks: Timeouts, now: float) -> None:
        """Cancel the creation's task if a clock is due."""
        if clocks.first_event is not None and self._event_at is None and now - self._began >= clocks.first_event:
            self._fire(f"first_event: no event came within {clocks.first_event:g} s")
        elif clocks.silence is not None and now - self._heard_at >= clocks.silence:
            self._fire(f"silence: no byte came for {clocks.silence:g} s", now)
        elif clocks.deadline is not None and now - self._began >= clocks.deadline:
            self._fire(f"deadline: no final event came within {clocks.deadline:g} s", now)

    def _fire(self, reason: str, now: float = 0.0) -> None:
        age = "" if self._event_at is None else f"; the last event came {now - self._event_at:.1f} s before"
        self.fired = reason + age
        self._task.cancel()


class Clocks:
    """Watches any number of creations.

    Args:
        timeouts: the clocks of each.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._watches: set[Watch] = set()
        self._timer: asyncio.TimerHandle | None = None
        limits = (timeouts.first_event, timeouts.silence, timeouts.deadline)
        self._interval = min((limit for limit in limits if limit is not None), default=0.0) / _CHECKS

    def start(self, task: asyncio.Task[Any], now: float) -> Watch:
        """Watch a task from now on."""
        watch = Watch(task, now)
        if self._interval:
            self._watches.add(watch)
            if self._timer is None:
                self._arm(asyncio.get_running_loop())
        return watch

    def stop(self, watch: Watch) -> None:
        """Watch a task no more."""
        self._watches.discard(watch)

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(self._interval, self._check, loop)

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for watch in [*self._watches]:
            watch.check(self._timeouts, now)
            if watch.fired is not None:
                self._watches.discard(watch)
        if self._watches:
            self._arm(loop)
