"""Runs one creation to the point where its outcome is known: admission, token, attempts, clocks.

Knows nothing of handles and readers: events go to one callable, the conclusion to another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from ._admission import Admission
from ._clocks import Clocks
from ._protocol import Attempt, Input
from ._retry import RetryPolicy, is_unauthorized
from ._sse import MessageEvent
from ._tokens import TokenSource
from ._transport import Transport
from .errors import RequestNotSent, RequestRejected

if TYPE_CHECKING:
    from ._event_source import SingleShotEventSource

CREATE_PATH: Final = "/v1/vms"
_CLIENT_ERRORS: Final = range(400, 500)

Record = Callable[[Sequence[MessageEvent]], None]
Conclude = Callable[[Attempt, BaseException | None], None]


class ClockFired(Exception):
    """A clock of ours ended the following."""


@attrs.frozen(kw_only=True)
class Engine:
    """What every creation of a client shares.

    Args:
        transport: sends the requests.
        tokens: gives the bearer token.
        admission: the gate in front of sending.
        clocks: watch over what was sent.
        retry: how often what had no effect may be sent.
    """

    transport: Transport
    tokens: TokenSource
    admission: Admission
    clocks: Clocks
    retry: RetryPolicy

    async def run(self, body: bytes, record: Record, conclude: Conclude) -> None:
        """Run a creation; being cancelled abandons it, and that is a conclusion too.

        Args:
            body: the request's body; every attempt sends the same bytes.
            record: takes the events as they come, without the final one.
            conclude: takes the last attempt, and the exception that ended it, if one did.
        """
        number, refreshed = 1, False
        while True:
            attempt = Attempt()
            cause, source = await self._try(attempt, body, record)
            if cause is None:
                break
            wait = self.retry.wait(cause, attempt=number)
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
        conclude(attempt, cause)
        if source and not source.released:
            try:
                await source.release()
            finally:
                source.abort()

    async def _try(
        self, attempt: Attempt, body: bytes, record: Record
    ) -> tuple[BaseException | None, SingleShotEventSource | None]:
        source = None
        try:
            async with self.admission:
                token = self.tokens.current or await self.tokens.get()
                source = self.transport.post_stream(CREATE_PATH, body, token)
                attempt.move(Input.SEND)
                await self._follow(attempt, source, record)
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

    async def _follow(self, attempt: Attempt, source: SingleShotEventSource, record: Record) -> None:
        time = asyncio.get_running_loop().time
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (the table or the type allows nothing else)
        watch = self.clocks.start(task, time())
        try:
            await source.connect()
            attempt.move(Input.STREAM)
            while attempt.outcome is None:
                events = await source.receive()
                if events is None:
                    attempt.receive_eof(source.unfinished, mid_line=source.mid_line)
                    break
                watch.heard(time(), event=bool(events))
                if events:
                    record(attempt.receive(events))
        except asyncio.CancelledError:
            if watch.fired is None:
                raise
            task.uncancel()
            raise ClockFired(watch.fired) from None
        finally:
            self.clocks.stop(watch)

    async def _refreshed(self, cause: BaseException, source: SingleShotEventSource) -> bool:
        if not is_unauthorized(cause):
            return False
        try:
            return await self.tokens.refresh(source.token)
        except Exception as error:  # noqa: BLE001  (a token callable may raise anything)
            cause.add_note(f"asking for another token failed: {type(error).__name__}")
            return False


def _meaning(error: Exception) -> Input:
    if isinstance(error, RequestNotSent):
        return Input.PROVED_UNSENT
    if isinstance(error, RequestRejected):
        return Input.ANSWERED_4XX if error.status in _CLIENT_ERRORS else Input.ANSWERED_OTHER
    return Input.BROKEN
