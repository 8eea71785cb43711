"""Every fault of the simulator, in every variant that makes a difference, and how a creation under it ends.

`test_matrix.py` goes through them, and sees to it that none is missing.
"""

from __future__ import annotations

import math
from typing import Any, Final

import attrs

from openscaler_async import Timeouts
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
    HugeList,
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

EVERY: Final = 1_000
_KiB: Final = 2**10


def clocks(**seconds: float) -> dict[str, Any]:
    """Give the setting of a client that is quick to look and to give up looking."""
    return {"timeouts": Timeouts(**{"settle": 0.05, "reconcile": 60.0, **seconds})}


@attrs.frozen(repr=False)
class Row:
    """What befalls creations, and how each of them ends.

    Attributes:
        end: the row of the table of outcomes, as `tests.accounts.row_of` names it.
        fault: what befalls as many of the first POSTs as there are creations.
        listing: what befalls the list, or None.
        posts: how many POSTs come of each creation.
        looks: how many lists are befallen.
        settings: of the client.
        expired: whether the token that the client has at first has expired.
        refusing: whether nobody listens.
    """

    end: str
    fault: Fault = attrs.field(factory=Fault)
    listing: Fault | None = None
    posts: int = attrs.field(default=1, kw_only=True)
    looks: int = attrs.field(default=1, kw_only=True)
    settings: dict[str, Any] = attrs.field(factory=clocks, kw_only=True)
    expired: bool = attrs.field(default=False, kw_only=True)
    refusing: bool = attrs.field(default=False, kw_only=True)

    @property
    def hurried(self) -> bool:
        """Whether it lives by short clocks, which a slow event loop sets off."""
        return bool(self.settings["timeouts"].deadline == _SHORT["deadline"])

    def __repr__(self) -> str:
        words = [f"{self.fault!r:.200}"]
        if self.listing:
            words += [f"list {self.listing!r:.200}"] + ["always"] * (self.looks == EVERY)
        words += ["expired"] * self.expired + ["refusing"] * self.refusing
        return " ".join([*words, "->", self.end])


_SHORT: Final = {"first_event": 1.0, "silence": 1.0, "deadline": 1.5, "settle": 1.0}  # a busy machine is no fault
_DEEP: Final = "[" * 9_000
_CUTS: Final = [DropAfter(number, how) for number in (0, 200) for how in ("end", "close", "reset")]
_ONCE: Final = [
    *(ServerError(), ServerError(500, 0), ServerError(408), HtmlFromProxy(), HtmlFromProxy(200), RateLimited(0)),
    *(Redirect(), Redirect(302), DropAfter(0), DropAfter(100, "end"), DropAfter(300, "reset"), HugeList()),
    *(UnreadableList(), UnreadableList(""), UnreadableList(_DEEP), ListLag(math.inf), ByteOrderMark(), WrongDate()),
    *(AlteredVM(without=["id"]), AlteredVM({"name": 7}), AlteredVM(without=["created_at"])),
]
_READ: Final = [
    *(OneByteAtATime(), Gzip(), WrongContentType("text/html"), HugeList(_KiB), ListLag(0), DropAfter(10**9)),
    *(AlteredVM({"vcpus": "many"}), AlteredVM(without=["disks", "uuid"]), WrongDate(-2)),
    Combined([Gzip(), ListLag(0.01), AlteredVM({"new": []})]),
]


def _lost(end: str, listing: Fault, looks: int = 1, **seconds: float) -> Row:
    """Give a creation whose machine is looked for, by a list that something befalls."""
    return Row(end, DropBeforeHead(), listing, looks=looks, settings=clocks(**seconds))


