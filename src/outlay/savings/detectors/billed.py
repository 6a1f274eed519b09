"""What resources cost over a window, as detectors that look at single resources ask for it.

Amounts are of Usage charges in one billing currency, exact. What a commitment pays for is kept
apart: it is paid on whatever becomes of the resource, so that an action saves only what is `open`
(unless other usage takes the commitment over, which nobody can promise).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.focus.sql import quoted
from outlay.money import total
from outlay.money.quotients import rounded
from outlay.savings.detectors.contract import Detector, Facts
from outlay.savings.detectors.reckon import CENTS, condition, monthly
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Headroom, Insufficient

COMMITTED = "coalesce(CommitmentDiscountStatus = 'Used' OR PricingCategory = 'Committed', false)"
"""SQL condition: a commitment pays for the charge."""

STILL_DAYS = 3
"""A resource is there while one of the window's last days has a charge of it: bills of a few
meters come a day late, and a machine may rest at the weekend."""


@dataclass(frozen=True)
class Window:
    """Whole days of a provider's bills, `end` exclusive."""

    first: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.first).days

    def last(self, days: int) -> Window:
        """Its last `days` days, no more than it has."""
        return Window(max(self.first, self.end - timedelta(days=days)), self.end)

    @property
    def arguments(self) -> dict[str, Any]:
        """The parameters of SQL that names ``$first`` and ``$end``."""
        return {"first": self.first, "end": self.end}


def window_of(facts: Facts, detector: Detector) -> Window:
    """The days that a detector looks at."""
    return Window(*facts.window(detector.window_days, detector.provider))


@dataclass(frozen=True)
class Billed:
    """One resource's charges of one kind: `cost` effective, `open` the part that no commitment
    pays, `open_list` and `open_contracted` that part at list prices and at the contract's before
    credits; `quantity` in all, `open_quantity` without what is committed (of the column that was
    asked for). `first` and `last` are days with charges, `days` how many of them there are, `more`
    the values of the columns that were asked for beside."""

    resource: str
    name: str
    kind: str
    account: str
    region: str
    service: str
    currency: str
    cost: Decimal
    open: Decimal
    open_list: Decimal
    open_contracted: Decimal
    quantity: Decimal
    open_quantity: Decimal
    days: int
    first: date
    last: date
    more: Mapping[str, str] = field(default_factory=dict)

    def span(self, window: Window) -> int:
        """The window's days since the first charge in it: what an amount a month is of."""
        return (window.end - max(self.first, window.first)).days

    def still(self, window: Window) -> bool:
        """Whether it was there at the window's end."""
        return self.last >= window.end - timedelta(days=STILL_DAYS)

    def where(self, **more: str) -> str:
        """The condition of its charges in the product's expression language."""
        account = {"SubAccountId": self.account} if self.account else {}
        return condition(ResourceId=self.resource, **account, **more)


def billed(
    facts: Facts,
    provider: str,
    window: Window,
    what: str,
    *,
    by: Sequence[str] = (),
    view: str = "daily",
    measure: str = "ConsumedQuantity",
) -> list[Billed]:
    """The resources of a provider with usage that the SQL condition `what` takes, each with its
    sums over the window; `by` are columns that keep rows apart, `measure` is ConsumedQuantity or
    PricingQuantity. Dearest first."""
    names = ", ".join(quoted(name) for name in by)
    rows = facts.rows(
        f"""SELECT ResourceId AS resource, BillingCurrency AS currency{"," if by else ""} {names},
            coalesce(max(ResourceName), '') AS name, coalesce(max(ResourceType), '') AS kind,
            coalesce(SubAccountId, '') AS account, coalesce(max(RegionId), '') AS region,
            coalesce(max(ServiceName), '') AS service,
            sum(EffectiveCost) AS cost,
            coalesce(sum(EffectiveCost) FILTER (NOT {COMMITTED}), 0) AS open_cost,
            coalesce(sum(ListCost) FILTER (NOT {COMMITTED}), 0) AS open_list,
            coalesce(sum(ContractedCost) FILTER (NOT {COMMITTED}), 0) AS open_contracted,
            coalesce(sum({measure}), 0) AS quantity,
            coalesce(sum({measure}) FILTER (NOT {COMMITTED}), 0) AS open_quantity,
            count(DISTINCT ChargeDay) AS days, min(ChargeDay) AS first, max(ChargeDay) AS last
        FROM {view}
        WHERE ServiceProviderName = $provider AND ChargeDay >= $first AND ChargeDay < $end
            AND ChargeCategory = 'Usage' AND ResourceId IS NOT NULL
            AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused' AND ({what})
        GROUP BY ResourceId, BillingCurrency, SubAccountId{"," if by else ""} {names}
        ORDER BY cost DESC, resource, currency{"," if by else ""} {names}""",
        {"provider": provider, **window.arguments},
    )
    return [
        Billed(
            resource=str(row["resource"]),
            name=str(row["name"]),
            kind=str(row["kind"]),
            account=str(row["account"]),
            region=str(row["region"]),
            service=str(row["service"]),
            currency=str(row["currency"]),
            cost=Decimal(row["cost"]),
            open=Decimal(row["open_cost"]),
            open_list=Decimal(row["open_list"]),
            open_contracted=Decimal(row["open_contracted"]),
            quantity=Decimal(row["quantity"]),
            open_quantity=Decimal(row["open_quantity"]),
            days=int(row["days"]),
            first=row["first"],
            last=row["last"],
            more={name: str(row[name] or "") for name in by},
        )
        for row in rows
    ]


