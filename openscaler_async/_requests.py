"""Plain requests: with the token, and sent again only if they certainly had no effect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs

from ._retry import RetryPolicy, is_unauthorized
from ._tokens import TokenSource
from ._transport import Answer, Transport
from .errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
    ) -> Answer:
        """Send a request, again only within the retry policy, or once more with another token.

        Raises:
            RequestError: as `Transport.request`.
        """
        attempt, refreshed = 1, False
        while True:
            token = await self.tokens.get()
            try:
                return await self.transport.request(method, path, token, params=params, body=body)
            except RequestError as error:
                wait = self.retry.wait(error, attempt=attempt)
                if wait is None:
                    if refreshed or not is_unauthorized(error) or not await self.tokens.refresh(token):
                        raise
                    refreshed = True
                    continue
            attempt += 1
            await asyncio.sleep(wait)

    async def aclose(self) -> None:
        """Stop asking for a token, and close the session if it is ours."""
        await self.tokens.aclose()
        await self.transport.aclose()
