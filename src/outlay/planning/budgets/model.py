"""The kind `Budget`: an amount per period for a scope, and when somebody is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from outlay.expression import canonical
from outlay.expression.errors import QueryError
from outlay.focus.currencies import is_currency
from outlay.money import money_text
from outlay.money.display import places
from outlay.money.quotients import scaled
from outlay.resources.kinds import Kind, Spec, registry

Measure = Literal["EffectiveCost", "BilledCost"]
Length = Literal["month", "quarter", "year", "custom"]
Basis = Literal["actual", "forecast"]
Severity = Literal["info", "warning", "critical"]
Carry = Literal["none", "unused", "both"]

MOST = Decimal(10) ** 15
"""No budget is larger; a number beyond it is a slip."""

_MONTHS_OF = {"quarter": 3, "year": 12}


def _condition(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return canonical(text, "scope")
    except QueryError as error:
        raise ValueError(str(error).removeprefix("scope: ")) from None


Scope = Annotated[str, AfterValidator(_condition)]
"""A condition on charges, in canonical form; empty for every charge."""

Money = Annotated[Decimal, Field(ge=0, le=MOST)]
"""An amount in the budget's currency."""


class Growth(Spec):
    """By how many percent the amount grows, compounded: each period, or each year."""

    percent: Annotated[Decimal, Field(ge=-100, le=1000)]
    each: Literal["period", "year"] = "period"


class Rollover(Spec):
    """What a period hands on to the next: nothing, what was left (`unused`), or also what was
    spent too much (`both`); never more than `cap`, in the budget's currency."""

    carry: Carry = "none"
    cap: Annotated[Decimal, Field(gt=0, le=MOST)] | None = None

    @model_validator(mode="after")
    def _capped(self) -> Rollover:
        if self.cap is not None and self.carry == "none":
            raise ValueError("a cap needs carry: unused or both")
        return self


class Threshold(Spec):
    """When somebody is told: a percentage of the period's amount, or an amount of money, that the
    actual cost or the forecast of the whole period reaches."""

    of: Basis = "actual"
    percent: Annotated[Decimal, Field(gt=0, le=1000)] | None = None
    amount: Annotated[Decimal, Field(gt=0, le=MOST)] | None = None
    severity: Severity = "warning"

    @model_validator(mode="after")
    def _one_of(self) -> Threshold:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("a threshold has a percent or an amount, one of the two")
        return self

    @property
    def key(self) -> str:
        """What it is told apart by: ``actual/80%``, ``forecast/1200``."""
        if self.percent is not None:
            return f"{self.of}/{plain(self.percent)}%"
        assert self.amount is not None
        return f"{self.of}/{plain(self.amount)}"

    def title(self, currency: str) -> str:
        """In words: *80 % of the amount*, *1,200.00 USD*, with "by forecast" of a forecast."""
        if self.percent is not None:
            text = f"{plain(self.percent)}%"
        else:
            assert self.amount is not None
            text = f"{self.amount:,.{places(currency)}f} {currency}"
        return text if self.of == "actual" else f"{text} by forecast"


def _owner(value: Any) -> Any:
    return {"value": value} if isinstance(value, str) else value


class BudgetOwner(Spec):
    """Whose budget it is: a value of a virtual tag, or a person or role by name (no `tag`)."""

    value: Annotated[str, Field(min_length=1, max_length=200)]
    tag: str = ""


class Shape(Spec):
    """How a period's cost is expected to spread over its days.

    ``history`` is learned from the scope's own months before (weekdays, fees at a month's start);
    ``straight`` is the same each day; ``weights`` are given: one per month of a quarter, year or
    custom period, one per day of a month.
    """

    by: Literal["history", "straight", "weights"] = "history"
    weights: tuple[Annotated[Decimal, Field(ge=0)], ...] = ()

    @model_validator(mode="after")
    def _weighed(self) -> Shape:
        if (self.by == "weights") != bool(self.weights):
            raise ValueError("weights belong to by: weights, and to that alone")
        if self.weights and not any(self.weights):
            raise ValueError("at least one weight must be above 0")
        return self


def _shape(value: Any) -> Any:
    return {"by": value} if isinstance(value, str) else value


def _carry(value: Any) -> Any:
    return {"carry": value} if isinstance(value, str) else value


DEFAULT_THRESHOLDS = (
    Threshold(of="actual", percent=Decimal(80), severity="warning"),
    Threshold(of="actual", percent=Decimal(100), severity="critical"),
    Threshold(of="forecast", percent=Decimal(100), severity="warning"),
)
"""Of a budget that names none."""


