"""The fault matrix: every fault x four ways to wait x two event loops.

In each field a creation is one request, or as many as its row says, and one machine at most; what
the caller ends with is what the provider's books say; and no secret shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

import attrs
import pytest

from openscaler_async import VM, Client, Creation, CreationError, simulator
from openscaler_async.simulator import Combined, DropAfter, DropBeforeHead, Fault, Simulator
from tests.accounts import CANARY, End, contradiction, end_of, leaks, row_of, secret_spec, watched_logs
from tests.fault_rows import ROWS, Row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Start: TypeAlias = Callable[[], Creation[VM]]
Way: TypeAlias = Callable[[Start], Awaitable[None]]
LIMIT = 90.0  # seconds for one field, on a busy machine
AT_ONCE = 28  # fields; often a process may open 1,024 files, and every fourth field takes 100
MANY = 50

on_each_loop = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


async def plain(start: Start) -> None:
    """Await it."""
    creation = start()
    try:
        end: End = await creation
    except CreationError as error:
        end = error
    assert end is end_of(creation)


async def iterate(start: Start) -> None:
    """Read its progress, which ends with the error that the await gives."""
    creation = start()
    ended: CreationError | None = None
    try:
        async for _ in creation:
            pass
    except CreationError as error:
        ended = error
    assert creation.exception() is ended


async def gather(start: Start) -> None:
    """Await fifty at once."""
    creations = [start() for _ in range(MANY)]
    ends = await asyncio.gather(*creations, return_exceptions=True)
    assert [end_of(creation) for creation in creations] == ends


async def impatient(start: Start) -> None:
    """Give up waiting again and again, which changes nothing."""
    creation = start()
    patience, given_up = 0.0, 0
    while not creation.done():
        try:
            async with asyncio.timeout(patience):
                await creation
        except TimeoutError:
            patience, given_up = 2 * patience + 0.001, given_up + 1
        except CreationError as error:
            assert error is creation.exception()  # noqa: PT017  (it may raise, or not)
    assert given_up


@attrs.frozen
class Field:
    """One field of the matrix: what befalls its creations, and how they are waited for."""

    row: Row
    way: Way

    @property
    def number(self) -> int:
        """How many creations it has."""
        return MANY if self.way is gather else 1

    async def check(self, gate: asyncio.Semaphore) -> None:
        """When it is one's turn: create, wait, and compare with the books of the simulator."""
        async with gate, asyncio.timeout(LIMIT), self._befallen() as provider:
            async with self._client(provider) as client:
                creations: list[Creation[VM]] = []

                def start() -> Creation[VM]:
                    number = len(creations)
                    creations.append(client.vms.create(secret_spec(f"web-{number}", sequence_id=number)))
                    return creations[-1]

                await self.way(start)
            posts, machines = provider.posts, provider.vms
            provider.assert_no_duplicates()
        ids = {one.spec.name: [vm["id"] for vm in machines if vm["name"] == one.spec.name] for one in creations}
        assert [self.row.end] * self.number == [row_of(end_of(creation)) for creation in creations]
        assert self.row.posts * self.number == posts
        assert len(machines) == sum(map(len, ids.values()))
        assert [] == [wrong for one in creations if (wrong := contradiction(end_of(one), ids[one.spec.name]))]
        assert [] == leaks(creations)

    async def check_twins(self) -> None:
        """Create machines that are all to be the same, half of them befallen: each is another machine."""
        async with self._befallen() as provider, self._client(provider) as client:
            creations = [client.vms.create(secret_spec("web-1", sequence_id=1)) for _ in range(2 * self.number)]
            ends = await asyncio.gather(*creations, return_exceptions=True)
            assert 2 * self.number == provider.posts
        known = [end.id for end in ends if isinstance(end, VM)]
        assert [vm["id"] for vm in provider.vms] == sorted(known)
        assert {"CREATED", self.row.end} == set(map(row_of, map(end_of, creations)))

    @asynccontextmanager
    async def _befallen(self) -> AsyncIterator[Simulator]:
        async with Simulator(token=f"{CANARY}-token", speed=float("inf"), steps=2) as provider:
            provider.inject(self.row.fault, times=self.number)
            if self.row.listing:
                provider.inject(self.row.listing, times=self.row.looks, into="list")
            async with provider.refusing() if self.row.refusing else nullcontext():
                yield provider

    def _client(self, provider: Simulator) -> Client:
        expired = [f"{CANARY}-expired"] * self.row.expired

        async def token() -> str:
            return expired.pop() if expired else provider.token

        return Client(token, base_url=provider.url, **self.row.settings)


