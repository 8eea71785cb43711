"""A real nginx in front of the simulator: what it is told, how it is started and stopped, what it saw."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Program

PATIENCE: Final = 10.0  # seconds; it starts in 20 ms
_PAUSE: Final = 0.002
_HOST: Final = "127.0.0.1"
_CONFIGURATION: Final = """
{user}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log info;
worker_rlimit_nofile 1024;
events {{ worker_connections 500; }}
http {{
    log_format asked escape=json '{{"request": "$request", "status": "$status", "connection": $connection, '
                                 '"tried": "$upstream_addr", "answered": "$upstream_status"}}';
    access_log access.log asked;
    client_body_temp_path body; proxy_temp_path proxy;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    {http}
    upstream simulator {{ {upstream} }}
    server {{
        listen {host}:{port} {listen};
        {server}
        location / {{
            proxy_pass http://simulator;
            {location}
        }}
    }}
}}
"""


@attrs.frozen(kw_only=True)
class Settings:
    """What nginx is told beyond the least that it needs; the rest is its own default.

    Attributes:
        upstream: the directives in its upstream: ``"server 127.0.0.1:8000;"``.
        location: the directives beside ``proxy_pass``.
        server: the directives of the server.
        http: the directives around it.
        listen: the parameters of the listening socket.
    """

    upstream: str
    location: str = ""
    server: str = ""
    http: str = ""
    listen: str = ""


@attrs.frozen
class Asked:
    """A request that nginx has done with.

    Attributes:
        request: its first line, as it came.
        status: what nginx answered; 499 if the client was gone.
        connection: the number of the client's connection.
        tried: the addresses that it was passed on to, with ``", "`` between them.
        answered: what these answered.
    """

    request: str
    status: str
    connection: int
    tried: str
    answered: str

    @property
    def method(self) -> str:
        """Its HTTP method."""
        return self.request.partition(" ")[0]


class Nginx:
    """A running nginx.

    Attributes:
        port: where it listens on loopback.
    """

    def __init__(self, program: Program, directory: Path, settings: Settings) -> None:
        self._program = program
        self._directory = directory
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        # Bound and never listened on: it keeps the port, and gets none of the connections.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._reserved.bind((_HOST, 0))
        self.port: int = self._reserved.getsockname()[1]

    @property
    def url(self) -> str:
        """Where it is, by its address."""
        scheme = "https" if "ssl" in self._settings.listen.split() else "http"
        return f"{scheme}://{_HOST}:{self.port}"

    @property
    def asked(self) -> list[Asked]:
        """The requests that it has done with, in that order."""
        return [Asked(**json.loads(line)) for line in self._text("access.log").splitlines()]

    @property
    def said(self) -> str:
        """Its error log."""
        return self._text("error.log")

    def start(self) -> None:
        """Start it, and wait until it can be connected to."""
        values = {**attrs.asdict(self._settings), "host": _HOST, "port": self.port}
        values["listen"] += " reuseport"
        values["user"] = "user root;" if os.geteuid() == 0 else ""  # its directory is the user's own
        configuration = self._directory / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(**values))
        with (self._directory / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603  (a program of Debian's)
                [*_tether(), self._program.path, "-p", self._directory, "-c", configuration],
                env=self._program.environment,
                stderr=stderr,
                stdin=subprocess.DEVNULL,
            )
        until = time.monotonic() + PATIENCE
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > until:
                msg = f"nginx does not run:\n{self._text('stderr')}{self.said}{configuration.read_text()}"
                raise RuntimeError(msg)
            time.sleep(_PAUSE)

    def stop(self, *, gracefully: bool = False) -> None:
        """Stop it, and wait until it has ended: at once, or when it has answered what it was asked."""
        if self._process is not None:
            self.signal(gracefully=gracefully)
            self._process.wait(PATIENCE)
            self._process = None

    def signal(self, *, gracefully: bool) -> None:
        """Tell it to stop, and do not wait."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT if gracefully else signal.SIGTERM)

    def close(self) -> None:
        """Stop it, and give the port back."""
        try:
            self.stop()
        finally:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            self._reserved.close()

    def _listens(self) -> bool:
        try:
            socket.create_connection((_HOST, self.port), PATIENCE).close()
        except ConnectionRefusedError:
            return False
        return True

    def _text(self, name: str) -> str:
        file = self._directory / name
        return file.read_text("utf-8") if file.exists() else ""


def _tether() -> tuple[str, ...]:
    """Give what ends the server when the tests are killed, where there is such a thing."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()
