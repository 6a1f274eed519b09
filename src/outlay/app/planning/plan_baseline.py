"""The baseline of a plan: what its year comes to if nobody does anything, as of a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import Level, require, who
from outlay.app.planning.plan_actuals import Months, complete_until, not_loaded
from outlay.app.planning.plan_drivers import driver_for, last_complete
from outlay.app.planning.plan_forecast import ToCome, with_actual
from outlay.app.planning.plans import beginning, get_plan, record_version, store_of
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.money import MONEY_CONTEXT, BillingPeriod, total
from outlay.money.cents import to_unit
from outlay.money.quotients import rounded
from outlay.planning.plans.baseline import Made, with_baseline
from outlay.planning.plans.divide import Cells, divide
from outlay.planning.plans.edits import By
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import (
    METHODS,
    ZERO,
    Document,
    Driver,
    Method,
    Origin,
    Path,
    Stamp,
    Version,
)
from outlay.planning.plans.results import MonthState, states_of
from outlay.planning.plans.store import Signed

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

FLAT_MONTHS = 3
"""A flat baseline is the mean of so many of the last complete months."""


@served("POST /plans/{name}/baseline")
def make_baseline(
    workspace: Workspace,
    name: str,
    *,
    method: Method | None = None,
    growth: Decimal | None = None,
    cut: date | None = None,
    revision: int | None = None,
) -> Version:
    """Make the draft's baseline (and a draft, where there is none), and give the draft. Where it
    cannot be made nothing is written, hence no draft either.

    `method` and `growth` (per cent) are the plan's own unless given. `cut` makes it as on that day:
    nothing from it on is known. Months that are complete then are actual cost, whatever the method;
    adjustments of such months are taken back. Other adjustments stay as they are.

    PlanError for a method that there is not, growth without its method, and where there is no
    charge at all; PlanConflictError when the draft is not at `revision` any more.
    """
    require(Level.EDITOR, "planning", whole=True)
    plan, store = get_plan(workspace, name), store_of(workspace)
    wanted = method or plan.spec.baseline.method
    share = growth if method or growth is not None else plan.spec.baseline.growth
    if wanted not in METHODS:
        raise PlanError(f"a baseline is made by {', '.join(METHODS)}; not {wanted!r}")
    if (wanted == "growth") != (share is not None):
        raise PlanError("growth, in per cent, goes with the method growth, and only with it")
    document = plan.draft.document if plan.draft else beginning(workspace, plan)
    made = worked_out(workspace, document, wanted, share, cut)
    by = By(who(), made.stamp.at, wanted, document.revision if revision is None else revision)
    if plan.draft:
        done = store.change(name, lambda kept: with_baseline(kept, made, by))
    else:
        new = with_baseline(document, made, by)
        done = store.start(new, new.kind, "", Signed(by.author, by.at))
        record_version(workspace, "plan-draft", done)
    record_version(workspace, "plan-baseline", done, method=wanted)
    return done


def worked_out(
    workspace: Workspace,
    document: Document,
    method: Method,
    growth: Decimal | None = None,
    cut: date | None = None,
) -> Made:
    """What a method makes of a document's lines, before anything is changed; see
    `make_baseline`."""
    return _Maker(workspace, document, method, growth, cut).made()


@dataclass
class _Maker:
    """One baseline, worked out before the draft is touched."""

    workspace: Workspace
    document: Document
    method: Method
    growth: Decimal | None
    cut: date | None
    warnings: list[str] = field(default_factory=list)
    reasons: dict[Path, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.until = complete_until(self.workspace, self.cut)
        if self.until is None:
            raise PlanError("there is no charge yet that a baseline could be made from: load bills")
        self.states = states_of(self.document.months, self.until)
        frame = self.document.frame
        self.spent = Months(self.workspace, frame, frame.months, self.until)
        self.to_come = ToCome(self.workspace, frame, frame.months, self.until)

    def made(self) -> Made:
        """The baseline."""
        document = self.document
        found = divide(document.live, self._ask)
        lost = not_loaded(self.workspace, document.months)
        self.warnings += [*self.spent.warnings, *self.to_come.notes, *lost]
        return Made(
            found.lines,
            found.rest,
            tuple(self._origin(state) for state in self.states),
            self.reasons | self.to_come.reasons,
            self._drivers(),
            Stamp(
                at=utc_now(),
                author=who(),
                method=self.method,
                snapshot=self._snapshot(),
                complete_until=self.until,
                growth=self.growth,
                warnings=tuple(dict.fromkeys(self.warnings)),
            ),
        )

    def _snapshot(self) -> str | None:
        found = self.workspace.pin().snapshot_id
        return None if found is None else str(found)

    def _origin(self, state: MonthState) -> Origin:
        if state == "complete":
            return "actual"
        return "mixed" if state == "current" and self.method == "forecast" else self.method

    def _ask(self, where: str) -> Mapping[Path, Cells]:
        """The cells of every path, in whole units."""
        size, digits = len(self.document.months), self.document.frame.places
        none: Cells = (ZERO,) * size
        spent = self.spent.ask(where)
        ahead, unknown = self._ahead(where)
        found: dict[Path, Cells] = {}
        for path in dict.fromkeys((*spent, *ahead)):
            own, to_come = spent.get(path, none), ahead.get(path, unknown)
            if self.method == "forecast":
                cells = with_actual(own, to_come)
            else:
                cells = tuple(
                    a if state == "complete" else b
                    for a, b, state in zip(own, to_come, self.states, strict=True)
                )
            found[path] = tuple(None if a is None else to_unit(a, digits) for a in cells)
            if None in found[path] and path not in self.reasons:
                self.reasons[path] = self._why(path)
        return found

    def _why(self, path: Path) -> str:
        if self.method == "forecast":
            return self.to_come.missing(path) or "no forecast"
        return f"the ledger begins in {self._began}, hence no {self.method} of every month"

    def _ahead(self, where: str) -> tuple[Mapping[Path, Cells], Cells]:
        """What the method says of months that are not complete, by path, and of paths that it does
        not know."""
        none: Cells = (ZERO,) * len(self.document.months)
        if self.method == "forecast":
            found = self.to_come.ask(where)
            return found, self.to_come.unknown() if self.to_come.together else none
        if self.method == "flat":
            return self._flat(where), none
        return self._last_year(where)

    def _flat(self, where: str) -> Mapping[Path, Cells]:
        """The mean of the last complete months that the ledger has, in every month."""
        assert self.until is not None
        months = [m for m in last_complete(self.until, FLAT_MONTHS) if m >= self._began]
        if not months:
            raise PlanError(
                f"a flat baseline needs a complete month before {self.until}; the ledger begins in "
                f"{self._began}"
            )
        if len(months) < FLAT_MONTHS:
            count = f"{len(months)} {'month' if len(months) == 1 else 'months'}"
            self.warnings.append(f"the mean is of {count}, since there are no more")
        frame, size = self.document.frame, len(self.document.months)
        found = self._months(months, where)
        return {path: (_mean(cells, frame.places),) * size for path, cells in found.items()}

    def _last_year(self, where: str) -> tuple[Mapping[Path, Cells], Cells]:
        """The same months a year before, with growth where it is asked for; None for months that
        the ledger does not have."""
        before = [BillingPeriod(month.year - 1, month.month) for month in self.document.months]
        assert self.until is not None
        known = [self._began <= month and month.end <= self.until for month in before]
        unknown: Cells = tuple(ZERO if have else None for have in known)
        asked = self._months(before, where)
        lost = [str(m) for m, have, state in zip(before, known, self.states, strict=True)
                if not have and state != "complete"]  # fmt: skip
        if lost:
            self.warnings.append(f"the ledger does not have all of {lost[0]} to {lost[-1]}")
        found = {
            path: tuple(
                self._grown(amount) if have else None
                for amount, have in zip(cells, known, strict=True)
            )
            for path, cells in asked.items()
        }
        return found, unknown

    def _months(self, months: Sequence[BillingPeriod], where: str) -> Mapping[Path, Cells]:
        """Cost of other months than the plan's."""
        asking = Months(self.workspace, self.document.frame, months, self.until)
        found = asking.ask(where)
        self.warnings += asking.warnings
        return found

    def _grown(self, amount: Decimal | None) -> Decimal | None:
        if amount is None or self.growth is None:
            return amount
        more = MONEY_CONTEXT.divide(MONEY_CONTEXT.multiply(amount, self.growth), Decimal(100))
        return MONEY_CONTEXT.add(amount, more)

    @property
    def _began(self) -> BillingPeriod:
        """The first month of which the ledger has a bill."""
        slices = self.workspace.pin().slices
        return min(s.billing_period for s in slices if s.delivery.rows)

    def _drivers(self) -> Mapping[str, Driver]:
        """The drivers of lines that have one, by the metric as it is now; one that cannot be told
        any more stays as it was."""
        found: dict[str, Driver] = {}
        for line in self.document.live:
            driver = line.driver
            if driver is None:
                continue
            found[line.id] = driver
            if not driver.metric:
                continue
            try:
                found[line.id] = driver_for(
                    self.workspace, self.document.frame, line.path, line.where, driver.metric,
                    dict(driver.only), self.cut,
                )  # fmt: skip
            except (PlanError, QueryError) as error:
                self.warnings.append(f"{line.title} keeps its volumes and unit costs: {error}")
        return found


def _mean(cells: Sequence[Decimal | None], digits: int) -> Decimal:
    from fractions import Fraction

    known = [amount for amount in cells if amount is not None]
    whole = Fraction(total([ZERO, *known])) / len(cells)
    return to_unit(rounded(whole, digits + 12), digits)
