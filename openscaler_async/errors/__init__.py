"""Every exception of the package, and ``Outcome``: what is known about a creation.

The lowest layer: imports nothing of the package.

    OpenScalerError
    ├── ConfigurationError (ValueError)      a setting of the client is wrong or missing
    ├── InvalidSpec (ValueError)             a value for a request is wrong; nothing was sent
    ├── InvalidTicket (ValueError)           a ticket cannot be attached; nothing was sent
    ├── ClientClosed (RuntimeError)          the client is not open, or belongs to another event loop
    ├── EventTooLarge                        one server-sent event is above ``max_event_bytes``
    ├── RequestError                         a request gave no answer that can be used
    │   ├── RequestNotSent                   it never left
    │   ├── RequestRejected                  an HTTP status that is no success
    │   ├── RequestInterrupted               it left, and the answer never came whole
    │   └── ResponseUnreadable               the answer is not what the provider documents
    └── CreationError                        how a creation ended, when not with a machine at hand
        ├── CreationNotSent                  NOT_SENT
        ├── CreationRejected                 REJECTED
        ├── CreationFailed                   FAILED
        ├── CreationUnknown                  UNKNOWN
        └── VMUnreadable                     CREATED
"""

from __future__ import annotations

from ._base import (
    ClientClosed,
    ConfigurationError,
    EventTooLarge,
    InvalidSpec,
    InvalidTicket,
    OpenScalerError,
    Outcome,
)
from ._creation import (
    CreationError,
    CreationFailed,
    CreationNotSent,
    CreationRejected,
    CreationUnknown,
    VMUnreadable,
)
from ._request import RequestError, RequestInterrupted, RequestNotSent, RequestRejected, ResponseUnreadable

__all__ = [
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
]

for _name in __all__:
    globals()[_name].__module__ = __name__  # what a traceback shows is what one imports
del _name
