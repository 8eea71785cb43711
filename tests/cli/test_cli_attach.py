"""`openscaler vms attach`: finds machines of an interrupted run again, and creates none."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async.simulator import Combined, DropAfter, ListLag, SlowCreation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openscaler_async.simulator import Simulator

    Run = Callable[..., Any]


@pytest.fixture
def interrupted(create: Run, served: Simulator, tmp_path: Path) -> Path:
    """Give the output of a run of two that nobody could tell the end of, for there were older machines."""
    for name in ("web-1", "web-2"):
        served.add_vm(name, age=0)
    served.inject(DropAfter(0), times=2)
    ran = create("web", "--count", 2, "--json")
    assert 2 == ran.code
    path = tmp_path / "run.jsonl"
    path.write_text(ran.out, "utf-8")
    return path


def test_output_of_a_run(openscaler: Run, interrupted: Path, served: Simulator) -> None:
    """The output of `create --json` is all that is needed; what cannot be told stays unknown."""
    ran = openscaler("vms", "attach", f"@{interrupted}", "--json")
    assert 2 == ran.code
    assert {"web-1", "web-2"} == {event["name"] for event in ran.events if event["event"] == "unknown"}
    assert (2, 4) == (served.posts, len(served.vms))


def test_machine_is_found(create: Run, openscaler: Run, served: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is there by now has its line, as one that was created."""
    served.add_vm("web", age=0)
    served.inject(DropAfter(0))
    ticket = create("web", "--json").event("unknown")["ticket"]
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"\n{json.dumps({**ticket, 'vm_id': 2})}\n"))
    ran = openscaler("vms", "attach", "-")
    assert (0, "") == (ran.code, ran.err)
    assert ran.lines[0].startswith("created   web  id 2")
    assert ran.lines[1].startswith("1 created in ")
    assert 1 == served.posts


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
