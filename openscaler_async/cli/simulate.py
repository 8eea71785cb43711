"""``openscaler simulate``: the simulator as a server, until Ctrl-C."""

import asyncio
from typing import Annotated

import typer

from openscaler_async.simulator import Simulator

from .codes import ExitCode, Finished
from .consoles import say
from .signals import stop_requests


def simulate(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    speed: Annotated[
        float,
        typer.Option(min=0.001, metavar="X", help="At 1, a machine takes about 8 seconds."),
    ] = 1.0,
    steps: Annotated[int, typer.Option(min=0, metavar="N", help="Progress events of each.")] = 10,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of everything random.")] = 0,
) -> None:
    """Serve a simulated OpenScaler API until Ctrl-C; prints what to export to use it."""
    simulator = Simulator(host=host, port=port, speed=speed, steps=steps, seed=seed)
    try:
        asyncio.run(_serve(simulator))
    except OSError as error:
        say(f"cannot listen on {host}:{port}: {error.strerror or error}")
        raise Finished(ExitCode.FAILED) from None
    raise Finished(ExitCode.OK)


async def _serve(simulator: Simulator) -> None:
    with stop_requests() as asked:
        async with simulator:
            say("a simulated API; nothing it creates is real. Ctrl-C stops it. To use it:")
            typer.echo(f"export OPENSCALER_TOKEN={simulator.token}")
            typer.echo(f"export OPENSCALER_BASE_URL={simulator.url}")
            await asked.wait()
            asked_for, made = simulator.posts, len(simulator.vms)
            say(f"stopped; {asked_for} creations were asked for, {made} machines were made")
