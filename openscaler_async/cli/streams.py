"""A run as lines, in one of two formats: for people where no bar can move, and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .consoles import say
from .lines import LineWriter
from .report import summary

if TYPE_CHECKING:
    from openscaler_async import Progress

    from .board import Board, Machine


class LineFormat(Protocol):
    """Turns what happens to a run into lines."""

    def progress(self, machine: Machine, progress: Progress) -> str | None:
        """Write progress, or None where it has no line."""
        ...

    def end(self, machine: Machine) -> str:
        """Write how a machine ended."""
        ...

    def summary(self, board: Board) -> str:
        """Write how the run went."""
        ...


class StreamView:
    """Writes lines; when their reader goes away, says the result on standard error."""

    def __init__(self, board: Board, lines: LineFormat) -> None:
        self._board = board
        self._lines = lines
        self._writer = LineWriter()

    def start(self) -> None:
        """Begin to write."""
        self._writer.start()

    def progressed(self, machine: Machine, progress: Progress) -> None:
        """Write a line for progress, if the format has one."""
        line = self._lines.progress(machine, progress)
        if line is not None:
            self._writer.put(line)

    def ended(self, machine: Machine) -> None:
        """Write a line for a machine that ended."""
        self._writer.put(self._lines.end(machine))

    def report(self) -> None:
        """Write the last line."""
        self._writer.put(self._lines.summary(self._board))

    def stop(self) -> None:
        """Wait until everything is written, or nobody reads it any more."""
        self._writer.stop()
        if self._writer.error is not None:
            say(f"the output was cut off ({self._writer.error.strerror}): {summary(self._board)}")
