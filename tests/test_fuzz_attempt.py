"""``_protocol.Attempt``, fuzzed: everything that can happen, in every order, beside a model of what must come of it."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from openscaler_async import Outcome
from openscaler_async._protocol import OUTCOMES, TRANSITIONS, Attempt, Input, State
from openscaler_async._sse import MessageEvent
from tests import oracle_outcome, streams

EVENTS = st.builds(
    lambda kind, data: MessageEvent(kind, kind, data, "", ""),
    st.sampled_from([kind for kind in streams.TYPES if kind]),
    st.sampled_from([*streams.PAYLOADS, *(streams.quoted(kind, "{}") for kind in streams.TYPES)]),
)
FINAL_INPUTS = {Input.FINAL_2XX, Input.FINAL_ERROR, Input.FINAL_OTHER}


class Life(RuleBasedStateMachine):
    """One attempt, to which anything may happen at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.attempt = Attempt()
        self.known: Outcome | None = None
        self.final: tuple[str, str] | None = None
        self.by_event = False
        self.seen: list[Input] = []

    def follows(self) -> bool:
        """Tell whether events may come: in the middle of the stream, and too late."""
        return self.attempt.state not in {State.READY, State.SENT}

    @initialize(lead=st.sampled_from([[], [Input.SEND], *[[Input.SEND, Input.STREAM]] * 3]))
    def begin(self, lead: list[Input]) -> None:
        """Mostly begin where the most can happen."""
        for happened in lead:
            self.move(happened)

    @rule(happened=st.sampled_from(Input))
    def move(self, happened: Input) -> None:
        """Before the end the table decides, and refuses what is out of place; afterwards nothing moves."""
        state = self.attempt.state
        if self.known is None and (state, happened) not in TRANSITIONS:
            with pytest.raises(KeyError):
                self.attempt.move(happened)
            assert state is self.attempt.state
            return
        self.attempt.move(happened)
        self.seen += [] if self.known else [happened]
        assert (state if self.known else TRANSITIONS[state, happened]) is self.attempt.state

    @precondition(follows)
    @rule(events=st.lists(EVENTS, max_size=4))
    def receive(self, events: list[MessageEvent]) -> None:
        """What comes before the final event is given, whatever comes with it."""
        expected = []
        for event in oracle_outcome.quoted_and_not([(event.type, event.data, "") for event in events]):
            if oracle_outcome.is_final(event):
                self.take(event)
            elif self.final is None:
                expected.append(event)
        assert expected == [(event.type, event.data) for event in self.attempt.receive(events)]

    @precondition(follows)
    @rule(event=st.none() | EVENTS, mid_line=st.booleans())
    def receive_eof(self, event: MessageEvent | None, *, mid_line: bool) -> None:
        """The end of the stream is an end, with a final event only if that is complete."""
        before = self.attempt.final
        self.attempt.receive_eof(*([] if event is None else [event]), mid_line=mid_line)
        assert self.attempt.outcome is not None
        if event is None or self.attempt.final is before:
            return
        for plain in oracle_outcome.quoted_and_not([(event.type, event.data, "")]):
            quoted = plain != (event.type, event.data)
            if oracle_outcome.is_final(plain):
                assert quoted or oracle_outcome.is_complete(plain[1], ended=not mid_line) is not False
                self.take(plain)

    def take(self, final: tuple[str, str]) -> None:
        """Take a final event into the model: the first one is it."""
        if self.final is None:
            self.by_event = self.known is None
            self.final = final

    @invariant()
    def an_outcome_stays(self) -> None:
        """An attempt has an outcome in a final state only, and always the same one."""
        assert OUTCOMES.get(self.attempt.state) is self.attempt.outcome
        assert self.known in {None, self.attempt.outcome}
        self.known = self.attempt.outcome

    @invariant()
    def a_final_event_stays(self) -> None:
        """The first final event stays the one, and decides, if nothing else did."""
        assert self.final == (self.attempt.final and (self.attempt.final.type, self.attempt.final.data))
        if self.final and self.by_event:
            assert oracle_outcome.outcome_of(self.final) is self.attempt.outcome

    @invariant()
    def nothing_is_made_up(self) -> None:
        """Only a final event makes a success or a failure; what got an answer is never taken for unsent."""
        if self.attempt.outcome in {Outcome.CREATED, Outcome.FAILED}:
            assert self.final is not None or FINAL_INPUTS & {*self.seen}
        if self.attempt.outcome is Outcome.NOT_SENT:
            assert Input.STREAM not in self.seen
        assert self.seen.count(Input.SEND) <= 1


@pytest.mark.parametrize("first", Input)
def test_every_order(first: Input) -> None:
    """Whatever four things happen, the first end stays the end, and what has left is never taken for unsent."""
    for happened in itertools.product([first], *[Input] * 3):
        attempt, outcome, left = Attempt(), None, False
        for what in happened:
            before = attempt.state
            with contextlib.suppress(KeyError) if (before, what) not in TRANSITIONS else contextlib.nullcontext():
                attempt.move(what)
            assert outcome in {None, attempt.outcome}
            assert outcome is None or before is attempt.state
            outcome = attempt.outcome
            left = left or attempt.state is State.FOLLOWED
        assert not (left and outcome in {Outcome.NOT_SENT, Outcome.REJECTED})
        assert outcome is not Outcome.CREATED or Input.FINAL_2XX in happened


Life.TestCase.settings = settings(max_examples=100, stateful_step_count=20)
TestLife = Life.TestCase
