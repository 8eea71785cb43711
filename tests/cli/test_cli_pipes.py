"""Outputs that go away, fill up or cannot show every letter."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openscaler_async.cli import main
from openscaler_async.cli.lines import LineWriter

if TYPE_CHECKING:
    from openscaler_async.simulator import Simulator

FULL = Path("/dev/full")
COMMAND = (sys.executable, "-m", "openscaler_async.cli")
ORDER = ("--size", "b-1-500mb-10", "--region", "alg1", "--distro", "debian-13")


@pytest.mark.usefixtures("served")
def test_reader_that_goes_away() -> None:
    """`| head -1` does not end the creations: they are followed to their end, and counted on standard error."""
    command = [*COMMAND, "vms", "create", "web", "--count", "20", "--json", *ORDER]
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603  (ours)
    os.close(writing)
    assert 0 == ran.returncode
    assert ran.stderr.startswith("openscaler: the output was cut off (Broken pipe): 20 created in ")
    assert 1 == ran.stderr.count("\n")


def test_every_machine_is_made_all_the_same(
    monkeypatch: pytest.MonkeyPatch, served: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader that goes away stops no creation."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert 0 == main(["vms", "create", "web", "--count", "3", *ORDER])
    assert 3 == len(served.vms)
    assert "the output was cut off (Broken pipe): 3 created in " in capsys.readouterr().err


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_list_whose_reader_goes_away(form: tuple[str, ...]) -> None:
    """A list that nobody reads ends quietly."""
    subprocess.run([*COMMAND, "vms", "create", "web", *ORDER], capture_output=True, check=True)  # noqa: S603  (ours)
    reading, writing = os.pipe()
    os.close(reading)
    command = [*COMMAND, "vms", "list", *form]
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603  (ours)
    os.close(writing)
    assert (1, "") == (ran.returncode, ran.stderr)


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")
def test_disk_full() -> None:
    """A full disk is one sentence."""
    with FULL.open("wb") as full:
        command = [*COMMAND, "vms", "list", "--simulate"]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603  (ours)
    assert 1 == ran.returncode
    assert "openscaler: [Errno 28] No space left on device" == ran.stderr.splitlines()[-1]


def test_output_that_cannot_show_every_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter that the output cannot show is written as its number."""
    stdout = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    writer = LineWriter()
    writer.start()
    writer.put("wëb")
    writer.stop()
    stdout.seek(0)
    assert "w\\xebb\n" == stdout.read()


def test_slow_reader_slows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are taken at once, however slowly they are read, and all of them arrive in order."""
    reading, writing = os.pipe()
    lines = [f"{number:05} {'x' * 100}" for number in range(5000)]  # more than a pipe holds
    with os.fdopen(writing, "w", encoding="utf-8") as stdout, os.fdopen(reading, encoding="utf-8") as reader:
        monkeypatch.setattr(sys, "stdout", stdout)
        writer = LineWriter()
        writer.start()
        for line in lines:
            writer.put(line)
        assert lines == [next(reader).rstrip() for _ in lines]
        writer.stop()
    assert writer.error is None
