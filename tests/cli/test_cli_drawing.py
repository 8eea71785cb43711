"""What a run looks like, drawn without a terminal: bars, aggregate, tables, closing words."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from openscaler_async import VM, CreationFailed, CreationUnknown, Network, Progress, PublicPort, VMSpec
from openscaler_async.cli.bars import draw
from openscaler_async.cli.board import Board, Machine
from openscaler_async.cli.details import details
from openscaler_async.cli.report import errors_table, summary
from openscaler_async.cli.tables import CREATED, machines_table
from openscaler_async.cli.text import clock, crop_middle, duration, plain

if TYPE_CHECKING:
    from rich.console import RenderableType

NETWORK = Network(public_ip="203.0.113.5", public_ip_ports=(PublicPort(port=9057, internal_port=22),))


def vm(name: str = "web", **known: Any) -> VM:  # noqa: ANN401  (any field of a VM)
    """Give a machine."""
    return VM(id=7, name=name, **known)


def spec(name: str) -> VMSpec:
    """Give a spec."""
    return VMSpec(name=name, size="s", region="r", distro="d")


def board(*names: str) -> Board:
    """Give a run that began just now."""
    return Board(machines=[Machine(index=index, name=name) for index, name in enumerate(names)])


def shown(what: RenderableType, console: Console) -> list[str]:
    """Draw, and give the lines without their padding."""
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def screen(width: int = 80, height: int = 30) -> Console:
    """Give a terminal that keeps what is written."""
    return Console(file=io.StringIO(), width=width, height=height, color_system=None, force_terminal=True)


def test_each_state_has_its_own_look() -> None:
    """Waiting, creating, created, unreadable, failed and unknown are told apart without colours."""
    run = board("a", "b", "c", "d", "e", "f")
    _, b, c, d, e, f = run.machines
    b.note_progress(Progress(40.0, "copying\n image"))
    d.note_progress(Progress(40.0, "booting"))
    f.note_progress(Progress(None, "who knows"))
    run.note_end(c, vm("c", network=NETWORK))
    run.note_end(d, CreationFailed(spec("d"), d.progress, 500, "no room", None))
    run.note_end(e, CreationUnknown(spec("e"), None, "the connection was lost"))
    lines = shown(draw(run, screen()), screen())
    assert lines[0].startswith("  a")
    assert lines[0].endswith("waiting")
    assert lines[1].endswith(" 40% copying image")
    assert lines[2].startswith("✓ c")
    assert lines[2].endswith("100% 203.0.113.5 ssh 9057")
    assert lines[3].startswith("✗ d")
    assert lines[3].endswith(" 40% failed: no room")
    assert lines[4].startswith("? e")
    assert lines[4].endswith("unknown: the connection was lost")
    assert lines[5].endswith("    who knows")
    assert lines[6].endswith(" 57% 0:00")
    assert "  1 waiting  2 creating  1 created  1 failed  1 unknown" == lines[7]


def test_a_number_stays_until_the_next() -> None:
    """Progress without a number does not move the bar back."""
    run = board("a")
    (machine,) = run.machines
    machine.note_progress(Progress(40.0, "booting"))
    machine.note_progress(Progress(None, "almost there"))
    assert (40.0, 0.4) == (machine.reached, run.fraction)
    assert shown(draw(run, screen()), screen())[0].endswith(" 40% almost there")


def test_long_names_in_a_narrow_terminal() -> None:
    """Every line fits; both ends of a name can be read."""
    run = board(*(f"production-europe-frontend-{number:02}" for number in range(20)))
    for machine in run.machines:
        machine.note_progress(Progress(50.0, "a message that is far too long for this terminal"))
    lines = shown(draw(run, screen(60)), screen(60))
    assert 20 + 2 == len(lines)
    assert max(map(len, lines)) <= 60
    assert "production…rontend-07" not in lines[7]
    assert "-07 ━" in lines[7]
    assert "production" in lines[7]


def test_aggregate_names_the_last_errors() -> None:
    """The counts, the pace, and the last three errors."""
    run = board(*map(str, range(100)))
    run.started_at -= 10
    for machine in run.machines[:20]:
        run.note_end(machine, vm(machine.name))
    for machine in run.machines[20:25]:
        run.note_end(machine, CreationFailed(spec(machine.name), None, 500, "no room", None))
    bar, counts, pace, *errors = shown(draw(run, screen()), screen())
    assert bar.endswith(" 25%  25/100")
    assert "75 waiting  0 creating  20 created  5 failed" == counts
    assert "0:10 elapsed  2.5 a second  about 0:30 left" == pace
    assert [f"✗ the creation of '{number}' failed with 500: no room" for number in (22, 23, 24)] == errors


def test_simple_terminals_get_simple_signs() -> None:
    """Where the encoding is ASCII, everything is."""
    console = screen()
    ascii_only = Console(file=io.TextIOWrapper(io.BytesIO(), "ascii"), width=80, color_system=None)
    run = board("a", "b", "c")
    run.machines[0].note_progress(Progress(40.0, "booting"))
    run.note_end(run.machines[1], vm("b"))
    run.note_end(run.machines[2], CreationFailed(spec("c"), None, 500, "", None))
    lines = shown(draw(run, ascii_only), console)
    assert lines[0][0] in "|/-\\"
    assert ["+ b", "x c"] == [line[:3] for line in lines[1:3]]


@pytest.mark.parametrize(
    ("width", "header"),
    [
        (80, "id name state public ip ssh port price/hour"),
        (58, "id name state public ip ssh port"),
        (50, "id name public ip ssh port"),
    ],
)
def test_columns_that_fit(width: int, header: str) -> None:
    """A narrow terminal gets fewer columns; the name stays whole."""
    vms = [vm("web-" * 4 + "1", state="running", network=NETWORK, price_hourly=0.5)]
    lines = shown(machines_table(vms, CREATED, screen(width)), screen(width))
    assert header == " ".join(lines[0].split())
    assert "web-web-web-web-1" in lines[2]


def test_names_too_long_for_any_table() -> None:
    """A name that fits nowhere is folded, not cut."""
    lines = shown(machines_table([vm("n" * 100)], CREATED, screen(60)), screen(60))
    assert 100 == sum(line.count("n") for line in lines[2:])


def test_little_known_machines() -> None:
    """What the provider does not say leaves no empty line."""
    assert ["id    7", "name  web"] == shown(details(vm()), screen())


def test_unusual_facts() -> None:
    """Unknown fields are shown, and nothing can steer the terminal."""
    known = vm(
        "we\x1b[31mb",
        state="hibernated",
        network=Network(public_ip_ports=(PublicPort(port=9000),)),
        extra={"flavour": "van\nilla"},
    )
    assert ["id       7", "name     we�[31mb", "state    hibernated", "ports    9000", "flavour  van illa"] == shown(
        details(known), screen()
    )


def test_alike_errors_are_told_once() -> None:
    """Up to three machines with one error have a line each; more share one, with their names."""
    run = board(*(f"web-{number}" for number in range(1, 11)))
    for number in (0, 1, 2, 4, 6, 7):
        name = run.machines[number].name
        run.note_end(run.machines[number], CreationUnknown(spec(name), None, "the connection was lost"))
    for number in (8, 9):
        name = run.machines[number].name
        run.note_end(run.machines[number], CreationFailed(spec(name), None, 500, "no room", None))
    shared, *alone = shown(errors_table(run, screen(300)), screen(300))
    assert shared.startswith("? web-1 to web-3, web-5, web-7, web-8: the creation of these 6 machines was sent")
    assert [f"✗ the creation of 'web-{number}' failed with 500: no room" for number in (9, 10)] == alone


def test_summary_adds_up_what_it_costs() -> None:
    """Prices are added if every one is known, and there is more than one."""
    run = board("a", "b", "c")
    a, b, c = run.machines
    run.close()
    run.note_end(a, vm("a", price_hourly=0.25))
    assert summary(run).startswith("1 created of 3 in 0.0 s")
    assert summary(run).endswith(" s")
    run.note_end(b, vm("b", price_hourly=0.5))
    assert summary(run).endswith(" s; together 0.75000 an hour")
    run.note_end(c, vm("c"))
    assert "3 created in 0.0 s" == summary(run)
    run.simulated = True
    assert "Simulated: 3 created in 0.0 s" == summary(run)
    run.interrupted = True
    assert "Simulated, interrupted: 3 created in 0.0 s" == summary(run)


def test_words_and_numbers() -> None:
    """Times, shortened names, and text that is safe to show."""
    assert ["0:08", "1:05", "2:03:04"] == [clock(8), clock(65), clock(7384)]
    assert ["8.2 s", "1:05"] == [duration(8.2), duration(65)]
    assert ["web", "we…1", "…", "abcde…hijkl"] == [
        crop_middle("web", 3),
        crop_middle("web-server-1", 4),
        crop_middle("web", 1),
        crop_middle("abcdefghijkl", 11),
    ]
    assert "a b�" == plain(" a\n\tb\u202e")
