"""The seam where things go wrong: what a healthy provider does at each point, for a fault to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._exchange import created_event

if TYPE_CHECKING:
    from aiohttp import web

    from ._exchange import Exchange
    from ._machines import Machine


class Fault:
    """What happens to one creation request. This one is healthy; a fault overrides a method or two.

    The methods stand in the order of a creation's life. A fault is shared by all the requests that
    it befalls: make it a frozen class, ``@attrs.frozen`` for one with settings.
    """

    __slots__ = ()

    @property
    def creates(self) -> bool:
        """Whether the request is checked and starts a machine; if not, `answer` has to answer it."""
        return True

    def begin(self, machine: Machine) -> None:
        """Change what becomes of the machine that was just started."""

    async def answer(self, request: web.Request) -> web.StreamResponse | None:  # noqa: ARG002
        """Give an answer instead of the stream, or None for the stream."""
        return None

    def head(self, response: web.StreamResponse) -> None:
        """Change the head of the stream."""

    async def play(self, exchange: Exchange) -> None:
        """Write the stream after its head; it ends cleanly when this returns."""
        async for data in exchange:
            await exchange.write(data)

    def opening(self) -> bytes:
        """Give what comes before the first event."""
        return b""

    def progress(self, event: bytes) -> bytes:
        """Give what is sent for a progress event."""
        return event

    def final(self, machine: Machine) -> bytes:
        """Encode the final event."""
        return created_event(machine)

    def ending(self, event: bytes) -> bytes:
        """Give what is sent for the final event."""
        return event
