"""From amounts down to charges: the lines under a question, and where each of them came from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from outlay.allocation.rules import Ruleset
from outlay.expression import compile_condition, condition_text, referenced
from outlay.expression.errors import QueryError
from outlay.focus.sql import literal
from outlay.lake.facts import SliceFacts
from outlay.lake.types import Pin, Slice
from outlay.query.measures import MEASURES
from outlay.query.model import CostQuery
from outlay.query.planner import (
    Asked,
    asked_sums,
    cut,
    label_files,
    line_fields,
    overlaps,
    parts_of,
)
from outlay.query.ranges import Days
from outlay.query.result import json_value
from outlay.query.run import PinnableLake, Prepared, prepare, split_tags
from outlay.query.sqlparts import (
    compiled_condition,
    in_contexts,
    labelled_contexts,
    line_resolver,
    table_sql,
    with_files,
)


@dataclass(frozen=True)
class Origin:
    """Where a charge came from: slice, delivery, the vendor's file, and the record number in it
    from 1 (the header not counted)."""

    source: str
    billing_period: str
    delivery: str
    file: str
    file_index: int
    line: int

    @classmethod
    def of(cls, slice_: Slice, file_index: int | None, line: int | None) -> "Origin":
        """The origin of a line of a slice."""
        files = slice_.delivery.files
        index = -1 if file_index is None else file_index
        path = files[index].path if 0 <= index < len(files) else ""
        period = str(slice_.billing_period)
        return cls(slice_.source, period, slice_.delivery.id, path, index, line or 0)


@dataclass(frozen=True)
class ChargeLine:
    """One charge with its origin. `values` are its columns that are not null, costs included."""

    origin: Origin
    values: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: money as text in full."""
        origin = self.origin
        return {
            "source": origin.source,
            "billing_period": origin.billing_period,
            "delivery": origin.delivery,
            "file": origin.file,
            "file_index": origin.file_index,
            "line": origin.line,
            "charge": {name: json_value(value, "money") for name, value in self.values.items()},
        }


@dataclass(frozen=True)
class ChargePage:
    """Some of the charges under a question. `lines` and `amounts` (by currency, of `measure`)
    are of all of them, not only of the page. `notes` are what must be said beside them."""

    measure: str
    charges: tuple[ChargeLine, ...]
    offset: int
    lines: int
    amounts: Mapping[str, Decimal]
    snapshot: str | None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "measure": self.measure,
            "offset": self.offset,
            "lines": self.lines,
            "amounts": {c: json_value(a, "money") for c, a in self.amounts.items()},
            "charges": [charge.to_json() for charge in self.charges],
            "snapshot": self.snapshot,
            "warnings": list(self.notes),
        }


def charges(
    lake: PinnableLake,
    query: CostQuery,
    *,
    limit: int = 50,
    offset: int = 0,
    now: datetime | None = None,
    pin: Pin | None = None,
    rules: Ruleset | None = None,
) -> ChargePage:
    """The charges under a question's range and `where`, largest amount first.

    The amount is the question's first measure. Raises QueryError when the charges of that moment
    are no longer kept, or limit or offset are negative.
    """
    if limit < 0 or offset < 0:
        raise QueryError("limit and offset count rows and cannot be negative", field="limit")
    plain = query.but(by=(), grain="none", compare=None, sort="")
    prepared = prepare(lake, plain, now=now, pin=pin, rules=rules)
    sources = line_sources(prepared)
    measure = query.measures[0]
    notes = tuple(
        f"These are direct charges, by what the rules of {tag} say; splits move cost beside them "
        f"(`outlay explain`, the page Why is this mine)."
        for tag in split_tags(query, prepared.asked, prepared.labels.rules)
    )
    snapshot = None if prepared.pin.snapshot_id is None else str(prepared.pin.snapshot_id)
    if not sources:
        return ChargePage(measure, (), offset, 0, {}, snapshot, notes)
    with lake.connect() as connection:
        keys = "_slice, _row, amount, _currency"
        union = " UNION ALL ".join(f"SELECT {keys} FROM ({sql})" for sql in sources.values())
        connection.execute(f"CREATE TEMP TABLE line AS {union}")
        sums = connection.execute(
            "SELECT _currency, coalesce(sum(amount), 0), count(*) FROM line GROUP BY 1 ORDER BY 1"
        ).fetchall()
        places = connection.execute(
            "SELECT _slice, _row FROM line ORDER BY amount DESC NULLS LAST, _slice, _row "
            f"LIMIT {limit} OFFSET {offset}"
        ).fetchall()
        found = _whole_lines(connection, prepared.facts, places)
    amounts = {row[0]: Decimal(row[1]) for row in sums}
    lines = sum(row[2] for row in sums)
    return ChargePage(measure, found, offset, lines, amounts, snapshot, notes)


