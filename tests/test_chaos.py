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

Run: TypeAlias = Callable[..., Coroutine[Any, Any, dict[str, Any]]]
if_many = pytest.mark.skipif(MANY not in os.environ, reason=f"takes more than a minute: set {MANY}=1")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs once, and tells how it was.

    It tells the seed: another one each time, or the one that is to be looked into.
    """

    def tell(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\nchaos: {text}\n")

    async def run(creations: int, **settings: Any) -> dict[str, Any]:  # noqa: ANN401  (any setting of chaos)
        seed = int(os.environ.get(SEED) or secrets.randbelow(2**32))
        tell(f"{SEED}={seed} for {creations} creations, {settings}")
        account = await chaos(creations, seed=seed, **settings)
        tell(json.dumps(account))
        return account

    return run


def check(account: dict[str, Any]) -> None:
    """Compare the books."""
    seed = account["seed"]
    assert [] == account["problems"], seed
    assert (0, 0, 0) == (account["duplicates"], account["lost"], account["made_up"]), seed
    assert account["machines"] == account["known"], seed
    assert account["creations"] == sum(account["ends"].values()), seed
    assert account["ends"]["CREATED"] > account["creations"] / 2, seed


async def test_chaos(run: Run) -> None:
    """None twice, none lost, none unexplained: in some projects, in one, and with clocks that contradict each other."""
    with watched_logs() as leaked:
        runs = run(600, projects=4), run(300, projects=1), run(100, wrong_clocks=True)
        accounts = await asyncio.gather(*runs)
    for account in accounts:
        check(account)
    assert [] == leaked


@if_many
@pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])
async def test_chaos_in_one_project(run: Run) -> None:
    """So with two thousand in one project, on either event loop."""
    with watched_logs() as leaked:
        check(await run(2_000, projects=1))
    assert [] == leaked


@if_many
async def test_much_chaos(run: Run) -> None:
    """So with ten thousand."""
    with watched_logs() as leaked:
        check(await run(10_000))
    assert [] == leaked
