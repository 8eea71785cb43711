"""What the command line says, turned into values: names, keys and secrets from files.

Knows nothing of terminals and of the network.
"""

from __future__ import annotations

import getpass
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .codes import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterable

_INDEX = re.compile(r"\{index(?::(\d{1,2}))?\}")
_BRACES = re.compile(r"\{[^{}]*\}?|\}")


def expand_names(name: str, count: int) -> list[str]:
    """Give each of `count` machines its own name.

    Args:
        name: ``web`` gives ``web`` for one machine and ``web-1``, ``web-2``... for more;
            ``{index}`` and ``{index:03}`` in it say where the number goes, and how wide it is.
        count: how many names.
    """
    stray = _BRACES.search(_INDEX.sub("", name))
    if stray:
        problem = f"NAME={name!r}: {{index}} and {{index:03}} may stand in it, {stray[0]} may not"
        raise UsageProblem(problem)
    if _INDEX.search(name) is None:
        return [name] if count == 1 else [f"{name}-{index}" for index in range(1, count + 1)]
    return [_numbered(name, index) for index in range(1, count + 1)]


def _numbered(name: str, index: int) -> str:
    return _INDEX.sub(lambda match: format(index, match[1] or ""), name)


def read_ssh_keys(values: Iterable[str]) -> tuple[str, ...]:
    """Read public keys: ``@file`` is a file with one key a line, anything else is a key."""
    keys: list[str] = []
    for value in values:
        keys.extend(_keys_of_file(value[1:]) if value.startswith("@") else [value])
    return tuple(keys)


def read_lines(name: str, value: str) -> list[str]:
    """Read the lines of ``@file`` or of ``-``, without empty ones; any other value is itself a line."""
    if value == "-":
        text = _read_standard_input(name)
    else:
        text = _read_file(name, value[1:]) if value.startswith("@") else value
    return [line for line in text.splitlines() if line.strip()]


def _keys_of_file(path: str) -> list[str]:
    text = _read_file("--ssh-key", path)
    if "PRIVATE KEY-----" in text:
        problem = f"--ssh-key @{path}: this is a private key; the public one (.pub) is wanted"
        raise UsageProblem(problem)
    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        problem = f"--ssh-key @{path}: there is no key in this file"
        raise UsageProblem(problem)
    return keys


def read_password(value: str | None) -> str | None:
    """Read a password from ``@file`` or ``-``, without its line end; never from the value itself."""
    text = _read_secret("--password", value)
    return None if text is None else text.removesuffix("\n")


def read_cloud_init(value: str | None) -> str | None:
    """Read cloud-init user data from ``@file`` or ``-``, whole."""
    return _read_secret("--cloud-init", value)


def _read_secret(option: str, value: str | None) -> str | None:
    match value:
        case None:
            return None
        case "-":
            return _read_standard_input(option)
        case _ if value.startswith("@"):
            return _read_file(option, value[1:])
    # The value is not shown: it is the secret.
    problem = f"{option} takes @FILE or -: every user of this machine sees its command lines"
    raise UsageProblem(problem)


def _read_standard_input(option: str) -> str:
    if not sys.stdin.isatty():
        try:
            return sys.stdin.read()
        except UnicodeDecodeError:
            raise UsageProblem(f"{option} -: standard input is no text") from None
    try:
        return getpass.getpass(f"{option.removeprefix('--')}: ")
    except EOFError:
        raise UsageProblem(f"{option} -: nothing was given") from None


def _read_file(option: str, path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageProblem(f"{option} @{path}: {reason}") from None
    except UnicodeDecodeError:
        raise UsageProblem(f"{option} @{path}: this file is no text") from None
