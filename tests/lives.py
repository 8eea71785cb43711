"""Kinds of lives that a creation may live, for tests that disturb them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from openscaler_async import Outcome
from openscaler_async.simulator import (
    Combined,
    DropBeforeHead,
    Fault,
    FinalError,
    RateLimited,
    ServerError,
    SlowCreation,
)
from tests.peers import Held

STEPS = 2
SLOW = SlowCreation(0.03)


@attrs.frozen
class Life:
    """What befalls a creation that nobody disturbs.

    Attributes:
        posts: how many requests to create arrive.
        outcome: how it ends.
        faults: what befalls the requests to create.
        looks: what befalls the requests for the list.
        settings: those of the client.
        in_front: whether another creation comes first.
        refused: whether nobody listens.
        expired: whether the first token is refused.
    """

    posts: int
    outcome: Outcome
    faults: tuple[Fault, ...] = ()
    looks: tuple[Fault, ...] = ()
    settings: Mapping[str, Any] = attrs.field(factory=dict)
    in_front: bool = False
    refused: bool = False
    expired: bool = False


LIVES = {
    "followed": Life(1, Outcome.CREATED, (SLOW,)),
    "answer that does not end": Life(1, Outcome.CREATED, (Held(before=STEPS + 1),)),
    "queued": Life(1, Outcome.CREATED, (SLOW, SLOW), settings={"max_concurrent_creations": 1}, in_front=True),
    "paced": Life(1, Outcome.CREATED, settings={"creations_per_second": 20}, in_front=True),
    "token": Life(2, Outcome.CREATED, (SLOW,), expired=True),
    "turned away": Life(2, Outcome.CREATED, (RateLimited(0), SLOW)),
    "refused": Life(0, Outcome.NOT_SENT, settings={"attempts": 2}, refused=True),
    "lost": Life(1, Outcome.CREATED, (Combined([DropBeforeHead(), SlowCreation(0.3)]),)),
    "list that fails": Life(1, Outcome.CREATED, (DropBeforeHead(),), (ServerError(500), RateLimited(0))),
    "never made": Life(1, Outcome.UNKNOWN, (DropBeforeHead(creates=False),)),
}
QUICK_LIVES = {
    "followed": Life(1, Outcome.CREATED),
    "fails": Life(1, Outcome.FAILED, (FinalError(),)),
    "token": Life(2, Outcome.CREATED, expired=True),
    "lost": Life(1, Outcome.CREATED, (DropBeforeHead(),)),
}
