"""Charged prices against agreed ones, from the bill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.contracts.contracts import Contract, contract
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.query import CostQuery
from outlay.savings.contracts.model import AgreedPrice
from outlay.savings.contracts.prices import Charged, PriceCheck, check, overcharged

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.query.result import Row

DEFAULT_DAYS = 90
MOST_SKUS = 2_000


@dataclass(frozen=True)
class PriceReport:
    """The agreed prices of a contract against what was charged over days (`until` exclusive).
    `without` names the agreed prices for which nothing was charged; `overcharged` is by currency
    what was charged beyond what was agreed."""

    contract: Contract
    since: date
    until: date
    checks: tuple[PriceCheck, ...]
    without: tuple[str, ...]
    overcharged: tuple[tuple[str, Decimal], ...]

    @property
    def wrong(self) -> tuple[PriceCheck, ...]:
        """What was charged otherwise than agreed."""
        return tuple(one for one in self.checks if one.verdict in ("too high", "too low"))


@served("GET /contracts/{name}/prices")
def prices(
    workspace: Workspace, name: str, range_: str = "", now: datetime | None = None
) -> PriceReport:
    """Every agreed price of a contract against the charges it holds for, by SKU and unit, over a
    range (as in questions; '' is the last 90 days) within the contract's terms. QueryError for a
    range that cannot be read, or that lies outside of the contract."""
    moment = now or utc_now()
    return report(workspace, contract(workspace, name), moment, range_)


def report(workspace: Workspace, one: Contract, now: datetime, range_: str = "") -> PriceReport:
    """As `prices`, for a contract at hand."""
    from outlay.query.ranges import range_text, resolve

    spec = one.spec
    today = now.date()
    since, until = today - timedelta(days=DEFAULT_DAYS), today + timedelta(days=1)
    if range_:
        found = resolve(range_text(range_), today)
        since, until = found.start or spec.begins, found.end or until
    since, until = max(since, spec.begins), min(until, spec.ends)
    if since >= until:
        raise QueryError(
            f"no day of it is within the contract, which holds from {spec.begins} to {spec.ends}",
            field="range", text=range_, hint="Name a range within these days.",
        )  # fmt: skip
    checks: list[PriceCheck] = []
    without = []
    for price in spec.prices:
        charges = _charged(workspace, one, price, since, until, now)
        if not charges:
            without.append(price.name)
        checks += check(price, charges, spec.currency)
    return PriceReport(
        one, since, until, tuple(checks), tuple(without), tuple(overcharged(checks).items())
    )


def _charged(
    workspace: Workspace, one: Contract, price: AgreedPrice, since: date, until: date, now: datetime
) -> list[Charged]:
    """What was charged by SKU and pricing unit, of usage alone: what is bought, credited or
    corrected has no unit price."""
    first = max(since, price.from_ or since)
    end = min(until, price.until or until)
    if first >= end:
        return []
    query = CostQuery(
        measures=(price.charged, "ListCost", "PricingQuantity", "LineCount"),
        by=("SkuId", "SkuMeter", "PricingUnit", "BillingCurrency"),
        where="ChargeCategory = 'Usage'",
        range=f"{first}..{end}",
        limit=MOST_SKUS,
        sort="-" + price.charged,
        splits="direct",
    )
    for condition in (one.spec.scope, price.when):
        if condition:
            query = query.narrowed(condition)
    return [_one(row, price) for row in workspace.query(query, now=now).rows() if row["LineCount"]]


def _one(row: Row, price: AgreedPrice) -> Charged:
    quantity = row["PricingQuantity"]
    return Charged(
        sku=str(row["SkuId"] or ""),
        title=str(row["SkuMeter"] or row["SkuId"] or "without a SKU"),
        unit=str(row["PricingUnit"] or ""),
        currency=str(row["BillingCurrency"] or ""),
        quantity=None if quantity is None else Decimal(quantity),  # type: ignore[arg-type]
        listed=Decimal(row["ListCost"] or 0),  # type: ignore[arg-type]
        amount=Decimal(row[price.charged] or 0),  # type: ignore[arg-type]
        lines=int(row["LineCount"] or 0),  # type: ignore[arg-type]
    )
