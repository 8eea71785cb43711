"""What every way of showing a run can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from openscaler_async import Progress

    from .board import Machine


class View(Protocol):
    """Shows one run."""

    def start(self) -> None:
        """Begin to show; returns at once."""
        ...

    def progressed(self, machine: Machine, progress: Progress) -> None:
        """Show that a machine made progress; returns at once."""
        ...

    def ended(self, machine: Machine) -> None:
        """Show that a machine ended; returns at once."""
        ...

    def report(self) -> None:
        """Show what is known of each machine, and how the run went; may block."""
        ...

    def stop(self) -> None:
        """Leave the terminal as it was, started or not; may block."""
        ...
