"""`openscaler` at a terminal: bars while it lasts, tables in their place at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from openscaler_async.simulator import FinalError, Silence

if TYPE_CHECKING:
    from openscaler_async.simulator import Simulator

    class Terminal(Protocol):
        """The fixture."""

        text: str
        screen: list[str]

        def run(self, *arguments: str, until: tuple[str, ...] = ()) -> int:
            """Run a command line."""
            ...


ORDER = ("--size", "b-1-500mb-10", "--region", "alg1", "--distro", "debian-13")


def test_a_bar_for_each_machine_and_a_total(terminal: Terminal, served: Simulator) -> None:
    """While it lasts, each machine has a bar with its last progress, or with its address."""
    served.inject(Silence(after_events=5), times=2)
    seen = ("web-1 ━", "web-3 ━", "total ━", "copying debian-13 image", "100% 198.51.100.1 ssh 90")
    counts = "0 waiting  2 creating  1 created"
    assert 2 == terminal.run("vms", "create", "web", "--count", "3", *ORDER, until=(*seen, counts))


def test_a_table_in_place_of_the_bars(terminal: Terminal, served: Simulator) -> None:
    """At the end nothing is left of the bars."""
    assert 0 == terminal.run("vms", "create", "web", "--count", "3", *ORDER)
    head, rule, *rows, summary = terminal.screen
    assert ["id", "name", "state", "public", "ip", "ssh", "port", "price/hour"] == head.split()
    assert {"─"} == set(rule)
    assert ["web-1", "web-2", "web-3"] == [row.split()[1] for row in rows]
    assert summary.startswith("3 created in ")
    assert 3 == served.posts


def test_an_aggregate_for_many(terminal: Terminal, served: Simulator) -> None:
    """Many machines are counted."""
    served.inject(Silence(after_events=2), times=10)
    many = "--count", "30", "--concurrency", "10"
    counts = "20 waiting  10 creating  0 created"
    assert 2 == terminal.run("vms", "create", "web", *many, *ORDER, until=(counts, " 6%  0/30", " elapsed"))
    assert "web-1 ━" not in terminal.text


def test_an_aggregate_where_there_is_no_room(
    terminal: Terminal, served: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bars that would not fit the screen are not drawn."""
    monkeypatch.setenv("LINES", "5")
    served.inject(Silence(after_events=2), times=3)
    assert 2 == terminal.run("vms", "create", "web", "--count", "3", *ORDER, until=("3 creating",))
    assert "web-1 ━" not in terminal.text


def test_what_failed_is_told_after_the_table(terminal: Terminal, served: Simulator) -> None:
    """The error's own sentence follows the table of what is there."""
    served.inject(FinalError(payload="no room"))
    assert 1 == terminal.run("vms", "create", "web", "--count", "2", "--concurrency", "1", *ORDER)
    *_, error, summary = terminal.screen
    assert "✗ the creation of 'web-1' failed with 500: no room" == error
    assert summary.startswith("1 created, 1 failed of 2 in ")


def test_nothing_created(terminal: Terminal, served: Simulator) -> None:
    """Where no machine came, there is no empty table."""
    served.inject(FinalError())
    assert 1 == terminal.run("vms", "create", "web", *ORDER)
    assert 2 == len(terminal.screen)


def test_a_problem_leaves_the_terminal_as_it_was(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    """A usage problem is one line, and nothing was drawn."""
    assert 3 == terminal.run("vms", "create", "web", *ORDER)
    assert [] == terminal.screen
    assert 1 == capsys.readouterr().err.count("\n")


@pytest.mark.usefixtures("served")
def test_dumb_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that cannot move its cursor gets lines."""
    monkeypatch.setenv("TERM", "dumb")
    assert 0 == terminal.run("vms", "create", "web", *ORDER)
    assert terminal.screen[0].startswith("created   web  id 1")


def test_list_in_a_narrow_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns that do not fit are left out; names and addresses are never cut."""
    monkeypatch.setenv("COLUMNS", "60")
    assert 0 == terminal.run("vms", "list", "--simulate")
    assert ["id", "name", "state", "public", "ip", "ssh", "port"] == terminal.screen[0].split()
    assert ["1", "sample-1", "running", "198.51.100.1", "9003"] == terminal.screen[2].split()
