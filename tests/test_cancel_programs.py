"""Programs and event loops that end while creations run: each creation ends known, with a ticket; one POST."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import VM, Client, Creation, CreationNotSent, CreationTicket, CreationUnknown, Timeouts
from openscaler_async.simulator import DropBeforeHead, ListLag, Simulator
from tests.peers import Held, soon, spec, until, warnings_of
from tests.points import connections
from tests.programs import end_of, line_of, program

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LIST = ("GET", "/v1/vms")
INTERRUPTED = """
import asyncio, logging, sys
from openscaler_async import Client, Timeouts, VMSpec

logging.basicConfig(level=logging.WARNING, format="%(message)s")

async def main(url, token):
    async with Client(token, base_url=url, timeouts=Timeouts(settle=None, reconcile=None)) as client:
        creation = client.vms.create(VMSpec(name="web-1", size="b-1-500mb-10", region="alg1", distro="debian-13"))
        async for event in creation.events():
            print(type(event).__name__, flush=True)
        await creation

asyncio.run(main(*sys.argv[1:]))
"""


def hold_up(simulator: Simulator, state: str) -> None:
    """Let a creation come to a state in which it stays."""
    if state == "searching":
        simulator.inject(DropBeforeHead())
        simulator.inject(ListLag(float("inf")), share=1.0, into="list")
    else:
        simulator.inject(Held())


@pytest.mark.parametrize(("state", "event"), [("streaming", "ProgressReported"), ("searching", "StreamLost")])
async def test_ctrl_c(state: str, event: str, simulator: Simulator) -> None:
    """Ctrl-C ends a program at once; it says what it leaves behind, and with that the machine is found."""
    hold_up(simulator, state)
    async with program(INTERRUPTED, simulator.url, simulator.token) as process:
        await line_of(process, event)
        process.send_signal(signal.SIGINT)
        status, said = await end_of(process)
    assert -signal.SIGINT == status
    assert "KeyboardInterrupt" == said.split()[-1]
    assert not [word for word in ("never retrieved", "Unclosed", "pending", "ignored") if word in said]
    (line,) = (line for line in said.splitlines() if line.startswith("abandoned the creation of 'web-1'"))
    await until(lambda: not connections(simulator))
    simulator.heal()
    async with Client(simulator.token, base_url=simulator.url) as client:
        vm = await soon(client.vms.attach(line.partition("its ticket is ")[2]))
    assert [vm.id] == [machine["id"] for machine in simulator.vms]
    assert 1 == simulator.posts


async def run_elsewhere(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run an event loop in a thread of its own, which ends as soon as the work says so."""

    async def main() -> None:
        ready = asyncio.Event()
        task = asyncio.create_task(work(ready))
        await asyncio.wait_for(ready.wait(), 10)
        assert not task.done()

    await asyncio.to_thread(asyncio.run, main())


@pytest.mark.parametrize("state", ["queued", "streaming", "searching"])
async def test_loop_that_ends(state: str, simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """When asyncio.run ends, a creation that runs in its loop ends known, and is logged with its ticket."""
    made: list[Creation[VM]] = []

    async def work(ready: asyncio.Event) -> None:
        settings = {"max_concurrent_creations": 1, "timeouts": Timeouts(settle=None)}
        async with Client(simulator.token, base_url=simulator.url, **settings) as client:  # type: ignore[arg-type]
            made.append(client.vms.create(spec("a")))
            if state == "queued":
                made.append(client.vms.create(spec("b")))
            async for _ in made[0].events():
                ready.set()

    hold_up(simulator, state)
    await run_elsewhere(work)
    await until(lambda: not connections(simulator))
    sent = made[0].exception()
    assert isinstance(sent, CreationUnknown)
    assert "it was abandoned" in sent.reason
    assert all(isinstance(creation.exception(), CreationNotSent) for creation in made[1:])
    lines = sorted(warnings_of(caplog))
    tickets = [CreationTicket.from_json(line.partition("its ticket is ")[2]) for line in lines]
    assert [creation.spec.name for creation in made] == [ticket.name for ticket in tickets]
    simulator.heal()
    async with Client(simulator.token, base_url=simulator.url) as other:
        assert simulator.vms[0]["id"] == (await soon(other.vms.attach(tickets[0]))).id
    assert 1 == simulator.posts


@pytest.mark.parametrize("state", ["streaming", "searching"])
async def test_loop_that_is_closed(state: str, simulator: Simulator) -> None:
    """A creation whose loop was closed can still tell how it ended, and its ticket, from any thread."""
    made: list[Creation[VM]] = []

    async def work(ready: asyncio.Event) -> None:
        async with Client(simulator.token, base_url=simulator.url, timeouts=Timeouts(settle=None)) as client:
            made.append(client.vms.create(spec()))
            async for _ in made[0].events():
                ready.set()

    hold_up(simulator, state)
    await run_elsewhere(work)
    (creation,) = made
    assert creation.done()
    assert "unknown" in repr(creation)
    error = creation.exception()
    assert error is not None
    assert error.ticket is not None
    assert error.ticket.id == creation.ticket().id
    assert error.ticket.id == (await asyncio.to_thread(creation.ticket)).id
    assert 1 == simulator.posts
