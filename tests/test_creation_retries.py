"""What of a creation is sent again: only what certainly had no effect, and as told."""

from __future__ import annotations

import asyncio
import email.utils
import time
from typing import Any

import pytest
from aiohttp import web

from openscaler_async import (
    Client,
    ConfigurationError,
    CreationNotSent,
    CreationRejected,
    CreationUnknown,
    Outcome,
    RequestRejected,
)
from openscaler_async.simulator import Fault, FinalError, RateLimited, Simulator, Unauthorized
from tests.peers import Reply, soon, spec, turns, until


class Tokens:
    """An async callable that gives a new token each time, and counts."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.asked = 0

    async def __call__(self) -> str:
        """Give the next token, the last one for ever."""
        self.asked += 1
        await asyncio.sleep(0)
        return self.tokens[min(self.asked, len(self.tokens)) - 1]


async def test_too_many_requests(client: Client, simulator: Simulator) -> None:
    """429 is sent again inside the same creation, at most ``attempts`` times in all."""
    simulator.inject(RateLimited(None), times=2)
    creation = client.vms.create(spec())
    assert "web-1" == (await soon(creation)).name
    assert 3 == simulator.posts
    assert 1 == len(simulator.vms)


async def test_attempts_end(simulator: Simulator) -> None:
    """The last 429 is the error."""
    simulator.inject(RateLimited(0), times=5)
    async with Client(simulator.token, base_url=simulator.url, attempts=2) as client:
        with pytest.raises(CreationRejected) as caught:
            await soon(client.vms.create(spec()))
    assert (429, 0.0) == (caught.value.status, caught.value.retry_after)
    assert "too many requests" in caught.value.body
    assert 2 == simulator.posts


async def test_told_when_to_come_back(client: Client, simulator: Simulator) -> None:
    """``Retry-After`` is honoured: nothing is sent before."""
    simulator.inject(RateLimited(1))
    began = time.monotonic()
    await soon(client.vms.create(spec()))
    assert time.monotonic() - began >= 1.0
    assert 2 == simulator.posts


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *((61, 61.0), ("3600", 3600.0), ("99999999999", 99999999999.0)),
        (email.utils.formatdate(time.time() + 86_400, usegmt=True), pytest.approx(86_400, abs=7_200)),
        ("Fri, 01 Jan 2100 00:00:00 -0000", pytest.approx(2.3e9, rel=0.2)),
    ],
    ids=["seconds", "text", "for ever", "date", "far date"],
)
async def test_told_to_come_back_too_late(header: Any, seconds: Any, client: Client, simulator: Simulator) -> None:  # noqa: ANN401
    """A wait longer than ``max_retry_wait`` is the caller's decision: it is told, in either form of the header."""
    simulator.inject(RateLimited(header))
    with pytest.raises(CreationRejected) as caught:
        await soon(client.vms.create(spec()))
    assert seconds == caught.value.retry_after
    assert "may be sent again after" in str(caught.value)
    assert 1 == simulator.posts


