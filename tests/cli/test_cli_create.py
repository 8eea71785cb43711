"""`openscaler vms create`, its output being no terminal: lines for people, JSON for scripts, exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async.simulator import DropAfter, FinalError, ServerError, UnreadableProgress, UnreadableVM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openscaler_async.simulator import Simulator

    Run = Callable[..., Any]


def test_one_line_for_each_machine_and_a_summary(create: Run, served: Simulator) -> None:
    """Every machine that is created has its line, and the last line counts them."""
    ran = create("web", "--count", 2)
    assert 0 == ran.code
    first, second = sorted(ran.lines[:2])
    assert first.startswith("created   web-1  id ")
    assert second.startswith("created   web-2  id ")
    assert "running  198.51.100.1  ssh " in first
    assert first.endswith("0.00208/hour")
    assert ran.lines[2].startswith("2 created in ")
    assert ran.lines[2].endswith("; together 0.00416 an hour")
    assert ("", 2) == (ran.err, served.posts)


def test_everything_that_was_asked_for_is_ordered(create: Run, served: Simulator, tmp_path: Path) -> None:
    """Each option arrives in the machine, and a secret in none of the output."""
    (tmp_path / "password").write_text("correct horse\n", "utf-8")
    (tmp_path / "init").write_text("#cloud-config\nbattery: staple\n", "utf-8")
    (tmp_path / "keys").write_text("# mine\nssh-ed25519 AAAA me@here\n\nssh-rsa BBBB me@there\n", "utf-8")
    ran = create(
        *("web", "--json", "--sequence-id", 7, "--description", "A shop", "--project", "shop"),
        *("--disk", 5, "--disk", 6, "--ssh-key", "ssh-ed25519 CCCC", "--ssh-key", f"@{tmp_path}/keys"),
        *("--password", f"@{tmp_path}/password", "--cloud-init", f"@{tmp_path}/init"),
    )
    (vm,) = served.vms
    ordered = [vm[key] for key in ("name", "project_id", "description", "sequence_id", "size", "region", "distro")]
    assert ["web", "shop", "A shop", 7, "b-1-500mb-10", "alg1", "debian-13"] == ordered
    assert [10, 5, 6] == [disk["capacityBytes"] // 2**30 for disk in vm["disks"]]
    assert 0 == ran.code
    assert not {"horse", "staple"} & set(ran.out.replace('"', " ").split())


def test_json_tells_progress_then_the_machine_then_a_summary(create: Run, served: Simulator) -> None:
    """Scripts get one object a line; values are numbers, times and texts."""
    ran = create("web", "--json")
    kinds = [event["event"] for event in ran.events]
    assert ["progress"] * 10 + ["created", "summary"] == kinds
    assert {"event": "progress", "name": "web", "percent": 9.5, "message": "checking quota"} == ran.events[0]
    vm = ran.event("created")["vm"]
    assert ("web", 1, 512, "running") == (vm["name"], vm["vcpus"], vm["memory_mb"], vm["state"])
    assert vm["created_at"].endswith("+00:00")
    assert vm["network"]["public_ip_ports"][0]["internal_port"] == 22
    summary = ran.event("summary")
    assert summary.pop("seconds") > 0
    nothing = dict.fromkeys(("not_sent", "rejected", "failed", "unknown", "exit_code"), 0)
    flags = {"interrupted": False, "simulated": False}
    assert {"event": "summary", "requested": 1, "created": 1, **nothing, **flags} == summary
    assert 1 == served.posts


def test_sequence_ids_only_if_asked(create: Run, served: Simulator) -> None:
    """Machines have no sequence ids, or those that follow the one that was given."""
    create("a", "--count", 2)
    ran = create("b", "--count", 3, "--sequence-id", 10, "--json")
    assert [None, None, 10, 11, 12] == sorted((vm["sequence_id"] for vm in served.vms), key=lambda n: n or 0)
    told = {event["name"]: event["sequence_id"] for event in ran.events if event["event"] == "created"}
    assert {"b-1": 10, "b-2": 11, "b-3": 12} == told


@pytest.mark.usefixtures("served")
def test_progress_without_a_number(create: Run, served: Simulator) -> None:
    """Progress that cannot be read is told as its text."""
    served.inject(UnreadableProgress())
    assert create("web", "--json").events[0]["percent"] is None


def test_some_failed(create: Run, served: Simulator) -> None:
    """A creation that fails gives exit code 1, and the error's own sentence."""
    served.inject(FinalError(status=500, payload={"message": "no room"}))
    ran = create("web", "--count", 2)
    assert 1 == ran.code
    assert [line for line in ran.lines if line.startswith("failed    the creation of 'web-")]
    assert "no room" in ran.out
    assert ran.lines[-1].startswith("1 created, 1 failed of 2 in ")


