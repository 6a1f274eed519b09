"""What a detector is: a declaration that people can read, and a function that finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, Protocol, get_args

from outlay.savings.model import Action, Confidence, Effort, Finding, Insufficient

Input = Literal["daily", "charges", "usage", "utilization"]
INPUTS: tuple[Input, ...] = get_args(Input)
"""``daily`` and ``charges`` are the bill; ``usage`` is what tools measured (pods, tokens, queries);
``utilization`` is how busy a resource was."""

Value = Decimal | str | bool


@dataclass(frozen=True)
class Parameter:
    """A number, word or yes/no that people may set: its default, unit and meaning. `least` and
    `most` bound a number (inclusive)."""

    name: str
    default: Value
    meaning: str
    unit: str = ""
    least: Decimal | None = None
    most: Decimal | None = None


class Facts(Protocol):
    """What a detector may look at. One look shares one, over one snapshot of the lake."""

    @property
    def today(self) -> date:
        """Today, UTC: never a whole day."""
        ...

    def window(self, days: int, provider: str = "") -> tuple[date, date]:
        """The last `days` whole days of a provider's bills (all: ''), the end exclusive."""
        ...

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of one SELECT in DuckDB's dialect; parameters as ``$name``.

        ``daily``: a row a day (ChargeDay) and combination of descriptive columns (FOCUS's and the
        sources' ``x_`` columns), with EffectiveCost, BilledCost, ListCost, ContractedCost,
        ConsumedQuantity, PricingQuantity, LineCount, of the last 100 days; ``history``: the same
        of the last 400 days; ``charges``: the lines of the months that ``daily`` is of;
        ``usage``; ``utilization``: ResourceId, Metric, Statistic, PeriodStart, PeriodEnd, Value,
        Unit, ServiceProviderName, SubAccountId. The virtual tag of environments is a column of the
        first three. Decimals stay decimals."""
        ...

    def utilization_of(self, metric: str) -> bool:
        """Whether anything at all was measured by this metric."""
        ...

    @property
    def environment(self) -> str:
        """The virtual tag that tells production from the rest; '' when there is none."""
        ...


@dataclass(frozen=True)
class Settings:
    """How a detector is to look: its parameters' values by name, and a least saving a month below
    which nothing is said (in the bill's currency)."""

    values: Mapping[str, Value] = field(default_factory=dict)
    minimum_saving: Decimal = Decimal(1)

    def number(self, name: str) -> Decimal:
        """A number; KeyError for one that the detector does not declare."""
        found = self.values[name]
        if isinstance(found, bool | str):
            raise TypeError(f"the parameter {name} is no number: {found!r}")
        return found

    def text(self, name: str) -> str:
        """A word."""
        return str(self.values[name])


Find = Callable[[Facts, Settings], Iterator[Finding | Insufficient]]


@dataclass(frozen=True)
class Detector:
    """One detector.

    `window_days` is how far back it looks and `minimum_days` how many days of data a resource
    must have; what has fewer is `Insufficient` where a metric is missing, and left out where the
    resource is simply younger. `predicate`, `formula` and `verification` are sentences: when it
    fires, how the saving is reckoned, and what must be seen on the bill afterwards.
    `exclusions` name what is left out and why. `source` is where the rule is from.
    """

    id: str
    title: str
    provider: str
    service: str
    inputs: tuple[Input, ...]
    window_days: int
    minimum_days: int
    predicate: str
    formula: str
    verification: str
    action: Action
    group: str
    effort: Effort
    confidence: Confidence
    find: Find
    restart: bool = False
    rollback: bool = True
    risk: str = ""
    metrics: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    source: str = ""

    def settings(
        self, values: Mapping[str, Value] | None = None, minimum: Decimal = Decimal(1)
    ) -> Settings:
        """The settings with these values in place of defaults.

        ValueError, with what is allowed, for a parameter that it does not have, or a value that is
        of another kind or out of bounds.
        """
        given = dict(values or {})
        found: dict[str, Value] = {}
        for one in self.parameters:
            found[one.name] = _checked(self.id, one, given.pop(one.name, one.default))
        if given:
            known = ", ".join(one.name for one in self.parameters) or "none"
            raise ValueError(f"{self.id} has no parameter {sorted(given)[0]!r}. It has: {known}.")
        return Settings(found, minimum)


def _checked(detector: str, one: Parameter, given: Value) -> Value:
    value: Any = given
    if isinstance(one.default, Decimal) and isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, type(one.default)):
        kind = {Decimal: "a number", str: "a text", bool: "yes or no"}[type(one.default)]
        raise ValueError(f"{detector}: {one.name} is {kind}, not {value!r}")
    if isinstance(value, Decimal) and (
        not value.is_finite()
        or (one.least is not None and value < one.least)
        or (one.most is not None and value > one.most)
    ):
        raise ValueError(
            f"{detector}: {one.name} is {value}; it lies between {one.least} and {one.most}"
        )
    found: Value = value
    return found


def unique(detectors: Sequence[Detector]) -> dict[str, Detector]:
    """Detectors by id; ValueError when two have one id."""
    found: dict[str, Detector] = {}
    for one in detectors:
        if one.id in found:
            raise ValueError(f"two detectors are called {one.id}")
        found[one.id] = one
    return found
