"""Why a request gave no answer that can be used."""

from __future__ import annotations

from ._base import OpenScalerError, status_text


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
        return f"{self.method} {self.path} was answered with HTTP {status_text(self.status, self.body)}"


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
