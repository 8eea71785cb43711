"""Cancelling and closing while the machine of a lost creation is looked for, and ``error.reconcile()``."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import (
    Absent,
    Client,
    ClientClosed,
    CreationUnknown,
    Found,
    Outcome,
    Timeouts,
)
from openscaler_async.simulator import (
    Combined,
    DropBeforeHead,
    Fault,
    ListLag,
    OneByteAtATime,
    Silence,
    Simulator,
    SlowCreation,
)
from tests.peers import PATIENCE, soon, spec, turns, until, warnings_of
from tests.points import connections, task_named

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator

LIST = ("GET", "/v1/vms")
LISTING = "openscaler list of default"
PATIENT = Timeouts(settle=0.2, reconcile=60)
LOOKS = [Silence(), Silence(0), OneByteAtATime(), ListLag(float("inf"))]


@asynccontextmanager
async def opened(simulator: Simulator, **settings: Any) -> AsyncIterator[Client]:  # noqa: ANN401  (any setting)
    """Give a client that looks only when it is told to."""
    settings = {"timeouts": PATIENT, "reconcile": False, **settings}
    async with Client(simulator.token, base_url=simulator.url, **settings) as client:
        yield client


async def lost(client: Client, simulator: Simulator, fault: Fault | None = None) -> CreationUnknown:
    """Lose a creation, and give its error."""
    simulator.inject(fault or DropBeforeHead())
    with pytest.raises(CreationUnknown) as caught:
        await soon(client.vms.create(spec()))
    return caught.value


@pytest.mark.parametrize("look", LOOKS, ids=repr)
async def test_close_with_a_timeout(look: Fault, simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """aclose(timeout=...) ends the search in time, wherever it stands: unknown, logged, nothing left."""
    simulator.inject(DropBeforeHead())
    simulator.inject(look, times=99, into="list")
    async with opened(simulator, reconcile=True, timeouts=Timeouts(settle=None)) as client:
        creation = client.vms.create(spec())
        await until(lambda: simulator.requests[LIST])
        began = asyncio.get_running_loop().time()
        await soon(client.aclose(timeout=0.05))
        took = asyncio.get_running_loop().time() - began
    assert took < 2
    if look != OneByteAtATime():  # which is slow, and comes to its end
        error = creation.exception()
        assert isinstance(error, CreationUnknown)
        assert ("it was abandoned", None) == (error.reason, error.verdict)
        assert ["abandoned the creation of 'web-1'" in line for line in warnings_of(caplog)] == [True]
    assert None is task_named(LISTING)
    await until(lambda: not connections(simulator))
    assert 1 == simulator.posts


def _has(requests: Counter[tuple[str, str]], looks: int) -> bool:
    return requests[LIST] >= looks


@pytest.mark.parametrize("cancelled", range(2, 6))
async def test_close_that_is_cancelled_again_and_again(cancelled: int, simulator: Simulator) -> None:
    """However often the closing is cancelled, and in which turns, while a list hangs: nothing stays open."""
    for first in range(1, 5):
        simulator.inject(DropBeforeHead())
        simulator.inject(Silence(), into="list")
        client = await Client(simulator.token, base_url=simulator.url).__aenter__()
        transport = client._opened().requests.transport
        creation = client.vms.create(spec())
        await until(partial(_has, simulator.requests, first))
        close = asyncio.create_task(client.aclose(timeout=0))
        await turns(first)
        for _ in range(cancelled):
            close.cancel()
            await turns(1)
        await soon(asyncio.wait([close]))
        await until(creation._task.done)
        await until(lambda: not connections(simulator))
        assert transport.closed
        assert Outcome.UNKNOWN is creation.outcome
    assert 4 == simulator.posts


async def test_reconcile_that_is_cancelled(simulator: Simulator) -> None:
    """A search that is cancelled in any turn leaves no request behind, and the next one finds the machine."""
    async with opened(simulator) as client:
        error = await lost(client, simulator)
        for number in range(40):
            search = asyncio.create_task(error.reconcile())
            await turns(number)
            search.cancel()
            await soon(asyncio.wait([search]))
            await turns(5)
            assert None is task_named(LISTING)
            assert search.cancelled() or isinstance(search.result(), Found)
        assert isinstance(await soon(error.reconcile()), Found)
    assert 1 == simulator.posts


async def test_reconcile_twice_at_once(simulator: Simulator) -> None:
    """Two searches for one machine share the list; cancelling one takes nothing from the other."""
    async with opened(simulator) as client:
        error = await lost(client, simulator, Combined([DropBeforeHead(), SlowCreation(0.3)]))
        first, second, third = (asyncio.create_task(error.reconcile()) for _ in range(3))
        await until(lambda: simulator.requests[LIST])
        first.cancel()
        verdicts = await soon(asyncio.gather(second, third))
    assert first.cancelled()
    assert [Found, Found] == [type(verdict) for verdict in verdicts]
    assert simulator.requests[LIST] <= 3
    assert 1 == simulator.posts


async def test_reconcile_with_a_timeout(simulator: Simulator) -> None:
    """A timeout around the search ends it."""
    async with opened(simulator, timeouts=Timeouts(settle=None, reconcile=None)) as client:
        error = await lost(client, simulator, DropBeforeHead(creates=False))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(error.reconcile(), 0.05)
        await until(lambda: task_named(LISTING) is None)
    assert 1 == simulator.posts


async def test_reconcile_while_the_client_closes(simulator: Simulator) -> None:
    """Who looks when the client is closed is told so, and not left waiting."""
    async with opened(simulator) as client:
        error = await lost(client, simulator)
        simulator.inject(Silence(), into="list")
        searches = [asyncio.create_task(error.reconcile()) for _ in range(3)]
        await until(lambda: simulator.requests[LIST])
        await soon(client.aclose())
        results = await soon(asyncio.gather(*searches, return_exceptions=True))
    assert [ClientClosed] * 3 == [type(result) for result in results]
    await until(lambda: not connections(simulator))
    assert 1 == simulator.posts


async def test_reconcile_after_the_client_was_closed(simulator: Simulator) -> None:
    """A closed client does not look, and says what does; opened again it is another one."""
    async with opened(simulator) as client:
        error = await lost(client, simulator)
    for _ in range(2):
        with pytest.raises(ClientClosed, match="attach"):
            await error.reconcile()
    async with client:
        with pytest.raises(ClientClosed, match="attach"):
            await error.reconcile()
        assert error.ticket is not None
        assert simulator.vms[0]["id"] == (await soon(client.vms.attach(error.ticket))).id
    assert 1 == simulator.posts


async def test_reconcile_in_another_loop(simulator: Simulator) -> None:
    """A search in another event loop is refused, while the client is open in its own."""
    told: list[type[BaseException]] = []

    def elsewhere() -> None:
        try:
            asyncio.run(error.reconcile())
        except ClientClosed as refusal:
            told.append(type(refusal))

    async with opened(simulator) as client:
        error = await lost(client, simulator)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        await until(lambda: not thread.is_alive())
        thread.join()
        assert [ClientClosed] == told
        assert isinstance(await soon(error.reconcile()), Found)
    assert 1 == simulator.posts


@pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301  (ours)
async def test_reconcile_of_a_copy(copied: Any, simulator: Simulator) -> None:  # noqa: ANN401  (any function)
    """An error that has left its client cannot look, but its ticket can."""
    async with opened(simulator) as client:
        error = copied(await lost(client, simulator))
        with pytest.raises(ClientClosed, match="attach"):
            await error.reconcile()
        assert simulator.vms[0]["id"] == (await soon(client.vms.attach(error.ticket))).id
    assert 1 == simulator.posts


async def test_reconcile_says_absent_and_later_found(simulator: Simulator) -> None:
    """Each search looks anew: a machine that comes later is found by a later one."""
    async with opened(simulator) as client:
        error = await lost(client, simulator, Combined([DropBeforeHead(), ListLag(1.0)]))
        assert isinstance(await soon(error.reconcile()), Absent)
        async with asyncio.timeout(PATIENCE):
            while isinstance(verdict := await error.reconcile(), Absent):
                pass
        assert isinstance(verdict, Found)
    assert (1, 1) == (simulator.posts, len(simulator.vms))
