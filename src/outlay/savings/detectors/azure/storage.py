"""Azure's storage: premium disks that do little, and blobs in the hot tier that nobody reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.azure.words import CATEGORY, METER, PROVIDER, quoted_meter
from outlay.savings.detectors.billed import (
    Billed,
    Window,
    billed,
    finding,
    lacking,
    part,
    window_of,
)
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.readings import FILLS, Reading, averages, readings
from outlay.savings.detectors.reckon import monthly
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Headroom, Insufficient

_PREMIUM = re.compile(r"P(\d+) (?:LRS |ZRS )?Disks?", re.IGNORECASE)
_DISKS = f"{CATEGORY} = 'Storage' AND {quoted_meter('^P[0-9]+ (LRS |ZRS )?Disks?$')}"

_TIERS: dict[int, tuple[int, int, str, str, int, int]] = {
    4: (120, 25, "5.28", "2.40", 500, 100),
    6: (240, 50, "10.21", "4.80", 500, 100),
    10: (500, 100, "19.71", "9.60", 500, 100),
    15: (1100, 125, "38.02", "19.20", 500, 100),
    20: (2300, 150, "73.22", "38.40", 500, 100),
    30: (5000, 200, "135.17", "76.80", 500, 100),
    40: (7500, 250, "259.05", "153.60", 500, 100),
    50: (7500, 250, "495.57", "307.20", 500, 100),
    60: (16000, 500, "946.08", "614.40", 2000, 400),
    70: (18000, 750, "1802.06", "1228.80", 4000, 600),
    80: (20000, 900, "3604.11", "2457.60", 6000, 750),
}
"""A premium disk's number → its operations and megabytes a second, its price, the price of the
Standard SSD of the same number, and that one's operations and megabytes a second. Prices are
Microsoft's public ones of a month in US dollars (East US, locally redundant): only their ratio is
used, so that region, currency and discount are the bill's own."""

_TRANSACTIONS = Decimal("0.002")
"""Dollars for 10,000 transactions of a Standard SSD, by the same list; premium ones are free."""

_MEGA = 1_000_000


