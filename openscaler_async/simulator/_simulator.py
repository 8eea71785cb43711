"""The simulator as its users see it."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from ._api import VMS, Api, Settings
from ._catalogue import Catalogue
from ._listener import Listener
from ._machines import Machines
from ._order import InvalidOrder, order_of
from ._plan import FaultPlan
from ._script import Script

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator, Iterable
    from types import TracebackType

    from ._fault import Fault, Into

_MAX_SKEW: Final = 30 * 366 * 86_400  # seconds; what a date can hold


class Simulator:
    """A local OpenScaler API: a real HTTP server that keeps the documented contract, or breaks it.

    Args:
        token: the bearer token that it accepts.
        speed: how many times as fast as a real creation. At 1 one lasts 6 to 10 seconds, and
            ``float("inf")`` never sleeps.
        steps: number of progress events before the final event.
        seed: fixes durations, uuids and which requests a share of faults befalls.
        host: the address to listen on.
        port: the port to listen on; 0 takes a free one.
        regions: the region slugs that can be ordered; the provider's page shows this one.
        distros: the distro slugs that can be ordered; the provider's page shows this one.
        clock_skew: how far its clock is ahead of this machine's, in seconds; below 0, behind. It
            writes ``created_at``, ``updated_at`` and every ``Date`` header.
        list_shows_sequence_id: whether the list, and one machine by its id, show ``sequence_id``.
            By the provider's pages they do not.

    Raises:
        ValueError: ``speed`` is not above 0, ``steps`` is below 0, or ``clock_skew`` is more than
            30 years.
    """

    def __init__(  # noqa: PLR0913  (settings, all with a default)
        self,
        *,
        token: str = "simulator",  # noqa: S107  (opens nothing but this server)
        speed: float = 1.0,
        steps: int = 10,
        seed: int = 0,
        host: str = "127.0.0.1",
        port: int = 0,
        regions: Iterable[str] = ("alg1",),
        distros: Iterable[str] = ("debian-13",),
        clock_skew: float = 0.0,
        list_shows_sequence_id: bool = False,
    ) -> None:
        if not abs(clock_skew) < _MAX_SKEW:
            raise ValueError(f"clock_skew={clock_skew!r}: must not be more than 30 years")
        skew = dt.timedelta(seconds=clock_skew)
        self._host = host
        self._port = port
        self._catalogue = Catalogue(regions=frozenset(regions), distros=frozenset(distros))
        self._machines = Machines(_chance(seed, "machines"), skew)
        self._plans: dict[Into, FaultPlan] = {
            "create": FaultPlan("create", _chance(seed, "faults")),
            "list": FaultPlan("list", _chance(seed, "faults of the list")),
        }
        self._api = Api(
            token=token,
            settings=Settings(clock_skew=skew, list_shows_sequence_id=list_shows_sequence_id),
            catalogue=self._catalogue,
            script=Script(speed, steps, _chance(seed, "durations")),
            machines=self._machines,
            creating=self._plans["create"],
            listing=self._plans["list"],
        )
        self._listener: Listener | None = None

    async def __aenter__(self) -> Self:
        """Start it."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it."""
        await self.stop()

    async def start(self) -> None:
        """Listen.

        Raises:
            RuntimeError: it is started already.
            OSError: the address cannot be listened on.
        """
        if self._listener is not None:
            raise RuntimeError("the simulator is started already")
        self._listener = await Listener.start(self._api.application(), self._host, self._port)

    async def stop(self) -> None:
        """Break off every answer and close every connection. Does nothing if it is not started.

        What it counted and kept can still be read, and it can be started again.
        """
        listener, self._listener = self._listener, None
        if listener is None:
            return
        answering = set(self._api.answering)
        for task in answering:
            task.cancel()
        if answering:
            await asyncio.wait(answering)
        await listener.stop()

    @property
    def url(self) -> str:
        """What a client takes as its base URL.

        Raises:
            RuntimeError: it is not started.
        """
        return self._started().url

    @property
    def token(self) -> str:
        """The bearer token that it accepts. Set another, and the old one gets HTTP 401."""
        return self._api.token

    @token.setter
    def token(self, token: str) -> None:
        self._api.token = token

    @property
    def requests(self) -> Counter[tuple[str, str]]:
        """How often each ``(method, path)`` was asked; a VM's path is ``"/v1/vms/{vm_id}"``."""
        return self._api.requests

    @property
    def posts(self) -> int:
        """How many creation requests came, whatever became of them."""
        return self.requests["POST", VMS]

    @property
    def vms(self) -> list[dict[str, Any]]:
        """Every machine that exists, in the order of their ids, as the provider's creation page shows one."""
        now = time.monotonic()
        return [machine.kept_wire(now) for machine in self._machines.kept(now)]

    def assert_no_duplicates(self) -> None:
        """Check that no two creation requests made machines of the same project, name and sequence id.

        Raises:
            AssertionError: some have; the text names them.
        """
        alike = self._machines.alike(time.monotonic())
        if alike:
            named = "; ".join(f"{key} is VM {ids}" for key, ids in alike.items())
            raise AssertionError(f"duplicates, as (project, name, sequence id): {named}")

    def add_vm(self, name: str, *, age: float = 0.0, state: str = "running", **fields: object) -> dict[str, Any]:
        """Place a machine that no request made, such as an older one of the same name.

        Args:
            name: its name.
            age: how long ago its creation started, in seconds.
            state: its state, now and for good.
            fields: others as in the body of a creation request; size, region and distro have a default.

        Returns:
            The machine, as `vms` has it.

        Raises:
            ValueError: a request with these fields would be refused.
        """
        catalogue = self._catalogue
        usual = {"size": "b-1-500mb-10", "region": min(catalogue.regions), "distro": min(catalogue.distros)}
        try:
            order = order_of({**usual, **fields, "name": name}, catalogue)
        except InvalidOrder as error:
            raise ValueError(str(error)) from None
        machine = self._machines.add(order, 0.0, age=age)
        machine.becomes = state
        machine.placed = True
        return machine.kept_wire(time.monotonic())

    def inject(
        self, fault: Fault, *, times: int = 1, share: float | None = None, into: Literal["create", "list"] = "create"
    ) -> None:
        """Let something go wrong with requests to come.

        Args:
            fault: what goes wrong.
            times: with how many of the next requests, after those already planned.
            share: instead of ``times``: with what share of all requests, 0.0 to 1.0, chosen by the
                seed. A request that is planned for by ``times`` is not asked.
            into: with which requests: ``"create"`` are those to create a machine
                (``POST /v1/vms``), ``"list"`` those for the list (``GET /v1/vms``).

        Raises:
            ValueError: ``times`` is below 1, ``share`` is not from 0 to 1, ``into`` is none of
                these words, or the fault makes no sense there: see `Fault.befalls`.
        """
        if into not in self._plans:
            raise ValueError(f"into={into!r}: must be of {', '.join(self._plans)}")
        plan = self._plans[into]
        if share is None:
            plan.add_next(fault, times)
        else:
            plan.add_share(fault, share)

    def heal(self) -> None:
        """Forget every fault that was injected, whatever into."""
        for plan in self._plans.values():
            plan.clear()

    @asynccontextmanager
    async def refusing(self) -> AsyncIterator[None]:
        """Refuse connections, for real, while this is entered; what is being answered goes on.

        Raises:
            RuntimeError: it is not started.
        """
        busy = {request.protocol for request in self._api.answering.values()}
        async with self._started().refusing(busy):
            yield

    def _started(self) -> Listener:
        if self._listener is None:
            raise RuntimeError("the simulator is not started")
        return self._listener


def _chance(seed: int, purpose: str) -> random.Random:
    return random.Random(f"{seed} {purpose}")  # noqa: S311  (to be repeatable is its point)
