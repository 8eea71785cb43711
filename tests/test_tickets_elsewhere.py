"""Tickets beyond their client: another process, after a kill too, another base URL, another loop, by the thousand."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import (
    Absent,
    Client,
    ClientClosed,
    CreationEnded,
    CreationUnknown,
    Found,
    InvalidTicket,
    Outcome,
    StreamLost,
    Timeouts,
)
from openscaler_async.simulator import DropBeforeHead, ListLag, Simulator
from tests.peers import Held, soon, spec, turns, until
from tests.points import connections
from tests.programs import end_of, line_of, program
from tests.searches import each

if TYPE_CHECKING:
    from openscaler_async import CreationTicket

LIST = ("GET", "/v1/vms")
PATIENT = Timeouts(settle=0.2, reconcile=30)
CREATING = """
import asyncio, sys
from openscaler_async import Client, VMSpec

async def main(url, token):
    async with Client(token, base_url=url) as client:
        creation = client.vms.create(VMSpec(name="web-1", size="b-1-500mb-10", region="alg1", distro="debian-13"))
        print("ticket", creation.ticket().to_json(), flush=True)
        async for event in creation.events():
            print("event", type(event).__name__, creation.ticket().to_json(), flush=True)

asyncio.run(main(*sys.argv[1:]))
"""
ATTACHING = """
import asyncio, sys
from openscaler_async import Client

async def main(url, token, *tickets):
    async with Client(token, base_url=url) as client:
        for ticket in tickets:
            print("machine", (await client.vms.attach(ticket)).id, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_other_process_after_a_kill() -> None:
    """A process is killed in the middle; another one, with its ticket, gets the machine, and none is made twice."""

    async def check(searching: bool) -> None:  # noqa: FBT001  (a case)
        async with Simulator(speed=float("inf")) as simulator:
            simulator.inject(DropBeforeHead() if searching else Held())
            simulator.inject(ListLag(float("inf")), share=1.0, into="list")
            async with program(CREATING, simulator.url, simulator.token) as process:
                early = await line_of(process, "ticket")
                later = (await line_of(process, "event")).partition(" ")[2]
                process.send_signal(signal.SIGKILL)
                assert (-signal.SIGKILL, "") == await end_of(process)
            await until(lambda: not connections(simulator))
            simulator.heal()
            clocks = [json.loads(ticket)["clock"] for ticket in (early, later)]
            assert ["local", "local" if searching else "server"] == clocks
            async with program(ATTACHING, simulator.url, simulator.token, early, later) as process:
                found = [await line_of(process, "machine") for _ in range(2)]
                assert (0, "") == await end_of(process)
            assert [str(vm["id"]) for vm in simulator.vms] * 2 == found
            assert 1 == simulator.posts

    await each([False, True], check)


async def ticket_of_lost(client: Client, simulator: Simulator, name: str = "web-1") -> CreationTicket:
    """Lose a creation, and give its ticket."""
    simulator.inject(DropBeforeHead())
    creation = client.vms.create(spec(name))
    await soon(asyncio.wait([creation._task]))
    assert creation.exception() is not None
    return creation.ticket()


async def test_base_url(simulator: Simulator) -> None:
    """A ticket of another base URL is refused before anything is sent; a slash at the end makes no other."""
    async with Client(simulator.token, base_url=simulator.url, reconcile=False) as client:
        ticket = await ticket_of_lost(client, simulator)
    async with Client("t", base_url="http://127.0.0.1:9") as other:
        for given in (ticket, ticket.to_json()):
            with pytest.raises(InvalidTicket) as caught:
                other.vms.attach(given)
        assert ("base_url", simulator.url) == (caught.value.field, caught.value.value)
        assert "http://127.0.0.1:9" in caught.value.rule
    for url in (simulator.url + "/", simulator.url):
        async with Client(simulator.token, base_url=url, timeouts=PATIENT) as client:
            attached = client.vms.attach(ticket)
            vm = await soon(attached)
            assert simulator.vms[0]["id"] == vm.id
            ticket = attached.ticket()
    assert 1 == simulator.posts


async def test_what_cannot_be_attached(client: Client) -> None:
    """What is no ticket is refused at once, and so is a ticket where the client is not open."""
    things: tuple[Any, ...] = (None, 7, "", "{}", b"{}", {}, ["x"], spec())
    for thing in things:
        with pytest.raises(InvalidTicket):
            client.vms.attach(thing)
    closed = Client("t", base_url="http://127.0.0.1:9")
    with pytest.raises(InvalidTicket):
        closed.vms.attach("{}")
    creation = client.vms.create(spec())
    with pytest.raises(ClientClosed):
        closed.vms.attach(creation.ticket())

    async def elsewhere() -> None:
        client.vms.attach(creation.ticket())

    with pytest.raises(ClientClosed):
        await asyncio.to_thread(asyncio.run, elsewhere())
    await soon(creation)


async def test_attached_creation_is_one_like_any_other(simulator: Simulator) -> None:
    """It is awaited and read like any other, has no progress, and tells that there was nothing to follow."""
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, timeouts=PATIENT) as client:
        ticket = await ticket_of_lost(client, simulator)
        await turns()
        creation = client.vms.attach(ticket)
        assert (creation.outcome, creation.progress, creation.spec.name) == (None, None, "web-1")
        vms = await soon(asyncio.gather(creation, creation.wait(), creation))
        assert [simulator.vms[0]["id"]] * 3 == [vm.id for vm in vms]
        assert [] == [progress async for progress in creation]
        lost, ended = [event async for event in creation.events()]
        assert StreamLost(number=1, reason="it was sent by another client") == lost
        assert CreationEnded(number=2, outcome=Outcome.CREATED) == ended
    assert 1 == simulator.posts


