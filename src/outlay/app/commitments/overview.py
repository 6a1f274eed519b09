"""What commitments did in the last days, as use cases: figures, each commitment, ends, benefits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import whole_only
from outlay.app.commitments import benefits as sharing
from outlay.app.commitments import ledger
from outlay.app.commitments.benefits import Matrix
from outlay.app.commitments.figures import (
    DIMENSIONS,
    Figures,
    Split,
    WeekHour,
    by_day,
    by_week,
    currencies,
    figures,
    split,
)
from outlay.app.commitments.held import Commitment, held
from outlay.app.commitments.ledger import Looked
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.app.unchanged import kept
from outlay.expression.errors import QueryError, near_names
from outlay.money import total

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

DAYS = 30
MOST_DAYS = 400
AHEAD_DAYS = 400
_HOUR_DAYS = 28
_MOST_CELLS = 8
"""So many spans of days are kept: of a large ledger each has many cells."""


@dataclass(frozen=True)
class InCurrency:
    """One currency's figures: the whole (`whole`), the days before (`before`), by `by` (`parts`),
    by day, and by hour of the week (by weekday where the bill has days only)."""

    currency: str
    whole: Figures
    before: Figures
    parts: tuple[Split, ...]
    days: tuple[tuple[date, Figures], ...]
    week: tuple[WeekHour, ...]


@dataclass(frozen=True)
class Overview:
    """The whole days `start` to `end` (exclusive). `hourly` says whether the bill has hours."""

    start: date
    end: date
    by: str
    hourly: bool
    currencies: tuple[InCurrency, ...]
    commitments: tuple[Commitment, ...]

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days


@dataclass(frozen=True)
class Ending:
    """A commitment with its end: on `day` (the first day without it), None where no bill tells.
    `change` is the planned change that counts it in forecasts ('' for none)."""

    commitment: Commitment
    day: date | None
    days_left: int | None
    change: str = ""


def looked_at(
    workspace: Workspace, start: date, end: date, *, by_hour: bool = False,
    now: datetime | None = None,
) -> Looked:  # fmt: skip
    """The cells of some days; kept as long as nothing that they stand on changes."""
    return kept(
        workspace, "commitments.cells", (start, end, by_hour),
        lambda: ledger.look(workspace, start, end, by_hour=by_hour, now=now),
        now=now or utc_now(), most=_MOST_CELLS,
    )  # fmt: skip


def checked_days(days: int) -> int:
    """A number of days that may be looked at; QueryError for another."""
    if not 1 <= days <= MOST_DAYS:
        raise QueryError(
            f"{days} days cannot be looked at", field="days", text=str(days),
            allowed=("1", "30", str(MOST_DAYS)),
        )  # fmt: skip
    return days


@served("GET /commitments")
def overview(
    workspace: Workspace, days: int = DAYS, by: str = "family", now: datetime | None = None
) -> Overview:
    """Coverage, utilisation, savings rate and waste of the last whole days, and each commitment.

    QueryError for a number of days or a dimension that there is not. For those who see the whole
    ledger, as all of commitments: one is bought for everybody.
    """
    whole_only("commitments")
    checked_days(days)
    if by not in DIMENSIONS:
        raise QueryError(
            f"{by!r} is nothing to split by", field="by", text=by, near=near_names(by, DIMENSIONS),
            allowed=DIMENSIONS,
        )  # fmt: skip
    return kept(
        workspace,
        "commitments",
        (days, by),
        lambda: _overview(workspace, days, by, now),
        now=now or utc_now(),
    )


def last_days(
    workspace: Workspace, days: int, now: datetime | None = None
) -> tuple[Looked, Looked]:
    """The last so many whole days, and as many before them."""
    start, end = ledger.window(workspace, days, now)
    both = looked_at(workspace, start - timedelta(days=days), end, now=now)
    return both.within(start, end), both.within(both.start, start)


def _overview(workspace: Workspace, days: int, by: str, now: datetime | None) -> Overview:
    looked, before = last_days(workspace, days, now)
    start, end, hours = looked.start, looked.end, looked
    if looked.hourly:
        first = max(start, end - timedelta(days=_HOUR_DAYS))
        hours = looked_at(workspace, first, end, by_hour=True, now=now)
    told = tuple(
        InCurrency(
            code,
            figures(looked.cells, code),
            figures(before.cells, code),
            split(looked, code, by),
            by_day(looked, code),
            by_week(hours, code, looked.hourly),
        )
        for code in currencies(looked.cells)
    )
    return Overview(start, end, by, looked.hourly, told, held(workspace, looked, now))


@served("GET /commitments/ending")
def ending(
    workspace: Workspace, days: int = AHEAD_DAYS, now: datetime | None = None
) -> tuple[Ending, ...]:
    """What ends within so many days, soonest first, then those whose end no bill tells."""
    whole_only("commitments")
    checked_days(days)
    return kept(
        workspace,
        "commitments.ending",
        days,
        lambda: _ending(workspace, days, now),
        now=now or utc_now(),
    )


def _ending(workspace: Workspace, days: int, now: datetime | None) -> tuple[Ending, ...]:
    from outlay.app.forecasting.commitments import ends

    today = (now or utc_now()).date()
    commitments = overview(workspace, DAYS, now=now).commitments
    if not commitments:
        return ()
    counted = {one.identifier: one.change for one in ends(workspace, now)}
    found = []
    for one in commitments:
        left = one.days_left(today)
        if left is None or 0 <= left <= days:
            found.append(Ending(one, one.terms.end, left, counted.get(one.id, "")))
    return tuple(
        sorted(found, key=lambda one: (one.day is None, one.day or today, one.commitment.id))
    )


@served("GET /commitments/benefits")
def benefits(
    workspace: Workspace, days: int = DAYS, tag: str = "", now: datetime | None = None
) -> tuple[Matrix, ...]:
    """Who pays for commitments and who benefits, by a virtual tag ('': that of owners), a matrix
    a currency."""
    whole_only("commitments")
    checked_days(days)
    return kept(
        workspace, "commitments.benefits", (days, tag),
        lambda: sharing.benefits(workspace, last_days(workspace, days, now)[0], tag, now),
        now=now or utc_now(),
    )  # fmt: skip


def unused_total(found: Overview, currency: str) -> Decimal:
    """The unused money of all commitments of a currency."""
    return total(one.figures.unused for one in found.commitments if one.currency == currency)
