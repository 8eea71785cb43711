"""What a creation says and how long it takes. No I/O."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from openscaler_async._sse import encode_event

if TYPE_CHECKING:
    import random

_DURATION: Final = 8.0  # seconds at speed 1, give or take a quarter; a guess, no page tells
_SPREAD: Final = 0.25
_LAST_PERCENT: Final = 95.0
_STAGES: Final = (
    "checking quota",
    "choosing a host",
    "allocating address",
    "opening public ports",
    "copying {distro} image",
    "growing disk",
    "writing cloud-init data",
    "defining machine",
    "booting",
    "waiting for network",
)


class Script:
    """The pace of every creation of one simulator.

    Args:
        speed: how many times as fast as a real creation; infinity never sleeps.
        steps: number of progress events.
        chance: where the durations come from.

    Raises:
        ValueError: ``speed`` is not above 0, or ``steps`` is below 0.
    """

    def __init__(self, speed: float, steps: int, chance: random.Random) -> None:
        if not speed > 0:
            raise ValueError(f"speed={speed!r}: must be above 0")
        if steps < 0:
            raise ValueError(f"steps={steps!r}: must not be below 0")
        self._speed = speed
        self._steps = steps
        self._chance = chance

    def next_duration(self) -> float:
        """Give how long the next creation lasts, in seconds."""
        return _DURATION * self._chance.uniform(1 - _SPREAD, 1 + _SPREAD) / self._speed

    def pause(self, duration: float) -> float:
        """Give the time before each event of a creation that lasts ``duration``, in seconds."""
        return duration / (self._steps + 1)

    def progress(self, distro: str) -> tuple[bytes, ...]:
        """Give the progress events of a creation, encoded."""
        return _progress(self._steps, distro)


@lru_cache(maxsize=64)
def _progress(steps: int, distro: str) -> tuple[bytes, ...]:
    return tuple(
        progress_event(
            round(_LAST_PERCENT * (step + 1) / steps, 1),
            _STAGES[step * len(_STAGES) // steps].format(distro=distro),
        )
        for step in range(steps)
    )


def progress_event(percent: float, message: str) -> bytes:
    """Encode one progress event as the provider's page shows it."""
    return encode_event("progress", json.dumps({"progress": percent, "message": message}))
