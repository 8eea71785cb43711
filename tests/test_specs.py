"""``specs``: a request is checked before anything is sent, and keeps its secrets to itself."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest

from openscaler_async import AttachedDisk, CustomSize, InvalidSpec, VMSpec

FIELDS: dict[str, Any] = {"name": "web-1", "size": "b-1", "region": "alg1", "distro": "debian-13"}
NO_STRING = "must be a string"
EMPTY = "must not be empty"
CONTROL = "must not have a control character"
NO_INTEGER = "must be an integer"
NO_SIZES: tuple[object, ...] = (5, None, b"b-1", {})
ONE_ITEM = "must be a list, not one item"


def spec(**changes: Any) -> VMSpec:  # noqa: ANN401  (what is wrong has any type)
    """Give a spec with some fields changed."""
    return VMSpec(**FIELDS | changes)


@pytest.mark.parametrize(
    ("changes", "field", "value", "rule"),
    [
        *(
            ({field: value}, field, value, rule)
            for field in ("name", "region", "distro", "project_id", "size")
            for value, rule in [("", EMPTY), (" \u2003", EMPTY), ("a\0", CONTROL), ("a\n", CONTROL), ("\x7f", CONTROL)]
        ),
        *(({field: 5}, field, 5, NO_STRING) for field in ("name", "region", "distro", "project_id")),
        *(({field: None}, field, None, NO_STRING) for field in ("name", "region", "distro", "project_id")),
        *(({"size": size}, "size", size, "must be a size's slug or a CustomSize") for size in NO_SIZES),
        ({"description": 5}, "description", 5, "must be a string or None"),
        *(({"sequence_id": n}, "sequence_id", n, "must be an integer or None") for n in ("1", 1.0, True)),
        *(({field: "one"}, field, "one", ONE_ITEM) for field in ("ssh_keys", "attached_disks")),
        *(({field: 5}, field, 5, ONE_ITEM) for field in ("ssh_keys", "attached_disks")),
        ({"attached_disks": AttachedDisk(size_gb=1)}, "attached_disks", AttachedDisk(size_gb=1), ONE_ITEM),
        ({"attached_disks": [AttachedDisk(size_gb=1), 5]}, "attached_disks[1]", 5, "must be an AttachedDisk"),
        *(
            ({"ssh_keys": ["ssh-ed25519 A", key]}, "ssh_keys[1]", key, rule)
            for key, rule in [("a\0", CONTROL), ("a\nb", CONTROL), ("a\r", CONTROL), ("", EMPTY), (5, NO_STRING)]
        ),
        ({"extra": {5: "a"}}, "extra", 5, "must have strings for keys"),
        ({"extra": {"name": "a"}}, "extra['name']", "<hidden>", "is set by the field name"),
        ({"extra": {"password": "a"}}, "extra['password']", "<hidden>", "is set by the field password"),
        ({"extra": ["secret"]}, "extra", "<list>", "must be a mapping"),
        ({"password": 5}, "password", "<int>", "must be a string or None"),
        ({"password": "secret\0"}, "password", "<hidden>", "must not have a NUL"),
        ({"cloud_init_user_data": b"secret"}, "cloud_init_user_data", "<bytes>", "must be a string or None"),
        ({"cloud_init_user_data": "secret\0"}, "cloud_init_user_data", "<hidden>", "must not have a NUL"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str, value: object, rule: str) -> None:
    """A wrong value is refused with the field, the value and the rule; a secret is not shown."""
    with pytest.raises(InvalidSpec) as caught:
        spec(**changes)
    error = caught.value
    assert (field, value, rule) == (error.field, error.value, error.rule)
    assert f"{field}={value!r}: {rule}" == str(error)
    assert "secret" not in f"{error} {error!r}"


@pytest.mark.parametrize("kind", [CustomSize, AttachedDisk])
@pytest.mark.parametrize(
    ("value", "rule"),
    [
        *((0, "must be positive"), (-1, "must be positive"), (1.0, NO_INTEGER), ("1", NO_INTEGER)),
        *((None, NO_INTEGER), (True, NO_INTEGER)),
    ],
)
def test_sizes_are_positive_integers(kind: type[Any], value: object, rule: str) -> None:
    """Every number of a size or a disk is a positive integer."""
    names = [field.name for field in attrs.fields(kind)]
    for wrong in names:
        with pytest.raises(InvalidSpec) as caught:
            kind(**{name: value if name == wrong else 1 for name in names})
        assert (wrong, value, rule) == (caught.value.field, caught.value.value, caught.value.rule)
    assert kind(**dict.fromkeys(names, 1)) == kind(**dict.fromkeys(names, 1))
    with pytest.raises(TypeError):
        kind(*[1] * len(names))


@pytest.mark.parametrize("field", ["name", "size", "region", "distro"])
def test_what_costs_money_has_no_default(field: str) -> None:
    """Nothing that decides about the price is guessed, and nothing is taken by position."""
    with pytest.raises(TypeError, match=field):
        VMSpec(**{name: value for name, value in FIELDS.items() if name != field})
    with pytest.raises(TypeError):
        VMSpec(*FIELDS.values())  # type: ignore[call-arg]


def test_defaults() -> None:
    """What was not asked for is not there; the project is the default one."""
    expected = FIELDS | dict.fromkeys(["description", "password", "cloud_init_user_data", "sequence_id"])
    expected |= {"project_id": "default", "attached_disks": (), "ssh_keys": (), "extra": {}}
    assert expected == attrs.asdict(spec())


@pytest.mark.parametrize(
    "changes",
    [
        {"size": CustomSize(vcpus=1, memory_mb=2, storage_gb=3)},
        {"description": ""},
        {"description": "two\nlines"},
        {"password": ""},
        {"cloud_init_user_data": "#cloud-config\n"},
        *({"sequence_id": number} for number in (0, -1, 2**63)),
        {"name": "\u00fc \U0001f600"},
        {"name": "a\u00a0b\u200b"},
        {"extra": {"tags": ["a"]}},
    ],
)
def test_what_is_right_is_taken_as_it_is(changes: dict[str, Any]) -> None:
    """What breaks no rule stays as it was given."""
    made = spec(**changes)
    assert changes == {name: getattr(made, name) for name in changes}


def test_lists_become_tuples() -> None:
    """Any iterable of keys or disks will do, and changing it later changes nothing."""
    keys = ["ssh-ed25519 A", "ssh-ed25519 B"]
    made = spec(ssh_keys=keys, attached_disks=iter([AttachedDisk(size_gb=5)]))
    keys.clear()
    assert made.ssh_keys == ("ssh-ed25519 A", "ssh-ed25519 B")
    assert made.attached_disks == (AttachedDisk(size_gb=5),)


def test_repr_has_no_secret() -> None:
    """Neither password nor cloud-init document nor extra fields are shown."""
    made = spec(password="secret-1", cloud_init_user_data="secret-2", extra={"key": "secret-3"})  # noqa: S106
    assert "secret" not in repr(made)
    assert "secret" not in str(made)
    assert "web-1" in repr(made)


@pytest.mark.parametrize(
    "secrets", [{"password": "a"}, {"cloud_init_user_data": "a"}, {"extra": {"key": "a"}}, {"password": ""}]
)
def test_without_secrets(secrets: dict[str, Any]) -> None:
    """A spec can be had without its secrets; one that has none is itself, and the original keeps its own."""
    made = spec(sequence_id=7, **secrets)
    assert spec(sequence_id=7) == made.without_secrets()
    assert secrets == {name: getattr(made, name) for name in secrets}
    plain = spec(sequence_id=7)
    assert plain.without_secrets() is plain


def test_specs_are_values() -> None:
    """Equal specs are equal and hash alike, even with extra fields; none can be changed; all pickle."""
    one, other = spec(extra={"tags": ["a"]}), spec(extra={"tags": ["a"]})
    assert one == other
    assert hash(one) == hash(other)
    assert one != spec(extra={"tags": ["b"]})
    assert one == pickle.loads(pickle.dumps(one))  # noqa: S301  (our own)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.name = "other"  # type: ignore[misc]
