"""What is asked and what is told of a change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outlay.expression.errors import QueryError
from outlay.money import DateRange, money_text, total
from outlay.query import ranges
from outlay.query.codec import to_json
from outlay.query.drivers.effects import EFFECTS
from outlay.query.measures import MEASURES
from outlay.query.model import CostQuery, moment_text
from outlay.query.result import RateUsed, Unconverted, Value

THEN = "then"
"""For a moment of the earlier period: as it was then."""


class DriversError(ArithmeticError):
    """A report does not add up: a defect of the program, told rather than shown as a figure."""


@dataclass(frozen=True)
class Asking:
    """A question about a change.

    `query` has one measure, of money; its range is the asked period, its comparison (the period
    before, where it has none) the earlier one, unless `against` gives the earlier days (the text
    of an absolute range, end exclusive). `before_as_of` answers the earlier period as it was known
    at a moment (UTC), a day's end or a snapshot id, `before_rules_as_of` by the rules of a moment;
    ``then`` in place of a moment: the first snapshot, after the earlier period was over, that
    holds all bills of it that are known now; the rules at the end of the earlier period.
    Raises QueryError for anything else.
    """

    query: CostQuery
    against: str = ""
    before_as_of: str = ""
    before_rules_as_of: str = ""

    def __post_init__(self) -> None:
        money = [name for name in self.query.measures if MEASURES[name].kind == "money"]
        if not money or len(self.query.measures) > 1:
            raise QueryError(
                "a change is taken apart for one measure of money at a time",
                field="measure",
                text=",".join(self.query.measures),
                allowed=[name for name, one in MEASURES.items() if one.kind == "money"],
            )
        query = self.query.but(grain="none", compare=self.query.compare or "previous", sort="")
        object.__setattr__(self, "query", query)
        if self.against:
            text = ranges.range_text(self.against)
            days = ranges.bounds(text)
            if days.start is None or days.end is None:
                raise QueryError(
                    f"{self.against!r} does not say which days to compare with",
                    field="against",
                    text=self.against,
                    allowed=["FROM..TO (YYYY-MM-DD), the end exclusive"],
                )
            object.__setattr__(self, "against", text)
        for name in ("before_as_of", "before_rules_as_of"):
            text = str(getattr(self, name) or "").strip()
            object.__setattr__(self, name, text if text in ("", THEN) else moment_text(text, name))

    @property
    def measure(self) -> str:
        """The measure."""
        return self.query.measures[0]

    def to_params(self) -> dict[str, str]:
        """As parameters of an address: the question's own, and those beside it."""
        beside = {
            "against": self.against,
            "before_as_of": self.before_as_of,
            "before_rules_as_of": self.before_rules_as_of,
        }
        return self.query.to_params() | {name: text for name, text in beside.items() if text}


BESIDE = ("against", "before_as_of", "before_rules_as_of")
"""The parameters beside those of a question."""


@dataclass(frozen=True)
class Item:
    """One key (a price on a resource) and what an effect made of it. Costs are of the charges that
    the effect is about, in the report's currency; prices are costs by quantities, rounded. `kind`
    is the class of its charges: metered, unused, or the effect of a category; '' for several."""

    effect: str
    amount: Decimal
    provider: str | None
    account: str | None
    account_name: str | None
    service: str | None
    region: str | None
    resource: str | None
    resource_name: str | None
    sku: str | None
    meter: str | None
    price_id: str | None
    unit: str | None
    values: tuple[Value, ...]
    cost_before: Decimal
    cost_after: Decimal
    quantity_before: Decimal | None
    quantity_after: Decimal | None
    price_before: Decimal | None
    price_after: Decimal | None
    detail: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Group:
    """One value of what is grouped by (or a value of each), and the effects on it."""

    values: tuple[Value, ...]
    before: Decimal
    after: Decimal
    effects: Mapping[str, Decimal]

    @property
    def change(self) -> Decimal:
        """After less before: the effects add up to it."""
        return total((self.after, self.before.copy_negate()))


