"""A server that pours out bytes without end, and what may be held of them.

Memory is measured with ``tracemalloc``, and is that of server and client together.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import VM, Client, CreationError, OpenScalerError
from tests.peers import soon, spec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

MIB = 2**20
LIMIT = MIB // 8  # bytes of an event; the default is 32 times as much, and takes 32 times as long
ON_THE_WAY = 16 * MIB  # what the system's buffers may take of what a server sends
AT_ONCE = 40 * MIB  # what aiohttp 3.13 may make of a few compressed bytes before anybody can look at it

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
GZIP = b"Content-Encoding: gzip\r\n"
STREAM = OK + CHUNKED + b"\r\n"
FINAL = b'event: 200\ndata: {"id": 1, "name": "web-1"}\n\n'


class Pouring:
    """A server that answers every request with the same bytes, as fast as they are taken.

    Args:
        head: what comes first.
        pieces: gives what comes then; when it has ended, nothing more comes, and no end.
    """

    def __init__(self, head: bytes, pieces: Callable[[], Iterable[bytes]]) -> None:
        self.url = ""
        self.requests = 0
        self.sent = 0
        self._head = head
        self._pieces = pieces
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            writer.write(self._head)
            for piece in self._pieces():
                writer.write(piece)
                self.sent += len(piece)
                await writer.drain()
                await asyncio.sleep(0)
            while await reader.read(MIB):
                pass
        writer.transport.abort()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer in a task that is waited for."""
        self._tasks.add(asyncio.create_task(self.answer(reader, writer)))

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Pouring]:
        """Serve on loopback, until the client has hung up."""
        self.requests = self.sent = 0
        server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        try:
            yield self
        finally:
            server.close()
            if self._tasks:
                await soon(asyncio.wait(self._tasks))


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Put pieces into chunks."""
    return (b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


def endless(piece: bytes) -> Callable[[], Iterator[bytes]]:
    """Give a piece again and again."""
    return lambda: itertools.repeat(piece)


def pouring(*pieces: bytes, head: bytes = STREAM) -> Pouring:
    """Give a server of an endless body: the last piece comes again and again."""
    return Pouring(head, lambda: chunked(itertools.chain(pieces, itertools.repeat(pieces[-1]))))


def bomb(head: bytes, *pieces: bytes, mib: int = 100) -> Pouring:
    """Give a server of a compressed body: the last piece, of 1 MiB, comes so often."""
    packer = zlib.compressobj(9, wbits=31)
    packed = [packer.compress(piece) for piece in (*pieces, *itertools.repeat(pieces[-1], mib))]
    return Pouring(head, lambda: chunked(filter(None, [*packed, packer.flush()])))


@contextlib.contextmanager
def bounded(most: int) -> Iterator[None]:
    """Fail when more bytes than that are held at once."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


async def created(server: Pouring, *, most: int, **settings: Any) -> VM | CreationError:  # noqa: ANN401  (of Client)
    """Give what a creation ends with, when no more than so many bytes may be held for it."""
    settings = {"max_event_bytes": LIMIT, "reconcile": False, **settings}
    async with server.serving(), Client("t", base_url=server.url, **settings) as client:
        with bounded(most):
            creation = client.vms.create(spec())
            try:
                end: VM | CreationError = await soon(creation.wait())
            except CreationError as error:
                end = error
    assert 1 == server.requests
    assert len(str(end)) < 2_000
    return end


async def listed(server: Pouring, *, most: int) -> OpenScalerError:
    """Give the error that a list ends with, when no more than so many bytes may be held for it."""
    async with server.serving(), Client("t", base_url=server.url, attempts=1) as client:
        with bounded(most), pytest.raises(OpenScalerError) as caught:
            await soon(client.vms.list())
    assert len(str(caught.value)) < 2_000
    return caught.value
