"""``client``: its settings, and who may use it when."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from openscaler_async import Client, ClientClosed, ConfigurationError, CreationNotSent, Timeouts
from openscaler_async.simulator import Simulator
from tests.peers import Held, soon, spec


@pytest.mark.parametrize(
    "url",
    [
        *("https://api.alpha.openscaler.net", "https://api.example:8443/base/", "https://[2001:db8::1]"),
        *("http://127.0.0.1:8080", "http://127.8.9.10", "http://localhost:1", "http://LOCALHOST", "http://[::1]:80/x"),
    ],
)
def test_base_url(url: str) -> None:
    """HTTPS anywhere, and HTTP to loopback."""
    assert "closed" in repr(Client("token", base_url=url))


@pytest.mark.parametrize(
    "url",
    [
        *("http://api.example", "http://0.0.0.0", "http://10.0.0.1", "http://localhost.example", "http://127.0.0.1.x"),
        *("ftp://127.0.0.1", "ws://localhost", "api.example", "//api.example", "/v1", "", "https://", "https:///v1"),
        *("https://a.example?x=1", "https://a.example#x", "https://a.example:99999", "https://a.example:b", None, 7),
        *(b"https://a.example", "https://[::1", "HTTP://example.com"),
    ],
)
def test_base_url_that_is_refused(url: Any) -> None:  # noqa: ANN401
    """Anything else is refused, with the rule."""
    with pytest.raises(ConfigurationError, match="must be an https:// URL") as caught:
        Client("token", base_url=url)
    assert ("base_url", url) == (caught.value.setting, caught.value.value)


@pytest.mark.parametrize(
    "url", ["https://me:canary@a.example", "https://canary@a.example", "https://:canary@a.example"]
)
@pytest.mark.parametrize("rest", ["", ":99999", ":port", "/?x=1"])
def test_base_url_with_a_password(url: str, rest: str) -> None:
    """A base URL has no password in it, and one that is there is not shown, however wrong the rest is."""
    with pytest.raises(ConfigurationError) as caught:
        Client("token", base_url=url + rest)
    shown = f"{caught.value} {caught.value!r} {caught.value.value} {caught.value.__context__}"
    assert "canary" not in shown


@pytest.mark.parametrize("token", ["", " ", "two words", "line\n", "tab\t", "é", "\0", 7, b"token", ["token"]])
def test_token_that_is_refused(token: Any) -> None:  # noqa: ANN401
    """A token is printable ASCII without spaces, or a callable; what is not is not shown."""
    with pytest.raises(ConfigurationError) as caught:
        Client(token)
    assert "token" == caught.value.setting
    assert repr(token) not in str(caught.value) or len(str(token)) < 2


async def test_token_from_the_environment(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token it is taken from OPENSCALER_TOKEN, when the client is made."""
    with pytest.raises(ConfigurationError, match="OPENSCALER_TOKEN"):
        Client(base_url=simulator.url)
    monkeypatch.setenv("OPENSCALER_TOKEN", "")
    with pytest.raises(ConfigurationError, match="OPENSCALER_TOKEN"):
        Client(base_url=simulator.url)
    monkeypatch.setenv("OPENSCALER_TOKEN", simulator.token)
    made = Client(base_url=simulator.url)
    monkeypatch.setenv("OPENSCALER_TOKEN", "another")
    async with made as client:
        assert "web-1" == (await soon(client.vms.create(spec()))).name
    assert 1 == simulator.posts


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("max_concurrent_creations", [0, -1, 1.5, "1", True]),
        ("creations_per_second", [0, -1, "1", True, float("nan")]),
        ("attempts", [0, 1.0, None]),
        ("max_retry_wait", [-1, None]),
        ("max_event_bytes", [0, -1, 1.5, None, True]),
    ],
)
def test_wrong_settings(setting: str, values: list[Any]) -> None:
    """Each wrong setting is named, with its value."""
    for value in values:
        with pytest.raises(ConfigurationError, match=f"{setting}=") as caught:
            Client("token", **{setting: value})
        assert setting == caught.value.setting
        assert value is caught.value.value


