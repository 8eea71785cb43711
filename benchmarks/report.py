"""The report: Markdown tables that also read well in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import machine
from figures import Figure, Target, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plan import Plan

TITLES = {
    "creations": "Creations: 10 progress events and a machine, over HTTP on loopback",
    "decoder": "Decoders alone: CPU for bytes that are already there",
    "import": "Import, in a fresh interpreter",
}


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """Return an aligned Markdown table; every column but the first is aligned to the right."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def row(cells: list[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return f"| {' | '.join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])} |"

    return "\n".join(map(row, [head, rule, *lines[1:]]))


def figures_table(figures: list[Figure]) -> str:
    """Return the medians: a line for each figure, a column for each peer."""
    present = {peer for figure in figures for samples in figure.rounds for peer in samples}
    peers = [peer for peer in figures[0].order if peer in present]
    rows = [
        [figure.title, *(number(figure.value(peer)) for peer in peers), str(len(figure.rounds))] for figure in figures
    ]
    return table(["median of the rounds", *peers, "rounds"], rows)


def targets_table(targets: list[Target]) -> str:
    """Return the ratios beside what they must reach."""
    rows = []
    for target in targets:
        values = target.values()
        spread = f"{number(min(values))} to {number(max(values))}" if values else "-"
        bound = "-" if target.bound is None else f"{'>=' if target.least else '<='} {target.bound:g}"
        verdict = {True: "yes", False: "NO", None: "-"}[target.met()]
        what, _, _ = target.figure.title.rpartition(", ")
        rows.append([f"{what}: {target.text}", number(target.measured()), spread, bound, verdict])
    return table(["what", "median", "lowest to highest round", "target", "met"], rows)


def render(plan: Plan) -> str:
    """Return the whole report."""
    parts = ["\n".join(f"- {line}" for line in machine.description())]
    for group, title in TITLES.items():
        figures = [figure for figure in plan.figures if figure.group == group]
        if figures:
            parts += [f"## {title}", figures_table(figures)]
    if plan.targets:
        parts += ["## Ratios, and what they must reach", targets_table(plan.targets)]
    if plan.notes:
        parts += ["## Notes of this run", "\n".join(f"- {note}" for note in plan.notes)]
    return "\n\n".join(parts) + "\n"


def page(text: str) -> str:
    """Return the report as a page of the documentation."""
    return f"""# Benchmarks

Written by `python benchmarks/run.py --write docs/benchmarks.md`. All peers read the same bytes from the same local
server, which runs in a process of its own; they are measured in turn, in a new random order each round. A ratio is
taken inside one round; the tables show medians.

- *raw* reads the bytes with aiohttp and does nothing with them: the floor.
- *hand-written* is the loop users write over aiohttp: lines, `event:` and `data:`, `json.loads`.
- *sdk-awaited* is `await asyncio.gather(*(client.vms.create(spec) for spec in specs))`; *sdk-iterated* reads each
  creation with `async for` too. Specs are made, checked and paid for inside the measurement.
- *200 at once*: a client is opened, creates three waves of 200 at once, and is closed; all of it counts.
  httpx suffers most from the second and third wave, when its pool looks at every kept connection for each request:
  one wave alone, on a fresh client, costs it about a third of the figure here.
- *each event a read*: events are 20 ms apart, so that none arrives together with another, as in life.
- *peak memory*: the highest resident memory of a fresh process, less what it had when idle after a small warm-up.

{text}"""
