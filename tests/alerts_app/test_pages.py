"""The pages of alerts: what is open, one alert, routes with their preview, digests."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from outlay.alerts.store import Look
from outlay.app import Workspace
from outlay.app.alerts import use, watch_routes
from outlay.app.alerts.raising import raise_signal, store
from outlay.app.reports import delivering
from outlay.app.runs import utc_now
from tests.alerts_app.conftest import made, put_channel, put_route, signal
from tests.web.conftest import serving
from tests.web.page import Node, parse


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with an open alert that was told by a folder; tests leave it as it is, or use
    things of their own."""
    for found in made(tmp_path_factory.mktemp("alerts") / "workspace"):
        put_channel(found, "ops", type="file", folder="outbox")
        put_route(found, "all", title="Everything", to={"channels": ["ops"]},
                  digest="daily at 08:00")  # fmt: skip
        raise_signal(found, signal())
        watch_routes.watch(found, utc_now())
        delivering.run(found, due=False)
        yield found


@pytest.fixture(scope="module")
def pages(kept: Workspace) -> TestClient:
    """Its pages."""
    return serving(kept)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    found = client.get(path)
    assert found.status_code == status, found.text[:2000]
    return parse(found.text)


def post(client: TestClient, path: str, **fields: object) -> tuple[int, str]:
    body = urlencode({name: value for name, value in fields.items()}, doseq=True)
    headers = {"Content-Type": "application/x-www-form-urlencoded",
               "Origin": "http://localhost"}  # fmt: skip
    found = client.post(path, content=body, headers=headers, follow_redirects=False)
    return found.status_code, found.headers.get("location", "") or found.text


def test_the_list_shows_amount_owner_driver_and_who_was_told(
    pages: TestClient, kept: Workspace
) -> None:
    found = page(pages, "/alerts")
    (row,) = [one for one in found.one("table", id="alerts").rows() if "Amazon EC2" in one[0]]
    name, severity, amount, owner, told, _ = row
    assert "Amazon EC2 costs more than expected" in name
    assert "instance i-0abc in eu-central-1, by usage" in name
    assert severity.startswith("warning "), severity  # and when it was raised
    assert (amount, owner, told) == ("1,234.56 EUR", "team = storefront", "ops")
    assert int(found.one("b", title="Open alerts").text) == use.open_count(kept)


def test_an_acknowledged_alert_leaves_the_list_and_the_digest(
    pages: TestClient, kept: Workspace
) -> None:
    raise_signal(kept, signal(subject="ack", title="A disk that nobody uses", kind="policy"))
    ident = use.alerts(kept, text="disk").alerts[0].id
    assert "A disk that nobody uses" in page(pages, "/alerts/digest").text
    status, place = post(pages, f"/alerts/{ident}/acknowledge", back="/alerts?kind=policy")
    assert (status, place) == (303, "/alerts?kind=policy")
    assert "Nothing matches" in page(pages, "/alerts?kind=policy").text
    digests = page(pages, "/alerts/digest").text
    assert "A disk" not in digests
    assert "Amazon EC2 costs more than expected" in digests
    shown = page(pages, "/alerts?state=acknowledged").one("table", id="alerts").text
    assert "A disk that nobody uses" in shown


def test_one_alert_has_its_figures_and_its_log(pages: TestClient, kept: Workspace) -> None:
    raise_signal(kept, signal(subject="log", title="A log", kind="plan"))
    ident = use.alerts(kept, text="log").alerts[0].id
    post(pages, f"/alerts/{ident}/snooze", until="3d")
    rows = page(pages, f"/alerts/{ident}").one("table", id="alert-log").rows()
    assert [row[1].split()[0] for row in rows][:2] == ["raised", "snoozed"]
    found = page(pages, "/alerts/1")
    rows = found.one("table", id="alert-log").rows()
    assert [row[1].split()[0] for row in rows] == ["raised", "told", "routed"]
    assert "sent" in rows[1][3]
    assert "1,234.56 EUR" in found.text
    assert page(pages, "/alerts/99", 404)
    status, text = post(pages, f"/alerts/{ident}/snooze", until="soon")
    assert status == 409
    assert "is no moment. Allowed: 4h, 3d, 1w" in text


def test_filters_stand_in_the_address_and_wrong_ones_say_what_is_allowed(
    pages: TestClient,
) -> None:
    found = page(pages, "/alerts?kind=budget&owner=team+%3D+storefront")
    assert "Nothing matches" in found.text
    links = [one.attrs["href"] for one in found.all("a") if "state=settled" in one.attrs["href"]]
    assert links == ["/alerts?state=settled&kind=budget&owner=team+%3D+storefront"]
    wrong = page(pages, "/alerts?severity=dreadful", 400)
    assert "there is no severity 'dreadful'. Allowed: info, warning, critical." in wrong.text


FORM = {
    "title": "Critical ones", "order": "5", "enabled": "1", "min_severity": "critical",
    "min_amount": "EUR 500, USD 650.50", "channels": ["ops"], "at_once": "info",
    "digest": "weekdays at 08:00", "timezone": "Europe/Berlin", "nights": "20:00-07:00",
    "unless": "never", "repeat_hours": "4", "repeat_most": "2", "level0_hours": "24",
    "level0_channels": "ops", "version": "0",
}  # fmt: skip


