"""The panels of a dashboard as blocks of a document, in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.app.dashboards.answers import PanelAnswer
from outlay.app.reports.results import chart, figures, notes, period_text, tables
from outlay.query import Column, Result, Row
from outlay.reports.document import Block, Figure, Figures, Heading, Note, Sentence, Table

if TYPE_CHECKING:
    from outlay.query.drivers.model import Bridge, DriverReport
    from outlay.query.unit import UnitResult

_MARKS = re.compile(r"[*_`#>]+|\[([^\]]*)\]\([^)]*\)")


def blocks(answers: Sequence[PanelAnswer]) -> list[Block]:
    """Headlines that follow each other stand side by side; every other panel is a part."""
    found: list[Block] = []
    side_by_side: list[Figure] = []
    for answer in answers:
        if answer.kind == "figure" and answer.result is not None:
            side_by_side += _headlines(answer)
            continue
        if side_by_side:
            found.append(Figures(tuple(side_by_side)))
            side_by_side = []
        found += _panel(answer)
    if side_by_side:
        found.append(Figures(tuple(side_by_side)))
    return found


def _headlines(answer: PanelAnswer) -> Iterator[Figure]:
    """The totals, with the change over the days that are complete."""
    assert answer.result is not None
    moved = list(figures(answer.compared)) if answer.compared is not None else []
    for number, one in enumerate(figures(answer.result)):
        other = moved[number] if number < len(moved) else None
        title = answer.title if number == 0 else f"{answer.title}, {one.currency or one.title}"
        yield Figure(
            title,
            one.value,
            one.kind,
            one.currency,
            before=other.before if other else None,
            change=other.change if other else None,
            ratio=other.ratio if other else None,
            note=other.note if other else "",
        )


def _panel(answer: PanelAnswer) -> Iterator[Block]:
    if answer.kind == "text":
        yield Sentence(" ".join(_MARKS.sub(r"\1", answer.text).split()))
        return
    yield Heading(answer.title)
    if answer.error:
        yield Note(f"This part could not be worked out: {answer.error}", "warn")
    elif answer.unit is not None:
        yield from _unit(answer.unit)
    elif answer.drivers is not None:
        yield from _drivers(answer.drivers)
    elif answer.result is not None:
        yield from _question(answer, answer.result)
    for text in answer.notes:
        yield Note(text, "warn")


def _question(answer: PanelAnswer, result: Result) -> Iterator[Block]:
    if not result.totals:
        yield Sentence("No charge is in this.")
        return
    name = answer.panel.id
    if answer.kind == "table":
        shown = answer.compared or result
        yield from tables(shown, name, period_text(shown))
        yield from notes(shown)
        return
    form = "line" if answer.kind == "line" else ""
    measure = next(c.title for c in result.columns if c.role == "measure")
    drawn = chart(result, form, f"{measure}, {period_text(result)}")
    if drawn is None:
        yield from tables(result, name)
        return
    yield drawn
    # The files have its figures; the drawing is what is read.
    for table in tables(result, name, answer.title):
        if isinstance(table, Table) and table.on != "page":
            yield Table(**{**table.__dict__, "on": "file"})


def _unit(found: UnitResult) -> Iterator[Block]:
    periods = [period for period in found.periods if period.total.unit_cost is not None]
    if not periods:
        yield Sentence("No unit cost is known in these days.")
        return
    last = periods[-1]
    yield Figures(
        (
            Figure(
                f"Cost per {found.unit}, {last.start:%b %Y}",
                last.total.unit_cost,
                "unit",
                found.currency,
                note="" if last.whole else "not all its days are counted",
            ),
        )
    )


def _drivers(report: Any) -> Iterator[Block]:
    found: DriverReport = report
    for bridge in found.bridges:
        yield _bridge(bridge, found)
    for text in found.warnings:
        yield Note(text, "warn")


def _bridge(bridge: Bridge, found: DriverReport) -> Table:
    """The effects of a change: they add up to it."""
    from outlay.query.drivers.effects import EFFECTS

    columns = (
        Column("effect", "dimension", "text", "What drove it"),
        Column("amount", "measure", "money", "Effect", found.asking.query.measures[0]),
    )
    rows: tuple[Row, ...] = tuple(
        {"effect": EFFECTS[name].title, "amount": amount} for name, amount in bridge.told
    )
    total: dict[str, str | Decimal | None] = {"effect": "Change", "amount": bridge.change}
    return Table("drivers", "", columns, rows, (total,), bridge.currency)
