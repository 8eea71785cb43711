"""Every exception of the package, and ``Outcome``: what is known about a creation.

The lowest layer: imports nothing of the package.

    OpenScalerError
    ├── ConfigurationError (ValueError)      a setting of the client is wrong or missing
    ├── InvalidSpec (ValueError)             a value for a request is wrong; nothing was sent
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

import enum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from .events import Progress
    from .specs import VMSpec


class Outcome(enum.Enum):
    """What is known about a creation's effect on the provider."""

    NOT_SENT = "not_sent"
    """The request never left: no machine. It may be sent again."""
    REJECTED = "rejected"
    """The provider refused it before starting: no machine."""
    FAILED = "failed"
    """The final event says that the creation failed."""
    CREATED = "created"
    """The machine exists. Never send the request again."""
    UNKNOWN = "unknown"
    """The request left and no final event came: there may be a machine."""


class OpenScalerError(Exception):
    """Base of every exception of this package."""


class _InvalidValue(OpenScalerError, ValueError):
    """Something with a name has a value that breaks a rule."""

    def __init__(self, name: str, value: object, rule: str) -> None:
        super().__init__(name, value, rule)
        self.value = value
        self.rule = rule

    def __str__(self) -> str:
        name, value, rule = self.args
        shown = repr(value)
        if len(shown) > _SHOWN_CHARACTERS:
            shown = shown[:_SHOWN_CHARACTERS] + "..."
        return f"{name}={shown}: {rule}"


class ConfigurationError(_InvalidValue):
    """A setting of the client is wrong or missing.

    Attributes:
        setting: the name of the setting.
        value: what was given; a secret is never kept here.
        rule: what a value must be.
    """

    def __init__(self, setting: str, value: object, rule: str) -> None:
        super().__init__(setting, value, rule)
        self.setting = setting


class InvalidSpec(_InvalidValue):
    """A value for a request is wrong; nothing was sent.

    Attributes:
        field: the name of the field, such as ``attached_disks[0].size_gb``.
        value: what was given; a secret is never kept here.
        rule: what a value must be.
    """

    def __init__(self, field: str, value: object, rule: str) -> None:
        super().__init__(field, value, rule)
        self.field = field


class ClientClosed(OpenScalerError, RuntimeError):
    """The client is not open, was closed, or belongs to another event loop."""


class EventTooLarge(OpenScalerError):
    """One server-sent event is larger than ``max_event_bytes``.

    Attributes:
        limit_bytes: the limit that it passed.
    """

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self.limit_bytes = limit_bytes

    def __str__(self) -> str:
        return f"a server-sent event is larger than max_event_bytes={self.limit_bytes}"


class RequestError(OpenScalerError):
    """A request gave no answer that can be used.

    Attributes:
        method: the HTTP method.
        path: the path below the base URL.
    """

    def __init__(self, method: str, path: str, *details: object) -> None:
        super().__init__(method, path, *details)
        self.method = method
        self.path = path


class RequestNotSent(RequestError):
    """The request never left this machine: it may be sent again.

    Attributes:
        reason: why, in words.
    """

    def __init__(self, method: str, path: str, reason: str) -> None:
        super().__init__(method, path, reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.method} {self.path} was not sent: {self.reason}"


class RequestRejected(RequestError):
    """The answer has an HTTP status that is no success.

    Attributes:
        status: the HTTP status.
        body: the start of the answer's body, as text.
        retry_after: seconds to wait, from ``Retry-After``, when the answer says so.
    """

    def __init__(self, method: str, path: str, status: int, body: str = "", retry_after: float | None = None) -> None:
        super().__init__(method, path, status, body, retry_after)
        self.status = status
        self.body = body
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.method} {self.path} was answered with HTTP {_status_text(self.status, self.body)}"


class RequestInterrupted(RequestError):
    """The request left, and its answer never came whole.

    Attributes:
        reason: why, in words.
    """

    def __init__(self, method: str, path: str, reason: str) -> None:
        super().__init__(method, path, reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.method} {self.path} was sent, but {self.reason}"


class ResponseUnreadable(RequestError):
    """The answer came whole and is not what the provider documents.

    Attributes:
        reason: what is wrong with it.
        body: the start of the answer's body, as text.
    """

    def __init__(self, method: str, path: str, reason: str, body: str = "") -> None:
        super().__init__(method, path, reason, body)
        self.reason = reason
        self.body = body

    def __str__(self) -> str:
        return f"{self.method} {self.path} gave an answer that cannot be read: {self.reason}"


