"""``_sse``: events to bytes that every reader takes for the same events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openscaler_async._sse import SSEDecoder, encode_event

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    event=TEXTS.filter(lambda text: not set(text) & set("\r\n")),
    data=TEXTS,
    last_id=st.none() | TEXTS.filter(lambda text: not set(text) & set("\r\n\0")),
)
def test_what_is_encoded_is_decoded(event: str, data: str, last_id: str | None) -> None:
    """The decoder gives back what the encoder took; every line end in the data becomes an LF."""
    expected = (event or "message", data.replace("\r\n", "\n").replace("\r", "\n"), last_id or "")
    decoder = SSEDecoder()
    (decoded,) = decoder.receive(encode_event(event, data, id=last_id))
    assert expected == (decoded.type, decoded.data, decoded.last_event_id)
    assert decoder.receive_eof() is None


def test_encoded_bytes() -> None:
    """An event is its fields, one data line for each line of the data, and a blank line."""
    assert encode_event("progress", "{}") == b"event: progress\ndata: {}\n\n"
    assert encode_event("200", "a\nb\r\nc\r", id="7") == b"event: 200\nid: 7\ndata: a\ndata: b\ndata: c\ndata: \n\n"
    assert encode_event("200", "", id="") == b"event: 200\nid: \ndata: \n\n"


@pytest.mark.parametrize(
    ("event", "last_id", "message"),
    [
        ("a\nb", None, r"event='a\nb': must not have a line end"),
        ("a\r", None, r"event='a\r': must not have a line end"),
        ("a", "1\r\n", r"id='1\r\n': must not have a line end or a NUL"),
        ("a", "\0", r"id='\x00': must not have a line end or a NUL"),
    ],
)
def test_what_a_reader_would_misread_is_not_encoded(event: str, last_id: str | None, message: str) -> None:
    """A line end in a type or an id, or a NUL in an id, is refused by name."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the whole message is compared)
        encode_event(event, "data", id=last_id)
    assert message == str(caught.value)
