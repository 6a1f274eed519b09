"""Volumes and snapshots of EC2: types that cost more than they need to, and old copies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.aws.parts import (
    PROVIDER,
    Part,
    cost_of,
    found,
    gone,
    parts,
    seen,
    used,
)
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import MONTH_DAYS, Evidence, Finding

_MONTH_OF_THE_BILL = Fraction(365, 12)
"""AWS counts GB-months by the month's own length: this many days on average."""

_CHEAPER = Fraction(8, 10)
_IO1_TO_GP3 = Fraction(64, 100)
_EXTRA_IOPS = Fraction(6, 100)
_EXTRA_THROUGHPUT = Fraction(1, 2)
"""gp3 by gp2's price, by io1's (0.08 of 0.125 dollars), one further operation a second and one
further MiB/s by gp3's price for a GB (Cloud Intelligence Dashboards, KPI "EBS gp2 to gp3")."""

_FREE_IOPS, _FREE_THROUGHPUT = 3000, 125
_MOST_IOPS, _MOST_THROUGHPUT = 16000, 1000


def _gp3_prices(facts: Facts, days: int) -> dict[tuple[str, str], Fraction]:
    """(currency, region) → list price of a GB-month of gp3 on this bill."""
    first, end = facts.window(days, PROVIDER)
    rows = facts.rows(
        f"""SELECT currency, region, sum(listed) AS cost, sum(quantity) AS amount FROM {used()}
        WHERE meter = 'EBS:VolumeUsage.gp3' GROUP BY ALL
        HAVING sum(quantity) > 0 AND sum(listed) > 0""",
        {"first": first, "end": end},
    )
    return {
        (str(row["currency"]), str(row["region"] or "")): Fraction(row["cost"])
        / Fraction(row["amount"])
        for row in rows
    }


def _size(part: Part) -> Fraction:
    """GB that a volume has, from its GB-months (IOPS from IOPS-months)."""
    return Fraction(part.quantity) * _MONTH_OF_THE_BILL / part.span


def _extra(iops: Fraction, throughput: Fraction) -> Fraction:
    """What gp3 costs a month above its GBs, in prices of a GB."""
    more = max(Fraction(0), min(iops, Fraction(_MOST_IOPS)) - _FREE_IOPS) * _EXTRA_IOPS
    fast = max(Fraction(0), min(throughput, Fraction(_MOST_THROUGHPUT)) - _FREE_THROUGHPUT)
    return more + fast * _EXTRA_THROUGHPUT


def _gp2(facts: Facts, settings: Settings) -> Iterator[Finding]:
    detector = GP2
    known = _gp3_prices(facts, detector.window_days)
    for part in parts(facts, r"^EBS:VolumeUsage\.gp2$", detector.window_days):
        if not part.there or part.span < detector.minimum_days or not part.quantity:
            continue
        size = _size(part)
        own = Fraction(part.listed) / Fraction(part.quantity)
        price = known.get((part.currency, part.region), own * _CHEAPER)
        iops = max(Fraction(100), size * 3)
        fast = Fraction(250 if size > 170 and settings.values["keep_throughput"] else 125)
        # At list, a month of MONTH_DAYS days; GB-months are the bill's own.
        stored = Fraction(part.quantity) * MONTH_DAYS / part.span
        new = price * (stored + _extra(iops, fast) * MONTH_DAYS / _MONTH_OF_THE_BILL)
        old = Fraction(part.listed) * MONTH_DAYS / part.span
        paid = Fraction(part.effective) / Fraction(part.listed) if part.listed else Fraction(0)
        one = found(
            detector,
            part,
            rounded((old - new) * paid, 2),
            f"Change the volume {part.called} from gp2 to gp3",
            f"cost as gp2 less that as gp3 with the same speed, {part.span} days",
            saving_list=rounded(old - new, 2),
            current=f"gp2, {rounded(size, 0)} GB",
            recommended=f"gp3, {rounded(size, 0)} GB, {rounded(max(iops, Fraction(3000)), 0)} "
            f"IOPS, {fast} MiB/s",
            evidence=(
                cost_of(part),
                seen(part),
                Evidence("size", rounded(size, 1), "GB", "ConsumedQuantity"),
                Evidence("list price of gp2", rounded(own, 6), part.currency, "ListCost"),
                Evidence("list price of gp3", rounded(price, 6), part.currency, "ListCost"),
            ),
        )
        if one:
            yield one


