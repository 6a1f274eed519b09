"""Single sign-on against a real, certified provider: a process of its own on loopback."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import update
from starlette.testclient import TestClient

from outlay.access import events
from outlay.access.events import Wanted
from outlay.access.login import Door
from outlay.app import Workspace
from outlay.app.settings import write_settings
from outlay.resources.database import writing
from outlay.resources.tables import pending_logins
from tests.shared import ROOT
from tests.web.access import OURS, asking, served
from tests.web.page import parse

FOLDER = ROOT / ".oidc-provider"
NODE = shutil.which("node")
CLIENT, SECRET = "outlay-test", "a secret of the test, long enough"
HERE = "http://localhost"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NODE is None, reason="there is no node on this machine"),
    pytest.mark.skipif(
        not (FOLDER / "version").is_file(),
        reason="there is no provider: scripts/install-oidc-provider.sh installs it",
    ),
]


@dataclass
class Process:
    """The provider that runs, and who logs in there."""

    issuer: str

    def logs_in(self, account: str, **claims: Any) -> None:
        """Whoever comes next is this account."""
        said = {"email": f"{account}@acme.example", "email_verified": True} | claims
        requests.post(
            f"{self.issuer}/control", json={"account": account, "claims": said}, timeout=5
        ).raise_for_status()

    def refuses(self) -> None:
        """Whoever comes next says no."""
        requests.post(f"{self.issuer}/control", json={"refuse": True}, timeout=5)


@pytest.fixture(scope="module")
def provider() -> Iterator[Process]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert NODE is not None
    arguments = (str(port), CLIENT, SECRET, f"{HERE}/login/callback", f"{HERE}/login")
    script = Path(__file__).with_name("provider.mjs")
    process = subprocess.Popen(
        [NODE, str(script), str(FOLDER), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        while "ready" not in (line := process.stdout.readline()):
            assert line or process.poll() is None, "the provider did not start"
        yield Process(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def workspace(
    tmp_path: Path, provider: Process, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    monkeypatch.setenv("ACME_SIGN_ON", SECRET)
    found = Workspace.init(tmp_path / "ws", name="Acme")
    Door(found.resources).people.add("root", "admin", password="seven yellow bicycles")
    found.close()
    yield configured(found.path, provider)


def configured(path: Path, provider: Process, **changes: Any) -> Workspace:
    """The workspace with single sign-on set up."""
    settings = Workspace.open(path).settings
    sign_on = {
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "client_secret": "env:ACME_SIGN_ON",
        "title": "Acme ID",
        "new_people": "viewer",
        **changes,
    }
    write_settings(
        path, type(settings).model_validate({"name": "Acme", "login": {"sign_on": sign_on}})
    )
    return Workspace.open(path)


class Browser:
    """A browser: our pages in-process, the provider's by the network, cookies of both."""

    def __init__(self, workspace: Workspace) -> None:
        self.client: TestClient = asking(served(workspace))
        self.provider = requests.Session()

    def begin(self, next: str = "/") -> str:
        """Our button; gives the answer of the provider as the address of our callback."""
        answer = self.client.get("/login/start", params={"next": next})
        assert answer.status_code == 303, answer.text
        return self.at_provider(answer.headers["location"])

    def at_provider(self, url: str) -> str:
        """Follow the provider until it sends the browser back to us."""
        for _ in range(9):
            answer = self.provider.get(url, allow_redirects=False, timeout=10)
            assert answer.status_code in (302, 303), answer.text
            url = requests.compat.urljoin(url, answer.headers["location"])
            if url.startswith(HERE):
                return url.removeprefix(HERE)
        raise AssertionError("the provider sends the browser in a circle")

    def log_in(self, next: str = "/") -> Any:
        """All of it; gives our answer to the provider's."""
        return self.client.get(self.begin(next))

    @property
    def me(self) -> dict[str, Any]:
        """Who we say that the browser is."""
        found: dict[str, Any] = self.client.get("/api/v1/me").json()
        return found


def failed(workspace: Workspace) -> str:
    """The reason of the newest failed login."""
    log = events.listed(workspace.resources.engine, Wanted(actions=("fail to log in",)), 1)
    return str(log[0].detail["reason"])


