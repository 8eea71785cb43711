"""Machines that a test steers: older ones, slow ones, lost ones, and what of them is shown."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from openscaler_async.simulator import (
    AlteredVM,
    Combined,
    DropAfter,
    DropBeforeHead,
    FinalError,
    Simulator,
    SlowCreation,
)

Create = Callable[..., Awaitable[Any]]
Stream = Callable[..., AbstractAsyncContextManager[aiohttp.ClientResponse]]
Until = Callable[[Callable[[], object]], Awaitable[None]]

LIST = ("GET", "/v1/vms?project_id=default")


def time_of(text: str) -> dt.datetime:
    """Read a timestamp of a machine."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


async def test_placed_machine_is_like_any_other(ask: Create, create: Create, simulator: Simulator) -> None:
    """It is kept, listed and read like one that was created, has the next id, and no request made it."""
    await create()
    placed = simulator.add_vm("web-1", sequence_id=7, attached_disks=[{"sizeGB": 5}])
    assert (2, "web-1", 7, "running") == tuple(placed[key] for key in ("id", "name", "sequence_id", "state"))
    assert simulator.vms[1] == placed
    assert simulator.vms[0].keys() == placed.keys()
    listed = json.loads((await ask(*LIST)).body)["vms"][1]
    assert listed == json.loads((await ask("GET", "/v1/vms/2")).body)
    assert {**placed, "node_type": "VM"} == {**listed, "sequence_id": 7}
    assert simulator.posts == 1


async def test_placed_machine_is_as_old_as_was_asked(simulator: Simulator) -> None:
    """An age puts its creation into the past, by the provider's clock."""
    placed = simulator.add_vm("web-1", age=3600.0)
    age = dt.datetime.now(dt.UTC) - time_of(placed["created_at"])
    assert 3600 <= age.total_seconds() < 3610
    assert placed["updated_at"] == placed["created_at"]


async def test_placed_machine_has_any_state_and_project(ask: Create, simulator: Simulator) -> None:
    """The state stays what it is, and the fields are those of a request."""
    simulator.add_vm("web-1", state="creating", project_id="p", size="b-1-2-50", description="old")
    (vm,) = json.loads((await ask("GET", "/v1/vms?project_id=p")).body)["vms"]
    assert ("creating", "p", "b-1-2-50", "old") == (vm["state"], vm["project_id"], vm["size"], vm["description"])


async def test_placed_machine_can_be_where_only_other_things_are_sold(simulator: Simulator) -> None:
    """Region and distro are by default some that can be ordered."""
    placed = Simulator(regions=["r2", "r1"], distros=["rocky-9"]).add_vm("web-1")
    assert ("r1", "rocky-9") == (placed["region"], placed["distro"])
    assert "alg1" == simulator.add_vm("web-1")["region"]


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("", {}, 'name: must be a string that is not empty, not ""'),
        ("web-1", {"size": "huge"}, "size: must be one of "),
        ("web-1", {"sequence_id": "7"}, 'sequence_id: must be a whole number, not "7"'),
    ],
)
async def test_placed_machine_obeys_the_rules(
    simulator: Simulator, name: str, fields: dict[str, Any], message: str
) -> None:
    """What a request would be refused for is a ValueError, and no machine."""
    with pytest.raises(ValueError, match=f"^{message}"):
        simulator.add_vm(name, **fields)
    assert [] == simulator.vms


async def test_placed_machine_is_no_duplicate(create: Create, simulator: Simulator) -> None:
    """A machine that no request made is not one that was made twice."""
    for _ in range(2):
        simulator.add_vm("web-1", sequence_id=123)
    await create()
    simulator.assert_no_duplicates()
    await create()
    with pytest.raises(AssertionError, match=r"is VM \[3, 4\]$"):
        simulator.assert_no_duplicates()


async def test_slow_creation_lasts_as_long_as_it_says(create: Create, simulator: Simulator) -> None:
    """A simulator that never sleeps takes its time for that one creation, and the next is quick again."""
    simulator.inject(SlowCreation(0.3))
    time = asyncio.get_running_loop().time
    began = time()
    await create()
    slow = time()
    await create()
    assert slow - began >= 0.3
    assert time() - slow < 0.3


async def test_quick_creation_in_a_slow_simulator(create: Create) -> None:
    """It may also be quicker than the others."""
    async with Simulator(speed=0.01) as simulator:
        simulator.inject(SlowCreation(0))
        assert "200" == (await create(to=simulator)).events[-1][0]
        assert ["running"] == [vm["state"] for vm in simulator.vms]


