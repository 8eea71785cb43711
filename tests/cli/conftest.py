"""The command line in this process, a simulator in a thread of its own, and a terminal to look at."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from openscaler_async.cli import main
from openscaler_async.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ORDER = ("--size", "b-1-500mb-10", "--region", "alg1", "--distro", "debian-13")
_CONTROL = re.compile(r"\x1b\[(\??)(\d*)(?:;\d+)*([A-Za-z])|([\r\n])")


@attrs.frozen
class Ran:
    """What one command line gave."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of standard output, without what pads them."""
        return [line.rstrip() for line in self.out.splitlines()]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The objects of standard output, one from each line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def event(self, kind: str) -> dict[str, Any]:
        """Give the only event of a kind."""
        (found,) = [event for event in self.events if event["event"] == kind]
        return found


@contextmanager
def _serving(speed: float) -> Iterator[Simulator]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    simulator = Simulator(speed=speed)
    try:
        asyncio.run_coroutine_threadsafe(simulator.start(), loop).result(10)
        yield simulator
        asyncio.run_coroutine_threadsafe(simulator.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Give a simulator that answers at once, as the provider that the environment names."""
    with _serving(float("inf")) as simulator:
        monkeypatch.setenv("OPENSCALER_TOKEN", simulator.token)
        monkeypatch.setenv("OPENSCALER_BASE_URL", simulator.url)
        yield simulator


@pytest.fixture
def openscaler(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command line in this process; its standard output is no terminal."""

    def run(*arguments: object) -> Ran:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture
def create(openscaler: Callable[..., Ran]) -> Callable[..., Ran]:
    """Run ``vms create`` with everything that it needs."""

    def run(*arguments: object) -> Ran:
        return openscaler("vms", "create", *arguments, *ORDER)

    return run


class Terminal:
    """A real pseudo terminal as standard output, and what a person sees on it."""

    def __init__(self) -> None:
        self._reading, writing = pty.openpty()
        self._stdout = os.fdopen(writing, "w", encoding="utf-8")
        self._raw = bytearray()
        self._until: tuple[str, ...] = ()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def run(self, *arguments: str, until: tuple[str, ...] = ()) -> int:
        """Run a command line here, then hang up; press Ctrl-C when everything was to be seen.

        Gives the exit code.
        """
        self._until = until
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdout", self._stdout)
            code = main(list(arguments))
        self.close()
        return code

    def close(self) -> None:
        """Hang up, after everything was read."""
        if not self._stdout.closed:
            self._stdout.close()
            self._reader.join()
            os.close(self._reading)

    @property
    def text(self) -> str:
        """Everything that was ever written, without control sequences."""
        return _CONTROL.sub(lambda match: "\n" if match[4] else "", self._raw.decode(errors="replace"))

    @property
    def screen(self) -> list[str]:
        """The lines that are left at the end."""
        lines, row, column, at = [""], 0, 0, 0
        raw = self._raw.decode()
        for match in [*_CONTROL.finditer(raw), None]:
            shown = raw[at : match.start() if match else None]
            lines[row] = lines[row][:column].ljust(column) + shown + lines[row][column + len(shown) :]
            column += len(shown)
            if match is None:
                break
            at = match.end()
            if match[4] == "\r":
                column = 0
            elif match[4] == "\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            elif match[3] == "A":
                row -= int(match[2] or 1)
            elif match[3] == "K":
                lines[row] = ""
        return [line.rstrip() for line in lines if line.strip()]

    def _read(self) -> None:
        while True:
            try:
                self._raw += os.read(self._reading, 65536)
            except OSError:  # Linux says so when the other end is closed
                return
            if self._until and all(seen in self.text for seen in self._until):
                self._until = ()
                os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """Give a terminal of 100 columns and 30 rows."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "30")
    given = Terminal()
    yield given
    given.close()
