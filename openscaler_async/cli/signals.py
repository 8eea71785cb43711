"""Ctrl-C and SIGTERM as an event of the loop: the first one asks to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_requests(patience: float = 3.0) -> Iterator[asyncio.Event]:
    """Set an event at the first Ctrl-C or SIGTERM.

    Must be entered in a running loop of the main thread.

    Args:
        patience: seconds in which another signal changes nothing, so that Ctrl-C pressed twice does
            not lose the report; after that, it does what it did before.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    asked_at: list[float] = []
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(number: int, _frame: object) -> None:
        asked_at.append(time.monotonic())
        if len(asked_at) == 1:
            loop.call_soon_threadsafe(asked.set)
        elif asked_at[-1] - asked_at[0] >= patience:
            restore()
            os.kill(os.getpid(), number)

    for number in _SIGNALS:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        restore()
