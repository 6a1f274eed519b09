"""Two versions of a plan beside each other, line by line and month by month, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from outlay.money import MONEY_CONTEXT, BillingPeriod, total
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import (
    ZERO,
    Cell,
    Document,
    Line,
    Path,
    Version,
    VersionInfo,
    path_text,
)

Presence = Literal["both", "added", "removed"]


@dataclass(frozen=True)
class ComparedLine:
    """A line in both versions, or in one (``added``: only in the later). Amounts are by month, in
    the order of the plan's months."""

    line: str
    path: Path
    name: str
    presence: Presence
    before: tuple[Decimal, ...]
    after: tuple[Decimal, ...]

    @property
    def change(self) -> tuple[Decimal, ...]:
        """After less before, by month."""
        return tuple(map(MONEY_CONTEXT.subtract, self.after, self.before))

    @property
    def year(self) -> tuple[Decimal, Decimal, Decimal]:
        """Before, after and change of the year."""
        return total(self.before), total(self.after), total(self.change)


@dataclass(frozen=True)
class Comparison:
    """`before` and `after` are the versions; lines that are the same in both are among `lines`."""

    before: VersionInfo
    after: VersionInfo
    months: tuple[BillingPeriod, ...]
    hierarchy: tuple[str, ...]
    currency: str
    places: int
    lines: tuple[ComparedLine, ...]

    @property
    def changed(self) -> tuple[ComparedLine, ...]:
        """The lines that differ, largest change of the year first."""
        differ = [one for one in self.lines if any(one.change) or one.presence != "both"]
        differ.sort(key=lambda one: (path_text(one.path), one.line))
        return tuple(sorted(differ, key=lambda one: one.year[2].copy_abs(), reverse=True))

    @property
    def total(self) -> tuple[tuple[Decimal, Decimal, Decimal], ...]:
        """Before, after and change of all lines, by month."""
        return tuple(
            (
                total([ZERO, *(one.before[at] for one in self.lines)]),
                total([ZERO, *(one.after[at] for one in self.lines)]),
                total([ZERO, *(one.change[at] for one in self.lines)]),
            )
            for at in range(len(self.months))
        )

    @property
    def year(self) -> tuple[Decimal, Decimal, Decimal]:
        """Before, after and change of the year."""
        first, second, third = zip(*self.total, strict=True)
        return total(first), total(second), total(third)


def compare_documents(before: Version, after: Version) -> Comparison:
    """Two versions of one plan. PlanError when they are of different plans.

    A line is the same in both by its id and path; one that a baseline left out and another gave
    back has another id, and is the same by its path.
    """
    one, other = before.document, after.document
    if one.frame.plan != other.frame.plan or one.months != other.months:
        raise PlanError(
            f"{one.frame.plan} and {other.frame.plan} are different plans; versions of one plan "
            "can be compared"
        )
    lines = [_compared(one, other, was, now) for was, now in _pairs(one.live, other.live)]
    return Comparison(
        before.info, after.info, one.months, one.frame.hierarchy, one.frame.currency,
        one.frame.places, tuple(lines),
    )  # fmt: skip


Pair = tuple[Line | None, Line | None]


def _pairs(before: Sequence[Line], after: Sequence[Line]) -> list[Pair]:
    """Each line with what it was; then those that are gone. An id alone is no line: a draft gives
    the id of a line that its baseline left out to the next new one."""
    left = {line.id: line for line in before}
    same = {line.id: left.pop(line.id) for line in after if _is_at(left.get(line.id), line)}
    by_path = {line.path: line for line in left.values() if not line.where}
    pairs: list[Pair] = []
    for line in after:
        was = same.get(line.id)
        if was is None and not line.where and (was := by_path.pop(line.path, None)) is not None:
            del left[was.id]
        pairs.append((was, line))
    return [*pairs, *((line, None) for line in left.values())]


def _is_at(one: Line | None, other: Line) -> bool:
    return one is not None and one.path == other.path


def _compared(
    before: Document, after: Document, was: Line | None, now: Line | None
) -> ComparedLine:
    line = now or was
    assert line is not None
    zero = (Cell(None, ZERO, ZERO),) * 12
    earlier = before.cells(was.id) if was else zero
    later = after.cells(now.id) if now else zero
    presence: Presence = "both" if was and now else "added" if now else "removed"
    return ComparedLine(
        line.id, line.path, line.name, presence,
        tuple(cell.total for cell in earlier), tuple(cell.total for cell in later),
    )  # fmt: skip
