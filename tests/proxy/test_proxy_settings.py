"""What the documentation tells an operator to set, and one thing that nginx does unless it is told."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from openscaler_async import Client, Outcome
from openscaler_async.simulator import DropBeforeHead, Silence
from tests.peers import Held, followed, serving, soon, spec

if TYPE_CHECKING:
    import trustme

    from openscaler_async.simulator import Simulator
    from tests.proxy.conftest import Starts, StartsSecure

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "proxies.md"
PROVIDER = "https://api.alpha.openscaler.net"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
LONG_AGO = "Sat, 01 Jan 2000 00:00:00 GMT"


def documented(provider: str, authority: Path) -> str:
    """Give the settings of the documentation, with another provider, trusted by another authority."""
    (block,) = re.findall(r"^```text\n(location .*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert (1, 1) == (block.count(PROVIDER), block.count(AUTHORITIES))
    settings: str = block.replace(PROVIDER, provider).replace(AUTHORITIES, str(authority))
    return settings


async def test_documented_settings(
    nginx: Starts, https: StartsSecure, simulator: Simulator, authority: trustme.CA, tmp_path: Path
) -> None:
    """By the documented settings progress is live, the provider is verified, and nothing is sent twice."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    provider = https().url.replace("127.0.0.1", "localhost")
    proxy = nginx(server=documented(provider, tmp_path / "ca.pem"))
    async with Client(simulator.token, base_url=proxy.url) as client:
        held = Held()
        simulator.inject(held)
        creation = await followed(client, "a")
        held.go.set()
        await soon(creation)
        simulator.inject(DropBeforeHead())
        await soon(client.vms.create(spec("b")))
        simulator.inject(Silence(1))
        creation = await followed(client, "c")
        await soon(creation.abandon())
    assert Outcome.UNKNOWN is creation.outcome
    assert 3 == simulator.posts == len(simulator.vms)


async def test_documented_settings_verify(
    nginx: Starts, https: StartsSecure, simulator: Simulator, authority: trustme.CA, tmp_path: Path
) -> None:
    """By the documented settings nginx sends nothing to a provider with the certificate of another host."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    provider = https(authority.issue_cert("other.example")).url.replace("127.0.0.1", "localhost")
    proxy = nginx(server=documented(provider, tmp_path / "ca.pem"))
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        creation = client.vms.create(spec())
        await soon(asyncio.gather(creation, return_exceptions=True))
    assert Outcome.UNKNOWN is creation.outcome
    assert "does not match" in proxy.said
    assert 0 == simulator.posts


@pytest.mark.parametrize(("location", "passed_on"), [("", False), ("proxy_pass_header Date;", True)])
async def test_date(location: str, passed_on: bool, nginx: Starts) -> None:  # noqa: FBT001  (a column of the table)
    """The Date of an answer is that of nginx, unless nginx is told to pass on the provider's."""
    async with (
        serving(lambda _: web.Response(headers={"Date": LONG_AGO})) as provider,
        aiohttp.ClientSession() as session,
        session.get(nginx(upstream=f"server {provider.url.removeprefix('http://')};", location=location).url) as answer,
    ):
        assert passed_on is ([LONG_AGO] == answer.headers.getall("Date"))
