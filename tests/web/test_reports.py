"""The pages of reports and channels: list, form, preview, log, failures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.app.reports import use
from outlay.reports.model import ChannelSpec
from tests.reports.conftest import SERVICES, put_channel, put_mail, put_report
from tests.reports.servers import HttpServer, SmtpServer, http_server, smtp_server
from tests.web.company import SEPTEMBER_TOTAL, Company
from tests.web.conftest import serving
from tests.web.page import Node, parse


@pytest.fixture
def workspace(acme: Company, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(acme.workspace.path, tmp_path / "ws")
    settings = tmp_path / "ws" / "outlay.yaml"
    settings.write_text(settings.read_text() + "delivery: {private_addresses: true}\n")
    found = Workspace.open(tmp_path / "ws")
    found.resources.put("View", "services", SERVICES, author="ana")
    yield found
    found.close()


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return serving(workspace)


@pytest.fixture
def http() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


def page(client: TestClient, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, response.text
    return parse(response.text)


def test_without_a_channel_the_page_says_what_to_do(client: TestClient) -> None:
    found = page(client, "/reports")
    assert "No way out yet" in found.text
    assert "kind: Channel" in found.one("pre").text
    assert "No channel yet" in page(client, "/channels").text


def test_a_view_is_scheduled_from_its_page(client: TestClient, workspace: Workspace) -> None:
    put_channel(workspace, "outbox", type="file", folder="outbox")
    assert page(client, "/views").all("a", href="/reports/new?view=services")
    form = page(client, "/reports/new?view=services").one("form", cls="report-form")
    assert form.one("input", name="title").attrs["value"] == "Services"
    assert form.one("option", value="view/services").attrs["selected"] == ""
    assert "checked" in form.one("input", name="channels").attrs
    answer = client.post(
        "/reports",
        data={
            "title": "Services, weekly", "content": "view/services", "formats": ["html", "pdf"],
            "schedule": "weekly on Monday at 08:00", "timezone": "Europe/Berlin",
            "channels": ["outbox"], "recipients": "", "only_if": "moves by 1 %", "run_as": "",
        },
        follow_redirects=False,
    )  # fmt: skip
    assert (answer.status_code, answer.headers["location"]) == (303, "/reports/services-weekly")
    facts = page(client, "/reports/services-weekly").one("dl", cls="facts").text
    for text in ("view services", "weekly on Monday at 08:00", "moves by 1 %", "html, pdf", "Mon "):
        assert text in facts
    (row,) = page(client, "/reports").one("table", id="reports").rows()
    assert row[0].startswith("Services, weekly")


def test_what_is_not_right_is_said_and_what_was_filled_in_stays(
    client: TestClient, workspace: Workspace
) -> None:
    put_channel(workspace, "outbox", type="file", folder="outbox")
    data = {
        "title": "Mine", "content": "view/services", "schedule": "sometimes",
        "timezone": "UTC", "channels": ["outbox"], "only_if": "change > 3 %",
    }  # fmt: skip
    response = client.post("/reports", data=data)
    assert response.status_code == 400
    found = parse(response.text)
    assert "'sometimes' is no schedule" in found.one("div", id="problem").text
    assert found.one("input", name="only_if").attrs["value"] == "change > 3 %"
    assert workspace.resources.names("Report") == []


def test_the_preview_is_what_is_sent(client: TestClient, workspace: Workspace) -> None:
    put_channel(workspace, "outbox", type="file", folder="outbox")
    put_report(workspace, channels=["outbox"], formats=["html", "pdf", "csv"])
    found = page(client, "/reports/services")
    (frame,) = found.all("iframe")
    mail = client.get(frame.attrs["src"])
    assert SEPTEMBER_TOTAL in parse(mail.text).text
    assert "sandbox" in mail.headers["content-security-policy"]
    assert mail.headers["x-frame-options"] == "SAMEORIGIN"
    result = workspace.query(workspace.view_query("services"))
    assert client.get("/reports/services/preview/csv").text == result.to_csv()
    assert client.get("/reports/services/preview/pdf").content.startswith(b"%PDF-")
    assert client.get("/reports/services/preview/xml").status_code == 409


def test_send_now_and_the_log(client: TestClient, workspace: Workspace) -> None:
    put_channel(workspace, "outbox", type="file", folder="outbox")
    put_report(workspace, channels=["outbox"], formats=["csv"])
    answer = client.post("/reports/services/send", follow_redirects=False)
    assert answer.headers["location"] == "/reports/services?sent=now#log"
    found = page(client, "/reports/services?sent=now")
    (row,) = found.one("table", cls="deliveries").rows()
    assert "sent" in row[2]
    assert "2 files in outbox/services/" in row[3]
    assert "On its way" in found.one("div", role="status").text


def test_a_failure_stands_on_top_with_its_reason_and_is_retried(
    client: TestClient, workspace: Workspace, http: HttpServer
) -> None:
    put_channel(workspace, "hook", type="webhook", url=http.url)
    put_report(workspace, channels=["hook"])
    http.answers = [(410, {})]
    client.post("/reports/services/send")
    banner = page(client, "/reports").one("div", cls="delivery-failed")
    assert "services did not arrive by hook" in banner.text
    assert "answers 410" in banner.text
    assert "failing" in page(client, "/channels").one("table", id="channels").text
    form = banner.one("form")
    client.post(form.attrs["action"])
    assert len(http.requests) == 2
    assert page(client, "/reports").all("div", cls="delivery-failed") == []


def test_a_test_goes_to_one_address(
    client: TestClient, workspace: Workspace, smtp: SmtpServer
) -> None:
    put_mail(workspace, smtp)
    put_report(workspace)
    client.post("/reports/services/test", data={"channel": "mail", "address": "ana@acme.example"})
    (mail,) = smtp.mails
    assert mail.recipients == ["ana@acme.example"]
    assert str(mail.message["Subject"]).startswith("Test: Services")
    refused = client.post(
        "/reports/services/test", data={"channel": "mail", "address": "eve@elsewhere.example"}
    )
    assert refused.status_code == 409
    assert "does not permit" in refused.text
    assert len(smtp.mails) == 1


def test_a_channel_is_tried(client: TestClient, workspace: Workspace, smtp: SmtpServer) -> None:
    put_mail(workspace, smtp)
    client.post("/channels/mail/test")
    assert str(smtp.mails[0].message["Subject"]) == "Test: The channel mail works"
    assert "sent" in page(client, "/channels").one("table", id="channels").text


def test_a_report_is_changed_paused_and_removed(client: TestClient, workspace: Workspace) -> None:
    put_channel(workspace, "outbox", type="file", folder="outbox")
    put_report(workspace, channels=["outbox"], description="Kept.", schedule="daily at 07:00")
    form = page(client, "/reports/services/edit").one("form", cls="report-form")
    assert form.attrs["action"] == "/reports/services"
    client.post(
        "/reports/services",
        data={"title": "New", "content": "view/services", "schedule": "daily at 06:00",
              "timezone": "UTC", "channels": ["outbox"]},
    )  # fmt: skip
    spec = use.report(workspace, "services").spec
    assert (spec.title, spec.schedule, spec.description) == ("New", "daily at 06:00", "Kept.")
    client.post("/reports/services/pause")
    assert "paused" in page(client, "/reports").text
    client.post("/reports/services/delete")
    assert workspace.resources.names("Report") == []


def test_a_content_that_cannot_be_made_says_so_in_the_preview(
    client: TestClient, workspace: Workspace
) -> None:
    put_channel(workspace, "outbox", type="file", folder="outbox")
    put_report(workspace, channels=["outbox"], content={"dashboard": "nowhere"})
    answer = client.get("/reports/services/preview/html")
    assert answer.status_code == 409
    assert answer.text.startswith("This cannot be made now: there is no dashboard 'nowhere'")


@pytest.mark.parametrize(
    ("content", "leads_to"),
    [
        ({"view": "services"}, "/views/services"),
        ({"dashboard": "finance"}, "/dashboards/finance"),
        ({"home": "finance"}, "/home/finance"),
    ],
)
def test_a_report_leads_to_what_it_tells(
    client: TestClient, workspace: Workspace, content: dict[str, str], leads_to: str
) -> None:
    put_channel(workspace, "outbox", type="file", folder="outbox")
    put_report(workspace, channels=["outbox"], content=content)
    (link,) = page(client, "/reports/services").one("dl", cls="facts").all("a", href=leads_to)
    assert client.get(link.attrs["href"]).status_code == 200


def test_a_channel_is_kept_changed_and_removed_by_the_form(
    client: TestClient, workspace: Workspace
) -> None:
    form = page(client, "/channels/_new?type=mail")
    assert {"server", "port", "password", "sender", "to"} <= {
        field.attrs["name"] for field in form.all("input")
    }
    mail = {
        "type": "mail", "version": "0", "title": "Finance by mail", "enabled": "1",
        "server": "smtp.example.com", "port": "587", "security": "tls", "user": "outlay",
        "password": "env:OUTLAY_SMTP_PASSWORD", "sender": "Outlay <outlay@example.com>",
        "to": "cfo@example.com, finance@example.com",
    }  # fmt: skip
    kept = client.post("/channels/_new", data=mail, follow_redirects=False)
    assert (kept.status_code, kept.headers["location"]) == (303, "/channels#finance-by-mail")
    spec = workspace.resources.get("Channel", "finance-by-mail").spec
    assert isinstance(spec, ChannelSpec)
    assert (spec.port, spec.to) == (587, ("cfo@example.com", "finance@example.com"))

    again = page(client, "/channels/finance-by-mail")
    shown = {f.attrs["name"]: f.attrs.get("value") for f in again.one("main").all("input")}
    assert shown["to"] == mail["to"] and shown["version"] == "1"
    off = {name: text for name, text in mail.items() if name != "enabled"} | {"version": "1"}
    assert client.post("/channels/finance-by-mail", data=off).status_code == 200
    changed = workspace.resources.get("Channel", "finance-by-mail").spec
    assert isinstance(changed, ChannelSpec) and not changed.enabled
    late = client.post("/channels/finance-by-mail", data=mail | {"version": "1"})
    assert late.status_code == 400 and "someone changed it" in late.text

    assert client.post("/channels/finance-by-mail/delete").status_code == 200
    assert workspace.resources.names("Channel") == []


def test_a_channel_that_is_not_right_is_refused_with_the_reason(
    client: TestClient, workspace: Workspace
) -> None:
    url = "https://hooks.example.com/services/T0/B0/abcdef"
    given = {"type": "slack", "version": "0", "title": "Ops", "enabled": "1", "url": url}
    refused = client.post("/channels/_new", data=given)
    assert refused.status_code == 400
    problem = parse(refused.text).one("div", id="problem").text
    assert "the address of a slack channel is a secret" in problem
    assert workspace.resources.names("Channel") == []
