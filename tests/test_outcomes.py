"""The outcome of a creation: one row for each thing that can happen to its one request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from openscaler_async import (
    Client,
    CreationError,
    CreationFailed,
    CreationNotSent,
    CreationRejected,
    CreationUnknown,
    Outcome,
    VMUnreadable,
)
from openscaler_async.simulator import (
    Buffered,
    ByteOrderMark,
    Combined,
    CommentsOnly,
    DropAfter,
    DropBeforeHead,
    FinalError,
    Gzip,
    HtmlFromProxy,
    HugeEvent,
    LineEnds,
    MissingLastBlankLine,
    NoFinalEvent,
    OneByteAtATime,
    QuotedLiterals,
    Redirect,
    Retry,
    SecondStream,
    ServerError,
    Simulator,
    UnknownEvent,
    UnreadableProgress,
    UnreadableVM,
    WrongContentType,
)
from tests.peers import BrokenReply, Reply, Stream, soon, spec

if TYPE_CHECKING:
    from openscaler_async.simulator import Fault

CREATED = [
    *(LineEnds("\r"), LineEnds("\r\n"), ByteOrderMark(), Gzip(), OneByteAtATime(), Buffered(), Retry(0), Retry(10**9)),
    *(SecondStream(), UnknownEvent(), UnreadableProgress(), CommentsOnly(), HugeEvent(2**20)),
    *(MissingLastBlankLine(line_end=True), MissingLastBlankLine(line_end=False)),
    *(QuotedLiterals("line"), QuotedLiterals("data"), QuotedLiterals("line", progress_too=True)),
    QuotedLiterals("data", progress_too=True),
    Combined([OneByteAtATime(), LineEnds("\r")]),
    Combined([OneByteAtATime(), ByteOrderMark(), QuotedLiterals("line")]),
    Combined([Gzip(), SecondStream()]),
]
UNKNOWN = [
    *((DropBeforeHead("close"), 1, "closed the connection without an answer"), (DropBeforeHead("reset"), 1, "")),
    (DropBeforeHead("close", creates=False), 0, "closed the connection without an answer"),
    *((DropAfter(0), 1, "connection broke"), (DropAfter(100), 1, "connection broke"), (DropAfter(9, "reset"), 1, "")),
    *((DropAfter(100, "end"), 1, "without a final event"), (NoFinalEvent(), 1, "without a final event")),
    *((ServerError(500), 0, "HTTP 500"), (ServerError(503, 1), 0, "HTTP 503"), (ServerError(502, creates=True), 1, "")),
    *((HtmlFromProxy(), 0, "Bad Gateway"), (HtmlFromProxy(200, creates=True), 1, "HTTP 200")),
    *((Redirect(status), 0, f"HTTP {status}") for status in (301, 302, 303, 307, 308)),
    *((WrongContentType("application/json"), 1, "HTTP 200"), (WrongContentType("text/plain"), 1, "checking quota")),
    *((Reply(204), 0, "HTTP 204"), (Reply(201, b"{}"), 0, "HTTP 201")),
    (Stream((b"event: 300\ndata: {}\n\n",)), 1, "300"),
    (Stream((b"event: 20\ndata: {}\n\n",)), 1, "20"),
    (Stream((b"event: " + b"2" * 5_000 + b"\ndata: {}\n\n",)), 1, "22222"),
    *((Stream(()), 1, "without a final event"), (Stream((b"\xff\xfe\0\n\n",)), 1, "without a final event")),
    (HugeEvent(5 * 2**20), 1, "max_event_bytes"),
]
FAILED: list[tuple[Any, str, object]] = [
    ({"message": "no room"}, "no room", {"message": "no room"}),
    ({"error": {"message": "deep"}}, "deep", {"error": {"message": "deep"}}),
    ('"a JSON string"', "a JSON string", "a JSON string"),
    *(("plain text", "plain text", "plain text"), ("", "", ""), ("two\nlines", "two\nlines", "two\nlines")),
    *(('{"cut": ', '{"cut":', '{"cut": '), ("[1]", "[1]", [1]), ("null", "null", None)),
]


async def ends(client: Client, simulator: Simulator, fault: Fault, **fields: Any) -> CreationError:  # noqa: ANN401
    """Create under a fault; give the error, after exactly one request."""
    simulator.inject(fault)
    creation = client.vms.create(spec(**fields))
    with pytest.raises(CreationError) as caught:
        await soon(creation)
    assert caught.value.outcome is creation.outcome
    assert caught.value.spec is creation.spec
    assert 1 == simulator.posts
    return caught.value


@pytest.mark.parametrize("fault", CREATED, ids=repr)
async def test_created(fault: Fault, client: Client, simulator: Simulator) -> None:
    """However strange a whole stream looks, its final event gives the machine, for one request."""
    simulator.inject(fault)
    creation = client.vms.create(spec("wéb-1", sequence_id=3))
    vm = await soon(creation)
    assert (1, "wéb-1", 3, "running") == (vm.id, vm.name, vm.sequence_id, vm.state)
    assert Outcome.CREATED is creation.outcome
    assert 1 == simulator.posts == len(simulator.vms)


async def test_one_byte_order_mark(client: Client, simulator: Simulator) -> None:
    """Only the first byte order mark is none of the stream: one inside is data, and one more is no field."""
    mark = "\ufeff".encode()
    progress, failure = b"event: progress\ndata: " + mark + b"a\n\n", b"event: 500\ndata: b\n\n"
    simulator.inject(Stream((mark + progress, failure)))
    creation = client.vms.create(spec())
    with pytest.raises(CreationFailed):
        await soon(creation)
    assert ["\ufeffa"] == [event.progress.message async for event in creation.events() if hasattr(event, "progress")]
    simulator.inject(Stream((mark + mark + failure,)))
    creation = client.vms.create(spec())
    with pytest.raises(CreationUnknown):
        await soon(creation)
    assert 2 == simulator.posts


@pytest.mark.parametrize(("fault", "machines", "reason"), UNKNOWN, ids=repr)
async def test_unknown(fault: Fault, machines: int, reason: str, client: Client, simulator: Simulator) -> None:
    """What was sent and got no final event is unknown, machine or not, and is not sent again."""
    error = await ends(client, simulator, fault)
    assert isinstance(error, CreationUnknown)
    assert reason in error.reason
    assert error.reason in str(error)
    assert machines == len(simulator.vms)


@pytest.mark.parametrize("status", [400, 500, 404, 599])
@pytest.mark.parametrize(("payload", "message", "decoded"), FAILED)
async def test_failed(  # noqa: PLR0913, PLR0917  (one row of the table)
    status: int, payload: object, message: str, decoded: object, client: Client, simulator: Simulator
) -> None:
    """A final event 4xx or 5xx fails the creation, with the provider's words in whatever shape."""
    error = await ends(client, simulator, FinalError(status, payload))
    assert isinstance(error, CreationFailed)
    assert (status, message, decoded) == (error.status, error.message, error.payload)
    assert error.progress is not None
    assert [] == simulator.vms


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (Reply(400, b'{"message": "no such size"}'), '{"message": "no such size"}'),
        *(
            (Reply(403, b"no"), "no"),
            (Reply(404), ""),
            (Reply(422, "é".encode()), "é"),
            (Reply(409, b"\xff"), "\ufffd"),
        ),
        *((Reply(400, b"x" * 10**6), "x" * 2**16), (HtmlFromProxy(413), "")),
        (BrokenReply(400), ""),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_rejected(reply: Fault, body: str, client: Client, simulator: Simulator) -> None:
    """HTTP 4xx instead of a stream rejects the request; its body is kept, and cut where it is huge."""
    error = await ends(client, simulator, reply)
    assert isinstance(error, CreationRejected)
    assert error.body.startswith(body)
    assert len(error.body) <= 2**16
    assert str(error.status) in str(error)
    assert [] == simulator.vms


