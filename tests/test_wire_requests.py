"""``_wire``: requests in the provider's words, and what an answer has around a machine."""

from __future__ import annotations

import json

import attrs
import pytest

from openscaler_async import VM, AttachedDisk, CustomSize, InvalidSpec, VMSpec
from openscaler_async._json import Unreadable
from openscaler_async._wire import decode_vms, encode_spec, find_vm_id

SPEC = VMSpec(name="web-1", size="b-1", region="alg1", distro="debian-13")
LEAST = {"name": "web-1", "size": "b-1", "region": "alg1", "distro": "debian-13", "project_id": "default"}


def test_least_request() -> None:
    """What was not asked for is not sent; the project always is."""
    assert json.loads(encode_spec(SPEC)) == LEAST
    assert json.loads(encode_spec(attrs.evolve(SPEC, project_id="other"))) == LEAST | {"project_id": "other"}


def test_whole_request() -> None:
    """Every field of the provider's page is sent under the provider's name, and unknown ones as they are."""
    spec = attrs.evolve(
        SPEC,
        description="",
        attached_disks=[AttachedDisk(size_gb=5)],
        ssh_keys=["ssh-rsa A", "ssh-rsa \u00e9"],
        password="secret",  # noqa: S106  (none)
        cloud_init_user_data="",
        sequence_id=0,
        extra={"tags": ["a"], "none": None},
    )
    assert json.loads(encode_spec(spec)) == LEAST | {
        "description": "",
        "attached_disks": [{"sizeGB": 5}],
        "ssh_keys": ["ssh-rsa A", "ssh-rsa \u00e9"],
        "password": "secret",
        "cloud_init_user_data": "",
        "sequence_id": 0,
        "tags": ["a"],
        "none": None,
    }


def test_custom_size() -> None:
    """A size of one's own takes the place of the slug; extra may not say it a second time."""
    size = CustomSize(vcpus=1, memory_mb=512, storage_gb=10)
    spec = attrs.evolve(SPEC, size=size)
    expected = {key: value for key, value in LEAST.items() if key != "size"}
    assert json.loads(encode_spec(spec)) == expected | {"vcpus": 1, "memoryMB": 512, "storageGB": 10}
    for field in ("vcpus", "memoryMB", "storageGB"):
        with pytest.raises(InvalidSpec) as caught:
            encode_spec(attrs.evolve(spec, extra={field: "secret"}))
        assert f"extra['{field}']='<hidden>': is set by the field size" == str(caught.value)
        assert json.loads(encode_spec(attrs.evolve(SPEC, extra={field: 1}))) == LEAST | {field: 1}


def test_extra_without_a_form_in_json() -> None:
    """An unknown field that JSON has no form for is refused before anything is sent, and not shown."""
    with pytest.raises(InvalidSpec) as caught:
        encode_spec(attrs.evolve(SPEC, extra={"a": {"secret"}}))
    assert caught.value.field == "extra"
    assert "secret" not in str(caught.value)


def test_list_of_machines() -> None:
    """The answer of the list is an object with the machines, in order."""
    assert decode_vms({"vms": []}) == []
    assert decode_vms({"vms": [{"id": 2, "name": "b"}, {"id": 1, "name": "a"}], "total": 2}) == [
        VM(id=2, name="b"),
        VM(id=1, name="a"),
    ]
    no_lists: list[object] = [None, [], [{"id": 1, "name": "a"}], {}, {"vms": None}, {"vms": {}}, "text"]
    for wrong in no_lists:
        with pytest.raises(Unreadable, match='not an object with a list under "vms"'):
            decode_vms(wrong)
    with pytest.raises(Unreadable, match=r"required field 'name' missing @ vm\.name"):
        decode_vms({"vms": [{"id": 1}]})


def test_id_of_what_may_be_a_machine() -> None:
    """An integer id is found in anything that has one, and nothing else is taken for one."""
    assert find_vm_id({"id": 31, "name": None}) == 31
    no_ids: list[object] = [{"id": "31"}, {"id": True}, {"id": 31.0}, {"id": None}, {}, [31], 31, "31", None]
    for wrong in no_ids:
        assert find_vm_id(wrong) is None
