"""Runs one creation to the point where its outcome is known: admission, token, attempts, clocks.

Knows nothing of handles and readers: events go to one callable, the conclusion to another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from ._admission import Admission
from ._clocks import Clocks
from ._intents import Intent, Intents
from ._protocol import Attempt, Ending, Input, State
from ._requests import Requests
from ._retry import is_unauthorized
from ._sse import MessageEvent
from .errors import Outcome, RequestInterrupted, RequestNotSent, RequestRejected
from .reconcile import Reconciler
from .verdicts import Found, Verdict

if TYPE_CHECKING:
    from ._event_source import SingleShotEventSource
    from .models import VM
    from .tickets import CreationTicket

CREATE_PATH: Final = "/v1/vms"
_LOGGER: Final = logging.getLogger("openscaler_async")
_SHOWN: Final = 200  # characters of a name
_OTHER: Final = (
    "asked for %r (sequence_id %s), the provider gave machine %d, %r (sequence_id %s); "
    "more of this kind are logged at DEBUG"
)
_CLIENT_ERRORS: Final = range(400, 500)

Record = Callable[[Sequence[MessageEvent]], None]
Finish = Callable[[Ending], None]


class ClockFired(Exception):
    """A clock of ours ended the following."""


class SentElsewhere(Exception):
    """There was nothing to follow."""

    def __str__(self) -> str:
        return "it was sent by another client"


@attrs.frozen(kw_only=True)
class Engine:
    """What every creation of a client shares.

    Args:
        requests: with the transport, the tokens and the retry policy.
        admission: the gate in front of sending.
        clocks: watch over what was sent.
        intents: knows which creation may have made which machine.
        reconciler: looks for machines.
        reconcile: whether to look for the machine of a creation that was lost.
    """

    requests: Requests
    admission: Admission
    clocks: Clocks
    intents: Intents
    reconciler: Reconciler
    reconcile: bool

    async def run(self, intent: Intent, body: bytes, record: Record, lose: Finish, conclude: Finish) -> None:
        """Run a creation; being cancelled abandons it, and that is a conclusion too.

        Args:
            intent: the creation.
            body: the request's body; every attempt sends the same bytes.
            record: takes the events as they come, without the final one.
            lose: is told when there is no more to follow, and its machine is looked for.
            conclude: takes how it ended.
        """
        number, refreshed = 1, False
        while True:
            attempt = Attempt()
            cause, source = await self._try(intent, attempt, body, record)
            if cause is None:
                break
            wait = self.requests.retry.wait(cause, attempt=number)
            try:
                if wait is not None:
                    await asyncio.sleep(wait)
                elif not refreshed and source and await self._refreshed(cause, source):
                    refreshed = True
                else:
                    break
            except asyncio.CancelledError:
                break
            number += wait is not None
        if attempt.outcome is Outcome.UNKNOWN and self.reconcile and not isinstance(cause, asyncio.CancelledError):
            assert source is not None  # noqa: S101  (the table or the type allows nothing else)
            source.abort()
            await self._look(intent, Ending(attempt, cause), lose, conclude)
            return
        conclude(Ending(attempt, cause))
        if source and not source.released:
            try:
                await source.release()
            finally:
                source.abort()

    async def attach(self, intent: Intent, lose: Finish, conclude: Finish) -> None:
        """Run a creation that was sent elsewhere: there is nothing to do but to look for its machine."""
        attempt = Attempt()
        attempt.move(Input.ATTACHED)
        await self._look(intent, Ending(attempt, SentElsewhere()), lose, conclude)

    async def look(self, intent: Intent) -> Verdict:
        """Look for the machine of a creation that has ended with an unknown outcome.

        Raises:
            ClientClosed: the client is not open, or belongs to another event loop.
        """
        verdict = await self.reconciler.find(intent)
        if isinstance(verdict, Found):
            self.ended(intent, Outcome.CREATED, verdict.vm.id)
        return verdict

    def ended(self, intent: Intent, outcome: Outcome, vm_id: int | None, vm: VM | None = None) -> None:
        """Take note of how a creation ended.

        Args:
            intent: the creation.
            outcome: how it ended.
            vm_id: its machine's id, if that is known.
            vm: its machine, if it was described.
        """
        now = asyncio.get_running_loop().time()
        if vm is None or self.intents.is_as_asked(intent, vm):
            self.intents.ended(intent, outcome, vm_id, now)
        else:
            self.intents.ended(intent, outcome, vm_id, now, sure=False)
            level = logging.DEBUG if self.intents.warned else logging.WARNING
            _LOGGER.log(
                level, _OTHER, intent.spec.name, intent.spec.sequence_id, vm.id, vm.name[:_SHOWN], vm.sequence_id
            )
            self.intents.warned = True
        if vm is not None and vm.created_at is not None and self.intents.wants_confirmation:
            self.intents.confirm(intent, vm.created_at, now)

    def ticket(self, intent: Intent, now: float) -> CreationTicket:
        """Make a ticket for a creation, by the event loop's clock; the loop may have ended."""
        return self.intents.ticket(intent, now)

    async def aclose(self) -> None:
        """Stop what may still be going on, and close the session if it is ours."""
        self.clocks.close()
        try:
            await self.reconciler.aclose()
        finally:
            await self.requests.aclose()

    async def _look(self, intent: Intent, ending: Ending, lose: Finish, conclude: Finish) -> None:
        lose(ending)
        try:
            ending = attrs.evolve(ending, verdict=await self.reconciler.find(intent))
        except asyncio.CancelledError as error:
            ending = attrs.evolve(ending, cause=error)
        conclude(ending)

    async def _try(
        self, intent: Intent, attempt: Attempt, body: bytes, record: Record
    ) -> tuple[BaseException | None, SingleShotEventSource | None]:
        source = None
        try:
            async with self.admission:
                token = self.requests.tokens.current or await self.requests.tokens.get()
                source = self.requests.transport.post_stream(CREATE_PATH, body, token)
                attempt.move(Input.SEND)
                await self._follow(intent, attempt, source, record)
        except asyncio.CancelledError as error:
            attempt.move(Input.ABANDONED)
            cause: BaseException = error
        except Exception as error:  # noqa: BLE001  (anything may come out of what others wrote)
            attempt.move(Input.PROVED_UNSENT if source is None else _meaning(error))
            cause = error
        else:
            return None, source
        if source:
            source.abort()
        return cause.with_traceback(None), source  # its frames would keep the creation alive

    async def _follow(self, intent: Intent, attempt: Attempt, source: SingleShotEventSource, record: Record) -> None:
        time = asyncio.get_running_loop().time
        now = time()
        self.intents.sent(intent, now)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (the table or the type allows nothing else)
        watch = self.clocks.start(task, now)
        try:
            await source.connect()
            self.intents.heard_date(source.date, now, time())
            attempt.move(Input.STREAM)
            while attempt.outcome is None:
                events = await source.receive()
                if events is None:
                    attempt.receive_eof(*source.unfinished, mid_line=source.mid_line)
                    break
                watch.heard(time(), event=bool(events))
                if events:
                    record(attempt.receive(events))
        except asyncio.CancelledError:
            if watch.fired is None or task.uncancel() > 0:  # abandoned, in the same moment even
                raise
            _break(attempt, source, ClockFired(watch.fired))
        except RequestInterrupted as error:
            _break(attempt, source, error)
        finally:
            self.clocks.stop(watch)

    async def _refreshed(self, cause: BaseException, source: SingleShotEventSource) -> bool:
        if not is_unauthorized(cause):
            return False
        try:
            return await self.requests.tokens.refresh(source.token)
        except Exception as error:  # noqa: BLE001  (a token callable may raise anything)
            cause.add_note(f"asking for another token failed: {type(error).__name__}")
            return False


def _break(attempt: Attempt, source: SingleShotEventSource, error: Exception) -> None:
    """End an attempt whose stream broke; its error stays away if the final event was there all the same."""
    if attempt.state is State.FOLLOWED:
        attempt.receive_break(*source.leave())
    if attempt.outcome in {None, Outcome.UNKNOWN}:
        raise error from None


def _meaning(error: Exception) -> Input:
    if isinstance(error, RequestNotSent):
        return Input.PROVED_UNSENT
    if isinstance(error, RequestRejected):
        return Input.ANSWERED_4XX if error.status in _CLIENT_ERRORS else Input.ANSWERED_OTHER
    return Input.BROKEN
