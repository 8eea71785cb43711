"""`openscaler simulate`: a simulator to talk to, until Ctrl-C."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    Run = Callable[..., Any]

COMMAND = (sys.executable, "-m", "openscaler_async.cli")
ORDER = ("--size", "b-1-500mb-10", "--region", "alg1", "--distro", "debian-13")


def test_serves_until_it_is_stopped(create: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it prints is what to export; commands then use it; at the end it says what it did."""
    command = [*COMMAND, "simulate", "--speed", "inf", "--steps", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  (ours)
        try:
            assert process.stdout
            for _ in range(2):
                name, _, value = process.stdout.readline().strip().removeprefix("export ").partition("=")
                monkeypatch.setenv(name, value)
            ran = create("web", "--count", 3, "--json")
        finally:
            process.terminate()
        out, err = process.communicate(timeout=30)
    assert 0 == ran.code
    assert 3 * 2 == len([event for event in ran.events if event["event"] == "progress"])
    assert ("", 0) == (out, process.returncode)
    first, last = err.splitlines()
    assert "Ctrl-C stops it" in first
    assert "openscaler: stopped; 3 creations were asked for, 3 machines were made" == last


def test_address_that_is_taken(openscaler: Run) -> None:
    """A port that another program has is one sentence."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ran = openscaler("simulate", "--port", port)
    assert (1, "") == (ran.code, ran.out)
    assert ran.err.startswith(f"openscaler: cannot listen on 127.0.0.1:{port}: ")
    assert 1 == ran.err.count("\n")
