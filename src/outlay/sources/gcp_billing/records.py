"""Billing rows in JSON: lines, one array, objects end to end, or an answer of BigQuery's API.

Nested fields become columns with dotted names (`invoice.month`); lists stay JSON text.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.documents import is_document, peek_document, read_objects
from outlay.sources.gcp_billing.columns import PARENTS


def records(stream: BinaryIO, name: str) -> Iterator[Mapping[str, object]]:
    """The rows of a JSON file in order, flat. SourceError says what is wrong where."""
    for value in read_objects(stream, name):
        if is_answer(value):
            yield from map(flat, answer_rows(value, name))
        else:
            yield flat(value)


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


def first_row(transport: Transport, file: FileRef) -> dict[str, object] | None:
    """The first row of a JSON file, flat; None where it is no JSON or has no rows of objects."""
    if not is_document(file.path):
        return None
    found = peek_document(transport, file)
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
