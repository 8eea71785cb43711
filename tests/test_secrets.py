"""Secrets: no token, password or cloud-init document shows anywhere, whatever happens to a creation."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
import traceback

import pytest

from openscaler_async import Client, CreationError, Timeouts, VMSpec
from openscaler_async.simulator import (
    DropAfter,
    DropBeforeHead,
    Fault,
    FinalError,
    NoFinalEvent,
    Redirect,
    ServerError,
    Silence,
    Simulator,
    Unauthorized,
    UnreadableVM,
)
from tests.peers import Reply, reported, soon, spec

CANARY = "canary-7f3a"
FAULTS = [
    *(Fault(), DropBeforeHead(), DropAfter(20), FinalError(500), NoFinalEvent(), Redirect(307), ServerError(500)),
    *(Unauthorized(), UnreadableVM(), Reply(400, b"no"), Reply(429, b"", {"Retry-After": "999"})),
]


def secret_spec() -> VMSpec:
    """Give a spec full of secrets."""
    secrets = {"password": CANARY, "cloud_init_user_data": f"#cloud-config\n{CANARY}"}
    return spec(**secrets, extra={"root_password": CANARY})


@pytest.fixture
async def simulator() -> Simulator:
    """Give a simulator whose token is a secret, not started."""
    return Simulator(token=f"{CANARY}-token", speed=float("inf"))


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
@pytest.mark.parametrize("reconcile", [True, False])
async def test_secrets_never_show(
    fault: Fault, simulator: Simulator, caplog: pytest.LogCaptureFixture, *, reconcile: bool
) -> None:
    """Not in a repr, a text, a traceback, a pickle or a log at DEBUG, of any logger."""
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    shown: list[object] = []
    with reported() as told:
        settings = {"timeouts": Timeouts(settle=0.05), "reconcile": reconcile}
        async with simulator, Client(simulator.token, base_url=simulator.url, **settings) as client:  # type: ignore[arg-type]
            simulator.inject(fault)
            creation = client.vms.create(secret_spec())
            shown += [repr(creation), repr(creation._task), repr(client), repr(client.vms), repr(client._engine)]
            (found,) = await soon(asyncio.gather(creation, return_exceptions=True))
            shown += [repr(creation), repr(creation.spec), repr(found), str(found)]
            shown += [repr(creation.ticket()), creation.ticket().to_json(), pickle.dumps(creation.ticket())]
        if isinstance(found, CreationError):
            shown += _shown_by(found)
        del creation, found
    shown += [told, caplog.text, [record.getMessage() for record in caplog.records]]
    for text in shown:
        assert CANARY not in str(text)
    assert 1 == simulator.posts


def _shown_by(error: CreationError) -> list[object]:
    """Give everything that an error can be made to tell."""
    shown: list[object] = [str(error.args), repr(vars(error)), "".join(traceback.format_exception(error))]
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301  (our own)
        assert isinstance(copied, type(error))
        assert str(error) == str(copied)
        assert None is copied.spec.password is copied.spec.cloud_init_user_data
        assert {} == copied.spec.extra
        shown += [repr(copied), repr(vars(copied))]
    return [*shown, pickle.dumps(error)]


async def test_abandoned_creation_is_logged_without_secrets(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """The warning about a creation that was left behind has nothing of its secrets."""
    caplog.set_level(logging.DEBUG)
    async with simulator, Client(simulator.token, base_url=simulator.url) as client:
        simulator.inject(Silence(1))
        creation = client.vms.create(secret_spec())
        await soon(anext(aiter(creation)))
        await client.aclose(timeout=0)
    assert "abandoned the creation" in caplog.text
    assert CANARY not in caplog.text


async def test_secrets_are_sent(simulator: Simulator) -> None:
    """The provider gets them: what is hidden is not lost."""
    async with simulator, Client(simulator.token, base_url=simulator.url) as client:
        sent: list[bytes] = []

        class Look(Fault):
            async def answer(self, request):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
                sent.append(await request.read())

        simulator.inject(Look())
        await soon(client.vms.create(secret_spec()))
    assert 3 == sent[0].count(CANARY.encode())
