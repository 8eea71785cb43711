"""A run on a terminal: bars while it lasts, then tables in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.live import Live
from rich.text import Text

from .bars import draw
from .report import errors_table, summary
from .tables import CREATED, machines_table

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from openscaler_async import Progress

    from .board import Board, Machine

_REFRESHES_PER_SECOND = 10


class LiveView:
    """Draws the board again and again, in a thread of rich's: a slow terminal slows no stream."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._console = console
        self._live = Live(
            console=console,
            get_renderable=lambda: draw(board, console),
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
        )

    def start(self) -> None:
        """Draw the first bars soon."""
        self._live.start()

    def progressed(self, machine: Machine, progress: Progress) -> None:
        """Do nothing: the board is drawn again soon."""

    def ended(self, machine: Machine) -> None:
        """Do nothing: the board is drawn again soon."""

    def report(self) -> None:
        """Replace the bars by tables."""
        self._live.stop()
        vms = [machine.vm for machine in self._board.machines if machine.vm is not None]
        if vms:
            self._print(machines_table(vms, CREATED, self._console), Text())
        if self._board.in_error():
            self._print(errors_table(self._board, self._console), Text())
        self._print(Text(summary(self._board)))

    def stop(self) -> None:
        """Remove the bars, if they are still there, and show the cursor."""
        self._live.stop()

    def _print(self, *renderables: RenderableType) -> None:
        for renderable in renderables:
            self._console.print(renderable)
