"""The pages of budgets: the tree, one of them, the form, suggestions, and who sees what."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.access import Level, Principal, acting
from outlay.app import Workspace
from outlay.app.planning import budgets
from outlay.app.planning.budget_scopes import lies_within
from outlay.expression.errors import QueryError
from outlay.resources import ResourceNotFoundError
from tests.access.twoteams import People
from tests.budgets.company import keep
from tests.budgets.conftest import MOMENT
from tests.web.conftest import serving
from tests.web.page import Node, parse

FORM = {
    "title": "Data and more", "scope": "team = 'data'", "currency": "USD", "amount": "155",
    "period": "month", "measure": "EffectiveCost", "carry": "none", "shape": "history",
    "t_of": ["actual", "forecast", "actual"], "t_value": ["80%", "", "1,200.50"],
    "t_severity": ["info", "warning", "critical"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 21 October 2026."""
    for module in ("outlay.web.budgets.routes", "outlay.app.planning.budgets",
                   "outlay.app.planning.budget_drafts"):  # fmt: skip
        monkeypatch.setattr(f"{module}.utc_now", lambda: MOMENT)
    monkeypatch.setattr(Workspace, "today", lambda _: MOMENT.date())


@pytest.fixture(scope="session")
def client(kept: Workspace) -> TestClient:
    return serving(kept)


