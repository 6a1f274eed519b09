"""A plan as a document: lines by path in a hierarchy, months, baseline, adjustments kept apart.

Amounts are decimals in whole units of the plan's currency (cents), months are calendar months,
moments UTC and naive. A document never changes; `outlay.planning.plans.edits` makes new ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal, get_args

from outlay.money import MONEY_CONTEXT, BillingPeriod, total
from outlay.money.cents import to_unit
from outlay.planning.plans.errors import PlanNotFoundError

Path = tuple[str | None, ...]
"""One value for each level of the hierarchy; None: the charges that have no value there."""

State = Literal["draft", "submitted", "approved", "rejected", "superseded"]
STATES: tuple[State, ...] = get_args(State)
VersionKind = Literal["budget", "estimate"]
"""The year's budget, or a later estimate of the same year ("latest estimate", a reforecast)."""

Method = Literal["forecast", "last-year", "growth", "flat"]
METHODS: tuple[Method, ...] = get_args(Method)
Origin = Literal["", "actual", "mixed", "forecast", "last-year", "growth", "flat", "drivers"]
"""What a baseline's cell is: '' where it has none. ``mixed``: the month had begun, its complete
days are actual and the others forecast."""

Of = Literal["amount", "volume", "unit_cost"]
"""What an adjustment changes: money, or of a driver-based line its volume or unit cost."""
OFS: tuple[Of, ...] = get_args(Of)
Effect = Literal["price", "volume", "mix", "one-off"]
"""Why the money is expected: the parts into which a variance is taken apart."""
EFFECTS: tuple[Effect, ...] = get_args(Effect)

ZERO = Decimal(0)


@dataclass(frozen=True)
class Stamp:
    """Where a baseline is from: its moment, by whom, the lake's snapshot, the method and what it
    was told (`growth` in per cent, of the year before). Days up to `complete_until` (exclusive)
    were complete then; None: there was no charge. `warnings` are what people must know."""

    at: datetime
    author: str
    method: Method
    snapshot: str | None
    complete_until: date | None
    growth: Decimal | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Driver:
    """A line as volume × unit cost: `volumes` of a `metric` (those series whose labels have the
    values of `only`) by month, and what a unit costs, in the plan's currency. None: not known.

    The product is exact; a cell is the product in whole units, rounded half up once.
    """

    metric: str
    volumes: tuple[Decimal | None, ...]
    unit_costs: tuple[Decimal | None, ...]
    unit: str = ""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    basis: str = ""

    def product(self, month: int) -> Decimal | None:
        """Volume × unit cost of a month (0 to 11), exactly."""
        return product(self.volumes[month], self.unit_costs[month])


def product(volume: Decimal | None, unit_cost: Decimal | None) -> Decimal | None:
    """Volume × unit cost, exactly; None where one of them is not known."""
    if volume is None or unit_cost is None:
        return None
    return MONEY_CONTEXT.multiply(volume, unit_cost)


@dataclass(frozen=True)
class Line:
    """One line of a plan.

    `path` says which charges are its own, by the hierarchy's values, unless `where` does: then all
    charges of the plan for which the condition holds, wherever they stand (where two conditions
    hold, the earlier line has the charge; they are no part of any other line). `baseline` and
    `origins` have one cell a month, in the order of the plan's months; None: no baseline, `reason`
    says why. `planned` lines were put in by people: what is not there yet (hires, launches).
    """

    id: str
    path: Path
    name: str
    baseline: tuple[Decimal | None, ...]
    origins: tuple[Origin, ...]
    reason: str = ""
    where: str = ""
    planned: bool = False
    driver: Driver | None = None
    removed: bool = False

    @property
    def title(self) -> str:
        """The name, else the path as text."""
        return self.name or path_text(self.path)


def path_text(path: Path) -> str:
    """A path for people: ``commerce › search › (none)``."""
    return " › ".join(value if value is not None else "(none)" for value in path)


@dataclass(frozen=True)
class Adjustment:
    """One change of one cell, kept for good. `amount` is added: money in whole units, or units of
    volume, or money per unit. `batch` is the edit that it was a part of, `takes_back` the
    adjustment that it undoes. `effect` says why the money is expected (see `Effect`)."""

    id: int
    line: str
    month: BillingPeriod
    amount: Decimal
    reason: str
    author: str
    at: datetime
    batch: int
    of: Of = "amount"
    effect: Effect = "volume"
    takes_back: int | None = None


