"""How far a term's obligation is used up: sums alone, exact.

The rules are those of `design/semantics` §8: obligation, burn-down, shortfall, overage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from outlay.money import total
from outlay.money.quotients import quotient
from outlay.savings.contracts.model import ContractSpec, Term

BurnState = Literal[
    "not begun",
    "no data",
    "unknown",
    "falls short",
    "on track",
    "met early",
    "exceeds",
    "met",
    "fell short",
]

Amounts = Mapping[date, Decimal]


@dataclass(frozen=True)
class Known:
    """What is known of the charges that count: exact amounts `by_day`, of which those before
    `complete_until` (UTC) are whole; `ahead` the expected ones from then to the end of the present
    term (days of the one before that are not whole among them), in cents, with the band of their
    sum from `low` to `high`. `reason` says why nothing is expected (`ahead` is None then)."""

    by_day: Amounts
    complete_until: date
    ahead: Amounts | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    reason: str = ""


@dataclass(frozen=True)
class TermStatus:
    """A term and where it stands.

    `carried` came from the term before, `used` is what counts to date (incomplete days included),
    `complete` that of whole days with `carried`. `outlook` is what the term comes to by its end
    with what is expected (None: not known), `left` the obligation less `used` and `carried` (never
    below 0), `shortfall` and `overage` what the outlook lacks and has beyond the obligation;
    `overage_cost` is its price. `used_up_on` is the day on which the obligation is used up, by what
    is known or expected (None: not within the term). `even_by_now` is the obligation's part of the
    days that are whole, `needed_a_day` what the days to come must bring each.
    """

    term: Term
    state: BurnState
    carried: Decimal
    used: Decimal
    complete: Decimal
    complete_until: date
    left: Decimal
    outlook: Decimal | None
    low: Decimal | None
    high: Decimal | None
    shortfall: Decimal | None
    overage: Decimal | None
    overage_cost: Decimal | None
    used_up_on: date | None
    even_by_now: Decimal | None
    needed_a_day: Decimal | None
    reason: str = ""

    @property
    def over(self) -> bool:
        """Whether the term has ended, and all its days are whole."""
        return self.complete_until >= self.term.until


def burn(spec: ContractSpec, known: Known, today: date) -> tuple[TermStatus, ...]:
    """Every term in order. `known` holds every day from the contract's first that is known or
    expected; a day that is in neither counts nothing. A term that begins after `today` has no
    outlook."""
    found: list[TermStatus] = []
    carried = Decimal(0)
    for term in spec.terms:
        status = _status(spec, term, known, today, carried)
        found.append(status)
        carried = Decimal(0)
        if spec.excess == "carries" and status.overage:
            carried = status.overage
    return tuple(found)


def _status(
    spec: ContractSpec, term: Term, known: Known, today: date, carried: Decimal
) -> TermStatus:
    days = [term.from_ + timedelta(days=n) for n in range(term.days)]
    cut = min(max(known.complete_until, term.from_), term.until)
    whole = [known.by_day.get(day, Decimal(0)) for day in days if day < cut]
    used = total(known.by_day.get(day, Decimal(0)) for day in days)
    complete = total((carried, *whole))
    over = cut >= term.until
    begun = term.from_ <= today
    ahead = known.ahead if begun and not over else None
    coming = [(day, ahead.get(day, Decimal(0))) for day in days if day >= cut] if ahead else []
    outlook: Decimal | None = complete if over else None
    if ahead is not None:
        outlook = total((complete, *(amount for _, amount in coming)))
    low, high = _band(term, known, today) if ahead is not None else (None, None)
    past = zip([day for day in days if day < cut], whole, strict=True)
    used_up = _reached(term, carried, [*past, *coming])
    beyond = _beyond(outlook, term.amount)
    return TermStatus(
        term=term,
        state=_state(spec, term, outlook, begun, over, known),
        carried=carried,
        used=used,
        complete=complete,
        complete_until=cut,
        left=max(_less(term.amount, total((carried, used))), Decimal(0)),
        outlook=outlook,
        low=None if low is None else total((complete, low)),
        high=None if high is None else total((complete, high)),
        shortfall=_beyond(term.amount, outlook) if outlook is not None else None,
        overage=beyond,
        overage_cost=_price(spec, beyond),
        used_up_on=used_up,
        even_by_now=quotient(term.amount * (cut - term.from_).days, term.days, 2),
        needed_a_day=_needed(term, complete, cut),
        reason="" if outlook is not None else known.reason,
    )


def _band(term: Term, known: Known, today: date) -> tuple[Decimal | None, Decimal | None]:
    """The band of what is expected of the present term; none of a term before, whose few days are
    not forecast apart."""
    if known.low is None or known.high is None or not term.from_ <= today < term.until:
        return None, None
    others = total(
        amount for day, amount in (known.ahead or {}).items() if not term.from_ <= day < term.until
    )
    return _less(known.low, others), _less(known.high, others)


def _less(over: Decimal, under: Decimal) -> Decimal:
    return total((over, under.copy_negate()))


def _beyond(over: Decimal | None, under: Decimal | None) -> Decimal | None:
    """What one has more than the other; None where either is not known."""
    if over is None or under is None:
        return None
    return max(_less(over, under), Decimal(0))


def _price(spec: ContractSpec, overage: Decimal | None) -> Decimal | None:
    """What is paid for use beyond the obligation."""
    return None if overage is None else quotient(overage * spec.overage_percent, 100, 2)


def _needed(term: Term, complete: Decimal, cut: date) -> Decimal | None:
    """What each day to come must bring so that the obligation is met; None after the term."""
    days = (term.until - cut).days
    return quotient(max(_less(term.amount, complete), Decimal(0)), days, 2) if days else None


def _reached(term: Term, carried: Decimal, amounts: Sequence[tuple[date, Decimal]]) -> date | None:
    """The day on which the obligation is used up."""
    if carried >= term.amount:
        return term.from_
    so_far = carried
    for day, amount in amounts:
        so_far = total((so_far, amount))
        if so_far >= term.amount:
            return day
    return None


def _state(
    spec: ContractSpec, term: Term, outlook: Decimal | None, begun: bool, over: bool, known: Known
) -> BurnState:
    if over:
        assert outlook is not None
        return "met" if outlook >= term.amount else "fell short"
    if not begun:
        return "not begun"
    if outlook is None:
        return "unknown" if known.by_day else "no data"
    if outlook < term.amount:
        return "falls short"
    # Reached at the very end is what a commitment is made for; clearly before it, more was needed.
    near = total((term.amount, quotient(term.amount, 20, 2) or Decimal(0)))
    if outlook <= near:
        return "on track"
    # Of a promise to spend, more is no matter; capacity that is gone, or use at a higher price, is.
    promised = spec.shortfall == "invoiced" and spec.overage_percent <= 100
    return "met early" if promised else "exceeds"
