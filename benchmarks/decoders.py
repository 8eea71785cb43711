"""The decoders alone, in a process of their own: bytes that are already there, made into events.

Each peer is the code its users run: aiohttp-sse-client's `EventSource.__anext__` over a filled aiohttp stream,
httpx-sse's `EventSource.iter_sse` over decoded text. Filling and reading ahead are not timed.
"""

from __future__ import annotations

import argparse
import asyncio
import codecs
import gc
import json
import random
import sys
import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT = 2**26
READ = 2**16
"""Bytes of one read of a fast network."""
LINEARITY = "data lines"
Streams = list[list[bytes]]


def lines_event(lines: int) -> list[bytes]:
    """Return one event with that many data lines, as 64 KiB reads."""
    body = b"".join(b"data: line %d of a cloud-init log that came home\n" % number for number in range(lines))
    return wire.cut(b"event: 200\n" + body + b"\n", READ)


@dataclass
class Case:
    """What is decoded: streams, each a list of reads; how many events each has; and what a time is divided by."""

    unit: str
    units: int
    make: Callable[[], Streams]
    events: int


def cases(scale: int) -> dict[str, Case]:
    """Return what is decoded, with `scale` times less of what repeats."""
    many, some, few = 200_000 // scale, 10_000 // scale, 200 // scale
    progress = [wire.progress_event(step) for step in range(many)]
    in_vm = wire.PROGRESS_STEPS + 1
    tiny = [wire.cut(b"".join(wire.stream(number)), 1) for number in range(few)]
    size = sum(map(len, tiny))
    whole = [[b"".join(wire.stream(number))] for number in range(some)]
    return {
        "progress events, 64 KiB reads": Case("us an event", many, lambda: [wire.cut(b"".join(progress), READ)], many),
        "progress events, one a read": Case("us an event", many, lambda: [progress], many),
        "VM streams, one read each": Case("us a stream", some, lambda: whole, in_vm),
        "VM streams, one event a read": Case("us a stream", some, lambda: list(map(wire.stream, range(some))), in_vm),
        "one event of 8 MB": Case("us a MB", 8, lambda: [wire.cut(b"data: " + b"x" * 8_000_000 + b"\n\n", READ)], 1),
        "one-byte reads of VM streams": Case("us a byte", size, lambda: tiny, in_vm),
        "100,000 data lines in one event": Case("us a line", 100_000, lambda: [lines_event(100_000)], 1),
    }


def sdk(streams: Streams, events: int) -> float:
    """Return the CPU seconds of this SDK's decoder."""
    from openscaler_async._sse import SSEDecoder  # noqa: PLC0415 - the package may be absent

    started = time.process_time()
    for stream in streams:
        decoder = SSEDecoder(max_event_bytes=LIMIT)
        found = 0
        for data in stream:
            found += len(decoder.receive(data))
        decoder.receive_eof()
        verify(found, events)
    return time.process_time() - started


class _Protocol:
    """As much of a connection as `aiohttp.StreamReader` asks for."""

    connected = True

    def pause_reading(self) -> None: ...
    def resume_reading(self, **_: bool) -> None: ...


def aiohttp_sse_client(streams: Streams, events: int) -> float:
    """Return the CPU seconds of aiohttp-sse-client's own parsing."""
    from aiohttp import StreamReader  # noqa: PLC0415
    from aiohttp_sse_client.client import EventSource  # noqa: PLC0415

    async def run() -> float:
        sources = []
        for stream in streams:
            content = StreamReader(_Protocol(), LIMIT)  # type: ignore[arg-type]
            for data in stream:
                content.feed_data(data)
            content.feed_eof()
            source = EventSource("http://127.0.0.1/", session=SimpleNamespace())
            source._response = SimpleNamespace(status=200, content=content)  # noqa: SLF001
            sources.append(source)
        started = time.process_time()
        for source in sources:
            found = 0
            async for _ in source:
                found += 1
                if found == events:  # it would wait and send the request again
                    break
        return time.process_time() - started

    return asyncio.run(run())


def httpx_sse(streams: Streams, events: int) -> float:
    """Return the CPU seconds of httpx-sse's decoder."""
    from httpx_sse import EventSource  # noqa: PLC0415

    def text(stream: list[bytes]) -> Iterator[str]:
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        return filter(None, map(decode, stream))

    headers = {"content-type": "text/event-stream"}
    started = time.process_time()
    for stream in streams:
        response: Any = SimpleNamespace(headers=headers, iter_text=lambda stream=stream: text(stream))
        found = 0
        for _ in EventSource(response).iter_sse():
            found += 1
        verify(found, events)
    return time.process_time() - started


def verify(found: int, events: int) -> None:
    """Make sure that nothing was lost."""
    if found != events:
        message = f"{found} events instead of {events}"
        raise RuntimeError(message)


PEERS = {"sdk": sdk, "aiohttp-sse-client": aiohttp_sse_client, "httpx-sse": httpx_sse}


def measure(names: list[str], rounds: int, scale: int) -> dict[str, dict[str, Any]]:
    """Return for each case its unit and, for each round, the CPU microseconds of each peer."""
    result: dict[str, dict[str, Any]] = {}
    for title, case in cases(scale).items():
        streams = case.make()
        samples = []
        for _ in range(rounds):
            times = {}
            for peer in random.sample(names, len(names)):
                gc.collect()
                times[peer] = PEERS[peer](streams, case.events) * 1e6 / case.units
            samples.append(times)
        result[title] = {"unit": case.unit, "rounds": samples}
    if "sdk" in names:
        result[LINEARITY] = {"unit": "us a line", "rounds": [linearity() for _ in range(rounds)]}
    return result


def linearity() -> dict[str, float]:
    """Return this SDK's CPU microseconds for one data line, by the number of lines in the event."""
    return {f"{lines:,}": sdk([lines_event(lines)], 1) * 1e6 / lines for lines in (50_000, 100_000, 200_000)}


def main() -> None:
    """Read the arguments, measure, and print the samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", nargs="+", required=True, choices=PEERS)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--scale", type=int, default=1, help="measure this much less of the repeated cases")
    arguments = parser.parse_args()
    sys.stdout.write(json.dumps(measure(arguments.peers, arguments.rounds, arguments.scale)) + "\n")


if __name__ == "__main__":
    main()
