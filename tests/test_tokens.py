"""``_tokens``: one token for everybody, asked for once, never shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from openscaler_async import Client, ClientClosed, ConfigurationError, CreationRejected
from openscaler_async._tokens import TokenSource
from openscaler_async.simulator import Simulator, Unauthorized
from tests.peers import soon, spec

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_HEADER = "must be printable ASCII without spaces"


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which asyncio complains about a callback or an exception that nobody took."""
    yield
    assert caplog.messages == []


class Provider:
    """An async callable that gives one token after the other, when it is allowed to."""

    def __init__(self, *answers: object) -> None:
        self._answers = iter(answers)
        self.allowed = asyncio.Event()
        self.allowed.set()
        self.asked = 0

    async def __call__(self) -> Any:  # noqa: ANN401  (wrong answers are tested too)
        """Give the next token, or raise it."""
        self.asked += 1
        await self.allowed.wait()
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def started(*tasks: asyncio.Task[Any]) -> None:
    """Let tasks run to where they wait."""
    for _ in range(5):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_text() -> None:
    """A text is the token from the start, and nothing can be had in its place."""
    tokens = TokenSource("token-1")
    assert tokens.current == "token-1"
    assert await tokens.get() == "token-1"
    assert await tokens.refresh("token-1") is False
    assert await tokens.get() == "token-1"
    await tokens.aclose()


async def test_callable_is_asked_once() -> None:
    """However many ask at once and later, the callable runs once, and not before someone asks."""
    provider = Provider("token-1")
    tokens = TokenSource(provider)
    assert (None, 0) == (tokens.current, provider.asked)
    assert ["token-1"] * 5 == await asyncio.gather(*(tokens.get() for _ in range(5)))
    assert await tokens.get() == "token-1"
    assert ("token-1", 1) == (tokens.current, provider.asked)


async def test_refused_token_is_replaced_once() -> None:
    """Everybody whose token was refused gets the same new one; the callable runs once for all of them."""
    provider = Provider("token-1", "token-2")
    tokens = TokenSource(provider)
    await tokens.get()
    assert [True] * 5 == await asyncio.gather(*(tokens.refresh("token-1") for _ in range(5)))
    assert await tokens.refresh("token-1") is True
    assert ("token-2", 2) == (await tokens.get(), provider.asked)


async def test_same_token_again_is_no_other() -> None:
    """A callable that gives the refused token again has no other."""
    tokens = TokenSource(Provider("token-1", "token-1"))
    await tokens.get()
    assert await tokens.refresh("token-1") is False


async def test_cancelled_caller_does_not_cancel_the_others() -> None:
    """One caller's cancellation takes nothing from the others, and does not ask again."""
    provider = Provider("token-1")
    provider.allowed.clear()
    tokens = TokenSource(provider)
    first, second = asyncio.create_task(tokens.get()), asyncio.create_task(tokens.get())
    await started(first, second)
    first.cancel()
    await asyncio.wait([first])
    assert first.cancelled()
    provider.allowed.set()
    assert ("token-1", 1) == (await second, provider.asked)


async def test_failure_is_everybodys_and_is_not_kept() -> None:
    """What the callable raises reaches all who ask; the next one asks again."""
    provider = Provider(OSError("no vault"), "token-1")
    tokens = TokenSource(provider)
    failures = await asyncio.gather(tokens.get(), tokens.get(), return_exceptions=True)
    assert ["no vault"] * 2 == [str(failure) for failure in failures]
    assert ("token-1", 2) == (await tokens.get(), provider.asked)


async def test_failure_that_nobody_waits_for_is_quiet() -> None:
    """A callable that fails after its only caller went away leaves no complaint behind."""
    provider = Provider(OSError("no vault"))
    provider.allowed.clear()
    tokens = TokenSource(provider)
    caller = asyncio.create_task(tokens.get())
    await started(caller)
    caller.cancel()
    await asyncio.wait([caller])
    provider.allowed.set()
    await started()
    assert tokens.current is None


async def test_aclose_stops_asking() -> None:
    """Closing ends the question, and who waits for its answer is told; closing twice is fine."""
    provider = Provider("token-1")
    provider.allowed.clear()
    tokens = TokenSource(provider)
    caller = asyncio.create_task(tokens.get())
    await started(caller)
    await tokens.aclose()
    with pytest.raises(ClientClosed, match="the client was closed while a request was under way"):
        await caller
    await tokens.aclose()
    assert tokens.current is None


async def test_cancelled_caller_is_cancelled_though_closed() -> None:
    """A caller that is cancelled while the client is closed is cancelled, and hears of nothing else."""
    provider = Provider("token-1")
    provider.allowed.clear()
    tokens = TokenSource(provider)
    caller = asyncio.create_task(tokens.get())
    await started(caller)
    caller.cancel()
    await tokens.aclose()
    await asyncio.wait([caller])
    assert caller.cancelled()


@pytest.mark.parametrize("token", ["", "secret with space", "secret\n", "secret\0", "secret\u00e9", "secret\t", "\x7f"])
async def test_text_that_is_no_header_is_refused(token: str) -> None:
    """A text that cannot stand in a header is refused without showing it, from wherever it comes."""
    with pytest.raises(ConfigurationError) as caught:
        TokenSource(token)
    assert ("token", "<hidden>", NO_HEADER) == (caught.value.setting, caught.value.value, caught.value.rule)
    with pytest.raises(ConfigurationError) as caught:
        await TokenSource(Provider(token)).get()
    assert f"token='<hidden>': {NO_HEADER}" == str(caught.value)


async def test_anything_else_is_refused() -> None:
    """Neither text nor callable is refused by its type, and so is an answer that is no text."""
    for token in (5, b"secret", ["secret"]):
        with pytest.raises(ConfigurationError) as caught:
            TokenSource(token)  # type: ignore[arg-type]
        assert str(caught.value).startswith(f"token='<{type(token).__name__}>': must be a string")
    with pytest.raises(ConfigurationError) as caught:
        await TokenSource(Provider(b"secret")).get()
    assert str(caught.value).startswith("token='<bytes>': must be a string")


async def test_refused_token_that_comes_again(simulator: Simulator) -> None:
    """A callable that gives the refused token again ends with that, however many wait for it at once."""

    async def token() -> str:
        return simulator.token

    simulator.inject(Unauthorized(), times=100)
    async with Client(token, base_url=simulator.url) as client:
        creations = [client.vms.create(spec(f"web-{number}")) for number in range(50)]
        errors = await soon(asyncio.gather(*creations, return_exceptions=True))
    assert [CreationRejected] * 50 == [type(error) for error in errors]
    assert 50 == simulator.posts
