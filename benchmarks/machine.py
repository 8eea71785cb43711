"""What the figures were measured on, and what the system says about this process."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import platform
import sys
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

PACKAGES = ("openscaler-async", "aiohttp", "aiohttp-sse-client", "attrs", "cattrs", "httpx", "httpx-sse")
STATUS = Path("/proc/self/status")


def raise_file_limit() -> None:
    """Let this process open as many sockets as the system allows."""
    if resource is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def memory_bytes(*, peak: bool) -> int | None:
    """Return the resident memory of this process, now or at its highest; None where the system does not say."""
    if not STATUS.exists():
        return None
    wanted = "VmHWM:" if peak else "VmRSS:"
    for line in STATUS.read_text().splitlines():
        if line.startswith(wanted):
            return int(line.split()[1]) * 1024
    return None


def cpu_model() -> str:
    """Return the name of the processor."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def version(package: str) -> str:
    """Return the installed version of a package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        found = importlib.util.find_spec(package.replace("-", "_"))
        return "source tree" if found else "not installed"


def description() -> list[str]:
    """Return lines that say where the figures come from, without names or paths of the machine."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [
        f"Machine: {os.cpu_count()} cores, {cpu_model()}, {platform.system()} {platform.machine()}",
        f"Versions: {python}, " + ", ".join(f"{package} {version(package)}" for package in PACKAGES),
        f"Event loop: asyncio's own ({sys.platform})",
    ]
