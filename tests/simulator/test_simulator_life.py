"""Start, stop, refusing, and which request is befallen by which fault."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import pytest

from openscaler_async.simulator import Fault, FinalError, Silence, Simulator

Create = Callable[..., Coroutine[Any, Any, Any]]
Stream = Callable[..., AbstractAsyncContextManager[aiohttp.ClientResponse]]
Until = Callable[[Callable[[], object]], Awaitable[None]]


async def test_url_names_the_port_it_listens_on(ask: Create) -> None:
    """The port that was asked for is the one in the URL, and it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with Simulator(port=port) as simulator:
        assert simulator.url == f"http://127.0.0.1:{port}"
        assert (await ask("GET", "/v1/vms?project_id=default", to=simulator)).status == 200


async def test_it_listens_on_ipv6(ask: Create) -> None:
    """An IPv6 host is bracketed in the URL."""
    async with Simulator(host="::1") as simulator:
        assert simulator.url.startswith("http://[::1]:")
        assert (await ask("GET", "/v1/vms?project_id=default", to=simulator)).status == 200


async def test_taken_port_is_told() -> None:
    """A port that another socket has is an OSError, and nothing is left open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        simulator = Simulator(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            await simulator.start()
        await simulator.stop()


async def test_what_needs_a_started_simulator_says_so() -> None:
    """Before the start there is no URL and nothing to refuse, and stopping does nothing."""
    simulator = Simulator()
    with pytest.raises(RuntimeError, match="not started"):
        _ = simulator.url
    with pytest.raises(RuntimeError, match="not started"):
        async with simulator.refusing():
            ...
    await simulator.stop()


async def test_it_starts_once_and_again_after_a_stop(create: Create) -> None:
    """A second start is refused; after a stop it starts again with the machines that it had."""
    simulator = Simulator(speed=float("inf"))
    await simulator.start()
    await create(to=simulator)
    with pytest.raises(RuntimeError, match="started already"):
        await simulator.start()
    await simulator.stop()
    await simulator.stop()
    assert (simulator.posts, len(simulator.vms)) == (1, 1)
    async with simulator:
        await create(to=simulator, name="web-2")
    assert [vm["id"] for vm in simulator.vms] == [1, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"speed": 0}, "speed=0: must be above 0"),
        ({"speed": -1.5}, "speed=-1.5: must be above 0"),
        ({"speed": float("nan")}, "speed=nan: must be above 0"),
        ({"steps": -1}, "steps=-1: must not be below 0"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(settings: dict[str, Any], message: str) -> None:
    """A wrong setting is a ValueError that names it."""
    with pytest.raises(ValueError, match=f"^{message}$"):
        Simulator(**settings)


@pytest.mark.parametrize("fault", [Silence(), Silence(after_events=1), Fault()])
async def test_stop_ends_what_is_being_answered(create: Create, until: Until, fault: Fault) -> None:
    """Handlers that hang and streams that take long end at once, with an error for the client."""
    async with Simulator(speed=0.01, steps=1000) as simulator:
        simulator.inject(fault, times=50)
        clients = [asyncio.create_task(create(to=simulator)) for _ in range(50)]
        await until(lambda: simulator.posts == 50)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 1
    assert all([(await client).error for client in clients])
    assert len(simulator.vms) == 50


async def test_stop_does_not_wait_for_idle_connections(ask: Create) -> None:
    """A connection that a client keeps for later is closed at once."""
    async with Simulator() as simulator:
        await ask("GET", "/v1/vms?project_id=default", to=simulator)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 0.5


async def test_stop_cuts_off_a_request_that_is_not_whole(simulator: Simulator, until: Until) -> None:
    """A client that never sends its body does not hold up the stop."""
    host, port = simulator.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
    await until(lambda: simulator.posts)
    await simulator.stop()
    assert await reader.read() == b""
    writer.close()


async def test_refusing_is_a_refused_connection(create: Create, simulator: Simulator) -> None:
    """Connections are refused, idle ones are gone too, and the same port answers afterwards."""
    url = simulator.url
    assert (await create()).status == 200
    async with simulator.refusing():
        for _ in range(3):
            error = (await create()).error
            assert isinstance(error, aiohttp.ClientConnectorError)
            assert isinstance(error.os_error, ConnectionRefusedError)
    assert simulator.url == url
    assert (await create()).status == 200
    assert simulator.posts == 2


async def test_refusing_lets_streams_go_on(stream: Stream, create: Create) -> None:
    """What is being answered is answered to its end, and its connection carries no further request."""
    async with Simulator(speed=40) as simulator, stream(to=simulator) as response, simulator.refusing():
        assert b"event: 200" in await response.read()
        assert isinstance((await create(to=simulator)).error, aiohttp.ClientConnectionError)
        assert simulator.posts == 1


async def test_stop_while_refusing(simulator: Simulator) -> None:
    """It may be stopped while it refuses."""
    async with simulator.refusing():
        await simulator.stop()
    with pytest.raises(RuntimeError, match="not started"):
        _ = simulator.url


async def test_duplicates_are_named(create: Create, simulator: Simulator) -> None:
    """Machines alike in project, name and sequence id are named; a failed one and others are not."""
    await create(name="a", sequence_id=1)
    await create(name="a", sequence_id=2)
    await create(name="a", sequence_id=1, project_id="other")
    simulator.inject(FinalError())
    await create(name="a", sequence_id=1)
    simulator.assert_no_duplicates()
    await create(name="a", sequence_id=1)
    await create(name="a", sequence_id=1)
    with pytest.raises(AssertionError) as caught:
        simulator.assert_no_duplicates()
    expected = "duplicates, as (project, name, sequence id): ('default', 'a', 1) is VM [1, 5, 6]"
    assert str(caught.value) == expected


async def test_vms_cannot_be_changed_from_outside(create: Create, simulator: Simulator) -> None:
    """What is read is a copy that JSON can hold."""
    await create()
    simulator.vms[0]["name"] = "changed"
    assert [vm["name"] for vm in simulator.vms] == ["web-1"]
    assert json.loads(json.dumps(simulator.vms)) == simulator.vms
