"""The pages of forecasts say what the forecast says, to the cent, and tell why there is none."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from outlay.access import Level, acting
from outlay.access.principal import Principal
from outlay.app import Workspace
from outlay.app.forecasting.forecasting import forecast
from outlay.money import total
from outlay.query import CostQuery
from tests.forecasting.bills import (
    COMMITMENT,
    COMPUTE,
    END,
    NEW,
    STORAGE,
    SUPPORT,
    days,
    workspace_of,
)
from tests.web.company import Line, line, load
from tests.web.conftest import Get, empty, serving

__all__ = ["empty"]
BY_SERVICE = "/forecast?by=ServiceName&currency=USD"


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def summed(rows: list[dict[str, str]], column: str, month: str) -> Decimal:
    return total(Decimal(r[column]) for r in rows if r["month"] == month and r[column])


def test_page_csv_and_api_have_the_same_total(
    forecasts: TestClient, page: Get, daily: Workspace
) -> None:
    shown = page(BY_SERVICE)
    outlook = shown.one("dd", data_outlook="")
    rows = table(forecasts.get("/forecast.csv?by=ServiceName&currency=USD").text)
    first = rows[0]["month"]
    said = Decimal(outlook.attrs["title"].replace(",", ""))
    assert said == summed(rows, "outlook", first)
    answer = forecasts.get("/api/v1/forecast?by=ServiceName&currency=USD&until=2027-03-01").json()
    (whole,) = answer["totals"]
    assert [month["outlook"] for month in whole["months"]][0] == str(said)
    for month in whole["months"]:
        assert summed(rows, "outlook", month["period"]) == Decimal(month["outlook"])
        assert summed(rows, "forecast", month["period"]) == Decimal(month["forecast"])
    assert total(Decimal(o["months"][1]["outlook"]) for o in answer["series"]) == Decimal(
        whole["months"][1]["outlook"]
    )
    days = table(forecasts.get("/forecast.csv?by=ServiceName&currency=USD&grain=day").text)
    assert total(Decimal(r["expected"]) for r in days if r["expected"]) == total(
        Decimal(month["forecast"]) for month in whole["months"]
    )


def test_the_page_names_method_past_error_and_what_is_too_new(page: Get) -> None:
    shown = page(BY_SERVICE)
    names = [row[0] for row in shown.one("table", data_forecast="USD").rows()]
    assert COMPUTE in names[0] and any(STORAGE in name for name in names)
    assert any("Without a forecast of their own (1)" in name for name in names)
    text = shown.text
    assert NEW in text and "too little history" in text and "tried" in text
    assert SUPPORT in text and "monthly on day 1 (500" in text
    spec = json.loads(
        next(n for n in shown.all("div") if "data-chart" in n.attrs).attrs["data-chart"]
    )
    assert [band["name"] for band in spec["forecast"]["bands"]] == ["95 %", "80 %"]
    assert len(spec["labels"]) == len(spec["forecast"]["values"]) == len(spec["forecast"]["texts"])


def test_a_name_narrows_and_the_address_keeps_the_state(page: Get) -> None:
    shown = page(f"{BY_SERVICE}&ahead=6")
    link = next(a for a in shown.all("a") if a.attrs.get("title") == COMPUTE)
    assert "ahead=6" in link.attrs["href"] and "ServiceName+%3D" not in link.attrs["href"]
    narrow = page(link.attrs["href"])
    assert "Forecast of effective cost" in narrow.one("h1").text
    explore = next(a for a in shown.all("a") if a.attrs.get("href", "").startswith("/explore?"))
    assert "forecast=" in explore.attrs["href"]


def test_too_little_history_is_a_state_of_its_own(page: Get) -> None:
    shown = page(f"/forecast?where=ServiceName%20%3D%20%27{NEW}%27&currency=USD")
    state = shown.one("section", data_no_forecast="")
    assert "Too little history" in state.text
    assert not [node for node in shown.all("div") if "data-chart" in node.attrs]
    nothing = page("/forecast?where=ServiceName%20%3D%20%27nix%27")
    assert "No charges match" in nothing.text


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/forecast?by=Nix", "is not a"),
        ("/forecast?where=ServiceName%20%3D", "where"),
        ("/forecast?until=2020-01-01", "no day to forecast"),
        ("/forecast?days=9999", "too far ahead"),
        ("/forecast?ahead=5", "no number of months"),
        ("/forecast?range=last-month", "takes no range"),
        ("/forecast?compare=previous", "compares with nothing"),
        ("/forecast/accuracy?back=x", "no number of days"),
        ("/forecast/accuracy?back=%C2%B2", "no number of days"),
        ("/forecast?days=%C2%B2", "no number of days"),
    ],
)
def test_what_cannot_be_forecast_is_told(forecasts: TestClient, path: str, told: str) -> None:
    answer = forecasts.get(path)
    assert answer.status_code == 400
    assert told in answer.text and "Everything" in answer.text


def test_a_file_of_a_moment_that_is_not_kept_says_so(forecasts: TestClient) -> None:
    for path in ("/forecast.csv", "/forecast/accuracy.csv"):
        answer = forecasts.get(f"{path}?as_of=2001-01-01")
        assert answer.status_code == 400 and answer.headers["content-type"].startswith("text/plain")


def test_months_ahead_are_counted_from_the_moment_that_is_asked(tmp_path: Path) -> None:
    """What the ledger knew of September: October and the three months after it, as asked then."""

    def storage(last: date) -> list[Line]:
        return [line("40.25", f"{day}", service=STORAGE) for day in days(date(2026, 8, 1), last)]

    workspace = workspace_of(tmp_path, storage(date(2026, 9, 21)))
    before = str(workspace.snapshots()[-1].snapshot_id)
    load(workspace, tmp_path, "acme", storage(END))
    text = serving(workspace).get(f"/forecast.csv?as_of={before}").text
    assert [row["month"] for row in table(text)] == ["2026-10", "2026-11", "2026-12", "2027-01"]
    workspace.close()


def test_no_bill_yet(empty: TestClient) -> None:
    for path in ("/forecast", "/forecast/accuracy", "/forecast/changes"):
        assert empty.get(path).status_code == 200
    assert empty.get("/api/v1/forecast").json()["reason"]


def test_what_was_said_against_what_came(forecasts: TestClient, page: Get) -> None:
    shown = page("/forecast/accuracy?by=ServiceName&currency=USD")
    assert shown.one("p", data_how="cut")
    rows = table(forecasts.get("/forecast/accuracy.csv?by=ServiceName&currency=USD").text)
    api = forecasts.get("/api/v1/forecast/accuracy?by=ServiceName&currency=USD&days=30").json()
    assert total(Decimal(r["actual"]) for r in rows) == Decimal(api["totals"][0]["actual"])
    assert total(Decimal(r["expected"]) for r in rows) == Decimal(api["totals"][0]["expected"])
    assert api["how"] == "cut" and api["days"] == 30


def test_planned_changes_are_added_changed_and_removed(
    forecasts: TestClient, page: Get, planned: Workspace
) -> None:
    assert "Nothing is planned" in page("/forecast/changes").text
    form = {"title": "Launch <b>x</b>", "from": "2026-12-01", "effect": "percent", "amount": "20",
            "where": f"ServiceName = '{COMPUTE}'"}  # fmt: skip
    made = forecasts.post("/forecast/changes", data=form, follow_redirects=False)
    assert (made.status_code, made.headers["location"]) == (303, "/forecast/changes")
    (kept,) = planned.resources.list("PlannedChange")
    listed = forecasts.get("/forecast/changes").text
    assert "Launch &lt;b&gt;x&lt;/b&gt;" in listed and "+20 %" in listed
    assert "+20 %" in page("/forecast").text
    edited = {**form, "name": kept.name, "version": "1", "amount": "-10.5", "until": "2026-12-31"}
    forecasts.post("/forecast/changes", data=edited)
    (kept,) = planned.resources.list("PlannedChange")
    assert str(kept.spec.until) == "2027-01-01"  # type: ignore[attr-defined]
    filled = page(f"/forecast/changes/{kept.name}")
    assert filled.one("input", name="amount").attrs["value"] == "-10.5"
    assert filled.one("input", name="until").attrs["value"] == "2026-12-31"
    late = forecasts.post("/forecast/changes", data=edited)
    assert late.status_code == 400 and "Not saved" in late.text
    wrong = forecasts.post("/forecast/changes", data={**form, "amount": "much"})
    assert wrong.status_code == 400 and "is a number as 20" in wrong.text
    comma = forecasts.post(
        "/forecast/changes",
        data={**form, "effect": "per_day", "amount": "150,50", "currency": "USD"},
    )
    assert comma.status_code == 400 and "1,200.50" in comma.text
    forecasts.post(f"/forecast/changes/{kept.name}/delete")
    assert planned.resources.list("PlannedChange") == []


def test_the_end_of_a_commitment_can_be_planned(page: Get, planned: Workspace) -> None:
    form = page(f"/forecast/changes/new?effect=ends&ends={COMMITMENT}&from=2026-12-05&title=End")
    assert form.one("input", name="ends").attrs["value"] == COMMITMENT
    chosen = [o for o in form.all("option") if "selected" in o.attrs]
    assert chosen[0].attrs["value"] == "ends"


# --- Explore ---


def explored(page: Get, path: str) -> tuple[Any, dict[str, Any]]:
    shown = page(path)
    chart = next(node for node in shown.all("div") if "data-chart" in node.attrs)
    return shown, json.loads(chart.attrs["data-chart"])


OCTOBER = "/explore?from=2026-10-01&to=2026-11-01&currency=USD&grain=day"


def test_explore_shows_what_is_to_come_when_asked(page: Get, daily: Workspace) -> None:
    _, plain = explored(page, OCTOBER)
    assert "forecast" not in plain and len(plain["labels"]) == 31
    shown, spec = explored(page, f"{OCTOBER}&forecast=30")
    assert len(spec["labels"]) == 61 and spec["forecast"]["texts"][31] is not None
    assert spec["forecast"]["texts"][30] is None  # drawn from the last actual, and said after it
    assert "tried" in spec["forecast"]["note"]
    coming = [node for node in shown.all("tr") if "data-coming" in node.attrs]
    answer = forecast(daily, CostQuery(currency="USD"), days=30)
    whole = answer.total("USD")
    assert whole is not None and len(coming) == 30
    amounts = [Decimal(node.all("td")[0].text.replace(",", "")) for node in coming]
    assert total(amounts) == whole.sum()
    assert next(a for a in shown.all("option") if a.attrs.get("value") == "30")


def test_explore_tells_the_outlook_of_each_row(forecasts: TestClient, page: Get) -> None:
    path = f"{OCTOBER}&by=ServiceName&forecast=30"
    shown, _ = explored(page, path)
    cells = [node.text for node in shown.all("td") if "data-outlook" in node.attrs]
    assert "1,207.50" in cells and "–" in cells
    whole = next(node for node in shown.all("td") if "data-outlook-total" in node.attrs)
    rows = table(forecasts.get(path.replace("/explore", "/explore.csv")).text)
    assert {row["ServiceName"]: row["EffectiveCost_outlook_2026-11"] for row in rows}[STORAGE] == (
        "1207.50"
    )
    assert "80 % of the time" in whole.attrs["title"]


def test_explore_says_why_there_is_none(forecasts: TestClient, page: Get) -> None:
    shown = page(f"{OCTOBER}&forecast=30&where=ServiceName%20%3D%20%27{NEW}%27")
    assert "too little history" in shown.one("span", data_no_forecast="").text
    past = page("/explore?from=2026-08-01&to=2026-09-01&currency=USD&forecast=30")
    assert "these days end before" in past.one("span", data_no_forecast="").text
    for none in ("soon", "%C2%B2"):
        assert forecasts.get(f"/explore?forecast={none}").status_code == 400
    assert forecasts.get("/explore?page=%C2%B2").status_code == 200


def test_explore_keeps_the_forecast_when_something_else_is_chosen(forecasts: TestClient) -> None:
    state = "currency=USD&from=2026-10-01&to=2026-11-01&forecast=30"
    moved = forecasts.get("/explore/ask", params={"state": state, "by": "ServiceName"},
                          follow_redirects=False)  # fmt: skip
    assert "forecast=30" in moved.headers["location"]
    off = forecasts.get("/explore/ask", params={"state": state, "forecast": ""},
                        follow_redirects=False)  # fmt: skip
    assert "forecast" not in off.headers["location"]


def test_a_range_that_ends_in_days_to_come_is_forecast_by_itself(page: Get) -> None:
    ahead = "/explore?from=2026-10-01&to=2099-01-01&currency=USD&grain=month"
    _, spec = explored(page, f"{ahead}&forecast=off")
    assert "forecast" not in spec
    _, spec = explored(page, ahead)
    assert spec["forecast"]["texts"][-1]


def test_a_reader_of_a_part_sees_the_forecast_of_it(daily: Workspace) -> None:
    with acting(Principal("ana", Level.VIEWER, scope="SubAccountName = 'Data'")):
        answer = forecast(daily, CostQuery(by=("ServiceName",), currency="USD"), days=30)
    assert {one.title for one in answer.series} == {STORAGE, "Hosting"}
