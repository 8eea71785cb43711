"""Faults of the stream as bytes, faults of one's own, and several at once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal

import aiohttp
import pytest

from openscaler_async.simulator import (
    Buffered,
    ByteOrderMark,
    Combined,
    DropAfter,
    DropBeforeHead,
    Fault,
    FinalError,
    Gzip,
    HugeEvent,
    LineEnds,
    ListLag,
    MissingLastBlankLine,
    NoFinalEvent,
    OneByteAtATime,
    RateLimited,
    Retry,
    SecondStream,
    Simulator,
    UnknownEvent,
    WrongContentType,
)

Create = Callable[..., Awaitable[Any]]
Stream = Callable[..., AbstractAsyncContextManager[aiohttp.ClientResponse]]


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


async def test_drop_at_every_byte_gives_exactly_these_bytes(create: Create, simulator: Simulator) -> None:
    """A stream that is cut after n bytes gives n bytes and then an error, at every n."""
    length = len((await create()).body)
    for cut in range(length + 1):
        answer = await faulty(create, simulator, DropAfter(cut))
        assert (answer.status, len(answer.body)) == (200, cut)
        assert isinstance(answer.error, aiohttp.ClientPayloadError)
    assert len(simulator.vms) == length + 2


async def test_drop_with_a_clean_end_is_no_error(create: Create, simulator: Simulator) -> None:
    """``how="end"`` is the end of an answer like any other, only too early."""
    answer = await faulty(create, simulator, DropAfter(70, how="end"))
    assert (len(answer.body), answer.error) == (70, None)


async def test_drop_with_a_reset(create: Create, simulator: Simulator) -> None:
    """``how="reset"`` breaks the connection, whatever was read before."""
    answer = await faulty(create, simulator, DropAfter(70, how="reset"))
    assert isinstance(answer.error, aiohttp.ClientError | ConnectionResetError)
    assert len(answer.body) <= 70


async def test_drop_beyond_the_end_is_no_drop(create: Create, simulator: Simulator) -> None:
    """A stream that has fewer bytes than that ends cleanly."""
    answer = await faulty(create, simulator, DropAfter(100_000))
    assert (answer.events[-1][0], answer.error) == ("200", None)


@pytest.mark.parametrize("arguments", [{"bytes": -1}, {"bytes": 1, "how": "later"}])
async def test_drop_that_makes_no_sense_is_refused(arguments: dict[str, Any]) -> None:
    """Below 0 bytes, or a word that is none of those documented, is refused."""
    with pytest.raises(ValueError, match=r"'bytes' must be >= 0|'how' must be in"):
        DropAfter(**arguments)


async def test_one_byte_at_a_time(stream: Stream, simulator: Simulator) -> None:
    """Every byte is an HTTP chunk of its own, and they are the bytes of a healthy stream."""
    simulator.inject(OneByteAtATime())
    chunks, chunk = [], b""
    async with stream() as response:
        async for data, ends in response.content.iter_chunks():
            chunk += data
            if ends:
                chunks.append(chunk)
                chunk = b""
    assert {1} == {len(chunk) for chunk in chunks if chunk}
    assert b"".join(chunks).count(b"\n\n") == 3


async def test_buffered_stream_comes_at_once(stream: Stream) -> None:
    """Nothing comes before the end, and then everything in one chunk."""
    async with Simulator(speed=40) as simulator:
        simulator.inject(Buffered())
        async with stream(to=simulator) as response:
            await response.content.readany()
            assert [vm["state"] for vm in simulator.vms] == ["running"]


async def test_gzip_is_announced_and_can_be_undone(create: Create, simulator: Simulator) -> None:
    """The head names the coding, and a client that knows it reads the usual events."""
    answer = await faulty(create, simulator, Gzip())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert [kind for kind, _ in answer.events] == ["progress", "progress", "200"]


async def test_wrong_content_type(create: Create, simulator: Simulator) -> None:
    """The head says something else, and the events are the usual ones."""
    for fault, name in ((WrongContentType(), "application/json"), (WrongContentType("text/plain"), "text/plain")):
        answer = await faulty(create, simulator, fault)
        assert answer.headers["Content-Type"] == name
        assert len(answer.events) == 3


@pytest.mark.parametrize(
    ("fault", "opening"),
    [
        (ByteOrderMark(), b"\xef\xbb\xbf"),
        (Retry(), b"retry: 0\n\n"),
        (Retry(1500), b"retry: 1500\n\n"),
        (HugeEvent(5), b'event: progress\ndata: {"progress": 0.0, "message": "xxxxx"}\n\n'),
    ],
)
async def test_something_comes_before_the_first_event(
    create: Create, simulator: Simulator, usual: bytes, fault: Fault, opening: bytes
) -> None:
    """The opening is sent once, and the usual events follow."""
    body = (await faulty(create, simulator, fault)).body
    assert body.startswith(opening + usual)


@pytest.mark.parametrize("ends", ["\r", "\r\n"])
async def test_line_ends(create: Create, simulator: Simulator, usual: bytes, ends: Literal["\r", "\r\n"]) -> None:
    """Every line ends so, and in nothing else."""
    body = (await faulty(create, simulator, LineEnds(ends))).body
    assert body.startswith(usual.replace(b"\n", ends.encode()))
    assert body.endswith(ends.encode() * 2)
    assert b"\n" not in body.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("fault", "end"), [(MissingLastBlankLine(), b"}\n"), (MissingLastBlankLine(line_end=False), b"}")]
)
async def test_last_blank_line_is_missing(create: Create, simulator: Simulator, fault: Fault, end: bytes) -> None:
    """The answer ends cleanly after the final event's data, with or without its line end."""
    answer = await faulty(create, simulator, fault)
    assert (answer.body[-len(end) :], answer.error) == (end, None)


