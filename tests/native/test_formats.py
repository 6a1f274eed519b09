"""The tools of AWS: what becomes a finding, with which amount; the files of vendors, their sums."""

from __future__ import annotations

import gzip
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outlay.money import total
from outlay.savings.native.formats import read_file, read_files
from outlay.savings.native.model import Answer, NativeError
from tests.native import samples
from tests.native.answers import only, read, reasons
from tests.shared import needs_shared, shared_data

# --- the files of the vendors, and their sums ---


def of_shared(*names: str) -> Answer:
    files = [
        (name, shared_data("recommendations", "synthetic", name).read_bytes()) for name in names
    ]
    return read_files(files)


@needs_shared
def test_the_hubs_pages_come_to_the_sum_of_all_and_the_best_of_each() -> None:
    found = of_shared(
        "aws-cost-optimization-hub-page1.json", "aws-cost-optimization-hub-page2.json"
    ).findings
    assert len(found) == 8
    assert total(one.monthly_saving for one in found) == Decimal("353.16")
    best: dict[str, Decimal] = {}
    for one in found:
        # Purchases for the same usage have one scope: they are alternatives.
        key = one.resource or one.scope
        best[key] = max(best.get(key, Decimal(0)), one.monthly_saving)
    assert total(best.values()) == Decimal("244.23")


@needs_shared
def test_the_hubs_export_has_both_amounts() -> None:
    found = of_shared("aws-cost-optimization-recommendations-export.csv").findings
    assert total(one.monthly_saving_list or Decimal(0) for one in found) == Decimal("353.16")
    # 95 % of it: 353.16 × 0.95
    assert total(one.monthly_saving for one in found) == Decimal("335.502")
    assert found[0].tags == {"team": "checkout"}


@needs_shared
def test_azure_and_google_come_to_their_sums() -> None:
    azure = of_shared("azure-advisor-cost.json")
    assert total(one.monthly_saving for one in azure.findings) == Decimal("188.48")
    assert [one.reason for one in azure.told] == ["the tool gives no amount"]
    bought = [one for one in azure.findings if one.group == "purchase"]
    assert len({(one.account, one.scope) for one in bought}) == 1  # they exclude each other
    google = of_shared("gcp-recommender.json").findings
    assert total(one.monthly_saving for one in google) == Decimal("123.798387097")


@needs_shared
def test_recorded_answers_are_read_whole() -> None:
    for path in sorted(shared_data("recommendations").glob("*.*")):
        answer = read_file(path.name, path.read_bytes())
        assert answer.items > 0, path.name
        for one in answer.findings:
            assert one.monthly_saving > 0


@needs_shared
def test_a_recorded_cost_is_that_of_after_the_change() -> None:
    path = shared_data("recommendations", "aws-coh-ec2-rightsize.json")
    (one,) = read_file(path.name, path.read_bytes()).findings
    # 82.49 after the change and 43.07 less: 125.56 now, of which 43.07 is 34.3 %, as 35 said.
    assert (one.monthly_saving, one.monthly_cost) == (Decimal("43.07"), Decimal("125.56"))


# --- AWS Cost Optimization Hub ---


def test_a_finding_of_the_hub() -> None:
    one = only(samples.page(samples.hub()))
    assert (one.action, one.group, one.effort) == ("Rightsize", "size", "Medium")
    assert one.monthly_saving == Decimal("39.71")  # not 39.7100000000000008527…
    assert one.monthly_cost == Decimal("70.08")
    assert one.monthly_saving_list is None
    assert "before or after discounts" in one.basis
    assert (str(one.first_day), str(one.end_day)) == ("2026-10-06", "2026-10-20")
    assert (one.restart, one.rollback) == (True, True)
    assert one.where == (
        "ResourceId IN ('i-0aa2', 'arn:aws:ec2:us-east-1:111111111111:instance/i-0aa2') "
        "AND SubAccountId = '111111111111'"
    )


def test_the_hubs_preference_says_what_an_amount_is() -> None:
    before = only(samples.page(samples.hub()), discounts="before")
    assert before.monthly_saving_list == Decimal("39.71")
    asked = only(samples.page(samples.hub(), savingsEstimationMode="AfterDiscounts"))
    assert asked.monthly_saving_list is None
    assert "after discounts" in asked.basis


