"""The worked examples of docs/drivers.md, each effect asserted exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.query import QueryError
from outlay.query.drivers import Asking, DriversError, sentence
from outlay.query.drivers.tables import table, to_csv
from outlay.query.model import CostQuery
from tests.query.drivers.lake import (
    EFFECTS,
    JULY,
    JUNE,
    Lake,
    asked,
    charge,
    decimals,
    effects,
    filled,
    other,
    sole,
    worked,
)

Fill = Callable[..., Lake]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    yield worked(tmp_path_factory.mktemp("worked"))


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """A lake of June's and July's charges; one elsewhere on each bound so that days are whole."""

    def made(*charges: Any) -> Lake:
        return filled(tmp_path, charges)

    return made


def test_every_effect_of_the_example(lake: Lake) -> None:
    report = asked(lake)
    bridge = sole(report)
    assert (bridge.before, bridge.after) == (Decimal("254.00"), Decimal("315.19"))
    assert report.days == (30, 31)
    assert effects(report) == decimals(EFFECTS)
    assert sum(effects(report).values()) == bridge.change == Decimal("61.19")
    assert bridge.replaced == Decimal("15.00")


def test_the_example_by_resource(lake: Lake) -> None:
    groups = {g.values[0]: g for g in sole(asked(lake, by=("ResourceId",))).groups}
    of = {name: {k: v for k, v in g.effects.items() if v} for name, g in groups.items()}
    assert of["vm-1"] == decimals({"length": "2.40"})
    assert of["vm-2"] == decimals({"length": "2.00", "usage": "18.60", "price": "20.15"})
    assert of["vm-3"] == decimals({"gone": "-15.00"})
    assert of["vm-4"] == decimals({"new": "18.00"})
    assert of["vm-5"] == decimals({"length": "3.00", "commitment": "-29.76"})
    assert of["sp-1"] == decimals({"commitment": "5.00"})
    assert of["bucket"] == decimals({"usage": "0.30"})
    assert of["api"] == decimals({"unmetered": "2.50"})
    assert of["queue"] == decimals(
        {"length": "0.033333333333", "usage": "-0.366666666667", "price": "0.333333333333",
         "rounding": "0.000000000001"}
    )  # fmt: skip


def test_billed_cost_sees_cover_as_less_billed(lake: Lake) -> None:
    """Covered usage is billed with its commitment: nothing by itself."""
    found = effects(asked(lake, measures=("BilledCost",)))
    # 62 h at 0.30 are billed of 310: 18.60 + 0 - 93.00, and 5.00 unused.
    assert found["commitment"] == Decimal("-69.40")
    assert found["price"] == Decimal("20.483333333333")


def test_list_cost_knows_no_commitments(lake: Lake) -> None:
    found = effects(asked(lake, measures=("ListCost",)))
    # The unused part stands for itself; cover is another price of the same SKU.
    assert found["commitment"] == Decimal("5.00")
    assert found["price"] == Decimal("20.483333333333") + Decimal("-29.76")


def test_items_tell_units_and_prices(lake: Lake) -> None:
    (largest, *_) = sole(asked(lake)).items["price"]
    assert (largest.resource, largest.price_id, largest.unit) == ("vm-2", "large.od", "Hrs")
    assert (largest.quantity_before, largest.quantity_after) == (Decimal(300), Decimal(403))
    assert (largest.price_before, largest.price_after) == (Decimal("0.20"), Decimal("0.25"))
    assert largest.amount == Decimal("20.15")


def test_the_other_way_round(lake: Lake) -> None:
    """From July to June, what was new is gone; no effect but the change need turn its sign."""
    there = asked(lake)
    back = asked(lake, range="2026-06-01..2026-07-01", against="2026-07-01..2026-08-01")
    assert sole(back).change == sole(there).change.copy_negate()
    one, other_ = effects(there), effects(back)
    for name in ("credit", "tax", "purchase", "adjustment", "unmetered"):
        assert other_[name] == one[name].copy_negate()
    assert (other_["gone"], other_["new"]) == (Decimal("-18.00"), Decimal("15.00"))


def test_the_same_period_twice_has_no_effect(lake: Lake) -> None:
    report = asked(lake, against="2026-07-01..2026-08-01")
    assert effects(report) == {}
    assert sole(report).change == 0
    assert "is the same as in July 2026" in sentence(report)
    assert any("overlap" in warning for warning in report.warnings)


def test_a_filter_narrows_both_periods(lake: Lake) -> None:
    report = asked(lake, where="ResourceId = 'vm-2'")
    assert effects(report) == decimals({"length": "2.00", "usage": "18.60", "price": "20.15"})
    assert sentence(report) == (
        "Spend is 68 % above June 2026; all of the rise is Compute, from a higher price."
    )


def test_a_filter_on_a_column_that_differs_by_line(lake: Lake) -> None:
    found = effects(asked(lake, where="SkuPriceId = 'vm.od'"))
    assert found == decimals({"new": "18.00", "gone": "-15.00", "length": "2.40"})


def test_by_a_column_that_differs_by_line(lake: Lake) -> None:
    groups = {g.values: g for g in sole(asked(lake, by=("SkuPriceId",))).groups}
    assert groups["vm.od",].effects == decimals(
        {"new": "18.00", "gone": "-15.00", "length": "2.40"}
    )
    # Its price ids are looked at together where cover moves usage between them: it moved.
    assert groups["big.sp",].effects["new"] == Decimal("44.64")


# --- what has no price ------------------------------------------------------------------------


def test_no_units_before_and_no_cost_is_usage(fill: Fill) -> None:
    lake = fill(charge("0", JUNE, "r", "p", "0"), charge("5.00", JULY, "r", "p", "10"))
    assert effects(asked(lake)) == decimals({"usage": "5.00"})


def test_cost_without_units_has_no_price(fill: Fill) -> None:
    lake = fill(charge("7.00", JUNE, "r", "p", "0"), charge("5.00", JULY, "r", "p", "10"))
    assert effects(asked(lake)) == decimals({"unmetered": "-2.00"})


def test_no_units_now_ends_the_usage(fill: Fill) -> None:
    lake = fill(charge("5.00", JUNE, "r", "p", "10"), charge("1.00", JULY, "r", "p", "0"))
    assert effects(asked(lake)) == decimals({"usage": "-5.00", "unmetered": "1.00"})


def test_quantities_of_both_signs_have_no_mean_price(fill: Fill) -> None:
    lake = fill(
        charge("8.00", JUNE, "r", "p", "10"),
        charge("-7.00", JUNE, "r", "p", "-9.5"),
        charge("4.00", JULY, "r", "p", "5"),
    )
    assert effects(asked(lake)) == decimals({"unmetered": "3.00"})


def test_negative_quantities_have_a_price_like_others(fill: Fill) -> None:
    lake = fill(
        charge("-2.00", JUNE, "r", "p", "-10", "GB-Mo"),
        charge("-3.60", JULY, "r", "p", "-12", "GB-Mo"),
    )
    assert effects(asked(lake)) == decimals({"usage": "-0.40", "price": "-1.20"})


def test_consumed_quantities_stand_where_pricing_ones_lack(fill: Fill) -> None:
    lake = fill(
        charge("2.00", JUNE, "r", "p", ConsumedQuantity="10", ConsumedUnit="GB-Mo"),
        charge("3.00", JULY, "r", "p", ConsumedQuantity="15", ConsumedUnit="GB-Mo"),
    )
    assert effects(asked(lake)) == decimals({"usage": "1.00"})


def test_another_unit_is_another_key(fill: Fill) -> None:
    lake = fill(
        charge("2.00", JUNE, "r", "p", "2", "Hrs"),
        charge("2.00", JULY, "r", "p", "7200", "Seconds"),
    )
    assert effects(asked(lake)) == decimals({"new": "2.00", "gone": "-2.00"})


def test_one_resource_in_two_accounts_is_two(fill: Fill) -> None:
    lake = fill(
        charge("2.00", JUNE, "r", "p", "2", "GB-Mo", SubAccountId="a1"),
        charge("2.00", JULY, "r", "p", "2", "GB-Mo", SubAccountId="a2"),
    )
    assert effects(asked(lake)) == decimals({"new": "2.00", "gone": "-2.00"})


def test_prices_within_a_period_have_a_mean(fill: Fill) -> None:
    """10 units at 0.10 and 10 at 0.20 are 20 at 0.15; that they are fewer of the dear is price."""
    lake = fill(
        charge("1.00", JUNE, "r", "p", "10", "GB-Mo"),
        charge("2.00", JUNE, "r", "p", "10", "GB-Mo"),
        charge("1.50", JULY, "r", "p", "15", "GB-Mo"),
        charge("1.00", JULY, "r", "p", "5", "GB-Mo"),
    )
    assert effects(asked(lake)) == decimals({"price": "-0.50"})


def test_monthly_fees_do_not_grow_with_days(fill: Fill) -> None:
    lake = fill(
        charge("30.00", JUNE, "r", "p", "1", "Seats", ChargeFrequency="Recurring"),
        charge("30.00", JULY, "r", "p", "1", "Seats", ChargeFrequency="Recurring"),
    )
    assert effects(asked(lake)) == {}


@pytest.mark.parametrize("unit", ["GB-Mo", "GiBy.mo", "1 GB/Month", "gibibyte month", "Months"])
def test_units_of_months(fill: Fill, unit: str) -> None:
    lake = fill(
        charge("30.00", JUNE, "r", "p", "1", unit), charge("30.00", JULY, "r", "p", "1", unit)
    )
    assert effects(asked(lake)) == {}


@pytest.mark.parametrize("unit", ["Hrs", "Moments", "Commodity", "Model units"])
def test_units_that_grow_with_days(fill: Fill, unit: str) -> None:
    lake = fill(
        charge("30.00", JUNE, "r", "p", "1", unit), charge("30.00", JULY, "r", "p", "1", unit)
    )
    assert effects(asked(lake)) == decimals({"length": "1.00", "usage": "-1.00"})


# --- commitments ------------------------------------------------------------------------------


def _covered(cost: str, day: str, quantity: str, contracted: str) -> Any:
    return charge(cost, day, "r", "p.sp", quantity, "GB-Mo", ContractedCost=contracted,
                  CommitmentDiscountStatus="Used")  # fmt: skip


def test_cover_that_ends_is_a_commitment_effect(fill: Fill) -> None:
    """100 units were covered at 0.06 and would have cost 0.10; now they are on demand at 0.11."""
    lake = fill(
        _covered("6.00", JUNE, "100", "10.00"), charge("11.00", JULY, "r", "p.od", "100", "GB-Mo")
    )
    assert effects(asked(lake)) == decimals({"commitment": "4.00", "price": "1.00"})


def test_another_committed_rate_is_a_commitment_effect(fill: Fill) -> None:
    lake = fill(_covered("6.00", JUNE, "100", "10.00"), _covered("7.50", JULY, "100", "10.00"))
    assert effects(asked(lake)) == decimals({"commitment": "1.50"})


def test_more_of_the_same_mix_is_usage(fill: Fill) -> None:
    lake = fill(
        _covered("6.00", JUNE, "100", "10.00"),
        charge("10.00", JUNE, "r", "p.od", "100", "GB-Mo"),
        _covered("9.00", JULY, "150", "15.00"),
        charge("15.00", JULY, "r", "p.od", "150", "GB-Mo"),
    )
    assert effects(asked(lake)) == decimals({"usage": "8.00"})


def test_unused_commitment_that_grows(fill: Fill) -> None:
    unused = {"CommitmentDiscountStatus": "Unused"}
    lake = fill(charge("1.00", JUNE, "sp", **unused), charge("4.00", JULY, "sp", **unused))
    assert effects(asked(lake)) == decimals({"commitment": "3.00"})


def test_corrections_stand_apart(fill: Fill) -> None:
    lake = fill(
        charge("5.00", JUNE, "r", "p", "5", "GB-Mo"),
        charge("5.00", JULY, "r", "p", "5", "GB-Mo"),
        charge("-2.00", JULY, "r", "p", "-2", "GB-Mo", ChargeClass="Correction"),
    )
    assert effects(asked(lake)) == decimals({"correction": "-2.00"})


# --- groups -----------------------------------------------------------------------------------


def test_a_price_that_moves_to_another_group(fill: Fill) -> None:
    """Its cost before goes from the one to the other; that it grew is told where it is now."""
    lake = fill(
        charge("10.00", JUNE, "r", "p", "100", "GB-Mo", Tags={"team": "a"}),
        charge("15.00", JULY, "r", "p", "150", "GB-Mo", Tags={"team": "b"}),
    )
    report = asked(lake, by=("tags.team",))
    groups = {g.values: dict(g.effects) for g in sole(report).groups}
    assert groups["a",] == decimals({"moved": "-10.00"})
    assert groups["b",] == decimals({"moved": "10.00", "usage": "5.00"})
    assert effects(report) == decimals({"usage": "5.00"}) == effects(asked(lake))


def test_a_price_that_divides_among_groups(fill: Fill) -> None:
    lake = fill(
        charge("10.00", JUNE, "r", "p", "100", "GB-Mo", Tags={"team": "a"}),
        charge("6.00", JULY, "r", "p", "60", "GB-Mo", Tags={"team": "b"}),
        charge("9.00", JULY, "r", "p", "90", "GB-Mo", Tags={"team": "c"}),
    )
    groups = {g.values: dict(g.effects) for g in sole(asked(lake, by=("tags.team",))).groups}
    assert groups["b",] == decimals({"usage": "2.00", "moved": "4.00"})
    assert groups["c",] == decimals({"usage": "3.00", "moved": "6.00"})


# --- currencies -------------------------------------------------------------------------------


def test_currencies_stand_apart_unless_converted(fill: Fill) -> None:
    lake = fill(
        charge("1.00", JUNE, "r", "p", "1", "GB-Mo"),
        charge("3.00", JULY, "r", "p", "3", "GB-Mo"),
        charge("5.00", JUNE, "e", "p", "1", "GB-Mo", BillingCurrency="EUR"),
        charge("4.00", JULY, "e", "p", "1", "GB-Mo", BillingCurrency="EUR"),
    )
    report = asked(lake)
    assert report.sole is None
    found = {b.currency: dict(b.told) for b in report.bridges}
    assert found == {"EUR": decimals({"price": "-1.00"}), "USD": decimals({"usage": "2.00"})}


# --- what is refused --------------------------------------------------------------------------


def test_a_quantity_is_not_taken_apart() -> None:
    with pytest.raises(QueryError, match="one measure of money"):
        Asking(CostQuery(measures=("ConsumedQuantity",)))


def test_two_measures_are_not_taken_apart_together() -> None:
    with pytest.raises(QueryError, match="one measure of money"):
        Asking(CostQuery(measures=("EffectiveCost", "BilledCost")))


@pytest.mark.parametrize("text", ["2026-06-01", "last-month", "2026-06-01..", "nonsense"])
def test_days_to_compare_with_are_absolute(text: str) -> None:
    with pytest.raises(QueryError):
        Asking(CostQuery(), text)


def test_a_bridge_that_does_not_add_up_is_an_error(lake: Lake) -> None:
    bridge = sole(asked(lake))
    object.__setattr__(bridge, "after", bridge.after + Decimal("0.000000000000000000001"))
    with pytest.raises(DriversError, match="together"):
        bridge.check()


def test_an_empty_ledger_says_so(tmp_path: Path) -> None:
    report = asked(Lake(tmp_path))
    assert report.bridges == ()
    assert sentence(report) == "No charge in July 2026, and none in June 2026."
    everything = asked(Lake(tmp_path), range="all")
    assert sentence(everything) == "There is no charge yet."


def test_no_charge_under_a_filter(lake: Lake) -> None:
    report = asked(lake, where="ServiceName = 'nothing'")
    assert sentence(report) == "No charge in July 2026, and none in June 2026."


# --- tables -----------------------------------------------------------------------------------


def test_effects_as_csv(lake: Lake) -> None:
    lines = to_csv(asked(lake)).split("\r\n")
    assert lines[0] == "BillingCurrency,effect,title,amount"
    assert lines[1] == "USD,before,Before,254.00"
    assert "USD,rounding,Rounding of prices,0.000000000001" in lines
    assert lines[-2] == "USD,after,After,315.19"


def test_groups_as_rows_with_an_effect_a_column(lake: Lake) -> None:
    names, rows = table(asked(lake, by=("ResourceId",)))
    assert names[:5] == ("ResourceId", "BillingCurrency", "before", "after", "change")
    found = {row[0]: dict(zip(names, row, strict=True)) for row in rows}
    assert found["vm-2"]["price"] == Decimal("20.15")
    for name, amount in decimals(EFFECTS).items():
        assert sum(row[name] for row in found.values()) == amount  # type: ignore[misc]


def test_other_rows_are_refused(lake: Lake) -> None:
    with pytest.raises(QueryError, match="no rows of a report"):
        table(asked(lake), "itemz")


def test_without_charges_prices_are_told_by_sku(fill: Fill) -> None:
    """Where retention has taken the charges, their daily roll-ups answer, by SkuId."""
    lake = fill(
        charge("1.00", JUNE, "r", "p.a", "1", "GB-Mo"),
        charge("1.00", JULY, "r", "p.b", "1", "GB-Mo"),
    )
    assert effects(asked(lake)) == decimals({"new": "1.00", "gone": "-1.00"})
    for slice_ in lake.slices:
        slice_.charges_path.unlink()
    report = asked(lake)
    assert effects(report) == {} and not report.sku_prices
    assert any("SkuId" in warning for warning in report.warnings)


def test_line_columns_without_charges_are_refused(fill: Fill) -> None:
    lake = fill(charge("1.00", JUNE, "r", "p", "1"), other("Tax", "1.00", JULY))
    for slice_ in lake.slices:
        slice_.charges_path.unlink()
    with pytest.raises(QueryError, match="no longer kept"):
        asked(lake, by=("SkuPriceId",))
