"""What a report says in one sentence, worked out from its figures and nothing else."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from outlay.money import DateRange, total
from outlay.money.quotients import rounded
from outlay.query.drivers.effects import EFFECTS
from outlay.query.drivers.model import Bridge, DriverReport, Group
from outlay.query.measures import MEASURES

SPEND = "Spend"
"""What effective cost is called in a sentence."""

_UNITS = {
    "hrs": "hours", "hr": "hours", "hour": "hours", "hours": "hours", "1 hour": "hours",
    "requests": "requests", "request": "requests", "tokens": "tokens", "token": "tokens",
    "gb": "GB", "gib": "GiB", "gb-mo": "GB-months", "gb-month": "GB-months",
    "credits": "credits", "dbu": "DBU", "days": "days", "second": "seconds", "seconds": "seconds",
}  # fmt: skip
_SMALL = Fraction(1, 10)
"""An effect below this share of a change is none of its reasons."""

_OWN = ("restatement", "rules", "shared", "currency")
"""Effects that a sentence tells for the whole: they are of no one service."""


def sentence(report: DriverReport) -> str:
    """How much more or less was spent, and the largest reason: one sentence a currency.

    Percentages have one decimal below ten and none above; a reason is named with its share of the
    whole change.
    """
    if report.range is None or report.previous_range is None:
        return "There is no charge yet."
    if not report.bridges:
        return f"No charge in {_days(report.range)}, and none in {_days(report.previous_range)}."
    return " ".join(_bridge(report, bridge) for bridge in report.bridges)


def _bridge(report: DriverReport, bridge: Bridge) -> str:
    assert report.range is not None and report.previous_range is not None
    name = _measure(report.asking.measure)
    if len(report.bridges) > 1 and bridge.currency:
        name = f"{name} in {bridge.currency}"
    earlier = _days(report.previous_range)
    change = bridge.change
    if not change:
        return f"{name} is the same as in {earlier}."
    rise = change > 0
    if not bridge.before:
        start = f"{name} is {_money(bridge.after, bridge.currency)}, after nothing in {earlier}"
    else:
        part = Fraction(change) / abs(Fraction(bridge.before))
        way = "above" if rise else "below"
        start = f"{name} is {percent(abs(part))} {way} {earlier}"
        if bridge.before < 0 or bridge.after < 0:
            start += f" ({_money(change, bridge.currency, signed=True)})"
    reason = _reason(report, bridge, rise)
    return f"{start}; {reason}." if reason else f"{start}."


def _reason(report: DriverReport, bridge: Bridge, rise: bool) -> str:
    """The largest cause, with its share of the change."""
    word = "rise" if rise else "fall"
    cells = [group for group in bridge.services if _same_way(group.change, rise)]
    cell = max(cells, key=lambda group: group.change.copy_abs(), default=None)
    own = max(
        (name for name in _OWN if _same_way(bridge.effects.get(name, Decimal(0)), rise)),
        key=lambda name: bridge.effects[name].copy_abs(),
        default=None,
    )
    if own is not None and (cell is None or _more(bridge.effects[own], cell.change)):
        phrase = EFFECTS[own].phrase[0 if rise else 1]
        return f"{_share(bridge.effects[own], bridge.change, word)} is {phrase}"
    if cell is None:
        return ""
    where = _name(report, cell)
    why = _why(report, bridge, cell, rise)
    if _more(cell.change, bridge.change):
        verb = "rose" if rise else "fell"
        by = _money(cell.change.copy_abs(), bridge.currency)
        return f"{where} alone {verb} by {by}{why}"
    return f"{_share(cell.change, bridge.change, word)} is {where}{why}"


def _why(report: DriverReport, bridge: Bridge, cell: Group, rise: bool) -> str:
    reasons = [
        (name, amount)
        for name, amount in cell.effects.items()
        if name != "rounding" and _same_way(amount, rise)
    ]
    if not reasons:
        return ""
    name, _ = max(reasons, key=lambda one: one[1].copy_abs())
    phrase = EFFECTS[name].phrase[0 if rise else 1]
    if name == "usage":
        phrase = f"{'more' if rise else 'less'} usage"
        unit = _unit(bridge, cell)
        if unit:
            phrase = f"{'more' if rise else 'fewer'} {unit}"
    denied = {"usage": "price", "new": "price", "gone": "price", "length": "price",
              "price": "usage"}.get(name, "")  # fmt: skip
    if denied == "price" and _is_small(cell, ("price",)):
        return f", from {phrase}, not price"
    if denied == "usage" and _is_small(cell, ("usage", "new", "gone", "length")):
        return f", from {phrase}, not usage"
    return f", from {phrase}"


def _is_small(cell: Group, names: Iterable[str]) -> bool:
    found = total(cell.effects.get(name, Decimal(0)).copy_abs() for name in names)
    return Fraction(found) < abs(Fraction(cell.change)) * _SMALL


def _unit(bridge: Bridge, cell: Group) -> str:
    """The unit of the largest keys that the cell's usage came from, where they have one unit."""
    units = {
        item.unit
        for item in bridge.items.get("usage", ())
        if (item.service, *item.values) == cell.values and _same_way(item.amount, cell.change > 0)
    }
    if len(units) != 1:
        return ""
    return _UNITS.get((units.pop() or "").lower(), "")