async def test_rejection_that_breaks_off(client: Client, simulator: Simulator) -> None:
    """Of an error whose body breaks off, the status and what came of the body are kept."""
    error = await ends(client, simulator, BrokenReply(400, b"no such region"))
    assert isinstance(error, CreationRejected)
    assert (400, "no such region") == (error.status, error.body)


async def test_rejection_that_calls_itself_a_stream(client: Client, simulator: Simulator) -> None:
    """The status counts, not only the content type: 4xx is a rejection, and its body is kept."""
    headers = {"Content-Type": "text/event-stream"}
    error = await ends(client, simulator, Reply(400, b'{"message": "no such size"}', headers))
    assert Outcome.REJECTED is error.outcome
    assert "no such size" in str(error)


async def test_redirect_that_calls_itself_a_stream(client: Client, simulator: Simulator) -> None:
    """Nothing that an answer other than 200 streams is taken for the machine's creation."""
    headers = {"Content-Type": "text/event-stream", "Location": "/v1/vms"}
    error = await ends(client, simulator, Reply(307, b'event: 200\ndata: {"id": 1, "name": "a"}\n\n', headers))
    assert isinstance(error, CreationUnknown)


async def test_validation_by_the_provider(client: Client, simulator: Simulator) -> None:
    """What the provider refuses has its words."""
    creation = client.vms.create(attrs.evolve(spec(), region="nowhere"))
    with pytest.raises(CreationRejected, match="region") as caught:
        await soon(creation)
    assert 400 == caught.value.status
    assert "message" in json.loads(caught.value.body)
    assert 1 == simulator.posts


@pytest.mark.parametrize(
    ("payload", "vm_id", "reason"),
    [
        (None, 1, "vm.name"),
        *(("{}", None, "id"), ("", None, "JSON"), ("none", None, "JSON"), ('{"id": "7"}', None, "id")),
        *(('{"id": 12, "name": "a", "disks": 7}', 12, "disks"), ("[" * 9_000, None, ""), ("[]", None, "object")),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_machine_that_cannot_be_read(
    payload: str | None, vm_id: int | None, reason: str, client: Client, simulator: Simulator
) -> None:
    """A final event of success means a machine, readable or not; its id is told if there is one."""
    error = await ends(client, simulator, UnreadableVM(payload))
    assert isinstance(error, VMUnreadable)
    assert Outcome.CREATED is error.outcome
    assert vm_id == error.vm_id
    assert reason in error.reason
    assert error.payload is not None
    assert 1 == len(simulator.vms)


async def test_refused_connection(simulator: Simulator) -> None:
    """A request that never left is not sent, after all attempts, and says why."""
    async with Client("token", base_url=simulator.url, attempts=2) as client, simulator.refusing():
        creation = client.vms.create(spec())
        with pytest.raises(CreationNotSent) as caught:
            await soon(creation)
    assert Outcome.NOT_SENT is caught.value.outcome
    assert "Connect" in caught.value.reason
    assert 0 == simulator.posts
