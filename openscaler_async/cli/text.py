"""Words and numbers as people read them; text from elsewhere made safe for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openscaler_async import VM

_SSH = 22
_MINUTE = 60
_ELLIPSIS = "…"


def plain(text: str) -> str:
    """Make one line of text that cannot steer a terminal."""
    words = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "�" for letter in words)


def crop_middle(text: str, width: int) -> str:
    """Shorten to `width` characters and keep both ends: numbers stand at the end of names."""
    if len(text) <= width:
        return text
    tail = max((width - 1) // 2, 0)
    head = max(width - 1 - tail, 0)
    return text[:head] + _ELLIPSIS + text[len(text) - tail :]


def duration(seconds: float) -> str:
    """Write a length of time as ``8.2 s``, ``1:07`` or ``2:03:04``."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    return clock(seconds)


def clock(seconds: float) -> str:
    """Write a length of time as ``0:08`` or ``2:03:04``."""
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def price(amount: float | None) -> str:
    """Write a price as the provider gives it: no currency is documented."""
    return "" if amount is None else f"{amount:.5f}"


def public_ip(vm: VM) -> str:
    """Give the public address, or nothing."""
    return "" if vm.network is None else plain(vm.network.public_ip or "")


def ssh_port(vm: VM) -> str:
    """Give the public port that leads to SSH, or nothing."""
    ports = () if vm.network is None else vm.network.public_ip_ports
    found = [port.port for port in ports if port.internal_port == _SSH]
    return str(found[0]) if found else ""
