"""``client``: what becomes of running creations when a client closes, and what it says of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from openscaler_async import (
    VM,
    Client,
    ClientClosed,
    CreationNotSent,
    CreationUnknown,
    Outcome,
)
from openscaler_async.simulator import Silence, Simulator
from tests.peers import Held, followed, soon, spec, turns, until, warnings_of

if TYPE_CHECKING:
    from collections.abc import Callable


async def test_leaving_waits(simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """Leaving the block normally waits for every creation, queued ones too, and logs nothing."""
    async with Client(simulator.token, base_url=simulator.url, max_concurrent_creations=2) as client:
        creations = [client.vms.create(spec(f"web-{number}")) for number in range(6)]
    assert [Outcome.CREATED] * 6 == [creation.outcome for creation in creations]
    assert [] == warnings_of(caplog)
    assert 6 == simulator.posts


async def test_close_with_a_timeout(client: Client, simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """aclose(timeout=...) waits so long, then abandons; what has ended by then has ended."""
    simulator.inject(Held())
    slow = await followed(client, "slow")
    quick = client.vms.create(spec("quick"))
    await soon(quick)
    await soon(client.aclose(timeout=0.05))
    assert isinstance(slow.exception(), CreationUnknown)
    assert "quick" == quick.result().name
    assert ["slow" in line for line in warnings_of(caplog)] == [True]
    assert 2 == simulator.posts


async def test_close_at_once(client: Client, simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """aclose(timeout=0) abandons at once, even what has not taken its first step."""
    creation = client.vms.create(spec())
    await client.aclose(timeout=0)
    assert isinstance(creation.exception(), CreationNotSent)
    assert 1 == len(warnings_of(caplog))
    assert 0 == simulator.posts


async def test_close_with_time_enough(client: Client, simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """aclose(timeout=...) returns when all have ended, and abandons none."""
    creations = [client.vms.create(spec(name)) for name in "abc"]
    await soon(client.aclose(timeout=60))
    assert [Outcome.CREATED] * 3 == [creation.outcome for creation in creations]
    assert [] == warnings_of(caplog)
    assert 3 == simulator.posts


async def test_close_twice(client: Client, simulator: Simulator) -> None:
    """Closing again does nothing, inside the block as well."""
    for _ in range(2):
        await soon(client.aclose())
    with pytest.raises(ClientClosed):
        client.vms.create(spec())
    async with Client(simulator.token, base_url=simulator.url) as other:
        await soon(other.aclose())
    await soon(other.aclose(timeout=1))
    assert 0 == simulator.posts


async def test_close_twice_at_once(client: Client, simulator: Simulator) -> None:
    """A second close while the first waits is how one stops waiting: both end, nothing is raised."""
    simulator.inject(Held())
    creation = await followed(client)
    patient = asyncio.create_task(client.aclose())
    await turns()
    await soon(client.aclose(timeout=0))
    await soon(patient)
    assert isinstance(creation.exception(), CreationUnknown)
    assert 1 == simulator.posts


async def test_two_patient_closes(client: Client, simulator: Simulator) -> None:
    """Two tasks that close at the same time both wait, and nothing is abandoned."""
    held = Held()
    simulator.inject(held)
    creation = await followed(client)
    closes = [asyncio.create_task(client.aclose()) for _ in range(2)]
    await turns()
    held.go.set()
    await soon(asyncio.gather(*closes))
    assert Outcome.CREATED is creation.outcome
    assert 1 == simulator.posts


@pytest.mark.parametrize("times", [1, 2])
async def test_close_that_is_cancelled(
    times: int, client: Client, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A close that is cancelled while it waits abandons, closes, logs, and stays cancelled."""
    simulator.inject(Held())
    creation = await followed(client)
    close = asyncio.create_task(client.aclose())
    await turns()
    for _ in range(times):
        close.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(close)
    await turns()
    assert isinstance(creation.exception(), CreationUnknown)
    assert 1 == len(warnings_of(caplog))
    with pytest.raises(ClientClosed):
        client.vms.create(spec())
    assert 1 == simulator.posts


async def test_close_that_is_cancelled_while_it_closes(client: Client, simulator: Simulator) -> None:
    """A second Ctrl-C, when the first is being obeyed, leaves nothing open."""
    simulator.inject(Held())
    creation = await followed(client)
    close = asyncio.create_task(client.aclose())
    await turns()
    close.cancel()
    await asyncio.sleep(0)
    close.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(close)
    await turns()
    assert creation.done()
    assert 1 == simulator.posts


async def test_creation_that_starts_while_the_client_closes(client: Client, simulator: Simulator) -> None:
    """Until it is closed a client either refuses a creation or keeps it: leaving normally abandons none."""
    held = Held()
    simulator.inject(held)
    first = await followed(client, "a")
    simulator.inject(second_held := Held())

    async def chain() -> VM:
        await first
        return await client.vms.create(spec("b"))

    second = asyncio.create_task(chain())
    close = asyncio.create_task(client.aclose())
    await turns()
    held.go.set()
    await until(first.done)
    await turns(100)
    second_held.go.set()
    results = await soon(asyncio.gather(second, close, return_exceptions=True))
    assert isinstance(results[0], (VM, ClientClosed))
    assert results[1] is None


async def test_session_of_its_own_is_closed(simulator: Simulator) -> None:
    """Nothing is open when the client is closed, after whatever end (the leak checks look)."""
    simulator.inject(Silence(), times=3)
    async with Client(simulator.token, base_url=simulator.url) as client:
        creations = [client.vms.create(spec(name)) for name in "abc"]
        await until(lambda: simulator.posts >= 3)
        await soon(client.aclose(timeout=0))
    assert [Outcome.UNKNOWN] * 3 == [creation.outcome for creation in creations]
    assert all(creation.exception() for creation in creations)
    assert 3 == simulator.posts


@pytest.mark.parametrize("use", [lambda client: client.vms.create(spec()), lambda client: client.aclose])
async def test_client_can_be_opened_again(use: Callable[[Client], object], simulator: Simulator) -> None:
    """A closed client may be opened again."""
    client = Client(simulator.token, base_url=simulator.url)
    for _ in range(2):
        async with client:
            use(client)
    assert "closed" in repr(client)
