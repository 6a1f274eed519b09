"""What a tool or a detector says of a resource, and the words of its life.

Amounts are exact decimals of `currency`, per month of `MONTH_DAYS` days; days are UTC, the end of a
window exclusive. Actions are the words of AWS Cost Optimization Hub (``actionType``), with ours
beside them where it has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

MONTH_DAYS = 30
"""A month of estimates, in days (GCP's ``duration`` 2592000s; `reference/detectors`)."""

Action = Literal[
    "Rightsize",
    "Stop",
    "Upgrade",
    "Delete",
    "ScaleIn",
    "MigrateToGraviton",
    "PurchaseSavingsPlans",
    "PurchaseReservedInstances",
    # Ours: the hub has no word for these.
    "PurchaseCommittedUse",
    "Schedule",
    "ChangeStorageClass",
    "ChangePurchaseOption",
    "Configure",
    "Consolidate",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
PURCHASES = ("PurchaseSavingsPlans", "PurchaseReservedInstances", "PurchaseCommittedUse")
"""Actions that buy a commitment: its rate falls on what is left after every other action."""

Effort = Literal["VeryLow", "Low", "Medium", "High", "VeryHigh"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)
Confidence = Literal["high", "medium", "low"]
CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)

State = Literal[
    "identified",
    "assigned",
    "accepted",
    "implemented",
    "verified",
    "sustained",
    "snoozed",
    "dismissed",
    "expired",
    "regressed",
]
STATES: tuple[State, ...] = get_args(State)
OPEN: tuple[State, ...] = ("identified", "assigned", "accepted", "regressed")
"""States in which the money is still to be saved: a promise counts these alone."""
DONE: tuple[State, ...] = ("implemented", "verified", "sustained", "regressed")
"""States in which the bill is measured against the frozen baseline."""

Nature = Literal["saving", "avoided", "one-off"]
"""``saving``: recurring, the bill falls by it. ``avoided``: the bill would have risen. ``one-off``:
money that comes back once (a refund, credit or retroactive correction)."""


@dataclass(frozen=True)
class Evidence:
    """A figure that an estimate is made of, so that it can be made again by hand: `name` in words,
    `value` exact, `unit` a currency code or the unit's name, `source` where it is from (a column,
    a metric and statistic, a price list with its day)."""

    name: str
    value: Decimal
    unit: str = ""
    source: str = ""


@dataclass(frozen=True)
class Headroom:
    """What is left of a resource after right-sizing: the highest use seen in the window, in
    percent of what it has now and of what it would have."""

    metric: str
    statistic: str
    now: Decimal
    after: Decimal


@dataclass(frozen=True)
class Finding:
    """What one tool says of one resource.

    `tool` is ``outlay`` for our own detectors, else the native tool's source kind. `detector` is
    its id in that tool, `native_id` the tool's own id of this finding ('' for ours). `resource` is
    the ResourceId as the bill has it ('' for a finding on an account, a fleet or a purchase),
    `scope` what it is about where there is no resource (a fleet's name, an account). `where` is the
    condition, in the product's expression language, of the charges that the action changes: owner,
    access, baseline and proof all stand on it ('' only where a native tool names nothing on the
    bill). `group` names what excludes what on one resource: findings of one resource and group are
    alternatives, of which one can be done; of different groups they apply one after the other.
    `monthly_saving` is after discounts and commitments, `monthly_saving_list` at list prices (None:
    not known), `monthly_cost` the effective cost now of what the action changes (None: not known).
    """

    tool: str
    detector: str
    provider: str
    action: Action
    title: str
    currency: str
    monthly_saving: Decimal
    basis: str
    native_id: str = ""
    account: str = ""
    region: str = ""
    service: str = ""
    resource: str = ""
    resource_name: str = ""
    resource_type: str = ""
    scope: str = ""
    where: str = ""
    group: str = ""
    current: str = ""
    recommended: str = ""
    monthly_saving_list: Decimal | None = None
    monthly_cost: Decimal | None = None
    nature: Nature = "saving"
    evidence: tuple[Evidence, ...] = ()
    headroom: tuple[Headroom, ...] = ()
    first_day: date | None = None
    end_day: date | None = None
    confidence: Confidence = "medium"
    reasons: tuple[str, ...] = ()
    effort: Effort = "Medium"
    restart: bool | None = None
    rollback: bool | None = None
    risk: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.resource and not self.scope:
            raise ValueError(f"the finding {self.title!r} names neither a resource nor a scope")
        if not self.monthly_saving.is_finite() or self.monthly_saving <= 0:
            raise ValueError(f"the finding {self.title!r} saves nothing: {self.monthly_saving}")


@dataclass(frozen=True)
class Insufficient:
    """A resource that a detector could not judge: what is missing, in words, and its cost a month
    (effective, `currency`), so that people see what is not known. It is never an idle one."""

    detector: str
    resource: str
    missing: str
    provider: str = ""
    account: str = ""
    currency: str = ""
    monthly_cost: Decimal | None = None
