"""Databricks: jobs that run on clusters for people, and clusters that never terminate.

Prices are those of the bill itself: what a DBU of jobs compute was charged in the same currency, by
the SKU that is named as the all-purpose one is, else by the account's jobs compute. The cloud's
virtual machines under classic compute are on the cloud's bill and stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.money.quotients import rounded
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.reckon import CENTS, condition, monthly
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Insufficient

_ALL_PURPOSE = "All-Purpose Compute"
_JOBS = "Jobs Compute"
_HOURS_A_WEEK = 168
_OVER_DAYS = 14

_OF_JOBS = """
    SELECT SubAccountId AS account, ResourceId AS resource, coalesce(max(ResourceName), '') AS name,
        x_JobId AS job, SkuId AS sku, BillingCurrency AS currency,
        coalesce(max(RegionId), '') AS region, sum(EffectiveCost) AS cost, sum(ListCost) AS listed,
        sum(ConsumedQuantity) AS dbus, count(DISTINCT ChargeDay) AS days,
        min(ChargeDay) AS first_day, max(ChargeDay) AS last_day
    FROM daily
    WHERE ServiceProviderName = 'Databricks' AND ChargeCategory = 'Usage'
        AND ServiceName = $all_purpose AND x_JobId IS NOT NULL
        AND ChargeDay >= $first AND ChargeDay < $end
    GROUP BY SubAccountId, ResourceId, x_JobId, SkuId, BillingCurrency
    HAVING sum(EffectiveCost) > 0 AND sum(ConsumedQuantity) > 0
    ORDER BY cost DESC, resource"""

_PRICES = """
    SELECT SkuId AS sku, BillingCurrency AS currency, sum(EffectiveCost) AS cost,
        sum(ListCost) AS listed, sum(ConsumedQuantity) AS dbus
    FROM daily
    WHERE ServiceProviderName = 'Databricks' AND ChargeCategory = 'Usage' AND ServiceName = $jobs
        AND upper(ConsumedUnit) = 'DBU' AND NOT contains(upper(SkuId), 'SERVERLESS')
        AND ChargeDay >= $first AND ChargeDay < $end
    GROUP BY ALL HAVING sum(ConsumedQuantity) > 0 AND sum(EffectiveCost) > 0
    ORDER BY sku, currency"""


def _jobs(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    first, end = facts.window(JOBS.window_days, "Databricks")
    asked = {"first": first, "end": end}
    prices = facts.rows(_PRICES, asked | {"jobs": _JOBS})
    for row in facts.rows(_OF_JOBS, asked | {"all_purpose": _ALL_PURPOSE}):
        span = (end - max(row["first_day"], first)).days
        if int(row["days"]) < int(settings.number("least_days")) or span < JOBS.minimum_days:
            continue
        if (end - row["last_day"]).days > _OVER_DAYS:
            continue  # even what runs every other week would have
        price = _price(row, prices)
        if price is None:
            yield Insufficient(
                JOBS.id, str(row["resource"]),
                "the price of jobs compute: the bill has no classic jobs compute in "
                f"{row['currency']}",
                "Databricks", str(row["account"] or ""), str(row["currency"]),
                monthly(Decimal(row["cost"]), span),
            )  # fmt: skip
            continue
        made = _job_finding(row, price, span, first, end)
        if made is not None:
            yield made


def _month(amount: Fraction, span: int) -> Decimal:
    """An amount over `span` days as a month's, in cents."""
    return rounded(amount * MONTH_DAYS / span, CENTS)


