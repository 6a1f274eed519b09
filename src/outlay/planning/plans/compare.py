"""Two versions of a plan beside each other, line by line and month by month, exactly."""

from __future__ import annotations

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
    """Two versions of one plan. PlanError when they are of different plans."""
    one, other = before.document, after.document
    if one.frame.plan != other.frame.plan or one.months != other.months:
        raise PlanError(
            f"{one.frame.plan} and {other.frame.plan} are different plans; versions of one plan "
            "can be compared"
        )
    was = {line.id: line for line in one.live}
    now = {line.id: line for line in other.live}
    lines = [
        _compared(key, one if key in was else None, other if key in now else None,
                  now.get(key) or was[key])
        for key in dict.fromkeys((*now, *was))
    ]  # fmt: skip
    return Comparison(
        before.info, after.info, one.months, one.frame.hierarchy, one.frame.currency,
        one.frame.places, tuple(lines),
    )  # fmt: skip


def _compared(
    key: str, before: Document | None, after: Document | None, line: Line
) -> ComparedLine:
    zero = (Cell(None, ZERO, ZERO),) * 12
    was = before.cells(key) if before else zero
    now = after.cells(key) if after else zero
    presence: Presence = "both" if before and after else "added" if after else "removed"
    return ComparedLine(
        key, line.path, line.name, presence,
        tuple(cell.total for cell in was), tuple(cell.total for cell in now),
    )  # fmt: skip
