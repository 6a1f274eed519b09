"""Explaining an amount: group → slice (delivery) → file → lines, each level adding up exactly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from outlay.allocation.rules import Ruleset
from outlay.lake.types import Pin, Slice
from outlay.money import total
from outlay.query.lines import Origin, line_sources
from outlay.query.model import CostQuery
from outlay.query.result import Value, json_value
from outlay.query.run import PinnableLake, Prepared, prepare


@dataclass(frozen=True)
class ExplainedLine:
    """One charge: its record number in the file, its moment and its amount."""

    origin: Origin
    moment: datetime
    amount: Decimal


@dataclass(frozen=True)
class ExplainedFile:
    """A vendor's file: all its lines under the question sum to `amount`. `top` are the largest
    of them; the others sum to `rest`."""

    path: str
    sha256: str
    amount: Decimal
    lines: int
    top: tuple[ExplainedLine, ...]

    @property
    def rest(self) -> Decimal:
        """The amount of the lines that are not in `top`."""
        # A unary minus would round to 28 digits.
        return total((self.amount, *(line.amount.copy_negate() for line in self.top)))


@dataclass(frozen=True)
class ExplainedSlice:
    """A slice of the lake with the delivery that is current in it; its files sum to `amount`."""

    slice: Slice
    amount: Decimal
    lines: int
    files: tuple[ExplainedFile, ...]


@dataclass(frozen=True)
class ExplainedGroup:
    """One group of the question in one currency; its slices sum to `amount`."""

    values: Mapping[str, Value]
    currency: str
    amount: Decimal
    lines: int
    slices: tuple[ExplainedSlice, ...]


@dataclass(frozen=True)
class Explanation:
    """What an amount is made of. `totals` are of all groups by currency, those beyond the limit
    included (`other_groups` counts them, `other` sums them)."""

    query: CostQuery
    measure: str
    groups: tuple[ExplainedGroup, ...]
    other: Mapping[str, Decimal]
    other_groups: int
    totals: Mapping[str, Decimal]
    snapshot: str | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: money as text in full."""
        return {
            "query": self.query.to_json(),
            "measure": self.measure,
            "groups": [_group_json(group) for group in self.groups],
            "other": _amounts_json(self.other),
            "other_groups": self.other_groups,
            "totals": _amounts_json(self.totals),
            "snapshot": self.snapshot,
        }


def explain(
    lake: PinnableLake,
    query: CostQuery,
    *,
    lines: int = 3,
    now: datetime | None = None,
    pin: Pin | None = None,
    rules: Ruleset | None = None,
) -> Explanation:
    """What the amounts of a question are made of, from the charges themselves.

    Uses the question's first measure, `by`, range, `where`, `limit` (default 10 groups) and
    `as_of`; amounts stay in their own currency. `lines` are shown a file. Raises QueryError when
    the charges of that moment are no longer kept.
    """
    asked = CostQuery(
        measures=query.measures[:1],
        by=query.by,
        range=query.range,
        where=query.where,
        limit=query.limit or 10,
        as_of=query.as_of,
        rules_as_of=query.rules_as_of,
    )
    prepared = prepare(lake, asked, now=now, pin=pin, rules=rules)
    sources = line_sources(prepared)
    files, tops = _read(lake, list(sources.values()), len(asked.by), lines)
    groups = _groups(prepared, files, tops)
    limit = asked.limit or 10
    shown, hidden = groups[:limit], groups[limit:]
    return Explanation(
        asked,
        asked.measures[0],
        tuple(shown),
        _by_currency(hidden),
        len(hidden),
        _by_currency(groups),
        None if prepared.pin.snapshot_id is None else str(prepared.pin.snapshot_id),
    )


Rows = list[tuple[Any, ...]]


def _read(lake: PinnableLake, sources: list[str], width: int, lines: int) -> tuple[Rows, Rows]:
    """Sums by group, slice and file, and the largest lines of each."""
    if not sources:
        return [], []
    dimensions = [f"d{i}" for i in range(width)]
    keys = ", ".join(["_currency", *dimensions, "_slice", "_file"])
    union = " UNION ALL ".join(sources)
    with lake.connect() as connection:
        connection.execute(f"CREATE TEMP TABLE line AS {union}")
        files = connection.execute(
            f"SELECT {keys}, coalesce(sum(amount), 0), count(*) FROM line GROUP BY {keys}"
        ).fetchall()
        tops = connection.execute(
            f"SELECT {keys}, _line, _moment, coalesce(amount, 0) FROM line QUALIFY row_number() "
            f"OVER (PARTITION BY {keys} ORDER BY abs(amount) DESC NULLS LAST, _line) <= {lines} "
            "ORDER BY abs(amount) DESC NULLS LAST, _line"
        ).fetchall()
    return files, tops


