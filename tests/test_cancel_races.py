"""Two things that happen in the same turn of the event loop: neither is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from openscaler_async import Client, CreationUnknown, Found, Timeouts
from openscaler_async.simulator import ListLag, Silence, Simulator
from tests.peers import followed, soon, spec, until
from tests.points import connections

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from openscaler_async import VM, Creation

LIST = ("GET", "/v1/vms")
CLOCKS = ({"first_event": 0.1}, {"silence": 0.1}, {"deadline": 0.1})


async def by_abandon(creation: Creation[VM], client: Client) -> None:  # noqa: ARG001  (one signature)
    """Abandon it."""
    await creation.abandon()


async def by_close(creation: Creation[VM], client: Client) -> None:  # noqa: ARG001  (one signature)
    """Close its client."""
    await client.aclose(timeout=0)


@pytest.mark.parametrize("clock", CLOCKS, ids=str)
@pytest.mark.parametrize("end", [by_abandon, by_close], ids=lambda function: function.__name__)
async def test_clock_that_fires_while_a_creation_is_abandoned(
    end: Callable[[Creation[VM], Client], Awaitable[None]], clock: dict[str, float], simulator: Simulator
) -> None:
    """A clock that has just fired does not turn an abandoned creation into one that searches on."""
    simulator.inject(Silence(0 if "first_event" in clock else 1))
    simulator.inject(ListLag(float("inf")), times=99, into="list")
    timeouts = Timeouts(**clock, settle=None, reconcile=60)
    async with Client(simulator.token, base_url=simulator.url, timeouts=timeouts) as client:
        creation = client.vms.create(spec())
        await until(creation._task.cancelling)  # the clock has cancelled the task, which does not know yet
        await soon(end(creation, client))
        error = creation.exception()
    assert isinstance(error, CreationUnknown)
    assert ("it was abandoned", None) == (error.reason, error.verdict)
    assert 0 == simulator.requests[LIST]
    await until(lambda: not connections(simulator))
    assert 1 == simulator.posts


async def test_abandoned_while_it_searches_after_a_clock(simulator: Simulator) -> None:
    """A creation that searches because of a clock can be abandoned like any other."""
    simulator.inject(Silence(1))
    simulator.inject(ListLag(float("inf")), times=99, into="list")
    timeouts = Timeouts(silence=0.05, settle=None, reconcile=60)
    async with Client(simulator.token, base_url=simulator.url, timeouts=timeouts) as client:
        creation = client.vms.create(spec())
        await until(lambda: simulator.requests[LIST])
        assert 0 == creation._task.cancelling()
        await soon(creation.abandon())
        assert isinstance(creation.exception(), CreationUnknown)
    assert 1 == simulator.posts


async def test_attach_in_the_turn_of_the_end(simulator: Simulator) -> None:
    """Who attaches the ticket of a creation in the very turn in which it ended unknown gets a new search."""
    async with Client(simulator.token, base_url=simulator.url, reconcile=False) as client:
        simulator.inject(Silence(1))
        creation = await followed(client)
        abandon = asyncio.create_task(creation.abandon())
        with pytest.raises(CreationUnknown) as caught:
            await creation
        assert caught.value.ticket is not None
        assert simulator.vms[0]["id"] == (await soon(client.vms.attach(caught.value.ticket))).id
        await abandon
        verdict = await soon(caught.value.reconcile())
        assert isinstance(verdict, Found)
    assert 1 == simulator.posts
