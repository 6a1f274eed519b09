"""The policy of savings as a use case: what counts now, and how it is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outlay.access import Level, require, who, whole_only
from outlay.app.savings.model import DEFAULT, SAVINGS_POLICY, SavingsPolicySpec, parameters
from outlay.app.served import served
from outlay.savings.detectors.contract import Detector, Settings
from outlay.savings.detectors.registry import detectors

if TYPE_CHECKING:
    from outlay.allocation.rules import Ruleset
    from outlay.app.workspace import Workspace

_OWNING = ("team", "owner", "squad", "product", "cost-center", "cost_center")
"""Virtual tags whose values usually answer for cost, in the order in which they are looked for."""

_ENVIRONMENTS = ("environment", "env", "stage", "tier")
"""Virtual tags that usually tell production from the rest."""


@dataclass(frozen=True)
class Policy:
    """The policy as it is kept; `version` 0: it is there without being saved."""

    spec: SavingsPolicySpec
    version: int = 0
    author: str = ""


@served("GET /savings/policy")
def kept_policy(workspace: Workspace) -> Policy:
    """The policy with its version, for those who see the whole ledger."""
    whole_only("the savings policy")
    return _kept(workspace)


def policy(workspace: Workspace) -> SavingsPolicySpec:
    """The policy that counts now, whoever asks."""
    return _kept(workspace).spec


@served("PUT /resources/{kind}/{name}")
def save_policy(workspace: Workspace, spec: Mapping[str, Any], seen: int | None = None) -> Policy:
    """Keep the policy; `seen` is the version that was read (0: there must be none yet)."""
    require(Level.EDITOR, "changing the savings policy", whole=True)
    typed = SAVINGS_POLICY.parse(spec)
    put = workspace.put_resource(
        SAVINGS_POLICY.name, DEFAULT, typed, author=who(), expected_version=seen
    )
    assert isinstance(put.spec, SavingsPolicySpec)
    return Policy(put.spec, put.version, put.author)


def owner_tag(rules: Ruleset, spec: SavingsPolicySpec) -> str:
    """The virtual tag whose value owns a recommendation; '' where there is none."""
    if spec.owner_tag in rules.tags:
        return spec.owner_tag
    return next((name for name in _OWNING if name in rules.tags), "")


def environment_tag(rules: Ruleset, spec: SavingsPolicySpec) -> str:
    """The virtual tag of environments; '' where there is none."""
    if spec.environment_tag in rules.tags:
        return spec.environment_tag
    return next((name for name in _ENVIRONMENTS if name in rules.tags), "")


def enabled(spec: SavingsPolicySpec) -> list[Detector]:
    """The detectors that look."""
    return [one for name, one in detectors().items() if spec.rule(name).enabled]


def settings(spec: SavingsPolicySpec) -> dict[str, Settings]:
    """How each detector looks, by id."""
    return {
        name: one.settings(parameters(one, spec.rule(name)), spec.least(name))
        for name, one in detectors().items()
    }


def _kept(workspace: Workspace) -> Policy:
    found = workspace.resources.find(SAVINGS_POLICY.name, DEFAULT)
    if found is None:
        return Policy(SavingsPolicySpec())
    assert isinstance(found.spec, SavingsPolicySpec)
    return Policy(found.spec, found.version, found.author)
