"""The answer to a question, as a table for people or as JSON, CSV or Parquet for machines."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.cli.output import NOTHING, Col, Output, count, money, plural
from outlay.money import money_text

if TYPE_CHECKING:
    from outlay.query import Column, Result

NO_VALUE = "(none)"
"""Shown for charges that lack the dimension; `–` stands for a missing amount."""

_NUMBERS = {"money", "quantity", "count", "ratio"}
_PERIODS = {"month": "%Y-%m", "year": "%Y", "hour": "%Y-%m-%d %H:%M"}


def show_result(out: Output, result: Result, format: str, path: Path | None) -> None:
    """Print a result in a format, or write it to a file."""
    if format == "table":
        _show_table(out, result)
    elif format == "parquet":
        _give_parquet(result, path)
    else:
        _give_text(result, format, path)


def _give_text(result: Result, format: str, path: Path | None) -> None:
    import json

    if format == "csv":
        text = result.to_csv()
    else:
        text = json.dumps(result.to_json(), ensure_ascii=False, indent=2) + "\n"
    if path is None:
        sys.stdout.write(text)
    else:
        _write_whole(path, text.encode())


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; WorkspaceError when the folder refuses."""
    from outlay.app import WorkspaceError

    try:
        temporary = path.with_name(f".{path.name}.new")
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be written: {error.strerror}. Choose another file with --out."
        ) from None


def _give_parquet(result: Result, path: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.parquet"
        result.to_parquet(file)
        if path is not None:
            _write_whole(path, file.read_bytes())
            return
        with file.open("rb") as reader:
            shutil.copyfileobj(reader, sys.stdout.buffer)


def _show_table(out: Output, result: Result) -> None:
    if not result.table.num_rows:
        _say_empty(out, result)
    else:
        columns = [c for c in result.columns if c.role != "share" or _has_one_total(result)]
        grain = result.query.grain
        rows = [[cell(row.get(c.name), c, grain) for c in columns] for row in result.rows()]
        totals = [_labelled(row, columns, "Other", grain) for row in result.other]
        if result.query.by or grain != "none":  # else the rows are the totals already
            totals += [_labelled(row, columns, "Total", grain) for row in result.totals]
        out.table(
            [Col(_title(c, result), c.type in _NUMBERS) for c in columns], rows, totals=totals
        )
    for one in result.unconverted:
        amounts = ", ".join(f"{name} {money(value)}" for name, value in one.amounts.items())
        out.say(f"Not converted, no rate: {amounts} {one.currency}")
    for rate in result.rates:
        more = f"; {plural(rate.others, 'other rate')} for other days" if rate.others else ""
        told = f"1 {rate.source} = {rate.value} {result.currency} of {rate.day}"
        out.say(f"{told}, {rate.publisher}{more}")
    for warning in result.warnings:
        out.say(f"Note: {warning}")


def _say_empty(out: Output, result: Result) -> None:
    if result.snapshot is None:
        out.say("No data yet: outlay load PATH loads a bill.")
        return
    if result.unconverted:
        out.say(f"Nothing could be converted to {result.currency}:")
        return
    range_ = f" from {result.range.start} to {result.range.end}" if result.range else ""
    out.say(
        f"No charge matches{range_}. Widen --range or --where; `outlay deliveries` lists "
        "what the ledger holds."
    )


def _has_one_total(result: Result) -> bool:
    return len(result.totals) == 1


def _title(column: Column, result: Result) -> str:
    """The heading; the currency stands once, in the heading of the amounts."""
    if column.type == "money" and result.currency:
        return f"{column.title} ({result.currency})"
    return column.title


def _labelled(row: Mapping[str, Any], columns: list[Column], label: str, grain: str) -> list[str]:
    """A total's cells: the label stands under the first dimension."""
    cells = []
    for column in columns:
        known = column.name in row and row[column.name] is not None
        if column.role in {"dimension", "period"}:
            cells.append(cell(row[column.name], column, grain) if known else "")
        else:
            cells.append(cell(row.get(column.name), column, grain) if column.name in row else "")
    for index, column in enumerate(columns):
        if column.role in {"dimension", "period"} and not cells[index]:
            cells[index] = label
            break
    return cells


def cell(value: Any, column: Column, grain: str) -> str:
    """One value for people."""
    if value is None:
        return NO_VALUE if column.role == "dimension" else NOTHING
    if column.type == "ratio":
        percent = (Decimal(value) * 100).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
        return f"{percent:+,.1f} %" if column.role == "change_ratio" else f"{percent:,.1f} %"
    if column.type == "count":
        return f"{value:+,}" if column.role == "change" else count(int(value))
    if isinstance(value, Decimal):
        sign = "+" if column.role == "change" and value > 0 else ""
        return sign + money(value)
    if isinstance(value, date | datetime) and column.role == "period":
        return value.strftime(_PERIODS.get(grain, "%Y-%m-%d"))
    return str(value)


def sql_cell(value: Any) -> str:
    """One value of a raw query: amounts keep every digit, since nobody said they are money."""
    if value is None:
        return "NULL"
    if isinstance(value, Decimal):
        return money_text(value)
    return str(value)
