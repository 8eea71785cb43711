"""`openscaler vms list` and `openscaler vms show`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

HEADER = ["id", "name", "state", "size", "region", "public", "ip", "ssh", "port", "price/hour"]
NOTE = "openscaler: simulated: 3 machines were made for this command and are gone with it"


@pytest.mark.usefixtures("served")
def test_list(openscaler: Run, create: Run) -> None:
    """The machines of a project stand in a table, one in a line."""
    create("web", "--count", 2, "--project", "shop", "--concurrency", 1)
    ran = openscaler("vms", "list", "--project", "shop")
    assert (0, "", HEADER) == (ran.code, ran.err, ran.lines[0].split())
    rows = [line.split() for line in ran.lines[2:]]
    assert [["1", "web-1", "running"], ["2", "web-2", "running"]] == [row[:3] for row in rows]
    assert ["b-1-500mb-10", "alg1", "198.51.100.1", "9003", "0.00208"] == rows[0][3:]


@pytest.mark.usefixtures("served")
def test_list_of_nothing(openscaler: Run) -> None:
    """An empty project gives no table, and a note that is no output."""
    ran = openscaler("vms", "list")
    assert (0, "", "openscaler: no machines in project 'default'\n") == (ran.code, ran.out, ran.err)


@pytest.mark.usefixtures("served")
def test_list_for_scripts(openscaler: Run, create: Run) -> None:
    """A script gets one machine a line."""
    create("web", "--count", 2)
    ran = openscaler("vms", "list", "--json")
    assert (0, {"web-1", "web-2"}) == (ran.code, {vm["name"] for vm in ran.events})


@pytest.mark.usefixtures("served")
def test_show(openscaler: Run, create: Run) -> None:
    """Everything that is known of one machine, by name."""
    create("web", "--description", "A [red]shop[/red]", "--disk", 5)
    ran = openscaler("vms", "show", 1)
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in ran.lines if line[0] != " ")
    assert (0, "web", "running") == (ran.code, facts["name"], facts["state"])
    assert "A [red]shop[/red]" == facts["description"]
    assert "b-1-500mb-10, 1 vCPU, 512 MB memory, 10 GB disk, 512 GB traffic" == facts["size"]
    assert "0.00208 an hour, 1.50 a month" == facts["price"]
    assert "9003 to 22, SSH port for VM 1 (internal port 22)" == facts["ports"]
    assert "vda, 10 GB, /, main" == facts["disks"]
    assert facts["created"].endswith(" UTC")
    assert 2 == len([line for line in ran.lines if " to 443" in line or "vdc, 5 GB" in line])


@pytest.mark.usefixtures("served")
def test_show_for_scripts(openscaler: Run, create: Run) -> None:
    """A script gets the machine as one object."""
    create("web")
    ran = openscaler("vms", "show", 1, "--json")
    assert (0, "web") == (ran.code, json.loads(ran.out)["name"])


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_show_what_is_not_there(openscaler: Run, form: tuple[str, ...]) -> None:
    """A machine that does not exist is exit code 1 and one sentence, no output."""
    ran = openscaler("vms", "show", 77, *form)
    assert (1, "") == (ran.code, ran.out)
    assert ran.err.startswith("openscaler: GET /v1/vms/77 was answered with HTTP 404")


def test_list_when_nobody_answers(openscaler: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that cannot be reached is exit code 1."""
    monkeypatch.setenv("OPENSCALER_TOKEN", "any")
    ran = openscaler("vms", "list", "--base-url", "http://127.0.0.1:9")
    assert (1, "") == (ran.code, ran.out)
    assert ran.err.startswith("openscaler: GET /v1/vms was not sent: ")


def test_simulated_list_has_something_to_show(openscaler: Run) -> None:
    """`--simulate` makes three machines for the occasion, in the project that is asked for."""
    ran = openscaler("vms", "list", "--simulate", "--project", "shop", "--json")
    assert [("sample-1", "shop"), ("sample-2", "shop"), ("sample-3", "shop")] == [
        (vm["name"], vm["project_id"]) for vm in ran.events
    ]
    assert ran.err.startswith(NOTE)


def test_simulated_show_knows_what_the_list_showed(openscaler: Run) -> None:
    """An id of the simulated list can be shown."""
    ran = openscaler("vms", "show", 2, "--simulate", "--json")
    assert "sample-2" == json.loads(ran.out)["name"]
    assert ran.err.startswith(NOTE)
