"""The client process: creates machines in one of the ways of `peers.py`, and prints what that took as JSON."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import machine
import peers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

WARM_UP = 20
SETTLE = 0.05
"""Seconds for closed connections to leave the loop between two samples."""


def posts(url: str) -> int:
    """Return how many POSTs the server has seen."""
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own loopback server
        return int(response.read())


def check(peer: str, results: Sequence[Any], count: int) -> None:
    """Make sure that each creation gave a machine of its own."""
    machines = count if peer == "raw" else len(set(map(peers.vm_id, results)))
    if len(results) != count or machines != count:
        message = f"{peer}: {count} creations, {len(results)} results, {machines} machines"
        raise RuntimeError(message)


def collect() -> None:
    """Collect garbage, and leave the collector in any of its phases, as a program that runs for long finds it.

    A middle collection follows every tenth young one: from a fixed start, one peer may just reach it in each sample and
    another just miss it.
    """
    gc.collect()
    for _ in range(random.randrange(gc.get_threshold()[1] or 1)):  # noqa: S311 - no secret
        gc.collect(0)


async def timed(work: Callable[[], Awaitable[None]]) -> dict[str, float]:
    """Return the CPU and wall seconds of `work`."""
    collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await work()
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


async def life(peer: str, url: str, count: int, waves: int) -> None:
    """Open a client, create `count` machines at once, `waves` times, and close it."""
    async with peers.PEERS[peer](url) as batch:
        for _ in range(waves):
            check(peer, await batch(count), count)


async def warm_up(names: Sequence[str], url: str) -> None:
    """Let every peer import and cache what it needs."""
    for peer in names:
        await life(peer, url, WARM_UP, 1)


async def waves(arguments: argparse.Namespace) -> list[dict[str, dict[str, float]]]:
    """Measure all peers in turn, in a new random order each round."""
    await warm_up(arguments.peers, arguments.fast)
    rounds = []
    for number in range(arguments.rounds):
        samples = {}
        for peer in random.sample(arguments.peers, len(arguments.peers)):
            if peer in arguments.slow_peers and number:
                continue
            before = posts(arguments.url)
            total = arguments.count * arguments.waves
            sample = await timed(lambda peer=peer: life(peer, arguments.url, arguments.count, arguments.waves))  # type: ignore[misc]
            samples[peer] = {name: value / total for name, value in sample.items()}
            await asyncio.sleep(SETTLE)
            samples[peer]["posts"] = (posts(arguments.url) - before) / total
        rounds.append(samples)
    return rounds


async def held(arguments: argparse.Namespace) -> list[dict[str, dict[str, float]]]:
    """Measure one peer once, its memory too, in a process that has done nothing else."""
    (peer,) = arguments.peers
    await warm_up(arguments.peers, arguments.fast)
    await asyncio.sleep(SETTLE)
    gc.collect()
    idle = machine.memory_bytes(peak=False)
    async with peers.PEERS[peer](arguments.url) as batch:
        results: Sequence[Any] = ()

        async def work() -> None:
            nonlocal results
            results = await batch(arguments.count)

        sample = await timed(work)
        peak = machine.memory_bytes(peak=True)
    check(peer, results, arguments.count)
    sample["cpu"] /= arguments.count
    sample["posts"] = posts(arguments.url) / arguments.count
    if idle is not None and peak is not None:
        sample["memory"] = (peak - idle) / arguments.count
    return [{peer: sample}]


def main() -> None:
    """Read the arguments, measure, and print the samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("waves", "held"))
    parser.add_argument("--peers", nargs="+", required=True, choices=peers.PEERS)
    parser.add_argument("--slow-peers", nargs="*", default=[], help="these take part in the first round only")
    parser.add_argument("--url", required=True, help="the server to measure against")
    parser.add_argument("--fast", required=True, help="the server to warm up against")
    parser.add_argument("--count", type=int, required=True, help="creations at once")
    parser.add_argument("--waves", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    machine.raise_file_limit()
    samples = asyncio.run(waves(arguments) if arguments.kind == "waves" else held(arguments))
    sys.stdout.write(json.dumps(samples) + "\n")


if __name__ == "__main__":
    main()
