"""A connection for those who study the ledger at length: detectors, planners, proofs.

Its SQL is the product's own, never a person's: there are no walls as in `outlay.query.rawsql`. One
connection serves many questions over one snapshot, with roll-ups limited to recent slices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Protocol, runtime_checkable

import duckdb

from outlay.access import whole_only
from outlay.allocation.labels import Labels
from outlay.allocation.rules import Ruleset
from outlay.focus.sql import literal, quoted
from outlay.focus.usage import LAKE_USAGE_TYPES, USAGE_TYPES
from outlay.focus.utilization import PREFIX, STATISTIC
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import SliceFacts, slice_facts
from outlay.lake.schema import FOCUS_TYPES, MANDATORY_CONTEXT, charges_types
from outlay.lake.types import Pin
from outlay.query.discounts import Discounts, before, lay_rates, sources
from outlay.query.run import PinnableLake
from outlay.query.slicesviews import slices_view
from outlay.query.sqlviews import SqlTags

SOURCE_COLUMNS = (
    "x_AllocatedAs", "x_AllocatedFrom", "x_AllocatedPart", "x_AllocationState",
    "x_AmortizationClass", "x_ApiKey", "x_BalanceSource", "x_ChargeType", "x_Cluster",
    "x_ClusterId", "x_CommitmentPaymentOption", "x_CommitmentTerm", "x_Controller",
    "x_ControllerKind", "x_CostCategories", "x_EffectiveRate", "x_InstanceType", "x_JobId",
    "x_JobName", "x_LineItemType", "x_MeterCategory", "x_MeterName", "x_MeterSubcategory",
    "x_Model", "x_Namespace", "x_Node", "x_Operation", "x_PricingModel", "x_ProductFamily",
    "x_PublisherName", "x_PublisherType", "x_ResourceGroupName", "x_ResourceType", "x_RunAs",
    "x_ServiceCode", "x_ServiceTier", "x_Term", "x_TokenType", "x_UsageType", "x_User",
    "x_VendorModel", "x_WarehouseSize",
)  # fmt: skip
"""Columns of sources that questions may name whatever was loaded: null where no source has them."""

USAGE_COLUMNS = ("x_Endpoint", "x_ServiceTier", "x_VendorModel")
"""The same of usage, beyond those that every usage row has."""

_KEPT_ROWS = 3_000_000
_MEASURES = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ConsumedQuantity",
             "PricingQuantity")  # fmt: skip
DAILY_TYPES = {
    "ChargeDay": "DATE",
    "LineCount": "BIGINT",
    **{name: FOCUS_TYPES[name] for name in (*_MEASURES, *MANDATORY_CONTEXT)},
}
"""Columns of ``daily`` and ``history`` whatever was loaded; `outlay.query.discounts` adds two."""


@runtime_checkable
class _WithUsage(Protocol):
    def usage_paths(self, pin: Pin) -> dict[str, Path]: ...


@contextmanager
def studied(
    lake: PinnableLake,
    *,
    since: date,
    recent: date | None = None,
    pin: Pin | None = None,
    rules: Ruleset | None = None,
    tags: Sequence[str] = (),
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with temporary views, the virtual tags `tags` as columns of the first three:

    ``daily``: a row a day and context from the day `recent` on (UTC; None: `since`); ``history``:
    the same from `since` on; ``charges``: lines of the slices that have a day from `recent` on;
    ``usage`` and ``utilization`` from `since` on.

    EffectiveCost and ContractedCost of the first three are after discounts that the bill gives in
    lines of their own; what was taken off stands beside them (`outlay.query.discounts`). Views of
    what was never loaded are there and empty. Money and quantities are decimals. For those who see
    the whole ledger; AccessDeniedError for others.
    """
    whole_only("a study of the ledger")
    pin = pin or lake.pin()
    known = [f for f in slice_facts(lake, pin) if f.last_day is not None]
    facts = [f for f in known if f.last_day is not None and f.last_day >= since]
    late = recent or since
    months = before(min(since, late))
    new = [f for f in facts if f.last_day is not None and f.last_day >= late]
    named = SqlTags(Labels(lake, rules or Ruleset()), tuple(tags), False)
    plain = SqlTags(Labels(lake, Ruleset()), (), False)
    reckoned = [f for f in known if f.last_day is not None and f.last_day >= months]
    with question_connection(lake) as connection:
        _view(connection, "kinds", slices_view("contexts", reckoned, plain), ())
        giving = sources(connection, "kinds")
        reckoned = [f for f in reckoned if f.slice.source in giving]
        _view(connection, "billed", _days(reckoned, plain, months), ())
        off = lay_rates(connection, "billed") if reckoned else Discounts()
        _view(connection, "history", _days(facts, named, since), tags, off)
        _view(connection, "daily", _days(new, named, late), tags, off)
        lines = [one for one in new if one.detail]
        _view(connection, "charges", [_lines(one, named) for one in lines], tags, off)
        _usage(connection, lake, pin, since)
        yield connection


