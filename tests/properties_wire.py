"""What holds for every text that may be JSON, as functions that raise AssertionError where it does not.

For tests, with texts that hypothesis makes, and for ``fuzz/``, with those that coverage leads to.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from openscaler_async import VM, CreationTicket, CustomSize, InvalidTicket, Progress
from openscaler_async._json import Unreadable, decode_json, decode_quoted, is_cut, is_whole_json
from openscaler_async._sought import decode_sought
from openscaler_async._wire import (
    decode_failure,
    decode_progress,
    decode_vm,
    decode_vms,
    encode_vm,
    find_vm_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable


MACHINE: Final = json.loads(Path(__file__).with_name("data").joinpath("vm.json").read_text("utf-8"))
TICKET: Final = json.loads(
    CreationTicket(
        id="7f",
        base_url="https://api.alpha.openscaler.net",
        project_id="default",
        name="web-1",
        sequence_id=1,
        size=CustomSize(vcpus=1, memory_mb=512, storage_gb=10),
        region="alg1",
        distro="debian-13",
        sent_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        clock="server",
    ).to_json()
)


class Everything:
    """A container of whatever is looked for."""

    def __contains__(self, name: object) -> bool:
        """Say yes, but to nothing."""
        return name is not None


def check_text(data: bytes) -> None:
    """Whatever an event says, there is a progress, a failure, and one answer to whether it was cut."""
    text = data.decode("utf-8", "replace")
    progress = decode_progress(text)
    assert isinstance(progress.message, str), progress
    assert progress.percent is None or 0 <= progress.percent <= 100, progress
    message, payload = decode_failure(text)
    assert isinstance(message, str), message
    inner = decode_quoted(text)
    assert (inner is None) == (not isinstance(payload, str) or not is_whole_json(text)), text
    assert inner is None or decode_progress(text) == Progress(None, inner), text
    assert not (is_cut(text) and is_whole_json(text)), text


def check_answer(data: bytes) -> None:
    """Whatever an answer holds, its machines are read, and read again as they are written, or it is unreadable."""
    value = readable(decode_json, data)
    if value is None:
        return
    vm = readable(decode_vm, value)
    if vm is not None:
        assert isinstance(vm, VM), vm
        assert find_vm_id(value) == vm.id, vm
        assert decode_vm(encode_vm(vm)) == vm, vm
    vms = readable(decode_vms, value)
    sought = readable(lambda value: decode_sought(value, Everything(), Everything()), value)
    assert vms is None or sought is not None, value
    if sought is None:
        return
    found = [vm for vms in sought.by_name.values() for vm in vms]
    assert {vm.name for vm in found} == sought.by_name.keys(), sought
    assert {vm.id for vm in found} == sought.by_id.keys(), sought
    assert vms is None or (sought.whole and sorted(map(repr, vms)) == sorted(map(repr, found))), sought


def check_ticket(data: bytes) -> None:
    """Whatever a ticket's text holds, it is one that can be written again, or the error says what is wrong."""
    ticket = readable(CreationTicket.from_json, data)
    if ticket is not None:
        assert CreationTicket.from_json(ticket.to_json()) == ticket, ticket
        assert {type(ticket.vm_id), type(ticket.sequence_id)} <= {int, NoneType}, ticket
        assert ticket.sent_at.tzinfo is not None, ticket


def readable(decode: Callable[[Any], Any], value: object) -> Any:  # noqa: ANN401  (JSON may be anything)
    """Decode, and give None for what is refused; no other exception may come."""
    try:
        return decode(value)
    except (Unreadable, InvalidTicket) as error:
        refusal = str(error)
    assert refusal, value
    return None
