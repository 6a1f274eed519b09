"""What people write of a monitor: which series are watched, how closely, and what is too small."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import Field, field_serializer, field_validator

from outlay.app.dashboards.model import CurrencyText, WhereText
from outlay.expression.dimensions import dimensions, split_names
from outlay.expression.errors import QueryError
from outlay.money import money_text
from outlay.query.measures import MEASURES
from outlay.resources import Kind, Spec, registry

EACH_TAG = "virtual-tags"
"""A grouping that stands for one of each virtual tag of the workspace."""

Sensitivity = Literal["low", "normal", "high"]
SENSITIVITIES: tuple[Sensitivity, ...] = get_args(Sensitivity)
Direction = Literal["both", "up", "down"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
Charges = Literal["usage", "all"]
CHARGES: tuple[Charges, ...] = get_args(Charges)
Grain = Literal["day", "hour"]

USAGE = "ChargeCategory = 'Usage' AND (ChargeFrequency = 'Usage-Based' OR ChargeFrequency IS NULL)"
"""The charges that move by use (FOCUS ChargeCategory, ChargeFrequency): what a calendar charges,
such as fees, purchases, tax and support, is no matter of days."""

_GROUPINGS = ("SubAccountId", "ServiceName", EACH_TAG)


class AnomalyMonitorSpec(Spec):
    """One watch over the ledger.

    Every value of each of `groupings` is a series: a dimension (``ServiceName``), several at once
    (``SubAccountId,ServiceName``), or ``virtual-tags`` for each virtual tag (but its default, which
    is nobody's: those charges are seen by account and service). `where` says which charges count;
    `charges` are those that move by use, or ``all`` with fees, credits and purchases. Amounts are
    those of `measure`, in the currency of the bill or converted to `currency`. An event is raised
    when its days outside the band together differ, without sign and by the engine's figures before
    they are rounded, by at least `minimum_impact` of that currency and `minimum_percent` of what
    was expected. `sensitivity` is how far outside the band a day has to
    be. `owner_tag` is the virtual tag whose value owns an event.
    """

    title: str = Field(default="", max_length=120)
    description: str = Field(default="", max_length=500)
    enabled: bool = True
    groupings: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)] = _GROUPINGS
    measure: str = "EffectiveCost"
    charges: Charges = "usage"
    where: WhereText = ""
    currency: CurrencyText = ""
    grain: Grain = "day"
    direction: Direction = "both"
    sensitivity: Sensitivity = "normal"
    minimum_impact: Decimal = Field(default=Decimal(100), ge=0, le=Decimal(10) ** 15)
    minimum_percent: Decimal = Field(default=Decimal(10), ge=0, le=10_000)
    owner_tag: str = Field(default="", max_length=64)

    @field_validator("groupings", mode="before")
    @classmethod
    def _known_groupings(cls, value: object) -> tuple[str, ...]:
        given = value.splitlines() if isinstance(value, str) else value
        if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
            raise ValueError("groupings is a list of dimensions, e.g. [SubAccountId, ServiceName]")
        found: dict[str, None] = {}
        for one in filter(None, (text.strip() for text in given)):
            found[one if one == EACH_TAG else _names(one)] = None
        return tuple(found)

    @field_validator("measure")
    @classmethod
    def _money(cls, name: str) -> str:
        money = [one for one, known in MEASURES.items() if known.kind == "money"]
        if name not in money:
            raise ValueError(f"{name!r} is no measure of money. Allowed: {', '.join(money)}")
        return name

    @field_validator("owner_tag")
    @classmethod
    def _tag(cls, name: str) -> str:
        return _names(name) if name.strip() else ""

    @field_serializer("minimum_impact", "minimum_percent")
    def _exact(self, value: Decimal) -> str:
        return money_text(value)

    @property
    def condition(self) -> str:
        """The charges that are watched, as one condition; '' for all."""
        parts = [f"({self.where})" if self.where else "", USAGE if self.charges == "usage" else ""]
        return " AND ".join(filter(None, parts))


def _names(text: str) -> str:
    try:
        return ",".join(str(one) for one in dimensions(split_names(text)))
    except QueryError as error:
        raise ValueError(str(error)) from None


ANOMALY_MONITOR = registry.register(
    Kind(
        name="AnomalyMonitor",
        spec=AnomalyMonitorSpec,
        title="Anomaly monitor",
        description=(
            "Which series are watched for what was not expected: by which dimensions and virtual "
            "tags, over which charges, how closely, and below which impact nothing is raised."
        ),
        example="""\
kind: AnomalyMonitor
name: production
spec:
  title: Production accounts
  groupings: [SubAccountId, ServiceName, virtual-tags]
  where: tags.env = 'prod'
  sensitivity: high
  minimum_impact: 200
  minimum_percent: 20
""",
    )
)
"""The kind `AnomalyMonitor`."""

DEFAULT = "default"
"""The name of the monitor that is there without being saved; saving one under it replaces it."""


def default_monitor() -> AnomalyMonitorSpec:
    """The monitor that watches until somebody says otherwise."""
    return AnomalyMonitorSpec(
        title="Accounts, services and virtual tags",
        description=(
            "What is watched without anything being set up: each account, each service and each "
            "value of each virtual tag."
        ),
    )
