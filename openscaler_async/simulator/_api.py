"""The handlers: the documented part of the API that the simulator keeps. Knows nothing of sockets."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections import Counter
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import attrs
from aiohttp import web

from ._exchange import CreationExchange, ListExchange
from ._http import problem, unauthorized
from ._order import InvalidOrder, read_order
from ._plan import HEALTHY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ._catalogue import Catalogue
    from ._fault import Fault
    from ._machines import Machine, Machines
    from ._plan import FaultPlan
    from ._script import Script

VMS: Final = "/v1/vms"
VM: Final = "/v1/vms/{vm_id}"

_PARTS: Final = frozenset({"state", "disks", "network"})
_BASIC: Final = "basic"  # every other field; always given


@attrs.frozen(kw_only=True)
class Settings:
    """What does not change in the life of a simulator.

    Args:
        clock_skew: how far the provider's clock is ahead.
        list_shows_sequence_id: whether the list, and one machine by its id, show the sequence id.
    """

    clock_skew: dt.timedelta
    list_shows_sequence_id: bool


class Api:
    """The handlers of one simulator.

    Attributes:
        token: what a bearer has to show.
        requests: how often each method and path was asked.
        answering: the requests that are being answered now, by the task that does it; one that is
            answered at once is not among them.
    """

    def __init__(  # noqa: PLR0913  (parts, each with a name)
        self,
        *,
        token: str,
        settings: Settings,
        catalogue: Catalogue,
        script: Script,
        machines: Machines,
        creating: FaultPlan,
        listing: FaultPlan,
    ) -> None:
        self.token = token
        self.requests: Counter[tuple[str, str]] = Counter()
        self.answering: dict[asyncio.Task[Any], web.Request] = {}
        self._settings = settings
        self._catalogue = catalogue
        self._script = script
        self._machines = machines
        self._creating = creating
        self._listing = listing

    def application(self) -> web.Application:
        """Give an application that serves the handlers."""
        app = web.Application()
        app.on_response_prepare.append(self._date)
        app.add_routes(
            [
                web.post(VMS, self._create),
                web.get(VMS, self._list, allow_head=False),
                web.get(VM, self._get, allow_head=False),
                web.route("*", "/{rest:.*}", self._other),
            ]
        )
        return app

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self.requests["POST", VMS] += 1
        return await self._watched(request, self._answer_creation, self._creating.take())

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self.requests["GET", VMS] += 1
        return await self._watched(request, self._answer_list, self._listing.take())

    async def _watched(
        self,
        request: web.Request,
        answer: Callable[[web.Request, Fault], Awaitable[web.StreamResponse]],
        fault: Fault,
    ) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (for mypy: a handler runs in a task)
        self.answering[task] = request
        try:
            return await answer(request, fault)
        except ConnectionError:
            return web.Response()  # the client has gone away; a machine that was started comes
        finally:
            del self.answering[task]

    async def _answer_creation(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        body = await request.read()
        if not fault.creates and (answer := await fault.answer(request)) is not None:
            return answer
        if not self._is_authorized(request):
            return unauthorized()
        try:
            order = read_order(body, self._catalogue)
        except InvalidOrder as error:
            return problem(400, str(error))
        machine = self._machines.add(order, self._script.next_duration())
        fault.begin(machine)
        if fault.creates and (answer := await fault.answer(request)) is not None:
            return answer
        exchange = CreationExchange(request, machine, self._script, fault)
        await exchange.run()
        return exchange.response

    async def _answer_list(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if (answer := await fault.answer(request)) is not None:
            return answer
        if not self._is_authorized(request):
            return unauthorized()
        project_id = request.query.get("project_id")
        if not project_id:
            return problem(400, "project_id: the parameter is required")
        now = fault.as_of(time.monotonic())
        machines = self._machines.listed(project_id, now)
        vms = {"vms": [fault.listed(self._shown(machine, now)) for machine in machines]}
        if fault is HEALTHY:
            return web.json_response(vms)
        exchange = ListExchange(request, json.dumps(vms).encode(), fault)
        await exchange.run()
        return exchange.response

    async def _get(self, request: web.Request) -> web.Response:
        self.requests["GET", VM] += 1
        if not self._is_authorized(request):
            return unauthorized()
        only = {part for value in request.query.getall("only", ()) for part in value.split(",")}
        if only - _PARTS - {_BASIC}:
            return problem(400, "only: must be of basic, state, disks, network")
        now = time.monotonic()
        vm_id = request.match_info["vm_id"]
        machine = self._machines.get(vm_id, now)
        if machine is None:
            return problem(404, f"there is no VM {vm_id}")
        wire = self._shown(machine, now)
        for part in _PARTS - only if only else ():
            del wire[part]
        return web.json_response(wire)

    async def _other(self, request: web.Request) -> web.Response:
        self.requests[request.method, request.path] += 1
        if not self._is_authorized(request):
            return unauthorized()
        return problem(404, f"the simulator has no {request.method} {request.path}")

    def _shown(self, machine: Machine, now: float) -> dict[str, Any]:
        return machine.listed_wire(now, has_sequence_id=self._settings.list_shows_sequence_id)

    async def _date(self, _: web.Request, response: web.StreamResponse) -> None:
        """Set the provider's clock; a date without a text, of a fault, is left out."""
        date = response.headers["Date"]
        if not date:
            del response.headers["Date"]
        elif self._settings.clock_skew:
            skewed = parsedate_to_datetime(date) + self._settings.clock_skew
            response.headers["Date"] = format_datetime(skewed, usegmt=True)

    def _is_authorized(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.token}"
