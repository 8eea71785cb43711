"""One creation: a handle that any number of tasks may await and read, at any time.

The creation itself runs in a task that the client owns; whoever waits or reads has no effect on it.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from ._conclusion import conclusion, reason
from ._history import History
from ._protocol import Attempt, Ending, Input
from ._waiters import Waiters
from .errors import (
    CreationError,
    CreationUnknown,
    Outcome,
)
from .events import CreationEnded, CreationEvent, Progress
from .models import VM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Sequence

    from ._intents import Intent
    from ._runner import Runner
    from ._sse import MessageEvent
    from .specs import VMSpec
    from .tickets import CreationTicket

_LOGGER: Final = logging.getLogger("openscaler_async")
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

    __slots__ = (
        "__weakref__",
        "_decode",
        "_forget",
        "_future",
        "_history",
        "_intent",
        "_loop",
        "_outcome",
        "_readers",
        "_runner",
        "_task",
        "_told",
        "_waiters",
        "spec",
    )

    def __init__(
        self,
        intent: Intent,
        runner: Runner,
        body: bytes | None,
        decode: Callable[[object], T_co],
        forget: Callable[[Creation[Any]], None],
    ) -> None:
        self.spec: VMSpec = intent.spec
        self._intent = intent
        self._runner = runner
        self._decode = decode
        self._forget = forget
        self._history = History()
        self._outcome: Outcome | None = None
        self._told = False
        self._readers = Waiters()  # woken by each event
        self._waiters = Waiters()  # woken at the end
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[T_co] = self._loop.create_future()
        if body is None:
            run = runner.attach(intent, self._lose, self._conclude)
        else:
            run = runner.run(intent, body, self._record, self._lose, self._conclude)
        self._task = self._loop.create_task(run, name=f"openscaler creation {intent.spec.name}")
        self._task.add_done_callback(self._ended)

    def __repr__(self) -> str:
        state = self._outcome.value if self._outcome else "running"
        return f"<Creation {self.spec.name!r} {state}>"

    def __await__(self) -> Generator[Any, None, T_co]:
        if not self._future.done():
            future = self._waiters.enlist(self._loop)
            try:
                yield from future
            except asyncio.CancelledError:
                self._waiters.strike(future)
                raise
        return self._future.result()

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
        assert error is None or isinstance(error, CreationError)  # noqa: S101  (the table or the type allows nothing else)
        return error

    async def wait(self) -> T_co:
        """Wait for the machine; a coroutine, for what takes no other awaitable.

        Returns:
            The machine.

        Raises:
            CreationError: how the creation ended otherwise.
        """
        return await self

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
                last = self._history.last_number + 1
                if after < last:
                    yield CreationEnded(number=last, outcome=self._outcome)
                return
            else:
                await self._changed()

    def ticket(self) -> CreationTicket:
        """Give what another process needs to find out what became of the creation.

        Returns:
            The ticket, at any time: before the request is sent, while it runs, and at its end. See
            ``client.vms.attach``.
        """
        return self._runner.ticket(self._intent, self._loop.time())

    async def abandon(self) -> None:
        """Stop following the creation, which the provider may go on with.

        It ends with `CreationUnknown` if the request was sent, `CreationNotSent` if it was not; one
        that has ended stays as it is. Returns when its connection is closed.
        """
        self._told = True  # who abandons it knows
        self._task.cancel()
        await asyncio.wait({self._task})

    def _tell_abandoned(self) -> None:
        """Log what nobody may know of otherwise, once: that it was abandoned, and how to find it again."""
        if self._told or self._outcome is Outcome.CREATED:
            return
        self._told = True
        what = self.exception() if self.done() else "its connection is being closed"
        _LOGGER.warning(
            "abandoned the creation of %r: %s; its ticket is %s", self.spec.name, what, self.ticket().to_json()
        )

    def _record(self, events: Sequence[MessageEvent]) -> None:
        self._history.extend(events)
        if self._readers:
            self._readers.wake()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._forget(self)
        if self._future.done():
            return
        attempt = Attempt()
        cause: BaseException = asyncio.CancelledError()
        if not task.cancelled():  # a bug of ours, and the request may have left; cancelled is: before its first step
            cause = task.exception() or cause
            attempt.move(Input.SEND)
            attempt.move(Input.BROKEN)
        self._conclude(Ending(attempt, cause))

    def _lose(self, ending: Ending) -> None:
        self._history.lose(reason(ending))
        self._readers.wake()

    def _conclude(self, ending: Ending) -> None:
        ended: T_co | CreationError
        try:
            ended = self._concluded(ending)
        except Exception as bug:  # noqa: BLE001  (anything may come out of what others wrote)
            # Whoever waits must not wait for ever because of a bug of ours.
            ended = CreationUnknown(self.spec, None, f"the SDK has a bug: {bug!r}")
            ended.__cause__ = bug
        if isinstance(ended, CreationError):
            self._outcome = ended.outcome
            self._future.set_exception(ended)
        else:
            self._outcome = Outcome.CREATED
            self._future.set_result(ended)
        self._readers.wake()
        self._waiters.wake()
        if isinstance(ending.cause, asyncio.CancelledError):
            self._tell_abandoned()

    def _concluded(self, ending: Ending) -> T_co | CreationError:
        ended, vm_id = conclusion(self.spec, ending, self._history.last_progress, self._decode)
        if isinstance(ended, CreationError):
            self._runner.ended(self._intent, ended.outcome, vm_id)
            ended.ticket = self.ticket()
            if isinstance(ended, CreationUnknown):
                ended._look = partial(self._runner.look, self._intent)  # noqa: SLF001  (one thing in two classes)
            return ended
        self._runner.ended(self._intent, Outcome.CREATED, vm_id, ended if isinstance(ended, VM) else None)
        return ended

    async def _changed(self) -> None:
        future = self._readers.enlist(self._loop)
        try:
            await future
        except asyncio.CancelledError:
            self._readers.strike(future)
            raise


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
            found = creation._history.progress_after(self._number)  # noqa: SLF001  (one thing in two classes)
            if found is not None:
                self._number, progress = found
                return progress
            if creation.done():
                creation.result()
                raise StopAsyncIteration
            await creation._changed()  # noqa: SLF001  (one thing in two classes)
