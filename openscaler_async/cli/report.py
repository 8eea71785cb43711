"""The closing words of a run: what went wrong with which machine, and how it went in all."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from openscaler_async import Outcome

from .marks import sign, words
from .text import duration, plain, price

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from .board import Board, Machine

_ALONE = 3
"""Up to this many machines with the same error get a line each."""
_SEVERAL = 2
_ORDER = (Outcome.CREATED, Outcome.FAILED, Outcome.REJECTED, Outcome.UNKNOWN, Outcome.NOT_SENT)


def errors_table(board: Board, console: Console) -> Table:
    """Draw every error's own sentence; one that many machines share is told once, with their names."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for group in _groups(board):
        for text in _sentences(group):
            table.add_row(sign(group[0].outcome or Outcome.UNKNOWN, console), Text(text))
    return table


def summary(board: Board) -> str:
    """Say how a run went, in one line."""
    asked, counts = len(board.machines), board.counts()
    parts = [f"{counts[o.value]} {words(o.value)}" for o in _ORDER if counts[o.value]]
    of_all = "" if counts["created"] == asked else f" of {asked}"
    return f"{_label(board)}{', '.join(parts)}{of_all} in {duration(board.elapsed)}{_together(board)}"


def _label(board: Board) -> str:
    labels = {"simulated": board.simulated, "interrupted": board.interrupted}
    said = ", ".join(label for label, holds in labels.items() if holds)
    return f"{said.capitalize()}: " if said else ""


def _together(board: Board) -> str:
    created = [machine for machine in board.machines if machine.outcome is Outcome.CREATED]
    prices = [machine.vm.price_hourly for machine in created if machine.vm is not None]
    known = [amount for amount in prices if amount is not None]
    if len(known) < max(len(created), _SEVERAL):
        return ""
    return f"; together {price(sum(known))} an hour"


def _groups(board: Board) -> list[list[Machine]]:
    groups: dict[str, list[Machine]] = {}
    for machine in board.in_error():
        groups.setdefault(_sentence(machine, "%"), []).append(machine)
    return list(groups.values())


def _sentence(machine: Machine, instead_of_name: str) -> str:
    return plain(str(machine.error).replace(repr(machine.name), instead_of_name, 1))


def _sentences(group: list[Machine]) -> list[str]:
    if len(group) <= _ALONE:
        return [plain(str(machine.error)) for machine in group]
    shared = _sentence(group[0], f"these {len(group)} machines")
    return [f"{', '.join(_ranges(group))}: {shared}"]


def _ranges(group: list[Machine]) -> Iterator[str]:
    # Neighbours in the order they were asked for differ from their place in the group by the same.
    numbered = enumerate(group)
    for _, neighbours in groupby(numbered, key=lambda pair: pair[1].index - pair[0]):
        names = [machine.name for _, machine in neighbours]
        yield ", ".join(names) if len(names) <= _SEVERAL else f"{names[0]} to {names[-1]}"
