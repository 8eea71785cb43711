"""The command line ``openscaler``: arguments, progress and tables, JSON lines, exit codes.

No logic of its own: it calls the public API and shows what that says. Needs the extra ``cli``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXTRA = frozenset({"typer", "rich", "click", "pydantic", "shellingham"})
_EXIT_USAGE = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: what follows the program's name; from ``sys.argv`` when ``None``.

    Returns:
        The exit code: 0 all created, 1 some failed, 2 some unknown, 3 usage.
    """
    try:
        from .app import run  # noqa: PLC0415  (typer and rich are an extra: they may be missing)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        line = 'openscaler: the command line needs an extra: pip install "openscaler-async[cli]"'
        print(line, file=sys.stderr)  # noqa: T201  (rich may be what is missing)
        return _EXIT_USAGE
    return run(sys.argv[1:] if arguments is None else arguments)
