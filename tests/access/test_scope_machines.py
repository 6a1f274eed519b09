"""Assistants, and command lines on other machines, see what their owner sees."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from outlay.access import Level
from outlay.access.rules import all_rules
from outlay.app.served import FUNCTIONS
from outlay.app.served.calls import METHODS
from outlay.mcp.registry import Context, Options, tools
from outlay.mcp.server import call
from tests.access.leaks import assert_no_canary, canaries
from tests.access.twoteams import SCOPE, ZEBRAS, People, TwoTeams, as_checkout

pytestmark = pytest.mark.slow

_DAYS = {"from": "2026-09-01", "to": "2026-10-01"}
_MONTH = {"plan": "team", "month": "2026-09"}
TOOLS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "query": (
        {"by": ["team"]},
        {"by": ["ServiceName"], "limit": 1, **_DAYS},
        {"by": "SubAccountName", "compare": "previous", **_DAYS},
    ),
    "charges": ({"limit": 20},),
    "explain": ({"by": ["team"], **_DAYS}, {"by": ["ServiceName"], **_DAYS}),
    "list_values": ({"dimension": "team"}, {"dimension": "ResourceId"}),
    "coverage": ({"tag": "team"},),
    "why": ({"tag": "team"}, {"tag": "team", "value": "checkout"}),
    "statements": ({}, {"plan": "team"}, _MONTH, {**_MONTH, "value": "checkout"}),
    "close_status": ({}, _MONTH),
    "run_view": ({"name": "by-team"},),
    "list_alerts": ({}, {"state": "all"}),
    "show_dashboard": ({"name": "board"}, {"name": "finance"}),
    "home": ({"persona": "engineer"}, {"persona": "finance"}, {"persona": "executive"}),
    "drivers": ({"by": ["ServiceName"], "compare": "previous", **_DAYS},),
    "use_case": ({"search": "service"}, {"name": "analyze-costs-by-service-name"}),
    "sql": ({"sql": "SELECT * FROM charges"},),
    "preview_rule": ({"tag": "team", "spec": {"rules": []}},),
    "suggest_rules": ({"tag": "team"},),
    "unit_cost": ({}, {"name": "per-order"}),
    "usage": ({},),
    "plan_resources": ({"documents": [{"kind": "View", "name": "x", "spec": {"query": {}}}]},),
}
"""What each tool is asked; those that are not here are asked without any argument."""
_CHANGE = {tool.name for tool in tools().values() if not tool.reads_only}


@pytest.fixture
def context(company: TwoTeams) -> Context:
    return Context(company.workspace, Options(writes=True, sql=True))


@pytest.mark.parametrize("tool", sorted(set(tools()) - _CHANGE))
def test_a_tool_tells_nothing_of_others(tool: str, context: Context) -> None:
    for given in TOOLS.get(tool, ({},)):
        with as_checkout(Level.ADMIN):
            told = repr(call(context, tool, given))
        assert_no_canary(told.encode(), f"{tool} {given}")


def test_whoever_sees_everything_is_told_of_the_others(context: Context) -> None:
    loud = (
        "query", "charges", "explain", "list_values", "why", "statements", "sql", "coverage",
        "run_view", "list_sources", "invoices", "home", "drivers",
    )  # fmt: skip
    for tool in loud:
        told = [call(context, tool, given) for given in TOOLS.get(tool, ({},))]
        assert canaries(repr(told).encode()), tool


def calls() -> Iterator[str]:
    yield from sorted({*FUNCTIONS, *METHODS})


def test_every_call_of_a_command_line_keeps_the_rule_of_a_route() -> None:
    operations = {name: one.operation for name, one in FUNCTIONS.items()} | dict(METHODS)
    for name, operation in operations.items():
        method, _, path = operation.partition(" ")
        assert f"{method} /api/v1{path}" in all_rules(), (name, operation)


def test_a_command_line_elsewhere_is_told_nothing_of_others(people: People) -> None:
    client = people.client(Level.ADMIN, SCOPE)
    for name in calls():
        for body in ({}, {"given": ["team"]}, {"given": [ZEBRAS]}):
            answer = client.post(f"/api/v1/calls/{name}", json=body)
            text = answer.text.replace(ZEBRAS, "")  # what was typed
            assert_no_canary(text.encode(), f"call {name} {body}")
