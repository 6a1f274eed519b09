"""What a recommendation promises when it is accepted, so that no dollar is promised twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import Connection

from outlay.app.realised.keeping import RealisedStore
from outlay.app.savings.counting import Looked, claim, looked, unseen
from outlay.app.savings.store import TAKEN, Books
from outlay.savings.netting import Claim, net
from outlay.savings.realised.exact import ZERO, added, less
from outlay.savings.recommendation import Recommendation

_WAITING = ("accepted", "implemented", "verified")
"""States in which a promise was given that the bill of a look may not show whole yet."""


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
    looks = books.looks(1, TAKEN)
    bill = looked(looks[0].detail if looks else {})
    before = [
        other
        for other in books.listed(_WAITING)
        if other.id != one.id
        and other.nature == "saving"
        and other.accepted_at is not None
        and (other.id, other.accepted_at) in given
        and (other.state == "accepted" or unseen(other, bill.until))
    ]
    earlier = [_claim(other, bill) for other in before]
    own = _claim(one, bill)
    alone, listed = _sums(earlier, bill)
    together, with_list = _sums([*earlier, own], bill)
    return Promised(
        finding.monthly_saving,
        max(less(together, alone), ZERO),
        max(less(with_list, listed), ZERO),
    )


def _claim(one: Recommendation, bill: Looked) -> Claim:
    """As a decided one whose money is still to be saved."""
    return replace(claim(one, bill.until), pinned=True, pledged=False)


def _sums(claims: Sequence[Claim], bill: Looked) -> tuple[Decimal, Decimal]:
    found = net(claims, bill.atoms).values()
    return added(one.net for one in found), added(one.net_list for one in found)
