"""Which request is befallen by which fault. No I/O."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from ._fault import Fault

if TYPE_CHECKING:
    import random

    from ._fault import Into

HEALTHY: Final = Fault()


class FaultPlan:
    """Faults for the next requests of one kind, then faults for a share of all.

    Args:
        into: the kind of the requests.
        chance: chooses those that a share befalls.
    """

    def __init__(self, into: Into, chance: random.Random) -> None:
        self._into = into
        self._chance = chance
        self._next: deque[Fault] = deque()
        self._shares: list[tuple[float, Fault]] = []

    def add_next(self, fault: Fault, times: int) -> None:
        """Plan a fault for ``times`` requests, after those planned before."""
        self._check(fault)
        if times < 1:
            raise ValueError(f"times={times!r}: must be above 0")
        self._next.extend([fault] * times)

    def add_share(self, fault: Fault, share: float) -> None:
        """Plan a fault for a share of all requests to come, 0.0 to 1.0."""
        self._check(fault)
        if not 0 <= share <= 1:
            raise ValueError(f"share={share!r}: must be from 0 to 1")
        self._shares.append((share, fault))

    def clear(self) -> None:
        """Forget every fault."""
        self._next.clear()
        self._shares.clear()

    def take(self) -> Fault:
        """Give what befalls the request that has just come."""
        if self._next:
            return self._next.popleft()
        for share, fault in self._shares:
            if self._chance.random() < share:
                return fault
        return HEALTHY

    def _check(self, fault: Fault) -> None:
        if not fault.fits(self._into):
            raise ValueError(f"into={self._into!r}: makes no sense for {fault!r}")
