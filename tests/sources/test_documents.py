"""JSON as the vendor wrote it: every digit, every line, and words for what is broken."""

import gzip
import io
from pathlib import Path

import pytest

from outlay.sources.contract import SourceError, TransportError
from outlay.sources.documents import (
    decode,
    encode,
    is_document,
    peek_document,
    read_document,
    read_lines,
    read_objects,
    starts_as_json,
)
from outlay.sources.transports.file import FileTransport


def test_numbers_keep_every_digit() -> None:
    text = b"[123.4567890123456789, 1E-10, -0.0, 0.1000000000, 12345678901234567890123, 1e400, -3]"
    assert decode(text, "f") == [
        "123.4567890123456789", "1E-10", "-0.0", "0.1000000000", 12345678901234567890123,
        "1e400", -3,
    ]  # fmt: skip
    assert encode(decode(b'{"a": [0.10, null, true, "x"]}', "f")) == '{"a":["0.10",null,true,"x"]}'


@pytest.mark.parametrize("text", [b"{", b'{"a": NaN}', b"[1,]", b"", b'"\xff"', b"{} {}"])
def test_what_is_no_json_is_said(text: bytes) -> None:
    with pytest.raises(SourceError, match=r"bill\.json is no valid JSON"):
        decode(text, "bill.json")


def test_a_document_is_read_plain_packed_and_with_a_mark() -> None:
    for text in (b'{"a": 1.10}', gzip.compress(b'{"a": 1.10}'), b'\xef\xbb\xbf {"a": 1.10}\n'):
        assert read_document(io.BytesIO(text), "f") == {"a": "1.10"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (gzip.compress(b'{"a": 1}', mtime=0)[:-6], "cut short or damaged"),
        (b"\x1f\x8bnothing", "cut short or damaged"),
    ],
)
def test_a_document_that_is_none_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        read_document(io.BytesIO(text), "bill.json")


def test_lines_are_read_in_order_blank_ones_left_out() -> None:
    text = b'{"a": 1.0}\r\n\n{"a": 2}\n   \n{"a": 3}'
    for given in (text, gzip.compress(text)):
        assert list(read_lines(io.BytesIO(given), "f")) == [{"a": "1.0"}, {"a": 2}, {"a": 3}]


def test_a_bad_line_is_named() -> None:
    with pytest.raises(SourceError, match=r"f, line 3, is no valid JSON"):
        list(read_lines(io.BytesIO(b'{"a": 1}\n\n{"a": \n'), "f"))
    with pytest.raises(SourceError, match="f, line 2, is no JSON object"):
        list(read_lines(io.BytesIO(b'{"a": 1}\n[1]\n'), "f"))
    packed = gzip.compress(b'{"a": 1}\n' * 1000)[:-9]
    with pytest.raises(SourceError, match="cut short"):
        list(read_lines(io.BytesIO(packed), "f"))


def test_endings_and_first_bytes() -> None:
    assert is_document("a/b.JSON")
    assert is_document("b.jsonl.gz")
    assert not is_document("a/.hidden.json")
    assert not is_document("a/_part.json")
    assert not is_document("b.csv")
    assert starts_as_json(b"\xef\xbb\xbf \n[1]")
    assert not starts_as_json(b"a,b\n{}")


def test_peeking_gives_a_document_or_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "whole.json").write_text('{"data": [1]}')
    (tmp_path / "lines.jsonl").write_text('{"n": 1}\n{"n": 2}\n')
    (tmp_path / "lines-called.json").write_text('{"n": 1}\n{"n": 2}\n')
    (tmp_path / "none.json").write_text("a,b\n1,2\n")
    (tmp_path / "cut.json").write_text('{"data": [')
    transport = FileTransport(str(tmp_path))
    found = {file.path: peek_document(transport, file) for file in transport.list()}
    assert found == {
        "whole.json": {"data": [1]},
        "lines.jsonl": {"n": 1},
        "lines-called.json": {"n": 1},
        "none.json": None,
        "cut.json": None,
    }


def test_a_file_that_cannot_be_opened_is_an_error_and_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "whole.json"
    path.write_text("{}")
    transport = FileTransport(str(tmp_path))
    (file,) = transport.list()
    path.unlink()
    with pytest.raises(TransportError):
        peek_document(transport, file)
    path.write_text('{"a": 1}')
    assert peek_document(transport, file) == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1.10}\n{"a": -2E-7}\n',
        b'[{"a": 1.10}, {"a": -2E-7}]',
        b'\xef\xbb\xbf[\n {"a":\n1.10}\n,{"a": -2E-7}\n]\n',
        b'{\n"a": 1.10\n}{\n"a": -2E-7\n}',
    ],
)
def test_objects_are_read_however_they_are_strung(text: bytes, tmp_path: Path) -> None:
    for given in (text, gzip.compress(text)):
        assert list(read_objects(io.BytesIO(given), "f")) == [{"a": "1.10"}, {"a": "-2E-7"}]
    (tmp_path / "bill.json").write_bytes(text)
    transport = FileTransport(str(tmp_path))
    (file,) = transport.list()
    found = peek_document(transport, file)
    assert (found[0] if isinstance(found, list) else found) == {"a": "1.10"}


def test_objects_longer_than_what_is_read_at_a_time() -> None:
    long = "ü" * 1_500_000
    text = f'{{\n"a": "{long}"}} {{"a": "{long}"}}'.encode()
    assert [len(one["a"]) for one in read_objects(io.BytesIO(text), "f")] == [1_500_000] * 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'[{"a": 1}, {"a": ', "after 1 objects comes no valid JSON"),
        (b'[{"a": 1}', "its list has no end"),
        (b'{\n"a": 1}{\n"a"', "after 1 objects comes no valid JSON"),
        (b'{\n"a": NaN}', "after 0 objects comes no valid JSON"),
        (b'[{"a": 1}, 2]', "item 2 is no JSON object"),
        (gzip.compress(b'[{"a": 1}]', mtime=0)[:-6], "cut short or damaged"),
        (b'{\n"a": "\xff"}', "cut short or damaged"),
    ],
)
def test_objects_that_break_off_are_said_with_their_place(text: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        list(read_objects(io.BytesIO(text), "bill.json"))
