"""Statements of a workspace as files and as JSON data. Every form has the numbers of the page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outlay.access import Level, require
from outlay.app.seeing import values_seen
from outlay.app.served import served
from outlay.app.statements import books, month, statement
from outlay.expression.errors import QueryError, near_names
from outlay.money import BillingPeriod
from outlay.statements import journal
from outlay.statements.documents import Statement, StatementMonth
from outlay.statements.model import Plan

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
"""The forms of a statement, and their media types."""


@dataclass(frozen=True)
class StatementFile:
    """A file: its name, media type and content."""

    name: str
    media: str
    content: bytes


@served("GET /statements/{plan}/{month}/{value:path}")
def export(
    workspace: Workspace, name: str, period: BillingPeriod, form: str, value: str | None = None
) -> StatementFile:
    """A month, or the statement of one value, as a file.

    A closed one as JSON is its document, byte for byte. QueryError for a form that there is not,
    StatementError where a PDF cannot be made.
    """
    if form not in MEDIA:
        raise QueryError(
            f"{form!r} is no form of a statement",
            field="format",
            text=form,
            near=near_names(form, MEDIA),
            allowed=tuple(MEDIA),
        )
    if value is None:
        whole, one = month(workspace, name, period), None
    else:
        whole, one = statement(workspace, name, period, value)
    stem = "-".join(["statement", whole.plan, *([_plain(value)] if value else []), str(period)])
    return StatementFile(f"{stem}.{form}", MEDIA[form], _content(workspace, whole, one, form))


def _content(
    workspace: Workspace, whole: StatementMonth, one: Statement | None, form: str
) -> bytes:
    if form == "json":
        value = one.value if one else None
        kept = None
        if one is not None or values_seen(whole.tag) is None:
            kept = books(workspace).closed_text(whole.plan, whole.month, value)
        return (kept or (one or whole).text).encode()
    if form in ("html", "pdf"):
        from outlay.statements import paper

        html = paper.statement_html(whole, one) if one else paper.month_html(whole)
        return html.encode() if form == "html" else paper.pdf(html)
    from outlay.statements import files

    if form == "csv":
        return (files.statement_csv(one) if one else files.month_csv(whole)).encode()
    return files.statement_xlsx(one) if one else files.month_xlsx(whole)


@served("GET /journals/{plan}/{month}")
def journal_file(workspace: Workspace, name: str, period: BillingPeriod) -> StatementFile:
    """The journal entries of a month as CSV; StatementError for a showback. They are of the whole
    month: AccessDeniedError for people of a scope."""
    require(Level.VIEWER, "the journal of a month", whole=True)
    whole = month(workspace, name, period)
    content = journal.to_csv(whole).encode()
    return StatementFile(f"journal-{whole.plan}-{period}.csv", MEDIA["csv"], content)


def _plain(value: str) -> str:
    """A value as a part of a file's name."""
    kept = "".join(c if c.isalnum() and c.isascii() else "-" for c in value.lower())
    return "-".join(part for part in kept.split("-") if part) or "value"


def month_json(whole: StatementMonth) -> dict[str, Any]:
    """A month as JSON data: its document, and what is to be known before it is closed."""
    return {
        **json.loads(whole.text),
        "problems": list(whole.problems),
        "warnings": list(whole.warnings),
        "digest": whole.digest,
    }


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan as JSON data."""
    return {
        "name": plan.name,
        "title": plan.title,
        "tag": plan.tag,
        "currency": plan.currency,
        "measure": plan.spec.measure,
        "rates": plan.spec.rates,
        "mode": plan.spec.mode,
        "version": plan.version,
    }
