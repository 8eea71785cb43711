"""Those who wait for the next thing that happens to a creation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Waiters(list["asyncio.Future[None]"]):
    """A group that is woken at once; a list, for there are two in each of many creations."""

    __slots__ = ()

    def enlist(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        """Join; await what is given, and strike it when cancelled."""
        future: asyncio.Future[None] = loop.create_future()
        self.append(future)
        return future

    def strike(self, future: asyncio.Future[None]) -> None:
        """Leave before the others are woken."""
        if future in self:
            self.remove(future)

    def wake(self) -> None:
        """Let all go on."""
        woken = self[:]
        self.clear()
        for future in woken:
            if not future.done():
                future.set_result(None)
