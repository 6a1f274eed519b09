"""What a question can be about: dimensions with their coverage, and values, all with money."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow.parquet as pq

from outlay.access import whole_only
from outlay.allocation.rules import Ruleset
from outlay.expression import text_literal
from outlay.expression.columns import DESCRIPTIVE, LAKE_COLUMNS, SLICE_COLUMNS, TIME_COLUMNS
from outlay.expression.dimensions import Dimension, parse_dimension
from outlay.expression.tree import Ref
from outlay.expression.values import is_time
from outlay.focus.sql import literal, quoted
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import SliceFacts, slice_facts
from outlay.lake.schema import ALLOCATED_TAGS
from outlay.lake.types import Pin
from outlay.money import total
from outlay.query import ranges
from outlay.query.model import CostQuery
from outlay.query.result import DimensionInfo, Value, ValueInfo
from outlay.query.run import PinnableLake, run
from outlay.query.scoping import scope
from outlay.query.seendimensions import Found, seen_dimensions

_NO_DIMENSION = {"ContextId", "Tags", "AllocatedTags", *LAKE_COLUMNS, *SLICE_COLUMNS}


def values(
    lake: PinnableLake,
    dimension: str,
    *,
    search: str = "",
    limit: int = 50,
    within: CostQuery | None = None,
    now: datetime | None = None,
    pin: Pin | None = None,
    rules: Ruleset | None = None,
) -> tuple[ValueInfo, ...]:
    """The values of a dimension with the money behind them, largest first.

    `search` keeps values that contain the text, whatever its case. `within` narrows by its range,
    `where` and `as_of` and names the measure (its first; default EffectiveCost). At most `limit`
    values a currency. Raises QueryError for a dimension that no charge has.
    """
    asked = parse_dimension(dimension, "dimension")
    base = within or CostQuery()
    measure = base.measures[0]
    query = CostQuery(
        measures=(measure,) if measure == "LineCount" else (measure, "LineCount"),
        by=(str(asked),),
        range=base.range,
        where=base.where,
        as_of=base.as_of,
        rules_as_of=base.rules_as_of,
        splits=base.splits,
    )
    by_time = is_time(Ref(asked))
    if search and not by_time:
        found = f"contains(lower({asked}), {text_literal(search.lower())})"
        query = query.narrowed(found)
    # Days cannot be searched as text in a condition; there are few enough to do it here.
    result = run(lake, query.but(limit=None if by_time else limit), now=now, pin=pin, rules=rules)
    amounts: dict[Value, dict[str, Decimal]] = {}
    lines: dict[Value, int] = {}
    for row in result.rows():
        value, cost, count = row[str(asked)], row[measure], row["LineCount"]
        if by_time and search not in str(value):
            continue
        currency = str(row.get("BillingCurrency") or result.currency or "")
        if isinstance(cost, Decimal):
            amounts.setdefault(value, {})[currency] = cost
        else:
            amounts.setdefault(value, {})
        lines[value] = lines.get(value, 0) + int(str(count))
    found_values = [ValueInfo(value, amounts[value], lines[value]) for value in amounts]
    return tuple(found_values[:limit] if by_time else found_values)


def dimensions(
    lake: PinnableLake,
    *,
    within: CostQuery | None = None,
    now: datetime | None = None,
    pin: Pin | None = None,
    rules: Ruleset | None = None,
    virtual: bool = True,
) -> tuple[DimensionInfo, ...]:
    """Every column, tag key and ``x_`` column that some charge has a value of, and with `virtual`
    every virtual tag of the rules (covered is what its rules allocate).

    `covered` of `total` is effective cost by currency, over the range of `within` (default: all).
    Columns that differ from line to line (``level`` is line) are listed without coverage, since
    it would take every charge to be read. Ordered by kind and name. All of it is of the charges
    that who asks may see.
    """
    base = within or CostQuery()
    pin = pin or lake.pin(base.as_of_moment())
    days = ranges.resolve(base.range, (now or datetime.now(UTC)).date())
    slices = slice_facts(lake, pin, rules.at if rules else None)
    asked = [(one, bounds) for one in slices if (bounds := _overlap(one, days)) is not None]
    line_columns = {name for one, _ in asked for name in _line_columns(one)}
    if scope():
        infos, totals = seen_dimensions(lake, base, _NO_DIMENSION, now=now, pin=pin, rules=rules)
        # Of columns whose money is not told, a source's own ones may be others'.
        line_columns = {n for n in line_columns if totals and not n.startswith("x_")}
    else:
        infos, totals = _everything(lake, asked)
    found = [
        DimensionInfo(str(d), _kind(d), d.name, sums, totals, "context")
        for d, sums in infos.items()
    ]
    known = {info.name for info in found}
    found += [
        DimensionInfo(name, _kind(Dimension("column", name)), name, {}, totals, "line")
        for name in line_columns - known
    ]
    if rules and virtual:
        read = tuple((one.contexts_id, _overlap(one, days)) for one in slices)
        found += [
            DimensionInfo(name, "virtual", tag.title or name, covered, totals, "context")
            for name, tag in rules.tags.items()
            for covered in [_allocated(lake, rules, name, base.range, now, pin, read)]
        ]
    order = {"focus": 0, "tag": 1, "label": 2, "source": 3, "virtual": 4}
    return tuple(sorted(found, key=lambda info: (order[info.kind], info.name)))


def _everything(lake: PinnableLake, asked: "list[tuple[SliceFacts, Bounds]]") -> Found:
    """The coverage over the whole ledger, from the roll-ups."""
    whole_only("what the whole ledger has values of")
    covered: dict[Dimension, dict[str, Decimal]] = {}
    totals: dict[str, Decimal] = {}
    for _, (found, slice_total) in _coverages(lake, asked):
        _add(totals, slice_total)
        for dimension, sums in found.items():
            _add(covered.setdefault(dimension, {}), sums)
    return covered, totals


def _allocated(
    lake: PinnableLake,
    rules: Ruleset,
    name: str,
    range_: str,
    now: datetime | None,
    pin: Pin,
    read: Any,
) -> dict[str, Decimal]:
    """The money to which a virtual tag's rules give a value other than the default, by currency.
    `read` tells the slices that are asked from all others."""
    key = (rules.digest(name), read, scope())
    if key not in _ALLOCATED:
        allocated = f"{name} <> {text_literal(rules.tags[name].default)}"
        query = CostQuery(range=range_, where=allocated, splits="direct")
        result = run(lake, query, now=now, pin=pin, rules=rules)
        if len(_ALLOCATED) > 512:
            _ALLOCATED.clear()
        _ALLOCATED[key] = {
            str(row.get("BillingCurrency") or result.currency or ""): Decimal(str(row[measure]))
            for row in result.totals
            for measure in query.measures
        }
    return _ALLOCATED[key]


# Labels are a function of contexts and rules, and neither changes under its name.
_ALLOCATED: dict[Any, dict[str, Decimal]] = {}


def _kind(dimension: Dimension) -> Literal["focus", "tag", "label", "source"]:
    if dimension.kind in ("tag", "label"):
        return "tag" if dimension.kind == "tag" else "label"
    return "source" if dimension.name.startswith("x_") else "focus"


def _add(sums: dict[str, Decimal], more: dict[str, Decimal]) -> None:
    for currency, amount in more.items():
        sums[currency] = total((sums.get(currency, Decimal(0)), amount))


def _overlap(facts: SliceFacts, days: ranges.Days) -> tuple[date | None, date | None] | None:
    """The bounds that cut the slice (None where they do not), or None if it is outside."""
    first, last = facts.first_day, facts.last_day
    if first is None or last is None:
        return None
    if (days.start and last < days.start) or (days.end and first >= days.end):
        return None
    start = days.start if days.start and days.start > first else None
    end = days.end if days.end and days.end <= last else None
    return start, end


Bounds = tuple[date | None, date | None]
Coverage = tuple[dict[Dimension, dict[str, Decimal]], dict[str, Decimal]]
"""The money with a value, by dimension and currency, and all money by currency."""

# Roll-up files never change, so that what was read of one stays true.
_COVERAGE: dict[tuple[Path, Bounds], Coverage] = {}


def _coverages(
    lake: PinnableLake, asked: list[tuple[SliceFacts, Bounds]]
) -> Iterator[tuple[SliceFacts, Coverage]]:
    """The coverage of each slice within its bounds. Slices with the same columns are read
    together: to plan a statement of a hundred sums takes longer than to run it."""
    if len(_COVERAGE) > 4096:
        _COVERAGE.clear()
    alike: dict[tuple[frozenset[str], Bounds], list[SliceFacts]] = {}
    for facts, bounds in asked:
        if (facts.paths["daily"], bounds) not in _COVERAGE:
            alike.setdefault((facts.context_columns, bounds), []).append(facts)
    for (_, bounds), slices in alike.items():
        with question_connection(lake) as connection:
            for facts, found in zip(slices, _read(connection, slices, bounds), strict=True):
                _COVERAGE[facts.paths["daily"], bounds] = found
    for facts, bounds in asked:
        covered, totals = _COVERAGE[facts.paths["daily"], bounds]
        own = {Dimension("column", name): totals for name in SLICE_COLUMNS}
        yield facts, (covered | own, totals)


def _read(
    connection: duckdb.DuckDBPyConnection, slices: list[SliceFacts], bounds: Bounds
) -> list[Coverage]:
    start, end = bounds
    within = " AND ".join(
        [f"ChargeDay >= DATE '{start}'"] * bool(start) + [f"ChargeDay < DATE '{end}'"] * bool(end)
    )
    columns = sorted(slices[0].context_columns - _NO_DIMENSION)
    connection.execute(
        "CREATE TEMP TABLE spent AS SELECT c.*, d.cost FROM "
        "(SELECT file_index AS _file, ContextId, sum(EffectiveCost) AS cost "
        f"FROM {_files(slices, 'daily')} WHERE {within or 'true'} GROUP BY ALL) d "
        f"JOIN (SELECT *, file_index AS _file FROM {_files(slices, 'contexts')}) c "
        "USING (_file, ContextId)"
    )
    found: list[Coverage] = [({}, {}) for _ in slices]
    filters = "".join(
        f", sum(cost) FILTER (WHERE {quoted(column)} IS NOT NULL)" for column in columns
    )
    for file, currency, whole, *amounts in connection.execute(
        f"SELECT _file, BillingCurrency, sum(cost){filters} FROM spent GROUP BY 1, 2"
    ).fetchall():
        covered, totals = found[file]
        totals[currency] = whole
        for column, amount in zip(columns, amounts, strict=True):
            if amount is not None:
                covered.setdefault(Dimension("column", column), {})[currency] = amount
    keys = {
        "tag": f"SELECT t._file, t.Key, BillingCurrency, sum(cost) FROM (SELECT file_index AS "
        f"_file, * FROM {_files(slices, 'tags')}) t JOIN spent USING (_file, ContextId) "
        "WHERE t.Value IS NOT NULL GROUP BY 1, 2, 3"
    }
    if ALLOCATED_TAGS in slices[0].context_columns:
        keys["label"] = (
            f"SELECT _file, key, BillingCurrency, sum(cost) FROM (SELECT _file, "
            f"unnest(map_keys({ALLOCATED_TAGS})) AS key, BillingCurrency, cost FROM spent) "
            "GROUP BY 1, 2, 3"
        )
    for kind, sql in keys.items():
        for file, key, currency, amount in connection.execute(sql).fetchall():
            found[file][0].setdefault(Dimension(kind, key), {})[currency] = amount
    return found


def _files(slices: list[SliceFacts], table: str) -> str:
    listed = ", ".join(literal(str(facts.paths[table])) for facts in slices)
    return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"


def _line_columns(facts: SliceFacts) -> set[str]:
    if not facts.detail:
        return set()
    candidates = {
        name
        for name in facts.charge_columns - facts.context_columns - _NO_DIMENSION
        if name in DESCRIPTIVE or name.startswith("x_")
    }
    return {*_not_null(facts.slice.charges_path, frozenset(candidates)), *TIME_COLUMNS}


@lru_cache(maxsize=4096)
def _not_null(path: Path, names: frozenset[str]) -> frozenset[str]:
    """The columns of a Parquet file that its statistics do not say to be null throughout."""
    return frozenset(name for name, nulls in _null_counts(path, names) if not nulls)


def _null_counts(path: Path, names: frozenset[str]) -> Iterator[tuple[str, bool]]:
    metadata = pq.read_metadata(path)
    places = {metadata.schema.column(i).path: i for i in range(metadata.num_columns)}
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    for name in names:
        if name not in places:
            continue
        statistics = [(g.num_rows, g.column(places[name]).statistics) for g in groups]
        yield name, all(s is not None and s.null_count == rows for rows, s in statistics)
