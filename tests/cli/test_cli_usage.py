"""What is wrong with a command line, its files or its environment: one clear sentence, and exit code 3."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]

NOTHING_SET = (
    "openscaler: OPENSCALER_TOKEN is not set: export it with your token, "
    "or add --simulate to try this without an account\n"
)


@pytest.mark.parametrize(
    "arguments",
    ["vms list", "vms show 1", "vms create web --size s --region r --distro d", "vms list --json"],
)
def test_no_token(openscaler: Run, arguments: str) -> None:
    """Without a token and without `--simulate`, one line says both."""
    ran = openscaler(*arguments.split())
    assert (3, "", NOTHING_SET) == (ran.code, ran.out, ran.err)


def test_token_that_cannot_be_one(openscaler: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token with a line end is refused, and not shown."""
    monkeypatch.setenv("OPENSCALER_TOKEN", "secret\nsecret")
    ran = openscaler("vms", "list")
    assert 3 == ran.code
    assert "secret" not in ran.err
    assert 1 == ran.err.count("\n")


def test_address_without_encryption(openscaler: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is never sent in the clear to another machine."""
    monkeypatch.setenv("OPENSCALER_TOKEN", "any")
    ran = openscaler("vms", "list", "--base-url", "http://example.org")
    assert 3 == ran.code
    assert ran.err.startswith("openscaler: base_url='http://example.org': ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing argument 'NAME'"),
        (("web", "--count", "0"), "--count"),
        (("web", "--count", "two"), "--count"),
        (("web", "--disk", "0"), "--disk"),
        (("web", "--nonsense"), "--nonsense"),
    ],
)
def test_typers_own_complaints(create: Run, arguments: tuple[str, ...], said: str) -> None:
    """What typer finds wrong is exit code 3 too: 2 says that a result is not known."""
    ran = create(*arguments)
    assert (3, "") == (ran.code, ran.out)
    assert said in ran.err


def test_group_without_a_command(openscaler: Run) -> None:
    """A group alone shows its help."""
    ran = openscaler("vms")
    assert 3 == ran.code
    assert "Create, find again, list and show" in ran.out + ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("",), "name='': must not be empty"),
        (("web-{number}",), "NAME='web-{number}': {index} and {index:03} may stand in it, {number} may not"),
        (("web-{", "--count", "2"), "NAME='web-{': {index} and {index:03} may stand in it, { may not"),
        (("web-{index:x}",), "NAME='web-{index:x}': {index} and {index:03} may stand in it, {index:x} may not"),
        (("web", "--ssh-key", ""), "ssh_keys[0]='': must not be empty"),
        (("web", "--ssh-key", "@no/such"), "--ssh-key @no/such: No such file or directory"),
        (("web", "--password", "@."), "--password @.: Is a directory"),
        (("web", "--password", "@~nobody-of-that-name/x"), "--password @~nobody-of-that-name/x: "),
        (("web", "--password", "-", "--cloud-init", "-"), "--password and --cloud-init cannot both"),
    ],
)
def test_values_that_cannot_be(create: Run, arguments: tuple[str, ...], said: str) -> None:
    """The sentence names the option, the value and the rule; nothing is sent."""
    ran = create(*arguments, "--simulate")
    assert (3, "") == (ran.code, ran.out)
    assert ran.err.startswith(f"openscaler: {said}")
    assert 1 == ran.err.count("\n")


@pytest.mark.parametrize("option", ["--password", "--cloud-init"])
def test_secret_on_the_command_line(create: Run, option: str) -> None:
    """A secret is not taken from where every user can read it, and is not repeated."""
    ran = create("web", "--simulate", option, "geheim")
    assert f"openscaler: {option} takes @FILE or -: every user of this machine sees its command lines\n" == ran.err
    assert 3 == ran.code


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n", "this is a private key; the public one (.pub) is wanted"),
        (b"# nothing\n\n", "there is no key in this file"),
        (b"\xff\xfe", "this file is no text"),
    ],
)
def test_files_without_a_key(create: Run, tmp_path: Path, content: bytes, said: str) -> None:
    """A file that holds no public key is refused, and not shown."""
    path = tmp_path / "key"
    path.write_bytes(content)
    ran = create("web", "--simulate", "--ssh-key", f"@{path}")
    assert (3, f"openscaler: --ssh-key @{path}: {said}\n") == (ran.code, ran.err)


@pytest.mark.parametrize("option", ["--password", "--cloud-init"])
def test_standard_input_that_is_no_text(create: Run, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    """Bytes that are no text are refused."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), "utf-8"))
    ran = create("web", "--simulate", option, "-")
    assert (3, f"openscaler: {option} -: standard input is no text\n") == (ran.code, ran.err)


def test_extra_not_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without typer or rich, one line says what to install."""
    for module in [name for name in sys.modules if name.startswith("openscaler_async.cli.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "typer", None)
    assert 3 == main(["--version"])
    expected = 'openscaler: the command line needs an extra: pip install "openscaler-async[cli]"\n'
    assert expected == capsys.readouterr().err


def test_anything_else_missing_is_no_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is broken says so itself."""
    for module in [name for name in sys.modules if name.startswith("openscaler_async.cli.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "openscaler_async.cli.codes", None)
    with pytest.raises(ModuleNotFoundError):
        main(["--version"])


def test_version(openscaler: Run) -> None:
    """`--version` names the package."""
    ran = openscaler("--version")
    assert 0 == ran.code
    assert ran.out.startswith("openscaler-async ")


@pytest.mark.parametrize("arguments", [["--help"], ["vms", "create", "-h"], ["simulate", "--help"]])
def test_help(openscaler: Run, arguments: list[str]) -> None:
    """Every command explains itself."""
    ran = openscaler(*arguments)
    assert (0, "") == (ran.code, ran.err)
    assert "Usage:" in ran.out


def test_as_a_module() -> None:
    """`python -m openscaler_async.cli` is the same as `openscaler`."""
    command = [sys.executable, "-m", "openscaler_async.cli", "vms", "show", "one"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (ours)
    assert 3 == ran.returncode
    assert "Traceback" not in ran.stderr
    importlib.import_module("openscaler_async.cli.__main__")  # does nothing
