"""The page Usage, and what of it stands on Explore."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace, usage
from outlay.query import CostQuery
from outlay.web.usage.beside import Provisional
from tests.query.usage_lake import charge, pod
from tests.sources.kubernetes.usage import answer, csv_text
from tests.web.conftest import serving
from tests.web.page import Node, parse

ALLOCATED = "/usage?metric=cpu_allocated"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Two days of a cluster; the bill has the first one."""
    folder = tmp_path_factory.mktemp("usage")
    made = Workspace.init(folder / "workspace", name="Acme")
    steps = [
        {"a": pod("2026-10-05", "24", "i-1", labels={"team": "shop"}),
         "b": pod("2026-10-05", "12.345", "i-1", "db", cpuCoreRequestAverage=2)},
        {"a": pod("2026-10-06", "24", "i-1", labels={"team": "shop"}),
         "i": pod("2026-10-06", "3", "i-1", "") | {"name": "prod/i-1/__idle__"}},
    ]  # fmt: skip
    del steps[1]["i"]["properties"]["namespace"]
    (folder / "cluster").mkdir()
    (folder / "cluster" / "allocation.json").write_text(json.dumps(answer(*steps)))
    (folder / "bill.csv").write_text(
        csv_text([charge("30", "2026-10-05T00", "2026-10-06T00", "i-1")])
    )
    for place, name in ((folder / "cluster", "cluster"), (folder / "bill.csv", "aws")):
        (done,) = made.load([str(place)], source=name)
        assert done.outcome == "loaded", done
    usage.tie(made, "cluster", "aws", ["ResourceId"])
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    return serving(workspace)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, response.text
    return parse(response.text)


def test_every_metric_is_listed_and_leads_to_its_page(client: TestClient) -> None:
    table = page(client, "/usage").one("table", id="table")
    assert table.rows() == [
        ["CPU allocated", "96", "Core-Hours", "63.35", "cluster", "5 Oct 2026", "6 Oct 2026", "4"],
        ["CPU request", "48", "Core-Hours", "–", "cluster", "5 Oct 2026", "5 Oct 2026", "1"],
    ]
    links = [link.attrs["href"] for link in table.all("a")]
    assert links[0] == "/usage?metric=cpu_allocated&by=x_Namespace"
    assert all(client.get(link).status_code == 200 for link in links)


def test_the_lane_is_labelled_and_shows_what_is_left(client: TestClient) -> None:
    lane = page(client, "/usage").one("section", id="provisional")
    assert "estimate" in lane.text and "never added to charges" in lane.text
    assert lane.one("dd", data_provisional="*").text == "27.00"
    assert lane.one("table", id="lane").rows() == [
        ["6 Oct 2026", "cluster", "aws", "27.00", "27.00", "USD"]
    ]
    assert "36.35" in lane.text, "what was billed meanwhile, as it had been estimated"


def test_a_metric_by_group_with_total_share_and_estimate(client: TestClient) -> None:
    found = page(client, f"{ALLOCATED}&by=x_Pod")
    assert found.one("h1").text == "CPU allocated by pod"
    assert "estimates, no charges" in found.text
    first, *equal = found.one("table", id="table").rows()
    assert first == ["web", "48", "50.0%", "48.00"]
    assert sorted(equal) == [["(none)", "24", "25.0%", "3.00"], ["db", "24", "25.0%", "12.35"]]
    assert found.one("td", data_sum="*").text == "96"
    assert found.one("dd", data_total="*").text == "96"


def test_the_chart_has_the_same_numbers_as_the_table_below_it(client: TestClient) -> None:
    found = page(client, f"{ALLOCATED}&by=x_Namespace&grain=day")
    spec = json.loads(found.one("div", data_chart="*").attrs["data-chart"])
    assert spec["totals"] == ["48", "48"]
    assert {line["name"]: line["colour"] for line in spec["series"]}["__idle__"] == "s-none"
    numbers = found.one("details", id="chart-numbers").one("table")
    assert [row[-1] for row in numbers.rows()] == ["48", "48"]
    links = [link.attrs["href"] for link in numbers.all("a")]
    assert links == spec["links"]
    assert "from=2026-10-05&to=2026-10-06" in links[0] and "grain=hour" in links[0]
    assert page(client, links[0]).one("dd", data_total="*").text == "48"


def test_a_click_narrows_and_a_chip_leads_back(client: TestClient) -> None:
    found = page(client, f"{ALLOCATED}&by=x_Pod")
    link = next(a for a in found.one("table", id="table").all("a") if a.text == "web")
    narrowed = page(client, link.attrs["href"])
    assert narrowed.one("dd", data_total="*").text == "48"
    chip = narrowed.one("span", cls="chip")
    assert "Pod is web" in chip.text
    back = chip.one("a").attrs["href"]
    assert page(client, back).one("dd", data_total="*").text == "96"


