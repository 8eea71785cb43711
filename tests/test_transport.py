"""``_transport`` and what it is for: redirects, error bodies and connections, with a client on top."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from openscaler_async import (
    Client,
    CreationRejected,
    CreationUnknown,
    RequestRejected,
)
from openscaler_async.simulator import Redirect, Simulator
from tests.peers import serving, soon, source_of, spec


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_not_followed(status: int, client: Client, simulator: Simulator) -> None:
    """No redirect is followed: one POST, and the other host is not contacted."""
    async with Simulator() as other:
        simulator.inject(Redirect(status, location=other.url + "/v1/vms"), times=9)
        with pytest.raises(CreationUnknown, match=f"HTTP {status}"):
            await soon(client.vms.create(spec()))
        with pytest.raises(RequestRejected):
            async with source_of(lambda _: web.Response(status=status, headers={"Location": other.url})) as (source, _):
                await source.connect()
    assert 1 == simulator.posts
    assert not other.requests


@pytest.mark.parametrize("size", [2**20 - 1_000, 2**21])
async def test_large_body(size: int) -> None:
    """A large body is sent once and whole, without a warning of aiohttp's."""
    bodies: list[int] = []

    async def answer(request: web.Request) -> web.Response:
        bodies.append(len(await request.content.read()))
        return web.Response(status=400)

    async with serving(answer) as server, Client("token", base_url=server.url) as client:
        with pytest.raises(CreationRejected):
            await soon(client.vms.create(spec(cloud_init_user_data="#" * size)))
    assert 1 == server.count
    assert bodies[0] > size


async def test_body_of_an_error() -> None:
    """The body of an answer that is no stream is kept, and its connection closed."""
    async with source_of(lambda _: web.json_response({"message": "no"}, status=422)) as (source, server):
        with pytest.raises(RequestRejected) as caught:
            await source.connect()
        assert ("POST", "/v1/vms", 422, '{"message": "no"}') == caught.value.args[:4]
        with pytest.raises(ValueError, match="not connected"):
            await source.receive()
    assert 1 == server.count


async def test_connection_is_used_again(client: Client, simulator: Simulator) -> None:
    """A connection whose answer was read to its end serves the next creation."""
    for name in "abc":
        creation = client.vms.create(spec(name))
        await soon(creation)
        await soon(asyncio.wait({creation._task}))
    session = client._engine.requests.transport._session  # type: ignore[union-attr]
    assert session.connector is not None
    assert 1 == sum(map(len, session.connector._conns.values()))
    assert 3 == simulator.posts
