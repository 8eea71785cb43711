"""One creation and the stream that tells of it: which event comes when."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final, Self

from aiohttp import web

from openscaler_async._sse import encode_event

if TYPE_CHECKING:
    from ._fault import Fault
    from ._machines import Machine
    from ._script import Script

_HEADERS: Final = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}


class Exchange:
    """A creation that has started, and the answer to its request. A fault acts on it.

    Iterating gives the bytes of each event, as the fault would have them, when it is due; those of
    the final event come last.

    Attributes:
        request: what came.
        response: the answer, a stream.
        machine: what is being created.
    """

    __slots__ = ("_fault", "_given", "_pause", "_progress", "machine", "request", "response")

    def __init__(self, request: web.Request, machine: Machine, script: Script, fault: Fault) -> None:
        self.request: web.Request = request
        self.response: web.StreamResponse = web.StreamResponse(headers=_HEADERS)
        self.machine: Machine = machine
        self._fault = fault
        self._progress = script.progress(machine.order.distro)
        self._pause = script.pause(machine.duration)
        self._given = 0

    async def run(self) -> None:
        """Send the head, then what the fault makes of the events."""
        self._fault.head(self.response)
        await self.response.prepare(self.request)
        await self._fault.play(self)

    async def write(self, data: bytes) -> None:
        """Send bytes of the stream, as one chunk.

        Raises:
            ConnectionError: the client has gone away.
        """
        if data:  # an empty chunk would end the stream
            await self.response.write(data)

    def __aiter__(self) -> Self:
        """Give itself: the events come once."""
        return self

    async def __anext__(self) -> bytes:
        """Wait until the next event is due, and give its bytes."""
        given, progress = self._given, self._progress
        if given > len(progress):
            raise StopAsyncIteration
        self._given = given + 1
        if self._pause:
            await asyncio.sleep(self._pause)
        fault = self._fault
        data = fault.progress(progress[given]) if given < len(progress) else fault.ending(fault.final(self.machine))
        return data if given else fault.opening() + data


def created_event(machine: Machine) -> bytes:
    """Encode the final event that says that a machine was created."""
    return encode_event("200", json.dumps(machine.created_wire()))
