"""Pages, API, commands and assistants: what they show of detectors, and how one is changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from outlay.api.openapi.operations_detectors import DETECTORS
from outlay.app import Workspace
from outlay.app.detectors.listing import standing
from outlay.app.detectors.reference import markdown
from outlay.app.savings.policy import kept_policy
from outlay.client.typing import typed
from outlay.mcp.registry import Context
from outlay.savings.detectors.registry import AREAS, detectors
from tests.cli.conftest import Run, run  # noqa: F401
from tests.mcp.conftest import data_of, error_of
from tests.shared import ROOT
from tests.web.conftest import empty, serving  # noqa: F401
from tests.web.page import Node, parse

JOBS, ALWAYS = "databricks-all-purpose-jobs", "databricks-always-on"


@pytest.fixture
def client(company: Workspace) -> TestClient:
    return serving(company)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    """A page, parsed."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return parse(answer.text)


def test_the_page_of_the_documentation_is_the_registry() -> None:
    """Write it anew with `python -m outlay.app.detectors.reference`."""
    assert (ROOT / "docs" / "detectors.md").read_text("utf-8") == markdown()


def test_every_detector_is_listed_with_what_it_says_of_itself(client: TestClient) -> None:
    shown = page(client, "/detectors")
    links = {a.attrs.get("href") for a in shown.all("a")}
    assert {f"/detectors/{name}" for name in detectors()} <= links
    (row,) = [row for row in shown.all("tr") if JOBS in row.text]
    of = detectors()[JOBS]
    for said in (of.title, of.predicate, of.formula, of.verification, *of.exclusions):
        assert said in row.text
    assert "On how many days of the window the job ran: 3 days" in row.text
    assert "found" in row.text and "USD" in row.text


def test_it_is_narrowed_by_area_and_state(client: TestClient) -> None:
    for area, title in AREAS.items():
        shown = page(client, f"/detectors?area={area}")
        assert [one.text for one in shown.all("h2") if one.text in AREAS.values()] == [title]
    found = page(client, "/detectors?state=found")
    assert JOBS in found.text and "snowflake-overage" not in found.text
    assert "No detector is like that" in page(client, "/detectors?state=off").text
    for wrong in ("area=x", "state=x", "sort=x"):
        assert "could not be shown" in page(client, f"/detectors?{wrong}", 400).text


def test_one_leads_to_its_recommendations(client: TestClient) -> None:
    shown = page(client, f"/detectors/{JOBS}")
    assert "price-sync" in shown.text and "high" not in shown.one("h1").text
    assert [a for a in shown.all("a") if (a.attrs.get("href") or "").startswith("/savings/")]
    assert page(client, "/detectors/none-of-these", 404)


def test_a_page_without_a_bill_says_so(empty: TestClient) -> None:  # noqa: F811
    assert "No look was taken yet" in page(empty, "/detectors").text
    assert "It has found nothing yet" in page(empty, f"/detectors/{JOBS}").text


def test_the_form_changes_the_policy(own: Workspace) -> None:
    client = serving(own)
    shown = page(client, f"/detectors/{ALWAYS}")
    fields = {
        field.attrs["name"]: field.attrs.get("value") or ""
        for field in shown.all("input")
        if field.attrs.get("name")
    }
    assert (fields["p-on_percent"], fields["p-hours_a_week"], fields["version"]) == (
        "90", "60", "0",
    )  # fmt: skip
    wanted = {
        "version": "0", "enabled": "yes", "p-on_percent": "90", "p-hours_a_week": "45",
        "minimum": "5", "where": "",
    }  # fmt: skip
    done = client.post(f"/detectors/{ALWAYS}", data=wanted, follow_redirects=False)
    assert done.status_code == 303, done.text
    # What is the detector's own is not said in the policy.
    rule = kept_policy(own).spec.rule(ALWAYS)
    assert set(rule.parameters) == {"hours_a_week"} and rule.minimum_saving == 5
    after = page(client, done.headers["location"].partition("#")[0])
    assert "Kept." in after.text and "45 hours" in after.text
    off = {key: value for key, value in wanted.items() if key != "enabled"} | {"version": "1"}
    client.post(f"/detectors/{ALWAYS}", data=off)
    assert not standing(own, ALWAYS).enabled


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"p-hours_a_week": "1000"}, "lies between 0 and 168"),
        ({"p-hours_a_week": "soon"}, "hours_a_week is a number"),
        ({"p-hours_a_week": "4,5"}, "hours_a_week is a number"),
        ({"minimum": "1200,5"}, "1200.50, or 1,200.50"),
        ({"minimum": "lots"}, "minimum_saving"),
        ({"where": "ResourceId ="}, "where"),
        ({"version": "7"}, "version"),
    ],
)
def test_a_form_that_cannot_be_is_shown_again(
    own: Workspace, given: dict[str, str], says: str
) -> None:
    base = {"version": "0", "enabled": "yes", "p-on_percent": "90", "p-hours_a_week": "60"}
    answer = serving(own).post(f"/detectors/{ALWAYS}", data=base | given)
    assert answer.status_code == 400 and "Not kept." in answer.text
    assert says in answer.text
    fields = {
        one.attrs.get("name"): one.attrs.get("value") for one in parse(answer.text).all("input")
    }
    for name, value in given.items():
        assert fields[name] == value
    assert kept_policy(own).version == 0


