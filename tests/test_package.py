"""The package as a whole: its public names, what is installed, and what importing it does."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import EntryPoint, distribution, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

import openscaler_async
from openscaler_async import Client, OpenScalerError, errors, simulator

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]
REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")
PUBLIC_MODULES = [openscaler_async, simulator]
AN_IMPORT = """
import json, sys
seen = []
sys.addaudithook(lambda event, args: seen.append(event))
import openscaler_async
sys.stdout.write(json.dumps({"events": sorted(set(seen)), "modules": sorted(sys.modules)}))
"""

of_the_wheel = pytest.mark.skipif(not sys.flags.safe_path, reason="is about the built wheel: nox installs it")


def documented(module: ModuleType) -> list[str]:
    """Read the names that the reference documents as the module's."""
    found: list[str] = []
    current = ""
    for directive, name in re.findall(r"^\.\. (currentmodule|auto\w+|py:type):: ([\w.]+)", REFERENCE, re.MULTILINE):
        if directive == "currentmodule":
            current = name
        elif current == module.__name__:
            found.append(name)
    return found


@pytest.mark.parametrize("module", PUBLIC_MODULES, ids=lambda module: module.__name__)
def test_reference_lists_exactly_the_public_names(module: ModuleType) -> None:
    """A name is public if and only if the reference documents it, and it does so once."""
    assert sorted(module.__all__) == sorted(documented(module))


@pytest.mark.parametrize("module", PUBLIC_MODULES, ids=lambda module: module.__name__)
def test_public_names_are_documented_where_they_are_written(module: ModuleType) -> None:
    """Every public name exists and has words of its own."""
    assert [] == [name for name in module.__all__ if not getattr(module, name).__doc__]


def test_public_names_are_listed_before_they_are_used() -> None:
    """Names are imported on first use, and known to `dir` before; what is no name is an AttributeError."""
    assert set(openscaler_async.__all__) <= set(dir(openscaler_async))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        openscaler_async.Nothing  # noqa: B018  (the access is the test)


def test_every_error_is_public_and_ours() -> None:
    """Whatever the package raises can be caught by name, and by `OpenScalerError`."""
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception) and not name.startswith("_")
    }
    assert set() == classes - set(openscaler_async.__all__)
    assert set() == {name for name in classes if not issubclass(getattr(errors, name), OpenScalerError)}


def test_import_opens_nothing_and_loads_no_more_than_it_needs() -> None:
    """A plain import makes no loop, socket, thread or process, and loads no optional part."""
    command = [sys.executable, "-W", "error", "-c", AN_IMPORT]
    answer = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, text=True)  # noqa: S603
    seen = json.loads(answer.stdout)
    assert "" == answer.stderr
    doing = ("socket.__new__", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "_thread.start_new_thread")
    assert [] == [event for event in seen["events"] if event in doing]
    optional = {"aiohttp.web", "pytest", "rich", "typer", "uvloop"}
    optional |= {f"openscaler_async.{name}" for name in ("cli", "pytest_plugin", "simulator")}
    assert set() == optional.intersection(seen["modules"])


def test_no_module_holds_something_that_lives() -> None:
    """No client, session, event loop or task at module level, in any module."""
    alive = (Client, aiohttp.ClientSession, asyncio.AbstractEventLoop, asyncio.Future)
    modules = pkgutil.walk_packages(openscaler_async.__path__, "openscaler_async.")
    held = [
        f"{module.name}.{name}"
        for module in modules
        for name, value in vars(importlib.import_module(module.name)).items()
        if isinstance(value, alive)
    ]
    assert [] == held


@of_the_wheel
def test_these_tests_are_about_the_installed_package() -> None:
    """With PYTHONSAFEPATH, nothing is imported from the source tree."""
    assert ROOT / "openscaler_async" != Path(openscaler_async.__file__).parent


@of_the_wheel
def test_wheel_holds_the_package_and_its_types_only() -> None:
    """Everything installed lies in the package, and type checkers see that it is typed."""
    files = {str(file) for file in distribution("openscaler-async").files or ()}
    assert "openscaler_async/py.typed" in files
    tops = {file.partition("/")[0] for file in files if not file.endswith(".pyc")}
    assert {"openscaler_async"} == {top for top in tops if top != ".." and ".dist-info" not in top}


@of_the_wheel
def test_metadata_asks_for_no_more_than_it_must() -> None:
    """Four run-time dependencies; the command line's are an extra."""
    installed = distribution("openscaler-async")
    required = {re.split(r"[^\w-]", line)[0]: line for line in installed.requires or ()}
    extra = {name for name, line in required.items() if "extra == 'cli'" in line}
    assert {"rich", "typer"} == extra
    assert {"aiohttp", "aiohttp-sse-client", "attrs", "cattrs"} == required.keys() - extra
    assert "<0.3,>=0.2.1" in required["aiohttp-sse-client"]
    assert (">=3.11", "MIT") == (installed.metadata["Requires-Python"], installed.metadata["License-Expression"])


@of_the_wheel
@pytest.mark.parametrize("group", ["console_scripts", "pytest11"])
def test_entry_points_lead_somewhere(group: str) -> None:
    """The command and the pytest plugin are both called `openscaler`, and can be loaded."""
    (entry,) = entry_points(group=group, name="openscaler")
    assert isinstance(entry, EntryPoint)
    assert entry.load() is not None


@of_the_wheel
def test_changelog_knows_this_version() -> None:
    """The version that is built has its section, the newest but for what is not released."""
    headings = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert distribution("openscaler-async").version == next(name for name in headings if name != "Unreleased")
