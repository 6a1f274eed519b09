"""Azure SQL databases with more DTUs than they use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.azure.words import CATEGORY, PROVIDER, quoted_meter
from outlay.savings.detectors.billed import billed, finding, lacking, part, window_of
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.readings import readings
from outlay.savings.detectors.reckon import monthly
from outlay.savings.model import Evidence, Finding, Headroom, Insufficient

_DATABASES = f"{CATEGORY} = 'SQL Database' AND {quoted_meter('^[SP][0-9]+ DTUs?$')}"
_METER = re.compile(r"([SP])(\d+) DTUs?", re.IGNORECASE)
_DTUS: dict[str, dict[int, int]] = {
    "S": {0: 10, 1: 20, 2: 50, 3: 100, 4: 200, 6: 400, 7: 800, 9: 1600, 12: 3000},
    "P": {1: 125, 2: 250, 4: 500, 6: 1000, 11: 1750, 15: 4000},
}
"""Service objective → DTUs; within a tier the price follows them (P11 and P15 a little above)."""


def _databases(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    window = window_of(facts, SQL_DTU)
    bills = billed(facts, PROVIDER, window, _DATABASES, by=("SkuMeter",))
    known = readings(facts, "dtu", window, bills)
    sizes = Counter(one.resource for one in bills)
    for one in bills:
        match = _METER.fullmatch(one.more["SkuMeter"])
        if match is None or sizes[one.resource] > 1 or not one.still(window):
            continue
        tier, number = match[1].upper(), int(match[2])
        now = _DTUS[tier].get(number)
        if now is None or monthly(one.open, one.span(window)) < settings.minimum_saving:
            continue
        reading = known.get(one.resource)
        if reading is None or reading.days < SQL_DTU.minimum_days:
            seen = "no peak measured" if reading is None else f"measured on {reading.days} days"
            yield lacking(
                SQL_DTU, one, window, f"dtu: {seen}, {SQL_DTU.minimum_days} days are needed"
            )
            continue
        if reading.highest >= settings.number("underused"):
            continue
        limit = Fraction(settings.number("limit"))
        fitting = [
            (dtus, name)
            for name, dtus in _DTUS[tier].items()
            if dtus < now and Fraction(reading.highest) * now / dtus <= limit
        ]
        if not fitting:
            continue
        dtus, name = min(fitting)
        current, target = f"{tier}{number}", f"{tier}{name}"
        yield from finding(
            SQL_DTU, one, window,
            title=f"Resize the database {one.name} from {current} to {target}",
            saving=part(one.open, Fraction(now - dtus, now), one.span(window)),
            saving_list=part(one.open_list, Fraction(now - dtus, now), one.span(window)),
            current=f"{current}, {now} DTUs", recommended=f"{target}, {dtus} DTUs",
            evidence=(
                Evidence("Highest peak of DTUs", reading.highest, "percent",
                         f"utilization dtu, {reading.statistic}, {reading.days} days"),
                Evidence("DTUs now", Decimal(now), "DTUs"),
                Evidence("DTUs after", Decimal(dtus), "DTUs"),
            ),
            headroom=(
                Headroom("dtu", reading.statistic, reading.highest,
                         rounded(Fraction(reading.highest) * now / dtus, 2)),
            ),
        )  # fmt: skip


SQL_DTU = Detector(
    id="azure-sql-dtu-underused",
    title="SQL database with more DTUs than it uses",
    provider=PROVIDER,
    service="SQL Database",
    inputs=("daily", "utilization"),
    metrics=("dtu",),
    window_days=30,
    minimum_days=14,
    predicate=(
        "The highest daily peak of a Standard or Premium database's DTUs (p99, else p98, p95 or "
        "maximum), over at least 14 days, is below 40 %, and would stay within 80 % on a smaller "
        "objective of the same tier."
    ),
    formula=(
        "The database's effective cost that no commitment pays, as a month, times the share of "
        "DTUs that go: within a tier the price follows them."
    ),
    verification="The database's charges are of the smaller objective; its peaks stay below 80 %.",
    action="Rightsize",
    group="size",
    effort="Low",
    confidence="high",
    risk="S0 to S2 hold 250 GB at most, and work on standard storage: see how large it is.",
    exclusions=(
        "databases without peaks of their DTUs: they cannot be judged",
        "databases by vCores, serverless ones and pools",
        "databases whose objective changed within the window",
        "a move from Premium to Standard, which has slower storage",
    ),
    parameters=(
        Parameter("underused", Decimal(40), "Below which peak it is underused", "percent",
                  least=Decimal(5), most=Decimal(90)),
        Parameter("limit", Decimal(80), "How busy it may be after it, at its peak", "percent",
                  least=Decimal(10), most=Decimal(95)),
    ),
    source="Azure Optimization Engine, UnderusedSqlDatabases (p99 below 40 %)",
    find=_databases,
)  # fmt: skip

DETECTORS = (SQL_DTU,)
