"""The picture of a run on a terminal while it lasts: a bar for each machine, or an aggregate.

Pure drawing: a board in, a renderable out, as wide and as tall as the terminal allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from openscaler_async import Outcome

from .board import PERCENT
from .marks import STYLES, sign_of, words
from .text import clock, crop_middle, plain, public_ip, ssh_port

if TYPE_CHECKING:
    from collections import Counter

    from rich.console import Console, RenderableType

    from openscaler_async import CreationError

    from .board import Board, Machine

FEW = 20
"""Up to this many machines get a bar each."""
_SPARE_LINES = 4  # the total, the counts, the line below them, and the command above
_BAR_CELLS = (10, 40)
_ALWAYS_COUNTED = frozenset({"waiting", "creating", "created"})
_GUESS_SECONDS, _GUESS_FRACTION = 2.0, 0.02  # before that, the time left is no more than a guess


def draw(board: Board, console: Console) -> RenderableType:
    """Draw a run so that it fits the terminal."""
    machines = len(board.machines)
    if machines <= FEW and machines + _SPARE_LINES <= console.height:
        return _draw_each(board, console)
    return _draw_aggregate(board, console)


def _draw_each(board: Board, console: Console) -> Group:
    longest = max(len(machine.name) for machine in board.machines)
    name_cells = min(max(longest, len("total")), console.width // 3)
    low, high = _BAR_CELLS
    table = Table.grid(expand=True, padding=(0, 1, 0, 0))
    table.add_column(width=1)
    table.add_column(width=name_cells, no_wrap=True)
    table.add_column(width=min(max((console.width - name_cells) // 2 - 6, low), high))
    table.add_column(width=4, justify="right", no_wrap=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for machine in board.machines:
        name = crop_middle(machine.name, name_cells)
        cells = (_bar(machine), _percent(machine), _words_of(machine))
        table.add_row(sign_of(machine, console), Text(name), *cells)
    fraction = board.fraction
    table.add_row("", "total", _total_bar(fraction), f"{fraction:.0%}", clock(board.elapsed))
    return Group(table, Text("  ").append_text(_counts(board.counts())))


def _bar(machine: Machine) -> ProgressBar:
    style = STYLES[machine.state]
    return ProgressBar(PERCENT, machine.reached, complete_style=style, finished_style=style)


def _percent(machine: Machine) -> str:
    known = machine.percent is not None or machine.outcome is Outcome.CREATED
    return f"{machine.reached:.0f}%" if known else ""


def _words_of(machine: Machine) -> Text:
    if machine.vm is not None:
        port = ssh_port(machine.vm)
        return Text(public_ip(machine.vm) + (f" ssh {port}" if port else ""), STYLES["created"])
    if machine.error is not None:
        return Text(f"{words(machine.state)}: {_short(machine.error)}", STYLES[machine.state])
    if machine.progress is None:
        return Text("waiting", STYLES["waiting"])
    return Text(plain(machine.progress.message))


def _short(error: CreationError) -> str:
    words_of_it = (getattr(error, name, None) for name in ("reason", "message"))
    return plain(next(filter(None, words_of_it), str(error)))


def _total_bar(fraction: float) -> ProgressBar:
    return ProgressBar(1.0, fraction, complete_style="bold", finished_style="bold")


def _draw_aggregate(board: Board, console: Console) -> Group:
    counts, fraction = board.counts(), board.fraction
    asked = len(board.machines)
    ended = asked - counts["waiting"] - counts["creating"]
    bar = Table.grid(expand=True, padding=(0, 1, 0, 0))
    bar.add_column(ratio=1)
    bar.add_column(justify="right", no_wrap=True)
    bar.add_row(_total_bar(fraction), f"{fraction:.0%}  {ended}/{asked}")
    errors = [_error_line(machine, console) for machine in board.last_errors]
    return Group(bar, _counts(counts), _pace(board.elapsed, fraction, ended), *errors)


def _counts(counts: Counter[str]) -> Text:
    shown = [state for state in STYLES if counts[state] or state in _ALWAYS_COUNTED]
    return Text("  ").join(Text(f"{counts[state]} {words(state)}", STYLES[state]) for state in shown)


def _pace(elapsed: float, fraction: float, ended: int) -> Text:
    parts = [f"{clock(elapsed)} elapsed"]
    if ended:
        parts.append(f"{ended / elapsed:.1f} a second")
    if elapsed > _GUESS_SECONDS and _GUESS_FRACTION < fraction < 1:
        parts.append(f"about {clock(elapsed * (1 - fraction) / fraction)} left")
    return Text("  ".join(parts), "dim")


def _error_line(machine: Machine, console: Console) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    return line.append_text(sign_of(machine, console)).append(f" {plain(str(machine.error))}")