@dataclass(frozen=True)
class Bridge:
    """A change in one currency, from `before` (as it is asked: as known then, by the rules of then)
    to `after`. `services` are told by ServiceName and the values of what is grouped by.
    `replaced` is how much of `new` and `gone` is the same price on another resource."""

    currency: str | None
    before: Decimal
    after: Decimal
    effects: Mapping[str, Decimal]
    groups: tuple[Group, ...]
    services: tuple[Group, ...]
    items: Mapping[str, tuple[Item, ...]]
    replaced: Decimal = Decimal(0)
    keys: int = 0

    @property
    def change(self) -> Decimal:
        """After less before."""
        return total((self.after, self.before.copy_negate()))

    @property
    def told(self) -> tuple[tuple[str, Decimal], ...]:
        """The effects that there are, in the order in which they are told."""
        return tuple((name, self.effects[name]) for name in EFFECTS if self.effects.get(name))

    def check(self) -> "Bridge":
        """The bridge itself; raises DriversError where anything does not add up."""
        parts = [
            ("the effects", self.effects, self.change),
            *((f"the effects on {g.values}", g.effects, g.change) for g in self.groups),
        ]
        for what, effects, change in parts:
            found = total(effects.values())
            if found != change:
                raise DriversError(f"{what} are {found:f} together, but the change is {change:f}")
        for what, own, whole in (
            ("before", [g.before for g in self.groups], self.before),
            ("after", [g.after for g in self.groups], self.after),
        ):
            if self.groups and total(own) != whole:
                raise DriversError(f"the groups {what} are {total(own):f}, not {whole:f}")
        for name, amount in self.effects.items() if self.groups else ():
            found = total(g.effects.get(name, Decimal(0)) for g in self.groups)
            if found != amount:
                raise DriversError(f"{name} of the groups is {found:f}, not {amount:f}")
        return self


@dataclass(frozen=True)
class DriverReport:
    """What drove a change. One bridge a currency; `days` are those of both periods that the ledger
    has, by which usage is compared (earlier, asked)."""

    asking: Asking
    range: DateRange | None
    previous_range: DateRange | None
    days: tuple[int, int]
    bridges: tuple[Bridge, ...]
    unconverted: tuple[Unconverted, ...] = ()
    rates: tuple[RateUsed, ...] = ()
    mean_rates: Mapping[str, Decimal] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    snapshot: str | None = None
    before_snapshot: str | None = None
    known: datetime | None = None
    rules_at: datetime | None = None
    sku_prices: bool = True

    @property
    def sole(self) -> Bridge | None:
        """The bridge of a report in one currency; None where there are several or none."""
        return self.bridges[0] if len(self.bridges) == 1 else None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; money is a string with all its decimals."""
        return {
            "query": to_json(self.asking.query),
            "against": self.asking.against or None,
            "before_as_of": self.asking.before_as_of or None,
            "before_rules_as_of": self.asking.before_rules_as_of or None,
            "measure": self.asking.measure,
            "range": _range(self.range),
            "previous_range": _range(self.previous_range),
            "days": {"before": self.days[0], "after": self.days[1]},
            "bridges": [_bridge(self, bridge) for bridge in self.bridges],
            "unconverted": [
                {"currency": one.currency}
                | {name: money_text(amount) for name, amount in one.amounts.items()}
                for one in self.unconverted
            ],
            "mean_rates": {
                code: format(rate, "f") for code, rate in sorted(self.mean_rates.items())
            },
            "snapshot": self.snapshot,
            "before_snapshot": self.before_snapshot,
            "known": None if self.known is None else self.known.isoformat() + "Z",
            "rules_at": None if self.rules_at is None else self.rules_at.isoformat() + "Z",
            "warnings": list(self.warnings),
        }


def _range(days: DateRange | None) -> dict[str, str] | None:
    if days is None:
        return None
    return {"from": days.start.isoformat(), "to": days.end.isoformat()}


def _bridge(report: DriverReport, bridge: Bridge) -> dict[str, Any]:
    return {
        "currency": bridge.currency,
        "before": money_text(bridge.before),
        "after": money_text(bridge.after),
        "change": money_text(bridge.change),
        "effects": [
            {"effect": name, "title": EFFECTS[name].title, "amount": money_text(amount)}
            for name, amount in bridge.told
        ],
        "replaced": money_text(bridge.replaced),
        "by": list(report.asking.query.by),
        "groups": [_group(group) for group in bridge.groups],
        "items": [_item(item) for items in bridge.items.values() for item in items],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "values": [_value(value) for value in group.values],
        "before": money_text(group.before),
        "after": money_text(group.after),
        "change": money_text(group.change),
        "effects": {name: money_text(a) for name, a in group.effects.items() if a},
    }


def _item(item: Item) -> dict[str, Any]:
    found = {}
    for name in Item.__dataclass_fields__:
        value = getattr(item, name)
        if name == "values":
            value = [_value(one) for one in value]
        elif isinstance(value, Decimal):
            money = name in ("amount", "cost_before", "cost_after")
            value = money_text(value) if money else format(value, "f")
        found[name] = value
    return found


def _value(value: Value) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return value.isoformat() if isinstance(value, date) else value
