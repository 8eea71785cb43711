"""What is known of every machine of one run, for whoever shows it. No I/O.

The event loop writes it, a thread that draws may read it: the machines never change places,
and each field is written once at a time.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import attrs

from openscaler_async import VM, CreationError, Outcome, Progress

if TYPE_CHECKING:
    from collections.abc import Iterable

PERCENT = 100.0
_LAST_ERRORS = 3


@attrs.define(kw_only=True, eq=False)
class Machine:
    """One machine that was asked for.

    Attributes:
        index: its place in the run, from 0.
        progress: the last progress that came; ``None`` while it waits for its first.
        percent: the last number that came with progress; not every progress has one.
        outcome: ``None`` while it is on its way.
        vm: the machine, once it is there and its description could be read.
        error: why there is no machine to show.
    """

    index: int
    name: str
    sequence_id: int | None = None
    progress: Progress | None = None
    percent: float | None = None
    outcome: Outcome | None = None
    vm: VM | None = None
    error: CreationError | None = None

    def note_progress(self, progress: Progress) -> None:
        """Note how far it is."""
        self.progress = progress
        if progress.percent is not None:
            self.percent = progress.percent

    @property
    def state(self) -> str:
        """``waiting``, ``creating`` or the outcome."""
        if self.outcome is not None:
            return self.outcome.value
        return "waiting" if self.progress is None else "creating"

    @property
    def reached(self) -> float:
        """How far it came, 0 to 100."""
        if self.outcome is Outcome.CREATED:
            return PERCENT
        return self.percent or 0.0

    @property
    def behind(self) -> float:
        """How much of its work is behind us, 0 to 100: all of it, once it ended in any way."""
        return self.reached if self.outcome is None else PERCENT


@attrs.define(kw_only=True, eq=False)
class Board:
    """Every machine of one run, in the order they were asked for.

    Attributes:
        machines: all of them.
        last_errors: the machines that ended last with an error.
        interrupted: whether the run was stopped before its end.
        simulated: whether the machines are a simulator's.
    """

    machines: list[Machine]
    last_errors: tuple[Machine, ...] = ()
    started_at: float = attrs.field(factory=time.monotonic)
    ended_at: float | None = None
    interrupted: bool = False
    simulated: bool = False

    @property
    def elapsed(self) -> float:
        """Seconds from the run's beginning to its end, or to now."""
        return (self.ended_at or time.monotonic()) - self.started_at

    def close(self) -> None:
        """Stop the clock."""
        self.ended_at = time.monotonic()

    @property
    def fraction(self) -> float:
        """How much of all the work is behind us, 0 to 1."""
        behind = sum(machine.behind for machine in self.machines)
        return behind / (PERCENT * len(self.machines))

    def note_end(self, machine: Machine, end: VM | CreationError) -> None:
        """Note how a machine ended."""
        if isinstance(end, CreationError):
            machine.error, machine.outcome = end, end.outcome
            self.last_errors = (*self.last_errors, machine)[-_LAST_ERRORS:]
        else:
            machine.vm, machine.outcome = end, Outcome.CREATED

    def counts(self) -> Counter[str]:
        """Count machines by their state."""
        return Counter(machine.state for machine in self.machines)

    def in_error(self) -> list[Machine]:
        """Give the machines that ended with an error."""
        return [machine for machine in self.machines if machine.error is not None]

    def outcomes(self) -> Iterable[Outcome]:
        """Give how each ended; one that has not ended is not known."""
        return (machine.outcome or Outcome.UNKNOWN for machine in self.machines)
