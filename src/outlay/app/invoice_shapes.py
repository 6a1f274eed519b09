"""Invoices as plain data: JSON, and the rows of a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from outlay.app.shapes import plain
from outlay.money import money_text, total

if TYPE_CHECKING:
    from outlay.app.invoices import Reconciliation, Totals
    from outlay.statements.explained import Explanation
    from outlay.statements.invoices import Invoice, Row

Json = dict[str, Any]


def invoice_json(invoice: Invoice) -> Json:
    """An invoice as it was stated."""
    return {
        "name": invoice.name,
        "version": invoice.version,
        **plain(invoice.spec.model_dump()),
    }


def explanation_json(one: Explanation) -> Json:
    """One reason for a difference."""
    return {
        "reason": one.reason,
        "amount": plain(one.amount),
        "taken": one.taken,
        "text": one.text,
    }


def row_json(row: Row) -> Json:
    """One row of a reconciliation; amounts are text, null where there is none."""
    return {
        "issuer": row.issuer,
        "invoice_id": row.invoice_id,
        "billing_period": str(row.period),
        "currency": row.currency,
        "state": row.state,
        "amount": plain(row.invoice.spec.amount) if row.invoice else None,
        "charges": plain(row.charges),
        "difference": plain(row.difference),
        "unexplained": plain(row.unexplained),
        "explanations": [explanation_json(one) for one in row.explanations],
        "charged": {"currency": row.charged_currency, "BilledCost": plain(row.charged)},
        "categories": plain(row.categories),
        "lines": row.lines,
        "sources": list(row.sources),
        "accounts": list(row.accounts),
        "notes": list(row.notes),
        "invoice": invoice_json(row.invoice) if row.invoice else None,
    }


def totals_json(one: Totals) -> Json:
    """The sums of one currency."""
    return {
        "currency": one.currency,
        "invoiced": plain(one.invoiced),
        "compared": plain(one.compared),
        "charged": plain(one.charged),
        "unexplained": plain(one.unexplained),
        "rows": one.rows,
    }


def reconciliation_json(found: Reconciliation, rows: Sequence[Row] | None = None) -> Json:
    """Invoices against charges; `rows` where only some are asked for."""
    from outlay.statements.invoices import STATES

    return {
        "billing_period": str(found.period) if found.period else None,
        "periods": [str(one) for one in found.periods],
        "snapshot": found.snapshot,
        "states": {state: found.count(state) for state in STATES},
        "totals": [totals_json(one) for one in found.totals],
        "rows": [row_json(row) for row in (found.rows if rows is None else rows)],
    }


_MONEY = pa.string()
"""Text: the product of an amount and a rate may have more decimals than any decimal column."""
_COLUMNS: dict[str, pa.DataType] = {
    "issuer": pa.string(), "invoice_id": pa.string(), "billing_period": pa.string(),
    "currency": pa.string(), "state": pa.string(), "amount": _MONEY, "charges": _MONEY,
    "difference": _MONEY, "explained": _MONEY, "unexplained": _MONEY, "explanations": pa.string(),
    "charged": _MONEY, "charged_currency": pa.string(), "lines": pa.int64(),
    "tax_charged": _MONEY, "issued_on": pa.date32(), "due_on": pa.date32(), "source": pa.string(),
    "sources": pa.string(), "notes": pa.string(),
}  # fmt: skip


def rows_table(rows: Sequence[Row]) -> pa.Table:
    """The rows for a CSV file, amounts with all their digits."""
    data = [_flat(row) for row in rows]
    return pa.table(
        {name: pa.array([one[name] for one in data], type=kind) for name, kind in _COLUMNS.items()}
    )


def _flat(row: Row) -> Json:
    spec = row.invoice.spec if row.invoice else None
    explained = total(one.amount for one in row.taken if one.amount is not None)
    return {
        "issuer": row.issuer,
        "invoice_id": row.invoice_id,
        "billing_period": str(row.period),
        "currency": row.currency,
        "state": row.state,
        "amount": _text(spec.amount if spec else None),
        "charges": _text(row.charges),
        "difference": _text(row.difference),
        "explained": _text(None if row.difference is None else explained),
        "unexplained": _text(row.unexplained),
        "explanations": "; ".join(f"{one.reason} {_text(one.amount)}" for one in row.taken),
        "charged": _text(row.charged),
        "charged_currency": row.charged_currency,
        "lines": row.lines,
        "tax_charged": _text(row.categories.get("Tax")),
        "issued_on": spec.issued_on if spec else None,
        "due_on": spec.due_on if spec else None,
        "source": spec.source if spec else None,
        "sources": ", ".join(row.sources),
        "notes": " ".join(row.notes),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else money_text(amount)
