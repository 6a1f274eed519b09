"""Recommendations as claims: what each counts for beside all the others.

The atoms of the bill are those of the newest look (kept with it): between two looks only what
people decide changes what counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from outlay.money import money_text, total
from outlay.savings.families import family
from outlay.savings.life import is_open
from outlay.savings.merging import OWN
from outlay.savings.model import PURCHASES
from outlay.savings.netting import PURCHASE, Atom, Claim, Promise, net
from outlay.savings.recommendation import Recommendation


def promises(found: Iterable[Recommendation], atoms: Iterable[Atom]) -> dict[str, Promise]:
    """What recommendations count for, by key: of those that are open, and of those that are done
    and wait to be seen on the bill, nothing more. Others, and what is no recurring saving, are
    left out."""
    return net((claim(one) for one in found if one.nature == "saving" and _counts(one)), atoms)


def claim(one: Recommendation) -> Claim:
    """A recommendation as netting takes it."""
    finding = one.finding
    subject = " ".join(one.place[1:]) if one.resource else f"{one.account} {one.scope}"
    # What is said of a commitment that is there is a matter of its own, no other purchase.
    unused = one.group == PURCHASE and one.action not in PURCHASES
    return Claim(
        key=one.key,
        subject=f"{one.provider} {subject}".lower(),
        group="commitment" if unused else one.group,
        currency=one.currency,
        saving=finding.monthly_saving,
        saving_list=finding.monthly_saving_list,
        cost=cost(one),
        others=total(
            each.monthly_saving
            for each in one.findings
            if each is not finding and each.currency == one.currency
        ),
        pinned=one.state == "accepted",
        pledged=one.state == "implemented",
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


def _counts(one: Recommendation) -> bool:
    return is_open(one) or one.state == "implemented"
