"""A run, and values, as JSON for scripts: Python's field names, times in ISO 8601, no secrets."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs

from openscaler_async import CreationUnknown, Outcome

from .codes import code_of

if TYPE_CHECKING:
    from openscaler_async import CreationError, Progress

    from .board import Board, Machine

_SECRETS = frozenset({"password", "cloud_init_user_data", "token", "access_token"})
_ERROR_FACTS = ("status", "retry_after", "reason", "vm_id")


def to_line(value: object) -> str:
    """Write a value as one line of JSON, in ASCII."""
    return json.dumps(jsonable(value))


def jsonable(value: object) -> Any:  # noqa: ANN401  (JSON may be anything)
    """Turn a value of the package into what `json` writes."""
    match value:
        case enum.Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case Mapping():
            return {key: jsonable(item) for key, item in value.items() if key not in _SECRETS}
        case list() | tuple():
            return [jsonable(item) for item in value]
    if attrs.has(kind := type(value)):
        return jsonable({field.name: getattr(value, field.name) for field in attrs.fields(kind)})
    return value


class JsonLines:
    """The format for scripts: one object for each event."""

    def progress(self, machine: Machine, progress: Progress) -> str:
        """Write a ``progress`` event."""
        facts = {"percent": progress.percent, "message": progress.message}
        return to_line({"event": "progress", **_which(machine), **facts})

    def end(self, machine: Machine) -> str:
        """Write an event named after the outcome, with the machine or with the error."""
        what = {"vm": machine.vm} if machine.error is None else _facts(machine.error)
        return to_line({"event": machine.state, **_which(machine), **what})

    def summary(self, board: Board) -> str:
        """Write the closing ``summary`` event."""
        counts = board.counts()
        facts = {
            "requested": len(board.machines),
            **{outcome.value: counts[outcome.value] for outcome in Outcome},
            "seconds": round(board.elapsed, 3),
            "interrupted": board.interrupted,
            "simulated": board.simulated,
            "exit_code": code_of(board.outcomes()),
        }
        return to_line({"event": "summary", **facts})


def _which(machine: Machine) -> dict[str, object]:
    number = machine.sequence_id
    return {"name": machine.name} | ({} if number is None else {"sequence_id": number})


def _facts(error: CreationError) -> dict[str, object]:
    facts = {name: getattr(error, name, None) for name in _ERROR_FACTS}
    known = {name: value for name, value in facts.items() if value is not None}
    if isinstance(error, CreationUnknown):
        known |= _unknown(error)
    return {"error": str(error), "error_type": type(error).__name__, **known}


def _unknown(error: CreationUnknown) -> dict[str, object]:
    verdict, ticket = error.verdict, error.ticket
    facts = {
        "verdict": verdict and {"kind": type(verdict).__name__.lower(), **jsonable(verdict)},
        "ticket": ticket and json.loads(ticket.to_json()),
    }
    return {name: value for name, value in facts.items() if value is not None}
