"""What the provider describes.

Knows neither JSON nor HTTP; `_wire` makes these from what the provider writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class PublicPort:
    """A port of a machine that the platform exposes.

    Args:
        port: the port outside.
        internal_port: the port inside the machine.
        description: what it is for.
        extra: fields that this release does not know.
    """

    port: int
    internal_port: int | None = None
    description: str | None = None
    extra: Mapping[str, Any] = attrs.field(factory=dict, hash=False)


@attrs.frozen(kw_only=True)
class Network:
    """A machine's place in the network.

    Args:
        resource_type: what the provider says it belongs to, such as ``"vm"``.
        mac: the MAC address.
        private_ip: the address inside the VPC.
        vpc_subnet: the VPC's subnet in CIDR notation.
        vpc_id: the VPC's id.
        region: the region's slug.
        public_ip: the public address.
        public_ip_ports: the ports that are exposed there.
        extra: fields that this release does not know.
    """

    resource_type: str | None = None
    mac: str | None = None
    private_ip: str | None = None
    vpc_subnet: str | None = None
    vpc_id: int | None = None
    region: str | None = None
    public_ip: str | None = None
    public_ip_ports: tuple[PublicPort, ...] = ()
    extra: Mapping[str, Any] = attrs.field(factory=dict, hash=False)


@attrs.frozen(kw_only=True)
class Disk:
    """A disk of a machine.

    Args:
        is_main_disk: whether the machine boots from it.
        capacity_bytes: its size in bytes.
        allocation_bytes: the bytes that are in use on the host.
        path: where it is mounted.
        target_device: the device's name inside the machine.
        extra: fields that this release does not know.
    """

    is_main_disk: bool | None = None
    capacity_bytes: int | None = None
    allocation_bytes: int | None = None
    path: str | None = None
    target_device: str | None = None
    extra: Mapping[str, Any] = attrs.field(factory=dict, hash=False)


@attrs.frozen(kw_only=True)
class VM:
    """A virtual machine, as the provider describes it.

    Only ``id`` and ``name`` are always there: everything else is None (or empty) where the
    provider did not show it, as with ``client.vms.get(vm_id, only=...)``.

    Args:
        id: the machine's id.
        name: its name.
        sequence_id: the number that was given to ``VMSpec``; the list does not show it.
        user_id: the owner's id.
        project_id: the project's id.
        uuid: the machine's UUID.
        region: the region's slug.
        description: free text.
        distro: the image's slug.
        vcpus: number of virtual CPUs.
        storage_gb: main disk in GB.
        memory_mb: memory in MB.
        transfer_gb: traffic that is included, in GB.
        vpc_id: the VPC's id.
        created_at: when it was created. The provider writes no zone: UTC is an inference.
        updated_at: when it was last changed; as for ``created_at``.
        size: the size's slug.
        node_type: the provider's word for the kind of node; only the list shows it.
        state: ``"running"``, ``"paused"``, or any other word of the provider's, as it came.
        disks: its disks.
        network: its place in the network.
        price_hourly: price of an hour; the provider's page names no currency.
        price_monthly: price of a month; as for ``price_hourly``.
        extra: fields that this release does not know.

    Source:
        The provider's pages *Create a New VM* and *List All VMs*.
    """

    id: int
    name: str
    sequence_id: int | None = None
    user_id: str | None = None
    project_id: str | None = None
    uuid: str | None = None
    region: str | None = None
    description: str | None = None
    distro: str | None = None
    vcpus: int | None = None
    storage_gb: int | None = None
    memory_mb: int | None = None
    transfer_gb: int | None = None
    vpc_id: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    size: str | None = None
    node_type: str | None = None
    state: str | None = None
    disks: tuple[Disk, ...] = ()
    network: Network | None = None
    price_hourly: float | None = None
    price_monthly: float | None = None
    extra: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
