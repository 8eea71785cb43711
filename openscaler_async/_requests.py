"""Plain requests: with the token, and sent again only if they certainly had no effect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import attrs

from ._retry import RetryPolicy, is_unauthorized
from ._tokens import TokenSource
from ._transport import Answer, Transport
from .errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


LIST_PATH: Final = "/v1/vms"


@attrs.frozen(kw_only=True)
class Requests:
    """Sends the plain requests of a client.

    Args:
        transport: sends a request once.
        tokens: gives the bearer token.
        retry: how often what had no effect may be sent.
    """

    transport: Transport
    tokens: TokenSource
    retry: RetryPolicy

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        body: bytes | None = None,
        patient: bool = True,
    ) -> Answer:
        """Send a request, again only within the retry policy, or once more with another token.

        Args:
            method: the HTTP method.
            path: the path below the base URL.
            params: the query.
            body: the body.
            patient: whether to wait and send again what had no effect.

        Returns:
            The answer.

        Raises:
            RequestError: as `Transport.request`.
        """
        attempt, refreshed = 1, False
        while True:
            token = await self.tokens.get()
            try:
                return await self.transport.request(method, path, token, params=params, body=body)
            except RequestError as error:
                wait = self.retry.wait(error, attempt=attempt) if patient else None
                if wait is None:
                    if refreshed or not is_unauthorized(error) or not await self.tokens.refresh(token):
                        raise
                    refreshed = True
                    continue
            attempt += 1
            await asyncio.sleep(wait)

    async def look_at(self, project_id: str) -> Answer:
        """Ask once for the list of a project's machines.

        Raises:
            RequestError: as `Transport.request`.
        """
        return await self.send("GET", LIST_PATH, params={"project_id": project_id}, patient=False)

    @property
    def closed(self) -> bool:
        """Whether no request can be sent any more."""
        return self.transport.closed

    async def aclose(self) -> None:
        """Stop asking for a token, and close the session if it is ours."""
        try:
            await self.tokens.aclose()
        finally:
            await self.transport.aclose()
