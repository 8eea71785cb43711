"""Where a command's requests go: the provider, an address of the caller's, or an own simulator."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs

from openscaler_async import Client, ConfigurationError

from .codes import UsageProblem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_UNSET = "OPENSCALER_TOKEN is not set: export it with your token, or add --simulate to try this without an account"
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
        settings = _given(max_concurrent_creations=concurrency)
        if self.simulate:
            from openscaler_async.simulator import Simulator  # noqa: PLC0415  (a server: only here)

            async with (
                Simulator(speed=self.speed) as simulator,
                Client(simulator.token, base_url=simulator.url, **settings) as client,
            ):
                yield client
        else:
            async with _real_client(**settings, **_given(base_url=self.base_url)) as client:
                yield client


def _given(**settings: Any) -> dict[str, Any]:  # noqa: ANN401  (settings of a client)
    return {name: value for name, value in settings.items() if value is not None}


def _real_client(**settings: Any) -> Client:  # noqa: ANN401  (settings of a client)
    try:
        return Client(**settings)
    except ConfigurationError as error:
        if error.setting == "token" and error.value is None:
            raise UsageProblem(_UNSET) from None
        raise
