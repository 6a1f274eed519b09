"""Realised savings in words: what was compared with what, and why the figure is what it is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from outlay.app.realised.listing import Of
from outlay.money.display import amount
from outlay.savings.model import PURCHASES
from outlay.savings.realised.judging import told
from outlay.savings.realised.model import Baseline, Effects, Entry

EFFECT_WORDS: dict[str, str] = {
    "usage": "Fewer units",
    "rate": "Another price of a unit",
    "replacement": "What came in their place",
    "unpriced": "Without a price of a unit",
    "unused": "Freed of a commitment, and unused",
    "coverage": "Freed of a commitment, and used by others",
}
"""Each effect in words."""

EFFECT_MEANS: dict[str, str] = {
    "usage": "(frozen quantity − actual quantity) × frozen rate",
    "rate": "actual quantity × frozen rate − actual cost",
    "replacement": "− the cost of charges that the baseline does not have",
    "unpriced": "frozen cost − actual cost, where there is no quantity",
    "unused": "− what of the commitment is unused beyond what was, at most what was freed",
    "coverage": "what the rest of it spares on others' usage",
}
"""How each effect is reckoned."""

CADENCES = {
    "day": "each day like the mean of them",
    "week": "each weekday like its kind",
    "month": "each charge on its day of the month",
}


def basis(baseline: Baseline) -> str:
    """What a baseline is made of, in a sentence."""
    days = f"{baseline.days} whole days" if baseline.days != 1 else "1 whole day"
    if not baseline.keys:
        return "Nothing was frozen: the bill had no charges that the recommendation selects."
    last = baseline.end_day.fromordinal(baseline.end_day.toordinal() - 1)
    return (
        f"{days} from {baseline.first_day:%-d %B %Y} to {last:%-d %B %Y}, "
        f"{CADENCES[baseline.cadence]}, frozen on {baseline.frozen_at:%-d %B %Y at %H:%M} UTC "
        f"from snapshot {baseline.snapshot}."
    )


def sentences(of: Of) -> Iterator[str]:
    """What was realised and why, sentence by sentence."""
    one, baseline = of.recommendation, of.baseline
    if baseline is None:
        yield "It was not accepted yet: its baseline is frozen when it is."
        return
    if of.since is None:
        yield (
            f"It would cost {_money(_typical(baseline), one.currency)} a day without it. What the "
            "bill shows is measured once it is implemented."
        )
        return
    if not of.days:
        yield (
            f"It is measured from {of.since:%-d %B %Y} on; no whole day since then is on the "
            "bill yet."
        )
        return
    if one.state == "regressed" and one.reason:
        yield one.reason
    if of.week is not None:
        text = told(of.week, one.currency)
        yield f"{text[:1].upper()}{text[1:]}"
    if baseline.action in PURCHASES:
        yield (
            "Of a commitment, what it covers is taken at its price without it, against what is "
            "paid for it with what of it is unused."
        )
    yield from _effects(of.sums.effects, one.currency)
    partners = sorted({number for day in of.days for number in day.partners})
    if partners:
        named = ", ".join(f"#{number}" for number in partners)
        yield (
            f"It has charges in common with {named}: what they saved together is parted by their "
            "promises, so that nothing counts twice."
        )
    if of.successor:
        yield f"What costs {of.successor} came in its place, and is taken off."
    left = [reason for entry in of.entries for _, reason in entry.left_out if "no bill" in reason]
    if left:
        yield f"{len(left)} days are left out: {left[0]}."


def _effects(effects: Effects, currency: str) -> Iterator[str]:
    parts = []
    for name, words in EFFECT_WORDS.items():
        value: Decimal = getattr(effects, name)
        if value:
            parts.append(f"{words[:1].lower()}{words[1:]} {_money(value, currency, sign=True)}")
    if len(parts) > 1:
        yield f"It is made of: {'; '.join(parts)}."


def _typical(baseline: Baseline) -> Decimal:
    from outlay.savings.realised.exact import RATE_DIGITS, divided

    return divided(baseline.cost, max(baseline.days, 1), RATE_DIGITS)


def _money(value: Decimal, currency: str, *, sign: bool = False) -> str:
    plus = "+" if sign and value > 0 else ""
    return f"{plus}{amount(value, currency)} {currency}"


def restated_text(entry: Entry, difference: Decimal) -> str:
    """What a later look changed of a month that was closed."""
    return (
        f"{entry.month:%B %Y} was restated: {_money(difference, entry.currency, sign=True)} since "
        "it was first whole."
    )
