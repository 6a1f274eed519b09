"""What was asked of models: by account, key, model and tier, the bill beside the vendor's usage.

Token counts are disjoint: input is what was neither read from the cache nor written to it. OpenAI's
own sum of input includes cached tokens and Anthropic's does not; the sources have made both alike.
Usage is that of the bill's own source, so that a gateway's log of the same requests counts nothing
twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.money.quotients import rounded
from outlay.savings.detectors.contract import Detector, Facts
from outlay.savings.detectors.reckon import CENTS, condition, monthly
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Insufficient
from outlay.sources.ai.prices import PRICE_SOURCE, Priced, prices

VENDORS = {"OpenAI": "openai", "Anthropic": "anthropic", "Google Cloud": "google"}
"""ServiceProviderName → the provider of the price table; others are found by the model's name."""

TOKENS = {
    "input_tokens": "input",
    "cached_input_tokens": "cached_input",
    "cache_write_tokens": "cache_write",
    "cache_write_1h_tokens": "cache_write_1h",
    "output_tokens": "output",
}
"""Metric → what it costs by in the price table."""

BATCH, STANDARD = "batch", ""


@dataclass(frozen=True)
class Asked:
    """The requests of one key to one model in one tier, over a window of whole days.

    `cost` is what their tokens cost on the bill, `listed` at list; `tokens` by kind, `requests`;
    `daily` requests by day, `hourly` by hour of the day (empty where the vendor counts by day).
    """

    source: str
    provider: str
    account: str | None
    account_name: str
    key: str | None
    model: str
    spelled: str
    tier: str
    raw_tier: str | None
    """As the bill writes it; `mixed` where it writes it in several ways."""
    mixed: bool
    service: str
    currency: str
    first: date
    end: date
    first_day: date
    last_day: date
    cost: Decimal
    listed: Decimal
    tokens: Mapping[str, Decimal] = field(default_factory=dict)
    requests: Decimal = Decimal(0)
    daily: Mapping[date, Decimal] = field(default_factory=dict)
    hourly: Mapping[int, Decimal] = field(default_factory=dict)
    people: bool = False

    @property
    def span(self) -> int:
        """Days from the first on which it was seen."""
        return (self.end - max(self.first_day, self.first)).days

    @property
    def scope(self) -> str:
        """What it is called: one name for all that could be done about it."""
        return "/".join(part for part in (self.account, self.key, self.model) if part)

    @property
    def named(self) -> str:
        """Who asks, for people."""
        return self.key or self.account_name or self.account or self.provider

    def each(self, *kinds: str) -> Fraction:
        """Tokens of these kinds a request."""
        whole = sum((Fraction(self.tokens.get(kind, 0)) for kind in kinds), Fraction(0))
        return whole / Fraction(self.requests) if self.requests else Fraction(0)

    def public(self, model: str, tier: str) -> Fraction | None:
        """What the tokens would cost at public prices with a model in a tier; None where a price
        is not known."""
        found = price_of(self.provider, model, tier, self.end - timedelta(days=1))
        whole = Fraction(0)
        for kind, count in self.tokens.items():
            if count and kind not in found:
                return None
            whole += Fraction(count) * Fraction(found.get(kind, 0))
        return whole if found else None

    def where(self) -> str:
        """The condition of its charges."""
        tier = {} if self.mixed else {"x_ServiceTier": self.raw_tier}
        return condition(
            ServiceProviderName=self.provider, SubAccountId=self.account, x_ApiKey=self.key,
            x_Model=self.model, **tier,
        )  # fmt: skip


def price_of(provider: str, model: str, tier: str, day: date) -> Mapping[str, Decimal]:
    """Public prices of one token by kind; empty for a model or tier that is not in the table."""
    return prices(Priced(VENDORS.get(provider, ""), model, tier, day))


# Bills and usage write the standard tier in three ways, and leave it out.
_TIER = "coalesce(nullif(nullif(lower(x_ServiceTier), 'standard'), 'default'), '')"

_BILL = f"""
    SELECT x_SourceName AS source, ServiceProviderName AS provider, SubAccountId AS account,
        coalesce(max(SubAccountName), '') AS account_name, x_ApiKey AS key, x_Model AS model,
        max(x_VendorModel) AS spelled, {_TIER} AS tier, max(x_ServiceTier) AS raw_tier,
        count(DISTINCT coalesce(x_ServiceTier, '')) AS tiers,
        coalesce(max(ServiceName), '') AS service, BillingCurrency AS currency,
        sum(EffectiveCost) AS cost, sum(ListCost) AS listed,
        min(ChargeDay) AS first_day, max(ChargeDay) AS last_day
    FROM daily
    WHERE x_Model IS NOT NULL AND ChargeCategory = 'Usage' AND ServiceProviderName = $provider
        AND ChargeDay >= $first AND ChargeDay < $end
    GROUP BY x_SourceName, ServiceProviderName, SubAccountId, x_ApiKey, x_Model, {_TIER},
        BillingCurrency
    HAVING sum(EffectiveCost) > 0
    ORDER BY cost DESC, account, key, model, tier"""

_USAGE = f"""
    SELECT x_SourceName AS source, SubAccountId AS account, x_ApiKey AS key, x_Model AS model,
        {_TIER} AS tier, Metric AS metric, CAST(UsagePeriodStart AS DATE) AS day,
        CASE WHEN UsagePeriodEnd <= UsagePeriodStart + INTERVAL 1 HOUR
            THEN hour(UsagePeriodStart) END AS hour,
        max(x_User) IS NOT NULL AS people, sum(Quantity) AS quantity
    FROM usage
    WHERE x_Model IS NOT NULL AND ServiceProviderName = $provider
        AND UsagePeriodStart >= $first AND UsagePeriodStart < $end
        AND Metric IN ('requests', {", ".join(f"'{name}'" for name in TOKENS)})
    GROUP BY ALL"""


