"""Exit codes, and the problem of the caller's that ends in one of them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from openscaler_async import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(enum.IntEnum):
    """What the exit code of ``openscaler`` says."""

    OK = 0
    """Everything asked for is there."""
    FAILED = 1
    """Something failed, was rejected, or was not sent."""
    UNKNOWN = 2
    """The result of at least one creation is not known: there may be a machine."""
    USAGE = 3
    """The command line, a file it names, or the environment is wrong; nothing was sent."""


class UsageProblem(Exception):
    """The command line, a file it names, or the environment is wrong; nothing was sent."""


class Finished(Exception):
    """A command has ended with this exit code (typer's own way cannot tell our 2 from its 2)."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


def code_of(outcomes: Iterable[Outcome]) -> ExitCode:
    """Say in one code how creations ended; an unknown result wins over a failed one."""
    found = set(outcomes)
    if Outcome.UNKNOWN in found:
        return ExitCode.UNKNOWN
    return ExitCode.OK if found <= {Outcome.CREATED} else ExitCode.FAILED
