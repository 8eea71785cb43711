"""Fixtures for the tests of programs that use this package: a simulator, and a client on it.

Found by pytest through the entry point ``pytest11``, so it is imported at every start of pytest: it
imports client and simulator only when a test asks for a fixture.

An asynchronous fixture must run in the event loop of its test, and which loop that is depends on
the plugin that runs the test. So the fixtures with documented names are plain ones: they look at
the test and hand over to a hidden one, made for pytest-asyncio (one for each scope of its loops)
or for anyio.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from .client import Client
    from .simulator import Simulator

_SETTLE = 3.0  # seconds; the simulator's list does not lag unless it is told to
_LOOP_SCOPES = ("function", "class", "module", "package", "session")
_NO_RUNNER = (
    "{fixture} lives in the event loop of its test, and {test} has none: make it an async function "
    "and mark it with @pytest.mark.asyncio (pip install 'pytest-asyncio>=0.26') "
    "or with @pytest.mark.anyio (pip install anyio)"
)
_NOT_ASYNCIO = (
    "{fixture} works on asyncio only, and {test} runs on {backend}: let your fixture anyio_backend return 'asyncio'"
)


@pytest.fixture
def openscaler_simulator(request: pytest.FixtureRequest) -> Simulator:
    """A running OpenScaler simulator that answers at once, for an async test.

    It knows what it was asked (``.posts``, ``.vms``, ``.assert_no_duplicates()``) and can be told
    what goes wrong (``.inject(...)``). Runs in the test's own loop, under pytest-asyncio or anyio.
    """
    simulator: Simulator = request.getfixturevalue(_hidden("openscaler_simulator", request))
    return simulator


@pytest.fixture
def openscaler_client(request: pytest.FixtureRequest) -> Client:
    """An open ``openscaler_async.Client`` that talks to ``openscaler_simulator``.

    It has the usual settings, but calls a machine absent after 3 seconds already.
    """
    client: Client = request.getfixturevalue(_hidden("openscaler_client", request))
    return client


def pytest_configure(config: pytest.Config) -> None:
    """Offer the hidden fixtures for the plugins that are there."""
    hidden = _fixtures("under_anyio", pytest.fixture)
    if _default_loop_scope(config) is not None:
        import pytest_asyncio  # noqa: PLC0415  (an optional neighbour)

        for scope in _LOOP_SCOPES:
            hidden |= _fixtures(f"in_{scope}_loop", pytest_asyncio.fixture, loop_scope=scope)
    module = ModuleType("openscaler_async.hidden_fixtures")  # pytest finds fixtures in modules and classes
    vars(module).update(hidden)
    config.pluginmanager.register(module)


def _default_loop_scope(config: pytest.Config) -> str | None:
    try:
        scope: str = config.getini("asyncio_default_test_loop_scope")
    except ValueError:
        return None  # pytest-asyncio is not there, or older than 0.26
    return scope


def _fixtures(place: str, fixture: Callable[..., Any], **settings: str) -> dict[str, Any]:
    async def simulator() -> AsyncIterator[Simulator]:
        from .simulator import Simulator  # noqa: PLC0415  (only for a test that asks for it)

        async with Simulator(speed=float("inf")) as running:
            yield running

    async def client(openscaler_simulator: Simulator) -> AsyncIterator[Client]:
        from .client import Client  # noqa: PLC0415  (only for a test that asks for it)
        from .timeouts import Timeouts  # noqa: PLC0415

        url, token = openscaler_simulator.url, openscaler_simulator.token
        async with Client(token, base_url=url, timeouts=Timeouts(settle=_SETTLE)) as running:
            yield running

    names = (f"_openscaler_simulator_{place}", f"_openscaler_client_{place}")
    pairs = zip(names, (simulator, client), strict=True)
    return {name: fixture(name=name, **settings)(function) for name, function in pairs}


def _hidden(fixture: str, request: pytest.FixtureRequest) -> str:
    default = _default_loop_scope(request.config)
    if default is not None and _runs_on_pytest_asyncio(request.node):
        marks = request.node.get_closest_marker("asyncio").kwargs
        scope = marks.get("loop_scope") or marks.get("scope") or default
        return f"_{fixture}_in_{scope}_loop"
    if "anyio_backend" not in request.fixturenames:
        pytest.fail(_NO_RUNNER.format(fixture=fixture, test=request.node.name), pytrace=False)
    backend = request.getfixturevalue("anyio_backend_name")
    if backend != "asyncio":
        problem = _NOT_ASYNCIO.format(fixture=fixture, test=request.node.name, backend=backend)
        pytest.fail(problem, pytrace=False)
    return f"_{fixture}_under_anyio"


def _runs_on_pytest_asyncio(item: pytest.Item) -> bool:
    import pytest_asyncio  # noqa: PLC0415  (an optional neighbour)

    return pytest_asyncio.is_async_test(item)
