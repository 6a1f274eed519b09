"""How far a workspace goes, and that all that a person names goes no further: sources, metrics,
native tools (by https and by their APIs) and tickets, by one setting. Webhooks: tests/reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.app import Workspace, WorkspaceError
from outlay.app.access import accounts
from outlay.app.native import syncing
from outlay.app.reaching import people_log_in, reach_of
from outlay.app.settings import read_settings
from outlay.app.tickets import use
from outlay.app.tickets.errors import TicketError
from outlay.sources.reach import ANYWHERE, PUBLIC, Reach
from tests.sources.server import Answer, Server, serving
from tests.tickets.conftest import SPECS, finding, keep

SETTING = "private_addresses"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "ws"
    Workspace.init(folder, name="Acme", currency="USD").close()
    return folder


def opened(path: Path, setting: str = "") -> Workspace:
    """The workspace with a `private_addresses`."""
    file = path / "outlay.yaml"
    kept = file.read_text().split("delivery:")[0]
    file.write_text(kept + (f"delivery: {{private_addresses: {setting}}}\n" if setting else ""))
    return Workspace.open(path)


def test_unset_it_is_all_for_one_and_nothing_for_many(path: Path) -> None:
    with_nobody = opened(path)
    assert reach_of(with_nobody) == ANYWHERE
    accounts.add(with_nobody, "ana", "admin")
    assert people_log_in(with_nobody)
    assert reach_of(with_nobody) == PUBLIC
    with_nobody.close()


@pytest.mark.parametrize(
    "login", ["required: true", "sign_on: {issuer: 'https://id.example', client_id: x}"]
)
def test_a_login_in_the_settings_is_many(path: Path, login: str) -> None:
    file = path / "outlay.yaml"
    file.write_text(f"{file.read_text()}login: {{{login}}}\n")
    workspace = Workspace.open(path)
    assert reach_of(workspace) == PUBLIC
    workspace.close()


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("true", ANYWHERE),
        ("false", PUBLIC),
        ("[10.20.0.0/16, 'fd00:1::/32']", Reach.of(["10.20.0.0/16", "fd00:1::/32"])),
        ("[]", PUBLIC),
    ],
)
def test_what_is_said_counts_whoever_logs_in(path: Path, setting: str, expected: Reach) -> None:
    workspace = opened(path, setting)
    assert reach_of(workspace) == expected
    accounts.add(workspace, "ana", "admin")
    assert reach_of(workspace) == expected
    workspace.close()


def test_a_network_that_is_none_is_told(path: Path) -> None:
    file = path / "outlay.yaml"
    for wrong in ("[prometheus.monitoring]", "[10.0.0.0/64]", "yes please", "{a: 1}"):
        file.write_text(f"name: Acme\ndelivery: {{private_addresses: {wrong}}}\n")
        with pytest.raises(WorkspaceError, match=r"a list of networks such as \[10.20.0.0/16\]"):
            read_settings(path)


@pytest.fixture
def inner() -> Iterator[Server]:
    """A server of the own network, which would answer anything."""
    with serving(lambda _: Answer(b'{"data": [], "status": "success"}')) as server:
        yield server


def named(workspace: Workspace, what: str, url: str) -> str:
    """Have something fetch an address that a person named; what it says."""
    secure = url.replace("http://", "https://")
    if what == "bill":
        workspace.add_source("k8s", kind="kubernetes", location=url, options={"api": "opencost"})
        (done,) = workspace.sync(["k8s"])
        return done.error
    if what in ("metric", "file of a metric"):
        place = {"kind": "prometheus", "url": url, "query": "sum(up)"}
        if what != "metric":
            place = {"kind": "csv", "location": f"{url}/x.csv"}
        workspace.put_resource("Metric", "busy", {"grain": "day", "source": place}, author="test")
        return workspace.metrics.sync(["busy"])[0].error
    if what in ("native", "native API"):
        place = {"location": f"{secure}/x"}
        if what != "native":
            asked = {"subscriptions": "s", "token": "env:PATH", "endpoint": url}
            place = {"location": "api", "format": "azure-advisor", "options": asked}  # type: ignore[dict-item]
        workspace.put_resource("RecommendationSource", "hub", place, author="test")
        return syncing.sync(workspace, ["hub"])[0].error
    workspace.put_resource(
        "TicketSystem", "hook", SPECS["hook"] | {"url": "env:T_HOOK_URL"}, author="test"
    )
    with pytest.raises(TicketError) as raised:
        use.open_ticket(workspace, keep(workspace, finding()).id, "hook")
    return str(raised.value)


EVERY = ["bill", "metric", "file of a metric", "native", "native API", "ticket"]


@pytest.mark.parametrize("what", EVERY)
def test_with_accounts_nothing_that_a_person_names_reaches_the_own_network(
    path: Path, inner: Server, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setenv("T_HOOK", "hook-signing-secret")
    monkeypatch.setenv("T_HOOK_URL", f"{inner.url}/in")
    workspace = opened(path)
    accounts.add(workspace, "ana", "admin")
    said = named(workspace, what, inner.url)
    assert "not a public address" in said, said
    assert SETTING in said
    assert inner.asked == []
    workspace.close()


@pytest.mark.parametrize("what", ["bill", "metric", "native API"])
@pytest.mark.parametrize(("people", "setting"), [(False, ""), (True, "[127.0.0.0/8]")])
def test_on_ones_own_machine_or_where_it_is_allowed_it_does(
    path: Path, inner: Server, what: str, people: bool, setting: str
) -> None:
    workspace = opened(path, setting)
    if people:
        accounts.add(workspace, "ana", "admin")
    said = named(workspace, what, inner.url)
    assert "public" not in said, said
    assert inner.asked
    workspace.close()
