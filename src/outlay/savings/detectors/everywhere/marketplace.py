"""The same product bought twice: two contracts of one seller, in two accounts or ways."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.money.quotients import rounded
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.reckon import condition, monthly
from outlay.savings.model import MONTH_DAYS, Evidence, Finding

_CLOUDS = "'(amazon|aws|microsoft|google|oracle)'"
"""Who runs a marketplace, by its name in lower case."""

_BOUGHT = f"""
    SELECT ServiceProviderName AS seller, ServiceName AS product, BillingCurrency AS currency,
        SubAccountId AS account, x_SourceName AS source, max(SubAccountName) AS account_name,
        bool_or(regexp_matches(lower(InvoiceIssuerName), {_CLOUDS})) AS marketplace,
        sum(EffectiveCost) AS fee, count(DISTINCT date_trunc('month', ChargeDay)) AS months
    FROM daily WHERE ChargeDay >= $first AND ChargeDay < $end AND ChargeClass IS NULL
        AND (ChargeCategory = 'Purchase' OR ChargeCategory = 'Usage'
            AND ChargeFrequency = 'Recurring')
        AND CommitmentDiscountId IS NULL AND ServiceProviderName IS NOT NULL
        AND NOT regexp_matches(lower(ServiceProviderName), {_CLOUDS})
    GROUP BY ALL HAVING fee > 0 AND months >= $months
    ORDER BY seller, product, currency, fee DESC, account, source"""


def _twice(facts: Facts, settings: Settings) -> Iterator[Finding]:
    months = int(settings.number("months"))
    end = facts.window(0)[1].replace(day=1)
    first = _months_before(end, months)
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in facts.rows(_BOUGHT, {"first": first, "end": end, "months": months}):
        key = (str(row["seller"]), str(row["product"]), str(row["currency"]))
        groups.setdefault(key, []).append(row)
    for bought in groups.values():
        # What nobody bought by a marketplace is a vendor's own bill, where two lines are no two
        # contracts.
        if any(row["marketplace"] for row in bought):
            for row in bought[1:]:
                one = _finding(bought[0], row, settings, (first, end))
                if one:
                    yield one


def _months_before(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def _finding(
    dearest: dict[str, Any], row: dict[str, Any], settings: Settings, window: tuple[date, date]
) -> Finding | None:
    days = (window[1] - window[0]).days
    percent = settings.number("saved_percent")
    saving = rounded(Fraction(row["fee"]) * Fraction(percent) / 100 * MONTH_DAYS / days, 2)
    if saving <= 0:
        return None
    product, seller = str(row["product"]), str(row["seller"])
    own = row["account_name"] or row["account"] or row["source"]
    other = dearest["account_name"] or dearest["account"] or dearest["source"]
    currency = str(row["currency"])
    return Finding(
        tool="outlay", detector=TWICE.id, provider=seller, action=TWICE.action,
        title=f"Join the contract for {product} of {own} to that of {other}", currency=currency,
        monthly_saving=saving, monthly_saving_list=None, monthly_cost=monthly(row["fee"], days),
        basis=f"{percent} % of the smaller contract's fee, {days} days",
        account=str(row["account"] or ""), service=product, scope=f"{product}: contract of {own}",
        # A vendor's own bill has no account: those that have one are other contracts.
        where=condition(ServiceProviderName=seller, ServiceName=product,
                        SubAccountId=str(row["account"]) if row["account"] else None,
                        x_SourceName=str(row["source"])),
        group=TWICE.group, current=f"two contracts with {seller}", recommended="one contract",
        evidence=(
            Evidence("fee in the window", row["fee"], currency, "EffectiveCost"),
            Evidence(f"fee of {other}", dearest["fee"], currency, "EffectiveCost"),
            Evidence("taken as saved", percent, "%", "parameter"),
        ),
        first_day=window[0], end_day=window[1], confidence=TWICE.confidence,
        reasons=(
            "how much of each is used is not on the bill: the larger contract may need more",
            "a contract may have to run to its end first",
        ),
        effort=TWICE.effort, restart=TWICE.restart, rollback=TWICE.rollback, risk=TWICE.risk,
    )  # fmt: skip


TWICE = Detector(
    id="marketplace-duplicates",
    title="Software that is bought twice",
    provider="",
    service="Marketplace",
    inputs=("daily",),
    window_days=93,
    minimum_days=28,
    predicate="Two accounts (or an account and a direct bill) pay recurring fees for one product "
    "of one seller in each of the last whole months, at least one of them by a marketplace.",
    formula="The share (parameter) of the smaller contract's fees in those months, as a month.",
    verification="The smaller contract's charges end.",
    action="Consolidate",
    group="existence",
    effort="Medium",
    confidence="low",
    find=_twice,
    rollback=False,
    risk="Two contracts may be there on purpose: other data, other region, other team.",
    exclusions=(
        "use above a contract, and products without a recurring fee",
        "bills of a vendor alone, without a marketplace",
    ),
    parameters=(
        Parameter("months", Decimal(2), "so many whole months must have fees of both", "months",
                  Decimal(1), Decimal(3)),
        Parameter("saved_percent", Decimal(50), "the share of the smaller fee that is saved", "%",
                  Decimal(1), Decimal(100)),
    ),
    source="Outlay",
)  # fmt: skip

DETECTORS = (TWICE,)
