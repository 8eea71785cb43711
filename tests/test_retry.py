"""``_retry``: only what certainly had no effect may be sent again."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from openscaler_async import ConfigurationError, RequestInterrupted, RequestNotSent, RequestRejected, ResponseUnreadable
from openscaler_async._retry import RetryPolicy, is_unauthorized

REQUEST = ("POST", "/v1/vms")
NOT_SENT = RequestNotSent(*REQUEST, "refused")


def rejected(status: int, retry_after: float | None = None) -> RequestRejected:
    """Give the error for an HTTP status."""
    return RequestRejected(*REQUEST, status, "", retry_after)


def policy(attempts: int = 3, max_retry_wait: float = 60.0) -> RetryPolicy:
    """Give a policy."""
    return RetryPolicy(attempts=attempts, max_retry_wait=max_retry_wait)


@pytest.mark.parametrize(
    "error",
    [
        *(None, RequestInterrupted(*REQUEST, "it broke"), ResponseUnreadable(*REQUEST, "no stream")),
        *(rejected(status, 1.0) for status in (307, 400, 401, 403, 404, 408, 409, 425, 428, 430, 500, 502, 503, 504)),
        *(TimeoutError(), OSError(), asyncio.CancelledError()),
    ],
)
def test_what_may_have_had_an_effect_is_not_sent_again(error: BaseException | None) -> None:
    """Nothing but 'never left' and 429 is sent again, whatever the answer says about coming back."""
    assert policy().wait(error, attempt=1) is None


@pytest.mark.parametrize("error", [NOT_SENT, rejected(429), rejected(429, 0.0)])
def test_wait_doubles_up_to_a_limit(error: Exception) -> None:
    """The wait is random, below 0.5 s the first time, below twice as much each time, never above 15 s."""
    for attempt, longest in [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (6, 15.0), (99, 15.0), (5000, 15.0)]:
        waits = [policy(attempts=10_000).wait(error, attempt=attempt) for _ in range(200)]
        seconds = [wait for wait in waits if wait is not None]
        assert len(seconds) == 200
        assert all(0 <= wait <= longest for wait in seconds)
        assert max(seconds) > longest * 0.75
        assert min(seconds) < longest * 0.25


@pytest.mark.parametrize("error", [NOT_SENT, rejected(429, 1.0)])
def test_attempts_are_the_total(error: Exception) -> None:
    """With three attempts there are two waits, with one there is none."""
    assert [True, True, False, False] == [policy(3).wait(error, attempt=n) is not None for n in (1, 2, 3, 4)]
    assert policy(1).wait(error, attempt=1) is None


def test_retry_after_is_obeyed() -> None:
    """429 waits as long as it is told and a little more, so that not all come at once."""
    waits = [policy().wait(rejected(429, 7.0), attempt=1) for _ in range(200)]
    assert all(wait is not None and 7.0 <= wait <= 7.5 for wait in waits)
    assert len(set(waits)) > 1


def test_retry_after_that_is_too_long_ends_the_attempts() -> None:
    """A wait of up to max_retry_wait is waited for, a longer one is the caller's decision."""
    assert policy(max_retry_wait=60).wait(rejected(429, 60.0), attempt=1) is not None
    assert policy(max_retry_wait=60).wait(rejected(429, 60.1), attempt=1) is None
    assert policy(max_retry_wait=0).wait(rejected(429), attempt=1) is not None
    assert policy(max_retry_wait=math.inf).wait(rejected(429, 1e9), attempt=1) is not None


@pytest.mark.parametrize(
    ("setting", "values", "rule"),
    [
        ("attempts", [0, -1, 1.0, "3", None, True], "must be a positive integer"),
        ("max_retry_wait", [-1, -0.1, math.nan, "60", None, True], "must be a number of seconds, 0 or more"),
    ],
)
def test_wrong_settings_are_named(setting: str, values: list[Any], rule: str) -> None:
    """A setting that is wrong is refused with its name, the value and the rule."""
    for value in values:
        with pytest.raises(ConfigurationError) as caught:
            policy(**{setting: value})
        assert (setting, value, rule) == (caught.value.setting, caught.value.value, caught.value.rule)


def test_unauthorized() -> None:
    """Only 401 tells of a token that another may replace."""
    assert is_unauthorized(rejected(401))
    for other in (rejected(403), rejected(400), NOT_SENT, None):
        assert not is_unauthorized(other)
