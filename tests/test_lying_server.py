"""A server whose stream tells what cannot be: each lie ends in a machine that can be used, or in a typed error.

Every test runs four times: awaiting and iterating, with and without reconciling. A final event is
the provider's last word: nothing is looked for in the list after one that says 200, 4xx or 5xx,
whatever it says besides.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple, cast

import attrs
import pytest

from openscaler_async import VM, Client, CreationError, CreationFailed, CreationUnknown, Outcome, Progress, VMUnreadable
from openscaler_async._sse import encode_event
from openscaler_async.simulator import (
    AlteredVM,
    Combined,
    Fault,
    FinalError,
    SecondStream,
    Simulator,
    UnreadableProgress,
    UnreadableVM,
)
from tests.peers import soon, spec, warnings_of

DEEP = 100_000


class Told(NamedTuple):
    """What comes of a creation, all its progress, and how often the list was asked for."""

    end: VM | CreationError
    progress: list[Progress]
    looks: int


Tell = Callable[..., Awaitable[Told]]


@attrs.frozen
class Final(Fault):
    """Other bytes instead of the final event, or after it."""

    data: bytes
    after: bool = False

    def ending(self, event: bytes) -> bytes:
        """Give them."""
        return event * self.after + self.data


def follows(*events: tuple[str, str]) -> Final:
    """Give a fault that sends more events, by type and data, after the final one."""
    return Final(b"".join(encode_event(kind, data) for kind, data in events), after=True)


@pytest.fixture(params=[True, False], ids=["reconcile", "plain"])
def reconcile(request: pytest.FixtureRequest) -> bool:
    """Give whether lost machines are looked for."""
    return bool(request.param)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Give a simulator with two progress events."""
    async with Simulator(speed=float("inf"), steps=2) as running:
        yield running


@pytest.fixture(params=["await", "iterate"])
async def tell(request: pytest.FixtureRequest, simulator: Simulator, *, reconcile: bool) -> AsyncIterator[Tell]:
    """Give a way to create one machine under a fault, and what comes of it."""
    async with Client(simulator.token, base_url=simulator.url, reconcile=reconcile) as client:

        async def create(fault: Fault, sequence_id: int | None = 17) -> Told:
            simulator.inject(fault)
            creation = client.vms.create(spec(sequence_id=sequence_id))
            progress = []
            with contextlib.suppress(CreationError):
                if request.param == "await":
                    await soon(creation.wait())
            with contextlib.suppress(CreationError):
                async for one in creation:
                    progress.append(one)  # noqa: PERF401  (what comes before an error counts)
            assert 1 == simulator.posts
            return Told(creation.exception() or creation.result(), progress, simulator.requests["GET", "/v1/vms"])

        yield create


@pytest.mark.parametrize(
    "payload",
    [
        *("null", "[]", '[{"id": 1, "name": "web-1"}]', "{}", "7", "true", '"running"', "", " ", "NaN", "no JSON"),
        *('{"id": 1', '{"name": "web-1"}', '{"id": null, "name": "web-1"}', '{"id": "1", "name": "web-1"}'),
        *('{"id": 1.0, "name": "web-1"}', '{"id": true, "name": "web-1"}', '{"vm": {"id": 1, "name": "web-1"}}'),
        pytest.param("[" * DEEP, id="deep and open"),
        pytest.param("[" * DEEP + "]" * DEEP, id="deep"),
        pytest.param('{"a":' * DEEP + "1" + "}" * DEEP, id="deep objects"),
        pytest.param('{"id": ' + "9" * DEEP + "}", id="long id"),
    ],
)
async def test_success_that_describes_no_machine(tell: Tell, simulator: Simulator, payload: str) -> None:
    """The machine is there and cannot be read: all that came is kept, and no id is made up."""
    told = await tell(UnreadableVM(payload))
    assert isinstance(told.end, VMUnreadable)
    assert (Outcome.CREATED, None, 0) == (told.end.outcome, told.end.vm_id, told.looks)
    assert payload in {told.end.payload if isinstance(told.end.payload, str) else "", json.dumps(told.end.payload)}
    assert len(str(told.end)) < 1_000
    assert 1 == len(simulator.vms)


@pytest.mark.parametrize(
    ("fault", "vm_id"),
    [
        (AlteredVM(without=["id"]), None),
        *((AlteredVM({"id": wrong}), None) for wrong in cast("list[object]", ["1", True, None, 1.0, [1], {"id": 1}])),
        *((AlteredVM({"disks": wrong}), 1) for wrong in cast("list[object]", ["none", {}, [7], [None]])),
        pytest.param(AlteredVM({"disks": [7] * 50_000}), 1, id="many disks"),
        *((AlteredVM({field: 7}), 1) for field in ("name", "created_at", "state", "network")),
        *((AlteredVM({field: "1"}), 1) for field in ("vcpus", "network", "price_hourly", "sequence_id", "created_at")),
    ],
)
async def test_machine_that_is_not_described_as_documented(tell: Tell, fault: Fault, vm_id: int | None) -> None:
    """What is wrong is said, and the id is there where it is one."""
    told = await tell(fault)
    assert isinstance(told.end, VMUnreadable)
    assert (Outcome.CREATED, vm_id, 0) == (told.end.outcome, told.end.vm_id, told.looks)
    assert 0 < len(told.end.reason) < 1_000


