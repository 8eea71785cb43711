"""How a creation ends, when not with a machine at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ._base import ClientClosed, OpenScalerError, Outcome, status_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from openscaler_async.events import Progress
    from openscaler_async.specs import VMSpec
    from openscaler_async.tickets import CreationTicket
    from openscaler_async.verdicts import Verdict


class CreationError(OpenScalerError):
    """How a creation ended, when it did not end with a machine at hand.

    A pickled or copied error carries its spec without the secrets in it.

    Attributes:
        outcome: what is known about the effect on the provider.
        spec: what was asked for.
        progress: the last progress that came, if any.
        ticket: by which another process can look for the machine: ``client.vms.attach(ticket)``.
    """

    outcome: ClassVar[Outcome]

    def __init__(self, spec: VMSpec, progress: Progress | None, *details: object) -> None:
        super().__init__(spec, progress, *details)
        self.spec = spec
        self.progress = progress
        self.ticket: CreationTicket | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        _, *rest = self.args
        return type(self), (self.spec.without_secrets(), *rest), {"ticket": self.ticket}


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
        answer = status_text(self.status, self.body)
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
        answer = status_text(self.status, self.message)
        return f"the creation of {self.spec.name!r} failed with {answer}"


class CreationUnknown(CreationError):
    """The request left and no final event came: there may be a machine.

    Never create again without finding out: see `verdict`, and `reconcile`.

    Attributes:
        reason: what happened instead, in words.
        verdict: what looking for the machine has shown: `Pending`, `Absent` or `Ambiguous`; None if nobody looked.
    """

    outcome = Outcome.UNKNOWN

    def __init__(self, spec: VMSpec, progress: Progress | None, reason: str, verdict: Verdict | None = None) -> None:
        super().__init__(spec, progress, reason, verdict)
        self.reason = reason
        self.verdict = verdict
        self._look: Callable[[], Awaitable[Verdict]] | None = None

    def __str__(self) -> str:
        found = self.verdict.advice if self.verdict else _ADVICE
        return f"the creation of {self.spec.name!r} was sent and its result is not known: {self.reason}; {found}"

    async def reconcile(self) -> Verdict:
        """Find out what became of the creation, by reading only; nothing is created.

        Returns:
            `Found`, `Pending`, `Absent` or `Ambiguous`, after at most ``timeouts.reconcile`` seconds.

        Raises:
            ClientClosed: the client is not open, or the error was pickled: then attach its ticket.
        """
        if self._look is None:
            msg = "the error has left its client: use client.vms.attach(error.ticket)"
            raise ClientClosed(msg)
        return await self._look()


_ADVICE = "there may be a machine, so look for it before creating it again"


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
