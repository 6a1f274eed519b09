"""CloudWatch asked by API: moto's, as far as a recommendation, and a client that has its limits."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.sources.contract import BilledResource, RetryableTransportError, TransportError
from outlay.sources.utilization.apis import cloudwatch
from outlay.sources.utilization.apis.asking import ask
from outlay.sources.utilization.options import UtilizationOptions
from tests.utilization import clouds

NOW = clouds.NOW
ARNS = "arn:aws:{service}:eu-west-1:222222222222:{name}"


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """CloudWatch of moto in eu-west-1, in this process."""
    boto3 = pytest.importorskip("boto3")
    moto = pytest.importorskip("moto")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", clouds.ACCOUNT)
    # moto has no percentiles: of one value a period each of them is that value.
    statistics = pytest.importorskip("moto.cloudwatch.models").Statistics
    usual = statistics.get_statistics_for_type

    def highest(self: Any, stat: str) -> Any:
        if stat == "p99":
            self.stats, stat = ["Maximum"], "Maximum"
        return usual(self, stat)

    monkeypatch.setattr(statistics, "get_statistics_for_type", highest)
    with moto.mock_aws():
        yield boto3.client("cloudwatch", region_name="eu-west-1")


def put(client: Any, namespace: str, metric: str, value: float, **dimensions: str) -> None:
    """A value at noon of each of the bill's days, with these dimensions."""
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    client.put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": metric, "Dimensions": named, "Value": value,
             "Timestamp": datetime(day.year, day.month, day.day, 12, 30, tzinfo=UTC)}
            for day in clouds.days()
        ],
    )  # fmt: skip


