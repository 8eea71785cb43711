"""What a machine looks like on the wire, field by field."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from ._catalogue import GIB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._machines import Machine

_IMAGE_BYTES: Final = 1_450_000_000  # what a fresh image takes of its disk; a guess
_SERVICES: Final = (("SSH", 22), ("HTTP", 80), ("HTTPS", 443))
_FIRST_PORT: Final = 9000  # the page shows ports from 9057 on
_MACHINES_PER_ADDRESS: Final = 18_000  # three ports each, up to 62,999
_ADDRESSES: Final = 254  # of 198.51.100.0/24, which RFC 5737 keeps for examples
_ALPHABET: Final = 26


def vm_wire(machine: Machine, state: str) -> dict[str, Any]:
    """Give every field that the provider's pages show of a VM."""
    order, size = machine.order, machine.order.size
    lasted = 0.0 if state == "creating" else machine.duration
    return {
        "id": machine.id,
        "sequence_id": order.sequence_id,
        "name": order.name,
        "user_id": machine.user_id,
        "project_id": order.project_id,
        "uuid": machine.uuid,
        "region": order.region,
        "description": order.description,
        "distro": order.distro,
        "vcpus": size.vcpus,
        "storageGB": size.storage_gb,
        "memoryMB": size.memory_mb,
        "transferGB": size.transfer_gb,
        "vpc_id": machine.vpc_id,
        "created_at": _timestamp(machine.created),
        "updated_at": _timestamp(machine.created + dt.timedelta(seconds=lasted)),
        "size": size.slug,
        "node_type": "VM",
        "state": state,
        "disks": list(_disks(size.storage_gb, order.attached_gb)),
        "network": _network(machine),
        "price_hourly": size.price_hourly,
        "price_monthly": size.price_monthly,
    }


def _disks(storage_gb: int, attached_gb: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    capacity = storage_gb * GIB
    yield {
        "is_main_disk": True,
        "capacityBytes": capacity,
        "allocationBytes": min(capacity, _IMAGE_BYTES),
        "path": "/",
        "target_device": "vda",
    }
    for index, size_gb in enumerate(attached_gb):
        device = f"vd{_letters(index + 2)}"  # the page's first attached disk is vdc
        yield {
            "is_main_disk": False,
            "capacityBytes": size_gb * GIB,
            "allocationBytes": 0,
            "path": f"/mnt/{device}1",
            "target_device": device,
        }


def _network(machine: Machine) -> dict[str, Any]:
    net = f"10.{machine.vpc_id >> 8 & 255}.{machine.vpc_id & 255}"
    address, slot = divmod(machine.id, _MACHINES_PER_ADDRESS)
    first_port = _FIRST_PORT + slot * len(_SERVICES)
    return {
        "resource_type": "vm",
        "mac": "02:" + machine.id.to_bytes(5, "big").hex(":"),
        "private_ip": f"{net}.{machine.host}",
        "vpc_subnet": f"{net}.0/24",
        "vpc_id": machine.vpc_id,
        "region": machine.order.region,
        "public_ip": f"198.51.100.{address % _ADDRESSES + 1}",
        "public_ip_ports": [
            {
                "description": f"{service} port for VM {machine.id} (internal port {internal})",
                "port": port,
                "internal_port": internal,
            }
            for port, (service, internal) in enumerate(_SERVICES, first_port)
        ],
    }


def _letters(index: int) -> str:
    """Name a disk as Linux does: a to z, then aa, ab..."""
    name = ""
    while index >= 0:
        index, letter = divmod(index, _ALPHABET)
        name = chr(ord("a") + letter) + name
        index -= 1
    return name


def _timestamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")  # no zone, as on the provider's page
