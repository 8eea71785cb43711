"""The outcome of a creation whose stream is cut, at every byte."""

from __future__ import annotations

import asyncio
import json
from typing import Literal

import pytest

from openscaler_async import (
    VM,
    Client,
    CreationUnknown,
    Outcome,
)
from openscaler_async._sse import encode_event
from openscaler_async.simulator import (
    DropAfter,
    Simulator,
)
from tests.peers import soon, spec


@pytest.mark.parametrize("how", ["end", "close", "reset"])
async def test_stream_cut_at_every_byte(how: Literal["end", "close", "reset"]) -> None:
    """A stream cut anywhere ends in one row of the table: the whole machine, or unknown; never two requests."""
    async with (
        Simulator(speed=float("inf"), steps=1) as simulator,
        Client(simulator.token, base_url=simulator.url, reconcile=False) as client,
    ):
        whole = await soon(client.vms.create(spec()))
        size = len(created_event(whole, simulator)) + 100
        creations = []
        for place in range(size):
            simulator.inject(DropAfter(place, how))
            creations.append(client.vms.create(spec("web-1", sequence_id=place)))
        await soon(asyncio.gather(*creations, return_exceptions=True))
        assert 1 + size == simulator.posts == len(simulator.vms)
    outcomes = [creation.outcome for creation in creations]
    created = [creation.result() for creation in creations if creation.exception() is None]
    assert {Outcome.CREATED, Outcome.UNKNOWN} == set(outcomes)
    assert {type(None), CreationUnknown} == {type(creation.exception()) for creation in creations}
    assert {(whole.name, whole.vcpus, whole.memory_mb)} == {(vm.name, vm.vcpus, vm.memory_mb) for vm in created}
    if how != "reset":  # which loses bytes that are on their way
        first = outcomes.index(Outcome.CREATED)
        assert {Outcome.CREATED} == set(outcomes[first:])


def created_event(whole: VM, simulator: Simulator) -> bytes:
    """Give the stream's final event for a machine."""
    (wire,) = (vm for vm in simulator.vms if vm["id"] == whole.id)
    return encode_event("200", json.dumps(wire))
