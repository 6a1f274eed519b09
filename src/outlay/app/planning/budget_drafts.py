"""Budgets that are not kept yet: how one would have fared, and what to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from outlay.access import who
from outlay.app.planning.budget_actuals import complete_until, first_day
from outlay.app.planning.budget_evaluate import Evaluation, evaluate_all
from outlay.app.planning.budget_kept import kept
from outlay.app.planning.budget_words import without_rate
from outlay.app.planning.budgets import Budget, BudgetStatus, last_periods
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.errors import QueryError, near_names
from outlay.lake import LakeError
from outlay.money import BillingPeriod, total
from outlay.money.display import places
from outlay.money.quotients import rounded
from outlay.planning.budgets.model import BUDGET, BudgetSpec
from outlay.planning.budgets.tree import joined, scope_of
from outlay.query import CostQuery, equals, ranges
from outlay.resources import Write
from outlay.resources.names import valid_name

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

Basis = Literal["actual", "forecast"]

PREVIEWED = 6
"""So many periods are told of a budget that is not kept yet."""

MOST_SUGGESTED = 40
_LONGEST_NAME = 60


@served("POST /budgets/preview")
def preview(
    workspace: Workspace,
    name: str,
    spec: Mapping[str, Any],
    now: datetime | None = None,
    *,
    count: int = PREVIEWED,
) -> tuple[BudgetStatus, ...]:
    """How a budget would have fared in the last periods and fares in the present one, newest
    first; nothing is kept. ResourceError for a spec that is not valid, QueryError for a scope that
    cannot be asked."""
    moment = now or utc_now()
    typed = BUDGET.parse(spec)
    assert isinstance(typed, BudgetSpec)
    draft = _draft(workspace, name or "draft", typed)
    periods = last_periods(workspace, typed, moment.date(), count)
    asked = [
        Evaluation(typed, draft.scope, period, forecast=number == 0)
        for number, period in enumerate(periods)
    ]
    found = kept(workspace, asked, moment, evaluate_all) if asked else []
    return tuple(BudgetStatus(draft, status) for status in found)


def _draft(workspace: Workspace, name: str, spec: BudgetSpec) -> Budget:
    from outlay.planning.budgets.tree import check_tree

    specs: dict[str, BudgetSpec] = {}
    for one in workspace.resources.list(BUDGET.name):
        assert isinstance(one.spec, BudgetSpec)
        specs[one.name] = one.spec
    specs[name] = spec
    check_tree(specs)
    return Budget(name, spec, 0, spec.parent, 0, scope_of(name, specs))


@dataclass(frozen=True)
class Suggestion:
    """A budget that might be kept: its `name` and `spec`, what its value cost in the months before
    (oldest first), what its amount begins with (`base`), whether a budget of that name is there."""

    name: str
    value: str
    spec: BudgetSpec
    months: Mapping[str, Decimal]
    base: Decimal
    taken: bool = False


@dataclass(frozen=True)
class Suggested:
    """Suggestions for the values of a virtual tag, largest first, by what they cost in `months`.
    `left` smaller values were not looked at; `reasons` say why a value has none, and what is not
    counted in a currency that no rate converts."""

    tag: str
    currency: str
    basis: Basis
    months: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]
    left: int = 0
    reasons: Mapping[str, str] | None = None

    @property
    def total(self) -> Decimal:
        """All suggested amounts together, per month."""
        return total((Decimal(0), *(one.spec.amount or Decimal(0) for one in self.suggestions)))


@served("POST /budgets/suggest")
def suggest(
    workspace: Workspace,
    tag: str,
    *,
    basis: str = "actual",
    months: int = 3,
    margin: Decimal = Decimal(5),
    currency: str = "",
    measure: str = "EffectiveCost",
    parent: str = "",
    limit: int = MOST_SUGGESTED,
    now: datetime | None = None,
) -> Suggested:
    """Monthly budgets for each value of a virtual tag; nothing is kept.

    By ``actual`` the amount is the mean of the last `months` that are complete, fewer where fewer
    were loaded; by ``forecast`` what the month that begins next is forecast to cost. `margin`
    percent are added, and the sum is rounded up to two figures. `parent` is a budget that they
    become parts of: in its currency, unless one is named, by its rates. QueryError for what cannot
    be asked, and where no whole month was loaded.
    """
    moment = now or utc_now()
    _check_asked(workspace, tag, basis, months, margin)
    scope, rates, own = _of_parent(workspace, parent)
    code = currency or own or workspace.currency
    this = BillingPeriod.of(moment.date())
    keys = _whole_months(workspace, months, moment.date())
    asked = CostQuery(
        measures=(measure,), by=(tag,), grain="month", where=scope, currency=code,
        range=ranges.between(keys[0].start, keys[-1].end), rates=rates or None,
    )  # fmt: skip
    result = workspace.query(asked, now=moment)
    cost: dict[str, dict[str, Decimal]] = {}
    for row in result.rows():
        value, amount, day = row[tag], row[measure], row["period"]
        if isinstance(value, str) and isinstance(amount, Decimal) and isinstance(day, date):
            cost.setdefault(value, {})[f"{day:%Y-%m}"] = amount
    sums = {value: total(found.values()) for value, found in cost.items()}
    ordered = sorted((v for v in sums if sums[v] > 0), key=lambda v: (sums[v].copy_negate(), v))
    chosen = ordered[: max(1, min(limit, MOST_SUGGESTED))]
    taken = set(workspace.resources.names(BUDGET.name))
    found: list[Suggestion] = []
    reasons = {
        one.currency: without_rate({one.currency: one.amounts[measure]})
        for one in result.unconverted
        if one.amounts[measure]
    }
    for value in chosen:
        base, reason = sums[value], ""
        if basis == "forecast":
            base, reason = _forecast(workspace, asked, tag, value, this, moment)
        else:
            base = rounded(Fraction(base) / len(keys), places(code))
        if reason or base <= 0:
            reasons[value] = reason or "it is forecast to cost nothing"
            continue
        spec = _spec(tag, value, asked, parent, amount_of(base, margin, code))
        name = _name(f"{tag}-{value}", {one.name for one in found})
        said = {str(key): cost[value].get(str(key), Decimal(0)) for key in keys}
        found.append(Suggestion(name, value, spec, said, base, name in taken))
    return Suggested(
        tag, code, "forecast" if basis == "forecast" else "actual", tuple(map(str, keys)),
        tuple(found), len(ordered) - len(chosen), reasons,
    )  # fmt: skip


@served("POST /budgets")
def keep(
    workspace: Workspace, budgets: Mapping[str, Mapping[str, Any]], *, author: str = ""
) -> tuple[str, ...]:
    """Keep several budgets, all or none; gives their names. ResourceConflictError where one of a
    name is there already."""
    writes = [
        Write(BUDGET.name, name, BUDGET.parse(spec), 0) for name, spec in sorted(budgets.items())
    ]
    workspace.resources.apply(writes, author=author or who())
    return tuple(sorted(budgets))


def amount_of(base: Decimal, margin: Decimal, currency: str) -> Decimal:
    """A suggested amount: the base and a margin in percent, rounded up to two figures."""
    wanted = Fraction(base) * (100 + Fraction(margin)) / 100
    digits = places(currency)
    whole = len(str(int(wanted))) if wanted >= 1 else 0
    step = Fraction(10) ** max(whole - 2, -digits)
    return rounded(-(-wanted // step) * step, digits)


def _check_asked(workspace: Workspace, tag: str, basis: str, months: int, margin: Decimal) -> None:
    known = sorted(workspace.rules().tags)
    if tag not in known:
        raise QueryError(
            f"there is no virtual tag {tag!r}", field="tag", text=tag,
            near=near_names(tag, known), allowed=known,
        )  # fmt: skip
    if basis not in ("actual", "forecast"):
        raise QueryError(
            f"{basis!r} is nothing to begin with", field="basis", text=basis,
            allowed=("actual", "forecast"),
        )  # fmt: skip
    if not 1 <= months <= 24:
        raise QueryError(
            f"{months} months cannot be averaged", field="months", text=str(months),
            allowed=("1 to 24",),
        )  # fmt: skip
    if not margin.is_finite() or not -100 < margin <= 1000:
        raise QueryError(
            f"{margin} % is no margin", field="margin", text=str(margin), allowed=("-99 to 1000",)
        )


def _of_parent(workspace: Workspace, parent: str) -> tuple[str, str, str]:
    """Scope, rates and currency of a parent, which its parts have too; '' without one."""
    if not parent:
        return "", "", ""
    from outlay.app.planning.budgets import budget

    found = budget(workspace, parent)
    return found.scope, found.spec.rates, found.spec.currency


def _whole_months(workspace: Workspace, count: int, today: date) -> list[BillingPeriod]:
    """The last months whose days are all complete, none before the first that was loaded: a month
    that is not known is no month without cost. QueryError where there is none."""
    first, until = first_day(workspace), complete_until(workspace, today)
    found: list[BillingPeriod] = []
    if first is not None and until is not None:
        month = BillingPeriod.of(until).previous()
        while len(found) < count and month.start >= first:
            found.insert(0, month)
            month = month.previous()
    if not found:
        raise QueryError("there is no whole month to begin with yet", field="months")
    return found


def _name(text: str, given: set[str]) -> str:
    """A name for a budget; values whose names come out alike (``Shop``, ``shop!``) get a number."""
    name = valid_name(text)[:_LONGEST_NAME].strip("-")
    numbered = (f"{name}-{number}" for number in range(2, MOST_SUGGESTED + 2))
    return name if name not in given else next(one for one in numbered if one not in given)


def _spec(tag: str, value: str, asked: CostQuery, parent: str, amount: Decimal) -> BudgetSpec:
    spec = BUDGET.parse(
        {
            "title": value,
            "scope": equals(tag, value),
            "measure": asked.measures[0],
            "currency": asked.currency,
            "rates": asked.rates or "",
            "amount": str(amount),
            "owner": {"tag": tag, "value": value},
            "parent": parent,
        }
    )
    assert isinstance(spec, BudgetSpec)
    return spec


def _forecast(
    workspace: Workspace,
    asked: CostQuery,
    tag: str,
    value: str,
    this: BillingPeriod,
    now: datetime,
) -> tuple[Decimal, str]:
    """What a value is forecast to cost in the next month, or why that cannot be told."""
    from outlay.app.planning.budget_forecast import rest_of

    month = this.next()
    where = joined([asked.where, equals(tag, value)])
    try:
        found, reason = rest_of(
            workspace, asked.but(by=(), grain="none", where=where), month.start, month.end, now
        )
    except (QueryError, LakeError) as error:
        return Decimal(0), f"{error}"
    return (Decimal(0), reason) if found is None else (found.amount, "")


def names_of(suggestions: Sequence[Suggestion]) -> list[str]:
    """The names of suggestions that are not taken yet."""
    return [one.name for one in suggestions if not one.taken]
