"""A server whose stream has no end: what a client holds of it has a bound, and so has the time that it listens."""

from __future__ import annotations

import itertools

import pytest

from openscaler_async import VM, CreationUnknown, EventTooLarge, Timeouts
from tests.pouring import (
    AT_ONCE,
    CHUNKED,
    FINAL,
    GZIP,
    LIMIT,
    MIB,
    OK,
    ON_THE_WAY,
    STREAM,
    Pouring,
    bomb,
    chunked,
    created,
    endless,
    pouring,
)


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        *((start, b"x" * 65_536) for start in (b"", b"data: ", b"event: ", b"id: ", b": ", b'"event:')),
        *(
            (b"data: ", piece)
            for piece in (b"\xff" * 65_536, "\u00e9".encode() * 32_768, "\U0001f600".encode() * 16_384)
        ),
        *(
            (b"", line * 8_000)
            for line in (b"data:\n", b"data:\r", b"data\r\n", b"data:xx\n", "data:\u0100\n".encode())
        ),
    ],
)
async def test_event_without_an_end(start: bytes, piece: bytes) -> None:
    """A line, or an event of whatever lines, is given up when it is larger than ``max_event_bytes``."""
    server = pouring(start + piece, piece)
    error = await created(server, most=12 * LIMIT + MIB)
    assert isinstance(error, CreationUnknown)
    assert isinstance(error.__cause__, EventTooLarge)
    assert server.sent < 8 * LIMIT + ON_THE_WAY


@pytest.mark.parametrize(
    "event",
    [
        b"event: %d" + b"t" * (LIMIT - 100) + b"\ndata: x\n\n",
        b"id: %d" + b"t" * (LIMIT - 100) + b"\nevent: a\ndata: x\n\n",
        b"event: a\ndata: %d" + b"t" * (LIMIT - 100) + b"\n\n",
        b"event: progress\ndata: %d" + b"t" * (LIMIT - 100) + b"\n\n",
        b'event: progress\ndata: {"progress": 1.0, "message": "%d"}\n\n' * 1_000,
        b"event: a\nid: %d\ndata: \n\n" * 1_000,
    ],
    ids=["types", "ids", "data", "progress", "small progress", "small events"],
)
async def test_events_without_an_end(event: bytes) -> None:
    """What is kept of the events has a bound, however many come before the final one."""
    numbers = itertools.count()
    events = [event.replace(b"%d", b"%d" % next(numbers)) for _ in range(60)]
    server = Pouring(STREAM, lambda: chunked([*events, FINAL]))
    assert isinstance(await created(server, most=12 * LIMIT + 3 * MIB), VM)


@pytest.mark.parametrize(
    "server",
    [
        bomb(OK + CHUNKED + GZIP + b"\r\n", b"x" * MIB),
        bomb(OK + CHUNKED + GZIP + b"\r\n", b"data: xxxxxx\n" * (MIB // 13)),
        bomb(OK + CHUNKED + b"Content-Encoding: deflate\r\n\r\n", b"x" * MIB),
    ],
    ids=["line", "lines", "other coding"],
)
async def test_event_that_is_a_bomb(server: Pouring) -> None:
    """A compressed stream is unpacked piece by piece, and given up like any other."""
    assert isinstance(await created(server, most=4 * AT_ONCE), CreationUnknown)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"", b"\r\n" * 30_000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
        (b"", b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" * 1_000),
        (OK + b"X: ", b" " * 65_536),
        (STREAM + b"5;", b"x" * 65_536),
        (STREAM, b"0" * 65_536),
        (STREAM, b"3\r\n:x\n\r\n" * 8_000),
        *(
            (STREAM, b"f000\r\n" + line * (0xF000 // len(line)) + b"\r\n")
            for line in (b"\n", b"\r", b": x\n\n", b"id: 5\n")
        ),
    ],
    ids=["blanks", "100", "103", "space", "extension", "zeros", "chunks", "lf", "cr", "comments", "ids"],
)
async def test_signs_of_life_without_an_end(head: bytes, piece: bytes) -> None:
    """What says nothing takes no memory, and is ended by the clocks."""
    error = await created(Pouring(head, endless(piece)), most=12 * MIB, timeouts=Timeouts(first_event=0.3))
    assert isinstance(error, CreationUnknown)


@pytest.mark.parametrize(
    "server",
    [pouring(FINAL, b"x" * 65_536), pouring(FINAL, FINAL), bomb(OK + CHUNKED + GZIP + b"\r\n", FINAL, b"x" * MIB)],
    ids=["junk", "more", "bomb"],
)
async def test_anything_after_the_final_event(server: Pouring) -> None:
    """The machine is there at once, and nobody listens to the rest."""
    assert isinstance(await created(server, most=AT_ONCE), VM)
    assert server.sent < ON_THE_WAY
