"""Signs and colours of states, for terminals that can show them and for those that cannot."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.text import Text

from openscaler_async import Outcome

if TYPE_CHECKING:
    from rich.console import Console

    from .board import Machine

STYLES = {
    "waiting": "dim",
    "creating": "cyan",
    Outcome.CREATED.value: "green",
    Outcome.FAILED.value: "red",
    Outcome.REJECTED.value: "red",
    Outcome.NOT_SENT.value: "yellow",
    Outcome.UNKNOWN.value: "magenta",
}
"""Colours, by the states of `Board.counts`."""
_SIGNS = {
    Outcome.CREATED: ("✓", "+"),
    Outcome.FAILED: ("✗", "x"),
    Outcome.REJECTED: ("✗", "x"),
    Outcome.NOT_SENT: ("-", "-"),
    Outcome.UNKNOWN: ("?", "?"),
}
_SPINNER = ("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\")
_FRAMES_PER_SECOND = 10


def words(state: str) -> str:
    """Write a state as words: ``not_sent`` is ``not sent``."""
    return state.replace("_", " ")


def sign(outcome: Outcome, console: Console) -> Text:
    """Give the sign of an outcome."""
    return Text(_SIGNS[outcome][console.options.ascii_only], STYLES[outcome.value])


def sign_of(machine: Machine, console: Console) -> Text:
    """Give the sign of a machine: it turns while the machine is being created."""
    if machine.outcome is not None:
        return sign(machine.outcome, console)
    if machine.progress is None:
        return Text("")
    frames = _SPINNER[console.options.ascii_only]
    frame = int(time.monotonic() * _FRAMES_PER_SECOND) % len(frames)
    return Text(frames[frame], STYLES["creating"])
