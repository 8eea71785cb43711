"""Ctrl-C and SIGTERM: stop following, say what is known of each machine, no traceback."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from openscaler_async.cli.signals import stop_requests
from openscaler_async.simulator import Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openscaler_async.simulator import Simulator

    Run = Callable[..., Any]

    class Terminal(Protocol):
        """The fixture."""

        text: str
        screen: list[str]

        def run(self, *arguments: str, until: tuple[str, ...] = ()) -> int:
            """Run a command line."""
            ...


COMMAND = (sys.executable, "-m", "openscaler_async.cli")
SLOWLY = ("--size", "b-1-500mb-10", "--region", "alg1", "--distro", "debian-13", "--simulate")


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command line in a process of its own."""
    pipe = subprocess.PIPE
    with subprocess.Popen([*COMMAND, *arguments], stdout=pipe, stderr=pipe, text=True) as process:  # noqa: S603  (ours)
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_json_tells_what_is_known_of_each(number: signal.Signals) -> None:
    """What was sent is unknown, what was not is not sent, and the summary says that it was interrupted."""
    with running("vms", "create", "web", "--count", "3", "--concurrency", "2", "--json", *SLOWLY) as process:
        assert process.stdout
        first = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(number)
        rest, err = process.communicate(timeout=30)
    events = [*first, *map(json.loads, rest.splitlines())]
    known = {event["name"]: event["event"] for event in events if "name" in event}
    assert {"web-1": "unknown", "web-2": "unknown", "web-3": "not_sent"} == known
    assert (True, 2) == (events[-1]["interrupted"], events[-1]["exit_code"])
    assert (2, "") == (process.returncode, err)


@contextmanager
def interrupted_when(condition: Callable[[], bool]) -> Iterator[None]:
    """Send this process Ctrl-C once a condition holds."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.005):
            if condition():
                os.kill(os.getpid(), signal.SIGINT)
                return

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


def test_lines_tell_what_is_known_of_each(create: Run, served: Simulator) -> None:
    """Every machine has its line; afterwards Ctrl-C means what it meant before."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    served.inject(Silence(after_events=1), times=2)
    with interrupted_when(lambda: served.posts == 2):
        ran = create("web", "--count", 5, "--concurrency", 2)
    assert 2 == ran.code
    assert {"unknown": 2, "not": 3, "Interrupted:": 1} == Counter(line.split()[0] for line in ran.lines)
    assert ran.lines[-1].startswith("Interrupted: 2 unknown, 3 not sent of 5 in ")
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert 2 == served.posts


def test_terminal_groups_what_is_alike(terminal: Terminal, served: Simulator) -> None:
    """Where many machines share an error, it is told once, with the names as ranges."""
    served.inject(Silence(after_events=1), times=4)
    order = "--size", "b-1-500mb-10", "--region", "alg1", "--distro", "debian-13"
    many = "--count", "30", "--concurrency", "4"
    assert 2 == terminal.run("vms", "create", "web", *many, *order, until=("26 waiting  4 creating",))
    text = " ".join(terminal.screen)
    assert "? web-1 to web-4: the creation of these 4 machines was sent and its result is not known" in text
    assert "- web-5 to web-30: the creation of these 26 machines was not sent: " in text
    assert terminal.screen[-1].startswith("Interrupted: 4 unknown, 26 not sent of 30 in ")
    assert 4 == served.posts


def test_pressed_twice() -> None:
    """Another Ctrl-C soon after the first changes nothing; later, it does what it always did."""

    async def press(patience: float) -> bool:
        with stop_requests(patience) as asked:
            for _ in range(3):
                os.kill(os.getpid(), signal.SIGINT)
            await asyncio.wait_for(asked.wait(), 10)
            return asked.is_set()

    assert asyncio.run(press(patience=60))
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(press(patience=0))