@pytest.mark.parametrize(
    ("action", "kind", "group"),
    [
        ("Stop", "Ec2Instance", "existence"),
        ("Delete", "EbsVolume", "existence"),
        ("Upgrade", "EbsVolume", "storage"),
        ("Upgrade", "RdsDbInstance", "size"),
        ("MigrateToGraviton", "Ec2Instance", "size"),
        ("Rightsize", "RdsDbInstanceStorage", "storage"),
        ("ScaleIn", "Ec2AutoScalingGroup", "size"),
        ("PurchaseSavingsPlans", "ComputeSavingsPlans", "purchase"),
    ],
)
def test_what_excludes_what(action: str, kind: str, group: str) -> None:
    one = only(samples.page(samples.hub(actionType=action, currentResourceType=kind)))
    assert one.group == group


def test_names_of_aws_are_those_of_bills() -> None:
    arn = "arn:aws:lambda:us-east-1:111111111111:function:checkout:$LATEST"
    one = only(samples.page(samples.hub(resourceId="checkout", resourceArn=arn,
                                        currentResourceType="LambdaFunction")))  # fmt: skip
    assert one.resource == "arn:aws:lambda:us-east-1:111111111111:function:checkout"
    nat = "arn:aws:ec2:us-east-1:111111111111:natgateway/nat-0cc1"
    gateway = samples.hub(resourceId="nat-0cc1", resourceArn=nat, actionType="Delete",
                          currentResourceType="NatGateway")  # fmt: skip
    one = only(samples.page(gateway))
    assert (one.resource, one.resource_name) == (nat, "nat-0cc1")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"estimatedMonthlySavings": 0}, "the tool says that it saves nothing"),
        ({"estimatedMonthlySavings": -3.5}, "it would cost 3.5 more a month"),
        ({"estimatedMonthlySavings": None}, "the tool gives no amount"),
        ({"actionType": "Pray"}, "its action 'Pray' is not known"),
    ],
)
def test_items_of_the_hub_that_are_told(change: dict[str, Any], reason: str) -> None:
    (told,) = reasons(samples.page(samples.hub(**change)))
    assert told.startswith(reason)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"estimatedMonthlySavings": "much"}, "items[0] (rec-1): estimatedMonthlySavings: 'much'"),
        ({"currencyCode": ""}, "currencyCode is missing"),
        ({"currencyCode": "dollars"}, "is 'DOLLARS', not a currency"),
        ({"resourceId": None, "resourceArn": None}, "resourceId and resourceArn are both missing"),
        ({"tags": "team"}, "items[0].tags is a text, not an array"),
        ({"estimatedMonthlySavings": True}, "is True, not a number"),
        ({"estimatedMonthlySavings": "1e30"}, "more than 17 digits"),
    ],
)
def test_bad_items_are_refused_with_their_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(NativeError) as raised:
        read(samples.page(samples.hub(**change)))
    assert message in str(raised.value)
    assert str(raised.value).startswith("answer: ")


def test_the_export_as_parquet_gives_the_same() -> None:
    rows = {
        "recommendation_id": ["r1"], "action_type": ["Rightsize"], "account_id": ["111111111111"],
        "currency_code": ["USD"], "current_resource_type": ["Ec2Instance"], "region": ["us-east-1"],
        "estimated_monthly_savings_after_discount": [37.7245],
        "estimated_monthly_savings_before_discount": [39.71],
        "estimated_monthly_cost_after_discount": [66.576],
        "estimated_savings_percentage_after_discount": [56.7],
        "resource_arn": ["arn:aws:ec2:us-east-1:111111111111:instance/i-0aa2"],
        "restart_needed": [True],
        "tags": [[("team", "checkout")]],
    }  # fmt: skip
    table = pa.table({**rows, "tags": pa.array(rows["tags"], pa.map_(pa.string(), pa.string()))})
    content = io.BytesIO()
    pq.write_table(table, content)
    one = only(content.getvalue())
    # A binary number is the decimal that it was written as.
    assert (one.monthly_saving, one.monthly_saving_list) == (Decimal("37.7245"), Decimal("39.71"))
    assert (one.restart, dict(one.tags)) == (True, {"team": "checkout"})


def test_an_export_without_discounts_says_so() -> None:
    text = (
        "recommendation_id,action_type,estimated_monthly_savings_after_discount,"
        "estimated_monthly_savings_before_discount,currency_code,current_resource_type,resource_arn\n"
        "r1,Stop,,70.08,USD,Ec2Instance,arn:aws:ec2:us-east-1:1:instance/i-0aa2\n"
    )
    one = only(text.encode())
    assert (one.monthly_saving, one.monthly_saving_list) == (Decimal("70.08"), Decimal("70.08"))
    assert "before discounts" in one.basis
    assert only(gzip.compress(text.encode())) == one


# --- Compute Optimizer ---


