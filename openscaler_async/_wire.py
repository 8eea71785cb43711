"""JSON to values and back: the only place that knows the provider's words, and the only importer of cattrs.

Strict about scalars: ``"7"`` is no integer and null is no text. Tolerant about news: a field that
is not known is kept in ``extra``, and a text that is not known stays that text.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

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
_HUNDRED: Final = 100


class Unreadable(ValueError):
    """Data is not what the provider documents; the text says what is wrong."""


def decode_json(text: str | bytes) -> Any:  # noqa: ANN401  (JSON may be anything)
    """Decode JSON.

    Raises:
        Unreadable: it is no JSON, too deep, or has NaN or Infinity, which JSON does not know.
    """
    try:
        return _JSON.decode(text if isinstance(text, str) else text.decode())
    except RecursionError:
        reason = "the JSON is nested too deeply"
    except ValueError as error:
        reason = f"no JSON: {error}"
    raise Unreadable(reason)


def encode_json(value: object, field: str = "json") -> bytes:
    """Encode a value as compact JSON.

    Raises:
        InvalidSpec: JSON has no form for a value in it.
    """
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        kind = type(value).__name__
        raise InvalidSpec(field, f"<{kind}>", f"must have a form in JSON: {error}") from None


def is_cut(text: str) -> bool:
    """Tell whether a text is JSON that was cut at the end of a line.

    A text that was never meant to be JSON (an error message) is not cut.
    """
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos > 0 and error.pos >= len(text.rstrip())
    except (ValueError, RecursionError):
        return False
    return False


def is_whole_json(text: str) -> bool:
    """Tell whether a text is JSON that shows its own end: an object, an array or a string."""
    if not text.lstrip().startswith(("{", "[", '"')):
        return False
    try:
        decode_json(text)
    except Unreadable:
        return False
    return True


def decode_quoted(text: str) -> str | None:
    """Give the text inside a JSON string, or None when it is no JSON string."""
    try:
        inner = decode_json(text)
    except Unreadable:
        return None
    return inner if isinstance(inner, str) else None


def decode_progress(data: str) -> Progress:
    """Decode the data of a ``progress`` event; what cannot be read is kept as the message."""
    try:
        value = decode_json(data)
    except Unreadable:
        return Progress(None, data)
    if not isinstance(value, dict):
        return Progress(None, value if isinstance(value, str) else data)
    percent, message = value.get("progress"), value.get("message")
    if type(percent) not in (int, float) or not 0 <= percent <= _HUNDRED:
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
    if isinstance(payload, str):
        return payload
    if isinstance(payload, dict):
        for key in _MESSAGE_KEYS:
            found = payload.get(key)
            if found and isinstance(found, (str, dict)):
                return _message(found, json.dumps(found))
    return otherwise


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
    return encode_json(body | dict(spec.extra), "extra")


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is no JSON number"
    raise ValueError(msg)


_JSON: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _structure(value: object, cls: type[VM]) -> VM:
    try:
        return _converter().structure(value, cls)
    except Exception as error:  # noqa: BLE001  (cattrs lets through whatever a hook raises)
        try:
            _converter(detailed=True).structure(value, cls)
        except cattrs.BaseValidationError as detailed:
            reason = "; ".join(cattrs.transform_error(detailed, path="vm", format_exception=_describe))
        except Unreadable as plain:
            reason = str(plain)
        raise Unreadable(reason) from error


def _describe(error: BaseException, _type: type | None) -> str:
    if isinstance(error, KeyError):
        return f"required field {error} missing"
    return str(error)


@functools.cache
def _converter(*, detailed: bool = False) -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=detailed)
    for scalar in (int, float, str, bool):
        converter.register_structure_hook(scalar, _strict(scalar))
    converter.register_structure_hook(datetime, _decode_time)
    converter.register_unstructure_hook(datetime, _encode_time)
    for model in (PublicPort, Network, Disk, VM):
        converter.register_structure_hook(model, _model_decoder(model, converter))
        converter.register_unstructure_hook(model, _model_encoder(model, converter))
    for request in (AttachedDisk, CustomSize):
        converter.register_unstructure_hook(request, make_dict_unstructure_fn(request, converter, **_renames(request)))
    converter.register_unstructure_hook(str | CustomSize, converter.unstructure)
    converter.register_unstructure_hook(VMSpec, _spec_encoder(converter))
    return converter


def _renames(cls: type[attrs.AttrsInstance]) -> dict[str, Any]:
    return {f.name: override(rename=_WIRE_NAMES[f.name]) for f in attrs.fields(cls) if f.name in _WIRE_NAMES}


def _strict(scalar: type) -> Callable[[Any, Any], Any]:
    accepted = {scalar, int} if scalar is float else {scalar}

    def check(value: object, _: object) -> Any:  # noqa: ANN401
        if type(value) not in accepted:
            msg = f"{value!r:.50} is no {scalar.__name__}"
            raise Unreadable(msg)
        if scalar is float and not math.isfinite(number := float(value)):  # type: ignore[arg-type]
            msg = f"{number} is not finite"
            raise Unreadable(msg)
        return float(value) if scalar is float else value  # type: ignore[arg-type]

    return check


def _decode_time(value: object, _: object) -> datetime:
    try:
        time = datetime.fromisoformat(value)  # type: ignore[arg-type]  (a TypeError is caught)
    except (TypeError, ValueError):
        msg = f"{value!r:.50} is no ISO 8601 time"
        raise Unreadable(msg) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)  # [INFER] the provider writes no zone


def _encode_time(time: datetime) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat()


def _model_decoder(cls: type[attrs.AttrsInstance], converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    decode = make_dict_structure_fn(cls, converter, extra=override(omit=True), **_renames(cls))
    optional = [f.name for f in attrs.fields(cls) if f.default is not attrs.NOTHING]
    names = {_WIRE_NAMES.get(f.name, f.name) for f in attrs.fields(cls)} - {"extra"}
    lists = [name for name in ("disks", "public_ip_ports") if name in optional]

    def decode_model(value: object, _: object) -> Any:  # noqa: ANN401
        if not isinstance(value, dict):
            msg = f"{value!r:.50} is no object"
            raise Unreadable(msg)
        for name in lists:
            if name in value and value[name] is None:
                value = {key: item for key, item in value.items() if key != name}
        model = decode(value, cls)
        unknown = value.keys() - names
        return attrs.evolve(model, extra={key: value[key] for key in value if key in unknown}) if unknown else model

    return decode_model


def _model_encoder(cls: type[attrs.AttrsInstance], converter: cattrs.Converter) -> Callable[[Any], dict[str, Any]]:
    encode = make_dict_unstructure_fn(
        cls, converter, _cattrs_omit_if_default=True, extra=override(omit=True), **_renames(cls)
    )

    def encode_model(model: Any) -> dict[str, Any]:  # noqa: ANN401
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
