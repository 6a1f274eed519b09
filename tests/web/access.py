"""A served workspace that asks for a login, and people who are logged in to it."""

from __future__ import annotations

from starlette.testclient import TestClient

from outlay.api import create_router
from outlay.app import Workspace
from outlay.app.access.login import Login
from outlay.web.app import create_app

PASSWORD = "seven yellow bicycles"
OURS = {"sec-fetch-site": "same-origin"}
"""What a browser says of a form of our own pages."""


def guarded(workspace: Workspace, base: str = "http://localhost", **client: str) -> TestClient:
    """A server that asks for a login, asked as nobody. `client` is the address of the caller."""
    app = create_app(
        workspace, api=create_router(workspace), hosts=["*"], login=Login(workspace)
    )
    address = (client.get("client", "10.0.0.1"), 50000)
    return TestClient(
        app, base_url=base, raise_server_exceptions=False, follow_redirects=False, client=address
    )


def log_in(client: TestClient, name: str, password: str = PASSWORD) -> TestClient:
    """The same client, logged in."""
    answer = client.post("/login", data={"name": name, "password": password}, headers=OURS)
    assert answer.status_code == 303, answer.text
    return client
