"""Every point at which a creation waits, so that a test can act at each of them once.

A point is where the coroutines of a creation stand, down to the line that waits, with what the server
has seen of it: a line may be passed more than once. Which lines there are nobody has to know.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import attrs

from tests.peers import PATIENCE

if TYPE_CHECKING:
    from openscaler_async import VM, Creation
    from openscaler_async.simulator import Simulator

SEARCHING = "Reconciler.find"


@attrs.define
class Points:
    """The points that a test has met, each of which it takes once.

    Attributes:
        by_turn: every turn of the event loop is a point, wherever anything stands.
        taken: the points.
    """

    by_turn: bool = False
    taken: set[Hashable] = attrs.field(factory=set)

    async def reach(self, creation: Creation[VM], simulator: Simulator, act: str) -> bool:
        """Turn the event loop until the creation is at a point where nobody has acted so, and take it.

        Args:
            creation: the creation; its project is its own.
            simulator: where it is sent to.
            act: what will be done there.

        Returns:
            Whether there was one; if not, the creation has ended.
        """
        turn, looking = 0, None
        async with asyncio.timeout(PATIENCE):
            while not creation._task.done():
                stands = _stands(creation._task)
                if looking is None and any(SEARCHING in place for place in stands):
                    looking = task_named(f"openscaler list of {creation.spec.project_id}")
                progress = creation.progress and creation.progress.percent
                point = (act, *stands, *(_stands(looking) if looking else ()), simulator.posts, progress)
                if self.by_turn:
                    point = act, turn
                if point not in self.taken:
                    self.taken.add(point)
                    return True
                turn += 1
                await asyncio.sleep(0)
        return False


def task_named(name: str) -> asyncio.Task[Any] | None:
    """Give a task that runs, by its name."""
    return next((task for task in asyncio.all_tasks() if task.get_name() == name), None)


def connections(simulator: Simulator) -> int:
    """Count the connections that a simulator has open."""
    handlers = simulator._started()._server.connections
    return sum(handler.transport is not None for handler in handlers)  # who answers still is listed after its end


def _stands(task: asyncio.Task[Any]) -> list[str]:
    awaited: Any = task.get_coro()
    places = []
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is None:
            awaited = _wrapped(awaited)
            continue
        places.append(f"{frame.f_code.co_qualname}:{frame.f_lineno}")
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return places


def _wrapped(awaited: object) -> object:
    """Give the coroutine whose ``__await__`` gave this, if it is one that does not tell."""
    inside = gc.get_referents(awaited) if type(awaited).__name__ == "coroutine_wrapper" else ()
    return next(iter(inside), None)
