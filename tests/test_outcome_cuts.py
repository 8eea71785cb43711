"""The outcome of a creation whose stream is cut, at every byte, in every way, with and without reconciling."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs
import pytest

from openscaler_async import (
    VM,
    Client,
    Creation,
    CreationUnknown,
    Outcome,
    Timeouts,
)
from openscaler_async.simulator import (
    Combined,
    DropAfter,
    Exchange,
    Fault,
    LineEnds,
    MissingLastBlankLine,
    QuotedLiterals,
    Simulator,
)
from tests.peers import spec

if TYPE_CHECKING:
    from collections.abc import Sequence

LIST = ("GET", "/v1/vms")
LOOK_EVERY = 0.5  # seconds, at the most often
PATIENCE = 60.0
TAIL = 24  # bytes
How: TypeAlias = Literal["end", "close", "reset"]
HOW: tuple[How, ...] = ("end", "close", "reset")
VARIANTS = [
    *(LineEnds("\r"), LineEnds("\r\n"), MissingLastBlankLine(line_end=True), MissingLastBlankLine(line_end=False)),
    *(QuotedLiterals("line"), QuotedLiterals("data")),
]


@attrs.frozen
class Cut(Fault):
    """A stream that is cut after so many bytes as the machine's name ends with.

    Attributes:
        how: as for `DropAfter`.
        wholes: the whole streams, by name.
    """

    how: How
    wholes: dict[str, bytes] = attrs.field(factory=dict)

    async def play(self, exchange: Exchange) -> None:
        """Write it up to there."""
        name: str = (await exchange.request.json())["name"]
        whole = self.wholes[name] = b"".join([data async for data in exchange])
        await exchange.write(whole[: place_in(name)])
        if self.how != "end":
            await DropAfter(0, self.how).play(exchange)

    def rows(self, name: str) -> set[Outcome]:
        """Give the rows of the table in which a creation may end.

        A final event that lacks nothing but line ends is known for certain at a clean end; where the
        connection broke it is whole, too, but may have been lost with it.
        """
        whole, place = self.wholes[name], place_in(name)
        if place < len(whole.rstrip(b"\r\n")):
            return {Outcome.UNKNOWN}
        if self.how == "end" or (self.how == "close" and place >= len(whole) and whole.endswith(b"\n\n")):
            return {Outcome.CREATED}
        return {Outcome.CREATED, Outcome.UNKNOWN}


def place_in(name: str) -> int:
    """Give the place that a machine's name tells."""
    return int(name.rpartition("-")[2])


async def create_all(client: Client, places: Sequence[int]) -> list[Creation[VM]]:
    """Create a machine for each place to cut at, and wait for all of them."""
    creations = [client.vms.create(spec(f"cut-{place}")) for place in places]
    await asyncio.wait_for(asyncio.gather(*creations, return_exceptions=True), PATIENCE)
    return creations


async def whole_size(simulator: Simulator, client: Client, *faults: Fault) -> int:
    """Give the most that the size of a whole stream may be: machines differ by a few bytes."""
    cut = Cut("end")
    simulator.inject(Combined([*faults, cut]))
    (creation,) = await create_all(client, [999_999])
    assert Outcome.CREATED is creation.outcome
    return len(cut.wholes["cut-999999"]) + TAIL


def check_rows(creations: Sequence[Creation[VM]], cut: Cut, simulator: Simulator) -> None:
    """Check each creation's row of the table: its machine if the whole final event came, else unknown."""
    ids = {vm["name"]: vm["id"] for vm in simulator.vms}
    for creation in creations:
        name, error = creation.spec.name, creation.exception()
        assert creation.outcome in cut.rows(name), name
        if creation.outcome is Outcome.CREATED:
            assert (name, ids[name]) == (creation.result().name, creation.result().id)
        else:
            assert CreationUnknown is type(error)


@pytest.mark.parametrize("how", HOW)
async def test_stream_cut_at_every_byte(how: How) -> None:
    """A stream cut anywhere ends in one row of the table: the whole machine, or unknown; never two requests."""
    async with (
        Simulator(speed=float("inf"), steps=1) as simulator,
        Client(simulator.token, base_url=simulator.url, reconcile=False) as client,
    ):
        size = await whole_size(simulator, client)
        simulator.inject(cut := Cut(how), share=1.0)
        creations = await create_all(client, range(size + 1))
        assert 1 + len(creations) == simulator.posts == len(simulator.vms)
        assert 0 == simulator.requests[LIST]
        check_rows(creations, cut, simulator)
    assert {Outcome.CREATED, Outcome.UNKNOWN} == {creation.outcome for creation in creations}


async def test_machine_is_found_after_a_cut_at_every_byte() -> None:
    """With reconciling every cut ends with the very machine; the list is asked for at its own pace, not for each."""
    await asyncio.gather(*(check_that_all_are_found(how) for how in HOW))


async def check_that_all_are_found(how: How) -> None:
    """Cut at every byte in one way."""
    timeouts = Timeouts(settle=1, reconcile=PATIENCE)
    async with (
        Simulator(speed=float("inf"), steps=1) as simulator,
        Client(simulator.token, base_url=simulator.url, timeouts=timeouts) as client,
    ):
        size = await whole_size(simulator, client)
        simulator.inject(Cut(how), share=1.0)
        began = asyncio.get_running_loop().time()
        creations = await create_all(client, range(size + 1))
        took = asyncio.get_running_loop().time() - began
        assert 1 + len(creations) == simulator.posts == len(simulator.vms)
        assert 1 <= simulator.requests[LIST] <= 2 + took / LOOK_EVERY
        ids = {vm["name"]: vm["id"] for vm in simulator.vms}
    assert {Outcome.CREATED} == {creation.outcome for creation in creations}
    assert [(name, ids[name]) for name in (creation.spec.name for creation in creations)] == [
        (creation.result().name, creation.result().id) for creation in creations
    ]


@pytest.mark.parametrize("how", ["end", "close"])
@pytest.mark.parametrize("variant", VARIANTS, ids=repr)
async def test_other_forms_cut(variant: Fault, how: How) -> None:
    """Other line ends, quoted literals, no blank line: cut here and there, and at each of the last bytes, the same."""
    async with (
        Simulator(speed=float("inf"), steps=1) as simulator,
        Client(simulator.token, base_url=simulator.url, reconcile=False) as client,
    ):
        size = await whole_size(simulator, client, variant)
        cut = Cut(how)
        simulator.inject(Combined([variant, cut]), share=1.0)
        creations = await create_all(client, [*range(0, size - 2 * TAIL, 29), *range(size - 2 * TAIL, size + 1)])
        assert 1 + len(creations) == simulator.posts == len(simulator.vms)
        check_rows(creations, cut, simulator)
    outcomes = {creation.outcome for creation in creations}
    assert outcomes == {Outcome.CREATED, Outcome.UNKNOWN} if how == "end" else Outcome.UNKNOWN in outcomes
