"""From the charges of two periods to one row a key: price × resource, with both sides beside it.

Charges are filtered and summed by context and price first, and only then meet the texts of their
contexts; conditions are asked of contexts wherever those have the answer. Where the charges of a
moment are no longer kept, their daily roll-ups answer, without price ids.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from outlay.expression import compile_condition, referenced
from outlay.expression.columns import SLICE_COLUMNS, TIME_COLUMNS
from outlay.expression.compile import Resolve
from outlay.expression.dimensions import Dimension
from outlay.expression.errors import QueryError
from outlay.focus.sql import quoted
from outlay.lake.facts import LakeReader, SliceFacts
from outlay.query.answer import RateKey
from outlay.query.drivers.prices import COUNTED, all_simple, price_file
from outlay.query.drivers.sides import (
    CONVERTED,
    KEY,
    NAMES,
    converted_sums,
    keep_rates,
    mean_rates,
    pivot,
)
from outlay.query.measures import MEASURES
from outlay.query.planner import (
    Asked,
    asked_sums,
    cut,
    label_files,
    line_fields,
    overlaps,
    parts_of,
)
from outlay.query.pruning import may_hold
from outlay.query.ranges import Days
from outlay.query.run import Prepared
from outlay.query.sqlparts import (
    labelled_contexts,
    line_resolver,
    table_sql,
    with_files,
)
from outlay.query.stated import looked_at, stated_sql, used_column

_COLUMNS = {
    "currency": "BillingCurrency",
    "provider": "ServiceProviderName",
    "account": "SubAccountId",
    "service": "ServiceName",
    "region": "RegionId",
    "resource": "ResourceId",
    "sku": "SkuId",
    "account_name": "SubAccountName",
    "resource_name": "ResourceName",
    "meter": "SkuMeter",
    "_pricing_unit": "PricingUnit",
    "_consumed_unit": "ConsumedUnit",
}
_CATEGORY, _CLASS = "ChargeCategory", "ChargeClass"
_STATUS, _PRICING = "CommitmentDiscountStatus", "PricingCategory"

# Monthly fees, and what is counted in months (GB-Mo), do not grow with the days of a month.
_BY_MONTH = r"(^|[^a-z])mo(nth)?s?([^a-z]|$)"

_KINDS = (
    "CASE WHEN {category} = 'Credit' THEN 'credit' WHEN {category} = 'Tax' THEN 'tax' "
    "WHEN {category} = 'Purchase' THEN 'purchase' WHEN {category} = 'Adjustment' THEN 'adjustment' "
    "WHEN {status} = 'Unused' THEN 'unused' WHEN {class_} = 'Correction' THEN 'correction' "
    "WHEN {status} = 'Used' OR ({status} IS NULL AND {pricing} = 'Committed') THEN 'covered' "
    "ELSE 'demand' END"
)


@dataclass(frozen=True)
class Half:
    """One side of a report: the question over its days, the rates that convert it (None: all of
    it is in the target already), and the target where any side converts."""

    prepared: Prepared
    rates: Mapping[RateKey, Decimal] | None
    target: str | None
    stated: bool


@dataclass(frozen=True)
class Rows:
    """The keys of both sides. `width` is how many dimensions they are told apart by beside; `rates`
    the mean rate of the earlier side by currency (of the asked side where the earlier has none):
    a sum of converted magnitudes and one of their own."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    width: int
    converted: bool = False
    rates: Mapping[str | None, tuple[Decimal, Decimal]] = field(default_factory=dict)


