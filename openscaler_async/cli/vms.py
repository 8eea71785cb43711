"""``openscaler vms``: the group of commands about virtual machines."""

import typer

from .attach import attach
from .create import create
from .look import list_vms, show_vm

app: typer.Typer = typer.Typer(
    help="Create, find again, list and show virtual machines.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.command("create")(create)
app.command("attach")(attach)
app.command("list")(list_vms)
app.command("show")(show_vm)
