"""JSON documents and JSON lines, with every number exactly as the vendor wrote it.

A JSON reader that makes binary numbers loses the 19th digit of an amount; here a number with a
fraction or an exponent stays text, and integers are Python's.
"""

import codecs
import gzip
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, BinaryIO

import msgspec

from outlay.sources.contract import FileRef, SourceError, Transport, TransportError

DOCUMENT_ENDINGS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
_LARGEST = 256 << 20
_CHUNK = 1 << 20
_DECODER = msgspec.json.Decoder(float_hook=str)


def is_document(path: str) -> bool:
    """Whether a file of this name may hold JSON: the ending alone, content decides later."""
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith(DOCUMENT_ENDINGS) and not name.startswith((".", "_"))


def starts_as_json(head: bytes) -> bool:
    """Whether the first bytes of a file (unpacked) are those of a JSON object or array."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text[:1] in (b"{", b"[")


def unpacked(stream: BinaryIO) -> BinaryIO:
    """The stream itself, or what is inside when it is gzip; from its beginning."""
    stream.seek(0)
    magic = stream.read(2)
    stream.seek(0)
    return gzip.GzipFile(fileobj=stream) if magic == b"\x1f\x8b" else stream  # type: ignore[return-value]


def decode(text: bytes, name: str) -> Any:
    """One JSON value; numbers with a fraction or exponent are text. SourceError if it is none."""
    try:
        return _DECODER.decode(text.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{name} is no valid JSON: {error}; fetch or export it again") from None


def encode(value: object) -> str:
    """JSON text of a value that `decode` gave (its fractions are text and stay so)."""
    return msgspec.json.encode(value).decode()


def read_document(stream: BinaryIO, name: str) -> Any:
    """The whole of a JSON document (or of its gzip), at most 256 MiB."""
    try:
        text = unpacked(stream).read(_LARGEST + 1)
    except (OSError, EOFError) as error:
        raise SourceError(f"{name} is cut short or damaged ({error}); fetch it again") from None
    if len(text) > _LARGEST:
        raise SourceError(
            f"{name} is one JSON document of more than {_LARGEST >> 20} MiB; export it as JSON "
            "lines (one record a line)"
        )
    if not text.strip():
        raise SourceError(f"{name} is empty; fetch or export it again")
    return decode(text, name)


def read_lines(stream: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    """The objects of JSON lines (or of their gzip), in order. SourceError names a bad line."""
    try:
        for number, line in enumerate(unpacked(stream), 1):
            if line.strip():
                record = decode(line, f"{name}, line {number},")
                if not isinstance(record, dict):
                    raise SourceError(f"{name}, line {number}, is no JSON object")
                yield record
    except (OSError, EOFError) as error:
        raise SourceError(f"{name} is cut short or damaged ({error}); fetch it again") from None


def read_objects(stream: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    """The objects of a file, however they are strung together: lines, one array, or end to end.

    Numbers with a fraction or exponent are text. Only one object at a time is held in memory.
    SourceError says after how many objects the file is wrong or cut short.
    """
    if _first_line(stream) is not None:  # as tables are exported: the fast way
        yield from read_lines(stream, name)
        return
    text = codecs.getreader("utf-8-sig")(unpacked(stream))
    decoder = json.JSONDecoder(parse_float=str, parse_constant=_no_number)
    held, count, listed = "", 0, False
    try:
        while True:
            more = text.read(max(_CHUNK, len(held)))  # a long object is not begun too often
            held, at = held + more, 0
            if len(held) > _LARGEST:
                raise SourceError(f"{name}: object {count + 1} is more than {_LARGEST >> 20} MiB")
            while True:
                at = _skip(held, at, ", \t\r\n" if listed else " \t\r\n")
                if at == len(held):
                    break
                if held[at] == "[" and not count and not listed:
                    at, listed = at + 1, True
                    continue
                if held[at] == "]" and listed:
                    return
                try:
                    value, at = decoder.raw_decode(held, at)
                except ValueError as error:
                    if more:
                        break  # the rest of the object is still to come
                    raise SourceError(
                        f"{name}: after {count} objects comes no valid JSON ({error}); the file "
                        "is cut short or damaged: fetch or export it again"
                    ) from None
                count += 1
                if not isinstance(value, dict):
                    raise SourceError(f"{name}: item {count} is no JSON object")
                yield value
            held = held[at:]
            if not more:
                break
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SourceError(f"{name} is cut short or damaged ({error}); fetch it again") from None
    if listed:
        raise SourceError(f"{name} is cut short: its list has no end; fetch or export it again")


def _first_line(stream: BinaryIO) -> dict[str, Any] | None:
    """The first line, where it is an object by itself; else None."""
    try:
        value = decode(unpacked(stream).readline(_LARGEST), "")
    except (SourceError, OSError, EOFError):
        return None  # said with its place when the file is read
    return value if isinstance(value, dict) else None


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _skip(text: str, at: int, passed: str) -> int:
    while at < len(text) and text[at] in passed:
        at += 1
    return at


class _SameForCache:
    """A transport that is equal to any other, so that a cache goes by location and file."""

    def __init__(self, value: Transport) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SameForCache)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=1024)
def _peeked(location: str, file: FileRef, transport: _SameForCache) -> Any:
    try:
        with transport.value.open(file.path) as stream:
            if not starts_as_json(unpacked(stream).read(4096)):
                return SourceError(f"{file.path} is no JSON")
            first = _first_line(stream)
            if first is not None:  # lines, which may be many, or a document of one line
                return first
            name = file.path.lower().removesuffix(".gz")
            if name.endswith((".jsonl", ".ndjson")):
                stream.seek(0)
                return next(read_lines(stream, file.path), None)
            try:
                return read_document(stream, file.path)
            except SourceError:
                # Some exports call JSON lines `.json`, or put objects end to end.
                return next(read_objects(stream, file.path), None)
    except (SourceError, OSError, EOFError) as error:
        return error


def peek_document(transport: Transport, file: FileRef) -> Any:
    """What a JSON file holds, for recognising it: the whole document, or the first record of JSON
    lines or of objects end to end. None when the file is no JSON. Read once however many sources
    ask; do not change it.

    Raises TransportError when the file cannot be opened.
    """
    found = _peeked(transport.location, file, _SameForCache(transport))
    if isinstance(found, TransportError):
        _peeked.cache_clear()  # the next call may reach it
        raise found
    return None if isinstance(found, Exception) else found