def test_somebody_new_logs_in_and_gets_an_account(workspace: Workspace, provider: Process) -> None:
    provider.logs_in("ana", name="Ana A")
    browser = Browser(workspace)
    page = parse(browser.client.get("/login?next=/sources").text)
    (button,) = [a for a in page.all("a") if "Acme ID" in a.text]
    assert button.attrs["href"] == "/login/start?next=/sources"
    sent = browser.client.get(button.attrs["href"]).headers["location"]
    asked = {key: value[0] for key, value in parse_qs(urlsplit(sent).query).items()}
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert asked["response_type"] == "code" and len(asked["state"]) >= 43 <= len(asked["nonce"])
    assert asked["redirect_uri"] == f"{HERE}/login/callback" and SECRET not in sent
    answer = browser.client.get(browser.at_provider(sent))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sources")
    assert browser.me["name"] == "ana@acme.example" and browser.me["level"] == "viewer"
    ana = Door(workspace.resources).people.get("ana@acme.example")
    assert (ana.display, ana.subject, ana.has_password) == ("Ana A", "ana", False)
    again = Browser(workspace)
    assert again.log_in().status_code == 303
    assert len(Door(workspace.resources).people.all()) == 2, "the same person, not another"


def test_an_answer_works_once_and_in_the_browser_that_began(
    workspace: Workspace, provider: Process
) -> None:
    provider.logs_in("ana")
    browser, other = Browser(workspace), Browser(workspace)
    callback = browser.begin()
    assert other.client.get(callback).status_code == 401, "somebody else's browser"
    assert "no login that this browser began" in failed(workspace)
    state = browser.client.cookies["outlay_sign_on"]
    assert browser.client.get(callback).status_code == 303
    answer = browser.client.get(callback, headers={"cookie": f"outlay_sign_on={state}"})
    assert answer.status_code == 401 and "used already" in failed(workspace)
    assert "set-cookie" not in answer.headers or "outlay=" not in answer.headers["set-cookie"]


def test_a_code_that_was_used_is_refused_by_the_provider(
    workspace: Workspace, provider: Process
) -> None:
    """A code that was stolen and put under a login of one's own: PKCE ties it to the first."""
    provider.logs_in("ana")
    victim, thief = Browser(workspace), Browser(workspace)
    stolen = parse_qs(urlsplit(victim.begin()).query)["code"][0]
    thief.begin()
    state = thief.client.cookies["outlay_sign_on"]
    answer = thief.client.get("/login/callback", params={"code": stolen, "state": state})
    assert answer.status_code == 401 and "invalid_grant" in failed(workspace)


@pytest.mark.parametrize("what", ["nonce", "verifier"])
def test_an_answer_to_another_question_is_refused(
    workspace: Workspace, provider: Process, what: str
) -> None:
    provider.logs_in("ana")
    browser = Browser(workspace)
    callback = browser.begin()
    with writing(workspace.resources.engine) as connection:
        connection.execute(update(pending_logins).values(**{what: "x" * 43}))
    assert browser.client.get(callback).status_code == 401
    assert ("nonce" if what == "nonce" else "invalid_grant") in failed(workspace)


def test_a_wrong_issuer_in_the_settings_is_told(workspace: Workspace, provider: Process) -> None:
    wrong = provider.issuer.replace("127.0.0.1", "localhost")
    browser = Browser(configured(workspace.path, provider, issuer=wrong))
    answer = browser.client.get("/login/start")
    assert answer.status_code == 502 and "could not be logged in by Acme ID" in answer.text
    assert "exactly as the provider does" in failed(workspace)


