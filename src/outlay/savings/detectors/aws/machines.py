"""Machines of EC2: generations before, and processors of Arm."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.aws.parts import PROVIDER, Part, cost_of, found, parts, seen
from outlay.savings.detectors.aws.prices import GRAVITON, LINUX, NEWER, HourPrices, moved
from outlay.savings.detectors.contract import Detector, Facts, Settings
from outlay.savings.model import MONTH_DAYS, Evidence, Finding

_ON_DEMAND = f"NOT spot AND operation = '{LINUX}' AND code = 'AmazonEC2' AND resource <> ''"


def _previous(facts: Facts, _settings: Settings) -> Iterator[Finding]:
    yield from _moves(facts, PREVIOUS, NEWER)


def _graviton(facts: Facts, _settings: Settings) -> Iterator[Finding]:
    yield from _moves(facts, ARM, GRAVITON)


def _moves(facts: Facts, detector: Detector, families: dict[str, str]) -> Iterator[Finding]:
    prices = HourPrices(facts, detector.window_days)
    for part in _machines(facts, detector):
        target = moved(part.meter, families)
        if target is None:
            continue
        name = ".".join(target)
        known = prices.ratio(part.currency, part.region, part.meter, name)
        if known is None or known[0] >= 1:
            continue
        off, source = 1 - known[0], known[1]
        now = part.meter.removeprefix("BoxUsage:")
        one = found(
            detector,
            part,
            rounded(Fraction(part.falls) * off * MONTH_DAYS / part.span, 2),
            f"Run {part.called} on {name} instead of {now}",
            f"{rounded(off * 100, 2)} % of its cost outside commitments, {part.span} days",
            saving_list=rounded(Fraction(part.listed) * off * MONTH_DAYS / part.span, 2),
            current=now,
            recommended=name,
            evidence=(
                cost_of(part),
                seen(part),
                Evidence("hours", part.quantity, "hours in the window", "ConsumedQuantity"),
                Evidence("price of the other", rounded(known[0], 6), "of the present", source),
            ),
            reasons=() if source.startswith("list") else (source,),
        )
        if one:
            yield one


def _machines(facts: Facts, detector: Detector) -> Iterator[Part]:
    """Machines that have been there for long enough, with one type in the window."""
    found_parts = parts(facts, "^BoxUsage:", detector.window_days, where=_ON_DEMAND, by=("meter",))
    for part in found_parts:
        if part.there and part.span >= detector.minimum_days and part.quantity:
            yield part


PREVIOUS = Detector(
    id="aws-ec2-previous-generation",
    title="Machines of a generation before",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate="A Linux machine of m3, m4, m5, c3, c4, c5, r3, r4, r5 or t2 is paid on demand, and "
    "the newer one of the same size and instruction set costs less.",
    formula="What the machine cost outside commitments × (1 − price of the newer machine ÷ its "
    "own), both at list on this bill in the same region, else by AWS's list prices of "
    "November 2025.",
    verification="The machine's charges are BoxUsage of the newer type.",
    action="Upgrade",
    group="size",
    effort="Medium",
    confidence="medium",
    find=_previous,
    restart=True,
    risk="The newer type needs drivers for NVMe and ENA; m6a, c6a and r6a are AMD.",
    exclusions=(
        "spot machines",
        "Windows and machines with a licence in their price, whose licence costs the same",
        "nodes whose cost pods share out",
        "machines younger than 14 days, such as autoscaled ones",
    ),
    source="OptScale instance_generation_upgrade; Cloud Intelligence Dashboards",
)

ARM = Detector(
    id="aws-ec2-graviton",
    title="Machines that could run on Graviton",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate="A Linux machine with Intel or AMD processors of families m, c, r or t is paid on "
    "demand, and the Graviton one of the same size costs less.",
    formula="What the machine cost outside commitments × (1 − price of the Graviton machine ÷ its "
    "own), both at list on this bill in the same region, else by AWS's list prices of "
    "November 2025. A gain in speed is not counted.",
    verification="The machine's charges are BoxUsage of the Graviton type.",
    action="MigrateToGraviton",
    group="size",
    effort="High",
    confidence="low",
    find=_graviton,
    restart=True,
    risk="The software and its image must run on Arm; what it is is not on the bill.",
    exclusions=(
        "spot machines",
        "Windows and machines with a licence in their price",
        "nodes whose cost pods share out, and machines that other services run",
        "machines younger than 14 days, such as autoscaled ones",
    ),
    source="AWS Cost Optimization Hub (MigrateToGraviton); Cloud Intelligence Dashboards",
)

DETECTORS = (PREVIOUS, ARM)
