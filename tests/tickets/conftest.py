"""A workspace with recommendations, and ticket systems on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.runs import utc_now
from outlay.app.savings import acting
from outlay.savings.model import Evidence, Finding
from outlay.savings.recommendation import Recommendation, key_of
from tests.tickets.servers import GitHub, Hook, Jira, ServiceNow, running

SPECS: dict[str, dict[str, Any]] = {
    "jira": {
        "type": "jira", "project": "FIN", "user": "bot@acme.example", "token": "env:T_JIRA",
        "amount_field": "customfield_10042",
    },
    "github": {"type": "github", "project": "acme/ops", "token": "env:T_GITHUB"},
    "snow": {
        "type": "servicenow", "project": "incident", "user": "outlay", "token": "env:T_SNOW",
        "amount_field": "u_saving",
    },
    "hook": {"type": "webhook", "token": "env:T_HOOK"},
}  # fmt: skip


def finding(resource: str = "i-0aa2", saving: str = "37.725") -> Finding:
    """A machine that is too large; an amount with a third decimal."""
    return Finding(
        tool="aws-cost-hub", detector="Ec2Instance.Rightsize", provider="AWS", action="Rightsize",
        title=f"Right-size {resource}: m6i.large to t3.medium", currency="USD",
        monthly_saving=Decimal(saving), monthly_saving_list=Decimal("39.71"),
        basis="after discounts", account="111111111111", region="us-east-1", resource=resource,
        where=f"ResourceId = '{resource}'", group="size", current="m6i.large",
        recommended="t3.medium",
        evidence=(Evidence("CPU", Decimal("8.2"), "Percent", "CloudWatch"),),
        reasons=("CPU is at most 8.2 % @all *really* <b>",),
    )  # fmt: skip


def keep(workspace: Workspace, one: Finding, **more: Any) -> Recommendation:
    """A recommendation of a finding, kept as a look would."""
    now = utc_now()
    made = Recommendation(
        id=0, key=key_of(one), state="identified", reason="", provider=one.provider,
        account=one.account, region=one.region, service="", resource=one.resource,
        resource_name="web-stg", scope="", where=one.where, group=one.group, action=one.action,
        nature="saving", currency="USD", findings=(one,), owner_tag="team", owner="checkout",
        first_seen=now, last_seen=now, updated_at=now,
    )  # fmt: skip
    with acting.store(workspace).changing() as books:
        return books.add(replace(made, **more))


def state(workspace: Workspace, number: int) -> str:
    """Where a recommendation stands."""
    return acting.store(workspace).one(number).state


def notes(workspace: Workspace, number: int, action: str = "comment") -> list[str]:
    """What was said of it."""
    return [step.note for step in acting.store(workspace).steps(number, (action,))]


def later(minutes: int = 1) -> datetime:
    """A moment to come: changes of ours are told apart from those there by their moments."""
    return utc_now() + timedelta(minutes=minutes)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace without bills; tickets may go to loopback."""
    for name, secret in (
        ("T_JIRA", "jira-secret-token"),
        ("T_GITHUB", "github-secret-token"),
        ("T_SNOW", "snow-secret-password"),
        ("T_HOOK", "hook-signing-secret"),
    ):
        monkeypatch.setenv(name, secret)  # fmt: skip
    Workspace.init(tmp_path / "ws", name="Acme", currency="USD").close()
    settings = tmp_path / "ws" / "outlay.yaml"
    settings.write_text(settings.read_text() + "delivery: {private_addresses: true}\n")
    workspace = Workspace.open(tmp_path / "ws")
    yield workspace
    workspace.close()


def configure(workspace: Workspace, name: str, url: str, **more: Any) -> None:
    """Keep a ticket system at an address."""
    workspace.put_resource("TicketSystem", name, SPECS[name] | {"url": url} | more, author="test")


@pytest.fixture
def jira(acme: Workspace) -> Iterator[Jira]:
    """A Jira that the workspace knows."""
    with running(made := Jira()):
        configure(acme, "jira", made.url)
        yield made


@pytest.fixture
def github(acme: Workspace) -> Iterator[GitHub]:
    """A GitHub that the workspace knows."""
    with running(made := GitHub()):
        configure(acme, "github", made.url)
        yield made


@pytest.fixture
def snow(acme: Workspace) -> Iterator[ServiceNow]:
    """A ServiceNow that the workspace knows."""
    with running(made := ServiceNow()):
        configure(acme, "snow", made.url)
        yield made


@pytest.fixture
def hook(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A receiver that the workspace knows; its address is kept in T_HOOK_URL."""
    with running(made := Hook()):
        monkeypatch.setenv("T_HOOK_URL", made.url + "/in/hook-path-secret?sig=hook-query-secret")
        configure(acme, "hook", "env:T_HOOK_URL")
        yield made
