"""Promises of `examples/`: each runs as a script, and its function does what its docstring says."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import VM, CreationFailed, CreationRejected, CreationUnknown
from openscaler_async.simulator import DropAfter, FinalError, RateLimited

if TYPE_CHECKING:
    from openscaler_async import Client
    from openscaler_async.simulator import Simulator

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
PATIENCE = 60.0


def function(name: str) -> Any:  # noqa: ANN401 - each example has a signature of its own
    """Load a function of an example without running the example."""
    return next(names[name] for path in EXAMPLES if name in (names := runpy.run_path(str(path))))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_as_a_script(example: Path) -> None:
    """The example needs nothing but the package, ends well, and has something to say."""
    done = subprocess.run(  # noqa: S603 - our own examples
        [sys.executable, "-W", "error", str(example)], capture_output=True, check=True, text=True, timeout=PATIENCE
    )
    assert done.stdout
    assert done.stderr == ""


def test_there_are_examples() -> None:
    """The tests above have something to run."""
    assert [path.stem for path in EXAMPLES] == ["create_many", "create_one", "follow_progress"]


async def test_create_one_gives_the_machine(client: Client, simulator: Simulator) -> None:
    """The machine is the one that the provider made."""
    vm = await function("create_one")(client)
    assert [vm.id] == [machine["id"] for machine in simulator.vms]


async def test_create_one_says_when_to_look_by_hand(
    client: Client, simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lost stream is told apart from a failure, and nothing is sent again."""
    simulator.inject(DropAfter(bytes=300))
    assert await function("create_one")(client) is None
    assert "do not create it again" in capsys.readouterr().out
    assert simulator.posts == 1


async def test_create_one_says_why_there_is_no_machine(
    client: Client, simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure is told in the provider's words."""
    simulator.inject(FinalError(500, "no host has room"))
    assert await function("create_one")(client) is None
    assert "no machine to use" in capsys.readouterr().out


async def test_create_many_keeps_every_result(client: Client, simulator: Simulator) -> None:
    """One failure and one lost stream leave the other machines alone; the order is that of the specs."""
    simulator.inject(FinalError())
    simulator.inject(DropAfter(bytes=300))
    simulator.inject(RateLimited(retry_after=120))
    results = await function("create_many")(client, 8)
    kinds = [type(result) for result in results]
    assert {CreationFailed: 1, CreationUnknown: 1, CreationRejected: 1, VM: 5} == {
        kind: kinds.count(kind) for kind in kinds
    }
    for number, result in enumerate(results, start=1):
        assert f"web-{number}" == (result.name if isinstance(result, VM) else result.spec.name)
    simulator.assert_no_duplicates()


async def test_follow_progress_shows_everything_to_both(client: Client) -> None:
    """The reader that comes late sees as much as the early one."""
    vm, early, late = await function("follow")(client, patience=30)
    assert vm.name == "web-1"
    assert early == late == 10
