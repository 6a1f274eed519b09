"""What a network costs that nothing uses: addresses, NAT gateways, load balancers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from outlay.savings.detectors.aws.parts import (
    PROVIDER,
    Part,
    cost_of,
    found,
    gone,
    parts,
    seen,
)
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.reckon import condition
from outlay.savings.model import Evidence, Finding, Insufficient

_BALANCER = "code = 'AWSELB' OR service ILIKE '%load balanc%'"


def _addresses(facts: Facts, settings: Settings) -> Iterator[Finding]:
    del settings
    detector = ADDRESSES
    meters = r"^(PublicIPv4|ElasticIP):IdleAddress"
    for part in parts(facts, meters, detector.window_days, where="true", by=("region",)):
        if not part.there or part.span < detector.minimum_days:
            continue
        hours = Evidence("idle hours", part.quantity, "hours in the window", "ConsumedQuantity")
        basis = f"its whole cost, {part.span} days"
        if part.resource:
            one = gone(
                detector, part, f"Release the idle address {part.called}", basis,
                evidence=(cost_of(part), hours),
            )  # fmt: skip
        else:
            # Older bills name the account alone.
            one = found(
                detector, part, part.a_month(part.falls),
                f"Release idle addresses of {part.account} in {part.region or 'all regions'}",
                basis, saving_list=part.a_month(part.listed),
                scope=f"idle addresses in {part.region or 'all regions'}",
                where=f"{_of(part)} AND (SkuMeter LIKE '%:IdleAddress%' OR "
                "x_UsageType LIKE '%:IdleAddress%')",
                evidence=(cost_of(part), hours),
                reasons=("the bill does not name the addresses",),
            )  # fmt: skip
        if one:
            yield one


def _of(part: Part) -> str:
    return condition(SubAccountId=part.account, RegionId=part.region or None)


def _gateways(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    least = settings.number("most_gb_a_day")
    yield from _idle(
        facts, NAT, r"^NatGateway-Hours$", r"^NatGateway-(Prvd-)?Bytes$", "true", least, "GB",
        "NAT gateway",
    )  # fmt: skip


def _endpoints(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    least = settings.number("most_gb_a_day")
    yield from _idle(
        facts, ENDPOINTS, r"^VpcEndpoint(-GWLBE)?-Hours$", r"^VpcEndpoint(-GWLBE)?-Bytes$", "true",
        least, "GB", "endpoint",
    )  # fmt: skip


def _balancers(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    least = settings.number("most_units_a_day")
    yield from _idle(
        facts, BALANCERS, r"^LoadBalancerUsage$", r"^(LCUUsage|DataProcessing-Bytes)$", _BALANCER,
        least, "capacity units or GB", "load balancer",
    )  # fmt: skip


def _idle(
    facts: Facts,
    detector: Detector,
    hours: str,
    traffic: str,
    where: str,
    least: Decimal,
    unit: str,
    what: str,
) -> Iterator[Finding | Insufficient]:
    """Resources with hours and without traffic. Where the bill has traffic of the account that
    names no resource, or none of anybody, a resource without it cannot be judged."""
    moved = parts(facts, traffic, detector.window_days, where=where)
    named = {(p.account, p.currency, p.resource): p for p in moved if p.resource}
    blind = {p.account for p in moved if not p.resource}
    for part in parts(facts, hours, detector.window_days, where=f"({where}) AND resource <> ''"):
        if not part.there or part.span < detector.minimum_days:
            continue
        through = named.get((part.account, part.currency, part.resource))
        amount = through.quantity if through else Decimal(0)
        if amount > least * part.span:
            continue
        if through is None and (part.account in blind or not moved):
            yield Insufficient(
                detector.id, part.resource,
                f"traffic of each {what}: the bill has none that names one of this account",
                PROVIDER, part.account, part.currency, part.a_month(part.effective),
            )  # fmt: skip
            continue
        one = gone(
            detector,
            part,
            f"Delete the idle {what} {part.called}",
            f"the cost of its hours, {part.span} days",
            cost=part.a_month(part.effective + (through.effective if through else Decimal(0))),
            current=f"{part.quantity:f}".rstrip("0").rstrip(".") + " hours, no traffic",
            recommended="delete",
            evidence=(
                cost_of(part),
                seen(part),
                Evidence("hours", part.quantity, "hours in the window", "ConsumedQuantity"),
                Evidence("traffic", amount, f"{unit} in the window", "ConsumedQuantity"),
            ),
        )
        if one:
            yield one


ADDRESSES = Detector(
    id="aws-public-ipv4-idle",
    title="Public addresses that nothing uses",
    provider=PROVIDER,
    service="AmazonVPC",
    inputs=("daily",),
    window_days=30,
    minimum_days=7,
    predicate="Hours of PublicIPv4:IdleAddress (ElasticIP:IdleAddress before 2024) over at least "
    "seven days, up to the last ones.",
    formula="The whole effective cost of those hours.",
    verification="The address has no charges of an idle address.",
    action="Delete",
    group="existence",
    effort="VeryLow",
    confidence="high",
    find=_addresses,
    rollback=False,
    risk="A released address is lost; partners may have it in their firewalls.",
    exclusions=("addresses in use (PublicIPv4:InUseAddress)",),
    source="AWS Trusted Advisor Z4AUBRNSmz; OptScale obsolete_ips (7 days)",
)

NAT = Detector(
    id="aws-nat-gateway-idle",
    title="NAT gateways without traffic",
    provider=PROVIDER,
    service="AmazonVPC",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate="A gateway has hours on at least 14 days and no more bytes than the parameter says.",
    formula="The effective cost of its hours.",
    verification="The gateway has no charges of NatGateway-Hours.",
    action="Delete",
    group="existence",
    effort="Low",
    confidence="high",
    find=_gateways,
    risk="Whatever reaches the internet through it stops; a new one has another address.",
    exclusions=(
        "gateways younger than 14 days",
        "accounts whose bytes name no gateway: insufficient",
    ),
    parameters=(
        Parameter(
            "most_gb_a_day", Decimal(0), "so much traffic a day still counts as none", "GB",
            Decimal(0), Decimal(100),
        ),
    ),
    source="AWS Trusted Advisor c2vlfg022t; AWS Compute Optimizer idle NAT gateways",
)  # fmt: skip

ENDPOINTS = Detector(
    id="aws-vpc-endpoint-idle",
    title="Endpoints without traffic",
    provider=PROVIDER,
    service="AmazonVPC",
    inputs=("daily",),
    window_days=30,
    minimum_days=30,
    predicate="An interface or gateway load balancer endpoint has hours on each of 30 days and no "
    "more bytes than the parameter says.",
    formula="The effective cost of its hours.",
    verification="The endpoint has no charges of VpcEndpoint-Hours.",
    action="Delete",
    group="existence",
    effort="Low",
    confidence="medium",
    find=_endpoints,
    risk="Whatever reaches the service through it takes the internet, or is cut off.",
    exclusions=(
        "endpoints younger than 30 days",
        "accounts whose bytes name no endpoint: insufficient",
    ),
    parameters=(
        Parameter(
            "most_gb_a_day", Decimal(0), "so much traffic a day still counts as none", "GB",
            Decimal(0), Decimal(100),
        ),
    ),
    source="AWS Trusted Advisor c2vlfg0jp6 and c2vlfg0k35",
)  # fmt: skip

BALANCERS = Detector(
    id="aws-load-balancer-idle",
    title="Load balancers without traffic",
    provider=PROVIDER,
    service="AWSELB",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate="A load balancer has hours on at least 14 days and no capacity units (LCU) or bytes "
    "above the parameter's.",
    formula="The effective cost of its hours.",
    verification="The load balancer has no charges of LoadBalancerUsage.",
    action="Delete",
    group="existence",
    effort="Low",
    confidence="high",
    find=_balancers,
    risk="Its DNS name is lost; a new one has another.",
    exclusions=(
        "load balancers younger than 14 days",
        "accounts whose traffic names no load balancer: insufficient",
    ),
    parameters=(
        Parameter(
            "most_units_a_day", Decimal(0),
            "so many capacity units (LCU-hours) or GB a day still count as none", "units",
            Decimal(0), Decimal(100),
        ),
    ),
    source="OptScale abandoned_load_balancers; AWS Trusted Advisor hjLMh88uM8",
)  # fmt: skip

DETECTORS = (ADDRESSES, NAT, ENDPOINTS, BALANCERS)
