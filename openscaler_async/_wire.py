"""Decoded JSON to values and back: the only place with the provider's words, and the only importer of cattrs.

Strict about scalars: ``"7"`` is no integer and null is no text. Tolerant about news: a field that
is not known is kept in ``extra``, and a text that is not known stays that text.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import NoneType
from typing import Any, Final

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from ._json import Unreadable, decode_json, encode_json
from .errors import InvalidSpec
from .events import Progress
from .models import VM, Disk, Network, PublicPort
from .specs import AttachedDisk, CustomSize, VMSpec

_WIRE_NAMES: Final = {
    "allocation_bytes": "allocationBytes",
    "capacity_bytes": "capacityBytes",
    "memory_mb": "memoryMB",
    "size_gb": "sizeGB",
    "storage_gb": "storageGB",
    "transfer_gb": "transferGB",
}
_MESSAGE_KEYS: Final = ("message", "error", "detail", "description", "reason", "title")
_MESSAGE_DEPTH: Final = 3  # {"error": {"message": ...}} is common, deeper is not
_HUNDRED: Final = 100
_Hook = Callable[[Any, Any], Any]


def decode_progress(data: str) -> Progress:
    """Decode the data of a ``progress`` event; what cannot be read is kept as the message."""
    try:
        value = decode_json(data)
    except Unreadable:
        return Progress(None, data)
    if not isinstance(value, dict):
        return Progress(None, value if isinstance(value, str) else data)
    percent, message = value.get("progress"), value.get("message")
    if isinstance(percent, bool) or not isinstance(percent, (int, float)) or not 0 <= percent <= _HUNDRED:
        percent = None
    if not isinstance(message, str):
        message = "" if message is None and percent is not None else data
    return Progress(None if percent is None else float(percent), message)


def decode_failure(data: str) -> tuple[str, object]:
    """Decode the data of a final event that tells of a failure.

    Its form is not documented: a JSON object, a JSON string and plain text are taken, and nothing.

    Returns:
        The message for a person, and the payload: decoded JSON, or the text as it came.
    """
    try:
        payload = decode_json(data)
    except Unreadable:
        return data.strip(), data
    return _message(payload, data), payload


def _message(payload: object, otherwise: str) -> str:
    found = payload
    for _ in range(_MESSAGE_DEPTH):
        if not isinstance(found, dict):
            break
        values = [found.get(key) for key in _MESSAGE_KEYS]
        found = next((value for value in values if value and isinstance(value, (str, dict))), None)
    return found if isinstance(found, str) else otherwise


def decode_vm(value: object) -> VM:
    """Decode a machine.

    Raises:
        Unreadable: it is not described as documented; the text names each field that is wrong.
    """
    return _structure(value, VM)


def decode_vms(value: object) -> list[VM]:
    """Decode the answer of ``GET /v1/vms``.

    Raises:
        Unreadable: it is not ``{"vms": [...]}``, or a machine is not described as documented.
    """
    if not isinstance(value, dict) or not isinstance(value.get("vms"), list):
        msg = 'not an object with a list under "vms"'
        raise Unreadable(msg)
    return [decode_vm(vm) for vm in value["vms"]]


def find_vm_id(value: object) -> int | None:
    """Give the id in what may be a machine's description."""
    found = value.get("id") if isinstance(value, dict) else None
    return found if type(found) is int else None


def encode_vm(vm: VM) -> dict[str, Any]:
    """Encode a machine as the provider writes it, without what is None."""
    encoded: dict[str, Any] = _converter().unstructure(vm)
    return encoded


def encode_spec(spec: VMSpec) -> bytes:
    """Encode the body of ``POST /v1/vms``.

    Raises:
        InvalidSpec: ``extra`` has a value that has no form in JSON, or a field of `CustomSize`.
    """
    body: dict[str, Any] = _converter().unstructure(spec)
    if isinstance(spec.size, CustomSize):
        body |= body.pop("size")
    for key in body.keys() & spec.extra.keys():
        raise InvalidSpec(f"extra[{key!r}]", "<hidden>", "is set by the field size")
    body.update(spec.extra)
    return encode_json(body, "extra")


def _structure(value: object, cls: type[VM]) -> VM:
    try:
        return _converter().structure(value, cls)
    except Exception as error:  # noqa: BLE001  (cattrs lets through whatever a hook raises)
        reason = str(error)
    try:  # again, with the converter that takes longer and names every field
        _converter(detailed=True).structure(value, cls)
    except cattrs.BaseValidationError as error:
        reason = "; ".join(cattrs.transform_error(error, path="vm", format_exception=_describe))
    except Unreadable:
        pass
    raise Unreadable(reason)


def _describe(error: BaseException, _type: type | None) -> str:
    if isinstance(error, KeyError):
        return f"required field {error} missing"
    return str(error)


