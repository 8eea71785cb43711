"""``openscaler vms attach``: what became of machines that another run asked for."""

import asyncio
import json as json_module
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer

from openscaler_async import CreationTicket, InvalidTicket

from .board import Board, Machine
from .codes import Finished, UsageProblem, code_of
from .connect import Target
from .create import view_of
from .creating import follow_all
from .inputs import read_lines
from .options import BaseUrl, Json
from .views import View


def attach(
    *,
    ticket: Annotated[
        list[str],
        typer.Argument(
            metavar="TICKET|@FILE|-...",
            help="Tickets as JSON; or a file, or - for standard input, with a ticket or an event of --json a line.",
        ),
    ],
    json: Json = False,
    base_url: BaseUrl = None,
) -> None:
    """Find out what became of machines whose creation was interrupted. Nothing is created.

    Tickets come from `vms create --json`, in the events of machines that are unknown: give that
    output as @FILE. From the library they come as `creation.ticket().to_json()`, and from its log.
    """
    tickets = [*_tickets(ticket)]
    if not tickets:
        raise UsageProblem("TICKET: there is no ticket in what was given")
    board = Board(machines=[_machine(*item) for item in enumerate(tickets)])
    view = view_of(board, as_json=json)
    try:
        asyncio.run(_attach(tickets, Target(base_url=base_url), board, view))
        board.close()
        view.report()
    finally:
        view.stop()
    raise Finished(code_of(board.outcomes()))


async def _attach(tickets: list[CreationTicket], target: Target, board: Board, view: View) -> None:
    async with target.connect() as client:
        creations = [client.vms.attach(ticket) for ticket in tickets]
        view.start()
        await follow_all(creations, board, view)


def _machine(index: int, ticket: CreationTicket) -> Machine:
    return Machine(index=index, name=ticket.name, sequence_id=ticket.sequence_id)


def _tickets(values: Iterable[str]) -> Iterator[CreationTicket]:
    """Read tickets, each creation's once, from what may have other lines of a run between them."""
    seen = set()
    for value in values:
        for line in read_lines("TICKET", value):
            ticket = _ticket(line)
            if ticket is not None and ticket.id not in seen:
                seen.add(ticket.id)
                yield ticket


def _ticket(line: str) -> CreationTicket | None:
    try:
        event: Any = json_module.loads(line)
    except ValueError:
        event = None
    if isinstance(event, dict) and "event" in event:
        inner = event.get("ticket")
        return None if inner is None else CreationTicket.from_json(json_module.dumps(inner))
    try:
        return CreationTicket.from_json(line)
    except InvalidTicket as error:
        raise UsageProblem(f"TICKET: {error}") from None
