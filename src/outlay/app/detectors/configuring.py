"""How a detector looks, kept in the savings policy; and what is followed of what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outlay.access import Level, require, whole_only
from outlay.app.detectors.listing import known
from outlay.expression.errors import QueryError
from outlay.money.typed import unseparated
from outlay.savings.detectors.contract import Value

if TYPE_CHECKING:
    from outlay.app.savings.policy import Policy
    from outlay.app.workspace import Workspace
    from outlay.savings.recommendation import Recommendation


@dataclass(frozen=True)
class Wanted:
    """How a detector is to look: `values` by parameter (those not said keep its own), `minimum`
    its own least saving a month as text ('': the policy's), `where` the charges to leave out."""

    enabled: bool = True
    values: Mapping[str, Value] = field(default_factory=dict)
    minimum: str = ""
    where: str = ""


def change(workspace: Workspace, name: str, wanted: Wanted, seen: int | None = None) -> Policy:
    """Keep how a detector looks; `seen` is the policy's version that was read. For editors who see
    the whole ledger; ResourceError and QueryError for what cannot be."""
    require(Level.EDITOR, "changing the savings policy", whole=True)
    from outlay.app.savings.policy import kept_policy, save_policy

    detector, policy = known(name), kept_policy(workspace)
    try:
        detector.settings(dict(wanted.values))
    except ValueError as error:
        raise QueryError(str(error), field="parameters") from None
    spec = policy.spec.model_dump(mode="json")
    rules: dict[str, Any] = dict(spec.get("detectors") or {})
    rule: dict[str, Any] = {
        "enabled": wanted.enabled,
        "parameters": {
            key: value if isinstance(value, bool | str) else f"{value:f}"
            for key, value in wanted.values.items()
        },
        "minimum_saving": _amount(wanted.minimum) or None,
        "where": wanted.where.strip(),
    }
    # A rule that says nothing of its own is left out, so that a policy shows what it changes.
    if rule == {"enabled": True, "parameters": {}, "minimum_saving": None, "where": ""}:
        rules.pop(name, None)
    else:
        rules[name] = rule
    return save_policy(workspace, {**spec, "detectors": rules}, seen)


def _amount(text: str) -> str:
    try:
        return unseparated(text)
    except ValueError as error:
        raise QueryError(str(error), field="minimum") from None


def recommended(workspace: Workspace, name: str) -> list[Recommendation]:
    """The recommendations that a detector speaks of now or spoke of last, the most saving first.
    For those who see the whole ledger."""
    whole_only("the detectors of savings")
    from outlay.app.savings.acting import store

    found = [
        one
        for one in store(workspace).listed()
        if any(each.tool == "outlay" and each.detector == name for each in one.findings)
    ]
    return sorted(found, key=lambda one: (-one.finding.monthly_saving, one.id))
