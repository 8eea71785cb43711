"""The fixtures of the pytest plugin, in test runs of their own: every plugin that runs async tests, and none."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., pytest.RunResult]

pytest_plugins = ["pytester"]

ASYNCIO = "pytest_asyncio.plugin"
ANYIO = "anyio.pytest_plugin"
USE = """
import asyncio
import pytest
from openscaler_async import VMSpec

async def make(client):
    spec = VMSpec(name="web-1", size="b-1-500mb-10", region="alg1", distro="debian-13")
    return await client.vms.create(spec)
"""
TEST = f"""{USE}
pytestmark = [MARKS]

async def test_client(openscaler_client, openscaler_simulator):
    vm = await asyncio.wait_for(make(openscaler_client), 10)
    assert "web-1" == vm.name == openscaler_simulator.vms[0]["name"]
    assert 1 == openscaler_simulator.posts

async def test_every_test_has_its_own(openscaler_simulator):
    assert 0 == openscaler_simulator.posts
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run one test file with chosen plugins only, warnings being errors."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source: str, *plugins: str, settings: tuple[str, ...] = ()) -> pytest.RunResult:
        pytester.makepyfile(source)
        loaded = [f"-p{plugin}" for plugin in (*plugins, "openscaler_async.pytest_plugin")]
        options = [f"-o{setting}" for setting in settings]
        return pytester.runpytest_subprocess("-Werror", *loaded, *options, timeout=60)

    return run


def marked(*marks: str) -> str:
    """Give the tests with marks."""
    return TEST.replace("MARKS", ", ".join(f"pytest.mark.{mark}" for mark in marks))


FUNCTION = "asyncio_default_fixture_loop_scope=function"


@pytest.mark.parametrize(("mode", "marks"), [("strict", ["asyncio"]), ("auto", [])])
def test_pytest_asyncio(run: Run, mode: str, marks: list[str]) -> None:
    """Both modes of pytest-asyncio."""
    run(marked(*marks), ASYNCIO, settings=(f"asyncio_mode={mode}", FUNCTION)).assert_outcomes(passed=2)


def test_every_loop_that_a_mark_can_choose(run: Run) -> None:
    """The simulator runs in the loop of its test, however long that loop lives."""
    scopes = ("function", "class", "module", "package", "session")
    tests = [f"test_in_{scope}_loop = pytest.mark.asyncio(loop_scope={scope!r})(use)" for scope in scopes]
    use = "async def use(openscaler_client):\n    await asyncio.wait_for(make(openscaler_client), 10)\n"
    source = f"{USE}\n{use}\nclass TestLoops:\n    " + "\n    ".join(tests).replace("(use)", "(staticmethod(use))")
    run(source, ASYNCIO, settings=[FUNCTION]).assert_outcomes(passed=5)


def test_loop_that_the_settings_choose(run: Run) -> None:
    """The project's default loop for tests is followed too."""
    settings = "asyncio_default_test_loop_scope=session", "asyncio_mode=auto", FUNCTION
    run(marked(), ASYNCIO, settings=settings).assert_outcomes(passed=2)


def test_anyio(run: Run) -> None:
    """The plugin of anyio alone."""
    backend = "\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    run(marked("anyio") + backend, ANYIO).assert_outcomes(passed=2)


@pytest.mark.parametrize("plugins", [(ASYNCIO, ANYIO), (ANYIO, ASYNCIO)])
def test_both_plugins(run: Run, plugins: tuple[str, str]) -> None:
    """Where both are installed, each runs the tests that are marked for it."""
    backend = "\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    run(marked("anyio") + backend, *plugins, settings=[FUNCTION]).assert_outcomes(passed=2)
    run(marked("asyncio") + backend, *plugins, settings=[FUNCTION]).assert_outcomes(passed=2)


def test_another_backend_of_anyio(run: Run) -> None:
    """On trio, the fixture says that it cannot work, and what to do."""
    backend = "\n@pytest.fixture\ndef anyio_backend():\n    return 'trio'\n"
    result = run(f"{USE}{backend}\ndef test(openscaler_client, anyio_backend): ...", ANYIO)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*works on asyncio only, and test runs on trio: let your fixture anyio_backend *")


@pytest.mark.parametrize("plugins", [(), (ASYNCIO,), (ANYIO,), (ASYNCIO, ANYIO)])
def test_no_loop(run: Run, plugins: tuple[str, ...]) -> None:
    """A test without an event loop gets a sentence instead of a test that hangs."""
    result = run("def test(openscaler_client): ...", *plugins, settings=[FUNCTION] if ASYNCIO in plugins else [])
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("openscaler_client lives in the event loop of its test, and test has none: *")
    result.stdout.fnmatch_lines("*@pytest.mark.asyncio (pip install 'pytest-asyncio>=0.26')*")


def test_own_simulator(run: Run) -> None:
    """A project's own fixture of the same name takes the simulator's place, for the client too."""
    own = """
from openscaler_async.simulator import Simulator

@pytest.fixture
async def openscaler_simulator():
    async with Simulator(speed=1000, token="own") as simulator:
        yield simulator

async def test(openscaler_client, openscaler_simulator):
    await make(openscaler_client)
    assert ("own", 1) == (openscaler_simulator.token, openscaler_simulator.posts)
"""
    run(USE + own, ASYNCIO, settings=("asyncio_mode=auto", FUNCTION)).assert_outcomes(passed=1)


def test_documented(run: Run, pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` shows both fixtures with what they are for, and nothing hidden."""
    run("def test(): ...", ASYNCIO, settings=[FUNCTION])
    options = "--fixtures", f"-p{ASYNCIO}", "-popenscaler_async.pytest_plugin", f"-o{FUNCTION}"
    shown = pytester.runpytest_subprocess(*options).stdout.str()
    assert "A running OpenScaler simulator that answers at once" in shown
    assert "An open ``openscaler_async.Client`` that talks to ``openscaler_simulator``" in shown
    assert "_openscaler_simulator" not in shown


def test_cheap_to_load() -> None:
    """The simulator and its HTTP server are not imported before a test asks for them."""
    loaded = "import sys, pytest, openscaler_async.pytest_plugin; print(*sorted(sys.modules))"
    command = [sys.executable, "-c", loaded]
    modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603  (ours)
    assert "openscaler_async.pytest_plugin" in modules
    assert not {"openscaler_async.simulator", "aiohttp.web", "pytest_asyncio", "anyio"} & set(modules)
