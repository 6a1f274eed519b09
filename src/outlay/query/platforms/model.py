"""Platforms, what is asked of them, and the proof as a value.

A platform's charge of a scope (a warehouse's day, a job, a key's model) is the sum of what is
known to be somebody's (*direct*, or *by usage* where only usage tells), what was paid for and
used by nobody (*idle*), and what was used by somebody that nothing names (*unattributed*).
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from outlay.expression.dimensions import parse_dimension
from outlay.expression.errors import QueryError, near_names
from outlay.money import DateRange, money_text, total
from outlay.query import ranges
from outlay.query.measures import MEASURES
from outlay.query.model import CostQuery

Part = Literal["direct", "by_usage", "idle", "unattributed"]
PARTS: tuple[Part, ...] = ("direct", "by_usage", "idle", "unattributed")
"""The parts of a charge, in the order in which they are added up."""

IDLE_WAYS = ("keep", "share")


@dataclass(frozen=True)
class Platform:
    """A platform: which charges are its own, what a scope is, and who may be asked for.

    `scope` are the dimensions of a scope, besides the day where `daily`; `reasons` tell why
    something is unattributed; `quantity` names what is counted beside the money (None: nothing
    that adds up). `tells_idle` says whether the bill tells what nobody used.
    """

    name: str
    title: str
    where: str
    scope: tuple[str, ...]
    daily: bool
    by: tuple[str, ...]
    reasons: tuple[str, ...]
    tells_idle: bool
    quantity: str | None = None
    usage: bool = False


PLATFORMS: tuple[Platform, ...] = (
    Platform(
        "snowflake",
        "Snowflake",
        "ServiceProviderName = 'Snowflake'",
        ("SubAccountId", "ResourceType", "ResourceName"),
        True,
        ("x_User", "x_Role", "ResourceName", "x_WarehouseSize"),
        ("x_AllocationState", "ServiceName"),
        True,
        "Credits",
    ),
    Platform(
        "databricks",
        "Databricks",
        "ServiceProviderName = 'Databricks'",
        ("SubAccountId", "SkuId", "x_JobId", "x_ClusterId", "x_WarehouseId", "x_PipelineId"),
        False,
        ("x_RunAs", "x_JobName", "x_JobId", "ResourceName", "SubAccountId", "x_CreatedBy"),
        ("ServiceName",),
        False,
        "DBU",
    ),
    Platform(
        "ai",
        "AI",
        "ServiceProviderName IN ('Anthropic', 'OpenAI')",
        ("ServiceProviderName", "BillingAccountId", "SubAccountId", "x_ApiKey", "x_Model"),
        False,
        ("SubAccountId", "x_ApiKey", "x_User", "x_Model", "x_Team", "x_EndUser"),
        ("ChargeCategory", "ServiceProviderName"),
        False,
        usage=True,
    ),
)


def platform(name: str) -> Platform:
    """The platform; raises QueryError with the names there are."""
    for one in PLATFORMS:
        if one.name == name.lower():
            return one
    names = tuple(one.name for one in PLATFORMS)
    raise QueryError(
        f"there is no platform {name!r}",
        field="platform",
        text=name,
        near=near_names(name, names),
        allowed=names,
    )


@dataclass(frozen=True)
class PlatformQuery:
    """What is asked of a platform; make it with `of`, which checks it.

    `by` is the dimension that the cost is given to ("": the platform's first that its bills
    have), `idle` whether idle cost is kept or shared by what is attributed in the same scope,
    `by_day` whether each day is a scope of its own in the answer. `usage` divides by usage what
    the bill does not tell. Costs are of `measure` within `range`.
    """

    platform: str
    by: str = ""
    idle: str = "keep"
    measure: str = "BilledCost"
    range: str = ranges.ALL
    by_day: bool = False
    usage: bool = True
    as_of: str | None = None
    rules_as_of: str | None = None

    @classmethod
    def of(cls, name: str, parts: Mapping[str, Any]) -> "PlatformQuery":
        """Read the parts as URL parameters or options give them; raises QueryError."""
        allowed = ("by", "idle", "measure", "range", "from", "to", "by_day", "usage", "as_of",
                   "rules_as_of")  # fmt: skip
        for key in parts:
            if key not in allowed:
                raise QueryError(
                    f"{key!r} is not a part of a question about platforms",
                    field=key,
                    near=near_names(key, allowed),
                    allowed=allowed,
                )
        given = {key: value for key, value in parts.items() if value not in (None, "")}
        dates = {"from": given["from"]} if "from" in given else {}
        dates |= {"to": given["to"]} if "to" in given else {}
        cost = CostQuery.model_validate(
            {
                "measures": str(given.get("measure", "BilledCost")),
                "range": ranges.ALL if dates else given.get("range", ranges.ALL),
                **dates,
                "as_of": given.get("as_of"),
                "rules_as_of": given.get("rules_as_of"),
            }
        )
        (measure,) = cost.measures if len(cost.measures) == 1 else ("",)
        if not measure or MEASURES[measure].kind != "money":
            raise QueryError(
                "a platform's charges are proven in one measure of money",
                field="measure",
                text=str(given.get("measure")),
                allowed=("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"),
            )
        by = str(given.get("by", ""))
        return cls(
            platform(name).name,
            str(parse_dimension(by, "by")) if by else "",
            _idle(str(given.get("idle", "keep"))),
            measure,
            cost.range,
            _flag("by_day", given.get("by_day", False)),
            _flag("usage", given.get("usage", True)),
            cost.as_of,
            cost.rules_as_of,
        )

    def but(self, **changes: Any) -> "PlatformQuery":
        """The same question with some parts changed; the caller gives valid ones."""
        return replace(self, **changes)

    def to_params(self) -> dict[str, str]:
        """The question as URL parameters without the platform's name, defaults left out."""
        params = {
            "by": self.by,
            "idle": "" if self.idle == "keep" else self.idle,
            "measure": "" if self.measure == "BilledCost" else self.measure,
            "by_day": "yes" if self.by_day else "",
            "usage": "" if self.usage else "no",
            "as_of": self.as_of or "",
            "rules_as_of": self.rules_as_of or "",
        }
        if self.range != ranges.ALL:
            if ranges.is_relative(self.range):
                params["range"] = self.range
            else:
                days = ranges.bounds(self.range)
                params |= {"from": str(days.start or ""), "to": str(days.end or "")}
        return {key: value for key, value in params.items() if value}


