"""SQL that the dialects share: cells, exact quantities, labels, and the long usage rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outlay.focus.sql import literal, money_sql
from outlay.focus.usage import USAGE_TYPES
from outlay.sources.contract import Raw, Rows
from outlay.sources.kubernetes.metrics import METRICS

_DIGITS = 12  # of Quantity
MISSING = "CAST(NULL AS VARCHAR)"


@dataclass(frozen=True)
class Cells:
    """The raw columns by the vendor's names; a column that is not there is null."""

    raw: Raw

    def has(self, name: str) -> bool:
        """Whether any file of the delivery has the column."""
        return name in self.raw.columns

    def text(self, name: str) -> str:
        """SQL of a cell, empty text made null."""
        column = self.raw.columns.get(name)
        return f"nullif({column.sql}, '')" if column else MISSING

    def number(self, name: str) -> str:
        """SQL of a cell as DECIMAL(38,21); null where it is no number (NaN, Inf) or absent."""
        column = self.raw.columns.get(name)
        if column is None:
            return "CAST(NULL AS DECIMAL(38,21))"
        return money_sql(self.finite(name), "VARCHAR")

    def finite(self, name: str) -> str:
        """SQL of a number's text; NaN and infinities, which mean that there is none, made null."""
        text = self.text(name)
        none = "('nan', 'inf', 'infinity')"
        return f"CASE WHEN lower(ltrim({text}, '+-')) NOT IN {none} THEN {text} END"

    def unfit(self, *names: str) -> str:
        """SQL condition: one of the cells is set, finite, and yet no number."""
        there = [
            f"({self.finite(name)} IS NOT NULL AND {self.quantity(name)} IS NULL)"
            for name in names
            if self.has(name)
        ]
        return f"({' OR '.join(there)})" if there else "false"

    def quantity(self, name: str) -> str:
        """SQL of a measured number; digits past the sixth are rounded, as the tools' own are."""
        return f"TRY_CAST({self.finite(name)} AS DECIMAL(32,6))" if self.has(name) else "NULL"


def shared_out(amount: str, by: int) -> str:
    """SQL of a DECIMAL(32,6) amount divided by a whole number, as DECIMAL(38,12), rounded half up.

    The engine divides decimals as binary numbers; whole numbers it divides exactly.
    """
    whole = f"CAST({amount} * 1000000 AS HUGEINT) * 1000000"
    half = by // 2
    divided = f"(({whole} + CASE WHEN {amount} < 0 THEN -{half} ELSE {half} END) // {by})"
    return (
        f"CAST(CAST({divided} AS DECIMAL(38,0)) * CAST('0.000000000001' AS DECIMAL(12,12)) "
        f"AS DECIMAL(38,{_DIGITS}))"
    )


def provider_sql(text: str) -> str:
    """SQL of the id under which the cloud bills a node or volume, from Kubernetes' provider id.

    `aws:///eu-central-1a/i-0abc` → `i-0abc`, `gce://project/zone/name` → `name`,
    `azure:///subscriptions/…` → `/subscriptions/…`; others stay as they are.
    """
    return (
        f"CASE WHEN starts_with({text}, 'azure://') THEN substr({text}, 9) "
        f"WHEN regexp_matches({text}, '^(aws|gce)://') "
        f"THEN regexp_extract({text}, '([^/]+)/*$', 1) "
        f"ELSE {text} END"
    )


def json_entries(text: str, prefix: str = "") -> str:
    """SQL of the entries (a list of key, value) of a JSON object's text."""
    return (
        f"list_transform(coalesce(map_entries(TRY_CAST(TRY_CAST({text} AS JSON) AS "
        f"MAP(VARCHAR, VARCHAR))), []), lambda e: struct_pack(key := {literal(prefix)} || e.key, "
        "value := e.value))"
    )


def label_entries(text: str, prefix: str = "") -> str:
    """SQL of the entries of OpenShift's labels `label_app:web|label_x:a:b`: a value may have `:`.

    The same key twice (it cannot be, yet a map would fail) keeps its first value.
    """
    parts = f"list_filter(string_split(coalesce({text}, ''), '|'), lambda p: strpos(p, ':') > 1)"
    return (
        f"list_transform({parts}, lambda p: struct_pack(key := {literal(prefix)} || "
        "regexp_replace(substr(p, 1, strpos(p, ':') - 1), '^label_', ''), "
        "value := substr(p, strpos(p, ':') + 1)))"
    )


def tags_of(*entries: str) -> str:
    """SQL of the map of several lists of entries."""
    return f"TRY(map_from_entries(list_distinct({' || '.join(entries)})))"


@dataclass(frozen=True)
class Measured:
    """One metric of a row: its quantity (SQL, in the metric's unit) and cost (SQL), if any."""

    metric: str
    quantity: str
    cost: str = "NULL"
    when: str = "true"


@dataclass(frozen=True)
class Long:
    """A relation whose rows hold several metrics, and the usage rows that it becomes.

    `columns` are usage columns over the rows of `source` (with `_file` and `_line`) where `when`
    holds; a metric gives a row where its quantity or cost is there and not zero.
    """

    name: str
    source: str
    when: str
    columns: Mapping[str, str]
    measured: Sequence[Measured]
    currency: str = ""
    price_source: str = ""

    def rows(self) -> Rows:
        """The usage rows."""
        items = ", ".join(
            f"struct_pack(metric := {literal(one.metric)}, unit := "
            f"{literal(METRICS[one.metric].unit)}, "
            f"quantity := CASE WHEN {one.when} THEN CAST({one.quantity} AS "
            f"{USAGE_TYPES['Quantity']}) END, "
            f"cost := CASE WHEN {one.when} THEN CAST({one.cost} AS "
            f"{USAGE_TYPES['EstimatedCost']}) END)"
            for one in self.measured
        )
        listed = ", ".join(f"{sql} AS {name}" for name, sql in self.columns.items())
        inner = (
            f"SELECT _file, _line, {listed}, UNNEST([{items}]) AS outlay_m "
            f"FROM {self.source} WHERE {self.when}"
        )
        priced = "outlay_m.cost IS NOT NULL"
        columns = {name: name for name in self.columns}
        columns |= {
            "Metric": "outlay_m.metric",
            "Unit": "outlay_m.unit",
            "Quantity": "coalesce(outlay_m.quantity, 0)",
            "EstimatedCost": "outlay_m.cost",
        }
        if self.currency:
            columns["EstimatedCurrency"] = f"CASE WHEN {priced} THEN {literal(self.currency)} END"
            columns["PriceSource"] = f"CASE WHEN {priced} THEN {literal(self.price_source)} END"
        return Rows(
            self.name,
            "coalesce(outlay_m.quantity, 0) <> 0 OR coalesce(outlay_m.cost, 0) <> 0",
            columns,
            f"({inner}) AS outlay_long",
        )
