"""A local OpenScaler API for tests, demonstrations and benchmarks: a real HTTP server on loopback.

    async with Simulator() as simulator:
        async with Client(simulator.token, base_url=simulator.url) as client:
            vm = await client.vms.create(spec)

What the provider's pages state, it keeps: the bearer token, the fields of requests and answers, the
stream of progress events and one final event, sizes with their prices. What they leave open, it
guesses, and the guess is named where it is made:

- a request is refused before its stream with HTTP 400 or 401 and ``{"message": ...}``;
- what is refused: a missing or wrong type, an unknown size, region or distro;
- a custom size has ``vcpus``, ``memoryMB`` and ``storageGB``, in an object under ``size`` or beside it,
  no price, and ``size`` says ``"custom"`` in the answer;
- ``sequence_id`` and ``description`` are null in the answer if the request had none;
- a machine is listed from the moment its creation starts, in the state ``"creating"``; ``created_at``
  is that moment, in UTC, by the clock that also writes the ``Date`` header;
- a creation goes on when its client goes away, and its machine is kept, and comes to ``"running"``;
- a creation that fails leaves no machine;
- nothing is refused because of a name or a sequence id that another machine has;
- the list is in the order of the ids, whole, and without a lag;
- the list shows ports and prices, of which the page's example ends too early to tell;
- every project exists; ``only`` may be repeated or have commas; an unknown VM is HTTP 404;
- how long a creation lasts, how often it tells of its progress, and in what words.

Passwords, cloud-init data and ssh keys are checked for their type and then forgotten.
"""

from __future__ import annotations

from ._answers import DropBeforeHead, HtmlFromProxy, RateLimited, Redirect, ServerError, Silence, Unauthorized
from ._combined import Combined
from ._events import (
    CommentsOnly,
    HugeEvent,
    NoFinalEvent,
    QuotedLiterals,
    Retry,
    SecondStream,
    UnknownEvent,
    UnreadableProgress,
)
from ._exchange import Exchange
from ._fault import Fault
from ._lists import HugeList, ListLag, UnreadableList
from ._machines import Machine
from ._outcomes import AlteredVM, FinalError, SlowCreation, UnreadableVM
from ._simulator import Simulator
from ._streams import (
    Buffered,
    ByteOrderMark,
    DropAfter,
    Gzip,
    LineEnds,
    MissingLastBlankLine,
    OneByteAtATime,
    WrongContentType,
    WrongDate,
)

__all__ = [
    "AlteredVM",
    "Buffered",
    "ByteOrderMark",
    "Combined",
    "CommentsOnly",
    "DropAfter",
    "DropBeforeHead",
    "Exchange",
    "Fault",
    "FinalError",
    "Gzip",
    "HtmlFromProxy",
    "HugeEvent",
    "HugeList",
    "LineEnds",
    "ListLag",
    "Machine",
    "MissingLastBlankLine",
    "NoFinalEvent",
    "OneByteAtATime",
    "QuotedLiterals",
    "RateLimited",
    "Redirect",
    "Retry",
    "SecondStream",
    "ServerError",
    "Silence",
    "Simulator",
    "SlowCreation",
    "Unauthorized",
    "UnknownEvent",
    "UnreadableList",
    "UnreadableProgress",
    "UnreadableVM",
    "WrongContentType",
    "WrongDate",
]