def _io1(facts: Facts, settings: Settings) -> Iterator[Finding]:
    detector = IO1
    known = _gp3_prices(facts, detector.window_days)
    speed = {
        (p.account, p.currency, p.resource): p
        for p in parts(facts, r"^EBS:VolumeP-IOPS\.piops$", detector.window_days)
    }
    for part in parts(facts, r"^EBS:VolumeUsage\.piops$", detector.window_days):
        fast = speed.get((part.account, part.currency, part.resource))
        if fast is None or not part.there or part.span < detector.minimum_days:
            continue
        size, iops = _size(part), _size(fast)
        if iops > settings.number("most_iops") or not part.quantity or not part.listed:
            continue
        price = known.get(
            (part.currency, part.region),
            Fraction(part.listed) / Fraction(part.quantity) * _IO1_TO_GP3,
        )
        through = min(iops / 4, Fraction(500))  # io1: 256 KiB an operation, at most 500 MiB/s
        stored = Fraction(part.quantity) * MONTH_DAYS / part.span
        extra = _extra(iops, through) * MONTH_DAYS / _MONTH_OF_THE_BILL
        listed, effective = part.listed + fast.listed, part.effective + fast.effective
        old = Fraction(listed) * MONTH_DAYS / part.span
        new = price * (stored + extra)
        one = found(
            detector,
            part,
            rounded((old - new) * Fraction(effective) / Fraction(listed), 2),
            f"Change the volume {part.called} from io1 to gp3",
            f"cost as io1 less that as gp3 with the same speed, {part.span} days",
            saving_list=rounded(old - new, 2),
            cost=part.a_month(effective),
            current=f"io1, {rounded(size, 0)} GB, {rounded(iops, 0)} IOPS",
            recommended=f"gp3, {rounded(size, 0)} GB, "
            f"{rounded(max(iops, Fraction(_FREE_IOPS)), 0)} IOPS, "
            f"{rounded(max(through, Fraction(_FREE_THROUGHPUT)), 0)} MiB/s",
            evidence=(
                Evidence("cost in the window", effective, part.currency, "EffectiveCost"),
                seen(part),
                Evidence("size", rounded(size, 1), "GB", "ConsumedQuantity"),
                Evidence("operations a second", rounded(iops, 0), "IOPS", "ConsumedQuantity"),
                Evidence("list price of gp3", rounded(price, 6), part.currency, "ListCost"),
            ),
        )
        if one:
            yield one


def _snapshots(facts: Facts, settings: Settings) -> Iterator[Finding]:
    detector = SNAPSHOTS
    least = int(settings.number("older_than_days"))
    end = facts.window(detector.window_days, PROVIDER)[1]
    old = {
        (p.account, p.currency, p.resource): p
        for p in parts(facts, r"^EBS:SnapshotUsage$", detector.window_days, view="history")
    }
    before = {
        (p.account, p.currency, p.resource): Fraction(p.quantity) / p.days
        for p in parts(facts, r"^EBS:SnapshotUsage$", 30, until=end - timedelta(days=30))
    }
    for part in parts(facts, r"^EBS:SnapshotUsage$", 30):
        key = (part.account, part.currency, part.resource)
        past = old.get(key)
        if past is None or past.span <= least or not part.there or key not in before:
            continue
        kept = before[key] * (1 - Fraction(settings.number("shrinks_percent")) / 100)
        if Fraction(part.quantity) / part.days < kept:
            continue
        one = gone(
            detector,
            part,
            f"Delete the old snapshot {part.called}",
            f"its whole cost, {part.span} days",
            current=f"on the bill since {past.first}",
            recommended="delete, or move to the archive tier",
            evidence=(
                cost_of(part),
                Evidence("days on the bill", Decimal(past.span), "days", "ChargePeriodStart"),
                Evidence("stored", part.quantity, "GB-months in the window", "ConsumedQuantity"),
            ),
            reasons=(
                "whether an image or a rule of retention needs it is not on the bill",
                "what later snapshots share with it stays and is billed with them",
            ),
        )
        if one:
            yield one


