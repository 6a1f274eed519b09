"""The vendors' APIs, by servers that behave like them: pages, limits, refusals."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from outlay.app import Workspace
from outlay.app.native import reading, syncing
from outlay.app.native.apis.rest import RECOMMENDERS
from outlay.app.native.reading import native_findings
from tests.native import samples
from tests.native.conftest import Scripted
from tests.tickets.servers import Reply, Request

AZURE = {"subscriptions": "S1, S2", "token": "env:T_AZURE"}
GOOGLE = {"projects": "acme", "locations": "europe-west1-b", "token": "env:T_GOOGLE"}


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T_AZURE", "azure-secret-token")
    monkeypatch.setenv("T_GOOGLE", "google-secret-token")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")


def add(workspace: Workspace, format_id: str, vendor: Scripted, **options: str) -> None:
    given = {**options, "endpoint": vendor.url}
    syncing.add(workspace, "tool", "api", format_id, given)


def one_sync(workspace: Workspace) -> syncing.NativeSync:
    (done,) = syncing.sync(workspace)
    return done


def ids(workspace: Workspace) -> list[str]:
    return [one.native_id for one in native_findings(workspace)]


# --- Azure ---


def azure(vendor: Scripted) -> None:
    def script(request: Request) -> Reply:
        if request.headers.get("Authorization") != "Bearer azure-secret-token":
            return Reply(401, {"error": {"code": "InvalidAuthenticationToken", "message": "no"}})
        subscription = request.path.split("/")[2]
        assert request.path.endswith("/providers/Microsoft.Advisor/recommendations")
        second = "$skipToken" in request.query
        if not second:
            assert request.query["api-version"]
            assert request.query["$filter"] == "Category eq 'Cost'"
        item = samples.advice(savingsAmount="10") | {"name": f"{subscription}-{1 + second}"}
        following = f"{vendor.url}{request.path}?$skipToken=2&api-version=x"
        return Reply(200, {"value": [item], "nextLink": None if second else following})

    vendor.script = script


def test_every_page_of_every_subscription_of_azure(acme: Workspace, vendor: Scripted) -> None:
    azure(vendor)
    add(acme, "azure-advisor", vendor, **AZURE)
    assert one_sync(acme).outcome == "delivered"
    assert ids(acme) == ["S1-1", "S1-2", "S2-1", "S2-2"]
    assert one_sync(acme).outcome == "unchanged"


def test_azure_is_asked_again_after_a_limit(
    acme: Workspace, vendor: Scripted, at_once: list[float]
) -> None:
    azure(vendor)
    vendor.answers = [Reply(429, {"error": {"message": "slow down"}}, {"Retry-After": "17"}),
                      Reply(503)]  # fmt: skip
    add(acme, "azure-advisor", vendor, **AZURE)
    assert one_sync(acme).outcome == "delivered"
    assert at_once[0] == 17.0


def test_a_page_that_breaks_gives_nothing(acme: Workspace, vendor: Scripted) -> None:
    azure(vendor)
    add(acme, "azure-advisor", vendor, **AZURE)
    one_sync(acme)
    before = ids(acme)
    usual = vendor.script

    def broken(request: Request) -> Reply:
        late = request.path.split("/")[2] == "S2"
        return Reply(403, {"error": {"message": "no Reader on S2"}}) if late else usual(request)

    vendor.script = broken
    done = one_sync(acme)
    assert done.outcome == "failed"
    assert "no Reader on S2" in done.error
    assert "role Reader" in done.error
    assert ids(acme) == before


def test_a_token_goes_to_no_other_address(acme: Workspace, vendor: Scripted) -> None:
    vendor.script = lambda _: Reply(200, {"value": [], "nextLink": "https://evil.example/x"})
    add(acme, "azure-advisor", vendor, **AZURE)
    done = one_sync(acme)
    assert "another address (evil.example)" in done.error
    assert len(vendor.log) == 1


def test_secrets_are_in_no_message(acme: Workspace, vendor: Scripted) -> None:
    vendor.script = lambda _: Reply(401, {"error": {"message": "bad azure-secret-token"}})
    add(acme, "azure-advisor", vendor, **AZURE)
    done = one_sync(acme)
    assert "azure-secret-token" not in done.error
    assert "[hidden]" in done.error
    assert "azure-secret-token" not in json.dumps(
        acme.resources.get(syncing.KIND, "tool").spec.model_dump(mode="json")
    )


# --- Google ---


def test_every_recommender_and_page_of_google(acme: Workspace, vendor: Scripted) -> None:
    machines = "google.compute.instance.MachineTypeRecommender"

    def script(request: Request) -> Reply:
        assert request.headers["Authorization"] == "Bearer google-secret-token"
        if machines not in request.path:
            return Reply(200, {})  # nothing to say is an empty object there
        token = request.query.get("pageToken")
        item = samples.google(name=samples.google()["name"] + (token or ""))
        return Reply(200, {"recommendations": [item], **({} if token else {"nextPageToken": "2"})})

    vendor.script = script
    add(acme, "gcp-recommender", vendor, **GOOGLE)
    assert one_sync(acme).outcome == "delivered"
    assert [name.rpartition("/")[2] for name in ids(acme)] == ["r1", "r12"]
    asked = {request.path.split("/")[-2] for request in vendor.log}
    assert asked == set(RECOMMENDERS)


def test_google_that_refuses_keeps_what_there_was(acme: Workspace, vendor: Scripted) -> None:
    vendor.script = lambda _: Reply(200, {"recommendations": [samples.google()]})
    add(acme, "gcp-recommender", vendor, **GOOGLE, recommenders="google.x.Y")
    one_sync(acme)
    vendor.script = lambda _: Reply(403, {"error": {"message": "SERVICE_DISABLED"}})
    assert "SERVICE_DISABLED" in one_sync(acme).error
    assert len(ids(acme)) == 1
    vendor.script = lambda _: Reply(200, [1])
    assert "answers no JSON object" in one_sync(acme).error
    assert len(ids(acme)) == 1


# --- AWS ---


def target(request: Request) -> str:
    return request.headers.get("X-Amz-Target", "").rpartition(".")[2]


def aws(vendor: Scripted, **answers: Any) -> None:
    """AWS speaks JSON with the operation in a header; an answer is a document or a function."""

    def script(request: Request) -> Reply:
        found = answers.get(target(request), Reply(400, {"__type": "UnknownOperationException"}))
        found = found(request) if callable(found) else found
        return found if isinstance(found, Reply) else Reply(200, found)

    vendor.script = script


def test_pages_of_the_hub_with_its_preference(acme: Workspace, vendor: Scripted) -> None:
    def pages(request: Request) -> dict[str, Any]:
        second = request.body.get("nextToken") == "t2"
        item = samples.hub(recommendationId="rec-2" if second else "rec-1")
        item["lastRefreshTimestamp"] = 1792490400  # seconds, as the protocol has moments
        return {"items": [item], **({} if second else {"nextToken": "t2"})}

    aws(vendor, ListRecommendations=pages,
        GetPreferences={"savingsEstimationMode": "BeforeDiscounts"})  # fmt: skip
    add(acme, "aws-cost-hub", vendor)
    assert one_sync(acme).outcome == "delivered"
    found = native_findings(acme)
    assert [one.native_id for one in found] == ["rec-1", "rec-2"]
    assert found[0].monthly_saving_list == found[0].monthly_saving
    assert str(found[0].end_day) == "2026-10-20"
    assert str(found[0].monthly_saving) == "39.71"


def test_aws_is_asked_again_and_then_told(
    acme: Workspace, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    throttled = [Reply(400, {"__type": "ThrottlingException", "message": "Rate exceeded"})] * 2

    def busy(_: Request) -> Any:
        return throttled.pop() if throttled else {"items": [samples.hub(lastRefreshTimestamp=1)]}

    aws(vendor, ListRecommendations=busy, GetPreferences={})
    add(acme, "aws-cost-hub", vendor)
    assert one_sync(acme).outcome == "delivered"
    aws(vendor, GetPreferences={}, ListRecommendations=Reply(
        400, {"__type": "AccessDeniedException", "message": "not authorized"}))  # fmt: skip
    done = one_sync(acme)
    assert "AccessDeniedException. not authorized" in done.error
    assert "cost-optimization-hub:List*" in done.error
    assert ids(acme) == ["rec-1"]


def test_compute_optimizer_region_by_region(acme: Workspace, vendor: Scripted) -> None:
    item = samples.optimizer(lastRefreshTimestamp=1792490400)
    nothing: dict[str, Any] = {}
    aws(
        vendor,
        GetEC2InstanceRecommendations={"instanceRecommendations": [item]},
        GetEBSVolumeRecommendations=nothing, GetAutoScalingGroupRecommendations=nothing,
        GetLambdaFunctionRecommendations=nothing, GetECSServiceRecommendations=nothing,
        GetRDSDatabaseRecommendations=nothing, GetIdleRecommendations=nothing,
    )  # fmt: skip
    add(acme, "aws-compute-optimizer", vendor, regions="us-east-1, eu-west-1")
    assert one_sync(acme).outcome == "delivered"
    assert len(native_findings(acme)) == 4  # two actions in each of two regions
    assert len({r.headers["Authorization"].split("/")[2] for r in vendor.log}) == 2


def test_one_kind_that_is_refused_keeps_the_whole(acme: Workspace, vendor: Scripted) -> None:
    aws(vendor, GetEC2InstanceRecommendations={"instanceRecommendations": []},
        GetEBSVolumeRecommendations=Reply(400, {"__type": "OptInRequiredException"}))  # fmt: skip
    add(acme, "aws-compute-optimizer", vendor)
    done = one_sync(acme)
    assert done.outcome == "failed"
    assert "Opt in" in done.error
    assert done.delivery is None


def test_trusted_advisor_with_the_columns_of_its_checks(acme: Workspace, vendor: Scripted) -> None:
    checks = [
        {"id": "new1", "name": "n", "description": "", "category": "cost_optimizing",
         "metadata": ["Region", "Resource ID", "Recommended Action", "Estimated Monthly Savings"]},
        {"id": "sec1", "name": "s", "description": "", "category": "security", "metadata": []},
    ]  # fmt: skip
    result = samples.checked("new1", ["us-east-1", "i-1", "Stop", "$5.00"])["result"]
    aws(vendor, DescribeTrustedAdvisorChecks={"checks": checks},
        DescribeTrustedAdvisorCheckResult={"result": result | {
            "resourcesSummary": {}, "categorySpecificSummary": {}}})  # fmt: skip
    add(acme, "aws-trusted-advisor", vendor, account="111111111111")
    assert one_sync(acme).outcome == "delivered"
    (one,) = native_findings(acme)
    assert (one.account, one.action) == ("111111111111", "Stop")
    asked = [r.body["checkId"] for r in vendor.log if target(r).endswith("CheckResult")]
    assert asked == ["new1"]


# --- an address, and a bucket ---


def test_an_address_is_asked_with_its_token(
    acme: Workspace, vendor: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.script = lambda r: (
        Reply(200, {"items": [samples.hub()]})
        if r.headers.get("Authorization") == "Bearer azure-secret-token"
        else Reply(401)
    )
    # Loopback has no certificate: what is said of https is tested by the kind's own rule.
    monkeypatch.setattr(
        "outlay.app.native.apis.rest.urlsplit",
        lambda url: urlsplit(url.replace("https://", "http://")),
    )
    monkeypatch.setattr(
        "outlay.sources.http.Api.get",
        _plain_get,
    )
    place = vendor.url.replace("http://", "https://") + "/hub.json"
    syncing.add(acme, "tool", place, "auto", {"token": "env:T_AZURE"})
    assert one_sync(acme).outcome == "delivered"
    syncing.add(acme, "plain", "http://127.0.0.1/hub.json")
    assert "begins with https://" in syncing.sync(acme, ["plain"])[0].error


def _plain_get(self: Any, path: str, parameters: Any = None) -> bytes:
    found: bytes = self._ask("GET", path.replace("https://", "http://"), parameters, None)
    return found


@pytest.fixture
def bucket() -> Iterator[Any]:
    """A bucket of moto's S3."""
    boto3 = pytest.importorskip("boto3")
    moto = pytest.importorskip("moto")
    with moto.mock_aws():
        os.environ.pop("AWS_ENDPOINT_URL", None)
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="acme-hub")
        yield client


def test_an_export_in_a_bucket(
    acme: Workspace, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for number in (1, 2):
        body = samples.page(samples.hub(recommendationId=f"rec-{number}"))
        bucket.put_object(Bucket="acme-hub", Key=f"x/data/{number}.json", Body=body)
    bucket.put_object(Bucket="acme-hub", Key="x/_manifest.json", Body=b"{}")
    syncing.add(acme, "tool", "s3://acme-hub/x")
    assert one_sync(acme).outcome == "delivered"
    assert ids(acme) == ["rec-1", "rec-2"]
    assert reading.source(acme, "tool").deliveries[0].detail["files"] == 2
