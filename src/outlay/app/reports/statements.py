"""Statements as a report: the document that mails show, and the statements' own files."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app import statement_files
from outlay.app import statements as app
from outlay.money import BillingPeriod
from outlay.query import Column, Row
from outlay.reports.document import Block, Figure, Figures, File, Note, Sentence, Table
from outlay.reports.errors import PermanentError
from outlay.reports.model import StatementOf
from outlay.statements.documents import Statement, StatementMonth
from outlay.statements.sections import COLUMNS, SECTIONS

if TYPE_CHECKING:
    from datetime import date

    from outlay.app.workspace import Workspace

OWN_FORMS = ("pdf", "xlsx", "csv")
"""Forms that statements have of themselves: a report sends those, not others."""


def month_of(workspace: Workspace, wanted: StatementOf, today: date) -> BillingPeriod:
    """The month that is meant on a day. PermanentError when no month is closed yet."""
    if wanted.month == "current":
        return BillingPeriod.of(today)
    if wanted.month == "last":
        return BillingPeriod.of(today).previous()
    if wanted.month == "last-closed":
        closed = [m for m, state in app.months(workspace, wanted.plan) if state == "closed"]
        if not closed:
            raise PermanentError(
                f"no month of the statements {wanted.plan!r} is closed yet. Close one, or send "
                "month: last."
            )
        return closed[0]
    return BillingPeriod.parse(wanted.month)


def blocks(whole: StatementMonth, one: Statement | None) -> list[Block]:
    """The headlines, the table, and what it stands on."""
    found: list[Block] = [Figures(tuple(_figures(whole, one)))]
    if whole.state == "draft":
        found.append(Note("A draft: amounts may change until the month is closed.", "warn"))
    for text in (*whole.problems, *whole.warnings):
        found.append(Note(f"{text[:1].upper()}{text[1:]}.", "warn"))
    found.append(_lines(one) if one else _values(whole))
    if one is None and whole.adjustments:
        found.append(Sentence("Adjustments correct earlier months; the bill stays as it is."))
    found.append(Note(_rounding(whole)))
    return found


def _figures(whole: StatementMonth, one: Statement | None) -> Sequence[Figure]:
    currency = whole.currency
    if one is not None:
        return (
            Figure("Total", one.total, "money", currency),
            Figure("Part of the bill", one.base, "money", currency),
            Figure("Adjustments", one.sum_of("adjustment", "dispute"), "money", currency),
        )
    return (
        Figure("All statements", whole.total, "money", currency),
        Figure("Bill of the month", whole.bill, "money", currency),
        Figure("Adjustments", whole.adjustments, "money", currency),
    )


def _values(whole: StatementMonth) -> Table:
    """A row for each value of the tag; the columns that are zero everywhere are left out."""
    used = [name for name in COLUMNS if whole.has(name)]
    columns = (
        Column("value", "dimension", "text", whole.tag),
        *(Column(name, "measure", "money", COLUMNS[name], name) for name in used),
        Column("total", "measure", "money", "Total", "total"),
    )
    rows: list[Row] = [
        {"value": one.label, **{n: one.columns[n] for n in used}, "total": one.total}
        for one in whole.statements
    ]
    sums: dict[str, str | Decimal] = {"value": "Sum", "total": whole.total}
    sums |= {name: whole.columns[name] for name in used}
    return Table("statements", "", columns, tuple(rows), (sums,), whole.currency)


def _lines(one: Statement) -> Table:
    columns = (
        Column("section", "dimension", "text", "Section"),
        Column("line", "dimension", "text", "Line"),
        Column("amount", "measure", "money", "Amount", "amount"),
    )
    rows: list[Row] = [
        {"section": SECTIONS[line.section].title, "line": line.name, "amount": line.amount}
        for line in one.lines
        if line.amount
    ]
    sums: Row = {"section": "Total", "line": "", "amount": one.total}
    return Table("lines", "", columns, tuple(rows), (sums,), one.currency)


def _rounding(whole: StatementMonth) -> str:
    rates = " ".join(
        f"1 {rate.source} = {rate.value} {whole.currency} ({rate.publisher}, {rate.day})."
        for rate in whole.rates
    )
    return (
        f"{whole.spec['measure']} in {whole.currency}, rounded by largest remainder: all "
        f"statements of the month sum to the bill. {rates}"
    ).strip()


def files(
    workspace: Workspace, wanted: StatementOf, period: BillingPeriod, forms: Sequence[str]
) -> list[File]:
    """The statements' own files: the same as on their page."""
    found = []
    for form in forms:
        made = statement_files.export(workspace, wanted.plan, period, form, wanted.value or None)
        found.append(File(made.name, made.media, made.content))
    return found
