"""One recommendation of what several tools find: which belong together, and whose amount counts.

Findings of one action on one resource, whoever found them, are one recommendation (`key_of`); of
one name in two accounts there are two. The
amount that counts is the one nearest to the bill, in this order:

1. our own detectors, since they reckon on the bill, after discounts and commitments;
2. native tools that give an amount after discounts beside one at list;
3. native tools with one amount alone;
4. native tools whose only amount is at list.

Among equals the more confident one, then the smaller amount: a promise is kept careful. All others
are shown beside it, also those in another currency, which are added up nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.model import CONFIDENCES, Finding
from outlay.savings.recommendation import Discount, key_of, name_of

OWN = "outlay"
"""The tool's name of our own detectors."""


def merged(
    findings: Iterable[Finding], apart: Collection[tuple[str, str]] = ()
) -> dict[str, tuple[Finding, ...]]:
    """Findings by the key of their recommendation, in the order of keys, the one that counts
    first. What a tool says twice of one thing (by its own id) is said once. `apart` are names
    (`name_of`) that resources of several accounts have."""
    groups: dict[str, list[Finding]] = {}
    for one in findings:
        shared = name_of(one.provider, one.resource) in apart
        groups.setdefault(key_of(one, apart=shared), []).append(one)
    return {key: tuple(_once(sorted(own, key=preference))) for key, own in sorted(groups.items())}


def preference(one: Finding) -> tuple[int, int, Decimal, str, str, str]:
    """What tells whose amount counts, the first in order (see the module)."""
    at_list = one.monthly_saving == one.monthly_saving_list
    basis = 1 if one.monthly_saving_list is not None else 2
    basis = 0 if one.tool == OWN else 3 if at_list else basis
    confidence = CONFIDENCES.index(one.confidence)
    return (basis, confidence, one.monthly_saving, one.tool, one.detector, one.native_id)


def after_discounts(findings: Iterable[Finding], discount: Discount | None) -> tuple[Finding, ...]:
    """Findings of one recommendation, after the private discounts on its charges.

    Our own are already, since the bill that they reckon on is. A native tool that says the same
    amount after discounts as at list has taken nothing off: the charges' own rate is taken off it,
    rounded once to cents. One whose amount differs from the one at list, or that tells no list,
    says it at the agreement's prices, and stays."""
    found = []
    for one in findings:
        at_list = one.tool != OWN and one.monthly_saving == one.monthly_saving_list
        if discount is None or not at_list:
            found.append(one)
            continue
        left = 1 - Fraction(discount.off) / Fraction(discount.before)
        saving = rounded(Fraction(one.monthly_saving) * left, 2)
        why = f"private discounts take {percent(discount.rate)} off what the tool says"
        if saving > 0:
            found.append(replace(one, monthly_saving=saving, reasons=(*one.reasons, why)))
    return tuple(found)


def percent(share: Decimal) -> str:
    """A share in words: ``6 %``, ``5.8823 %``."""
    return f"{(share * 100).normalize():f} %"


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Without what a tool repeats: a page and an export of one tool give the same id."""
    found: list[Finding] = []
    known: set[tuple[str, str, str]] = set()
    for one in findings:
        name = (one.tool, one.detector, one.native_id)
        if one.native_id and name in known:
            continue
        known.add(name)
        found.append(one)
    return found
