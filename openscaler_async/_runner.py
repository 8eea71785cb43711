"""What a creation needs of whoever runs it; `_engine.Engine` is one.

With it the types of aiohttp's side stay out of the public ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ._intents import Intent
    from ._protocol import Ending
    from ._sse import MessageEvent
    from .errors import Outcome
    from .models import VM
    from .tickets import CreationTicket
    from .verdicts import Verdict


class Runner(Protocol):
    """Runs creations to their ends."""

    def run(
        self,
        intent: Intent,
        body: bytes,
        record: Callable[[Sequence[MessageEvent]], None],
        lose: Callable[[Ending], None],
        conclude: Callable[[Ending], None],
    ) -> Coroutine[Any, Any, None]:
        """Run one; being cancelled is a conclusion too."""
        ...

    def attach(
        self, intent: Intent, lose: Callable[[Ending], None], conclude: Callable[[Ending], None]
    ) -> Coroutine[Any, Any, None]:
        """Run one that was sent elsewhere."""
        ...

    def look(self, intent: Intent) -> Coroutine[Any, Any, Verdict]:
        """Look for the machine of one that has ended."""
        ...

    def ended(self, intent: Intent, outcome: Outcome, vm_id: int | None, vm: VM | None = None) -> None:
        """Take note of how one ended."""
        ...

    def ticket(self, intent: Intent, now: float) -> CreationTicket:
        """Make a ticket for one."""
        ...
