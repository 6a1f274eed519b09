"""Which level each route needs, and how its answer keeps to the reader's part of the ledger.

A route without a rule is refused, and a test that walks every route fails. Keys are the method and
the path as the application declares it: ``GET /statements/{plan}/{month}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from outlay.access.errors import AccessDeniedError, AccessError
from outlay.access.principal import Level, Principal, acting, require

Reach = Literal["free", "filtered", "whole"]


@dataclass(frozen=True)
class Rule:
    """`level` that is needed (NOBODY: also without a login), and the reach of the answer.

    ``free``: it says nothing of the ledger. ``filtered``: every figure in it comes through a
    question, which keeps to the scope. ``whole``: it shows the whole ledger, so that only those
    without a scope may ask.
    """

    level: Level
    reach: Reach


def free(level: Level = Level.VIEWER) -> Rule:
    """A route that tells nothing of the ledger."""
    return Rule(level, "free")


def filtered(level: Level = Level.VIEWER) -> Rule:
    """A route whose figures keep to the scope."""
    return Rule(level, "filtered")


def whole(level: Level = Level.VIEWER) -> Rule:
    """A route for those who see everything."""
    return Rule(level, "whole")


def rules() -> dict[str, Rule]:
    """Every rule; ValueError for a route that two areas claim."""
    from outlay.access.rules import (
        alerts,
        anomalies,
        api,
        budgets,
        calls,
        commitments,
        contracts,
        dashboards,
        design,
        detectors,
        drivers,
        forecast,
        home,
        kpis,
        mcp,
        native,
        pages,
        people,
        plans,
        realised,
        reports,
        savings,
        tickets,
        utilization,
    )

    found: dict[str, Rule] = {}
    areas = (pages, api, calls, home, drivers, dashboards, reports, people, design, mcp,
             anomalies, forecast, budgets, plans, alerts, savings, detectors, native, tickets,
             utilization, realised, commitments, contracts, kpis)  # fmt: skip
    for area in areas:
        for key, rule in area.RULES.items():
            if key in found:
                raise ValueError(f"two areas have a rule for {key}")
            found[key] = rule
    return found


@lru_cache(maxsize=1)
def all_rules() -> dict[str, Rule]:
    """Every rule, read once."""
    return rules()


def check(principal: Principal, rule: Rule | None, what: str) -> None:
    """Let a principal ask a route, or raise LoginRequiredError or AccessDeniedError.

    `what` names the route in messages. Without a rule nobody may.
    """
    if rule is None:
        raise AccessDeniedError(
            f"Nothing says who may ask {what}, hence nobody may. This is a defect of Outlay."
        )
    if rule.level is Level.NOBODY:
        return
    with acting(principal):
        require(rule.level, what, whole=rule.reach == "whole")


def permits(principal: Principal, rule: Rule | None) -> bool:
    """Whether a principal may ask a route."""
    try:
        check(principal, rule, "this")
    except AccessError:
        return False
    return True
