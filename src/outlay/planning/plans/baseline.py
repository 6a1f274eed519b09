"""How a baseline becomes the lines of a document: frozen amounts, adjustments left as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from outlay.money import total
from outlay.money.cents import to_unit
from outlay.planning.plans.divide import Cells, told
from outlay.planning.plans.edits import (
    EVERYTHING,
    By,
    check_seen,
    taken_back_in,
    with_step,
)
from outlay.planning.plans.model import (
    ZERO,
    Document,
    Driver,
    Line,
    Origin,
    Path,
    Stamp,
)

GONE = "no charges in what the baseline is made from"
OVER = "the month is over: its actual cost is the baseline"


@dataclass(frozen=True)
class Made:
    """What a baseline was worked out as: cells by line and by path (of charges that no line had),
    in whole units; what each month is; why a path has no amount; the drivers by line."""

    lines: Mapping[str, Cells]
    rest: Mapping[Path, Cells]
    origins: tuple[Origin, ...]
    reasons: Mapping[Path, str]
    drivers: Mapping[str, Driver]
    stamp: Stamp


def with_baseline(document: Document, made: Made, by: By) -> Document:
    """The document with a new baseline. Lines keep their ids and adjustments; paths that are new
    become lines; lines that have neither charges nor anything that people said are left out.
    Adjustments of months that are complete are taken back, since what was spent is known there.
    """
    check_seen(document, by.seen, [EVERYTHING])
    touched = {a.line for a in document.adjustments} | {n.line for n in document.notes}
    lines = [
        new
        for line in document.lines
        if (new := _renewed(document, line, made)).planned
        or line.id in touched
        or line.where
        or told(made.lines.get(line.id, line.baseline))
    ]
    number = max((int(line.id[1:]) for line in document.lines), default=0)
    for place, (path, cells) in enumerate(sorted(made.rest.items(), key=_by_size), number + 1):
        reason = made.reasons.get(path, "")
        lines.append(Line(f"l{place}", path, "", cells, _origins(cells, made.origins), reason))
    lines.sort(key=lambda line: _place(line.path))
    renewed = document.but(lines=tuple(lines), baseline=made.stamp)
    over = [
        one.id
        for one in renewed.adjustments
        if one.takes_back is None
        and one.id not in renewed.taken_back
        and made.origins[renewed.frame.index(one.month)] == "actual"
    ]
    renewed = taken_back_in(renewed, over, by, OVER)
    anew = "" if document.baseline is None else " anew"
    said = f"made the baseline{anew} ({made.stamp.method}, {len(lines)} lines)"
    return with_step(renewed, by, "baseline", said, (EVERYTHING,))


def _renewed(document: Document, line: Line, made: Made) -> Line:
    """A line with its new baseline; one that is removed keeps its old one."""
    if line.removed:
        return line
    cells = made.lines.get(line.id)
    driver = made.drivers.get(line.id)
    if cells is None:
        return line
    origins = _origins(cells, made.origins)
    reason = made.reasons.get(line.path, "") if not line.where else ""
    if driver is not None:
        cells, origins = _driven(driver, cells, made.origins, document.frame.places)
        reason = ""
    elif not any(cells) and not reason:
        cells = tuple(
            amount if origin == "actual" else None
            for amount, origin in zip(cells, made.origins, strict=True)
        )
        origins = _origins(cells, made.origins)
        reason = "planned: it has no history" if line.planned else GONE
    return replace(line, baseline=cells, origins=origins, reason=reason, driver=driver)


def _driven(
    driver: Driver, cells: Cells, origins: Sequence[Origin], digits: int
) -> tuple[Cells, tuple[Origin, ...]]:
    """Months that are complete are actual; the others are volume × unit cost."""
    found: list[Decimal | None] = []
    kinds: list[Origin] = []
    for at, (amount, origin) in enumerate(zip(cells, origins, strict=True)):
        exact = driver.product(at)
        if origin == "actual":
            found.append(amount)
            kinds.append("actual")
        else:
            found.append(None if exact is None else to_unit(exact, digits))
            kinds.append("" if exact is None else "drivers")
    return tuple(found), tuple(kinds)


def _origins(cells: Cells, origins: Sequence[Origin]) -> tuple[Origin, ...]:
    return tuple("" if a is None else origin for a, origin in zip(cells, origins, strict=True))


def _by_size(item: tuple[Path, Cells]) -> tuple[Decimal, Path]:
    size = total([ZERO, *(amount.copy_abs() for amount in item[1] if amount is not None)])
    return size.copy_negate(), tuple(value or "" for value in item[0])


def _place(path: Path) -> tuple[tuple[bool, str], ...]:
    """Lines stand by path; charges without a value come last in their group."""
    return tuple((value is None, value or "") for value in path)
