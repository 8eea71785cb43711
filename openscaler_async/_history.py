"""The events of one creation, numbered and bounded. Does no I/O.

A progress event is kept as its text and decoded when someone reads it: a caller that only awaits
must not pay for JSON that nobody looks at.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from ._wire import decode_progress
from .events import OtherEvent, Progress, ProgressReported, StreamLost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._sse import MessageEvent

_Item: TypeAlias = str | Progress | tuple[str, str] | StreamLost
MAX_EVENTS: Final = 1_000  # a healthy creation has some tens
MAX_CHARACTERS: Final = 2**20  # what one creation may hold of a server that talks too much


class History:
    """A list of numbered events that thins itself out, oldest first kept apart, newest always kept."""

    __slots__ = ("_characters", "_items", "_numbers", "last_number")

    def __init__(self) -> None:
        self._items: list[_Item] = []  # a str is a progress event's data; a tuple another's type and data
        self._numbers: list[int] | None = None  # of the items; None while none is missing
        self._characters = 0
        self.last_number = 0

    def extend(self, events: Sequence[MessageEvent]) -> None:
        """Take the next events."""
        items = self._items
        for event in events:
            data = event.data
            self._characters += len(data)
            if event.type == "progress":
                items.append(data)
            else:
                items.append((event.type, data))
                self._characters += len(event.type)
        if self._numbers is not None:
            self._numbers.extend(range(self.last_number + 1, self.last_number + 1 + len(events)))
        self.last_number += len(events)
        while (len(items) > MAX_EVENTS or self._characters > MAX_CHARACTERS) and len(items) > 1:
            self._thin_out()

    def lose(self, reason: str) -> None:
        """Take the loss of the stream as the next event."""
        self.last_number += 1
        self._items.append(StreamLost(number=self.last_number, reason=reason))
        if self._numbers is not None:
            self._numbers.append(self.last_number)

    def after(self, number: int) -> ProgressReported | OtherEvent | StreamLost | None:
        """Give the first event with a larger number, or None."""
        index = self._index_after(number)
        if index >= len(self._items):
            return None
        item, found = self._items[index], self._number(index)
        if isinstance(item, StreamLost):
            return item
        if isinstance(item, tuple):
            kind, data = item
            return OtherEvent(number=found, event=kind, data=data)
        return ProgressReported(number=found, progress=self._decoded(index, item))

    def progress_after(self, number: int) -> tuple[int, Progress] | None:
        """Give the first progress with a larger number and that number, or None."""
        for index in range(self._index_after(number), len(self._items)):
            item = self._items[index]
            if isinstance(item, (str, Progress)):
                return self._number(index), self._decoded(index, item)
        return None

    def last_progress(self) -> Progress | None:
        """Give the newest progress, or None."""
        for index in range(len(self._items) - 1, -1, -1):
            item = self._items[index]
            if isinstance(item, (str, Progress)):
                return self._decoded(index, item)
        return None

    def _decoded(self, index: int, item: str | Progress) -> Progress:
        if isinstance(item, str):
            item = self._items[index] = decode_progress(item)
        return item

    def _index_after(self, number: int) -> int:
        return max(number, 0) if self._numbers is None else bisect_right(self._numbers, number)

    def _number(self, index: int) -> int:
        return index + 1 if self._numbers is None else self._numbers[index]

    def _thin_out(self) -> None:
        if self._numbers is None:
            self._numbers = [*range(1, self.last_number + 1)]
        del self._items[-2::-2], self._numbers[-2::-2]
        self._characters = sum(_characters(item) for item in self._items)


def _characters(item: _Item) -> int:
    match item:
        case str():
            return len(item)
        case (kind, data):
            return len(kind) + len(data)
        case Progress():
            return len(item.message)
        case StreamLost():
            return len(item.reason)
        case never:
            assert_never(never)
