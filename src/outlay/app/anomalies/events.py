"""What is kept of an anomaly: the event, its days, what drove it, and what was done about it.

Money is exact: `actual` is what the ledger charges, `expected`, `lower` and `upper` are the
engine's figures rounded once to the smallest unit of the currency, so that every difference and
sum here can be reckoned by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args

from outlay.money import DateRange, total
from outlay.reports.document import Severity

State = Literal["active", "ended", "acknowledged", "resolved"]
STATES: tuple[State, ...] = get_args(State)
OPEN: tuple[State, ...] = ("active", "ended")
"""States that still want somebody's look."""

Reason = Literal["", "restatement", "tag-change", "quiet"]
"""Why nobody is told: bills that were delivered again or rules that changed explain it, or
feedback says that such an event is to be kept quiet ('': people are told)."""
REASONS: tuple[Reason, ...] = get_args(Reason)

Verdict = Literal["", "expected", "unexpected", "too-small", "known"]
VERDICTS: tuple[Verdict, ...] = ("expected", "unexpected", "too-small", "known")
QUIET: tuple[Verdict, ...] = ("expected", "too-small", "known")
"""What makes an event a matter that is dealt with."""

NONE = "(none)"
"""How a missing value is shown."""


@dataclass(frozen=True)
class Day:
    """One day of an event (of an hourly one, an hour): its `start` is UTC."""

    start: datetime
    actual: Decimal
    expected: Decimal
    lower: Decimal
    upper: Decimal
    flagged: bool = True

    @property
    def difference(self) -> Decimal:
        """Actual less expected."""
        return total((self.actual, self.expected.copy_negate()))


@dataclass(frozen=True)
class Member:
    """A series in which the event is seen: one value of a grouping. `where` is the condition of
    its charges; `values` are those of the dimensions of `grouping`, None where there is none.
    Its amounts are of its own days."""

    grouping: str
    values: tuple[str | None, ...]
    where: str
    start: datetime
    end: datetime
    actual: Decimal
    expected: Decimal

    @property
    def impact(self) -> Decimal:
        """Actual less expected."""
        return total((self.actual, self.expected.copy_negate()))

    @property
    def name(self) -> str:
        """The values as they are in the bill."""
        return " / ".join(NONE if value is None else value for value in self.values)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions of the grouping."""
        return tuple(self.grouping.split(","))


@dataclass(frozen=True)
class Part:
    """A combination of dimension values, and what it has of the impact."""

    values: Mapping[str, str | None]
    actual: Decimal
    expected: Decimal

    @property
    def impact(self) -> Decimal:
        """Actual less expected."""
        return total((self.actual, self.expected.copy_negate()))


@dataclass(frozen=True)
class Explained:
    """The smallest set of dimension values that explains the impact: `parts`, and the `rest`,
    which is of everything else. `where` are values that all of it has. `share` is in per cent."""

    parts: tuple[Part, ...]
    rest: Decimal
    share: Decimal
    where: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What one kind of change made of the impact: usage, price, mix, restatement, tag-change…"""

    name: str
    title: str
    amount: Decimal


@dataclass(frozen=True)
class Split:
    """The impact by kind of change; `effects` add up to it exactly. `against` are the earlier days
    with which usage and prices were compared (end exclusive), `before` their cost."""

    effects: tuple[Effect, ...]
    against: DateRange
    before: Decimal


@dataclass(frozen=True)
class Explaining:
    """What explains an event away. For a restatement: the delivery that did it, the snapshots
    before and after it, and how much the event's days moved by it (`amount`). For a change of
    rules: the virtual tag, and the moment since which its rules are others."""

    amount: Decimal
    source: str = ""
    period: str = ""
    delivery: str = ""
    before: str = ""
    after: str = ""
    at: datetime | None = None
    tag: str = ""
    note: str = ""


@dataclass(frozen=True)
class Event:
    """An anomaly. `start` is the beginning of its first day, `end` the end of its last one that is
    known (exclusive), both UTC; `ongoing` whether the newest complete day belongs to it.
    `members` are the series of one cause, the one that says it best first. `names` are what people
    call the ids among the values: dimension, id, name. `quiet` names the event
    whose feedback keeps this one quiet (None: none). `band` is what would have been normal on the
    days before, for the chart. `told` is whether people were told of it."""

    id: int
    key: str
    monitor: str
    state: State
    reason: Reason
    severity: Severity
    measure: str
    currency: str
    direction: Literal["up", "down"]
    kind: str
    grain: str
    start: datetime
    end: datetime
    ongoing: bool
    members: tuple[Member, ...]
    days: tuple[Day, ...]
    band: tuple[Day, ...]
    basis: Mapping[str, Any]
    confidence: Decimal
    owner: str
    owner_tag: str
    assignee: str
    feedback: Verdict
    quiet: int | None
    sentence: str
    driver: str
    explained: Explained | None
    split: Split | None
    explaining: Explaining | None
    snapshot: str
    rules_at: datetime | None
    told: bool
    reopened: int
    detected_at: datetime
    updated_at: datetime
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def lead(self) -> Member:
        """The series that says it best."""
        return self.members[0]

    @property
    def grouping(self) -> str:
        """By what the lead is grouped."""
        return self.lead.grouping

    @property
    def value(self) -> str:
        """The lead's value as it is in the bill."""
        return self.lead.name

    @property
    def title(self) -> str:
        """The lead's value for people."""
        return self.name_of(self.lead)

    def name_of(self, member: Member) -> str:
        """A series' value for people."""
        pairs = zip(member.dimensions, member.values, strict=True)
        return " / ".join(self.named(dimension, value) for dimension, value in pairs)

    def named(self, dimension: str, value: str | None) -> str:
        """What people call a value."""
        if value is None:
            return NONE
        return self.names.get(dimension, {}).get(value) or value

    @property
    def actual(self) -> Decimal:
        """What the event's days cost."""
        return total(day.actual for day in self.days)

    @property
    def expected(self) -> Decimal:
        """What was expected of them."""
        return total(day.expected for day in self.days)

    @property
    def impact(self) -> Decimal:
        """Actual less expected: negative where less came than was expected."""
        return total(day.difference for day in self.days)

    @property
    def range(self) -> DateRange:
        """Its days, the end exclusive."""
        last = (self.end - timedelta(microseconds=1)).date()
        return DateRange(self.start.date(), last + timedelta(days=1))

    @property
    def last(self) -> date:
        """Its last day that is known."""
        return self.range.end - timedelta(days=1)

    @property
    def is_open(self) -> bool:
        """Whether somebody should look at it: not dealt with, and nothing explains it away."""
        return self.state in OPEN and not self.reason and self.feedback not in QUIET


@dataclass(frozen=True)
class Step:
    """One thing that happened to an event. `action` is detected, grew, ended, restated,
    tag-change, quiet, acknowledge, resolve, reopen, feedback, withdraw, comment or assign;
    `verdict` that of feedback."""

    id: int
    event: int
    at: datetime
    author: str
    action: str
    verdict: str
    note: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One detection: `outcome` is detected, unchanged, short (too little history), empty or
    failed; `detail` counts what was new, grew, ended and was explained."""

    id: int
    at: datetime
    snapshot: str
    series: int
    events: int
    duration_ms: int
    outcome: str
    message: str
    detail: Mapping[str, Any] = field(default_factory=dict)