class CreationError(OpenScalerError):
    """How a creation ended, when it did not end with a machine at hand.

    A pickled or copied error carries its spec without the secrets in it.

    Attributes:
        outcome: what is known about the effect on the provider.
        spec: what was asked for.
        progress: the last progress that came, if any.
    """

    outcome: ClassVar[Outcome]

    def __init__(self, spec: VMSpec, progress: Progress | None, *details: object) -> None:
        super().__init__(spec, progress, *details)
        self.spec = spec
        self.progress = progress

    def __reduce__(self) -> tuple[Any, ...]:
        _, *rest = self.args
        return type(self), (self.spec.without_secrets(), *rest)


class CreationNotSent(CreationError):
    """The request never left this machine: there is no machine, and it may be sent again.

    Attributes:
        reason: why, in words.
    """

    outcome = Outcome.NOT_SENT

    def __init__(self, spec: VMSpec, progress: Progress | None, reason: str) -> None:
        super().__init__(spec, progress, reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the creation of {self.spec.name!r} was not sent: {self.reason}"


class CreationRejected(CreationError):
    """The provider refused the request before starting: there is no machine.

    Attributes:
        status: the HTTP status, 400 to 499.
        body: the start of the answer's body, as text.
        retry_after: seconds to wait, from ``Retry-After``, when the answer says so.
    """

    outcome = Outcome.REJECTED

    def __init__(
        self,
        spec: VMSpec,
        progress: Progress | None,
        status: int,
        body: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(spec, progress, status, body, retry_after)
        self.status = status
        self.body = body
        self.retry_after = retry_after

    def __str__(self) -> str:
        answer = _status_text(self.status, self.body)
        later = "" if self.retry_after is None else f"; it may be sent again after {self.retry_after:g} s"
        return f"the creation of {self.spec.name!r} was rejected with HTTP {answer}{later}"


class CreationFailed(CreationError):
    """The final event says that the creation failed.

    Attributes:
        status: the final event's type as a number, such as 400 or 500.
        message: the provider's words for it, ``""`` if it gave none.
        payload: the final event's data: decoded JSON, or the text as it came.
    """

    outcome = Outcome.FAILED

    def __init__(self, spec: VMSpec, progress: Progress | None, status: int, message: str, payload: object) -> None:
        super().__init__(spec, progress, status, message, payload)
        self.status = status
        self.message = message
        self.payload = payload

    def __str__(self) -> str:
        answer = _status_text(self.status, self.message)
        return f"the creation of {self.spec.name!r} failed with {answer}"


class CreationUnknown(CreationError):
    """The request left and no final event came: there may be a machine.

    Never create again without finding out: see ``client.vms.list``.

    Attributes:
        reason: what happened instead, in words.
    """

    outcome = Outcome.UNKNOWN

    def __init__(self, spec: VMSpec, progress: Progress | None, reason: str) -> None:
        super().__init__(spec, progress, reason)
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"the creation of {self.spec.name!r} was sent and its result is not known: "
            f"{self.reason}; there may be a machine, so look for it before creating it again"
        )


class VMUnreadable(CreationError):
    """The machine was created, and its description cannot be read.

    Attributes:
        payload: the final event's data: decoded JSON, or the text as it came.
        reason: what is wrong with it.
        vm_id: the machine's id, if the payload has one.
    """

    outcome = Outcome.CREATED

    def __init__(
        self,
        spec: VMSpec,
        progress: Progress | None,
        payload: object,
        reason: str,
        vm_id: int | None = None,
    ) -> None:
        super().__init__(spec, progress, payload, reason, vm_id)
        self.payload = payload
        self.reason = reason
        self.vm_id = vm_id

    def __str__(self) -> str:
        which = "no id" if self.vm_id is None else f"id {self.vm_id}"
        return (
            f"{self.spec.name!r} was created ({which} in the answer), but its description cannot be read: {self.reason}"
        )


_SHOWN_CHARACTERS = 200


def _status_text(status: int, body: str) -> str:
    text = " ".join(body.split())
    if len(text) > _SHOWN_CHARACTERS:
        text = text[:_SHOWN_CHARACTERS] + "..."
    return f"{status}: {text}" if text else str(status)
