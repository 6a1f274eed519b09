"""Offers for a demand: how many units there are to buy where other discounts apply already."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from outlay.savings.planner.catalogue import catalogue
from outlay.savings.planner.model import Demand, DemandClass, Offer
from outlay.savings.planner.offers import offers
from outlay.savings.planner.plan import Assumptions, plan

D = Decimal
MONDAY = date(2026, 11, 2)
# Ten cores at 1.00 an hour by contract, for which 0.80 is paid after sustained use.
CORES = Demand(
    "b", "Google Cloud", "USD", MONDAY, 7, 24,
    (DemandClass("gce|N2 Core|eu", "Google Cloud", "b", "USD", "gce", "Compute Engine", "N2 Core",
                 "eu", "", "N2 Core", D(1)),),
    {"gce|N2 Core|eu": (D(8) * 24,) * 7},
)  # fmt: skip


def resource_offer(ratios: dict[str, Decimal]) -> Offer:
    found = offers(CORES, catalogue(), ((1, "none"),), (), ratios)[1, "none"]
    (one,) = (each for each in found if each.program == "gcp-resource-cud")
    return one


def test_units_are_bought_at_the_contracts_price_whatever_is_paid_on_demand() -> None:
    one = resource_offer({"gce|N2 Core|eu": D("1.25")})
    # 37 % off 1.00 is 0.63, which is 21.25 % off the 0.80 that is paid.
    assert one.discounts == {"gce|N2 Core|eu": D("0.212500")}
    assert one.step == D("0.63")
    found = plan(CORES, {(1, "none"): (one,)}, Assumptions(MONDAY, months=1))
    assert [(each.units, each.level) for each in found.positions] == [(D(10), D("6.3"))]


def test_without_other_discounts_the_price_is_the_same() -> None:
    assert resource_offer({}).step == D("0.63")
