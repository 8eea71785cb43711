"""What became of a creation that nobody could follow to its end, found out by reading only.

All who look for a machine in one project share its list: a thousand creations that are lost at once
cost a handful of requests. The rules by which a machine is a creation's own are in `_matching`.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import TYPE_CHECKING, Final, Protocol

from ._json import decode_json
from ._matching import Listing, judge, undecided
from ._sought import decode_sought
from .errors import ClientClosed, RequestRejected
from .verdicts import Ambiguous

if TYPE_CHECKING:
    from ._intents import Intent, Intents
    from ._transport import Answer
    from .timeouts import Timeouts
    from .verdicts import Verdict

_MIN_INTERVAL: Final = 0.5  # seconds between two looks
_MAX_INTERVAL: Final = 5.0
_SHARPENING_LOOKS: Final = 5
_MIN_TICK: Final = 0.1  # seconds between two looks as long as they sharpen the clock
_GROWTH: Final = 0.5  # the next look comes when half as much time again has passed
_LIST_TIMEOUT: Final = 30.0  # seconds for one look
_HOPELESS: Final = frozenset(range(400, 500)) - {408, 425, 429}  # statuses that another look will not change
_LOGGER: Final = logging.getLogger("openscaler_async")


class Lists(Protocol):
    """Where the list of a project's machines comes from."""

    @property
    def closed(self) -> bool:
        """Whether there is none any more."""
        ...

    async def look_at(self, project_id: str) -> Answer:
        """Give it as it is now."""
        ...


class _Search:
    """One creation whose machine is looked for."""

    __slots__ = ("began_at", "doubts", "future", "intent", "looks", "problem")

    def __init__(self, intent: Intent, loop: asyncio.AbstractEventLoop) -> None:
        self.intent = intent
        self.began_at = loop.time()
        self.future: asyncio.Future[Verdict] = loop.create_future()
        self.problem = ""
        self.looks = 0
        self.doubts = 0  # how many looks in a row could not tell

    @property
    def may_sharpen(self) -> bool:
        """Whether it can wait for the server's clock to be told better; not where answers are slow."""
        return self.looks < _SHARPENING_LOOKS


