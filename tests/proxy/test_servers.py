"""Where the servers come from: what is had, what is said when one cannot be had, and when that is a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import servers
from tests.servers import REQUIRED, Unavailable, debian_program, program_or_skip

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Program

NONE = ("no-such-server", "usr/sbin/no-such-server")


def script(directory: Path, name: str, *lines: str) -> None:
    """Write a program."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)


def test_nginx_runs(nginx_program: Program) -> None:
    """There is an nginx, and with its environment it finds its libraries."""
    assert {} == {} | servers._libraries(nginx_program.path, servers.UNPACKED)


def test_without_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no apt, that is the reason."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=r"no-such-server is not installed.*there is no apt-get"):
        debian_program(*NONE, unpacked=tmp_path)


def test_words_of_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What apt says is wrong is the reason, after it was asked for new lists once; nothing is left behind."""
    asked = tmp_path / "asked"
    script(tmp_path / "bin", "apt-get", f'echo "$@" >> {asked}', "echo E: no route >&2", "exit 100")
    script(tmp_path / "bin", "dpkg-deb")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with pytest.raises(Unavailable, match="no-such-server cannot be had: apt-get: E: no route"):
        debian_program(*NONE, unpacked=tmp_path / "unpacked")
    assert ["no-such-server", "update"] == [line.split()[-1] for line in asked.read_text().splitlines()]
    assert [] == list((tmp_path / "unpacked").rglob("*server*"))


def test_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was unpacked is used again, without apt."""
    script(tmp_path / servers._system() / NONE[0] / "usr/sbin", NONE[0])
    script(tmp_path / "bin", "ldd")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = debian_program(NONE[0], "usr/*bin/no-such-*", unpacked=tmp_path)
    assert (NONE[0], {}) == (found.path.name, found.environment)


def test_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is installed where the shell finds it is used."""
    script(tmp_path, NONE[0])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tmp_path / NONE[0] == debian_program(*NONE).path


@pytest.mark.parametrize("name", [None, *REQUIRED])
def test_skip_or_failure(name: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test without its server is skipped, but fails where servers are required; both say why."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for required in REQUIRED:
        monkeypatch.delenv(required, raising=False)
    if name is not None:
        monkeypatch.setenv(name, "1")
    expected = pytest.skip.Exception if name is None else pytest.fail.Exception
    with pytest.raises(expected, match="there is no apt-get"):
        program_or_skip(*NONE)
