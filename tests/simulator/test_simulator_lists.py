"""Faults that befall the list of machines: what it is instead, what it shows, and how it comes."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import math
import time
from collections.abc import Awaitable, Callable, Coroutine
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import aiohttp
import pytest

from openscaler_async.simulator import (
    AlteredVM,
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
    Silence,
    Simulator,
    SlowCreation,
    Unauthorized,
    UnreadableList,
    WrongContentType,
    WrongDate,
)

Ask = Callable[..., Coroutine[Any, Any, Any]]
Create = Callable[..., Awaitable[Any]]
Until = Callable[[Callable[[], object]], Awaitable[None]]

LIST = ("GET", "/v1/vms?project_id=default")


@pytest.fixture
def names(ask: Ask) -> Callable[..., Coroutine[Any, Any, list[str]]]:
    """Give a way to read the names that the list shows."""

    async def read(**settings: Any) -> list[str]:  # noqa: ANN401
        return [vm["name"] for vm in json.loads((await ask(*LIST, **settings)).body)["vms"]]

    return read


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ServerError(500), (500, b'{"message"')),
        (RateLimited(7), (429, b'{"message"')),
        (Unauthorized(), (401, b'{"message"')),
        (Redirect(308), (308, b"")),
        (HtmlFromProxy(), (502, b"<html><hea")),
    ],
)
async def test_list_is_answered_with_something_else(
    ask: Ask, create: Create, simulator: Simulator, fault: Fault, expected: tuple[int, bytes]
) -> None:
    """An answer that is no list comes instead of one list, and creations know nothing of it."""
    simulator.inject(fault, into="list")
    assert (await create()).status == 200
    answer = await ask(*LIST)
    assert expected == (answer.status, answer.body[:10])
    assert (await ask(*LIST)).status == 200
    assert (simulator.posts, simulator.requests["GET", "/v1/vms"]) == (1, 2)


async def test_list_is_dropped_before_its_head(ask: Ask, simulator: Simulator) -> None:
    """The connection breaks without a byte; aiohttp asks for a list once more by itself."""
    hows: list[Literal["close", "reset"]] = ["close", "reset"]
    for how in hows:
        simulator.inject(DropBeforeHead(how), times=2, into="list")
    assert [aiohttp.ServerDisconnectedError, aiohttp.ClientOSError] == [type((await ask(*LIST)).error) for _ in "ab"]
    assert simulator.requests["GET", "/v1/vms"] == 4


@pytest.mark.parametrize(
    ("fault", "body"), [(Silence(0), b""), (Silence(1), b'{"vms": []}'), (Silence(9), b'{"vms": []}')]
)
async def test_list_falls_silent(
    http: aiohttp.ClientSession, simulator: Simulator, until: Until, fault: Fault, body: bytes
) -> None:
    """The head comes, the list too or not, and no end; the handler ends soon after the client left."""
    simulator.inject(fault, into="list")
    headers = {"Authorization": f"Bearer {simulator.token}"}
    async with http.get(simulator.url + LIST[1], headers=headers) as response:
        assert await response.content.readexactly(len(body)) == body
        assert not response.content.at_eof()
        assert len(simulator._api.answering) == 1
    await until(lambda: not simulator._api.answering)


async def test_silent_list_ends_with_the_simulator(ask: Ask, simulator: Simulator, until: Until) -> None:
    """Not a byte comes, and a stop breaks it off."""
    simulator.inject(Silence(), into="list")
    asking = asyncio.create_task(ask(*LIST))
    await until(lambda: simulator._api.answering)
    assert not asking.done()
    await simulator.stop()
    assert isinstance((await asking).error, aiohttp.ClientError)


@pytest.mark.parametrize("how", ["end", "close"])
async def test_list_breaks_off(ask: Ask, create: Create, simulator: Simulator, how: Literal["end", "close"]) -> None:
    """It is cut after so many bytes, cleanly or not."""
    await create()
    whole = (await ask(*LIST)).body
    simulator.inject(DropAfter(100, how), into="list")
    answer = await ask(*LIST)
    assert (answer.status, answer.body) == (200, whole[:100])
    assert isinstance(answer.error, aiohttp.ClientPayloadError) is (how == "close")


async def test_list_comes_in_other_bytes(ask: Ask, create: Create, simulator: Simulator) -> None:
    """It may be compressed, be called something else, begin with a mark, and come byte by byte."""
    await create()
    whole = (await ask(*LIST)).body
    simulator.inject(Combined([Gzip(), WrongContentType("text/html"), ByteOrderMark(), OneByteAtATime()]), into="list")
    answer = await ask(*LIST)
    assert (answer.headers["Content-Encoding"], answer.headers["Content-Type"]) == ("gzip", "text/html; charset=utf-8")
    body = gzip.decompress(answer.body) if answer.body.startswith(b"\x1f\x8b") else answer.body
    assert body == b"\xef\xbb\xbf" + whole


async def test_lagging_lists_are_as_they_were(
    names: Callable[..., Awaitable[list[str]]], create: Create, simulator: Simulator
) -> None:
    """A list that lags shows what was there so long ago, an endless lag nothing, and the next list all."""
    simulator.add_vm("old", age=60.0)
    await create(name="new")
    simulator.inject(ListLag(30.0), into="list")
    simulator.inject(ListLag(math.inf), into="list")
    simulator.inject(Combined([ListLag(30.0), ListLag(31.0)]), into="list")
    assert [["old"], [], [], ["old", "new"]] == [await names() for _ in range(4)]


async def test_lagging_list_shows_what_has_failed_since(
    names: Callable[..., Awaitable[list[str]]], create: Create, simulator: Simulator
) -> None:
    """A machine that was being made then, and has failed since, is still shown as in the making."""
    simulator.inject(Combined([FinalError(), SlowCreation(0.05)]))
    before = time.monotonic()
    await create(name="gone")
    assert await names() == []
    simulator.inject(ListLag(time.monotonic() - before - 0.02), into="list")
    assert await names() == ["gone"]


async def test_share_of_lagging_lists_flaps(
    names: Callable[..., Awaitable[list[str]]], create: Create, simulator: Simulator
) -> None:
    """A list that lags now and then shows a machine, then does not, then does."""
    simulator.inject(ListLag(60.0), share=0.5, into="list")
    await create(name="web-1")
    shown = "".join([str(len(await names())) for _ in range(40)])
    assert "101" in shown
    assert "010" in shown


@pytest.mark.parametrize("payload", ['{"vms": null}', "", "null", "[]", "{", '{"vms": [{}]}', "<html>"])
async def test_unreadable_list_is_anything(ask: Ask, create: Create, simulator: Simulator, payload: str) -> None:
    """The list is the text that was asked for, by default one that looks like no machines."""
    await create()
    simulator.inject(UnreadableList(payload), into="list")
    answer = await ask(*LIST)
    assert (answer.status, answer.body.decode()) == (200, payload)
    assert UnreadableList() == UnreadableList('{"vms": null}')


async def test_altered_machines_are_listed_otherwise(ask: Ask, create: Create, simulator: Simulator) -> None:
    """Fields are told otherwise, besides or not at all, of every machine or of those with one name."""
    await create(name="a")
    await create(name="b")
    simulator.inject(AlteredVM({"id": "8", "news": None}, without=["uuid"]), into="list")
    simulator.inject(AlteredVM({"state": "error"}, name="b"), into="list")
    first, second, third = [json.loads((await ask(*LIST)).body)["vms"] for _ in range(3)]
    assert [("8", None)] * 2 == [(vm["id"], vm["news"]) for vm in first]
    assert not any("uuid" in vm for vm in first)
    assert ["running", "error"] == [vm["state"] for vm in second]
    assert ["running", "running"] == [vm["state"] for vm in third]


async def test_altered_machines_add_up(ask: Ask, create: Create, simulator: Simulator) -> None:
    """Several faults alter one list, each what the one before made of it."""
    await create(name="a")
    faults = [AlteredVM(without=["name"]), AlteredVM({"state": "x"}, name="a"), AlteredVM({"state": "y"})]
    simulator.inject(Combined(faults), into="list")
    (vm,) = json.loads((await ask(*LIST)).body)["vms"]
    assert ("y", False) == (vm["state"], "name" in vm)


@pytest.mark.parametrize("size", [0, 1, 2**16, 2**18 + 5])
async def test_huge_list_is_a_list_and_white_space(ask: Ask, create: Create, simulator: Simulator, size: int) -> None:
    """So many bytes come after it, and it is still JSON."""
    await create()
    whole = (await ask(*LIST)).body
    simulator.inject(HugeList(size), into="list")
    body = (await ask(*LIST)).body
    assert len(body) == len(whole) + size
    assert json.loads(body) == json.loads(whole)
    assert HugeList().bytes > 64 * 2**20  # by default more than a client reads


@pytest.mark.parametrize("into", ["create", "list"])
@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
async def test_wrong_date_is_off(
    ask: Ask,
    create: Create,
    simulator: Simulator,
    into: Literal["create", "list"],
    seconds: float,
) -> None:
    """The header is so far ahead, or behind, of a list and of a stream."""
    simulator.inject(WrongDate(seconds), into=into)
    answer = await (create() if into == "create" else ask(*LIST))
    off = parsedate_to_datetime(answer.headers["Date"]) - dt.datetime.now(dt.UTC)
    assert abs(off.total_seconds() - seconds) < 10


@pytest.mark.parametrize("into", ["create", "list"])
async def test_date_may_be_missing(
    ask: Ask, create: Create, simulator: Simulator, into: Literal["create", "list"]
) -> None:
    """By default there is no such header, and the next answer has it."""
    simulator.inject(WrongDate(), into=into)
    answers = [await (create() if into == "create" else ask(*LIST)) for _ in range(2)]
    assert [False, True] == ["Date" in answer.headers for answer in answers]
    assert {200} == {answer.status for answer in answers}


async def test_wrong_token_and_no_project_are_refused_under_a_fault_too(ask: Ask, simulator: Simulator) -> None:
    """A fault that changes the list does not change who may see it."""
    simulator.inject(WrongDate(), times=2, into="list")
    assert (await ask(*LIST, headers={})).status == 401
    assert (await ask("GET", "/v1/vms")).status == 400