def test_why_is_asked_on_the_page(client: TestClient) -> None:
    why = page(client, f"/detectors/{ALWAYS}/explain?resource=0907-shared").one(id="why")
    assert "It is not found." in why.text and "USD for it on" in why.text
    found = page(client, f"/detectors/{JOBS}/explain?resource=price-sync").one(id="why")
    assert "It is found." in found.text
    answer = client.get(f"/detectors/{JOBS}/explain", follow_redirects=False)
    assert answer.headers["location"] == f"/detectors/{JOBS}"
    assert client.get("/detectors/none/explain?resource=x").status_code == 404


def test_a_look_is_taken_from_the_page(own: Workspace) -> None:
    answer = serving(own).post("/detectors/run", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/detectors")


def got(client: TestClient, operation: str, path: str, body: Any = None) -> Any:
    """An answer, held against its shape."""
    method, _ = operation.split(" ", 1)
    answer = client.request(method, f"/api/v1{path}", json=body)
    assert answer.status_code == 200, answer.text
    typed(DETECTORS[operation].shape, answer.json())
    return answer.json()


def test_the_api_tells_runs_and_explains(client: TestClient) -> None:
    told = got(client, "GET /detectors", "/detectors")
    assert [one["id"] for one in told["detectors"]] == list(detectors())
    one = got(client, "GET /detectors/{name}", f"/detectors/{JOBS}")
    assert one["last"]["findings"] == 1 and one["parameters"][0]["value"] == "3"
    ran = got(client, "POST /detectors/run", "/detectors/run", {"detectors": [JOBS]})
    assert [f["monthly_saving"] for f in ran["findings"]] == list(one["last"]["saving"].values())
    tried = got(
        client, "POST /detectors/run", "/detectors/run",
        {"detectors": [ALWAYS], "parameters": {"hours_a_week": 0}},
    )  # fmt: skip
    (finding,) = tried["findings"]
    assert finding["monthly_saving"] == finding["monthly_cost"]
    why = got(
        client, "POST /detectors/run", "/detectors/run", {"detectors": [JOBS], "explain": "7090"}
    )
    assert why["explained"]["verdict"] == "found" and why["findings"] == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"detector": JOBS}, "Did you mean detectors"),
        ({"detectors": JOBS}, "a list of ids"),
        ({"detectors": [JOBS], "parameters": [1]}, "an object"),
        ({"detectors": [JOBS], "parameters": {"days": 1}}, "no parameter"),
        ({"parameters": {"days": 1}}, "name it"),
        ({"explain": "x"}, "asked of one detector"),
        ({"detectors": ["nothing"]}, "there is no detector"),
    ],
)
def test_the_api_says_what_is_not_right(client: TestClient, body: Any, says: str) -> None:
    answer = client.post("/api/v1/detectors/run", json=body)
    assert answer.status_code in (400, 404), answer.text
    assert says in answer.text


def test_the_command_lists_shows_runs_and_explains(run: Run, company: Workspace) -> None:  # noqa: F811
    at = ("-w", str(company.path), "detectors")
    listed = run(*at, "list", "--area", "platforms")
    assert listed.code == 0 and "found" in listed.out and "Last look" in listed.out
    assert {one["id"] for one in run(*at, "list", "--json").json["detectors"]} == set(detectors())
    shown = run(*at, "show", JOBS)
    assert shown.code == 0 and detectors()[JOBS].formula in shown.out
    ran = run(*at, "run", ALWAYS, "--set", "hours_a_week=0", "--json")
    assert ran.json["findings"][0]["monthly_saving"] == ran.json["findings"][0]["monthly_cost"]
    why = run(*at, "run", ALWAYS, "--explain", "0907-shared")
    assert why.code == 0 and "not found" in why.out
    assert "Nothing is kept" in run(*at, "run", JOBS).out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list", "--area", "mars"), 2),
        (("show", "nothing"), 1),
        (("run", "--explain", "x"), 2),
        (("run", "--set", "a=1"), 2),
        (("run", JOBS, "--set", "least_days"), 2),
        (("run", JOBS, "--set", "least_days=many"), 2),
        (("run", JOBS, "--explain", "x", "--set", "least_days=4"), 2),
    ],
)
def test_commands_that_cannot_be(
    run: Run,  # noqa: F811
    company: Workspace,
    words: tuple[str, ...],
    code: int,
) -> None:
    done = run("-w", str(company.path), "detectors", *words)
    assert done.code == code and done.err


def test_assistants_are_told_the_same(company: Workspace) -> None:
    context = Context(company)
    found = data_of(context, "detectors")
    assert [one["id"] for one in found["detectors"]] == list(detectors())
    assert "formula" not in found["detectors"][0]
    (one,) = data_of(context, "detectors", name=JOBS)["detectors"]
    assert one["formula"] == detectors()[JOBS].formula
    assert "there is no detector" in error_of(context, "detectors", name="nothing")
    assert json.dumps(found)
