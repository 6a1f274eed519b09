"""What the panels of a dashboard answer: each by itself, so that one that fails fails alone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from outlay.access.errors import AccessDeniedError, LoginRequiredError
from outlay.allocation.metrics.values import MetricDataError
from outlay.app.dashboards.model import DashboardSpec, Panel, PanelKind, Variables, changed
from outlay.app.errors import WorkspaceError
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.money import DateRange, display
from outlay.query import CostQuery, Result, ranges
from outlay.resources import ResourceError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.query.drivers import DriverReport
    from outlay.query.unit import UnitResult

log = logging.getLogger("outlay.dashboards")

Ask = Callable[[CostQuery, datetime], Result]
State = Literal["failed", "no-data", "empty", "answered"]

TOP = 9
"""Groups that a chart draws by themselves where the panel does not say."""

ROWS = 10
"""Rows of a table where the panel does not say."""

_MOST_DAYS_BY_DAY = 62
_MOST_DAYS_BY_WEEK = 200
_OWN_WORDS = (
    QueryError, LakeError, ResourceError, WorkspaceError, MetricDataError, AccessDeniedError,
    LoginRequiredError,
)  # fmt: skip


@dataclass(frozen=True)
class PanelAnswer:
    """What one panel shows.

    `title` and `kind` are the panel's, `query` its question with the dashboard's variables in it
    (None for texts and unit costs). `result` answers it: for a figure the totals, for a chart the
    series by period and group (`Result.other` is Other), for a table the rows (of complete days
    where it compares; a note says so). `compared` is the comparison over the complete days where
    the question has one (the result itself unless a figure has days that are not complete),
    `course` the figure's total by period. `unit` is the answer of a
    unit cost, `drivers` that of what drove it, `text` Markdown. `error` says in words why there is
    no answer: nothing else is set then. `notes` are what must be said beside the numbers.
    """

    panel: Panel
    title: str
    kind: PanelKind
    query: CostQuery | None = None
    result: Result | None = None
    compared: Result | None = None
    course: Result | None = None
    unit: UnitResult | None = None
    drivers: DriverReport | None = None
    text: str = ""
    error: str = ""
    notes: tuple[str, ...] = ()
    incomplete_from: date | None = field(default=None)

    @property
    def state(self) -> State:
        """failed: see `error`; no-data: the ledger is empty; empty: nothing matches, which is not
        zero; answered."""
        if self.error:
            return "failed"
        if self.result is not None and not self.result.totals:
            return "no-data" if self.result.snapshot is None else "empty"
        if self.unit is not None and not self.unit.periods:
            return "empty"
        if self.drivers is not None and not self.drivers.bridges:
            return "no-data" if self.drivers.snapshot is None else "empty"
        return "answered"


@served("GET /dashboards/{name}/answers")
def answers(
    workspace: Workspace,
    spec: DashboardSpec,
    now: datetime,
    overrides: Variables | None = None,
    *,
    ask: Ask | None = None,
) -> list[PanelAnswer]:
    """What every panel of a dashboard shows at `now` (UTC, naive), in reading order.

    `overrides` stand over the dashboard's own variables (their condition is joined to it). `ask`
    answers a question, by default the workspace. Never raises for a panel: its `error` says what
    is wrong with it.
    """
    panels = sorted(spec.panels, key=lambda panel: (panel.y, panel.x))
    return [answer(workspace, spec, panel, now, overrides, ask=ask) for panel in panels]


def answer(
    workspace: Workspace,
    spec: DashboardSpec,
    panel: Panel,
    now: datetime,
    overrides: Variables | None = None,
    *,
    ask: Ask | None = None,
) -> PanelAnswer:
    """What one panel shows; see `answers`."""
    over = (overrides or Variables()).over(spec.variables)
    blank = PanelAnswer(panel, panel.title or _title(panel), panel.kind)
    try:
        return _Panel(workspace, now, over, ask or workspace.query).answer(blank)
    except _OWN_WORDS as error:
        return replace(blank, error=str(error))
    except Exception as error:  # whatever it is, the other panels stand
        log.exception("the panel %s failed", panel.id)
        return replace(blank, error=f"{type(error).__name__}: {error}".rstrip(": "))


def asked(workspace: Workspace, panel: Panel, over: Variables) -> CostQuery | None:
    """The question of a panel with the variables in it; None where it has none. ResourceError
    when its view is not there."""
    query = workspace.view_query(panel.view) if panel.view else panel.query
    return None if query is None else over.applied(query)


def _title(panel: Panel) -> str:
    return "" if panel.kind == "text" else panel.view or panel.unit or panel.id


@dataclass(frozen=True)
class _Panel:
    """Asks what one panel shows."""

    workspace: Workspace
    now: datetime
    over: Variables
    ask: Ask

    def answer(self, blank: PanelAnswer) -> PanelAnswer:
        panel = blank.panel
        if panel.kind == "text":
            return replace(blank, text=panel.text)
        if panel.kind == "unit":
            return self.unit(blank)
        title = panel.title
        if panel.view and not title:
            title = str(getattr(self.workspace.view(panel.view).spec, "title", "")) or panel.view
        query = asked(self.workspace, panel, self.over)
        assert query is not None
        named = replace(blank, title=title or blank.title, query=query)
        if panel.kind == "drivers":
            return self.drivers(named, query)
        if panel.kind == "figure":
            return self.figure(named, query)
        if panel.kind == "table" or (panel.kind == "bar" and query.grain == "none"):
            return self.table(named, query)
        return self.chart(named, query)

    def figure(self, blank: PanelAnswer, query: CostQuery) -> PanelAnswer:
        """The total, its change over complete days, and its course."""
        flat = changed(query, by=(), grain="none", limit=None, sort="")
        result, compared, incomplete = self.compared(flat)
        course = None
        if blank.panel.options.spark and result.totals:
            grain = query.grain if query.grain != "none" else _fitting_grain(result.range)
            course = self.ask(
                changed(flat, grain=grain, compare=None, measures=flat.measures[:1]), self.now
            )
        return self.told(blank, result, compared, incomplete, course)

    def table(self, blank: PanelAnswer, query: CostQuery) -> PanelAnswer:
        """The rows in the question's order, else the largest first (of time: the oldest)."""
        first = f"-{query.measures[0]}"
        order = query.sort or (first if query.by else "")
        limit = blank.panel.options.limit or query.limit or (ROWS if query.by else None)
        rows = changed(query, limit=limit, sort=order)
        if query.compare is None:
            result = self.ask(rows, self.now)
            return self.told(blank, result, None, self.incomplete(result))
        flat = changed(rows, by=(), grain="none", limit=None, sort="", compare=None)
        whole = self.ask(flat, self.now)
        incomplete = self.incomplete(whole)
        notes: tuple[str, ...] = ()
        if incomplete is not None and whole.range and incomplete > whole.range.start:
            # Rows, Other and total of one table are of the same days, those that are complete.
            rows = rows.but(range=f"{whole.range.start}..{incomplete}")
            notes = (
                "Compared on complete days: until "
                f"{display.day(incomplete - timedelta(days=1))}. The days after are not in this "
                "table.",
            )
        result = self.ask(rows, self.now)
        found = self.told(blank, result, result, None)
        return replace(found, notes=(*notes, *found.notes))

    def chart(self, blank: PanelAnswer, query: CostQuery) -> PanelAnswer:
        """The series by period, the largest groups by themselves."""
        grain = query.grain if query.grain != "none" else _fitting_grain(self.days(query))
        drawn = changed(
            query,
            grain=grain,
            limit=(blank.panel.options.limit or query.limit or TOP) if query.by else None,
            sort="",
            measures=query.measures[:1],
        )
        result = self.ask(drawn, self.now)
        return self.told(blank, result, None, self.incomplete(result))

    def unit(self, blank: PanelAnswer) -> PanelAnswer:
        """A unit cost over the dashboard's range."""
        from outlay.query.unit import UnitQuery

        panel = blank.panel
        query = UnitQuery(range=self.over.range) if self.over.range else UnitQuery()
        found = self.workspace.units.ask(panel.unit, query, self.now)
        notes = tuple(found.warnings)
        if self.over.where:
            notes += (
                "The dashboard's filter does not narrow a unit cost: its units are of its own "
                "scope.",
            )
        if self.over.currency and self.over.currency != found.currency:
            notes += (f"Kept in {found.currency}, the currency of the unit cost.",)
        title = panel.title or found.spec.title or panel.unit
        return replace(blank, title=title, unit=found, notes=notes)

    def drivers(self, blank: PanelAnswer, query: CostQuery) -> PanelAnswer:
        """What drove the change; against the period before where nothing is said."""
        from outlay.app.drivers import drivers

        compared = changed(
            query, measures=query.measures[:1], compare=query.compare or "previous",
            grain="none", limit=None, sort="",
        )  # fmt: skip
        found = drivers(self.workspace, compared, now=self.now)
        return replace(blank, query=compared, drivers=found, notes=tuple(found.warnings))

    def told(
        self,
        blank: PanelAnswer,
        result: Result,
        compared: Result | None,
        incomplete: date | None,
        course: Result | None = None,
    ) -> PanelAnswer:
        """The panel with its numbers and what is said beside them."""
        return replace(
            blank,
            result=result,
            compared=compared,
            course=course,
            notes=tuple(result.warnings),
            incomplete_from=incomplete,
        )

    def compared(self, query: CostQuery) -> tuple[Result, Result | None, date | None]:
        """The answer, its comparison over complete days, and the first day that is not."""
        plain = self.ask(changed(query, compare=None), self.now)
        incomplete = self.incomplete(plain)
        if query.compare is None:
            return plain, None, incomplete
        if incomplete is None or plain.range is None or incomplete <= plain.range.start:
            whole = self.ask(query, self.now)
            return whole, whole, incomplete
        complete = query.but(range=f"{plain.range.start}..{incomplete}")
        return plain, self.ask(complete, self.now), incomplete

    def incomplete(self, result: Result) -> date | None:
        """The first day of the result whose charges may still come; None: all are there."""
        found = self.workspace.incomplete_from(result.query.as_of_moment())
        if result.range is None or found is None or found >= result.range.end:
            return None
        return found

    def days(self, query: CostQuery) -> DateRange | None:
        """The days that a question is about; an open range is asked."""
        days = ranges.resolve(query.range, self.now.date())
        if days.start is not None and days.end is not None:
            return DateRange(days.start, days.end)
        flat = changed(
            query, by=(), grain="none", limit=None, sort="", compare=None,
            measures=query.measures[:1],
        )  # fmt: skip
        return self.ask(flat, self.now).range


def _fitting_grain(span: DateRange | None) -> str:
    if span is None or span.days <= _MOST_DAYS_BY_DAY:
        return "day"
    return "week" if span.days <= _MOST_DAYS_BY_WEEK else "month"
