"""Where a command's requests go: the provider, an address of the caller's, or an own simulator."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs

from openscaler_async import Client

from .codes import UsageProblem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_TOKEN = "OPENSCALER_TOKEN"  # noqa: S105  (the variable's name)
_NO_TOKEN = f"{_TOKEN} is not set: export it with your token, or add --simulate to try this without an account"
INSTANTLY = float("inf")


@attrs.frozen(kw_only=True)
class Target:
    """Where requests go.

    Args:
        base_url: the API's address; the provider's when ``None``.
        simulate: use a simulator inside this process instead.
        speed: of that simulator; at 1, a machine takes about 8 seconds.
    """

    base_url: str | None = None
    simulate: bool = False
    speed: float = INSTANTLY

    @asynccontextmanager
    async def connect(self, concurrency: int | None = None) -> AsyncIterator[Client]:
        """Open a client.

        Args:
            concurrency: creations at once; the client's default when ``None``.
        """
        settings = {} if concurrency is None else {"max_concurrent_creations": concurrency}
        if self.simulate:
            from openscaler_async.simulator import Simulator  # noqa: PLC0415  (a server: only here)

            async with (
                Simulator(speed=self.speed) as simulator,
                Client(simulator.token, base_url=simulator.url, **settings) as client,
            ):
                yield client
            return
        if not os.environ.get(_TOKEN):
            raise UsageProblem(_NO_TOKEN)
        address = {} if self.base_url is None else {"base_url": self.base_url}
        async with Client(**address, **settings) as client:
            yield client
