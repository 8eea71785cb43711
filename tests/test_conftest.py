"""The checks of `conftest.py` bite: each of these small tests would pass without them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).with_name("conftest.py").read_text("utf-8")
BREAKS = """
import asyncio, socket, time, warnings
import aiohttp
import openscaler_async

kept = []

async def test_blocking_call():
    exec(compile("time.sleep(0)", openscaler_async.__file__, "exec"))

async def test_task():
    kept.append(asyncio.create_task(asyncio.sleep(60)))

async def test_session():
    aiohttp.ClientSession()

def test_socket():
    server = socket.create_server(("127.0.0.1", 0))
    kept.append(server)

async def test_connection_beyond_loopback():
    try:
        await asyncio.open_connection("192.0.2.1", 80)
    except Exception:
        pass

def test_name_beyond_loopback():
    try:
        socket.getaddrinfo("example.org", 80)
    except BaseException:
        pass

def test_warning():
    warnings.warn("anything")

def test_token():
    import os
    assert "OPENSCALER_TOKEN" in os.environ
"""


def test_every_check_bites(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fault fails its test, and says what is wrong."""
    monkeypatch.setenv("OPENSCALER_TOKEN", "of the developer")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(BREAKS)
    options = "-Werror", "-oasyncio_mode=auto", "-oasyncio_default_fixture_loop_scope=function"
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(failed=4, errors=4, passed=4)