def test_a_route_is_previewed_then_kept_by_the_form(pages: TestClient, kept: Workspace) -> None:
    workspace = kept
    status, text = post(pages, "/alerts/routes/_new", **FORM, act="preview")
    assert status == 200
    assert "alerts of these days fits this route" in parse(text).text
    assert workspace.resources.names("AlertRoute") == ["all"]
    status, text = post(pages, "/alerts/routes/_new", **(FORM | {"min_severity": "info"}),
                        act="preview")  # fmt: skip
    assert "Amazon EC2 costs more than expected" in parse(text).one("section", id="preview").text
    status, place = post(pages, "/alerts/routes/_new", **FORM, act="save")
    assert (status, place) == (303, "/alerts/routes/critical-ones")
    spec = workspace.resources.get("AlertRoute", "critical-ones").spec.model_dump(
        mode="json", exclude_defaults=True
    )
    assert spec == {
        "title": "Critical ones", "order": 5, "min_severity": "critical",
        "min_amount": {"EUR": "500", "USD": "650.50"}, "to": {"channels": ["ops"]},
        "digest": "weekdays at 08:00", "timezone": "Europe/Berlin",
        "quiet": {"nights": "20:00-07:00", "unless": "never"}, "repeat_hours": 4,
        "repeat_most": 2, "escalate": [{"after_hours": 24, "to": {"channels": ["ops"]}}],
    }  # fmt: skip
    # The form gives back what was kept, and keeps it again unchanged.
    shown = page(pages, "/alerts/routes/critical-ones")
    assert shown.one("input", name="nights").attrs["value"] == "20:00-07:00"
    post(pages, "/alerts/routes/critical-ones", **(FORM | {"version": "1"}), act="save")
    again = workspace.resources.get("AlertRoute", "critical-ones")
    assert again.spec.model_dump(mode="json", exclude_defaults=True) == spec
    post(pages, "/alerts/routes/critical-ones/delete")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("channels", ["nowhere"], "needs the channel 'nowhere', which is not there"),
        ("nights", "late", "'late' are no nights"),
        ("holidays", "XX", "no public holidays are known for 'XX'"),
        ("timezone", "Mars/Base", "there is no time zone 'Mars/Base'"),
        ("digest", "sometimes", "'sometimes' is no schedule"),
        ("min_amount", "EUR", "'EUR' is no amount with its currency"),
        ("people", "ana", "people and roles need mail"),
        ("level0_channels", "", "an escalation needs somebody"),
        ("level0_hours", "", "escalation 1 has no hours. Say after how many, or leave all of it"),
    ],
)
def test_what_is_not_right_comes_back_with_its_reason(
    pages: TestClient, field: str, value: object, reason: str
) -> None:
    status, text = post(pages, "/alerts/routes/_new", **(FORM | {field: value}), act="save")
    assert status == 400
    found = parse(text)
    assert reason in found.one("div", id="problem").text
    assert found.one("input", name="title").attrs["value"] == "Critical ones"


def test_a_delivery_that_failed_is_on_top(workspace: Workspace) -> None:
    put_channel(workspace, "hook", type="webhook", url="http://127.0.0.1:9/none")
    put_route(workspace, "all", to={"channels": ["hook"]})
    raise_signal(workspace, signal())
    now = utc_now()
    watch_routes.watch(workspace, now)
    box = delivering.outbox(workspace)
    delivery = box.claim("me", now)
    assert delivery is not None
    box.failed(delivery, now, "the webhook answers 410.")
    found = page(serving(workspace), "/alerts")
    (banner,) = [one for one in found.all("div", role="alert") if "did not arrive" in one.text]
    assert "did not arrive by hook. the webhook answers 410." in banner.text


def test_an_empty_workspace_says_what_is_watched(workspace: Workspace) -> None:
    client = serving(workspace)
    found = page(client, "/alerts").text
    assert "Nothing to tell" in found
    assert "0 sources for data that is late, missing or held back" in found
    assert "Nobody is told yet" in page(client, "/alerts/routes").text
    assert "No route has a digest" in page(client, "/alerts/digest").text


def test_a_look_that_failed_is_not_told_as_one_that_found_nothing(workspace: Workspace) -> None:
    now = utc_now()
    client = serving(workspace)
    store(workspace).note_look(Look(now, "1", now))
    assert "and found nothing" in page(client, "/alerts").text
    store(workspace).note_look(Look(now, "1", now, {"plans": "no rates", "budgets": "no days"}))
    found = page(client, "/alerts")
    assert "and did not work for everything" in found.text
    assert "plans: no rates; budgets: no days" in found.one("div", id="look-failed").text


def test_names_in_a_signal_are_text(pages: TestClient, kept: Workspace) -> None:
    raise_signal(kept, signal(subject="odd", title="<script>alert(1)</script>", driver="<b>x</b>"))
    ident = use.alerts(kept, text="<script>").alerts[0].id
    for path in ("/alerts", f"/alerts/{ident}"):
        text = pages.get(path).text
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert "<b>x</b>" not in text


def test_a_route_is_tested_turned_off_and_removed(pages: TestClient, kept: Workspace) -> None:
    assert post(pages, "/alerts/routes/all/test")[1] == "/alerts/routes?sent=all"
    newest = delivering.outbox(kept).listed(limit=1)[0]
    assert (newest.kind, newest.channel, newest.state) == ("test", "ops", "sent")
    post(pages, "/alerts/routes/all/pause")
    assert "off" in page(pages, "/alerts/routes").one("table", id="routes").text
    post(pages, "/alerts/routes/all/delete")
    assert "Nobody is told yet" in page(pages, "/alerts/routes").text
