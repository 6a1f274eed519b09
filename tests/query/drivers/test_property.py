"""Whatever the charges: effects add up, by any grouping and currency, and in any order."""

from __future__ import annotations

import random
import tempfile
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.money import total
from outlay.money.rates import Rate
from outlay.query import CostQuery, run
from outlay.query.drivers import EFFECTS, Asking, DriverReport, drivers, sentence
from outlay.query.drivers.arithmetic import (
    COST_SCALE,
    Lines,
    Scale,
    Side,
    integer,
    metered,
    shared_out,
    whole,
)
from outlay.query.measures import MEASURES
from tests.query.drivers.lake import Lake, filled

MONEY = [name for name, one in MEASURES.items() if one.kind == "money"]

# --- the arithmetic of one key ----------------------------------------------------------------

_amount = st.integers(-(10**24), 10**24).map(lambda n: n * 10**9)
_quantity = st.one_of(st.just(0), st.integers(-(10**24), 10**24))


@st.composite
def _lines(draw: st.DrawFn) -> Lines:
    if not draw(st.booleans()):
        return Lines()
    cost, converted = draw(_amount), draw(st.integers(-(10**33), 10**33))
    return Lines(cost, converted, draw(_quantity), draw(st.integers(1, 9)), draw(_amount))


_sides = st.builds(Side, _lines(), _lines(), st.booleans())
_rates = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=10**9)
_scales = st.builds(Scale, _rates, st.integers(0, 31), st.integers(0, 31))


@given(_sides, _sides, _scales, st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_the_effects_of_a_key_are_its_change(
    before: Side, after: Side, scale: Scale, counted: bool, by_day: bool, split: bool
) -> None:
    found = metered(before, after, scale, counted=counted, by_day=by_day, split=split)
    assert sum(found.values()) == after.converted - before.converted
    assert set(found) <= set(EFFECTS)
    # What is left over is no more than half a step for each effect that was rounded.
    step = 10 ** (COST_SCALE - 12)
    assert abs(found.get("rounding", 0)) <= 3 * step


@given(_lines(), _lines(), _rates)
@settings(deadline=None)
def test_what_has_no_price_is_told_whole(before: Lines, after: Lines, rate: Fraction) -> None:
    found = whole("tax", before, after, rate)
    assert sum(found.values()) == after.converted - before.converted


@given(
    st.dictionaries(st.sampled_from(list(EFFECTS)), st.integers(-(10**30), 10**30)),
    st.lists(st.integers(-(10**20), 10**20), min_size=1, max_size=6),
)
@settings(deadline=None)
def test_what_is_shared_out_is_shared_whole(effects: dict[str, int], weights: list[int]) -> None:
    parts = shared_out(effects, weights)
    assert len(parts) == len(weights)
    assert {name: sum(part[name] for part in parts) for name in effects} == effects


def test_an_amount_of_too_many_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="decimals"):
        integer(Decimal("1E-31"))


# --- lakes ------------------------------------------------------------------------------------


class Daily:
    """Rates that differ from day to day; none for NOK."""

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        if source == "NOK":
            return None
        value = Decimal(1) + Decimal(day.toordinal() % 17) / 100
        return Rate(source, target, value.quantize(Decimal("0.000000001")), day, "test")


_text = st.sampled_from(["a", "b", None])
_number = st.one_of(
    st.none(), st.decimals(-50, 50, places=3), st.decimals(0, 10, places=21), st.just(Decimal(0))
)


