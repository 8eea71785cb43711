"""The listening socket and the connections behind it. Knows nothing of what is asked."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

_BACKLOG: Final = 16_384  # so many clients at once; the kernel takes less if net.core.somaxconn is
_SHUTDOWN_TIMEOUT: Final = 1.0  # seconds; nothing is being answered when it begins
_FIN_ARRIVES: Final = 0.02  # seconds until a client has seen, at the latest, that it was closed


class Listener:
    """A running HTTP server for one application."""

    def __init__(self, runner: web.AppRunner, server: web.Server, address: tuple[str, int]) -> None:
        self._runner = runner
        self._server = server
        self._address = address

    @classmethod
    async def start(cls, application: web.Application, host: str, port: int) -> Listener:
        """Listen.

        Raises:
            OSError: the address cannot be listened on.
        """
        bound = _bound(host, port)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT)
        await runner.setup()
        assert runner.server is not None  # noqa: S101  (for mypy: setup makes one)
        listener = cls(runner, runner.server, bound.getsockname()[:2])
        await listener._listen(bound)
        return listener

    async def stop(self) -> None:
        """Close every socket."""
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @asynccontextmanager
    async def refusing(self, busy: Collection[object]) -> AsyncIterator[None]:
        """Refuse connections while this is entered.

        Args:
            busy: the protocols of connections that may finish what they do.
        """
        for site in self._runner.sites:
            await site.stop()
        for connection in self._server.connections:
            if connection in busy:
                connection.close()
            else:
                connection.force_close()  # it would carry one more request
        await asyncio.sleep(_FIN_ARRIVES)
        bound = _bound(*self._address)  # refuses (RST) until it is listened on, and keeps the port
        try:
            yield
        finally:
            if self._runner.server is None:
                bound.close()  # stopped meanwhile
            else:
                await self._listen(bound)

    async def _listen(self, bound: socket.socket) -> None:
        await web.SockSite(self._runner, bound, backlog=_BACKLOG).start()


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound
