"""The base of every exception, what is said before anything is sent, and ``Outcome``."""

from __future__ import annotations

import enum

SHOWN_CHARACTERS = 200


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
        if len(shown) > SHOWN_CHARACTERS:
            shown = shown[:SHOWN_CHARACTERS] + "..."
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


class InvalidTicket(_InvalidValue):
    """A ticket cannot be attached; nothing was sent.

    Attributes:
        field: the name of the field, such as ``base_url``; ``ticket`` for the whole.
        value: what it says.
        rule: what it must be.
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


def status_text(status: int, body: str) -> str:
    """Give a status with the start of what was said with it, on one line."""
    text = " ".join(body.split())
    if len(text) > SHOWN_CHARACTERS:
        text = text[:SHOWN_CHARACTERS] + "..."
    return f"{status}: {text}" if text else str(status)