def _price(row: dict[str, Any], prices: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The jobs SKU that is named as the all-purpose one is, else the account's only one."""
    same = [one for one in prices if one["currency"] == row["currency"]]
    wanted = str(row["sku"]).replace("ALL_PURPOSE", "JOBS")
    named = [one for one in same if one["sku"] == wanted]
    if named:
        return named[0]
    return same[0] if len(same) == 1 else None


def _job_finding(
    row: dict[str, Any], price: dict[str, Any], span: int, first: date, end: date
) -> Finding | None:
    dbus, cost, currency = Fraction(row["dbus"]), Fraction(row["cost"]), str(row["currency"])
    unit = Fraction(price["cost"]) / Fraction(price["dbus"])
    saved = cost - dbus * unit
    month = _month(saved, span)
    if month <= 0:
        return None
    listed = Fraction(row["listed"]) - dbus * Fraction(price["listed"]) / Fraction(price["dbus"])
    name = str(row["name"] or row["resource"])
    return Finding(
        tool="outlay",
        detector=JOBS.id,
        provider="Databricks",
        action=JOBS.action,
        title=f"The job {name} runs on all-purpose compute",
        currency=currency,
        monthly_saving=month,
        basis=f"DBUs of {span} days at the bill's own price of jobs compute, as 30 days",
        account=str(row["account"] or ""),
        region=str(row["region"]),
        service=_ALL_PURPOSE,
        resource=str(row["resource"]),
        resource_name=name,
        resource_type="Job",
        where=condition(
            ServiceProviderName="Databricks", SubAccountId=row["account"],
            ResourceId=str(row["resource"]), x_JobId=str(row["job"]), ServiceName=_ALL_PURPOSE,
        ),
        group=JOBS.group,
        current=f"{row['sku']}, {rounded(cost / dbus, 4)} {currency} a DBU",
        recommended=f"a job cluster ({price['sku']}), {rounded(unit, 4)} {currency} a DBU",
        monthly_saving_list=_month(max(listed, Fraction(0)), span),
        monthly_cost=monthly(Decimal(row["cost"]), span),
        evidence=(
            Evidence("Cost on all-purpose compute", Decimal(row["cost"]), currency,
                     "EffectiveCost"),
            Evidence("DBUs", Decimal(row["dbus"]), "DBU", "ConsumedQuantity"),
            Evidence(f"Cost of {price['sku']}", Decimal(price["cost"]), currency, "EffectiveCost"),
            Evidence(f"DBUs of {price['sku']}", Decimal(price["dbus"]), "DBU",
                     "ConsumedQuantity"),
            Evidence("Days", Decimal(span), "days", "ChargePeriodStart"),
        ),
        first_day=max(row["first_day"], first),
        end_day=end,
        confidence=JOBS.confidence,
        reasons=(
            "the job is taken to use as many DBUs on a cluster of its own; starting it takes "
            "minutes, which the cloud's bill has too",
        ),
        effort=JOBS.effort,
        restart=False,
        rollback=True,
        risk=JOBS.risk,
    )  # fmt: skip


_HOURS = """
    SELECT SubAccountId AS account, ResourceId AS resource, coalesce(max(ResourceName), '') AS name,
        BillingCurrency AS currency, coalesce(max(RegionId), '') AS region,
        sum(EffectiveCost) AS cost, sum(ListCost) AS listed, sum(ConsumedQuantity) AS dbus,
        coalesce(max(x_RunAs), '') AS person,
        count(DISTINCT date_trunc('hour', ChargePeriodStart)) AS hours,
        count(DISTINCT CAST(ChargePeriodStart AS DATE)) AS days,
        min(CAST(ChargePeriodStart AS DATE)) AS first_day,
        max(CAST(ChargePeriodStart AS DATE)) AS last_day,
        max(date_diff('hour', ChargePeriodStart, ChargePeriodEnd)) AS longest
    FROM charges
    WHERE ServiceProviderName = 'Databricks' AND ChargeCategory = 'Usage'
        AND ServiceName = $all_purpose AND x_JobId IS NULL AND ResourceId IS NOT NULL
        AND ChargePeriodStart >= $first AND ChargePeriodStart < $end
    GROUP BY SubAccountId, ResourceId, BillingCurrency HAVING sum(EffectiveCost) > 0
    ORDER BY cost DESC, resource"""


def _always_on(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    first, end = facts.window(ALWAYS_ON.window_days, "Databricks")
    for row in facts.rows(_HOURS, {"first": first, "end": end, "all_purpose": _ALL_PURPOSE}):
        span = (end - max(row["first_day"], first)).days
        if span < ALWAYS_ON.minimum_days or (end - row["last_day"]).days > 1:
            continue
        if int(row["longest"] or 0) > 1:
            yield Insufficient(
                ALWAYS_ON.id, str(row["resource"]), "the hours of its use: the bill is by day",
                "Databricks", str(row["account"] or ""), str(row["currency"]),
                monthly(Decimal(row["cost"]), span),
            )  # fmt: skip
            continue
        if int(row["hours"]) * 100 >= 24 * span * settings.number("on_percent"):
            made = _always_finding(row, span, first, end, settings)
            if made is not None:
                yield made


def _always_finding(
    row: dict[str, Any], span: int, first: date, end: date, settings: Settings
) -> Finding | None:
    kept = Fraction(settings.number("hours_a_week")) / _HOURS_A_WEEK
    saved = Fraction(row["cost"]) * (1 - kept)
    listed = Fraction(row["listed"]) * (1 - kept)
    month = _month(saved, span)
    if month <= 0:
        return None
    name, currency = str(row["name"] or row["resource"]), str(row["currency"])
    on = rounded(Fraction(int(row["hours"])) * 100 / (24 * span), 1)
    return Finding(
        tool="outlay",
        detector=ALWAYS_ON.id,
        provider="Databricks",
        action=ALWAYS_ON.action,
        title=f"The cluster {name} is never terminated",
        currency=currency,
        monthly_saving=month,
        basis=f"effective cost of {span} days outside the hours that are kept, as 30 days",
        account=str(row["account"] or ""),
        region=str(row["region"]),
        service=_ALL_PURPOSE,
        resource=str(row["resource"]),
        resource_name=name,
        resource_type="Compute Cluster",
        where=condition(
            ServiceProviderName="Databricks", SubAccountId=row["account"],
            ResourceId=str(row["resource"]), ServiceName=_ALL_PURPOSE,
        ),
        group=ALWAYS_ON.group,
        current=f"on in {on} % of the hours, nights and weekends too",
        recommended="auto-termination after half an hour without a command",
        monthly_saving_list=_month(listed, span),
        monthly_cost=monthly(Decimal(row["cost"]), span),
        evidence=(
            Evidence("Cost", Decimal(row["cost"]), currency, "EffectiveCost"),
            Evidence("Hours with a charge", Decimal(int(row["hours"])), "hours",
                     "ChargePeriodStart"),
            Evidence("Hours a week that are kept", settings.number("hours_a_week"), "hours",
                     "settings"),
            Evidence("Days", Decimal(span), "days", "ChargePeriodStart"),
        ),
        first_day=max(row["first_day"], first),
        end_day=end,
        confidence=ALWAYS_ON.confidence,
        reasons=(
            "which hours are really worked is not known: as many as are set are taken to stay",
            "the virtual machines beneath it fall on the cloud's bill as well, and are not counted",
        ),
        effort=ALWAYS_ON.effort,
        restart=True,
        rollback=True,
        risk=ALWAYS_ON.risk,
        tags={"run_as": str(row["person"])} if row["person"] else {},
    )  # fmt: skip


JOBS = Detector(
    id="databricks-all-purpose-jobs",
    title="Jobs on all-purpose compute",
    provider="Databricks",
    service=_ALL_PURPOSE,
    inputs=("daily",),
    window_days=30,
    minimum_days=7,
    predicate="A job's DBUs are charged as all-purpose compute, which is made for people",
    formula=(
        "Cost of the job's DBUs less as many at what the bill charges for a DBU of jobs compute; "
        "30 days"
    ),
    verification="The job's charges move to jobs compute, and its cost falls by the difference",
    action="Configure",
    group="configuration",
    effort="Low",
    confidence="high",
    find=_jobs,
    risk="A job cluster starts some minutes later and shares nothing with an interactive one",
    exclusions=(
        "Jobs that ran on too few days to be a habit, or not for two weeks",
        "Serverless compute, which has one price",
        "Accounts without classic jobs compute on the bill: its price is not known there",
    ),
    parameters=(
        Parameter("least_days", Decimal(3), "On how many days of the window the job ran", "days",
                  Decimal(1), Decimal(30)),
    ),
    source="Databricks: system.billing.usage (usage_metadata.job_id, billing_origin_product)",
)  # fmt: skip

ALWAYS_ON = Detector(
    id="databricks-always-on",
    title="Clusters for people that never terminate",
    provider="Databricks",
    service=_ALL_PURPOSE,
    inputs=("charges",),
    window_days=14,
    minimum_days=7,
    predicate="All-purpose compute was charged in nearly every hour, nights and weekends too",
    formula="Effective cost times the share of the week's hours that are not kept; 30 days",
    verification="The cluster's charges at night and on weekends end",
    action="Schedule",
    group="hours",
    effort="VeryLow",
    confidence="medium",
    find=_always_on,
    restart=True,
    risk="Notebooks lose their state when the cluster terminates",
    exclusions=(
        "Clusters of jobs and serverless compute",
        "Clusters younger than the least number of days, or gone",
        "Bills without hours: nothing tells when it ran",
    ),
    parameters=(
        Parameter("on_percent", Decimal(90), "Share of all hours in which it was charged", "%",
                  Decimal(50), Decimal(100)),
        Parameter("hours_a_week", Decimal(60), "Hours a week that people need it", "hours",
                  Decimal(0), Decimal(168)),
    ),
    source="Databricks: auto-termination of all-purpose compute",
)  # fmt: skip

DETECTORS = (JOBS, ALWAYS_ON)
