"""Faults that answer with something else than a stream, and which of them start a machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal

import aiohttp
import pytest
from aiohttp import web

from openscaler_async.simulator import (
    DropBeforeHead,
    Fault,
    HtmlFromProxy,
    RateLimited,
    Redirect,
    ServerError,
    Silence,
    Simulator,
    Unauthorized,
)

Create = Callable[..., Awaitable[Any]]
Stream = Callable[..., AbstractAsyncContextManager[aiohttp.ClientResponse]]
Until = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        (RateLimited(), "1"),
        (RateLimited(30), "30"),
        (RateLimited("Wed, 21 Oct 2026 07:28:00 GMT"), "Wed, 21 Oct 2026 07:28:00 GMT"),
        (RateLimited(None), None),
        (ServerError(503, retry_after=2.5), "2.5"),
    ],
)
async def test_retry_after_is_told(create: Create, simulator: Simulator, fault: Fault, header: str | None) -> None:
    """429 and 5xx tell when to come again, in the words that were set."""
    simulator.inject(fault)
    assert (await create()).headers.get("Retry-After") == header
    assert simulator.vms == []


async def test_rate_limited_is_429(create: Create, simulator: Simulator) -> None:
    """A request above the limit gets JSON, and the next one a machine."""
    simulator.inject(RateLimited())
    answer = await create()
    assert (answer.status, json.loads(answer.body)) == (429, {"message": "too many requests"})
    assert (await create()).status == 200
    assert (simulator.posts, len(simulator.vms)) == (2, 1)


async def test_unauthorized_is_what_a_wrong_token_gets(ask: Create, create: Create, simulator: Simulator) -> None:
    """The fault gives the answer that a wrong token gives, as often as it is asked to."""
    simulator.inject(Unauthorized(), times=2)
    answers = [await create(), await create(), await ask("POST", "/v1/vms", headers={})]
    assert {(answer.status, answer.body) for answer in answers} == {(401, answers[2].body)}
    assert (await create()).status == 200


@pytest.mark.parametrize("creates", [False, True])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ServerError, (503, "Content-Type", "application/json; charset=utf-8")),
        (HtmlFromProxy, (502, "Content-Type", "text/html; charset=utf-8")),
        (Redirect, (307, "Location", "/v1/vms")),
    ],
)
async def test_gateway_may_answer_for_a_machine_that_comes(
    create: Create, simulator: Simulator, fault: type[ServerError], expected: tuple[int, str, str], *, creates: bool
) -> None:
    """The answer is the same whether or not a machine comes of the request."""
    simulator.inject(fault(creates=creates))
    answer = await create()
    assert expected == (answer.status, expected[1], answer.headers[expected[1]])
    assert len(simulator.vms) == creates


@pytest.mark.parametrize("status", [307, 308])
async def test_followed_redirect_is_a_second_post(stream: Stream, simulator: Simulator, status: int) -> None:
    """A client that follows the redirect sends the creation again, and the count shows it."""
    simulator.inject(Redirect(status, creates=True))
    async with stream() as response:
        assert response.status == 200
    assert simulator.posts == 2
    with pytest.raises(AssertionError, match=r"\('default', 'web-1', 123\) is VM \[1, 2\]"):
        simulator.assert_no_duplicates()


@pytest.mark.parametrize("creates", [False, True])
@pytest.mark.parametrize(
    ("how", "error"), [("close", aiohttp.ServerDisconnectedError), ("reset", aiohttp.ClientOSError)]
)
async def test_drop_before_the_head(
    create: Create, simulator: Simulator, how: Literal["close", "reset"], error: type[Exception], *, creates: bool
) -> None:
    """The connection is closed or reset without a byte, and there is a machine or there is none."""
    simulator.inject(DropBeforeHead(how, creates=creates))
    assert type((await create()).error) is error
    assert (simulator.posts, len(simulator.vms)) == (1, creates)


async def test_fault_that_creates_is_checked_first(ask: Create, create: Create, simulator: Simulator) -> None:
    """A request that cannot be accepted gets its own refusal: no machine would come of it."""
    simulator.inject(DropBeforeHead(), times=2)
    assert (await ask("POST", "/v1/vms", headers={})).status == 401
    assert (await create(name="")).status == 400


async def test_silence_before_the_head_lasts_until_the_client_leaves(
    create: Callable[..., Coroutine[Any, Any, Any]], simulator: Simulator, until: Until
) -> None:
    """Not a byte comes, the machine is there, and the handler ends soon after the client left."""
    simulator.inject(Silence())
    asking = asyncio.create_task(create())
    await until(lambda: simulator.vms)
    await asyncio.sleep(0.1)  # silence cannot be waited for in another way
    assert not asking.done()
    asking.cancel()
    await until(lambda: not simulator._api.answering)


async def test_silence_may_make_nothing(
    create: Callable[..., Coroutine[Any, Any, Any]], simulator: Simulator, until: Until
) -> None:
    """The request is swallowed on its way to the provider: no byte, and no machine."""
    simulator.inject(Silence(creates=False))
    asking = asyncio.create_task(create())
    await until(lambda: simulator._api.answering)
    await asyncio.sleep(0.1)  # silence cannot be waited for in another way
    assert (asking.done(), simulator.vms, simulator.posts) == (False, [], 1)
    asking.cancel()
    await until(lambda: not simulator._api.answering)


def test_silence_after_events_of_nothing_is_refused() -> None:
    """Events come of a machine, so there is one."""
    with pytest.raises(ValueError, match="'creates' must be True if events come"):
        Silence(after_events=0, creates=False)


@pytest.mark.parametrize("events", [0, 3, 99])
async def test_silence_after_events(stream: Stream, simulator: Simulator, events: int) -> None:
    """So many events come, or all there are, and then nothing, not even the end."""
    simulator.inject(Silence(after_events=events))
    expected = min(events, 11)
    body = b""
    async with stream() as response:
        while body.count(b"\n\n") < expected:
            body += await response.content.readany()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(response.content.readany(), 0.1)
    assert body.count(b"\n\n") == expected


async def test_connection_that_the_client_has_broken_needs_no_drop(
    create: Callable[..., Coroutine[Any, Any, Any]], simulator: Simulator, until: Until
) -> None:
    """A drop finds the client gone already and is content."""

    class LateDrop(Silence):
        async def answer(self, request: web.Request) -> web.Response | None:
            await super().answer(request)
            return await DropBeforeHead().answer(request)

    simulator.inject(LateDrop())
    asking = asyncio.create_task(create())
    await until(lambda: simulator.vms)
    asking.cancel()
    await until(lambda: not simulator._api.answering)


async def test_drop_may_say_how_in_known_words_only() -> None:
    """A word that is none of those documented is refused."""
    with pytest.raises(ValueError, match="'how' must be in"):
        DropBeforeHead("end")  # type: ignore[arg-type]
