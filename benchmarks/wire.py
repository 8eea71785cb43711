"""The bytes every peer gets, and the request every peer sends. No I/O."""

from __future__ import annotations

import json
from typing import Any

TOKEN = "benchmark"  # noqa: S105 - the local server reads no token
PATH = "/v1/vms"
PROGRESS_STEPS = 10
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/event-stream"}


def request_body(number: int) -> dict[str, Any]:
    """Return the JSON body of creation `number`, as a user writes it by hand."""
    return {
        "size": "b-1-500mb-10",
        "project_id": "default",
        "name": f"web-{number}",
        "region": "alg1",
        "distro": "debian-13",
        "sequence_id": number,
    }


def vm(vm_id: int) -> dict[str, Any]:
    """Return a machine with every field of the provider's page: about 1.2 kB as JSON."""
    ports = [
        {
            "description": f"{what} port for VM {vm_id} (internal port {port})",
            "port": 9000 + index,
            "internal_port": port,
        }
        for index, (what, port) in enumerate((("SSH", 22), ("HTTP", 80), ("HTTPS", 443)))
    ]
    disks = [
        {
            "is_main_disk": not index,
            "capacityBytes": 53687091200,
            "allocationBytes": 26843545600,
            "path": path,
            "target_device": device,
        }
        for index, (path, device) in enumerate((("/", "vda"), ("/mnt/vdc1", "vdc")))
    ]
    return {
        "id": vm_id,
        "sequence_id": 123,
        "name": "my-example-computer",
        "user_id": "2abb7c25-a2d5-42ac-a776-e8ac5dfb16c3",
        "project_id": "default",
        "uuid": "cc3ccab2-0ae2-11ef-9136-6a0922f6458b",
        "region": "alg1",
        "description": "My example computer (generated from API)",
        "distro": "debian-13",
        "vcpus": 1,
        "storageGB": 50,
        "memoryMB": 2048,
        "transferGB": 2048,
        "vpc_id": 20,
        "created_at": "2024-05-05T13:24:27",
        "updated_at": "2024-05-05T13:24:27",
        "size": "b-1-500mb-10",
        "state": "running",
        "disks": disks,
        "network": {
            "resource_type": "vm",
            "mac": "02:00:00:00:00:14",
            "private_ip": "10.0.20.2",
            "vpc_subnet": "10.0.20.0/24",
            "vpc_id": 20,
            "region": "alg1",
            "public_ip": "10.99.88.77",
            "public_ip_ports": ports,
        },
        "price_hourly": 0.01786,
        "price_monthly": 12.0,
    }


def event(kind: str, payload: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Return one server-sent event with a JSON payload."""
    return f"event: {kind}\ndata: {json.dumps(payload)}\n\n".encode()


def progress_event(step: int) -> bytes:
    """Return progress event `step`, counted from 0."""
    percent = 100.0 * (step % PROGRESS_STEPS) / PROGRESS_STEPS
    return event("progress", {"progress": percent, "message": f"step {step}: preparing the machine"})


def final_event(vm_id: int) -> bytes:
    """Return the event that ends a successful creation."""
    return event("200", vm(vm_id))


def stream(vm_id: int) -> list[bytes]:
    """Return the events of one creation, one item for each event."""
    return [*map(progress_event, range(PROGRESS_STEPS)), final_event(vm_id)]


def cut(data: bytes, size: int) -> list[bytes]:
    """Return `data` in pieces of `size` bytes."""
    return [data[start : start + size] for start in range(0, len(data), size)]
