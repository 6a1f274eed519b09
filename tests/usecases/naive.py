"""Groups and sums of plain Python rows: how tests reckon what use cases answer with SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.money import total
from outlay.query.usecases import UseCaseAnswer
from tests.usecases.company import CHARGES, Charge

Get = Callable[[Charge], Any]
Row = dict[str, Any]


def where(*conditions: Callable[[Charge], bool]) -> list[Charge]:
    """The charges for which every condition holds."""
    return [row for row in CHARGES if all(condition(row) for condition in conditions)]


def days(first: date, end: date) -> Callable[[Charge], bool]:
    """Charges that begin from a day to before another."""
    return lambda row: first <= row["ChargePeriodStart"] < end


def bills(first: date, end: date) -> Callable[[Charge], bool]:
    """Charges of the billing periods that begin from a day to before another."""
    return lambda row: first <= row["BillingPeriodStart"] < end


def is_(**values: Any) -> Callable[[Charge], bool]:
    """Charges that have these values."""
    return lambda row: all(row[name] == value for name, value in values.items())


def month(row: Charge) -> date:
    """The first day of the charge's month."""
    day: date = row["ChargePeriodStart"]
    return day.replace(day=1)


def period(row: Charge) -> date:
    """The first day of the charge's billing period."""
    day: date = row["BillingPeriodStart"]
    return day


def tag(key: str) -> Get:
    """The value of a tag, None without it."""
    return lambda row: row["Tags"].get(key)


def added(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of those that are set; None where none is."""
    kept = [value for value in values if value is not None]
    return total(kept) if kept else None


def grouped(
    charges: Iterable[Charge], keys: Mapping[str, str | Get], sums: Mapping[str, str | Get]
) -> list[Row]:
    """A row per combination of keys, with the sums; a name stands for its column."""
    groups: dict[tuple[Any, ...], list[Charge]] = {}
    for row in charges:
        groups.setdefault(tuple(_get(get)(row) for get in keys.values()), []).append(row)
    return [
        dict(zip(keys, values, strict=True))
        | {name: added(_get(get)(row) for row in rows) for name, get in sums.items()}
        for values, rows in groups.items()
    ]


def same(*names: str) -> dict[str, str | Get]:
    """Columns under their own names."""
    return {name: name for name in names}


def _get(get: str | Get) -> Get:
    return get if callable(get) else lambda row: row[get]


def ratio(over: Any, under: Any, digits: int = 6) -> Decimal | None:
    """A quotient of exact values, half to even; None by 0 or without a value."""
    if over is None or not under:
        return None
    scaled = Fraction(over) / Fraction(under) * 10**digits
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice = 2 * rest - scaled.denominator
    whole += twice > 0 or (twice == 0 and whole % 2)
    return Decimal(whole) / 10**digits


def canonical(value: Any) -> str:
    """A value as text that is equal for equal values."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text in ("-0", "") else text
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return "∅" if value is None else str(value)


def shown(answer: UseCaseAnswer) -> list[Row]:
    """The rows of an answer, its own columns alone."""
    names = [column.name for column in answer.columns]
    return [{name: row[name] for name in names} for row in answer.rows]


def lines(rows: Iterable[Row]) -> list[tuple[tuple[str, str], ...]]:
    """Rows in one order, as texts."""
    return sorted(
        tuple(sorted((name, canonical(value)) for name, value in row.items())) for row in rows
    )
