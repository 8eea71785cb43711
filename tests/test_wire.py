"""``_wire``: machines in the provider's words, both ways; news kept, wrong values named."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest

from openscaler_async import VM, Disk, Network, PublicPort
from openscaler_async._json import Unreadable
from openscaler_async._wire import decode_vm, encode_vm

WIRE = json.loads(Path(__file__).with_name("data").joinpath("vm.json").read_text("utf-8"))
MACHINE = VM(
    id=4711,
    sequence_id=7,
    name="caf\u00e9-1",
    user_id="7f0c1d0e-5a51-4c4e-9d8e-0a2b6f1c9d33",
    project_id="default",
    uuid="0d9f6c1a-11ef-4f0a-8a55-2e7c3b9d4e10",
    region="alg1",
    description="a machine for tests",
    distro="debian-13",
    vcpus=2,
    storage_gb=40,
    memory_mb=4096,
    transfer_gb=1024,
    vpc_id=12,
    created_at=datetime(2025, 11, 3, 8, 9, 10, tzinfo=UTC),
    updated_at=datetime(2025, 11, 4, 18, 19, 20, 500_000, tzinfo=UTC),
    size="b-2-4gb-40",
    node_type="standard",
    state="running",
    disks=(
        Disk(is_main_disk=True, capacity_bytes=40 * 2**30, allocation_bytes=2**30, path="/", target_device="vda"),
        Disk(is_main_disk=False, capacity_bytes=3 * 2**30, allocation_bytes=0, path="/mnt/vdb1", target_device="vdb"),
    ),
    network=Network(
        resource_type="vm",
        mac="02:00:00:00:12:67",
        private_ip="10.0.12.9",
        vpc_subnet="10.0.12.0/24",
        vpc_id=12,
        region="alg1",
        public_ip="192.0.2.10",
        public_ip_ports=(
            PublicPort(description="SSH", port=9101, internal_port=22),
            PublicPort(description="HTTP", port=9102, internal_port=80),
        ),
    ),
    price_hourly=0.02976,
    price_monthly=20.0,
)
WRONG: dict[str, list[object]] = {
    "int": ["7", 7.0, True, [], {}],
    "str": [5, 5.0, True, [], {}],
    "bool": [1, 0, "true", []],
    "float": ["1.0", True, [], {}],
    "ISO 8601 time": [5, "", "yesterday", "2025-13-01", [], True],
}
SCALARS = {
    "int": "id sequence_id vcpus storageGB memoryMB transferGB vpc_id disks[0].capacityBytes disks[1].allocationBytes "
    "network.vpc_id network.public_ip_ports[0].port network.public_ip_ports[1].internal_port",
    "str": "name user_id project_id uuid region description distro size node_type state disks[0].path "
    "disks[0].target_device network.resource_type network.mac network.private_ip network.vpc_subnet network.region "
    "network.public_ip network.public_ip_ports[0].description",
    "bool": "disks[0].is_main_disk",
    "float": "price_hourly price_monthly",
    "ISO 8601 time": "created_at updated_at",
}
FIELDS = [(kind, path) for kind, paths in SCALARS.items() for path in paths.split()]
PYTHON_NAMES = {"GB": "_gb", "MB": "_mb", "capacityBytes": "capacity_bytes", "allocationBytes": "allocation_bytes"}
REQUIRED = ["id", "name", "network.public_ip_ports[0].port"]


def with_value(path: str, value: object) -> dict[str, Any]:
    """Give the machine as the provider writes it, with one value changed."""
    changed: dict[str, Any] = copy.deepcopy(WIRE)
    *way, last = path.replace("[", ".").replace("]", "").split(".")
    where: Any = changed
    for step in way:
        where = where[int(step) if step.isdigit() else step]
    where[last] = value
    return changed


def python_path(path: str) -> str:
    """Give the path that a message names: in Python's names, as users know them."""
    for wire, python in PYTHON_NAMES.items():
        path = path.replace(wire, python)
    return f"vm.{path}"


def reason_of(value: object) -> str:
    """Give the words for what cannot be read."""
    with pytest.raises(Unreadable) as caught:
        decode_vm(value)
    return str(caught.value)


def test_every_field_both_ways() -> None:
    """Every field of the provider's page is decoded, and encoded to what it was."""
    assert decode_vm(WIRE) == MACHINE
    assert encode_vm(MACHINE) == WIRE
    assert {field.name for field in attrs.fields(VM)} - {"extra"} == {
        field.name for field in attrs.fields(VM) if getattr(MACHINE, field.name)
    }


def test_scalars_above_are_all_there_are() -> None:
    """The tests below know every scalar of the machine."""

    def paths(value: object, path: str) -> set[str]:
        if isinstance(value, dict):
            return set().union(*(paths(item, f"{path}.{key}") for key, item in value.items()))
        if isinstance(value, list):
            return set().union(*(paths(item, f"{path}[{index}]") for index, item in enumerate(value)))
        return {path.replace("[1]", "[0]")}

    assert paths(WIRE, "") == {f".{path.replace('[1]', '[0]')}" for _, path in FIELDS}


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_wrong_scalars_are_named(kind: str, path: str) -> None:
    """A value of another type is never converted: it is named with its place and what it should be."""
    for value in WRONG[kind]:
        assert f"{value!r} is no {kind} @ {python_path(path)}" == reason_of(with_value(path, value))


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_null(kind: str, path: str) -> None:
    """Null is as good as nothing, and is no value where there must be one."""
    if path in REQUIRED:
        assert f"None is no {kind} @ {python_path(path)}" == reason_of(with_value(path, None))
    else:
        decoded = decode_vm(with_value(path, None))
        assert decoded != MACHINE
        assert decode_vm(encode_vm(decoded)) == decoded