async def checked(rows: list[Row], *ways: Way) -> Iterator[tuple[Field, asyncio.Task[None]]]:
    """Check these fields of the matrix, many at once; give each with how that ended."""
    fields = [Field(row, way) for row in rows for way in ways]
    gate = asyncio.Semaphore(AT_ONCE)
    checks = [asyncio.create_task(field.check(gate)) for field in fields]
    await asyncio.wait(checks)
    return zip(fields, checks, strict=True)


@on_each_loop
@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
async def test_matrix(rows: list[Row], subtests: pytest.Subtests) -> None:
    """The end is the same whoever waits in whatever way, on either event loop."""
    with watched_logs() as leaked:
        fields = await checked(rows, plain, iterate, gather, impatient)
    for field, check in fields:
        with subtests.test(field.way.__name__, row=field.row):
            check.result()
    assert [] == leaked


@pytest.mark.parametrize("fault", [DropBeforeHead(), DropAfter(200), DropBeforeHead(creates=False)], ids=repr)
async def test_twins(fault: Fault) -> None:
    """Creations that nobody can tell apart, and that are lost at once, share their machines out."""
    end = "CREATED" if fault.creates else "UNKNOWN, Absent"
    await Field(Row(end, fault), gather).check_twins()


async def test_secrets_in_debug_mode() -> None:
    """An event loop that debugs tells of what is slow, and of whatever else it likes: no secret among it."""
    asyncio.get_running_loop().set_debug(True)
    asyncio.get_running_loop().slow_callback_duration = 0.0
    with watched_logs() as leaked:
        fields = await checked([row for row in one_of_each_kind() if not row.hurried], plain)
    assert [] == [field for field, check in fields if check.exception()]
    assert [] == leaked


def one_of_each_kind() -> list[Row]:
    """Give a row for each kind of fault and of end."""
    rows = (row for rows in ROWS.values() for row in rows)
    return list({(type(row.fault), type(row.listing), row.end): row for row in rows}.values())


def each_fault(fault: Fault) -> Iterator[Fault]:
    """Give a fault, and those that it combines."""
    yield fault
    if isinstance(fault, Combined):
        for part in fault.faults:
            yield from each_fault(part)


@pytest.mark.parametrize("into", ["create", "list"])
def test_every_fault_has_a_row(into: Literal["create", "list"]) -> None:
    """Each fault that the simulator exports is tried with all kinds of requests that it is for."""
    exported = {value for name in simulator.__all__ if isinstance(value := getattr(simulator, name), type)}
    wanted = {kind for kind in exported if issubclass(kind, Fault) and into in kind.befalls}
    rows = [row for rows in ROWS.values() for row in rows]
    tried = [row.fault for row in rows] if into == "create" else [row.listing for row in rows if row.listing]
    assert set() == wanted - {type(part) for fault in tried for part in each_fault(fault)}


def values_of(hint: object) -> tuple[object, ...]:
    """Give every value that a setting of this type can have, if they are few."""
    if hint is bool:
        return True, False
    return get_args(hint) if get_origin(hint) is Literal else ()


def test_every_variant_has_a_row() -> None:
    """Of a setting that is a word or a switch, each value is tried."""
    tried = [part for rows in ROWS.values() for row in rows for part in each_fault(row.fault)]
    kinds: set[Any] = {type(fault) for fault in tried if attrs.has(type(fault))}
    missing = [
        f"{kind.__name__}({name}={value!r})"
        for kind in kinds
        for name, hint in get_type_hints(kind).items()
        for value in values_of(hint)
        if getattr(attrs.fields(kind), name).init
        if value not in [getattr(fault, name) for fault in tried if isinstance(fault, kind)]
    ]
    assert [] == missing
