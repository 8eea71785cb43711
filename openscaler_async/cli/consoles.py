"""Standard output and standard error, as the commands use them."""

from __future__ import annotations

import sys

from rich.console import Console

_WITHOUT_WRAPPING = 1000  # columns: one line stays one line for grep


def output() -> Console:
    """Give standard output; where it is no terminal, nothing is wrapped."""
    width = None if sys.stdout.isatty() else _WITHOUT_WRAPPING
    return Console(width=width, highlight=False)


def can_draw(console: Console) -> bool:
    """Tell whether bars can move there."""
    return sys.stdout.isatty() and not console.is_dumb_terminal


def say(sentence: str) -> None:
    """Tell the person something that is no result, in one line on standard error."""
    print(f"openscaler: {sentence}", file=sys.stderr)  # noqa: T201  (this is how it is told)