def _groups(prepared: Prepared, files: Rows, tops: Rows) -> list[ExplainedGroup]:
    width = len(prepared.query.by)
    lines: dict[tuple[Any, ...], list[ExplainedLine]] = {}
    for row in tops:
        key, (line, moment, amount) = row[: width + 3], row[width + 3 :]
        origin = Origin.of(prepared.facts[key[-2]].slice, key[-1], line)
        lines.setdefault(key, []).append(ExplainedLine(origin, moment, Decimal(amount)))
    by_slice: dict[tuple[Any, ...], list[ExplainedFile]] = {}
    for row in files:
        key, (amount, count) = row[: width + 3], row[width + 3 :]
        slice_ = prepared.facts[key[-2]].slice
        path, digest = _file(slice_, key[-1])
        explained = ExplainedFile(path, digest, Decimal(amount), count, tuple(lines.get(key, ())))
        by_slice.setdefault(key[:-1], []).append(explained)
    by_group: dict[tuple[Any, ...], list[ExplainedSlice]] = {}
    for key, parts in by_slice.items():
        amount, count = _sums(parts)
        slice_ = prepared.facts[key[-1]].slice
        explained_slice = ExplainedSlice(slice_, amount, count, tuple(_largest(parts)))
        by_group.setdefault(key[:-1], []).append(explained_slice)
    groups = []
    for key, slices in by_group.items():
        amount, count = _sums(slices)
        values = dict(zip(prepared.query.by, key[1:], strict=True))
        groups.append(ExplainedGroup(values, key[0], amount, count, tuple(_largest(slices))))
    return sorted(groups, key=lambda g: (-g.amount, g.currency, str(tuple(g.values.values()))))


def _sums(parts: Iterable[ExplainedFile | ExplainedSlice]) -> tuple[Decimal, int]:
    found = list(parts)
    return total(part.amount for part in found), sum(part.lines for part in found)


def _largest(parts: list[Any]) -> list[Any]:
    return sorted(parts, key=lambda part: -abs(part.amount))


def _file(slice_: Slice, index: int | None) -> tuple[str, str]:
    files = slice_.delivery.files
    if index is None or not 0 <= index < len(files):
        return "", ""
    return files[index].path, files[index].sha256


def _by_currency(groups: Iterable[ExplainedGroup]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for group in groups:
        sums[group.currency] = total((sums.get(group.currency, Decimal(0)), group.amount))
    return dict(sorted(sums.items()))


def _group_json(group: ExplainedGroup) -> dict[str, Any]:
    return {
        "values": {name: json_value(value, "text") for name, value in group.values.items()},
        "currency": group.currency,
        "amount": json_value(group.amount, "money"),
        "lines": group.lines,
        "slices": [_slice_json(part) for part in group.slices],
    }


def _slice_json(part: ExplainedSlice) -> dict[str, Any]:
    record = part.slice.delivery
    return {
        "source": part.slice.source,
        "billing_period": str(part.slice.billing_period),
        "delivery": record.id,
        "version": record.version,
        "cause": record.cause,
        "mapping_version": record.mapping_version,
        "loaded_at": record.loaded_at.isoformat() + "Z",
        "amount": json_value(part.amount, "money"),
        "lines": part.lines,
        "files": [_file_json(file) for file in part.files],
    }


def _file_json(file: ExplainedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "sha256": file.sha256,
        "amount": json_value(file.amount, "money"),
        "lines": file.lines,
        "top": [
            {
                "line": line.origin.line,
                "moment": json_value(line.moment, "text"),
                "amount": json_value(line.amount, "money"),
            }
            for line in file.top
        ],
        "rest": json_value(file.rest, "money"),
        "rest_lines": file.lines - len(file.top),
    }


def _amounts_json(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: str(json_value(amount, "money")) for currency, amount in amounts.items()}
