"""nginx in front of the simulator of a test, with a certificate of a test's own authority if it is to have one."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import pytest
import trustme

from tests.proxy.nginx import Nginx, Settings
from tests.servers import Program, program_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openscaler_async.simulator import Simulator


class Starts(Protocol):
    """Starts an nginx with some directives; by default it passes everything on to the simulator."""

    def __call__(
        self, *, upstream: str = "", location: str = "", server: str = "", http: str = "", listen: str = ""
    ) -> Nginx:
        """Start it."""


class StartsSecure(Protocol):
    """Starts an nginx that speaks TLS, with a certificate; by default a good one for loopback."""

    def __call__(self, certificate: trustme.LeafCert | None = None, *, server: str = "", location: str = "") -> Nginx:
        """Start it."""


@pytest.fixture(scope="session")
def nginx_program() -> Program:
    """Give nginx, from Debian's packages if it is not installed."""
    return program_or_skip("nginx", "usr/sbin/nginx")


@pytest.fixture
def nginx(nginx_program: Program, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starts]:
    """Give what starts an nginx, which ends with the test."""
    with contextlib.ExitStack() as stack:

        def start(*, upstream: str = "", **directives: str) -> Nginx:
            upstream = upstream or f"server {urlsplit(simulator.url).netloc};"
            started = Nginx(nginx_program, tmp_path_factory.mktemp("nginx"), Settings(upstream=upstream, **directives))
            stack.callback(started.close)
            started.start()
            return started

        yield start


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Give a certificate authority, which only those trust that are told to."""
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """Give what trusts the authority besides those that everybody trusts."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def https(nginx: Starts, authority: trustme.CA, tmp_path: Path) -> StartsSecure:
    """Give what starts an nginx that speaks TLS."""

    def start(certificate: trustme.LeafCert | None = None, *, server: str = "", location: str = "") -> Nginx:
        certificate = certificate or authority.issue_cert("127.0.0.1", "localhost")
        chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
        chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        certificate.private_key_pem.write_to_path(key)
        return nginx(
            listen="ssl", server=f"ssl_certificate {chain}; ssl_certificate_key {key}; {server}", location=location
        )

    return start
