"""The rows of the benchmark: each starts its own processes, and gives its figures and targets."""

from __future__ import annotations

import os
import random
import tempfile

from figures import Figure, Round, Target
from plan import Plan, server

HTTP_PEERS = ["raw", "hand-written", "aiohttp-sse-client", "httpx-sse", "sdk-awaited", "sdk-iterated"]
DECODERS = ["sdk", "aiohttp-sse-client", "httpx-sse"]
FAST_PEERS = [name for name in HTTP_PEERS if name != "httpx-sse"]
ROUNDS = 4
"""Rounds of one client process: the layout of a process in memory is a chance of its own."""
SLOW_ROUNDS = 3
"""Rounds in which httpx takes part, one in each process: it takes thirty times as long."""
LINEARITY = "data lines"
DECODER_BOUNDS = {
    "progress events, 64 KiB reads": 5.0,
    "VM streams, one read each": 3.5,
    "100,000 data lines in one event": 40.0,
}
PACED = 0.02
"""Seconds between events that are to arrive one by one: longer than 200 of them take to be read."""
APART = 1.0
DEPENDENCIES = "aiohttp, attrs, cattrs, aiohttp_sse_client"


def creations(title: str, rounds: list[Round]) -> Figure:
    """Return a figure of the first table."""
    return Figure("creations", title, HTTP_PEERS, rounds)


def pick(samples: list[dict[str, Round]], name: str, factor: float) -> list[Round]:
    """Return one measure of each round."""
    return [{peer: values[name] * factor for peer, values in line.items() if name in values} for line in samples]


def posts(plan: Plan, title: str, samples: list[dict[str, Round]]) -> None:
    """Say so if any peer sent another number of POSTs than it was asked for."""
    for line in samples:
        for peer, values in line.items():
            if values["posts"] != 1:
                plan.note(f"{title}: {peer} sent {values['posts']:.3f} POSTs for each creation")


