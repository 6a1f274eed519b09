"""The pages and the API of people: account, access, audit log."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from outlay.access import Level, Principal, acting
from outlay.access.events import utc_now
from outlay.access.keys import is_token
from outlay.access.login import Door
from outlay.app import Workspace, events
from outlay.app.access import accounts, audit
from outlay.resources.database import writing
from outlay.resources.tables import invitations
from tests.web.access import OURS, PASSWORD, cheap_hashing, guarded, log_in, people_again
from tests.web.company import Company
from tests.web.page import Node, parse

NEW = "nine purple umbrellas"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = Workspace.init(tmp_path_factory.mktemp("people") / "ws", name="Acme")
    yield found
    found.close()


@pytest.fixture
def workspace(opened: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    cheap_hashing(monkeypatch)
    people_again(opened)
    return opened


@pytest.fixture
def root(workspace: Workspace) -> TestClient:
    return log_in(guarded(workspace), "root")


@pytest.fixture
def vera(workspace: Workspace) -> TestClient:
    return log_in(guarded(workspace), "vera")


def page(client: TestClient, path: str) -> Node:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return parse(answer.text)


def once(answer: object) -> str:
    """What an answer shows this one time."""
    return parse(answer.text).one("output", id="shown-once").text  # type: ignore[attr-defined]


# --- the Access page ----------------------------------------------------------------------------


def test_somebody_is_added_invited_and_sets_their_password(
    workspace: Workspace, root: TestClient
) -> None:
    form = {"name": "Otto@acme.example", "display": "Otto", "role": "editor", "invite": "yes"}
    answer = root.post("/access/people", data=form, headers=OURS)
    link = once(answer)
    assert re.fullmatch(r"http://localhost/invite/[\w-]{43}", link)
    assert link not in root.get("/access").text, "shown this one time"
    otto = guarded(workspace)
    path = link.removeprefix("http://localhost")
    assert "Welcome, Otto" in page(otto, path).text and "Welcome, Otto" in page(otto, path).text
    for given, why in (
        ({"password": NEW, "again": "another"}, "not the same"),
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"password": "otto@acme.example", "again": "otto@acme.example"}, "account's name"),
    ):
        answer = otto.post(path, data=given, headers=OURS)
        assert answer.status_code == 400 and why in parse(answer.text).text
    answer = otto.post(path, data={"password": NEW, "again": NEW}, headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "editor" in page(otto, "/views").one("details", cls="account").text
    answer = guarded(workspace).get(path)
    assert answer.status_code == 410 and "not valid any more" in answer.text
    answer = guarded(workspace).post(path, data={"password": NEW, "again": NEW}, headers=OURS)
    assert answer.status_code == 410
    log_in(guarded(workspace), "otto@acme.example", NEW)


def test_an_invitation_ends_by_itself(workspace: Workspace, root: TestClient) -> None:
    answer = root.post("/access/people/vera", data={"do": "invite"}, headers=OURS)
    path = once(answer).removeprefix("http://localhost")
    with writing(workspace.resources.engine) as connection:
        connection.execute(update(invitations).values(expires_at=utc_now() - timedelta(seconds=1)))
    assert guarded(workspace).get(path).status_code == 410


def test_people_are_listed_with_role_scope_and_state(
    workspace: Workspace, root: TestClient
) -> None:
    workspace.put_resource(
        "Role", "shop", {"level": "editor", "scope": "SubAccountName = 'Shop'"}, author="t"
    )
    for change in ({"do": "role", "role": "shop"}, {"do": "describe", "display": "Eduard"}):
        answer = root.post("/access/people/ed", data=change, headers=OURS)
        assert answer.headers["location"] == "/access/people/ed"
    root.post("/access/people/vera", data={"do": "disable"}, headers=OURS)
    rows = {
        row[0].split()[0]: row for row in page(root, "/access").one("section", id="people").rows()
    }
    assert rows["Eduard"][1:3] == ["shop", "SubAccountName = 'Shop'"]
    assert rows["Vera"][5] == "disabled" and rows["root"][5] == "logged in"
    last = "last administrator"
    for do, why in (("disable", last), ("remove", last), ("x", "cannot be done")):
        answer = root.post("/access/people/root", data={"do": do}, headers=OURS)
        assert answer.status_code == 400 and why in answer.text, do
    root.post("/access/people/vera", data={"do": "remove"}, headers=OURS)
    assert Door(workspace.resources).people.find("vera") is None
    assert root.get("/access/people/vera").status_code == 404


def test_ending_somebodys_sessions_ends_them(workspace: Workspace, root: TestClient) -> None:
    vera = log_in(guarded(workspace), "vera")
    assert "10.0.0.1" in page(root, "/access/people/vera").one("section", id="sessions").text
    root.post("/access/people/vera", data={"do": "sessions"}, headers=OURS)
    assert vera.get("/views").status_code == 303


def test_roles_are_made_changed_and_removed(workspace: Workspace, root: TestClient) -> None:
    form = {
        "form": "role",
        "name": "shop",
        "level": "viewer",
        "scope": "SubAccountName in ('Shop')",
        "description": "Shop people",
    }
    assert root.post("/access/roles", data=form, headers=OURS).status_code == 303
    (row,) = [r for r in page(root, "/access").one("section", id="roles").rows() if "shop" in r[0]]
    assert row[1:3] == ["viewer", "SubAccountName IN ('Shop')"]
    answer = root.post("/access/roles", data=form | {"scope": "Nope = 1"}, headers=OURS)
    assert answer.status_code == 400 and "no column" in answer.text
    assert parse(answer.text).one("input", id="role-scope").attrs["value"] == "Nope = 1"
    Door(workspace.resources).people.give_role("vera", "shop")
    gone = {"name": "shop", "do": "remove"}
    answer = root.post("/access/roles", data=gone, headers=OURS)
    assert answer.status_code == 400 and "vera has it" in answer.text
    Door(workspace.resources).people.give_role("vera", "viewer")
    assert root.post("/access/roles", data=gone, headers=OURS).status_code == 303
    assert workspace.resources.names("Role") == []


def test_a_role_says_how_much_of_last_months_bill_it_shows(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import datetime

    workspace = acme.workspace
    workspace.put_resource(
        "Role", "data", {"level": "viewer", "scope": "SubAccountName = 'Data'"}, author="t"
    )
    try:
        real = workspace.query
        monkeypatch.setattr(workspace, "query", lambda q: real(q, now=datetime(2026, 10, 5)))
        found = {row.role.name: row for row in accounts.role_rows(workspace)}
        dollars = {seen.currency: seen for seen in found["data"].seen}["USD"]
        assert dollars.part == Decimal("30.333333333333333333333")
        with acting(Principal("x", Level.ADMIN)):
            assert dollars.whole > dollars.part
        assert not found["admin"].seen and found["data"].problem == ""
    finally:
        workspace.delete_resource("Role", "data", author="t")


def test_a_token_of_the_workspace_is_shown_once(workspace: Workspace, root: TestClient) -> None:
    form = {"name": "board", "level": "viewer", "scope": "SubAccountName='Shop'", "expires": ""}
    secret = once(root.post("/access/tokens", data=form, headers=OURS))
    assert is_token(secret) and secret not in root.get("/access").text
    answer = guarded(workspace).get("/api/v1/me", headers={"authorization": f"Bearer {secret}"})
    assert answer.json() == {
        "name": "token board",
        "display": "token board",
        "level": "viewer",
        "role": "",
        "scope": "SubAccountName = 'Shop'",
        "via": "token",
        "email": "",
        "persona": "",
    }
    (token,) = Door(workspace.resources).tokens.all()
    root.post(f"/access/tokens/{token.id}/revoke", headers=OURS)
    assert "revoked" in page(root, "/access").one("section", id="tokens").text
    for change, why in (
        ({"level": "boss"}, "no level"),
        ({"expires": "2020-01-01"}, "in the future"),
        ({"expires": "soon"}, "no day"),
        ({"scope": "x ="}, ""),
        ({"name": " "}, "needs a name"),
    ):
        answer = root.post("/access/tokens", data=form | change, headers=OURS)
        assert answer.status_code == 400 and why in answer.text, change


# --- one's own account ----------------------------------------------------------------------------


def test_the_account_tells_who_one_is_and_keeps_a_name_and_a_home(
    workspace: Workspace, vera: TestClient
) -> None:
    found = page(vera, "/account")
    assert "viewer" in found.text and "the whole ledger" in found.text
    vera.post("/account", data={"display": "Vera V", "persona": "finance"}, headers=OURS)
    me = Door(workspace.resources).people.get("vera")
    assert (me.display, me.persona, me.role) == ("Vera V", "finance", "viewer")
    answer = vera.post("/account", data={"persona": "king"}, headers=OURS)
    assert answer.status_code == 400 and "no home" in answer.text


def test_a_new_password_takes_the_old_one_and_ends_other_sessions(
    workspace: Workspace, vera: TestClient
) -> None:
    elsewhere = log_in(guarded(workspace), "vera")
    form = {"old": PASSWORD, "new": NEW, "again": NEW}
    for change, why in (
        ({"old": "not the password"}, "of now is not right"),
        ({"again": "x"}, "not the same"),
        ({"new": "short", "again": "short"}, "at least 12"),
    ):
        answer = vera.post("/account/password", data=form | change, headers=OURS)
        assert answer.status_code == 400 and why in answer.text
    before = vera.cookies["outlay"]
    assert vera.post("/account/password", data=form, headers=OURS).status_code == 303
    assert vera.cookies["outlay"] != before, "the session goes on under a new key"
    assert vera.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    log_in(guarded(workspace), "vera", NEW)


def test_guessing_the_password_in_an_open_session_waits_too(vera: TestClient) -> None:
    form = {"old": "guess", "new": NEW, "again": NEW}
    codes = [vera.post("/account/password", data=form, headers=OURS).status_code for _ in range(6)]
    assert codes == [400] * 5 + [429]


def test_one_ends_ones_own_sessions_alone(workspace: Workspace, vera: TestClient) -> None:
    log_in(guarded(workspace), "vera")
    log_in(guarded(workspace), "root")
    section = page(vera, "/account").one("section", id="sessions")
    assert len(section.rows()) == 2 and "this one" in section.text
    (other,) = [i.attrs["value"] for i in section.all("input", name="session")]
    vera.post("/account/sessions", data={"session": other}, headers=OURS)
    assert len(page(vera, "/account").one("section", id="sessions").rows()) == 1
    (roots,) = [s.id for s in Door(workspace.resources).sessions.all() if s.person == "root"]
    answer = vera.post("/account/sessions", data={"session": roots}, headers=OURS)
    assert answer.status_code == 404
    assert vera.delete(f"/api/v1/sessions/{roots}", headers=OURS).status_code in (400, 404)
    assert len(Door(workspace.resources).sessions.all()) == 2


def test_one_makes_tokens_of_at_most_ones_own_level(workspace: Workspace, vera: TestClient) -> None:
    levels = page(vera, "/account").one("select", id="token-level")
    assert [option.text for option in levels.all("option")] == ["viewer"]
    form = {"name": "mine", "level": "viewer", "scope": "", "expires": ""}
    assert is_token(once(vera.post("/account/tokens", data=form, headers=OURS)))
    answer = vera.post("/account/tokens", data=form | {"level": "admin"}, headers=OURS)
    assert answer.status_code == 400 and "cannot be admin" in answer.text
    door = Door(workspace.resources)
    (token,) = door.tokens.all()
    _, roots = door.tokens.create("r", owner=door.people.get("root"), level=Level.ADMIN)
    vera.post(f"/account/tokens/{token.id}/revoke", headers=OURS)
    vera.post(f"/account/tokens/{roots.id}/revoke", headers=OURS)
    assert [t.state(utc_now()) for t in door.tokens.all()] == ["active", "revoked"]


# --- the audit log --------------------------------------------------------------------------------


def test_the_log_holds_changes_with_their_difference_and_events_in_one_list(
    workspace: Workspace, root: TestClient
) -> None:
    for by in ("ServiceName", "RegionId"):
        spec = {"query": {"by": [by]}}
        answer = root.put("/api/v1/resources/View/mine", json=spec, headers=OURS)
        assert answer.status_code in (200, 201), answer.text
    found = page(root, "/audit").rows()
    assert [row[2] for row in found[:3]] == ["update", "create", "log in"]
    assert found[0][1].split()[0] == "root" and found[0][3].startswith("View mine version 2")
    assert "query" in found[0][4] and "RegionId" in found[0][4]
    for query, expected in (
        ("author=root&action=create&kind=View", 1),
        ("kind=View", None),
        ("kind=Event&action=log+in", 1),
        ("author=nobody-of-the-name", 0),
        ("since=2999-01-01", 0),
        ("until=2000-01-01", 0),
    ):
        node = page(root, f"/audit?{query}")
        rows = node.rows() if node.all("table") else []
        assert len(rows) == expected if expected is not None else len(rows) >= 2, query
    for bad in ("since=soon", "before=x", "before=2026-01-01~event~x"):
        assert root.get(f"/audit?{bad}").status_code == 400


def test_the_log_is_paged_without_a_gap_or_a_repeat(workspace: Workspace) -> None:
    for number in range(7):
        events.record(workspace, "export", f"n{number}")
    asked, seen = audit.Asked(action="export"), []
    while True:
        found = audit.page(workspace, asked, 3)
        seen += [entry.target for entry in found.entries]
        if not found.more:
            break
        asked = audit.Asked(action="export", before=found.more)
    assert seen == [f"n{number}" for number in reversed(range(7))]
    assert [entry.target for entry in audit.walk(workspace, audit.Asked(action="export"))] == seen


def test_the_log_as_csv_has_everything_and_no_formula(
    workspace: Workspace, root: TestClient
) -> None:
    events.record(workspace, "export", '=HYPERLINK("http://evil.example")', rows=3)
    answer = root.get("/audit.csv?action=export")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[-1]["target"].startswith("'=HYPERLINK") and rows[-1]["detail"] == '{"rows": 3}'
    assert root.get("/api/v1/audit.csv?action=export").text.count("\n") >= 2
    log = audit.page(workspace, audit.Asked(action="export"))
    assert {"GET /audit.csv", "GET /api/v1/audit.csv"} <= {entry.target for entry in log.entries}


def test_the_log_is_for_administrators_of_the_whole(workspace: Workspace) -> None:
    for person in (
        Principal("x", Level.APPROVER),
        Principal("x", Level.ADMIN, scope="ServiceName = 'x'"),
    ):
        with acting(person):
            for ask in (
                lambda: audit.page(workspace, audit.Asked()),
                lambda: audit.walk(workspace, audit.Asked()),
                lambda: audit.choices(workspace),
                lambda: accounts.people(workspace),
                lambda: accounts.role_rows(workspace),
                lambda: accounts.tokens(workspace, everybody=True),
                lambda: accounts.add(workspace, "y", "admin"),
                lambda: accounts.change(workspace, "vera", role="admin"),
                lambda: accounts.remove(workspace, "vera"),
                lambda: accounts.set_password(workspace, "vera", NEW),
                lambda: accounts.invite(workspace, "vera"),
                lambda: accounts.create_token(workspace, "t", "viewer", owner=""),
                lambda: accounts.create_token(workspace, "t", "viewer", owner="vera"),
                lambda: accounts.revoke_token(workspace, 1, everybody=True),
            ):
                with pytest.raises(Exception, match="needs an admin|shows the whole ledger"):
                    ask()


def test_what_leaves_as_a_file_is_logged_once(workspace: Workspace, root: TestClient) -> None:
    answer = root.get("/explore.csv?by=ServiceName&range=all")
    assert answer.status_code == 200, answer.text
    root.get("/explore?by=ServiceName")
    (entry,) = audit.page(workspace, audit.Asked(action="export")).entries
    assert (entry.author, entry.target) == ("root", "GET /explore.csv")
    assert entry.detail["asked"] == "by=ServiceName&range=all" and entry.detail["file"]


# --- the API ----------------------------------------------------------------------------------


def test_the_api_tells_who_one_is_and_keeps_ones_keys(
    workspace: Workspace, vera: TestClient
) -> None:
    me = vera.get("/api/v1/me").json()
    assert (me["name"], me["role"], me["scope"], me["via"]) == ("vera", "viewer", "", "session")
    assert vera.patch("/api/v1/me", json={"display": "V"}, headers=OURS).json()["display"] == "V"
    assert vera.patch("/api/v1/me", json={"role": "admin"}, headers=OURS).status_code == 422
    body = {"name": "ci", "level": "viewer", "scope": "RegionId = 'eu'", "expires": "2035-01-01"}
    made = vera.post("/api/v1/tokens", json=body, headers=OURS)
    assert made.status_code == 201 and is_token(made.json()["token"])
    (listed,) = vera.get("/api/v1/tokens").json()
    assert "token" not in listed and listed["expires_at"] == "2035-01-01T00:00:00Z"
    assert vera.get("/api/v1/tokens?all=true").status_code == 403
    for more in ({"level": "editor"}, {"workspace": True}):
        answer = vera.post("/api/v1/tokens", json=body | more, headers=OURS)
        assert answer.status_code == 403, more
    gone = vera.delete(f"/api/v1/tokens/{listed['id']}", headers=OURS).json()
    assert gone["state"] == "revoked"
    (session,) = vera.get("/api/v1/sessions").json()
    assert session["person"] == "vera" and session["by"] == "password"
    password = {"old": PASSWORD, "new": NEW}
    assert vera.post("/api/v1/me/password", json=password, headers=OURS).status_code == 204
    assert vera.get("/api/v1/me").status_code == 401
    assert Door(workspace.resources).sessions.all() == []


def test_administrators_manage_people_by_the_api(workspace: Workspace, root: TestClient) -> None:
    made = root.post("/api/v1/users", json={"name": "mia", "role": "editor"}, headers=OURS)
    assert made.status_code == 201 and made.json()["level"] == "editor"
    assert not made.json()["password"] and made.json()["last_login_at"] is None
    link = root.post("/api/v1/users/mia/invitation", headers=OURS)
    assert link.status_code == 201 and "/invite/" in link.json()["link"]
    assert root.get("/api/v1/users/mia").json()["invited_until"] == link.json()["expires_at"]
    changed = root.patch("/api/v1/users/mia", json={"disabled": True}, headers=OURS).json()
    assert changed["disabled"] and changed["role"] == "editor"
    for method, path, body, status in (
        ("POST", "/users", {"name": "mia", "role": "editor"}, 400),
        ("POST", "/users", {"name": "x", "role": "none"}, 400),
        ("POST", "/users", {"name": "x"}, 422),
        ("PATCH", "/users/root", {"role": "viewer"}, 400),
        ("GET", "/users/nobody", None, 404),
        ("POST", "/users/mia/invitation", None, 400),
        ("DELETE", "/tokens/77?all=true", None, 404),
        ("GET", "/audit?before=x", None, 400),
    ):
        answer = root.request(method, f"/api/v1{path}", json=body, headers=OURS)
        assert answer.status_code == status, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    assert root.delete("/api/v1/users/mia", headers=OURS).status_code == 204
    assert {user["name"] for user in root.get("/api/v1/users").json()} == {"root", "vera", "ed"}
    assert [role["name"] for role in root.get("/api/v1/roles").json()] == [
        "viewer", "editor", "approver", "admin",
    ]  # fmt: skip
    first = root.get("/api/v1/audit?limit=1").json()
    assert first["entries"][0]["action"] == "remove person" and first["more"]
    after = root.get("/api/v1/audit", params={"limit": 1, "before": first["more"]}).json()
    assert after["entries"][0]["action"] != "remove person"


def test_no_answer_holds_a_password_or_its_hash(workspace: Workspace, root: TestClient) -> None:
    for path in ("/access", "/access/people/vera", "/audit", "/account", "/api/v1/users",
                 "/api/v1/audit", "/audit.csv", "/api/v1/tokens?all=true"):  # fmt: skip
        text = root.get(path).text
        assert "argon2" not in text and PASSWORD not in text, path


def test_what_is_found_and_which_keys_are_told_is_what_may_be_opened(vera: TestClient) -> None:
    for path in ("/find?q=a", "/help"):
        links = {a.attrs["href"] for a in page(vera, path).all("a")}
        assert not links & {"/access", "/audit"}, path
    assert "Audit log" not in page(vera, "/help").text


def test_a_role_is_opened_to_be_changed(workspace: Workspace, root: TestClient) -> None:
    spec = {"level": "approver", "scope": "SubAccountName = 'Shop'", "description": "Shop"}
    workspace.put_resource("Role", "shop", spec, author="t")
    form = page(root, "/access?role=shop").one("form", id="role-form")
    assert form.one("input", id="role-name").attrs["value"] == "shop"
    assert form.one("input", id="role-scope").attrs["value"] == "SubAccountName = 'Shop'"
    assert form.one("select", id="role-level").one("option", selected="*").text == "approver"
    assert page(root, "/access?role=none").one("input", id="role-name").attrs["value"] == ""
