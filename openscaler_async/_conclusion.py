"""What a creation ends with: its machine, or the error that says what is known. Does no I/O."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING, TypeVar, assert_never, cast

import attrs

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
from .models import VM
from .verdicts import Found

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._protocol import Attempt, Ending
    from .events import Progress
    from .specs import VMSpec

_T = TypeVar("_T")


def conclusion(
    spec: VMSpec,
    ending: Ending,
    last_progress: Callable[[], Progress | None],
    decode: Callable[[object], _T],
) -> tuple[_T | CreationError, int | None]:
    """Give what a creation ends with.

    Args:
        spec: what was asked for.
        ending: how it came to its end.
        last_progress: gives the last progress that came, if any; an error has it.
        decode: reads the machine's description.

    Returns:
        The machine, or the error, with its cause set; and the id of the machine that is certainly
        this creation's, if there is one.
    """
    if isinstance(ending.verdict, Found):
        found = cast("_T", _completed(ending.verdict.vm, spec))
        return found, ending.verdict.vm.id
    if ending.attempt.outcome is Outcome.CREATED:
        return _machine(spec, ending.attempt, last_progress, decode)
    error = _error(spec, ending, last_progress())
    error.__cause__ = ending.cause
    return error, None


def reason(ending: Ending) -> str:
    """Say in words why nothing more is known of a creation."""
    attempt, cause = ending.attempt, ending.cause
    if isinstance(cause, CancelledError):
        return "it was abandoned"
    if isinstance(cause, (RequestNotSent, RequestInterrupted)):
        return cause.reason
    if cause is not None:
        return str(cause) or type(cause).__name__
    if attempt.final is not None:
        return f"the final event has the type {attempt.final.type:.20}, which is not documented"
    return "the stream ended without a final event"


def _error(spec: VMSpec, ending: Ending, progress: Progress | None) -> CreationError:
    attempt, cause = ending.attempt, ending.cause
    match attempt.outcome or Outcome.NOT_SENT:
        case Outcome.FAILED:
            assert attempt.final is not None  # noqa: S101  (the table or the type allows nothing else)
            message, payload = _wire.decode_failure(attempt.final.data)
            return CreationFailed(spec, progress, int(attempt.final.type), message, payload)
        case Outcome.REJECTED:
            assert isinstance(cause, RequestRejected)  # noqa: S101  (the table or the type allows nothing else)
            return CreationRejected(spec, progress, cause.status, cause.body, cause.retry_after)
        case Outcome.NOT_SENT:
            return CreationNotSent(spec, progress, reason(ending))
        case Outcome.UNKNOWN | Outcome.CREATED:
            return CreationUnknown(spec, progress, reason(ending), ending.verdict)
        case never:
            assert_never(never)


def _machine(
    spec: VMSpec, attempt: Attempt, last_progress: Callable[[], Progress | None], decode: Callable[[object], _T]
) -> tuple[_T | VMUnreadable, int | None]:
    assert attempt.final is not None  # noqa: S101  (the table or the type allows nothing else)
    payload: object = attempt.final.data
    try:
        payload = decode_json(attempt.final.data)
        made = decode(payload)
    except Exception as error:  # noqa: BLE001  (whatever is wrong, the machine is there)
        vm_id = _wire.find_vm_id(payload)
        return VMUnreadable(spec, last_progress(), payload, str(error), vm_id), vm_id
    return made, made.id if isinstance(made, VM) else None


def _completed(vm: VM, spec: VMSpec) -> VM:
    """Give a machine from the list with what the documented list does not show, and we know."""
    return vm if vm.sequence_id is not None else attrs.evolve(vm, sequence_id=spec.sequence_id)
