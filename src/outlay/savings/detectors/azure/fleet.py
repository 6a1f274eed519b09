"""Azure's virtual machines by size, and what an hour of each size costs at list by the bill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from outlay.money.quotients import quotient
from outlay.savings.detectors.azure.sizes import Size, size_of
from outlay.savings.detectors.azure.words import MACHINES, METER, PROVIDER
from outlay.savings.detectors.billed import Billed, Window, billed
from outlay.savings.detectors.contract import Facts

_SIZE = f"coalesce(nullif(x_InstanceType, ''), {METER})"


@dataclass(frozen=True)
class Machine:
    """A machine, its size, and whether its hours include a licence of Windows."""

    billed: Billed
    size: Size
    windows: bool


def machines(facts: Facts, window: Window) -> Iterator[Machine]:
    """Machines that had one size in the whole window and are still there: one that was changed
    lately is looked at again when the window is of its new size alone."""
    rows = {(one.resource, one.currency): one for one in billed(facts, PROVIDER, window, MACHINES)}
    named = facts.rows(
        f"""SELECT ResourceId AS resource, BillingCurrency AS currency, max({_SIZE}) AS size,
            count(DISTINCT {_SIZE}) AS sizes,
            bool_or(contains(lower(coalesce(x_MeterSubcategory, '')), 'windows')) AS windows
        FROM daily WHERE ServiceProviderName = $provider AND ChargeDay >= $first
            AND ChargeDay < $end AND ChargeCategory = 'Usage' AND ResourceId IS NOT NULL
            AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused' AND ({MACHINES})
        GROUP BY ALL ORDER BY resource, currency""",
        {"provider": PROVIDER, **window.arguments},
    )
    for row in named:
        size, one = size_of(str(row["size"] or "")), rows[row["resource"], row["currency"]]
        if size and row["sizes"] == 1 and one.still(window):
            yield Machine(one, size, bool(row["windows"]))


def list_prices(facts: Facts, window: Window) -> dict[tuple[str, str, str, bool], Decimal]:
    """The list price of an hour by size's name, region, currency and whether with Windows: what
    the bill's own charges of the window say, the dearest where it says several."""
    rows = facts.rows(
        f"""SELECT {_SIZE} AS size, coalesce(RegionId, '') AS region, BillingCurrency AS currency,
            contains(lower(coalesce(x_MeterSubcategory, '')), 'windows') AS windows,
            sum(ListCost) AS cost, sum(ConsumedQuantity) AS hours
        FROM daily WHERE ServiceProviderName = $provider AND ChargeDay >= $first
            AND ChargeDay < $end AND ChargeCategory = 'Usage' AND ({MACHINES})
            AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused'
        GROUP BY ALL HAVING sum(ListCost) > 0 AND sum(ConsumedQuantity) > 0 ORDER BY ALL""",
        {"provider": PROVIDER, **window.arguments},
    )
    found: dict[tuple[str, str, str, bool], Decimal] = {}
    for row in rows:
        size = size_of(str(row["size"]))
        price = quotient(Decimal(row["cost"]), Decimal(row["hours"]), 9)
        if size and price:
            key = (size.name, str(row["region"]), str(row["currency"]), bool(row["windows"]))
            found[key] = max(price, found.get(key, price))
    return found
