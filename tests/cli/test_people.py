"""`outlay users`, `tokens`, `roles`, `audit`, and how `serve` asks for a login."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from outlay.access import keys, passwords
from outlay.access.login import Caller, Door
from outlay.app import Workspace
from tests.cli.conftest import Run

PASSWORD = "seven yellow bicycles"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    passwords._nobodys.cache_clear()


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_people_are_added_changed_and_removed(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "users add NAME --role admin" in run("users", "list").out
    typed(monkeypatch, PASSWORD + "\n")
    done = run("users", "add", "Ana@acme.example", "--role", "admin", "--password-stdin")
    assert (done.code, done.out) == (0, "ana@acme.example is admin now.\n")
    typed(monkeypatch, "")
    assert "waits for single sign-on" in run("users", "add", "bo", "--display", "Bo").out
    listed = run("users", "list", "--json").json
    assert [(u["name"], u["role"], u["password"]) for u in listed] == [
        ("ana@acme.example", "admin", True),
        ("bo", "viewer", False),
    ]
    assert PASSWORD not in json.dumps(listed) and "argon2" not in json.dumps(listed)
    link = run("users", "invite", "bo", "--json").json["link"]
    assert link.startswith("/invite/") and "invited" in run("users", "list").out
    assert run("users", "role", "bo", "editor", "--json").json["level"] == "editor"
    assert run("users", "disable", "bo").out == "bo is disabled.\n"
    assert run("users", "invite", "bo").code == 1
    assert run("users", "enable", "bo").code == 0
    typed(monkeypatch, "nine purple umbrellas\n")
    assert run("users", "password", "bo", "--password-stdin").code == 0
    workspace = Workspace.open(folder)
    assert Door(workspace.resources).log_in("bo", "nine purple umbrellas", Caller())
    workspace.close()
    assert run("users", "show", "bo", "--json").json["sessions"] == 1
    assert run("users", "remove", "bo").out == "bo is removed.\n"
    for words, why in (
        (("users", "disable", "ana@acme.example"), "last administrator"),
        (("users", "role", "ana@acme.example", "viewer"), "last administrator"),
        (("users", "role", "ana@acme.example", "boss"), "There are: viewer, editor"),
        (("users", "show", "nobody"), "There are: ana@acme.example"),
        (("users", "add", "ana@acme.example"), "already"),
    ):
        refused = run(*words)
        assert refused.code == 1 and why in refused.err, words
    typed(monkeypatch, "short\n")
    refused = run("users", "add", "mia", "--password-stdin")
    assert refused.code == 1 and "at least 12" in refused.err
    typed(monkeypatch, "")
    assert "--password-stdin" in run("users", "password", "ana@acme.example").err


def test_a_token_is_printed_once_and_lets_a_program_in(run: Run, folder: Path) -> None:
    run("users", "add", "ana", "--role", "editor")
    words = ("--owner", "ana", "--level", "editor", "--expires", "2035-01-01", "--json")
    made = run("tokens", "create", "ci", *words).json
    assert keys.is_token(made["token"]) and made["expires_at"] == "2035-01-01T00:00:00Z"
    workspace = Workspace.open(folder)
    asks = Door(workspace.resources).by_token(made["token"], "")
    assert asks is not None and asks.name == "ana"
    plain = run("tokens", "create", "board", "--scope", "SubAccountName='Shop'").out.splitlines()
    assert keys.is_token(plain[0]) and "cannot be shown again" in plain[1]
    listed = run("tokens", "list", "--json")
    assert made["token"] not in listed.out and plain[0] not in listed.out
    assert [(t["name"], t["owner"], t["scope"]) for t in listed.json] == [
        ("board", None, "SubAccountName = 'Shop'"),
        ("ci", "ana", ""),
    ]
    assert run("tokens", "revoke", made["id"]).code == 0
    assert Door(workspace.resources).by_token(made["token"], "") is None
    workspace.close()
    for words, why in (
        (("--owner", "ana", "--level", "admin"), "cannot be admin"),
        (("--level", "boss"), "Allowed: viewer"),
        (("--scope", "Nope = 1"), "Nope"),
        (("--expires", "2001-01-01"), "in the future"),
        (("--owner", "nobody"), "There are: ana"),
    ):
        refused = run("tokens", "create", "x", *words)
        assert refused.code in (1, 2) and why in refused.err, words


def test_roles_are_resources_and_listed_with_who_has_them(run: Run, folder: Path) -> None:
    file = folder / "roles.yaml"
    file.write_text(
        "kind: Role\nname: shop\nspec: {level: viewer, scope: \"SubAccountName = 'Shop'\"}\n"
    )
    assert run("apply", file, "--yes").code == 0
    run("users", "add", "vera", "--role", "shop")
    found = run("roles", "show", "shop", "--json").json
    assert (found["level"], found["scope"], found["people"]) == (
        "viewer",
        "SubAccountName = 'Shop'",
        ["vera"],
    )
    assert [role["name"] for role in run("roles", "list", "--json").json][-1] == "shop"
    refused = run("roles", "show", "none")
    assert refused.code == 1 and "There are: viewer" in refused.err
    assert "SubAccountName = 'Shop'" in run("roles", "list").out


def test_the_audit_log_is_listed_and_filtered(run: Run, folder: Path) -> None:
    run("users", "add", "vera")
    run("views", "save", "mine", "--by", "ServiceName")
    entries = run("audit", "--json").json
    assert [(e["action"], e["kind"], e["target"]) for e in entries] == [
        ("create", "View", "mine"),
        ("add person", "Event", "vera"),
    ]
    assert run("audit", "--kind", "View", "--json").json == entries[:1]
    assert run("audit", "--since", "2999-01-01", "--json").json == []
    assert "There is more than 1" in run("audit", "--limit", "1").out
    assert "View mine" in run("audit").out


def test_serving_to_others_needs_an_administrator(run: Run, folder: Path) -> None:
    for words in (("--host", "0.0.0.0"), ("--login",), ("--trust-proxy", "10.0.0.1")):
        refused = run("serve", "--port", "0", *words)
        assert refused.code == 2 and "users add NAME --role admin" in refused.err, words
    refused = run("serve", "--port", "0", "--tls-cert", "x.pem")
    assert refused.code == 2 and "--tls-key" in refused.err
