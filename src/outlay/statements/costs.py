"""The sums that the prepaid bridge is made of, asked of a pin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.focus.sql import literal
from outlay.money import BillingPeriod
from outlay.query import CostQuery
from outlay.statements.asbilled import ask, kept
from outlay.statements.bridge import CostSum
from outlay.statements.explained import less

if TYPE_CHECKING:
    from outlay.lake.types import Pin, Slice
    from outlay.query.run import PinnableLake

_BY = (
    "x_SourceName", "x_BillingPeriod", "BillingCurrency", "CommitmentDiscountId",
    "ChargeCategory", "ChargeFrequency", "CommitmentDiscountStatus", "ChargeClass",
)  # fmt: skip


def cost_sums(lake: PinnableLake, pin: Pin) -> tuple[CostSum, ...]:
    """BilledCost and EffectiveCost of a pin, by what tells a prepayment from its use.

    Charges that name no CommitmentDiscountId but, in ContractApplied, exactly one contract
    commitment, are that one's; asked of the charges, where they are kept.
    """
    return kept(lake, "costs", pin, lambda: _cost_sums(lake, pin)) if pin.slices else ()


def _cost_sums(lake: PinnableLake, pin: Pin) -> tuple[CostSum, ...]:
    query = CostQuery(measures=("BilledCost", "EffectiveCost"), by=_BY)
    found = [_sum(row) for row in ask(lake, query, pin).rows()]
    moving = {
        (one.source, one.period)
        for one in found
        if one.commitment is None and one.billed != one.effective
    }
    for item in pin.slices:
        if (item.source, item.billing_period) in moving and item.charges_path.exists():
            found += _by_contract(lake, item)
    return tuple(found)


def _sum(row: Any) -> CostSum:
    return CostSum(
        source=row["x_SourceName"],
        period=BillingPeriod.of(row["x_BillingPeriod"]),
        currency=row["BillingCurrency"],
        commitment=row["CommitmentDiscountId"],
        category=row["ChargeCategory"],
        frequency=row["ChargeFrequency"],
        status=row["CommitmentDiscountStatus"],
        charge_class=row["ChargeClass"],
        billed=row["BilledCost"] or Decimal(0),
        effective=row["EffectiveCost"] or Decimal(0),
    )


def _by_contract(lake: PinnableLake, item: Slice) -> Sequence[CostSum]:
    """What names one contract commitment, as its sum, and off the sum of what names none."""
    elements = "json_extract_string(ContractApplied, '$.Elements[*].ContractCommitmentId')"
    with lake.connect() as connection:
        rows = connection.execute(
            f"SELECT BillingCurrency, ids[1], ChargeCategory, ChargeFrequency, "
            "CommitmentDiscountStatus, ChargeClass, sum(BilledCost), sum(EffectiveCost) FROM "
            f"(SELECT *, list_distinct({elements}) AS ids "
            f"FROM read_parquet({literal(str(item.charges_path))}, hive_partitioning = false) "
            "WHERE CommitmentDiscountId IS NULL AND BilledCost <> EffectiveCost "
            "AND json_valid(ContractApplied)) WHERE len(ids) = 1 GROUP BY ALL"
        ).fetchall()
    found = []
    for currency, commitment, category, frequency, status, charge_class, billed, effective in rows:
        named = CostSum(
            item.source, item.billing_period, currency, commitment, category, frequency, status,
            charge_class, billed, effective,
        )  # fmt: skip
        zero = Decimal(0)
        off = replace(
            named, commitment=None, billed=less(zero, billed), effective=less(zero, effective)
        )
        found += [named, off]
    return found
