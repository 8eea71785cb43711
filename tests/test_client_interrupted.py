"""``client``: what becomes of running creations when the task, the loop or the program around a client ends."""

from __future__ import annotations

import asyncio
import gc
import socket
from typing import NoReturn

import aiohttp
import pytest

from openscaler_async import (
    VM,
    Client,
    Creation,
    CreationNotSent,
    CreationTicket,
    CreationUnknown,
    Outcome,
)
from openscaler_async.simulator import Simulator
from tests.peers import Held, followed, soon, spec, turns, until, warnings_of


async def test_leaving_by_an_exception_abandons(simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """Leaving by an exception abandons what runs, and logs each with what finds it again."""
    simulator.inject(Held())
    made: list[Creation[VM]] = []

    async def work() -> None:
        async with Client(
            simulator.token, base_url=simulator.url, reconcile=False, max_concurrent_creations=1
        ) as client:
            made.append(await followed(client, "a", project_id="shop"))
            made.append(client.vms.create(spec("b", sequence_id=7)))
            raise LookupError

    with pytest.raises(LookupError):
        await soon(work())
    sent, queued = made
    assert isinstance(sent.exception(), CreationUnknown)
    assert isinstance(queued.exception(), CreationNotSent)
    first, second = sorted(warnings_of(caplog))
    assert "abandoned the creation of 'a'" in first
    assert "abandoned the creation of 'b'" in second
    assert "there may be a machine" in first
    assert "was not sent" in second
    tickets = [CreationTicket.from_json(line.partition("its ticket is ")[2]) for line in (first, second)]
    assert [sent.ticket().id, queued.ticket().id] == [ticket.id for ticket in tickets]
    assert [("shop", None), ("default", 7)] == [(ticket.project_id, ticket.sequence_id) for ticket in tickets]
    assert 1 == simulator.posts


async def test_leaving_by_cancellation_abandons(simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """A task that is cancelled inside the block, as by Ctrl-C, abandons at once and stays cancelled."""
    simulator.inject(Held())
    made: list[Creation[VM]] = []

    async def work() -> None:
        async with Client(simulator.token, base_url=simulator.url, reconcile=False) as client:
            made.append(await followed(client))
            await made[0]

    task = asyncio.create_task(work())
    await until(lambda: made and made[0].progress)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(task)
    assert isinstance(made[0].exception(), CreationUnknown)
    assert 1 == len(warnings_of(caplog))
    assert 1 == simulator.posts


def test_loop_that_ends_first(caplog: pytest.LogCaptureFixture) -> None:
    """When asyncio.run ends before the client is left, what ran is unknown, and somebody is told."""

    async def work(url: str) -> None:
        async with Client("token", base_url=url, reconcile=False) as client:
            made.append(client.vms.create(spec("left-behind")))
            await asyncio.Event().wait()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        host, port = server.getsockname()
        tasks.append(asyncio.create_task(work(f"http://{host}:{port}")))
        connection, _ = await soon(loop.sock_accept(server))
        with connection:
            assert (await soon(loop.sock_recv(connection, 9_999))).startswith(b"POST /v1/vms ")

    made: list[Creation[VM]] = []
    tasks: list[asyncio.Task[None]] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003
        asyncio.run(main())
    assert Outcome.UNKNOWN is made.pop().outcome
    tasks.clear()
    gc.collect()
    assert "left-behind" in caplog.text


@pytest.mark.parametrize("how", [KeyboardInterrupt, SystemExit])
def test_program_that_is_interrupted(how: type[BaseException], caplog: pytest.LogCaptureFixture) -> None:
    """An interrupt in the middle of the block ends the program, and logs what is left behind."""

    async def main() -> None:
        async with (
            Simulator(speed=0.01) as simulator,
            Client(simulator.token, base_url=simulator.url, reconcile=False) as client,
        ):
            client.vms.create(spec())
            await until(lambda: simulator.posts)
            raise how

    with pytest.raises(how):
        asyncio.run(main())
    assert 1 == len(warnings_of(caplog))


async def test_abandoned_creation_is_not_reported_again(simulator: Simulator) -> None:
    """What was logged as abandoned counts as looked at."""
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    async with Client(simulator.token, base_url=simulator.url, reconcile=False) as client:
        client.vms.create(spec())
        await client.aclose(timeout=0)
    await turns()
    gc.collect()
    assert [] == told


class Reluctant(aiohttp.TCPConnector):
    """A connector that takes its time to be cancelled."""

    async def connect(self, *_: object, **__: object) -> NoReturn:
        """Wait for ever."""
        try:
            await asyncio.Event().wait()
        finally:
            await turns(10)
        raise AssertionError


async def test_second_interrupt(caplog: pytest.LogCaptureFixture) -> None:
    """Interrupted again while it closes, a client still logs what it leaves behind."""
    async with aiohttp.ClientSession(connector=Reluctant()) as session:
        client = Client("token", base_url="http://127.0.0.1:9", session=session)
        async with client:
            creation = client.vms.create(spec())
            await turns()
            close = asyncio.create_task(client.aclose())
            for _ in range(2):
                await turns(2)
                close.cancel()
            with pytest.raises(asyncio.CancelledError):
                await soon(close)
            lines = warnings_of(caplog)
            await turns()
    assert ["abandoned the creation of 'web-1'" in line for line in lines] == [True]
    assert isinstance(creation.exception(), CreationUnknown)
