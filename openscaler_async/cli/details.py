"""One machine in all its details, as names and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from .tables import state
from .text import plain, price

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from openscaler_async import VM, Disk, Network, PublicPort

_BYTES_IN_GB = 2**30  # as in the provider's example: 5 GB are 5368709120 bytes


def details(vm: VM) -> Table:
    """Draw everything that is known of one machine; what is not known is left out."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _facts(vm):
        if value:
            table.add_row(Text(name), value if isinstance(value, Text) else Text(plain(value)))
    return table


def _facts(vm: VM) -> Iterator[tuple[str, str | Text | None]]:
    yield "id", str(vm.id)
    yield "name", Text(plain(vm.name), "bold")
    yield "state", state(vm)
    yield "description", vm.description
    yield "project", vm.project_id
    yield "region", vm.region
    yield "distro", vm.distro
    yield "size", _size(vm)
    yield "price", _prices(vm)
    if vm.network is not None:
        yield from _addresses(vm.network)
    yield from _named_once("disks", map(_disk, vm.disks))
    yield "sequence id", _number(vm.sequence_id)
    yield "uuid", vm.uuid
    yield "user", vm.user_id
    yield "created", _time(vm.created_at)
    yield "updated", _time(vm.updated_at)
    yield from ((plain(name), str(value)) for name, value in vm.extra.items())


def _size(vm: VM) -> str:
    amounts = {
        "vCPU": vm.vcpus,
        "MB memory": vm.memory_mb,
        "GB disk": vm.storage_gb,
        "GB traffic": vm.transfer_gb,
    }
    parts = [f"{amount} {unit}" for unit, amount in amounts.items() if amount is not None]
    return ", ".join(([vm.size] if vm.size else []) + parts)


def _prices(vm: VM) -> str:
    monthly = "" if vm.price_monthly is None else f"{vm.price_monthly:.2f} a month"
    hourly = "" if vm.price_hourly is None else f"{price(vm.price_hourly)} an hour"
    return ", ".join(filter(None, [hourly, monthly]))


def _addresses(network: Network) -> Iterator[tuple[str, str | None]]:
    yield "public ip", network.public_ip
    yield from _named_once("ports", map(_port, network.public_ip_ports))
    yield "private ip", network.private_ip
    yield "subnet", network.vpc_subnet
    yield "vpc", _number(network.vpc_id)
    yield "mac", network.mac


def _port(port: PublicPort) -> str:
    inside = "" if port.internal_port is None else f" to {port.internal_port}"
    return f"{port.port}{inside}" + (f", {port.description}" if port.description else "")


def _disk(disk: Disk) -> str:
    size = "" if disk.capacity_bytes is None else f"{disk.capacity_bytes / _BYTES_IN_GB:g} GB"
    main = "main" if disk.is_main_disk else ""
    return ", ".join(filter(None, [disk.target_device, size, disk.path, main]))


def _named_once(name: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    for index, value in enumerate(values):
        yield ("" if index else name), value


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def _time(value: datetime | None) -> str | None:
    return None if value is None else f"{value:%Y-%m-%d %H:%M:%S %Z}"
