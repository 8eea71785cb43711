"""`openscaler vms attach`: finds machines of an interrupted run again, and creates none."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async.simulator import Combined, DropAfter, ListLag, ServerError, SlowCreation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openscaler_async.simulator import Simulator

    Run = Callable[..., Any]


@pytest.fixture
def interrupted(create: Run, served: Simulator, tmp_path: Path) -> Path:
    """Give the output of a run of two whose end nobody could tell, for the list was refused."""
    served.inject(DropAfter(0), times=2)
    served.inject(ServerError(403), share=1.0, into="list")
    ran = create("web", "--count", 2, "--json")
    assert 2 == ran.code
    served.heal()
    path = tmp_path / "run.jsonl"
    path.write_text(ran.out, "utf-8")
    return path


def test_output_of_a_run(openscaler: Run, interrupted: Path, served: Simulator) -> None:
    """The output of `create --json` is all that is needed."""
    ran = openscaler("vms", "attach", f"@{interrupted}", "--json")
    assert 0 == ran.code
    assert {"web-1", "web-2"} == {event["name"] for event in ran.events if event["event"] == "created"}
    assert (2, 2) == (served.posts, len(served.vms))


def test_what_cannot_be_told_stays_unknown(openscaler: Run, interrupted: Path, served: Simulator) -> None:
    """Where nobody can look, nothing is known, and the exit code says so."""
    served.inject(ServerError(403), share=1.0, into="list")
    ran = openscaler("vms", "attach", f"@{interrupted}", "--json")
    assert 2 == ran.code
    assert "HTTP 403" in ran.events[-2]["verdict"]["reason"]


def test_ticket_from_standard_input(
    openscaler: Run, interrupted: Path, served: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is there by now has its line, as one that was created."""
    lines = [json.loads(line) for line in interrupted.read_text("utf-8").splitlines()]
    ticket = next(line["ticket"] for line in lines if line.get("name") == "web-2" and "ticket" in line)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"\n{json.dumps(ticket)}\n"))
    ran = openscaler("vms", "attach", "-")
    assert (0, "") == (ran.code, ran.err)
    assert ran.lines[0].startswith("created   web-2  id ")
    assert ran.lines[1].startswith("1 created in ")
    assert 2 == served.posts


def test_search_is_told(create: Run, served: Simulator) -> None:
    """A run whose stream is lost says that the machine is looked for, and then gives it."""
    served.inject(Combined([DropAfter(0, how="end"), SlowCreation(0.1), ListLag(0.1)]))
    ran = create("web", "--json")
    assert 0 == ran.code
    assert ran.event("progress")["message"] == "looking for the machine: the stream ended without a final event"
    assert "running" == ran.event("created")["vm"]["state"]
    assert 1 == served.posts


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("nonsense", "TICKET: ticket='<8 characters>': must be JSON"),
        ('{"version": 9}', "TICKET: version=9: must be 1"),
        ('{"event": "progress"}', "TICKET: there is no ticket in what was given"),
        ("@/nowhere/at/all", "TICKET @/nowhere/at/all: No such file or directory"),
    ],
)
def test_no_ticket(given: str, problem: str, openscaler: Run, served: Simulator) -> None:
    """What is no ticket is refused with what is wrong with it."""
    ran = openscaler("vms", "attach", given)
    assert 3 == ran.code
    assert problem in ran.err
    assert not served.requests


def test_ticket_of_another_provider(openscaler: Run, interrupted: Path) -> None:
    """A ticket is not taken to another address than that to which its request was sent."""
    ran = openscaler("vms", "attach", f"@{interrupted}", "--base-url", "http://127.0.0.1:9")
    assert 3 == ran.code
    assert "base_url=" in ran.err
