"""The simulator as its users see it."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from ._api import VMS, Api
from ._catalogue import Catalogue
from ._listener import Listener
from ._machines import Machines
from ._plan import FaultPlan
from ._script import Script

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator, Iterable
    from types import TracebackType

    from ._fault import Fault


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

    Raises:
        ValueError: ``speed`` is not above 0, or ``steps`` is below 0.
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
    ) -> None:
        self._host = host
        self._port = port
        self._machines = Machines(_chance(seed, "machines"))
        self._faults = FaultPlan(_chance(seed, "faults"))
        self._api = Api(
            token=token,
            catalogue=Catalogue(regions=frozenset(regions), distros=frozenset(distros)),
            script=Script(speed, steps, _chance(seed, "durations")),
            machines=self._machines,
            faults=self._faults,
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
        """Every machine that exists, oldest first, as the provider's creation page shows one."""
        now = time.monotonic()
        return [machine.kept_wire(now) for machine in self._machines.kept(now)]

    def assert_no_duplicates(self) -> None:
        """Check that no two machines have the same project, name and sequence id.

        Raises:
            AssertionError: some have; the text names them.
        """
        alike: defaultdict[tuple[str, str, int | None], list[int]] = defaultdict(list)
        for machine in self._machines.kept(time.monotonic()):
            order = machine.order
            alike[order.project_id, order.name, order.sequence_id].append(machine.id)
        duplicates = [f"{key} is VM {ids}" for key, ids in alike.items() if len(ids) > 1]
        if duplicates:
            raise AssertionError(f"duplicates, as (project, name, sequence id): {'; '.join(duplicates)}")

    def inject(self, fault: Fault, *, times: int = 1, share: float | None = None) -> None:
        """Let something go wrong with creation requests to come.

        Args:
            fault: what goes wrong.
            times: with how many of the next requests, after those already planned.
            share: instead of ``times``: with what share of all requests, 0.0 to 1.0, chosen by the
                seed. A request that is planned for by ``times`` is not asked.

        Raises:
            ValueError: ``times`` is below 1, or ``share`` is not from 0 to 1.
        """
        if share is None:
            self._faults.add_next(fault, times)
        else:
            self._faults.add_share(fault, share)

    def heal(self) -> None:
        """Forget every fault that was injected."""
        self._faults.clear()

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
