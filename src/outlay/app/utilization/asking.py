"""How busy resources are, and how much of the bill is measured at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from outlay.app.served import served
from outlay.focus.utilization_ids import BilledIds
from outlay.money import money_text, total
from outlay.money.quotients import rounded
from outlay.query import CostQuery, ranges
from outlay.query.utilization import (
    UtilizationQuery,
    UtilizationResult,
    measured_ids,
    utilization,
)

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


@served("GET /utilization")
def measurements(
    workspace: Workspace, query: UtilizationQuery, *, now: datetime | None = None
) -> UtilizationResult:
    """The answer to a question about utilisation; QueryError when it cannot be answered."""
    return utilization(workspace.lake, query, now=now)


@dataclass(frozen=True)
class Covered:
    """How much of a service's cost is of resources that were measured.

    `cost` is the effective cost of its usage in the range, `measured` the part of it on resources
    with at least one measurement there, `unnamed` the part that names no resource and can never be
    measured; in `currency`. `resources` are those with cost, `measured_resources` those of them
    that were measured, `metrics` what was measured of any.
    """

    provider: str
    service: str
    currency: str
    cost: Decimal
    measured: Decimal
    unnamed: Decimal
    resources: int
    measured_resources: int
    metrics: tuple[str, ...]

    @property
    def share(self) -> Decimal | None:
        """The measured part of the cost (0 to 1), rounded to four decimals; None of no cost."""
        if self.cost <= 0:
            return None
        return rounded(Fraction(self.measured) / Fraction(self.cost), 4)


@dataclass(frozen=True)
class Coverage:
    """Coverage by provider and service, dearest first; `totals` one a currency (provider and
    service are ''). `unbilled` are resources that were measured and have no cost in the range."""

    rows: tuple[Covered, ...]
    totals: tuple[Covered, ...]
    unbilled: tuple[str, ...]
    start: date | None
    end: date | None

    def to_json(self) -> dict[str, Any]:
        """As JSON: amounts as text."""
        return {
            "from": None if self.start is None else self.start.isoformat(),
            "to": None if self.end is None else self.end.isoformat(),
            "rows": [_json(row) for row in self.rows],
            "totals": [_json(row) for row in self.totals],
            "unbilled": list(self.unbilled),
        }


def _json(row: Covered) -> dict[str, Any]:
    return {
        "provider": row.provider, "service": row.service, "currency": row.currency,
        "cost": money_text(row.cost), "measured": money_text(row.measured),
        "unnamed": money_text(row.unnamed),
        "share": None if row.share is None else f"{row.share}",
        "resources": row.resources, "measured_resources": row.measured_resources,
        "metrics": list(row.metrics),
    }  # fmt: skip


@served("GET /utilization/coverage")
def coverage(
    workspace: Workspace, range: str = "last-30-days", *, now: datetime | None = None
) -> Coverage:
    """The share of the bill's cost on resources that were measured, by provider and service.

    QueryError for a range that is none; for those who see the whole ledger.
    """
    moment = now or datetime.now(UTC)
    days = ranges.resolve(ranges.range_text(range), moment.date())
    known = measured_ids(workspace.lake, days.start, days.end)
    rows = _costs(workspace, ranges.between(days.start, days.end), moment)
    names = BilledIds(
        (str(row["ResourceId"]), str(row["SubAccountId"] or ""))
        for row in rows
        if row["ResourceId"] is not None
    )
    metrics: dict[str, set[str]] = {}
    unbilled = []
    for one in known:
        own = names.find(one.resource, one.account)
        if own is None:
            unbilled.append(one.resource)
        else:
            metrics.setdefault(own, set()).update(one.metrics)
    groups: dict[tuple[str, str, str], list[Any]] = {}
    for row in rows:
        key = (str(row["ServiceProviderName"] or ""), str(row["ServiceName"] or ""),
               str(row["BillingCurrency"]))  # fmt: skip
        groups.setdefault(key, []).append(row)
    found = [_covered(*key, rows, metrics) for key, rows in groups.items()]
    found.sort(key=lambda one: (one.cost.copy_negate(), one.provider, one.service, one.currency))
    currencies = sorted({one.currency for one in found})
    totals = [
        _covered("", "", code, [row for row in rows if row["BillingCurrency"] == code], metrics)
        for code in currencies
    ]
    return Coverage(tuple(found), tuple(totals), tuple(sorted(unbilled)), days.start, days.end)


def _costs(workspace: Workspace, range: str, now: datetime) -> list[dict[str, Any]]:
    """Effective cost of usage by provider, service, account and resource."""
    if not workspace.holds_charges():
        return []
    query = CostQuery(
        measures=("EffectiveCost",),
        by=("ServiceProviderName", "ServiceName", "SubAccountId", "ResourceId"),
        range=range,
        where="ChargeCategory = 'Usage'",
    )
    found = workspace.query(query, now=now)
    # Where all is of one currency, the answer says it once.
    return [{"BillingCurrency": found.currency, **row} for row in found.rows()]


def _covered(
    provider: str, service: str, currency: str, rows: list[Any], metrics: dict[str, set[str]]
) -> Covered:
    measured = [row for row in rows if row["ResourceId"] in metrics]
    resources = {row["ResourceId"] for row in rows if row["ResourceId"] is not None}
    return Covered(
        provider, service, currency,
        total(row["EffectiveCost"] for row in rows),
        total(row["EffectiveCost"] for row in measured),
        total(row["EffectiveCost"] for row in rows if row["ResourceId"] is None),
        len(resources), len({row["ResourceId"] for row in measured}),
        tuple(sorted({name for row in measured for name in metrics[row["ResourceId"]]})),
    )  # fmt: skip
