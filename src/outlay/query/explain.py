"""Explaining an amount: group → slice (delivery) → file → lines, each level adding up exactly.

Where splits take part, a group also has what they gave to it and took from it; see
`outlay.query.explainshared`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from outlay.allocation.rules import Ruleset
from outlay.lake.types import Pin, Slice
from outlay.money import total
from outlay.query.explainshared import GivenAmount, KeptAmount, SharedAmount, amounts_json
from outlay.query.lines import Origin, line_sources
from outlay.query.model import CostQuery
from outlay.query.result import Value, json_value
from outlay.query.run import PinnableLake, Prepared, prepare, with_splits


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
    """One group of the question in one currency; its slices sum to `direct`, and `direct` with
    what was `shared` and less what was `given` is its `amount`. `kept` is part of the direct."""

    values: Mapping[str, Value]
    currency: str
    direct: Decimal
    lines: int
    slices: tuple[ExplainedSlice, ...]
    shared: tuple[SharedAmount, ...] = ()
    given: tuple[GivenAmount, ...] = ()
    kept: tuple[KeptAmount, ...] = ()

    @property
    def amount(self) -> Decimal:
        """Direct and shared together."""
        return total((self.direct, self.shared_amount))

    @property
    def shared_amount(self) -> Decimal:
        """What splits gave, less what they took."""
        moved = [part.amount for part in self.shared] + [part.amount for part in self.given]
        return total(moved)


@dataclass(frozen=True)
class Explanation:
    """What an amount is made of. `totals` are of all groups by currency, those beyond the limit
    included (`other_groups` counts them, `other` sums them); `direct_totals` are without what
    splits gave. `tag` is the virtual tag whose splits take part (None: none do)."""

    query: CostQuery
    measure: str
    groups: tuple[ExplainedGroup, ...]
    other: Mapping[str, Decimal]
    other_groups: int
    totals: Mapping[str, Decimal]
    snapshot: str | None
    direct_totals: Mapping[str, Decimal] = field(default_factory=dict)
    tag: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: money as text in full."""
        return {
            "query": self.query.to_json(),
            "measure": self.measure,
            "groups": [_group_json(group) for group in self.groups],
            "other": _amounts_json(self.other),
            "other_groups": self.other_groups,
            "totals": _amounts_json(self.totals),
            "direct_totals": _amounts_json(self.direct_totals),
            "tag": self.tag,
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
        splits=query.splits,
        as_of=query.as_of,
        rules_as_of=query.rules_as_of,
    )
    prepared = with_splits(lake, prepare(lake, asked, now=now, pin=pin, rules=rules))
    groups = _groups(lake, prepared, lines)
    limit = asked.limit or 10
    shown, hidden = groups[:limit], groups[limit:]
    return Explanation(
        asked,
        asked.measures[0],
        tuple(group.made() for group in shown),
        _by_currency((group.currency, group.amount) for group in hidden),
        len(hidden),
        _by_currency((group.currency, group.amount) for group in groups),
        None if prepared.pin.snapshot_id is None else str(prepared.pin.snapshot_id),
        _by_currency((group.currency, group.direct) for group in groups),
        prepared.expansion.sole.tag if prepared.expansion else None,
    )


Rows = list[tuple[Any, ...]]
Key = tuple[Any, ...]


@dataclass
class _Group:
    """A group before what is shown of it is put together."""

    values: Mapping[str, Value]
    currency: str
    direct: Decimal
    lines: int
    slices: tuple[ExplainedSlice, ...]
    amount: Decimal
    splits: Callable[[], tuple[Sequence[SharedAmount], Sequence[GivenAmount], Sequence[KeptAmount]]]

    def made(self) -> ExplainedGroup:
        """The group with all that splits did to it."""
        shared, given, kept = self.splits()
        return ExplainedGroup(
            self.values, self.currency, self.direct, self.lines, self.slices,
            tuple(shared), tuple(given), tuple(kept),
        )  # fmt: skip


