"""The command ``openscaler``: its sub-commands, and what an error means for the exit code."""

from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer
from typer.main import get_command

from openscaler_async import ConfigurationError, InvalidSpec, InvalidTicket, OpenScalerError

from .codes import ExitCode, Finished, UsageProblem
from .consoles import say
from .simulate import simulate
from .vms import app as vms

_TYPERS_USAGE_CODE = 2  # ours is 3: 2 says that a creation's result is not known

app: typer.Typer = typer.Typer(
    name="openscaler",
    help="Create virtual machines in the OpenScaler cloud and follow them.",
    epilog="Exit codes: 0 all created, 1 some failed, 2 some unknown, 3 usage.",
    no_args_is_help=True,
    rich_markup_mode="markdown",  # joins the lines of a paragraph
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(vms, name="vms")
app.command("simulate")(simulate)


def _show_version(value: bool) -> None:  # noqa: FBT001  (typer calls it so)
    if value:
        number = "(not installed)"
        with suppress(PackageNotFoundError):
            number = version("openscaler-async")
        typer.echo(f"openscaler-async {number}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Args:
        arguments: what follows the program's name.

    Returns:
        The exit code.
    """
    code: int
    try:
        get_command(app).main(list(arguments), prog_name="openscaler")
    except Finished as end:
        code = end.code
    except SystemExit as end:
        code = ExitCode.USAGE if end.code == _TYPERS_USAGE_CODE else int(end.code or 0)
    except (UsageProblem, ConfigurationError, InvalidSpec, InvalidTicket) as error:
        say(str(error))
        code = ExitCode.USAGE
    except (OpenScalerError, OSError) as error:
        say(str(error))
        code = ExitCode.FAILED
    return code
