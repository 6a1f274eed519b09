"""What the charges of a ledger are billed at, by invoice: the sums that invoices are held against.

Every charge is in exactly one sum, so that the sums of a pin are its BilledCost to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.focus.datasets import DETAIL_ID
from outlay.focus.sql import literal
from outlay.money import BillingPeriod
from outlay.money.cents import places
from outlay.query import CostQuery
from outlay.statements.asbilled import ask, kept

if TYPE_CHECKING:
    from outlay.lake.types import Pin, Slice
    from outlay.query.run import PinnableLake

_BY = (
    "x_SourceName", "x_BillingPeriod", "InvoiceIssuerName", "InvoiceId", "BillingAccountId",
    "BillingCurrency", "ChargeCategory",
)  # fmt: skip


@dataclass(frozen=True)
class BilledSum:
    """BilledCost of the charges that these columns have in common, in `currency`, and how many.

    `issuer`, `invoice_id` and `account` are None where the bill does not say.
    """

    source: str
    period: BillingPeriod
    issuer: str | None
    invoice_id: str | None
    account: str | None
    currency: str
    category: str | None
    billed: Decimal
    lines: int

    @property
    def slot(self) -> tuple[str, BillingPeriod]:
        """The slice that the charges are of."""
        return self.source, self.period


@dataclass(frozen=True)
class Rounded:
    """BilledCost summed after rounding to the smallest unit of its currency: each charge on its
    own, and each line of the invoice (FOCUS Invoice Detail record); and how many there are."""

    by_charge: Decimal
    charges: int
    by_detail: Decimal
    details: int


def billed_sums(lake: PinnableLake, pin: Pin) -> tuple[BilledSum, ...]:
    """The sums of a pin, in a stable order; asked of its roll-ups."""
    return kept(lake, "billed", pin, lambda: _billed_sums(lake, pin)) if pin.slices else ()


def _billed_sums(lake: PinnableLake, pin: Pin) -> tuple[BilledSum, ...]:
    query = CostQuery(measures=("BilledCost", "LineCount"), by=_BY)
    found = [_sum(row) for row in ask(lake, query, pin).rows()]
    return tuple(
        sorted(
            found,
            key=lambda s: (
                s.period, s.issuer or "", s.invoice_id or "", s.source, s.account or "",
                s.currency, s.category or "",
            ),
        )
    )  # fmt: skip


def _sum(row: object) -> BilledSum:
    assert isinstance(row, dict)
    month = row["x_BillingPeriod"]
    assert isinstance(month, date)
    return BilledSum(
        source=row["x_SourceName"],
        period=BillingPeriod.of(month),
        issuer=row["InvoiceIssuerName"],
        invoice_id=row["InvoiceId"],
        account=row["BillingAccountId"],
        currency=row["BillingCurrency"],
        category=row["ChargeCategory"],
        billed=row["BilledCost"] or Decimal(0),
        lines=int(row["LineCount"] or 0),
    )


def rounded_sums(
    lake: PinnableLake,
    slices: Sequence[Slice],
    issuer: str | None,
    invoice_ids: Sequence[str | None],
    currency: str,
) -> Rounded | None:
    """The charges of an invoice (None among the ids: those that name none) in these slices,
    summed after rounding; None where charges are no longer kept.

    Rounding is half away from zero, as vendors' invoices do.
    """
    if not slices or not all(one.charges_path.exists() for one in slices):
        return None
    digits = places(currency)
    paths = ", ".join(literal(str(one.charges_path)) for one in slices)
    named = ", ".join(literal(one) for one in invoice_ids if one is not None)
    conditions = [f"InvoiceId IN ({named})"] if named else []
    if None in invoice_ids:
        conditions.append("InvoiceId IS NULL")
    who = "IS NULL" if issuer is None else f"= {literal(issuer)}"
    with lake.connect() as connection:
        row = connection.execute(
            f"SELECT coalesce(sum(rounded), 0), coalesce(sum(charges), 0), "
            f"coalesce(sum(round(billed, {digits})), 0), count(*) FROM (SELECT "
            f"sum(BilledCost) AS billed, sum(round(BilledCost, {digits})) AS rounded, "
            f"count(*) AS charges FROM read_parquet([{paths}], union_by_name = true, "
            f"hive_partitioning = false) WHERE InvoiceIssuerName {who} "
            f"AND BillingCurrency = {literal(currency)} AND ({' OR '.join(conditions)}) "
            f"GROUP BY x_BillingPeriod, {DETAIL_ID})"
        ).fetchone()
    assert row is not None
    return Rounded(Decimal(row[0]), int(row[1]), Decimal(row[2]), int(row[3]))