class Reconciler:
    """Finds the machines of creations that were lost; never creates one.

    Args:
        lists: gives the list of a project; see `_requests.Requests`.
        intents: knows which machine is whose.
        timeouts: how long to look, and how long the list may lag.
    """

    def __init__(self, lists: Lists, intents: Intents, timeouts: Timeouts) -> None:
        self._lists = lists
        self._intents = intents
        self._timeouts = timeouts
        self._projects: dict[str, _Project] = {}
        self._looked_at: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()  # None: closed

    async def find(self, intent: Intent) -> Verdict:
        """Look for a creation's machine until it is found and ready, or the time is over.

        Args:
            intent: the creation.

        Returns:
            What the looking has shown.

        Raises:
            ClientClosed: the client is closed, before or meanwhile, or belongs to another event loop.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            msg = "the client is not open here: use client.vms.attach(error.ticket), with another one"
            raise ClientClosed(msg)
        search = _Search(intent, loop)
        self._intents.lost(intent, search.began_at)
        project = self._join(intent.spec.project_id, search)
        try:
            async with asyncio.timeout(self._timeouts.reconcile):
                return await search.future
        except TimeoutError:
            return undecided(intent, project.listing, self._intents, search.problem)
        finally:
            self._leave(project, search)

    async def aclose(self) -> None:
        """Stop looking."""
        self._loop = None
        for project in self._projects.values():
            project.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait([*self._tasks])

    def _join(self, project_id: str, search: _Search) -> _Project:
        project = self._projects.get(project_id)
        if project is None:
            project = self._projects[project_id] = _Project(project_id, self._lists, self._intents, self._timeouts)
            project.began = self._looked_at.pop(project_id, project.began)
            task = asyncio.create_task(project.run(), name=f"openscaler list of {project_id}")
            project.task = task
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        project.searches.add(search)
        return project

    def _leave(self, project: _Project, search: _Search) -> None:
        project.searches.discard(search)
        if not project.searches and self._projects.get(project.id) is project:
            del self._projects[project.id]
            self._looked_at[project.id] = project.began
            project.stop()


class _Project:
    """The list of one project, looked at again and again for all who search in it.

    Attributes:
        id: the project's id.
        searches: who searches.
        listing: what the last look has shown, if one did.
        task: what runs `run`.
        began: when the last look began, of this one or of the one before it in the project.
    """

    def __init__(self, project_id: str, lists: Lists, intents: Intents, timeouts: Timeouts) -> None:
        self.id = project_id
        self.searches: set[_Search] = set()
        self.listing: Listing | None = None
        self.task: asyncio.Task[None] | None = None
        self.began = -math.inf
        self._lists = lists
        self._intents = intents
        self._timeouts = timeouts

    async def run(self) -> None:
        """Look until stopped."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self.began + _MIN_INTERVAL - loop.time())
        while True:
            began = self.began = loop.time()
            pause = 0.0
            try:
                async with asyncio.timeout(_LIST_TIMEOUT):
                    self.listing = await self._look(began)
                self._judge(self.listing, loop.time())
            except Exception as error:  # noqa: BLE001  (whatever it is, those who wait must learn of it)
                pause = max(_MIN_INTERVAL, self._failed(error))
            await asyncio.sleep(pause)
            while (now := loop.time()) < self._next_look(began):  # noqa: ASYNC110  (who joins may move it)
                await asyncio.sleep(min(_MIN_INTERVAL, self._next_look(began) - now))

    def stop(self) -> None:
        """Look no more."""
        assert self.task is not None  # noqa: S101  (the table or the type allows nothing else)
        self.task.cancel()

    def close(self) -> None:
        """Tell those who search that the client was closed."""
        for search in [search for search in self.searches if not search.future.done()]:
            search.future.set_exception(ClientClosed("the client was closed while it looked for a machine"))

    async def _look(self, began: float) -> Listing:
        answer = await self._lists.look_at(self.id)
        received = asyncio.get_running_loop().time()
        intents = [search.intent for search in self.searches]
        names = {intent.spec.name for intent in intents}
        ids = {intent.vm_id for intent in intents if intent.vm_id is not None}
        sought = decode_sought(decode_json(answer.body), names, ids)
        if answer.date is not None:
            self._intents.clock.heard(answer.date, began, received)
        return Listing(
            requested_at=began,
            received_at=received,
            offset=time.time() - received,
            machines=sought.by_name,
            known=sought.by_id,
            whole=sought.whole,
        )

    def _judge(self, listing: Listing, now: float) -> None:
        alike, settle = self._intents.by_name(self.id, now), self._timeouts.settle
        for search in sorted(self.searches, key=lambda search: search.intent.number):
            search.problem = ""
            search.looks += 1
            intent = search.intent
            verdict = judge(
                intent,
                listing,
                alike.get(intent.spec.name, ()),
                self._intents,
                settle=settle,
                may_sharpen=search.may_sharpen,
            )
            search.doubts = search.doubts + 1 if isinstance(verdict, Ambiguous) else 0
            if verdict is not None and search.doubts != 1 and not search.future.done():
                search.future.set_result(verdict)  # a doubt is no verdict before another look has it, too

    def _failed(self, error: Exception) -> float:
        """Note that a look failed, and give the seconds to wait at least."""
        what = f"no answer within {_LIST_TIMEOUT:g} s" if isinstance(error, TimeoutError) else error
        problem = f"the project's machines could not be listed: {what}"
        refused = isinstance(error, RequestRejected) and error.status in _HOPELESS
        hopeless = refused or self._lists.closed
        for search in self.searches:
            search.problem = problem
            if hopeless and not search.future.done():
                search.future.set_result(undecided(search.intent, self.listing, self._intents, problem))
        _LOGGER.info("%s", problem)
        retry_after = error.retry_after if isinstance(error, RequestRejected) else None
        return min(retry_after or 0.0, _LIST_TIMEOUT)

    def _next_look(self, began: float) -> float:
        """Give when to look next: soon for who has just begun, and when the list has settled for someone."""
        clock = self._intents.clock
        if clock.low is not None and not clock.is_sharp and any(search.may_sharpen for search in self.searches):
            return clock.next_tick(began + _MIN_TICK)
        due = began + _MAX_INTERVAL
        for search in self.searches:
            due = min(due, began + _GROWTH * (began - search.began_at))
            settled = search.began_at + (self._timeouts.settle or 0.0)
            if settled > began:
                due = min(due, settled)
        return max(due, began + _MIN_INTERVAL)