@pytest.mark.parametrize("header", ["", "soon", "-1", "1.5", "\u00b2", "Fri, 99 Foo", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_header_that_cannot_be_read(header: str, simulator: Simulator) -> None:
    """A ``Retry-After`` that is none, or is over, is no reason not to come back."""
    simulator.inject(Reply(429, b"", {"Retry-After": header}))
    async with Client(simulator.token, base_url=simulator.url) as client:
        assert "web-1" == (await soon(client.vms.create(spec()))).name
    assert 2 == simulator.posts


@pytest.mark.parametrize("status", [500, 502, 503, 504, 307, 408, 400, 409])
async def test_only_429_is_sent_again(status: int, client: Client, simulator: Simulator) -> None:
    """No other answer is sent again, whatever it says about coming back."""
    simulator.inject(Reply(status, b"", {"Retry-After": "0"}))
    with pytest.raises((CreationUnknown, CreationRejected)):
        await soon(client.vms.create(spec()))
    assert 1 == simulator.posts


async def test_what_a_stream_says_is_not_sent_again(client: Client, simulator: Simulator) -> None:
    """A final event 429 or 401 is an end, not an invitation."""
    for status in (429, 401, 503):
        simulator.inject(FinalError(status))
        creation = client.vms.create(spec())
        await soon(asyncio.gather(creation, return_exceptions=True))
        assert Outcome.FAILED is creation.outcome
    assert 3 == simulator.posts


async def test_refused_connection_is_tried_again(simulator: Simulator) -> None:
    """A request that never left is sent when the server is back."""
    async with Client(simulator.token, base_url=simulator.url, attempts=50) as client:
        async with simulator.refusing():
            creation = client.vms.create(spec())
            await turns(50)
        assert "web-1" == (await soon(creation)).name
    assert 1 == simulator.posts


async def test_text_for_a_token_is_refused(simulator: Simulator) -> None:
    """401 with a token that is a text cannot be helped."""
    async with Client("wrong", base_url=simulator.url) as client:
        with pytest.raises(CreationRejected) as caught:
            await soon(client.vms.create(spec()))
    assert 401 == caught.value.status
    assert 1 == simulator.posts


async def test_new_token_once_for_all(simulator: Simulator) -> None:
    """When the token has expired, 50 creations ask for one new one, once, and all are sent with it."""
    tokens = Tokens("old", simulator.token)
    async with Client(tokens, base_url=simulator.url) as client:
        vms = await soon(asyncio.gather(*(client.vms.create(spec(f"web-{n}")) for n in range(50))))
    assert 50 == len({vm.id for vm in vms}) == len(simulator.vms)
    assert 2 == tokens.asked
    assert 100 == simulator.posts


async def test_answer_that_comes_after_the_new_token(simulator: Simulator) -> None:
    """A late 401 for the old token is answered with the new one, without asking again."""
    tokens = Tokens("old", simulator.token)
    go = asyncio.Event()

    class Late(Fault):
        async def answer(self, request: web.Request) -> web.Response:  # noqa: ARG002
            await go.wait()
            return web.Response(status=401)

        creates = False

    async with Client(tokens, base_url=simulator.url) as client:
        simulator.inject(Late())
        late = client.vms.create(spec("late"))
        await until(lambda: simulator.posts)
        await soon(asyncio.gather(*(client.vms.create(spec(name)) for name in "abc")))
        go.set()
        await soon(late)
    assert 2 == tokens.asked
    assert 8 == simulator.posts


async def test_new_token_is_refused_too(simulator: Simulator) -> None:
    """A new token is tried once; the second 401 is the error."""
    async with Client(Tokens("a", "b", "c"), base_url=simulator.url) as client:
        with pytest.raises(CreationRejected) as caught:
            await soon(client.vms.create(spec()))
    assert 401 == caught.value.status
    assert 2 == simulator.posts


async def test_same_token_again(simulator: Simulator) -> None:
    """The same token given again is not tried again."""
    async with Client(Tokens("same"), base_url=simulator.url) as client:
        with pytest.raises(CreationRejected):
            await soon(client.vms.create(spec()))
    assert 1 == simulator.posts


async def test_refresh_does_not_use_up_an_attempt(simulator: Simulator) -> None:
    """401 and 429 are counted apart."""
    simulator.inject(Unauthorized())
    simulator.inject(RateLimited(0))
    async with Client(Tokens("x", simulator.token), base_url=simulator.url, attempts=2) as client:
        await soon(client.vms.create(spec()))
    assert 3 == simulator.posts


@pytest.mark.parametrize(
    "error", [LookupError("vault"), OSError("disk"), RequestRejected("POST", "/login", 403), TimeoutError()]
)
async def test_callable_that_raises(error: Exception, simulator: Simulator) -> None:
    """Without a token nothing is sent, and the creation's error says why, whatever was raised."""

    async def token() -> str:
        raise error

    async with Client(token, base_url=simulator.url) as client:
        creations = [client.vms.create(spec(name)) for name in "ab"]
        errors = await soon(asyncio.gather(*creations, return_exceptions=True))
    for found in errors:
        assert isinstance(found, CreationNotSent)
        assert (str(error) or type(error).__name__) == found.reason
        assert error is found.__cause__
    assert 0 == simulator.posts


async def test_callable_that_raises_when_asked_again(simulator: Simulator) -> None:
    """The provider's 401 is what is known, when there is no new token."""

    async def token() -> str:
        if simulator.posts:
            raise LookupError
        return "old"

    async with Client(token, base_url=simulator.url) as client:
        with pytest.raises(CreationRejected) as caught:
            await soon(client.vms.create(spec()))
    assert 401 == caught.value.status
    assert 1 == simulator.posts


@pytest.mark.parametrize("token", ["", "two words", "line\n", "é", 7, None])
async def test_callable_that_gives_no_token(token: Any, simulator: Simulator) -> None:  # noqa: ANN401
    """What is no text for a header is not sent, and not shown."""

    async def give() -> Any:  # noqa: ANN401
        return token

    async with Client(give, base_url=simulator.url) as client:
        with pytest.raises(CreationNotSent, match="token") as caught:
            await soon(client.vms.create(spec()))
    assert isinstance(caught.value.__cause__, ConfigurationError)
    assert 0 == simulator.posts
