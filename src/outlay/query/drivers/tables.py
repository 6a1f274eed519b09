"""A report as plain tables: what CSV, command line and page show rows of."""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from outlay.expression.errors import QueryError, near_names
from outlay.money import money_text
from outlay.query.drivers.effects import EFFECTS
from outlay.query.drivers.model import DriverReport

ROWS = ("effects", "groups", "items")
"""What rows of a report there are."""

_ITEM = (
    "provider", "account", "account_name", "service", "region", "resource", "resource_name", "sku",
    "meter", "price_id", "unit", "cost_before", "cost_after", "quantity_before", "quantity_after",
    "price_before", "price_after", "detail",
)  # fmt: skip

Table = tuple[tuple[str, ...], list[tuple[object, ...]]]


def table(report: DriverReport, rows: str = "") -> Table:
    """The names of columns, and rows: ``effects``, ``groups`` (one a value of what is grouped by,
    a column an effect) or ``items`` (the largest of each effect). Default: groups where the
    question groups, else effects. Raises QueryError for other rows."""
    wanted = rows or ("groups" if report.asking.query.by else "effects")
    if wanted not in ROWS:
        raise QueryError(
            f"{wanted!r} are no rows of a report",
            field="rows",
            text=wanted,
            near=near_names(wanted, ROWS),
            allowed=ROWS,
        )
    if wanted == "effects":
        return _effects(report)
    return _groups(report) if wanted == "groups" else _items(report)


def told_effects(report: DriverReport) -> tuple[str, ...]:
    """The effects that any bridge of the report has, in their order."""
    return tuple(name for name in EFFECTS if any(b.effects.get(name) for b in report.bridges))


def _effects(report: DriverReport) -> Table:
    found: list[tuple[object, ...]] = []
    for bridge in report.bridges:
        found.append((bridge.currency, "before", "Before", bridge.before))
        found += [
            (bridge.currency, name, EFFECTS[name].title, amount) for name, amount in bridge.told
        ]
        found.append((bridge.currency, "after", "After", bridge.after))
    return ("BillingCurrency", "effect", "title", "amount"), found


def _groups(report: DriverReport) -> Table:
    effects = group_effects(report)
    by = report.asking.query.by
    names = (*by, "BillingCurrency" if "BillingCurrency" not in by else "currency")
    found: list[tuple[object, ...]] = [
        (
            *group.values,
            bridge.currency,
            group.before,
            group.after,
            group.change,
            *(group.effects.get(name, Decimal(0)) for name in effects),
        )
        for bridge in report.bridges
        for group in bridge.groups
    ]
    return (*names, "before", "after", "change", *effects), found


def group_effects(report: DriverReport) -> tuple[str, ...]:
    """The effects of any group: those of the whole, and what is nought in it (moved)."""
    some = {
        name
        for bridge in report.bridges
        for group in bridge.groups
        for name, amount in group.effects.items()
        if amount
    }
    return tuple(name for name in EFFECTS if name in some)


def _items(report: DriverReport) -> Table:
    by = report.asking.query.by
    found: list[tuple[object, ...]] = [
        (
            bridge.currency,
            item.effect,
            item.amount,
            *item.values,
            *(getattr(item, name) for name in _ITEM),
        )
        for bridge in report.bridges
        for name in EFFECTS
        for item in bridge.items.get(name, ())
    ]
    return ("BillingCurrency", "effect", "amount", *by, *_ITEM), found


def to_csv(report: DriverReport, rows: str = "") -> str:
    """The rows as CSV with a header, amounts in full."""
    names, found = table(report, rows)
    return "".join(_line(values) for values in (names, *found))


def _line(values: Iterable[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([_text(value) for value in values])
    return buffer.getvalue()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return money_text(value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
