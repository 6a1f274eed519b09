"""What a recommendation promises when it is accepted, so that no dollar is promised twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import Connection

from outlay.app.realised.keeping import RealisedStore
from outlay.app.savings.counting import atoms_of, claim
from outlay.app.savings.store import TAKEN, Books
from outlay.savings.netting import Atom, Claim, net
from outlay.savings.realised.exact import ZERO, added, less
from outlay.savings.recommendation import Recommendation

_WAITING = ("accepted", "implemented")
"""States in which a promise was given that the bill has not kept yet."""


@dataclass(frozen=True)
class Promised:
    """The saving a month of the finding that counts, and what is left of it after netting; the
    same at list prices (None: not known)."""

    saving: Decimal
    net: Decimal
    net_list: Decimal | None


def promise(connection: Connection, one: Recommendation) -> Promised:
    """What it promises beside what was promised before it and is not on the bill yet, as a
    transaction sees these.

    It is the net of all of them less the net without it, so that the promises add up to what the
    bill can fall by.
    """
    finding = one.finding
    if one.nature != "saving":
        return Promised(finding.monthly_saving, finding.monthly_saving, None)
    books = Books(connection)
    given = RealisedStore.frozen(connection)
    before = [
        other
        for other in books.listed(_WAITING)
        if other.id != one.id
        and other.nature == "saving"
        and other.accepted_at is not None
        and (other.id, other.accepted_at) in given
    ]
    looks = books.looks(1, TAKEN)
    atoms = atoms_of(looks[0].detail.get("atoms", ())) if looks else []
    earlier = [_claim(other) for other in before]
    own = _claim(one)
    alone, listed = _sums(earlier, atoms)
    together, with_list = _sums([*earlier, own], atoms)
    return Promised(
        finding.monthly_saving,
        max(less(together, alone), ZERO),
        max(less(with_list, listed), ZERO),
    )


def _claim(one: Recommendation) -> Claim:
    """As a decided one whose money is still to be saved."""
    return replace(claim(one), pinned=True, pledged=False)


def _sums(claims: Sequence[Claim], atoms: Sequence[Atom]) -> tuple[Decimal, Decimal]:
    found = net(claims, atoms).values()
    return added(one.net for one in found), added(one.net_list for one in found)