def _name(report: DriverReport, cell: Group) -> str:
    """*AmazonEC2 in checkout*: the service, and the values of what is grouped by beside it."""
    service = str(cell.values[0]) if cell.values[0] is not None else "usage without a service"
    places = [
        str(value) if value is not None else f"no {name}"
        for name, value in zip(report.asking.query.by, cell.values[1:], strict=True)
        if name != "ServiceName"
    ]
    return f"{service} in {' and '.join(places)}" if places else service


def _share(part: Decimal, whole: Decimal, word: str) -> str:
    share = Fraction(part) / Fraction(whole)
    if share == 1:
        return f"all of the {word}"
    if share > 1:
        return f"more than the whole {word}"
    return f"{percent(share)} of the {word}"


def percent(share: Fraction) -> str:
    """A share in per cent: one decimal below ten, none above; never nought where there is some."""
    value = share * 100
    if 0 < value < Fraction(1, 20):
        return "less than 0.1 %"
    return f"{rounded(value, 0 if value >= Fraction(995, 100) else 1):,f} %"


def _same_way(amount: Decimal, rise: bool) -> bool:
    return amount > 0 if rise else amount < 0


def _more(one: Decimal, other: Decimal) -> bool:
    return one.copy_abs() > other.copy_abs()


def _measure(name: str) -> str:
    return SPEND if name == "EffectiveCost" else MEASURES[name].title


def _money(amount: Decimal, currency: str | None, *, signed: bool = False) -> str:
    shown = f"{rounded(Fraction(amount), 2):{'+' if signed else ''},f}"
    return f"{shown} {currency}" if currency else shown


def _days(days: DateRange) -> str:
    """*September 2026*, *2025*, *1 to 14 November 2026*."""
    last = days.end - timedelta(days=1)
    if days.start.day == 1 and days.end.day == 1:
        months = (days.end.year - days.start.year) * 12 + days.end.month - days.start.month
        if months == 1:
            return f"{days.start:%B %Y}"
        if months == 12 and days.start.month == 1:
            return f"{days.start:%Y}"
        if days.start.year == last.year:
            return f"{days.start:%B} to {last:%B %Y}"
        return f"{days.start:%B %Y} to {last:%B %Y}"
    if days.days == 1:
        return _day(days.start)
    if (days.start.year, days.start.month) == (last.year, last.month):
        return f"{days.start.day} to {_day(last)}"
    return f"{_day(days.start)} to {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
