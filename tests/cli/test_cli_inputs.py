"""Names, keys and secrets from the command line."""

from __future__ import annotations

import getpass
import io
import os
import pty
import sys
from typing import TYPE_CHECKING

import pytest

from openscaler_async.cli.codes import UsageProblem
from openscaler_async.cli.inputs import expand_names, read_cloud_init, read_password, read_ssh_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "count", "names"),
    [
        ("web", 1, ["web"]),
        ("web", 3, ["web-1", "web-2", "web-3"]),
        ("web-{index}-eu", 2, ["web-1-eu", "web-2-eu"]),
        ("web-{index}", 1, ["web-1"]),
        ("{index:03}", 2, ["001", "002"]),
        ("{index:2}", 1, [" 1"]),
    ],
)
def test_names(name: str, count: int, names: list[str]) -> None:
    """Several machines get names of their own; the number goes where one says."""
    assert names == expand_names(name, count)


def test_keys_are_literal_or_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file may have several keys, comments and blank lines; `~` is the home directory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "keys.pub").write_text("ssh-rsa AAAA a@b\r\n\n# old\n  ssh-ed25519 BBBB c@d  \n", "utf-8")
    assert ("ssh-rsa AAAA a@b", "ssh-ed25519 BBBB c@d", "key") == read_ssh_keys(["@~/keys.pub", "key"])


def test_secrets_from_files(tmp_path: Path) -> None:
    """A password loses its line end and nothing else; cloud-init data loses nothing."""
    path = tmp_path / "secret"
    path.write_text(" a b \n\n", "utf-8")
    assert " a b \n" == read_password(f"@{path}")
    assert " a b \n\n" == read_cloud_init(f"@{path}")
    assert (None, None) == (read_password(None), read_cloud_init(None))


def test_password_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    assert "correct horse" == read_password("-")


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make standard input a terminal."""
    reading, writing = pty.openpty()
    with os.fdopen(writing) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield
    os.close(reading)


@pytest.mark.usefixtures("keyboard")
def test_password_from_the_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal, a password is asked for without showing it."""
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"answer to {prompt}")
    assert "answer to password: " == read_password("-")


@pytest.mark.usefixtures("keyboard")
def test_nothing_from_the_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-D instead of a password is a problem of usage."""

    def nothing(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", nothing)
    with pytest.raises(UsageProblem, match="--password -: nothing was given"):
        read_password("-")