async def test_not_open(simulator: Simulator) -> None:
    """Nothing can be asked of a client before it is open, nor after it is closed."""
    client = Client(simulator.token, base_url=simulator.url)
    for _ in range(2):
        with pytest.raises(ClientClosed, match="async with"):
            client.vms.create(spec())
        with pytest.raises(ClientClosed):
            await client.vms.list()
        with pytest.raises(ClientClosed):
            await client.request("GET", "/v1/vms")
        async with client:
            pass
    assert not simulator.requests


async def test_opened_twice(client: Client) -> None:
    """A client is open once at a time."""
    with pytest.raises(ClientClosed, match="open already"):
        await client.__aenter__()
    assert [] == await soon(client.vms.list())


async def test_other_loop(client: Client, simulator: Simulator) -> None:
    """A client belongs to the loop that it was opened in."""

    async def use() -> None:
        with pytest.raises(ClientClosed, match="event loop"):
            client.vms.create(spec())
        with pytest.raises(ClientClosed, match="event loop"):
            await client.vms.list()

    await asyncio.to_thread(asyncio.run, use())
    with pytest.raises(ClientClosed, match="event loop"):
        await asyncio.to_thread(client.vms.create, spec())
    assert not simulator.requests


def test_one_loop_after_another() -> None:
    """A client may be opened in one loop after another, with more creations than run at once."""
    client: Client | None = None

    async def work() -> int:
        nonlocal client
        async with Simulator(speed=float("inf"), port=port) as simulator:
            client = client or Client(simulator.token, base_url=simulator.url, max_concurrent_creations=1)
            ports.append(int(simulator.url.rpartition(":")[2]))
            async with client:
                await soon(asyncio.gather(*(client.vms.create(spec(name)) for name in "abc")))
            return simulator.posts

    ports: list[int] = []
    port = 0
    assert 3 == asyncio.run(work())
    (port,) = ports
    assert 3 == asyncio.run(work())


async def test_closed_session(simulator: Simulator) -> None:
    """A borrowed session that was closed is as good as a closed client."""
    async with aiohttp.ClientSession() as session:
        client = await Client(simulator.token, base_url=simulator.url, session=session).__aenter__()
    with pytest.raises(ClientClosed):
        client.vms.create(spec())
    await client.aclose()
    assert not simulator.requests


async def test_session_that_is_closed_too_early(simulator: Simulator) -> None:
    """A creation that still waits when a borrowed session is closed is not sent, and says so."""
    held = Held()
    simulator.inject(held)
    async with aiohttp.ClientSession() as session:
        settings = {"session": session, "max_concurrent_creations": 1, "timeouts": Timeouts(silence=0.1)}
        async with Client(simulator.token, base_url=simulator.url, **settings) as client:  # type: ignore[arg-type]
            first = client.vms.create(spec("a"))
            await soon(anext(aiter(first)))
            second = client.vms.create(spec("b"))
            await session.close()
            results = await soon(asyncio.gather(first, second, return_exceptions=True))
    assert isinstance(results[1], CreationNotSent)
    assert 1 == simulator.posts


async def test_representation(client: Client, simulator: Simulator) -> None:
    """A client shows where it goes, how it is, and how much it does."""
    simulator.inject(held := Held())
    creation = client.vms.create(spec())
    assert f"<Client {simulator.url} open, 1 creations running>" == repr(client)
    held.go.set()
    await soon(creation)
    await client.aclose()
    assert f"<Client {simulator.url} closed, 0 creations running>" == repr(client)


def test_made_outside_a_loop() -> None:
    """A client can be made where no loop runs, and used only where one does."""
    client = Client("token", timeouts=Timeouts(), reconcile=False)
    assert not client.reconcile
    with pytest.raises(ClientClosed):
        client.vms.create(spec())
