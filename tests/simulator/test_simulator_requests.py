"""What is refused before a stream, and the two ways to read machines."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from openscaler_async.simulator import ListLag, Simulator

Create = Callable[..., Awaitable[Any]]
Until = Callable[[Callable[[], object]], Awaitable[None]]

ENDPOINTS = [("POST", "/v1/vms"), ("GET", "/v1/vms"), ("GET", "/v1/vms/1"), ("GET", "/v1/lbs")]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic simulator"}])
async def test_token_is_required(ask: Create, method: str, path: str, headers: dict[str, str]) -> None:
    """Every endpoint answers 401 with JSON when the token is missing or wrong."""
    answer = await ask(method, path, headers=headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert json.loads(answer.body) == {"message": "the bearer token is missing or wrong"}


async def test_token_can_be_changed(ask: Create, simulator: Simulator) -> None:
    """After a new token is set, the old one is refused and the new one accepted."""
    old = {"Authorization": f"Bearer {simulator.token}"}
    simulator.token = "renewed"  # noqa: S105
    assert (await ask("GET", "/v1/vms?project_id=default", headers=old)).status == 401
    assert (await ask("GET", "/v1/vms?project_id=default")).status == 200


SIZES = (
    "b-1-500mb-10, s-1vcpu-1gb, b-1-2-50, b-2-4-100, b-4-8-160, b-8-16-320, "
    "b-8-32-640, b-16-32-640, b-16-64-1280, b-32-64-1280, b-32-128-2560"
)
CUSTOM = {"vcpus": 2, "memoryMB": 3072, "storageGB": 30}
NO_CUSTOM = "a known size or have vcpus, memoryMB, storageGB"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": ""}, 'name: must be a string that is not empty, not ""'),
        ({"name": " \t"}, 'name: must be a string that is not empty, not " \\t"'),
        ({"name": None}, "name: must be a string that is not empty, not null"),
        ({"name": 5}, "name: must be a string that is not empty, not 5"),
        ({"name": list(range(90))}, f"name: must be a string that is not empty, not {list(range(90))!s:.80}..."),
        ({"size": "huge"}, f'size: must be one of {SIZES}, not "huge"'),
        ({"size": 7}, f"size: must be {NO_CUSTOM}, not 7"),
        ({"size": None}, f"size: must be {NO_CUSTOM}, not null"),
        ({"size": CUSTOM | {"vcpus": 0}}, "vcpus: must be above 0, not 0"),
        ({"size": CUSTOM | {"memoryMB": 0.5}}, "memoryMB: must be a whole number, not 0.5"),
        ({"size": None, "vcpus": True, "memoryMB": 1, "storageGB": 1}, "vcpus: must be a whole number, not true"),
        ({"size": {"vcpus": 1, "memoryMB": 512}}, "storageGB: must be a whole number, not null"),
        ({"region": "mars"}, 'region: must be one of alg1, not "mars"'),
        ({"region": None}, "region: must be a string that is not empty, not null"),
        ({"distro": "dos"}, 'distro: must be one of debian-13, not "dos"'),
        ({"project_id": ""}, 'project_id: must be a string that is not empty, not ""'),
        ({"description": 5}, "description: must be a string"),
        ({"attached_disks": {}}, "attached_disks: must be a list of objects with sizeGB, not {}"),
        ({"attached_disks": [5]}, "attached_disks: must be a list of objects with sizeGB, not [5]"),
        ({"attached_disks": [{"sizeGB": -5}]}, "attached_disks.sizeGB: must be above 0, not -5"),
        ({"attached_disks": [{}]}, "attached_disks.sizeGB: must be a whole number, not null"),
        ({"ssh_keys": "ssh-ed25519 AAAA"}, "ssh_keys: must be a list of strings"),
        ({"ssh_keys": [5]}, "ssh_keys: must be a list of strings"),
        ({"password": 5}, "password: must be a string"),
        ({"cloud_init_user_data": {}}, "cloud_init_user_data: must be a string"),
        ({"sequence_id": "7"}, 'sequence_id: must be a whole number, not "7"'),
        ({"sequence_id": False}, "sequence_id: must be a whole number, not false"),
    ],
)
async def test_bad_field_is_refused(
    create: Create, simulator: Simulator, changed: dict[str, object], message: str
) -> None:
    """A field that breaks a rule gives HTTP 400 with JSON that names it, and no machine."""
    answer = await create(**changed)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/json; charset=utf-8")
    assert json.loads(answer.body) == {"message": message}
    assert (simulator.posts, simulator.vms) == (1, [])


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'"name"'])
async def test_body_that_is_no_object_is_refused(ask: Create, body: bytes) -> None:
    """A body that is no JSON object gives HTTP 400."""
    answer = await ask("POST", "/v1/vms", data=body)
    assert answer.status == 400
    assert json.loads(answer.body) == {"message": "the body must be a JSON object"}


@pytest.mark.parametrize("changed", [{"size": CUSTOM}, {"size": None} | CUSTOM])
async def test_custom_size_is_an_object_or_stands_beside_the_rest(
    create: Create, simulator: Simulator, changed: dict[str, object]
) -> None:
    """Both forms that a custom size may have are accepted; it has no price."""
    assert (await create(**changed)).status == 200
    keys = ("size", "vcpus", "memoryMB", "storageGB", "transferGB", "price_hourly", "price_monthly")
    assert [simulator.vms[0][key] for key in keys] == ["custom", 2, 3072, 30, None, None, None]


async def test_unknown_fields_are_ignored(create: Create, simulator: Simulator) -> None:
    """A field that the page does not show changes nothing."""
    assert (await create(backups=True)).status == 200
    assert "backups" not in simulator.vms[0]


async def test_regions_and_distros_are_settings(create: Create) -> None:
    """What the page does not show can be made known."""
    async with Simulator(speed=float("inf"), regions=["r1"], distros=["rocky-9"]) as simulator:
        answer = await create(to=simulator, region="r1", distro="rocky-9")
        assert "copying rocky-9 image" in answer.body.decode()
        assert (await create(to=simulator)).status == 400


async def test_list_shows_the_machines_of_a_project(ask: Create, create: Create) -> None:
    """The list has the machines of the project asked for only, oldest first, and none for an unknown one."""
    for name, project in (("a", "p"), ("b", "q"), ("c", "p")):
        await create(name=name, project_id=project)
    answer = await ask("GET", "/v1/vms", params={"project_id": "p"})
    assert [vm["name"] for vm in json.loads(answer.body)["vms"]] == ["a", "c"]
    assert json.loads((await ask("GET", "/v1/vms?project_id=r")).body) == {"vms": []}


async def test_listed_machine_has_a_node_type_and_no_sequence_id(
    ask: Create, create: Create, simulator: Simulator
) -> None:
    """The list shows what the page of the list shows: the creation's fields but for two."""
    await create()
    listed = json.loads((await ask("GET", "/v1/vms?project_id=default")).body)["vms"][0]
    assert listed.pop("node_type") == "VM"
    kept = simulator.vms[0]
    assert kept.pop("sequence_id") == 123
    assert listed == kept


