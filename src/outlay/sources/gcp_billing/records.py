"""Billing rows in JSON: lines, one array, objects end to end, or an answer of BigQuery's API.

Nested fields become columns with dotted names (`invoice.month`); lists stay JSON text.
"""

import codecs
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, BinaryIO

from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.documents import (
    decode,
    is_document,
    peek_document,
    read_lines,
    starts_as_json,
    unpacked,
)
from outlay.sources.gcp_billing.columns import PARENTS

_CHUNK = 1 << 20
_LONGEST = 64 << 20
_WHITE = " \t\r\n"
_LISTED = _WHITE + ","


def records(stream: BinaryIO, name: str) -> Iterator[Mapping[str, object]]:
    """The rows of a JSON file in order, flat. SourceError says what is wrong where."""
    for value in read_lines(stream, name) if _is_lines(stream) else _objects(stream, name):
        if is_answer(value):
            yield from map(flat, answer_rows(value, name))
        else:
            yield flat(value)


def _is_lines(stream: BinaryIO) -> bool:
    """Whether the first line is an object by itself, as a table is exported: the fast way."""
    try:
        line = unpacked(stream).readline(_LONGEST)
        return isinstance(decode(line, ""), dict)
    except (SourceError, OSError, EOFError):
        return False  # said with its place when the file is read


def flat(row: Mapping[str, Any]) -> dict[str, object]:
    """A row with its nested fields under dotted names; lists and unknown objects as they are."""
    found: dict[str, object] = {}
    for key, value in row.items():
        if isinstance(value, dict) and key in PARENTS:
            for child, inner in value.items():
                found[f"{key}.{child}"] = inner
        else:
            found[key] = value
    return found


def is_answer(value: Mapping[str, Any]) -> bool:
    """Whether an object is what BigQuery's API answers: a schema, and rows by place."""
    schema = value.get("schema")
    return isinstance(schema, dict) and isinstance(schema.get("fields"), list) and "rows" in value


def answer_rows(answer: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The rows of an answer of jobs.query, getQueryResults or the like, with their names."""
    fields = answer["schema"]["fields"]
    for number, row in enumerate(answer["rows"] or (), 1):
        try:
            yield _named(fields, row)
        except (KeyError, TypeError, ValueError, InvalidOperation):
            raise SourceError(
                f"{name}, row {number}: its cells are not those of the answer's schema; save the "
                "whole answer of the API again"
            ) from None


def _named(fields: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> dict[str, Any]:
    cells = row["f"]
    return {
        field["name"]: _cell(field, cell["v"]) for field, cell in zip(fields, cells, strict=True)
    }


def _cell(field: Mapping[str, Any], value: Any) -> Any:
    if value is None:
        return None
    if field.get("mode") == "REPEATED":
        one = {**field, "mode": "NULLABLE"}
        return [_cell(one, item["v"]) for item in value]
    kind = str(field["type"]).upper()
    if kind in ("RECORD", "STRUCT"):
        # A schema that was saved without the inner fields leaves nothing to name them by.
        return _named(field["fields"], value) if field.get("fields") else None
    if kind == "TIMESTAMP":
        return _time(str(value))
    return value


def _time(text: str) -> str:
    """A timestamp of the API: microseconds, or seconds with a fraction or an exponent."""
    number = Decimal(text)
    whole = number.as_tuple().exponent == 0 and abs(number) >= 10**11
    micros = int(number) if whole else int((number * 1_000_000).to_integral_value())
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return moment.replace(tzinfo=None).isoformat(sep=" ")


def _objects(stream: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    """The objects of a file, however they are strung together; numbers as text, exactly."""
    stream.seek(0)
    text = codecs.getreader("utf-8-sig")(unpacked(stream))
    decoder = json.JSONDecoder(parse_float=str)
    held, at, count, white = "", 0, 0, _WHITE
    try:
        while True:
            held, at = held[at:], 0
            more = text.read(_CHUNK)
            held += more
            if len(held) > _LONGEST:
                raise SourceError(f"{name}: object {count + 1} has more than {_LONGEST >> 20} MiB")
            while True:
                at = _skip(held, at, white)
                if at >= len(held):
                    break
                if held[at] == "[" and not count and white == _WHITE:
                    at, white = at + 1, _LISTED
                    continue
                if held[at] == "]" and white == _LISTED:
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
            if not more:
                break
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SourceError(f"{name} is cut short or damaged ({error}); fetch it again") from None
    if white == _LISTED:
        raise SourceError(f"{name} is cut short: its list has no end; fetch or export it again")


def _skip(text: str, at: int, white: str) -> int:
    while at < len(text) and text[at] in white:
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


def first_row(transport: Transport, file: FileRef) -> dict[str, object] | None:
    """The first row of a JSON file, flat; None where it is no JSON or has no rows of objects.

    Objects end to end are no document of any other kind, so that they are looked at here.
    """
    if not is_document(file.path):
        return None
    found = peek_document(transport, file)
    if found is None:
        return _first(transport.location, file, _SameForCache(transport))
    if isinstance(found, list):
        found = found[0] if found else None
    if not isinstance(found, dict):
        return None
    if is_answer(found):
        try:
            found = next(answer_rows(found, file.path), None)
        except SourceError:
            return None
    return None if found is None else flat(found)


@lru_cache(maxsize=1024)
def _first(location: str, file: FileRef, transport: _SameForCache) -> dict[str, object] | None:
    with transport.value.open(file.path) as stream:
        try:
            if not starts_as_json(unpacked(stream).read(4096)):
                return None
            found = next(_objects(stream, file.path), None)
        except (SourceError, OSError, EOFError):
            return None
    return None if found is None else flat(found)