async def test_attached_creation_that_is_abandoned(simulator: Simulator) -> None:
    """It can be abandoned, and its error looks again, or gives the same ticket on."""
    async with Client(simulator.token, base_url=simulator.url, reconcile=False) as client:
        ticket = await ticket_of_lost(client, simulator)
    simulator.inject(ListLag(float("inf")), into="list")
    async with Client(simulator.token, base_url=simulator.url, timeouts=PATIENT) as other:
        creation = other.vms.attach(ticket)
        await until(lambda: simulator.requests[LIST])
        await soon(creation.abandon())
        error = creation.exception()
        assert isinstance(error, CreationUnknown)
        assert error.ticket is not None
        assert ("it was abandoned", None, ticket.id) == (error.reason, error.verdict, error.ticket.id)
        assert isinstance(await soon(error.reconcile()), Found)
    assert 1 == simulator.posts


async def test_hundreds_of_tickets(simulator: Simulator) -> None:
    """Hundreds of tickets are attached in no time, share their lists, and each leads to its own machine."""
    settings: dict[str, Any] = {"reconcile": False, "max_concurrent_creations": None}
    simulator.inject(DropBeforeHead(), share=1.0)
    async with Client(simulator.token, base_url=simulator.url, **settings) as client:
        creations = [client.vms.create(spec(f"web-{number}")) for number in range(400)]
        await asyncio.wait([creation._task for creation in creations])
        assert {Outcome.UNKNOWN} == {creation.outcome for creation in creations if creation.exception()}
    async with Client(simulator.token, base_url=simulator.url) as other:
        began = asyncio.get_running_loop().time()
        attached = [other.vms.attach(creation.ticket()) for creation in creations]
        assert asyncio.get_running_loop().time() - began < 1
        vms = await asyncio.wait_for(asyncio.gather(*attached), 60)
    assert [f"web-{number}" for number in range(400)] == [vm.name for vm in vms]
    assert {vm["id"] for vm in simulator.vms} == {vm.id for vm in vms}
    assert simulator.requests[LIST] <= 10
    assert 400 == simulator.posts == len(simulator.vms)


async def test_attached_in_a_client_that_does_not_reconcile(simulator: Simulator) -> None:
    """To attach is to look, whatever the client does with its own creations; who looks twice learns the same."""
    async with Client(simulator.token, base_url=simulator.url, reconcile=False, timeouts=PATIENT) as client:
        simulator.inject(DropBeforeHead(creates=False))
        creation = client.vms.create(spec())
        await soon(asyncio.wait([creation._task]))
        assert creation.exception() is not None
        for _ in range(2):
            attached = client.vms.attach(creation.ticket())
            await soon(asyncio.wait([attached._task]))
            error = attached.exception()
            assert isinstance(error, CreationUnknown)
            assert isinstance(error.verdict, Absent)
    assert (1, 0) == (simulator.posts, len(simulator.vms))