def finding(
    detector: Detector,
    one: Billed,
    window: Window,
    *,
    title: str,
    saving: Decimal,
    where: str = "",
    saving_list: Decimal | None = None,
    current: str = "",
    recommended: str = "",
    evidence: Sequence[Evidence] = (),
    headroom: Sequence[Headroom] = (),
    reasons: Sequence[str] = (),
    confidence: str = "",
) -> Iterator[Finding]:
    """A detector's finding on one resource, none where nothing is saved; `saving` is a month's, in
    cents. What a commitment pays of the resource is told among the reasons."""
    if saving <= 0:
        return
    told = list(reasons)
    if one.cost != one.open:
        amount = monthly(total((one.cost, -one.open)), one.span(window))
        told.append(
            f"a commitment pays {amount} {one.currency} a month of it, which goes on being paid "
            "and is not counted as a saving"
        )
    yield Finding(
        tool="outlay",
        detector=detector.id,
        provider=detector.provider,
        action=detector.action,
        title=title,
        currency=one.currency,
        monthly_saving=saving,
        basis=f"effective cost of {one.span(window)} days, as {MONTH_DAYS} days",
        account=one.account,
        region=one.region,
        service=one.service or detector.service,
        resource=one.resource,
        resource_name=one.name,
        resource_type=one.kind,
        where=where or one.where(),
        group=detector.group,
        current=current,
        recommended=recommended,
        monthly_saving_list=saving_list,
        monthly_cost=monthly(one.cost, one.span(window)),
        evidence=(*evidence, *cost_evidence(one, window)),
        headroom=tuple(headroom),
        first_day=max(one.first, window.first),
        end_day=window.end,
        confidence=confidence or detector.confidence,  # type: ignore[arg-type]
        reasons=tuple(told),
        effort=detector.effort,
        restart=detector.restart,
        rollback=detector.rollback,
        risk=detector.risk,
    )


def part(amount: Decimal, share: Fraction, days: int) -> Decimal:
    """A share of an amount over `days` days, as one of a month: rounded once, to cents."""
    return rounded(Fraction(amount) * share * MONTH_DAYS / days, CENTS)


def cost_evidence(one: Billed, window: Window) -> tuple[Evidence, ...]:
    """The figures that every estimate stands on: what the resource cost, and over how long."""
    named = (
        Evidence("Effective cost in the window", one.cost, one.currency, "EffectiveCost"),
        Evidence("Days in the window", Decimal(one.span(window)), "days", "ChargePeriodStart"),
    )
    if one.open == one.cost:
        return named
    open_ = Evidence(
        "of it not paid by a commitment", one.open, one.currency, "CommitmentDiscountStatus"
    )
    return (named[0], open_, named[1])


def lacking(detector: Detector, one: Billed, window: Window, missing: str) -> Insufficient:
    """That a resource cannot be judged, and what it costs a month."""
    return Insufficient(
        detector=detector.id,
        resource=one.resource,
        missing=missing,
        provider=detector.provider,
        account=one.account,
        currency=one.currency,
        monthly_cost=monthly(one.cost, one.span(window)),
    )
