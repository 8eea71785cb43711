"""The ways to create machines that are compared. Each opens once and then creates `count` at once, as often as asked.

A batch gives what its user ends up with: decoded machines (or, for raw aiohttp, a number of bytes).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import wire

Batch = Callable[[int], Awaitable[Sequence[Any]]]
"""Create that many machines at once."""


def session() -> aiohttp.ClientSession:
    """Return an aiohttp session as a careful user opens it: without the limit of 100 connections."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


@asynccontextmanager
async def raw(url: str) -> AsyncIterator[Batch]:
    """Read the same bytes with aiohttp and do nothing with them."""
    async with session() as http:

        async def create(number: int) -> int:
            size = 0
            body = wire.request_body(number)
            async with http.post(url + wire.PATH, json=body, headers=wire.HEADERS) as response:
                async for data in response.content.iter_any():
                    size += len(data)
            return size

        yield lambda count: asyncio.gather(*map(create, range(count)))


@asynccontextmanager
async def hand_written(url: str) -> AsyncIterator[Batch]:
    """Run the loop that users write by hand over aiohttp."""
    async with session() as http:

        async def create(number: int) -> Any:  # noqa: ANN401 - any JSON
            body = wire.request_body(number)
            result = None
            kind = data = ""
            async with http.post(url + wire.PATH, json=body, headers=wire.HEADERS) as response:
                response.raise_for_status()
                async for line_bytes in response.content:
                    line = line_bytes.decode().rstrip("\r\n")
                    if line.startswith("event:"):
                        kind = line[6:].strip()
                    elif line.startswith("data:"):
                        data += line[5:].strip()
                    elif not line and data:
                        payload = json.loads(data)
                        if kind == "200":
                            result = payload
                        elif kind != "progress":
                            raise RuntimeError(payload)
                        kind = data = ""
            return result

        yield lambda count: asyncio.gather(*map(create, range(count)))


@asynccontextmanager
async def aiohttp_sse_client(url: str) -> AsyncIterator[Batch]:
    """Follow the stream with aiohttp-sse-client; its users must leave before the stream ends, or it is sent again."""
    from aiohttp_sse_client.client import EventSource  # noqa: PLC0415 - only this peer pays for its import

    async with session() as http:

        async def create(number: int) -> Any:  # noqa: ANN401 - any JSON
            source = EventSource(
                url + wire.PATH,
                option={"method": "POST"},
                session=http,
                json=wire.request_body(number),
                headers=dict(wire.HEADERS),
            )
            async with source:
                async for event in source:
                    payload = json.loads(event.data)
                    if event.type != "progress":
                        return payload
            raise RuntimeError(number)

        yield lambda count: asyncio.gather(*map(create, range(count)))


@asynccontextmanager
async def httpx_sse(url: str) -> AsyncIterator[Batch]:
    """Follow the stream with httpx and httpx-sse."""
    import httpx  # noqa: PLC0415 - only this peer pays for its import
    from httpx_sse import aconnect_sse  # noqa: PLC0415

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=None) as http:  # noqa: S113 - none of the peers waits for ever

        async def create(number: int) -> Any:  # noqa: ANN401 - any JSON
            result = None
            body = wire.request_body(number)
            async with aconnect_sse(http, "POST", url + wire.PATH, json=body, headers=dict(wire.HEADERS)) as source:
                source.response.raise_for_status()
                async for event in source.aiter_sse():
                    payload = json.loads(event.data)
                    if event.event == "200":
                        result = payload
            return result

        yield lambda count: asyncio.gather(*map(create, range(count)))


@asynccontextmanager
async def _sdk(url: str, *, iterate: bool) -> AsyncIterator[Batch]:
    from openscaler_async import Client, VMSpec  # noqa: PLC0415 - only this peer pays for its import

    def spec(number: int) -> VMSpec:
        return VMSpec(name=f"web-{number}", size="b-1-500mb-10", region="alg1", distro="debian-13", sequence_id=number)

    async with Client(wire.TOKEN, base_url=url, max_concurrent_creations=100_000) as client:

        async def follow(number: int) -> Any:  # noqa: ANN401 - a VM; the package may be absent
            creation = client.vms.create(spec(number))
            async for progress in creation:
                _ = progress.percent
            return await creation

        def awaited(count: int) -> Awaitable[Sequence[Any]]:
            return asyncio.gather(*(client.vms.create(spec(number)) for number in range(count)))

        yield (lambda count: asyncio.gather(*map(follow, range(count)))) if iterate else awaited


def sdk_awaited(url: str) -> AbstractAsyncContextManager[Batch]:
    """Await `client.vms.create(spec)`, with every default but the number at once."""
    return _sdk(url, iterate=False)


def sdk_iterated(url: str) -> AbstractAsyncContextManager[Batch]:
    """Iterate each creation by one reader, then await it."""
    return _sdk(url, iterate=True)


PEERS: dict[str, Callable[[str], AbstractAsyncContextManager[Batch]]] = {
    "raw": raw,
    "hand-written": hand_written,
    "aiohttp-sse-client": aiohttp_sse_client,
    "httpx-sse": httpx_sse,
    "sdk-awaited": sdk_awaited,
    "sdk-iterated": sdk_iterated,
}


def vm_id(result: Any) -> int:  # noqa: ANN401 - whatever a batch gives
    """Return the machine's id, to prove that every peer read its whole answer."""
    return int(result["id"] if isinstance(result, dict) else result.id)
