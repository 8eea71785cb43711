"""Virtual machines: create, list, get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from . import _wire
from ._engine import CREATE_PATH
from ._json import Unreadable
from .errors import InvalidSpec, ResponseUnreadable
from .specs import VMSpec
from .tickets import CreationTicket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .client import Client
    from .creation import Creation
    from .models import VM

_PARTS: Final = frozenset({"basic", "state", "disks", "network"})


class VMs:
    """The virtual machines of the account; ``client.vms``."""

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(self, spec: VMSpec) -> Creation[VM]:
        """Start to create a machine, and return at once.

        The request is sent once; see `Creation` for how to follow it and what it may end with.

        Args:
            spec: what the machine is to be.

        Returns:
            The running creation.

        Raises:
            InvalidSpec: ``spec`` is no `VMSpec`, or has a value that JSON cannot carry.
            ClientClosed: the client is not open, or belongs to another event loop.

        Source:
            The provider's page *Create a New VM* (``POST /v1/vms``).
        """
        if not isinstance(spec, VMSpec):  # not everyone has a type checker
            raise InvalidSpec("spec", spec, "must be a VMSpec")
        return self._client._start(spec, _wire.encode_spec(spec), _wire.decode_vm)  # noqa: SLF001  (one thing in two classes)

    def attach(self, ticket: CreationTicket | str) -> Creation[VM]:
        """Find out what became of a creation that another process began, or this one before.

        Nothing is created. The machine is looked for, whatever ``Client(reconcile=...)`` says; see
        `Creation` for what it may end with. A creation that this client still runs is given itself.

        Args:
            ticket: from ``creation.ticket()``, ``error.ticket`` or a log; or its JSON.

        Returns:
            The creation, without the progress that others have seen.

        Raises:
            InvalidTicket: it is no ticket, its version is not known, or it is from another base URL.
            ClientClosed: as for `create`.
        """
        if not isinstance(ticket, CreationTicket):
            ticket = CreationTicket.from_json(ticket)
        return self._client._attach(ticket, _wire.decode_vm)  # noqa: SLF001  (one thing in two classes)

    async def list(self, project_id: str = "default") -> list[VM]:
        """List the machines of a project.

        Args:
            project_id: the project's id; ``"default"`` is the default project.

        Returns:
            The machines, in the provider's order. No pagination is documented.

        Raises:
            RequestError: no answer that can be used.
            ClientClosed: as for `create`.

        Source:
            The provider's page *List All VMs* (``GET /v1/vms``).
        """
        _check_project(project_id)
        value = await self._client.request("GET", CREATE_PATH, params={"project_id": project_id})
        try:
            return _wire.decode_vms(value)
        except Unreadable as error:
            raise ResponseUnreadable("GET", CREATE_PATH, str(error)) from None

    async def get(self, vm_id: int | str, only: Iterable[str] | None = None) -> VM:
        """Get one machine.

        Args:
            vm_id: the machine's id.
            only: the parts that are wanted, of ``basic``, ``state``, ``disks`` and ``network``; None
                is all. That the parameter is repeated for each part is an inference.

        Returns:
            The machine; what was not asked for is None or empty.

        Raises:
            InvalidSpec: ``vm_id`` is no id, or ``only`` names another part.
            RequestError: no answer that can be used; `RequestRejected` for an unknown machine.
            ClientClosed: as for `create`.

        Source:
            The provider's page *Retrieve an existing VM* (``GET /v1/vms/{vm_id}``).
        """
        path = f"{CREATE_PATH}/{_path_segment(vm_id)}"
        value = await self._client.request("GET", path, params={"only": _parts(only)} if only is not None else None)
        try:
            return _wire.decode_vm(value)
        except Unreadable as error:
            raise ResponseUnreadable("GET", path, str(error)) from None


def _check_project(project_id: object) -> None:
    if not isinstance(project_id, str) or not project_id:
        raise InvalidSpec("project_id", project_id, "must be a string that is not empty")


def _path_segment(vm_id: object) -> str:
    if isinstance(vm_id, bool) or not isinstance(vm_id, (int, str)) or str(vm_id).strip(". ") == "":
        raise InvalidSpec("vm_id", vm_id, "must be the id of a machine")
    return quote(str(vm_id), safe="")


def _parts(only: Iterable[str]) -> list[str]:
    parts = [only] if isinstance(only, str) else [*only]
    for part in parts:
        if part not in _PARTS:
            raise InvalidSpec("only", part, f"must be of {', '.join(sorted(_PARTS))}")
    return parts
