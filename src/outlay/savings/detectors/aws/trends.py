"""How use grew: two weeks against the eight before them, where it is steady and no spike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median

from outlay.money.quotients import rounded
from outlay.savings.detectors.aws.parts import PROVIDER, Part, parts, used
from outlay.savings.detectors.contract import Facts, Parameter
from outlay.savings.model import MONTH_DAYS, Evidence

RECENT_DAYS = 14
BEFORE_DAYS = 56
WINDOW_DAYS = RECENT_DAYS + BEFORE_DAYS

GROWS = Parameter(
    "grows_percent",
    Decimal(15),
    "both of the last two weeks, and their median day, must be above the eight weeks before by so "
    "much",
    "%",
    Decimal(5),
    Decimal(1000),
)


@dataclass(frozen=True)
class Growth:
    """A part that grew: units and effective cost a day, before and in the last two weeks."""

    part: Part
    before: Fraction
    now: Fraction
    before_cost: Fraction
    now_cost: Fraction

    @property
    def saving(self) -> Decimal:
        """What a month costs more than it did, to the cent."""
        return rounded((self.now_cost - self.before_cost) * MONTH_DAYS, 2)

    @property
    def percent(self) -> Decimal:
        """By how much the units grew."""
        return rounded((self.now / self.before - 1) * 100, 1)

    def evidence(self, unit: str) -> tuple[Evidence, ...]:
        """The figures it is made of."""
        return (
            Evidence("before, a day", rounded(self.before, 3), unit, "ConsumedQuantity"),
            Evidence("last two weeks, a day", rounded(self.now, 3), unit, "ConsumedQuantity"),
            Evidence(
                "cost before, a day", rounded(self.before_cost, 4), self.part.currency,
                "EffectiveCost",
            ),
            Evidence(
                "cost in the last two weeks, a day", rounded(self.now_cost, 4),
                self.part.currency, "EffectiveCost",
            ),
        )  # fmt: skip


def grown(
    facts: Facts, meters: str, where: str, percent: Decimal, *, whole: bool = False
) -> Iterator[Growth]:
    """Parts whose use grew by so much. What was not there for six of the eight weeks is new, and
    did not grow."""
    first, end = facts.window(WINDOW_DAYS, PROVIDER)
    days = _days(facts, meters, where, first, end, whole)
    now = parts(facts, meters, RECENT_DAYS, where=where, by=("region",), whole=whole)
    for part in now:
        series = days.get((part.account, part.currency, part.region, part.resource), {})
        growth = _growth(part, series, end, 1 + Fraction(percent) / 100)
        if growth is not None:
            yield growth


def _days(
    facts: Facts, meters: str, where: str, first: date, end: date, whole: bool
) -> dict[tuple[str, str, str, str], dict[date, tuple[Decimal, Decimal]]]:
    resource = "''" if whole else "coalesce(resource, '')"
    rows = facts.rows(
        f"""SELECT account, currency, coalesce(region, '') AS region, {resource} AS resource, day,
            coalesce(sum(quantity), 0) AS amount, sum(effective) AS cost
        FROM {used()} WHERE regexp_matches(meter, $meters) AND ({where}) GROUP BY ALL""",
        {"first": first, "end": end, "meters": meters},
    )
    found: dict[tuple[str, str, str, str], dict[date, tuple[Decimal, Decimal]]] = {}
    for row in rows:
        key = (str(row["account"] or ""), str(row["currency"]), row["region"], row["resource"])
        found.setdefault(key, {})[row["day"]] = (row["amount"], row["cost"])
    return found


def _growth(
    part: Part, series: Mapping[date, tuple[Decimal, Decimal]], end: date, least: Fraction
) -> Growth | None:
    starts = end - timedelta(days=RECENT_DAYS)
    middle = end - timedelta(days=RECENT_DAYS // 2)
    before_it = {day: values for day, values in series.items() if day < starts}
    old = list(before_it.values())
    weeks = (
        [v for day, v in series.items() if starts <= day < middle],
        [v for day, v in series.items() if day >= middle],
    )
    if len(old) < BEFORE_DAYS * 3 // 4 or any(len(week) < 6 for week in weeks):
        return None
    # Days before it was there are no days without use: what began meanwhile did not grow by that.
    there = (starts - min(before_it)).days
    before = _mean([units for units, _ in old], there)
    new = [*weeks[0], *weeks[1]]
    floor = before * least
    if before <= 0 or any(_mean([u for u, _ in week], 7) < floor for week in weeks):
        return None
    if median(Fraction(units) for units, _ in new) < floor:
        return None
    return Growth(
        part,
        before,
        _mean([units for units, _ in new], RECENT_DAYS),
        _mean([cost for _, cost in old], there),
        _mean([cost for _, cost in new], RECENT_DAYS),
    )


def _mean(values: list[Decimal], days: int) -> Fraction:
    return sum((Fraction(value) for value in values), Fraction(0)) / days
