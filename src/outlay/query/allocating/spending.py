"""What was spent by each combination that rules may look at, read from the roll-ups once.

Rules are then evaluated over the combinations, not over contexts or charges: a bill with a
million contexts has a few thousand combinations of what a tag's rules look at. What was read is
kept while it fits, so that the next preview of a rule that looks at the same starts from there.
"""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from weakref import WeakKeyDictionary

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from outlay.allocation.rules import ELIGIBLE, eras
from outlay.allocation.sql import alike, column_of, contexts_sql, resolve
from outlay.expression import compile_condition, parse, referenced
from outlay.expression.columns import SLICE_COLUMNS
from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.expression.errors import QueryError
from outlay.focus.sql import literal, quoted
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import SliceFacts
from outlay.query.allocating.convert import Conversion, line_sums
from outlay.query.measures import MEASURES
from outlay.query.planner import CHARGE_DAY, cut, overlaps
from outlay.query.ranges import Days
from outlay.query.run import PinnableLake

_MOST_BYTES = 256 << 20
TAGS = "all tags"
"""The column with all tags of a combination, where it was asked for."""

_CURRENCY = Dimension("column", "BillingCurrency")
_RESOURCE = Dimension("column", "ResourceId")


@dataclass(frozen=True)
class Wanted:
    """What is to be read: the dimensions that combinations are told apart by, the days, the
    measure, the days on which a rule may say something else."""

    dimensions: frozenset[Dimension]
    days: Days
    measure: str
    boundaries: tuple[date, ...]
    with_tags: bool = False