def test_the_pickers_lead_to_an_address(client: TestClient) -> None:
    answered = client.get(
        "/usage/ask?metric=cpu_allocated&by=x_Pod&by=&from=2026-10-05&until=2026-10-05",
        follow_redirects=False,
    )
    assert answered.status_code == 303
    assert answered.headers["location"] == (
        "/usage?metric=cpu_allocated&by=x_Pod&from=2026-10-05&to=2026-10-06"
    )
    picked = page(client, f"{ALLOCATED}&by=tags.team").one("select", id="pick-by-1")
    chosen = [option for option in picked.all("option") if "selected" in option.attrs]
    assert [option.attrs["value"] for option in chosen] == ["tags.team"]


def test_the_file_has_all_rows_unrounded(client: TestClient) -> None:
    link = page(client, f"{ALLOCATED}&by=x_Pod").one("a", data_csv="*").attrs["href"]
    answered = client.get(link)
    assert answered.headers["content-type"].startswith("text/csv")
    assert "db,cpu_allocated,Core-Hours,24.00,12.345,1" in answered.text


def test_nothing_that_matches_offers_the_way_out(client: TestClient) -> None:
    state = page(client, f"{ALLOCATED}&range=2020-01-01..2020-02-01").one(
        "div", data_state="nothing"
    )
    assert state.one("a").attrs["href"] == ALLOCATED


def test_no_usage_yet_says_what_to_do(empty: TestClient) -> None:
    assert "outlay load" in page(empty, "/usage").one("div", data_state="empty").text


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/usage?metric=cpu_alocated", "Did you mean cpu_allocated"),
        (f"{ALLOCATED}&where=" + quote("x_Pd = 'a'"), "no usage has x_Pd"),
        (f"{ALLOCATED}&where=" + quote("x_Pod ="), "is missing here"),
        ("/usage?colour=red", "is not a part of a question"),
    ],
)
def test_what_cannot_be_understood_is_said_and_never_zero(
    path: str, says: str, client: TestClient
) -> None:
    found = page(client, path, 400)
    assert says.lower() in found.text.lower()
    assert found.one("div", data_state="failed")


def test_explore_shows_the_estimate_beside_the_total_and_not_in_it(client: TestClient) -> None:
    found = page(client, "/explore?by=ResourceId&from=2026-10-01&to=2026-11-01")
    line = found.one("div", id="provisional")
    assert "estimate, not in the total" in line.text and "27.00 USD" in line.text
    assert found.one("dd", data_total="*").text == "30.00"


@pytest.mark.parametrize(
    "path",
    [
        "/explore?from=2026-09-01&to=2026-10-06",
        "/explore?m=ConsumedQuantity",
        "/explore?where=" + quote("ResourceId = 'i-2' OR ServiceCategory = 'Compute'"),
        "/explore?where=" + quote("tags.team = 'storefront'"),
    ],
)
def test_explore_has_no_estimate_where_none_fits(path: str, client: TestClient) -> None:
    assert page(client, path).all("div", id="provisional") == []


@pytest.mark.parametrize(
    ("range_", "shown"),
    [
        ("last-7-days", True),  # 29 September to 5 October, and the 6th
        ("month-to-date", True),
        ("last-month", False),
        ("2026-10-05..2026-10-06", False),
    ],
)
def test_a_range_up_to_yesterday_has_what_is_used_today(
    range_: str, shown: bool, workspace: Workspace
) -> None:
    beside = Provisional(workspace)
    # The cluster's last day, the 6th, is today.
    found = beside(CostQuery(range=range_), datetime(2026, 10, 6, 15))
    assert found == ({"USD": Decimal(27)} if shown else {})


def test_the_api_has_the_same(client: TestClient) -> None:
    found = client.get("/api/v1/provisional?by=x_Pod").json()
    assert found["provisional"] == {"USD": "27.00"}
    metrics = client.get("/api/v1/usage/metrics").json()
    assert [one["metric"] for one in metrics] == ["cpu_allocated", "cpu_request"]
    rows = client.get("/api/v1/usage?metric=cpu_request&by=x_Pod").json()["rows"]
    assert [(row["x_Pod"], row["quantity"], row["estimates"]) for row in rows] == [
        ("db", "48.00", {})
    ]
    refused = client.get("/api/v1/usage?metrc=cpu_request")
    assert refused.status_code == 400
    assert "metric" in refused.text


def test_deliveries_say_their_usage_rows(client: TestClient) -> None:
    slices = client.get("/api/v1/deliveries").json()
    (own,) = [item for item in slices if item["source"] == "cluster"]
    assert (own["charges"], own["usage_rows"]) == (0, 5)
    assert {line["metric"]: line["loaded"] for line in own["usage"]} == {
        "cpu_allocated": "96.00",
        "cpu_request": "48.00",
    }


def test_usage_alone_is_no_bill_to_explore(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "workspace", name="Acme")
    (tmp_path / "a.json").write_text(json.dumps(answer({"a": pod("2026-10-05", "1", "i-1")})))
    (done,) = workspace.load([str(tmp_path / "a.json")], source="cluster")
    assert done.outcome == "loaded"
    client = serving(workspace)
    assert page(client, "/").one("div", data_state="empty")
    assert page(client, "/usage").one("table", id="table")
    for path in ("/charges", "/sources", "/sources/cluster", "/sources/cluster/2026-10"):
        assert client.get(path).status_code == 200, path
    workspace.close()
