"""Recommendations in words: why one counts for less than it says, and what was done with it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from outlay.app.savings.listing import Shown
from outlay.money.quotients import scaled
from outlay.savings.merging import percent
from outlay.savings.model import Finding
from outlay.savings.recommendation import Recommendation


@dataclass(frozen=True)
class EffectLine:
    """Why a recommendation counts for less than its own word: what is taken, the words around it,
    and the other recommendation (None: none, or one of others)."""

    why: str
    amount: Decimal
    text: str
    other: Recommendation | None = None


_WORDS = {
    "alternative": "is the alternative that saves more, and counts in its place",
    "decided": "was decided for, and counts in its place",
    "overlap": "takes a part of the same charges first",
    "covered": "covers the same usage already",
}


def discounted(one: Recommendation) -> str:
    """What private discounts take off the charges of a recommendation, in a sentence with the lines
    that give them; '' where nothing is, or the bill has them inside its charges."""
    if one.discount is None:
        return ""
    off, before = (f"{scaled(each, 2):,f}" for each in (one.discount.off, one.discount.before))
    lines = f": {'; '.join(one.discount.lines)}" if one.discount.lines else ""
    return (
        f"Costs and savings are after private discounts of {percent(one.discount.rate)}: the bill "
        f"takes {off} off the {before} {one.currency} that its charges cost a month, in lines of "
        f"their own{lines}."
    )


def headroom(one: Finding) -> list[str]:
    """What is left of a resource that is made smaller, a sentence a metric; that no tool tells it,
    where it does not. None for what makes nothing smaller."""
    lines = [
        f"{each.metric}, {each.statistic}: {text(each.now)} % is used now, {text(each.after)} % "
        "afterwards"
        for each in one.headroom
    ]
    if lines or one.action != "Rightsize":
        return lines
    return ["The tool does not tell what is left of it afterwards: look before it is done."]


def text(value: Decimal) -> str:
    """A percentage without zeros at its end."""
    return f"{scaled(value, 2).normalize():f}"


def effects(found: Shown) -> list[EffectLine]:
    """What takes from a recommendation, in the order in which it is taken."""
    one, promise = found.row.recommendation, found.row.promise
    by_key = {each.key: each for each in found.beside}
    lines = []
    for effect in promise.effects if promise else ():
        other = by_key.get(effect.by)
        amount = f"−{scaled(effect.amount, 2):,f} {one.currency}"
        if effect.why == "cost":
            text = f"{amount}: its charges do not cost that much a month on the bill"
        elif effect.why == "pledged":
            text = f"{amount}: it is done, and waits to be seen on the bill"
        else:
            name = f"{other.id}, {other.finding.title}," if other else "another recommendation"
            text = f"{amount}: {name} {_WORDS[effect.why]}"
        lines.append(EffectLine(effect.why, effect.amount, f"{text}.", other))
    return lines
