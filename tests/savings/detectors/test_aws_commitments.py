"""Commitments that are not used: by the day, by the month, and when they have ended."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from outlay.savings.detectors.aws.commitments import CAPACITY, UNUSED
from tests.savings.detectors.aws_bill import PLAN, asked, covered, line, savings, unused
from tests.savings.facts import TODAY, TableFacts, each_day

RESERVATION = "arn:aws:rds:us-east-1:1:ri:ri-1"
BOX = line("i-1", "BoxUsage:m6i.large", "5")


def period(row: dict[str, Any], first: date, end: date) -> dict[str, Any]:
    midnight = datetime.min.time()
    return {k: v for k, v in row.items() if k != "ChargeDay"} | {
        "ChargePeriodStart": datetime.combine(first, midnight),
        "ChargePeriodEnd": datetime.combine(end, midnight),
    }


def daily(row: dict[str, Any], days: int = 30, end: date = TODAY) -> list[dict[str, Any]]:
    return [
        period(row, end - timedelta(days=n), end - timedelta(days=n - 1))
        for n in range(days, 0, -1)
    ]


MORE = each_day(line("i-9", "BoxUsage:c6i.large", "50"))
"""Machines on demand that a plan could cover."""


def found(
    rows: list[dict[str, Any]], more: list[dict[str, Any]] = MORE, **values: Decimal
) -> list[str]:
    facts = TableFacts(more, charges=rows)
    return [str(one.monthly_saving) for one in asked(UNUSED, facts, **values)[0]]


def test_a_plan_by_the_day() -> None:
    rows = [*daily(unused(PLAN, "2")), *daily(covered(BOX, "38"))]
    (one,), _ = asked(UNUSED, TableFacts(MORE, charges=rows))
    # 30 × 2.00; 2 of 40 are unused.
    assert (str(one.monthly_saving), one.current) == ("60.00", "5.0 % unused")
    assert one.where == (f"CommitmentDiscountId = '{PLAN}' AND CommitmentDiscountStatus = 'Unused'")
    assert one.group == "purchase" and "returned" in one.recommended
    assert found(rows, least_percent=Decimal(5)) == ["60.00"]
    assert found(rows, least_percent=Decimal("5.01")) == []


def test_a_young_plans_share_is_of_its_own_days() -> None:
    # Ten days old: 2 of 100 a day are unused, as on each day that it was there.
    rows = [*daily(unused(PLAN, "2"), 10), *daily(covered(BOX, "98"), 10)]
    (one,), _ = asked(UNUSED, TableFacts(MORE, charges=rows))
    assert (str(one.monthly_saving), one.current) == ("60.00", "2.0 % unused")
    assert found(rows, least_percent=Decimal("2.01")) == []


def test_a_plan_saves_no_more_than_it_could_cover() -> None:
    """Nobody takes a plan back: the bill falls where what is on demand now moves onto it."""
    rows = daily(unused(PLAN, "20"))
    assert found(rows, []) == [], "it is a fee to the end of its term"
    assert found(rows, each_day(line("i-9", "BoxUsage:c6i.large", "15"))) == ["450.00"]
    assert found(rows, each_day(line("i-9", "BoxUsage:c6i.large", "25"))) == ["600.00"]
    tasks = line("t", "USE1-Fargate-vCPU-Hours:perCPU", "4", x_ServiceCode="AmazonECS")
    assert found(rows, each_day(tasks)) == ["120.00"]
    for other in (
        {"BillingAccountId": "another"}, {"PricingCategory": "Dynamic"}, {"BillingCurrency": "EUR"},
        {"SkuMeter": "EBS:VolumeUsage.gp3", "x_UsageType": "EBS:VolumeUsage.gp3"},
    ):  # fmt: skip
        assert found(rows, each_day(line("i-9", "BoxUsage:c6i.large", "15") | other)) == []
    # What one plan would take is not there for the next: 20 and 10 of 30 a day.
    both = [*rows, *daily(unused(f"{PLAN}-2", "20"))]
    assert found(both, each_day(line("i-9", "BoxUsage:c6i.large", "30"))) == ["600.00", "300.00"]
    # A plan of SageMaker covers other usage.
    sage = daily(unused(PLAN, "20", CommitmentDiscountType="SageMaker Savings Plan"))
    assert found(sage, []) == ["600.00"]


def test_a_reservation_by_the_month_is_told_by_the_newest_whole_month() -> None:
    own = {"CommitmentDiscountType": "Reserved Instance"}
    october = period(unused(RESERVATION, "310", **own), date(2026, 10, 1), date(2026, 11, 1))
    november = period(unused(RESERVATION, "90", **own), date(2026, 11, 1), date(2026, 12, 1))
    (one,), _ = asked(UNUSED, TableFacts(charges=[october, november]))
    # 310 in 31 days are 10 a day.
    assert str(one.monthly_saving) == "300.00"
    assert "exchange" in one.recommended and one.end_day is not None
    # Only this month's line: it is of a month that has not ended.
    assert found([november]) == []
    september = period(unused(RESERVATION, "310", **own), date(2026, 9, 1), date(2026, 10, 1))
    assert found([september]) == [], "it has ended, or is used since"


def test_all_used_ended_or_too_young() -> None:
    assert found(daily(covered(BOX, "38"))) == []
    assert found([*daily(unused(PLAN, "0")), *daily(covered(BOX, "38"))]) == []
    assert found(daily(unused(PLAN, "2"), 20, TODAY - timedelta(days=4))) == []
    assert found(daily(unused(PLAN, "2"), 6)) == []
    assert found(daily(unused(PLAN, "2"), 7)) == ["60.00"]


def test_another_providers_commitment_is_not_told_here() -> None:
    assert found(daily(unused(PLAN, "2", ServiceProviderName="Microsoft"))) == []


FREE = line(
    "arn:cr-1", "UnusedBox:m6i.large", "2", "20", CapacityReservationId="arn:cr-1",
    CapacityReservationStatus="Unused",
)  # fmt: skip
TAKEN = line(
    "i-1", "BoxUsage:m6i.large", "8", "80", CapacityReservationId="arn:cr-1",
    CapacityReservationStatus="Used",
)  # fmt: skip


def test_reserved_capacity_that_no_machine_uses() -> None:
    (one,), _ = asked(CAPACITY, TableFacts([*each_day(FREE), *each_day(TAKEN)]))
    # 30 × 2.00; 20 of 100 hours.
    assert (str(one.monthly_saving), one.current) == ("60.00", "20.0 % unused")
    assert one.where == (
        "CapacityReservationId = 'arn:cr-1' AND CapacityReservationStatus = 'Unused'"
    )
    rows = [*each_day(FREE), *each_day(TAKEN)]
    assert savings(CAPACITY, rows, least_percent=Decimal(20)) == ["60.00"]
    assert savings(CAPACITY, rows, least_percent=Decimal(21)) == []


def test_capacity_that_is_used_ended_young_or_committed() -> None:
    assert savings(CAPACITY, each_day(TAKEN)) == []
    assert savings(CAPACITY, each_day(FREE, 13)) == []
    assert savings(CAPACITY, each_day(FREE, 14)) == ["60.00"]
    assert savings(CAPACITY, each_day(FREE, 20, TODAY - timedelta(days=4))) == []
    assert savings(CAPACITY, each_day(covered(FREE, "1"))) == []
    assert savings(CAPACITY, each_day(FREE | {"ChargeClass": "Correction"})) == []