def test_creation_that_lasts_less_than_nothing_is_refused() -> None:
    """Below 0 seconds is a ValueError."""
    with pytest.raises(ValueError, match="'seconds' must be >= 0"):
        SlowCreation(-1.0)


async def test_slow_creation_goes_on_when_its_stream_is_lost(
    ask: Create, create: Create, simulator: Simulator, until: Until
) -> None:
    """The stream breaks at once; the machine is listed as in the making, and later as running."""
    simulator.inject(Combined([SlowCreation(0.3), DropAfter(0)]))
    answer = await create()
    assert isinstance(answer.error, aiohttp.ClientPayloadError)
    assert ["creating"] == [vm["state"] for vm in json.loads((await ask(*LIST)).body)["vms"]]
    await until(lambda: [vm["state"] for vm in simulator.vms] == ["running"])
    assert simulator.posts == 1


async def test_creation_may_never_end(create: Create, simulator: Simulator) -> None:
    """An endless creation leaves a machine in the making."""
    simulator.inject(Combined([SlowCreation(float("inf")), DropBeforeHead()]))
    await create()
    assert ["creating"] == [vm["state"] for vm in simulator.vms]


@pytest.mark.parametrize("faults", [[DropAfter(0), FinalError()], [FinalError(), DropAfter(0)]])
async def test_creation_that_fails_when_its_stream_is_lost(
    create: Create, simulator: Simulator, until: Until, faults: list[Any]
) -> None:
    """The machine is in the making while the creation lasts, and gone in the end, in whatever order they stand."""
    simulator.inject(Combined([*faults, SlowCreation(0.2)]))
    assert isinstance((await create()).error, aiohttp.ClientPayloadError)
    assert ["creating"] == [vm["state"] for vm in simulator.vms]
    await until(lambda: not simulator.vms)


async def test_failure_and_lost_stream_tell_as_much_as_there_is_room_for(create: Create, simulator: Simulator) -> None:
    """A stream that is cut behind its error has told of it."""
    simulator.inject(Combined([DropAfter(100_000), FinalError(400, "no")]))
    assert ("400", "no") == (await create()).events[-1]
    assert [] == simulator.vms


async def test_altered_machine_ends_a_stream(create: Create, simulator: Simulator) -> None:
    """The final event tells of the machine otherwise, and the machine is what was asked for."""
    simulator.inject(AlteredVM({"id": "1", "name": "other"}, without=["uuid"]))
    simulator.inject(AlteredVM({"name": "other"}, name="elsewhere"))
    first, second = [json.loads((await create()).events[-1][1]) for _ in range(2)]
    assert ("1", "other", False) == (first["id"], first["name"], "uuid" in first)
    assert (2, "web-1") == (second["id"], second["name"])
    assert ["web-1", "web-1"] == [vm["name"] for vm in simulator.vms]


@pytest.mark.parametrize("skew", [3600.0, -86_400.0])
async def test_clock_may_be_wrong(ask: Create, create: Create, skew: float) -> None:
    """One clock writes the date of every answer and the times of every machine, and it may be off."""
    async with Simulator(speed=float("inf"), clock_skew=skew) as simulator:
        answers = [
            await create(to=simulator),
            await ask(*LIST, to=simulator),
            await ask("GET", "/v1/lbs", to=simulator),
        ]
        placed = simulator.add_vm("old", age=100.0)["created_at"]
        told = [parsedate_to_datetime(answer.headers["Date"]) for answer in answers]
        told += [time_of(simulator.vms[0]["created_at"]), time_of(placed) + dt.timedelta(seconds=100)]
    now = dt.datetime.now(dt.UTC)
    assert all(abs((when - now).total_seconds() - skew) < 10 for when in told)


@pytest.mark.parametrize("skew", [float("nan"), float("inf"), -1e12])
def test_clock_that_is_wrong_beyond_dates_is_refused(skew: float) -> None:
    """More than a date can hold is a ValueError."""
    with pytest.raises(ValueError, match=r"^clock_skew=.*: must not be more than 30 years$"):
        Simulator(clock_skew=skew)


async def test_list_may_show_the_sequence_id(ask: Create, create: Create) -> None:
    """As a setting, the list and one machine by its id show what the pages do not."""
    async with Simulator(speed=float("inf"), list_shows_sequence_id=True) as simulator:
        await create(to=simulator)
        listed = json.loads((await ask(*LIST, to=simulator)).body)["vms"][0]
        assert 123 == listed["sequence_id"]
        assert listed == json.loads((await ask("GET", "/v1/vms/1", to=simulator)).body)
        assert {*simulator.vms[0], "node_type"} == listed.keys()