def _premium(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    window = window_of(facts, DISK_PREMIUM)
    bills = billed(facts, PROVIDER, window, _DISKS, by=("SkuMeter",))
    busy, moved = _peaks(facts, "iops", window, bills), _peaks(facts, "throughput", window, bills)
    usual = _usual(facts, window, bills)
    meters = Counter(one.resource for one in bills)
    for one in bills:
        match = _PREMIUM.fullmatch(one.more["SkuMeter"])
        number = int(match[1]) if match else 0
        if number not in _TIERS or not one.still(window) or meters[one.resource] > 1:
            continue  # a disk that was made larger or smaller has peaks of both
        if monthly(one.open, one.span(window)) < settings.minimum_saving:
            continue
        missing = [
            f"{name}: no peak measured on {DISK_PREMIUM.minimum_days} days"
            for name, known in (("iops", busy), ("throughput", moved))
            if one.resource not in known or known[one.resource].days < DISK_PREMIUM.minimum_days
        ]
        if not missing and one.resource not in usual:
            missing = ["iops: no average measured, by which transactions are priced"]
        if missing:
            yield lacking(DISK_PREMIUM, one, window, "; ".join(missing))
            continue
        operations, megabytes, price, other, new_operations, new_megabytes = _TIERS[number]
        limit = settings.number("limit") / 100
        iops, bytes_ = busy[one.resource], moved[one.resource]
        ceilings = (
            ("iops", iops, Decimal(operations), Decimal(new_operations)),
            ("throughput", bytes_, Decimal(megabytes * _MEGA), Decimal(new_megabytes * _MEGA)),
        )
        if any(r.highest > limit * now or r.highest > new for _, r, now, new in ceilings):
            continue
        monthly_operations = Fraction(usual[one.resource]) * MONTH_DAYS * 86_400
        transactions = monthly_operations / 10_000 * Fraction(_TRANSACTIONS)
        kept = (Fraction(Decimal(other)) + transactions) / Fraction(Decimal(price))
        if kept >= 1:
            continue  # what it does would cost more in transactions than the tier saves
        yield from finding(
            DISK_PREMIUM, one, window,
            title=f"Make the disk {one.name} a Standard SSD (E{number}) instead of P{number}",
            saving=part(one.open, 1 - kept, one.span(window)),
            saving_list=part(one.open_list, 1 - kept, one.span(window)),
            current=f"P{number}", recommended=f"E{number}",
            evidence=(
                Evidence(f"List price of P{number}", Decimal(price), "USD",
                         "Microsoft's prices, East US, a month; for the ratio only"),
                Evidence(f"List price of E{number}", Decimal(other), "USD",
                         "Microsoft's prices, East US, a month; for the ratio only"),
                Evidence("Transactions of a Standard SSD", rounded(transactions, 4), "USD",
                         f"average of iops × {MONTH_DAYS} days ÷ 10,000 × {_TRANSACTIONS}"),
            ),
            headroom=tuple(
                Headroom(name, r.statistic, rounded(Fraction(r.highest) * 100 / Fraction(now), 2),
                         rounded(Fraction(r.highest) * 100 / Fraction(new), 2))
                for name, r, now, new in ceilings
            ),
            reasons=(f"it never did more than {settings.number('limit')} % of what it may",),
        )  # fmt: skip


def _peaks(facts: Facts, metric: str, window: Window, bills: list[Billed]) -> dict[str, Reading]:
    """Peaks of reads and writes together; where they are measured apart, their sum, which is no
    less than the peak of both, where both are known."""
    found = readings(facts, metric, window, bills, FILLS)
    reads = readings(facts, f"read_{metric}", window, bills, FILLS)
    writes = readings(facts, f"write_{metric}", window, bills, FILLS)
    for resource in sorted(set(reads) & set(writes) - set(found)):
        read, write = reads[resource], writes[resource]
        found[resource] = Reading(
            f"{read.statistic} of reads and {write.statistic} of writes"
            if read.statistic != write.statistic
            else read.statistic,
            read.highest + write.highest,
            read.lowest + write.lowest,
            min(read.days, write.days),
        )
    return found


def _usual(facts: Facts, window: Window, bills: list[Billed]) -> dict[str, Decimal]:
    """The average operations a second, of reads and writes."""
    found = averages(facts, "iops", window, bills)
    reads = averages(facts, "read_iops", window, bills)
    writes = averages(facts, "write_iops", window, bills)
    both = {one: reads[one] + writes[one] for one in set(reads) & set(writes)}
    return both | found


_HOT = f"{CATEGORY} = 'Storage' AND {quoted_meter('^Hot .*Data Stored$')}"
_OPERATIONS = f"{CATEGORY} = 'Storage' AND ({quoted_meter('^Hot .*Operations$')} OR {METER} = "
_OPERATIONS += "'All Other Operations')"

_COOL_SHARE = Fraction(Decimal("0.0100")) / Fraction(Decimal("0.0184"))
"""What keeping a GB for a month costs in cool, of what it costs in hot (Microsoft's prices)."""

_RETRIEVAL = Fraction(Decimal("0.0100")) / Fraction(Decimal("0.0184"))
"""What reading a GB from cool costs, of what keeping it in hot for a month costs (the same)."""


def _cool(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    window = window_of(facts, BLOB_COOL)
    operations = {
        (one.resource, one.currency): one for one in billed(facts, PROVIDER, window, _OPERATIONS)
    }
    for one in billed(facts, PROVIDER, window, _HOT):
        if one.span(window) < BLOB_COOL.minimum_days or not one.still(window) or one.open <= 0:
            continue
        used: Billed | None = operations.get((one.resource, one.currency))
        spent = used.open if used else Decimal(0)
        if spent * 100 > one.open * settings.number("operations_limit"):
            continue
        factor = Fraction(settings.number("operations_factor"))
        read = Fraction(settings.number("read_share")) / 100
        saved = (
            Fraction(one.open) * (1 - _COOL_SHARE - _RETRIEVAL * read)
            - Fraction(spent) * (factor - 1)
        )  # fmt: skip
        if saved <= 0:
            continue
        days = one.span(window)
        yield from finding(
            BLOB_COOL, one, window,
            title=f"Keep the blobs of {one.name} in the cool tier: hardly anything reads them",
            saving=part(one.open, saved / Fraction(one.open), days),
            current="Hot tier", recommended="Cool tier, by a lifecycle rule",
            where=one.where(x_MeterCategory="Storage"),
            evidence=(
                Evidence("Operations in the window", spent, one.currency, "EffectiveCost"),
                Evidence("Price of cool to hot", rounded(_COOL_SHARE, 4), "",
                         "Microsoft's prices: 0.0100 to 0.0184 USD a GB and month"),
                Evidence("Price of reading a GB from cool to a month of it in hot",
                         rounded(_RETRIEVAL, 4), "", "Microsoft's prices: 0.0100 to 0.0184 USD"),
                Evidence("Share that is assumed to be read a month",
                         settings.number("read_share"), "percent", "parameter read_share"),
                Evidence("Price of operations, cool to hot", settings.number("operations_factor"),
                         "", "parameter operations_factor"),
            ),
            reasons=(
                "operations are "
                f"{rounded(Fraction(spent) * 100 / Fraction(one.open), 1)} % of what storing costs",
                "how many bytes are read is not on the bill: a tenth a month is assumed"
                if read == Fraction(1, 10) else
                "how many bytes are read is not on the bill: the parameter read_share is assumed",
            ),
        )  # fmt: skip


DISK_PREMIUM = Detector(
    id="azure-disk-premium-underused",
    title="Premium disk that does little",
    provider=PROVIDER,
    service="Storage",
    inputs=("daily", "utilization"),
    metrics=(
        "iops",
        "read_iops",
        "write_iops",
        "throughput",
        "read_throughput",
        "write_throughput",
    ),
    window_days=30,
    minimum_days=14,
    predicate=(
        "The highest operations and bytes a second of a premium disk (maximum, else p99), over at "
        "least 14 days, stay within 5 % of what its tier may do, and within what a Standard SSD of "
        "the same size may do."
    ),
    formula=(
        "The disk's effective cost that no commitment pays, as a month, times 1 - (price of the "
        "Standard SSD + its transactions) / price of the premium disk, all by Microsoft's list; "
        "transactions are the average of operations, over a month."
    ),
    verification="The disk's charges are of the meter of a Standard SSD, and lower by the share.",
    action="ChangeStorageClass",
    group="storage",
    effort="Low",
    confidence="medium",
    risk="Latency rises from about one millisecond to several: not for a database's log.",
    exclusions=(
        "disks without measurements: they cannot be judged",
        "disks whose size changed within the window",
        "Premium SSD v2 and Ultra disks, whose operations are priced apart",
        "disks whose transactions would cost more than the tier saves",
    ),
    parameters=(
        Parameter("limit", Decimal(5), "How much of its tier's limits it may use at its peak",
                  "percent", least=Decimal(1), most=Decimal(50)),
    ),
    source="Azure Optimization Engine, UnderusedPremiumSSDDisks",
    find=_premium,
)  # fmt: skip

BLOB_COOL = Detector(
    id="azure-blob-cool-tier",
    title="Blobs in the hot tier that hardly anything reads",
    provider=PROVIDER,
    service="Storage",
    inputs=("daily",),
    window_days=30,
    minimum_days=30,
    predicate=(
        "A storage account kept blobs in the hot tier for 30 days, and what its operations cost is "
        "at most 5 % of what storing costs."
    ),
    formula=(
        "Storing: effective cost × (1 - price of cool / price of hot - price of reading a GB / "
        "price of hot × share read a month) - operations × (factor - 1), as a month; prices by "
        "Microsoft's list."
    ),
    verification=(
        "The account's storage is on the meter of the cool tier, and all its storage charges "
        "together fall by the share."
    ),
    action="ChangeStorageClass",
    group="storage",
    effort="Low",
    confidence="medium",
    risk=(
        "Blobs in the cool tier are charged for 30 days at least; reading much of them costs more "
        "than it saves."
    ),
    exclusions=(
        "accounts younger than 30 days",
        "accounts whose operations cost more than the limit",
        "premium block blobs, files and tables",
    ),
    parameters=(
        Parameter("operations_limit", Decimal(5),
                  "What operations may cost, of what storing costs", "percent",
                  least=Decimal(0), most=Decimal(50)),
        Parameter("read_share", Decimal(10), "How much of the blobs is assumed to be read a month",
                  "percent", least=Decimal(0), most=Decimal(100)),
        Parameter("operations_factor", Decimal("2.5"),
                  "What an operation costs in cool, times what it costs in hot", "",
                  least=Decimal(1), most=Decimal(10)),
    ),
    source="Flexera policy templates (cool after 30 days); Azure blob prices",
    find=_cool,
)  # fmt: skip

DETECTORS = (DISK_PREMIUM, BLOB_COOL)
