"""Recommendations as claims: what each counts for beside all the others.

The atoms of the bill are those of the newest look (kept with it): between two looks only what
people decide changes what counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.money import money_text, total
from outlay.money.quotients import rounded
from outlay.savings.families import family
from outlay.savings.life import is_open
from outlay.savings.merging import OWN
from outlay.savings.model import MONTH_DAYS, PURCHASES
from outlay.savings.netting import PURCHASE, Atom, Claim, Promise, net
from outlay.savings.recommendation import Recommendation


@dataclass(frozen=True)
class Looked:
    """The bill that a look netted on: its atoms, and the day (exclusive) up to which a month of it
    was looked at (None: no look was taken)."""

    atoms: tuple[Atom, ...] = ()
    until: date | None = None


def looked(detail: Mapping[str, Any]) -> Looked:
    """What a look kept of it."""
    days = detail.get("days")
    until = date.fromisoformat(days[1]) if days else None
    return Looked(tuple(atoms_of(detail.get("atoms", ()))), until)


def promises(found: Iterable[Recommendation], bill: Looked) -> dict[str, Promise]:
    """What recommendations count for, by key: of those that are open; of those that are done and
    that the bill of the look does not show whole, nothing more, and they take their part before
    all others. Others, and what is no recurring saving, are left out."""
    return net(
        (
            claim(one, bill.until)
            for one in found
            if one.nature == "saving" and (is_open(one) or unseen(one, bill.until))
        ),
        bill.atoms,
    )


def unseen(one: Recommendation, until: date | None) -> Fraction:
    """What part of a done one's saving the month before `until` does not show yet: all of it until
    the bill proves it, then the share of the days that were before it was done. What is sustained
    has lasted as long."""
    if one.state == "implemented":
        return Fraction(1)
    if one.state != "verified" or one.implemented_at is None or until is None:
        return Fraction(0)
    shown = (until - one.implemented_at.date()).days - 1
    return Fraction(min(max(MONTH_DAYS - shown, 0), MONTH_DAYS), MONTH_DAYS)


def claim(one: Recommendation, until: date | None = None) -> Claim:
    """A recommendation as netting takes it, over the month before `until`."""
    finding = one.finding
    done = one.state in ("implemented", "verified")
    left = unseen(one, until) if done else Fraction(1)
    saving = finding.monthly_saving
    if left != 1:
        saving = rounded(Fraction(saving) * left, 2)
    subject = " ".join(one.place[1:]) if one.resource else f"{one.account} {one.scope}"
    # What is said of a commitment that is there is a matter of its own, no other purchase.
    unused = one.group == PURCHASE and one.action not in PURCHASES
    return Claim(
        key=one.key,
        subject=f"{one.provider} {subject}".lower(),
        group="commitment" if unused else one.group,
        currency=one.currency,
        saving=saving,
        saving_list=finding.monthly_saving_list,
        # What the month does not show yet is a part of what is left of it.
        cost=cost(one) if left == 1 else None,
        others=total(
            each.monthly_saving
            for each in one.findings
            if each is not finding and each.currency == one.currency
        ),
        pinned=one.state == "accepted",
        pledged=done,
        family=family(finding),
        account=one.account,
    )


def cost(one: Recommendation) -> Decimal | None:
    """What the charges that it changes cost a month. Our own detectors reckoned it on the days
    that they looked at; for what a native tool says, the bill counts, where it tells."""
    finding = one.finding
    if finding.tool == OWN:
        return finding.monthly_cost if finding.monthly_cost is not None else one.cost
    return one.cost if one.cost is not None else finding.monthly_cost


def atoms_json(atoms: Iterable[Atom]) -> list[list[Any]]:
    """Atoms as plain JSON data."""
    return [[sorted(atom.claims), money_text(atom.cost)] for atom in atoms]


def atoms_of(data: Iterable[Any]) -> list[Atom]:
    """Read `atoms_json`'s form."""
    return [Atom(frozenset(claims), Decimal(cost)) for claims, cost in data]
