"""Whose charge it is: a plan's lines divide the charges of its scope, each charge to one line.

A line without a condition has the charges of its path. A line with one has the charges for which
it holds, wherever they stand; they are taken out of their paths. Where two conditions hold, the
earlier line has the charge. Only conditions that hold are asked for (never their opposite), so that
unknown values lose nothing: what a later line has in common with earlier ones is asked for and
taken off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from outlay.money import MONEY_CONTEXT
from outlay.planning.plans.model import Line, Path

Cells = tuple[Decimal | None, ...]
"""One amount a month; None: not known."""
Ask = Callable[[str], Mapping[Path, Cells]]
"""The charges of the plan's scope for which a condition also holds ('': all), by path."""


@dataclass(frozen=True)
class Divided:
    """`lines` has the cells of each line by its id, `rest` those of paths that no line has."""

    lines: Mapping[str, Cells]
    rest: Mapping[Path, Cells]


def divide(lines: Sequence[Line], ask: Ask, size: int = 12) -> Divided:
    """Divide what `ask` gives among lines, exactly: the sum of all is the sum of ``ask('')``."""
    rest = dict(ask(""))
    none: Cells = (Decimal(0),) * size
    found: dict[str, Cells] = {}
    earlier: list[str] = []
    for line in (line for line in lines if line.where):
        own = dict(ask(line.where))
        if earlier:
            common = ask(f"({line.where}) AND ({' OR '.join(f'({one})' for one in earlier)})")
            own = {path: less(cells, common.get(path, none)) for path, cells in own.items()}
        for path, cells in own.items():
            rest[path] = less(rest.get(path, none), cells)
        found[line.id] = plus([none, *own.values()])
        earlier.append(line.where)
    for line in (line for line in lines if not line.where):
        found[line.id] = rest.pop(line.path, none)
    return Divided(found, {path: cells for path, cells in rest.items() if told(cells)})


def told(cells: Cells) -> bool:
    """Whether a row says anything: an amount that is not nought, or that one is not known."""
    return any(amount is None or amount for amount in cells)


def less(one: Cells, other: Cells) -> Cells:
    """One row less another; what is not known in the second takes nothing off."""
    return tuple(
        a if a is None or b is None else MONEY_CONTEXT.subtract(a, b)
        for a, b in zip(one, other, strict=True)
    )


def plus(rows: Sequence[Cells]) -> Cells:
    """Rows added; a cell is known where one of the rows after the first knows it, or none is."""
    found = list(rows[0])
    for at in range(len(found)):
        column = [row[at] for row in rows[1:]]
        known = [amount for amount in column if amount is not None]
        if column and not known:
            found[at] = None
            continue
        sum_ = found[at]
        for amount in known:
            sum_ = amount if sum_ is None else MONEY_CONTEXT.add(sum_, amount)
        found[at] = sum_
    return tuple(found)
