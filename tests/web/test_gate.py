"""The gate before every route: who asks, and whether they may."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from outlay.access import Level, events
from outlay.access.events import Wanted, utc_now
from outlay.access.login import REFUSED, Door
from outlay.access.rules import all_rules
from outlay.api import create_router
from outlay.app import Workspace
from outlay.resources.database import writing
from outlay.resources.tables import login_attempts, sessions
from outlay.web.addresses import own_path
from outlay.web.app import create_app
from outlay.web.gate import RouteTable
from tests.web.access import (
    OURS,
    PASSWORD,
    asking,
    cheap_hashing,
    fresh,
    guarded,
    log_in,
    people_again,
    served,
)
from tests.web.page import parse


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = Workspace.init(tmp_path_factory.mktemp("gate") / "ws", name="Acme")
    yield found
    found.close()


@pytest.fixture
def workspace(opened: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    cheap_hashing(monkeypatch)
    people_again(opened)
    return opened


@pytest.fixture
def nobody(workspace: Workspace) -> TestClient:
    return guarded(workspace)


@pytest.fixture
def vera(workspace: Workspace) -> TestClient:
    return log_in(guarded(workspace), "vera")


@pytest.fixture
def root(workspace: Workspace) -> TestClient:
    return log_in(guarded(workspace), "root")


def done(workspace: Workspace, *actions: str) -> list[events.Event]:
    return events.listed(workspace.resources.engine, Wanted(actions=actions))


# --- nobody ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/", "/login"),
        ("/sources", "/login?next=/sources"),
        ("/explore?by=x&where=a%3D1", "/login?next=/explore%3Fby%3Dx%26where%3Da%253D1"),
        ("/there-is-no-such-page", "/login?next=/there-is-no-such-page"),
    ],
)  # fmt: skip
def test_nobody_is_sent_to_the_login_and_on_from_there(
    nobody: TestClient, path: str, where: str
) -> None:
    answer = nobody.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, where)
    assert answer.headers["cache-control"] == "no-store"
    page = parse(nobody.get(where).text)
    assert page.one("input", name="next").attrs["value"] == path
    done = nobody.post(
        "/login", data={"name": "vera", "password": PASSWORD, "next": path}, headers=OURS
    )
    assert (done.status_code, done.headers["location"]) == (303, path)


@pytest.mark.parametrize(
    "path", ["/api/v1/sources", "/api/v1/nothing", "/api/v1/openapi.json", "/mcp", "/api/v1/me"]
)
def test_programs_without_a_token_hear_how_to_send_one(nobody: TestClient, path: str) -> None:
    answer = nobody.get(path)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == 'Bearer realm="Outlay"'
    assert answer.json()["type"] == "urn:outlay:problem:login"


def test_nobody_sees_nothing_of_the_workspace(nobody: TestClient) -> None:
    """What is open without a login: that the server lives, the login, and its files."""
    open_ = [key for key, rule in all_rules().items() if rule.level is Level.NOBODY]
    assert sorted(open_) == [
        "GET /api/v1/health",
        "GET /invite/{key}",
        "GET /login",
        "GET /login/callback",
        "GET /login/start",
        "POST /invite/{key}",
        "POST /login",
        "POST /logout",
    ]
    assert nobody.get("/static/css/base.css").status_code == 200
    page = parse(nobody.get("/login").text)
    assert page.all("nav") == [] and page.all("header") == []
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        for path in ("/views", "/api/v1/views/x", "/access/people", "/sources"):
            assert nobody.request(method, path, headers=OURS).status_code in (303, 401), path


def test_scripts_of_a_page_send_the_whole_page_to_the_login(nobody: TestClient) -> None:
    asked = {"hx-request": "true", "hx-current-url": "http://localhost/explore?by=x"}
    answer = nobody.get("/explore/filter", headers=asked)
    assert answer.headers["hx-redirect"] == "/login?next=/explore%3Fby%3Dx"
    answer = nobody.get("/sources", headers=asked | {"hx-boosted": "true"})
    assert answer.headers["hx-redirect"] == "/login?next=/sources"
    for foreign in ("//evil.example/x", "http://[", "https://evil.example//evil.example"):
        answer = nobody.get("/explore/filter", headers=asked | {"hx-current-url": foreign})
        assert "evil" not in answer.headers["hx-redirect"]


# --- rules ------------------------------------------------------------------------------------


def test_the_gate_knows_a_rule_for_every_route(workspace: Workspace) -> None:
    keys = {
        route.key(method)
        for route in RouteTable(served(workspace).routes).routes
        for method in route.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    assert len(keys) > 200
    assert keys - set(all_rules()) == set(), "routes that nobody may ask"


def test_a_route_without_a_rule_is_refused(workspace: Workspace) -> None:
    app = fresh(workspace)
    app.get("/new")(lambda: {"all": "secrets"})
    app.get("/api/v1-new")(lambda: {"all": "secrets"})
    client = log_in(asking(app), "root")
    answer = client.get("/new")
    assert answer.status_code == 403 and "nobody may" in answer.text
    assert client.get("/api/v1-new").status_code == 403
    app.get("/newer")(lambda: {"all": "secrets"})
    assert client.get("/newer").status_code == 404, "what the gate does not know is not there"


def test_what_is_not_there_is_said_by_the_gate(vera: TestClient) -> None:
    assert "Nothing is kept at /nothing" in vera.get("/nothing").text
    answer = vera.delete("/views", headers=OURS)
    assert answer.status_code == 405 and answer.headers["allow"] == "GET, POST"
    answer = vera.get("/views/?a=b")
    assert (answer.status_code, answer.headers["location"]) == (307, "/views?a=b")
    for odd in ("//evil.example/", "/static/../access/", "/%2e%2e/access", "/views/%2e%2e/access"):
        answer = vera.get(f"http://localhost{odd}")
        assert answer.status_code in (307, 403, 404), odd
        assert "evil" not in answer.headers.get("location", "")


def test_the_table_finds_the_route_that_answers(workspace: Workspace) -> None:
    table = RouteTable(served(workspace).routes)
    for method, path, template in (
        ("GET", "/", "/"),
        ("HEAD", "/", "/"),
        ("GET", "/statements/team/2026-09", "/statements/{plan}/{month}"),
        ("GET", "/statements/team/2026-09/a/b", "/statements/{plan}/{month}/{value:path}"),
        ("POST", "/statements/disputes/3/answer", "/statements/disputes/{number}/answer"),
        ("GET", "/api/v1/query", "/api/v1/query"),
        ("GET", "/api/v1/no/such", "/api/v1/{path:path}"),
        ("GET", "/static/css/base.css", "/static"),
    ):
        found = table.find(method, path)
        assert found is not None and found.template == template, path
    assert table.find("PUT", "/views") is None


def test_a_viewer_reads_and_changes_nothing(workspace: Workspace, vera: TestClient) -> None:
    assert vera.get("/views").status_code == 200
    assert vera.get("/sources").status_code == 200
    for method, path in (
        ("POST", "/views"),
        ("GET", "/access"),
        ("GET", "/audit"),
        ("POST", "/access/people"),
    ):
        answer = vera.request(method, path, headers=OURS)
        assert answer.status_code == 403, path
        assert "an administrator" in answer.text.lower()
    for method, path in (
        ("PUT", "/api/v1/views/x"),
        ("DELETE", "/api/v1/views/x"),
        ("GET", "/api/v1/users"),
        ("GET", "/api/v1/audit"),
        ("POST", "/api/v1/users"),
    ):
        answer = vera.request(method, path, json={}, headers=OURS)
        assert answer.status_code == 403, path
        assert answer.json()["type"] == "urn:outlay:problem:denied"
    refused = done(workspace, "refuse")
    assert len(refused) == 9 and {event.author for event in refused} == {"vera"}
    assert refused[0].address == "10.0.0.1" and refused[-1].target == "POST /views"


def test_pages_offer_what_may_be_done_and_no_more(
    workspace: Workspace, vera: TestClient, root: TestClient
) -> None:
    hrefs = {
        a.attrs["href"] for a in parse(vera.get("/views").text).one("nav", id="pages").all("a")
    }
    assert "/sources" in hrefs and not hrefs & {"/access", "/audit"}
    for href in hrefs:
        assert vera.get(href).status_code in (200, 303), href
    hrefs = {
        a.attrs["href"] for a in parse(root.get("/views").text).one("nav", id="pages").all("a")
    }
    assert {"/access", "/audit"} <= hrefs
    menu = parse(vera.get("/views").text).one("details", cls="account")
    assert "Vera" in menu.text and "viewer" in menu.text and "the whole ledger" in menu.text
    workspace.put_resource(
        "Role", "shop", {"level": "editor", "scope": "SubAccountName = 'Shop'"}, author="t"
    )
    Door(workspace.resources).people.give_role("vera", "shop")
    page = parse(vera.get("/views").text)
    assert "SubAccountName = 'Shop'" in page.one("details", cls="account").text
    hrefs = {a.attrs["href"] for a in page.one("nav", id="pages").all("a")}
    assert "/sources" not in hrefs and page.all("a", cls="freshness") == []
    assert vera.get("/sources").status_code == 403


def test_without_a_login_everybody_is_the_person_at_this_machine(workspace: Workspace) -> None:
    app = create_app(workspace, api=create_router(workspace))
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    page = parse(client.get("/access").text)
    assert page.one("p", cls="single-user").text == "This machine only, no login"
    assert client.get("/audit").status_code == 200
    assert client.get("/login").headers["location"] == "/"
    assert client.get("/login/start").headers["location"] == "/login"
    assert client.get("/api/v1/me").json()["via"] == "local"
    assert "no login here" in client.get("/account").text
    for header in ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host"):
        answer = client.get("/", headers={header: "10.0.0.9"})
        assert answer.status_code == 403 and "came through a proxy" in answer.text


# --- logging in -------------------------------------------------------------------------------


def test_the_cookie_is_for_this_host_alone_and_no_script(workspace: Workspace) -> None:
    answer = guarded(workspace).post("/login", data={"name": "vera", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("outlay=") and "secure" not in cookie.lower()
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "domain" not in cookie.lower() and "max-age" not in cookie.lower()
    secure = guarded(workspace, "https://localhost")
    answer = secure.post("/login", data={"name": "vera", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-outlay=") and "Secure" in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert secure.get("/views").status_code == 200
    assert "strict-transport-security" not in guarded(workspace).get("/login").headers


def test_a_cookie_that_came_unencrypted_is_not_taken_on_an_encrypted_connection(
    workspace: Workspace,
) -> None:
    key = Door(workspace.resources).log_in("vera", PASSWORD, _caller())
    secure = guarded(workspace, "https://localhost")
    assert secure.get("/views", headers={"cookie": f"outlay={key}"}).status_code == 303
    assert secure.get("/views", headers={"cookie": f"__Host-outlay={key}"}).status_code == 200


def _caller():
    from outlay.access.login import Caller

    return Caller("10.0.0.1", "test")


@pytest.mark.parametrize("name", ["vera", "nobody", "off"])
def test_a_failed_login_says_the_same_whatever_was_wrong(
    workspace: Workspace, nobody: TestClient, name: str
) -> None:
    people = Door(workspace.resources).people
    people.add("off", "viewer", password=PASSWORD)
    people.disable("off")
    password = PASSWORD if name == "off" else "not the password"
    answer = nobody.post("/login", data={"name": name, "password": password, "next": "/sources"})
    page = parse(answer.text)
    assert answer.status_code == 401 and page.one("div", role="alert").text == REFUSED
    assert page.one("input", name="name").attrs["value"] == name
    assert page.one("input", name="next").attrs["value"] == "/sources"
    assert "value" not in page.one("input", name="password").attrs
    assert "set-cookie" not in answer.headers
    assert len(done(workspace, "fail to log in")) == 1


def test_what_was_typed_is_shown_as_text(nobody: TestClient) -> None:
    answer = nobody.post("/login", data={"name": '"><script>x</script>', "password": "x"})
    page = parse(answer.text)
    assert page.one("input", name="name").attrs["value"] == '"><script>x</script>'
    assert all(script.attrs.get("src") for script in page.all("script"))


def test_too_many_attempts_wait(workspace: Workspace, nobody: TestClient) -> None:
    for _ in range(5):
        nobody.post("/login", data={"name": "vera", "password": "x"})
    answer = nobody.post("/login", data={"name": "vera", "password": PASSWORD})
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) >= 1
    assert "Too many attempts" in answer.text and "set-cookie" not in answer.headers
    with writing(workspace.resources.engine) as connection:
        connection.execute(update(login_attempts).values(wait_until=utc_now()))
    assert nobody.post("/login", data={"name": "vera", "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize(
    "bad",
    [
        "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",  "/\t/x",
        "https://evil.example", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "evil.example",
        "/ /evil.example", "/login", "/login?next=/x", "/logout", "/invite/x", "", "/" + "x" * 5000,
    ],
)  # fmt: skip
def test_the_way_on_from_the_login_never_leaves_this_server(nobody: TestClient, bad: str) -> None:
    assert own_path(bad) == "/"
    answer = nobody.post("/login", data={"name": "vera", "password": PASSWORD, "next": bad})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert answer.headers.get_list("set-cookie") == [answer.headers["set-cookie"]]


def test_ways_on_that_are_ours_are_kept(nobody: TestClient) -> None:
    for good in ("/explore?by=ServiceName&where=a%20%3D%20'%2F%2Fx'", "/tags/a%2Fb", "/x#y"):
        assert own_path(good) == good


def test_a_key_planted_before_the_login_is_worth_nothing_after(workspace: Workspace) -> None:
    attacker = log_in(guarded(workspace), "ed")
    planted = attacker.cookies["outlay"]
    victim = guarded(workspace)
    victim.cookies.set("outlay", planted)
    log_in(victim, "vera")
    keys = {cookie.value for cookie in victim.cookies.jar} - {planted}
    assert len(keys) == 1, "the login gives a new key"
    assert attacker.get("/views").status_code == 303, "and ends the one that was there"


def test_logging_out_ends_the_session_and_what_the_browser_kept(
    workspace: Workspace, vera: TestClient
) -> None:
    key = vera.cookies["outlay"]
    answer = vera.post("/logout", headers=OURS)
    assert answer.status_code == 200 and "You are logged out" in answer.text
    assert (
        'outlay=""' in answer.headers["set-cookie"] and "Max-Age=0" in answer.headers["set-cookie"]
    )
    assert answer.headers["clear-site-data"] == '"cache"'
    assert vera.get("/views").status_code == 303
    again = guarded(workspace)
    assert again.get("/views", headers={"cookie": f"outlay={key}"}).status_code == 303
    assert [event.author for event in done(workspace, "log out")] == ["vera"]


def test_sessions_end_by_time_on_the_next_request(workspace: Workspace, vera: TestClient) -> None:
    assert vera.get("/views").status_code == 200
    with writing(workspace.resources.engine) as connection:
        connection.execute(update(sessions).values(seen_at=utc_now() - timedelta(hours=9)))
    assert vera.get("/views").status_code == 303


def test_a_role_is_taken_away_on_the_next_request(workspace: Workspace) -> None:
    client = log_in(guarded(workspace), "ed")
    body = {"state": "by=ServiceName", "title": "Mine"}
    assert client.post("/views", data=body, headers=OURS).status_code == 303
    assert workspace.view("mine").author == "ed"
    Door(workspace.resources).people.give_role("ed", "viewer")
    assert client.post("/views", data=body, headers=OURS).status_code == 403


def test_pages_of_people_are_kept_by_nobody(vera: TestClient) -> None:
    for path in ("/views", "/account", "/sources"):
        assert vera.get(path).headers["cache-control"] == "no-store", path
    answer = vera.get("/api/v1/me")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "Cookie" in answer.headers["vary"] and "Authorization" in answer.headers["vary"]


# --- forged requests --------------------------------------------------------------------------


def test_a_change_under_a_session_must_say_where_it_comes_from(
    workspace: Workspace, root: TestClient
) -> None:
    body = {"state": "by=ServiceName", "title": "Mine"}
    for headers, status in (
        ({}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": "http://localhost"}, 303),
    ):
        assert root.post("/views", data=body, headers=headers).status_code == status, headers
    assert root.put("/api/v1/resources/View/x", json={}).status_code == 403
    assert root.post("/logout").status_code == 403
    root.get("/views")  # still in


def test_a_form_of_another_site_logs_nobody_in(nobody: TestClient) -> None:
    body = {"name": "vera", "password": PASSWORD}
    answer = nobody.post("/login", data=body, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403 and "set-cookie" not in answer.headers


def test_somebody_who_is_not_logged_in_sends_little(nobody: TestClient) -> None:
    for headers, body in (({}, b"x" * 70_000), ({}, iter([b"name=", b"x"]))):
        answer = nobody.post("/login", content=body, headers=headers)
        assert answer.status_code == 413
    answer = nobody.post("/views", content=b"x" * 70_000, headers=OURS)
    assert answer.status_code == 413


# --- tokens -----------------------------------------------------------------------------------


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def test_a_token_is_a_person_without_a_session(workspace: Workspace, nobody: TestClient) -> None:
    door = Door(workspace.resources)
    secret, token = door.tokens.create("ci", owner=door.people.get("ed"), level=Level.EDITOR)
    me = nobody.get("/api/v1/me", headers=bearer(secret)).json()
    assert (me["name"], me["level"], me["via"]) == ("ed", "editor", "token")
    spec = {"query": {"by": ["ServiceName"]}}
    answer = nobody.put("/api/v1/resources/View/mine", json=spec, headers=bearer(secret))
    assert answer.status_code in (200, 201), answer.text
    assert workspace.view("mine").author == "ed"
    assert nobody.get("/api/v1/users", headers=bearer(secret)).status_code == 403
    door.tokens.revoke(token.id)
    answer = nobody.get("/api/v1/me", headers=bearer(secret))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="Outlay", error="invalid_token"'


def test_a_wrong_token_is_not_saved_by_a_good_cookie(vera: TestClient) -> None:
    for path in ("/api/v1/me", "/views"):
        assert vera.get(path, headers=bearer("outlay_nonsense")).status_code == 401


def test_a_token_makes_no_keys(workspace: Workspace, nobody: TestClient) -> None:
    door = Door(workspace.resources)
    secret, _ = door.tokens.create("ci", owner=door.people.get("root"), level=Level.ADMIN)
    for path, body in (
        ("/api/v1/tokens", {"name": "more"}),
        ("/api/v1/tokens", {"name": "more", "workspace": True}),
        ("/api/v1/me/password", {"old": PASSWORD, "new": "nine purple umbrellas"}),
    ):
        answer = nobody.post(path, json=body, headers=bearer(secret))
        assert answer.status_code == 403, path
    assert len(door.tokens.all()) == 1


def test_requests_of_one_token_are_limited(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = workspace.settings.login.model_copy(update={"requests_per_minute": 3})
    settings = workspace.settings.model_copy(update={"login": few})
    monkeypatch.setattr(workspace, "settings", settings)
    client, door = asking(fresh(workspace)), Door(workspace.resources)
    vera = door.people.get("vera")
    one, two = (door.tokens.create("x", owner=vera, level=Level.VIEWER)[0] for _ in range(2))
    codes = [client.get("/api/v1/me", headers=bearer(one)).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    answer = client.get("/api/v1/me", headers=bearer(one))
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["type"] == "urn:outlay:problem:rate"
    assert client.get("/api/v1/me", headers=bearer(two)).status_code == 200
    log_in(client, "vera")
    assert all(client.get("/views").status_code == 200 for _ in range(5)), "pages are not counted"