def load(
    lake: LakeReader,
    connection: duckdb.DuckDBPyConnection,
    before: Half,
    after: Half,
    *,
    prices: bool,
    wide: bool,
) -> Rows:
    """Read the keys of both sides into temporary tables of the connection, and give them.

    `prices`: price ids tell keys apart; `wide`: quantities keep nine decimals, where their sums
    are too large for more.
    """
    converted = before.rates is not None or after.rates is not None
    if converted:
        keep_rates(connection, {**(before.rates or {}), **(after.rates or {})})
    width = len(after.prepared.asked.by)
    parts = [
        sql
        for side, half in enumerate((before, after))
        for sql in _side(side, half, _Means(lake, connection, prices, wide))
    ]
    rows = " UNION ALL BY NAME ".join(f"({part})" for part in parts) or _no_rows(width)
    connection.execute(f"CREATE TEMP TABLE driver_rows AS {rows}")
    if converted:
        connection.execute("DELETE FROM driver_rows WHERE missing")
    rates = mean_rates(connection) if converted else {}
    columns, sql = pivot(width, converted)
    fetched = connection.execute(sql).fetchall()
    return Rows(columns, fetched, width, converted, rates)


def _no_rows(width: int) -> str:
    texts = [*KEY, *NAMES, "kind", *(f"d{i}" for i in range(width))]
    empty = ", ".join(f"CAST(NULL AS VARCHAR) AS {name}" for name in texts if name != "counted")
    return (
        f"SELECT {empty}, 0 AS counted, true AS by_day, 0 AS side, 0 AS cost, 0 AS contracted, "
        "0 AS quantity, 0 AS lines, 0 AS below, 0 AS above, false AS missing, "
        f"{', '.join(f'0 AS {name}' for name in CONVERTED)} WHERE false"
    )


def has_detail(halves: Sequence[Half]) -> bool:
    """Whether the charges of all asked slices are still kept."""
    return all(facts.detail for half in halves for facts in _asked_facts(half.prepared))


def _asked_facts(prepared: Prepared) -> Iterator[SliceFacts]:
    for facts in prepared.facts:
        if overlaps(facts, prepared.days) and may_hold(prepared.asked.condition, facts.slice):
            yield facts


@dataclass(frozen=True)
class _Means:
    """What the SQL of a side is made with; see `load`."""

    lake: LakeReader
    connection: duckdb.DuckDBPyConnection
    prices: bool
    wide: bool


def _side(side: int, half: Half, means: _Means) -> Iterator[str]:
    prepared = half.prepared
    for facts in _asked_facts(prepared):
        column = used_column(facts, half.target) if half.stated and half.target else None
        parts = list(parts_of(facts, prepared.asked, prepared.days, prepared.labels))
        labels = label_files(parts, prepared.asked, prepared.labels)
        for (_, days, _), files in zip(parts, labels, strict=True):
            yield _Part(side, half, facts, days, files, column, means).sql()


