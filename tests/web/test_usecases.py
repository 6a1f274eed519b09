"""The pages of use cases, and the API behind them."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.query.usecases import GROUPS, USE_CASES
from outlay.web.usecases import heading
from tests.usecases.company import TODAY, company
from tests.web.conftest import serving
from tests.web.page import Node, parse

pytestmark = pytest.mark.slow

UNUSED = "identify-unused-commitments"


@pytest.fixture(scope="module")
def nimbus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workspace, "today", lambda self: TODAY)
        workspace = company(tmp_path_factory.mktemp("pages"))
        yield serving(workspace)
        workspace.close()


def page(client: TestClient, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, response.text
    return parse(response.text)


def test_every_use_case_is_listed_in_its_group(nimbus: TestClient) -> None:
    found = page(nimbus, "/usecases")
    assert [h.text for h in found.one("div", id="cases").all("h2")] == list(GROUPS)
    links = [a.attrs["href"] for a in found.one("div", id="cases").all("a")]
    assert links == [f"/usecases/{name}" for name in USE_CASES]
    assert found.one("a", aria_current="page").text == "Use cases"


def test_the_list_is_narrowed_by_words(nimbus: TestClient) -> None:
    found = page(nimbus, "/usecases?q=unused")
    links = [a.attrs["href"] for a in found.one("div", id="cases").all("a")]
    assert f"/usecases/{UNUSED}" in links and len(links) < 6
    assert "No use case has these words" in page(nimbus, "/usecases?q=zzz").text


def test_an_answer_with_its_parameters_and_sql(nimbus: TestClient) -> None:
    found = page(nimbus, f"/usecases/{UNUSED}")
    (row,) = found.one("table", id="answer").rows()
    assert row[-2:] == ["0.00", "15.50"]
    heads = [cell for line in found.one("table", id="answer").rows("thead") for cell in line]
    assert heads[2:5] == ["Service provider", "Billing account id", "Commitment discount id"]
    assert found.one("input", id="p-range").attrs["value"] == "last-month"
    assert "CommitmentDiscountStatus = 'Unused'" in found.one("details", cls="sql").text
    assert found.one("a", download="*").attrs["href"] == f"/api/v1/usecases/{UNUSED}.csv"


def test_parameters_stand_in_the_address(nimbus: TestClient) -> None:
    path = "/usecases/compare-billed-cost-per-subaccount-to-budget?budget=100&sub_account=s2"
    found = page(nimbus, path)
    assert found.one("input", id="p-budget").attrs["value"] == "100"
    (row,) = found.one("table", id="answer").rows()
    assert (row[1], row[5]) == ("s2", "100.00")
    assert row[-1].endswith("%")
    offered = [o.attrs["value"] for o in found.one("datalist", id="l-sub_account").all("option")]
    assert "s2" in offered
    assert "sub_account=s2" in found.one("a", download="*").attrs["href"]


def test_what_cannot_be_read_is_shown_at_its_field(nimbus: TestClient) -> None:
    found = page(nimbus, f"/usecases/{UNUSED}?range=lastmonth", 400)
    assert "'lastmonth' is not a range" in found.one("section", id="case-error").text
    assert found.one("input", id="p-range").attrs["aria-invalid"] == "true"
    assert found.all("table", id="answer") == []
    unknown = page(nimbus, "/usecases/nothing", 400)
    assert "there is no use case 'nothing'" in unknown.text


def test_no_charge_is_not_an_error(nimbus: TestClient) -> None:
    found = page(nimbus, f"/usecases/{UNUSED}?range=2020-01-01..2020-02-01")
    assert "No charge answers this" in found.text
    assert found.one("a", cls="primary").attrs["href"] == f"/usecases/{UNUSED}?range=all"


def test_an_empty_workspace_says_what_to_do(empty: TestClient) -> None:
    found = page(empty, f"/usecases/{UNUSED}")
    assert "There is nothing to ask yet" in found.text
    assert len(page(empty, "/usecases").one("div", id="cases").all("a")) == 66


def test_text_of_a_bill_is_text(nimbus: TestClient) -> None:
    found = page(nimbus, "/usecases/analyze-tag-coverage?tag=%3Cscript%3E")
    assert found.one("input", id="p-tag").attrs["value"] == "<script>"


def test_the_api_lists_and_answers(nimbus: TestClient) -> None:
    listed = nimbus.get("/api/v1/usecases").json()
    assert [case["name"] for case in listed] == list(USE_CASES)
    (case,) = nimbus.get("/api/v1/usecases?search=tag%20coverage").json()
    assert [p["name"] for p in case["parameters"]] == ["range", "tag", "provider"]
    answer = nimbus.get(f"/api/v1/usecases/{UNUSED}").json()
    assert answer["rows"][0]["EffectiveCost"] == "15.50"
    assert answer["parameters"] == {"range": "last-month"}
    text = nimbus.get(f"/api/v1/usecases/{UNUSED}.csv?range=all").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [Decimal(row["EffectiveCost"]) for row in rows] == [Decimal(31)]
    problem = nimbus.get(f"/api/v1/usecases/{UNUSED}?when=now")
    assert problem.status_code == 400 and problem.json()["field"] == "when"
    missing = nimbus.get("/api/v1/usecases/analyse-tag-coverage").json()
    assert missing["near"] == ["analyze-tag-coverage"]


def test_as_of_is_before_the_bills(nimbus: TestClient) -> None:
    response = nimbus.get(f"/api/v1/usecases/{UNUSED}?as_of=2020-01-01")
    assert response.status_code == 404
    assert response.json()["title"] == "The ledger cannot answer"


@pytest.mark.parametrize(
    ("name", "words"),
    [("ServiceProviderName", "Service provider"), ("SkuId", "Sku id"), ("Name", "Name"),
     ("TimesAverage", "Times average"), ("EffectiveSavingsRate", "Effective savings rate")],
)  # fmt: skip
def test_headings_are_words(name: str, words: str) -> None:
    assert heading(name) == words