@dataclass(frozen=True)
class Note:
    """What someone said of a line, of one of its months, or of the plan (line '')."""

    id: int
    line: str
    month: BillingPeriod | None
    text: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Step:
    """What was done to a draft: the revision that it made, by whom and when. `cells` are what was
    touched, as ``line|month|of``, ``line`` or ``*`` for everything."""

    revision: int
    at: datetime
    author: str
    action: str
    said: str
    reason: str = ""
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """What a plan is a plan of; it stays the same for all versions."""

    plan: str
    title: str
    first: BillingPeriod
    measure: str
    currency: str
    places: int
    hierarchy: tuple[str, ...]
    where: str = ""
    rates: str | None = None

    @cached_property
    def months(self) -> tuple[BillingPeriod, ...]:
        """The twelve months of the fiscal year."""
        found = [self.first]
        while len(found) < 12:
            found.append(found[-1].next())
        return tuple(found)

    @property
    def label(self) -> str:
        """The fiscal year by the calendar year in which it ends: ``FY2027``."""
        return f"FY{self.months[-1].year}"

    def index(self, month: BillingPeriod) -> int:
        """The place of a month, 0 to 11; PlanNotFoundError for one outside of the year."""
        try:
            return self.months.index(month)
        except ValueError:
            raise PlanNotFoundError(
                f"{month} is no month of the plan {self.plan!r}: it goes from {self.months[0]} to "
                f"{self.months[-1]}"
            ) from None


@dataclass(frozen=True)
class Cell:
    """A line's month: `baseline` (None: none) and `adjusted` by people make the `total`."""

    baseline: Decimal | None
    adjusted: Decimal
    total: Decimal
    origin: Origin = ""
    volume: Decimal | None = None
    unit_cost: Decimal | None = None
    base_volume: Decimal | None = None
    base_unit_cost: Decimal | None = None

    @property
    def known(self) -> bool:
        """Whether there is an amount at all: a baseline, or what people said."""
        return bool(self.baseline is not None or self.adjusted or self.total)


