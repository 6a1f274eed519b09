"""Buckets that are hardly read."""

from datetime import timedelta
from decimal import Decimal

from outlay.savings.detectors.aws.storage import CLASSES
from tests.savings.detectors.aws_bill import PLAN, asked, covered, line, savings, unused
from tests.savings.facts import TODAY, TableFacts, each_day

S3 = {"x_ServiceCode": "AmazonS3", "ServiceName": "Amazon Simple Storage Service"}
# 48 GB-months a day are 48 × 365/12 = 1,460 GB.
BUCKET = line("audit", "EUC1-TimedStorage-ByteHrs", "1.104", "48", **S3)
READS = line("audit", "EUC1-Requests-Tier2", "0.0005", "1460", **S3)


def test_a_bucket_with_a_read_a_gb_and_day() -> None:
    (one,), lacking = asked(CLASSES, TableFacts([*each_day(BUCKET), *each_day(READS)]))
    # Half of 30 × 1.104 = 33.12 goes to 0.0125 of 0.023: × 0.5 × 105/230.
    assert (str(one.monthly_saving), lacking) == ("7.56", [])
    # What it costs in its tiers, and to watch it, is what must be seen afterwards.
    assert "SkuMeter LIKE '%TimedStorage-%ByteHrs'" in one.where
    assert "SkuMeter LIKE '%Monitoring-Automation-INT'" in one.where
    assert one.action == "ChangeStorageClass" and one.confidence == "low"
    assert any("how many objects" in reason for reason in one.reasons)


def test_a_read_more_is_too_many() -> None:
    more = READS | {"ConsumedQuantity": Decimal(1461)}
    assert savings(CLASSES, [*each_day(BUCKET), *each_day(more)]) == []
    rows = [*each_day(BUCKET), *each_day(READS)]
    assert savings(CLASSES, rows, cold_percent=Decimal(100)) == ["15.12"]
    assert savings(CLASSES, rows, least_gb=Decimal(1460)) == ["7.56"]
    assert savings(CLASSES, rows, least_gb=Decimal(1461)) == []


def test_a_bucket_without_a_read_where_others_have_some() -> None:
    other = each_day(READS | {"ResourceId": "other"})
    assert savings(CLASSES, [*each_day(BUCKET), *other]) == ["7.56"]


def test_an_account_whose_requests_name_no_bucket_cannot_be_judged() -> None:
    found, (lacking,) = asked(CLASSES, TableFacts(each_day(BUCKET)))
    assert (found, lacking.resource, str(lacking.monthly_cost)) == ([], "audit", "33.12")
    blind = each_day(READS | {"ResourceId": None})
    assert len(asked(CLASSES, TableFacts([*each_day(BUCKET), *blind]))[1]) == 1
    elsewhere = each_day(READS | {"SubAccountId": "2", "ResourceId": "other"})
    assert len(asked(CLASSES, TableFacts([*each_day(BUCKET), *elsewhere]))[1]) == 1


def test_other_classes_services_young_gone_and_covered() -> None:
    reads = each_day(READS | {"ResourceId": "other"})
    cold = BUCKET | {"SkuMeter": "EUC1-TimedStorage-SIA-ByteHrs", "x_UsageType": None}
    logs = BUCKET | {"x_ServiceCode": "AmazonCloudWatch", "ServiceName": "AmazonCloudWatch"}
    for rows in (
        each_day(cold),
        each_day(logs),
        each_day(BUCKET, 27),
        each_day(BUCKET, 30, TODAY - timedelta(days=4)),
        [*each_day(covered(BUCKET, "1")), *each_day(unused(PLAN, "1"))],
    ):
        assert savings(CLASSES, [*rows, *reads]) == []
