"""What a creation ends with: its machine, or the error that says what is known. Does no I/O."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING, TypeVar, assert_never

from . import _wire
from ._json import decode_json
from .errors import (
    CreationError,
    CreationFailed,
    CreationNotSent,
    CreationRejected,
    CreationUnknown,
    Outcome,
    RequestInterrupted,
    RequestNotSent,
    RequestRejected,
    VMUnreadable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._protocol import Attempt
    from .events import Progress
    from .specs import VMSpec

_T = TypeVar("_T")


def conclusion(
    spec: VMSpec,
    attempt: Attempt,
    cause: BaseException | None,
    last_progress: Callable[[], Progress | None],
    decode: Callable[[object], _T],
) -> _T | CreationError:
    """Give what a creation ends with.

    Args:
        spec: what was asked for.
        attempt: the last attempt.
        cause: the exception that ended it, if one did.
        last_progress: gives the last progress that came, if any; an error has it.
        decode: reads the machine's description.

    Returns:
        The machine, or the error, with its cause set.
    """
    error: CreationError
    outcome = attempt.outcome or Outcome.NOT_SENT
    if outcome is Outcome.CREATED:
        return _machine(spec, attempt, last_progress, decode)
    progress = last_progress()
    match outcome:
        case Outcome.FAILED:
            assert attempt.final is not None  # noqa: S101  (the table or the type allows nothing else)
            message, payload = _wire.decode_failure(attempt.final.data)
            error = CreationFailed(spec, progress, int(attempt.final.type), message, payload)
        case Outcome.REJECTED:
            assert isinstance(cause, RequestRejected)  # noqa: S101  (the table or the type allows nothing else)
            error = CreationRejected(spec, progress, cause.status, cause.body, cause.retry_after)
        case Outcome.NOT_SENT:
            error = CreationNotSent(spec, progress, _reason(cause))
        case Outcome.UNKNOWN:
            error = CreationUnknown(spec, progress, _reason(cause) if cause else _ending(attempt))
        case _:
            assert_never(outcome)
    error.__cause__ = cause
    return error


def _machine(
    spec: VMSpec, attempt: Attempt, last_progress: Callable[[], Progress | None], decode: Callable[[object], _T]
) -> _T | VMUnreadable:
    assert attempt.final is not None  # noqa: S101  (the table or the type allows nothing else)
    payload: object = attempt.final.data
    try:
        payload = decode_json(attempt.final.data)
        return decode(payload)
    except Exception as error:  # noqa: BLE001  (whatever is wrong, the machine is there)
        return VMUnreadable(spec, last_progress(), payload, str(error), _wire.find_vm_id(payload))


def _reason(cause: BaseException | None) -> str:
    if isinstance(cause, CancelledError):
        return "it was abandoned"
    if isinstance(cause, (RequestNotSent, RequestInterrupted)):
        return cause.reason
    return str(cause) or type(cause).__name__


def _ending(attempt: Attempt) -> str:
    if attempt.final is not None:
        return f"the final event has the type {attempt.final.type:.20}, which is not documented"
    return "the stream ended without a final event"