def test_a_machine_of_aws_is_made_smaller_by_what_its_api_says(
    moto: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.app.collecting.utc_now", lambda: NOW)
    put(moto, "AWS/EC2", "CPUUtilization", 22.5, InstanceId=clouds.AWS)
    put(moto, "AWS/EC2", "NetworkIn", 4000, InstanceId=clouds.AWS)
    # The agent puts more dimensions beside the instance, which only a list tells.
    put(moto, "CWAgent", "mem_used_percent", 31.0, InstanceId=clouds.AWS, ImageId="ami-1",
        InstanceType="m6i.2xlarge")  # fmt: skip
    put(moto, "CWAgent", "mem_used_percent", 99.0, InstanceId="i-0another", ImageId="ami-1")
    workspace = clouds.company(tmp_path, ["aws"])
    workspace.add_source("watch", "utilization", "cloudwatch://", {}, author="me")
    assert clouds.found(workspace, "aws-ec2-rightsize")[0] == []
    (done,) = workspace.sync(["watch"])
    assert done.outcome == "loaded", done
    (one,), lacking = clouds.found(workspace, "aws-ec2-rightsize")
    # On half the machine 45 and 62 %.
    assert (one.recommended, one.monthly_saving, lacking) == ("m6i.xlarge", Decimal("135.00"), [])
    assert {left.metric: (left.statistic, f"{left.after}") for left in one.headroom} == {
        "cpu": ("p99", "45.00"), "memory": ("maximum", "62.00"),
    }  # fmt: skip
    rows = clouds.measured(workspace, "Metric = 'network_in'")
    assert [row[3] for row in rows] == [datetime(d.year, d.month, d.day, 12) for d in clouds.days()]
    assert {(row[0], row[2], row[4]) for row in rows} == {(clouds.AWS, "sum", "4000")}
    assert workspace.sync(["watch"])[0].outcome == "unchanged"
    workspace.close()


def test_resources_of_other_accounts_are_told_and_not_asked(
    moto: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.app.collecting.utc_now", lambda: NOW)
    put(moto, "AWS/EC2", "CPUUtilization", 22.5, InstanceId=clouds.AWS)
    workspace = clouds.company(tmp_path, ["aws"], SubAccountId="999999999999")
    workspace.add_source("watch", "utilization", "cloudwatch://", {}, author="me")
    error = workspace.sync(["watch"])[0].error
    assert "1 resources are of other accounts than 222222222222" in error and "role" in error
    workspace.close()


class Watch:
    """A client as boto3 gives it, with CloudWatch's limits: 500 metrics a call, 100,800 values,
    and pages of at most three values a metric and page."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.status = "Complete"
        self.code = ""
        self.listed: list[list[dict[str, str]]] = []
        self.keys: list[dict[str, str] | None] = []

    def get_caller_identity(self) -> dict[str, Any]:
        return {"Account": clouds.ACCOUNT}

    def list_metrics(self, **asked: Any) -> dict[str, Any]:
        at = int(asked.get("NextToken", "0"))
        found = [
            {"Namespace": asked["Namespace"], "MetricName": asked["MetricName"], "Dimensions": one}
            for one in self.listed[at : at + 1]
        ]
        more = {"NextToken": f"{at + 1}"} if at + 1 < len(self.listed) else {}
        return {
            "Metrics": found if asked["MetricName"] == "nvidia_smi_utilization_gpu" else [],
            **more,
        }

    def get_metric_data(self, **asked: Any) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "GetMetricData")
        queries = asked["MetricDataQueries"]
        hours = int((asked["EndTime"] - asked["StartTime"]).total_seconds()) // 3600
        if len(queries) > 500 or len(queries) * hours > 100_800:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "many"}}, "x")
        self.calls.append(asked)
        first = int(asked.get("NextToken", "0"))
        last = min(first + 12, hours)
        moments = [asked["StartTime"] + timedelta(hours=n) for n in range(first, last)]
        results = [
            {"Id": one["Id"], "Label": "x", "Timestamps": moments,
             "Values": [float(_gpu(one)) for _ in moments],
             "StatusCode": self.status if last == hours else "PartialData"}
            for one in queries
        ]  # fmt: skip
        return {"MetricDataResults": results, **({"NextToken": f"{last}"} if last < hours else {})}

    def close(self) -> None:
        """Nothing is open."""


def _gpu(query: dict[str, Any]) -> int:
    named = {one["Name"]: one["Value"] for one in query["MetricStat"]["Metric"]["Dimensions"]}
    return {"0": 10, "1": 30}.get(named.get("index", ""), 7)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The client, in place of boto3's."""
    made = Watch()

    def client(service: str, region: str, endpoint: str = "", keys: Any = None) -> Watch:
        if service == "cloudwatch":
            made.keys.append(keys)
        return made

    monkeypatch.setattr(cloudwatch, "aws_client", client)
    return made


def resources(*ids: str, account: str = clouds.ACCOUNT) -> list[BilledResource]:
    return [BilledResource(one, "AWS", account, "eu-west-1", "x") for one in ids]


def collected(into: Path, billed: list[BilledResource], **options: Any) -> None:
    ask("cloudwatch://", UtilizationOptions(**options), billed, into, periods=None, now=NOW,
        progress=None)  # fmt: skip


@pytest.mark.slow
def test_no_call_asks_for_more_than_cloudwatch_answers(watch: Watch, tmp_path: Path) -> None:
    many = resources(*(f"i-{number:017x}" for number in range(200)))
    collected(tmp_path, many, days=2)
    # Five metrics each: a hundred machines a call; 48 hours are four pages.
    assert len(watch.calls) == 2 * 4
    assert len(watch.calls[0]["MetricDataQueries"]) == 500
    watch.calls.clear()
    collected(tmp_path / "long", many, days=60)
    # 31 days have 744 hours: 135 metrics a call, 27 machines; the other 29 days in calls of 144.
    assert {len(one["MetricDataQueries"]) for one in watch.calls} <= {135, 140, 55, 20, 120, 60}
    assert all(
        len(one["MetricDataQueries"])
        * int((one["EndTime"] - one["StartTime"]).total_seconds()) // 3600 <= 100_800
        for one in watch.calls
    )  # fmt: skip


def test_what_goes_on_on_the_next_page_is_one_series(watch: Watch, tmp_path: Path) -> None:
    collected(tmp_path / "in", resources("i-0abc"), days=2, metrics="cpu")
    assert len(watch.calls) == 4
    pages = sorted((tmp_path / "in" / "2026-11").glob("2026-11-*.jsonl.gz"))
    assert [one.name[:10] for one in pages] == ["2026-11-07", "2026-11-08"]
    for page in pages:
        lines = [json.loads(line) for line in gzip.decompress(page.read_bytes()).splitlines()]
        assert {len(line["values"]) for line in lines[1:]} == {24}
        assert lines[1]["of"]["SubAccountId"] == clouds.ACCOUNT


def test_each_gpu_counts_in_the_resources_one_value(watch: Watch, tmp_path: Path) -> None:
    watch.listed = [
        [{"Name": "InstanceId", "Value": "i-0abc"}, {"Name": "index", "Value": index}]
        for index in ("0", "1")
    ]
    collected(tmp_path, resources("i-0abc"), days=1, metrics="gpu")
    (page,) = tmp_path.glob("2026-11/*.jsonl.gz")
    lines = [json.loads(line) for line in gzip.decompress(page.read_bytes()).splitlines()]
    assert lines[0]["asked"] == ["i-0abc"]
    assert {line["of"]["Statistic"]: line["values"][0][2] for line in lines[1:]} == {
        "Average": "20.000000000000", "Maximum": "30.0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("resource", "namespace", "dimension"),
    [
        (ARNS.format(service="rds", name="db:orders-1"), "AWS/RDS", "orders-1"),
        ("vol-0123456789abcdef0", "AWS/EBS", "vol-0123456789abcdef0"),
        (ARNS.format(service="ec2", name="natgateway/nat-0a1b"), "AWS/NATGateway", "nat-0a1b"),
        (ARNS.format(service="elasticloadbalancing", name="loadbalancer/app/web/50dc"),
         "AWS/ApplicationELB", "app/web/50dc"),
        (ARNS.format(service="elasticloadbalancing", name="loadbalancer/net/web/50dc"),
         "AWS/NetworkELB", "net/web/50dc"),
        (ARNS.format(service="elasticloadbalancing", name="loadbalancer/old"), "AWS/ELB", "old"),
        (ARNS.format(service="lambda", name="function:resize"), "AWS/Lambda", "resize"),
        (ARNS.format(service="elasticache", name="cluster:kv"), "AWS/ElastiCache", "kv"),
    ],
)  # fmt: skip
def test_what_is_asked_of_each_kind_of_resource(
    watch: Watch, tmp_path: Path, resource: str, namespace: str, dimension: str
) -> None:
    collected(tmp_path, resources(resource, "aurora-without-arn"), days=1)
    asked = {
        (one["MetricStat"]["Metric"]["Namespace"],
         one["MetricStat"]["Metric"]["Dimensions"][0]["Value"])
        for one in watch.calls[0]["MetricDataQueries"]
    }  # fmt: skip
    assert asked == {(namespace, dimension)}


def test_a_role_in_each_account_and_a_monitoring_account(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles: list[tuple[str, str]] = []

    def assumed(role: str, external: str, region: str, endpoint: str = "") -> dict[str, str]:
        roles.append((role, external))
        return {"aws_access_key_id": role}

    monkeypatch.setattr(cloudwatch, "assumed", assumed)
    two = resources("i-0abc") + resources("i-0def", account="333333333333")
    role = "arn:aws:iam::{account}:role/outlay-read"
    collected(tmp_path / "role", two, days=1, role=role, external_id="x1")
    assert roles == [(role.replace("{account}", one), "x1")
                     for one in (clouds.ACCOUNT, "333333333333")]  # fmt: skip
    assert watch.keys == [{"aws_access_key_id": one} for one, _ in roles]
    watch.calls.clear()
    collected(tmp_path / "linked", two, days=1, linked_accounts=True)
    assert {one["AccountId"] for call in watch.calls for one in call["MetricDataQueries"]} == {
        clouds.ACCOUNT, "333333333333"
    }  # fmt: skip


def test_an_account_that_lets_nobody_in_hides_no_other(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = ["333333333333"]

    def assumed(role: str, external: str, region: str, endpoint: str = "") -> dict[str, str]:
        if any(one in role for one in closed):
            raise TransportError("the role must trust the identity of this process")
        return {}

    monkeypatch.setattr(cloudwatch, "assumed", assumed)
    two = resources("i-0abc") + resources("i-0def", account="333333333333")
    role = "arn:aws:iam::{account}:role/outlay-read"
    collected(tmp_path, two, days=1, role=role)
    manifest = json.loads((tmp_path / "2026-11" / "manifest.json").read_text())
    assert manifest["notes"] == [
        "CloudWatch in eu-west-1 of 333333333333: the role must trust the identity of this process"
    ]
    # It is asked with the next sync, not taken for a machine that was not measured.
    closed.clear()
    watch.calls.clear()
    collected(tmp_path, two, days=1, role=role)
    (call, *_) = watch.calls
    asked = {q["MetricStat"]["Metric"]["Dimensions"][0]["Value"] for q in call["MetricDataQueries"]}
    assert asked == {"i-0def"}
    closed += ["333333333333", clouds.ACCOUNT]
    with pytest.raises(TransportError, match="must trust"):
        collected(tmp_path / "none", two, days=1, role=role)


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        ("InternalError", "", RetryableTransportError, "a part alone"),
        ("PartialData", "", RetryableTransportError, "a part alone"),
        ("Forbidden", "", TransportError, "cloudwatch:GetMetricData"),
        ("Complete", "AccessDenied", TransportError, "cloudwatch:ListMetrics"),
        ("Complete", "Throttling", RetryableTransportError, "asks to slow down"),
    ],
)
def test_half_an_answer_is_none(
    watch: Watch, tmp_path: Path, status: str, code: str, kind: type[Exception], words: str
) -> None:
    watch.status, watch.code = status, code
    with pytest.raises(kind, match=words):
        collected(tmp_path, resources("i-0abc"), days=1)
    assert not list(tmp_path.glob("2026-11"))


def test_days_that_cloudwatch_has_forgotten_are_not_asked(watch: Watch, tmp_path: Path) -> None:
    collected(tmp_path, resources("i-0abc"), days=455, metrics="cpu", step="1d")
    first = min(one["StartTime"] for one in watch.calls)
    assert first.date() == date(2026, 11, 9) - timedelta(days=454)


def test_a_workspace_without_a_bill(watch: Watch, tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "w", name="Acme")
    workspace.add_source("watch", "utilization", "cloudwatch://", {}, author="me")
    assert "Load the bill first" in workspace.sync(["watch"])[0].error
    workspace.close()