@dataclass(frozen=True)
class Spending:
    """Spend by combination.

    `groups`: ``gid``, ``era`` and a column per dimension (`column_of`), and `TAGS` where asked.
    `spent`: ``gid``, ``month``, ``currency``, ``amount``, ``rest`` (what an amount has beyond the
    scale of a converted one) and ``lines``. `members`: ``gid``, ``month`` and ``resource`` (a
    number), distinct. `days` are a day of each era, by number.
    """

    groups: pa.Table
    spent: pa.Table
    members: pa.Table
    days: dict[int, date]

    @property
    def size(self) -> int:
        """Bytes held."""
        return int(self.groups.nbytes + self.spent.nbytes + self.members.nbytes)

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give the tables to a connection, as ``groups``, ``spent`` and ``members``."""
        for name in ("groups", "spent", "members"):
            connection.register(name, getattr(self, name))


def read_spending(
    lake: PinnableLake, facts: Sequence[SliceFacts], wanted: Wanted, conversion: Conversion | None
) -> Spending:
    """The spending of the slices; kept for the next time. Raises QueryError for a measure that
    is no money."""
    if MEASURES[wanted.measure].kind != "money":
        raise QueryError(
            f"{wanted.measure} is no money",
            field="measure",
            text=wanted.measure,
            allowed=[name for name, measure in MEASURES.items() if measure.kind == "money"],
        )
    asked = [one for one in facts if overlaps(one, wanted.days)]
    key = (tuple(one.contexts_id for one in asked), wanted, conversion and conversion.key)
    kept = _kept(lake)
    found = kept.get(key)
    if found is None:
        found = _read(lake, asked, wanted, conversion)
        kept.put(key, found)
    return found


# --- reading --------------------------------------------------------------------------------


def _read(
    lake: PinnableLake, facts: Sequence[SliceFacts], wanted: Wanted, conversion: Conversion | None
) -> Spending:
    shown = sorted(d for d in wanted.dimensions if d.kind != VIRTUAL and d != CHARGE_DAY)
    days: dict[int, date] = {}
    parts = []
    together: dict[_Read, list[SliceFacts]] = {}
    for one in facts:
        for within, first in _parts(one, wanted):
            era = bisect_right(wanted.boundaries, first)
            days[era] = min(first, days.get(era, first))
            together.setdefault(_reading(one, within, era, wanted, conversion), []).append(one)
    for read, slices in together.items():
        for group in alike(slices, wanted.dimensions):
            slices = [one for _, one in group]
            parts.append(_part_sql(slices, read, days[read.era], shown, wanted, conversion))
    columns = [quoted(column_of(d)) for d in shown] + [quoted(TAGS)] * wanted.with_tags
    if not parts:
        return _nothing(columns)
    with question_connection(lake) as connection:
        if conversion is not None:
            conversion.register(connection)
        connection.execute(f"CREATE TEMP TABLE raw AS {' UNION ALL '.join(parts)}")
        listed = ", ".join(["era", *columns])
        connection.execute(
            "CREATE TEMP TABLE numbered AS SELECT row_number() OVER () - 1 AS gid, * "
            f"FROM (SELECT DISTINCT {listed} FROM raw)"
        )
        same = " AND ".join(f"n.{c} IS NOT DISTINCT FROM r.{c}" for c in ["era", *columns])
        connection.execute(
            "CREATE TEMP TABLE placed AS SELECT n.gid, r.resource, r.month, r.currency, r.amount, "
            f"r.rest, r.lines FROM raw r JOIN numbered n ON {same}"
        )
        spent = connection.sql(
            "SELECT gid, month, currency, sum(amount) AS amount, sum(rest) AS rest, "
            "CAST(sum(lines) AS BIGINT) AS lines FROM placed GROUP BY ALL"
        ).to_arrow_table()
        # Resources are only counted: by number, which is quicker than by name.
        connection.execute(
            "CREATE TEMP TABLE resources AS SELECT resource, row_number() OVER () AS number "
            "FROM (SELECT DISTINCT resource FROM placed WHERE resource IS NOT NULL)"
        )
        members = connection.sql(
            "SELECT DISTINCT gid, month, number AS resource FROM placed "
            "JOIN resources USING (resource)"
        ).to_arrow_table()
        groups = connection.sql("SELECT * FROM numbered").to_arrow_table()
    # An era may lie between the days of charges, and have none.
    there = set(pc.unique(groups["era"]).to_pylist())
    return Spending(groups, spent, members, {era: days[era] for era in sorted(there)})


@dataclass(frozen=True)
class _Read:
    """How sums of a part are read, so that parts that are read alike are read together: the era,
    the bounds that cut slices, whether from months, and the slice where it is read by itself (its
    charges state rates of their own)."""

    era: int
    start: date | None
    end: date | None
    monthly: bool
    stated: str | None = None
    alone: str = ""


def _reading(
    one: SliceFacts, within: Days, era: int, wanted: Wanted, conversion: Conversion | None
) -> _Read:
    start, end = cut(one, within)
    whole = all(day is None or day.day == 1 for day in (start, end))
    stated = conversion.column(one) if conversion else None
    alone = one.contexts_id if conversion and conversion.line_column(one) else ""
    return _Read(era, start, end, whole and conversion is None, stated, alone)


def _parts(one: SliceFacts, wanted: Wanted) -> Iterable[tuple[Days, date]]:
    """The parts of a slice in which no rule changes: their days, and one of them."""
    assert one.first_day is not None and one.last_day is not None
    for start, end in eras(wanted.boundaries, one.first_day, one.last_day):
        first = max(filter(None, (start, wanted.days.start)), default=None)
        last = min(filter(None, (end, wanted.days.end)), default=None)
        within = Days(first, last)
        if (first is None or last is None or first < last) and overlaps(one, within):
            yield within, max(filter(None, (first, one.first_day)))


def _part_sql(
    slices: Sequence[SliceFacts],
    read: _Read,
    day: date,
    shown: Sequence[Dimension],
    wanted: Wanted,
    conversion: Conversion | None,
) -> str:
    needed = {*shown, _CURRENCY, _RESOURCE}
    if conversion is not None:
        needed |= conversion.needs(slices[0])
    conditions = [parse(p.when) for p in MEASURES[wanted.measure].parts if p.when]
    for condition in conditions:
        needed |= referenced(condition)
    tags = TAGS if wanted.with_tags else ""
    contexts = contexts_sql(frozenset(needed), slices, day, {}, tags=tags)
    values = [f"c.{quoted(column_of(d))}" for d in shown]
    values += [f"c.{quoted(TAGS)}"] * wanted.with_tags
    currency = f"c.{quoted(column_of(_CURRENCY))}"
    facts = _facts_sql(slices, read, wanted, conversion)
    amount = _amount_sql(wanted.measure)
    if conversion is None:
        money, join = f"{currency} AS currency, {amount} AS amount, CAST(0 AS DECIMAL(1,0))", ""
    else:
        money, join = conversion.sql(slices[0], currency, amount)
    selected = ", ".join([f"{read.era} AS era", *values])
    return (
        f"SELECT {selected}, c.{quoted(column_of(_RESOURCE))} AS resource, f.month, "
        f"{money} AS rest, f.LineCount AS lines FROM ({facts}) f "
        f"JOIN ({contexts}) c USING (Slice, ContextId) {join}"
    )


def _facts_sql(
    slices: Sequence[SliceFacts], read: _Read, wanted: Wanted, conversion: Conversion | None
) -> str:
    """Sums by slice, context and month (and by day, where amounts are converted)."""
    columns = sorted({part.column for part in MEASURES[wanted.measure].parts} | {"LineCount"})
    day = "ChargeMonth" if read.monthly else "ChargeDay"
    bounds = [f"{day} >= DATE '{read.start}'"] * bool(read.start)
    bounds += [f"{day} < DATE '{read.end}'"] * bool(read.end)
    sums = ", ".join(f"sum({column}) AS {column}" for column in columns)
    column = conversion.line_column(slices[0]) if conversion else None
    if column is not None:
        return line_sums(slices[0], column, bounds, sums)
    keys = f"file_index AS Slice, ContextId, CAST(date_trunc('month', {day}) AS DATE) AS month"
    keys += "" if conversion is None else f", {day} AS day"
    table = "months" if read.monthly else "daily"
    files = ", ".join(literal(str(one.paths[table])) for one in slices)
    where = f"WHERE {' AND '.join(bounds)} " if bounds else ""
    return (
        f"SELECT {keys}, {sums} FROM read_parquet([{files}], hive_partitioning = false) "
        f"{where}GROUP BY ALL"
    )


def _amount_sql(measure: str) -> str:
    terms = []
    for part in MEASURES[measure].parts:
        term = f"f.{part.column}"
        if part.when:
            when = compile_condition(parse(part.when), resolve).sql("duckdb")
            term = f"CASE WHEN {when} THEN {term} ELSE 0 END"
        terms.append(("-" if part.sign < 0 else "+", term))
    head = terms[0][1] if terms[0][0] == "+" else f"-({terms[0][1]})"
    return f"({head}{''.join(f' {sign} {term}' for sign, term in terms[1:])})"


def _nothing(columns: Sequence[str]) -> Spending:
    names = ["gid", "era", *(c.strip('"').replace('""', '"') for c in columns)]
    return Spending(
        pa.table({name: pa.array([], _empty_type(name)) for name in names}),
        pa.table(
            {
                "gid": pa.array([], pa.int64()),
                "month": pa.array([], pa.date32()),
                "currency": pa.array([], pa.string()),
                "amount": pa.array([], pa.decimal128(38, 21)),
                "rest": pa.array([], pa.decimal128(38, 21)),
                "lines": pa.array([], pa.int64()),
            }
        ),
        pa.table(
            {
                "gid": pa.array([], pa.int64()),
                "month": pa.array([], pa.date32()),
                "resource": pa.array([], pa.int64()),
            }
        ),
        {},
    )


def _empty_type(name: str) -> pa.DataType:
    if name in ("gid", "era"):
        return pa.int64()
    return pa.map_(pa.string(), pa.string()) if name == TAGS else pa.string()


# --- what may be looked at ------------------------------------------------------------------


def check_by_context(dimensions: Iterable[Dimension], field: str, text: str) -> None:
    """Raise QueryError for a column that differs from line to line: contexts do not have it."""
    for dimension in sorted(dimensions):
        name = dimension.name
        if dimension.kind != "column" or name.startswith("x_") or name in ELIGIBLE:
            continue
        position = text.find(name)
        raise QueryError(
            f"{name} differs from line to line; here charges are counted by what rules can see",
            field=field,
            text=text,
            position=position if position >= 0 else None,
            length=len(name),
            allowed=(*ELIGIBLE, "tags.KEY", "labels.KEY", "x_…", "virtual tags"),
        )


def unseen(facts: Iterable[SliceFacts], dimensions: Iterable[Dimension]) -> tuple[str, ...]:
    """Warnings on ``x_`` columns that some charges have, but differ there from line to line, so
    that rules find them empty."""
    slices = list(facts)
    warnings = []
    for dimension in sorted(dimensions):
        name = dimension.name
        if dimension.kind != "column" or not name.startswith("x_") or name in SLICE_COLUMNS:
            continue
        blind = {
            one.slice.source
            for one in slices
            if name not in one.context_columns and one.has(dimension)
        }
        if blind:
            warnings.append(
                f"{name} differs from line to line in {', '.join(sorted(blind))}: rules find it "
                "empty there"
            )
    return tuple(warnings)


# --- keeping --------------------------------------------------------------------------------


class _Kept:
    """What was read of one lake, the least recently used forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[object, Spending] = OrderedDict()

    def get(self, key: object) -> Spending | None:
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
            return found

    def put(self, key: object, spending: Spending) -> None:
        with self._lock:
            self._found[key] = spending
            while len(self._found) > 1 and self._size() > _MOST_BYTES:
                self._found.popitem(last=False)

    def _size(self) -> int:
        return sum(one.size for one in self._found.values())


_LAKES: WeakKeyDictionary[PinnableLake, _Kept] = WeakKeyDictionary()
_LAKES_LOCK = threading.Lock()


def _kept(lake: PinnableLake) -> _Kept:
    with _LAKES_LOCK:
        return _LAKES.setdefault(lake, _Kept())
