"""Losing a creation and looking for its machine, for tests of what the list may be like."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

from openscaler_async import Client, CreationUnknown, Found, Timeouts, Verdict
from openscaler_async.simulator import DropBeforeHead, Fault, Simulator
from tests.peers import soon, spec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

T = TypeVar("T")
LIST: Final = ("GET", "/v1/vms")
MADE: Final = DropBeforeHead()
NEVER: Final = DropBeforeHead(creates=False)


async def look(
    simulator: Simulator,
    fault: Fault = MADE,
    *,
    heard: bool = False,
    **settings: Any,  # noqa: ANN401  (any setting)
) -> Verdict:
    """Lose a creation, and give what looking for its machine has shown; check that it was sent once.

    Args:
        simulator: where it is sent to.
        fault: how it is lost.
        heard: whether another creation, which ends well, comes first.
        settings: those of the client.
    """
    before = simulator.posts
    settings = {"timeouts": Timeouts(settle=0.3, reconcile=5), "token": simulator.token, **settings}
    async with Client(base_url=simulator.url, **settings) as client:
        if heard:
            await soon(client.vms.create(spec("heard")))
        simulator.inject(fault)
        creation = client.vms.create(spec())
        await soon(asyncio.wait([creation._task]))
    assert before + 1 + heard == simulator.posts
    error = creation.exception()
    if error is None:
        assert [creation.result().id] == [vm["id"] for vm in simulator.vms if vm["name"] == "web-1"]
        return Found(creation.result())
    assert isinstance(error, CreationUnknown)
    assert error.verdict is not None
    return error.verdict


async def each(cases: Iterable[T], check: Callable[[T], Awaitable[None]]) -> None:
    """Check something in each of some cases, all at the same time, for most of it is waiting."""

    async def one(case: T) -> None:
        try:
            await check(case)
        except BaseException as error:
            error.add_note(f"in the case {case!r:.200}")
            raise

    async with asyncio.TaskGroup() as group:
        for case in cases:
            group.create_task(one(case))


async def under(faults: Iterable[Fault], check: Callable[[Simulator, Fault], Awaitable[None]]) -> None:
    """Check something under each of some faults, each time with another simulator."""

    async def one(fault: Fault) -> None:
        async with Simulator(speed=float("inf")) as simulator:
            await check(simulator, fault)

    await each(faults, one)
