"""The block `login` of `outlay.yaml`, and what must be so before anybody is served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from outlay.app import Workspace, WorkspaceError
from outlay.app.access import accounts
from outlay.app.access.login import Login
from outlay.app.settings import Settings, read_settings, write_settings
from outlay.cli.listening import Listening
from tests.shared import ROOT

SIGN_ON = {"issuer": "https://id.acme.example", "client_id": "outlay"}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    found = Workspace.init(tmp_path / "ws", name="Acme")
    yield found
    found.close()


def settings(**login: Any) -> Settings:
    return Settings.model_validate({"name": "Acme", "login": login})


def with_login(workspace: Workspace, **login: Any) -> Workspace:
    write_settings(workspace.path, settings(**login))
    return Workspace.open(workspace.path)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"issuer": "http://id.acme.example"}, "must begin with https"),
        ({"issuer": "id.acme.example"}, "must begin with https"),
        ({"issuer": "https://id.acme.example/?x=1"}, "without"),
        ({"client_secret": "hunter2hunter2"}, "where the secret is kept"),
        ({"scopes": ["email"]}, "must contain openid"),
        ({"domains": ["Acme.example/x"]}, "domains"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_single_sign_on_that_cannot_be(given: dict[str, Any], why: str, tmp_path: Path) -> None:
    data = {"name": "Acme", "login": {"sign_on": SIGN_ON | given}}
    (tmp_path / "outlay.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(WorkspaceError, match=why) as refused:
        read_settings(tmp_path)
    assert "hunter2" not in str(refused.value)


def test_settings_are_written_and_read_again(workspace: Workspace) -> None:
    sign_on = SIGN_ON | {"client_secret": "env:ACME", "roles": {"a": "admin", "b": "viewer"}}
    found = with_login(workspace, required=True, sign_on=sign_on).settings.login
    assert found.required and found.sign_on is not None
    assert list(found.sign_on.roles) == ["a", "b"], "the order says which counts"


def test_the_example_of_the_documentation_is_valid() -> None:
    page = (ROOT / "docs" / "access.md").read_text("utf-8")
    (block,) = [b for b in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "login:" in b]
    found = Settings.model_validate({"name": "x"} | yaml.safe_load(block)).login
    assert found.sign_on is not None
    rows = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert set(type(found.sign_on).model_fields) <= set(rows)


def test_nobody_is_served_before_somebody_administers(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for listening in (Listening(login=True), Listening("0.0.0.0"), Listening(proxies="10.0.0.1")):
        with pytest.raises(WorkspaceError, match="users add NAME --role admin") as refused:
            listening.login_of(workspace)
        assert refused.value.wrong_use
    assert Listening().login_of(workspace) is None
    accounts.add(workspace, "ana", "admin")
    found = Listening("0.0.0.0").login_of(workspace)
    assert found is not None and Listening().login_of(workspace) is None
    assert Listening("0.0.0.0").hosts(workspace, found) == {"*"}
    assert Listening().hosts(workspace, None) == {"127.0.0.1", "localhost", "::1"}
    named = with_login(workspace, required=True, public_url="https://outlay.acme.example/")
    found = Listening().login_of(named)
    assert found is not None
    assert "outlay.acme.example" in Listening().hosts(named, found)
    for login, why in (
        ({"passwords": False}, "nobody could log in"),
        ({"sign_on": SIGN_ON | {"new_people": "boss"}}, "names the role 'boss'"),
        ({"sign_on": SIGN_ON | {"roles": {"a": "boss"}}}, "names the role 'boss'"),
        ({"sign_on": SIGN_ON | {"client_secret": "env:ACME_NOT_SET"}}, "ACME_NOT_SET"),
    ):
        monkeypatch.delenv("ACME_NOT_SET", raising=False)
        with pytest.raises(WorkspaceError, match=why):
            Login(with_login(workspace, **login)).check()


def test_how_a_server_listens(tmp_path: Path) -> None:
    file = tmp_path / "x.pem"
    file.write_text("x")
    for bad, why in (
        (Listening(tls_cert=file), "needs both"),
        (Listening(tls_key=file), "needs both"),
        (Listening(tls_cert=file, tls_key=tmp_path / "none.pem"), "no file"),
        (Listening(proxies="*"), "no address or network"),
        (Listening(proxies="10.0.0.1, proxy.example"), "no address or network"),
    ):
        with pytest.raises(WorkspaceError, match=why):
            bad.checked()
    assert Listening().options()["proxy_headers"] is False, "not even of this machine"
    believed = Listening(proxies="10.0.0.1, 10.1.0.0/16").checked().options()
    assert believed["proxy_headers"] and believed["forwarded_allow_ips"] == [
        "10.0.0.1",
        "10.1.0.0/16",
    ]
    assert Listening("0.0.0.0").warning and not Listening("0.0.0.0", proxies="10.0.0.1").warning
    assert Listening("0.0.0.0", tls_cert=file, tls_key=file).scheme == "https"


def test_what_a_proxy_says_is_believed_of_named_ones_alone() -> None:
    """By the layer of the server itself, as the command sets it up."""
    import asyncio

    import uvicorn

    def seen(proxies: str, caller: str) -> tuple[str, str]:
        found: list[tuple[str, str]] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            found.append((scope["client"][0], scope["scheme"]))

        config = uvicorn.Config(app, **Listening("0.0.0.0", proxies=proxies).options())
        config.load()
        headers = [(b"x-forwarded-for", b"1.2.3.4, 9.9.9.9"), (b"x-forwarded-proto", b"https")]
        scope = {
            "type": "http", "client": (caller, 1), "scheme": "http", "headers": headers,
            "method": "GET", "path": "/", "query_string": b"", "server": ("x", 1),
            "asgi": {"version": "3.0"}, "http_version": "1.1", "raw_path": b"/", "root_path": "",
        }  # fmt: skip
        asyncio.run(config.loaded_app(scope, None, None))  # type: ignore[arg-type]
        return found[0]

    assert seen("10.0.0.1", "10.0.0.1") == ("9.9.9.9", "https"), "the last hop that is not ours"
    assert seen("10.0.0.1,9.9.9.9", "10.0.0.1") == ("1.2.3.4", "https")
    assert seen("10.0.0.1", "10.0.0.2") == ("10.0.0.2", "http")
    assert seen("", "127.0.0.1") == ("127.0.0.1", "http")
