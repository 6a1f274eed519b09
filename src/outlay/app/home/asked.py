"""What a home is asked: the reader, the period, the team or product; and the asking itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from outlay.access.principal import current
from outlay.app.complete import incomplete_from
from outlay.app.home import addresses
from outlay.app.home.model import FocusKind, Persona
from outlay.app.home.words import days
from outlay.expression import text_literal
from outlay.expression.errors import QueryError
from outlay.money import BillingPeriod, DateRange
from outlay.query import CostQuery

if TYPE_CHECKING:
    from outlay.allocation.rules import Ruleset
    from outlay.app.workspace import Workspace
    from outlay.query import Result

TO_DATE = "month-to-date"
COST = "EffectiveCost"
_FIRST_DAYS = 5
"""Days that must be over before this month is shown by itself."""
_PREFERRED: dict[FocusKind, tuple[str, ...]] = {
    "owner": ("team", "owner", "squad", "group", "department", "cost-center", "business-unit"),
    "product": ("product", "feature", "application", "app", "service", "customer"),
}


@dataclass(frozen=True)
class Period:
    """The days that a home is about. `range` is a question's range: a whole month as days, or the
    month to date, which is compared with the same days of the month before. Days whose charges may
    still come are left out of the month to date; `complete` is False where it has no others."""

    range: str
    days: DateRange
    before: DateRange
    month: BillingPeriod
    complete: bool = True

    @property
    def to_date(self) -> bool:
        """Whether it is this month, which is not over."""
        return self.range == TO_DATE

    @property
    def name(self) -> str:
        """As in an address: ``month-to-date`` or ``2026-10``."""
        return TO_DATE if self.to_date else str(self.month)

    @property
    def title(self) -> str:
        """In words: October 2026, 1–27 Nov 2026."""
        return days(self.days)

    @property
    def than(self) -> str:
        """The period before in words."""
        return days(self.before)


@dataclass(frozen=True)
class Focus:
    """One value of a virtual tag that a home is about."""

    tag: str
    value: str

    @property
    def where(self) -> str:
        """The condition on charges."""
        return f"{self.tag} = {text_literal(self.value)}"


@dataclass(frozen=True)
class Asked:
    """A question to a home. `months` are those with bills, newest first; `tag` is the virtual tag
    whose values can be chosen, '' where there is none; `whole_month` the newest month with bills
    that is over (None: there is none yet)."""

    persona: Persona
    period: Period
    months: tuple[BillingPeriod, ...]
    whole_month: BillingPeriod | None
    tag: str = ""
    focus: Focus | None = None
    now: datetime = field(default=datetime(1970, 1, 1), compare=False)


@dataclass(frozen=True)
class At:
    """Where a card stands: the workspace, and what was asked."""

    workspace: Workspace
    asked: Asked

    @property
    def period(self) -> Period:
        """The days that are asked for."""
        return self.asked.period

    @property
    def focus(self) -> Focus | None:
        """The value that the home is about."""
        return self.asked.focus

    @property
    def month(self) -> BillingPeriod:
        """The month whose books are meant: the one asked for, or the newest that is over."""
        if not self.period.to_date:
            return self.period.month
        return self.asked.whole_month or self.period.month

    @property
    def whole(self) -> bool:
        """Whether the reader sees the whole ledger."""
        return current().whole

    @property
    def currency(self) -> str:
        """The currency that everything is converted to."""
        return self.workspace.currency

    @cached_property
    def rules(self) -> Ruleset:
        """The virtual tags and splits of now."""
        return self.workspace.rules()

    def tag(self, kind: FocusKind) -> str:
        """The virtual tag that names owners, or products; '' where there is none."""
        return chosen_tag(self.workspace, self.rules, kind)

    def question(self, **parts: Any) -> CostQuery:
        """A question over the period, the focus and the currency of the home."""
        given: dict[str, Any] = {
            "measures": (COST,), "range": self.period.range, "currency": self.currency,
            "where": self.focus.where if self.focus else "",
        }  # fmt: skip
        return CostQuery.model_validate(given | parts)

    def ask(self, query: CostQuery) -> Result:
        """The answer over the days of the home."""
        # A range to date ends with the days that are complete, which may be before today.
        now = self.asked.now
        if query.range == TO_DATE:
            now = min(now, datetime.combine(self.period.days.end, time()))
        return self.workspace.query(query, now)

    def plain(self, query: CostQuery) -> CostQuery:
        """The question as it means the same tomorrow: the month to date as its days, which are
        then compared with others, so that its comparison is left out."""
        if query.range != TO_DATE:
            return query
        days = self.period.days
        sort = "" if query.sort == "movers" or query.sort.endswith("_change") else query.sort
        return query.but(range=f"{days.start}..{days.end}", compare=None, sort=sort)

    def explore(self, query: CostQuery) -> str:
        """The address of the question in the explorer."""
        return addresses.explore(self.plain(query))

    def charges(self, query: CostQuery) -> str:
        """The address of the charges under the question."""
        return addresses.charges(self.plain(query))

    def drivers(self, query: CostQuery) -> str:
        """The address of its change, taken apart; the earlier days are named for a month to
        date."""
        return addresses.drivers(self.plain(query), against=self.against(query))

    def against(self, query: CostQuery) -> str:
        """The earlier days as *What drove it* takes them; '' where the comparison says so."""
        if query.range != TO_DATE:
            return ""
        return f"{self.period.before.start}..{self.period.before.end}"


def chosen_tag(workspace: Workspace, rules: Ruleset, kind: FocusKind) -> str:
    """The virtual tag for owners or products: by its usual name, else the one that statements
    (owners) or unit costs (products) are of, else the first one (owners) or none (products)."""
    if not kind:
        return ""
    for name in _PREFERRED[kind]:
        if name in rules.tags:
            return name
    if kind == "product":
        by = [unit.spec.by.dimension for unit in workspace.units.all() if unit.spec.by]
        return next((name for name in by if name in rules.tags), "")
    return min(rules.tags, default="")


def resolve(
    workspace: Workspace, persona: Persona, *, period: str = "", of: str = "", now: datetime
) -> Asked:
    """What is meant by an address. QueryError for a period that is none.

    Without a period: the newest month with bills that is over; for readers who live in the
    present, this month as soon as five days of it are over and it has bills.
    """
    here = BillingPeriod.of(now.date())
    billed = {one.billing_period for one in workspace.pin().slices if one.delivery.rows}
    months = tuple(sorted((one for one in billed if one <= here), reverse=True))
    over = next((one for one in months if one < here), None)
    tag = chosen_tag(workspace, workspace.rules(), persona.focus)
    focus = Focus(tag, of) if of and tag else None
    found = _period(workspace, period, here, months, over, persona, now)
    return Asked(persona, found, months, over, tag, focus, now)


def _period(
    workspace: Workspace,
    text: str,
    here: BillingPeriod,
    months: Sequence[BillingPeriod],
    over: BillingPeriod | None,
    persona: Persona,
    now: datetime,
) -> Period:
    if text in ("", TO_DATE):
        recent = persona.current and here in months
        found = _to_date(workspace, here, now)
        if text == TO_DATE or over is None or (recent and _settled(found)):
            return found
        return _month(over)
    try:
        return _month(BillingPeriod.parse(text))
    except ValueError:
        raise QueryError(
            f"{text!r} is no period of a home",
            field="period",
            text=text,
            allowed=(TO_DATE, *(str(month) for month in months)),
        ) from None


def _settled(found: Period) -> bool:
    return found.complete and found.days.days >= _FIRST_DAYS


def _to_date(workspace: Workspace, here: BillingPeriod, now: datetime) -> Period:
    from outlay.query.ranges import previous

    after_first = here.start + timedelta(days=1)
    end = max(now.date(), after_first)
    open_from = incomplete_from(workspace.pin().slices)
    complete = open_from is None or open_from >= after_first
    if open_from is not None and complete:
        end = min(end, open_from)
    found = DateRange(here.start, end)
    return Period(TO_DATE, found, previous(TO_DATE, found), here, complete)


def _month(month: BillingPeriod) -> Period:
    found = DateRange(month.start, month.end)
    return Period(f"{month.start}..{month.end}", found, found.previous(), month)


def zero(value: Any) -> Decimal:
    """A total's amount as a decimal: nothing at all is zero."""
    return Decimal(0) if value is None else Decimal(value)
