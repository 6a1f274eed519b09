"""A document as JSON data, for webhooks and programs: money is text with all its digits."""

from __future__ import annotations

from typing import Any

from outlay.money import money_text
from outlay.query.result import row_json
from outlay.reports.document import Document, Figure, Note, Sentence, Table

FORMAT = 1
"""The version of this form."""

MOST_ROWS = 1000
"""The most rows of a table; files have all."""


def to_json(document: Document) -> dict[str, Any]:
    """What the document says, as plain JSON values."""
    return {
        "format": FORMAT,
        "title": document.title,
        "company": document.company,
        "subtitle": document.subtitle,
        "period": document.period,
        "measure": document.measure,
        "scope": document.scope,
        "made_at": document.made_at.isoformat(timespec="seconds") + "Z",
        "freshness": document.freshness,
        "late": document.late,
        "severity": document.severity,
        "link": document.link,
        "figures": [_figure(one) for one in document.figures],
        "text": [b.text for b in document.blocks if isinstance(b, Sentence | Note)],
        "tables": [_table(one) for one in document.tables("file")],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    def text(value: Any) -> str | None:
        return None if value is None else money_text(value)

    return {
        "title": figure.title,
        "value": text(figure.value),
        "kind": figure.kind,
        "currency": figure.currency,
        "before": text(figure.before),
        "change": text(figure.change),
        "change_ratio": None if figure.ratio is None else format(figure.ratio, "f"),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": table.title,
        "columns": [{"name": c.name, "type": c.type, "title": c.title} for c in table.columns],
        "rows": [row_json(row, table.columns) for row in table.rows[:MOST_ROWS]],
        "row_count": len(table.rows),
        "totals": [row_json(row, table.columns) for row in table.totals],
        "currency": table.currency,
    }
