"""Whether a request may be sent again, and when: the only place that says so. Does no I/O."""

from __future__ import annotations

import random
from typing import Final

import attrs

from .errors import ConfigurationError, RequestNotSent, RequestRejected

_WAIT_INITIAL: Final = 0.5
_WAIT_MAX: Final = 15.0
_MAX_DOUBLINGS: Final = 10
_TOO_MANY_REQUESTS: Final = 429


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often a request may be sent that certainly had no effect.

    Args:
        attempts: the most times in all, the first included.
        max_retry_wait: the longest ``Retry-After``, in seconds, that is waited for.

    Raises:
        ConfigurationError: ``attempts`` is no positive integer, ``max_retry_wait`` is negative.
    """

    attempts: int
    max_retry_wait: float

    def __attrs_post_init__(self) -> None:
        if type(self.attempts) is not int or self.attempts < 1:
            raise ConfigurationError("attempts", self.attempts, "must be a positive integer")
        if type(self.max_retry_wait) not in (int, float) or not self.max_retry_wait >= 0:
            rule = "must be a number of seconds, 0 or more"
            raise ConfigurationError("max_retry_wait", self.max_retry_wait, rule)

    def wait(self, error: BaseException | None, *, attempt: int) -> float | None:
        """Tell how long to wait before sending again.

        Only two errors prove that a request had no effect: it never left, or the provider turned it
        away with 429.

        Args:
            error: how the attempt ended.
            attempt: its number, from 1.

        Returns:
            Seconds, with full jitter, or None when the request must not be sent again.
        """
        if attempt >= self.attempts:
            return None
        doublings = min(attempt - 1, _MAX_DOUBLINGS)
        jitter = random.uniform(0, min(_WAIT_MAX, _WAIT_INITIAL * 2**doublings))  # noqa: S311  (no secret)
        if isinstance(error, RequestNotSent):
            return jitter
        if isinstance(error, RequestRejected) and error.status == _TOO_MANY_REQUESTS:
            asked = error.retry_after or 0.0
            return asked + jitter if asked <= self.max_retry_wait else None
        return None


def is_unauthorized(error: BaseException | None) -> bool:
    """Tell whether a request was turned away for its token, so that another token may help."""
    return isinstance(error, RequestRejected) and error.status == 401  # noqa: PLR2004  (said in the line)