@dataclass(frozen=True)
class RecordLines:
    """The charges of one vendor's record that who asks may see, and how many they do not see."""

    charges: tuple[ChargeLine, ...]
    others: int


def record_lines(
    lake: PinnableLake,
    source: str,
    period: str,
    file: int,
    line: int,
    *,
    pin: Pin | None = None,
    rules: Ruleset | None = None,
) -> RecordLines:
    """The charges that questions see of a record of a vendor's file (`file` by its index, `line`
    from 1) in a slice, within the scope of who asks. QueryError when they are no longer kept."""
    prepared = prepare(lake, CostQuery(splits="direct"), pin=pin, rules=rules)
    mine = [
        one
        for one in prepared.facts
        if (one.slice.source, str(one.slice.billing_period)) == (source, period)
    ]
    found = line_sources(replace(prepared, facts=mine))
    if not found:
        return RecordLines((), 0)
    with lake.connect() as connection:
        where = "WHERE _file = ? AND _line = ?"
        union = " UNION ALL ".join(found.values())
        places = connection.execute(
            f"SELECT _slice, _row FROM ({union}) {where} ORDER BY _slice, _row", [file, line]
        ).fetchall()
        every = 0
        for one in mine:
            row = connection.execute(
                f"SELECT count(*) FROM {one.lines_sql} WHERE x_SourceFile = ? AND x_SourceLine = ?",
                [file, line],
            ).fetchone()
            every += row[0] if row else 0
        return RecordLines(_whole_lines(connection, mine, places), every - len(places))


def line_sources(prepared: Prepared) -> dict[int, str]:
    """SQL of the lines under a question, by index of the slice in `prepared.facts`.

    Columns: ``_slice``, ``_row`` (row in the file), ``_file``, ``_line``, ``_moment``,
    ``_currency``, ``d0…`` (the question's dimensions) and ``amount`` (its first measure).
    Raises QueryError when charges are gone by retention.
    """
    sources: dict[int, str] = {}
    for index, facts in enumerate(prepared.facts):
        if not overlaps(facts, prepared.days):
            continue
        if not facts.detail:
            raise QueryError(
                f"the charges of {facts.slice.source} {facts.slice.billing_period} of that moment "
                "are no longer kept; only their daily roll-ups are",
                field="as_of",
                hint="Ask at a later moment.",
            )
        parts = list(parts_of(facts, prepared.asked, prepared.days, prepared.labels))
        labels = label_files(parts, prepared.asked, prepared.labels)
        sources[index] = " UNION ALL ".join(
            _line_sql(index, facts, prepared, days, files)
            for (_, days, _), files in zip(parts, labels, strict=True)
        )
    return sources


