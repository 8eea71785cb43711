"""``_wire``: the data of events, in whatever form it comes."""

from __future__ import annotations

import json
import sys

import pytest

from openscaler_async import Progress
from openscaler_async._wire import decode_failure, decode_progress

DEEP = sys.getrecursionlimit() * 2


@pytest.mark.parametrize(
    ("data", "percent", "message"),
    [
        ('{"progress": 20.0, "message": "on progress"}', 20.0, "on progress"),
        *((f'{{"progress": {n}, "message": "a"}}', float(n), "a") for n in ("0", "0.0", "100", "100.0", "1e1")),
        *(
            (f'{{"progress": {wrong}, "message": "a"}}', None, "a")
            for wrong in ("-0.1", "100.1", "1e999", "null", "true", "false", '"20"', "[20]", "{}", "9" * 400)
        ),
        *(('{"message": "a", "news": 1}', None, "a"), ('{"progress": 5}', 5.0, "")),
        ('{"progress": 5, "message": null}', 5.0, ""),
        *((f'{{"progress": 5, "message": {wrong}}}', 5.0, None) for wrong in ("7", "true", "[]", '{"a": 1}')),
        *((data, None, None) for data in ("{}", '{"news": 1}', '{"message": null}', '{"progress": -1}')),
        *((data, None, None) for data in ("", "plain text", "20", "20%", "null", "true", "[]", "[20, 1]", "\ufeff{}")),
        *((data, None, None) for data in ('{"progress": 20', '{"progress": NaN}', '{"progress": Infinity}', "NaN")),
        *(('"a string"', None, "a string"), ('""', None, "")),
        pytest.param("[" * 10**5, None, None, id="deep"),
        pytest.param("9" * 10**4, None, None, id="long"),
        ('{"progress": 1, "progress": 2, "message": "last"}', 2.0, "last"),
    ],
)
def test_progress(data: str, percent: float | None, message: str | None) -> None:
    """What can be read is; a percentage out of bounds is none; the whole text stands for what cannot be read."""
    decoded = decode_progress(data)
    assert Progress(percent, data if message is None else message) == decoded
    assert decoded.percent is None or type(decoded.percent) is float


@pytest.mark.parametrize(
    ("data", "message"),
    [
        *((f'{{"{key}": "no room"}}', "no room") for key in ("message", "error", "detail", "description", "reason")),
        *(('{"title": "no room"}', "no room"), ('{"error": "a", "message": "no room"}', "no room")),
        *(('{"message": "", "error": "no room"}', "no room"), ('{"message": null, "title": "no room"}', "no room")),
        ('{"message": 5, "detail": ["a"], "reason": "no room"}', "no room"),
        ('{"error": {"code": 7, "message": "no room"}}', "no room"),
        *(('{"error": true, "reason": "no room"}', "no room"), ('{"error": 7, "detail": "no room"}', "no room")),
        *((data, data) for data in ('{"error": {"code": 7}}', '{"error": {"message": 5}}')),
        ('{"message": {"error": {"detail": "no room"}}}', "no room"),
        *((data, data) for data in ('{"code": 7}', "{}", '["a"]', "7", "null", "true", '{"message": 5}')),
        *(('"no room"', "no room"), ('""', "")),
    ],
)
def test_failure_in_json(data: str, message: str) -> None:
    """The words for a person are found in JSON of any shape, or are the JSON; the payload is all of it."""
    assert (message, json.loads(data)) == decode_failure(data)


@pytest.mark.parametrize("data", ["", " ", "no room", " no room\n", '{"message": "no ro', "NaN", '{"a": NaN}'])
def test_failure_in_text(data: str) -> None:
    """What is no JSON is the message without space around it, and the payload as it came."""
    assert (data.strip(), data) == decode_failure(data)


@pytest.mark.parametrize("depth", [DEEP // 8, DEEP, 10**5])
def test_failure_that_is_deep(depth: int) -> None:
    """However deep an error payload is, it is a failure with some message and no exception."""
    data = '{"error":' * depth + '"no room"' + "}" * depth
    message, _ = decode_failure(data)
    assert isinstance(message, str)
    assert "no room" in message
