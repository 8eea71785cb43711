"""``_protocol``: the life of one attempt; what was sent is never taken for unsent, nor silence for success."""

from __future__ import annotations

import itertools

import pytest
from aiohttp_sse_client.client import MessageEvent

from openscaler_async import Outcome
from openscaler_async._protocol import OUTCOMES, TRANSITIONS, Attempt, Input, State

STREAMED = {Input.EVENT, Input.FINAL_2XX, Input.FINAL_ERROR, Input.FINAL_OTHER, Input.END}
ANSWERED = {Input.ANSWERED_4XX, Input.ANSWERED_OTHER, Input.STREAM}
BEGINNINGS = {Input.SEND, Input.ATTACHED}
IMPOSSIBLE = {
    State.READY: STREAMED | ANSWERED,  # nothing is answered that was not sent
    State.SENT: STREAMED | BEGINNINGS,  # no event comes before the head; nothing is sent twice
    State.FOLLOWED: ANSWERED | BEGINNINGS | {Input.PROVED_UNSENT},  # the head proves that it was sent
}


def event(kind: str, data: str = "") -> MessageEvent:
    """Give an event as it comes from the decoder."""
    return MessageEvent(kind, kind, data, "", "")


def attempt_in(state: State) -> Attempt:
    """Give an attempt that is in a state."""
    attempt = Attempt()
    attempt.state = state
    attempt.outcome = state.value if isinstance(state.value, Outcome) else None
    return attempt


@pytest.mark.parametrize(("state", "happened"), list(itertools.product(IMPOSSIBLE, Input)))
def test_every_pair_is_in_the_table_or_impossible(state: State, happened: Input) -> None:
    """In every state that is not final, every input either leads somewhere or is a bug of ours."""
    assert ((state, happened) in TRANSITIONS) != (happened in IMPOSSIBLE[state])
    attempt = attempt_in(state)
    if happened in IMPOSSIBLE[state]:
        with pytest.raises(KeyError):
            attempt.move(happened)
        assert state is attempt.state
    else:
        attempt.move(happened)
        assert TRANSITIONS[state, happened] is attempt.state


@pytest.mark.parametrize(("state", "happened"), list(itertools.product(sorted(OUTCOMES, key=str), Input)))
def test_final_states_never_move(state: State, happened: Input) -> None:
    """What is known stays known, whatever happens afterwards."""
    assert (state, happened) not in TRANSITIONS
    attempt = attempt_in(state)
    attempt.move(happened)
    assert state is attempt.state


def test_states() -> None:
    """An attempt begins ready, and every outcome is a final state."""
    attempt = Attempt()
    assert (State.READY, None, None) == (attempt.state, attempt.outcome, attempt.final)
    assert set(Outcome) == {state.value for state in OUTCOMES}
    assert set(State) == OUTCOMES.keys() | IMPOSSIBLE.keys()
    for state in State:
        assert (state.value if state in OUTCOMES else None) == attempt_in(state).outcome


@pytest.mark.parametrize(
    ("state", "outcomes"),
    [
        (
            State.READY,
            dict.fromkeys([Input.PROVED_UNSENT, Input.BROKEN, Input.ABANDONED], Outcome.NOT_SENT)
            | {Input.ATTACHED: Outcome.UNKNOWN},
        ),
        (
            State.SENT,
            dict.fromkeys([Input.ANSWERED_OTHER, Input.BROKEN, Input.ABANDONED], Outcome.UNKNOWN)
            | {Input.PROVED_UNSENT: Outcome.NOT_SENT, Input.ANSWERED_4XX: Outcome.REJECTED},
        ),
        (
            State.FOLLOWED,
            dict.fromkeys([Input.FINAL_OTHER, Input.END, Input.BROKEN, Input.ABANDONED], Outcome.UNKNOWN)
            | {Input.FINAL_2XX: Outcome.CREATED, Input.FINAL_ERROR: Outcome.FAILED},
        ),
    ],
)
def test_outcomes(state: State, outcomes: dict[Input, Outcome]) -> None:
    """The table says what the documentation says: only a final event 2xx creates, only proof un-sends."""
    found = {key: to.value for (at, key), to in TRANSITIONS.items() if at is state and to in OUTCOMES}
    assert outcomes == found


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        *((kind, Outcome.CREATED) for kind in ("200", "201", "202", "299")),
        *((kind, Outcome.FAILED) for kind in ("400", "404", "422", "499", "500", "503", "599")),
        *((kind, Outcome.UNKNOWN) for kind in ("100", "302", "600", "000", "2", "20", "2000", "20000", "0200", "4")),
    ],
)
@pytest.mark.parametrize("unfinished", [False, True])
def test_every_number_is_final(kind: str, outcome: Outcome, *, unfinished: bool) -> None:
    """An event whose type is all digits is final; what it means is its first digit, when there are three."""
    attempt, final = attempt_in(State.FOLLOWED), event(kind, "{}")
    if unfinished:
        attempt.receive_eof(final, mid_line=False)
    else:
        assert [] == list(attempt.receive([final]))
    assert outcome is attempt.outcome
    assert final is attempt.final


