"""``creation``: reading the progress and the events of a creation, by any number of readers, at any time."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from openscaler_async import (
    VM,
    Client,
    Creation,
    CreationEnded,
    CreationEvent,
    CreationFailed,
    OtherEvent,
    Outcome,
    Progress,
    ProgressReported,
)
from openscaler_async._sse import encode_event
from openscaler_async.simulator import FinalError, Simulator, UnknownEvent, UnreadableProgress
from tests.peers import Held, Stream, reported, soon, spec, turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

PERCENTS = [9.5, 19.0, 28.5, 38.0, 47.5, 57.0, 66.5, 76.0, 85.5, 95.0]
FAILURE = encode_event("500", '{"message": "no room"}')


def progress_events(number: int) -> bytes:
    """Give so many progress events, of which each has its number for a message."""
    made = (json.dumps({"progress": 1.0, "message": str(n)}) for n in range(1, number + 1))
    return b"".join(encode_event("progress", data) for data in made)


async def read(creation: AsyncIterable[Progress]) -> list[Progress]:
    """Read to the end."""
    return [progress async for progress in creation]


async def events(creation: Creation[VM], after: int = 0) -> list[CreationEvent]:
    """Read the numbered events to the end."""
    return [event async for event in creation.events(after=after)]


async def test_progress_comes_as_it_is_sent(client: Client, simulator: Simulator) -> None:
    """A reader gets each progress in order, then the end; the machine is there by then."""
    creation = client.vms.create(spec())
    progress = await soon(read(creation))
    assert PERCENTS == [one.percent for one in progress]
    assert creation.done()
    assert progress[-1] == creation.progress
    assert 1 == simulator.posts


async def test_progress_comes_before_the_end(client: Client, simulator: Simulator) -> None:
    """A reader has an event as soon as its bytes are there."""
    held = Held()
    simulator.inject(held)
    creation = client.vms.create(spec())
    reader = aiter(creation)
    assert PERCENTS[0] == (await soon(anext(reader))).percent
    assert Progress(9.5, "checking quota") == creation.progress
    held.go.set()
    assert PERCENTS[1:] == [one.percent for one in await soon(read(_rest(reader)))]
    assert 1 == simulator.posts


async def _rest(reader: object) -> AsyncIterable[Progress]:
    async for progress in reader:  # type: ignore[attr-defined]
        yield progress


async def test_every_reader_reads_everything(client: Client, simulator: Simulator) -> None:
    """Readers do not share: early, late, and after the end, each gets all from the first on."""
    held = Held(before=5)
    simulator.inject(held)
    creation = client.vms.create(spec())
    early = [asyncio.create_task(read(creation)) for _ in range(20)]
    reader = aiter(creation)
    for _ in range(5):
        await soon(anext(reader))
    late = asyncio.create_task(read(creation))
    await turns()
    held.go.set()
    results = await soon(asyncio.gather(*early, late))
    after_the_end = await soon(read(creation))
    assert [PERCENTS] * 22 == [[one.percent for one in progress] for progress in [*results, after_the_end]]
    assert 1 == simulator.posts


async def test_reader_that_breaks_off(client: Client, simulator: Simulator) -> None:
    """A reader that stops or is cancelled changes nothing for the creation or the other readers."""
    held = Held()
    simulator.inject(held)
    creation = client.vms.create(spec())
    other = asyncio.create_task(read(creation))
    async for progress in creation:
        assert PERCENTS[0] == progress.percent
        break
    cancelled = asyncio.create_task(read(creation))
    await turns()
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    held.go.set()
    assert PERCENTS == [one.percent for one in await soon(other)]
    assert "web-1" == (await soon(creation)).name
    assert 1 == simulator.posts


async def test_reader_at_the_end_of_its_iteration(client: Client, simulator: Simulator) -> None:
    """An iterator that has ended has ended, and is its own iterator."""
    reader = aiter(client.vms.create(spec()))
    assert reader is aiter(reader)
    await soon(read(reader))
    for _ in range(2):
        with pytest.raises(StopAsyncIteration):
            await anext(reader)
    assert 1 == simulator.posts


async def test_error_ends_the_iteration(client: Client, simulator: Simulator) -> None:
    """A reader of a failure gets all progress, then the error; so does one that comes after the end."""
    simulator.inject(FinalError(500))
    creation = client.vms.create(spec())
    for _ in range(2):
        seen: list[Progress] = []
        with pytest.raises(CreationFailed) as caught:
            await soon(_collect(creation, seen))
        assert PERCENTS == [one.percent for one in seen]
        assert creation.exception() is caught.value
        assert seen[-1] == caught.value.progress
    assert 1 == simulator.posts


async def _collect(creation: Creation[VM], seen: list[Progress]) -> None:
    async for progress in creation:
        seen.append(progress)  # noqa: PERF401  (what came before the error counts)


async def test_progress_that_cannot_be_read(client: Client, simulator: Simulator) -> None:
    """Text instead of JSON is the message of a progress without a percentage."""
    simulator.inject(UnreadableProgress("almost there"))
    creation = client.vms.create(spec())
    assert [Progress(None, "almost there")] * 10 == await soon(read(creation))
    assert "web-1" == (await creation).name
    assert 1 == simulator.posts


async def test_numbered_events(client: Client, simulator: Simulator) -> None:
    """Events have numbers from 1 and end with the end; what is not known comes as it is."""
    simulator.inject(UnknownEvent("heartbeat", "{}"))
    creation = client.vms.create(spec())
    found = await soon(events(creation))
    assert list(range(1, 23)) == [event.number for event in found]
    assert OtherEvent(number=1, event="heartbeat", data="{}") == found[0]
    assert ProgressReported(number=2, progress=Progress(9.5, "checking quota")) == found[1]
    assert CreationEnded(number=22, outcome=Outcome.CREATED) == found[-1]
    assert PERCENTS == [one.percent for one in await read(creation)]
    assert 1 == simulator.posts


async def test_resumed_events(client: Client, simulator: Simulator) -> None:
    """A relay goes on after the number that it has, wherever that is, and gets what it missed."""
    creation = client.vms.create(spec())
    everything = await soon(events(creation))
    for number in range(11):
        assert everything[number:] == await soon(events(creation, after=number))
    assert [] == await soon(events(creation, after=everything[-1].number))
    assert 1 == simulator.posts


async def test_events_of_a_failure(client: Client, simulator: Simulator) -> None:
    """Numbered events raise nothing: the last says how it ended, before whoever waits is told or after."""
    simulator.inject(FinalError(400))
    with reported() as messages:
        creation = client.vms.create(spec())
        assert CreationEnded(number=11, outcome=Outcome.FAILED) == (await soon(events(creation)))[-1]
        assert isinstance(creation.exception(), CreationFailed)
    assert [] == messages
    assert 1 == simulator.posts


async def test_reader_of_events_that_breaks_off(client: Client, simulator: Simulator) -> None:
    """A relay whose peer has gone away changes nothing."""
    held = Held()
    simulator.inject(held)
    creation = client.vms.create(spec())
    relay = creation.events()
    await soon(anext(relay))
    waiting = asyncio.ensure_future(anext(relay))
    await turns()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    held.go.set()
    assert "web-1" == (await soon(creation)).name
    assert 1 == simulator.posts


async def test_stream_of_thousands_of_events(client: Client, simulator: Simulator) -> None:
    """What a creation keeps is bounded: a late reader sees gaps, and the newest and the end always."""
    simulator.inject(Stream((*[progress_events(500)] * 40, FAILURE)))
    creation = client.vms.create(spec())
    with pytest.raises(CreationFailed):
        await soon(creation)
    numbers = [event.number for event in await soon(events(creation))]
    assert 20_001 == numbers[-1]
    assert 20_000 == numbers[-2]
    assert numbers == sorted(set(numbers))
    assert 100 < len(numbers) <= 1_001
    assert Progress(1.0, "500") == creation.progress
    assert 1 == simulator.posts


async def test_reader_of_thousands_of_events_that_keeps_up(client: Client, simulator: Simulator) -> None:
    """A reader gets on however much came since, and never anything twice or out of order."""
    chunks = [progress_events(2_000), encode_event("other", "x" * 2**20), progress_events(3), FAILURE]
    simulator.inject(Stream(tuple(chunks)))
    creation = client.vms.create(spec())
    seen: list[Progress] = []
    with pytest.raises(CreationFailed):
        await soon(_collect(creation, seen))
    assert 3 <= len(seen) <= 2_003
    assert "3" == seen[-1].message
    assert 1 == simulator.posts
