"""Answers as tables with exact decimals, for Arrow, Parquet and CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from outlay.lake import Slice
from outlay.query.usage.result import UsageResult
from outlay.statements.documents import Statement

MONEY = pa.decimal128(38, 21)
QUANTITY = pa.decimal256(60, 21)
"""Sums of quantities have no bound that money has."""
_TEXT, _COUNT, _DAY = pa.string(), pa.int64(), pa.date32()
_MOMENT = pa.timestamp("us")


def _table(fields: Mapping[str, pa.DataType], rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    found = list(rows)
    return pa.table(
        {
            name: pa.array([row.get(name) for row in found], type=kind)
            for name, kind in fields.items()
        }
    )


def deliveries(slices: Sequence[Slice]) -> pa.Table:
    """One row a slice, cost column and currency: what the vendor's rows say, what was loaded."""
    fields = {
        "source": _TEXT,
        "billing_period": _TEXT,
        "measure": _TEXT,
        "currency": _TEXT,
        "stated": MONEY,
        "loaded": MONEY,
        "rejected_amount": MONEY,
        "rows": _COUNT,
        "charges": _COUNT,
        "rejected": _COUNT,
        "reconciled": pa.bool_(),
        "loaded_at": _MOMENT,
        "cause": _TEXT,
        "delivery": _TEXT,
        "snapshot": _TEXT,
    }
    return _table(
        fields,
        (
            {
                "source": one.source,
                "billing_period": str(one.billing_period),
                "measure": line.measure,
                "currency": line.currency,
                "stated": line.stated,
                "loaded": line.loaded,
                "rejected_amount": line.rejected,
                "rows": one.delivery.proof.rows_read,
                "charges": one.delivery.rows,
                "rejected": one.delivery.proof.rows_rejected,
                "reconciled": one.delivery.proof.reconciled,
                "loaded_at": one.delivery.loaded_at,
                "cause": one.delivery.cause,
                "delivery": one.delivery.id,
                "snapshot": str(one.snapshot_id),
            }
            for one in slices
            for line in one.delivery.proof.lines
        ),
    )


def usage(found: UsageResult) -> pa.Table:
    """One row a metric and group, with one column of estimates a currency."""
    timed = found.query.grain != "none"
    hourly = found.query.grain == "hour"
    fields: dict[str, pa.DataType] = {
        **({"period": _MOMENT if hourly else _DAY} if timed else {}),
        **dict.fromkeys(found.query.by, _TEXT),
        "Metric": _TEXT,
        "Unit": _TEXT,
        "Quantity": QUANTITY,
        **{f"EstimatedCost {code}": MONEY for code in found.currencies},
        "UsageRows": _COUNT,
        "other": pa.bool_(),
    }
    return _table(
        fields,
        (
            {
                "period": _period(row.period, hourly),
                **{
                    name: None if value is None else str(value)
                    for name, value in zip(found.query.by, row.values, strict=False)
                },
                "Metric": row.metric,
                "Unit": row.unit,
                "Quantity": row.quantity,
                **{f"EstimatedCost {code}": row.estimates.get(code) for code in found.currencies},
                "UsageRows": row.rows,
                "other": row.is_other,
            }
            for row in found.rows
        ),
    )


def _period(value: date | datetime | None, hourly: bool) -> date | datetime | None:
    return value.date() if isinstance(value, datetime) and not hourly else value


def statement_lines(statements: Sequence[Statement]) -> pa.Table:
    """One row a line of each statement; `amount` in whole cents, `exact` before rounding,
    as text, since a converted amount may have more decimals than a column."""
    fields = {
        "plan": _TEXT,
        "month": _TEXT,
        "value": _TEXT,
        "state": _TEXT,
        "currency": _TEXT,
        "id": _TEXT,
        "section": _TEXT,
        "name": _TEXT,
        "amount": MONEY,
        "exact": _TEXT,
        "detail": _TEXT,
        "of_month": _TEXT,
        "invoice": _TEXT,
        "source": _TEXT,
        "dispute": _COUNT,
    }
    return _table(
        fields,
        (
            {
                "plan": one.plan,
                "month": str(one.month),
                "value": one.value,
                "state": one.state,
                "currency": one.currency,
                "id": line.id,
                "section": line.section,
                "name": line.name,
                "amount": line.amount,
                "exact": f"{line.exact:f}",
                "detail": line.detail,
                "of_month": line.month,
                "invoice": line.invoice,
                "source": line.source,
                "dispute": line.dispute,
            }
            for one in statements
            for line in one.lines
        ),
    )
