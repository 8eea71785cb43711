"""What a run measures and until when, and the processes it starts and ends."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from figures import Figure, Target

HERE = Path(__file__).parent


@dataclass
class Plan:
    """How much to measure, and until when."""

    quick: bool
    rounds: int | None
    deadline: float
    figures: list[Figure] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sdk: bool = field(default_factory=lambda: importlib.util.find_spec("openscaler_async") is not None)

    def left(self, most: float) -> float:
        """Return the seconds a process may take."""
        return max(1.0, min(most, self.deadline - time.monotonic()))

    def number(self, usual: int, quick: int) -> int:
        """Return how many rounds to make."""
        return self.rounds or (quick if self.quick else usual)

    def peers(self, names: list[str]) -> list[str]:
        """Return those that are installed."""
        return [name for name in names if self.sdk or not name.startswith("sdk")]

    def run(self, what: str, arguments: list[str], most: float, environment: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - any JSON
        """Return the JSON that a Python process printed, or None if it failed or ran out of time."""
        if time.monotonic() > self.deadline:
            return None
        try:
            done = subprocess.run(  # noqa: S603 - our own files
                [sys.executable, *arguments],
                capture_output=True,
                text=True,
                timeout=self.left(most),
                check=True,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            self.note(f"{what}: out of time")
        except subprocess.CalledProcessError as error:
            self.note(f"{what}: failed: {''.join(error.stderr.strip().splitlines()[-1:])}")
        else:
            return json.loads(done.stdout)
        return None

    def script(self, what: str, name: str, arguments: list[str], most: float) -> Any:  # noqa: ANN401 - any JSON
        """Run one of the files beside this one."""
        return self.run(what, [str(HERE / name), *arguments], most)

    def note(self, text: str) -> None:
        """Keep a line for the report, and show it at once."""
        self.notes.append(text)
        sys.stderr.write(f"  {text}\n")


@contextmanager
def server(interval: float) -> Iterator[str]:
    """Run a server of our own; give its URL."""
    command = [sys.executable, str(HERE / "server.py"), "--interval", str(interval)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"  # type: ignore[union-attr]
        finally:
            process.stdin.close()  # type: ignore[union-attr]
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