class BudgetSpec(Spec):
    """What a scope may cost per period.

    `scope` narrows that of the `parent`, if there is one. Periods are calendar months, quarters
    or years, UTC (`year_start`: the month in which a financial year begins), or one ``custom``
    period `from` a day until a day. `amount` holds for each period, `growth` raises it from the
    first one on, `amounts` says single periods otherwise (``2026-11``, ``2026-Q4``, ``2026``,
    ``FY2026`` and ``FY2026-Q1`` for a year that begins in another month than January, by the
    calendar year in which it ends). `from` is the first day (inclusive) and `until` the day after
    the last (exclusive); both lie where periods begin. `rates` are those that charges in other
    currencies are converted by.
    """

    title: Annotated[str, Field(max_length=200)] = ""
    note: Annotated[str, Field(max_length=2000)] = ""
    scope: Scope = ""
    measure: Measure = "EffectiveCost"
    currency: str
    rates: str = ""
    period: Length = "month"
    year_start: Annotated[int, Field(ge=1, le=12)] = 1
    amount: Money | None = None
    amounts: Mapping[str, Money] = Field(default_factory=dict)
    growth: Growth | None = None
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    owner: Annotated[BudgetOwner, BeforeValidator(_owner)] | None = None
    parent: str = ""
    rollover: Annotated[Rollover, BeforeValidator(_carry)] = Rollover()
    thresholds: tuple[Threshold, ...] = DEFAULT_THRESHOLDS
    shape: Annotated[Shape, BeforeValidator(_shape)] = Shape()

    model_config = Spec.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    @field_validator("currency")
    @classmethod
    def _a_currency(cls, code: str) -> str:
        if not is_currency(code.strip().upper()):
            raise ValueError(
                f"{code!r} is no currency. Allowed: a code of ISO 4217, such as USD or EUR"
            )
        return code.strip().upper()

    @field_validator("amounts", mode="before")
    @classmethod
    def _keys(cls, amounts: Any) -> Any:
        # YAML reads the year 2026 as a number.
        return {str(k): v for k, v in amounts.items()} if isinstance(amounts, Mapping) else amounts

    @model_validator(mode="after")
    def _holds_together(self) -> BudgetSpec:
        self._check_dates()
        self._check_amounts()
        self._check_thresholds()
        self._check_weights()
        return self

    def _check_dates(self) -> None:
        from outlay.planning.budgets.periods import begins, nearest

        if self.from_ and self.until and self.until <= self.from_:
            raise ValueError(
                f"until {self.until} is not after from {self.from_} (until is exclusive: for all "
                f"of {self.from_.year} write until: {self.from_.year + 1}-01-01)"
            )
        if self.period == "custom":
            if self.from_ is None or self.until is None:
                raise ValueError("a custom period needs from (its first day) and until (exclusive)")
            for given, name in ((self.growth, "growth"), (self.amounts, "amounts")):
                if given:
                    raise ValueError(f"{name} needs periods that recur; custom is one period")
            if self.rollover.carry != "none":
                raise ValueError("rollover needs periods that recur; custom is one period")
            return
        for day, name in ((self.from_, "from"), (self.until, "until")):
            if day is not None and not begins(self, day):
                raise ValueError(
                    f"{name} {day} is not the first day of a {self.period}; the nearest are "
                    + " and ".join(str(one) for one in nearest(self, day))
                )
        for needed, name in (
            (self.rollover.carry != "none", "rollover"),
            (self.growth is not None, "growth"),
        ):
            if needed and self.from_ is None:
                raise ValueError(f"{name} needs from: the first day of the first {self.period}")

    def _check_amounts(self) -> None:
        from outlay.planning.budgets.periods import PeriodKeyError, parse

        if self.amount is None and not self.amounts:
            raise ValueError("a budget needs an amount, or amounts by period")
        if self.amount is None and self.growth is not None:
            raise ValueError("growth needs an amount that grows")
        digits = places(self.currency)
        said = [*self.amounts.values(), self.amount, self.rollover.cap]
        said += [threshold.amount for threshold in self.thresholds]
        for value in said:
            if value is not None and scaled(value, digits) != value:
                raise ValueError(
                    f"{money_text(value)} has more decimals than {self.currency} has ({digits})"
                )
        for key in self.amounts:
            try:
                period = parse(self, key)
            except PeriodKeyError as error:
                raise ValueError(f"amounts: {error}") from None
            if (self.from_ and period.start < self.from_) or (
                self.until and period.end > self.until
            ):
                raise ValueError(f"amounts: {key} is outside of from and until")

    def _check_thresholds(self) -> None:
        keys = [threshold.key for threshold in self.thresholds]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"thresholds: {', '.join(twice)} is there twice")

    def _check_weights(self) -> None:
        given = len(self.shape.weights)
        if not given:
            return
        if self.period == "custom":
            from outlay.planning.budgets.periods import months_of, only

            wanted = len(months_of(only(self)))
        else:
            wanted = _MONTHS_OF.get(self.period, 31)
        if given != wanted:
            unit = "day (31)" if self.period == "month" else f"month ({wanted})"
            raise ValueError(f"shape: weights are one per {unit}; {given} are given")


def plain(value: Decimal) -> str:
    """A number without needless zeros: ``80``, ``82.5``."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


BUDGET = registry.register(
    Kind(
        name="Budget",
        spec=BudgetSpec,
        title="Budget",
        description=(
            "What a scope may cost per month, quarter, year or project, and who is told when the "
            "actual cost or the forecast passes a threshold of it."
        ),
        example="""\
kind: Budget
name: checkout
spec:
  title: Team checkout
  scope: team = 'checkout'
  currency: USD
  amount: 12000
  owner: {tag: team, value: checkout}
  rollover: {carry: unused, cap: 2000}
  from: 2026-01-01
  thresholds:
    - {of: actual, percent: 80, severity: warning}
    - {of: actual, percent: 100, severity: critical}
    - {of: forecast, percent: 100, severity: warning}
""",
    )
)
"""The kind of budgets."""
