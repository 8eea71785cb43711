"""The asyncio SDK for the OpenScaler cloud: one ``create()`` is at most one machine, and none is lost."""

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
    OpenScalerError,
    Outcome,
    RequestError,
    RequestInterrupted,
    RequestNotSent,
    RequestRejected,
    ResponseUnreadable,
    VMUnreadable,
)
from .events import CreationEnded, CreationEvent, OtherEvent, Progress, ProgressReported
from .models import VM, Disk, Network, PublicPort
from .specs import AttachedDisk, CustomSize, VMSpec
from .timeouts import Timeouts
from .vms import VMs

__all__ = [
    "VM",
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
    "CreationUnknown",
    "CustomSize",
    "Disk",
    "EventTooLarge",
    "InvalidSpec",
    "Network",
    "OpenScalerError",
    "OtherEvent",
    "Outcome",
    "Progress",
    "ProgressReported",
    "PublicPort",
    "RequestError",
    "RequestInterrupted",
    "RequestNotSent",
    "RequestRejected",
    "ResponseUnreadable",
    "Timeouts",
    "VMSpec",
    "VMUnreadable",
    "VMs",
]