def waves(plan: Plan, title: str, interval: float, rounds: int) -> None:
    """Measure 200 at once, in several client processes."""
    samples: list[dict[str, Round]] = []
    with server(0) as fast, server(interval) as url:
        for process in range(max(1, rounds // ROUNDS)):
            options = ["--url", url, "--fast", fast, "--count", "200", "--waves", "3", "--rounds", str(ROUNDS)]
            names = plan.peers(HTTP_PEERS if process < (1 if plan.quick else SLOW_ROUNDS) else FAST_PEERS)
            arguments = ["waves", *options, "--peers", *names, "--slow-peers", "httpx-sse"]
            given = plan.script(title, "worker.py", arguments, 120)
            if given is None:
                break
            samples += given
    posts(plan, title, samples)
    cpu = creations(f"CPU, {title}, us each", pick(samples, "cpu", 1e6))
    plan.figures += [cpu, creations(f"wall, {title}, us each", pick(samples, "wall", 1e6))]
    for text, peer, other, bound in (
        ("awaited / hand-written", "sdk-awaited", "hand-written", 0.95),
        ("iterated / hand-written", "sdk-iterated", "hand-written", 1.10),
        ("awaited / aiohttp-sse-client", "sdk-awaited", "aiohttp-sse-client", 0.85),
        ("awaited / (httpx + httpx-sse)", "sdk-awaited", "httpx-sse", 0.06),
    ):
        plan.targets.append(Target(cpu, text, peer, other, bound))
    plan.targets.append(Target(cpu, "raw / hand-written", "raw", "hand-written", None))


def burst(plan: Plan) -> None:
    """200 at once, events as fast as the server's loop turns: several arrive in one read."""
    waves(plan, "200 at once", 0, plan.number(24, 8))


def paced(plan: Plan) -> None:
    """200 at once, events so far apart that each is a read of its own, as in life."""
    waves(plan, "200 at once, each event a read", PACED, plan.number(16, 4))


def held(plan: Plan, count: int, names: list[str], rounds: int) -> None:
    """Measure many at once with events 1 s apart; a fresh client and a fresh server each time."""
    title = f"{count:,} at once, events 1 s apart"
    samples: list[dict[str, Round]] = []
    for turn in range(rounds):
        line: dict[str, Round] = {}
        for peer in random.sample(names, len(names)):
            if turn and peer not in FAST_PEERS:
                continue
            with server(0) as fast, server(APART) as url:
                options = ["--url", url, "--fast", fast, "--count", str(count), "--peers", peer]
                given = plan.script(f"{title}, {peer}", "worker.py", ["held", *options], 60)
            if given is None:
                names = [name for name in names if name != peer]  # it would only fail again
            else:
                line.update(given[0])
        samples.append(line)
    posts(plan, title, samples)
    cpu = creations(f"CPU, {title}, us each", pick(samples, "cpu", 1e6))
    wall = creations(f"wall, {title}, s in all", pick(samples, "wall", 1))
    memory = creations(f"peak memory, {title}, kB each", pick(samples, "memory", 1e-3))
    plan.figures += [cpu, wall, memory]
    promised = count == 10_000  # noqa: PLR2004 - the number the project promises
    plan.targets += [
        Target(cpu, "awaited / hand-written", "sdk-awaited", "hand-written", None),
        Target(wall, "awaited / raw", "sdk-awaited", "raw", 1.10 if promised else None),
        Target(wall, "iterated / raw", "sdk-iterated", "raw", 1.10 if promised else None),
        Target(memory, "awaited, kB", "sdk-awaited", None, 24 if promised else None),
        Target(memory, "iterated, kB", "sdk-iterated", None, 24 if promised else None),
    ]


def held_1000(plan: Plan) -> None:
    """1,000 at once."""
    names = ["raw", "hand-written", "sdk-awaited", "sdk-iterated"] if plan.quick else HTTP_PEERS
    held(plan, 1_000, plan.peers(names), plan.number(3, 1))


def held_10000(plan: Plan) -> None:
    """10,000 at once, without httpx: its pool takes time by the square of the connections."""
    names = ["raw", "sdk-awaited"] if plan.quick else FAST_PEERS
    held(plan, 10_000, plan.peers(names), plan.number(3, 1))


def decoder(plan: Plan) -> None:
    """The decoders alone."""
    names = plan.peers(DECODERS)
    scale = "10" if plan.quick else "1"
    arguments = ["--peers", *names, "--rounds", str(plan.number(3, 1)), "--scale", scale]
    for case, given in (plan.script("decoder", "decoders.py", arguments, 180) or {}).items():
        figure = Figure("decoder", f"{case}, {given['unit']}", DECODERS, given["rounds"])
        if case == LINEARITY:
            target = Target(figure, "200,000 in an event / 50,000", "200,000", "50,000", 1.3)
        else:
            plan.figures.append(figure)
            bound = DECODER_BOUNDS.get(case)
            target = Target(figure, "aiohttp-sse-client / SDK", "aiohttp-sse-client", "sdk", bound, least=True)
        plan.targets.append(target)


def imports(plan: Plan) -> None:
    """The time of an import, in fresh interpreters."""
    statements = {"dependencies": f"import {DEPENDENCIES}"}
    if plan.sdk:
        statements["sdk"] = "import openscaler_async; openscaler_async.Client"
    figure = Figure("import", "import, ms", ["dependencies", "sdk"])
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
        for turn in range(plan.number(20, 6) + 1):
            line = {}
            for name in random.sample(list(statements), len(statements)):
                code = f"import time; t = time.perf_counter(); {statements[name]}; print(time.perf_counter() - t)"
                seconds = plan.run(f"import, {name}", ["-P", "-c", code], 30, environment)
                if seconds is not None:
                    line[name] = seconds * 1e3
            if turn:  # the first writes the byte code
                figure.rounds.append(line)
    plan.figures.append(figure)
    plan.targets.append(Target(figure, f"openscaler_async / ({DEPENDENCIES})", "sdk", "dependencies", 1.10))


ROWS = {
    "import": imports,
    "decoder": decoder,
    "burst": burst,
    "paced": paced,
    "10000": held_10000,
    "1000": held_1000,
}
