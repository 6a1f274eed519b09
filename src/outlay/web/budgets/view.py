"""What the pages of budgets show: rows, totals, filters and links, all of them in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from outlay.app.planning.budget_actuals import question
from outlay.app.planning.budget_scopes import lies_within
from outlay.app.planning.budget_words import driven
from outlay.app.planning.budgets import Budget, BudgetStatus
from outlay.money import BillingPeriod, total
from outlay.money.quotients import quotient
from outlay.planning.budgets.amounts import less
from outlay.planning.budgets.model import Threshold, plain
from outlay.planning.budgets.status import PeriodStatus
from outlay.query.codec import to_params
from outlay.web import numbers, words
from outlay.web.budgets.bars import Bar, bar
from outlay.web.drivers.address import drivers_url
from outlay.web.explore.address import EXPLORE, address

BUDGETS = "/budgets"
MONTHS_OFFERED = 13
FILTERS = ("at", "state", "owner", "length")

STATES: Mapping[str, tuple[str, str, str]] = {
    "over": ("Over", "bad", "It cost more than its amount."),
    "failed": ("Failed", "bad", "It cannot be told."),
    "heading over": ("Heading over", "warn", "The forecast is more than the amount."),
    "ahead": ("Ahead", "warn", "It cost clearly more than was to be expected by now."),
    "unknown": ("Unknown", "warn", "Charges are missing that no rate converts."),
    "on track": ("On track", "good", "It is within what was to be expected by now."),
    "kept": ("Kept", "good", "The period ended within its amount."),
    "no data": ("No data yet", "", "Nothing of this period has been delivered yet."),
    "not begun": ("Not begun", "", "The period begins later."),
    "no amount": ("No amount", "", "No amount is said for this period."),
    "no period": ("Not in force", "", "The budget does not hold at this time."),
}
"""State → its title, its tone, what it means; from what needs somebody to what does not."""

LENGTHS = {"month": "monthly", "quarter": "quarterly", "year": "yearly", "custom": "one period"}


@dataclass(frozen=True)
class Row:
    """A budget in the list."""

    told: BudgetStatus
    bar: Bar | None
    href: str
    drivers: str

    @property
    def budget(self) -> Budget:
        """The budget."""
        return self.told.budget

    @property
    def status(self) -> PeriodStatus | None:
        """Where it stands."""
        return self.told.status


@dataclass(frozen=True)
class Sum:
    """The sum of the budgets that are shown, of one currency and period: `count` of the `of` that
    there are, since the others lie within those."""

    period: str
    currency: str
    count: int
    of: int
    amount: Decimal
    actual: Decimal
    expected: Decimal | None
    forecast: Decimal | None

    @property
    def remaining(self) -> Decimal:
        """Amount less actual."""
        return less(self.amount, self.actual)

    @property
    def used(self) -> Decimal | None:
        """Actual over amount."""
        return quotient(self.actual, self.amount)


@dataclass(frozen=True)
class Choice:
    """A filter: its text, where it leads, how many budgets it shows, whether it is chosen."""

    text: str
    href: str
    count: int = 0
    chosen: bool = False
    tone: str = ""


def url(params: Mapping[str, str], **changes: str) -> str:
    """The address of the list with some filters changed; '' takes one away."""
    kept = {key: params.get(key, "") for key in FILTERS} | changes
    return address(BUDGETS, {key: value for key, value in kept.items() if value})


def budget_url(name: str, period: str = "") -> str:
    """The page of a budget in a period."""
    return address(f"{BUDGETS}/{quote(name)}", {"period": period} if period else {})


def rows(found: Sequence[BudgetStatus], params: Mapping[str, str]) -> list[Row]:
    """The budgets that the filters let through."""
    at = params.get("at", "")
    return [
        Row(
            one,
            bar(one.status) if one.status else None,
            budget_url(one.budget.name, one.status.period.key if at and one.status else ""),
            change_url(one),
        )
        for one in found
        if _is_shown(one, params)
    ]


def _is_shown(one: BudgetStatus, params: Mapping[str, str]) -> bool:
    state, owner, length = (params.get(key, "") for key in ("state", "owner", "length"))
    return (
        (not state or one.state == state)
        and (not owner or one.budget.owner == owner)
        and (not length or one.budget.spec.period == length)
    )


def sums(shown: Sequence[Row]) -> list[Sum]:
    """Totals by period and currency, of two budgets or more. One whose scope lies within another's
    is in that one already and not added again."""
    groups: dict[tuple[str, str, str], list[BudgetStatus]] = {}
    for row in shown:
        if row.status is not None and row.status.amount is not None:
            spec = row.budget.spec
            key = (row.status.period.title, spec.currency, spec.measure)
            groups.setdefault(key, []).append(row.told)
    found = []
    for (period, currency, _), members in groups.items():
        if len(members) < 2:
            continue
        whole = [one.status for one in _topmost(members) if one.status is not None]
        found.append(
            Sum(
                period, currency, len(whole), len(members),
                total(one.amount for one in whole if one.amount is not None),
                total(one.actual for one in whole),
                _all([one.expected for one in whole]),
                _all([one.forecast for one in whole]),
            )
        )  # fmt: skip
    return found


def _topmost(members: Sequence[BudgetStatus]) -> list[BudgetStatus]:
    """Those whose scope lies within no other's; of equal scopes the first."""
    kept: list[BudgetStatus] = []
    for place, one in enumerate(members):
        mine = one.budget.scope
        inside = any(
            lies_within(mine, other.budget.scope)
            and (at < place or not lies_within(other.budget.scope, mine))
            for at, other in enumerate(members)
            if at != place
        )
        if not inside:
            kept.append(one)
    return kept


