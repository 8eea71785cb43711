"""One creation: a handle that any number of tasks may await and read, at any time.

The creation itself runs in a task that the client owns; whoever waits or reads has no effect on it.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from typing import Any, Generic, TypeVar, assert_never

from aiohttp_sse_client.client import MessageEvent

from . import _wire
from ._engine import Engine
from ._history import History
from ._protocol import Attempt
from .errors import (
    CreationError,
    CreationFailed,
    CreationNotSent,
    CreationRejected,
    CreationUnknown,
    Outcome,
    RequestNotSent,
    RequestRejected,
    VMUnreadable,
)
from .events import CreationEnded, CreationEvent, Progress
from .specs import VMSpec

T_co = TypeVar("T_co", covariant=True)


class Creation(Generic[T_co]):
    """A running create operation, which becomes a machine.

    ``await creation`` gives the machine, as often and from as many tasks as one likes. ``async for
    progress in creation`` gives its progress from the first event on, to any number of readers.
    Waiting and creating are separate: cancelling whoever waits never stops, loses or repeats the
    creation. Nobody needs to read anything. Made by ``client.vms.create``.

    Attributes:
        spec: what was asked for.
    """

    __slots__ = ("__weakref__", "_decode", "_future", "_history", "_loop", "_outcome", "_readers", "_task", "spec")

    def __init__(self, spec: VMSpec, engine: Engine, body: bytes, decode: Callable[[object], T_co]) -> None:
        self.spec = spec
        self._decode = decode
        self._history = History()
        self._outcome: Outcome | None = None
        self._readers: set[asyncio.Future[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[T_co] = self._loop.create_future()
        run = engine.run(body, self._record, self._conclude)
        self._task = self._loop.create_task(run, name=f"openscaler creation {spec.name}")
        self._task.add_done_callback(self._ended)

    def __repr__(self) -> str:
        state = self._outcome.value if self._outcome else "running"
        return f"<Creation {self.spec.name!r} {state}>"

    def __await__(self) -> Generator[Any, None, T_co]:
        return self.wait().__await__()

    def __aiter__(self) -> AsyncIterator[Progress]:
        return _ProgressReader(self)

    @property
    def progress(self) -> Progress | None:
        """The last progress that came, or None."""
        return self._history.last_progress()

    @property
    def outcome(self) -> Outcome | None:
        """What is known about the effect on the provider, or None while the creation runs."""
        return self._outcome

    def done(self) -> bool:
        """Tell whether the creation has ended."""
        return self._future.done()

    def result(self) -> T_co:
        """Give the machine of a creation that has ended.

        Returns:
            The machine.

        Raises:
            CreationError: how it ended otherwise.
            asyncio.InvalidStateError: it has not ended.
        """
        return self._future.result()

    def exception(self) -> CreationError | None:
        """Give the error of a creation that has ended, or None if it ended with a machine.

        Returns:
            The error.

        Raises:
            asyncio.InvalidStateError: it has not ended.
        """
        error = self._future.exception()
        assert error is None or isinstance(error, CreationError)  # noqa: S101  (set in _conclude only)
        return error

    async def wait(self) -> T_co:
        """Wait for the machine; a coroutine, for what takes no other awaitable.

        Returns:
            The machine.

        Raises:
            CreationError: how the creation ended otherwise.
        """
        if not self._future.done():
            waiter: asyncio.Future[None] = self._loop.create_future()
            wake = functools.partial(_wake, waiter)
            self._future.add_done_callback(wake)
            try:
                await waiter
            finally:
                self._future.remove_done_callback(wake)
        return self._future.result()

    async def events(self, *, after: int = 0) -> AsyncIterator[CreationEvent]:
        """Give every event of the creation with its number, for a relay that can resume.

        A creation that talks a great deal has gaps in the numbers; the last event is never missing.

        Args:
            after: the number of the last event that is not wanted again.

        Yields:
            The events in order, the last a `CreationEnded`. No error is raised: see `exception`.
        """
        while True:
            event = self._history.after(after)
            if event is not None:
                after = event.number
                yield event
            elif self._outcome is not None:
                yield CreationEnded(number=max(after, self._history.last_number) + 1, outcome=self._outcome)
                return
            else:
                await self._changed()

    async def abandon(self) -> None:
        """Stop following the creation, which the provider may go on with.

        It ends with `CreationUnknown` if the request was sent, `CreationNotSent` if it was not; one
        that has ended stays as it is. Returns when its connection is closed.
        """
        self._task.cancel()
        await asyncio.wait({self._task})

    def _record(self, events: Sequence[MessageEvent]) -> None:
        self._history.extend(events)
        self._wake_readers()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not self._future.done():  # cancelled before its first step, or by a bug of ours
            cause = None if task.cancelled() else task.exception()
            self._conclude(Attempt(), cause or asyncio.CancelledError())

    def _conclude(self, attempt: Attempt, cause: BaseException | None) -> None:
        self._outcome = attempt.outcome or Outcome.NOT_SENT
        match self._outcome:
            case Outcome.CREATED:
                self._succeed(attempt.final.data if attempt.final else "")
            case Outcome.FAILED:
                assert attempt.final is not None  # noqa: S101  (the table leads here by a final event only)
                message, payload = _wire.decode_failure(attempt.final.data)
                status = int(attempt.final.type)
                self._fail(CreationFailed(self.spec, self.progress, status, message, payload), cause)
            case Outcome.REJECTED:
                assert isinstance(cause, RequestRejected)  # noqa: S101  (as above, by a rejection only)
                details = cause.status, cause.body, cause.retry_after
                self._fail(CreationRejected(self.spec, self.progress, *details), cause)
            case Outcome.NOT_SENT:
                self._fail(CreationNotSent(self.spec, self.progress, _reason(cause)), cause)
            case Outcome.UNKNOWN:
                reason = _reason(cause) if cause else _ending(attempt)
                self._fail(CreationUnknown(self.spec, self.progress, reason), cause)
            case _:
                assert_never(self._outcome)
        self._wake_readers()

    def _succeed(self, data: str) -> None:
        payload: object = data
        try:
            payload = _wire.decode_json(data)
            self._future.set_result(self._decode(payload))
        except _wire.Unreadable as error:
            vm_id = _wire.find_vm_id(payload)
            self._fail(VMUnreadable(self.spec, self.progress, payload, str(error), vm_id), None)

    def _fail(self, error: CreationError, cause: BaseException | None) -> None:
        error.__cause__ = cause
        self._future.set_exception(error)

    def _wake_readers(self) -> None:
        for reader in self._readers:
            _wake(reader)

    async def _changed(self) -> None:
        reader: asyncio.Future[None] = self._loop.create_future()
        self._readers.add(reader)
        try:
            await reader
        finally:
            self._readers.discard(reader)


class _ProgressReader:
    """Gives one reader the progress of a creation, from the first."""

    __slots__ = ("_creation", "_number")

    def __init__(self, creation: Creation[Any]) -> None:
        self._creation = creation
        self._number = 0

    def __aiter__(self) -> _ProgressReader:
        return self

    async def __anext__(self) -> Progress:
        creation = self._creation
        while True:
            found = creation._history.progress_after(self._number)  # noqa: SLF001  (one class in two parts)
            if found is not None:
                self._number, progress = found
                return progress
            if creation.done():
                creation.result()
                raise StopAsyncIteration
            await creation._changed()  # noqa: SLF001


def _wake(waiter: asyncio.Future[None], *_: object) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _reason(cause: BaseException | None) -> str:
    if isinstance(cause, asyncio.CancelledError):
        return "it was abandoned"
    if isinstance(cause, RequestNotSent):
        return cause.reason
    return str(cause) or type(cause).__name__


def _ending(attempt: Attempt) -> str:
    if attempt.final is not None:
        return f"the final event has the type {attempt.final.type:.20}, which is not documented"
    return "the stream ended without a final event"
