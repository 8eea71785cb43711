"""``errors``: every exception says what is known, and survives being copied and sent elsewhere."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import openscaler_async
from openscaler_async import (
    VM,
    Absent,
    Ambiguous,
    ClientClosed,
    ConfigurationError,
    CreationError,
    CreationFailed,
    CreationNotSent,
    CreationRejected,
    CreationUnknown,
    EventTooLarge,
    Found,
    InvalidSpec,
    InvalidTicket,
    OpenScalerError,
    Outcome,
    Pending,
    Progress,
    RequestError,
    RequestInterrupted,
    RequestNotSent,
    RequestRejected,
    ResponseUnreadable,
    VMSpec,
    VMUnreadable,
    errors,
)

SECRETS = ("password-1", "cloud-init-2", "extra-3")
SPEC = VMSpec(
    name="web-1",
    size="b-1",
    region="alg1",
    distro="debian-13",
    password=SECRETS[0],
    cloud_init_user_data=SECRETS[1],
    extra={"key": SECRETS[2]},
)
PLAIN = VMSpec(name="web-1", size="b-1", region="alg1", distro="debian-13")
CREATION = (SPEC, Progress(20.0, "on progress"))
REQUEST = ("GET", "/v1/vms")
LONG = "x" * 1000

SAMPLES: list[tuple[OpenScalerError, dict[str, Any], str]] = [
    (OpenScalerError("anything"), {}, "anything"),
    (
        ConfigurationError("attempts", 0, "must be positive"),
        {"setting": "attempts", "value": 0, "rule": "must be positive"},
        "attempts=0: must be positive",
    ),
    (
        InvalidSpec("name", "", "must not be empty"),
        {"field": "name", "value": "", "rule": "must not be empty"},
        "name='': must not be empty",
    ),
    (InvalidSpec("name", LONG, "is long"), {"value": LONG}, f"name='{LONG[:199]}...: is long"),
    (
        InvalidTicket("version", 2, "must be 1"),
        {"field": "version", "value": 2, "rule": "must be 1"},
        "version=2: must be 1",
    ),
    (ClientClosed("the client is closed"), {}, "the client is closed"),
    (EventTooLarge(7), {"limit_bytes": 7}, "a server-sent event is larger than max_event_bytes=7"),
    (RequestError(*REQUEST, "more"), {"method": "GET", "path": "/v1/vms"}, "('GET', '/v1/vms', 'more')"),
    (RequestNotSent(*REQUEST, "refused"), {"reason": "refused"}, "GET /v1/vms was not sent: refused"),
    (
        RequestRejected(*REQUEST, 429, " too\n many ", 1.5),
        {"status": 429, "body": " too\n many ", "retry_after": 1.5},
        "GET /v1/vms was answered with HTTP 429: too many",
    ),
    (
        RequestRejected(*REQUEST, 502),
        {"status": 502, "body": "", "retry_after": None},
        "GET /v1/vms was answered with HTTP 502",
    ),
    (
        RequestRejected(*REQUEST, 500, LONG),
        {"body": LONG},
        f"GET /v1/vms was answered with HTTP 500: {LONG[:200]}...",
    ),
    (RequestInterrupted(*REQUEST, "it broke"), {"reason": "it broke"}, "GET /v1/vms was sent, but it broke"),
    (
        ResponseUnreadable(*REQUEST, "no JSON", "<p>"),
        {"reason": "no JSON", "body": "<p>"},
        "GET /v1/vms gave an answer that cannot be read: no JSON",
    ),
    (ResponseUnreadable(*REQUEST, "no JSON"), {"body": ""}, "GET /v1/vms gave an answer that cannot be read: no JSON"),
    (
        CreationNotSent(*CREATION, "refused"),
        {"outcome": Outcome.NOT_SENT, "reason": "refused", "progress": Progress(20.0, "on progress")},
        "the creation of 'web-1' was not sent: refused",
    ),
    (
        CreationRejected(*CREATION, 422, "no such size", 2.0),
        {"outcome": Outcome.REJECTED, "status": 422, "body": "no such size", "retry_after": 2.0},
        "the creation of 'web-1' was rejected with HTTP 422: no such size; it may be sent again after 2 s",
    ),
    (
        CreationRejected(SPEC, None, 404),
        {"progress": None, "body": "", "retry_after": None},
        "the creation of 'web-1' was rejected with HTTP 404",
    ),
    (
        CreationFailed(*CREATION, 500, "no room", {"message": "no room"}),
        {"outcome": Outcome.FAILED, "status": 500, "message": "no room", "payload": {"message": "no room"}},
        "the creation of 'web-1' failed with 500: no room",
    ),
    (
        CreationUnknown(*CREATION, "the connection broke"),
        {"outcome": Outcome.UNKNOWN, "reason": "the connection broke", "verdict": None, "ticket": None},
        (
            "the creation of 'web-1' was sent and its result is not known: the connection broke; "
            "there may be a machine, so look for it before creating it again"
        ),
    ),
    (
        CreationUnknown(SPEC, None, "it broke", Absent(10.0)),
        {"verdict": Absent(10.0)},
        (
            "the creation of 'web-1' was sent and its result is not known: it broke; no machine of it was listed "
            "for 10.0 s: it may be created again, unless the provider's list lags longer than that"
        ),
    ),
    (
        CreationUnknown(SPEC, None, "it broke", Pending(VM(id=31, name="web-1", state="creating"))),
        {"verdict": Pending(VM(id=31, name="web-1", state="creating"))},
        (
            "the creation of 'web-1' was sent and its result is not known: it broke; "
            "machine 31 is there, in the state 'creating': do not create it again"
        ),
    ),
    (
        CreationUnknown(SPEC, None, "it broke", Ambiguous((VM(id=3, name="a"), VM(id=4, name="a")), "why")),
        {},
        (
            "the creation of 'web-1' was sent and its result is not known: it broke; "
            "it may be machine 3, 4 (why): look before creating it again"
        ),
    ),
    (
        CreationUnknown(SPEC, None, "it broke", Ambiguous((), "why")),
        {},
        (
            "the creation of 'web-1' was sent and its result is not known: it broke; "
            "there may be a machine (why): look before creating it again"
        ),
    ),
    (
        VMUnreadable(*CREATION, {"id": 31}, "no name", 31),
        {"outcome": Outcome.CREATED, "payload": {"id": 31}, "reason": "no name", "vm_id": 31},
        "'web-1' was created (id 31 in the answer), but its description cannot be read: no name",
    ),
    (
        VMUnreadable(SPEC, None, "text", "no JSON"),
        {"payload": "text", "vm_id": None},
        "'web-1' was created (no id in the answer), but its description cannot be read: no JSON",
    ),
]
samples = pytest.mark.parametrize(
    ("error", "attributes", "text"),
    SAMPLES,
    ids=[f"{type(sample[0]).__name__}-{n}" for n, sample in enumerate(SAMPLES)],
)


def public_errors() -> set[type[OpenScalerError]]:
    """Give every public exception class of the module."""
    return {
        kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, OpenScalerError) and not name.startswith("_")
    }


def test_every_class_has_a_sample() -> None:
    """No exception escapes the tests below, except the base that is never raised."""
    assert public_errors() - {CreationError} == {type(error) for error, _, _ in SAMPLES}


def test_advice_of_what_was_found() -> None:
    """A machine that was found is one that must not be created again."""
    assert Found(VM(id=31, name="web-1")).advice == "it was found as machine 31: do not create it again"


def test_every_class_is_public() -> None:
    """Every exception can be imported from the package, and has one base."""
    for kind in public_errors():
        assert kind is getattr(openscaler_async, kind.__name__)
        assert kind.__name__ in openscaler_async.__all__
        assert issubclass(kind, OpenScalerError)


@samples
def test_attributes_and_sentence(error: OpenScalerError, attributes: dict[str, Any], text: str) -> None:
    """An exception has what it was given as attributes, and its text is a sentence of them."""
    assert attributes == {name: getattr(error, name) for name in attributes}
    assert text == str(error)


@samples
def test_pickle_and_copy(error: OpenScalerError, attributes: dict[str, Any], text: str) -> None:
    """An exception that was pickled or copied is of the same class and says the same."""
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301  (our own)
        assert type(error) is type(again)
        assert text == str(again)
        assert attributes == {name: getattr(again, name) for name in attributes}


@pytest.mark.parametrize("error", [error for error, _, _ in SAMPLES if isinstance(error, CreationError)])
def test_secrets_of_the_spec_stay(error: CreationError) -> None:
    """A creation's error keeps its spec, shows no secret of it, and takes none along in a pickle."""
    assert error.spec is SPEC
    shown = f"{error} {error!r} {error.args}"
    for secret in SECRETS:
        assert secret not in shown
        assert secret.encode() not in pickle.dumps(error)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301  (our own)
        assert PLAIN == again.spec


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        *((ConfigurationError, ValueError), (InvalidSpec, ValueError), (ClientClosed, RuntimeError)),
        *((RequestNotSent, RequestError), (RequestRejected, RequestError), (RequestInterrupted, RequestError)),
        *((ResponseUnreadable, RequestError), (CreationNotSent, CreationError), (CreationRejected, CreationError)),
        *((CreationFailed, CreationError), (CreationUnknown, CreationError), (VMUnreadable, CreationError)),
    ],
)
def test_bases(kind: type[Exception], base: type[Exception]) -> None:
    """A handler for the general class catches the special one."""
    assert issubclass(kind, base)


def test_outcomes() -> None:
    """Every outcome has exactly one error, and the words that go into journals and output."""
    kinds = [kind for kind in public_errors() if issubclass(kind, CreationError) and kind is not CreationError]
    assert sorted(outcome.value for outcome in Outcome) == sorted(kind.outcome.value for kind in kinds)
    assert [outcome.value for outcome in Outcome] == ["not_sent", "rejected", "failed", "created", "unknown"]
