"""Count what `aiohttp_sse_client.EventSource`, as it comes, and this SDK send when a creation goes wrong.

    python benchmarks/plain_event_source.py           about ten seconds, prints a Markdown table

A server on loopback counts the POSTs that arrive and answers with bytes written here by hand. The reader of the plain
`EventSource` is a careful one: it leaves at the final event. Each case is stopped after `LIMIT` seconds.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import aiohttp
from aiohttp_sse_client.client import EventSource

sys.path.insert(0, str(Path(__file__).parent))  # for PYTHONSAFEPATH

import machine

from openscaler_async import Client, CreationError, Timeouts, VMSpec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LIMIT = 0.5
WAIT = timedelta(milliseconds=5)  # the package waits 5 s, doubled at each turn: shortened, to see some turns
SPEC = VMSpec(name="web-1", size="b-1-500mb-10", region="alg1", distro="debian-13")
PROGRESS = b'event: progress\ndata: {"progress": 20.0, "message": "copying"}\n\n'
FINAL = b'event: 200\ndata: {"id": 31, "name": "web-1"}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
STREAM = HEAD + b"\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CUT_CHUNK = CHUNKED + b"200\r\n" + PROGRESS  # promises 512 bytes
REDIRECT = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /v1/vms\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
REFUSAL = (
    b'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{"message": "no quota"}'
)
HUGE = b'event: 200\ndata: {"id": 31, "name": "web-1", "notes": "' + b"x" * 600_000 + b'"}\n\n'


class Case(NamedTuple):
    """One way for a stream to go.

    Attributes:
        title: what the server does.
        answers: the bytes of each answer, the last one again and again.
    """

    title: str
    answers: list[bytes]


CASES = [
    Case("a stream that is cut, cleanly, after its first event", [STREAM + PROGRESS]),
    Case("the same, with `retry: 0` in the stream", [STREAM + b"retry: 0\n\n" + PROGRESS]),
    Case("a stream that is cut in the middle of an event", [STREAM + PROGRESS[:40]]),
    Case("no answer: the connection closes", [b""]),
    Case("a redirect, 307, then a stream", [REDIRECT, STREAM + PROGRESS + FINAL]),
    Case("no blank line after the final event", [STREAM + PROGRESS + FINAL.removesuffix(b"\n")]),
    Case("lines that end in CR", [STREAM + (PROGRESS + FINAL).replace(b"\n", b"\r")]),
    Case("a byte order mark before the final event", [STREAM + b"\xef\xbb\xbf" + FINAL]),
    Case("a connection that breaks inside a chunk", [CUT_CHUNK]),
    Case("a message that is no UTF-8", [STREAM + PROGRESS.replace(b"copying", b"\xff") + FINAL]),
    Case("a final event of 600 kB", [STREAM + HUGE]),
    Case("HTTP 400 with a reason in its body", [REFUSAL]),
]


class CountingServer:
    """Answers every request with the next bytes, and counts."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.posts = 0
        self.url = ""

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        self._server.close()
        await self._server.wait_closed()

    def play(self, case: Case) -> None:
        """Begin a case."""
        self.answers, self.posts = list(case.answers), 0

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r")[0]
            await reader.readexactly(int(length or 0))
            self.posts += head.startswith(b"POST ")
            writer.write(self.answers[0] if len(self.answers) == 1 else self.answers.pop(0))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            writer.close()


async def plain(url: str) -> str:
    """Create with the package's own `EventSource`; tell what its user gets."""
    body = {"name": SPEC.name, "size": SPEC.size, "region": SPEC.region, "distro": SPEC.distro}
    async with (
        aiohttp.ClientSession() as session,
        EventSource(
            f"{url}/v1/vms",
            option={"method": "POST"},
            json=body,
            session=session,
            reconnection_time=WAIT,
        ) as source,
    ):
        async for event in source:
            if event.type and event.type.isdigit():
                return f"`{event.data[:28]}`"
    return "the end of the stream"


async def ours(url: str) -> str:
    """Create with this SDK; tell what its user gets."""
    timeouts = Timeouts(first_event=LIMIT, silence=LIMIT, deadline=LIMIT)
    async with Client("token", base_url=url, timeouts=timeouts) as client:
        try:
            vm = await client.vms.create(SPEC)
        except CreationError as error:
            body = getattr(error, "body", "")
            return f"`{type(error).__name__}`" + (f" with `{body}`" if body else "")
    return f"the VM, id {vm.id}"


async def told(create: Callable[[str], Awaitable[str]], url: str) -> str:
    """Run one creation; give what came of it, in words."""
    try:
        async with asyncio.timeout(2 * LIMIT if create is ours else LIMIT):
            return await create(url)
    except TimeoutError:
        return f"nothing; stopped after {LIMIT:g} s"
    except Exception as error:  # noqa: BLE001 - what escapes is what is measured
        words = " ".join(str(error).replace(url, "").split())
        return f"`{type(error).__name__}: {words[:60]}`"


async def side_effects(server: CountingServer) -> list[str]:
    """Give what the plain `EventSource` does besides, as sentences."""
    server.play(Case("", [STREAM + PROGRESS + FINAL]))
    headers: dict[str, Any] = {"Authorization": "Bearer token"}
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("aiohttp_sse_client.client")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    async with EventSource(f"{server.url}/v1/vms", option={"method": "POST"}, headers=headers) as source:
        await anext(source)
    logged = sum("copying" in record for record in records)
    return [
        f"Headers of the caller, after one call: {', '.join(headers)}.",
        f"Events written to the log at DEBUG, data included: {logged} of 1.",
    ]


async def main() -> None:
    """Print the table."""
    logging.getLogger("aiohttp_sse_client").setLevel(logging.CRITICAL)
    rows = ["| the server sends | POSTs, plain | its user gets | POSTs, SDK | its user gets |", "|---|--:|---|--:|---|"]
    async with CountingServer() as server:
        for case in CASES:
            cells = [case.title]
            for create in (plain, ours):
                server.play(case)
                result = await told(create, server.url)
                cells += [str(server.posts), result]
            rows.append(f"| {' | '.join(cells)} |")
        rows += ["", *await side_effects(server)]
    print("\n".join([*rows, "", *machine.description()]))


if __name__ == "__main__":
    asyncio.run(main())
