"""Who may change what: every route that changes something, asked at every level below its own, and
by people of a scope where it is of the whole ledger. All are refused, and nothing has changed."""

from typing import Any

import pytest
from sqlalchemy import MetaData, select

from outlay.access import AccessDeniedError, Level
from outlay.access.rules import rules
from outlay.app import (
    Workspace,
    allocating,
    bridge,
    closing,
    export,
    invoices,
    kubernetes,
    platforms,
    replaying,
    splits,
    statement_files,
    statements,
    tags,
    usage,
    usecases,
    vocabulary,
)
from outlay.query import CostQuery
from outlay.query.allocating import tag_suggestions
from tests.access.samples import filled
from tests.access.twoteams import (
    AUGUST,
    MINE,
    SCOPE,
    SEPTEMBER,
    People,
    TwoTeams,
    as_checkout,
)

WRITES = {key: rule for key, rule in rules().items() if not key.startswith("GET ")}
_LEVELS = (Level.NOBODY, Level.VIEWER, Level.EDITOR, Level.APPROVER)
# What is counted and noted of those who ask, whatever they ask.
_OF_ASKING = {"events", "api_tokens", "attempts", "sessions"}


def state(workspace: Workspace) -> dict[str, Any]:
    """All that is configured, closed and loaded."""
    engine = workspace.resources.engine
    known = MetaData()
    known.reflect(engine)
    with engine.connect() as connection:
        found: dict[str, Any] = {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in known.sorted_tables
            if not any(name in table.name for name in _OF_ASKING)
        }
    return found | {"snapshot": workspace.pin().snapshot_id}


@pytest.mark.parametrize("level", _LEVELS, ids=lambda level: level.word)
def test_below_its_level_a_route_changes_nothing(
    level: Level, people: People, company: TwoTeams
) -> None:
    client = people.client(level)
    before = state(company.workspace)
    for key, rule in sorted(WRITES.items()):
        if rule.level <= level or "{path:path}" in key:
            continue
        method, path = key.split(" ")
        answer = client.request(method, filled(path), json={}, headers={"Sec-Fetch-Site": "none"})
        refused = (401, 303) if level is Level.NOBODY else (403,)
        assert answer.status_code in refused, (key, answer.status_code, answer.text[:300])
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/login"), key
    assert state(company.workspace) == before


@pytest.mark.parametrize("level", [Level.EDITOR, Level.APPROVER, Level.ADMIN],
                         ids=lambda level: level.word)  # fmt: skip
def test_people_of_a_scope_change_nothing_that_is_everybodys(
    level: Level, people: People, company: TwoTeams
) -> None:
    client = people.client(level, SCOPE)
    before = state(company.workspace)
    for key, rule in sorted(WRITES.items()):
        if rule.reach != "whole":
            continue
        method, path = key.split(" ")
        answer = client.request(method, filled(path), json={}, headers={"Sec-Fetch-Site": "none"})
        assert answer.status_code == 403, (key, answer.status_code, answer.text[:300])
    put = client.put
    for kind, spec in (
        ("VirtualTag", {"rules": [{"when": "true = true", "value": "checkout"}]}),
        ("Role", {"level": "admin"}),
        ("Split", {"tag": "team", "take": "zebra", "method": "even"}),
        ("Source", {"kind": "focus", "location": "/etc"}),
    ):
        answer = put(f"/api/v1/resources/{kind}/team", json=spec)
        assert answer.status_code in (400, 403), (kind, answer.text)
    answer = put("/api/v1/resources/VirtualTag/mine", json={"rules": [{"value": "checkout"}]})
    assert answer.status_code == 403, answer.text
    assert client.delete("/api/v1/resources/VirtualTag/team").status_code == 403
    assert state(company.workspace) == before


def test_what_cannot_be_narrowed_refuses_by_itself(company: TwoTeams) -> None:
    """Also where a route was forgotten: below the faces, people of a scope are refused."""
    ws, everything = company.workspace, CostQuery()
    asked = {
        "sources": ws.sources,
        "source": lambda: ws.show_source(MINE),
        "deliveries": ws.deliveries,
        "held": ws.held,
        "snapshots": ws.snapshots,
        "runs": ws.runs,
        "checks": ws.checks,
        "doctor": ws.doctor,
        "stated": ws.stated,
        "load": lambda: ws.load([str(company.folder)]),
        "sync": ws.sync,
        "detect": lambda: ws.detect(str(company.folder)),
        "infer": lambda: ws.infer(str(company.folder)),
        "quarantine": lambda: ws.quarantine("none"),
        "restatements": lambda: ws.restatements(ws.pin().snapshot_id or 0),
        "sql": lambda: ws.sql("SELECT 1"),
        "export": lambda: export.offered(ws),
        "usage": lambda: usage.metrics(ws),
        "use case": lambda: usecases.answer(ws, "analyze-costs-by-service-name", {}),
        "clusters": lambda: kubernetes.lines(ws, kubernetes_query()),
        "platforms": lambda: platforms.there(ws),
        "coverage": lambda: allocating.coverage(ws, "team", everything),
        "suggestions": lambda: tag_suggestions(ws.lake, ws.rules(), "team", asking()),
        "replay": lambda: replaying.replay(ws, "team", "now", "none", everything),
        "splits": lambda: splits.overview(ws, everything),
        "tags": lambda: tags.overview(ws),
        "columns": lambda: tags.columns(ws),
        "metrics": lambda: ws.metrics.statuses(),
        "unit cost": lambda: ws.units.ask("per-order"),
        "invoices": lambda: invoices.reconciliation(ws),
        "close": lambda: closing.overview(ws),
        "month": lambda: closing.status(ws, SEPTEMBER),
        "bridge": lambda: bridge.prepaid_bridge(ws),
        "vocabulary": lambda: vocabulary.coverage(ws),
        "plan": lambda: ws.plan_resources([]),
        "history": lambda: ws.history("VirtualTag", "team"),
        "closing": lambda: statements.close(ws, "team", SEPTEMBER, author="carl"),
        "journal": lambda: statement_files.journal_file(ws, "team", AUGUST),
    }
    for name, ask in asked.items():
        with as_checkout(Level.ADMIN), pytest.raises(AccessDeniedError):
            found = ask()
            pytest.fail(f"{name} told {found!r:.200}")


def kubernetes_query() -> Any:
    from outlay.query.kubernetes import ClusterQuery

    return ClusterQuery()


def asking() -> Any:
    from outlay.query.allocating import Asking

    return Asking(CostQuery())