def optimized(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"instanceRecommendations": list(items), "errors": [], **more}


def test_the_best_ranked_option_of_each_action_counts() -> None:
    size, graviton = read(optimized(samples.optimizer())).findings
    assert (size.action, size.recommended) == ("Rightsize", "t3.medium")
    assert (size.monthly_saving, size.monthly_saving_list) == (Decimal("37.72"), Decimal("39.71"))
    assert size.detail["options"][0]["option"] == "m6i.medium"  # the others beside it
    (room,) = size.headroom
    assert (room.metric, room.now, room.after) == ("cpu", Decimal("8.2"), Decimal("16.4"))
    assert size.reasons == ("CPUOverprovisioned",)
    # Without an amount after discounts, the list's stands, and the basis says so.
    assert (graviton.action, graviton.monthly_saving) == ("MigrateToGraviton", Decimal("14.02"))
    assert "at list prices" in graviton.basis


@pytest.mark.parametrize("word", ["OVER_PROVISIONED", "Overprovisioned", "NotOptimized"])
def test_findings_in_both_spellings(word: str) -> None:
    assert read(optimized(samples.optimizer(finding=word))).findings


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("UNDER_PROVISIONED", "too small"),
        ("Underprovisioned", "too small"),
        ("OPTIMIZED", "the right size"),
        ("Sideways", "is not known"),
    ],
)
def test_findings_that_save_nothing(word: str, reason: str) -> None:
    (told,) = reasons(optimized(samples.optimizer(finding=word)))
    assert reason in told


def test_an_option_that_saves_nothing_gives_way_to_the_next() -> None:
    options = [samples.option("t3.medium", 1, 0), samples.option("m5.xlarge", 2, 7.04)]
    one = only(optimized(samples.optimizer(recommendationOptions=options)))
    assert (one.recommended, one.monthly_saving) == ("m5.xlarge", Decimal("7.04"))
    (told,) = reasons(optimized(samples.optimizer(recommendationOptions=options[:1])))
    assert told == "the tool says that it saves nothing"


def test_errors_of_compute_optimizer_are_told() -> None:
    error = {"identifier": "i-9", "code": "NoSavings", "message": "too young"}
    (told,) = reasons(optimized(errors=[error]))
    assert told == "Compute Optimizer says: NoSavings too young"


def test_volumes_functions_and_idle_resources() -> None:
    volume = {"volumeRecommendations": [{
        "volumeArn": "arn:aws:ec2:us-east-1:1:volume/vol-1", "finding": "NotOptimized",
        "currentConfiguration": {"volumeType": "gp2", "volumeSize": 80},
        "volumeRecommendationOptions": [{"rank": 1, "performanceRisk": 1.0,
            "configuration": {"volumeType": "gp3", "volumeSize": 80, "volumeBaselineIOPS": 3000},
            "savingsOpportunity": {"estimatedMonthlySavings": {"currency": "USD", "value": 6.2}}}],
    }]}  # fmt: skip
    one = only(volume)
    assert (one.group, one.current, one.recommended) == (
        "storage", "gp2, 80 GB", "gp3, 80 GB, 3000 IOPS",
    )  # fmt: skip
    idle = {"idleRecommendations": [
        {"resourceArn": f"arn:aws:x:us-east-1:1:{name}", "resourceType": kind, "finding": word,
         "savingsOpportunity": {"estimatedMonthlySavings": {"currency": "USD", "value": 5}}}
        for name, kind, word in (("instance/i-1", "EC2Instance", "Idle"),
                                 ("volume/vol-1", "EBSVolume", "Unattached"))
    ]}  # fmt: skip
    assert [one.action for one in read(idle).findings] == ["Stop", "Delete"]


def test_an_export_of_compute_optimizer() -> None:
    text = (
        "accountId,instanceArn,instanceName,currentInstanceType,finding,"
        "findingReasonCodes_isCPUOverprovisioned,lookBackPeriodInDays,lastRefreshTimestamp_UTC,"
        "utilizationMetrics_CPU_MAXIMUM,recommendationOptions_1_instanceType,"
        "recommendationOptions_1_estimatedMonthlySavings_value,"
        "recommendationOptions_1_estimatedMonthlySavingsAfterDiscounts_value,"
        "recommendationOptions_1_performanceRisk,errorCode,errorMessage\n"
        "1,arn:aws:ec2:eu-central-1:1:instance/i-1,web,m4.xlarge,OVER_PROVISIONED,TRUE,14,"
        "2026-10-20T10:00:00Z,8.5,t3.xlarge,33.79,30.11,3.0,,\n"
        "1,arn:aws:ec2:eu-central-1:1:instance/i-2,,,,,,,,,,,,NoMetrics,not enough data\n"
    )
    answer = read(text.encode())
    (one,) = answer.findings
    assert (one.monthly_saving, one.monthly_saving_list) == (Decimal("30.11"), Decimal("33.79"))
    assert (one.currency, one.confidence, one.reasons) == ("USD", "low", ("cpuoverprovisioned",))
    assert one.evidence[-1].value == Decimal("8.5")
    assert answer.told[0].reason == "Compute Optimizer says: NoMetrics not enough data"
    assert only(text.splitlines()[0].encode() + b"\n" + text.splitlines()[1].encode(),
                currency="CNY").currency == "CNY"  # fmt: skip