async def test_own_fault_is_one_small_class(create: Create, simulator: Simulator) -> None:
    """A fault that changes nothing gives a healthy stream: a subclass overrides what it needs."""

    class Shout(Fault):
        def progress(self, event: bytes) -> bytes:
            return event.upper()

    assert (await faulty(create, simulator, Fault())).events[0][0] == "progress"
    assert (await faulty(create, simulator, Shout())).body.startswith(b'EVENT: PROGRESS\nDATA: {"PROGRESS": 47.5')


async def test_combined_faults_act_together(ask: Create, create: Create, simulator: Simulator) -> None:
    """The machine, the head, the opening, the events and the writing are all changed."""
    faults = [ListLag(60), WrongContentType(), ByteOrderMark(), Retry(), UnknownEvent(), LineEnds("\r"), DropAfter(40)]
    answer = await faulty(create, simulator, Combined(faults))
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.body == b"\xef\xbb\xbfretry: 0\n\nevent: heartbeat\rdata: {}\r\r"[:40]
    assert json.loads((await ask("GET", "/v1/vms?project_id=default")).body) == {"vms": []}
    assert len(simulator.vms) == 1


async def test_first_of_combined_faults_decides_the_result(create: Create, simulator: Simulator) -> None:
    """Where only one can act it is the first, and what the others do to its event is done."""
    answer = await faulty(create, simulator, Combined([SecondStream(), FinalError(400, "no"), FinalError(500)]))
    assert [kind for kind, _ in answer.events[2:]] == ["400", "progress", "500"]
    assert simulator.vms == []


async def test_combined_faults_that_leave_the_stream_alone(create: Create, simulator: Simulator) -> None:
    """If none of them writes in a way of its own the stream is written as usual."""
    answer = await faulty(create, simulator, Combined([ListLag(0), NoFinalEvent()]))
    assert [kind for kind, _ in answer.events] == ["progress", "progress"]


@pytest.mark.parametrize(
    ("faults", "machines"), [([ListLag(0), DropBeforeHead()], 1), ([ListLag(0), RateLimited()], 0)]
)
async def test_combined_faults_answer_as_the_first_that_does(
    create: Create, simulator: Simulator, faults: list[Fault], machines: int
) -> None:
    """An answer instead of the stream is that of the first fault that has one, and one refusal is enough."""
    answer = await faulty(create, simulator, Combined(faults))
    assert answer.status in {None, 429}
    assert len(simulator.vms) == machines


async def test_combined_needs_faults() -> None:
    """No fault at all is refused."""
    with pytest.raises(ValueError, match="Length of 'faults' must be >= 1"):
        Combined([])
