"""The life of one attempt to create, as a transition table. Does no I/O.

The table is the whole truth: each input moves the state, the end of the stream is one of the
inputs, and nothing moves a state that is final. What a server sends decides the inputs.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

import attrs

from ._json import decode_quoted, is_cut, is_whole_json
from ._sse import MessageEvent, SSEDecoder
from .errors import Outcome
from .verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence


class State(enum.Enum):
    """Where an attempt is."""

    READY = "ready"
    SENT = "sent"
    FOLLOWED = "followed"
    NOT_SENT = Outcome.NOT_SENT
    REJECTED = Outcome.REJECTED
    FAILED = Outcome.FAILED
    CREATED = Outcome.CREATED
    UNKNOWN = Outcome.UNKNOWN

    __hash__ = object.__hash__  # Enum's own is not written in C, and the table is read often


class Input(enum.Enum):
    """What can happen to an attempt."""

    SEND = "the request may leave from now on"
    ATTACHED = "another process may have sent the request"
    PROVED_UNSENT = "it is certain that the request did not leave"
    ANSWERED_4XX = "an HTTP status 4xx instead of a stream"
    ANSWERED_OTHER = "any other answer instead of a stream"
    STREAM = "the head of an event stream"
    EVENT = "an event that is not final"
    FINAL_2XX = "a final event of success"
    FINAL_ERROR = "a final event 4xx or 5xx"
    FINAL_OTHER = "a final event that is neither"
    END = "the stream ended without a final event"
    BROKEN = "the connection broke, a clock fired, or the stream cannot be read"
    ABANDONED = "the caller stopped following"

    __hash__ = object.__hash__


TRANSITIONS: Final[dict[tuple[State, Input], State]] = {
    (State.READY, Input.SEND): State.SENT,
    (State.READY, Input.ATTACHED): State.UNKNOWN,
    (State.READY, Input.PROVED_UNSENT): State.NOT_SENT,
    (State.READY, Input.BROKEN): State.NOT_SENT,
    (State.READY, Input.ABANDONED): State.NOT_SENT,
    (State.SENT, Input.PROVED_UNSENT): State.NOT_SENT,
    (State.SENT, Input.ANSWERED_4XX): State.REJECTED,
    (State.SENT, Input.ANSWERED_OTHER): State.UNKNOWN,
    (State.SENT, Input.STREAM): State.FOLLOWED,
    (State.SENT, Input.BROKEN): State.UNKNOWN,
    (State.SENT, Input.ABANDONED): State.UNKNOWN,
    (State.FOLLOWED, Input.EVENT): State.FOLLOWED,
    (State.FOLLOWED, Input.FINAL_2XX): State.CREATED,
    (State.FOLLOWED, Input.FINAL_ERROR): State.FAILED,
    (State.FOLLOWED, Input.FINAL_OTHER): State.UNKNOWN,
    (State.FOLLOWED, Input.END): State.UNKNOWN,
    (State.FOLLOWED, Input.BROKEN): State.UNKNOWN,
    (State.FOLLOWED, Input.ABANDONED): State.UNKNOWN,
}
OUTCOMES: Final = {state: state.value for state in State if isinstance(state.value, Outcome)}

_QUOTED: Final = '"event:'
_STATUS_DIGITS: Final = 3


@attrs.frozen
class Ending:
    """How a creation came to its end.

    Args:
        attempt: the last attempt.
        cause: the exception that ended it, if one did.
        verdict: what looking for the machine has shown, if it was looked for.
    """

    attempt: Attempt
    cause: BaseException | None
    verdict: Verdict | None = None


class Attempt:
    """One attempt to create: feed it what happens, read its state.

    Attributes:
        state: where it is now.
        outcome: what is known, or None while it goes on.
        final: the final event, once there is one.
    """

    __slots__ = ("final", "outcome", "state")

    def __init__(self) -> None:
        self.state = State.READY
        self.outcome: Outcome | None = None
        self.final: MessageEvent | None = None

    def move(self, happened: Input) -> None:
        """Take one input. An input after the end changes nothing; one out of place is a bug."""
        if self.outcome is None:
            self.state = TRANSITIONS[self.state, happened]
            self.outcome = OUTCOMES.get(self.state)

    def receive(self, events: Sequence[MessageEvent]) -> Sequence[MessageEvent]:
        """Take the events of the stream in order.

        Returns:
            Those that are not final and came before the final one. Whatever comes after the final
            event is none of this creation's.
        """
        for index, event in enumerate(events):
            if event.type == "progress" and not event.data.lstrip().startswith(_QUOTED):
                continue
            return self._receive_each(events, index)
        return events if self.final is None else ()

    def receive_eof(self, *unfinished: MessageEvent, mid_line: bool) -> None:
        """Take the end of the stream.

        Args:
            unfinished: the events whose blank line never came, if any: the last one counts, if it
                is a final event, when its data is complete.
            mid_line: whether its last line was cut.
        """
        self._receive_unfinished(unfinished, mid_line=mid_line)
        self.move(Input.END)

    def receive_break(self, *unfinished: MessageEvent) -> None:
        """Take the end of a stream that broke, or that nobody follows any more.

        Args:
            unfinished: as for `receive_eof`; here the last counts only if its data shows its own end.
        """
        self._receive_unfinished(unfinished, mid_line=True)
        self.move(Input.BROKEN)

    def _receive_unfinished(self, unfinished: Sequence[MessageEvent], *, mid_line: bool) -> None:
        for left, event in enumerate(unfinished, 1 - len(unfinished)):
            for plain in _unquoted(event):
                if left or plain is not event or _is_complete(event, mid_line=mid_line):
                    self._receive_final(plain)

    def _receive_each(self, events: Sequence[MessageEvent], known: int) -> Sequence[MessageEvent]:
        if self.final is not None:
            return ()
        kept = list(events[:known])
        for event in events[known:]:
            for plain in _unquoted(event):
                if not self._receive_final(plain) and self.final is None:
                    kept.append(plain)  # noqa: PERF401
        return kept

    def _receive_final(self, event: MessageEvent) -> bool:
        if not _is_final(event):
            return False
        if self.final is None:
            self.final = event
            self.move(_final_input(event.type))
        return True


_FINAL_INPUTS: Final = {"2": Input.FINAL_2XX, "4": Input.FINAL_ERROR, "5": Input.FINAL_ERROR}


def _final_input(kind: str) -> Input:
    known = _FINAL_INPUTS.get(kind[0]) if len(kind) == _STATUS_DIGITS else None
    return known or Input.FINAL_OTHER


def _is_final(event: MessageEvent) -> bool:
    kind: str = event.type
    return kind.isascii() and kind.isdigit()


def _is_complete(event: MessageEvent, *, mid_line: bool) -> bool:
    if mid_line:
        return is_whole_json(event.data)
    return not is_cut(event.data)


def _unquoted(event: MessageEvent) -> list[MessageEvent]:
    """Give the events inside an event whose whole data is a JSON string of events, or itself.

    The provider's page shows its final event so; see the module `_sse` for a line on its own.
    """
    if _is_final(event) or not event.data.lstrip().startswith(_QUOTED):
        return [event]
    inner = decode_quoted(event.data)
    if inner is None:
        return [event]
    decoder = SSEDecoder(max_event_bytes=4 * len(inner) + 1, origin=event.origin)
    return [*decoder.receive(inner.encode("utf-8", "replace")), *decoder.receive_rest()] or [event]
