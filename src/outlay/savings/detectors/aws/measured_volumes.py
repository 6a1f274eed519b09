"""EBS: volumes that are attached to nothing, and operations that are paid for and not used."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

from outlay.focus.utilization_ids import BilledIds
from outlay.money.quotients import rounded
from outlay.savings.detectors.aws.measured import (
    Stat,
    evidence_of,
    insufficient,
    lacks,
    measured,
    with_headroom,
)
from outlay.savings.detectors.aws.parts import (
    PROVIDER,
    Part,
    cost_of,
    found,
    gone,
    metered,
    parts,
    seen,
)
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Headroom, Insufficient

_INCLUDED = {"gp3": 3000}
"""Operations a second that a volume's price has in it."""

_LEAST = {"io1": 100, "io2": 100, "gp3": 0}
"""The fewest that can be provisioned (gp3: beyond those included)."""

_STATES = ("maximum", "average")


def _unattached(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    detector = UNATTACHED
    billed = [
        part for part in parts(facts, "^EBS:Volume", detector.window_days)
        if part.there and part.span >= detector.minimum_days
    ]  # fmt: skip
    known = measured(facts, ("attached",), billed, detector.window_days)
    days = int(settings.number("least_days"))
    for part in billed:
        if part.a_month(part.falls) < settings.minimum_saving:
            continue
        state = known.of(part.resource, "attached", _STATES)
        if state is not None and state.highest > 0:
            continue
        missing = lacks(state, days, "attached", "an inventory of volumes a day says it")
        if state is None or missing:
            yield insufficient(detector, part, (missing,))
            continue
        one = gone(
            detector, part, f"Delete {part.called} after a snapshot: it is attached to nothing",
            f"what the volume costs, {part.span} days; a snapshot of it costs about "
            "0.05 USD a GB used",
            where=metered(part, "EBS:Volume%"),
            current="unattached", recommended="deleted, with a last snapshot",
            evidence=(cost_of(part), seen(part), evidence_of(state, "attached", "state")),
            reasons=(f"attached to nothing in the inventories of {state.days} days",),
        )  # fmt: skip
        if one:
            yield one


def _overprovisioned(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    detector = OPERATIONS
    billed = [
        part for part in parts(facts, "^EBS:VolumeP-IOPS", detector.window_days, by=("meter",))
        if part.there and part.span >= detector.minimum_days and part.quantity > 0
    ]  # fmt: skip
    known = measured(facts, ("iops",), billed, detector.window_days)
    counted = _counted(facts, billed, detector.window_days)
    days = int(settings.number("least_days"))
    for part in billed:
        if part.a_month(part.falls) < settings.minimum_saving:
            continue
        peak = known.of(part.resource, "iops", ("maximum", "p99")) or counted.get(part.resource)
        missing = lacks(
            peak, days, "operations a second",
            "their maximum, or read and write operations by the hour or finer",
        )  # fmt: skip
        if peak is None or missing:
            yield insufficient(detector, part, (missing,))
            continue
        one = _fewer(part, peak, settings)
        if one:
            yield one


def _fewer(part: Part, peak: Stat, settings: Settings) -> Finding | None:
    # AWS calls io1's meter by the name that the type had: ``VolumeP-IOPS.piops``.
    kind = next((one for one in _LEAST if part.meter.endswith(one)), "io1")
    now = provisioned(part)
    room = 1 + Fraction(settings.number("headroom")) / 100
    # Rounded up: never fewer than are needed.
    needed = ceil(Fraction(peak.highest) * room)
    after = max(_LEAST[kind], needed - _INCLUDED.get(kind, 0))
    if after >= now:
        return None
    off = 1 - Fraction(after) / now
    both = _INCLUDED.get(kind, 0)
    busy = rounded(Fraction(peak.highest) * 100 / (now + both), 2)
    one = found(
        OPERATIONS, part, rounded(Fraction(part.falls) * off * MONTH_DAYS / part.span, 2),
        f"Provision {after + both} operations a second of {part.called} instead of "
        f"{int(rounded(now, 0)) + both}",
        f"{rounded(off * 100, 2)} % of what its operations cost in {part.span} days, as "
        f"{MONTH_DAYS} days",
        saving_list=rounded(Fraction(part.listed) * off * MONTH_DAYS / part.span, 2),
        where=metered(part, "EBS:VolumeP-IOPS%"),
        current=f"{int(rounded(now, 0)) + both} IOPS", recommended=f"{after + both} IOPS",
        evidence=(
            cost_of(part), seen(part), evidence_of(peak, "iops", "operations a second"),
            Evidence("provisioned beyond what is included", rounded(now, 2),
                     "operations a second", "ConsumedQuantity"),
            Evidence("left free", settings.number("headroom"), "percent", "the setting"),
        ),
        reasons=(f"at most {rounded(Fraction(peak.highest), 0)} operations a second on "
                 f"{peak.days} days",),
    )  # fmt: skip
    after_busy = rounded(Fraction(peak.highest) * 100 / (after + both), 2)
    return with_headroom(one, (Headroom("iops", peak.statistic, busy, after_busy),))


def provisioned(part: Part) -> Fraction:
    """Operations a second that are billed: a day bills a month's divided by the month's days."""
    lengths = [
        calendar.monthrange(day.year, day.month)[1]
        for day in (part.first + timedelta(days=n) for n in range(part.span))
    ]
    return Fraction(part.quantity) / sum(Fraction(1, length) for length in lengths)


def _counted(facts: Facts, billed: list[Part], days: int) -> dict[str, Stat]:
    """The highest operations a second of periods of an hour or less, reads and writes together. A
    whole day's count hides its peaks and tells nothing."""
    first, end = facts.window(days, PROVIDER)
    rows = facts.rows(
        """WITH periods AS (SELECT ResourceId AS resource, SubAccountId AS account, PeriodStart AS
                begins, CAST(sum(Value) AS DECIMAL(38,6)) AS operations,
                epoch(PeriodEnd - PeriodStart) AS seconds, count(DISTINCT Metric) AS kinds
            FROM utilization WHERE Metric IN ('disk_read_ops', 'disk_write_ops')
                AND Statistic = 'sum' AND PeriodStart >= $first AND PeriodStart < $end
                AND ResourceId IS NOT NULL AND PeriodEnd - PeriodStart <= INTERVAL 1 HOUR
                AND PeriodEnd > PeriodStart
            GROUP BY ResourceId, SubAccountId, PeriodStart, PeriodEnd)
        SELECT resource, account, max(operations) AS operations, any_value(seconds) AS seconds,
            count(DISTINCT CAST(begins AS DATE)) AS days
        FROM periods WHERE kinds = 2 GROUP BY resource, account, seconds ORDER BY ALL""",
        {"first": first, "end": end},
    )
    names = BilledIds((part.resource, part.account) for part in billed)
    found_: dict[str, Stat] = {}
    for row in rows:
        own = names.find(str(row["resource"]), str(row["account"] or ""))
        if own is None:
            continue
        rate = rounded(Fraction(row["operations"]) / int(row["seconds"]), 2)
        known = found_.get(own)
        if known is None or rate > known.highest:
            found_[own] = Stat("sum", rate, rate, rate, rate, int(row["days"]))
    return found_


UNATTACHED = Detector(
    id="aws-ebs-unattached",
    title="Volumes that are attached to nothing",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily", "utilization"),
    window_days=14,
    minimum_days=14,
    predicate="Inventories of every one of 14 days say that the volume is attached to nothing.",
    formula="What the volume cost: its storage, operations and throughput.",
    verification="The volume has no charges of EBS:Volume any more.",
    action="Delete",
    group="existence",
    effort="Low",
    confidence="high",
    find=_unattached,
    restart=False,
    rollback=True,
    risk="What is on it is gone without the snapshot.",
    metrics=("attached",),
    exclusions=("volumes younger than 14 days",),
    parameters=(
        Parameter("least_days", Decimal(14), "Inventories of how many days must say so", "days",
                  least=Decimal(2), most=Decimal(14)),
    ),
    source="OptScale volumes_not_attached_for_a_long_time; Cloud Custodian; GCP Recommender (15 d)",
)  # fmt: skip

OPERATIONS = Detector(
    id="aws-ebs-overprovisioned-iops",
    title="Operations of volumes that are paid for and not used",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily", "utilization"),
    window_days=14,
    minimum_days=14,
    predicate="The highest number of operations a second over 14 days, with the headroom, is below "
    "what is provisioned (io1, io2, gp3 beyond 3,000).",
    formula="What its provisioned operations cost × (1 − needed ÷ provisioned); needed is the "
    "highest measured and the headroom, rounded up, less the 3,000 that gp3 includes.",
    verification="The volume's charges of VolumeP-IOPS fall to the new number.",
    action="Configure",
    group="storage",
    effort="VeryLow",
    confidence="medium",
    find=_overprovisioned,
    restart=False,
    risk="A volume can be changed once in six hours: a sudden load waits that long.",
    metrics=("iops", "disk_read_ops", "disk_write_ops"),
    exclusions=("volumes younger than 14 days", "counts of whole days, which hide peaks"),
    parameters=(
        Parameter("headroom", Decimal(20), "What is to be provisioned beyond the highest measured",
                  "percent", least=Decimal(0), most=Decimal(200)),
        Parameter("least_days", Decimal(14), "On how many days it must be measured", "days",
                  least=Decimal(7), most=Decimal(14)),
    ),
    source="AWS Trusted Advisor COr6dfpM03 (over-provisioned EBS); Flexera (30 %)",
)  # fmt: skip

DETECTORS = (UNATTACHED, OPERATIONS)
