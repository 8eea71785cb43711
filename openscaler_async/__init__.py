"""The asyncio SDK for the OpenScaler cloud: one ``create()`` is at most one machine, and none is lost.

Names are imported when they are first used: pytest loads the package's plugin at every start, also
where no test needs aiohttp.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .client import Client
    from .creation import Creation
    from .errors import (
        ClientClosed,
        ConfigurationError,
        CreationError,
        CreationFailed,
        CreationNotSent,
        CreationRejected,
        CreationUnknown,
        EventTooLarge,
        InvalidSpec,
        InvalidTicket,
        OpenScalerError,
        Outcome,
        RequestError,
        RequestInterrupted,
        RequestNotSent,
        RequestRejected,
        ResponseUnreadable,
        VMUnreadable,
    )
    from .events import CreationEnded, CreationEvent, OtherEvent, Progress, ProgressReported, StreamLost
    from .models import VM, Disk, Network, PublicPort
    from .specs import AttachedDisk, CustomSize, VMSpec
    from .tickets import CreationTicket
    from .timeouts import Timeouts
    from .verdicts import Absent, Ambiguous, Found, Pending, Verdict
    from .vms import VMs

__all__ = [
    "VM",
    "Absent",
    "Ambiguous",
    "AttachedDisk",
    "Client",
    "ClientClosed",
    "ConfigurationError",
    "Creation",
    "CreationEnded",
    "CreationError",
    "CreationEvent",
    "CreationFailed",
    "CreationNotSent",
    "CreationRejected",
    "CreationTicket",
    "CreationUnknown",
    "CustomSize",
    "Disk",
    "EventTooLarge",
    "Found",
    "InvalidSpec",
    "InvalidTicket",
    "Network",
    "OpenScalerError",
    "OtherEvent",
    "Outcome",
    "Pending",
    "Progress",
    "ProgressReported",
    "PublicPort",
    "RequestError",
    "RequestInterrupted",
    "RequestNotSent",
    "RequestRejected",
    "ResponseUnreadable",
    "StreamLost",
    "Timeouts",
    "VMSpec",
    "VMUnreadable",
    "VMs",
    "Verdict",
]

_MODULES: Final = {
    "client": ("Client",),
    "creation": ("Creation",),
    "errors": (
        "ClientClosed",
        "ConfigurationError",
        "CreationError",
        "CreationFailed",
        "CreationNotSent",
        "CreationRejected",
        "CreationUnknown",
        "EventTooLarge",
        "InvalidSpec",
        "InvalidTicket",
        "OpenScalerError",
        "Outcome",
        "RequestError",
        "RequestInterrupted",
        "RequestNotSent",
        "RequestRejected",
        "ResponseUnreadable",
        "VMUnreadable",
    ),
    "events": ("CreationEnded", "CreationEvent", "OtherEvent", "Progress", "ProgressReported", "StreamLost"),
    "models": ("VM", "Disk", "Network", "PublicPort"),
    "specs": ("AttachedDisk", "CustomSize", "VMSpec"),
    "tickets": ("CreationTicket",),
    "timeouts": ("Timeouts",),
    "verdicts": ("Absent", "Ambiguous", "Found", "Pending", "Verdict"),
    "vms": ("VMs",),
}


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            value: object = getattr(import_module(f".{module}", __name__), name)
            globals()[name] = value
            return value
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
