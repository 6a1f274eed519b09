"""The pages of a plan: the grid adds up, its address saves or tells who was faster, versions are
decided and compared, and what is charged is held against them."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from outlay.access import Level
from outlay.access.login import Door
from outlay.access.principal import Principal, acting
from outlay.app import Workspace
from outlay.app.planning import plans
from tests.web.access import OURS, PASSWORD, asking, cheap_hashing, fresh, log_in
from tests.web.page import parse
from tests.web.planned import MONTHS, PLAN, YEAR, edit, line_of
from tests.web.plans.conftest import EC2, HERE, amounts, grid, page

# --- the grid -------------------------------------------------------------------------------------


def test_the_grid_adds_up_by_row_group_quarter_and_year(reader: TestClient) -> None:
    rows = grid(page(reader, f"{HERE}?quarters=1"))
    assert list(rows) == ["data", "Amazon Redshift", "shop", "Amazon Elastic Compute Cloud",
                          "AWS Support", "Total"]  # fmt: skip
    fee, machines, shop = rows["AWS Support"], rows["Amazon Elastic Compute Cloud"], rows["shop"]
    months = [n for n in range(16) if (n + 1) % 4]
    for row in rows.values():
        found = amounts(row)
        assert len(found) == 17
        assert sum(found[n] or 0 for n in months) == found[-1]
        assert [sum(x or 0 for x in found[q : q + 3]) for q in (0, 4, 8, 12)] == found[3::4]
    pairs = zip(amounts(fee), amounts(machines), amounts(shop), strict=True)
    assert all((a or 0) + (b or 0) == c for a, b, c in pairs)
    assert amounts(rows["Total"])[-1] == YEAR + 30
    assert machines.all("td")[2].attrs["data-b"] == "300.00"
    assert "adjusted" in machines.all("td")[2].attrs["class"]
    assert [h.attrs["data-col"] for h in page(reader, HERE).all("th", data_col="*")][:12] == list(
        MONTHS
    )


def test_views_show_baseline_adjustments_actual_variance_and_outlook(reader: TestClient) -> None:
    def view(name: str) -> list[Decimal | None]:
        return amounts(grid(page(reader, f"{HERE}?view={name}"))["Total"])

    assert view("baseline") == [Decimal("540.00")] * 12 + [YEAR]
    nothing = [Decimal("0.00")]
    assert view("adjustments") == nothing * 2 + [Decimal("30.00")] + nothing * 9 + [Decimal(30)]
    actual = view("actual")
    assert actual[:4] == [Decimal(555), Decimal(555), Decimal(540), Decimal(390)]
    assert actual[4:12] == [None] * 8
    assert view("variance")[4:12] == [None] * 8
    assert view("variance")[:4] == [Decimal(15), Decimal(15), Decimal(-30), Decimal(-150)]
    outlook = view("outlook")
    assert outlook[:4] == actual[:4]
    assert outlook[-1] == sum(x or 0 for x in outlook[:12])
    assert grid(page(reader, f"{HERE}?beside=1"))["Total"].all("span", cls="beside")[0].text == (
        "555.00"
    )


def test_only_what_may_be_changed_is_offered_for_change(reader: TestClient) -> None:
    drafted = page(reader, HERE).one("section", cls="plan-grid").attrs
    assert "data-editable" in drafted
    assert drafted["data-fixed"] == ""
    approved = page(reader, f"{HERE}?version=1").one("section", cls="plan-grid").attrs
    assert "data-editable" not in approved
    assert "never changes" in approved["data-fixed"]
    other = page(reader, f"{HERE}?view=baseline").one("section", cls="plan-grid").attrs
    assert "view Plan" in other["data-fixed"]
    assert all("hidden" in row.attrs for name, row in grid(page(reader, f"{HERE}?depth=1")).items()
               if name not in ("data", "shop", "Total"))  # fmt: skip
    assert page(reader, f"{HERE}?view=dreams", 400).all("div", data_state="failed")


# --- saving ---------------------------------------------------------------------------------------


def save(client: TestClient, **changes: object) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"{HERE}/cells", json=changes)
    return answer.status_code, answer.json()


def batch(
    workspace: Workspace, amount: str, seen: str, month: str = "2026-11"
) -> dict[str, object]:
    revision = plans.version(workspace, PLAN).info.revision
    cell = {"line": line_of(workspace, *EC2), "month": "2026-11", "amount": amount, "seen": seen}
    return {"revision": revision, "reason": "Black Friday", "effect": "volume", "edits": [cell]}


def test_the_grid_saves_amounts_as_adjustments_with_their_reason(
    own: Workspace, client: TestClient
) -> None:
    asked = batch(own, "450.10", "300.00")
    status, said = save(client, **asked)
    assert status == 200
    assert (said["saved"], said["others"]) == (1, False)
    assert said["cells"] == [{"line": line_of(own, *EC2), "month": "2026-11", "amount": "450.10"}]
    document = plans.version(own, PLAN).document
    assert said["revision"] == document.revision
    last = document.adjustments[-1]
    assert (last.amount, last.reason, last.effect) == (Decimal("150.10"), "Black Friday", "volume")
    assert amounts(grid(page(client, HERE))["Total"])[4] == Decimal("690.10")


def test_somebody_who_was_faster_is_told_with_amount_reason_and_moment(
    own: Workspace, client: TestClient
) -> None:
    asked = batch(own, "450.00", "300.00")
    with acting(Principal("ann@acme.example", Level.EDITOR)):
        edit(own, *EC2, "2026-11", "310.00", "A new customer")
    status, said = save(client, **asked)
    assert status == 409
    (clash,) = said["conflicts"]
    assert (clash["mine"], clash["theirs"]) == ("450.00", "310.00")
    assert (clash["who"], clash["reason"]) == ("ann@acme.example", "A new customer")
    assert "UTC" in clash["when"]
    assert plans.version(own, PLAN).document.adjustments[-1].amount == Decimal("10.00")
    status, said = save(client, **batch(own, "450.00", "310.00"))
    assert status == 200
    assert amounts(grid(page(client, HERE))["Amazon Elastic Compute Cloud"])[4] == Decimal(450)


def test_who_saved_one_amount_has_not_seen_what_others_made_of_another(
    own: Workspace, client: TestClient
) -> None:
    both = batch(own, "450.00", "300.00")
    with acting(Principal("ann@acme.example", Level.EDITOR)):
        edit(own, *EC2, "2026-12", "310.00", "A new customer")
    status, said = save(client, **both)
    assert (status, said["others"]) == (200, True)
    # Without another look at the page, of the revision that the save gave: December is Ann's.
    december = {**both["edits"][0], "month": "2026-12", "amount": "500.00"}  # type: ignore[index]
    status, said = save(client, **{**both, "revision": said["revision"], "edits": [december]})
    assert status == 409
    (clash,) = said["conflicts"]
    assert (clash["mine"], clash["theirs"], clash["who"]) == (
        "500.00", "310.00", "ann@acme.example",
    )  # fmt: skip
    assert "adjusted" in said["problem"]
    assert amounts(grid(page(client, HERE))["Amazon Elastic Compute Cloud"])[5] == Decimal(310)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"reason": ""}, "reason"),
        ({"effect": "luck"}, "effect"),
        ({"edits": []}, "edits"),
        ({"amount": "1.005"}, "2 decimals"),
        ({"amount": "a lot"}, "not an amount"),
        ({"month": "2026-06"}, "no month of the plan"),
        ({"line": "l99"}, "no line"),
    ],
)
def test_what_is_wrong_in_a_batch_is_said_and_nothing_is_kept(
    kept: Workspace, reader: TestClient, change: dict[str, object], word: str
) -> None:
    asked = batch(kept, "450.00", "300.00")
    cell = asked["edits"][0]  # type: ignore[index]
    for key, value in change.items():
        (asked if key in asked else cell)[key] = value
    before = plans.version(kept, PLAN).info.revision
    status, said = save(reader, **asked)
    assert status in (400, 404)
    assert word in str(said["problem"])
    assert plans.version(kept, PLAN).info.revision == before


# --- without scripts ------------------------------------------------------------------------------


def test_a_line_is_changed_by_its_form_and_an_adjustment_taken_back(
    own: Workspace, client: TestClient
) -> None:
    address = f"{HERE}/lines/{line_of(own, *EC2)}"
    form = page(client, address).one("form", action=address)
    fields = {box.attrs["name"]: box.attrs.get("value", "") for box in form.all("input")}
    assert fields["amount-2026-09"] == "330.00"
    sent = fields | {"amount-2026-11": "1,450.00", "reason": "Sale", "effect": "price"}
    answer = client.post(address, data=sent)
    assert answer.status_code == 200
    after = page(client, address)
    assert after.one("dd", id="line-total").attrs["data-amount"] == "4780.00"
    row = after.one("section", id="adjustments").all("tbody")[0].all("tr")[0]
    assert "Sale" in row.text
    assert "+1,150.00" in row.text
    number = row.one("input", name="adjustment").attrs["value"]
    client.post(f"{address}/take-back", data={"adjustment": number, "reason": "mistaken"})
    after = page(client, address)
    assert after.one("dd", id="line-total").attrs["data-amount"] == "3630.00"
    assert len(after.all("tr", cls="taken-back")) == 1
    same = client.post(address, data=fields | {"reason": "nothing"})
    assert same.status_code == 409
    assert "no amount was changed" in parse(same.text).one("p", id="problem").text.lower()
    for meant_elsewhere, why in (("1200,50", "as it is written here"), ("1.200", "read two ways")):
        typed = fields | {"reason": "round", "amount-2026-11": meant_elsewhere}
        refused = client.post(address, data=typed)
        assert refused.status_code == 409
        assert why in parse(refused.text).one("p", id="problem").text


def test_notes_drivers_names_and_removal_are_forms_too(own: Workspace, client: TestClient) -> None:
    address = f"{HERE}/lines/{line_of(own, *EC2)}"
    client.post(f"{address}/note", data={"text": "Ask Ann", "month": "2026-12"})
    assert (
        "Ask Ann" in page(client, f"{address}/months/2026-12").one("div", id="panel-content").text
    )
    assert "noted" in grid(page(client, HERE))[EC2[1]].all("td")[5].attrs["class"]
    driven = {"metric": "", "volume": "1,000", "unit_cost": "0.305", "reason": "per order"}
    assert client.post(f"{address}/driver", data=driven).status_code == 200
    found = page(client, address)
    assert found.one("input", id="v-2027-01").attrs["value"] == "1000"
    assert found.one("input", id="a-2027-01").attrs["value"] == "305.00"
    client.post(address, data={"volume-2027-01": "2000", "reason": "More orders"})
    assert page(client, address).one("input", id="a-2027-01").attrs["value"] == "610.00"
    client.post(f"{address}/change", data={"title": "Machines", "where": ""})
    assert page(client, address).one("h1").text == "Machines"
    client.post(f"{address}/remove", data={"reason": "bought elsewhere"})
    assert "Machines" not in grid(page(client, HERE))


def test_a_planned_line_is_added_with_amounts(own: Workspace, client: TestClient) -> None:
    new = {"path0": "labs", "path1": "Amazon Bedrock", "amount-2027-01": "1000.00",
           "amount-2027-02": "1500", "reason": "A launch", "effect": "volume"}  # fmt: skip
    assert client.post(f"{HERE}/lines", data=new).status_code == 200
    rows = grid(page(client, HERE))
    assert amounts(rows["labs"])[-1] == Decimal(2500)
    cells = dict(zip(MONTHS, rows["Amazon Bedrock"].all("td"), strict=False))
    assert cells["2027-01"].text == "1,000.00"
    assert (cells["2026-07"].text, cells["2026-07"].attrs["data-v"]) == ("–", "0.00")
    assert "no history" in cells["2026-07"].attrs["title"]
    again = client.post(f"{HERE}/lines", data=new)
    assert again.status_code == 400
    root = parse(again.text)
    assert "already" in root.one("p", id="problem").text
    assert root.one("input", id="new-2027-01").attrs["value"] == "1000.00"


# --- deciding and comparing -----------------------------------------------------------------------


def test_a_version_is_submitted_rejected_begun_anew_and_approved(
    own: Workspace, client: TestClient
) -> None:
    edit(own, *EC2, "2026-12", "500.00", "Christmas")
    revision = plans.version(own, PLAN).info.revision
    stale = client.post(f"{HERE}/submit", data={"revision": "1"})
    assert stale.status_code == 409
    answer = client.post(f"{HERE}/submit", data={"revision": str(revision), "note": "please"})
    assert "submitted" in parse(answer.text).one("p", role="status").text
    locked = page(client, HERE).one("section", cls="plan-grid").attrs
    assert "waits for approval" in locked["data-fixed"]
    refused = client.post(f"{HERE}/reject", data={"version": "2", "reason": "too much"})
    assert "rejected" in parse(refused.text).one("p", role="status").text
    client.post(f"{HERE}/draft", data={"of": "2", "title": "Second try"})
    client.post(f"{HERE}/submit", data={})
    client.post(f"{HERE}/approve", data={"version": "3", "note": "agreed"})
    states = [row[1] for row in page(client, f"{HERE}/versions").one("table", id="table").rows()]
    assert states == ["approved", "rejected", "superseded"]


def test_two_versions_differ_by_exactly_what_was_changed(
    own: Workspace, client: TestClient
) -> None:
    edit(own, *EC2, "2026-12", "500.10", "Christmas")
    root = page(client, f"{HERE}/compare?before=1&after=2")
    assert Decimal(root.one("dd", id="change").attrs["data-exact"]) == Decimal("200.10")
    (row,) = root.one("table", id="table").rows()
    assert row[1:4] == ["3,630.00", "3,830.10", "▲ +200.10"]
    assert [cell for cell in row[4:] if cell != "–"] == ["+200.10"]
    assert root.one("table", id="months").rows("tfoot")[0][1] == "+200.10"


def test_the_bridge_leads_from_plan_to_actual_to_the_last_digit(reader: TestClient) -> None:
    root = page(reader, f"{HERE}/variance")
    steps = [Decimal(c.attrs["data-exact"])
             for c in root.one("table", id="plan-steps").all("td", data_exact="*")]  # fmt: skip
    planned_, *effects, actual = steps
    assert (planned_, actual) == (Decimal("2190.00"), Decimal("2040.00"))
    assert planned_ + sum(effects) == actual
    assert len(root.one("svg", cls="waterfall").all("rect")) == 6
    month = page(reader, f"{HERE}/variance?first=2026-09&last=2026-09&depth=2")
    steps = [Decimal(c.attrs["data-exact"])
             for c in month.one("table", id="plan-steps").all("td", data_exact="*")]  # fmt: skip
    assert (steps[0], sum(steps[1:-1]), steps[-1]) == (570, -30, 540)
    names = [row[0] for row in month.one("table", id="table").rows()]
    assert names[:2] == ["shop", "Amazon Elastic Compute Cloud"]


def test_the_outlook_is_actual_then_estimate_and_adds_up(reader: TestClient) -> None:
    root = page(reader, f"{HERE}/outlook")
    rows = root.one("table", id="months").rows()
    assert [row[3] for row in rows[:4]] == ["actual"] * 4
    told = [Decimal(row[2].replace(",", "")) for row in rows]
    assert told[:3] == [Decimal("555.00"), Decimal("555.00"), Decimal("540.00")]
    assert sum(told) == Decimal(root.one("dd", id="estimate").attrs["data-exact"])


def test_lines_that_are_not_shown_are_counted(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outlay.web.plans import analysis

    monkeypatch.setattr(analysis, "_MOST_LINES", 1)
    for tab in ("variance", "outlook"):
        root = page(reader, f"{HERE}/{tab}")
        assert len(root.one("table", id="table").rows()) == 1
        assert "and 1 more row, counted" in root.text


def test_who_submits_does_not_approve_where_somebody_else_can(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_hashing(monkeypatch)
    people = Door(own.resources).people
    for name, role in (("ed", "editor"), ("ada", "approver"), ("vera", "viewer")):
        people.add(name, role, password=PASSWORD)
    app = fresh(own)
    ed, ada, vera = (log_in(asking(app), name) for name in ("ed", "ada", "vera"))
    assert vera.post(f"{HERE}/submit", data={}, headers=OURS).status_code == 403
    assert "data-editable" not in page(vera, HERE).one("section", cls="plan-grid").attrs
    assert ed.post(f"{HERE}/submit", data={"note": "please"}, headers=OURS).status_code == 303
    assert not page(ed, HERE).all("form", action=f"{HERE}/approve")
    assert "needs an approver" in page(ed, HERE).text
    approve = {"version": "2", "note": "agreed"}
    assert ed.post(f"{HERE}/approve", data=approve, headers=OURS).status_code == 403
    assert page(ada, HERE).all("form", action=f"{HERE}/approve")
    assert ada.post(f"{HERE}/approve", data=approve, headers=OURS).status_code == 303
    approved = plans.get_plan(own, PLAN).approved
    assert approved is not None
    assert (approved.info.version, approved.info.approver) == (2, "ada")


# --- spreadsheets ---------------------------------------------------------------------------------


def test_a_workbook_goes_out_and_comes_in_after_a_look(own: Workspace, client: TestClient) -> None:
    answer = client.get(f"{HERE}/xlsx")
    assert answer.headers["content-disposition"].startswith('attachment; filename="fy27-v2')
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet, cell = _cell_of(book, EC2[1], "300")
    sheet[cell].value = 412.5
    out = io.BytesIO()
    book.save(out)
    before = plans.version(own, PLAN).info.revision
    look = client.post(f"{HERE}/import", files={"file": ("mine.xlsx", out.getvalue())})
    assert look.status_code == 200, look.text
    root = parse(look.text)
    assert root.one("dd", id="would-change").text == "1 amount"
    assert root.one("table", id="table").rows()[0][3:] == ["300.00", "412.50", "▲ +112.50"]
    assert plans.version(own, PLAN).info.revision == before
    fields = {box.attrs["name"]: box.attrs.get("value", "")
              for box in root.one("form", action=f"{HERE}/import/apply").all("input")}  # fmt: skip
    taken = client.post(f"{HERE}/import/apply", data=fields | {"reason": "from finance"})
    assert "amounts of the file were taken" in parse(taken.text).one("p", role="status").text
    last = plans.version(own, PLAN).document.adjustments[-1]
    assert last.amount == Decimal("112.50")
    assert "from finance" in last.reason
    wrong = client.post(f"{HERE}/import", files={"file": ("mine.xlsx", b"no workbook")})
    assert wrong.status_code == 409
    assert parse(wrong.text).all("p", id="problem")


def _cell_of(book: openpyxl.Workbook, name: str, amount: str) -> tuple[Any, str]:
    """A cell with an amount, in a row that has a name."""
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            if not any(cell.value == name for cell in row):
                continue
            for cell in row:
                if isinstance(cell.value, int | float) and Decimal(str(cell.value)) == Decimal(
                    amount
                ):
                    return sheet, cell.coordinate
    raise AssertionError(f"no {amount} beside {name}")
