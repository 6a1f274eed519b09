"""Traffic: between regions, between zones, and out of AWS."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.aws import trends
from outlay.savings.detectors.aws.parts import PROVIDER, Part, cost_of, found, metered, parts, used
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import MONTH_DAYS, Evidence, Finding

_BETWEEN_REGIONS = r"^([A-Z]{3,4}[0-9]{1,2}|EU)-AWS-Out-Bytes"
_BETWEEN_ZONES = r"^DataTransfer-Regional-Bytes$"
_OUT = r"^DataTransfer-Out-Bytes$"
_NOT_CDN = "coalesce(code, '') <> 'AmazonCloudFront' AND NOT service ILIKE '%cloudfront%'"
_NO_CDN = (
    "(x_ServiceCode IS NULL OR x_ServiceCode <> 'AmazonCloudFront') "
    "AND NOT ServiceName LIKE '%CloudFront%'"
)
"""The same as a condition: exports in FOCUS may have no code."""


def _regions(facts: Facts, settings: Settings) -> Iterator[Finding]:
    yield from _heavy(facts, settings, REGIONS, _BETWEEN_REGIONS)


def _zones(facts: Facts, settings: Settings) -> Iterator[Finding]:
    yield from _heavy(facts, settings, ZONES, _BETWEEN_ZONES)


def _heavy(facts: Facts, settings: Settings, detector: Detector, meters: str) -> Iterator[Finding]:
    """Traffic of an account and region that is a large share of what the account costs."""
    whole = _accounts(facts, detector.window_days)
    avoidable = settings.number("avoidable_percent")
    for part in parts(
        facts, meters, detector.window_days, where=_NOT_CDN, by=("meter", "region"), whole=True
    ):
        cost = part.a_month(part.effective)
        if not part.there or part.span < detector.minimum_days:
            continue
        if cost < settings.number("least_cost"):
            continue
        account = whole[part.account, part.currency]
        if account <= 0:
            continue
        share = Fraction(part.effective) / Fraction(account) * 100
        if share < Fraction(settings.number("least_percent")):
            continue
        off = Fraction(avoidable) / 100
        one = found(
            detector,
            part,
            rounded(Fraction(part.falls) * off * MONTH_DAYS / part.span, 2),
            _title(detector, part),
            f"{avoidable} % of the traffic's cost, {part.span} days",
            saving_list=rounded(Fraction(part.listed) * off * MONTH_DAYS / part.span, 2),
            scope=f"{part.meter} of {part.region or 'all regions'}",
            where=metered(part, part.meter),
            current=f"{rounded(Fraction(part.quantity) / part.span, 1)} GB a day",
            recommended=_ADVICE[detector.id],
            evidence=(
                cost_of(part),
                Evidence("traffic", part.quantity, "GB in the window", "ConsumedQuantity"),
                Evidence("share of the account's cost", rounded(share, 2), "%", "EffectiveCost"),
                Evidence("avoidable", avoidable, "%", "parameter"),
            ),
            reasons=(
                f"how much of it can be avoided is not on the bill: {avoidable} % is a parameter",
            ),
        )
        if one:
            yield one


def _title(detector: Detector, part: Part) -> str:
    if detector.id == REGIONS.id:
        there = part.meter.split("-AWS-")[0]
        return f"Send less from {part.region or 'a region'} to {there}"
    return f"Send less between zones of {part.region or 'a region'}"


_ADVICE = {
    "aws-cross-region-transfer": "move the reader to the data, compress, or replicate less",
    "aws-inter-az-transfer": "keep callers in the zone of what they call; compress",
}


def _accounts(facts: Facts, days: int) -> dict[tuple[str, str], Decimal]:
    """(account, currency) → effective cost of its usage in the window."""
    first, end = facts.window(days, PROVIDER)
    rows = facts.rows(
        f"SELECT account, currency, sum(effective) AS cost FROM {used()} GROUP BY ALL",
        {"first": first, "end": end},
    )
    return {(str(row["account"] or ""), str(row["currency"])): row["cost"] for row in rows}


def _egress(facts: Facts, settings: Settings) -> Iterator[Finding]:
    percent = settings.number("grows_percent")
    for grew in trends.grown(facts, _OUT, _NOT_CDN, percent, whole=True):
        part = grew.part
        one = found(
            EGRESS,
            part,
            grew.saving,
            f"Traffic out of {part.region or 'AWS'} of {part.account} grew by {grew.percent} %",
            "cost of the last two weeks less that of the eight before, a month",
            scope=f"traffic out of {part.region or 'all regions'}",
            where=f"{metered(part, 'DataTransfer-Out-Bytes')} AND {_NO_CDN}",
            cost=rounded(grew.now_cost * MONTH_DAYS, 2),
            current=f"{rounded(grew.now, 1)} GB a day",
            recommended=f"{rounded(grew.before, 1)} GB a day, as before",
            evidence=grew.evidence("GB"),
            reasons=(
                "whether the growth is wanted, such as more customers, is not on the bill",
                "a season grows it too: compare with the year before",
            ),
        )
        if one:
            yield one


def _bounds(least: str, percent: str) -> tuple[Parameter, ...]:
    return (
        Parameter(
            "least_cost", Decimal(least), "traffic that costs less a month is left out",
            "the bill's currency", Decimal(0), Decimal(1_000_000),
        ),
        Parameter(
            "least_percent", Decimal(percent), "the least share of the account's cost", "%",
            Decimal(0), Decimal(100),
        ),
        Parameter(
            "avoidable_percent", Decimal(20), "the share that could be avoided", "%", Decimal(1),
            Decimal(100),
        ),
    )  # fmt: skip


REGIONS = Detector(
    id="aws-cross-region-transfer",
    title="Traffic between regions",
    provider=PROVIDER,
    service="AWSDataTransfer",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate="Traffic from one region to another of AWS costs an account at least the "
    "parameters' amount and share.",
    formula="The avoidable share (parameter) of its effective cost.",
    verification="The charges of that usage type fall.",
    action="Configure",
    group="traffic",
    effort="High",
    confidence="low",
    find=_regions,
    risk="Copies in another region may be there for disasters.",
    exclusions=("CloudFront",),
    parameters=_bounds("50", "0.5"),
    source="Outlay",
)

ZONES = Detector(
    id="aws-inter-az-transfer",
    title="Traffic between zones",
    provider=PROVIDER,
    service="AWSDataTransfer",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate="Traffic between zones of a region costs an account at least the parameters' amount "
    "and share.",
    formula="The avoidable share (parameter) of its effective cost.",
    verification="The charges of DataTransfer-Regional-Bytes fall.",
    action="Configure",
    group="traffic",
    effort="High",
    confidence="low",
    find=_zones,
    risk="Spreading over zones is what survives the loss of one.",
    exclusions=("CloudFront",),
    parameters=_bounds("100", "2"),
    source="Outlay",
)

EGRESS = Detector(
    id="aws-egress-growth",
    title="Traffic out of AWS that grows steadily",
    provider=PROVIDER,
    service="AWSDataTransfer",
    inputs=("daily",),
    window_days=trends.WINDOW_DAYS,
    minimum_days=trends.WINDOW_DAYS,
    predicate="An account's traffic to the internet is higher, in each of the last two weeks and "
    "on their median day, than in the eight weeks before by the parameter's percent.",
    formula="Its cost a day in the last two weeks − that of the eight weeks before, as a month.",
    verification="The account's traffic out is what it was before.",
    action="Configure",
    group="traffic",
    effort="Medium",
    confidence="low",
    find=_egress,
    risk="Less traffic may be fewer customers: look at what is sent to whom first.",
    exclusions=("spikes: the median day must have grown too", "CloudFront"),
    parameters=(trends.GROWS,),
    source="Outlay",
)

DETECTORS = (REGIONS, ZONES, EGRESS)
