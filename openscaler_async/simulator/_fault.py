"""The seam where things go wrong: what a healthy provider does at each point, for a fault to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias

from ._exchange import created_event

if TYPE_CHECKING:
    from aiohttp import web

    from ._exchange import Exchange
    from ._machines import Machine

Into: TypeAlias = Literal["create", "list"]

CREATE: Final[frozenset[Into]] = frozenset({"create"})
LIST: Final[frozenset[Into]] = frozenset({"list"})
BOTH: Final = CREATE | LIST


class Fault:
    """What happens to one request. This one is healthy; a fault overrides a method or two.

    The methods stand in the order of a request's life: `begin` and the events are of a creation,
    `as_of`, `listed` and `listing` of a list, the others of both. A fault is shared by all the
    requests that it befalls: make it a frozen class, ``@attrs.frozen`` for one with settings.

    Attributes:
        befalls: what requests it makes sense for: ``"create"``, ``"list"`` or both.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    befalls: ClassVar[frozenset[Into]] = CREATE

    def fits(self, into: Into) -> bool:
        """Say whether it makes sense for such requests."""
        return into in self.befalls

    @property
    def creates(self) -> bool:
        """Whether a creation request is checked and starts a machine; if not, `answer` has to answer it."""
        return True

    def begin(self, machine: Machine) -> None:
        """Change what becomes of the machine that was just started."""

    async def answer(self, request: web.Request) -> web.StreamResponse | None:  # noqa: ARG002
        """Give an answer instead of the stream or the list, or None for that."""
        return None

    def head(self, response: web.StreamResponse) -> None:
        """Change the head of the stream or of the list."""

    async def play(self, exchange: Exchange) -> None:
        """Write the answer after its head; it ends cleanly when this returns."""
        async for data in exchange:
            await exchange.write(data)

    def opening(self) -> bytes:
        """Give what comes before the first event, or before the list."""
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

    def as_of(self, now: float) -> float:
        """Give the moment whose machines the list shows, by ``time.monotonic()``."""
        return now

    def listed(self, vm: dict[str, Any]) -> dict[str, Any]:
        """Give what the list shows of a machine."""
        return vm

    def listing(self, body: bytes) -> bytes:
        """Give what is sent for the list."""
        return body
