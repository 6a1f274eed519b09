"""The commitments that are held: how each is used, what it saved, when it pays, when it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from outlay.app.commitments import rules
from outlay.app.commitments.figures import Figures, figures
from outlay.app.commitments.ledger import Cell, Looked
from outlay.app.commitments.terms import recorded
from outlay.app.runs import utc_now
from outlay.money import total
from outlay.money.quotients import quotient
from outlay.savings.planner.catalogue import Program, catalogue

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

LOW = Decimal("0.95")
"""Below this share of use something should be done."""

ENDING_DAYS = 60
_SHORT = 34


@dataclass(frozen=True)
class Terms:
    """What the ledger's Contract Commitment dataset says of one: None is not known."""

    title: str = ""
    start: date | None = None
    end: date | None = None
    months: int | None = None
    payment: str = ""
    cost: Decimal | None = None


@dataclass(frozen=True)
class Commitment:
    """One commitment over the days that were looked at.

    `figures` are its own (nothing is on demand in them). `accounts` are those of the usage that it
    covered, `families` what that was. `elsewhere` is the usage on demand that it could have
    covered in the same days, at on-demand prices, and `elsewhere_accounts` where.
    """

    id: str
    named: str
    provider: str
    payer: str
    currency: str
    type: str
    program: Program | None
    terms: Terms
    figures: Figures
    days: int
    accounts: tuple[str, ...]
    families: tuple[str, ...]
    elsewhere: Decimal
    elsewhere_accounts: tuple[str, ...]

    @property
    def name(self) -> str:
        """For people: its name on the bill, else the end of its id."""
        return self.named or short(self.id)

    @property
    def per_hour(self) -> Decimal | None:
        """What it costs an hour, rounded to six decimals."""
        return quotient(self.figures.cost, self.days * 24, 6)

    @property
    def discount(self) -> Decimal | None:
        """The discount on what it covered, before its unused part."""
        used = self.figures
        return quotient(total((used.covered, used.used.copy_negate())), used.covered, 4)

    @property
    def break_even_days(self) -> int | None:
        """After how many days of its term it has paid for all of it, at the pace of these days:
        what it covers, at on-demand prices, has then come to what it costs in all. None: never,
        or its term is not known."""
        term = self.term_days
        if term is None or self.figures.covered <= 0:
            return None
        found = ceil(Fraction(self.figures.cost) * term / Fraction(self.figures.covered))
        return found if found <= term else None

    @property
    def term_days(self) -> int | None:
        """The days of its term."""
        if self.terms.start and self.terms.end:
            return (self.terms.end - self.terms.start).days
        return None if self.terms.months is None else round(self.terms.months * 365 / 12)

    @property
    def break_even(self) -> date | None:
        """The day on which it has paid for itself."""
        days = self.break_even_days
        return None if days is None or not self.terms.start else self.terms.start + timedelta(days)

    def days_left(self, today: date) -> int | None:
        """The days until it ends; None where that is not known."""
        return None if self.terms.end is None else (self.terms.end - today).days

    @property
    def rule(self) -> rules.Rule:
        """What its vendor allows."""
        return rules.rule(self.program.id if self.program else "")

    @property
    def at_end(self) -> str:
        """What happens when it ends, in a sentence."""
        return rules.at_end(self.program.id if self.program else "")

    @property
    def saved_a_day(self) -> Decimal | None:
        """What it saves a day: what its end costs more, to cents."""
        return quotient(self.figures.saved, self.days, 2)

    def advice(self, today: date) -> str:
        """What to do now, in a sentence; '' when nothing is to be done."""
        used = self.figures.utilisation
        left = self.days_left(today)
        if left is not None and left < 0:
            return "It has ended."
        if used is not None and used < LOW:
            if self.elsewhere > 0 and self.rule.share and len(self.elsewhere_accounts) > 0:
                return "Usage that it could cover runs on demand: check its scope and sharing."
            if self.rule.exchange:
                return "Exchange or resize it to what is used."
            if self.rule.resize:
                return "Move usage onto it; do not renew all of it."
            return "It cannot be changed: do not renew all of it."
        if left is not None and left <= ENDING_DAYS:
            return "Decide on its renewal with a purchase plan."
        if self.figures.saved < 0:
            return "It costs more than what it covers would: do not renew it."
        return ""


def short(identifier: str) -> str:
    """The telling end of a long id."""
    tail = identifier.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    return tail if len(tail) <= _SHORT else f"…{tail[-_SHORT:]}"


def held(
    workspace: Workspace, looked: Looked, now: datetime | None = None
) -> tuple[Commitment, ...]:
    """Every commitment of the days, the most unused money first."""
    today = (now or utc_now()).date()
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for one in looked.cells:
        if one.commitment and one.state != "on-demand":
            groups.setdefault((one.payer, one.commitment, one.currency), []).append(one)
    if not groups:
        return ()
    known = terms_of(workspace, now)
    free = [one for one in looked.cells if one.state == "on-demand"]
    found = [
        _commitment(key, cells, free, known.get(key[1], Terms()), looked)
        for key, cells in groups.items()
    ]
    return tuple(
        sorted(
            found,
            key=lambda one: (
                -one.figures.unused, one.days_left(today) is None, one.days_left(today), one.id,
            ),
        )
    )  # fmt: skip


def _commitment(
    key: tuple[str, str, str], cells: Sequence[Cell], free: Sequence[Cell], terms: Terms,
    looked: Looked,
) -> Commitment:  # fmt: skip
    payer, identifier, currency = key
    first = cells[0]
    kind = next((one.type for one in cells if one.type), "")
    program = catalogue().program_of(first.provider, kind)
    covered = [one for one in cells if one.state == "covered"]
    families = {(one.family or one.service, one.region) for one in covered}
    could = [
        one
        for one in free
        if one.provider == first.provider
        and one.payer == payer
        and one.currency == currency
        and program is not None
        and one.matched is not None
        and one.matched.usage.id in program.rates
        and (program.reach == "payer" or (one.family, one.region) in families)
    ]
    days = {one.day for one in cells}
    return Commitment(
        identifier,
        next((one.commitment_name for one in cells if one.commitment_name), ""),
        first.provider,
        payer,
        currency,
        kind,
        program,
        terms,
        figures(cells, currency),
        max(len(days), 1) if len(days) < looked.days else looked.days,
        tuple(sorted({one.account_name or one.account for one in covered})),
        tuple(sorted({one.family or one.service for one in covered})),
        total(one.contracted for one in could),
        tuple(sorted({one.account_name or one.account for one in could})),
    )


def terms_of(workspace: Workspace, now: datetime | None = None) -> Mapping[str, Terms]:
    """The terms of each commitment discount by its id, as the dataset has them."""
    return {
        one.id: Terms(one.title, one.start, one.end, _months(one.duration), one.payment, one.cost)
        for one in recorded(workspace, now)
        if one.benefit == "Discount"
    }


def _months(text: str) -> int | None:
    from outlay.focus.datasets.terms import months_of

    return months_of(text)