def _idle(text: str) -> str:
    if text in IDLE_WAYS:
        return text
    raise QueryError(
        f"{text!r} is no way to treat idle cost", field="idle", text=text, allowed=IDLE_WAYS
    )


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("yes", "true", "1", "no", "false", "0"):
        return str(value).lower() in ("yes", "true", "1")
    raise QueryError(f"{value!r} is neither yes nor no", field=name, allowed=("yes", "no"))


@dataclass(frozen=True)
class Scope:
    """One scope of a platform's bill in one currency.

    `charge` is what the bill asks for it; the `parts` add up to it. `shared` is what of `idle`
    was given to consumers (it is in the part idle). `quantities` are of the same parts, in the
    platform's own unit.
    """

    values: Mapping[str, str | None]
    day: date | None
    currency: str
    charge: Decimal
    parts: Mapping[Part, Decimal]
    shared: Decimal = Decimal(0)
    quantities: Mapping[Part, Decimal] = field(default_factory=dict)

    @property
    def allocated(self) -> Decimal:
        """The sum of the parts: the charge, or the proof fails."""
        return total(self.parts.values())

    @property
    def difference(self) -> Decimal:
        """Charge less parts; anything but zero is a defect and is shown."""
        return total((self.charge, self.allocated.copy_negate()))

    @property
    def proven(self) -> bool:
        """Whether the parts are the charge, to the last digit."""
        return self.difference == 0


@dataclass(frozen=True)
class Consumer:
    """Who cost was given to: a value of `by`, with what is directly theirs, theirs by usage, and
    their share of idle."""

    value: str
    currency: str
    direct: Decimal
    by_usage: Decimal
    idle: Decimal
    quantity: Decimal

    @property
    def total(self) -> Decimal:
        """All of it."""
        return total((self.direct, self.by_usage, self.idle))


@dataclass(frozen=True)
class Unattributed:
    """Cost that nothing gives to anybody, and why."""

    reason: str
    currency: str
    amount: Decimal


@dataclass(frozen=True)
class Tie:
    """A slice of the bill: what the vendor's own rows state beside what is in the scopes.

    `whole` says whether the question has all of the slice; only then can the two be compared.
    """

    source: str
    billing_period: str
    currency: str
    stated: Decimal
    charged: Decimal
    whole: bool

    @property
    def proven(self) -> bool | None:
        """Whether the slice's charges are what the vendor states; None where a part is asked."""
        return self.stated == self.charged if self.whole else None