def _days(facts: Sequence[SliceFacts], tags: SqlTags, since: date) -> list[str]:
    return [
        f"SELECT * FROM ({rows}) WHERE ChargeDay >= DATE '{since}'"
        for rows in slices_view("daily", facts, tags)
    ]


def _lines(facts: SliceFacts, tags: SqlTags) -> str:
    if tags.named:
        return tags.slice_view("charges", facts, "")
    return f"SELECT * FROM {facts.lines_sql}"


def _view(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    parts: Sequence[str],
    tags: Sequence[str],
    off: Discounts | None = None,
) -> None:
    """The view, with a null for every column that questions may name and no slice has; after
    discounts where `off` is given."""
    types = charges_types(()) if name == "charges" else DAILY_TYPES
    base = " UNION ALL BY NAME ".join(parts) or "SELECT 1 AS outlay_none WHERE false"
    known = {str(row[0]) for row in connection.execute(f"DESCRIBE {base}").fetchall()}
    wanted = types | dict.fromkeys((*SOURCE_COLUMNS, "x_SourceName", *tags), "VARCHAR")
    if name == "charges":
        columns = ["*"]
    else:
        columns = [quoted(column) for column in wanted if column in known]
    columns += [
        f"CAST(NULL AS {kind}) AS {quoted(column)}"
        for column, kind in wanted.items()
        if column not in known
    ]
    rows = 0
    if name == "daily":
        rows = connection.execute(f"SELECT count(*) FROM ({base})").fetchall()[0][0]
    # Many questions follow: planning over a hundred files costs more than rows that fit.
    made = "TABLE" if 0 < rows <= _KEPT_ROWS else "VIEW"
    rows_sql = f"SELECT {', '.join(columns)} FROM ({base})"
    if off is not None:
        day = "CAST(ChargePeriodStart AS DATE)" if name == "charges" else "ChargeDay"
        rows_sql = off.rows(rows_sql, day)
    connection.execute(f"CREATE TEMP {made} {name} AS {rows_sql}")


def _usage(
    connection: duckdb.DuckDBPyConnection, lake: PinnableLake, pin: Pin, since: date
) -> None:
    paths = [
        str(path)
        for path in (lake.usage_paths(pin) if isinstance(lake, _WithUsage) else {}).values()
    ]
    own = dict.fromkeys((STATISTIC, *USAGE_COLUMNS), "VARCHAR")
    types = USAGE_TYPES | LAKE_USAGE_TYPES | own
    if paths:
        listed = ", ".join(literal(path) for path in paths)
        base = f"SELECT * FROM read_parquet([{listed}], union_by_name = true)"
        known = {str(row[0]) for row in connection.execute(f"DESCRIBE {base}").fetchall()}
    else:
        base, known = "SELECT 1 AS outlay_none WHERE false", set()
    added = "".join(
        f", CAST(NULL AS {kind}) AS {quoted(name)}"
        for name, kind in types.items()
        if name not in known
    )
    whole = f"SELECT *{added} FROM ({base})"
    recent = f"UsagePeriodStart >= TIMESTAMP '{since}'"
    connection.execute(
        f"CREATE TEMP VIEW usage AS SELECT * FROM ({whole}) "
        f"WHERE NOT starts_with(Metric, '{PREFIX}') AND {recent}"
    )
    connection.execute(
        "CREATE TEMP VIEW utilization AS "
        f"SELECT ResourceId, substr(Metric, {len(PREFIX) + 1}) AS Metric, "
        f"{STATISTIC} AS Statistic, UsagePeriodStart AS PeriodStart, "
        "UsagePeriodEnd AS PeriodEnd, Quantity AS Value, Unit, ServiceProviderName, SubAccountId, "
        f"ResourceName, ResourceType, x_SourceName, Tags FROM ({whole}) "
        f"WHERE starts_with(Metric, '{PREFIX}') AND {recent}"
    )