def test_failure_for_scripts(create: Run, served: Simulator) -> None:
    """A script gets the outcome as the event's name, the sentence, and the status as a number."""
    served.inject(FinalError(status=400, payload="no"))
    ran = create("web", "--json")
    failed = ran.event("failed")
    assert ("web", "CreationFailed", 400) == (failed["name"], failed["error_type"], failed["status"])
    assert failed["error"].startswith("the creation of 'web' failed")
    assert (1, 1) == (ran.code, ran.event("summary")["exit_code"])


def test_unknown_wins_over_failed(create: Run, served: Simulator) -> None:
    """Exit code 2 says that there may be machines nobody knows, whatever else went wrong."""
    served.inject(ServerError(403), share=1.0, into="list")  # nobody can look for it
    served.inject(DropAfter(0, how="end"))
    served.inject(FinalError())
    ran = create("web", "--count", 3, "--json", "--concurrency", 1)
    assert 2 == ran.code
    event = ran.event("unknown")
    assert ("ambiguous", []) == (event["verdict"]["kind"], event["verdict"]["candidates"])
    assert ("web-1", 1) == (event["ticket"]["name"], event["ticket"]["version"])
    summary = ran.event("summary")
    assert (1, 1, 1, 2) == tuple(summary[key] for key in ("created", "failed", "unknown", "exit_code"))


def test_rejected(openscaler: Run, served: Simulator) -> None:
    """What the provider refuses is exit code 1."""
    ran = openscaler(*["vms", "create", "web", "--size", "none", "--region", "alg1", "--distro", "debian-13", "--json"])
    rejected = ran.event("rejected")
    assert (1, 400, 1) == (ran.code, rejected["status"], served.posts)


def test_not_sent(create: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that cannot be reached is exit code 1, and nothing was sent."""
    monkeypatch.setenv("OPENSCALER_TOKEN", "any")
    ran = create("web", "--base-url", "http://127.0.0.1:9")
    assert 1 == ran.code
    assert ran.lines[0].startswith("not sent  the creation of 'web' was not sent: ")
    assert ran.lines[1].startswith("1 not sent of 1 in ")


def test_created_but_unreadable(create: Run, served: Simulator) -> None:
    """A machine whose description cannot be read is there: created, with its id and the reason."""
    served.inject(UnreadableVM())
    ran = create("web", "--json")
    event = ran.event("created")
    assert (0, "VMUnreadable", 1) == (ran.code, event["error_type"], event["vm_id"])


def test_own_simulator(create: Run) -> None:
    """`--simulate` needs no token and says that it simulated."""
    ran = create("web", "--simulate", "--speed", "inf", "--json")
    assert (0, True) == (ran.code, ran.event("summary")["simulated"])


def test_json_is_ascii(create: Run, served: Simulator) -> None:
    """JSON lines can be written to any output."""
    ran = create("wëb", "--json")
    assert ran.out.isascii()
    assert {"wëb"} == {vm["name"] for vm in served.vms}
    assert "wëb" == json.loads(ran.out.splitlines()[0])["name"]