GP2 = Detector(
    id="aws-ebs-gp2",
    title="gp2 volumes that gp3 serves for less",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate="A volume is billed as EBS:VolumeUsage.gp2 and is still there.",
    formula="Cost as gp2 − (GB × price of gp3 + operations a second above 3,000 × 0.06 × that "
    "price + MiB/s above 125 × 0.5 × that price), times what is paid of the list price; the speed "
    "that is kept is gp2's own: 3 operations a second for each GB, at most 16,000, and 250 MiB/s "
    "above 170 GB. The price of gp3 is the bill's own of that region, else 0.8 of gp2's.",
    verification="The volume's charges are EBS:VolumeUsage.gp3 and what was planned above it.",
    action="Upgrade",
    group="storage",
    effort="VeryLow",
    confidence="high",
    find=_gp2,
    risk="Performance is that of the present type; the change runs while the volume is in use.",
    exclusions=("volumes that are no longer on the bill", "volumes younger than 14 days"),
    parameters=(
        Parameter(
            "keep_throughput",
            True,
            "plan for gp2's 250 MiB/s of volumes above 170 GB; else gp3's 125 MiB/s, which "
            "are free",
        ),
    ),
    source="AWS Cloud Intelligence Dashboards, KPI dashboard (gp2 to gp3); gp2's throughput by "
    "docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html",
)

IO1 = Detector(
    id="aws-ebs-provisioned-iops",
    title="Provisioned IOPS that gp3 serves for less",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate="A volume is billed as EBS:VolumeUsage.piops (io1) with no more operations a second "
    "than gp3 can have, and is still there.",
    formula="Cost as io1, storage and operations − (GB × price of gp3 + operations a second above "
    "3,000 × 0.06 × that price + MiB/s above 125 × 0.5 × that price), times what is paid of the "
    "list price; io1 has 256 KiB for each operation, at most 500 MiB/s. The price of gp3 is the "
    "bill's own of that region, else 0.64 of io1's.",
    verification="The volume has no charges of EBS:VolumeUsage.piops and EBS:VolumeP-IOPS.piops.",
    action="Upgrade",
    group="storage",
    effort="Low",
    confidence="medium",
    find=_io1,
    risk="io1 promises a steadier latency, and can be attached to several machines; gp3 cannot.",
    exclusions=("io2, which is bought for its durability", "volumes younger than 14 days"),
    parameters=(
        Parameter(
            "most_iops",
            Decimal(16000),
            "volumes with more are left out",
            "IOPS",
            Decimal(100),
            Decimal(16000),
        ),
    ),
    source="docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html",
)

SNAPSHOTS = Detector(
    id="aws-ebs-old-snapshots",
    title="Old snapshots of volumes",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily",),
    window_days=400,
    minimum_days=91,
    predicate="A snapshot has been on the bill for longer than the parameter's days, and its "
    "last 30 days did not shrink against the 30 before.",
    formula="Its whole effective cost of the last 30 days.",
    verification="The snapshot's charges end.",
    action="Delete",
    group="existence",
    effort="Low",
    confidence="low",
    find=_snapshots,
    rollback=False,
    risk="A deleted snapshot cannot be brought back, except from the recycle bin.",
    exclusions=(
        "snapshots that shrink: somebody is at work on them",
        "snapshots that the bill does not name (no resource)",
    ),
    parameters=(
        Parameter(
            "older_than_days",
            Decimal(90),
            "only snapshots that have been on the bill for longer",
            "days",
            Decimal(30),
            Decimal(390),
        ),
        Parameter(
            "shrinks_percent",
            Decimal(1),
            "a fall by more than this against the 30 days before is shrinking",
            "%",
            Decimal(0),
            Decimal(100),
        ),
    ),
    source="Cloud Intelligence Dashboards (snapshots); Flexera old snapshots",
)

DETECTORS = (GP2, IO1, SNAPSHOTS)
