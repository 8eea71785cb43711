"""``openscaler vms create``: its options, the specs they ask for, and the run."""

import asyncio
from typing import Annotated

import attrs
import typer

from openscaler_async import AttachedDisk, VMSpec

from .board import Board, Machine
from .codes import Finished, UsageProblem, code_of
from .connect import Target
from .consoles import can_draw, output
from .creating import follow_all
from .inputs import expand_names, read_cloud_init, read_password, read_ssh_keys
from .jsons import JsonLines
from .live import LiveView
from .options import WHERE, BaseUrl, Json, Project, Simulate
from .plain import PlainLines
from .streams import StreamView
from .views import View

_FROM = "@FILE|-"


def create(  # noqa: PLR0913  (one parameter for each option)
    *,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Name of the machine. For several, NAME-1, NAME-2..., or where {index} or {index:03} stands in it.",
        ),
    ],
    size: Annotated[str, typer.Option(metavar="SLUG", help="Size, such as b-1-500mb-10.")],
    region: Annotated[str, typer.Option(metavar="SLUG", help="Region, such as alg1.")],
    distro: Annotated[str, typer.Option(metavar="SLUG", help="Image, such as debian-13.")],
    count: Annotated[int, typer.Option(min=1, metavar="N", help="How many machines.")] = 1,
    ssh_key: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY|@FILE", help="Public key, or a file with one a line. Repeatable."),
    ] = None,
    description: Annotated[str | None, typer.Option(metavar="TEXT", help="Free text.")] = None,
    project: Project = "default",
    disk: Annotated[
        list[int] | None,
        typer.Option(min=1, metavar="GB", help="A disk beside the main one. Repeatable."),
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(metavar=_FROM, help="Password, from a file or from standard input."),
    ] = None,
    cloud_init: Annotated[
        str | None,
        typer.Option(metavar=_FROM, help="Cloud-init user data, likewise."),
    ] = None,
    sequence_id: Annotated[
        int | None,
        typer.Option(metavar="N", help="Number that the machine carries back; the next ones get N+1, N+2..."),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Creations at once.", show_default="100"),
    ] = None,
    json: Json = False,
    base_url: BaseUrl = None,
    simulate: Simulate = False,
    speed: Annotated[
        float,
        typer.Option(
            min=0.001,
            metavar="X",
            rich_help_panel=WHERE,
            help="With --simulate: how fast; at 1, a machine takes about 8 seconds.",
        ),
    ] = 1.0,
) -> None:
    """Create machines, and follow them until each is there or has failed.

    The token is read from OPENSCALER_TOKEN. Ctrl-C stops following and says what is known of each
    machine; what was sent already may go on at the provider.

    With --json, each line is an event: progress, one of created, failed, rejected, not_sent and
    unknown for each machine, and a closing summary.
    """
    if [password, cloud_init] == ["-", "-"]:
        raise UsageProblem("--password and --cloud-init cannot both be read from standard input")
    template = VMSpec(
        name=name,
        size=size,
        region=region,
        distro=distro,
        project_id=project,
        description=description,
        attached_disks=[AttachedDisk(size_gb=size_gb) for size_gb in disk or ()],
        ssh_keys=read_ssh_keys(ssh_key or ()),
        password=read_password(password),
        cloud_init_user_data=read_cloud_init(cloud_init),
        sequence_id=sequence_id,
    )
    specs = _spread(template, count)
    target = Target(base_url=base_url, simulate=simulate, speed=speed)
    board = _board_of(specs, simulated=simulate)
    view = view_of(board, as_json=json)
    try:
        asyncio.run(_create(specs, target, concurrency, board, view))
        board.close()
        view.report()
    finally:
        view.stop()
    raise Finished(code_of(board.outcomes()))


def _spread(template: VMSpec, count: int) -> list[VMSpec]:
    first = template.sequence_id
    return [
        attrs.evolve(template, name=name, sequence_id=None if first is None else first + index)
        for index, name in enumerate(expand_names(template.name, count))
    ]


async def _create(specs: list[VMSpec], target: Target, concurrency: int | None, board: Board, view: View) -> None:
    async with target.connect(concurrency) as client:
        view.start()
        await follow_all([client.vms.create(spec) for spec in specs], board, view)


def _board_of(specs: list[VMSpec], *, simulated: bool) -> Board:
    machines = [Machine(index=index, name=spec.name, sequence_id=spec.sequence_id) for index, spec in enumerate(specs)]
    return Board(machines=machines, simulated=simulated)


def view_of(board: Board, *, as_json: bool) -> View:
    """Choose how a run is shown: as JSON, as bars where they can be drawn, or as lines."""
    if as_json:
        return StreamView(board, JsonLines())
    console = output()
    return LiveView(board, console) if can_draw(console) else StreamView(board, PlainLines())
