"""``_json``: strict JSON, and JSON that was cut."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from openscaler_async import InvalidSpec
from openscaler_async._json import Unreadable, decode_json, decode_quoted, encode_json, is_cut, is_whole_json

WIRE = Path(__file__).with_name("data").joinpath("vm.json").read_text("utf-8")


@pytest.mark.parametrize("text", ["{}", '{"a": [1, 2.5, null, true, "\u00e9"]}', " 7 ", '"a"', "null", '"\\ud800"'])
def test_json(text: str) -> None:
    """JSON is decoded, from text and from UTF-8."""
    assert json.loads(text) == decode_json(text) == decode_json(text.encode())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((text, f"no JSON: {text} is no JSON number") for text in ("NaN", "Infinity", "-Infinity")),
        *(("", "no JSON: Expecting value"), ("{", "no JSON: Expecting"), ("{} x", "no JSON: Extra data")),
        *((b"\xff", "no JSON: 'utf-8' codec"), ("\ufeff{}", "no JSON: "), ("'a'", "no JSON: ")),
        pytest.param("9" * 10**4, "no JSON: Exceeds the limit", id="long"),
        pytest.param("[" * 10**5, "the JSON is nested too deeply", id="deep"),
    ],
)
def test_what_is_no_json_is_said(text: str | bytes, reason: str) -> None:
    """What is no JSON, by the standard and not by Python's habits, is one kind of error that says why."""
    with pytest.raises(Unreadable) as caught:
        decode_json(text)
    assert str(caught.value).startswith(reason)


def test_encode() -> None:
    """JSON is written without spaces, in ASCII."""
    assert encode_json({"a": [1, None], "b": "\u00e9"}) == b'{"a":[1,null],"b":"\\u00e9"}'


def deep() -> list[Any]:
    """Give a list in a list in a list..."""
    value: list[Any] = []
    for _ in range(10**5):
        value = [value]
    return value


@pytest.mark.parametrize("value", [{"secret"}, math.nan, math.inf, b"secret", {("secret",): 1}, deep()], ids=type)
def test_what_has_no_form_is_named(value: object) -> None:
    """A value that JSON has no form for is named by its field and its type, and not shown."""
    with pytest.raises(InvalidSpec) as caught:
        encode_json(value, "extra")
    assert ("extra", f"<{type(value).__name__}>") == (caught.value.field, caught.value.value)
    assert caught.value.rule.startswith("must have a form in JSON: ")
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidSpec, match=r"^json="):
        encode_json(value)


def test_circle_is_named() -> None:
    """A value that contains itself has no form in JSON."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(InvalidSpec, match=r"^json='<list>': must have a form in JSON: Circular"):
        encode_json(circle)


@pytest.mark.parametrize("indent", [None, 1])
def test_json_cut_after_a_line(indent: int | None) -> None:
    """JSON in several lines is cut after each but the last."""
    lines = json.dumps(json.loads(WIRE), indent=indent).split("\n")
    assert [is_cut("\n".join(lines[:count])) for count in range(1, len(lines))] == [True] * (len(lines) - 1)
    assert not is_cut("\n".join(lines))


@pytest.mark.parametrize(
    "text", ["", " ", "no room", "no room\nat all", "{} x", "null", "7", '"a"', "Error: {", "[1]", "{'a': 1}", "NaN"]
)
def test_what_is_not_cut(text: str) -> None:
    """Text that was never meant to be JSON is not cut, and neither is JSON that is whole."""
    assert not is_cut(text)
    assert not is_cut(text + "\n")


@pytest.mark.parametrize("text", ["[" * 10**5, "9" * 10**4], ids=["deep", "long"])
def test_what_python_refuses_is_neither(text: str) -> None:
    """What Python will not decode is neither known to be cut nor known to be whole."""
    assert not is_cut(text)
    assert not is_whole_json(text)


@pytest.mark.parametrize("text", ["{}", " {}\n", "[1]", '"a"', '{"a": 1}', '""', json.dumps(WIRE)])
def test_whole_json(text: str) -> None:
    """An object, an array and a string show their own end; without their last character they are not whole."""
    assert is_whole_json(text)
    assert not is_whole_json(text.strip()[:-1])


@pytest.mark.parametrize("text", ["", " ", "7", "12", "true", "null", "NaN", "text", "{} x", "[NaN]", '{"a"', '"'])
def test_what_shows_no_end(text: str) -> None:
    """A number or a word may go on; what is no JSON is never whole."""
    assert not is_whole_json(text)


def test_quoted() -> None:
    """The text inside a JSON string is given, of anything else nothing."""
    assert decode_quoted('"event: 200\\ndata: {}"') == "event: 200\ndata: {}"
    for other in ("{}", "7", "null", '["a"]', '"a', "a", ""):
        assert decode_quoted(other) is None
