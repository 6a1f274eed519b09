"""What every response and request must satisfy."""

import re

import pytest
from starlette.testclient import TestClient

from outlay.web.app import create_app
from outlay.web.security import HEADERS
from tests.web.company import Company
from tests.web.page import parse

PAGES = (
    "/",
    "/explore?by=ServiceName",
    "/charges",
    "/sources",
    "/restatements",
    "/views",
    "/usecases",
    "/usecases/analyze-tag-coverage",
    "/export",
    "/help",
    "/nothing",
    "/explore?where=x",
    "/static/css/base.css",
    "/api/v1/health",
    "/api/v1/none",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    response = client.get(path)
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy and "http" not in policy


@pytest.mark.parametrize("path", PAGES[:12])
def test_pages_hold_no_inline_script_style_or_foreign_address(
    client: TestClient, path: str
) -> None:
    page = parse(client.get(path).text)
    assert all(script.attrs.get("src") for script in page.all("script"))
    assert page.all("style") == []
    for node in page.all():
        assert "style" not in node.attrs, node
        assert not [name for name in node.attrs if name.startswith("on")], node
        for name in ("src", "href", "action", "hx-get"):
            address = node.attrs.get(name, "/")
            assert not re.match(r"(?i)(https?:)?//|javascript:", address), address


def test_another_host_name_is_refused(client: TestClient) -> None:
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "", "[::1"):
        response = client.get("/", headers={"host": host})
        assert response.status_code == 421, host
    for host in ("localhost:8000", "127.0.0.1:1", "[::1]:8000", "LOCALHOST"):
        assert client.get("/help", headers={"host": host}).status_code == 200, host


def test_named_hosts_are_served(acme: Company) -> None:
    app = create_app(acme.workspace, hosts=["outlay.example"])
    inside = TestClient(app, base_url="http://outlay.example")
    assert inside.get("/help").status_code == 200
    assert inside.get("/help", headers={"host": "localhost"}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999", "host": "localhost:8710"},
    ],
)
def test_a_change_asked_for_by_another_site_is_refused(
    client: TestClient, headers: dict[str, str]
) -> None:
    for method, path in (
        ("POST", "/views"),
        ("POST", "/views/x/delete"),
        ("PUT", "/api/v1/views/x"),
        ("DELETE", "/api/v1/views/x"),
        ("POST", "/api/v1/sql"),
    ):
        assert client.request(method, path, headers=headers).status_code == 403, path


def test_a_change_of_our_own_page_is_taken(client: TestClient) -> None:
    for headers in (
        {"sec-fetch-site": "same-origin", "origin": "http://localhost"},
        {"origin": "http://localhost"},
        {},
    ):
        response = client.post(
            "/views",
            content="state=by%3DServiceName&title=Mine",
            headers=headers | {"content-type": "application/x-www-form-urlencoded"},
            follow_redirects=False,
        )
        assert response.status_code == 303
    assert client.post("/views/mine/delete", follow_redirects=False).status_code == 303


def test_pages_are_not_kept_and_versioned_files_are(client: TestClient) -> None:
    page = client.get("/help")
    assert page.headers["cache-control"] == "no-store"
    sheet = parse(page.text).all("link", rel="stylesheet")[0].attrs["href"]
    assert "immutable" in client.get(sheet).headers["cache-control"]
    assert client.get(sheet.split("?")[0]).headers["cache-control"] == "no-cache"


def test_the_first_page_is_small(client: TestClient) -> None:
    """Everything that the first page loads, compressed, stays below 300 kB."""
    response = client.get("/", headers={"accept-encoding": "gzip"})
    page = parse(response.text)
    paths = [
        "/",
        *(s.attrs["src"] for s in page.all("script")),
        *(s.attrs["href"] for s in page.all("link")),
    ]
    sizes = {}
    for path in paths:
        with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as stream:
            sizes[path] = len(b"".join(stream.iter_raw()))
    assert sum(sizes.values()) < 300_000, sizes


def test_shipped_scripts_are_the_published_ones_and_have_their_licences() -> None:
    import hashlib
    from importlib import resources

    vendor = resources.files("outlay.web").joinpath("static", "vendor")
    readme = vendor.joinpath("README.md").read_text(encoding="utf-8")
    scripts = [entry for entry in vendor.iterdir() if entry.name.endswith(".js")]
    assert len(scripts) == 2
    for script in scripts:
        digest = hashlib.sha256(script.read_bytes()).hexdigest()
        assert f"`{script.name}`" in readme and digest in readme
    licences = {entry.name for entry in vendor.joinpath("licenses").iterdir()}
    assert {"htmx-LICENSE.txt", "echarts-LICENSE.txt", "zrender-LICENSE.txt"} <= licences
