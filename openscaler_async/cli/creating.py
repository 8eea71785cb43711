"""One run of creations: follow each, stop when asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from openscaler_async import CreationError, Progress, ProgressReported, StreamLost

from .signals import stop_requests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openscaler_async import VM, Creation

    from .board import Board, Machine
    from .views import View


async def follow_all(creations: Sequence[Creation[VM]], board: Board, view: View) -> None:
    """Follow creations that were just started to their end, or until someone asks to stop."""
    with stop_requests() as asked:
        stopping = asyncio.create_task(_stop(asked, creations, board), name="openscaler-stop")
        pairs = zip(board.machines, creations, strict=True)
        try:
            await asyncio.gather(*(_follow(*pair, board, view) for pair in pairs))
        finally:
            stopping.cancel()


async def _follow(machine: Machine, creation: Creation[VM], board: Board, view: View) -> None:
    try:
        async for event in creation.events():
            if isinstance(event, ProgressReported):
                progress = event.progress
            elif isinstance(event, StreamLost):
                progress = Progress(None, f"looking for the machine: {event.reason}")
            else:
                continue
            machine.note_progress(progress)
            view.progressed(machine, progress)
        end: VM | CreationError = await creation
    except CreationError as error:
        end = error
    board.note_end(machine, end)
    view.ended(machine)


async def _stop(asked: asyncio.Event, creations: Sequence[Creation[VM]], board: Board) -> None:
    await asked.wait()
    board.interrupted = True
    await asyncio.gather(*(creation.abandon() for creation in creations))
