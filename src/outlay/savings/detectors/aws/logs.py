"""Logs of CloudWatch: what is taken in grows, what is kept never ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.aws import trends
from outlay.savings.detectors.aws.parts import PROVIDER, Part, found, metered, parts
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Insufficient

_LOGS = "(code = 'AmazonCloudWatch' OR service ILIKE '%cloudwatch%')"
_TAKEN = r"^(DataProcessing|DataProcessingIA|VendedLog|VendedLogIA)-Bytes$"
_INGESTION = tuple(
    f"{one}-Bytes" for one in ("DataProcessing", "DataProcessingIA", "VendedLog", "VendedLogIA")
)
_OF_LOGS = "(x_ServiceCode = 'AmazonCloudWatch' OR ServiceName LIKE '%CloudWatch%')"
"""The same as conditions: what is kept is no ingestion, and exports in FOCUS may have no code."""

_KEPT = r"^TimedStorage-ByteHrs$"
_BLOCK, _BLOCKS = 14, 6
_MONTH_OF_THE_BILL = Fraction(365, 12)


def _growth(facts: Facts, settings: Settings) -> Iterator[Finding]:
    percent = settings.number("grows_percent")
    for grew in trends.grown(facts, _TAKEN, _LOGS, percent):
        part = grew.part
        one = found(
            GROWTH,
            part,
            grew.saving,
            f"Logs of {part.called or part.account} grew by {grew.percent} %",
            "cost of the last two weeks less that of the eight before, a month",
            scope="" if part.resource else f"log ingestion in {part.region or 'all regions'}",
            where=metered(part, *_INGESTION) + ("" if part.resource else f" AND {_OF_LOGS}"),
            cost=rounded(grew.now_cost * MONTH_DAYS, 2),
            current=f"{rounded(grew.now, 1)} GB a day",
            recommended=f"{rounded(grew.before, 1)} GB a day, as before",
            evidence=grew.evidence("GB"),
            reasons=("whether the growth is wanted is not on the bill",),
        )
        if one:
            yield one


def _retention(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    detector = RETENTION
    keep = int(settings.number("retention_days"))
    end = facts.window(detector.window_days, PROVIDER)[1]
    taken = parts(facts, _TAKEN, min(keep, detector.window_days), where=_LOGS)
    named = {(p.account, p.currency, p.resource): p for p in taken if p.resource}
    blind = {p.account for p in taken if not p.resource}
    blocks = [
        {
            (p.account, p.currency, p.resource): p
            for p in parts(
                facts, _KEPT, _BLOCK, where=f"{_LOGS} AND resource <> ''",
                until=end - timedelta(days=_BLOCK * number),
            )
        }
        for number in reversed(range(_BLOCKS))
    ]  # fmt: skip
    for key, part in blocks[-1].items():
        line = [block.get(key) for block in blocks]
        if not part.there or not _endless(line, settings):
            continue
        if key[0] in blind or not taken or (key not in named and _grew(line)):
            yield Insufficient(
                detector.id, part.resource,
                "what the log group takes in: the bill has no line that names it",
                PROVIDER, part.account, part.currency, part.a_month(part.effective),
            )  # fmt: skip
            continue
        one = _shorter(part, named.get(key), keep, settings.number("compression"))
        if one:
            yield one


def _endless(line: list[Part | None], settings: Settings) -> bool:
    """Whether what is kept never shrank, and grew: two weeks after two weeks."""
    sizes = [Fraction(part.quantity) / part.days for part in line if part is not None]
    if len(sizes) < _BLOCKS or not sizes[0]:
        return False
    tolerated = 1 - Fraction(settings.number("shrinks_percent")) / 100
    least = 1 + Fraction(settings.number("grows_percent")) / 100
    if any(after < before * tolerated for before, after in zip(sizes, sizes[1:], strict=False)):
        return False
    return sizes[-1] >= sizes[0] * least


def _grew(line: list[Part | None]) -> bool:
    """Whether more is kept than at first, so that something was taken in."""
    first, last = line[0], line[-1]
    if first is None or last is None:
        return False
    return Fraction(last.quantity) / last.days > Fraction(first.quantity) / first.days


def _shorter(part: Part, taken: Part | None, keep: int, compression: Decimal) -> Finding | None:
    """The saving of keeping so many days: what is kept now less what they take in, compressed."""
    stored = Fraction(part.quantity) * _MONTH_OF_THE_BILL / part.span
    inside = Fraction(taken.quantity if taken else 0) * Fraction(compression)
    if stored <= inside or not part.quantity:
        return None
    off = 1 - inside / stored
    return found(
        RETENTION,
        part,
        rounded(Fraction(part.falls) * off * MONTH_DAYS / part.span, 2),
        f"Keep the logs of {part.called} for {keep} days",
        f"cost of what is kept beyond {keep} days, a month",
        saving_list=rounded(Fraction(part.listed) * off * MONTH_DAYS / part.span, 2),
        where=metered(part, "TimedStorage-ByteHrs"),
        current=f"{rounded(stored, 0)} GB kept, without end",
        recommended=f"a retention of {keep} days, about {rounded(inside, 0)} GB",
        evidence=(
            Evidence("kept now", rounded(stored, 1), "GB", "ConsumedQuantity"),
            Evidence(
                f"taken in, in {keep} days", taken.quantity if taken else Decimal(0), "GB",
                "ConsumedQuantity",
            ),
            Evidence("compression", compression, "of what is taken in", "parameter"),
        ),
        reasons=("rules of your trade may ask for a longer retention",),
    )  # fmt: skip


GROWTH = Detector(
    id="aws-log-growth",
    title="Logs that grow steadily",
    provider=PROVIDER,
    service="AmazonCloudWatch",
    inputs=("daily",),
    window_days=trends.WINDOW_DAYS,
    minimum_days=trends.WINDOW_DAYS,
    predicate="A log group takes in more, in each of the last two weeks and on their median day, "
    "than in the eight weeks before by the parameter's percent.",
    formula="Cost of ingestion a day in the last two weeks − that of the eight weeks before, as a "
    "month.",
    verification="The log group's ingestion is what it was before.",
    action="Configure",
    group="configuration",
    effort="Medium",
    confidence="low",
    find=_growth,
    risk="Log lines that are left out are missing when something goes wrong.",
    exclusions=(
        "spikes: the median day must have grown too",
        "log groups that were not there for six of the eight weeks",
    ),
    parameters=(trends.GROWS,),
    source="Outlay",
)

RETENTION = Detector(
    id="aws-log-retention",
    title="Logs that are kept for ever",
    provider=PROVIDER,
    service="AmazonCloudWatch",
    inputs=("daily",),
    window_days=90,
    minimum_days=84,
    predicate="What a log group keeps never shrank over six times two weeks, grew, and is more "
    "than what it takes in over the days of retention.",
    formula="Cost of storage × (1 − GB taken in over the days of retention × compression ÷ GB "
    "kept). Nothing is saved on ingestion.",
    verification="The log group's storage falls to what the days of retention take in.",
    action="Configure",
    group="storage",
    effort="VeryLow",
    confidence="medium",
    find=_retention,
    rollback=False,
    risk="Logs older than the retention are deleted.",
    exclusions=("log groups that shrank: they have a retention, or are cleared",),
    parameters=(
        Parameter(
            "retention_days", Decimal(90), "how long logs are to be kept", "days", Decimal(1),
            Decimal(90),
        ),
        Parameter(
            "compression", Decimal("0.15"), "what a GB that is taken in is stored as", "GB",
            Decimal("0.01"), Decimal(1),
        ),
        Parameter(
            "grows_percent", Decimal(2), "the least growth over twelve weeks", "%", Decimal(0),
            Decimal(1000),
        ),
        Parameter(
            "shrinks_percent", Decimal(3), "two weeks that are lower by more did shrink", "%",
            Decimal(0), Decimal(50),
        ),
    ),
    source="aws.amazon.com/cloudwatch/pricing (0.15 GB stored for each GB taken in)",
)  # fmt: skip

DETECTORS = (GROWTH, RETENTION)