@pytest.mark.parametrize("query", ["", "?project_id=", "?project=default"])
async def test_list_requires_a_project(ask: Create, query: str) -> None:
    """The parameter that the page flags as required is required."""
    answer = await ask("GET", f"/v1/vms{query}")
    assert answer.status == 400
    assert json.loads(answer.body) == {"message": "project_id: the parameter is required"}


async def test_one_machine_is_bare(ask: Create, create: Create) -> None:
    """One machine is the list's element, not wrapped."""
    await create()
    listed = json.loads((await ask("GET", "/v1/vms?project_id=default")).body)["vms"][0]
    assert json.loads((await ask("GET", "/v1/vms/1")).body) == listed


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("only=basic", set()),
        ("only=state", {"state"}),
        ("only=disks&only=network", {"disks", "network"}),
        ("only=state,disks,network,basic", {"state", "disks", "network"}),
    ],
)
async def test_only_leaves_parts_out(ask: Create, create: Create, query: str, shown: set[str]) -> None:
    """``only`` may be repeated or have commas; the basic fields are always there."""
    await create()
    vm = json.loads((await ask("GET", f"/v1/vms/1?{query}")).body)
    assert shown == {"state", "disks", "network"} & vm.keys()
    assert {"id", "name", "size"} < vm.keys()


