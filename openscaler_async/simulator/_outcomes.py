"""Faults that change what becomes of a creation, and how its machine is described."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from openscaler_async._sse import encode_event

from ._exchange import final_event
from ._fault import BOTH, Fault

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


def _copied(fields: Mapping[str, object]) -> dict[str, object]:
    return dict(fields)


def _each(names: Iterable[str]) -> frozenset[str]:
    return frozenset(names)


@attrs.frozen
class AlteredVM(Fault):
    """A machine is described otherwise than it is: in the final event, or in the list.

    ``AlteredVM({"id": "8"})`` has a wrong type, ``AlteredVM(without=["id"])`` no id, and
    ``AlteredVM({"state": "error"}, name="web-1")`` tells of one machine that it is broken.

    Attributes:
        fields: what is told instead, or besides, by the provider's names.
        without: which fields are not told.
        name: of which machines, by their name; None: of all.
    """

    befalls = BOTH

    fields: Mapping[str, object] = attrs.field(factory=dict, converter=_copied, hash=False)
    without: frozenset[str] = attrs.field(default=frozenset(), converter=_each)
    name: str | None = None

    def final(self, machine: Machine) -> bytes:
        """Encode the final event with such a description."""
        return final_event(self.listed(machine.created_wire()))

    def listed(self, vm: dict[str, Any]) -> dict[str, Any]:
        """Describe the machine so."""
        if self.name is not None and vm.get("name") != self.name:
            return vm
        return {field: value for field, value in {**vm, **self.fields}.items() if field not in self.without}


@attrs.frozen
class SlowCreation(Fault):
    """The creation lasts as long as this says, whatever the simulator's speed.

    With a fault that breaks the answer, the machine is still being made when the client has lost
    sight of it: ``Combined([SlowCreation(5.0), DropAfter(0)])``.

    Attributes:
        seconds: how long; ``float("inf")`` never ends.
    """

    seconds: float = attrs.field(validator=attrs.validators.ge(0))

    def begin(self, machine: Machine) -> None:
        """Let the creation last so long."""
        machine.duration = self.seconds
