"""One answer in several forms: JSON, CSV, Arrow, Parquet, by `format` or by the Accept header."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

import pyarrow as pa
from fastapi import Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from outlay.api.answers import CSV, PARQUET, csv_response, json_response, parquet_response
from outlay.query import QueryError

ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"
Form = Literal["json", "csv", "arrow", "parquet"]
FORMS: tuple[Form, ...] = ("json", "csv", "arrow", "parquet")
MEDIA: dict[Form, str] = {"json": JSON, "csv": "text/csv", "arrow": ARROW, "parquet": PARQUET}
_CHUNK_ROWS = 20_000


def _form(
    request: Request,
    format: Annotated[
        str,
        Query(
            description="json (default), csv, arrow or parquet; goes before the Accept header",
            examples=["csv"],
        ),
    ] = "",
) -> Form:
    """The form that was asked for; QueryError lists those that there are."""
    if format:
        for form in FORMS:
            if form == format.strip().lower():
                return form
        raise QueryError(
            f"{format!r} is no format of this answer", field="format", text=format, allowed=FORMS
        )
    return accepted(request.headers.get("accept", ""))


Wanted = Annotated[Form, Depends(_form)]
"""The form of an answer, as a parameter of a route."""


def accepted(header: str) -> Form:
    """The form of an Accept header: the one with the highest weight, JSON where all are alike."""
    best: tuple[Decimal, Form] = (Decimal(0), "json")
    for part in header.lower().split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        weight = Decimal(1)
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = Decimal(parameter[2:])
                except InvalidOperation:
                    weight = Decimal(0)
        for form in FORMS:
            if media == MEDIA[form] and weight.is_finite() and weight > best[0]:
                best = (weight, form)
    return best[1]


def response(
    form: Form,
    data: Callable[[], Any],
    table: Callable[[], pa.Table],
    name: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer in a form: `data` gives it as JSON data, `table` as a table (decimals exact);
    only what is needed is made. `name` is that of a file, without its ending."""
    found = _file(form, data, table, name)
    for key, value in (headers or {}).items():
        found.headers[key] = value
    return found


def _file(
    form: Form, data: Callable[[], Any], table: Callable[[], pa.Table], name: str
) -> Response:
    if form == "json":
        return json_response(data())
    if form == "csv":
        return csv_response(table(), name)
    if form == "parquet":
        return parquet_response(table(), name)
    return arrow_response(table(), name)


def arrow_response(table: pa.Table, name: str) -> Response:
    """A table as an Arrow stream, batch by batch, amounts as decimals."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.arrows"'}
    return StreamingResponse(_arrow(table), media_type=ARROW, headers=headers)


def _arrow(table: pa.Table) -> Iterator[bytes]:
    sink = _Sink()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in table.to_batches(max_chunksize=_CHUNK_ROWS):
            writer.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


class _Sink:
    """What an Arrow writer writes to; handed on piece by piece."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: Any) -> int:
        """Keep a piece."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        """What came since the last time."""
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found


__all__ = ["ARROW", "CSV", "FORMS", "MEDIA", "Form", "Wanted", "accepted", "response"]