async def test_unknown_part_is_refused(ask: Create, create: Create) -> None:
    """A part that the page does not name gives HTTP 400."""
    await create()
    answer = await ask("GET", "/v1/vms/1?only=state,cpu")
    assert answer.status == 400
    assert json.loads(answer.body) == {"message": "only: must be of basic, state, disks, network"}


@pytest.mark.parametrize("vm_id", ["2", "x", "-1", "01", "²", "9" * 5000])
async def test_unknown_machine_is_not_found(ask: Create, create: Create, vm_id: str) -> None:
    """An id that no machine has gives HTTP 404."""
    await create()
    answer = await ask("GET", f"/v1/vms/{vm_id}")
    assert answer.status == 404
    assert json.loads(answer.body) == {"message": f"there is no VM {vm_id}"}


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/lbs"), ("DELETE", "/v1/vms/1"), ("PUT", "/v1/vms")])
async def test_what_it_does_not_know_is_not_found(ask: Create, method: str, path: str) -> None:
    """An endpoint that the simulator does not have gives HTTP 404 with JSON."""
    answer = await ask(method, path)
    assert answer.status == 404
    assert json.loads(answer.body) == {"message": f"the simulator has no {method} {path}"}


async def test_requests_are_counted(ask: Create, create: Create, simulator: Simulator) -> None:
    """Every request is counted under its method and path, refused ones too; a VM's id does not matter."""
    await create()
    await create(name="")
    await ask("GET", "/v1/vms/1")
    await ask("GET", "/v1/vms/2", headers={})
    await ask("GET", "/v1/vms?project_id=default")
    await ask("GET", "/v1/lbs")
    assert simulator.requests == {
        ("POST", "/v1/vms"): 2,
        ("GET", "/v1/vms/{vm_id}"): 2,
        ("GET", "/v1/vms"): 1,
        ("GET", "/v1/lbs"): 1,
    }
    assert simulator.posts == 2


async def test_lagging_list_shows_a_machine_later(ask: Create, create: Create, simulator: Simulator) -> None:
    """A machine that the list does not show yet can be read by its id, and is listed in time."""
    simulator.inject(ListLag(seconds=0.2))
    await create()
    assert json.loads((await ask("GET", "/v1/vms?project_id=default")).body) == {"vms": []}
    assert (await ask("GET", "/v1/vms/1")).status == 200
    await asyncio.sleep(0.25)  # its lag has no event to wait for
    assert len(json.loads((await ask("GET", "/v1/vms?project_id=default")).body)["vms"]) == 1


@pytest.mark.parametrize("linger", [b"\0\0\0\0\0\0\0\0", b"\1\0\0\0\0\0\0\0"], ids=["closed", "reset"])
async def test_request_that_never_ends_makes_nothing(
    simulator: Simulator, until: Until, caplog: pytest.LogCaptureFixture, linger: bytes
) -> None:
    """A client that leaves before its request is whole is counted, and gets no machine."""
    host, port = simulator.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = "POST /v1/vms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer simulator\r\nContent-Length: 100\r\n\r\n{"
    writer.write(head.encode())
    await until(lambda: simulator.posts)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
    await until(lambda: not simulator._api.answering)
    assert (simulator.vms, caplog.text) == ([], "")
