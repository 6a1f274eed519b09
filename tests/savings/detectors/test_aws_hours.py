"""Lower environments at nights and weekends; extended support."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.savings.detectors.aws.hours import HOURS
from outlay.savings.detectors.aws.support import EXTENDED
from tests.savings.detectors.aws_bill import PLAN, asked, covered, line, savings, unused
from tests.savings.facts import TODAY, TableFacts, each_day

BOX = line("i-1", "BoxUsage:t3.xlarge", "4", environment="staging", x_Operation="RunInstances")


def found(
    rows: list[dict[str, Any]], environment: str = "environment", **more: Any
) -> list[Decimal]:
    facts = TableFacts(rows, environment=environment, charges=more.pop("charges", ()))
    return [one.monthly_saving for one in asked(HOURS, facts, **more)[0]]


def test_a_machine_that_never_rests() -> None:
    facts = TableFacts(each_day(BOX), environment="environment")
    (one,), lacking = asked(HOURS, facts)
    # 168 hours a week, 60 are needed: 108/168 of 30 × 4.00 = 120.00.
    assert (str(one.monthly_saving), one.action, lacking) == ("77.14", "Schedule", [])
    assert one.where == (
        "ResourceId = 'i-1' AND SubAccountId = '111122223333' AND "
        "(SkuMeter LIKE '%BoxUsage:t3.xlarge' OR x_UsageType LIKE '%BoxUsage:t3.xlarge')"
    )
    assert one.confidence == "medium"
    assert "hours a day: the bill has no hours" in one.reasons


@pytest.mark.parametrize(
    ("environment", "fires"),
    [("dev", True), ("Sandbox", True), ("qa", True), ("production", False), ("prod", False),
     ("Unallocated", False), (None, False), ("devops", False)],
)  # fmt: skip
def test_only_what_is_known_not_to_be_production(environment: str | None, fires: bool) -> None:
    assert bool(found(each_day(BOX | {"environment": environment}))) == fires


def test_without_a_tag_of_environments_nobody_knows() -> None:
    row = {key: value for key, value in BOX.items() if key != "environment"}
    assert found(each_day(row), environment="") == []


def test_hours_at_the_edge_of_the_parameter() -> None:
    # 28 days of 14 hours are 98 a week.
    few = each_day(BOX | {"ConsumedQuantity": Decimal(14)}, 28)
    assert found(few) == []
    # 38/98 of 120.00.
    assert found(few, least_hours_a_week=Decimal(98)) == [Decimal("46.53")]
    assert found(few, least_hours_a_week=Decimal(98), office_hours_a_week=Decimal(98)) == []


def test_young_spot_covered_and_databases() -> None:
    assert found(each_day(BOX, 13)) == []
    assert found(each_day(BOX | {"PricingCategory": "Dynamic"})) == []
    rows = [*each_day(covered(BOX, "2")), *each_day(unused(PLAN, "1"))]
    assert found(rows) == [], "the plan is paid on"
    base = line("arn:db", "EUC1-InstanceUsage:db.t4g.medium", "4", environment="test")
    assert found(each_day(base)) == [Decimal("77.14")]
    assert found(each_day(BOX, 20, TODAY - timedelta(days=4))) == [], "it is gone"


def by_the_hour(hours: range) -> list[dict[str, Any]]:
    """Lines of one hour each, of the same hours of every day of four weeks."""
    first = datetime.combine(TODAY - timedelta(days=28), datetime.min.time())
    row = {key: value for key, value in BOX.items() if key != "ListCost"}
    return [
        row | {
            "ChargePeriodStart": first + timedelta(days=day, hours=hour),
            "ChargePeriodEnd": first + timedelta(days=day, hours=hour + 1),
            "ConsumedQuantity": Decimal(1), "EffectiveCost": Decimal(4) / len(hours),
        }
        for day in range(28)
        for hour in hours
    ]  # fmt: skip


def test_a_bill_by_the_hour_tells_nights_and_weekends() -> None:
    always = by_the_hour(range(24))
    # 60 of 168 hours are inside: Monday to Friday from 7 to 19.
    assert found(each_day(BOX, 28), charges=always) == [Decimal("77.14")]
    # From 7 to 23: 60 of 112 are inside.
    some = by_the_hour(range(7, 23))
    row = BOX | {"ConsumedQuantity": Decimal(16)}
    assert found(each_day(row, 28), charges=some) == [Decimal("55.71")]
    # Eight hours ahead of UTC the same hours are 15 to 7 o'clock.
    shifted = found(each_day(row, 28), charges=some, utc_offset=Decimal(8))
    # Local weekend hours: 15 to 24 on Saturday and Sunday, 0 to 7 on Sunday and Monday; inside are
    # 15 to 19 o'clock on five days: 20 of 112. 92/112 of 120.00.
    assert shifted == [Decimal("98.57")]
    # Eight hours behind they are 23 to 15 o'clock: 7 to 15 on five days is inside, 40 of 112.
    behind = found(each_day(row, 28), charges=some, utc_offset=Decimal(-8))
    assert behind == [Decimal("77.14")]


EXTRA = line("arn:db:old", "USE2-ExtendedSupport:Yr1-Yr2:MySQL5.7", "4.8", "48",
             x_ServiceCode="AmazonRDS", ServiceName="Amazon RDS")  # fmt: skip


def test_extended_support_is_the_whole_surcharge() -> None:
    (one,), _ = asked(EXTENDED, TableFacts(each_day(EXTRA)))
    # 30 × 4.80.
    assert (str(one.monthly_saving), one.action) == ("144.00", "Upgrade")
    assert "ExtendedSupport:Yr1-Yr2:MySQL5.7" in one.where
    assert savings(EXTENDED, each_day(EXTRA, 2)) == []
    assert savings(EXTENDED, each_day(EXTRA, 20, TODAY - timedelta(days=4))) == []
    assert savings(EXTENDED, each_day(EXTRA | {"ChargeClass": "Correction"})) == []


def test_a_cluster_in_extended_support_still_costs_a_clusters_hour() -> None:
    eks = {"x_ServiceCode": "AmazonEKS", "ServiceName": "Amazon EKS"}
    extended = line("arn:eks", "AmazonEKS-Hours:extendedSupport", "14.4", **eks)
    # One line of 0.60 an hour: five sixths of 30 × 14.40.
    assert savings(EXTENDED, each_day(extended)) == ["360.00"]
    # Two lines, 0.50 and 0.10: all of the extended one.
    both = [*each_day(extended | {"EffectiveCost": Decimal(12), "ListCost": Decimal(12)}),
            *each_day(line("arn:eks", "AmazonEKS-Hours:perCluster", "2.4", **eks))]  # fmt: skip
    assert savings(EXTENDED, both) == ["360.00"]


def test_what_is_covered_of_it_saves_nothing() -> None:
    rows = [*each_day(covered(EXTRA, "4")), *each_day(unused(PLAN, "1"))]
    assert savings(EXTENDED, rows) == []
