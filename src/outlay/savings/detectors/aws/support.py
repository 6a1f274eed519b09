"""Extended support: what AWS asks for engines and versions past their standard support."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.aws.parts import PROVIDER, cost_of, found, metered, parts, seen
from outlay.savings.detectors.contract import Detector, Facts, Settings
from outlay.savings.model import MONTH_DAYS, Evidence, Finding

_METERS = "(?i)extended-?support"
_STANDARD_OF_EKS = Fraction(1, 6)
"""Of an hour of a cluster in extended support at 0.60 dollars, 0.10 are what an hour costs anyway
(aws.amazon.com/eks/pricing); bills that show both lines have the rest alone in the extended one."""


def _extended(facts: Facts, settings: Settings) -> Iterator[Finding]:
    del settings
    detector = EXTENDED
    clusters = {
        (p.account, p.resource)
        for p in parts(facts, r"^AmazonEKS-Hours:perCluster$", detector.window_days)
    }
    for part in parts(facts, _METERS, detector.window_days, by=("meter",)):
        if not part.there or part.span < detector.minimum_days:
            continue
        kept = Fraction(0)
        if "EKS" in part.meter.upper() and (part.account, part.resource) not in clusters:
            kept = _STANDARD_OF_EKS
        one = found(
            detector,
            part,
            rounded(Fraction(part.falls) * (1 - kept) * MONTH_DAYS / part.span, 2),
            f"Upgrade {part.called}, which pays for extended support",
            f"the surcharge of extended support, {part.span} days",
            saving_list=rounded(Fraction(part.listed) * (1 - kept) * MONTH_DAYS / part.span, 2),
            where=metered(part, part.meter),
            current=part.meter,
            recommended="a version in standard support",
            evidence=(
                cost_of(part),
                seen(part),
                Evidence("charged", part.quantity, "units in the window", "ConsumedQuantity"),
            ),
            reasons=(
                ("a sixth of the price of an hour stays: it is what a cluster costs",)
                if kept
                else ()
            ),
        )
        if one:
            yield one


EXTENDED = Detector(
    id="aws-extended-support",
    title="Databases and clusters in extended support",
    provider=PROVIDER,
    service="AmazonRDS",
    inputs=("daily",),
    window_days=30,
    minimum_days=3,
    predicate="A database, cache, search domain or Kubernetes cluster has charges of extended "
    "support.",
    formula="The whole effective cost of those charges; of a Kubernetes cluster whose standard "
    "hours are in the same line, five sixths.",
    verification="The resource has no charges of extended support.",
    action="Upgrade",
    group="support",
    effort="High",
    confidence="high",
    find=_extended,
    restart=True,
    rollback=False,
    risk="A major version may break what uses it: test it first.",
    exclusions=("resources that the bill does not name",),
    source="docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support.html",
)

DETECTORS = (EXTENDED,)
