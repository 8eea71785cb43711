"""A server whose answer is no stream and has no end: heads, error bodies and lists have a bound."""

from __future__ import annotations

import aiohttp
import pytest

from openscaler_async import (
    VM,
    Ambiguous,
    Client,
    CreationError,
    CreationRejected,
    CreationUnknown,
    RequestInterrupted,
    RequestRejected,
    ResponseUnreadable,
    Timeouts,
)
from openscaler_async.simulator import DropBeforeHead, HugeList, Simulator
from tests.peers import soon, spec
from tests.pouring import (
    AT_ONCE,
    CHUNKED,
    FINAL,
    GZIP,
    MIB,
    OK,
    ON_THE_WAY,
    Pouring,
    bomb,
    chunked,
    created,
    endless,
    listed,
    pouring,
)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "bomb"])
@pytest.mark.parametrize("status", [403, 500])
async def test_error_body_without_an_end(status: int, *, packed: bool) -> None:
    """The status counts, 64 KiB of the body are kept, and the connection is closed."""
    head = b"HTTP/1.1 %d No\r\nContent-Type: text/plain\r\n" % status + CHUNKED
    server = bomb(head + GZIP + b"\r\n", b"e" * MIB) if packed else pouring(b"e" * 65_536, head=head + b"\r\n")
    error = await created(server, most=AT_ONCE)
    assert isinstance(error, CreationError)
    cause = error if status == 403 else error.__cause__
    assert isinstance(cause, CreationRejected if status == 403 else RequestRejected)
    assert (status, "e" * 65_536) == (cause.status, cause.body)
    assert server.sent < ON_THE_WAY


async def test_error_body_that_stops() -> None:
    """A body that never comes to its end does not keep the status back."""
    head = b"HTTP/1.1 403 No\r\nContent-Type: text/plain\r\n" + CHUNKED + b"\r\n"
    error = await created(Pouring(head, lambda: chunked([b"no", b"pe"])), most=4 * MIB)
    assert isinstance(error, CreationRejected)
    assert (403, "nope") == (error.status, error.body)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"", b"x" * 65_536),
        *((start, b"x" * 65_536) for start in (b"HTTP/1.1 200 ", OK, OK + b"X: ")),
        *((OK, line * (65_536 // len(line))) for line in (b"X-a: b\r\n", b"Set-Cookie: a=b\r\n", b"X: y\r\n z\r\n")),
        (OK, (b"X-a: " + b"b" * 8_000 + b"\r\n") * 8),
        (OK + CHUNKED + b"\r\n0\r\n", b"X-a: b\r\n" * 8_000),
        (OK + CHUNKED + b"\r\n0\r\nX: ", b"x" * 65_536),
        (OK + b"Content-Length: -5\r\n\r\n", b"x" * 65_536),
    ],
    ids=["status", "reason", "name", "value", "headers", "cookies", "folded", "large", "trailers", "trailer", "length"],
)
async def test_head_without_an_end(head: bytes, piece: bytes) -> None:
    """A line of the head has 8,190 bytes at most, and a head 128 headers."""
    server = Pouring(head, endless(piece))
    assert isinstance(await created(server, most=8 * MIB), CreationUnknown)
    assert server.sent < ON_THE_WAY


@pytest.mark.parametrize("piece", [b"X-a: b\r\n" * 8_000, b"x" * 65_536], ids=["headers", "line"])
async def test_head_without_an_end_for_a_session_of_ones_own(piece: bytes) -> None:
    """The bounds are the client's, whatever a session allows that is lent to it."""
    server = Pouring(OK, endless(piece))
    async with aiohttp.ClientSession(max_headers=2**30, max_line_size=2**30, max_field_size=2**30) as session:
        assert isinstance(await created(server, most=8 * MIB, session=session), CreationUnknown)
    assert server.sent < ON_THE_WAY


@pytest.mark.parametrize("date", [b"9" * 30, b"9" * 5_000, b"0", b"-1", b"99999"])
async def test_date_that_is_none(date: bytes) -> None:
    """A year that no calendar has changes nothing of a creation that succeeds."""
    head = OK + b"Date: Mon, 01 Jan " + date + b" 00:00:00 GMT\r\n" + CHUNKED + b"\r\n"
    assert isinstance(await created(Pouring(head, lambda: chunked([FINAL])), most=4 * MIB), VM)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "bomb"])
async def test_list_without_an_end(*, packed: bool) -> None:
    """A list of more than 64 MiB is refused."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + CHUNKED
    server = bomb(head + GZIP + b"\r\n", b" " * MIB) if packed else pouring(b" " * 65_536, head=head + b"\r\n")
    error = await listed(server, most=3 * 64 * MIB)
    assert isinstance(error, RequestInterrupted)
    assert "67108864 bytes" in str(error)
    assert server.sent < 64 * MIB + ON_THE_WAY


@pytest.mark.parametrize("body", [b"[" * MIB, b'{"vms":' * 100_000, b'{"vms": [' + b"9" * MIB + b"]}"])
async def test_list_that_json_cannot_take(body: bytes) -> None:
    """JSON that is too deep, or has a number that is too long, is an error and no crash."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert isinstance(await listed(Pouring(head, lambda: [body]), most=16 * MIB), ResponseUnreadable)


async def test_lists_without_an_end_while_a_machine_is_looked_for(simulator: Simulator) -> None:
    """A lost creation cannot be found in such lists: nothing is concluded from them, and nothing sent again."""
    simulator.inject(DropBeforeHead())
    simulator.inject(HugeList(), into="list", share=1)
    async with Client(simulator.token, base_url=simulator.url, timeouts=Timeouts(reconcile=1.0, settle=0.1)) as client:
        with pytest.raises(CreationUnknown) as caught:
            await soon(client.vms.create(spec()).wait())
    assert isinstance(caught.value.verdict, Ambiguous)
    assert (1, 1) == (simulator.posts, len(simulator.vms))
