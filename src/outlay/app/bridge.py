"""The prepaid bridge of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outlay.access import whole_only
from outlay.app.served import served
from outlay.statements.resources import PREPAID_BALANCE, PrepaidBalanceSpec

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake.types import Pin
    from outlay.statements.bridge import Bridge

KIND = PREPAID_BALANCE.name


@dataclass(frozen=True)
class StatedBalance:
    """A prepaid balance that somebody stated: its resource's name, and spec."""

    name: str
    spec: PrepaidBalanceSpec


@served("GET /close/balances")
def balances(workspace: Workspace) -> list[StatedBalance]:
    """Every balance that is stated, by name."""
    whole_only("the prepaid bridge")
    found = []
    for resource in workspace.resources.list(KIND):
        assert isinstance(resource.spec, PrepaidBalanceSpec)
        found.append(StatedBalance(resource.name, resource.spec))
    return found


@served("GET /close/bridge")
def prepaid_bridge(workspace: Workspace, pin: Pin | None = None) -> Bridge:
    """The bridge over every month of the ledger (or of a pin of it)."""
    whole_only("the prepaid bridge")
    from outlay.statements.bridge import bridge
    from outlay.statements.costs import cost_sums

    sums = cost_sums(workspace.lake, pin or workspace.pin())
    return bridge(sums, [one.spec for one in balances(workspace)])


@served("POST /close/balances")
def state_balance(
    workspace: Workspace,
    given: PrepaidBalanceSpec | Mapping[str, Any],
    name: str = "",
    *,
    author: str,
) -> StatedBalance:
    """State what was prepaid at the beginning of a month; a second statement of the same source,
    currency, commitment and month changes the first. ResourceError for a source that is none."""
    from outlay.resources.names import valid_name

    spec = given if isinstance(given, PrepaidBalanceSpec) else PREPAID_BALANCE.parse(given)
    assert isinstance(spec, PrepaidBalanceSpec)
    workspace.show_source(spec.source)

    def key(one: PrepaidBalanceSpec) -> tuple[str, str, str, str]:
        return one.source, one.currency, one.commitment, one.billing_period

    known = {key(one.spec): one.name for one in balances(workspace)}
    name = name or known.get(key(spec), "")
    if not name:
        end = (
            f"{valid_name(spec.commitment, '')[-24:]}-{spec.currency.lower()}-{spec.billing_period}"
        )
        name = valid_name(f"{valid_name(spec.source)[: 63 - len(end)]}-{end}")
    done = workspace.resources.put(KIND, name, spec, author=author)
    return StatedBalance(done.name, spec)
