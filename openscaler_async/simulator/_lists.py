"""Faults of the list of machines: one that lags behind, cannot be read, or has no end in sight."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import attrs

from ._fault import BOTH, LIST, Fault

if TYPE_CHECKING:
    from ._exchange import Exchange
    from ._machines import Machine

_PIECE: Final = b" " * 2**16


@attrs.frozen
class ListLag(Fault):
    """The list of machines lags behind; ``GET /v1/vms/{vm_id}`` does not.

    Of a creation, it does not show the machine at once. Of a list, it is as it was some time ago,
    as a replica gives it; a share of them (``inject(ListLag(5.0), into="list", share=0.5)``) is a
    list that shows a machine, and then not.

    Attributes:
        seconds: how far it lags behind, whatever the simulator's speed; ``float("inf")`` shows
            nothing at all.
    """

    befalls = BOTH

    seconds: float

    def begin(self, machine: Machine) -> None:
        """Hide the machine from the list."""
        machine.listed_at = time.monotonic() + self.seconds

    def as_of(self, now: float) -> float:
        """Give a moment ago."""
        return now - self.seconds


@attrs.frozen
class UnreadableList(Fault):
    """The list is something else. For one whose machines cannot be read there is `AlteredVM`.

    Attributes:
        payload: what it is.
    """

    befalls = LIST

    payload: str = '{"vms": null}'

    def listing(self, body: bytes) -> bytes:  # noqa: ARG002
        """Give something else."""
        return self.payload.encode()


@attrs.frozen
class HugeList(Fault):
    """The list is huge: white space, which JSON allows, comes after it.

    Attributes:
        bytes: how much; a client of this package reads 64 MiB at most.
    """

    befalls = LIST

    bytes: int = 65 * 2**20

    async def play(self, exchange: Exchange) -> None:
        """Write the list, and then piece by piece what makes it huge."""
        await super().play(exchange)
        left = self.bytes
        while left > 0:
            await exchange.write(_PIECE[:left])
            left -= len(_PIECE)
