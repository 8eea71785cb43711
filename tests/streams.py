"""What streams are made of when a provider, a proxy or an enemy writes them; examples of them.

For `strategies`, and for ``fuzz/``, which starts from the examples.
"""

from __future__ import annotations

import base64
import itertools
import json
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).with_name("data")
VM: Final = json.dumps(
    {"id": 31, "name": "caf\u00e9 \U0001f600", "disks": [{"path": "/"}], "network": None}, ensure_ascii=False
)
PRETTY: Final = json.dumps(json.loads(VM), indent=1)
PAYLOADS: Final = [
    *(VM, PRETTY, "{}", "[]", '"no room"', "no room", "no room\nat all", "", "7", "null", "true", "[1,\n2]", "{} x"),
    *(
        '{"message": "no room"}',
        '{"id": 31,',
        "{",
        "[",
        '"',
        '{"id":\n',
        "[NaN]",
        "[1e999]",
        "\u00a0{}",
        '["\\u',
        "tru",
    ),
]
TYPES: Final = [
    *("200", "200", "201", "400", "404", "500", "503", "302", "000", "2", "2000", "0200", "20", "99999"),
    *(
        "progress",
        "progress",
        "message",
        "news",
        "",
        "2xx",
        " 200",
        "\u00b2\u2070\u2070",
        "\u0662\u0660\u0660",
        "200\0",
    ),
]
BOM: Final = b"\xef\xbb\xbf"
ENDS: Final = [b"\n", b"\r", b"\r\n"]
LINES: Final = [
    *(b"", b":", b": comment", b"::", b"data", b"data:", b"data: ", b"data:  b", b"data: {", b"data: 1", b"data: \0"),
    *(b"data: \xe2\x82", b"data: \xff\xfe", b"data: \xf0\x9f\x98", b"data:\xf0\x9f\x98\x80", BOM + b"data: bom", BOM),
    *(b"event", b"event:", b"event: ", b"event:200", b"event: 200", b"event:  200", b"event: 400", b"event: \xff"),
    *(b"id", b"id:", b"id: 1", b"id: \xe2\x82\xac", b"id: \0", b"id: a\0b", b"id: " + b"9" * 40, b"id:  2"),
    *(b"retry", b"retry: 0", b"retry: 007", b"retry: -1", b"retry: 1.5", b"retry: " + b"9" * 16, b"retry: \xd9\xa3"),
    *(b"Data: a", b" data: a", b"data : a", b"unknown: a", b"\0", b'"', b'"event', b'"event:', b'"event: 200"'),
    *(b'"event: 200\\ndata: {}', b'"event: 200\\ndata: {}" x', b'"event: 200\\ndata: {}\\n"', b'"data: {}"'),
]


def quoted(kind: str, data: str) -> str:
    """Give an event as a JSON string, as the provider's page shows its final one."""
    lines = data.replace("\n", "\ndata: ")
    return json.dumps(f"event: {kind}\ndata: {lines}\n", ensure_ascii=len(data) % 2 == 0)


def lines_of(kind: str, data: str, shape: str) -> list[str]:
    """Give the lines of an event, without the blank one, in one of some shapes."""
    lines, string = data.split("\n"), quoted(kind, data)
    return {
        "plain": [f"event: {kind}", *(f"data: {line}" for line in lines)],
        "no space": [f"event:{kind}", *(f"data:{line}" for line in lines)],
        "data first": [*(f"data: {line}" for line in lines), f"event: {kind}"],
        "more": ["id: 7", ": more", f"event: {kind}", "retry: 9", *(f"data: {line}" for line in lines)],
        "quoted line": [string],
        "quoted data": [f"data: {string}"],
        "quoted progress": ["event: progress", f"data: {string}"],
        "quoted later": ["event: progress", f"data:  {string}"],
    }[shape]


SHAPES: Final = [
    *("plain", "no space", "data first", "more"),
    *("quoted line", "quoted data", "quoted progress", "quoted later"),
]
PROGRESS: Final = ["event: progress", 'data: {"progress": 20.0, "message": "creation on progress"}', ""]


def examples() -> list[bytes]:
    """Give some streams: every vector, and every final event in every shape."""
    vectors = json.loads(DATA.joinpath("sse_vectors.json").read_text("utf-8"))
    streams = [b"".join(map(base64.b64decode, vector["chunks"])) for vector in vectors]
    for kind, data, shape in itertools.product(["200", "400", "302"], PAYLOADS, SHAPES):
        streams.append("\n".join([*PROGRESS, *lines_of(kind, data, shape), "", ""]).encode())
    return [*streams, b"".join(line + b"\n" for line in LINES)]
