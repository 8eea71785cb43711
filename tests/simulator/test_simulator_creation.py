"""The happy path: the stream of a creation, its pace, and the machine that comes of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from openscaler_async.simulator import Simulator

Create = Callable[..., Awaitable[Any]]
Stream = Callable[..., AbstractAsyncContextManager[aiohttp.ClientResponse]]
Until = Callable[[Callable[[], object]], Awaitable[None]]

# The keys of the example on the provider's page, in its order.
VM_KEYS = [
    *("id", "sequence_id", "name", "user_id", "project_id", "uuid", "region", "description", "distro", "vcpus"),
    *("storageGB", "memoryMB", "transferGB", "vpc_id", "created_at", "updated_at", "size", "state", "disks"),
    *("network", "price_hourly", "price_monthly"),
]
GIB = 2**30


async def created(create: Create, **changed: object) -> dict[str, Any]:
    """Create a machine and give the data of its final event."""
    kind, data = (await create(**changed)).events[-1]
    assert kind == "200"
    return dict(json.loads(data))


async def test_answer_is_an_event_stream(create: Create) -> None:
    """The head says that events come, and when."""
    answer = await create()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert "Date" in answer.headers


async def test_progress_rises_and_one_final_event_ends_it(create: Create) -> None:
    """Ten progress events rise to 95 %, and the last event is the result."""
    events = (await create()).events
    assert [kind for kind, _ in events] == ["progress"] * 10 + ["200"]
    progress = [json.loads(data) for _, data in events[:-1]]
    assert all(one["progress"] < other["progress"] for one, other in pairwise(progress))
    assert progress[-1] == {"progress": 95.0, "message": "waiting for network"}
    assert progress[4]["message"] == "copying debian-13 image"


async def test_bytes_are_those_of_the_page(create: Create) -> None:
    """An event is an event line, a data line and a blank line, each ended by LF."""
    first, _, _ = (await create()).body.partition(b"\n\n")
    assert first == b'event: progress\ndata: {"progress": 9.5, "message": "checking quota"}'


@pytest.mark.parametrize("steps", [0, 1, 3, 25])
async def test_number_of_steps_is_a_setting(create: Create, steps: int) -> None:
    """As many progress events come as were asked for, and one final event."""
    async with Simulator(speed=float("inf"), steps=steps) as simulator:
        events = (await create(to=simulator)).events
    assert [kind for kind, _ in events] == ["progress"] * steps + ["200"]


async def test_vm_has_every_field_of_the_page(create: Create) -> None:
    """The result has the keys of the page's example, in its order, and what was asked for."""
    vm = await created(create)
    assert list(vm) == VM_KEYS
    asked = {key: vm[key] for key in ("sequence_id", "name", "project_id", "region", "description", "distro", "size")}
    assert asked == {
        "sequence_id": 123,
        "name": "web-1",
        "project_id": "default",
        "region": "alg1",
        "description": "A shop's front",
        "distro": "debian-13",
        "size": "b-1-500mb-10",
    }
    assert vm["state"] == "running"
    assert vm["uuid"] == str(uuid.UUID(vm["uuid"]))
    assert vm["user_id"] == str(uuid.UUID(vm["user_id"]))


async def test_size_and_price_come_from_the_table(create: Create) -> None:
    """The numbers are those of the public table, which the slug does not tell."""
    vm = await created(create, size="b-1-2-50")
    assert (vm["vcpus"], vm["memoryMB"], vm["storageGB"], vm["transferGB"]) == (1, 2048, 20, 2048)
    assert (vm["price_hourly"], vm["price_monthly"]) == (0.00486, 3.50)


async def test_disks_are_the_main_one_and_those_attached(create: Create) -> None:
    """The main disk is vda, and attached ones begin with vdc as on the page."""
    vm = await created(create, attached_disks=[{"sizeGB": 5}, {"sizeGB": 7}])
    disks = vm["disks"]
    assert disks[0] == {
        "is_main_disk": True,
        "capacityBytes": 10 * GIB,
        "allocationBytes": 1_450_000_000,
        "path": "/",
        "target_device": "vda",
    }
    assert disks[1] == {
        "is_main_disk": False,
        "capacityBytes": 5 * GIB,
        "allocationBytes": 0,
        "path": "/mnt/vdc1",
        "target_device": "vdc",
    }
    assert [disk["target_device"] for disk in disks] == ["vda", "vdc", "vdd"]


async def test_many_disks_are_named_as_linux_names_them(create: Create) -> None:
    """After vdz comes vdaa."""
    vm = await created(create, attached_disks=[{"sizeGB": 1}] * 26)
    assert [disk["target_device"] for disk in vm["disks"]][-3:] == ["vdz", "vdaa", "vdab"]


