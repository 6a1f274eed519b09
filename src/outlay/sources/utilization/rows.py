"""A measurement as a record, whichever tool's answer it is from; moments and lengths of time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from outlay.sources.contract import SourceError

Record = dict[str, Any]

_LENGTH = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_DAY = re.compile(r"(20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")
_MILLISECONDS_FROM = 10**11
_EPOCH = datetime(1970, 1, 1)


def record(
    metric: str,
    statistic: str | None,
    start: str | None,
    end: str | None,
    value: object,
    **more: object,
) -> Record:
    """One measurement; `more` are further columns (ResourceId, Namespace, SubAccountId, …)."""
    found: Record = {
        "Metric": metric, "Statistic": statistic, "PeriodStart": start, "PeriodEnd": end,
        "Value": None if value is None else str(value),
    }  # fmt: skip
    found.update({name: one for name, one in more.items() if one not in (None, "", {})})
    return found


def moment(value: object) -> datetime | None:
    """A moment (UTC, without zone) of ISO 8601 text or of (milli)seconds since 1970; None of
    anything else."""
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip()
    try:
        number = Decimal(text)
    except ArithmeticError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    if not number.is_finite():
        return None
    if abs(number) >= _MILLISECONDS_FROM:
        number /= 1000
    try:
        return _EPOCH + timedelta(microseconds=int(number * 1_000_000))
    except OverflowError:
        return None


def text_of(at: datetime | None) -> str | None:
    """A moment as the mapping reads it."""
    return None if at is None else at.isoformat(sep=" ")


def seconds_of(length: object) -> int | None:
    """Seconds of an ISO 8601 length (``PT1H``) or of a number of seconds."""
    text = str(length or "").strip().upper()
    if text.isdigit():
        return int(text) or None
    match = _LENGTH.fullmatch(text)
    if not match or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def step_of(moments: Sequence[datetime | None]) -> int | None:
    """The smallest distance between moments in seconds: the period where nothing says it."""
    known = sorted({one for one in moments if one is not None})
    gaps = [int((b - a).total_seconds()) for a, b in zip(known, known[1:], strict=False)]
    return min(gaps, default=None)


def bounds(at: datetime | None, seconds: int | None) -> tuple[str | None, str | None]:
    """Begin and end of a period that begins at a moment; no end where its length is unknown."""
    if at is None or seconds is None:
        return text_of(at), None
    return text_of(at), text_of(at + timedelta(seconds=seconds))


def inventory_day(document: Any, name: str) -> tuple[str, str]:
    """The day that an inventory is of, as begin and end: what it says itself (`AsOf`), else the
    last date in the file's name; SourceError where neither is."""
    said = moment(document.get("AsOf")) if isinstance(document, dict) else None
    if said is not None:
        day = said.replace(hour=0, minute=0, second=0, microsecond=0)
    else:
        dates = _DAY.findall(name)
        if not dates:
            raise SourceError(
                f"{name} is an inventory that does not say of which day it is: name the file with "
                "its day, e.g. volumes-2026-11-15.json"
            )
        year, month, number = map(int, dates[-1])
        try:
            day = datetime(year, month, number)
        except ValueError:
            raise SourceError(
                f"{name}: {year}-{month:02d}-{number:02d} is no day of the calendar; name the "
                "inventory's file with its day, e.g. volumes-2026-11-15.json"
            ) from None
    start, end = bounds(day, 86400)
    return str(start), str(end)