@dataclass(frozen=True)
class PlatformProof:
    """The answer: scopes whose parts add up to the bill, and who the parts belong to.

    `missing` is a condition on charges that name nobody ("" where usage alone knows).
    """

    query: PlatformQuery
    by: str
    choices: tuple[str, ...]
    scopes: tuple[Scope, ...]
    proven_scopes: int
    all_scopes: int
    consumers: tuple[Consumer, ...]
    unattributed: tuple[Unattributed, ...]
    ties: tuple[Tie, ...]
    range: DateRange | None
    snapshot: str | None
    notes: tuple[str, ...] = ()
    missing: str = ""

    @property
    def platform(self) -> Platform:
        """The platform."""
        return platform(self.query.platform)

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the scopes."""
        return tuple(sorted({scope.currency for scope in self.scopes}))

    @property
    def totals(self) -> tuple[Scope, ...]:
        """All scopes together, one a currency."""
        return tuple(
            merged({}, None, code, [s for s in self.scopes if s.currency == code])
            for code in self.currencies
        )

    @property
    def proven(self) -> bool:
        """Whether every scope and every slice that can be compared adds up."""
        return self.proven_scopes == self.all_scopes and all(
            tie.proven is not False for tie in self.ties
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; money as text with all its digits."""
        return {
            "platform": self.query.platform,
            "query": {"platform": self.query.platform, **self.query.to_params()},
            "by": self.by,
            "choices": list(self.choices),
            "measure": self.query.measure,
            "proven": self.proven,
            "proven_scopes": self.proven_scopes,
            "all_scopes": self.all_scopes,
            "totals": [scope_json(scope, self.platform) for scope in self.totals],
            "scopes": [scope_json(scope, self.platform) for scope in self.scopes],
            "consumers": [
                {
                    "value": one.value,
                    "currency": one.currency,
                    "direct": money_text(one.direct),
                    "by_usage": money_text(one.by_usage),
                    "idle": money_text(one.idle),
                    "total": money_text(one.total),
                    **({"quantity": money_text(one.quantity)} if self.platform.quantity else {}),
                }
                for one in self.consumers
            ],
            "unattributed": [
                {"reason": u.reason, "currency": u.currency, "amount": money_text(u.amount)}
                for u in self.unattributed
            ],
            "slices": [
                {
                    "source": tie.source,
                    "billing_period": tie.billing_period,
                    "currency": tie.currency,
                    "stated": money_text(tie.stated),
                    "charged": money_text(tie.charged),
                    "proven": tie.proven,
                }
                for tie in self.ties
            ],
            "range": None
            if self.range is None
            else {"from": str(self.range.start), "to": str(self.range.end)},
            "snapshot": self.snapshot,
            "notes": list(self.notes),
        }

    def to_csv(self) -> str:
        """Every scope with its charge and parts, amounts in full, as CSV with a header."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        rows = [scope_json(scope, self.platform) for scope in self.scopes]
        quantities = [f"{name}_quantity" for name in PARTS] if self.platform.quantity else []
        flat = [name for name in (rows[0] if rows else {}) if name not in ("quantities", "unit")]
        writer.writerow([*flat, *quantities])
        for row in rows:
            counted = [row["quantities"].get(name, "") for name in PARTS] if quantities else []
            writer.writerow(["" if row[n] is None else row[n] for n in flat] + counted)
        return buffer.getvalue()


def scope_json(scope: Scope, of: Platform) -> dict[str, Any]:
    """A scope as JSON: the charge, what is allocated of it, and the formula's parts."""
    found: dict[str, Any] = {
        **scope.values,
        **({"day": str(scope.day)} if scope.day else {}),
        "currency": scope.currency,
        "charge": money_text(scope.charge),
        "allocated": money_text(scope.allocated),
        **{name: money_text(scope.parts[name]) for name in PARTS},
        "idle_shared": money_text(scope.shared),
        "difference": money_text(scope.difference),
    }
    if of.quantity:
        found["unit"] = of.quantity
        found["quantities"] = {name: money_text(q) for name, q in scope.quantities.items()}
    return found


def merged(
    values: Mapping[str, str | None], day: date | None, currency: str, scopes: Iterable[Scope]
) -> Scope:
    """Several scopes of one currency as one."""
    found = list(scopes)
    return Scope(
        values,
        day,
        currency,
        total(scope.charge for scope in found),
        {name: total(scope.parts[name] for scope in found) for name in PARTS},
        total(scope.shared for scope in found),
        {name: total(scope.quantities.get(name, Decimal(0)) for scope in found) for name in PARTS},
    )
