"""What nginx answers in the provider's place: its pages, refusals and redirects, and whether a machine may be there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from openscaler_async import Client, CreationRejected, CreationUnknown, Outcome
from openscaler_async.simulator import DropBeforeHead, Fault, ServerError, Silence
from tests.peers import nobody_answers, soon, spec

if TYPE_CHECKING:
    from openscaler_async.simulator import Simulator
    from tests.proxy.conftest import Starts

SENT = [
    *((DropBeforeHead("close"), "502", "prematurely closed"), (DropBeforeHead("reset"), "502", "reset by peer")),
    (Silence(), "504", "timed out"),
]
INSTEAD = {
    "an error page with status 200": ("error_page 504 =200 /sorry;", "HTTP 200"),
    "an error page elsewhere": ("error_page 504 =302 https://status.example/;", "HTTP 302"),
}


@pytest.mark.parametrize(("fault", "status", "cause"), SENT, ids=repr)
@pytest.mark.parametrize("location", ["", "proxy_http_version 1.1; proxy_buffering off;"])
async def test_its_own_page(  # noqa: PLR0913, PLR0917  (one row of the table)
    location: str, fault: Fault, status: str, cause: str, nginx: Starts, simulator: Simulator
) -> None:
    """A 502 or 504 page says that nginx got no answer: the request was sent, and the machine may be there."""
    simulator.inject(fault)
    proxy = nginx(location=location + "proxy_read_timeout 200ms;")
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        with pytest.raises(CreationUnknown, match=f"HTTP {status}.*nginx"):
            await soon(client.vms.create(spec()))
    assert cause in proxy.said
    proxy.stop()
    assert [("POST", status)] == [(asked.method, asked.status) for asked in proxy.asked]
    assert 1 == simulator.posts == len(simulator.vms)


@pytest.mark.parametrize(("page", "shown"), INSTEAD.values(), ids=INSTEAD)
async def test_page_instead_of_its_own(page: str, shown: str, nginx: Starts, simulator: Simulator) -> None:
    """However nginx dresses up its failure, it is no answer of the provider's, and is not followed."""
    simulator.inject(Silence())
    location = f"proxy_read_timeout 200ms; {page}"
    proxy = nginx(location=location, server="location = /sorry { internal; return 200 'sorry'; }")
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        with pytest.raises(CreationUnknown, match=shown):
            await soon(client.vms.create(spec()))
    assert 1 == simulator.posts == len(simulator.vms)


async def test_provider_that_is_down(nginx: Starts, simulator: Simulator) -> None:
    """A provider that refuses nginx is a 502, too: nothing was sent, and nobody behind nginx can tell."""
    proxy = nginx()
    async with simulator.refusing(), Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        with pytest.raises(CreationUnknown, match="HTTP 502"):
            await soon(client.vms.create(spec()))
    assert "Connection refused" in proxy.said
    assert 0 == simulator.posts


async def test_provider_that_does_not_answer(nginx: Starts, simulator: Simulator) -> None:
    """A provider to which nginx does not get through in time is a 504."""
    async with nobody_answers() as nowhere:
        proxy = nginx(upstream=f"server {nowhere.removeprefix('http://')};", location="proxy_connect_timeout 200ms;")
        async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
            with pytest.raises(CreationUnknown, match="HTTP 504"):
                await soon(client.vms.create(spec()))
    assert 0 == simulator.posts


@pytest.mark.parametrize("size", [3_000, 1_000_000])
async def test_body_that_is_too_large(size: int, nginx: Starts, simulator: Simulator) -> None:
    """A request larger than client_max_body_size is rejected by nginx, and was not passed on."""
    proxy = nginx(server="client_max_body_size 2k;")
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        with pytest.raises(CreationRejected, match="413") as caught:
            await soon(client.vms.create(spec(cloud_init_user_data="#" * size)))
    assert (413, Outcome.REJECTED) == (caught.value.status, caught.value.outcome)
    assert 0 == simulator.posts


@pytest.mark.parametrize(("directive", "status"), [("deny all;", 403), ("return 404;", 404), ("return 405;", 405)])
async def test_refused_by_nginx(directive: str, status: int, nginx: Starts, simulator: Simulator) -> None:
    """A 4xx of nginx's own was not passed on: rejected, no machine, not repeated."""
    proxy = nginx(location=directive)
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        with pytest.raises(CreationRejected) as caught:
            await soon(client.vms.create(spec()))
    assert (status, True) == (caught.value.status, "nginx" in caught.value.body)
    proxy.stop()
    assert [str(status)] == [asked.status for asked in proxy.asked]
    assert 0 == simulator.posts


LIMIT = "limit_req_zone $binary_remote_addr zone=few:32k rate=20r/s;"


async def test_rate_limit(nginx: Starts, simulator: Simulator) -> None:
    """By default requests are limited with a 503, which does not tell that nothing was passed on: unknown."""
    proxy = nginx(http=LIMIT, location="limit_req zone=few;")
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        both = [client.vms.create(spec(name)) for name in ("a", "b")]
        await soon(asyncio.gather(*both, return_exceptions=True))
    assert {Outcome.CREATED, Outcome.UNKNOWN} == {creation.outcome for creation in both}
    assert 1 == simulator.posts == len(simulator.vms)


async def test_rate_limit_that_says_so(nginx: Starts, simulator: Simulator) -> None:
    """With limit_req_status 429 it says that nothing was passed on, and the SDK sends it again, later."""
    proxy = nginx(http=LIMIT, location="limit_req zone=few; limit_req_status 429;")
    async with Client(simulator.token, base_url=proxy.url, reconcile=False, attempts=20) as client:
        vms = await soon(asyncio.gather(*(client.vms.create(spec(name)) for name in ("a", "b"))))
    assert ["a", "b"] == [vm.name for vm in vms]
    proxy.stop()
    assert ["200"] * 2 == [asked.status for asked in proxy.asked if asked.tried]
    assert "429" in [asked.status for asked in proxy.asked]
    assert 2 == simulator.posts == len(simulator.vms)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect(status: int, nginx: Starts, simulator: Simulator) -> None:
    """A redirect, to HTTPS or to another host, is not followed: the token and the POST go nowhere else."""
    proxy = nginx(location=f"return {status} {simulator.url}/v1/vms;")
    async with Client(simulator.token, base_url=proxy.url, reconcile=False) as client:
        with pytest.raises(CreationUnknown, match=f"HTTP {status}"):
            await soon(client.vms.create(spec()))
    assert 0 == simulator.posts


@pytest.mark.parametrize("status", [500, 503])
async def test_error_of_the_provider(status: int, nginx: Starts, simulator: Simulator) -> None:
    """An error of the provider's comes through nginx as it is, once."""
    simulator.inject(ServerError(status, creates=True))
    async with Client(simulator.token, base_url=nginx().url, reconcile=False) as client:
        with pytest.raises(CreationUnknown, match=f"HTTP {status}.*the provider cannot answer now"):
            await soon(client.vms.create(spec()))
    assert 1 == simulator.posts == len(simulator.vms)
