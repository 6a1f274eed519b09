"""An event's impact by kind of change: more usage, another price, another mix.

The event's days are compared with as many days one to four weeks before, the same weekdays, as
`outlay.query.drivers` does at price × resource. What these earlier days cost less or more than was
expected stands by itself, so that the parts add up to the impact exactly.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.anomalies.away import question
from outlay.app.anomalies.events import Effect, Event, Split
from outlay.app.anomalies.exact import daily
from outlay.money import DateRange, total
from outlay.query.drivers.effects import EFFECTS
from outlay.query.ranges import between

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.query import CostQuery

USAGE, PRICE, MIX, COURSE = "usage", "price", "mix", "course"
RESTATEMENT, TAG_CHANGE = "restatement", "tag-change"
TITLES = {
    USAGE: "Usage",
    PRICE: "Price",
    MIX: "Mix",
    RESTATEMENT: "Restated bills",
    TAG_CHANGE: "Changed tag rules",
    COURSE: "Usual course",
}
_OF = {
    **dict.fromkeys(("new", "gone", "usage", "length", "unmetered"), USAGE),
    "price": PRICE,
    **dict.fromkeys(("commitment", "moved", "shared", "rounding"), MIX),
    "restatement": RESTATEMENT,
    "rules": TAG_CHANGE,
}
"""The effects of drivers by kind; those that are not here keep their own name."""

_WEEKS = 4


def split(workspace: Workspace, event: Event, base: CostQuery) -> Split | None:
    """The impact of an event by kind of change; None where prices and usage cannot be compared
    (several currencies in the answer, no day before, or an event of hours)."""
    from outlay.app.drivers import drivers

    if event.grain == "hour":
        return None  # drivers compares whole days
    against = earlier(workspace, event, base)
    asked = question(event, base, event.range)
    report = drivers(workspace, asked, against=between(against.start, against.end))
    bridge = report.sole
    if bridge is None:
        return None
    amounts: dict[str, list[Decimal]] = {}
    for name, amount in bridge.told:
        amounts.setdefault(_OF.get(name, name), []).append(amount)
    sums = {name: total(parts) for name, parts in amounts.items()}
    _set_apart(sums, event)
    sums[COURSE] = total((event.impact, total(sums.values()).copy_negate()))
    order = [*TITLES, *(name for name in sums if name not in TITLES)]
    effects = tuple(
        Effect(name, TITLES.get(name) or EFFECTS[name].title, sums[name])
        for name in order
        if sums.get(name)
    )
    return Split(effects, against, bridge.before)


def _set_apart(sums: dict[str, Decimal], event: Event) -> None:
    """What came by a restatement or changed rules, taken from what drivers took it for."""
    away = event.explaining
    if away is None or event.reason not in (RESTATEMENT, TAG_CHANGE) or not away.amount:
        return
    largest = max(sums, key=lambda name: sums[name] * (1 if away.amount > 0 else -1), default="")
    if largest:
        sums[largest] = total((sums[largest], away.amount.copy_negate()))
    sums[event.reason] = total((sums.get(event.reason, Decimal(0)), away.amount))


def earlier(workspace: Workspace, event: Event, base: CostQuery) -> DateRange:
    """As many days before, on the same weekdays: of the four weeks before, those whose cost is
    nearest to what was expected."""
    days = event.range
    weeks = -(-days.days // 7)
    spans = [
        DateRange(days.start - timedelta(days=7 * step), days.end - timedelta(days=7 * step))
        for step in range(weeks, weeks + _WEEKS)
    ]
    whole = DateRange(spans[-1].start, days.start)
    amounts = daily(workspace, question(event, base, whole))

    def distance(span: DateRange) -> Decimal:
        cost = total(
            amount for day, amount in amounts.items() if span.start <= day.date() < span.end
        )
        return abs(cost - event.expected)

    return min(spans, key=lambda span: (distance(span), -span.start.toordinal()))