def asked(facts: Facts, detector: Detector) -> Iterator[Asked]:
    """What the bills charge for models, dearest first; without usage, `requests` is 0."""
    providers = facts.rows(
        "SELECT DISTINCT ServiceProviderName AS provider FROM daily "
        "WHERE x_Model IS NOT NULL AND ServiceProviderName IS NOT NULL ORDER BY provider"
    )
    for provider in (str(row["provider"]) for row in providers):
        first, end = facts.window(detector.window_days, provider)
        given = {"provider": provider, "first": first, "end": end}
        usage: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in facts.rows(_USAGE, given):
            usage.setdefault(_key(row), []).append(row)
        for row in facts.rows(_BILL, given):
            yield _asked(row, usage.get(_key(row), []), first, end)


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("source", "account", "key", "model", "tier"))


def _asked(row: dict[str, Any], used: list[dict[str, Any]], first: date, end: date) -> Asked:
    tokens: dict[str, Decimal] = {}
    daily: dict[date, Decimal] = {}
    hourly: dict[int, Decimal] = {}
    requests = Decimal(0)
    for one in used:
        amount = Decimal(one["quantity"])
        if one["metric"] != "requests":
            kind = TOKENS[one["metric"]]
            tokens[kind] = tokens.get(kind, Decimal(0)) + amount
            continue
        requests += amount
        daily[one["day"]] = daily.get(one["day"], Decimal(0)) + amount
        if one["hour"] is not None:
            hourly[int(one["hour"])] = hourly.get(int(one["hour"]), Decimal(0)) + amount
    return Asked(
        source=str(row["source"]),
        provider=str(row["provider"]),
        account=row["account"],
        account_name=str(row["account_name"]),
        key=row["key"],
        model=str(row["model"]),
        spelled=str(row["spelled"] or row["model"]),
        tier=str(row["tier"]),
        raw_tier=row["raw_tier"],
        mixed=int(row["tiers"]) > 1,
        service=str(row["service"]),
        currency=str(row["currency"]),
        first=first,
        end=end,
        first_day=row["first_day"],
        last_day=row["last_day"],
        cost=Decimal(row["cost"]),
        listed=Decimal(row["listed"]),
        tokens=tokens,
        requests=requests,
        daily=daily,
        hourly=hourly,
        people=any(bool(one["people"]) for one in used),
    )


def ai_finding(
    detector: Detector,
    one: Asked,
    saving: Fraction,
    *,
    title: str,
    current: str,
    recommended: str,
    evidence: tuple[Evidence, ...],
    reasons: tuple[str, ...],
) -> Finding | None:
    """A finding on what a key asks of a model; `saving` is the window's, of the bill's cost. None
    where it is less than half a cent a month."""
    month = rounded(saving * MONTH_DAYS / one.span, CENTS)
    if month <= 0:
        return None
    listed = saving * Fraction(one.listed) / Fraction(one.cost)
    figures = tuple(
        Evidence(f"{kind.replace('_', ' ')} tokens", count, "tokens", "usage")
        for kind, count in sorted(one.tokens.items())
        if count
    )
    return Finding(
        tool="outlay",
        detector=detector.id,
        provider=one.provider,
        action=detector.action,
        title=title,
        currency=one.currency,
        monthly_saving=month,
        basis=(
            f"the bill's cost of {one.span} days, in the proportion of public prices, "
            f"as {MONTH_DAYS} days"
        ),
        account=one.account or "",
        service=one.service,
        scope=one.scope,
        resource_name=one.named,
        resource_type="AI model",
        where=one.where(),
        group=detector.group,
        current=current,
        recommended=recommended,
        monthly_saving_list=rounded(listed * MONTH_DAYS / one.span, CENTS),
        monthly_cost=monthly(one.cost, one.span),
        evidence=(
            Evidence("Cost of the tokens", one.cost, one.currency, "EffectiveCost"),
            Evidence("Requests", one.requests, "requests", "usage"),
            *figures,
            *evidence,
            Evidence("Days", Decimal(one.span), "days", "ChargePeriodStart"),
        ),
        first_day=max(one.first_day, one.first),
        end_day=one.end,
        confidence=detector.confidence,
        reasons=(*reasons, f"public prices by {PRICE_SOURCE}"),
        effort=detector.effort,
        restart=detector.restart,
        rollback=detector.rollback,
        risk=detector.risk,
        tags={"model": one.model},
    )


def price_evidence(one: Asked, model: str, tier: str, *kinds: str) -> tuple[Evidence, ...]:
    """Public prices of a million tokens, as figures of an estimate."""
    found = price_of(one.provider, model, tier, one.end - timedelta(days=1))
    words = f"{model}{', batch' if tier == BATCH else ''}"
    return tuple(
        Evidence(f"{words}: a million {kind.replace('_', ' ')} tokens",
                 (found[kind] * 1_000_000).normalize() + Decimal("0.00"), "USD", PRICE_SOURCE)
        for kind in kinds
        if kind in found
    )  # fmt: skip


def without_usage(detector: Detector, one: Asked) -> Insufficient:
    """That only the bill is known of it."""
    return Insufficient(
        detector.id,
        one.scope,
        "requests and tokens by request: the vendor's usage, from its own API",
        one.provider,
        one.account or "",
        one.currency,
        monthly(one.cost, max(one.span, 1)),
    )
