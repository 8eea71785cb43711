"""``openscaler vms list`` and ``openscaler vms show``: what is there."""

import asyncio
from typing import Annotated

import typer

from openscaler_async import VM, Client, VMSpec

from .codes import ExitCode, Finished
from .connect import Target
from .consoles import output, say
from .details import details
from .jsons import to_line
from .options import BaseUrl, Json, Project, Simulate
from .tables import LISTED, machines_table

_SAMPLES = 3
_SAMPLES_NOTE = (
    f"simulated: {_SAMPLES} machines were made for this command and are gone with it; "
    "`openscaler simulate` keeps its machines until it is stopped"
)


def list_vms(
    *,
    project: Project = "default",
    json: Json = False,
    base_url: BaseUrl = None,
    simulate: Simulate = False,
) -> None:
    """List the machines of a project.

    With --simulate there would be none: three are made for the occasion.
    """
    target = Target(base_url=base_url, simulate=simulate)
    vms = asyncio.run(_list(target, project))
    if json:
        for vm in vms:
            typer.echo(to_line(vm))
    elif vms:
        console = output()
        console.print(machines_table(vms, LISTED, console))
    else:
        say(f"no machines in project {project!r}")
    raise Finished(ExitCode.OK)


def show_vm(
    *,
    vm_id: Annotated[int, typer.Argument(metavar="ID", help="Id of the machine.")],
    json: Json = False,
    base_url: BaseUrl = None,
    simulate: Simulate = False,
) -> None:
    """Show everything that is known of one machine."""
    target = Target(base_url=base_url, simulate=simulate)
    vm = asyncio.run(_show(target, vm_id))
    if json:
        typer.echo(to_line(vm))
    else:
        output().print(details(vm))
    raise Finished(ExitCode.OK)


async def _list(target: Target, project: str) -> list[VM]:
    async with target.connect() as client:
        if target.simulate:
            await _make_samples(client, project)
        return await client.vms.list(project)


async def _show(target: Target, vm_id: int) -> VM:
    async with target.connect() as client:
        if target.simulate:
            await _make_samples(client, "default")
        return await client.vms.get(vm_id)


async def _make_samples(client: Client, project: str) -> None:
    for index in range(1, _SAMPLES + 1):
        spec = VMSpec(
            name=f"sample-{index}",
            size="b-1-500mb-10",
            region="alg1",
            distro="debian-13",
            project_id=project,
        )
        await client.vms.create(spec)
    say(_SAMPLES_NOTE)
