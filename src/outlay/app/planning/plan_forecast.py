"""What is still to come of a plan's year, by path: the product's forecast, in whole units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.planning.plan_actuals import question, text_of
from outlay.money import MONEY_CONTEXT, BillingPeriod, total
from outlay.planning.plans.divide import Cells
from outlay.planning.plans.model import ZERO, Frame, Path
from outlay.planning.plans.results import states_of
from outlay.planning.plans.shares import share_out

if TYPE_CHECKING:
    from outlay.app.forecasting.answer import ForecastAnswer, SeriesForecast
    from outlay.app.workspace import Workspace

TOGETHER = "one of the smallest lines, which are forecast together only"
SHARED = "too little history of its own: a share, by size, of the forecast of all such lines"


@dataclass
class ToCome:
    """The forecast of a plan's scope, from the first day that is not complete (at the latest
    `until`) to the end of its year; remembers why paths have none and what had to be said, and
    once it was asked for all charges, of which paths it knows anything (`known`) and whether others
    are forecast together only.

    Cells of months before that day are nought, those of the month of that day hold the days that
    are still to come. None: there is no forecast.
    """

    workspace: Workspace
    frame: Frame
    months: Sequence[BillingPeriod]
    until: date | None
    reasons: dict[Path, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failed: str = ""
    known: frozenset[Path] = frozenset()
    together: bool = False

    def ask(self, where: str) -> Mapping[Path, Cells]:
        """The months by path, of the charges for which a condition holds too."""
        from outlay.app.forecasting.forecasting import forecast

        if self.until is None or self.until >= self.months[-1].end:
            return {}
        answer = forecast(
            self.workspace,
            question(self.frame, where),
            until=self.months[-1].end,
            cut=self.until,
        )
        self._said(answer, where)
        if answer.reason:
            return {self._path(one): self.unknown() for one in (*answer.series, *answer.alone)}
        found: dict[Path, Cells] = {}
        for one in answer.series:
            if one.part == "series":
                found[self._path(one)] = self._cells(one)
        for one in answer.series:
            if one.part == "new":
                found |= self._shared(answer, one)
        if not where:
            self.known = frozenset(found)
        return found

    def missing(self, path: Path) -> str:
        """Why nothing is forecast of the charges of a path; '' where something is, or where there
        is no charge any more."""
        if self.failed:
            return self.failed
        return TOGETHER if self.together and path not in self.known else ""

    def _path(self, one: SeriesForecast) -> Path:
        return tuple(text_of(value) for value in one.key)

    def _cells(self, one: SeriesForecast) -> Cells:
        by_month = {month.period: month.forecast for month in one.months}
        return tuple(by_month.get(month, ZERO) for month in self.months)

    def unknown(self) -> Cells:
        """Nothing is known of the months that are not over."""
        return tuple(
            ZERO if state == "complete" else None for state in states_of(self.months, self.until)
        )

    def _shared(self, answer: ForecastAnswer, rest: SeriesForecast) -> Mapping[Path, Cells]:
        """Groups without a forecast of their own share that of all of them by what they cost of
        late, so that parts still add up to the whole."""
        alone = [one for one in answer.alone if one.currency == rest.currency]
        if not alone:
            return {}
        sizes = {self._path(one): self._size(one) for one in alone}
        columns: list[dict[Path, Decimal]] = [
            share_out(sizes, amount, self.frame.places)
            for amount in self._cells(rest)
            if amount is not None
        ]
        for one in alone:
            self.reasons[self._path(one)] = f"{SHARED} ({one.reason})"
        return {path: tuple(column[path] for column in columns) for path in sizes}

    @staticmethod
    def _size(one: SeriesForecast) -> Decimal:
        return total([ZERO, *one.before.values(), *(month.actual for month in one.months)])

    def _said(self, answer: ForecastAnswer, where: str) -> None:
        if answer.reason and not where:
            self.failed = answer.reason
        for note in answer.notes:
            if note not in self.notes:
                self.notes.append(note)
        for one in answer.series:
            if one.part == "planned" and not where:
                amount = total([ZERO, *(month.forecast for month in one.months)])
                self.notes.append(
                    f"the planned change {one.title!r} ({amount} {self.frame.currency}) is of what "
                    "is not charged yet and has no line: add one for it"
                )
            if one.part == "other" and not where:
                self.together = True
                amount = total([ZERO, *(month.forecast for month in one.months)])
                self.notes.append(
                    f"{one.groups} of the smallest lines are forecast together only "
                    f"({amount} {self.frame.currency}) and have none of their own"
                )


def with_actual(spent: Cells, to_come: Cells) -> Cells:
    """A month that has begun: its complete days and what is to come."""
    return tuple(
        None if b is None else b if a is None else MONEY_CONTEXT.add(a, b)
        for a, b in zip(spent, to_come, strict=True)
    )
