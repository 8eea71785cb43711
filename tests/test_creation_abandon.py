"""``creation``: abandoning stops the following, at any point of a creation's life, and says what is known."""

from __future__ import annotations

import asyncio

import pytest

from openscaler_async import (
    Client,
    CreationNotSent,
    CreationRejected,
    CreationUnknown,
    Outcome,
    Progress,
    Timeouts,
)
from openscaler_async.simulator import Fault, RateLimited, Silence, Simulator
from tests.peers import Held, nobody_answers, soon, spec, turns, until
from tests.points import connections


async def test_before_its_first_step(client: Client, simulator: Simulator) -> None:
    """A creation abandoned at once is not sent."""
    creation = client.vms.create(spec())
    await creation.abandon()
    error = creation.exception()
    assert isinstance(error, CreationNotSent)
    assert "it was abandoned" == error.reason
    with pytest.raises(CreationNotSent):
        await creation
    assert Outcome.NOT_SENT is creation.outcome
    assert 0 == simulator.posts


async def test_while_it_waits_for_its_turn(simulator: Simulator) -> None:
    """A creation that is queued is not sent, and its place goes to the next."""
    held = Held()
    simulator.inject(held)
    async with Client(simulator.token, base_url=simulator.url, max_concurrent_creations=1) as client:
        first, second, third = (client.vms.create(spec(name)) for name in "abc")
        await soon(anext(aiter(first)))
        await soon(second.abandon())
        assert isinstance(second.exception(), CreationNotSent)
        held.go.set()
        assert ["a", "c"] == [vm.name for vm in await soon(asyncio.gather(first, third))]
    assert 2 == simulator.posts


async def test_while_its_start_is_paced(simulator: Simulator) -> None:
    """A creation that waits for its second is not sent, and gives its place back."""
    settings = {"max_concurrent_creations": 2, "creations_per_second": 0.01}
    async with Client(simulator.token, base_url=simulator.url, **settings) as client:  # type: ignore[arg-type]
        first, second, third = (client.vms.create(spec(name)) for name in "abc")
        await soon(first)
        for creation in (second, third):
            await soon(creation.abandon())
            assert isinstance(creation.exception(), CreationNotSent)
    assert 1 == simulator.posts


async def test_while_the_token_is_asked_for() -> None:
    """A creation that waits for a token is not sent."""
    asked = asyncio.Event()

    async def token() -> str:
        asked.set()
        await asyncio.Event().wait()
        return ""

    async with Client(token, base_url="http://127.0.0.1:9") as client:
        creation = client.vms.create(spec())
        await soon(asked.wait())
        await soon(creation.abandon())
        assert isinstance(creation.exception(), CreationNotSent)


async def test_while_it_connects() -> None:
    """From the moment it may leave, nothing is certain; the connection is closed."""
    async with nobody_answers() as url, Client("token", base_url=url, timeouts=Timeouts(connect=None)) as client:
        creation = client.vms.create(spec())
        await turns(50)
        assert not creation.done()
        await soon(creation.abandon())
        assert isinstance(creation.exception(), CreationUnknown)


async def test_before_the_answer(client: Client, simulator: Simulator) -> None:
    """A creation that was sent and not answered may have a machine."""
    simulator.inject(Silence())
    creation = client.vms.create(spec())
    await until(lambda: simulator.posts)
    await soon(creation.abandon())
    assert isinstance(creation.exception(), CreationUnknown)
    assert 1 == simulator.posts


async def test_while_it_streams(client: Client, simulator: Simulator) -> None:
    """A creation that is followed may have a machine; the error has the last progress."""
    simulator.inject(Held(before=2))
    creation = client.vms.create(spec())
    reader = aiter(creation)
    await soon(anext(reader))
    last = await soon(anext(reader))
    waiting = asyncio.create_task(creation.wait())
    await soon(asyncio.gather(creation.abandon(), creation.abandon()))
    with pytest.raises(CreationUnknown) as caught:
        await waiting
    assert "it was abandoned" == caught.value.reason
    assert Progress(19.0, "choosing a host") == last == caught.value.progress
    with pytest.raises(CreationUnknown):
        await soon(anext(reader))
    assert 1 == simulator.posts == len(simulator.vms)


async def test_while_it_waits_to_be_sent_again(client: Client, simulator: Simulator) -> None:
    """A creation that was turned away and waits has no machine, and is not sent again."""
    simulator.inject(RateLimited(30))
    creation = client.vms.create(spec())
    await until(lambda: simulator.posts)
    await turns(100)
    await soon(creation.abandon())
    error = creation.exception()
    assert isinstance(error, CreationRejected)
    assert (429, 30.0) == (error.status, error.retry_after)
    assert 1 == simulator.posts


async def test_after_the_end(client: Client, simulator: Simulator) -> None:
    """A creation that has ended stays as it is, though its connection may still be open."""
    creation = client.vms.create(spec())
    vm = await soon(creation)
    await soon(creation.abandon())
    assert vm is await creation
    assert Outcome.CREATED is creation.outcome
    await soon(creation.abandon())
    assert 1 == simulator.posts


async def test_answer_that_does_not_end(client: Client, simulator: Simulator) -> None:
    """The machine is there with the final event; the answer may go on, its connection is closed."""
    held = Held(before=11)
    simulator.inject(held, times=2)
    async with asyncio.timeout(10):
        creations = [client.vms.create(spec(name)) for name in "ab"]
        await asyncio.gather(*creations)
        await creations[0].abandon()
        await client.aclose()
    assert 2 == simulator.posts
    held.go.set()


@pytest.mark.parametrize("fault", [Silence(), Silence(0), Silence(1), Held(before=11)], ids=repr)
async def test_connection_is_closed(fault: Fault, client: Client, simulator: Simulator) -> None:
    """When abandon returns, the connection is closed, not only when the client is."""
    simulator.inject(fault)
    creation = client.vms.create(spec())
    await until(lambda: simulator.posts)
    await soon(creation.abandon())
    assert creation.done()
    began = asyncio.get_running_loop().time()
    await until(lambda: not connections(simulator))
    assert asyncio.get_running_loop().time() - began < 0.2
    assert 1 == simulator.posts
