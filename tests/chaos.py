"""Many creations, every request befallen by chance: in the end nothing is there twice, and nothing lost.

    python tests/chaos.py --creations 100000 --seed 7

Prints the account as one line of JSON. `chaos_program.py` is what it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import random
import secrets
import sys
import time
from pathlib import Path
from typing import Any, Final

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1]))  # at the end: the installed package comes first

from openscaler_async.simulator import Simulator
from tests.accounts import CANARY, secret_spec, watched_logs
from tests.chaos_program import Run

MEMBERS: Final = 500
"""Machines in a project, unless told otherwise."""
SHOWN: Final = 20
"""The most problems that are told."""


async def chaos(
    creations: int, *, seed: int, projects: int | None = None, wrong_clocks: bool = False
) -> dict[str, Any]:
    """Run once.

    Args:
        creations: how many machines are wanted.
        seed: of everything that is left to chance; what comes at what moment, it cannot fix.
        projects: in how many projects; None: as many as have `MEMBERS` machines each.
        wrong_clocks: whether some answers tell a time that is an hour off. Some ends may then be
            ambiguous, with the machine among the candidates.

    Returns:
        The account: figures, and under "problems" what must not be.
    """
    chance, began = random.Random(seed), time.perf_counter()  # noqa: S311  (to be repeatable is its point)
    places = projects or max(1, creations // MEMBERS)
    specs = [secret_spec(f"web-{n}", sequence_id=n, project_id=f"p{n % places}") for n in range(creations)]
    simulator = Simulator(
        token=f"{CANARY}-0",
        speed=16.0,
        steps=3,
        seed=seed,
        clock_skew=chance.choice([0.0, 40.0, -3_600.0, 3_600.0]),
        list_shows_sequence_id=chance.choice([True, False]),
    )
    async with simulator:
        run = Run(simulator, chance, {spec.name: spec for spec in specs}, wrong_clocks)
        rotation = asyncio.create_task(run.rotate_tokens())
        rounds = await run.to_the_end()
        rotation.cancel()
        await asyncio.wait([rotation])
        account = run.account()
    seconds = round(time.perf_counter() - began, 1)
    return {
        "seed": seed,
        "projects": places,
        "rounds": rounds,
        "seconds": seconds,
        **account,
        "problems": run.problems[:SHOWN],
    }


def main() -> int:
    """Run once, and print the account as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creations", type=int, default=10_000)
    parser.add_argument("--projects", type=int, help=f"default: {MEMBERS} creations in each")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--wrong-clocks", action="store_true", help="some answers tell a time that is an hour off")
    parser.add_argument("--uvloop", action="store_true", help="on another event loop than asyncio's own")
    arguments = parser.parse_args()
    loops = importlib.import_module("uvloop").new_event_loop if arguments.uvloop else None
    sys.stderr.write(f"seed {arguments.seed}\n")  # at once: whatever happens, it can be run again
    with watched_logs() as leaked, asyncio.Runner(loop_factory=loops) as runner:
        run = chaos(
            arguments.creations,
            seed=arguments.seed,
            projects=arguments.projects,
            wrong_clocks=arguments.wrong_clocks,
        )
        account = runner.run(run)
    sys.stdout.write(json.dumps({**account, "secrets_in_logs": leaked[:SHOWN]}) + "\n")
    return 1 if leaked or account["problems"] or account["duplicates"] or account["lost"] or account["made_up"] else 0


if __name__ == "__main__":
    sys.exit(main())
