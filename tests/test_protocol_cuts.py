"""``_protocol`` with ``_sse``: a stream cut at any byte ends in one right outcome, no success is made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openscaler_async import Outcome
from openscaler_async._protocol import Attempt, Input
from openscaler_async._sse import SSEDecoder

WIRE = json.loads(Path(__file__).with_name("data").joinpath("vm.json").read_text("utf-8"))
VM = json.dumps(WIRE, ensure_ascii=False)
PRETTY = json.dumps(WIRE, indent=1)
FAILURE = '{"message": "no room"}'
PROGRESS = 'event: progress\ndata: {"progress": 20.0, "message": "creation on progress"}\n\n'


def data_lines(text: str) -> str:
    """Give a text as lines of data."""
    return "".join(f"data: {line}\n" for line in text.split("\n"))


def quoted(status: int, data: str) -> str:
    """Give a final event as the provider's page shows it: a JSON string."""
    return json.dumps(f"event: {status}\ndata: {data}\n")


# name: (stream, outcome, payload, from how many bytes before the end of the stream on it is known)
STREAMS = {
    "success": (f"event: 200\ndata: {VM}\n\n", Outcome.CREATED, VM, 2),
    "success without a space": (f"event:200\ndata:{VM}\n\n", Outcome.CREATED, VM, 2),
    "success in many lines": (f"event: 200\n{data_lines(PRETTY)}\n", Outcome.CREATED, PRETTY, 2),
    "type after data": (f"data: {VM}\nevent: 200\n\n", Outcome.CREATED, VM, 1),
    "failure": (f"event: 400\ndata: {FAILURE}\n\n", Outcome.FAILED, FAILURE, 2),
    "failure as a string": ('event: 500\ndata: "no room"\n\n', Outcome.FAILED, '"no room"', 2),
    "failure as text": ("event: 500\ndata: no room\n\n", Outcome.FAILED, "no room", 1),
    "failure without words": ("event: 500\ndata:\n\n", Outcome.FAILED, "", 1),
    "neither": (f"event: 302\ndata: {FAILURE}\n\n", Outcome.UNKNOWN, FAILURE, 2),
    "the page's own text": (quoted(200, VM), Outcome.CREATED, VM, 0),
    "quoted line": (quoted(200, VM) + "\n", Outcome.CREATED, VM, 1),
    "quoted line and a blank one": (quoted(200, VM) + "\n\n", Outcome.CREATED, VM, 2),
    "quoted failure": (quoted(400, FAILURE) + "\n", Outcome.FAILED, FAILURE, 1),
    "quoted failure as text": (quoted(400, "no room") + "\n", Outcome.FAILED, "no room", 1),
    "quoted data": (f"data: {quoted(200, VM)}\n\n", Outcome.CREATED, VM, 2),
    "quoted data of an event": (f"event: message\ndata: {quoted(200, VM)}\n\n", Outcome.CREATED, VM, 2),
    "quoted data that failed": (f"data: {quoted(500, FAILURE)}\n\n", Outcome.FAILED, FAILURE, 2),
}


def follow(stream: bytes, *, bytewise: bool) -> tuple[Outcome | None, str | None, int]:
    """Follow a stream to its end; give the outcome, the payload, and how many events came before."""
    decoder, attempt = SSEDecoder(quoted_lines=True), Attempt()
    attempt.move(Input.SEND)
    attempt.move(Input.STREAM)
    chunks = [stream[index : index + 1] for index in range(len(stream))] if bytewise else [stream]
    events = sum(len(attempt.receive(decoder.receive(chunk))) for chunk in chunks)
    attempt.receive_eof(*decoder.receive_rest(), mid_line=decoder.mid_line)
    return attempt.outcome, attempt.final.data if attempt.final else None, events


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"], ids=["LF", "CR", "CRLF"])
@pytest.mark.parametrize("name", STREAMS)
def test_cut_at_every_byte(name: str, end: str) -> None:
    """The outcome is known from the byte on that completes it, with the whole payload, and unknown before."""
    final, outcome, payload, spare = STREAMS[name]
    lead = ": hello\n\n" + PROGRESS * 2
    stream = (lead + final).replace("\n", end).encode()
    known = len((lead + final[: len(final) - spare]).replace("\n", end).encode())
    if final.endswith("\n\n") and spare == 1 and end == "\r\n":
        known -= 1  # the CR alone ends the line
    for length in range(len(stream) + 1):
        expected = (outcome, payload) if length >= known else (Outcome.UNKNOWN, None)
        assert expected == follow(stream[:length], bytewise=False)[:2], stream[:length][-40:]


@pytest.mark.parametrize("name", STREAMS)
def test_however_it_comes(name: str) -> None:
    """A stream that comes byte by byte, whole or cut, ends as one that comes at once; progress is seen."""
    final, outcome, payload, _ = STREAMS[name]
    stream = (PROGRESS * 2 + final).encode()
    assert (outcome, payload, 2) == follow(stream, bytewise=True)
    for length in range(0, len(stream), 97):
        assert follow(stream[:length], bytewise=False) == follow(stream[:length], bytewise=True)


@pytest.mark.parametrize("lead", ["", PROGRESS, PROGRESS.rstrip("\n") + "\n"])
def test_text_of_the_provider_page(lead: str) -> None:
    """The example of the provider's page is followed, even without the blank line between its parts."""
    assert (Outcome.CREATED, VM) == follow((lead + quoted(200, VM)).encode(), bytewise=False)[:2]


def test_progress_never_makes_an_outcome() -> None:
    """A stream of progress, whole or cut anywhere, tells nothing."""
    stream = (PROGRESS * 3).encode()
    for length in range(len(stream) + 1):
        assert (Outcome.UNKNOWN, None) == follow(stream[:length], bytewise=False)[:2]


@pytest.mark.parametrize("words", ["no room", "no room\nat all"])
def test_failure_in_words_is_never_a_success(words: str) -> None:
    """An error in several lines of text may lose a line in a cut, and stays an error or unknown."""
    stream = (PROGRESS + f"event: 400\n{data_lines(words)}\n").encode()
    for length in range(len(stream) + 1):
        assert follow(stream[:length], bytewise=False)[0] in {Outcome.FAILED, Outcome.UNKNOWN}
    assert (Outcome.FAILED, words) == follow(stream, bytewise=False)[:2]
