"""Buckets of S3 that are kept in the dearest class and hardly read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.aws.parts import PROVIDER, Part, cost_of, found, metered, parts
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Insufficient

_S3 = "(code = 'AmazonS3' OR service ILIKE '%simple storage%')"
_STANDARD = r"^TimedStorage-ByteHrs$"
_READS = r"^Requests-(Tier2|SIA-Tier2|INT-Tier2)$"
_MONTH_OF_THE_BILL = Fraction(365, 12)
_INFREQUENT = Fraction(125, 230)
"""0.0125 of 0.023 dollars a GB-month: the infrequent tier of Intelligent-Tiering, as S3
Standard-IA, against S3 Standard (aws.amazon.com/s3/pricing, N. Virginia, November 2025)."""


def _classes(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    detector = CLASSES
    reads = parts(facts, _READS, detector.window_days, where=_S3)
    named = {(p.account, p.currency, p.resource): p for p in reads if p.resource}
    telling = {p.account for p in reads if p.resource} - {
        p.account for p in reads if not p.resource
    }
    for part in parts(facts, _STANDARD, detector.window_days, where=f"{_S3} AND resource <> ''"):
        stored = Fraction(part.quantity) * _MONTH_OF_THE_BILL / part.span
        if not part.there or part.span < detector.minimum_days:
            continue
        if stored < Fraction(settings.number("least_gb")):
            continue
        if part.account not in telling:
            yield Insufficient(
                detector.id, part.resource,
                "reads of each bucket: the bill has no requests that name one of this account",
                PROVIDER, part.account, part.currency, part.a_month(part.effective),
            )  # fmt: skip
            continue
        one = _finding(part, named.get((part.account, part.currency, part.resource)), stored,
                       settings)  # fmt: skip
        if one:
            yield one


def _finding(part: Part, read: Part | None, stored: Fraction, settings: Settings) -> Finding | None:
    reads = read.quantity if read else Decimal(0)
    density = Fraction(reads) / part.span / stored
    if density > Fraction(settings.number("most_reads")):
        return None
    cold = Fraction(settings.number("cold_percent")) / 100
    off = cold * (1 - _INFREQUENT)
    return found(
        CLASSES,
        part,
        rounded(Fraction(part.falls) * off * MONTH_DAYS / part.span, 2),
        f"Keep {part.called} in S3 Intelligent-Tiering",
        f"{rounded(off * 100, 2)} % of what its Standard storage costs, {part.span} days",
        saving_list=rounded(Fraction(part.listed) * off * MONTH_DAYS / part.span, 2),
        where=metered(part, "TimedStorage-%ByteHrs", "Monitoring-Automation-INT"),
        current=f"S3 Standard, {rounded(stored, 0)} GB, {rounded(density, 3)} reads a GB and day",
        recommended="S3 Intelligent-Tiering (or Standard-IA for objects that nobody reads)",
        evidence=(
            cost_of(part),
            Evidence("kept", rounded(stored, 1), "GB", "ConsumedQuantity"),
            Evidence("reads", reads, "requests in the window", "ConsumedQuantity"),
            Evidence("taken as cold", settings.number("cold_percent"), "%", "parameter"),
            Evidence(
                "price of the infrequent tier", rounded(_INFREQUENT, 4), "of Standard's",
                "AWS's list prices, November 2025",
            ),
        ),
        reasons=(
            "how many objects there are is not on the bill: watching a million of them above "
            "128 KB costs 2.50 US dollars a month, which comes off",
            f"{settings.number('cold_percent')} % of it is taken to be cold: a parameter",
        ),
    )  # fmt: skip


CLASSES = Detector(
    id="aws-s3-storage-class",
    title="Buckets in S3 Standard that are hardly read",
    provider=PROVIDER,
    service="AmazonS3",
    inputs=("daily",),
    window_days=30,
    minimum_days=28,
    predicate="A bucket keeps at least the parameter's GB in S3 Standard, and its reads (requests "
    "of tier 2) a GB and day are no more than the parameter's.",
    formula="Cost of its Standard storage × the share that is taken as cold × (1 − 0.0125 ÷ "
    "0.023).",
    verification="The bucket's storage is billed in tiers of Intelligent-Tiering.",
    action="ChangeStorageClass",
    group="storage",
    effort="Low",
    confidence="low",
    find=_classes,
    risk="Small objects are not tiered and cost a transition each.",
    exclusions=(
        "buckets of accounts whose requests name no bucket: insufficient",
        "buckets that are read more",
    ),
    parameters=(
        Parameter(
            "least_gb", Decimal(500), "smaller buckets are left out", "GB", Decimal(1),
            Decimal(10_000_000),
        ),
        Parameter(
            "most_reads", Decimal(1), "the most reads for each GB and day", "requests",
            Decimal(0), Decimal(1000),
        ),
        Parameter(
            "cold_percent", Decimal(50), "the share of it that nobody reads within 30 days", "%",
            Decimal(1), Decimal(100),
        ),
    ),
    source="OptScale s3_intelligent_tiering; aws.amazon.com/s3/pricing",
)  # fmt: skip

DETECTORS = (CLASSES,)
