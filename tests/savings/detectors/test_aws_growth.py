"""What grows: logs, what is kept of them, traffic out; and traffic that costs much."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.app.savings.footprints import sql_of
from outlay.savings.detectors.aws.logs import GROWTH, RETENTION
from outlay.savings.detectors.aws.traffic import EGRESS, REGIONS, ZONES
from outlay.savings.detectors.contract import Detector
from tests.savings.detectors.aws_bill import PLAN, asked, covered, line, savings, unused
from tests.savings.facts import TODAY, TableFacts, each_day

LOGS = {"x_ServiceCode": "AmazonCloudWatch", "ServiceName": "AmazonCloudWatch"}
GROUP = line("arn:logs:group", "DataProcessing-Bytes", "5", "10", **LOGS)
OUT = line(None, "DataTransfer-Out-Bytes", "0.9", "10", x_ServiceCode="AWSDataTransfer",
           ServiceName="AWS Data Transfer")  # fmt: skip


def times(row: dict[str, Any], factor: str) -> dict[str, Any]:
    """The row with so many times its units and cost."""
    return row | {
        name: row[name] * Decimal(factor) for name in ("EffectiveCost", "ConsumedQuantity")
    }


def steps(row: dict[str, Any], before: str, first: str, second: str) -> list[dict[str, Any]]:
    """Eight weeks at one level, then two weeks at theirs."""
    recent = TODAY - timedelta(days=14)
    return [
        *each_day(times(row, before), 56, recent),
        *each_day(times(row, first), 7, TODAY - timedelta(days=7)),
        *each_day(times(row, second), 7),
    ]


@pytest.mark.parametrize(
    ("detector", "row", "saving"),
    # 30 days of 0.25 more of 5.00, and of 0.90.
    [(GROWTH, GROUP, "37.50"), (EGRESS, OUT, "6.75")],
    ids=["logs", "traffic"],
)
class TestGrowth:
    """Two weeks against the eight before."""

    def test_steady(self, detector: Detector, row: Any, saving: str) -> None:
        (one,), _ = asked(detector, TableFacts(steps(row, "1", "1.25", "1.25")))
        assert str(one.monthly_saving) == saving
        assert one.title.endswith("grew by 25.0 %")
        assert [str(e.value) for e in one.evidence[:2]] == ["10.000", "12.500"]

    def test_at_the_parameter(self, detector: Detector, row: Any, saving: str) -> None:
        assert len(savings(detector, steps(row, "1", "1.15", "1.15"))) == 1
        assert savings(detector, steps(row, "1", "1.14", "1.3")) == [], "one week is not enough"
        assert savings(detector, steps(row, "1", "1.25", "1.25"), grows_percent=Decimal(26)) == []

    def test_a_spike_is_no_growth(self, detector: Detector, row: Any, saving: str) -> None:
        rows = steps(row, "1", "1", "1")
        # Three wild days in each of the two weeks: the median day is as before.
        for day in rows:
            if day["ChargeDay"] >= TODAY - timedelta(days=14) and day["ChargeDay"].weekday() < 3:
                day["ConsumedQuantity"] *= 9
        assert savings(detector, rows) == []

    def test_what_is_new_did_not_grow(self, detector: Detector, row: Any, saving: str) -> None:
        rows = steps(row, "1", "2", "2")
        assert savings(detector, rows[15:]) == [], "41 of 56 days"
        assert len(savings(detector, rows[14:])) == 1
        same = steps(row, "1", "1", "1")
        assert savings(detector, same[14:]) == [], "six weeks at one level, then two at the same"

    def test_credits_are_no_usage(self, detector: Detector, row: Any, saving: str) -> None:
        rows = steps(row | {"ChargeCategory": "Credit"}, "1", "1.25", "1.25")
        assert savings(detector, rows) == []


def costs(facts: TableFacts, where: str) -> list[str]:
    """What the charges of the last day cost that a condition selects."""
    columns = [row["column_name"] for row in facts.rows("DESCRIBE daily")]
    rows = facts.rows(
        f"SELECT EffectiveCost AS cost FROM daily WHERE {sql_of(where, columns)} "
        "AND ChargeDay = $day ORDER BY cost",
        {"day": TODAY - timedelta(days=1)},
    )
    return [str(Decimal(row["cost"]).quantize(Decimal("0.01"))) for row in rows]


def test_growth_is_of_the_lines_that_grew_whatever_an_export_names() -> None:
    # A group's storage is none of what it takes in, and a network of caches no traffic out.
    group = [*steps(GROUP, "1", "1.25", "1.25"), *each_day(KEPT, 70)]
    (one,), _ = asked(GROWTH, TableFacts(group))
    assert costs(TableFacts(group), one.where) == ["6.25"]
    bare = {"x_ServiceCode": None, "x_UsageType": None}
    cdn = {"ServiceName": "Amazon CloudFront", "EffectiveCost": Decimal(7)}
    out = [*steps(OUT | bare, "1", "1.25", "1.25"), *each_day(OUT | bare | cdn)]
    (one,), _ = asked(EGRESS, TableFacts(out))
    assert costs(TableFacts(out), one.where) == ["1.12"]  # 1.125
    whole = steps(GROUP | bare | {"ResourceId": None}, "1", "1.25", "1.25")
    (one,), _ = asked(GROWTH, TableFacts(whole))
    assert costs(TableFacts(whole), one.where) == ["6.25"]


def test_a_network_of_caches_is_no_traffic_out() -> None:
    cdn = OUT | {"x_ServiceCode": "AmazonCloudFront", "ServiceName": "Amazon CloudFront",
                 "SkuMeter": "US-DataTransfer-Out-Bytes", "x_UsageType": None}  # fmt: skip
    assert savings(EGRESS, steps(cdn, "1", "2", "2")) == []


KEPT = line("arn:logs:group", "TimedStorage-ByteHrs", "0.6", "20", **LOGS)


def kept(*levels: str) -> list[dict[str, Any]]:
    """Six times two weeks of what is kept, at these shares of 20 GB-months a day."""
    return [
        row
        for number, level in enumerate(levels)
        for row in each_day(times(KEPT, level), 14, TODAY - timedelta(days=14 * (5 - number)))
    ]


RISING = kept("0.95", "0.96", "0.97", "0.98", "0.99", "1")
TAKEN = each_day(GROUP, 90)


def test_logs_that_are_kept_for_ever() -> None:
    (one,), lacking = asked(RETENTION, TableFacts([*RISING, *TAKEN]))
    # 20 a day are 20 × 365/12 = 608.33 GB; 90 days take in 900 GB, kept as 135: 473.33 of 608.33
    # of 30 × 0.60 = 18.00.
    assert (str(one.monthly_saving), lacking) == ("14.01", [])
    assert one.recommended == "a retention of 90 days, about 135 GB"
    # 30 days: 300 GB, kept as 45.
    assert savings(RETENTION, [*RISING, *TAKEN], retention_days=Decimal(30)) == ["16.67"]


def test_logs_that_shrank_or_hardly_grew_have_an_end() -> None:
    assert savings(RETENTION, [*kept("1", "1", "1", "1", "1", "1.01"), *TAKEN]) == []
    assert savings(RETENTION, [*kept("0.9", "1", "0.96", "1", "1", "1.1"), *TAKEN]) == []
    assert len(savings(RETENTION, [*kept("0.9", "1", "0.97", "1", "1", "1"), *TAKEN])) == 1
    assert savings(RETENTION, [*RISING[14:], *TAKEN]) == [], "ten weeks"


def test_what_is_kept_is_what_ninety_days_take_in() -> None:
    much = each_day(times(GROUP, "5"), 90)
    assert savings(RETENTION, [*RISING, *much]) == []
    assert savings(RETENTION, [*RISING, *TAKEN], compression=Decimal(1)) == []


def test_without_what_a_group_takes_in_nobody_knows() -> None:
    found, (lacking,) = asked(RETENTION, TableFacts(RISING))
    assert (found, str(lacking.monthly_cost)) == ([], "18.00")
    blind = each_day(GROUP | {"ResourceId": None}, 90)
    assert len(asked(RETENTION, TableFacts([*RISING, *blind]))[1]) == 1
    # Another group's lines are named, and this one grew: it takes something in that is not.
    other = each_day(GROUP | {"ResourceId": "arn:logs:other"}, 90)
    found, (lacking,) = asked(RETENTION, TableFacts([*RISING, *other]))
    assert (found, str(lacking.monthly_cost)) == ([], "18.00")
    # One that stays as it is takes nothing in, and all of it is old.
    still = [*kept("1", "1", "1", "1", "1", "1"), *other]
    assert savings(RETENTION, still, grows_percent=Decimal(0)) == ["18.00"]


ACROSS = line(None, "USE1-APS2-AWS-Out-Bytes", "4", "200", x_ServiceCode="AWSDataTransfer",
              ServiceName="AWS Data Transfer")  # fmt: skip
ZONE = ACROSS | {"SkuMeter": "DataTransfer-Regional-Bytes", "x_UsageType": None}
REST = line("i-1", "BoxUsage:m6i.large", "96")


@pytest.mark.parametrize(("detector", "row"), [(REGIONS, ACROSS), (ZONES, ZONE)],
                         ids=["regions", "zones"])  # fmt: skip
class TestTraffic:
    """Traffic above an amount and a share."""

    def test_a_share_of_it(self, detector: Detector, row: Any) -> None:
        (one,), _ = asked(detector, TableFacts([*each_day(row), *each_day(REST)]))
        # A fifth of 30 × 4.00.
        assert (str(one.monthly_saving), str(one.monthly_cost)) == ("24.00", "120.00")
        assert any("parameter" in reason for reason in one.reasons)
        assert one.scope and "SkuMeter LIKE" in one.where

    def test_below_the_amount_or_share(self, detector: Detector, row: Any) -> None:
        rows = [*each_day(row), *each_day(REST)]
        # 4 of 100 a day.
        assert savings(detector, rows, least_percent=Decimal(4)) == ["24.00"]
        assert savings(detector, rows, least_percent=Decimal("4.01")) == []
        assert savings(detector, rows, least_cost=Decimal(120)) == ["24.00"]
        assert savings(detector, rows, least_cost=Decimal("120.01")) == []
        assert savings(detector, each_day(row, 13)) == []

    def test_covered_traffic_saves_nothing(self, detector: Detector, row: Any) -> None:
        rows = [*each_day(covered(row, "4")), *each_day(unused(PLAN, "1"))]
        assert savings(detector, rows) == []


def test_traffic_of_an_account_that_pays_nothing_is_no_share() -> None:
    rows = each_day(ACROSS | {"EffectiveCost": Decimal(0)})
    assert savings(REGIONS, rows, least_cost=Decimal(0)) == []


def test_traffic_into_a_region_is_free_and_no_traffic_between() -> None:
    into = ACROSS | {"SkuMeter": "USE1-APS2-AWS-In-Bytes", "x_UsageType": None}
    assert savings(REGIONS, each_day(into)) == []
