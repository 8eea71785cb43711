"""Servers from Debian's packages, for tests that need the real thing.

One that is installed is used. Otherwise its package is downloaded with apt, which checks the
signatures, and unpacked below the project, as root or not, once for all runs. Nothing outside of the
project is changed: apt writes into a directory of its own, and no script of a package runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

UNPACKED: Final = Path(__file__).parents[1] / ".nox" / "debian"  # git ignores it
REQUIRED: Final = ("CI", "OPENSCALER_TESTS_REQUIRE_SERVERS")
_PATIENCE: Final = 180.0  # seconds for one command; the lists are 10 MB
_SYSTEM: Final = Path("/")
_SETTINGS: Final = (
    *("-o", "Debug::NoLocking=1"),  # the locks are root's, and are about what is not touched
    *("-o", "APT::Sandbox::User=root"),  # who may not write below the project
    *("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20"),
)
_NO_HOOKS: Final = """
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
"""


class Unavailable(Exception):
    """A server cannot be had here; the text says why."""


@attrs.frozen
class Program:
    """A program that can be run.

    Attributes:
        path: where it is.
        environment: what it needs in its environment.
    """

    path: Path
    environment: dict[str, str]


def program_or_skip(package: str, path: str) -> Program:
    """Give a program, or skip the test with the reason; fail it where servers are required.

    Args:
        package: as for `debian_program`.
        path: as for `debian_program`.
    """
    try:
        return debian_program(package, path)
    except Unavailable as reason:
        if any(os.environ.get(name, "0") not in {"", "0"} for name in REQUIRED):
            pytest.fail(f"{reason} ({' or '.join(REQUIRED)} is set)", pytrace=False)
        pytest.skip(str(reason))


def debian_program(package: str, path: str, *, unpacked: Path = UNPACKED) -> Program:
    """Give a program of a Debian package; download the package if it has to be.

    Args:
        package: its name, such as ``"nginx"``.
        path: where the program is in it, such as ``"usr/sbin/nginx"``; it may have wildcards.
        unpacked: where packages are unpacked.

    Raises:
        Unavailable: it is not installed, and cannot be downloaded or does not run.
    """
    if (installed := _found(_SYSTEM, path)) is not None:
        return Program(installed, {})
    if (on_path := shutil.which(Path(path).name)) is not None:
        return Program(Path(on_path), {})
    tree = unpacked / _system() / package
    try:
        with _alone(unpacked):
            if not tree.is_dir():
                _fetch(package, tree)
        if (here := _found(tree, path)) is None:
            raise Unavailable(f"Debian's package {package} has no {path}: see {tree}")
        return Program(here, _libraries(here, tree))
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"Debian's package {package} cannot be had: {_words(error)}") from error


def _found(root: Path, path: str) -> Path | None:
    return max((found for found in root.glob(path) if os.access(found, os.X_OK)), default=None)


def _system() -> str:
    """Name the system: what was unpacked for another one would not run."""
    with contextlib.suppress(OSError):
        release = platform.freedesktop_os_release()
        return f"{release['ID']}-{release.get('VERSION_CODENAME', 'unnamed')}-{platform.machine()}"
    return f"{platform.system()}-{platform.machine()}".lower()


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep other processes of the same user out, while they would do the same."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(package: str, tree: Path) -> None:
    """Download a package and what it needs that is not installed; unpack them all."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise Unavailable(f"{package} is not installed, and cannot be downloaded: there is no {tool}")
    tree.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tree.parent, prefix=f".{package}-") as name:
        work = Path(name)
        for part in ("cache/archives/partial", "lists/partial", "tree"):
            (work / part).mkdir(parents=True)
        (work / "apt.conf").write_text(_NO_HOOKS)
        _download(package, work)
        for archive in sorted(work.glob("cache/archives/*.deb")):
            _run("dpkg-deb", "--extract", archive, work / "tree")
        (work / "tree").rename(tree)


def _download(package: str, work: Path) -> None:
    """Ask apt by the system's own lists of packages, and if they are too old or none, by new ones."""
    apt = ("apt-get", "-qq", "-c", work / "apt.conf", *_SETTINGS, "-o", f"Dir::Cache={work}/cache")
    new = ("-o", f"Dir::State::lists={work}/lists")
    install = ("--yes", "--no-remove", "--no-install-recommends", "--download-only", "install", package)
    try:
        _run(*apt, *install)
    except subprocess.CalledProcessError:
        _run(*apt, *new, "update")
        _run(*apt, *new, *install)


def _libraries(binary: Path, tree: Path) -> dict[str, str]:
    """Give the environment in which a program finds its shared libraries."""
    if not _missing(binary, {}):
        return {}
    directories = sorted({str(library.parent) for library in tree.rglob("lib*.so.*")})
    environment = {"LD_LIBRARY_PATH": ":".join(directories)}
    if missing := _missing(binary, environment):
        raise Unavailable(f"{binary} does not run here, it lacks {', '.join(missing)}")
    return environment


def _missing(binary: Path, environment: dict[str, str]) -> list[str]:
    said = _run("ldd", binary, environment=environment, check=False)  # it fails on scripts, which need none
    return re.findall(r"(\S+) => not found", said)


def _run(*command: str | Path, environment: dict[str, str] | None = None, check: bool = True) -> str:
    """Run a command to its end, and give what it says on standard output."""
    return subprocess.run(  # noqa: S603  (commands of ours)
        command,
        capture_output=True,
        check=check,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", **(environment or {})},
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=_PATIENCE,
    ).stdout


def _words(error: Exception) -> str:
    """Give what a command said was wrong."""
    if isinstance(error, subprocess.CalledProcessError):
        said = " / ".join(error.stderr.split("\n")).strip(" /")
        return f"{Path(error.cmd[0]).name}: {said or error}"
    return str(error)
