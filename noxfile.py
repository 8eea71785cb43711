"""Every check of the project: `nox` runs them, `nox -l` lists them, `nox -s tests-3.13 -- -k sse` runs a part."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2026.2.9"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False  # a Python that is not here is skipped, and named

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)  # from the classifiers
OLDEST = PYTHONS[0]
FILES_AT_ONCE = 10_100
QUICK = ("-m", "not slow")  # what takes long runs once, on the newest Python: see tests/conftest.py
MANY = {"OPENSCALER_TEST_MANY": "1"}
INSTALLED_ONLY = {"PYTHONSAFEPATH": "1"}  # the source tree is no place to import from

# Behind a proxy with its own certificate, uv is to trust what pip and the system trust.
os.environ.setdefault("UV_SYSTEM_CERTS", "true")


def _show_pyenv_pythons() -> None:
    """Make every Python of pyenv, if it is used here, one that can be found on the path."""
    if shutil.which("pyenv") is None or "PYENV_VERSION" in os.environ:
        return
    listing = subprocess.run(
        ["pyenv", "versions", "--bare", "--skip-aliases"],  # noqa: S607 - the one that which() found
        capture_output=True,
        check=False,
        text=True,
    )
    wanted = "|".join(map(re.escape, PYTHONS))
    found = re.findall(rf"^(?:{wanted})\.\d+$", listing.stdout, re.MULTILINE)
    if found:
        os.environ["PYENV_VERSION"] = ":".join(reversed(found))


_show_pyenv_pythons()


def _groups(*names: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(PYPROJECT, *names)


def _install_wheel(session: nox.Session, *groups: str) -> None:
    """Install what users will install, from `dist/`, with what the session needs besides."""
    (wheel,) = Path("dist").resolve().glob("*.whl")
    session.install(f"openscaler-async[cli] @ {wheel.as_uri()}", *_groups(*groups))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting with ruff; `nox -s lint -- --fix` repairs."""
    session.install(*_groups("lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", *([] if "--fix" in session.posargs else ["--check"]))


@nox.session
def layers(session: nox.Session) -> None:
    """Prove with import-linter that dependencies point down the layer table."""
    session.install(*_groups("layers"))
    session.run("lint-imports")


@nox.session
def build(session: nox.Session) -> None:
    """Build the sdist, and from it the wheel that all other sessions use; check both."""
    session.install(*_groups("build"))
    shutil.rmtree("dist", ignore_errors=True)
    session.run("uv", "build", "--quiet", "--no-create-gitignore", external=True)
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))
    session.run("check-wheel-contents", "dist")


@nox.session(requires=["build"])
def typing(session: nox.Session) -> None:
    """Check types: mypy, strict, everywhere; pyright, that every public name has a whole type."""
    _install_wheel(session, "typing")
    session.run("mypy", "openscaler_async", "tests", "examples", "docs/conf.py", "noxfile.py")
    for scripts in ("benchmarks", "fuzz"):  # that import each other
        session.run("mypy", scripts, env={"MYPYPATH": scripts})
    session.run("pyright", "--verifytypes", "openscaler_async", "--ignoreexternal")


@nox.session(requires=["build"])
def docs(session: nox.Session) -> None:
    """Build the documentation; every warning, and every name that leads nowhere, is an error."""
    _install_wheel(session, "docs")
    session.run(
        *("sphinx-build", "--fail-on-warning", "--keep-going", "--nitpicky", "--fresh-env"),
        *("--quiet", "docs", "docs/_build/html"),
        env=INSTALLED_ONLY,
    )


@nox.session(python=PYTHONS, requires=["build"])
def tests(session: nox.Session) -> None:
    """Run the tests against the built wheel, on each supported Python that is installed; all of them on the newest."""
    _install_wheel(session, "tests")
    quick = () if session.python == PYTHONS[-1] else QUICK
    session.run("pytest", *(session.posargs or quick), env=INSTALLED_ONLY | ({} if quick else MANY))


@nox.session(python=OLDEST, requires=["build"])
def lowest(session: nox.Session) -> None:
    """Run the tests with the oldest versions that the package says it works with."""
    _install_wheel(session, "tests")
    oldest = [
        re.sub(r">=([\w.]+).*", r"==\1", requirement)
        for requirement in (
            *PYPROJECT["project"]["dependencies"],
            *PYPROJECT["project"]["optional-dependencies"]["cli"],
        )
    ]
    session.install(*oldest)
    session.run("pytest", *(session.posargs or QUICK), env=INSTALLED_ONLY)


@nox.session(requires=["build"])
def coverage(session: nox.Session) -> None:
    """Run the tests with branch coverage, which has to be 100 %."""
    _install_wheel(session, "coverage")
    session.run("coverage", "erase")
    left_out = [
        f"--ignore-glob=tests/{what}"
        for what in ("proxy", "test_cancel_*", "test_chaos*", "test_hostile_*", "test_matrix*")
    ]
    session.run("coverage", "run", "-m", "pytest", *(session.posargs or left_out), env=INSTALLED_ONLY)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(requires=["build"])
def scale(session: nox.Session) -> None:
    """Create 10,000 machines at once on the simulator; count requests and machines there."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < FILES_AT_ONCE:
        session.skip(f"a process may not open {FILES_AT_ONCE} files here")
    _install_wheel(session)
    session.run("python", "benchmarks/ten_thousand.py", env=INSTALLED_ONLY)


@nox.session(default=False, requires=["build"])
def bench(session: nox.Session) -> None:
    """Print the benchmark table (minutes; not part of a plain `nox`)."""
    _install_wheel(session, "bench")
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session(default=False, requires=["build"])
def fuzz(session: nox.Session) -> None:
    """Fuzz what reads the server's bytes, guided by coverage: a minute each, or `nox -s fuzz -- 600` (seconds)."""
    _install_wheel(session, "fuzz")
    session.run("python", "fuzz/run.py", *session.posargs, env=INSTALLED_ONLY)


@nox.session(default=False, requires=["build"])
def chaos(session: nox.Session) -> None:
    """Create under random faults, and count: `nox -s chaos -- --creations 100000 --seed 7`."""
    _install_wheel(session, "tests")
    session.run("python", "tests/chaos.py", *session.posargs, env=INSTALLED_ONLY)