def test_a_wrong_secret_is_told_to_administrators_alone(
    workspace: Workspace, provider: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_SIGN_ON", "another secret")
    provider.logs_in("ana")
    answer = Browser(workspace).log_in()
    assert answer.status_code == 401 and "invalid_client" not in answer.text
    assert "invalid_client" in failed(workspace) and "another secret" not in failed(workspace)


def test_who_says_no_at_the_provider_is_not_let_in(workspace: Workspace, provider: Process) -> None:
    provider.refuses()
    answer = Browser(workspace).log_in()
    assert answer.status_code == 401 and "access_denied" in failed(workspace)


def test_groups_give_roles_and_take_them_away(workspace: Workspace, provider: Process) -> None:
    found = configured(
        workspace.path, provider, roles={"finops": "admin", "dev": "editor"}, new_people="refuse"
    )
    provider.logs_in("ana", groups=["dev", "chess"])
    browser = Browser(found)
    assert browser.log_in().status_code == 303 and browser.me["role"] == "editor"
    provider.logs_in("ana", groups=["dev", "finops"])
    second = Browser(found)
    assert second.log_in().status_code == 303 and second.me["role"] == "admin"
    assert browser.me["role"] == "admin", "also in the session that is open"
    provider.logs_in("ana", groups=["chess"])
    third = Browser(found)
    assert third.log_in().status_code == 401 and "no group" in failed(found)
    provider.logs_in("eve", groups=["chess"])
    assert Browser(found).log_in().status_code == 401 and "no account" in failed(found)
    assert Door(found.resources).people.find("eve@acme.example") is None


def test_the_last_administrator_stays_one_whatever_groups_say(
    workspace: Workspace, provider: Process
) -> None:
    found = configured(workspace.path, provider, roles={"finops": "admin"}, new_people="viewer")
    provider.logs_in("ana", groups=["finops"])
    Browser(found).log_in()
    Door(found.resources).people.disable("root")
    provider.logs_in("ana", groups=[])
    browser = Browser(found)
    assert browser.log_in().status_code == 303 and browser.me["role"] == "admin"


def test_only_proven_addresses_of_our_domains(workspace: Workspace, provider: Process) -> None:
    found = configured(workspace.path, provider, domains=["acme.example"])
    provider.logs_in("ana")
    assert Browser(found).log_in().status_code == 303
    for account, email, proven in (
        ("eve", "eve@evil.example", True),
        ("eva", "eva@acme.example", False),
        ("evi", "evi@acme.example", None),
        ("evo", "evo@acme.example.evil.example", True),
        ("evu", "evu@evil.example@sub.acme.example", True),
    ):
        provider.logs_in(account, email=email, email_verified=proven)
        assert Browser(found).log_in().status_code == 401, email
        assert "no domain that may log in" in failed(found)


def test_accounts_that_wait_are_tied_and_others_are_never_taken_over(
    workspace: Workspace, provider: Process
) -> None:
    people = Door(workspace.resources).people
    people.add("ana@acme.example", "editor")
    provider.logs_in("ana-1", email="ana@acme.example")
    browser = Browser(workspace)
    assert browser.log_in().status_code == 303 and browser.me["role"] == "editor"
    provider.logs_in("ana-2", email="ana@acme.example")
    assert Browser(workspace).log_in().status_code == 401, "tied to another subject"
    people.add("bo@acme.example", "admin", password="seven yellow bicycles")
    provider.logs_in("bo", email="bo@acme.example")
    assert Browser(workspace).log_in().status_code == 401, "it has a password of its own"
    assert people.get("bo@acme.example").subject == ""
    people.add("mia@acme.example", "approver")
    provider.logs_in("mia", email="mia@acme.example", email_verified=False)
    assert Browser(workspace).log_in().status_code in (303, 401)
    assert people.get("mia@acme.example").subject == "", "an address that is not proven"


def test_somebody_disabled_is_not_let_in(workspace: Workspace, provider: Process) -> None:
    provider.logs_in("ana")
    browser = Browser(workspace)
    browser.log_in()
    Door(workspace.resources).people.disable("ana@acme.example")
    assert browser.client.get("/views").status_code == 303
    assert Browser(workspace).log_in().status_code == 401


def test_logging_out_goes_on_to_the_provider(workspace: Workspace, provider: Process) -> None:
    provider.logs_in("ana")
    browser = Browser(workspace)
    browser.log_in()
    answer = browser.client.post("/logout", headers=OURS)
    link = parse(answer.text).one("a", cls="primary").attrs["href"]
    assert answer.headers["refresh"] == f"1; url={link}"
    assert link.startswith(f"{provider.issuer}/session/end?")
    page = browser.provider.get(link, timeout=10)
    assert page.status_code == 200, page.text
    form = parse(page.text).one("form")
    fields = {i.attrs["name"]: i.attrs["value"] for i in form.all("input", type="hidden")}
    done = browser.provider.post(
        form.attrs["action"], data=fields | {"logout": "yes"}, allow_redirects=False, timeout=10
    )
    assert done.headers["location"].startswith(f"{HERE}/login")
    assert browser.client.get("/views").status_code == 303
