"""What happens to a creation, as values: one class for each event, and their union."""

from __future__ import annotations

from typing import TypeAlias

import attrs

from .errors import Outcome


@attrs.frozen
class Progress:
    """The last thing that the provider did for a creation.

    Args:
        percent: 0 to 100, or None when the provider gave no such number. Nothing says that it
            only rises.
        message: the provider's words; the whole text of an event that could not be read.

    Source:
        The provider's page *Create a New VM*: ``{"progress": 20.0, "message": "..."}``.
    """

    percent: float | None
    message: str


@attrs.frozen(kw_only=True)
class ProgressReported:
    """The provider told of progress.

    Args:
        number: the event's number in its creation, from 1.
        progress: what it told.
    """

    number: int
    progress: Progress


@attrs.frozen(kw_only=True)
class OtherEvent:
    """The provider sent an event that this release does not know.

    Args:
        number: the event's number in its creation, from 1.
        event: the event's type.
        data: the event's data, as it came.
    """

    number: int
    event: str
    data: str


@attrs.frozen(kw_only=True)
class StreamLost:
    """The stream is lost, and the creation goes on by looking for its machine; see `Verdict`.

    Args:
        number: the event's number in its creation, from 1.
        reason: what happened, in words.
    """

    number: int
    reason: str


@attrs.frozen(kw_only=True)
class CreationEnded:
    """The creation has ended: no event of it comes after this one.

    Args:
        number: the event's number in its creation, from 1.
        outcome: how it ended.
    """

    number: int
    outcome: Outcome


CreationEvent: TypeAlias = ProgressReported | OtherEvent | StreamLost | CreationEnded
"""Any event of a creation."""
