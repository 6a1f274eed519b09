"""Virtual tags as they are listed, and what rules of them can look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import whole_only
from outlay.allocation.model import VirtualTagSpec
from outlay.allocation.rules import ELIGIBLE
from outlay.app.served import served
from outlay.expression.dimensions import Dimension, is_virtual_name
from outlay.money import total
from outlay.money.quotients import quotient
from outlay.query import CostQuery, dimensions
from outlay.query.allocating import Covered
from outlay.resources import ResourceError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

MEASURE = "EffectiveCost"


@dataclass(frozen=True)
class TagOverview:
    """A virtual tag with how much it covers: money by currency before splits, how many values
    have any, the splits of it, and who changed it last (UTC, naive)."""

    name: str
    spec: VirtualTagSpec
    covered: Covered
    values: int
    splits: tuple[str, ...]
    builds_on: tuple[str, ...]
    version: int
    author: str
    updated_at: datetime


@dataclass(frozen=True)
class TagKey:
    """A tag key of the bills: its name as a dimension, and the money that has it, by currency."""

    dimension: str
    key: str
    money: Mapping[str, Decimal]
    whole: Mapping[str, Decimal]

    @property
    def shares(self) -> dict[str, Decimal | None]:
        """The money of all that there is, by currency."""
        return {c: quotient(amount, self.whole[c]) for c, amount in self.money.items()}


@served("GET /tags")
def overview(workspace: Workspace) -> list[TagOverview]:
    """Every virtual tag, by name."""
    whole_only("the virtual tags")
    rules = workspace.rules()
    found = []
    for resource in workspace.resources.list("VirtualTag"):
        assert isinstance(resource.spec, VirtualTagSpec)
        money = _by_value(workspace, resource.name)
        default = resource.spec.default
        found.append(
            TagOverview(
                resource.name,
                resource.spec,
                _covered(money, default),
                sum(value != default for value in money),
                tuple(rules.splits_of(resource.name)),
                rules.builds_on(resource.name),
                resource.version,
                resource.author,
                resource.updated_at,
            )
        )
    return found


def _by_value(workspace: Workspace, name: str) -> dict[str, dict[str, Decimal]]:
    query = CostQuery(measures=(MEASURE,), by=(name,), splits="direct")
    result = workspace.query(query).complete()
    found: dict[str, dict[str, Decimal]] = {}
    for row in result.rows():
        amount = row[MEASURE]
        if isinstance(amount, Decimal):
            currency = str(row.get("BillingCurrency") or result.currency)
            found.setdefault(str(row[name]), {})[currency] = amount
    return found


def _covered(money: Mapping[str, Mapping[str, Decimal]], default: str) -> Covered:
    currencies = sorted({currency for amounts in money.values() for currency in amounts})

    def summed(values: Iterable[str]) -> dict[str, Decimal]:
        chosen = list(values)
        return {c: total(money[v][c] for v in chosen if c in money[v]) for c in currencies}

    return Covered(summed(v for v in money if v != default), summed(money))


def keys(workspace: Workspace) -> list[TagKey]:
    """The tag keys of the bills, the one with most money first."""
    found = [
        TagKey(info.name, info.title, info.covered, info.total)
        for info in dimensions(workspace.lake)
        if info.kind == "tag"
    ]
    return sorted(found, key=lambda key: -total(a.copy_abs() for a in key.money.values()))


def columns(workspace: Workspace, tag: str = "") -> list[str]:
    """What a rule of a tag can look at and some charge may have: other virtual tags, tag keys,
    labels, columns that describe a charge, and a source's own columns."""
    whole_only("what rules can look at")
    from outlay.lake.facts import slice_facts

    lake = workspace.lake
    slices = list(slice_facts(lake, lake.pin()))
    present = {name for one in slices for name in one.context_columns}
    named = {
        str(dimension)
        for one in slices
        for key in one.tag_keys
        for kind in ("tag", "label")
        if one.has(dimension := Dimension(kind, key))
    }
    always = {"ChargeDay", "x_SourceName", "x_BillingPeriod"}
    own = sorted(name for name in present if name.startswith("x_"))
    return [
        *sorted(name for name in workspace.rules().tags if name != tag),
        *sorted(named),
        *(name for name in ELIGIBLE if name in present | always),
        *(name for name in own if name not in ELIGIBLE),
    ]


def check_tag_name(name: str) -> str:
    """The name, if a virtual tag can have it; ResourceError says what is allowed."""
    if is_virtual_name(name):
        return name
    raise ResourceError(
        f"{name!r} cannot name a virtual tag. Allowed: lower-case letters, digits and hyphens, a "
        "letter first, at most 64 characters, and no word of the expression language. For example "
        "team or cost-center."
    )
