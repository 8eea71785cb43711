"""``_history``: the events of a creation, numbered, bounded, and decoded when they are read."""

from __future__ import annotations

import itertools

import pytest
from aiohttp_sse_client.client import MessageEvent

from openscaler_async import OtherEvent, Progress, ProgressReported
from openscaler_async._history import MAX_CHARACTERS, MAX_EVENTS, History


def event(kind: str, data: str) -> MessageEvent:
    """Give an event as it comes from the decoder."""
    return MessageEvent(kind, kind, data, "", "")


def history_of(*events: MessageEvent) -> History:
    """Give a history that took some events at once."""
    history = History()
    history.extend(events)
    return history


def numbers(history: History) -> list[int]:
    """Read a history from the start, and give the numbers."""
    found = []
    last = history.after(0)
    while last is not None:
        found.append(last.number)
        last = history.after(last.number)
    return found


def test_empty() -> None:
    """A history without events has nothing to give."""
    history = history_of()
    assert history.after(0) is None
    assert history.progress_after(0) is None
    assert history.last_progress() is None
    assert history.last_number == 0


def test_events_in_order() -> None:
    """Events are numbered from 1; progress is decoded, any other event stays as it came."""
    history = history_of(event("progress", '{"progress": 5, "message": "a"}'), event("news", "b"))
    history.extend([event("progress", "c")])
    assert history.after(0) == ProgressReported(number=1, progress=Progress(5.0, "a"))
    assert history.after(1) == OtherEvent(number=2, event="news", data="b")
    assert history.after(2) == ProgressReported(number=3, progress=Progress(None, "c"))
    assert history.after(3) is None
    assert history.after(99) is None
    assert history.last_number == 3


def test_progress_alone() -> None:
    """Readers of progress skip what is not, and get the number to go on from."""
    history = history_of(event("news", "a"), event("progress", "b"), event("news", "c"), event("progress", "d"))
    history.extend([event("news", "e")])
    assert history.progress_after(0) == (2, Progress(None, "b"))
    assert history.progress_after(2) == (4, Progress(None, "d"))
    assert history.progress_after(4) is None
    assert history.last_progress() == Progress(None, "d")
    assert history_of(event("news", "a")).last_progress() is None


def test_progress_is_decoded_once() -> None:
    """All readers get the same value; nobody pays for decoding it again."""
    history = history_of(event("progress", '{"progress": 5, "message": "a"}'))
    found = history.last_progress()
    assert found == Progress(5.0, "a")
    first, second = history.after(0), history.progress_after(0)
    assert isinstance(first, ProgressReported)
    assert first.progress is found
    assert second is not None
    assert second[1] is found


def test_as_many_as_fit_are_all_kept() -> None:
    """A healthy creation's events are all there."""
    history = history_of(*[event("progress", "")] * MAX_EVENTS)
    assert list(range(1, 1001)) == numbers(history)


def test_one_more_thins_them_out() -> None:
    """Above the limit every second event goes; the newest stays, and the numbers stay with their events."""
    history = history_of(*(event("progress", str(number)) for number in range(1, 1002)))
    assert list(range(1, 1002, 2)) == numbers(history)
    assert history.after(1) == ProgressReported(number=3, progress=Progress(None, "3"))
    assert history.after(2) == ProgressReported(number=3, progress=Progress(None, "3"))
    assert history.last_number == 1001


@pytest.mark.parametrize("at_once", [1, 7, 20_000])
def test_however_many_come(at_once: int) -> None:
    """A stream without end is kept in bounds: the newest event always, older ones further apart."""
    history = History()
    for _ in range(0, 20_000, at_once):
        history.extend([event("progress", "")] * at_once)
    kept = numbers(history)
    gaps = [later - earlier for earlier, later in itertools.pairwise(kept)]
    assert MAX_EVENTS / 2 <= len(kept) <= MAX_EVENTS
    assert history.last_number == kept[-1] >= 20_000
    assert sorted(gaps, reverse=True) == gaps


@pytest.mark.parametrize("kind", ["progress", "news"])
@pytest.mark.parametrize("read", [False, True])
def test_characters_are_bounded(kind: str, *, read: bool) -> None:
    """Few large events are thinned out as many small ones are, read or not, and no sooner than need be."""

    def sized(characters: int) -> MessageEvent:  # the type of a progress event is not kept
        return event(kind, "x" * (characters - (0 if kind == "progress" else len(kind))))

    half = MAX_CHARACTERS // 2
    history = history_of(sized(half), sized(half))
    assert numbers(history) == [1, 2]
    if read:
        history.last_progress()
    history.extend([sized(10)])
    assert numbers(history) == [1, 3]
    history.extend([sized(half - 10)])
    assert numbers(history) == [1, 3, 4]
    history.extend([sized(10)])
    assert numbers(history) == [3, 5]


def test_type_is_bounded_too() -> None:
    """What a server puts into the type of its events, or into their id, is held no longer than their data."""
    history = History()
    for number in range(50):
        history.extend([MessageEvent("t" * 10**6, "t" * 10**6, "", "", f"{number}" * 10**6)])
    assert len(numbers(history)) <= 2
    history.lose("broken")
    assert history.last_number == 51
    history.extend([event("progress", "a"), event("progress", "x" * (MAX_CHARACTERS - 100))])
    assert numbers(history)[-2:] == [51, 53]


def test_newest_is_kept_however_large() -> None:
    """One event above the bound is kept until the next comes."""
    large = event("progress", "x" * (MAX_CHARACTERS + 1))
    history = history_of(event("progress", "a"), large)
    assert numbers(history) == [2]
    history.extend([event("progress", "b")])
    assert numbers(history) == [3]
    assert history.last_progress() == Progress(None, "b")
