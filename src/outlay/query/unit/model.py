"""What people write of a unit cost, and what is asked of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from outlay.expression import canonical
from outlay.expression.dimensions import parse_dimension
from outlay.expression.errors import QueryError, near_names
from outlay.query import ranges
from outlay.query.measures import DEFAULT_MEASURE, MEASURES, measure_names
from outlay.query.model import moment_text
from outlay.resources.kinds import Kind, Spec, registry

UnitGrain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: tuple[UnitGrain, ...] = ("day", "week", "month", "quarter", "year")
DEFAULT_RANGE = "last-12-months"
_MOMENT = ("YYYY-MM-DD", "YYYY-MM-DDTHH:MM:SSZ")


class Joined(Spec):
    """A label of the metric whose values are those of a dimension of the charges: a column, a
    tag, or a virtual tag."""

    label: Annotated[str, Field(min_length=1)]
    dimension: str

    @field_validator("dimension")
    @classmethod
    def _a_dimension(cls, text: str) -> str:
        try:
            return str(parse_dimension(text, "dimension"))
        except QueryError as error:
            raise ValueError(error.message) from None


class UnitCostSpec(Spec):
    """A cost per unit: the cost of a scope, divided by a metric, per period and label.

    The scope is a `measure` of the charges where `where` holds, with what splits give and take
    unless `splits` is ``direct``. `only` keeps the metric's series with one of the given values of
    a label (`{product: [api]}`), so that units are those of the scope; revenue's too where it has
    the label. `by` ties a label of the metric to a dimension of the charges.
    `revenue` is a metric of money: with it there is a margin; its label is `revenue_label` where
    it is not called as the metric's. `currency` defaults to the workspace's.
    """

    title: str = ""
    description: str = ""
    measure: str = DEFAULT_MEASURE
    where: str = ""
    splits: Literal["applied", "direct"] = "applied"
    metric: Annotated[str, Field(min_length=1)]
    only: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(default_factory=dict)
    by: Joined | None = None
    revenue: str | None = None
    revenue_label: str | None = None
    currency: str | None = None
    rates: str | None = None
    grain: UnitGrain = "month"

    @field_validator("measure")
    @classmethod
    def _money(cls, text: str) -> str:
        try:
            (name,) = measure_names([text])
        except (QueryError, ValueError) as error:
            raise ValueError(str(error)) from None
        if MEASURES[name].kind != "money":
            raise ValueError(f"{name} is no cost; measures of cost are EffectiveCost, BilledCost…")
        return name

    @field_validator("where")
    @classmethod
    def _a_condition(cls, text: str) -> str:
        try:
            return canonical(text, "where") if text.strip() else ""
        except QueryError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _fits(self) -> "UnitCostSpec":
        if self.revenue_label and not (self.revenue and self.by):
            raise ValueError("revenue_label goes with revenue and by")
        return self


@dataclass(frozen=True)
class UnitQuery:
    """What is asked of a unit cost. Its text parts are those of the address.

    `range` are days (see `outlay.query.ranges`), `grain` the periods, `by` whether by the label
    (else in total); `before` and `after` the first days of the two periods whose change is taken
    apart (None: the last two that are known); `as_of` a UTC moment or day, as text: what charges
    and metrics were known then.
    """

    range: str = DEFAULT_RANGE
    grain: UnitGrain | None = None
    by: bool = True
    before: date | None = None
    after: date | None = None
    as_of: str | None = None

    @staticmethod
    def from_params(params: Mapping[str, str], *, others: tuple[str, ...] = ()) -> "UnitQuery":
        """Read the parameters of an address or the options of a command. QueryError says what is
        wrong, also with a parameter that is not known."""
        allowed = ("range", "from", "to", "grain", "by", "before", "after", "as_of")
        unknown = sorted(set(params) - {*allowed, *others})
        if unknown:
            raise QueryError(
                f"{unknown[0]!r} is not a part of the question",
                field=unknown[0],
                near=near_names(unknown[0], allowed),
                allowed=allowed,
            )
        given = {key: value.strip() for key, value in params.items() if value.strip()}
        return UnitQuery(
            range=_range(given),
            grain=_grain(given.get("grain")),
            by=_by(given.get("by")),
            before=ranges.parse_day(given.get("before", ""), "before"),
            after=ranges.parse_day(given.get("after", ""), "after"),
            as_of=moment_text(given["as_of"], "as_of") if given.get("as_of") else None,
        )

    def to_params(self) -> dict[str, str]:
        """The parts that are not the default, as parameters of an address."""
        found: dict[str, Any] = {}
        if self.range != DEFAULT_RANGE:
            bounds = ranges.bounds(self.range)
            if bounds.start or bounds.end:
                found |= {"from": bounds.start, "to": bounds.end}
            else:
                found["range"] = self.range
        found |= {"grain": self.grain, "by": None if self.by else "none"}
        found |= {"before": self.before, "after": self.after, "as_of": self.as_of}
        return {key: str(value) for key, value in found.items() if value is not None}

    def moment(self) -> datetime | None:
        """`as_of` as a UTC moment (naive); QueryError for a snapshot id."""
        from outlay.query.model import CostQuery

        at = CostQuery(as_of=self.as_of).as_of_moment()
        if isinstance(at, int):
            raise QueryError(
                "a unit cost is of a moment, not of a snapshot of the lake",
                field="as_of",
                text=self.as_of or "",
                allowed=_MOMENT,
            )
        return at


def _range(given: Mapping[str, str]) -> str:
    start, end = given.get("from", ""), given.get("to", "")
    if not (start or end):
        return ranges.range_text(given.get("range", DEFAULT_RANGE))
    if "range" in given:
        raise QueryError(
            "a range and from/to exclude each other", field="range", text=given["range"]
        )
    return ranges.between(ranges.parse_day(start, "from"), ranges.parse_day(end, "to"))


def _grain(text: str | None) -> UnitGrain | None:
    for grain in GRAINS:
        if text == grain:
            return grain
    if text is None:
        return None
    raise QueryError(
        f"{text!r} is no grain of a unit cost",
        field="grain",
        text=text,
        near=near_names(text, GRAINS),
        allowed=GRAINS,
    )


def _by(text: str | None) -> bool:
    if text in (None, "label", "none"):
        return text != "none"
    raise QueryError(f"{text!r} is not known", field="by", text=text, allowed=("label", "none"))


UNIT_COST = registry.register(
    Kind(
        name="UnitCost",
        spec=UnitCostSpec,
        title="Unit cost",
        description=(
            "A cost per unit, such as per order or per customer: the cost of a scope divided by a "
            "metric, per period and label, with a margin where a revenue metric is given."
        ),
        example="""\
kind: UnitCost
name: cost-per-order
spec:
  title: Cost per order
  where: product = 'shop'
  metric: orders
  by: {label: channel, dimension: tags.channel}
  revenue: revenue
""",
    )
)
"""The kind `UnitCost`."""
