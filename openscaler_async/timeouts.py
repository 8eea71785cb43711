"""The clocks of a creation, as settings."""

from __future__ import annotations

import math
from typing import Any

import attrs

from .errors import ConfigurationError


def _check_seconds(_instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        setting = f"timeouts.{attribute.name}"
        raise ConfigurationError(setting, value, "must be a positive number of seconds, or None for no limit")


@attrs.frozen(kw_only=True)
class Timeouts:
    """The clocks of a creation, in seconds; None switches one off.

    A clock that fires ends the following of a creation, never the creation: nothing is sent again
    because of one.

    Args:
        connect: to make the connection. The request has not left when it fires.
        first_event: from sending to the first event.
        silence: without a single byte; a comment is a sign of life too.
        deadline: from sending to the final event.
        reconcile: to look for the machine of a creation that was lost. None looks until it is
            found or certainly absent.
        settle: how long the provider's list may lag: a machine counts as absent when the list goes
            without it for so long. None never says that a machine is absent.

    Raises:
        ConfigurationError: a value is no positive number.
    """

    connect: float | None = attrs.field(default=10.0, validator=_check_seconds)
    first_event: float | None = attrs.field(default=60.0, validator=_check_seconds)
    silence: float | None = attrs.field(default=300.0, validator=_check_seconds)
    deadline: float | None = attrs.field(default=1800.0, validator=_check_seconds)
    reconcile: float | None = attrs.field(default=120.0, validator=_check_seconds)
    settle: float | None = attrs.field(default=10.0, validator=_check_seconds)