async def test_network_is_that_of_the_first_machine(create: Create) -> None:
    """A machine has a private address in a /24, and three ports at a public one."""
    vm = await created(create)
    assert vm["vpc_id"] == 1
    assert vm["network"] == {
        "resource_type": "vm",
        "mac": "02:00:00:00:00:01",
        "private_ip": "10.0.1.2",
        "vpc_subnet": "10.0.1.0/24",
        "vpc_id": 1,
        "region": "alg1",
        "public_ip": "198.51.100.1",
        "public_ip_ports": [
            {"description": "SSH port for VM 1 (internal port 22)", "port": 9003, "internal_port": 22},
            {"description": "HTTP port for VM 1 (internal port 80)", "port": 9004, "internal_port": 80},
            {"description": "HTTPS port for VM 1 (internal port 443)", "port": 9005, "internal_port": 443},
        ],
    }


async def test_nothing_unique_comes_twice(create: Create, simulator: Simulator) -> None:
    """Ids, uuids, MACs, private addresses and public ports are unique, beyond one private network too."""
    answers = await asyncio.gather(*(create(project_id=f"p{index % 2}") for index in range(600)))
    assert {200} == {answer.status for answer in answers}
    networks = [vm["network"] for vm in simulator.vms]
    unique = [
        [vm["id"] for vm in simulator.vms],
        [vm["uuid"] for vm in simulator.vms],
        [network["mac"] for network in networks],
        [network["private_ip"] for network in networks],
        [(network["public_ip"], port["port"]) for network in networks for port in network["public_ip_ports"]],
    ]
    assert [600, 600, 600, 600, 1800] == [len(set(values)) for values in unique]
    assert len({network["vpc_subnet"] for network in networks}) == 4


async def test_projects_have_networks_of_their_own(create: Create) -> None:
    """Machines of two projects are never in one private network."""
    assert (await created(create, project_id="a"))["vpc_id"] != (await created(create, project_id="b"))["vpc_id"]


async def test_timestamps_are_utc_without_a_zone(create: Create) -> None:
    """Timestamps are whole seconds without a zone, as on the page, and mean UTC."""
    before = dt.datetime.now(dt.UTC).replace(microsecond=0, tzinfo=None)
    vm = await created(create)
    assert before <= dt.datetime.fromisoformat(vm["created_at"]) <= dt.datetime.now(dt.UTC).replace(tzinfo=None)
    assert vm["created_at"][10] == "T"
    assert len(vm["created_at"]) == 19
    assert vm["updated_at"] == vm["created_at"]


async def test_what_was_not_sent_is_null_or_the_default(create: Create) -> None:
    """No sequence id and no description give null, no project gives the default one."""
    vm = await created(create, sequence_id=None, description=None, attached_disks=None)
    assert (vm["sequence_id"], vm["description"], len(vm["disks"])) == (None, None, 1)


async def test_secrets_are_not_kept(create: Create, simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """Neither password nor cloud-init data nor key can be read anywhere afterwards."""
    caplog.set_level("DEBUG")
    secrets = ("pAssw0rd-1", "cl0ud-init-1", "ssh-ed25519 K3Y")
    password, cloud_init, key = secrets
    answer = await create(password=password, cloud_init_user_data=cloud_init, ssh_keys=[key])
    kept = " ".join([answer.body.decode(), repr(simulator.vms), caplog.text, repr(simulator._machines.kept(0))])
    assert [] == [secret for secret in secrets if secret in kept]


async def test_speed_is_the_pace_of_the_events(create: Create) -> None:
    """At speed 40 a creation lasts 0.15 to 0.25 seconds, 8 seconds being the typical one."""
    async with Simulator(speed=40, steps=3) as simulator:
        started = asyncio.get_running_loop().time()
        await create(to=simulator)
        lasted = asyncio.get_running_loop().time() - started
    assert 0.15 <= lasted < 2


async def test_same_seed_gives_the_same_machines(create: Create) -> None:
    """Two simulators with one seed give the same uuids, and another seed gives others."""
    uuids = []
    for seed in (1, 1, 2):
        async with Simulator(speed=float("inf"), seed=seed) as simulator:
            uuids.append((await created(create, to=simulator))["uuid"])
    assert uuids[0] == uuids[1]
    assert uuids[1] != uuids[2]


async def test_machine_is_creating_until_it_runs(stream: Stream) -> None:
    """The machine is there from the start of its creation, in the state "creating"."""
    async with Simulator(speed=40, steps=1) as simulator:
        async with stream(to=simulator) as response:
            assert [vm["state"] for vm in simulator.vms] == ["creating"]
            await response.read()
        assert [vm["state"] for vm in simulator.vms] == ["running"]


async def test_creation_goes_on_when_the_client_goes_away(stream: Stream, until: Until) -> None:
    """A client that leaves in the middle leaves a machine behind, which comes to run."""
    async with Simulator(speed=40) as simulator:
        async with stream(to=simulator) as response:
            await response.content.readany()
        assert [vm["state"] for vm in simulator.vms] == ["creating"]
        await until(lambda: [vm["state"] for vm in simulator.vms] == ["running"])


async def test_a_thousand_at_once(create: Create, simulator: Simulator) -> None:
    """A thousand creations at once are a thousand requests and a thousand machines."""
    answers = await asyncio.gather(*(create(name=f"web-{index}", sequence_id=index) for index in range(1000)))
    assert {"200"} == {answer.events[-1][0] for answer in answers}
    assert (simulator.posts, len(simulator.vms)) == (1000, 1000)
    simulator.assert_no_duplicates()
