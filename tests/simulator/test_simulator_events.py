"""Faults of the events and of the result: what is told, and which machine there is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import pytest

from openscaler_async.simulator import (
    CommentsOnly,
    Fault,
    FinalError,
    HugeEvent,
    NoFinalEvent,
    QuotedLiterals,
    SecondStream,
    Simulator,
    UnknownEvent,
    UnreadableProgress,
    UnreadableVM,
)

Create = Callable[..., Awaitable[Any]]
Stream = Callable[..., AbstractAsyncContextManager[aiohttp.ClientResponse]]
Until = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Give a simulator with two progress events."""
    async with Simulator(speed=float("inf"), steps=2) as running:
        yield running


@pytest.fixture
async def usual(create: Create) -> bytes:
    """Give the bytes of a healthy creation, all but the final event."""
    return bytes((await create()).body).partition(b"event: 200")[0]


async def faulty(create: Create, simulator: Simulator, fault: Fault) -> Any:  # noqa: ANN401
    """Create a machine under a fault, and give what the fixture `create` gives."""
    simulator.inject(fault)
    return await create()


async def test_final_error_leaves_no_machine(ask: Create, create: Create, simulator: Simulator) -> None:
    """The last event is the error, and the machine is gone from the list and by its id."""
    answer = await faulty(create, simulator, FinalError())
    assert [kind for kind, _ in answer.events] == ["progress", "progress", "500"]
    assert json.loads(answer.events[-1][1]) == {"message": "no host has room for this machine"}
    assert simulator.vms == []
    assert (await ask("GET", "/v1/vms/1")).status == 404
    assert json.loads((await ask("GET", "/v1/vms?project_id=default")).body) == {"vms": []}


async def test_failing_machine_is_there_until_it_fails(stream: Stream, until: Until) -> None:
    """While the creation goes on its machine is listed, and it is gone in the end without a reader."""
    async with Simulator(speed=40) as simulator:
        simulator.inject(FinalError())
        async with stream(to=simulator):
            assert [vm["state"] for vm in simulator.vms] == ["creating"]
        await until(lambda: not simulator.vms)


@pytest.mark.parametrize(
    ("payload", "data"),
    [
        ({"error": {"code": 7}}, '{"error": {"code": 7}}'),
        ("no room", "no room"),
        ('"no room"', '"no room"'),
        ("", ""),
        ([1], "[1]"),
        (None, "null"),
    ],
)
async def test_final_error_has_any_shape(create: Create, simulator: Simulator, payload: object, data: str) -> None:
    """A text is sent as it is, anything else as JSON."""
    answer = await faulty(create, simulator, FinalError(400, payload))
    assert answer.body.endswith(f"event: 400\ndata: {data}\n\n".encode())


async def test_unreadable_vm_is_kept(create: Create, simulator: Simulator) -> None:
    """A machine whose description cannot be read is there all the same; its id can be."""
    answer = await faulty(create, simulator, UnreadableVM())
    assert answer.events[-1][0] == "200"
    assert json.loads(answer.events[-1][1]) == {"id": 1, "name": None, "vcpus": "1", "disks": "none"}
    assert (await faulty(create, simulator, UnreadableVM("{"))).events[-1] == ("200", "{")
    assert [vm["id"] for vm in simulator.vms] == [1, 2]


async def test_huge_event_is_huge(create: Create, simulator: Simulator) -> None:
    """By default it has a message of 8 MiB."""
    assert len((await faulty(create, simulator, HugeEvent())).body) > 8 * 2**20


async def test_unknown_events_come_between(create: Create, simulator: Simulator) -> None:
    """One comes before each event."""
    answer = await faulty(create, simulator, UnknownEvent("heartbeat", "{}"))
    assert [kind for kind, _ in answer.events] == ["heartbeat", "progress"] * 2 + ["heartbeat", "200"]


async def test_progress_that_cannot_be_read(create: Create, simulator: Simulator) -> None:
    """Progress events have other data, and the final event is the usual one."""
    answer = await faulty(create, simulator, UnreadableProgress())
    assert answer.events[:2] == [("progress", "almost there")] * 2
    assert answer.events[2][0] == "200"


async def test_comments_only(create: Create, simulator: Simulator) -> None:
    """Comments come instead of progress, and then the final event."""
    answer = await faulty(create, simulator, CommentsOnly())
    assert answer.body.startswith(b": still at it\n\n" * 2 + b"event: 200\n")
    assert len(answer.events) == 1


async def test_comments_without_an_end(stream: Stream, simulator: Simulator, until: Until) -> None:
    """Without a final event comments come until the client leaves, and then the handler ends."""
    simulator.inject(CommentsOnly(has_final=False, interval=0.01))
    body = b""
    async with stream() as response:
        while body.count(b": still at it\n\n") < 10:
            body += await response.content.readany()
    assert b"event" not in body
    await until(lambda: not simulator._api.answering)


async def test_no_final_event(create: Create, simulator: Simulator, usual: bytes) -> None:
    """The answer ends cleanly before the final event, and the machine is there."""
    answer = await faulty(create, simulator, NoFinalEvent())
    assert (answer.body, answer.error) == (usual, None)
    assert len(simulator.vms) == 2


async def test_quoted_line_is_that_of_the_page(create: Create, simulator: Simulator, usual: bytes) -> None:
    """The final event is a JSON string with one line end inside, on a line with no blank one after it."""
    body = (await faulty(create, simulator, QuotedLiterals())).body
    assert body.startswith(usual + b'"event: 200\\ndata: {\\"id\\": 2, \\"sequence_id\\": 123, ')
    assert body.endswith(b'}\\n"\n')
    assert json.loads(body[len(usual) :]).startswith('event: 200\ndata: {"id": 2')


async def test_quoted_data_is_an_event(create: Create, simulator: Simulator) -> None:
    """In the other form the literal is the data of an event without a type."""
    answer = await faulty(create, simulator, QuotedLiterals("data"))
    assert [kind for kind, _ in answer.events] == ["progress", "progress", "message"]
    assert json.loads(answer.events[-1][1]).startswith('event: 200\ndata: {"id": 1')


async def test_progress_may_be_quoted_too(create: Create, simulator: Simulator) -> None:
    """All events are literals, each on its line."""
    body = (await faulty(create, simulator, QuotedLiterals(progress_too=True))).body
    assert ["progress", "progress", "200"] == [json.loads(line)[7:].split("\n")[0] for line in body.splitlines()]


async def test_second_stream_tells_a_failure_that_is_none(create: Create, simulator: Simulator) -> None:
    """Progress and an error follow the final event, and the machine is there."""
    answer = await faulty(create, simulator, SecondStream())
    assert [kind for kind, _ in answer.events[2:]] == ["200", "progress", "500"]
    assert len(simulator.vms) == 1