def _line_sql(
    index: int, facts: SliceFacts, prepared: Prepared, days: Days, labels: Mapping[str, Path]
) -> str:
    asked = prepared.asked
    resolve = line_resolver(line_fields(facts, asked))
    table = table_sql("charges", file_row_number=True)
    start, end = cut(facts, days)
    conditions: list[exp.Expr] = [
        node(this=exp.column("ChargePeriodStart", quoted=True), expression=_moment(day))
        for node, day in ((exp.GTE, start), (exp.LT, end))
        if day
    ]
    files = {"charges": (facts.slice.charges_path,)}
    joined = None
    if labels:
        files["contexts"] = (facts.paths["contexts"],)
        files |= {name: (path,) for name, path in labels.items()}
        joined = labelled_contexts(asked.virtual, "x_ContextKey").subquery("_labels")
    if facts.partly and not labels:
        files["contexts"] = (facts.paths["contexts"],)
        conditions.append(in_contexts())
    if asked.condition is not None:
        if not labels and _in_contexts(facts, asked):
            # Contexts are few: they are filtered, and lines are found by the contexts' keys.
            files["contexts"] = (facts.paths["contexts"],)
            conditions.append(in_contexts(compiled_condition(asked.condition, resolve)))
        else:
            conditions.append(compiled_condition(asked.condition, resolve))
    selected = [
        exp.alias_(exp.Literal.number(index), "_slice"),
        exp.alias_(exp.column("file_row_number"), "_row"),
        exp.alias_(exp.column("x_SourceFile"), "_file"),
        exp.alias_(exp.column("x_SourceLine"), "_line"),
        exp.alias_(exp.column("ChargePeriodStart"), "_moment"),
        exp.alias_(exp.column("BillingCurrency"), "_currency"),
        *(exp.alias_(resolve(d), f"d{i}") for i, d in enumerate(asked.by)),
        exp.alias_(_amount(prepared.query.measures[0], asked, resolve), "amount"),
    ]
    select = exp.select(*selected).from_(table).where(*conditions)
    if joined is not None:
        select = select.join(joined, using="x_ContextKey", join_type="inner")
    return with_files(select.sql(dialect="duckdb"), files)


def _in_contexts(facts: SliceFacts, asked: Asked) -> bool:
    needed = referenced(asked.condition) if asked.condition else frozenset()
    return all(
        d.kind != "column" or d.name in facts.context_columns or not facts.has(d) for d in needed
    )


def _amount(measure: str, asked: Asked, resolve: Any) -> exp.Expr:
    """A line's part of a measure: the same sums as in a question, before they are summed."""
    terms: list[exp.Expr] = []
    sums = {(s.column, s.condition and condition_text(s.condition)): s for s in asked.sums}
    for part, known in zip(MEASURES[measure].parts, asked_sums((measure,)), strict=True):
        found = sums[known.column, known.condition and condition_text(known.condition)]
        column: exp.Expr = exp.column(part.column, quoted=True)
        if part.column == "LineCount":
            column = exp.Literal.number(1)
        if part.sign < 0:
            column = exp.Neg(this=column)
        if found.condition is not None:
            when = compile_condition(found.condition, resolve)
            column = exp.Case(ifs=[exp.If(this=when, true=column)], default=exp.Literal.number(0))
        terms.append(column)
    amount = terms[0]
    for term in terms[1:]:
        amount = exp.Add(this=amount, expression=term)
    return amount


def _moment(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), "TIMESTAMP")


def _whole_lines(
    connection: duckdb.DuckDBPyConnection,
    facts: list[SliceFacts],
    places: list[tuple[int, int]],
) -> tuple[ChargeLine, ...]:
    """The whole charges at (slice, row in the file), in the order given."""
    found: dict[tuple[int, int], ChargeLine] = {}
    for index in sorted({place[0] for place in places}):
        rows = ", ".join(str(row) for slice_, row in places if slice_ == index)
        slice_ = facts[index].slice
        cursor = connection.execute(
            f"SELECT * FROM read_parquet({literal(str(slice_.charges_path))}, "
            f"file_row_number = true, hive_partitioning = false) WHERE file_row_number IN ({rows})"
        )
        names = [column[0] for column in cursor.description or ()]
        for values in cursor.fetchall():
            charge = dict(zip(names, values, strict=True))
            row = charge.pop("file_row_number")
            origin = Origin.of(slice_, charge.get("x_SourceFile"), charge.get("x_SourceLine"))
            shown = {name: value for name, value in charge.items() if value not in (None, {})}
            found[index, row] = ChargeLine(origin, shown)
    return tuple(found[place] for place in places)
