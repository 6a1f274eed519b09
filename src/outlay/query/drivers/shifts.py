"""The earlier period told twice: as it was known, or by the rules of another moment, and as now."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from outlay.allocation.rules import Ruleset
from outlay.lake.types import Pin
from outlay.money import total
from outlay.query.drivers.model import Item
from outlay.query.model import CostQuery
from outlay.query.result import Result, Value

Ask = Callable[[CostQuery, Pin, Ruleset], Result]
Values = tuple[Value, ...]
Point = tuple[Pin, Ruleset]

_LARGEST = 25
_PLACE = ("ServiceProviderName", "SubAccountId", "SubAccountName", "ServiceName")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Shift:
    """What one change of view did to the earlier period: by currency, in total, by group, and
    where (largest first)."""

    effect: str
    totals: Mapping[str | None, Decimal]
    groups: Mapping[str | None, Mapping[Values, Decimal]]
    items: Mapping[str | None, tuple[Item, ...]]


def shifted(effect: str, ask: Ask, query: CostQuery, old: Point, new: Point) -> Shift:
    """The same question at two points: what the second says less what the first says."""
    groups = _difference(ask, query, old, new)
    totals = {code: total(after for _, after in _changes(found)) for code, found in groups.items()}
    own = tuple(query.by)
    placed = query.but(by=tuple(dict.fromkeys((*own, *_PLACE))))
    where = _difference(ask, placed, old, new)
    items = {
        code: tuple(
            _item(effect, placed, values, amounts, len(own))
            for values, amounts in sorted(
                found.items(),
                key=lambda one: (
                    _less(one[1][1], one[1][0]).copy_abs().copy_negate(),
                    str(one[0]),
                ),
            )[:_LARGEST]
            if amounts[0] != amounts[1]
        )
        for code, found in where.items()
    }
    changes = {code: dict(_changes(found)) for code, found in groups.items()}
    return Shift(effect, totals, changes, items)


def _changes(
    found: Mapping[Values, tuple[Decimal, Decimal]],
) -> Iterable[tuple[Values, Decimal]]:
    for values, (before, after) in found.items():
        yield values, _less(after, before)


def _difference(
    ask: Ask, query: CostQuery, old: Point, new: Point
) -> dict[str | None, dict[Values, tuple[Decimal, Decimal]]]:
    found: dict[str | None, dict[Values, tuple[Decimal, Decimal]]] = {}
    measure = query.measures[0]
    for side, point in enumerate((old, new)):
        result = ask(query, *point)
        several = any(column.role == "currency" for column in result.columns)
        grouped = "BillingCurrency" in query.by and not query.currency
        for row in result.rows():
            told = row["BillingCurrency"] if several or grouped else result.currency
            code = None if told is None else str(told)
            values = tuple(row[name] for name in query.by)
            amounts = list(found.setdefault(code, {}).get(values, (ZERO, ZERO)))
            value = row[measure]
            amounts[side] = value if isinstance(value, Decimal) else Decimal(str(value or 0))
            found[code][values] = (amounts[0], amounts[1])
    return found


def _item(
    effect: str,
    query: CostQuery,
    values: Values,
    amounts: tuple[Decimal, Decimal],
    width: int,
) -> Item:
    named = {name: value for name, value in zip(query.by, values, strict=True)}

    def text(name: str) -> str | None:
        value = named.get(name)
        return None if value is None else str(value)

    return Item(
        effect=effect,
        amount=_less(amounts[1], amounts[0]),
        provider=text("ServiceProviderName"),
        account=text("SubAccountId"),
        account_name=text("SubAccountName"),
        service=text("ServiceName"),
        region=None,
        resource=None,
        resource_name=None,
        sku=None,
        meter=None,
        price_id=None,
        unit=None,
        values=values[:width],
        cost_before=amounts[0],
        cost_after=amounts[1],
        quantity_before=None,
        quantity_after=None,
        price_before=None,
        price_after=None,
        detail="the earlier period, told twice",
    )


def _less(one: Decimal, other: Decimal) -> Decimal:
    return total((one, other.copy_negate()))
