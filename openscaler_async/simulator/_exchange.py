"""Answers that take their time or may be broken off: which part of them comes when."""

from __future__ import annotations

import abc
import asyncio
import json
from typing import TYPE_CHECKING, Final, Self

from aiohttp import web

from openscaler_async._sse import encode_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._fault import Fault
    from ._machines import Machine
    from ._script import Script

_STREAM: Final = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}
_LIST: Final = {"Content-Type": "application/json; charset=utf-8"}


class Exchange(abc.ABC):
    """An answer that is being given. A fault acts on it.

    Iterating gives the bytes of each of its parts, as the fault would have them, when it is due: of
    a creation the events, the final one last; of a list all of it at once.

    Attributes:
        request: what came.
        response: the answer.
    """

    __slots__ = ("_fault", "request", "response")

    def __init__(self, request: web.Request, headers: Mapping[str, str], fault: Fault) -> None:
        self.request: web.Request = request
        self.response: web.StreamResponse = web.StreamResponse(headers=headers)
        self._fault = fault

    async def run(self) -> None:
        """Send the head, then what the fault makes of the rest."""
        self._fault.head(self.response)
        await self.response.prepare(self.request)
        await self._fault.play(self)

    async def write(self, data: bytes) -> None:
        """Send bytes of the answer, as one chunk.

        Raises:
            ConnectionError: the client has gone away.
        """
        if data:  # an empty chunk would end the answer
            await self.response.write(data)

    def __aiter__(self) -> Self:
        """Give itself: the parts come once."""
        return self

    @abc.abstractmethod
    async def __anext__(self) -> bytes:
        """Wait until the next part is due, and give its bytes."""


class CreationExchange(Exchange):
    """A creation that has started, and the stream that tells of it.

    Attributes:
        machine: what is being created.
    """

    __slots__ = ("_given", "_pause", "_progress", "machine")

    def __init__(self, request: web.Request, machine: Machine, script: Script, fault: Fault) -> None:
        super().__init__(request, _STREAM, fault)
        self.machine: Machine = machine
        self._progress = script.progress(machine.order.distro)
        self._pause = script.pause(machine.duration)
        self._given = 0

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


class ListExchange(Exchange):
    """A list that is being sent."""

    __slots__ = ("_body",)

    def __init__(self, request: web.Request, body: bytes, fault: Fault) -> None:
        super().__init__(request, _LIST, fault)
        self._body: bytes | None = body

    async def __anext__(self) -> bytes:
        """Give the list."""
        body, self._body = self._body, None
        if body is None:
            raise StopAsyncIteration
        return self._fault.opening() + self._fault.listing(body)


def created_event(machine: Machine) -> bytes:
    """Encode the final event that says that a machine was created."""
    return final_event(machine.created_wire())


def final_event(vm: object) -> bytes:
    """Encode the final event that describes a machine."""
    return encode_event("200", json.dumps(vm))
