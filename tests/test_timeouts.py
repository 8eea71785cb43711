"""``timeouts``: the clocks as settings."""

from __future__ import annotations

import math

import attrs
import pytest

from openscaler_async import ConfigurationError, Timeouts

CLOCKS = ["connect", "first_event", "silence", "deadline", "reconcile", "settle"]


def test_defaults() -> None:
    """The clocks are those of the documentation, and there is no other."""
    assert dict(zip(CLOCKS, (10.0, 60.0, 300.0, 1800.0, 120.0, 10.0), strict=True)) == attrs.asdict(Timeouts())


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("seconds", [None, 1, 0.001, 1e9])
def test_seconds(clock: str, seconds: float | None) -> None:
    """A clock is a positive number of seconds, or None, which switches it off."""
    assert seconds == getattr(Timeouts(**{clock: seconds}), clock)


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("value", [0, 0.0, -1, math.inf, math.nan, True, "5", b"1"])
def test_anything_else_is_named(clock: str, value: object) -> None:
    """Anything else is refused with the clock's name, the value and the rule."""
    with pytest.raises(ConfigurationError) as caught:
        Timeouts(**{clock: value})  # type: ignore[arg-type]
    assert f"timeouts.{clock}" == caught.value.setting
    assert value is caught.value.value
    assert caught.value.rule == "must be a positive number of seconds, or None for no limit"