@pytest.fixture(scope="module")
def ours(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A copy of the company that the tests here change, one after the other."""
    folder = tmp_path_factory.mktemp("ours") / "workspace"
    shutil.copytree(made, folder)
    workspace = Workspace.open(folder)
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def desk(ours: Workspace) -> TestClient:
    return serving(ours)


@pytest.fixture(scope="module")
def people(ours: Workspace) -> People:
    return People(ours)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, response.text[:2000]
    return parse(response.text)


def table(found: Node, ident: str) -> list[list[str]]:
    """The rows of a table as texts, without those that are notes."""
    return [row for row in found.one("table", id=ident).rows() if len(row) > 3]


def test_the_list_is_a_tree_with_exact_amounts(client: TestClient) -> None:
    found = page(client, "/budgets")
    rows = {row[0].split(" Oct ")[0]: row for row in table(found, "budgets")}
    assert rows["The shop"][1] == "On track"
    assert "290.00" in rows["The shop"][3] and rows["The shop"][4] == "420.00"
    assert rows["The shop"][5] == "69.0%"
    assert rows["The shop"][6].startswith("-14.50")
    assert "390.00" in rows["Everything"][3] and rows["Everything"][4] == "600.00"
    text = " ".join(found.text.split())
    assert "550.00 given to its parts, 50.00 not given away; 0.00 of its cost is in none" in text
    assert "1 of 3 added, the others lie within" in text


def test_filters_are_in_the_address(client: TestClient) -> None:
    assert "Nothing matches" in page(client, "/budgets?state=over").text
    july = page(client, "/budgets?at=2026-07")
    assert "Kept 2" in " ".join(july.text.split()) and "Over 1" in " ".join(july.text.split())
    only = page(client, "/budgets?at=2026-07&state=over")
    assert [row[0].split(" Jul ")[0] for row in table(only, "budgets")] == ["data"]
    mine = page(client, "/budgets?owner=shop")
    assert [row[0].split(" Oct ")[0] for row in table(mine, "budgets")] == ["The shop"]
    wrong = page(client, "/budgets?at=july", 400)
    assert "'july' is not a billing period" in wrong.text


def test_one_with_its_chart_parts_and_past(client: TestClient) -> None:
    found = page(client, "/budgets/all")
    text = " ".join(found.text.split())
    assert "Everything On track" in text and "Expected before 21 Oct 2026" in text
    lines = {one.attrs["class"] for one in found.one("svg", cls="budget-chart").all("polyline")}
    assert {"actual", "expected", "forecast"} <= lines
    assert "The shop" in text and "All parts" in text and "In no part" in text
    links = [one.attrs["href"] for one in found.all("a")]
    assert any(
        link.startswith("/explore?") and "from=2026-10-01&to=2026-11-01" in link for link in links
    )
    assert any(link.startswith("/drivers?") and "against=2026-09-01..2026-09-21" in link
               for link in links)  # fmt: skip
    data = page(client, "/budgets/data")
    (present, *_) = data.one(id="history").one("table").rows()
    # The period that the page is about has one state: with its forecast, above and in the table.
    assert data.one("h1").text.split(maxsplit=1)[1] == present[1] == "Heading over"
    past = page(client, "/budgets/data?period=2026-07")
    assert "155.00" in past.text and "used up on 31 Jul 2026" in " ".join(past.text.split())
    assert page(client, "/budgets/data?period=2026-Q3", 400)
    assert page(client, "/budgets/nobody", 404)


def test_the_form_previews_then_keeps_then_changes(ours: Workspace, desk: TestClient) -> None:
    own, client = ours, desk
    shown = client.post("/budgets", data={**FORM, "action": "preview"})
    assert shown.status_code == 200 and "How it would have fared" in shown.text
    text = " ".join(parse(shown.text).text.split())
    # Ten months of thirty days at 5 a day keep 155, also those of 31.
    assert "Jul 2026 Kept" in text and "155.00" in text
    assert own.resources.names("Budget") == ["all", "data", "shop"]
    kept = client.post("/budgets", data=FORM, follow_redirects=False)
    assert (kept.status_code, kept.headers["location"]) == (303, "/budgets/data-and-more")
    spec = budgets.budget(own, "data-and-more").spec
    assert [(t.key, t.severity) for t in spec.thresholds] == [
        ("actual/80%", "info"), ("actual/1200.5", "critical"),
    ]  # fmt: skip
    edit = page(client, "/budgets/data-and-more/edit")
    values = [one.attrs.get("value") for one in edit.all("input")]
    assert "155.00" in values and "1200.5" in values
    changed = {**FORM, "amount": "160", "version": "1", "amounts": "2026-11 170\n2026-12: 180"}
    assert client.post("/budgets/data-and-more", data=changed).status_code == 200
    assert budgets.budget(own, "data-and-more").spec.amounts.keys() == {"2026-11", "2026-12"}
    # Somebody else's version was seen.
    stale = client.post("/budgets/data-and-more", data={**FORM, "version": "1"})
    assert stale.status_code == 400 and "Not saved" in stale.text
    assert client.post("/budgets/data-and-more/delete", follow_redirects=False).status_code == 303
    assert "data-and-more" not in own.resources.names("Budget")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount": "lots"}, "amount"),
        ({"amount": "1.200"}, "can be read two ways"),
        ({"amounts": "2026-11 1200,50"}, "is no number as it is written here"),
        ({"t_value": "1200,5"}, "is no number as it is written here"),
        ({"scope": "team ="}, "scope"),
        ({"amounts": "2026-11"}, "line 1"),
        ({"amounts": "2026-11 5\n2026-11 6"}, "is there twice"),
        ({"parent": "nobody"}, "nobody"),
        ({"carry": "both"}, "rollover needs from"),
    ],
)
def test_what_is_not_right_stays_in_the_form(client: TestClient, changes, why) -> None:
    for action in ("save", "preview"):
        response = client.post("/budgets", data={**FORM, **changes, "action": action})
        assert response.status_code == 400
        found = parse(response.text)
        assert why in found.one("div", id="problem").text
    assert "Data and more" in [one.attrs.get("value") for one in found.all("input")]


def test_several_are_suggested_and_kept_at_once(ours: Workspace, desk: TestClient) -> None:
    own, client = ours, desk
    found = page(client, "/budgets/_suggest?tag=team&margin=5&months=3")
    assert table(found, "suggestions")[0][:4] == ["shop", "400.00", "400.00", "390.00"]
    chosen = {
        "tag": "team", "margin": "5", "months": "3", "name": ["team-shop", "team-data"],
        "amount-team-shop": "1,450", "amount-team-data": "170.00",
    }  # fmt: skip
    done = client.post("/budgets/_suggest", data=chosen, follow_redirects=False)
    assert done.headers["location"] == "/budgets"
    assert budgets.budget(own, "team-shop").spec.amount == 1450
    again = client.post("/budgets/_suggest", data=chosen)
    assert again.status_code == 400 and "no budget is chosen" in again.text
    bad = client.post("/budgets/_suggest", data={**chosen, "tag": "taem"})
    assert bad.status_code == 400 and "there is no virtual tag" in bad.text
    for name in ("team-shop", "team-data"):
        own.resources.delete("Budget", name, author="test")


def test_without_budgets_the_page_says_what_to_do(tmp_path_factory) -> None:
    workspace = Workspace.init(tmp_path_factory.mktemp("empty"))
    client = serving(workspace)
    found = page(client, "/budgets")
    assert "No budget yet" in found.text
    assert "/sources" in [one.attrs["href"] for one in found.all("a")]
    assert "No virtual tag yet" in page(client, "/budgets/_suggest").text
    keep(workspace, "early", amount="5")
    text = page(client, "/budgets/early").text
    assert "no bill was loaded yet" in text and "Nothing to draw yet" in text
    workspace.close()


def test_a_budget_that_fails_says_why_beside_the_others(
    ours: Workspace, desk: TestClient, monkeypatch
) -> None:
    keep(ours, "data", scope="team = 'data'", amount="151", parent="all")
    real = Workspace.query

    def refuse(self, query, now=None):
        if "'data'" in query.where:
            raise QueryError("<b>the lake is away</b>")
        return real(self, query, now)

    monkeypatch.setattr(Workspace, "query", refuse)
    client = desk
    found = client.get("/budgets")
    assert found.status_code == 200 and "Failed" in found.text
    assert "&lt;b&gt;the lake is away" in found.text and "<b>the lake" not in found.text
    assert "290.00" in found.text
    one = client.get("/budgets/data")
    assert one.status_code == 200 and "It cannot be told" in one.text


# --- who sees what -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "wider", "within"),
    [
        ("team = 'a'", "", True),
        ("", "team = 'a'", False),
        ("team = 'a'", "team = 'a'", True),
        ("team = 'b'", "team = 'a'", False),
        ("team = 'a' AND ServiceName = 'x'", "team = 'a'", True),
        ("team = 'a'", "team IN ('a', 'b')", True),
        ("team IN ('a', 'b')", "team = 'a'", False),
        ("team IN ('a', 'b')", "team IN ('b', 'c', 'a')", True),
        ("team = 'a' OR team = 'b'", "team = 'a'", False),
        ("team <> 'b'", "team = 'a'", False),
        ("team = 'a' AND RegionId = 'eu'", "RegionId = 'eu' AND team = 'a'", True),
        ("team = 'a'", "team = 'a' AND RegionId = 'eu'", False),
    ],
)
def test_a_scope_that_lies_within_another(scope, wider, within) -> None:
    assert lies_within(scope, wider) is within


def test_people_of_a_scope_see_whole_budgets_of_theirs_alone(kept: Workspace) -> None:
    person = Principal("dora", Level.EDITOR, role="data", scope="team = 'data'", via="session")
    with acting(person):
        (found,) = budgets.statuses(kept, MOMENT)
        assert (found.budget.name, found.budget.parent, found.budget.spec.parent) == (
            "data",
            "",
            "",
        )
        assert found.status is not None and found.status.actual == 100
        with pytest.raises(ResourceNotFoundError, match="There are: data"):
            budgets.budget(kept, "shop")
    half = Principal("eve", Level.VIEWER, scope="team = 'data' AND RegionId = 'eu'", via="session")
    with acting(half):
        assert budgets.statuses(kept, MOMENT) == ()


def test_pages_of_people_of_a_scope(people: People) -> None:
    editor = people.client(Level.EDITOR, "team = 'data'")
    listed = editor.get("/budgets")
    assert listed.status_code == 200 and "You see a part" in listed.text
    assert re.search(r">data</a>", listed.text) and "The shop" not in listed.text
    assert "Everything" not in listed.text and "/budgets/_new" not in listed.text
    assert editor.get("/budgets/shop").status_code == 404
    assert "Everything" not in editor.get("/budgets/data").text
    for path in ("/budgets/_new", "/budgets/_suggest", "/budgets/data/edit"):
        assert editor.get(path).status_code == 403
    assert editor.post("/budgets", data=FORM).status_code == 403
    told = editor.get("/api/v1/budgets").json()
    assert [(one["name"], one["parent"], one["spec"].get("parent")) for one in told] == [
        ("data", None, None)
    ]
    nothing = people.client(Level.VIEWER, "team = 'nobody'").get("/budgets")
    assert nothing.status_code == 200 and "No budget of yours" in nothing.text


def test_a_viewer_is_offered_nothing_to_change(people: People) -> None:
    viewer = people.client(Level.VIEWER)
    assert "/budgets/_new" not in viewer.get("/budgets").text
    assert "/budgets/all/edit" not in viewer.get("/budgets/all").text
    assert viewer.post("/budgets/all/delete").status_code == 403