@pytest.mark.parametrize(
    "kind", ["message", "done", "2xx", "20.0", "-200", "+200", " 200", "\u00b2\u2070\u2070", "\u0662\u0660\u0660"]
)
def test_nothing_else_is_final(kind: str) -> None:
    """Any other event is kept for the reader, and the attempt goes on."""
    attempt, other = attempt_in(State.FOLLOWED), event(kind, "{}")
    assert [other] == attempt.receive([other])
    assert (State.FOLLOWED, None) == (attempt.state, attempt.final)
    attempt.receive_eof(other, mid_line=False)
    assert (Outcome.UNKNOWN, None) == (attempt.outcome, attempt.final)


def test_events_before_the_final_one() -> None:
    """What came before the final event is given in order, what comes after it is not, at once or later."""
    before = [event("progress", "1"), event("news", "2"), event("progress", "3")]
    after = [event("progress", "4"), event("news", "5"), event("500", "6"), event("200", "7")]
    attempt = attempt_in(State.FOLLOWED)
    assert before[:1] == attempt.receive(before[:1])
    assert before == list(attempt.receive([*before, event("200", "{}"), *after]))
    for later in ([], after, after[:1], after[1:], [event("progress", '"event: 500\\ndata: a\\n"')]):
        assert list(attempt.receive(later)) == []
    attempt.receive_eof(event("500", "{}"), mid_line=False)
    assert attempt.final == event("200", "{}")
    assert attempt.outcome is Outcome.CREATED


def test_end_without_events() -> None:
    """A stream that ends without a final event tells nothing."""
    attempt = attempt_in(State.FOLLOWED)
    assert list(attempt.receive([])) == []
    attempt.receive_eof(mid_line=False)
    assert (Outcome.UNKNOWN, None) == (attempt.outcome, attempt.final)


QUOTED = '"event: 200\\ndata: {\\"id\\": 31}\\n"'


@pytest.mark.parametrize("kind", ["message", "progress", "news"])
@pytest.mark.parametrize("data", [QUOTED, QUOTED[:-3] + '"', QUOTED[:-1] + '\\n"', QUOTED + " "])
@pytest.mark.parametrize("unfinished", [False, True])
def test_quoted_event(kind: str, data: str, *, unfinished: bool) -> None:
    """An event whose whole data is a quoted event is that event, with or without the blank line inside."""
    attempt = attempt_in(State.FOLLOWED)
    if unfinished:
        attempt.receive_eof(event(kind, data), mid_line=True)
    else:
        assert list(attempt.receive([event("progress", "1"), event(kind, data)])) == [event("progress", "1")]
    assert attempt.outcome is Outcome.CREATED
    assert attempt.final == event("200", '{"id": 31}')


def test_several_quoted_events() -> None:
    """Several events in one string count one by one."""
    text = '"event: progress\\ndata: 1\\n\\nevent: news\\ndata: 2\\n\\nevent: 500\\ndata: 3\\n\\nevent: 200\\ndata: 4"'
    attempt = attempt_in(State.FOLLOWED)
    assert list(attempt.receive([event("message", text)])) == [event("progress", "1"), event("news", "2")]
    assert (Outcome.FAILED, event("500", "3")) == (attempt.outcome, attempt.final)


@pytest.mark.parametrize(
    "data",
    [
        *('"event: 200\\ndata: {}', '"event: 200\\ndata: {}\\n" and more', '"event: 200"', '"event:"'),
        *('{"event": "200"}', '["event: 200\\ndata: {}"]', "event: 200\\ndata: {}", '"data: {}"'),
    ],
)
def test_what_is_no_quoted_event(data: str) -> None:
    """What only looks like a quoted event is an event of its own, and never a success."""
    attempt, other = attempt_in(State.FOLLOWED), event("message", data)
    assert [other] == list(attempt.receive([other]))
    attempt.receive_eof(other, mid_line=False)
    assert (Outcome.UNKNOWN, None) == (attempt.outcome, attempt.final)


def test_text_of_a_final_event_is_never_unquoted() -> None:
    """A final event's data is its payload, even if it looks like a quoted event."""
    attempt = attempt_in(State.FOLLOWED)
    attempt.receive([event("500", QUOTED)])
    assert (Outcome.FAILED, event("500", QUOTED)) == (attempt.outcome, attempt.final)


@pytest.mark.parametrize(
    ("data", "complete_line", "cut_line"),
    [
        *((data, True, True) for data in ("{}", '{"a": 1}', "[1]", '"text"')),
        *((data, True, False) for data in ("no room", "", "7", "null", "{} x")),
        *((data, False, False) for data in ('{"a": 1,', '{\n"a":', "[")),
    ],
)
def test_unfinished_final_event(data: str, *, complete_line: bool, cut_line: bool) -> None:
    """Without its blank line a final event counts when its data is complete: a whole line, or whole JSON."""
    for mid_line, counts in [(False, complete_line), (True, cut_line)]:
        attempt = attempt_in(State.FOLLOWED)
        attempt.receive_eof(event("500", data), mid_line=mid_line)
        assert (Outcome.FAILED if counts else Outcome.UNKNOWN) is attempt.outcome
        assert (event("500", data) if counts else None) == attempt.final