@functools.cache
def _converter(*, detailed: bool = False) -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=detailed)
    for scalar in (int, float, str, bool):
        converter.register_structure_hook(scalar, _strict(scalar))
        converter.register_structure_hook(scalar | None, _strict(scalar, NoneType))
    _register(converter, datetime, _decode_time)
    converter.register_unstructure_hook(datetime, _encode_time)
    for model in (PublicPort, Network, Disk, VM):
        decode_model = _model_decoder(model, converter)
        _register(converter, model, decode_model)
        _register_many(converter, model, decode_model)
        converter.register_unstructure_hook(model, _model_encoder(model, converter))
    for request in (AttachedDisk, CustomSize):
        converter.register_unstructure_hook(request, make_dict_unstructure_fn(request, converter, **_renames(request)))
    converter.register_unstructure_hook(str | CustomSize, converter.unstructure)
    converter.register_unstructure_hook(VMSpec, _spec_encoder(converter))
    return converter


def _register(converter: cattrs.Converter, kind: Any, decode: _Hook) -> None:  # noqa: ANN401  (JSON may be anything)
    """Register a hook for a type and for it or None, which cattrs' own hook decodes at twice the cost."""

    def decode_optional(value: object, _: object) -> Any:  # noqa: ANN401  (JSON may be anything)
        return None if value is None else decode(value, kind)

    converter.register_structure_hook(kind, decode)
    converter.register_structure_hook(kind | None, decode_optional)


def _register_many(converter: cattrs.Converter, model: type[attrs.AttrsInstance], decode: _Hook) -> None:
    """Register a hook for a tuple of a model's instances: a list on the wire, or null for none."""
    many = tuple[model, ...]  # type: ignore[valid-type]  # made at run time
    named = converter.get_structure_hook(many) if converter.detailed_validation else None

    def decode_many(value: object, _: object) -> tuple[Any, ...]:
        if value is None:
            return ()
        if type(value) is not list:
            msg = f"{value!r:.50} is no list"
            raise Unreadable(msg)
        return tuple([decode(item, model) for item in value]) if named is None else named(value, many)

    converter.register_structure_hook_func(lambda kind: kind == many, decode_many)


def _renames(cls: type[attrs.AttrsInstance]) -> dict[str, Any]:
    return {f.name: override(rename=_WIRE_NAMES[f.name]) for f in attrs.fields(cls) if f.name in _WIRE_NAMES}


def _strict(*accepted: type) -> _Hook:
    """Make a hook for a scalar, or for it or None: for both at once, since cattrs takes twice the time."""

    def check(value: object, _: object) -> Any:  # noqa: ANN401  (JSON may be anything)
        kind = type(value)
        if kind in accepted and kind is not float:
            return value
        if float in accepted and kind in (int, float):
            return _finite(value)
        msg = f"{value!r:.50} is no {accepted[0].__name__}"
        raise Unreadable(msg)

    return check


def _finite(value: Any) -> float:  # noqa: ANN401  (JSON may be anything)
    try:
        if math.isfinite(value):
            return float(value)
    except OverflowError:
        pass
    msg = f"{value!r:.50} is not finite"
    raise Unreadable(msg)


def _decode_time(value: object, _: object) -> datetime:
    try:
        time = datetime.fromisoformat(value)  # type: ignore[arg-type]  # a TypeError is caught
    except (TypeError, ValueError):
        msg = f"{value!r:.50} is no ISO 8601 time"
        raise Unreadable(msg) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)  # [INFER] the provider writes no zone


def _encode_time(time: datetime) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat()


def _model_decoder(cls: type[Any], converter: cattrs.Converter) -> _Hook:
    decode = make_dict_structure_fn(cls, converter, extra=override(omit=True), **_renames(cls))
    names = frozenset(_WIRE_NAMES.get(f.name, f.name) for f in attrs.fields(cls)) - {"extra"}

    def decode_model(value: object, _: object) -> Any:  # noqa: ANN401  (JSON may be anything)
        if not isinstance(value, dict):
            msg = f"{value!r:.50} is no object"
            raise Unreadable(msg)
        model = decode(value, cls)
        if names.issuperset(value):
            return model
        return attrs.evolve(model, extra={key: value[key] for key in value if key not in names})

    return decode_model


def _model_encoder(cls: type[attrs.AttrsInstance], converter: cattrs.Converter) -> Callable[[Any], dict[str, Any]]:
    encode = make_dict_unstructure_fn(
        cls, converter, _cattrs_omit_if_default=True, extra=override(omit=True), **_renames(cls)
    )

    def encode_model(model: Any) -> dict[str, Any]:  # noqa: ANN401  (JSON may be anything)
        return {**encode(model), **model.extra}

    return encode_model


def _spec_encoder(converter: cattrs.Converter) -> Callable[[Any], Mapping[str, Any]]:
    return make_dict_unstructure_fn(
        VMSpec,
        converter,
        _cattrs_omit_if_default=True,
        project_id=override(omit_if_default=False),
        extra=override(omit=True),
    )
