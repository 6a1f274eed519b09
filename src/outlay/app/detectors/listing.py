"""Detectors as they stand: how each looks by the policy, and what the last look came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import whole_only
from outlay.app.detectors.telling import Came, came_of
from outlay.app.served import served
from outlay.expression.errors import near_names
from outlay.resources import ResourceNotFoundError
from outlay.savings.detectors.contract import Detector, Value
from outlay.savings.detectors.registry import areas, detectors

if TYPE_CHECKING:
    from outlay.app.savings.policy import Policy
    from outlay.app.savings.store import LookRecord
    from outlay.app.workspace import Workspace


class DetectorNotFoundError(ResourceNotFoundError):
    """There is no detector of an id."""


@dataclass(frozen=True)
class Standing:
    """One detector: how it looks (`values` by parameter, the policy's over its own; `changed` are
    those that the policy says), its least saving a month, the charges that are left out, and what
    the last look came to. `came` is None where no look has asked it yet, `failed` why it did not
    work then."""

    id: str
    area: str
    enabled: bool
    values: Mapping[str, Value]
    changed: tuple[str, ...]
    minimum_saving: Decimal
    own_minimum: Decimal | None
    where: str
    came: Came | None = None
    failed: str = ""

    @property
    def detector(self) -> Detector:
        """Its declaration."""
        return detectors()[self.id]


@dataclass(frozen=True)
class Catalogue:
    """Every detector, by area. `looked_at` is when the last look was taken (UTC, None: never),
    `outcome` how it ended, `version` that of the policy (0: it is not kept)."""

    detectors: tuple[Standing, ...]
    looked_at: datetime | None = None
    outcome: str = ""
    message: str = ""
    snapshot: str = ""
    version: int = 0
    days: tuple[str, ...] = field(default=())


def known(name: str) -> Detector:
    """A detector by its id; DetectorNotFoundError says which are near."""
    found = detectors().get(name)
    if found is None:
        near = near_names(name, detectors())
        hint = f" Did you mean {near[0]}?" if near else ""
        raise DetectorNotFoundError(
            f"there is no detector {name!r}.{hint} `outlay detectors list` shows those there are."
        )
    return found


@served("GET /detectors")
def catalogue(workspace: Workspace) -> Catalogue:
    """Every detector as it stands, for those who see the whole ledger."""
    whole_only("the detectors of savings")
    from outlay.app.savings.acting import store
    from outlay.app.savings.policy import kept_policy

    last = next(iter(store(workspace).looks(1, ("done", "part"))), None)
    policy = kept_policy(workspace)
    standing = tuple(_standing(name, policy, last) for name in detectors())
    if last is None:
        return Catalogue(standing, version=policy.version)
    days = last.detail.get("days") or ()
    return Catalogue(
        standing, last.at, last.outcome, last.message, last.snapshot, policy.version, tuple(days)
    )


@served("GET /detectors/{name}")
def standing(workspace: Workspace, name: str) -> Standing:
    """One detector as it stands; DetectorNotFoundError for one that is none."""
    known(name)
    return next(one for one in catalogue(workspace).detectors if one.id == name)


def _standing(name: str, policy: Policy, last: LookRecord | None) -> Standing:
    from outlay.app.savings.model import parameters

    detector, rule = detectors()[name], policy.spec.rule(name)
    given = parameters(detector, rule)
    failed = str((last.detail.get("failed") or {}).get(name, "")) if last else ""
    return Standing(
        id=name,
        area=areas()[name],
        enabled=rule.enabled,
        values=detector.settings(given).values,
        changed=tuple(one.name for one in detector.parameters if one.name in given),
        minimum_saving=policy.spec.least(name),
        own_minimum=rule.minimum_saving,
        where=rule.where,
        came=_came(name, last),
        failed=failed,
    )


def _came(name: str, last: LookRecord | None) -> Came | None:
    """What the last look came to; None where it does not say, or did not ask this one."""
    kept = (last.detail.get("detectors") or {}).get(name) if last else None
    return None if kept is None else came_of(kept)
