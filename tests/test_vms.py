"""``vms``: list and get, and what every answer to them becomes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from openscaler_async import (
    Client,
    InvalidSpec,
    RequestRejected,
    ResponseUnreadable,
)
from tests.peers import serving, soon, spec

if TYPE_CHECKING:
    from openscaler_async.simulator import Simulator


async def test_list(client: Client, simulator: Simulator) -> None:
    """The list has the machines of the project that is asked for."""
    await soon(asyncio.gather(*(client.vms.create(spec(name)) for name in "ab")))
    await soon(client.vms.create(spec("c", project_id="other")))
    assert ["a", "b"] == [vm.name for vm in await soon(client.vms.list())]
    assert ["c"] == [vm.name for vm in await soon(client.vms.list("other"))]
    assert [] == await soon(client.vms.list(project_id="no & such"))
    assert 3 == simulator.requests["GET", "/v1/vms"]


async def test_get(client: Client, simulator: Simulator) -> None:
    """One machine is had by its id, whole or in parts."""
    made = await soon(client.vms.create(spec()))
    whole = await soon(client.vms.get(made.id))
    assert (made.id, "web-1", "running") == (whole.id, whole.name, whole.state)
    assert whole.disks
    assert whole.network is not None
    part = await soon(client.vms.get(str(made.id), only=["state", "disks"]))
    assert ("running", None) == (part.state, part.network)
    assert part.disks
    assert (await soon(client.vms.get(made.id, only="network"))).network is not None
    assert () == (await soon(client.vms.get(made.id, only=["basic"]))).disks
    assert whole == await soon(client.vms.get(made.id, only=[]))
    assert 5 == simulator.requests["GET", "/v1/vms/{vm_id}"]


async def test_get_what_is_not_there(client: Client, simulator: Simulator) -> None:
    """An unknown machine is a rejection with the provider's words."""
    with pytest.raises(RequestRejected, match="HTTP 404") as caught:
        await soon(client.vms.get(99))
    assert ("GET", "/v1/vms/99", 404) == (caught.value.method, caught.value.path, caught.value.status)
    assert "99" in caught.value.body
    assert 1 == simulator.requests["GET", "/v1/vms/{vm_id}"]


@pytest.mark.parametrize("vm_id", ["", " ", ".", "..", True, None, 1.5, b"1"])
async def test_no_id(vm_id: Any, client: Client, simulator: Simulator) -> None:  # noqa: ANN401
    """What is no id is refused before anything is sent."""
    with pytest.raises(InvalidSpec, match="vm_id"):
        await client.vms.get(vm_id)
    assert not simulator.requests


async def test_wrong_arguments(client: Client, simulator: Simulator) -> None:
    """A wrong part or project is refused before anything is sent."""
    for only in ("disk", ["basic", "memory"]):
        with pytest.raises(InvalidSpec, match="only="):
            await client.vms.get(1, only=only)
    for project_id in ("", None, 7):
        with pytest.raises(InvalidSpec, match="project_id="):
            await client.vms.list(project_id)  # type: ignore[arg-type]
    assert not simulator.requests


async def test_id_cannot_leave_its_place() -> None:
    """An id with a slash or a question mark stays one part of the path."""
    async with (
        serving(lambda request: web.json_response({"id": 1, "name": request.raw_path})) as server,
        Client("token", base_url=server.url) as client,
    ):
        assert "/v1/vms/..%2Fa%3Fb%23%25" == (await soon(client.vms.get("../a?b#%"))).name


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        *(("{}", "vms"), ('{"vms": {}}', "vms"), ("[]", "vms"), ("null", "vms"), ("", "vms")),
        *(('{"vms": [{"id": "7", "name": "a"}]}', "id"), ('{"vms": [3]}', "object")),
    ],
)
async def test_list_that_is_none(answer: str, reason: str) -> None:
    """A list that is not as documented cannot be read, and says what is wrong."""
    async with serving(lambda _: web.Response(text=answer)) as server, Client("t", base_url=server.url) as client:
        with pytest.raises(ResponseUnreadable, match=reason):
            await soon(client.vms.list())
        with pytest.raises(ResponseUnreadable):
            await soon(client.vms.get(1))
