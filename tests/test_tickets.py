"""``tickets``: a ticket comes back from its JSON as it was, and nothing else is taken for one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openscaler_async import Client, CreationTicket, CustomSize, InvalidTicket, OpenScalerError, VMSpec
from openscaler_async.tickets import VERSION
from tests.peers import spec

if TYPE_CHECKING:
    from openscaler_async.simulator import Simulator

TICKET = CreationTicket(
    id="0123456789abcdef-1",
    base_url="https://api.example.com",
    project_id="default",
    name="web-1",
    sequence_id=123,
    size="b-1-500mb-10",
    region="alg1",
    distro="debian-13",
    sent_at=datetime(2026, 5, 5, 13, 24, 27, 123456, tzinfo=UTC),
    clock="server",
    earliest=datetime(2026, 5, 5, 13, 24, 26, 123456, tzinfo=UTC),
    vm_id=31,
)
FIELDS: dict[str, Any] = json.loads(TICKET.to_json())
SECRETS = {"password": "pass-canary", "cloud_init_user_data": "#cloud-canary", "description": "words-canary"}
SECRETS_TOO: dict[str, Any] = {"ssh_keys": ["ssh-canary"], "extra": {"field": "extra-canary"}}

NO_STRING: tuple[object, ...] = (None, "", 7, 1.5, True, [], {}, ["x"])
NO_INTEGER: tuple[object, ...] = ("7", 1.5, True, [], {})
WRONG: list[tuple[str, object]] = [
    *(("version", value) for value in (None, 0, 2, "1", 1.0, True, [1])),
    *(("id", value) for value in NO_STRING),
    *(("base_url", value) for value in NO_STRING),
    *(("project_id", value) for value in (*NO_STRING, "  ", "a\0b")),
    *(("name", value) for value in (*NO_STRING, "  ", "a\nb")),
    *(("region", value) for value in (*NO_STRING, "\t")),
    *(("distro", value) for value in (*NO_STRING, "\t")),
    *(("sequence_id", value) for value in NO_INTEGER),
    *(("vm_id", value) for value in NO_INTEGER),
    *(("size", value) for value in (*NO_STRING, {"vcpus": 1}, {"vcpus": 1, "memory_mb": 1})),
    ("size", {"vcpus": 1, "memory_mb": 1, "storage_gb": 1, "more": 1}),
    ("size", {"vcpus": "1", "memory_mb": 1, "storage_gb": 1}),
    ("size", {"vcpus": 0, "memory_mb": 1, "storage_gb": 1}),
    *(("sent_at", value) for value in (*NO_STRING, "now", "2026-05-05", "2026-05-05T13:24:27")),
    *(("sent_at", f"{year:04}-12-31T23:59:59{zone}") for year in (1, 1999, 9999) for zone in ("-14:00", "+14:00")),
    *(("earliest", value) for value in (*NO_STRING, "2026-05-05T13:24:27", "9999-12-31T23:59:59-14:00")),
    *(("clock", value) for value in (*NO_STRING, "atomic", ["server"])),
]


@pytest.mark.parametrize(
    "ticket",
    [
        TICKET,
        attrs.evolve(TICKET, sequence_id=None, vm_id=None, clock="local"),
        attrs.evolve(TICKET, size=CustomSize(vcpus=4, memory_mb=8192, storage_gb=160)),
        attrs.evolve(TICKET, name='web "1" \u2028 \U0001f600', project_id="\u00e9"),
        attrs.evolve(TICKET, sequence_id=-(2**63), vm_id=2**63),
        attrs.evolve(TICKET, sent_at=TICKET.sent_at.astimezone(timezone(timedelta(hours=-9, minutes=-30)))),
    ],
    ids=["usual", "least", "custom size", "strange text", "large numbers", "another zone"],
)
def test_round_trip(ticket: CreationTicket) -> None:
    """A ticket comes back from its JSON as it was, from text and from bytes."""
    text = ticket.to_json()
    assert ticket == CreationTicket.from_json(text) == CreationTicket.from_json(text.encode())
    assert text == CreationTicket.from_json(text).to_json()
    assert "\n" not in text
    assert text.isascii()


def test_form() -> None:
    """The form is what every release with this version reads and writes: other processes keep it."""
    assert {
        "version": 1,
        "id": "0123456789abcdef-1",
        "base_url": "https://api.example.com",
        "project_id": "default",
        "name": "web-1",
        "sequence_id": 123,
        "size": "b-1-500mb-10",
        "region": "alg1",
        "distro": "debian-13",
        "sent_at": "2026-05-05T13:24:27.123456+00:00",
        "clock": "server",
        "earliest": "2026-05-05T13:24:26.123456+00:00",
        "vm_id": 31,
    } == FIELDS
    assert VERSION == FIELDS["version"]


def test_later_release_may_add_fields() -> None:
    """A field that is not known is left alone, and one that has a default may be missing."""
    assert TICKET == CreationTicket.from_json(json.dumps({**FIELDS, "news": [1]}))
    least = {field: value for field, value in FIELDS.items() if field not in {"vm_id", "sequence_id"}}
    assert attrs.evolve(TICKET, vm_id=None, sequence_id=None) == CreationTicket.from_json(json.dumps(least))


@pytest.mark.parametrize(("field", "value"), WRONG, ids=lambda part: json.dumps(part)[:30])
def test_wrong_value(field: str, value: object) -> None:
    """A wrong value is refused with its field, itself and the rule, in words too."""
    with pytest.raises(InvalidTicket) as caught:
        CreationTicket.from_json(json.dumps({**FIELDS, field: value}))
    error = caught.value
    assert (field, value) == (error.field, error.value)
    assert error.rule
    assert str(error).startswith(f"{field}=")
    assert error.rule in str(error)
    assert isinstance(error, OpenScalerError)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("field", sorted(FIELDS.keys() - {"sequence_id", "vm_id"}))
def test_missing_field(field: str) -> None:
    """What is missing is named."""
    with pytest.raises(InvalidTicket) as caught:
        CreationTicket.from_json(json.dumps({name: value for name, value in FIELDS.items() if name != field}))
    assert field == caught.value.field


NO_TICKETS: list[object] = [
    *("", " ", "{", "null", "7", '"text"', "[]", "[[]]", "NaN", '{"version": NaN}', "ticket", "{}x", "\ufeff{}"),
    *(b"\xff\xfe", "[" * 10_000, "1" * 5_000, TICKET.to_json()[:-1], TICKET.to_json() * 2, " " * (2**20 + 1)),
    *(
        json.dumps({**FIELDS, "padding": "x" * (2**20 + 1)}),
        json.dumps({**FIELDS, "vm_id": 0})[:-2] + "1" * 5_000 + "}",
    ),
    *(None, 7, FIELDS, [TICKET], bytearray(TICKET.to_json().encode())),
]


@pytest.mark.parametrize("text", NO_TICKETS, ids=lambda text: str(text)[:30])
def test_no_ticket(text: Any) -> None:  # noqa: ANN401  (not everyone has a type checker)
    """What is no ticket is refused, without being shown at full length."""
    with pytest.raises(InvalidTicket) as caught:
        CreationTicket.from_json(text)
    assert "ticket" == caught.value.field
    assert len(str(caught.value)) < 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


def check(text: str | bytes) -> None:
    """Check that a text is a ticket that comes back, or is refused with a reason."""
    try:
        ticket = CreationTicket.from_json(text)
    except InvalidTicket as error:
        assert error.field in {*FIELDS, "ticket"}  # noqa: PT017  (what comes out is either)
        assert error.rule  # noqa: PT017
    else:
        assert ticket == CreationTicket.from_json(ticket.to_json())
        assert ticket.name == ticket.spec.name


@given(st.text() | st.binary())
def test_any_text(text: str | bytes) -> None:
    """Any text is refused with a reason, and nothing else happens."""
    check(text)


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON), st.sets(st.sampled_from(sorted(FIELDS)), max_size=2))
def test_any_fields(fields: dict[str, object], without: set[str]) -> None:
    """Any value in any field makes a ticket that comes back, or is refused with a reason."""
    check(json.dumps({name: value for name, value in {**FIELDS, **fields}.items() if name not in without}))


@given(st.integers(0, len(TICKET.to_json()) - 1), st.characters())
def test_one_character_is_another(place: int, character: str) -> None:
    """A ticket in which a character was changed is refused, or one that comes back."""
    text = TICKET.to_json()
    check(text[:place] + character + text[place + 1 :])


async def test_no_secret_and_small(client: Client, simulator: Simulator) -> None:
    """Neither token nor anything that might be a secret is in a ticket, and a kilobyte holds it."""
    creation = client.vms.create(spec(project_id="p" * 40, name="n" * 60, sequence_id=2**53, **SECRETS, **SECRETS_TOO))
    await creation
    for text in (creation.ticket().to_json(), repr(creation.ticket()), str(creation.ticket())):
        assert "canary" not in text
        assert simulator.token not in text
        assert len(text) < 1_000
    assert VMSpec(**{**attrs.asdict(spec("n" * 60)), "project_id": "p" * 40, "sequence_id": 2**53}) == (
        creation.ticket().spec
    )
    assert 1 == simulator.posts
