"""``_event_source``: an event source that sends its request once, on top of a package that does not."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import aiohttp_sse_client.client as package
import pytest
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from openscaler_async import (
    EventTooLarge,
    RequestInterrupted,
    RequestNotSent,
)
from openscaler_async._event_source import SingleShotEventSource
from tests.peers import soon, source_of

STREAM = {"Content-Type": "text/event-stream"}
EVENTS = b"event: progress\ndata: 1\n\ndata: 2\n\n: comment\n\nid: 7\ndata: 3\n\ndata: unfinished\n"


def stream(_: web.Request) -> web.Response:
    """Answer with a few events."""
    return web.Response(body=EVENTS, headers=STREAM)


async def test_it_is_an_event_source() -> None:
    """The source works as the package's own does: enter, iterate, leave; its events are the package's."""
    async with source_of(stream, origin="https://api.example") as (source, server):
        assert isinstance(source, package.EventSource)
        assert package.READY_STATE_CONNECTING == source.ready_state
        async with source as entered:
            assert source is entered
            assert package.READY_STATE_OPEN == source.ready_state
            events = [event async for event in source]
        assert [("progress", "1", ""), ("message", "2", ""), ("message", "3", "7")] == [
            (event.type, event.data, event.last_event_id) for event in events
        ]
        assert all(isinstance(event, package.MessageEvent) for event in events)
        assert {"https://api.example"} == {event.origin for event in events}
        assert package.READY_STATE_CLOSED == source.ready_state
        (unfinished,) = source.unfinished
        assert ("unfinished", False) == (unfinished.data, source.mid_line)
    assert 1 == server.count


async def test_the_end_is_the_end() -> None:
    """After the end of the stream nothing reconnects, however often one asks."""
    async with source_of(stream) as (source, server), source:
        assert 3 == len([event async for event in source])
        for _ in range(3):
            assert [] == [event async for event in source]
            assert await source.receive() is None
        assert source.released
        source.abort()
        await source.release()
    assert 1 == server.count


@pytest.mark.parametrize("status", [200, 503])
async def test_connect_twice(status: int) -> None:
    """A source that has sent refuses to send again, whatever became of it."""
    async with source_of(lambda _: web.Response(status=status, headers=STREAM if status == 200 else {})) as (source, s):
        await asyncio.gather(source.connect(), return_exceptions=True)
        for again in (source.connect, source.__aenter__):
            with pytest.raises(RuntimeError, match="once"):
                await again()
        await source.close()
    assert 1 == s.count


async def test_connect_twice_at_once() -> None:
    """The flag is set before the first wait: of two that connect at the same time one sends."""
    async with source_of(stream) as (source, server):
        results = await soon(asyncio.gather(source.connect(), source.connect(), return_exceptions=True))
        assert [True, False] == [result is None for result in results]
        await source.close()
    assert 1 == server.count


async def test_connect_after_a_cancelled_one() -> None:
    """A source whose sending was cancelled does not send again."""
    never = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    async with source_of(wait) as (source, server):
        task = asyncio.create_task(source.connect())
        await soon(server.asked.wait())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(RuntimeError, match="once"):
            await source.connect()
        never.set()
    assert 1 == server.count


async def test_not_connected() -> None:
    """Before it is connected there is nothing to receive, to give back or to close."""
    async with source_of(stream) as (source, server):
        with pytest.raises(ValueError, match="not connected"):
            await source.receive()
        assert not source.released
        await source.release()
        source.abort()
    assert 0 == server.count


@pytest.mark.parametrize("headers", [{"X-A": "1", "accept": "text/event-stream"}, CIMultiDict({"X-A": "1"})])
async def test_headers_of_the_caller(headers: Any) -> None:  # noqa: ANN401
    """The caller's headers are sent as they are, and not written into."""
    before = dict(headers)
    seen: list[str] = []

    def answer(request: web.Request) -> web.Response:
        seen.append(request.headers["X-A"])
        return stream(request)

    async with source_of(answer, headers=headers) as (source, _), source:
        assert before == dict(headers)
    assert ["1"] == seen


async def test_stream_that_breaks() -> None:
    """Events before a break are given, then the error, whose cause is kept."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=STREAM)
        await response.prepare(request)
        await response.write(b"data: 1\n\ndata: 2")
        await gone.wait()
        assert request.transport is not None
        request.transport.close()
        return response

    gone = asyncio.Event()
    async with source_of(answer) as (source, server), source:
        assert "1" == (await soon(anext(source))).data
        gone.set()
        with pytest.raises(RequestInterrupted) as caught:
            await soon(anext(source))
        assert isinstance(caught.value.__cause__, aiohttp.ClientError)
        await source.release()
        assert source.released
    assert 1 == server.count


async def test_event_that_is_too_large() -> None:
    """An event above the limit ends the stream; those before it are given."""
    body = b"data: 1\n\ndata: " + b"x" * 100 + b"\n\n"
    async with source_of(lambda _: web.Response(body=body, headers=STREAM), max_event_bytes=50) as (source, _), source:
        assert "1" == (await soon(anext(source))).data
        with pytest.raises(EventTooLarge, match="50"):
            await soon(anext(source))


async def test_nobody_listens() -> None:
    """A refused connection is 'not sent', and the source stays used."""
    async with source_of(stream) as (source, _):
        dead = SingleShotEventSource(
            URL("http://127.0.0.1:9/v1/vms"),
            session=source._session,
            headers={},
            data=b"",
            timeout=aiohttp.ClientTimeout(total=None),
        )
        with pytest.raises(RequestNotSent) as caught:
            await dead.connect()
        assert isinstance(caught.value.__cause__, aiohttp.ClientConnectorError)
        assert dead.sent


async def test_release_of_an_answer_that_goes_on() -> None:
    """What follows the final event is not waited for: bytes or silence close the connection."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=STREAM)
        await response.prepare(request)
        await response.write(b"event: 200\ndata: {}\n\n")
        if await request.read() == b"talks":
            await more.wait()
            await response.write(b": more\n\n")
        await never.wait()
        return response

    for data in (b"talks", b"silent"):
        never, more = asyncio.Event(), asyncio.Event()
        async with source_of(answer, data=data) as (source, _), source:
            assert "200" == (await soon(anext(source))).type
            more.set()
            assert not source.released
            await soon(source.release())
            assert source.released
            never.set()


async def test_what_a_broken_stream_leaves() -> None:
    """The unfinished event is given, as long as it is not too large with its last line."""
    for lines, left in ((b"data: aa\ndata: b", ["aa\nb"]), (b"data: aa\n" * 3 + b"data: b", [])):

        def answer(_: web.Request, body: bytes = lines) -> web.Response:
            return web.Response(body=body, content_type="text/event-stream")

        async with source_of(answer, max_event_bytes=8) as (source, _):
            await source.connect()
            assert [] == await source.receive()
            assert left == [event.data for event in source.leave()]