@dataclass(frozen=True)
class Document:
    """A version's content. `revision` counts edits; `previous` is the digest of the version that
    was approved before (set when this one is)."""

    frame: Frame
    kind: VersionKind
    lines: tuple[Line, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    notes: tuple[Note, ...] = ()
    steps: tuple[Step, ...] = ()
    baseline: Stamp | None = None
    revision: int = 0

    @property
    def months(self) -> tuple[BillingPeriod, ...]:
        """The twelve months of the fiscal year."""
        return self.frame.months

    @property
    def live(self) -> tuple[Line, ...]:
        """The lines that count: those not removed."""
        return tuple(line for line in self.lines if not line.removed)

    def line(self, line_id: str) -> Line:
        """A line by its id; PlanNotFoundError when there is none."""
        found = self._by_id.get(line_id)
        if found is None:
            raise PlanNotFoundError(
                f"the plan {self.frame.plan!r} has no line {line_id!r}; its lines are "
                f"{_some(list(self._by_id))}"
            )
        return found

    def adjustment(self, number: int) -> Adjustment:
        """An adjustment by its number; PlanNotFoundError when there is none."""
        for one in self.adjustments:
            if one.id == number:
                return one
        raise PlanNotFoundError(
            f"the plan {self.frame.plan!r} has no adjustment {number}; it has "
            f"{len(self.adjustments)}"
        )

    @cached_property
    def _by_id(self) -> dict[str, Line]:
        return {line.id: line for line in self.lines}

    @cached_property
    def taken_back(self) -> frozenset[int]:
        """The numbers of adjustments that a later one took back."""
        return frozenset(a.takes_back for a in self.adjustments if a.takes_back is not None)

    @cached_property
    def _sums(self) -> dict[tuple[str, BillingPeriod, Of], Decimal]:
        found: dict[tuple[str, BillingPeriod, Of], Decimal] = {}
        for one in self.adjustments:
            key = (one.line, one.month, one.of)
            found[key] = MONEY_CONTEXT.add(found.get(key, ZERO), one.amount)
        return found

    def adjusted(self, line: str, month: BillingPeriod, of: Of = "amount") -> Decimal:
        """The sum of a cell's adjustments."""
        return self._sums.get((line, month, of), ZERO)

    @cached_property
    def _cells(self) -> dict[str, tuple[Cell, ...]]:
        return {
            line.id: tuple(_cell(self, line, at) for at in range(len(self.months)))
            for line in self.lines
        }

    def cells(self, line_id: str) -> tuple[Cell, ...]:
        """A line's twelve cells."""
        self.line(line_id)
        return self._cells[line_id]

    def cell(self, line_id: str, month: BillingPeriod) -> Cell:
        """A line's cell of a month."""
        return self.cells(line_id)[self.frame.index(month)]

    def sums(self, prefix: Path = ()) -> tuple[Cell, ...]:
        """The twelve sums of the live lines below a path ((): of all lines), exactly."""
        size = len(prefix)
        rows = [self._cells[line.id] for line in self.live if line.path[:size] == prefix]
        return tuple(summed([row[at] for row in rows]) for at in range(len(self.months)))

    def year(self, line_id: str) -> Cell:
        """A line's year."""
        return summed(self.cells(line_id))

    @cached_property
    def total(self) -> Decimal:
        """The plan's year, all live lines."""
        return total([ZERO, *(cell.total for cell in self.sums())])

    def groups(self) -> tuple[Group, ...]:
        """The hierarchy with its sums: every group before its parts, lines in their groups."""
        return tuple(_groups(self, (), self.live))

    def but(self, **changes: object) -> Document:
        """The same with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Group:
    """A row of the hierarchy: the sums below `path` (depth 0 is the whole plan); at the deepest
    level `line` is the line that stands there and the sums are its cells."""

    path: Path
    depth: int
    cells: tuple[Cell, ...]
    year: Cell
    line: Line | None = None


@dataclass(frozen=True)
class VersionInfo:
    """A version without its content. `total` is its year; `digest` is that of a version that is
    frozen, else ''. `approver` is who approved or rejected, `note` what they said."""

    plan: str
    version: int
    title: str
    kind: VersionKind
    state: State
    revision: int
    total: Decimal
    currency: str
    created_at: datetime
    author: str
    submitted_at: datetime | None = None
    submitter: str = ""
    approved_at: datetime | None = None
    approver: str = ""
    note: str = ""
    digest: str = ""

    @property
    def open(self) -> bool:
        """Whether it can be edited."""
        return self.state == "draft"

    @property
    def name(self) -> str:
        """How people call it: its title, else ``version 2``."""
        return self.title or f"version {self.version}"


@dataclass(frozen=True)
class Version:
    """A version with its content; `previous` is the digest of the version approved before."""

    info: VersionInfo
    document: Document
    previous: str = ""


def summed(cells: Sequence[Cell]) -> Cell:
    """The sum of cells; volumes and unit costs have none. The baseline is None where all are."""
    known = [cell.baseline for cell in cells if cell.baseline is not None]
    return Cell(
        total(known) if known else None,
        total([ZERO, *(cell.adjusted for cell in cells)]),
        total([ZERO, *(cell.total for cell in cells)]),
    )


def _cell(document: Document, line: Line, at: int) -> Cell:
    month, digits = document.months[at], document.frame.places
    extra = document.adjusted(line.id, month)
    base, origin = line.baseline[at], line.origins[at]
    if line.driver is None:
        whole = MONEY_CONTEXT.add(base if base is not None else ZERO, extra)
        return Cell(base, extra, _unit(whole, digits), origin)
    volume0, cost0 = line.driver.volumes[at], line.driver.unit_costs[at]
    volume = with_adjusted(volume0, document.adjusted(line.id, month, "volume"))
    cost = with_adjusted(cost0, document.adjusted(line.id, month, "unit_cost"))
    exact = product(volume, cost)
    driven = to_unit(exact, digits) if exact is not None else (base or ZERO)
    whole = _unit(MONEY_CONTEXT.add(driven, extra), digits)
    adjusted = MONEY_CONTEXT.subtract(whole, base if base is not None else ZERO)
    return Cell(base, adjusted, whole, origin, volume, cost, volume0, cost0)


def _unit(amount: Decimal, digits: int) -> Decimal:
    """An amount of whole units with exactly its decimals."""
    return to_unit(amount, digits)


def with_adjusted(base: Decimal | None, extra: Decimal) -> Decimal | None:
    """A volume or unit cost with what people added; where nothing is known that stands for
    itself."""
    if base is None:
        return extra if extra else None
    return MONEY_CONTEXT.add(base, extra)


def _groups(document: Document, path: Path, lines: Sequence[Line]) -> list[Group]:
    rows = [document.cells(line.id) for line in lines]
    cells = tuple(summed([row[at] for row in rows]) for at in range(len(document.months)))
    found = [Group(path, len(path), cells, summed(cells))]
    level = len(path)
    if level == len(document.frame.hierarchy):
        return _leaves(document, lines)
    parts: dict[str | None, list[Line]] = {}
    for line in lines:
        parts.setdefault(line.path[level], []).append(line)
    for value, below in parts.items():
        found.extend(_groups(document, (*path, value), below))
    return found


def _leaves(document: Document, lines: Sequence[Line]) -> list[Group]:
    return [
        Group(line.path, len(line.path), document.cells(line.id), document.year(line.id), line)
        for line in lines
    ]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12])
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown or "none yet"
