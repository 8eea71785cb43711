"""``reconcile``: whatever becomes of the list, no machine is called absent for it, and none is made twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs
import pytest

from openscaler_async import Absent, Ambiguous, Client, Found, Timeouts
from openscaler_async.simulator import (
    ByteOrderMark,
    Combined,
    DropAfter,
    DropBeforeHead,
    Fault,
    FinalError,
    Gzip,
    HtmlFromProxy,
    HugeList,
    ListLag,
    OneByteAtATime,
    RateLimited,
    Redirect,
    ServerError,
    SlowCreation,
    Unauthorized,
    UnreadableList,
    WrongContentType,
)
from tests.peers import soon, spec
from tests.searches import LIST, MADE, NEVER, look, under

if TYPE_CHECKING:
    from aiohttp import web

    from openscaler_async.simulator import Simulator

HARMLESS = [
    *(Gzip(), OneByteAtATime(), ByteOrderMark(), WrongContentType("text/plain")),
    Combined([Gzip(), ByteOrderMark(), OneByteAtATime()]),
]
NO_LISTS: list[Fault] = [
    *(ServerError(500), ServerError(503), HtmlFromProxy(502), HtmlFromProxy(200), RateLimited(0), Redirect(302)),
    *(DropBeforeHead("reset"), DropAfter(0), DropAfter(5, "end"), DropAfter(5, "reset")),
    *(UnreadableList(), UnreadableList(""), UnreadableList("null"), UnreadableList("[]"), UnreadableList("{}")),
    *(UnreadableList('{"vms": {}}'), UnreadableList("[" * 100_000), UnreadableList('{"vms": [NaN]}')),
]


@attrs.frozen
class Slow(Fault):
    """A list that takes its time.

    Attributes:
        seconds: how much.
    """

    befalls = frozenset({"list"})

    seconds: float

    async def answer(self, request: web.Request) -> None:  # noqa: ARG002
        """Wait."""
        await asyncio.sleep(self.seconds)


@pytest.mark.parametrize("fault", HARMLESS, ids=repr)
async def test_list_in_another_form(fault: Fault, simulator: Simulator) -> None:
    """A list that is compressed, in pieces or called something else is a list."""
    simulator.inject(fault, share=1.0, into="list")
    assert isinstance(await look(simulator), Found)


async def test_no_list_at_first() -> None:
    """One look that fails, in whatever way, is followed by another."""

    async def check(simulator: Simulator, fault: Fault) -> None:
        simulator.inject(fault, times=2 if isinstance(fault, DropBeforeHead) else 1, into="list")
        assert isinstance(await look(simulator), Found)
        assert simulator.requests[LIST] >= 2

    await under(NO_LISTS, check)


@pytest.mark.parametrize("made", [MADE, NEVER], ids=["made", "never made"])
async def test_no_list_at_all(made: Fault) -> None:
    """Without a list nothing is absent, however long it lasts; what went wrong is said."""

    async def check(simulator: Simulator, fault: Fault) -> None:
        simulator.inject(fault, share=1.0, into="list")
        verdict = await look(simulator, made, timeouts=Timeouts(settle=0.1, reconcile=0.7))
        assert isinstance(verdict, Ambiguous)
        assert () == verdict.candidates
        assert verdict.reason.startswith("the project's machines could not be listed: ")

    await under(NO_LISTS, check)


@pytest.mark.parametrize(
    ("fault", "words"),
    [(Unauthorized(), "HTTP 401"), (ServerError(403), "HTTP 403"), (ServerError(404), "HTTP 404")],
    ids=["401", "403", "404"],
)
async def test_list_that_is_refused(fault: Fault, words: str, simulator: Simulator) -> None:
    """A refusal is final: the search ends at once, and says why."""
    simulator.inject(fault, share=1.0, into="list")
    verdict = await look(simulator, timeouts=Timeouts(settle=60, reconcile=60))
    assert isinstance(verdict, Ambiguous)
    assert words in verdict.reason
    assert 1 == simulator.requests[LIST]


@pytest.mark.parametrize("renewed", [True, False])
async def test_token_that_has_expired(renewed: bool, simulator: Simulator) -> None:  # noqa: FBT001
    """A list that is refused for its token is asked for once more if there is another token; and no oftener."""
    asked: list[str] = []

    async def token() -> str:
        await asyncio.sleep(0)
        asked.append(f"token-{len(asked)}")
        simulator.token = asked[-1] if renewed or len(asked) == 1 else "another"
        return asked[-1]

    simulator.inject(Unauthorized(), into="list")
    verdict = await look(simulator, token=token)
    assert isinstance(verdict, Found if renewed else Ambiguous)
    assert ["token-0", "token-1"] == asked
    assert simulator.requests[LIST] >= 2


async def test_list_that_is_rate_limited(simulator: Simulator) -> None:
    """No look comes before the time that the provider asks for."""
    simulator.inject(RateLimited(1), into="list")
    began = asyncio.get_running_loop().time()
    assert isinstance(await look(simulator), Found)
    assert asyncio.get_running_loop().time() - began >= 1
    assert 2 <= simulator.requests[LIST] <= 4


async def test_huge_list(simulator: Simulator) -> None:
    """A list beyond all bounds is not read to its end, and the next one is looked at."""
    simulator.inject(HugeList(), into="list")
    assert isinstance(await look(simulator), Found)


async def test_redirect_is_not_followed(simulator: Simulator) -> None:
    """A list that is said to be elsewhere is not asked for there."""
    simulator.inject(Redirect(307, "/elsewhere"), share=1.0, into="list")
    verdict = await look(simulator, timeouts=Timeouts(settle=0.1, reconcile=0.2))
    assert isinstance(verdict, Ambiguous)
    assert "HTTP 307" in verdict.reason
    assert 0 == simulator.requests["GET", "/elsewhere"]


async def test_list_that_flaps(simulator: Simulator) -> None:
    """A machine that is shown, and then not, and then again, is waited for until it is ready."""
    for lag in (0, 60, 0, 60):
        simulator.inject(ListLag(lag), into="list")
    verdict = await look(simulator, Combined([MADE, SlowCreation(0.7)]), timeouts=Timeouts(settle=4, reconcile=9))
    assert isinstance(verdict, Found)


async def test_machine_that_is_seen_and_gone(simulator: Simulator) -> None:
    """A machine that was seen, and is gone for so long as the list may lag, is absent: its creation failed."""
    verdict = await look(simulator, Combined([MADE, SlowCreation(0.6), FinalError()]))
    assert isinstance(verdict, Absent)
    assert verdict.settled >= 0.3


async def test_list_that_lags_longer_than_it_may(simulator: Simulator) -> None:
    """Absent is as good as the setting: a list that lags longer than settle hides a machine that is there."""
    fault = Combined([MADE, ListLag(60)])
    verdict = await look(simulator, fault)
    assert isinstance(verdict, Absent)
    assert "unless the provider's list lags longer than that" in verdict.advice
    assert 1 == len(simulator.vms)
    assert isinstance(await look(simulator, fault, timeouts=Timeouts(settle=None, reconcile=0.7)), Ambiguous)


async def test_list_that_is_slow(simulator: Simulator) -> None:
    """A list that always takes long tells the clock less well, and the machines no later, whatever settle says."""
    timeouts = Timeouts(settle=None, reconcile=60)
    async with Client(simulator.token, base_url=simulator.url, timeouts=timeouts) as client:
        await soon(client.vms.create(spec("quick")))
        simulator.inject(MADE, share=1.0)
        simulator.inject(Slow(0.4), share=1.0, into="list")
        creations = []
        for number in range(6):
            creations.append(client.vms.create(spec(f"web-{number}")))
            await asyncio.sleep(0.16)  # each part of a second
        vms = await soon(asyncio.gather(*creations))
    assert [vm["id"] for vm in simulator.vms[1:]] == [vm.id for vm in vms]
    assert simulator.requests[LIST] <= 9
    assert 7 == simulator.posts


async def test_one_after_the_other(simulator: Simulator) -> None:
    """Creations that are lost one after the other share lists as well: none is asked for sooner than it may be."""
    async with Client(simulator.token, base_url=simulator.url) as client:
        simulator.inject(MADE, share=1.0)
        began = asyncio.get_running_loop().time()
        creations = []
        for number in range(30):
            creations.append(client.vms.create(spec(f"web-{number}")))
            await asyncio.sleep(0.02)
        await soon(asyncio.gather(*creations))
        took = asyncio.get_running_loop().time() - began
    assert simulator.requests[LIST] <= 3 + took / 0.5
    assert 30 == simulator.posts == len(simulator.vms)


async def test_number_of_looks(simulator: Simulator) -> None:
    """A search of some seconds costs a few requests, and ever fewer."""
    assert isinstance(await look(simulator, NEVER, timeouts=Timeouts(settle=1.4)), Absent)
    assert simulator.requests[LIST] <= 6