# --- Trusted Advisor ---

_DAYS = ["1.1%  0.02MB"] * 14
_LOW = ["us-east-1a", "i-0aa2", "web-stg", "m6i.large", "$1,070.08", *_DAYS, "1.2%", "0.03MB",
        "14 days"]  # fmt: skip


def test_an_amount_with_a_sign_and_thousands() -> None:
    one = only(samples.checked("Qch7DwouX1", _LOW), account="111111111111")
    assert (one.monthly_saving, one.currency) == (Decimal("1070.08"), "USD")
    assert (one.action, one.region, one.resource) == ("Stop", "us-east-1", "i-0aa2")
    assert one.monthly_saving_list == one.monthly_saving
    assert "before discounts" in one.basis
    assert one.where == "ResourceId = 'i-0aa2' AND SubAccountId = '111111111111'"


@pytest.mark.parametrize(
    ("check", "metadata", "action", "saving"),
    [
        ("hjLMh88uM8", ["us-east-1", "lb-1", "No active back-ends", "$18.00"], "Delete", "18.00"),
        ("DAvU99Dc4C", ["us-east-1", "vol-1", None, "gp2", "100", "$10.00", None, None, None],
         "Delete", "10.00"),
        ("G31sQ1E9U", ["Yellow", "us-east-1", "dwh", "dc2.large", "No connection", "$180"],
         "Stop", "180"),
        ("Ti39halfu8", ["us-east-1", "prd", "No", "db.m5.large", "100", "14+", "$209"],
         "Delete", "209"),
        ("1e93e4c0b5", ["Yellow", "us-east-1a", "m5.large", "Linux", "2", "$140", "$50.00",
                        "2026-11-20", "ri-1", "expires"], "PurchaseReservedInstances", "50.00"),
        ("c1z7kmr02n", ["Yellow", "us-east-1", "vol-1", "Upgrade", "gp2", "gp3", "$50.00", "$9.50",
                        "2026-10-20"], "Upgrade", "9.50"),
        ("c1z7kmr10n", ["Yellow", "us-east-1", "$0.21/hour Savings Plan", "$210", "$55.20", "now"],
         "PurchaseSavingsPlans", "55.20"),
    ],
)  # fmt: skip
def test_checks_by_their_columns(
    check: str, metadata: list[str | None], action: str, saving: str
) -> None:
    one = only(samples.checked(check, metadata), account="1")
    assert (one.action, one.monthly_saving) == (action, Decimal(saving))


def test_a_check_that_is_described_along_is_read() -> None:
    check = {"id": "new1", "metadata": ["Region", "Resource ID", "Recommended Action",
                                        "Estimated Monthly Savings"]}  # fmt: skip
    row: list[str | None] = ["us-east-1", "i-1", "Stop", "$5.00"]
    (told,) = reasons(samples.checked("new1", row))
    assert "what the columns of the check new1 mean is not known" in told
    assert only(samples.checked("new1", row, checks=[check])).monthly_saving == Decimal("5.00")


def test_items_of_trusted_advisor_that_are_told() -> None:
    (told,) = reasons(samples.checked("Z4AUBRNSmz", ["us-east-1", "52.1.1.1"]))
    assert told == "the tool gives no amount"
    hidden = samples.checked("Qch7DwouX1", _LOW)
    hidden["result"]["flaggedResources"][0]["isSuppressed"] = True
    assert reasons(hidden) == ["it is excluded in Trusted Advisor"]
    with pytest.raises(NativeError, match="metadata has 3 values, the check has 22 columns"):
        read(samples.checked("Qch7DwouX1", ["us-east-1", "i-1", "x"]))
    with pytest.raises(NativeError, match="'seventy', not an amount"):
        read(samples.checked("hjLMh88uM8", ["us-east-1", "lb-1", "idle", "seventy"]))
