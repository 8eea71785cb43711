"""The bearer token: a text, or an async callable that is asked once and again when refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from .errors import ClientClosed, ConfigurationError

_T = TypeVar("_T")
TokenProvider: TypeAlias = Callable[[], Awaitable[str]]


class TokenSource:
    """Gives the token to whoever sends; any number may ask at once, and the callable runs once.

    Args:
        token: the token, or the callable that gives it.

    Raises:
        ConfigurationError: it is neither, or no text for a header. The token is never shown.
    """

    def __init__(self, token: str | TokenProvider) -> None:
        self._provider = token if callable(token) else None
        self._current = None if callable(token) else _checked(token)
        self._asking: asyncio.Task[None] | None = None

    @property
    def current(self) -> str | None:
        """The token as far as it is known now."""
        return self._current

    async def get(self) -> str:
        """Give the token, asking for it if there is none yet.

        Raises:
            ConfigurationError: the callable gave no text for a header.
        """
        while self._current is None:
            await self._ask()
        return self._current

    async def refresh(self, refused: str) -> bool:
        """Get another token in place of one that the provider refused.

        Returns:
            Whether there is another one now.
        """
        if self._provider is None:
            return False
        if self._current == refused:
            self._current = None
        return await self.get() != refused

    async def _ask(self) -> None:
        if self._asking is None or self._asking.done():  # its callback may not have had its turn yet
            self._asking = asyncio.create_task(self._ask_provider(), name="openscaler token")
            self._asking.add_done_callback(self._asked)
        await ended_by_closing(self._asking, shared=True)

    async def _ask_provider(self) -> None:
        assert self._provider is not None  # noqa: S101  (the table or the type allows nothing else)
        self._current = _checked(await self._provider())  # no result: asyncio shows those of tasks

    def _asked(self, task: asyncio.Task[None]) -> None:
        self._asking = None if self._asking is task else self._asking
        if not task.cancelled():
            task.exception()  # whoever waits has it; nobody may wait any more

    async def aclose(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})


def _checked(token: object) -> str:
    if not isinstance(token, str):
        raise ConfigurationError(
            "token", f"<{type(token).__name__}>", "must be a string, or an async callable that gives one"
        )
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError("token", "<hidden>", "must be printable ASCII without spaces")
    return token


async def ended_by_closing(task: asyncio.Task[_T], *, shared: bool = False) -> _T:
    """Wait for a task that the closing of the client may cancel.

    Args:
        task: the task.
        shared: whether others wait for it too, so that one caller's cancellation is not theirs.

    Returns:
        What the task returns.

    Raises:
        ClientClosed: the task was cancelled, and whoever waits for it was not.
    """
    try:
        return await (asyncio.shield(task) if shared else task)
    except asyncio.CancelledError:
        waiting = asyncio.current_task()
        if task.cancelled() and waiting is not None and not waiting.cancelling():
            msg = "the client was closed while a request was under way"
            raise ClientClosed(msg) from None
        raise
