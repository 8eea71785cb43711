"""What handlers and faults share at the edge: plain errors, and connections that break or hang."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Final, Literal

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOK_AGAIN: Final = 0.05  # seconds
_LINGER_NOT: Final = struct.pack("ii", 1, 0)  # closing then drops what is unsent and sends RST


def problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """Give a plain JSON error; its shape, ``{"message": ...}``, is a guess: no page shows one."""
    return web.json_response({"message": message}, status=status, headers=headers)


def unauthorized() -> web.Response:
    """Give the answer to a missing or wrong token."""
    headers = {"WWW-Authenticate": "Bearer"}
    return problem(401, "the bearer token is missing or wrong", headers)


def break_off(request: web.BaseRequest, how: Literal["close", "reset"]) -> None:
    """Break the connection of a request, with FIN or with RST."""
    transport = request.transport
    if transport is None:
        return
    if how == "close":
        transport.close()
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()


async def hold(request: web.BaseRequest) -> None:
    """Say nothing until the client goes away; a simulator that stops cancels it."""
    while (transport := request.transport) is not None and not transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_AGAIN)
