"""Decoded JSON to values and back: the only place with the provider's words, and the only importer of cattrs.

Strict about scalars: ``"7"`` is no integer and null is no text. Tolerant about news: a field that
is not known is kept in ``extra``, and a text that is not known stays that text.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from datetime import UTC, datetime
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from ._json import Unreadable, decode_json, encode_json
from .errors import InvalidSpec
from .events import Progress
from .models import VM, Disk, Network, PublicPort
from .specs import AttachedDisk, CustomSize, VMSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    return [decode_vm(vm) for vm in listed(value)]


def listed(value: object) -> list[Any]:
    """Give what the answer of ``GET /v1/vms`` lists.

    Raises:
        Unreadable: it is not ``{"vms": [...]}``.
    """
    if not isinstance(value, dict) or not isinstance(value.get("vms"), list):
        msg = 'not an object with a list under "vms"'
        raise Unreadable(msg)
    vms: list[Any] = value["vms"]
    return vms


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


def _structure(value: object, cls: Any) -> VM:  # noqa: ANN401  (a type that mypy takes for unhashable)
    with contextlib.suppress(Exception):  # something is wrong; what it is, cattrs says
        return cast("VM", _quick_decoder(cls)(value))
    try:
        return cast("VM", _converter().structure(value, cls))
    except cattrs.BaseValidationError as error:
        reason = "; ".join(cattrs.transform_error(error, path="vm", format_exception=_describe))
    except Unreadable as error:
        reason = str(error)
    raise Unreadable(reason)


def _describe(error: BaseException, _type: type | None) -> str:
    if isinstance(error, KeyError):
        return f"required field {error} missing"
    return str(error)


@functools.cache
def _quick_decoder(cls: type[Any]) -> Callable[[Any], Any]:
    """Make a decoder that does what the converter does, in two thirds of the time, and only with what is right.

    Every creation ends with it; see docs/adr/0005.
    """
    plan: dict[str, tuple[str, frozenset[type], Callable[[Any], Any]]] = {}
    for field in attrs.fields(attrs.resolve_types(cls)):
        if field.name != "extra":
            plan[_WIRE_NAMES.get(field.name, field.name)] = field.name, *_quick_rule(field.type)

    def decode(value: dict[str, Any]) -> Any:  # noqa: ANN401  (JSON may be anything)
        known, extra = {}, {}
        for key, item in value.items():
            if key in plan:
                name, accepted, hook = plan[key]
                known[name] = item if type(item) in accepted else hook(item)
            else:
                extra[key] = item
        return cls(**known, extra=extra) if extra else cls(**known)

    return decode


def _quick_rule(kind: Any) -> tuple[frozenset[type], Callable[[Any], Any]]:  # noqa: ANN401  (a type form)
    """Give the types that are taken as they are, and what decodes the others."""
    kinds = frozenset(get_args(kind) or (kind,))
    if get_origin(kind) is tuple:
        model = next(iter(kinds - {...}))
        return frozenset(), lambda value: _many(value, _quick_decoder(model))
    (main,) = kinds - {NoneType}
    if main in (int, str, bool):
        return kinds, _refuse
    hooks: dict[Any, Callable[[Any], Any]] = {float: _finite, datetime: _decode_time}
    return kinds & {NoneType}, hooks.get(main) or _quick_decoder(main)


def _many(value: object, decode: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Decode a list, or null, which is an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list):
        msg = f"{value!r:.50} is no list"
        raise Unreadable(msg)
    return tuple([decode(item) for item in value])


def _refuse(value: object) -> NoReturn:
    raise Unreadable(repr(value))


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    for scalar in (int, str, bool):
        converter.register_structure_hook(scalar, _strict(scalar))
    converter.register_structure_hook(float, lambda value, _: _finite(value))
    converter.register_structure_hook(datetime, lambda value, _: _decode_time(value))
    converter.register_unstructure_hook(datetime, _encode_time)
    for model in (PublicPort, Network, Disk, VM):
        converter.register_structure_hook(model, _model_decoder(model, converter))
        _register_many(converter, model)
        converter.register_unstructure_hook(model, _model_encoder(model, converter))
    for request in (AttachedDisk, CustomSize):
        converter.register_unstructure_hook(request, make_dict_unstructure_fn(request, converter, **_renames(request)))
    converter.register_unstructure_hook(str | CustomSize, converter.unstructure)
    converter.register_unstructure_hook(VMSpec, _spec_encoder(converter))
    return converter


def _register_many(converter: cattrs.Converter, model: type[attrs.AttrsInstance]) -> None:
    many = tuple[model, ...]  # type: ignore[valid-type]  # made at run time
    structure = converter.get_structure_hook(model)

    def decode_item(item: tuple[int, object]) -> Any:  # noqa: ANN401  (a model)
        index, value = item
        try:
            return structure(value, model)
        except (cattrs.BaseValidationError, Unreadable) as error:
            # The first that is wrong, named as cattrs would: one error for each of a million took minutes.
            error.add_note(cattrs.IterableValidationNote("", index, model))
            raise cattrs.IterableValidationError("", [error], many) from None

    def decode_items(value: object, _: object) -> tuple[Any, ...]:
        return _many([*enumerate(value)] if isinstance(value, list) else value, decode_item)

    converter.register_structure_hook_func(lambda kind: kind == many, decode_items)


def _renames(cls: type[attrs.AttrsInstance]) -> dict[str, Any]:
    return {f.name: override(rename=_WIRE_NAMES[f.name]) for f in attrs.fields(cls) if f.name in _WIRE_NAMES}


def _strict(scalar: type) -> Callable[[Any, Any], Any]:
    def check(value: object, _: object) -> Any:  # noqa: ANN401  (JSON may be anything)
        if type(value) is scalar:
            return value
        msg = f"{value!r:.50} is no {scalar.__name__}"
        raise Unreadable(msg)

    return check


def _finite(value: object) -> float:
    if type(value) not in (int, float):
        msg = f"{value!r:.50} is no float"
        raise Unreadable(msg)
    number = cast("float", value)
    if not -sys.float_info.max <= number <= sys.float_info.max:
        msg = f"{value!r:.50} is not finite"
        raise Unreadable(msg)
    return float(number)


def _decode_time(value: object) -> datetime:
    try:
        time = datetime.fromisoformat(value)  # type: ignore[arg-type]  # a TypeError is caught
        time = time if time.tzinfo else time.replace(tzinfo=UTC)  # [INFER] the provider writes no zone
        time.astimezone(UTC)  # which one in the first or the last hours of the calendar may not be
    except (TypeError, ValueError, OverflowError):
        msg = f"{value!r:.50} is no ISO 8601 time"
        raise Unreadable(msg) from None
    return time


def _encode_time(time: datetime) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat()


def _model_decoder(cls: type[Any], converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
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