@st.composite
def _charge(draw: st.DrawFn) -> dict[str, Any]:
    month = draw(st.sampled_from(["2026-01", "2026-02"]))
    quantity, consumed = draw(_number), draw(_number)
    costs = {
        name: draw(st.decimals(-1000, 1000, places=draw(st.sampled_from([0, 2, 21]))))
        for name in ("EffectiveCost", "BilledCost", "ListCost", "ContractedCost")
    }
    return {
        **{name: format(value, "f") for name, value in costs.items()},
        "ChargePeriodStart": f"{month}-{draw(st.integers(1, 28)):02d}",
        "ChargeCategory": draw(
            st.sampled_from(["Usage"] * 6 + ["Credit", "Tax", "Purchase", "Adjustment"])
        ),
        "ChargeClass": draw(st.sampled_from([None, None, None, "Correction"])),
        "ChargeFrequency": draw(st.sampled_from(["Usage-Based", "Recurring", None])),
        "CommitmentDiscountStatus": draw(st.sampled_from([None, None, "Used", "Unused"])),
        "ServiceName": draw(st.sampled_from(["Compute", "Storage"])),
        "ResourceId": draw(_text),
        "SkuId": draw(_text),
        "SkuPriceId": draw(_text),
        "SubAccountId": draw(st.sampled_from(["a1", "a2"])),
        "PricingUnit": draw(st.sampled_from(["Hrs", "GB-Mo"])),
        "PricingQuantity": None if quantity is None else format(quantity, "f"),
        "ConsumedQuantity": None if consumed is None else format(consumed, "f"),
        "ConsumedUnit": "Hrs",
        "BillingCurrency": draw(st.sampled_from(["USD", "USD", "EUR", "NOK"])),
        "Tags": draw(st.sampled_from([{}, {"team": "x"}, {"team": "y"}])),
    }


# A tag that no charge has cannot be asked for: one charge of nought has it.
_TAGGED = {"ChargePeriodStart": "2026-02-01", "Tags": {"team": "x"}, "BillingCurrency": "USD"}
_charges = st.lists(_charge(), min_size=1, max_size=14).map(lambda rows: [*rows, _TAGGED])
_FEBRUARY, _JANUARY = "2026-02-01..2026-03-01", "2026-01-01..2026-02-01"


def _asked(
    lake: Lake, span: str = _FEBRUARY, against: str = _JANUARY, **parts: Any
) -> DriverReport:
    query = CostQuery.model_validate({"range": span, **parts})
    return drivers(lake, Asking(query, against), rates=Daily() if query.currency else None)


def _totals(lake: Lake, span: str, measure: str, currency: str | None) -> dict[str, Decimal]:
    query = CostQuery(measures=(measure,), range=span, currency=currency)
    result = run(lake, query, rates=Daily() if currency else None)
    if len(result.totals) > 1:
        return {str(row["BillingCurrency"]): Decimal(row[measure]) for row in result.totals}  # type: ignore[arg-type]
    return {str(result.currency): Decimal(row[measure]) for row in result.totals}  # type: ignore[arg-type]


def _holds(lake: Lake, measure: str, by: tuple[str, ...], currency: str | None) -> None:
    report = _asked(lake, measures=(measure,), by=by, currency=currency)
    before = _totals(lake, _JANUARY, measure, currency)
    after = _totals(lake, _FEBRUARY, measure, currency)
    found = {str(bridge.currency): bridge for bridge in report.bridges}
    assert set(found) == {*before, *after}
    for code, bridge in found.items():
        assert bridge.before == before.get(code, 0)
        assert bridge.after == after.get(code, 0)
        assert total(bridge.effects.values()) == bridge.change
        for group in bridge.groups:
            assert total(group.effects.values()) == group.change
        for name, amount in bridge.effects.items():
            if by:
                assert total(g.effects.get(name, Decimal(0)) for g in bridge.groups) == amount
    back = _asked(lake, _JANUARY, _FEBRUARY, measures=(measure,), by=by, currency=currency)
    for bridge in back.bridges:
        there = found[str(bridge.currency)]
        assert bridge.change == there.change.copy_negate()
        new, gone = (total([b.effects.get(n, Decimal(0))]) for b, n in
                     ((bridge, "new"), (there, "gone")))  # fmt: skip
        if not by:
            assert new == gone.copy_negate()
    assert sentence(report)


