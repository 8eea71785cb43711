"""What `_event_source` touches of aiohttp-sse-client is there, and is as unsafe for a POST as ADR 1 says."""

from __future__ import annotations

import inspect

import aiohttp
import aiohttp_sse_client.client as package
import pytest
from aiohttp import web

from tests.peers import serving, soon


def test_internals_of_the_package() -> None:
    """What we override and touch of aiohttp-sse-client 0.2 is there: without it, no release of it will do."""
    signature = list(inspect.signature(package.EventSource.__init__).parameters)
    assert ["self", "url", "option"] == signature[:3]
    assert {"session", "kwargs"} <= set(signature)
    assert ["self", "retry"] == list(inspect.signature(package.EventSource.connect).parameters)
    for name in ("__aenter__", "__aexit__", "__aiter__", "__anext__", "close", "connect", "ready_state", "url"):
        assert hasattr(package.EventSource, name), name
    assert [0, 1, 2] == [package.READY_STATE_CONNECTING, package.READY_STATE_OPEN, package.READY_STATE_CLOSED]
    fields = ["type", "message", "data", "origin", "last_event_id"]
    assert fields == list(inspect.signature(package.MessageEvent).parameters)


async def test_attributes_of_the_package() -> None:
    """The attributes that we read are set by the package's own constructor, and its close uses ours."""
    async with aiohttp.ClientSession() as session:
        plain = package.EventSource("http://127.0.0.1:9", option={"method": "POST"}, session=session, data=b"x")
        for name in ("_session", "_url", "_method", "_kwargs", "_response", "_ready_state", "_need_close_session"):
            assert name in vars(plain), name
        assert ("POST", b"x", False) == (plain._method, plain._kwargs["data"], plain._need_close_session)
        assert plain._response is None


async def test_the_package_itself_sends_again() -> None:
    """The reason for all this: the package's own source follows a redirect with the POST (ADR 1)."""
    async with (
        serving(lambda _: web.Response(status=307, headers={"Location": "/"})) as server,
        aiohttp.ClientSession() as session,
    ):
        plain = package.EventSource(server.url, option={"method": "POST"}, session=session)
        with pytest.raises(aiohttp.TooManyRedirects):
            await soon(plain.connect())
    assert server.count > 1
