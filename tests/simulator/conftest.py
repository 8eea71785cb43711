"""A simulator, and a plain HTTP client that tells how an answer ended: nothing of the SDK's own client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import aiohttp
import attrs
import pytest

from openscaler_async._sse import SSEDecoder
from openscaler_async.simulator import Simulator

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

ORDER = {
    "size": "b-1-500mb-10",
    "project_id": "default",
    "name": "web-1",
    "description": "A shop's front",
    "region": "alg1",
    "distro": "debian-13",
    "attached_disks": [{"sizeGB": 5}],
    "ssh_keys": ["ssh-ed25519 AAAA user@host"],
    "password": "correct horse",
    "cloud_init_user_data": "#cloud-config\n",
    "sequence_id": 123,
}


@attrs.frozen
class Answer:
    """What came of one request: an answer, whole or broken off, or an error before its head."""

    status: int | None = None
    headers: Mapping[str, str] = {}
    body: bytes = b""
    error: Exception | None = None

    @property
    def events(self) -> list[tuple[str, str]]:
        """The events of the body, as type and data."""
        return [(event.type, event.data) for event in SSEDecoder().receive(self.body)]


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Give a simulator that never sleeps."""
    async with Simulator(speed=float("inf")) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a session without limits."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session


@pytest.fixture
def ask(http: aiohttp.ClientSession, simulator: Simulator) -> Callable[..., Awaitable[Answer]]:
    """Give a way to send a request with the right token, to `simulator` or another one."""

    async def send(method: str, path: str, *, to: Simulator = simulator, **settings: Any) -> Answer:  # noqa: ANN401
        settings.setdefault("headers", {"Authorization": f"Bearer {to.token}"})
        try:
            response = await http.request(method, to.url + path, allow_redirects=False, **settings)
        except aiohttp.ClientError as error:
            return Answer(error=error)
        body = bytearray()
        problem = None
        async with response:
            try:
                async for data in response.content.iter_any():
                    body += data
            except (aiohttp.ClientError, OSError) as error:
                problem = error
        return Answer(response.status, response.headers, bytes(body), problem)

    return send


@pytest.fixture
def create(ask: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    """Give a way to send the usual creation request, with some fields changed."""

    async def send(*, to: Simulator | None = None, **changed: Any) -> Answer:  # noqa: ANN401
        others = {} if to is None else {"to": to}
        return await ask("POST", "/v1/vms", json=ORDER | changed, **others)

    return send


@pytest.fixture
def stream(
    http: aiohttp.ClientSession, simulator: Simulator
) -> Callable[..., AbstractAsyncContextManager[aiohttp.ClientResponse]]:
    """Give a way to send the usual creation request and to read the answer as it comes."""

    def send(*, to: Simulator = simulator) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        headers = {"Authorization": f"Bearer {to.token}"}
        return http.post(f"{to.url}/v1/vms", json=ORDER, headers=headers)

    return send


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Give a way to wait for something that no event tells."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    return wait