ROWS: Final[dict[str, list[Row]]] = {
    "the final event is as it should be": [
        *(Row("CREATED", fault) for fault in (Fault(), Buffered(), ByteOrderMark(), Gzip(), OneByteAtATime())),
        *(Row("CREATED", fault) for fault in (ListLag(0.2), SlowCreation(0.2), SecondStream(), Retry(), Retry(10**9))),
        *(Row("CREATED", fault) for fault in (LineEnds("\r"), LineEnds("\r\n"), UnknownEvent(), CommentsOnly())),
        *(Row("CREATED", fault) for fault in (UnknownEvent("error", "?"), UnreadableProgress(), HugeEvent(100 * _KiB))),
        *(Row("CREATED", UnreadableProgress(data)) for data in (_DEEP, "1e999")),
        *(Row("CREATED", MissingLastBlankLine(line_end=line_end)) for line_end in (True, False)),
        *(Row("CREATED", QuotedLiterals(form)) for form in ("line", "data")),
        *(Row("CREATED", QuotedLiterals(form, progress_too=True)) for form in ("line", "data")),
        *(Row("CREATED", WrongDate(seconds)) for seconds in (None, 7200)),
        *(Row("CREATED", AlteredVM(fields)) for fields in ({}, {"state": "error"}, {"name": "other"}, {"vcpus": None})),
        *(Row("CREATED", DropAfter(10**9, how)) for how in ("end", "close", "reset")),
        *(Row("CREATED", fault) for fault in (AlteredVM({"sequence_id": 5_000}), AlteredVM(without=["uuid", "disks"]))),
        Row("CREATED", Combined([Buffered(), LineEnds("\r"), MissingLastBlankLine(line_end=False)])),
        Row("CREATED", Combined([Gzip(), SecondStream(), ByteOrderMark(), UnknownEvent()])),
    ],
    "there is a machine of which its creation was not told": [
        *(Row("CREATED", fault) for fault in (DropBeforeHead(), DropBeforeHead("reset"), NoFinalEvent(), *_CUTS)),
        *(Row("CREATED", fault) for fault in (WrongContentType(), UnknownEvent("300"), UnknownEvent("99"))),
        *(Row("CREATED", Redirect(status, creates=True)) for status in (301, 303, 308)),
        *(Row("CREATED", ServerError(status, creates=True)) for status in (500, 504)),
        *(Row("CREATED", HtmlFromProxy(status, creates=True)) for status in (200, 502)),
        Row("CREATED", Combined([DropBeforeHead(), ListLag(0.2)]), settings=clocks(settle=2.0)),
        Row("CREATED", Combined([SlowCreation(0.2), DropAfter(0, "reset")])),
        Row("CREATED", HugeEvent(200 * _KiB), settings=clocks() | {"max_event_bytes": 100 * _KiB}),
    ],
    "there is no machine, and no word of that": [
        *(Row("UNKNOWN, Absent", DropBeforeHead(how, creates=False)) for how in ("close", "reset")),
        *(Row("UNKNOWN, Absent", fault) for fault in (ServerError(), ServerError(500, 7), ServerError(504, "soon"))),
        *(
            Row("UNKNOWN, Absent", fault)
            for fault in (HtmlFromProxy(), HtmlFromProxy(200), Redirect(), FinalError(302))
        ),
        Row("UNKNOWN, Absent", Redirect(302, "http://127.0.0.1:9/v1/vms")),
        Row("UNKNOWN, Absent", Combined([DropAfter(100), FinalError(400)])),
        Row("UNKNOWN, Absent", Combined([SlowCreation(0.2), DropAfter(0), FinalError()])),
    ],
    "the final event says that there is none": [
        *(Row("FAILED", FinalError(status)) for status in (400, 503)),
        *(Row("FAILED", FinalError(500, payload)) for payload in ("no room", '{"cut', None)),
        Row("FAILED", Combined([Gzip(), QuotedLiterals(), FinalError()])),
    ],
    "the final event cannot be read": [
        *(Row("CREATED, unreadable", UnreadableVM(payload)) for payload in (None, "null", "[]", "{", _DEEP)),
        *(Row("CREATED, unreadable", AlteredVM({field: "8"})) for field in ("id", "sequence_id", "vcpus")),
        Row("CREATED, unreadable", AlteredVM(without=["id"])),
    ],
    "a clock ends it": [
        *(Row("CREATED", Silence(after), settings=clocks(**_SHORT)) for after in (None, 0, 1, 2, 3)),
        Row("CREATED", CommentsOnly(has_final=False, interval=0.05), settings=clocks(**_SHORT)),
        Row("UNKNOWN, Absent", Silence(creates=False), settings=clocks(**_SHORT)),
    ],
    "it is turned away": [
        *(Row("REJECTED", fault) for fault in (Unauthorized(), ServerError(409), HtmlFromProxy(403))),
        *(Row("REJECTED", RateLimited(after)) for after in (61, 10**9)),
        *(Row("CREATED", RateLimited(n), posts=2, settings=clocks() | {"attempts": 9}) for n in (0, None, "soon")),
        Row("REJECTED", RateLimited(0), settings=clocks() | {"attempts": 1}),
        Row("CREATED", posts=2, expired=True),
        Row("NOT_SENT", posts=0, refusing=True, settings=clocks() | {"attempts": 1}),
    ],
    "one list fails, and the next shows the machine": [
        *(_lost("CREATED", fault, settle=3.0) for fault in _ONCE),
        *(_lost("CREATED", Silence(after), settle=3.0, silence=1.0) for after in (None, 0, 1)),
        *(_lost("CREATED", DropBeforeHead(how), looks=2) for how in ("close", "reset")),
        _lost("CREATED", ListLag(0.4), EVERY, settle=3.0),
    ],
    "every list is strange, and the machine can be told": [
        *(_lost("CREATED", fault, EVERY) for fault in _READ),
        _lost("CREATED", AlteredVM(without=["state"]), EVERY, reconcile=1.5),
    ],
    "the list cannot tell": [
        _lost("UNKNOWN, Ambiguous", Unauthorized()),
        Row("UNKNOWN, Ambiguous", Combined([WrongDate(7200), DropAfter(0)]), settings=clocks(reconcile=1.5)),
        *(_lost("UNKNOWN, Ambiguous", WrongDate(seconds), EVERY, reconcile=1.5) for seconds in (None, 7200, -7200)),
        *(_lost("UNKNOWN, Ambiguous", RateLimited(after), EVERY, reconcile=1.5) for after in (31, "soon")),
        _lost("UNKNOWN, Ambiguous", UnreadableList(), EVERY, reconcile=1.5),
        _lost("UNKNOWN, Ambiguous", AlteredVM(without=["id"]), EVERY, reconcile=1.5),
        _lost("UNKNOWN, Ambiguous", AlteredVM(without=["created_at"]), EVERY, reconcile=1.5),
        Row("UNKNOWN, Pending", Combined([SlowCreation(math.inf), DropAfter(0)]), settings=clocks(reconcile=1.5)),
    ],
}
"""By what they have in common."""
