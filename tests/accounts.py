"""What callers know of their machines, held against the provider's books; and what they must never be shown."""

from __future__ import annotations

import logging
import pickle
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from openscaler_async import (
    VM,
    Absent,
    Ambiguous,
    CreationError,
    CreationUnknown,
    Pending,
    VMSpec,
    VMUnreadable,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from openscaler_async import Creation

CANARY = "canary-5e1b"
"""In the token and in every secret of a spec."""

End: TypeAlias = VM | CreationError


def secret_spec(name: str, **fields: Any) -> VMSpec:  # noqa: ANN401  (any field of VMSpec)
    """Give a spec full of secrets."""
    secrets: dict[str, Any] = {"password": CANARY, "cloud_init_user_data": f"#cloud-config\n# {CANARY}\n"}
    return VMSpec(name=name, size="b-1-500mb-10", region="alg1", distro="debian-13", **secrets, **fields)


def end_of(creation: Creation[VM]) -> End:
    """Give what a creation has ended with."""
    return creation.exception() or creation.result()


def row_of(end: End) -> str:
    """Name the row of the table of outcomes, with the verdict of one that is unknown."""
    if isinstance(end, VM):
        return "CREATED"
    row = end.outcome.name
    if isinstance(end, CreationUnknown):
        return f"{row}, {type(end.verdict).__name__}" if end.verdict else row
    return f"{row}, unreadable" if isinstance(end, VMUnreadable) else row


def contradiction(end: End, ids: Sequence[int], older: Collection[int] = ()) -> str:
    """Say how the caller is misled.

    Args:
        end: what the caller was given.
        ids: the machines that the server has of it.
        older: machines that others made, some of the same name.

    Returns:
        What is wrong, or ``""``.
    """
    match end:
        case VM() as vm:
            right = [vm.id] == [*ids]
        case VMUnreadable():
            right = len(ids) == 1 and end.vm_id in {None, *ids}
        case CreationUnknown(verdict=Pending(vm)):
            right = {*ids} <= {vm.id}  # its creation may have failed since
        case CreationUnknown(verdict=Ambiguous(candidates)):
            right = len(ids) <= 1 and {vm.id for vm in candidates} <= {*ids, *older}
        case CreationUnknown(verdict=None):
            right = len(ids) <= 1
        case CreationUnknown(verdict=Absent()) | CreationError():
            right = not ids
    return "" if right else f"{row_of(end)}, and the server has {ids}: {end!s:.300}"


def shown(creation: Creation[VM]) -> Iterator[str]:
    """Give all that a creation that has ended can be made to tell, but what was asked for itself."""
    end, ticket = end_of(creation), creation.ticket()
    yield from map(repr, (creation, creation._task, creation.spec, creation.progress, end, ticket))
    yield from (str(end), ticket.to_json(), str(pickle.dumps(ticket)), str(pickle.dumps(end)))
    if isinstance(end, CreationError):
        yield from (repr(end.args), repr(vars(end)), "".join(traceback.format_exception(end)))


def leaks(creations: Sequence[Creation[VM]]) -> list[str]:
    """Give what has a secret in it of all that these creations tell."""
    return [text for creation in creations for text in shown(creation) if CANARY in text]


@contextmanager
def watched_logs() -> Iterator[list[str]]:
    """Take every log at DEBUG, of any logger; give those that have a secret in them."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    watch = _Watch()
    root.handlers = [watch]  # nobody else is to keep a hundred thousand lines
    root.setLevel(logging.DEBUG)
    try:
        yield watch.found
    finally:
        root.handlers = handlers
        root.setLevel(level)


class _Watch(logging.Handler):
    """Keeps the records with a secret."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if CANARY in text:
            self.found.append(text)
