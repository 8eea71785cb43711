"""Several faults that befall one request."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import attrs

from ._fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp import web

    from ._exchange import Exchange
    from ._fault import Into
    from ._machines import Machine


def _flat(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Give them without the combinations among them, which would hide what the others do."""
    nested = ((fault.faults if isinstance(fault, Combined) else (fault,)) for fault in faults)
    return tuple(itertools.chain.from_iterable(nested))


@attrs.frozen
class Combined(Fault):
    """Several faults at once: ``Combined([DropBeforeHead(), ListLag(2.0)])``.

    Each changes what the one before it made of an event or a list. Where only one can act (the
    answer, the writing, the final event), it is the first that does not leave things as they are.

    Attributes:
        faults: at least one.
    """

    faults: tuple[Fault, ...] = attrs.field(converter=_flat, validator=attrs.validators.min_len(1))

    def fits(self, into: Into) -> bool:
        """Say whether each makes sense there."""
        return all(fault.fits(into) for fault in self.faults)

    @property
    def creates(self) -> bool:
        """Whether all of them start a machine."""
        return all(fault.creates for fault in self.faults)

    def begin(self, machine: Machine) -> None:
        """Let each change what becomes of the machine."""
        for fault in self.faults:
            fault.begin(machine)

    async def answer(self, request: web.Request) -> web.StreamResponse | None:
        """Give the first answer."""
        for fault in self.faults:
            if (answer := await fault.answer(request)) is not None:
                return answer
        return None

    def head(self, response: web.StreamResponse) -> None:
        """Let each change the head."""
        for fault in self.faults:
            fault.head(response)

    async def play(self, exchange: Exchange) -> None:
        """Write the answer as the first does that has a way of its own."""
        await self._first_with("play").play(exchange)

    def opening(self) -> bytes:
        """Give what each wants before the first event."""
        return b"".join(fault.opening() for fault in self.faults)

    def progress(self, event: bytes) -> bytes:
        """Let each change the event."""
        for fault in self.faults:
            event = fault.progress(event)
        return event

    def final(self, machine: Machine) -> bytes:
        """Encode the final event as the first does that has one of its own."""
        return self._first_with("final").final(machine)

    def ending(self, event: bytes) -> bytes:
        """Let each change the event."""
        for fault in self.faults:
            event = fault.ending(event)
        return event

    def as_of(self, now: float) -> float:
        """Add up how far each lags behind."""
        for fault in self.faults:
            now = fault.as_of(now)
        return now

    def listed(self, vm: dict[str, Any]) -> dict[str, Any]:
        """Let each describe the machine."""
        for fault in self.faults:
            vm = fault.listed(vm)
        return vm

    def listing(self, body: bytes) -> bytes:
        """Let each change the list."""
        for fault in self.faults:
            body = fault.listing(body)
        return body

    def _first_with(self, method: str) -> Fault:
        healthy = getattr(Fault, method)
        able = (fault for fault in self.faults if getattr(type(fault), method) is not healthy)
        return next(able, self.faults[0])
