"""What a day shows: each figure by hand."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outlay.savings.realised.measuring import Use, measure, promised
from outlay.savings.realised.model import Baseline, Effects
from tests.realised.lines import CHANGED, FIRST, baseline, days, line, member

WEEKS = days(FIRST, 28)
DAY = date(2026, 10, 1)


def frozen(**more: Any) -> Baseline:
    """24 h a day at 0.20: 4.80."""
    return baseline([line(day, "24", "0.20") for day in WEEKS], WEEKS, **more)


def test_deleted_it_saves_its_whole_cost() -> None:
    found = measure(DAY, [member(frozen())])[1]
    assert found.effects == Effects(usage=Decimal("4.80"))
    assert (found.counterfactual, found.actual, found.realised) == (
        Decimal("4.80"), Decimal(0), Decimal("4.80")
    )  # fmt: skip
    assert found.gone


def test_usage_and_rate_are_told_apart() -> None:
    # 10 h at 0.15: 1.50. Usage (24 − 10) × 0.20 = 2.80, rate 10 × 0.20 − 1.50 = 0.50.
    found = measure(DAY, [member(frozen(), line(DAY, "10", "0.15"))])[1]
    assert found.effects == Effects(usage=Decimal("2.80"), rate=Decimal("0.50"))
    assert found.realised == Decimal("3.30")
    assert not found.gone


def test_growth_is_a_negative_saving() -> None:
    found = measure(DAY, [member(frozen(), line(DAY, "30", "0.20"))])[1]
    assert found.realised == Decimal("-1.20")


def test_a_new_price_of_the_same_resource_is_a_replacement() -> None:
    # m5.large, 24 h at 0.10, where m5.xlarge was.
    now = line(DAY, "24", "0.10", meter="m5.large", role="resource")
    found = measure(DAY, [member(frozen(), now)])[1]
    assert found.effects == Effects(usage=Decimal("4.80"), replacement=Decimal("-2.40"))
    assert found.realised == Decimal("2.40")


def test_what_was_beside_before_is_no_replacement() -> None:
    lines = [line(day, "24", "0.20") for day in WEEKS]
    lines += [line(day, "5", "0.09", meter="DataTransfer", role="resource") for day in WEEKS]
    now = line(DAY, "5", "0.09", meter="DataTransfer", role="resource")
    assert measure(DAY, [member(baseline(lines, WEEKS), now)])[1].realised == Decimal("4.80")


def test_a_successor_is_taken_off() -> None:
    now = line(DAY, "24", "0.10", resource="i-2", meter="m5.large", role="successor")
    assert measure(DAY, [member(frozen(), now)])[1].realised == Decimal("2.40")


def test_without_a_price_of_a_unit_the_difference_is_the_residual() -> None:
    of = baseline([line(day, None, "3") for day in WEEKS], WEEKS)
    found = measure(DAY, [member(of, line(DAY, None, "2"))])[1]
    assert found.effects == Effects(unpriced=Decimal(1))


def test_before_it_was_implemented_nothing_is_measured() -> None:
    assert measure(CHANGED, [member(frozen(), since=DAY)]) == {}


def test_one_off_money_stands_apart() -> None:
    # A final snapshot is paid once with 2.00, and 5.00 are refunded: 3.00 came back.
    fee = line(DAY, "1", "2.00", recurring=False)
    back = replace(line(DAY, "1", "0", recurring=False), cost=Decimal("-5.00"))
    found = measure(DAY, [member(frozen(), fee, back)])[1]
    assert (found.one_off, found.realised) == (Decimal("3.00"), Decimal("4.80"))


def test_avoided_money_is_believed_up_to_the_promise_and_never_realised() -> None:
    # 4.80 a day; 60 a month were to come: 2.00 a day.
    of = frozen(promised="60", nature="avoided")
    held = measure(DAY, [member(of, line(DAY, "24", "0.20"))])[1]
    assert (held.avoided, held.realised) == (Decimal(2), Decimal(0))
    # At 29 h, 5.80, one of the two came all the same.
    assert measure(DAY, [member(of, line(DAY, "29", "0.20"))])[1].avoided == Decimal(1)
    assert measure(DAY, [member(of, line(DAY, "40", "0.20"))])[1].avoided == 0


def covered() -> Baseline:
    """24 h a day at 0.06 by ri-1, on demand 0.10; nothing unused, nothing on others."""
    lines = [
        line(day, "24", "0.06", contracted="0.10", commitment="ri-1", status="Used")
        for day in WEEKS
    ]
    return baseline(lines, WEEKS, around={"ri-1": (Decimal(0), Decimal(0))})


def test_what_is_freed_of_a_commitment_and_unused_saves_nothing() -> None:
    use = Use("ri-1", used=Decimal(0), contracted=Decimal(0), unused=Decimal("1.44"))
    found = measure(DAY, [member(covered())], {"ri-1": use})[1]
    assert found.effects == Effects(usage=Decimal("1.44"), unused=Decimal("-1.44"))
    assert found.realised == 0


def test_what_is_freed_and_covers_others_saves_their_price_on_demand() -> None:
    # Others' 24 h cost 2.40 before and 1.44 now: the bill falls by 1.44 + 0.96 = 2.40.
    use = Use("ri-1", used=Decimal("1.44"), contracted=Decimal("2.40"), unused=Decimal(0))
    found = measure(DAY, [member(covered())], {"ri-1": use})[1]
    assert found.effects == Effects(usage=Decimal("1.44"), coverage=Decimal("0.96"))
    assert found.realised == Decimal("2.40")


def test_usage_that_a_later_commitment_covers_counts_at_its_price_without_it() -> None:
    # 24 h at 0.07 by a plan that was bought meanwhile, on demand 0.20: the plan's saving.
    now = line(DAY, "12", "0.07", contracted="0.20", commitment="sp-1", status="Used")
    found = measure(DAY, [member(frozen(), now)])[1]
    assert found.effects == Effects(usage=Decimal("2.40"))


def test_a_purchase_saves_what_it_covers_less_what_is_unused() -> None:
    of = frozen(action="PurchaseSavingsPlans", group="purchase", resource="")
    use = Use("sp-1", used=Decimal("3.36"), contracted=Decimal("4.80"), unused=Decimal("0.14"))
    found = measure(DAY, [member(of, bought=("sp-1",))], {"sp-1": use})[1]
    # 4.80 − 3.36 − 0.14.
    assert found.effects == Effects(rate=Decimal("1.44"), unused=Decimal("-0.14"))
    assert (found.counterfactual, found.actual) == (Decimal("4.80"), Decimal("3.50"))


def test_recommendations_on_the_same_charges_share_by_their_promises() -> None:
    # Smaller and fewer hours: 10 h of m5.large at 0.10, 1.00 in place of 4.80. 60 : 30.
    size = frozen(number=1, promised="60", group="size")
    hours = frozen(number=2, promised="30", group="hours")
    now = line(DAY, "10", "0.10", meter="m5.large")
    found = measure(DAY, [member(size, now), member(hours, now)])
    assert found[1].realised + found[2].realised == Decimal("3.80")
    assert round(found[1].realised, 12) == round(Decimal("3.80") * 2 / 3, 12)
    assert found[1].counterfactual + found[2].counterfactual == Decimal("4.80")
    assert found[1].partners == (2,)


def test_one_that_was_frozen_later_begins_where_the_other_ends() -> None:
    # First 4.80 became 2.40 (m5.large), later frozen at 2.40 it became 1.00.
    first = frozen(number=1, group="size")
    weeks = days(date(2026, 10, 1), 28)
    lines = [line(day, "24", "0.10", meter="m5.large") for day in weeks]
    second = baseline(lines, weeks, number=2, group="hours", frozen_at=datetime(2026, 10, 29))
    late = date(2026, 11, 5)
    now = line(late, "10", "0.10", meter="m5.large")
    one = member(first, replace(now, role="resource"))
    found = measure(late, [one, member(second, now, since=date(2026, 11, 1))])
    assert found[1].realised == Decimal("2.40")  # 4.80 − 24 × 0.10, the second's baseline
    assert found[2].realised == Decimal("1.40")  # 2.40 − 1.00


def test_what_comes_back_is_the_earlier_ones_regression() -> None:
    first = frozen(number=1, group="size")
    weeks = days(date(2026, 10, 1), 28)
    lines = [line(day, "24", "0.10", meter="m5.large") for day in weeks]
    second = baseline(lines, weeks, number=2, group="hours", frozen_at=datetime(2026, 10, 29))
    late = date(2026, 11, 5)
    back = line(late, "24", "0.20")
    found = measure(late, [member(first, back), member(second, back, since=date(2026, 11, 1))])
    # m5.xlarge again: the first saves nothing on it, what the second froze is gone.
    assert found[1].realised == Decimal("-2.40")
    assert found[2].realised == Decimal("2.40")


def test_a_promise_for_days_is_a_part_of_thirty() -> None:
    assert promised(frozen(promised="100"), 31) == Decimal("103.33")
