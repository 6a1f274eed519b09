"""Values as native tools write them: amounts, days, yes and no, names of resources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from outlay.expression import text_literal
from outlay.money import MoneyError, parse_money
from outlay.savings.native.model import NativeError

_SIGN = r"([A-Z]{3}|US\$|\$|€|£)?"
_MONEY = re.compile(rf"{_SIGN}\s*(-?)\s*{_SIGN}\s*([0-9][0-9,]*)?(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")
_SYMBOLS = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP"}
_CURRENCY = re.compile(r"[A-Z]{3}")
_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-[0-9]+)[a-z]")
_LONGEST = 1000


def text(value: Any) -> str:
    """A value as text, without white space around it; '' for none."""
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()[:_LONGEST]


def mapping(value: Any) -> Mapping[str, Any]:
    """An object of JSON; an empty one for anything else: what a tool left out."""
    return value if isinstance(value, Mapping) else {}


def listed(value: Any, file: str, what: str) -> list[Any]:
    """An array of JSON (none for one that is absent); NativeError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise NativeError(f"{file}: {what} is {kind_of(value)}, not an array")
    return value


def each(value: Any, file: str, what: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The objects of an array, each with the place that messages name (``items[3]``)."""
    for number, one in enumerate(listed(value, file, what)):
        place = f"{what}[{number}]"
        if not isinstance(one, Mapping):
            raise NativeError(f"{file}: {place} is {kind_of(one)}, not an object")
        yield place, one


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    names = {bool: "true or false", str: "a text", list: "an array", dict: "an object"}
    return next((word for kind, word in names.items() if isinstance(value, kind)), "a number")


def decimal(value: Any, place: str) -> Decimal | None:
    """A number; None for one that is absent. NativeError, with `place` (the file, item and field),
    for what is none or does not fit the ledger.

    A binary number (of Parquet) is the shortest decimal that stands for it.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise NativeError(f"{place} is {value}, not a number")
    given = repr(value) if isinstance(value, float) else str(value).strip()
    if not given or given.lower() in ("null", "none", "n/a", "-"):
        return None
    try:
        return parse_money(given)
    except MoneyError as error:
        raise NativeError(f"{place}: {error}") from None


def amount(value: Any, place: str) -> tuple[Decimal | None, str]:
    """An amount that may have a sign of currency and groups of thousands (``"$1,070.08"``), and the
    currency that it names ('' for none). Binary numbers and plain ones as in `decimal`."""
    if not isinstance(value, str):
        return decimal(value, place), ""
    given = value.strip()
    if not given or given.lower() in ("null", "none", "n/a", "-"):
        return None, ""
    match = _MONEY.fullmatch(given)
    digits = (match[4] or "") if match else ""
    if (
        match is None
        or not (digits or match[5])
        or ("," in digits and not _GROUPED.fullmatch(digits))
    ):
        raise NativeError(
            f"{place} is {given[:60]!r}, not an amount; a number is expected, such as 70.08 or "
            "$1,070.08"
        )  # fmt: skip
    sign = match[1] or match[3] or ""
    plain = f"{match[2]}{digits.replace(',', '') or '0'}{match[5] or ''}{match[6] or ''}"
    return decimal(plain, place), _SYMBOLS.get(sign, sign)


def currency(value: Any, place: str) -> str:
    """A code of ISO 4217 in capitals; '' for none. NativeError for anything else."""
    found = text(value).upper()
    if found and not _CURRENCY.fullmatch(found):
        raise NativeError(
            f"{place} is {found[:20]!r}, not a currency; a code such as USD is expected"
        )
    return found  # fmt: skip


def truth(value: Any) -> bool | None:
    """Yes or no, as JSON, CSV and Parquet write it; None for what is neither."""
    if isinstance(value, bool):
        return value
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
        text(value).lower()
    )


def day(value: Any) -> date | None:
    """The day of a moment in ISO 8601, or in seconds since 1970; None for what is none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(int(value), UTC).date()
        except (OverflowError, ValueError, OSError):
            return None
    found = text(value)[:10]
    try:
        return date.fromisoformat(found)
    except ValueError:
        return None


def window(end: Any, days: Any) -> tuple[date | None, date | None]:
    """The days that a tool looked at: so many up to its last look, the end exclusive."""
    last = day(end)
    count = text(days).partition(".")[0].split(" ")[0]
    if last is None or not count.isdigit() or not 0 < int(count) < 1000:
        return None, None
    return last - timedelta(days=int(count)), last


def region_of(place: str) -> str:
    """The region of an AWS availability zone (``us-east-1a``) or the region itself."""
    match = _ZONE.fullmatch(place)
    return match[1] if match else place


def names_any(column: str, values: Iterable[str]) -> str:
    """The condition that a column has one of these values; '' for no value."""
    found = [one for one in dict.fromkeys(values) if one]
    if not found:
        return ""
    if len(found) == 1:
        return f"{column} = {text_literal(found[0])}"
    return f"{column} IN ({', '.join(text_literal(one) for one in found)})"
