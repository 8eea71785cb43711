"""``_server_clock``: what Date headers tell of the server's clock, and no more than that."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from openscaler_async._server_clock import ServerClock

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def header(moment: float, skew: float = 0.0) -> datetime:
    """Give what the Date header says at a moment of ours, if the server's clock is ahead by ``skew``."""
    return EPOCH + timedelta(seconds=int(moment + skew))


def test_nothing_heard() -> None:
    """Before anything was heard, nothing is known."""
    clock = ServerClock()
    assert (None, False, None) == (clock.low, clock.is_sharp, clock.moment(1.0))


@pytest.mark.parametrize("seed", range(20))
def test_sharpens(seed: int) -> None:
    """A few answers at the right times tell the clock to a tenth of a second, and never wrongly."""
    chance = random.Random(seed)  # noqa: S311  (no secret)
    skew, now, clock = chance.uniform(-3600, 3600), 10_000 + chance.random(), ServerClock()
    truth = EPOCH.timestamp() + skew
    for _ in range(8):
        took = chance.uniform(0.001, 0.02)
        clock.heard(header(now + took * chance.random(), skew), now, now + took)
        assert clock.low is not None
        assert clock.low <= truth <= clock.high
        if clock.is_sharp:
            break
        now = clock.next_tick(now + 0.1)
    assert clock.is_sharp
    assert clock.low is not None
    assert clock.high - clock.low <= 0.1
    moment = clock.moment(now)
    assert moment is not None
    assert 0.0 <= truth + now - moment.timestamp() <= 0.1


def test_slow_answers() -> None:
    """Where answers take long, the clock is as sharp as it will be."""
    clock, now = ServerClock(), 0.4
    while not clock.is_sharp:
        clock.heard(header(now + 0.3), now, now + 0.6)
        now = clock.next_tick(now + 0.7)
        assert now < 20
    assert clock.low is not None
    assert clock.low <= EPOCH.timestamp() <= clock.high <= clock.low + 1.2


def test_servers_that_differ_a_little() -> None:
    """An answer that contradicts by less than servers may differ begins anew, and breaks nothing."""
    clock = ServerClock()
    clock.heard(header(10.5), 10.5, 10.5)
    clock.confirm(header(10.5), 10.5, 10.5)
    clock.heard(header(11.5, 3.0), 11.5, 11.5)
    assert (True, -math.inf) == (clock.is_confirmed, clock.broken_at)


def test_clock_that_is_absurd() -> None:
    """A clock that is thousands of years ahead tells no moment that a date could be."""
    clock = ServerClock()
    clock.heard(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), 10.5, 10.5)
    assert None is clock.moment(100.0)


def test_clock_that_was_set() -> None:
    """An answer that contradicts what is known begins anew."""
    clock = ServerClock()
    clock.heard(header(10.5), 10.5, 10.5)
    clock.confirm(header(10.5), 10.5, 10.5)
    assert clock.is_confirmed
    clock.heard(header(11.5, 100.0), 11.5, 11.5)
    assert not clock.is_confirmed
    assert clock.low is not None
    assert clock.low <= EPOCH.timestamp() + 100 <= clock.high


@pytest.mark.parametrize(("ahead", "confirmed"), [(0, True), (-4, True), (14, True), (-3600, False), (3600, False)])
def test_confirm(ahead: float, *, confirmed: bool) -> None:
    """A machine that was made between two moments shows whether its time is by this clock."""
    clock = ServerClock()
    clock.heard(header(10.5), 10.5, 10.5)
    clock.confirm(header(10.5 + ahead), 10.5, 20.5)
    assert confirmed is clock.is_confirmed


def test_drift() -> None:
    """What was heard long ago is worth less than what was heard just now."""
    clock = ServerClock()
    clock.heard(header(10.01), 10.01, 10.01)
    clock.heard(header(10.99), 10.99, 10.99)
    assert clock.is_sharp
    clock.heard(header(3_600.5), 3_600.5, 3_600.5)
    assert not clock.is_sharp
