"""The local server, in a process of its own: a lean HTTP/1.1 that streams creations and counts POSTs.

Prints its port as its first line. Ends when its standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

import machine
import wire

HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/event-stream\r\n"
    b"Cache-Control: no-cache\r\n"
    b"Date: Sun, 05 May 2024 13:24:27 GMT\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
END_OF_BODY = b"0\r\n\r\n"
MARK = 987654321
BACKLOG = 16384


def chunk(data: bytes) -> bytes:
    """Return one piece of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


PROGRESS = [chunk(wire.progress_event(step)) for step in range(wire.PROGRESS_STEPS)]
FINAL_BEFORE, *FINAL_BETWEEN, FINAL_AFTER = chunk(wire.final_event(MARK)).split(str(MARK).encode())


def final_chunk(vm_id: int) -> bytes:
    """Return the last event; ids all have as many digits as `MARK`, so the length stays right."""
    return str(vm_id).encode().join([FINAL_BEFORE, *FINAL_BETWEEN, FINAL_AFTER])


class Counter:
    """What the server was asked, over its whole life."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.posts = 0


class Connection(asyncio.Protocol):
    """One keep-alive connection; a POST is answered with a stream, a GET with the number of POSTs."""

    transport: asyncio.Transport

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.loop = asyncio.get_running_loop()
        self.received = b""
        self.step = 0
        self.vm_id = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end]
            whole = end + 4 + content_length(head)
            if len(self.received) < whole:
                return
            self.received = self.received[whole:]
            self.answer(head)

    def answer(self, head: bytes) -> None:
        """Start the stream, or say how many POSTs there were."""
        if not head.startswith(b"POST "):
            body = str(self.counter.posts).encode()
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            return
        self.counter.posts += 1
        self.vm_id = 100_000_000 + self.counter.posts
        self.step = 0
        self.transport.write(HEAD)
        self.loop.call_soon(self.send_event)

    def send_event(self) -> None:
        """Write one event, and plan the next."""
        if self.transport.is_closing():
            return
        if self.step == wire.PROGRESS_STEPS:
            self.transport.write(final_chunk(self.vm_id))
            self.transport.write(END_OF_BODY)
            return
        self.transport.write(PROGRESS[self.step])
        self.step += 1
        if self.counter.interval:
            self.loop.call_later(self.counter.interval, self.send_event)
        else:
            self.loop.call_soon(self.send_event)


def content_length(head: bytes) -> int:
    """Return the length of the body that this request head announces."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(interval: float) -> None:
    """Serve until the standard input ends."""
    counter = Counter(interval)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(counter), "127.0.0.1", 0, backlog=BACKLOG)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(os.read, sys.stdin.fileno(), 1)


def main() -> None:
    """Read the arguments, and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interval", type=float, default=0.0, help="seconds between two events of one stream")
    arguments = parser.parse_args()
    machine.raise_file_limit()
    asyncio.run(serve(arguments.interval))


if __name__ == "__main__":
    main()
