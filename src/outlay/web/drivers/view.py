"""What the page shows of a report: bars of the bridge, rows of groups, items with their charges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Context, Decimal

from outlay.money import DateRange, total
from outlay.money.quotients import significant
from outlay.query import MEASURES, CostQuery
from outlay.query.drivers import EFFECTS, Asking, Bridge, DriverReport, Group, Item
from outlay.query.drivers.tables import group_effects
from outlay.query.ranges import between
from outlay.query.result import Value
from outlay.query.titles import dimension
from outlay.web import numbers
from outlay.web.drivers.address import narrowed
from outlay.web.explore.address import CHARGES, EXPLORE, Ask, address

MOST_GROUPS = 50
MOST_ITEMS = 15
_CONTEXT = Context(prec=40)
_WIDTH = Decimal(100)
_THINNEST = Decimal("0.4")

# What is better the higher it is.
_GOOD = ("NegotiatedSaving", "CommitmentSaving")


@dataclass(frozen=True)
class Step:
    """A row of the bridge: a whole amount (`kind` whole) or an effect that rises or falls. `x` and
    `width` are per cent of the drawing, `level` is where the next row begins."""

    name: str
    title: str
    description: str
    amount: Decimal
    kind: str
    x: str
    width: str
    level: str


@dataclass(frozen=True)
class Cell:
    """A value of a group, and the address that narrows to it ('' where nothing is narrower)."""

    text: str
    missing: bool
    href: str


@dataclass(frozen=True)
class Row:
    """A group: its values, its change, and an amount for each effect of the report."""

    cells: tuple[Cell, ...]
    before: Decimal
    after: Decimal
    change: Decimal
    ratio: Decimal | None
    effects: tuple[Decimal, ...]


@dataclass(frozen=True)
class ItemRow:
    """One of the largest: what it is, its units and price on both sides, and its charges then and
    now ('' where there are none)."""

    item: Item
    name: str
    under: str
    units: str
    price: str
    before_href: str
    after_href: str


@dataclass(frozen=True)
class Shown:
    """One bridge as the page shows it."""

    bridge: Bridge
    steps: tuple[Step, ...]
    cut: bool
    ratio: Decimal | None
    effects: tuple[str, ...]
    rows: tuple[Row, ...]
    hidden: int
    other: Row | None
    items: tuple[ItemRow, ...]


def shown(report: DriverReport, effect: str = "") -> tuple[Shown, ...]:
    """Every bridge of a report, with the largest items of an effect, or of all together."""
    return tuple(_shown(report, bridge, effect) for bridge in report.bridges)


def _shown(report: DriverReport, bridge: Bridge, effect: str) -> Shown:
    steps, cut = _steps(report, bridge)
    effects = group_effects(report)
    items = _largest(bridge, effect)
    kept, rest = bridge.groups[:MOST_GROUPS], bridge.groups[MOST_GROUPS:]
    return Shown(
        bridge=bridge,
        steps=steps,
        cut=cut,
        ratio=_ratio(bridge.change, bridge.before),
        effects=effects,
        rows=tuple(_row(report, group, effects) for group in kept),
        hidden=len(rest),
        other=_other(rest, effects) if rest else None,
        items=tuple(_item(report, bridge, item) for item in items),
    )


def _ratio(change: Decimal, before: Decimal) -> Decimal | None:
    return _CONTEXT.divide(change, abs(before)) if before else None


# --- the bridge -----------------------------------------------------------------------------


def _steps(report: DriverReport, bridge: Bridge) -> tuple[tuple[Step, ...], bool]:
    assert report.range is not None and report.previous_range is not None
    wholes = [
        ("before", numbers.days(report.previous_range.start, report.previous_range.end)),
        ("after", numbers.days(report.range.start, report.range.end)),
    ]
    steps = [("before", bridge.before), *bridge.told, ("after", bridge.after)]
    spans = _spans(steps)
    low = min(min(span) for span in spans)
    high = max(max(span) for span in spans)
    base = _base(low, high, spans)
    unit = _CONTEXT.divide(_WIDTH, (high - base) or Decimal(1))
    good = report.asking.measure in _GOOD
    titles = dict(wholes)
    found = []
    for (name, amount), (start, end) in zip(steps, spans, strict=True):
        left, right = max(min(start, end), base), max(start, end, base)
        kind = "whole" if name in titles else _way(amount, good)
        found.append(
            Step(
                name=name,
                title=titles.get(name) or EFFECTS[name].title,
                description="" if name in titles else EFFECTS[name].description,
                amount=amount,
                kind=kind,
                x=f"{(left - base) * unit:.2f}",
                width=f"{max((right - left) * unit, _THINNEST):.2f}",
                level=f"{(max(end, base) - base) * unit:.2f}",
            )
        )
    return tuple(found), base > 0


def _way(amount: Decimal, good: bool) -> str:
    if not amount:
        return "none"
    return "up" if (amount > 0) is not good else "down"


def _spans(steps: Sequence[tuple[str, Decimal]]) -> list[tuple[Decimal, Decimal]]:
    """From where to where each bar reaches."""
    found: list[tuple[Decimal, Decimal]] = []
    level = Decimal(0)
    for name, amount in steps:
        if name in ("before", "after"):
            found.append((Decimal(0), amount))
            level = amount
        else:
            found.append((level, level + amount))
            level += amount
    return found


def _base(low: Decimal, high: Decimal, spans: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """Where the drawing begins: nought, or near the effects where they are small parts."""
    if low < 0 or high <= 0:
        return min(low, Decimal(0))
    points = [point for span in spans for point in span if point]
    least = min(points, default=Decimal(0))
    spread = high - least
    if least <= 0 or spread * 3 > high:
        return Decimal(0)
    return max(least - spread / 2, Decimal(0))


# --- groups ---------------------------------------------------------------------------------


def _row(report: DriverReport, group: Group, effects: Sequence[str]) -> Row:
    asking = report.asking
    fixed = dict(zip(asking.query.by, group.values, strict=True))
    following = narrowed(asking.query, fixed).but(by=next_by(asking.query))
    href = url(Asking(following, asking.against, asking.before_as_of,
                      asking.before_rules_as_of))  # fmt: skip
    cells = tuple(
        Cell("(none)" if value is None else str(value), value is None, href)
        for value in group.values
    )
    return Row(
        cells,
        group.before,
        group.after,
        group.change,
        _ratio(group.change, group.before),
        tuple(group.effects.get(name, Decimal(0)) for name in effects),
    )


def next_by(query: CostQuery) -> tuple[str, ...]:
    """What a narrowed report groups by: the next level down."""
    order = ("ServiceProviderName", "ServiceName", "SubAccountName", "ResourceId")
    current = next((name for name in query.by if name in order), None)
    if current is None:
        return ("ServiceName",)
    place = order.index(current) + 1
    return (order[place],) if place < len(order) else ("SkuId",)


def _other(rest: Sequence[Group], effects: Sequence[str]) -> Row:
    before, after = total(g.before for g in rest), total(g.after for g in rest)
    change = total(g.change for g in rest)
    return Row(
        (),
        before,
        after,
        change,
        _ratio(change, before),
        tuple(total(g.effects.get(name, Decimal(0)) for g in rest) for name in effects),
    )


# --- items ----------------------------------------------------------------------------------


def _largest(bridge: Bridge, effect: str) -> list[Item]:
    """The largest items of an effect; of all effects together where none is chosen."""
    if effect:
        return list(bridge.items.get(effect, ()))
    found = [item for items in bridge.items.values() for item in items]
    return sorted(found, key=lambda item: item.amount.copy_abs(), reverse=True)[:MOST_ITEMS]


def _item(report: DriverReport, bridge: Bridge, item: Item) -> ItemRow:
    told = item.resource_name or _short(item.resource) or item.meter or item.sku
    name = told or item.service or "(no name)"
    service = item.service if item.service != name else None
    places = [service, item.account_name or item.account, item.region]
    by = report.asking.query.by
    places += [
        "(none)" if value is None else str(value)
        for dimension_, value in zip(by, item.values, strict=True)
        if dimension_
        not in ("ServiceName", "SubAccountName", "SubAccountId", "RegionId", "ResourceId")
    ]
    sku = (item.meter or item.sku) if told not in (item.meter, item.sku) else None
    under = " · ".join(text for text in (*places, sku) if text)
    return ItemRow(
        item,
        name,
        under,
        _pair(item.quantity_before, item.quantity_after, number),
        _pair(item.price_before, item.price_after, significant),
        _charges(report, bridge, item, report.previous_range) if item.cost_before else "",
        _charges(report, bridge, item, report.range) if item.cost_after else "",
    )


_PLACES = ("ServiceName", "SubAccountName", "SubAccountId", "RegionId", "ResourceId")


def _short(resource: str | None) -> str | None:
    """The last part of a long path or ARN."""
    if resource is None or len(resource) <= 40:
        return resource
    return resource.replace(":", "/").rstrip("/").rsplit("/", 1)[-1] or resource


def number(value: Decimal) -> str:
    """A quantity: whole where it is large, four digits where it is small."""
    return numbers.quantity(value) if abs(value) >= 100 or not value else significant(value)


def _pair(before: Decimal | None, after: Decimal | None, write: Callable[[Decimal], str]) -> str:
    if before is None and after is None:
        return ""
    texts = [numbers.DASH if v is None else write(v) for v in (before, after)]
    return f"{texts[0]} → {texts[1]}" if texts[0] != texts[1] else texts[0]


_CATEGORIES = {
    "metered": "ChargeCategory = 'Usage'",
    "correction": "ChargeCategory = 'Usage' AND ChargeClass = 'Correction'",
    "unused": "CommitmentDiscountStatus = 'Unused'",
    "credit": "ChargeCategory = 'Credit'",
    "tax": "ChargeCategory = 'Tax'",
    "purchase": "ChargeCategory = 'Purchase'",
    "adjustment": "ChargeCategory = 'Adjustment'",
}


def _charges(report: DriverReport, bridge: Bridge, item: Item, days: DateRange | None) -> str:
    """The address of the charges of an item on one side."""
    if days is None:
        return ""
    query = report.asking.query.but(by=(), compare=None)
    told: dict[str, Value] = {
        "ServiceProviderName": item.provider,
        "SubAccountId": item.account,
        "ServiceName": item.service,
    }
    if item.kind:
        told |= {"RegionId": item.region, "ResourceId": item.resource, "SkuId": item.sku}
        query = query.narrowed(_CATEGORIES[item.kind])
        if item.price_id:
            told["SkuPriceId"] = item.price_id
    if bridge.currency and not query.currency:
        told["BillingCurrency"] = bridge.currency
    fixed = dict(zip(report.asking.query.by, item.values, strict=True)) | told
    span = narrowed(query, fixed).but(range=between(days.start, days.end))
    return Ask(span).url(CHARGES)


# --- words ----------------------------------------------------------------------------------


def url(asking: Asking, path: str = "/drivers", **changes: str) -> str:
    """The address of a report."""
    params = asking.to_params() | changes
    return address(path, {key: value for key, value in params.items() if value})


def explore_url(report: DriverReport) -> str:
    """The same question in the explorer."""
    query = report.asking.query
    if report.range is not None:
        query = query.but(range=between(report.range.start, report.range.end))
    return Ask(query).url(EXPLORE)


def title(query: CostQuery) -> str:
    """The question in words."""
    names = [dimension(name) for name in query.by]
    by = " by " + " and ".join(name[:1].lower() + name[1:] for name in names) if names else ""
    return f"What drove {MEASURES[query.measures[0]].title.lower()}{by}"


def last_day(days: DateRange) -> str:
    """The last day of a range, as a date field has it."""
    return (days.end - timedelta(days=1)).isoformat()
