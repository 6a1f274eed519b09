"""Snowflake: warehouses that wait, and credits beyond the capacity that was bought.

Idle is what Snowflake's views say: a warehouse's compute less what queries are attributed, as the
bill's rows have it (`x_AllocationState`). Cloud services, storage and serverless have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.money.quotients import rounded
from outlay.savings.detectors.billed import STILL_DAYS
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.reckon import CENTS, condition, monthly
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Insufficient

_WAREHOUSES = """
    SELECT SubAccountId AS account, ResourceId AS resource, max(ResourceName) AS name,
        max(ServiceName) AS service, coalesce(max(RegionId), '') AS region,
        max(x_WarehouseSize) AS size, BillingCurrency AS currency,
        sum(EffectiveCost) AS cost, sum(ListCost) AS listed,
        coalesce(sum(EffectiveCost) FILTER (x_AllocationState = 'Idle'), 0) AS idle,
        coalesce(sum(ListCost) FILTER (x_AllocationState = 'Idle'), 0) AS idle_list,
        coalesce(sum(EffectiveCost) FILTER (x_AllocationState = 'Not attributed'
            OR x_AllocationState IS NULL), 0) AS unknown,
        coalesce(sum(ConsumedQuantity) FILTER (x_AllocationState = 'Idle'), 0) AS idle_credits,
        coalesce(sum(ConsumedQuantity), 0) AS credits,
        count(DISTINCT ChargeDay) AS days, min(ChargeDay) AS first_day, max(ChargeDay) AS last_day
    FROM daily
    WHERE ServiceProviderName = 'Snowflake' AND ChargeCategory = 'Usage'
        AND ResourceType = 'Warehouse' AND ServiceName = 'Virtual Warehouses'
        AND ChargeDay >= $first AND ChargeDay < $end
    GROUP BY SubAccountId, ResourceId, BillingCurrency
    HAVING sum(EffectiveCost) > 0
    ORDER BY cost DESC, resource"""


def _idle(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    first, end = facts.window(IDLE.window_days, "Snowflake")
    for row in facts.rows(_WAREHOUSES, {"first": first, "end": end}):
        gone = (end - row["last_day"]).days > STILL_DAYS
        if int(row["days"]) < IDLE.minimum_days or gone:
            continue
        if row["unknown"]:
            yield Insufficient(
                IDLE.id, str(row["resource"]),
                "what queries used of it: QUERY_ATTRIBUTION_HISTORY and "
                "WAREHOUSE_METERING_HISTORY of the account",
                "Snowflake", str(row["account"] or ""), str(row["currency"]),
                monthly(Decimal(row["cost"]), _span(row, first, end)),
            )  # fmt: skip
            continue
        idle, cost = Fraction(row["idle"]), Fraction(row["cost"])
        if idle * 100 >= cost * Fraction(settings.number("idle_percent")):
            left = cost * Fraction(settings.number("unavoidable_percent")) / 100
            if _month(idle - left, _span(row, first, end)) > 0:
                yield _idle_finding(row, idle - left, first, end, settings)


def _month(amount: Fraction, span: int) -> Decimal:
    """An amount over `span` days as a month's, in cents."""
    return rounded(amount * MONTH_DAYS / span, CENTS)


def _span(row: dict[str, Any], first: Any, end: Any) -> int:
    """Days since the warehouse was first seen in the window."""
    return int((end - max(row["first_day"], first)).days)


