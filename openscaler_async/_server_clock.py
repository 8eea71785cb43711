"""What is known of the server's clock, from the Date headers of its answers. Does no I/O.

A Date header has whole seconds, and was written at some time between request and answer. Several of
them, taken at different parts of a second, tell the clock to some hundredths.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

RESOLUTION: Final = 1.0  # seconds, of a Date header and of ``created_at``
SKEW: Final = 5.0  # seconds by which the clocks of a provider's servers may differ
_SHARP: Final = 0.1  # seconds, or twice the time that an answer takes: it tells the clock no better
_DRIFT: Final = 2e-4  # by which two clocks may go apart, in seconds for each second


class ServerClock:
    """Bounds of the difference between the server's clock and the event loop's, both in seconds.

    Attributes:
        low: the least that the server's clock may be ahead; None before anything was heard.
        high: the most that it may be ahead.
        is_confirmed: whether machines' times have been seen to be told by this clock, in UTC.
        broken_at: when an answer last contradicted those before it, by the event loop's clock: what
            came before cannot be told by this clock.
    """

    __slots__ = ("_heard_at", "_shortest", "broken_at", "high", "is_confirmed", "low")

    def __init__(self) -> None:
        self.low: float | None = None
        self.high: float = math.inf
        self.is_confirmed: bool = False
        self.broken_at: float = -math.inf
        self._heard_at = 0.0
        self._shortest = math.inf  # of the times between request and answer

    @property
    def is_sharp(self) -> bool:
        """Whether there is nothing to be gained from hearing it again."""
        return self.low is not None and self.high - self.low <= max(_SHARP, 2 * self._shortest)

    def heard(self, date: datetime, asked_at: float, came_at: float) -> None:
        """Take a Date header.

        Args:
            date: what it says.
            asked_at: when the request was sent, by the event loop's clock.
            came_at: when the answer was there.
        """
        self._shortest = min(self._shortest, came_at - asked_at)
        low, high = date.timestamp() - came_at, date.timestamp() + RESOLUTION - asked_at
        if self.low is not None:
            apart = _DRIFT * (came_at - self._heard_at)
            both = max(low, self.low - apart), min(high, self.high + apart)
            if both[0] <= both[1]:
                low, high = both
            elif both[0] > both[1] + SKEW:  # a clock was set, or ours stood still while the computer slept
                self.is_confirmed = False
                self.broken_at = came_at
        self.low, self.high, self._heard_at = low, high, came_at

    def confirm(self, created_at: datetime, sent_at: float, now: float) -> None:
        """Compare with the time of a machine that was made between two moments of the event loop's."""
        created = created_at.timestamp() - (self.low or 0.0)
        if sent_at - SKEW <= created <= now + SKEW:
            self.is_confirmed = True

    def next_tick(self, now: float) -> float:
        """Give when to ask again, by the event loop's clock, to halve what is not known."""
        low = self.low or 0.0
        middle = (low + min(self.high, low + RESOLUTION) + min(self._shortest, RESOLUTION)) / 2
        return math.ceil(now + middle) - middle

    def moment(self, then: float) -> datetime | None:
        """Give a moment of the event loop's by the server's clock, rather too early than too late."""
        try:
            return None if self.low is None else datetime.fromtimestamp(then + self.low, UTC)
        except (OverflowError, ValueError):  # a clock that is thousands of years wrong
            return None