@given(
    _charges,
    st.sampled_from(MONEY),
    st.sampled_from([(), ("ServiceName",), ("tags.team",), ("SkuPriceId", "tags.team")]),
    st.sampled_from([None, "USD"]),
)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_charges_add_up(
    charges: list[dict[str, Any]], measure: str, by: tuple[str, ...], currency: str | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _holds(filled(Path(folder), charges), measure, by, currency)


@pytest.mark.slow
@given(_charges)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_charges_add_up_by_everything(charges: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = filled(Path(folder), charges)
        for measure in MONEY:
            for by in ((), ("SkuPriceId", "tags.team")):
                for currency in (None, "EUR"):
                    _holds(lake, measure, by, currency)


@given(_charges, st.randoms(use_true_random=False))
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_order_of_charges_makes_no_difference(
    charges: list[dict[str, Any]], random_: random.Random
) -> None:
    mixed = list(charges)
    random_.shuffle(mixed)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        told = [
            _asked(filled(Path(folder), rows), by=("tags.team",), currency="USD")
            for folder, rows in ((one, charges), (other, mixed))
        ]
    for first, second in zip(told[0].bridges, told[1].bridges, strict=True):
        assert first.effects == second.effects
        assert first.groups == second.groups
        assert first.replaced == second.replaced
    assert sentence(told[0]) == sentence(told[1])


# --- rates, by hand ---------------------------------------------------------------------------


class Monthly:
    """One rate a month: 1 EUR is 1.10 USD in January, 1.20 in February."""

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        value = Decimal("1.10") if day.month == 1 else Decimal("1.20")
        return Rate(source, target, value, day, "test")


def test_the_effect_of_exchange_rates_by_hand(tmp_path: Path) -> None:
    """10 units at 1.00 EUR become 12 at 1.50 EUR: usage and price at January's rate, the rest is
    the rate: 18.00 EUR × (1.20 - 1.10)."""
    row = {"ResourceId": "r", "SkuPriceId": "p", "PricingUnit": "GB-Mo", "BillingCurrency": "EUR"}
    lake = filled(
        tmp_path,
        [
            {**row, "EffectiveCost": "10.00", "PricingQuantity": "10",
             "ChargePeriodStart": "2026-01-01"},
            {**row, "EffectiveCost": "18.00", "PricingQuantity": "12",
             "ChargePeriodStart": "2026-02-01"},
            {**row, "ResourceId": "new", "EffectiveCost": "5.00", "PricingQuantity": "1",
             "ChargePeriodStart": "2026-02-01"},
        ],
    )  # fmt: skip
    query = CostQuery(range=_FEBRUARY, currency="USD")
    report = drivers(lake, Asking(query, _JANUARY), rates=Monthly())
    assert report.sole is not None
    assert (report.sole.before, report.sole.after) == (Decimal("11.00"), Decimal("27.60"))
    assert dict(report.sole.told) == {
        "new": Decimal("6.00"),  # 5.00 EUR at 1.20: it had no rate before
        "usage": Decimal("2.20"),  # 2 × 1.00 EUR × 1.10
        "price": Decimal("6.60"),  # 12 × 0.50 EUR × 1.10
        "currency": Decimal("1.80"),  # 18.00 EUR × 0.10
    }
    assert report.mean_rates == {"EUR": Decimal("1.100000000")}


def test_what_has_no_rate_is_told_apart(tmp_path: Path) -> None:
    row = {"EffectiveCost": "10.00", "ChargePeriodStart": "2026-02-01"}
    lake = filled(tmp_path, [row, {**row, "BillingCurrency": "NOK"}])
    report = _asked(lake, currency="USD")
    assert report.sole is not None
    assert report.sole.after == Decimal("10.00")
    (unconverted,) = report.unconverted
    assert (unconverted.currency, unconverted.amounts) == (
        "NOK",
        {"before": Decimal(0), "after": Decimal("10.00")},
    )
