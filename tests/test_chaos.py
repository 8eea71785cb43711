"""Chaos: every request is befallen by chance, and in the end each machine is known, and there once."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import pytest

from tests.accounts import watched_logs
from tests.chaos import chaos

MANY = "OPENSCALER_TEST_MANY"
SEED = "OPENSCALER_TEST_SEED"

Check: TypeAlias = Callable[..., Coroutine[Any, Any, None]]
if_many = pytest.mark.skipif(MANY not in os.environ, reason=f"takes more than a minute: set {MANY}=1")


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Give a function that runs once, tells how it was, and compares.

    It tells the seed: another one each time, or the one that is to be looked into.
    """

    def tell(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\nchaos: {text}\n")

    async def check(creations: int, **settings: Any) -> None:  # noqa: ANN401  (any setting of chaos)
        seed = int(os.environ.get(SEED) or secrets.randbelow(2**32))
        tell(f"{SEED}={seed} for {creations} creations, {settings}")
        account = await chaos(creations, seed=seed, **settings)
        tell(json.dumps(account))
        assert [] == account["problems"]
        assert (0, 0, 0) == (account["duplicates"], account["lost"], account["made_up"])
        assert account["machines"] == account["known"]
        assert creations == sum(account["ends"].values())
        assert "CREATED" in account["ends"]

    return check


async def test_chaos(check: Check) -> None:
    """None twice, none lost, none unexplained: in some projects, in one, and with clocks that contradict each other."""
    with watched_logs() as leaked:
        async with asyncio.TaskGroup() as group:
            group.create_task(check(600, projects=4))
            group.create_task(check(300, projects=1))
            group.create_task(check(100, wrong_clocks=True))
    assert [] == leaked


@if_many
@pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])
async def test_chaos_in_one_project(check: Check) -> None:
    """So with two thousand in one project, on either event loop."""
    with watched_logs() as leaked:
        await check(2_000, projects=1)
    assert [] == leaked


@if_many
async def test_much_chaos(check: Check) -> None:
    """So with ten thousand."""
    with watched_logs() as leaked:
        await check(10_000)
    assert [] == leaked
