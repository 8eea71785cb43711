"""How many creations may run at once, and how many may start in a second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .errors import ConfigurationError

if TYPE_CHECKING:
    from types import TracebackType


class Admission:
    """A gate that lets creations in, first come, first served.

    Args:
        max_concurrent: the most that may be inside, or None for no limit.
        per_second: the most that may enter in a second, evenly spaced, or None for no limit.

    Raises:
        ConfigurationError: a limit is not positive.
    """

    def __init__(self, max_concurrent: int | None, per_second: float | None) -> None:
        if max_concurrent is not None and (type(max_concurrent) is not int or max_concurrent < 1):
            rule = "must be a positive integer, or None for no limit"
            raise ConfigurationError("max_concurrent_creations", max_concurrent, rule)
        if per_second is not None and (type(per_second) not in (int, float) or not per_second > 0):
            rule = "must be a positive number, or None for no limit"
            raise ConfigurationError("creations_per_second", per_second, rule)
        self._slots = asyncio.Semaphore(max_concurrent) if max_concurrent else None
        self._interval = 1 / per_second if per_second else 0.0
        self._next_start = 0.0

    async def __aenter__(self) -> None:
        """Wait for a place."""
        if self._slots:
            await self._slots.acquire()
        if self._interval:
            try:
                await self._pace()
            except asyncio.CancelledError:
                self._leave()
                raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the place back."""
        self._leave()

    def _leave(self) -> None:
        if self._slots:
            self._slots.release()

    async def _pace(self) -> None:
        now = asyncio.get_running_loop().time()
        start = max(now, self._next_start)
        self._next_start = start + self._interval
        await asyncio.sleep(start - now)