@pytest.mark.parametrize(
    ("asked", "fault", "shown"),
    [
        (17, AlteredVM({"sequence_id": None}), None),
        (17, AlteredVM(without=["sequence_id"]), None),
        (None, AlteredVM({"sequence_id": 18}), 18),
    ],
)
async def test_sequence_id_on_one_side_proves_nothing(
    tell: Tell, asked: int | None, fault: Fault, shown: int | None
) -> None:
    """Where only one side has one there is nothing to compare, and the machine is the machine."""
    told = await tell(fault, sequence_id=asked)
    assert isinstance(told.end, VM)
    assert (1, shown) == (told.end.id, told.end.sequence_id)


@pytest.mark.parametrize(
    "described",
    [
        {"name": "web-1-x7"},
        {"id": 99, "sequence_id": 18},
        pytest.param({"name": "web-1\n" * 100_000, "sequence_id": 18}, id="long"),
    ],
)
async def test_machine_of_another_name_or_number(
    tell: Tell, caplog: pytest.LogCaptureFixture, described: dict[str, object]
) -> None:
    """It is the machine as it is described, and one line of warning says so."""
    with caplog.at_level(logging.WARNING):
        told = await tell(AlteredVM(described))
    assert isinstance(told.end, VM)
    assert described.items() <= attrs.asdict(told.end).items()
    assert 0 == told.looks
    (warning,) = warnings_of(caplog)
    assert "\n" not in warning
    assert len(warning) < 2_000


@pytest.mark.parametrize(
    "fault",
    [
        SecondStream(),
        follows(("500", '{"message": "this never happened"}')),
        *(follows(("400", ""), ("500", "")), follows(("300", "{}")), follows(("200", "null"))),
        follows(("200", '{"id": 99, "name": "other"}')),
        follows(("progress", '{"progress": 1.0, "message": "checking quota"}')),
        follows(("message", '"event: 500\\ndata: no\\n"')),
        Final(b'"event: 500\\ndata: no\\n"\n', after=True),
        Final(b"\xff\0" * 100_000, after=True),
    ],
)
async def test_whatever_follows_a_success(tell: Tell, fault: Fault) -> None:
    """The first final event counts: the machine, and no progress after it."""
    told = await tell(fault)
    assert isinstance(told.end, VM)
    assert (1, "web-1", 0) == (told.end.id, told.end.name, told.looks)
    assert [47.5, 95.0] == [one.percent for one in told.progress]


@pytest.mark.parametrize("later", ["200", "400", "progress"])
async def test_whatever_follows_a_failure(tell: Tell, later: str) -> None:
    """The first final event counts: a failure, whatever success is told after it."""
    told = await tell(Combined([FinalError(500, "no room"), follows((later, '{"id": 1, "name": "web-1"}'))]))
    assert isinstance(told.end, CreationFailed)
    assert (500, "no room", 0) == (told.end.status, told.end.message, told.looks)
    assert [47.5, 95.0] == [one.percent for one in told.progress]


@pytest.mark.parametrize("percent", ['"50"', "NaN", "-5", "1e999", "-1e999", "true", "null", "[50]", "9" * 5_000])
async def test_percent_that_is_none(tell: Tell, percent: str) -> None:
    """No percentage is made up, the words are kept, and the machine comes."""
    told = await tell(UnreadableProgress(f'{{"progress": {percent}, "message": "copying"}}'))
    assert isinstance(told.end, VM)
    assert [None, None] == [one.percent for one in told.progress]
    assert all("copying" in one.message for one in told.progress)


@pytest.mark.parametrize("data", ["", "null", "[]", "20%", '"half"', "[" * DEEP, '{"progress": 5', "\0\ufffd"])
async def test_progress_in_no_known_form(tell: Tell, data: str) -> None:
    """Its text is its message, and the machine comes."""
    told = await tell(UnreadableProgress(data))
    assert isinstance(told.end, VM)
    assert [Progress(None, data.strip('"'))] * 2 == told.progress


@pytest.mark.parametrize(
    "final",
    [
        *(b"event: 200\n\n", b"event: 300\ndata: {}\n\n", b"event: 100\ndata: {}\n\n", b"event: 0200\ndata: {}\n\n"),
        *(b"event: 2000\ndata: {}\n\n", b"event: -200\ndata: {}\n\n", b"event: 999\ndata: {}\n\n"),
        *(b"event: 200 \ndata: {}\n\n", b"event: 200 OK\ndata: {}\n\n", b"event: ok\ndata: {}\n\n"),
        *(b"EVENT: 200\ndata: {}\n\n", b"event: \xff\xfe\ndata: {}\n\n", "event: ２００\ndata: {}\n\n".encode()),  # noqa: RUF001  (digits, but not ours)
        b"event: " + b"5" * 10_000 + b"\ndata: {}\n\n",
    ],
)
async def test_final_event_that_is_none(tell: Tell, final: bytes, *, reconcile: bool) -> None:
    """Neither success nor failure is made of it: the machine is looked for, or the outcome is unknown."""
    told = await tell(Final(final))
    assert reconcile == isinstance(told.end, VM) == (told.looks > 0)
    if isinstance(told.end, CreationError):
        assert isinstance(told.end, CreationUnknown)
        assert len(str(told.end)) < 1_000


@pytest.mark.parametrize("payload", ["", " ", "null", "[]", "{", '{"message": NaN}', "[" * DEEP, '{"a":' * DEEP])
async def test_failure_in_no_known_form(tell: Tell, payload: str) -> None:
    """It failed, with some message, and is not looked for."""
    told = await tell(FinalError(599, payload))
    assert isinstance(told.end, CreationFailed)
    assert (599, payload.strip(), 0) == (told.end.status, told.end.message, told.looks)
    assert str(told.end)
