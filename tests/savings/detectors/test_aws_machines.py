"""Generations before and Graviton: prices of the bill or a dated ratio, commitments, licences."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.savings.detectors.aws.machines import ARM, PREVIOUS
from outlay.savings.detectors.aws.prices import GRAVITON, LARGE, NEWER, moved
from outlay.savings.detectors.contract import Detector
from outlay.savings.model import Action
from tests.savings.detectors.aws_bill import PLAN, asked, covered, line, savings, unused
from tests.savings.facts import TODAY, TableFacts, each_day

# 24 hours at 0.20.
OLD = line("i-1", "BoxUsage:m4.xlarge", "4.8", x_Operation="RunInstances")
NEW = line("i-2", "BoxUsage:m6i.xlarge", "4.608", x_Operation="RunInstances")


@pytest.mark.parametrize(
    ("detector", "action", "recommended", "saving"),
    [
        # 30 × 4.80 = 144.00; m6i is 0.096 where m4 is 0.10: 4 %.
        (PREVIOUS, "Upgrade", "m6i.xlarge", "5.76"),
        # m7g is 0.0816: 18.4 %.
        (ARM, "MigrateToGraviton", "m7g.xlarge", "26.50"),
    ],
)
def test_by_the_dated_ratio(
    detector: Detector, action: Action, recommended: str, saving: str
) -> None:
    (one,), lacking = asked(detector, TableFacts(each_day(OLD)))
    assert (str(one.monthly_saving), one.action, one.recommended) == (saving, action, recommended)
    assert (one.current, lacking) == ("m4.xlarge", [])
    assert any("November 2025" in reason for reason in one.reasons)
    assert one.restart is True and one.group == "size"


def test_by_the_bills_own_prices_of_the_region_at_what_is_paid() -> None:
    # The newer one costs 0.19 an hour here; 10 % are taken off on the line itself.
    dear = OLD | {"EffectiveCost": Decimal("4.32"), "ListCost": Decimal("4.8")}
    new = NEW | {"EffectiveCost": Decimal("4.104"), "ListCost": Decimal("4.56")}
    elsewhere = new | {"RegionId": "eu-west-1", "ListCost": Decimal("1"), "ResourceId": "i-3"}
    found, _ = asked(PREVIOUS, TableFacts([*each_day(dear), *each_day(new), *each_day(elsewhere)]))
    # 5 %: of 30 × 4.32 = 129.60, and of 144.00 at list.
    assert [(str(f.monthly_saving), str(f.monthly_saving_list)) for f in found] == [
        ("6.48", "7.20"),
    ]


def test_the_newer_one_is_dearer_or_there_is_none() -> None:
    dear = NEW | {"ListCost": Decimal("5"), "EffectiveCost": Decimal("5")}
    assert savings(PREVIOUS, [*each_day(OLD), *each_day(dear)]) == []
    assert savings(PREVIOUS, each_day(NEW)) == [], "m6i is no generation before"
    arm = line("i-1", "BoxUsage:m7g.large", "2", x_Operation="RunInstances")
    assert savings(ARM, each_day(arm)) == []
    odd = line("i-1", "BoxUsage:m4.10xlarge", "48", x_Operation="RunInstances")
    assert savings(PREVIOUS, each_day(odd)) == [], "m6i has no such size"


@pytest.mark.parametrize(
    "change",
    [
        {"x_Operation": "RunInstances:0002"},  # Windows
        {"SkuMeter": "SpotUsage:m4.xlarge", "x_UsageType": None, "PricingCategory": "Dynamic"},
        {"PricingCategory": "Dynamic"},
        {"AllocatedMethodId": "aws-split-cost"},
        {"x_ServiceCode": "ElasticMapReduce"},
        {"ServiceProviderName": "Somebody"},
        {"ChargeCategory": "Credit"},
    ],
    ids=lambda change: next(iter(change.values())),
)
def test_what_is_left_out(change: dict[str, Any]) -> None:
    assert savings(PREVIOUS, each_day(OLD | change)) == []


def test_younger_than_fourteen_days_or_gone() -> None:
    assert savings(PREVIOUS, each_day(OLD, 13)) == []
    assert savings(PREVIOUS, each_day(OLD, 14)) == ["5.76"]
    assert savings(PREVIOUS, each_day(OLD, 26, TODAY - timedelta(days=4))) == []


def test_a_machine_that_a_plan_with_room_covers_saves_nothing() -> None:
    rows = [*each_day(covered(OLD, "3")), *each_day(unused(PLAN, "1"))]
    assert savings(PREVIOUS, rows) == []


def test_half_covered_saves_half_and_says_so() -> None:
    half = OLD | {"EffectiveCost": Decimal("2.4"), "ConsumedQuantity": Decimal(12)}
    rows = [*each_day(half), *each_day(covered(half, "1.5")), *each_day(unused(PLAN, "1"))]
    (one,), _ = asked(PREVIOUS, TableFacts(rows))
    # 4 % of 30 × 2.40; at list of 30 × 4.80; it costs 30 × 3.90.
    assert (str(one.monthly_saving), str(one.monthly_saving_list)) == ("2.88", "5.76")
    assert one.monthly_cost == Decimal("117.00")
    assert any("45.00 USD a month" in r and "room left" in r for r in one.reasons)


def test_what_a_used_up_plan_frees_pays_for_other_machines() -> None:
    # The plan has nothing unused, and more is bought on demand than it covers.
    other = line("i-9", "BoxUsage:m4.16xlarge", "10", x_Operation="RunInstances:0002")
    rows = [*each_day(covered(OLD, "3")), *each_day(other)]
    (one,), _ = asked(PREVIOUS, TableFacts(rows))
    # 4 % of 30 × 3.00: the plan's own rate, which is less than what it would pay for.
    assert str(one.monthly_saving) == "3.60"
    assert any("used up" in reason for reason in one.reasons)
    # Other families, regions and payers have their own commitments.
    for change in (
        {"SkuMeter": "BoxUsage:r6i.large", "x_UsageType": None},
        {"RegionId": "eu-west-1"},
        {"BillingAccountId": "another"},
    ):
        assert savings(PREVIOUS, [*each_day(covered(OLD, "3")), *each_day(other | change)]) == []
    # With less on demand than the plan covers, nothing is sure to take its place.
    small = other | {"EffectiveCost": Decimal("2.9")}
    assert savings(PREVIOUS, [*each_day(covered(OLD, "3")), *each_day(small)]) == []


def test_a_discount_in_lines_of_its_own_is_taken_off_what_is_saved_and_not_off_list() -> None:
    edp = line(None, "", "-0.288", 0, ChargeCategory="Adjustment", x_LineItemType="EdpDiscount")
    (one,), _ = asked(PREVIOUS, TableFacts([*each_day(OLD), *each_day(edp)]))
    # 0.288 of 4.80 a day are 6 %: 94 % of 5.76 is 5.4144; 94 % of 144.00 is what it costs.
    assert (str(one.monthly_saving), str(one.monthly_saving_list)) == ("5.41", "5.76")
    assert str(one.monthly_cost) == "135.36"


def test_every_move_is_to_a_cheaper_family() -> None:
    for families in (NEWER, GRAVITON):
        assert all(LARGE[new] < LARGE[old] for old, new in families.items())
    assert moved("BoxUsage:t2.micro", NEWER) == ("t3", "micro")
    assert moved("BoxUsage:m4.micro", NEWER) is None
    assert moved("SpotUsage:m4.large", NEWER) is None