def _groups(lake: PinnableLake, prepared: Prepared, lines: int) -> list[_Group]:
    """The groups of a question, largest first."""
    from outlay.query.explainsplit import SplitParts

    by = prepared.query.by
    sources = line_sources(replace(prepared, asked=prepared.branches))
    if not sources:
        return []
    with lake.connect() as connection:
        connection.execute(f"CREATE TEMP TABLE line AS {' UNION ALL '.join(sources.values())}")
        keys = [f"d{i}" for i in range(len(by))]
        after = prepared.expansion.kept_sql("line") if prepared.expansion else "true"
        files, tops = read_lines(connection, "line", keys, after, lines)
        parts = SplitParts(connection, prepared, lines) if prepared.expansion else None
    found = explained_slices(prepared, files, tops, len(by))
    every = dict.fromkeys((*found, *(parts.groups if parts else ())))
    groups = []
    for key in every:
        slices = found.get(key, ())
        direct, count = _sums(slices)
        amount = total((direct, parts.net(key))) if parts else direct
        of = parts.of(key) if parts else lambda: ((), (), ())
        values = dict(zip(by, key[1:], strict=True))
        groups.append(_Group(values, key[0], direct, count, slices, amount, of))
    return sorted(
        groups,
        key=lambda g: (g.amount.copy_negate(), g.currency, str(tuple(g.values.values()))),
    )


def read_lines(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    dimensions: Sequence[str],
    where: str,
    lines: int,
) -> tuple[Rows, Rows]:
    """Sums by currency, dimensions, slice and file of lines, and the largest lines of each."""
    keys = ", ".join(["_currency", *dimensions, "_slice", "_file"])
    files = connection.execute(
        f"SELECT {keys}, coalesce(sum(amount), 0), count(*) FROM {relation} WHERE {where} "
        f"GROUP BY {keys}"
    ).fetchall()
    tops = connection.execute(
        f"SELECT {keys}, _line, _moment, coalesce(amount, 0) FROM {relation} WHERE {where} "
        f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY abs(amount) DESC NULLS LAST, "
        f"_line) <= {lines} ORDER BY abs(amount) DESC NULLS LAST, _line"
    ).fetchall()
    return files, tops


def explained_slices(
    prepared: Prepared, files: Rows, tops: Rows, width: int
) -> dict[Key, tuple[ExplainedSlice, ...]]:
    """(currency, *dimensions) → slices with files and lines, largest first; see `read_lines`."""
    lines: dict[Key, list[ExplainedLine]] = {}
    for row in tops:
        key, (line, moment, amount) = row[: width + 3], row[width + 3 :]
        origin = Origin.of(prepared.facts[key[-2]].slice, key[-1], line)
        lines.setdefault(key, []).append(ExplainedLine(origin, moment, Decimal(amount)))
    by_slice: dict[Key, list[ExplainedFile]] = {}
    for row in files:
        key, (amount, count) = row[: width + 3], row[width + 3 :]
        slice_ = prepared.facts[key[-2]].slice
        path, digest = _file(slice_, key[-1])
        explained = ExplainedFile(path, digest, Decimal(amount), count, tuple(lines.get(key, ())))
        by_slice.setdefault(key[:-1], []).append(explained)
    by_group: dict[Key, list[ExplainedSlice]] = {}
    for key, parts in by_slice.items():
        amount, count = _sums(parts)
        slice_ = prepared.facts[key[-1]].slice
        explained_slice = ExplainedSlice(slice_, amount, count, tuple(_largest(parts)))
        by_group.setdefault(key[:-1], []).append(explained_slice)
    return {key: tuple(_largest(slices)) for key, slices in by_group.items()}


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


def _by_currency(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for currency, amount in amounts:
        sums[currency] = total((sums.get(currency, Decimal(0)), amount))
    return dict(sorted(sums.items()))


def _group_json(group: ExplainedGroup) -> dict[str, Any]:
    return {
        "values": {name: json_value(value, "text") for name, value in group.values.items()},
        "currency": group.currency,
        "amount": json_value(group.amount, "money"),
        "direct": json_value(group.direct, "money"),
        "shared_amount": json_value(group.shared_amount, "money"),
        "lines": group.lines,
        "slices": [slice_json(part) for part in group.slices],
        "shared": amounts_json(group.shared),
        "given": amounts_json(group.given),
        "kept": amounts_json(group.kept),
    }


def slice_json(part: ExplainedSlice) -> dict[str, Any]:
    """A slice with its files and their largest lines, as plain JSON values."""
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
