"""Which request is befallen by which fault, and which fault makes sense for which request."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from openscaler_async import simulator as public
from openscaler_async.simulator import (
    Buffered,
    ByteOrderMark,
    Combined,
    CommentsOnly,
    DropAfter,
    Fault,
    FinalError,
    HugeEvent,
    HugeList,
    LineEnds,
    RateLimited,
    ServerError,
    Simulator,
    SlowCreation,
    UnreadableList,
    UnreadableVM,
)

Create = Callable[..., Awaitable[Any]]

LIST = ("GET", "/v1/vms?project_id=default")
DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    "fault",
    [
        *(FinalError(), UnreadableVM(), HugeEvent(), LineEnds(), CommentsOnly(), Buffered(), SlowCreation(1.0)),
        Combined([ServerError(), FinalError()]),
    ],
)
def test_fault_of_a_creation_is_refused_for_a_list(fault: Fault) -> None:
    """What makes no sense for a list is a ValueError that names the fault, and so is the other way round."""
    for share in (None, 0.5):
        with pytest.raises(ValueError, match=r"^into='list': makes no sense for \w+\("):
            Simulator().inject(fault, share=share, into="list")


@pytest.mark.parametrize("fault", [UnreadableList(), HugeList(), Combined([ServerError(), HugeList()])])
def test_fault_of_a_list_is_refused_for_a_creation(fault: Fault) -> None:
    """What makes no sense for a stream is a ValueError that names the fault."""
    with pytest.raises(ValueError, match=r"^into='create': makes no sense for \w+\("):
        Simulator().inject(fault)


def test_unknown_kind_of_request_is_refused() -> None:
    """Only the documented words are taken."""
    with pytest.raises(ValueError, match=r"^into='get': must be of create, list$"):
        Simulator().inject(Fault(), into="get")  # type: ignore[arg-type]


async def test_own_fault_may_befall_a_list(ask: Create, simulator: Simulator) -> None:
    """A subclass that says so is taken for a list, and one that says nothing is for creations."""

    class Loud(Fault):
        befalls = frozenset({"list"})

        def listing(self, body: bytes) -> bytes:
            return body.upper()

    class Quiet(Fault): ...

    simulator.inject(Loud(), into="list")
    assert (await ask(*LIST)).body == b'{"VMS": []}'
    with pytest.raises(ValueError, match="makes no sense"):
        simulator.inject(Quiet(), into="list")


async def test_faults_of_lists_come_in_order_and_are_healed(ask: Create, simulator: Simulator) -> None:
    """As many lists as was asked for, a share of the others as the seed says, and none after healing."""
    simulator.inject(ServerError(500), times=2, into="list")
    simulator.inject(ServerError(503), share=0.3, into="list")
    statuses = [(await ask(*LIST)).status for _ in range(102)]
    assert statuses[:2] == [500, 500]
    assert 15 <= statuses.count(503) <= 50
    simulator.heal()
    assert {200} == {(await ask(*LIST)).status for _ in range(20)}


async def test_faults_of_lists_do_not_change_who_is_befallen_by_others(ask: Create, create: Create) -> None:
    """Which creations a share befalls is the same for one seed, however many lists are read between them."""
    runs: list[list[int]] = []
    for lists in (0, 2):
        async with Simulator(speed=float("inf"), steps=0, seed=3) as simulator:
            simulator.inject(ServerError(500), share=0.5)
            simulator.inject(ServerError(500), share=0.5, into="list")
            runs.append([])
            for _ in range(40):
                runs[-1].append((await create(to=simulator)).status)
                for _ in range(lists):
                    await ask(*LIST, to=simulator)
    assert runs[0] == runs[1]


async def test_faults_come_in_the_order_of_their_injection(create: Create, simulator: Simulator) -> None:
    """Each fault befalls as many of the next requests as was asked, then all is well."""
    simulator.inject(RateLimited(), times=2)
    simulator.inject(ServerError(500))
    assert [(await create()).status for _ in range(4)] == [429, 429, 500, 200]


async def test_share_of_requests_is_befallen(create: Create) -> None:
    """About the share that was asked for is befallen, and the same requests for the same seed."""
    runs = []
    for seed in (1, 1, 2):
        async with Simulator(speed=float("inf"), steps=0, seed=seed) as simulator:
            simulator.inject(ServerError(500), share=0.2)
            runs.append([(await create(to=simulator)).status for _ in range(200)])
    assert 20 <= runs[0].count(500) <= 60
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


@pytest.mark.parametrize(("share", "status"), [(0.0, 200), (1.0, 500)])
async def test_share_may_be_none_or_all(create: Create, simulator: Simulator, share: float, status: int) -> None:
    """A share of 0 befalls nobody, a share of 1 everybody."""
    simulator.inject(ServerError(500), share=share)
    assert {status} == {(await create()).status for _ in range(20)}


async def test_heal_forgets_every_fault(create: Create, simulator: Simulator) -> None:
    """After it, requests are answered as usual."""
    simulator.inject(RateLimited(), times=9)
    simulator.inject(RateLimited(), share=1)
    simulator.heal()
    assert (await create()).status == 200


@pytest.mark.parametrize("arguments", [{"times": 0}, {"share": 1.1}, {"share": -0.1}])
def test_injection_that_makes_no_sense_is_refused(arguments: dict[str, Any]) -> None:
    """Fewer than one request, or a share outside 0 to 1, is a ValueError."""
    with pytest.raises(ValueError, match="must be"):
        Simulator().inject(Fault(), **arguments)


@pytest.mark.parametrize("page", ["how-to/testing.md", "reference.md"])
def test_every_fault_is_explained(page: str) -> None:
    """Each public fault has its place in the page on testing and in the reference."""
    text = (DOCS / page).read_text("utf-8")
    faults = [name for name in public.__all__ if issubclass(getattr(public, name), Fault)]
    assert len(faults) > 25
    assert [] == [name for name in faults if not re.search(rf"\b{name}\b", text)]


def test_combination_of_combinations() -> None:
    """A combination in a combination is the same as all of its faults beside the others."""
    inner, last = Combined([LineEnds("\r"), ByteOrderMark()]), DropAfter(3)
    assert Combined([LineEnds("\r"), ByteOrderMark(), DropAfter(3)]) == Combined([inner, last])