def _idle_finding(
    row: dict[str, Any], saved: Fraction, first: Any, end: Any, settings: Settings
) -> Finding:
    span, name = _span(row, first, end), str(row["name"] or row["resource"])
    cost, idle = Decimal(row["cost"]), Decimal(row["idle"])
    part = rounded(Fraction(idle) * 100 / Fraction(cost), 1)
    listed = saved * Fraction(row["idle_list"]) / Fraction(row["idle"])
    return Finding(
        tool="outlay",
        detector=IDLE.id,
        provider="Snowflake",
        action=IDLE.action,
        title=f"The warehouse {name} waits {part} % of its credits",
        currency=str(row["currency"]),
        monthly_saving=_month(saved, span),
        basis=f"idle cost of {span} days, as {MONTH_DAYS} days",
        account=str(row["account"] or ""),
        region=str(row["region"]),
        service=str(row["service"]),
        resource=str(row["resource"]),
        resource_name=name,
        resource_type="Warehouse",
        where=condition(
            ServiceProviderName="Snowflake", SubAccountId=row["account"],
            ResourceId=str(row["resource"]), ServiceName=str(row["service"]),
            x_AllocationState="Idle",
        ),
        group=IDLE.group,
        current=f"{part} % of its credits are used by no query",
        recommended=(
            "AUTO_SUSPEND = 60 where it is higher or none, fewer clusters at least, and queries "
            "of other small warehouses moved to it"
        ),
        monthly_saving_list=_month(listed, span),
        monthly_cost=monthly(idle, span),
        evidence=(
            Evidence("Compute of the warehouse", cost, str(row["currency"]), "EffectiveCost"),
            Evidence("of it idle", idle, str(row["currency"]), "x_AllocationState"),
            Evidence("Idle credits", Decimal(row["idle_credits"]), "credits", "ConsumedQuantity"),
            Evidence("Credits", Decimal(row["credits"]), "credits", "ConsumedQuantity"),
            Evidence("Part that stays idle in any case", settings.number("unavoidable_percent"),
                     "% of its compute", "settings"),
            Evidence("Days", Decimal(span), "days", "ChargePeriodStart"),
        ),
        first_day=max(row["first_day"], first),
        end_day=end,
        confidence=IDLE.confidence,
        reasons=(
            "idle is what Snowflake attributes to no query; very short ones are in neither",
            "a warehouse bills 60 seconds at each resume, so that some of it stays",
        ),
        effort=IDLE.effort,
        restart=False,
        rollback=True,
        risk=IDLE.risk,
    )  # fmt: skip


_OVERAGE = """
    SELECT coalesce(BillingAccountId, '') AS account, BillingCurrency AS currency,
        sum(EffectiveCost) AS cost, coalesce(sum(ConsumedQuantity * TRY_CAST(x_EffectiveRate AS
            DECIMAL(18, 6))), 0) AS rated,
        coalesce(sum(EffectiveCost) FILTER (TRY_CAST(x_EffectiveRate AS DECIMAL(18, 6)) IS NULL),
            0) AS unrated,
        count(DISTINCT ChargeDay) AS days, min(ChargeDay) AS first_day, max(ChargeDay) AS last_day
    FROM daily
    WHERE ServiceProviderName = 'Snowflake' AND ChargeCategory = 'Usage'
        AND lower(x_BalanceSource) = 'overage' AND ChargeDay >= $first AND ChargeDay < $end
    GROUP BY ALL HAVING sum(EffectiveCost) > 0 ORDER BY account, currency"""