def _all(values: Sequence[Decimal | None]) -> Decimal | None:
    """The sum, or None where one is not known."""
    known = [value for value in values if value is not None]
    return total(known) if len(known) == len(values) else None


def state_choices(found: Sequence[BudgetStatus], params: Mapping[str, str]) -> list[Choice]:
    """The states that there are, with how many budgets are in each."""
    others = [one for one in found if _is_shown(one, {**params, "state": ""})]
    chosen = params.get("state", "")
    every = Choice("All", url(params, state=""), len(others), not chosen)
    return [every] + [
        Choice(title, url(params, state=state), count, chosen == state, tone)
        for state, (title, tone, _) in STATES.items()
        if (count := sum(one.state == state for one in others)) or chosen == state
    ]


def owners(found: Sequence[BudgetStatus]) -> list[str]:
    """Whose budgets there are."""
    return sorted({one.budget.owner for one in found if one.budget.owner})


def months(today: date, chosen: str) -> list[tuple[str, str]]:
    """The months that the picker offers, newest first, and the one that is chosen."""
    month, offered = BillingPeriod.of(today).previous(), []
    for _ in range(MONTHS_OFFERED):
        offered.append((str(month), f"{month.start:%b %Y}"))
        month = month.previous()
    if chosen and chosen not in dict(offered):
        offered.append((chosen, chosen))
    return [("", "Now"), *offered]


def explore_url(told: BudgetStatus) -> str:
    """The charges of the period in Explore, by day and service."""
    status, budget = told.status, told.budget
    if status is None:
        return ""
    asked = question(budget.spec, budget.scope, status.period.start, status.period.end)
    return address(EXPLORE, to_params(asked.but(by=("ServiceName",), grain="day")))


def change_url(told: BudgetStatus) -> str:
    """What drove the cost, against as many days of the period before; '' before the first day."""
    if told.status is None:
        return ""
    asked = driven(told.budget, told.status)
    return drivers_url(asked[0], against=asked[1]) if asked else ""


def threshold_text(key: str, currency: str) -> str:
    """A threshold of its key, also one that the budget has no more."""
    basis, _, value = key.partition("/")
    said = value if value.endswith("%") else f"{value} {currency}"
    return said if basis == "actual" else f"{said} by forecast"


def rule_text(threshold: Threshold, currency: str) -> str:
    """A threshold and its severity."""
    return f"{threshold.title(currency)} ({threshold.severity})"


def _force(first: date | None, until: date | None) -> str:
    """From when to when a budget holds."""
    start = numbers.day(first) if first else "always"
    return f"{start} to {numbers.day(until) if until else 'no end'}"


def facts(budget: Budget) -> list[tuple[str, str]]:
    """What a budget says, as names and values."""
    spec = budget.spec
    found = [
        ("Scope", budget.scope or "every charge"),
        ("Measure", words.measure(spec.measure)),
        ("Period", LENGTHS[spec.period] + _year(spec.year_start, spec.period)),
    ]
    if spec.from_ or spec.until:
        found.append(("In force", _force(spec.from_, spec.until)))
    if spec.growth:
        found.append(("Growth", f"{plain(spec.growth.percent)}% each {spec.growth.each}"))
    carry = {"none": "nothing", "unused": "what is left", "both": "what is left or overspent"}
    cap = f", at most {spec.rollover.cap:,} {spec.currency}" if spec.rollover.cap else ""
    found.append(("Carried over", carry[spec.rollover.carry] + cap))
    shape = {"history": "learned from history", "straight": "the same each day",
             "weights": "given weights"}  # fmt: skip
    found.append(("Shape", shape[spec.shape.by]))
    told = ", ".join(rule_text(one, spec.currency) for one in spec.thresholds) or "none"
    found.append(("Thresholds", told))
    if spec.rates:
        found.append(("Rates", spec.rates))
    if spec.owner:
        tag = f"{spec.owner.tag} = " if spec.owner.tag else ""
        found.append(("Owner", f"{tag}{spec.owner.value}"))
    return found


def _year(start: int, period: str) -> str:
    if start == 1 or period not in ("quarter", "year"):
        return ""
    return f", the year begins in {date(2000, start, 1):%B}"
