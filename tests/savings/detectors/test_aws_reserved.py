"""Databases and machines that a reservation or plan pays for: what of them can still be saved."""

from __future__ import annotations

from decimal import Decimal

from outlay.savings.detectors.aws.machines import ARM
from outlay.savings.detectors.aws.measured_idle import DATABASES as IDLE_DATABASES
from outlay.savings.detectors.aws.measured_sizes import DATABASES
from tests.savings.detectors.aws_bill import PLAN, asked, covered, line, savings, unused
from tests.savings.detectors.test_aws_measured import CLASS, STORAGE, facts, load
from tests.savings.facts import TableFacts, each_day

RESERVED = "arn:aws:rds:us-east-1:111122223333:ri:orders"
CALM = load("orders-1", cpu_p99="30", memory_available_minimum=str(20 * 2**30))
HALF = CLASS | {"EffectiveCost": Decimal("5.4"), "ConsumedQuantity": Decimal(12)}


def test_an_idle_database_that_is_reserved_saves_its_storage() -> None:
    # 7.00 a day go on being paid to the reservation, which has room left; 1.15 × 30 do not.
    rows = [covered(CLASS, "7", RESERVED), STORAGE, unused(RESERVED, "1")]
    (one,), lacking = asked(IDLE_DATABASES, facts(rows, load("orders-1", connections_maximum="0")))
    assert (str(one.monthly_saving), lacking) == ("34.50", [])
    assert str(one.monthly_cost) == "244.50"  # (7.00 + 1.15) × 30
    assert any("210.00 USD a month" in reason for reason in one.reasons)


def test_a_reserved_database_is_not_made_smaller() -> None:
    rows = [covered(CLASS, "7", RESERVED), unused(RESERVED, "1")]
    assert asked(DATABASES, facts(rows, CALM)) == ([], [])


def test_half_a_database_that_is_reserved_saves_the_other_half() -> None:
    rows = [HALF, covered(HALF, "3.5", RESERVED), unused(RESERVED, "1")]
    (one,), _ = asked(DATABASES, facts(rows, CALM))
    # 5.40 × 30 × (1 − 0.225/0.45)
    assert (one.recommended, str(one.monthly_saving)) == ("db.r6g.large", "81.00")


def test_a_machine_that_a_plan_with_room_covers_saves_nothing_on_graviton() -> None:
    old = line("i-1", "BoxUsage:m4.xlarge", "4.8", x_Operation="RunInstances")
    room = each_day(unused(PLAN, "1"))
    assert savings(ARM, [*each_day(covered(old, "3")), *room]) == []
    half = old | {"EffectiveCost": Decimal("2.4"), "ConsumedQuantity": Decimal(12)}
    rows = [*each_day(half), *each_day(covered(half, "1.5")), *room]
    (one,), _ = asked(ARM, TableFacts(rows))
    # 18.4 % of 30 × 2.40.
    assert str(one.monthly_saving) == "13.25"