@dataclass(frozen=True)
class _Part:
    """The SQL of one slice (or of an era of it) on one side."""

    side: int
    half: Half
    facts: SliceFacts
    days: Days
    labels: Mapping[str, Path]
    stated: str | None
    means: _Means

    @property
    def asked(self) -> Asked:
        return self.half.prepared.asked

    @property
    def resolve(self) -> Resolve:
        wanted = {*self.asked.needed, *self._plain}
        if self.stated:
            wanted |= looked_at(self.stated)
        also = frozenset(wanted)
        asked = Asked(self.asked.by, self.asked.condition, self.asked.sums, "none", True, also)
        return line_resolver(line_fields(self.facts, asked))

    @property
    def _plain(self) -> set[Dimension]:
        names = {*_COLUMNS.values(), _CATEGORY, _CLASS, _STATUS, _PRICING, "ChargeFrequency"}
        return {Dimension("column", name) for name in names}

    def sql(self) -> str:
        """Columns: ``side``, `KEY`, `NAMES`, ``kind``, ``d0…``, sums, and what converts them."""
        context_dims = [i for i, d in enumerate(self.asked.by) if self._in_contexts(d)]
        line_dims = [i for i, _ in enumerate(self.asked.by) if i not in context_dims]
        condition = self.asked.condition
        within = condition is None or all(self._in_contexts(d) for d in referenced(condition))
        stated_within = all(map(self._in_contexts, looked_at(self.stated) if self.stated else ()))
        contexts = self._contexts(context_dims, filtered=within, stated=stated_within)
        narrow = within and condition is not None
        files = self._files()
        if self.facts.detail and within and stated_within and not line_dims:
            prices = price_file(self.means.lake, self.means.connection, self.facts)
            files["prices"] = (prices,)
            lines = self._simple_lines()
            if not all_simple(prices):
                some = self._lines((), filtered=False, stated=False, narrow=narrow, rest=True)
                lines = f"{lines} UNION ALL BY NAME {some}"
        else:
            lines = self._lines(
                line_dims, filtered=not within, stated=not stated_within, narrow=narrow
            )
        dims = [f"k.d{i}" for i in context_dims] + [f"l.d{i}" for i in line_dims]
        key = ", ".join(f"k.{name}" for name in KEY if name not in ("unit", "counted", "price"))
        names = ", ".join(f"k.{name}" for name in NAMES)
        stated_in = "k" if stated_within else "l"
        amounts = f"{self._amount()} AS cost, "
        if self.half.target is not None:
            lines = self._converted(lines, line_dims, stated_in)
            amounts = f"l.cost, {', '.join(f'l.{name}' for name in CONVERTED)}, l.missing, "
        sql = (
            f"WITH _contexts AS MATERIALIZED ({contexts}), _sums AS ({lines}) "
            f"SELECT {self.side} AS side, {key}, CASE l.counted WHEN 1 THEN k._pricing_unit "
            f"WHEN 2 THEN k._consumed_unit END AS unit, l.counted, l.price, {names}, k.kind, "
            f"k._frequent AND NOT coalesce(regexp_matches(lower(CASE l.counted WHEN 1 THEN "
            f"k._pricing_unit ELSE k._consumed_unit END), '{_BY_MONTH}'), false) AS by_day, "
            f"{''.join(f'{d}, ' for d in dims)}{amounts}l.contracted, l.quantity, l.lines, "
            "l.below, l.above FROM _sums AS l JOIN _contexts AS k USING (x_ContextKey)"
        )
        return with_files(sql, files)

    def _converted(self, lines: str, dims: Sequence[int], stated_in: str) -> str:
        """Sums by day, converted and added up over the days, before they meet any text."""
        kept = ["x_ContextKey", "price", "counted", *(f"d{i}" for i in dims)]
        plain = ("contracted", "quantity", "lines", "below", "above")
        daily = (
            f"SELECT {', '.join(f'l.{name}' for name in (*kept, *plain, 'day'))}, "
            f"{self._amount()} AS cost, k.currency, {stated_in}.stated "
            f"FROM ({lines}) AS l JOIN _contexts AS k USING (x_ContextKey)"
        )
        return converted_sums(daily, kept, plain, self.half.target or "")

    def _files(self) -> dict[str, tuple[Path, ...]]:
        files: dict[str, tuple[Path, ...]] = {
            name: (self.facts.paths[name],) for name in ("contexts", "daily", "months")
        }
        files["charges"] = (self.facts.slice.charges_path,)
        return files | {name: (path,) for name, path in self.labels.items()}

    def _in_contexts(self, dimension: Dimension) -> bool:
        if dimension.kind != "column" or dimension.name in SLICE_COLUMNS:
            return True
        if dimension.name == "ChargeDay" or dimension.name in TIME_COLUMNS:
            return False
        return dimension.name in self.facts.context_columns or not self.facts.has(dimension)

    # --- contexts -------------------------------------------------------------------------

    def _contexts(self, dims: Sequence[int], *, filtered: bool, stated: bool) -> str:
        resolve = self.resolve

        def text(name: str) -> str:
            return resolve(Dimension("column", name)).sql(dialect="duckdb")

        selected = ["x_ContextKey"]
        selected += [f"{text(column)} AS {name}" for name, column in _COLUMNS.items()]
        kinds = _KINDS.format(category=text(_CATEGORY), class_=text(_CLASS),
                              status=text(_STATUS), pricing=text(_PRICING))  # fmt: skip
        selected.append(f"{kinds} AS kind")
        often = f"coalesce({text('ChargeFrequency')}, 'Usage-Based') = 'Usage-Based'"
        selected.append(f"{often} AS _frequent")
        if stated:
            found = stated_sql(self.stated, self.half.target or "", resolve)
            selected.append(f"{found.sql(dialect='duckdb')} AS stated")
        for i in dims:
            selected.append(f"{resolve(self.asked.by[i]).sql(dialect='duckdb')} AS d{i}")
        for i, part in enumerate(self.asked.sums):
            if part.condition is not None:
                when = compile_condition(part.condition, resolve).sql(dialect="duckdb")
                selected.append(f"coalesce({when}, false) AS f{i}")
        if self.labels:
            source = labelled_contexts(self.asked.virtual).subquery("_labelled")
            found_sql = source.sql(dialect="duckdb")
        else:
            found_sql = table_sql("contexts").sql(dialect="duckdb")
        where = ""
        if filtered and self.asked.condition is not None:
            compiled = compile_condition(self.asked.condition, resolve).sql(dialect="duckdb")
            where = f" WHERE {compiled}"
        return f"SELECT {', '.join(selected)} FROM {found_sql}{where}"

    # --- lines ----------------------------------------------------------------------------

    def _simple_lines(self) -> str:
        """The sums of contexts with one price id each, from their roll-ups."""
        start, end = cut(self.facts, self.days)
        converts = self.half.rates is not None
        whole = all(day is None or day.day == 1 for day in (start, end))
        table, column = (
            ("daily", "ChargeDay") if converts or not whole else ("months", "ChargeMonth")
        )
        columns = dict.fromkeys([*(part.column for part in self.asked.sums), "ContractedCost"])
        sums = ", ".join(
            f"sum({quoted(name)}) AS {quoted('s ' + name)}"
            for name in columns
            if name != "ContractedCost" or any(p.column == name for p in self.asked.sums)
        )
        units = "CASE p.counted WHEN 1 THEN PricingQuantity WHEN 2 THEN ConsumedQuantity ELSE 0 END"
        kind = "DECIMAL(38,9)" if self.means.wide else "DECIMAL(38,21)"
        quantity = f"sum(CAST({units} AS {kind}))"
        price = "p.price" if self.means.prices else "CAST(NULL AS VARCHAR)"
        bounds = [
            f"{column} {sign} DATE '{day}'" for sign, day in ((">=", start), ("<", end)) if day
        ]
        where = " AND ".join(["p.simple", *bounds])
        rollup, contexts, prices = (
            table_sql(name).sql(dialect="duckdb") for name in (table, "contexts", "prices")
        )
        return (
            f"SELECT p.x_ContextKey, {price} AS price, p.counted, "
            f"{column if converts else 'CAST(NULL AS DATE)'} AS day, {sums}, "
            f"sum(ContractedCost) AS contracted, {quantity} AS quantity, "
            f"CAST(sum(LineCount) AS BIGINT) AS lines, CAST({quantity} < 0 AS BIGINT) AS below, "
            f"CAST({quantity} > 0 AS BIGINT) AS above FROM {rollup} AS t "
            f"JOIN (SELECT ContextId, x_ContextKey FROM {contexts} WHERE x_ContextKey IN "
            f"(SELECT x_ContextKey FROM _contexts)) AS c USING (ContextId) "
            f"JOIN {prices} AS p ON p.x_ContextKey = c.x_ContextKey WHERE {where} GROUP BY ALL"
        )

    def _lines(
        self,
        dims: Sequence[int],
        *,
        filtered: bool,
        stated: bool,
        narrow: bool,
        rest: bool = False,
    ) -> str:
        """The sums by context and price of the charges; of those of no simple context alone where
        the `rest` is asked for."""
        detail = self.facts.detail
        if not detail and (dims or filtered or stated):
            raise QueryError(
                f"the charges of {self.facts.slice.source} {self.facts.slice.billing_period} of "
                "that moment are no longer kept; only their daily roll-ups are",
                field="as_of",
                allowed=tuple(sorted(self.facts.context_columns)),
                hint="Ask without columns that differ from line to line, or at a later moment.",
            )
        source, where = self._source(detail, filtered=filtered)
        if narrow:
            where.append("x_ContextKey IN (SELECT x_ContextKey FROM _contexts)")
        if rest:
            prices = table_sql("prices").sql(dialect="duckdb")
            where.append(f"x_ContextKey IN (SELECT x_ContextKey FROM {prices} WHERE NOT simple)")
        conditions = f" WHERE {' AND '.join(where)}" if where else ""
        selected = ", ".join(self._summed(detail, dims, stated=stated))
        return f"SELECT {selected} FROM {source}{conditions} GROUP BY ALL"

    def _summed(self, detail: bool, dims: Sequence[int], *, stated: bool) -> list[str]:
        """What is selected of charges, or of their days: keys and sums."""
        resolve = self.resolve
        day = "CAST(ChargePeriodStart AS DATE)" if detail else "ChargeDay"
        price = "SkuPriceId" if detail and self.means.prices else "CAST(NULL AS VARCHAR)"
        kind = "DECIMAL(38,9)" if self.means.wide else "DECIMAL(38,21)"
        units = f"CAST(coalesce(PricingQuantity, ConsumedQuantity, 0) AS {kind})"
        count = "count(*)" if detail else "CAST(sum(LineCount) AS BIGINT)"
        converts = self.half.rates is not None
        selected = [
            "x_ContextKey",
            f"{price} AS price",
            f"{COUNTED} AS counted",
            f"{day if converts else 'CAST(NULL AS DATE)'} AS day",
            *(f"{resolve(self.asked.by[i]).sql(dialect='duckdb')} AS d{i}" for i in dims),
        ]
        if stated:
            found = stated_sql(self.stated, self.half.target or "", resolve)
            selected.append(f"{found.sql(dialect='duckdb')} AS stated")
        for column in dict.fromkeys(part.column for part in self.asked.sums):
            selected.append(f"coalesce(sum({quoted(column)}), 0) AS {quoted('s ' + column)}")
        return [
            *selected,
            "coalesce(sum(ContractedCost), 0) AS contracted",
            f"sum({units}) AS quantity",
            f"{count} AS lines",
            f"count_if({units} < 0) AS below",
            f"count_if({units} > 0) AS above",
        ]

    def _source(self, detail: bool, *, filtered: bool) -> tuple[str, list[str]]:
        """The relation of charges, or of their days, and what a row of it must fulfil."""
        where = self._bounds(detail)
        source = table_sql("charges").sql(dialect="duckdb")
        if not detail:
            contexts = table_sql("contexts").sql(dialect="duckdb")
            keys = f"SELECT ContextId, x_ContextKey FROM {contexts}"
            source = f"{table_sql('daily').sql(dialect='duckdb')} JOIN ({keys}) USING (ContextId)"
        if filtered and self.asked.condition is not None:
            if self.labels:
                keyed = labelled_contexts(self.asked.virtual, "x_ContextKey").sql(dialect="duckdb")
                source += f" JOIN ({keyed}) AS _keyed USING (x_ContextKey)"
            compiled = compile_condition(self.asked.condition, self.resolve)
            where.append(f"({compiled.sql(dialect='duckdb')})")
        return source, where

    def _bounds(self, detail: bool) -> list[str]:
        start, end = cut(self.facts, self.days)
        column, kind = ("ChargePeriodStart", "TIMESTAMP") if detail else ("ChargeDay", "DATE")
        return [
            f"{column} {sign} {kind} '{day}'" for sign, day in ((">=", start), ("<", end)) if day
        ]

    def _amount(self) -> str:
        """The measure: the same sums as in a question."""
        terms = []
        sums = {part: i for i, part in enumerate(self.asked.sums)}
        (measure,) = self.half.prepared.query.measures
        for part, known in zip(MEASURES[measure].parts, asked_sums((measure,)), strict=True):
            value = f"l.{quoted('s ' + part.column)}"
            value = f"-{value}" if part.sign < 0 else value
            if known.condition is not None:
                value = f"CASE WHEN k.f{sums[known]} THEN {value} ELSE 0 END"
            terms.append(value)
        return " + ".join(terms)
