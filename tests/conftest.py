"""What every test is held to, whatever it is about.

No blocking call in the event loop; no task, session or socket left behind; nothing but loopback; no
token from the environment. `test_conftest.py` shows that each of these bites. Warnings are errors
by `pyproject.toml`.

Every test runs on asyncio's own event loop. One that is to run on another, too, says so:
``@pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])``.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import inspect
import ipaddress
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from blockbuster import BlockBuster
from hypothesis import settings

from openscaler_async import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator

    from openscaler_async.simulator import Simulator

_LOOP_TURNS_TO_END = 25  # for a cancelled task, and for those that wait for it
_TESTED = "openscaler_async"
_FORCE_A_TERMINAL = ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS")  # typer reads them when it is imported

_SLOW = (
    *("test_cancel_", "test_chaos", "test_fuzz_", "test_hostile_", "test_matrix", "test_outcome_cuts"),
    *("test_reconcile_", "test_tickets_"),
)

_sockets_before = pytest.StashKey[set[str]]()
_went_too_far: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """Settle what holds for all tests."""
    usual = settings.get_profile("ci" if "CI" in os.environ else "default")
    settings.register_profile("patient", usual, deadline=None)  # a busy machine is no fault
    settings.load_profile("patient")
    if not config.pluginmanager.has_plugin("openscaler"):  # a source tree that is not installed
        config.pluginmanager.import_plugin(f"{_TESTED}.pytest_plugin")
    sys.addaudithook(_loopback_only)  # it cannot be removed; the process ends with the tests
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    for name in _FORCE_A_TERMINAL:
        os.environ.pop(name, None)


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give asyncio's own event loop to every test, and others to those that ask for them, if they are installed."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    mark = item.get_closest_marker("asyncio")
    if mark is not None and "uvloop" in mark.kwargs.get("loop_factories", ()):
        with contextlib.suppress(ModuleNotFoundError):  # on Windows there is none
            loops["uvloop"] = importlib.import_module("uvloop").new_event_loop
    return loops


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Watch the tasks of every test that has an event loop, and mark what takes long."""
    for item in items:
        if item.path.name.startswith(_SLOW) or item.path.parent.name == "proxy":
            item.add_marker(pytest.mark.slow)
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.function):
            item.fixturenames.insert(0, no_task_left.__name__)  # set up first, torn down last


@pytest.fixture(autouse=True, scope="session")
def no_blocking_call() -> Iterator[None]:
    """Fail a call that blocks the event loop, if the package has to do with it."""
    blockbuster = BlockBuster(_TESTED)
    for acquire in ("threading.Lock.acquire", "threading.Lock.acquire_lock"):
        if acquire in blockbuster.functions:  # coverage, when two threads meet
            blockbuster.functions[acquire].can_block_in("coverage/collector.py", {"lock_data"})
    blockbuster.activate()
    yield
    blockbuster.deactivate()


@pytest.fixture(autouse=True)
def no_token_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own token out of the tests."""
    monkeypatch.delenv("OPENSCALER_TOKEN", raising=False)


@pytest.fixture
async def no_task_left() -> AsyncIterator[None]:
    """Fail a test that leaves a task running."""
    yield
    for _ in range(_LOOP_TURNS_TO_END):
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if not left:
            return
        await asyncio.sleep(0)
    pytest.fail("tasks left behind: " + ", ".join(sorted(map(repr, left))))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Note which sockets are open before the test."""
    _went_too_far.clear()
    item.stash[_sockets_before] = _open_sockets()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that leaves sessions or sockets behind, or went beyond loopback."""
    result = yield
    complaints = _complaints_of_the_dead()
    before = item.stash[_sockets_before]
    complaints += [f"socket left open: {what}" for what in _tcp_connections(_open_sockets() - before)]
    complaints += _went_too_far
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)
    return result


@pytest.fixture
def simulator(openscaler_simulator: Simulator) -> Simulator:
    """Give the plugin's simulator."""
    return openscaler_simulator


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Client]:
    """Give a client for `simulator` that ends with what it knows: the tests of reconciling have their own."""
    async with Client(simulator.token, base_url=simulator.url, reconcile=False) as client:
        yield client


def _complaints_of_the_dead() -> list[str]:
    """Collect what nobody holds any longer; give what it says that it should not have left open."""
    complaints: list[str] = []
    before = sys.unraisablehook
    sys.unraisablehook = lambda last: complaints.append(f"{last.exc_value!r} in {last.object!r}")
    try:
        gc.collect()
    finally:
        sys.unraisablehook = before
    gc.freeze()  # what is alive is not searched again: the searches took most of the time
    return complaints


def _open_sockets() -> set[str]:
    """Give the inodes of the sockets that this process has open; none where there is no /proc."""
    links = set()
    for number in Path("/proc/self/fd").glob("*"):
        with contextlib.suppress(FileNotFoundError):  # the one that the listing itself had open
            links.add(str(number.readlink()))
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def _tcp_connections(inodes: set[str]) -> list[str]:
    """Describe those of the sockets that are TCP: other kinds belong to event loops and pytest."""
    return [
        f"{fields[1]} -> {fields[2]} (hexadecimal)"
        for table in (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))
        if inodes and table.exists()
        for line in table.read_text("ascii").splitlines()[1:]
        if (fields := line.split())[9] in inodes
    ]


def _loopback_only(event: str, args: tuple[Any, ...]) -> None:
    """Refuse, as an audit hook, to connect to, send to, listen at or look up anything else."""
    if event in {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}:
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # others stay on this machine
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = args[0]
    else:
        return
    if not _is_loopback(host):
        complaint = f"{event} goes beyond loopback: {host!r}"
        _went_too_far.append(complaint)
        raise AssertionError(complaint)


def _is_loopback(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(name).partition("%")[0]).is_loopback
    except ValueError:
        return False
