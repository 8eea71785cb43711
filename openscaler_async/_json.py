"""JSON as the provider may write it: strict in what is taken, and told apart from JSON that was cut."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from .errors import InvalidSpec


class Unreadable(ValueError):
    """Data is not what the provider documents; the text says what is wrong."""


def decode_json(text: str | bytes) -> Any:  # noqa: ANN401  (JSON may be anything)
    """Decode JSON.

    Raises:
        Unreadable: it is no JSON, too deep, or has NaN or Infinity, which JSON does not know.
    """
    try:
        return _decode(text if isinstance(text, str) else text.decode("utf-8-sig"))
    except RecursionError:
        reason = "the JSON is nested too deeply"
    except ValueError as error:
        reason = f"no JSON: {error}"
    raise Unreadable(reason)


def _decode(text: str) -> Any:  # noqa: ANN401  (JSON may be anything)
    try:
        value, end = _JSON.raw_decode(text)
    except ValueError:
        end = -1
    # Without white space around it, which takes json as long to look for as a progress event to read.
    return value if end == len(text) else _JSON.decode(text)


def encode_json(value: object, field: str = "json") -> bytes:
    """Encode a value as compact JSON.

    Raises:
        InvalidSpec: JSON has no form for a value in it.
    """
    try:
        return _ENCODER.encode(value).encode()
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
        return error.pos > 0 and 0 < len(text.rstrip()) <= error.pos
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


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is no JSON number"
    raise ValueError(msg)


_JSON: Final = json.JSONDecoder(parse_constant=_refuse_constant)
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
