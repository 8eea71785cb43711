"""Ctrl-C and SIGTERM as an event of the loop: the first one asks, the second one ends."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_requests() -> Iterator[asyncio.Event]:
    """Set an event at the first Ctrl-C or SIGTERM; a second one does what it always did.

    Must be entered in a running loop of the main thread.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(_number: int, _frame: object) -> None:
        restore()
        loop.call_soon_threadsafe(asked.set)

    for number in _SIGNALS:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        restore()
