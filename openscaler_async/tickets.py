"""What is left of a creation when its process is gone: enough to look for its machine, and no secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal

import attrs

from ._json import Unreadable, decode_json, encode_json
from .errors import InvalidSpec, InvalidTicket
from .specs import CustomSize, VMSpec

VERSION: Final = 1
_MAX_CHARACTERS: Final = 2**20  # ours have some 400, but a name may be long
_YEARS: Final = range(2000, 3000)
_CLOCKS: Final = ("server", "local")


@attrs.frozen(kw_only=True)
class CreationTicket:
    """By which any process can find out what became of a creation: ``client.vms.attach(ticket)``.

    Made by ``creation.ticket()``. Has neither token, password, cloud-init document nor description.

    Args:
        id: unique; the same for every ticket of one creation.
        base_url: where the request was sent.
        project_id: as for `VMSpec`.
        name: as for `VMSpec`.
        sequence_id: as for `VMSpec`.
        size: as for `VMSpec`.
        region: as for `VMSpec`.
        distro: as for `VMSpec`.
        sent_at: when the request was sent, or before.
        clock: whose clock ``sent_at`` is by: ``"server"``, or ``"local"`` when nothing had been
            heard of the server's.
        earliest: the same, or earlier if the clock of the computer says so: a machine that is younger
            than this and older than ``sent_at`` may be the creation's own.
        vm_id: the machine's id, once it is known.
    """

    id: str
    base_url: str
    project_id: str
    name: str
    sequence_id: int | None
    size: str | CustomSize
    region: str
    distro: str
    sent_at: datetime
    clock: Literal["server", "local"]
    earliest: datetime = attrs.field(default=attrs.Factory(lambda self: self.sent_at, takes_self=True))
    vm_id: int | None = None

    @property
    def spec(self) -> VMSpec:
        """What was asked for, as far as the ticket tells."""
        return VMSpec(
            name=self.name,
            size=self.size,
            region=self.region,
            distro=self.distro,
            project_id=self.project_id,
            sequence_id=self.sequence_id,
        )

    def __str__(self) -> str:
        return self.to_json()

    def to_json(self) -> str:
        """Give the ticket as JSON on one line, to keep wherever a text can be kept."""
        fields = attrs.asdict(self)
        for field in ("sent_at", "earliest"):
            fields[field] = fields[field].astimezone(UTC).isoformat()
        return encode_json({"version": VERSION, **fields}).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> CreationTicket:
        """Read a ticket that `to_json` wrote, in this release or another with the same version.

        Args:
            text: the JSON.

        Returns:
            The ticket.

        Raises:
            InvalidTicket: it is no ticket, or its version is not known; it names the field, the
                value and the rule.
        """
        fields = _object(text)
        version = fields.get("version")
        if type(version) is not int or version != VERSION:
            raise InvalidTicket("version", version, f"must be {VERSION}: another release made this ticket")
        ticket = cls(
            id=_text(fields, "id"),
            base_url=_text(fields, "base_url"),
            project_id=_text(fields, "project_id"),
            name=_text(fields, "name"),
            sequence_id=_integer(fields, "sequence_id"),
            size=_size(fields.get("size")),
            region=_text(fields, "region"),
            distro=_text(fields, "distro"),
            sent_at=_time(fields, "sent_at"),
            clock=_clock(fields.get("clock")),
            earliest=_time(fields, "earliest"),
            vm_id=_integer(fields, "vm_id"),
        )
        try:
            ticket.spec  # noqa: B018  (its rules are those of what was asked for)
        except InvalidSpec as error:
            raise InvalidTicket(error.field, error.value, error.rule) from None
        return ticket


def _object(text: str | bytes) -> dict[str, Any]:
    if not isinstance(text, (str, bytes)):
        raise InvalidTicket("ticket", f"<{type(text).__name__}>", "must be a CreationTicket or its JSON")
    if len(text) > _MAX_CHARACTERS:
        raise InvalidTicket("ticket", f"<{len(text)} characters>", f"must have at most {_MAX_CHARACTERS} characters")
    try:
        fields = decode_json(text)
    except Unreadable as error:
        raise InvalidTicket("ticket", f"<{len(text)} characters>", f"must be JSON: {error}") from None
    if not isinstance(fields, dict):
        raise InvalidTicket("ticket", f"<{type(fields).__name__}>", "must be a JSON object")
    return fields


def _text(fields: dict[str, Any], field: str) -> str:
    value = fields.get(field)
    if not isinstance(value, str) or not value:
        raise InvalidTicket(field, value, "must be a string that is not empty")
    return value


def _integer(fields: dict[str, Any], field: str) -> int | None:
    value = fields.get(field)
    if value is not None and type(value) is not int:
        raise InvalidTicket(field, value, "must be an integer or null")
    return value


def _size(value: object) -> str | CustomSize:
    if isinstance(value, str):
        return value
    rule = "must be a size's slug or an object with vcpus, memory_mb and storage_gb"
    if not isinstance(value, dict):
        raise InvalidTicket("size", value, rule)
    try:
        return CustomSize(**value)
    except (TypeError, InvalidSpec):
        raise InvalidTicket("size", value, rule) from None


def _time(fields: dict[str, Any], field: str) -> datetime:
    value = fields.get(field)
    try:
        time = datetime.fromisoformat(value)  # type: ignore[arg-type]  # a TypeError is caught
    except (TypeError, ValueError):
        time = None
    if time is None or time.tzinfo is None or time.year not in _YEARS:
        rule = f"must be an ISO 8601 time with its zone, from {_YEARS.start} to {_YEARS.stop - 1}"
        raise InvalidTicket(field, value, rule)
    return time


def _clock(value: object) -> Literal["server", "local"]:
    for clock in _CLOCKS:
        if value == clock:
            return clock
    raise InvalidTicket("clock", value, f"must be one of {', '.join(_CLOCKS)}")
