"""Lines to standard output from a thread of its own, so that a slow reader never slows a stream."""

from __future__ import annotations

import os
import queue
import sys
import threading


class LineWriter:
    """Writes lines to standard output, in order, each flushed.

    When the reader goes away, the rest is dropped: creations that run are followed to their end
    all the same.

    Attributes:
        error: why lines were dropped, if they were.
    """

    def __init__(self) -> None:
        self.error: OSError | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="openscaler-output", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, line: str) -> None:
        """Have a line written soon; returns at once."""
        self._lines.put(line)

    def stop(self) -> None:
        """Wait until everything is written."""
        self._lines.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _write_all(self) -> None:
        for line in iter(self._lines.get, None):
            if self.error is None:
                self._write(line)

    def _write(self, line: str) -> None:
        encoding = sys.stdout.encoding or "utf-8"
        shown = line.encode(encoding, "backslashreplace").decode(encoding)
        try:
            sys.stdout.write(f"{shown}\n")
            sys.stdout.flush()
        except OSError as error:
            self.error = error
            _discard_standard_output()


def _discard_standard_output() -> None:
    # Or the interpreter tries again to flush what is left, at its end, and complains.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
