"""Faults that change what becomes of a creation, and how its final event tells."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import attrs

from openscaler_async._sse import encode_event

from ._fault import Fault

if TYPE_CHECKING:
    from ._machines import Machine


@attrs.frozen
class FinalError(Fault):
    """The creation fails at its end, and leaves no machine.

    The provider's page says that the event contains "the error message" and shows none: its shape
    is a guess.

    Attributes:
        status: the type of the final event; the page names 400 and 500.
        payload: the data of the final event: a text as it is, anything else as JSON.
    """

    status: int = 500
    payload: object = attrs.field(factory=lambda: {"message": "no host has room for this machine"})

    def begin(self, machine: Machine) -> None:
        """Let the machine be gone at the end."""
        machine.fails = True

    def final(self, machine: Machine) -> bytes:  # noqa: ARG002
        """Encode the error."""
        data = self.payload if isinstance(self.payload, str) else json.dumps(self.payload)
        return encode_event(str(self.status), data)


@attrs.frozen
class UnreadableVM(Fault):
    """The machine is created, and the final event does not describe it in the documented form.

    Attributes:
        payload: the data of the final event; None: JSON with the right id and wrong types.
    """

    payload: str | None = None

    def final(self, machine: Machine) -> bytes:
        """Encode what cannot be read."""
        payload = self.payload
        if payload is None:
            payload = json.dumps({"id": machine.id, "name": None, "vcpus": "1", "disks": "none"})
        return encode_event("200", payload)


@attrs.frozen
class ListLag(Fault):
    """The list of machines does not show the machine at once; ``GET /v1/vms/{vm_id}`` does.

    Attributes:
        seconds: how long after the request the list shows it, whatever the simulator's speed.
    """

    seconds: float

    def begin(self, machine: Machine) -> None:
        """Hide the machine from the list."""
        machine.listed_at = time.monotonic() + self.seconds
