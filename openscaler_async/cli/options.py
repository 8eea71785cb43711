"""Options that several commands share."""

from typing import Annotated

import typer

WHERE = "Provider or simulator"
"""The panel of the help text that has the options which choose it."""

BaseUrl = Annotated[
    str | None,
    typer.Option(
        envvar="OPENSCALER_BASE_URL",
        metavar="URL",
        rich_help_panel=WHERE,
        help="Address of the API; the provider's unless given.",
        show_default=False,
    ),
]
Simulate = Annotated[
    bool,
    typer.Option(
        "--simulate",
        rich_help_panel=WHERE,
        help="Use a simulator inside this process: no account, no token, nothing is billed.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object a line, for scripts.")]
Project = Annotated[str, typer.Option(metavar="ID", help="Id of the project.", show_default=True)]
