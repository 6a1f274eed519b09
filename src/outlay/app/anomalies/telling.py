"""An event in words, worked out from its figures and nothing else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from outlay.app.anomalies.events import Event, Part
from outlay.app.anomalies.splitting import COURSE, MIX, PRICE, RESTATEMENT, TAG_CHANGE, USAGE
from outlay.money import total
from outlay.money.display import amount as shown
from outlay.query.drivers.sentence import percent

_WHY = {
    USAGE: ("more usage", "less usage"),
    PRICE: ("a higher price", "a lower price"),
    MIX: ("another mix", "another mix"),
    RESTATEMENT: ("restated bills", "restated bills"),
    TAG_CHANGE: ("changed tag rules", "changed tag rules"),
}
_SERVICE = "ServiceName"
_FINE = ("ResourceId", "SkuId")
"""What says little without its service beside it."""

_KINDS = {
    "spike": ("rose", "fell"),
    "step": ("rose", "fell"),
    "leak": ("crept up", "crept down"),
    "outage": ("rose", "fell to next to nothing"),
    "shape": ("changed its week and rose", "changed its week and fell"),
}


def sentence(event: Event) -> str:
    """*AmazonCloudWatch rose 4,328.10 USD above what was expected on 9 to 11 August 2026.*"""
    up = event.direction == "up"
    verb = _KINDS.get(event.kind, _KINDS["spike"])[0 if up else 1]
    money = f"{shown(event.impact.copy_abs(), event.currency)} {event.currency}"
    side = "above" if up else "below"
    when = f"since {_day(event.range.start)}" if event.ongoing else f"on {days(event)}"
    return f"{event.title} {verb} {money} {side} what was expected {when}."


def driver(event: Event) -> str:
    """What drove it, in one sentence; '' where nothing is known."""
    away = event.explaining
    if away is not None and event.reason == RESTATEMENT:
        return (
            f"{away.source} was delivered again for {away.period}: that moved these days by "
            f"{shown(away.amount, event.currency)} {event.currency}."
        )
    if away is not None and event.reason == TAG_CHANGE:
        return away.note or f"The rules of {away.tag} changed, not what was used."
    why = _why(event)
    found = event.explained
    if found is None:
        return f"It is from {why}." if why else ""
    if not found.parts:
        spread = "It is spread over many resources"
        return f"{spread}, from {why}." if why else f"{spread}."
    names = [named(event, part) for part in found.parts]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    verb = "is" if len(names) == 1 else "are"
    how_much = _share(found.parts, event)
    listed = listed[:1].upper() + listed[1:] if listed.startswith("the resource ") else listed
    return f"{listed} {verb} {how_much} of it{f', from {why}' if why else ''}."


def named(event: Event, part: Part) -> str:
    """The values of a part, for people: *Amazon EC2 (BoxUsage:p4d.24xlarge) in us-east-1*."""
    values = dict(part.values)
    fixed = event.explained.where if event.explained else {}
    fine = [values.pop(name) for name in _FINE if name in values]
    if fine and fixed.get(_SERVICE) and _SERVICE not in event.lead.dimensions:
        values = {_SERVICE: fixed[_SERVICE], **values}
    texts = [event.named(name, value) for name, value in values.items()]
    details = [event.named(name, value) for name, value in part.values.items() if name in _FINE]
    if not texts:
        plain = "the resource " if next(iter(part.values)) == "ResourceId" else ""
        return plain + ", ".join(details)
    head = f"{texts[0]} ({', '.join(details)})" if details else texts[0]
    return " in ".join((head, *texts[1:]))


def _share(parts: tuple[Part, ...], event: Event) -> str:
    share = Fraction(total(part.impact for part in parts)) / Fraction(event.impact)
    if share >= Fraction(995, 1000):
        return "all"
    return percent(share)


def _why(event: Event) -> str:
    """The kind of change that has most of the impact, where it has at least half."""
    if event.split is None or not event.impact:
        return ""
    up = event.impact > 0
    same = [
        one for one in event.split.effects
        if one.name != COURSE and (one.amount > 0) == up
    ]  # fmt: skip
    best = max(same, key=lambda one: one.amount.copy_abs(), default=None)
    if best is None or 2 * best.amount.copy_abs() < event.impact.copy_abs():
        return ""
    if best.name in _WHY:
        return _WHY[best.name][0 if up else 1]
    return best.title.lower()


def days(event: Event) -> str:
    """*9 to 11 August 2026*."""
    first, last = event.range.start, event.last
    if first == last:
        return _day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {_day(last)}"
    return f"{_day(first)} to {_day(last)}"


def money(event: Event, amount: Decimal) -> str:
    """An amount in the event's currency."""
    return f"{shown(amount, event.currency)} {event.currency}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
