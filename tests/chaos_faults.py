"""What befalls the requests of a chaos run: every fault of the simulator, and mixtures of them, by chance."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

import attrs

from openscaler_async.simulator import (
    AlteredVM,
    Buffered,
    ByteOrderMark,
    Combined,
    CommentsOnly,
    DropAfter,
    DropBeforeHead,
    Fault,
    FinalError,
    Gzip,
    HtmlFromProxy,
    HugeEvent,
    LineEnds,
    ListLag,
    MissingLastBlankLine,
    NoFinalEvent,
    OneByteAtATime,
    QuotedLiterals,
    RateLimited,
    Redirect,
    Retry,
    SecondStream,
    ServerError,
    Silence,
    SlowCreation,
    Unauthorized,
    UnknownEvent,
    UnreadableList,
    UnreadableProgress,
    UnreadableVM,
    WrongContentType,
    WrongDate,
)

if TYPE_CHECKING:
    import random

    from aiohttp import web

LAG: Final = 2.0
"""By how many seconds every list lags."""
MAX_EVENT_BYTES: Final = 2**17
TURNED_AWAY: Final = 0.05
LISTS_THAT_FAIL: Final = 0.3
UNBROKEN: Final = 0.5
HEARD: Final = 0.6
USUAL: Final = 0.6
HALF: Final = 0.5
_WRONG_CLOCKS: Final = (WrongDate(3_600), WrongDate(-3_600))


@attrs.frozen(hash=False)
class Noted(Fault):
    """Writes down whose request came, unless it is turned away and may be sent again.

    Attributes:
        posts: how many came, by the machine's name.
    """

    posts: Counter[str]

    async def answer(self, request: web.Request) -> None:
        """Write it down."""
        self.posts[json.loads(await request.read())["name"]] += 1


def for_creation(chance: random.Random, posts: Counter[str], *, wrong_clocks: bool) -> Fault:
    """Draw what befalls one POST."""
    if chance.random() < TURNED_AWAY:
        return chance.choice([RateLimited(0), RateLimited(None), RateLimited(61), Unauthorized()])
    # Nothing may take the final event away after the lie of a second stream was added, which would be the truth then.
    lie = [SecondStream()] * (chance.random() < TURNED_AWAY)
    return Combined([Noted(posts), *lie, *_break(chance), *_life(chance), *_form(chance, wrong_clocks)])


def for_list(chance: random.Random, *, wrong_clocks: bool) -> Fault:
    """Draw what befalls one list; each lags, too."""
    if chance.random() > LISTS_THAT_FAIL:
        return ListLag(LAG)
    fault = chance.choice(
        [
            *(ServerError(503), ServerError(500, 0), HtmlFromProxy(), HtmlFromProxy(200), RateLimited(0), Redirect()),
            *(DropBeforeHead(), DropAfter(0, "reset"), DropAfter(2_000), DropAfter(9_000, "end"), Silence(0)),
            *(UnreadableList(), UnreadableList(""), ByteOrderMark(), Gzip(), WrongContentType("text/html")),
            *(ListLag(0.5), WrongDate(), *_WRONG_CLOCKS * wrong_clocks),
            *(AlteredVM(without=["state"]), AlteredVM(without=["created_at"]), AlteredVM({"vcpus": "many"})),
        ]
    )
    return Combined([fault, ListLag(LAG)])


def _break(chance: random.Random) -> list[Fault]:
    """Draw what keeps the client from the end of the stream, or nothing."""
    if chance.random() < UNBROKEN:
        return []
    creates = chance.random() < HEARD
    hows: list[Literal["close", "reset"]] = ["close", "reset"]
    how = chance.choice(hows)
    fault = chance.choice(
        [
            DropBeforeHead(how, creates=creates),
            DropAfter(chance.randrange(2_000), "end" if chance.random() < UNBROKEN else how),
            Silence(chance.choice([None, 0, 1, 2])),
            Silence(creates=False),
            ServerError(chance.choice([500, 502, 503, 504]), creates=creates),
            HtmlFromProxy(chance.choice([200, 502, 504]), creates=creates),
            chance.choice([ServerError(409), HtmlFromProxy(403)]),
            Redirect(chance.choice([301, 302, 303, 307, 308]), creates=creates),
            CommentsOnly(has_final=False, interval=0.2),
            WrongContentType(),
            NoFinalEvent(),
            HugeEvent(2 * MAX_EVENT_BYTES),
            UnknownEvent("300"),
        ]
    )
    return [fault]


def _life(chance: random.Random) -> list[Fault]:
    """Draw what becomes of the machine, and how it is described; or nothing."""
    if chance.random() < USUAL:
        return []
    fault = chance.choice(
        [
            *(SlowCreation(chance.uniform(0, 1.5)), ListLag(chance.uniform(0, 0.3))),
            *(FinalError(chance.choice([400, 500, 503])), FinalError(500, "no room")),
            *(UnreadableVM(), UnreadableVM("null"), AlteredVM(without=["id"]), AlteredVM({"vcpus": "1"})),
        ]
    )
    return [fault]


def _form(chance: random.Random, wrong_clocks: bool) -> list[Fault]:  # noqa: FBT001  (its callers have it by name)
    """Draw up to two strange forms of the stream."""
    forms = [
        *(Buffered(), ByteOrderMark(), OneByteAtATime(), Gzip(), UnknownEvent(), UnreadableProgress()),
        *(LineEnds("\r"), LineEnds("\r\n"), CommentsOnly(), Retry(), HugeEvent(1_000), WrongDate()),
        *_WRONG_CLOCKS * wrong_clocks,
        MissingLastBlankLine(line_end=chance.random() < HALF),
        QuotedLiterals("line", progress_too=chance.random() < HALF),
        QuotedLiterals("data", progress_too=chance.random() < HALF),
    ]
    drawn = sorted(chance.sample(range(len(forms)), chance.choice([0, 0, 1, 2])))
    return [forms[index] for index in drawn]
