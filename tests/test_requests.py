"""``client.request``: the escape hatch, and what every answer to it becomes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from openscaler_async import (
    Client,
    ClientClosed,
    InvalidSpec,
    OpenScalerError,
    RequestInterrupted,
    RequestNotSent,
    RequestRejected,
    ResponseUnreadable,
    Timeouts,
)
from tests.peers import serving, soon, turns, until

if TYPE_CHECKING:
    from openscaler_async.simulator import Simulator

PAGE = "<html>Bad Gateway</html>"


async def test_any_request() -> None:
    """The escape hatch sends method, query and body as given, with the token, and gives the decoded answer."""

    async def echo(request: web.Request) -> web.Response:
        seen = {"method": request.method, "path": request.raw_path, "body": await request.text()}
        return web.json_response({**seen, **{k: request.headers.get(k) for k in ("Authorization", "Content-Type")}})

    async with serving(echo) as server, Client("canary", base_url=server.url + "/base/") as client:
        plain = await soon(client.request("get", "/v1/stats/live"))
        assert {"method": "GET", "path": "/base/v1/stats/live", "body": ""}.items() <= plain.items()
        assert ("Bearer canary", None) == (plain["Authorization"], plain["Content-Type"])
        full = await soon(client.request("PUT", "/a%20b", params={"x": ["1", "2"], "y": "&"}, json={"é": [None]}))
        assert {
            "method": "PUT",
            "path": "/base/a%20b?x=1&x=2&y=%26",
            "body": '{"\\u00e9":[null]}',
        }.items() <= full.items()
        assert "application/json" == full["Content-Type"]


@pytest.mark.parametrize(("text", "value"), [("", None), (" \n", None), ("null", None), ("[1]", [1]), ('"a"', "a")])
async def test_answers(text: str, value: object) -> None:
    """Any JSON is an answer, and so is an empty body."""
    async with serving(lambda _: web.Response(text=text)) as server, Client("t", base_url=server.url) as client:
        assert value == await soon(client.request("GET", "/"))


@pytest.mark.parametrize("text", [PAGE, "{", "NaN", "[" * 9_000, "x" * 5_000])
async def test_answer_that_is_no_json(text: str) -> None:
    """An answer that is no JSON keeps its start."""
    async with serving(lambda _: web.Response(text=text)) as server, Client("t", base_url=server.url) as client:
        with pytest.raises(ResponseUnreadable) as caught:
            await soon(client.request("GET", "/"))
    assert text[:1_000] == caught.value.body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", "/v1/vms"), ("post", "/v1/vms"), ("POST", "/v1/vms/")),
        *(("POST", "//v1/vms"), ("POST", "/v1/x/../vms"), ("POST", "/v1/%76ms"), ("POST", "///v1//vms")),
        *(("GET", "v1/vms"), ("GET", ""), ("GET", "/a?b"), ("GET", "/a#b"), ("GET", "https://elsewhere.example/")),
    ],
)
async def test_path_that_is_refused(method: str, path: str, client: Client, simulator: Simulator) -> None:
    """A machine is created by ``vms.create`` only; a path is a path."""
    with pytest.raises(InvalidSpec, match="path="):
        await client.request(method, path, json={})
    with pytest.raises(InvalidSpec, match="json="):
        await client.request("PUT", "/v1/x", json={1, 2})
    assert not simulator.requests


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 400, 404, 500, 503])
async def test_other_status(status: int) -> None:
    """Any other status is a rejection, its body is kept, and no redirect is followed."""
    answer = {"status": status, "text": PAGE, "headers": {"Location": "/", "Retry-After": "7"}}
    async with (
        serving(lambda _: web.Response(**answer)) as server,  # type: ignore[arg-type]
        Client("t", base_url=server.url) as client,
    ):
        with pytest.raises(RequestRejected) as caught:
            await soon(client.request("DELETE", "/v1/vms/1"))
    assert (status, PAGE, 7.0) == (caught.value.status, caught.value.body, caught.value.retry_after)
    assert 1 == server.count


async def test_too_many_requests() -> None:
    """429 is sent again, at most ``attempts`` times in all."""
    async with (
        serving(lambda _: web.Response(status=429)) as server,
        Client("t", base_url=server.url, attempts=2) as client,
    ):
        with pytest.raises(RequestRejected, match="429"):
            await soon(client.request("POST", "/v1/x", json={}))
    assert 2 == server.count


async def test_refused_connection(simulator: Simulator) -> None:
    """A request that never left is sent again, and says at last that it did not leave."""
    async with Client("t", base_url=simulator.url, attempts=2) as client, simulator.refusing():
        with pytest.raises(RequestNotSent, match="was not sent"):
            await soon(client.request("GET", "/v1/vms"))
    assert not simulator.requests


@pytest.mark.parametrize("tokens", [["old", "simulator"], ["old"], ["old", "older", "simulator"]])
async def test_new_token(tokens: list[str], simulator: Simulator) -> None:
    """401 asks for a new token once."""
    left = list(tokens)

    async def token() -> str:
        return left.pop(0) if len(left) > 1 else left[0]

    async with Client(token, base_url=simulator.url) as client:
        if tokens[1:2] == ["simulator"]:
            assert [] == await soon(client.vms.list())
        else:
            with pytest.raises(RequestRejected, match="401"):
                await soon(client.vms.list())
    assert min(2, len(tokens)) == simulator.requests["GET", "/v1/vms"]


async def test_answer_that_breaks_off() -> None:
    """A request that was sent and not answered whole is interrupted, and not sent again."""

    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(cut) as server, Client("t", base_url=server.url) as client:
        with pytest.raises(RequestInterrupted, match="before the answer was whole"):
            await soon(client.request("PUT", "/v1/x"))
    assert 1 == server.count


async def test_answer_that_does_not_come() -> None:
    """An answer that is silent for ``silence`` is interrupted."""
    never = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    async with serving(wait) as server:
        async with Client("t", base_url=server.url, timeouts=Timeouts(silence=0.05)) as client:
            with pytest.raises(RequestInterrupted, match="silence"):
                await soon(client.request("PUT", "/v1/x"))
        never.set()
    assert 1 == server.count


async def test_answer_that_is_too_large() -> None:
    """No answer is read beyond 64 MiB."""

    async def much(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(65):
            await response.write(b" " * 2**20)
        return response

    async with serving(much) as server, Client("t", base_url=server.url) as client:
        with pytest.raises(RequestInterrupted, match="larger than"):
            await soon(client.request("GET", "/"))


async def test_client_closed_while_it_waits_to_send_again() -> None:
    """A request that finds its client closed says so by an error of ours."""
    async with serving(lambda _: web.Response(status=429)) as server:
        async with Client("t", base_url=server.url, attempts=100) as client:
            request = asyncio.create_task(client.request("GET", "/"))
            await until(lambda: server.count > 1)
        with pytest.raises(OpenScalerError):
            await soon(request)


@pytest.mark.parametrize("begun", [False, True])
async def test_client_closed_while_it_waits_for_the_answer(begun: bool) -> None:  # noqa: FBT001
    """A request whose client is closed under it ends at once, by an error of ours, its answer begun or not."""
    never, prepared = asyncio.Event(), asyncio.Event()

    async def wait(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "9"})
        if begun:
            await response.prepare(request)
            await response.write(b"{")
        prepared.set()
        await never.wait()
        return response

    async with serving(wait) as server:
        async with Client("t", base_url=server.url) as client:
            request = asyncio.create_task(client.request("PUT", "/"))
            await soon(prepared.wait())
            await turns(100)  # for the head to arrive, which nothing shows
        with pytest.raises(OpenScalerError):
            await soon(request)
        never.set()


async def test_client_closed_while_the_token_is_asked_for() -> None:
    """Closing the client is no cancellation of the task that waits for a request."""
    asked = asyncio.Event()

    async def token() -> str:
        asked.set()
        await asyncio.Event().wait()
        return ""

    async with Client(token, base_url="http://127.0.0.1:9") as client:
        request = asyncio.create_task(client.vms.list())
        await soon(asked.wait())
    results = await soon(asyncio.gather(request, return_exceptions=True))
    assert isinstance(results[0], ClientClosed)