@pytest.mark.parametrize("path", ["disks", "network.public_ip_ports"])
def test_lists(path: str) -> None:
    """A list may be null or empty; anything else is named, and so is a wrong item in it."""
    assert decode_vm(with_value(path, None)) == decode_vm(with_value(path, [])) != MACHINE
    no_lists: list[object] = ["", "text", {}, {"a": 1}, 5, 0, False]
    for wrong in no_lists:
        assert f"{wrong!r} is no list @ vm.{path}" == reason_of(with_value(path, wrong))
    no_objects: list[object] = ["text", 5, None, []]
    for wrong in no_objects:
        assert f"{wrong!r} is no object @ vm.{path}[0]" == reason_of(with_value(path, [wrong]))


def test_network() -> None:
    """The network may be null; anything else than an object is named."""
    assert decode_vm(with_value("network", None)).network is None
    no_networks: list[object] = ["text", 5, [], False]
    for wrong in no_networks:
        assert f"{wrong!r} is no object @ vm.network" == reason_of(with_value("network", wrong))


@pytest.mark.parametrize("value", [None, "text", 5, [], True, [WIRE]])
def test_what_is_no_object(value: object) -> None:
    """What is no object at all is shown, up to a length."""
    assert f"{value!r:.50} is no object" == reason_of(value)


def test_everything_wrong_is_named_at_once() -> None:
    """One message names all fields that are wrong, and those that are missing."""
    wire = {"id": "7", "vcpus": 1.5, "disks": [{}, {"path": 3}], "network": {"public_ip_ports": [{}]}}
    assert reason_of(wire).split("; ") == [
        "'7' is no int @ vm.id",
        "required field 'name' missing @ vm.name",
        "1.5 is no int @ vm.vcpus",
        "3 is no str @ vm.disks[1].path",
        "required field 'port' missing @ vm.network.public_ip_ports[0].port",
    ]


def test_long_values_are_cut() -> None:
    """A message never repeats a long value: a payload may have megabytes."""
    assert len(reason_of(with_value("id", "x" * 10**6))) < 100
    assert len(reason_of("x" * 10**6)) < 100


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 10**400])
def test_numbers_without_end(value: float) -> None:
    """A price is a finite number; an integer will do."""
    assert "@ vm.price_hourly" in reason_of(with_value("price_hourly", value))
    price = decode_vm(with_value("price_hourly", 1)).price_hourly
    assert (1.0, float) == (price, type(price))


def test_least() -> None:
    """An id and a name are enough, and nothing more is written for such a machine."""
    assert decode_vm({"id": 1, "name": "a"}) == VM(id=1, name="a")
    assert encode_vm(VM(id=1, name="a")) == {"id": 1, "name": "a"}


@pytest.mark.parametrize("path", ["news", "disks[1].news", "network.news", "network.public_ip_ports[1].news"])
@pytest.mark.parametrize("value", [None, 5, "text", {"a": [1]}])
def test_unknown_fields_are_kept(path: str, value: object) -> None:
    """A field that is not known is kept as it came, at every level, and goes back as it came."""
    wire = with_value(path, value)
    decoded = decode_vm(wire)
    assert decoded != MACHINE
    assert wire == encode_vm(decoded)
    places = [decoded, decoded.disks[1], decoded.network, *(decoded.network.public_ip_ports if decoded.network else ())]
    assert [{"news": value}] == [place.extra for place in places if place and place.extra]


def test_field_called_extra_is_unknown() -> None:
    """A field that has the name of our own place for news is news too."""
    assert decode_vm({"id": 1, "name": "a", "extra": 5}).extra == {"extra": 5}


def test_unknown_state_is_kept() -> None:
    """A state that the page does not show stays the text it is, and so do other words."""
    assert decode_vm(with_value("state", "migrating")).state == "migrating"
    assert decode_vm(with_value("node_type", "")).node_type == ""


@pytest.mark.parametrize(
    ("text", "zone"), [("2025-11-03T08:09:10", UTC), ("2025-11-03T08:09:10Z", UTC), ("2025-11-03T10:09:10+02:00", None)]
)
def test_times_are_aware(text: str, zone: timezone | None) -> None:
    """A time without a zone is taken for UTC, one with a zone keeps it; it is written as the provider does."""
    created_at = decode_vm(with_value("created_at", text)).created_at
    assert MACHINE.created_at == created_at
    assert created_at is not None
    assert (zone or timezone(timedelta(hours=2))) == created_at.tzinfo
    assert encode_vm(VM(id=1, name="a", created_at=created_at))["created_at"] == "2025-11-03T08:09:10"
