"""The address of a webhook is kept where secrets are, and is shown nowhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from outlay.app import Workspace
from outlay.app.savings import acting
from outlay.app.tickets import use
from outlay.app.tickets.errors import TicketError
from outlay.app.tickets.syncing import sync
from outlay.resources import ResourceError
from outlay.resources.tables import resources
from tests.cli.conftest import Ran
from tests.cli.conftest import run as outlay  # noqa: F401
from tests.tickets.conftest import SPECS, finding, keep, later
from tests.tickets.servers import Hook, Reply
from tests.web.conftest import serving

SECRETS = ("hook-path-secret", "hook-query-secret", "hook-signing-secret")


def shown(workspace: Workspace, run: Callable[..., Ran], folder: Path) -> str:
    """All that anybody is shown of a ticket system: pages, commands, API, audit, files."""
    web = serving(workspace)
    found = []
    for path in (
        "/tickets", "/api/v1/tickets", "/api/v1/tickets/systems", "/api/v1/audit",
        "/api/v1/resources/TicketSystem", "/api/v1/resources/TicketSystem/hook",
        "/api/v1/resources/TicketSystem/hook/history",
    ):  # fmt: skip
        answer = web.get(path)
        assert answer.status_code in (200, 404), path
        found.append(answer.text)
    assert run("-w", workspace.path, "pull", "--out", folder).code == 0
    found += [file.read_text() for file in folder.rglob("*.yaml")]
    for words in (("tickets", "systems"), ("tickets", "systems", "--json"), ("tickets", "list")):
        found.append(run("-w", workspace.path, *words).out)
    return "\n".join(found)


def test_it_is_used_and_in_nothing_that_is_shown(
    acme: Workspace,
    hook: Hook,
    outlay: Callable[..., Ran],  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    one, two = keep(acme, finding()), keep(acme, finding("i-0bb3"))
    use.open_ticket(acme, one.id, "hook")
    assert hook.log[0].path == "/in/hook-path-secret"
    acting.accept(acme, one.id, "", later())
    echo = {"message": "no route POST /in/hook-path-secret?sig=hook-query-secret"}
    hook.answers = [Reply(404, echo)]
    told = [*sync(acme, later()).problems]
    assert "answers 404" in told[0]
    hook.answers = [Reply(400, echo)]
    with pytest.raises(TicketError) as raised:
        use.open_ticket(acme, two.id, "hook")
    text = shown(acme, outlay, tmp_path / "out")
    assert "env:T_HOOK_URL" in text
    for secret in SECRETS:
        assert secret not in text
        assert secret not in f"{told} {raised.value} {caplog.text}"


@pytest.mark.parametrize(
    "kept", ["", "hush-hush", "ftp://a.example/hush", "https://a.example:hush/", "https:///hush",
             "https://a.example/x\nhttps://b.example/hush"],
)  # fmt: skip
def test_what_is_kept_there_and_is_no_address_is_told_without_it(
    acme: Workspace, hook: Hook, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    monkeypatch.setenv("T_HOOK_URL", kept)
    one = keep(acme, finding())
    with pytest.raises(TicketError, match="env:T_HOOK_URL") as raised:
        use.open_ticket(acme, one.id, "hook")
    assert "hush" not in str(raised.value)
    monkeypatch.delenv("T_HOOK_URL")
    with pytest.raises(TicketError, match="T_HOOK_URL, which is not set"):
        use.open_ticket(acme, one.id, "hook")


def test_one_that_was_written_before_is_still_asked_and_not_written_again(
    acme: Workspace, hook: Hook
) -> None:
    url = f"{hook.url}/in/hook-path-secret"
    spec: dict[str, Any] = {**SPECS["hook"], "url": url}
    with pytest.raises(ResourceError, match="the address of a webhook is a secret") as raised:
        acme.put_resource("TicketSystem", "old", spec, author="test")
    assert "hook-path-secret" not in str(raised.value)
    # As a version before this one kept it.
    acme.put_resource("TicketSystem", "old", {**spec, "url": "env:T_OLD"}, author="test")
    with acme.resources.engine.begin() as connection:
        row = resources.c.name == "old"
        kept = connection.execute(resources.select().where(row)).one().spec
        connection.execute(update(resources).where(row).values(spec={**kept, "url": url}))
    use.open_ticket(acme, keep(acme, finding()).id, "old")
    assert hook.log[-1].path == "/in/hook-path-secret"
    (old,) = [s for s in serving(acme).get("/api/v1/tickets/systems").json() if s["name"] == "old"]
    assert old["url"] == f"{hook.url}/…"
    assert "hook-path-secret" not in serving(acme).get("/tickets").text
    assert "hook-path-secret" not in json.dumps(old)


def test_a_user_in_the_address_signs_in(
    acme: Workspace, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T_HOOK_URL", hook.url.replace("http://", "http://bot:p%40ss@") + "/in")
    use.open_ticket(acme, keep(acme, finding()).id, "hook")
    assert hook.log[0].headers["Authorization"] == "Basic Ym90OnBAc3M="
    assert "bot" not in hook.log[0].headers["Host"]
