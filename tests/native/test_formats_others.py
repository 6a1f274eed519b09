"""The other tools' answers: Azure, Google, Kubernetes, any tool; and what is no answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from outlay.savings.native.formats import FORMATS, read_file, read_files
from outlay.savings.native.model import NativeError
from tests.native import samples
from tests.native.answers import only, read, reasons

# --- Azure Advisor ---


def test_azure_speaks_in_texts() -> None:
    one = only({"value": [samples.advice(savingsAmount="70.08", annualSavingsAmount="841")]})
    assert (one.monthly_saving, one.currency, one.action) == (Decimal("70.08"), "EUR", "Rightsize")
    assert one.resource == (
        "/subscriptions/s1/resourcegroups/rg/providers/microsoft.compute/virtualmachines/vm-1"
    )
    assert one.account == "/subscriptions/S1"
    assert one.where == f"lower(ResourceId) = '{one.resource}'"


def test_azures_year_is_divided_once() -> None:
    one = only({"value": [samples.advice(annualSavingsAmount="841")]})
    assert one.monthly_saving == Decimal("70.08")  # 841 / 12 = 70.0833…
    assert "a twelfth" in one.basis


def test_azure_shutdown_and_the_command_lines_shape() -> None:
    item = samples.advice(savingsAmount="70.08", targetSku="Shutdown")
    flat = {"name": "rec1", **item["properties"]}
    assert only([flat]).action == "Stop"
    assert only([flat]).group == "existence"


def test_terms_scopes_and_look_backs_are_alternatives() -> None:
    items = []
    for term, look, saving in (("P1Y", "7", "41"), ("P3Y", "7", "66"), ("P3Y", "30", "75")):
        item = samples.advice(savingsAmount=saving, term=term, lookbackPeriod=look, scope="Single",
                              vmSize="Standard_B4ms", qty="1.0", subId="S1")  # fmt: skip
        item["properties"]["recommendationTypeId"] = "84b1a508-fc21-49da-979e-96894f1665df"
        del item["properties"]["extendedProperties"]["targetSku"]
        items.append(item)
    found = read({"value": items}).findings
    assert {one.action for one in found} == {"PurchaseReservedInstances"}
    assert {one.scope for one in found} == {"Compute commitments of S1"}
    assert found[2].recommended == "1 Standard_B4ms, 3 years, scope Single, by 30 days of use"


def test_advice_of_azure_that_is_told() -> None:
    assert reasons({"value": [samples.advice()]}) == ["the tool gives no amount"]
    other = samples.advice(savingsAmount="1")
    other["properties"]["category"] = "HighAvailability"
    assert reasons({"value": [other]}) == ["it is about HighAvailability, not cost"]
    bare = samples.advice(savingsAmount="1", savingsCurrency="")
    assert reasons({"value": [bare]}) == ["its amount of 1 has no currency"]


# --- GCP Recommender ---


def test_googles_money_and_duration() -> None:
    one = only({"recommendations": [samples.google("-1", -548387097)]})
    assert one.monthly_saving == Decimal("1.548387097")
    assert only({"recommendations": [samples.google("-91", 0)]}).monthly_saving == 91
    nanos = samples.google()
    del nanos["primaryImpact"]["costProjection"]["cost"]["units"]
    assert only([nanos]).monthly_saving == Decimal("0.25")
    week = samples.google("-7", 0)
    week["primaryImpact"]["costProjection"]["duration"] = "604800s"
    assert only([week]).monthly_saving == Decimal("30.00")  # 7 a week is 30 in 30 days


def test_a_finding_of_google() -> None:
    one = only([samples.google()])
    assert (one.provider, one.account, one.region) == ("Google Cloud", "acme", "europe-west1")
    assert one.where == (
        "starts_with(ResourceId, '//compute.googleapis.com/projects/acme/') "
        "AND ends_with(ResourceId, '/instances/web-1')"
    )


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"stateInfo": {"state": "DISMISSED"}}, "its state is DISMISSED"),
        ({"stateInfo": {"state": "SUCCEEDED"}}, "its state is SUCCEEDED"),
        ({"primaryImpact": {"category": "SECURITY"}}, "its impact is SECURITY"),
        ({"primaryImpact": {"category": "COST"}}, "the tool gives no amount"),
    ],
)
def test_recommendations_of_google_that_are_told(more: dict[str, Any], reason: str) -> None:
    (told,) = reasons([samples.google(**more)])
    assert told.startswith(reason)


def test_google_that_would_cost_more_is_told() -> None:
    assert reasons([samples.google("12", 500000000)])[0].startswith("it would cost 12.5")


@pytest.mark.parametrize(
    ("units", "nanos", "message"),
    [
        ("-1", 5, "differ in sign"),
        ("-1.5", 0, "whole units as a text"),
        ("-1", 1.5, "an integer"),
        ("-1", -1000000000, "between -999999999"),
    ],
)
def test_bad_money_of_google_is_refused(units: str, nanos: Any, message: str) -> None:
    with pytest.raises(NativeError, match=message):
        read([samples.google(units, nanos)])


# --- Kubernetes ---


def test_kruize_by_term_and_profile() -> None:
    terms = {
        "short": {"cost": (0.5, 1024), "performance": (1, 2048)},
        "medium": {"cost": (0.25, 512)},
    }
    (longest,) = read(samples.kruize(**terms)).sizings
    assert (longest.term, longest.cpu_after, longest.memory_after) == (
        "medium", Decimal("0.25"), Decimal(512 * 2**20),
    )  # fmt: skip
    assert (longest.cpu_now, longest.memory_now) == (Decimal(2), Decimal(4 * 2**30))
    (short,) = read(samples.kruize(**terms), term="short", profile="performance").sizings
    assert (short.term, short.profile, short.cpu_after) == ("short", "performance", Decimal(1))
    (told,) = reasons(samples.kruize(**terms), term="long")
    assert told == "no long term with the profile cost has a recommendation"
    with pytest.raises(NativeError, match="term is 'weekly'; allowed are short, medium, long"):
        read(samples.kruize(**terms), term="weekly")


def test_ros_has_the_same_in_another_shape() -> None:
    recommended = samples.kruize(short={"cost": (0.5, 1024)})[0]["kubernetes_objects"][0]
    data = recommended["containers"][0]["recommendations"]["data"]["2026-10-20T10:00:00.000Z"]
    row = {"cluster_alias": "prod", "project": "shop", "workload": "cart",
           "workload_type": "deployment", "container": "cart", "recommendations": data}  # fmt: skip
    (one,) = read({"meta": {"count": 1}, "data": [row]}).sizings
    assert (one.cluster, one.namespace, one.cpu_after) == ("prod", "shop", Decimal("0.5"))


def test_a_vertical_pod_autoscaler_has_bounds() -> None:
    (one,) = read(samples.vpa(), cluster="prod").sizings
    assert (one.cluster, one.workload_kind, one.workload) == ("prod", "deployment", "cart")
    assert (one.cpu_after, one.cpu_low, one.cpu_high) == (
        Decimal("0.250"), Decimal("0.100"), Decimal(1),
    )  # fmt: skip
    assert one.memory_after == Decimal(262144000)
    assert (one.memory_low, one.memory_high) == (Decimal(2**27), Decimal(2**30))
    with pytest.raises(NativeError, match="target.cpu is '250 millis'"):
        read(samples.vpa(target={"cpu": "250 millis"}))
    waiting = samples.vpa()
    waiting["items"][0]["status"] = {"conditions": [{"message": "No pods match"}]}
    assert reasons(waiting) == ["it has no recommendation: No pods match"]


# --- any tool ---


def test_any_tool_in_csv_and_json() -> None:
    text = (
        "Resource,Action,monthly_saving,currency,effort,restart,where,notes\n"
        "db-1,rightsize,\"1,234.50\",EUR,high,yes,ResourceName = 'db-1',ignored\n"
    )
    one = only(text.encode())
    assert (one.action, one.effort, one.restart) == ("Rightsize", "High", True)
    assert (one.monthly_saving, one.where) == (Decimal("1234.50"), "ResourceName = 'db-1'")
    made = {"resource": "db-1", "action": "Delete", "monthly_saving": 12.5, "currency": "EUR"}
    assert only({"findings": [made]}).where == "ResourceId = 'db-1'"
    assert only([made]).group == "existence"


def test_amounts_of_any_tool_are_of_its_currency() -> None:
    made = {"resource": "db-1", "action": "Delete", "monthly_saving": "$12.50", "currency": "CAD"}
    assert only([made]).currency == "CAD"  # a dollar sign is any dollar's
    assert only([made | {"currency": ""}]).currency == "USD"
    for field in ("monthly_saving_list", "monthly_cost"):
        with pytest.raises(NativeError, match=f"{field} is in GBP, and currency is CAD"):
            read([made | {field: "£30"}])


def test_a_long_condition_of_any_tool_is_whole() -> None:
    where = f"ResourceId IN ({', '.join(repr(f'i-{number:017x}') for number in range(60))})"
    made = {"scope": "fleet", "action": "Stop", "monthly_saving": 1, "currency": "EUR"}
    assert len(where) > 1000
    assert only([made | {"where": where}]).where == where


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",Delete,1,USD,", "row 1: resource is empty, and so is scope"),
        ("a,Explode,1,USD,", "action is 'Explode'; allowed are Rightsize, Stop"),
        ("a,Delete,1,,", "currency is empty"),
        ("a,Delete,one,USD,", "'one', not an amount"),
        ("a,Delete,€1,USD,", "monthly_saving is in EUR, and currency is USD"),
        ("a,Delete,1,USD,Colour = 'red'", "row 1: where"),
        ("a,Delete,1", "line 2 has 3 cells, the header has 5"),
    ],
)
def test_bad_rows_of_any_tool_are_refused(row: str, message: str) -> None:
    with pytest.raises(NativeError) as raised:
        read(f"resource,action,monthly_saving,currency,where\n{row}\n".encode())
    assert message in str(raised.value)


# --- what is no answer ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: that is no answer"),
        (b"{}", "a JSON document with nothing in it"),
        (b'{"error": {"code": 403}}', "a JSON document with error"),
        (b'{"__type": "AccessDeniedException"}', "no recommendations that can be read"),
        (b'{"items": [', "is no valid JSON"),
        (b'{"items": [{"recommendationId": NaN}]}', "is no valid JSON"),
        (b"\xff\xfe\x00", "is neither JSON, CSV in UTF-8 nor Parquet"),
        (b"a,b\n1,2\n", "a table with the columns a, b"),
        (b"PAR1broken", "is no Parquet"),
        (b"\x1f\x8bbroken", "cut short or damaged"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_no_answer_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(NativeError) as raised:
        read_file("answer", content)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "key", ["items", "value", "recommendations", "instanceRecommendations", "findings"]
)
def test_an_empty_list_is_an_answer(key: str) -> None:
    assert read({key: []}).items == 0


def test_pages_whose_end_is_missing_are_refused() -> None:
    first, last = samples.page(samples.hub(), nextToken="t"), samples.page(samples.hub())
    assert len(read_files([("1", first), ("2", last)]).findings) == 2
    with pytest.raises(NativeError, match="not complete"):
        read_files([("1", first)])
    with pytest.raises(NativeError, match="there is no file with recommendations"):
        read_files([])


def test_pages_in_one_file_and_lines() -> None:
    one, two = samples.hub(), samples.hub(recommendationId="rec-2")
    assert len(read([{"items": [one], "nextToken": "t"}, {"items": [two]}]).findings) == 2
    lines = samples.page(one) + b"\n" + samples.page(two) + b"\n"
    assert len(read(lines).findings) == 2


def test_a_named_format_is_the_only_one() -> None:
    with pytest.raises(NativeError, match="Allowed are azure-advisor"):
        read_file("answer", samples.page(samples.hub()), "azure-advisor")
    with pytest.raises(NativeError, match="there is no format 'excel'; the formats are auto, aws"):
        read_file("answer", b"{}", "excel")
    # A tool's export and its answers go by one name.
    assert read_file("answer", samples.page(samples.hub()), "aws-cost-hub").findings


def test_every_format_is_described() -> None:
    for one in FORMATS.values():
        assert one.title
        assert one.description