def _overage(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    first, end = facts.window(OVERAGE.window_days, "Snowflake")
    for row in facts.rows(_OVERAGE, {"first": first, "end": end}):
        cost, currency = Decimal(row["cost"]), str(row["currency"])
        span = (end - max(row["first_day"], first)).days
        account = str(row["account"])
        if row["unrated"]:
            yield Insufficient(
                OVERAGE.id, account or "Snowflake", "the contract's rate: RATE_SHEET_DAILY",
                "Snowflake", account, currency, monthly(cost, span),
            )  # fmt: skip
            continue
        still = (end - row["last_day"]).days <= int(settings.number("still_days"))
        saved = cost - Decimal(row["rated"])
        if not still or int(row["days"]) < OVERAGE.minimum_days or monthly(saved, span) <= 0:
            continue
        yield Finding(
            tool="outlay",
            detector=OVERAGE.id,
            provider="Snowflake",
            action=OVERAGE.action,
            title="Snowflake is used beyond the capacity that was bought",
            currency=currency,
            monthly_saving=monthly(saved, span),
            basis=f"overage of {span} days less the same use at the contract's rate, as 30 days",
            account=account,
            service=OVERAGE.service,
            scope=f"capacity of {account}" if account else "capacity",
            where=condition(
                ServiceProviderName="Snowflake", x_BalanceSource="overage",
                **({"BillingAccountId": account} if account else {}),
            ),
            group=OVERAGE.group,
            current=f"{monthly(cost, span)} {currency} a month by overage",
            recommended=(
                f"capacity for {monthly(Decimal(row['rated']), span)} {currency} a month at the "
                "contract's rate"
            ),
            monthly_cost=monthly(cost, span),
            evidence=(
                Evidence("Overage", cost, currency, "x_BalanceSource"),
                Evidence("the same at the contract's rate", Decimal(row["rated"]), currency,
                         "ConsumedQuantity × x_EffectiveRate"),
                Evidence("Days", Decimal(span), "days", "ChargePeriodStart"),
            ),
            first_day=max(row["first_day"], first),
            end_day=end,
            confidence=OVERAGE.confidence,
            reasons=(
                "the rate of further capacity is taken to be the present one: negotiate it",
                "capacity that is not used by the contract's end is lost unless it rolls over",
            ),
            effort=OVERAGE.effort,
            restart=False,
            rollback=False,
            risk=OVERAGE.risk,
        )  # fmt: skip


IDLE = Detector(
    id="snowflake-warehouse-idle",
    title="Warehouses that wait for queries",
    provider="Snowflake",
    service="Virtual Warehouses",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate="No query used a large share of the warehouse's credits",
    formula=(
        "Effective cost of the warehouse's idle credits, less the part of its compute that stays "
        "idle in any case; 30 days"
    ),
    verification="The warehouse's idle rows fall; queries do not wait longer than before",
    action="Configure",
    group="configuration",
    effort="VeryLow",
    confidence="medium",
    find=_idle,
    risk="A warehouse that suspends sooner loses its cache: the next queries read more",
    exclusions=(
        "Warehouses of which queries' use is not known: they are not called idle",
        "Warehouses that were there on fewer than 14 days, or are gone",
        "Cloud services, serverless features and storage",
    ),
    parameters=(
        Parameter("idle_percent", Decimal(30), "Share of its compute from which it waits", "%",
                  Decimal(1), Decimal(100)),
        Parameter("unavoidable_percent", Decimal(10),
                  "Share of its compute that stays idle whatever is set", "%",
                  Decimal(0), Decimal(100)),
    ),
    source="Snowflake: WAREHOUSE_METERING_HISTORY, idle = compute − attributed to queries",
)  # fmt: skip

OVERAGE = Detector(
    id="snowflake-overage",
    title="Use beyond the capacity that was bought",
    provider="Snowflake",
    service="Snowflake capacity",
    inputs=("daily",),
    window_days=30,
    minimum_days=7,
    predicate="The bill draws on overage, and still did in its last days",
    formula="Cost by overage less the same quantities at the contract's rate; 30 days",
    verification="No row of the bill is paid by overage",
    action="PurchaseCommittedUse",
    group="purchase",
    effort="High",
    confidence="medium",
    find=_overage,
    rollback=False,
    risk="Capacity is paid whether it is used or not",
    exclusions=("Accounts whose rates are not known", "Overage that has ended"),
    parameters=(
        Parameter("still_days", Decimal(3), "How many days ago the last overage may be", "days",
                  Decimal(1), Decimal(30)),
    ),
    source="Snowflake: USAGE_IN_CURRENCY_DAILY (BALANCE_SOURCE), RATE_SHEET_DAILY",
)  # fmt: skip

DETECTORS = (IDLE, OVERAGE)
