"""What is asked of a cluster, and the proof as a value.

What a cluster's resources were charged is the sum of what was given to workloads and to the
system's namespaces (overhead), what was idle, what is the control plane's, and what nobody is
known for; idle that is shared out stands apart from what was held.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from outlay.allocation.kubernetes.consumers import STATES
from outlay.expression.errors import QueryError, near_names
from outlay.money import money_text, total
from outlay.query import ranges
from outlay.query.model import CostQuery

MEASURES = ("EffectiveCost", "BilledCost", "ListCost", "ContractedCost")
URL_KEYS = ("measure", "range", "from", "to", "as_of", "rules_as_of")
ORIGINS = ("node", "volume", "load balancer", "control plane", "network")


@dataclass(frozen=True)
class ClusterQuery:
    """A question about clusters; make it with `of`, which checks it. Amounts stay in the bill's
    own currency; the range counts charge days (UTC, end exclusive)."""

    measure: str = "EffectiveCost"
    range: str = ranges.ALL
    as_of: str | None = None
    rules_as_of: str | None = None

    @classmethod
    def of(cls, parts: Mapping[str, Any], *, others: Iterable[str] = ()) -> "ClusterQuery":
        """Read URL parameters or options by `URL_KEYS`; empty ones are the default. QueryError
        for a key or value that is none."""
        known = (*URL_KEYS, *others)
        for key in parts:
            if key not in known:
                raise QueryError(
                    f"{key!r} is not a part of a question about clusters",
                    field=key,
                    near=near_names(key, known),
                    allowed=known,
                )
        given = {key: str(value) for key, value in parts.items() if value not in (None, "")}
        measure = given.get("measure", "EffectiveCost")
        if measure not in MEASURES:
            raise QueryError(
                f"{measure!r} is no cost",
                field="measure",
                text=measure,
                near=near_names(measure, MEASURES),
                allowed=MEASURES,
            )
        range_ = ranges.range_text(given.get("range", ranges.ALL))
        if "from" in given or "to" in given:
            range_ = ranges.between(
                ranges.parse_day(given.get("from", ""), "from"),
                ranges.parse_day(given.get("to", ""), "to"),
            )
        asked = CostQuery(as_of=given.get("as_of"), rules_as_of=given.get("rules_as_of"))
        return cls(measure, range_, asked.as_of, asked.rules_as_of)

    def but(self, **changes: Any) -> "ClusterQuery":
        """The same question with some fields changed; the caller gives valid ones."""
        return replace(self, **changes)

    def to_params(self) -> dict[str, str]:
        """As URL parameters, defaults left out."""
        params = {
            "measure": "" if self.measure == "EffectiveCost" else self.measure,
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

    def charges(self, where: str, by: tuple[str, ...] = ()) -> CostQuery:
        """The question about charges that stands behind a number."""
        return CostQuery(
            measures=(self.measure,), by=by, range=self.range, where=where, as_of=self.as_of,
            rules_as_of=self.rules_as_of, splits="direct",
        )  # fmt: skip


@dataclass(frozen=True)
class OriginSum:
    """One kind of resource in one currency: what the bill's own roll-ups say was charged, and
    what the allocated rows add up to."""

    origin: str
    currency: str
    charged: Decimal
    allocated: Decimal
    resources: int

    @property
    def proven(self) -> bool:
        """Whether they are equal to the last digit."""
        return self.charged == self.allocated


@dataclass(frozen=True)
class PartSum:
    """A state (Workload, Overhead, Idle…) and part (CPU, Memory, GPU…) in one currency."""

    state: str
    part: str
    currency: str
    amount: Decimal


@dataclass(frozen=True)
class Holder:
    """A namespace: what it holds, its share of idle where that is shared, and the GPU part of
    both. `used` is the part of its requests that it used, of CPU and memory, where known."""

    namespace: str | None
    currency: str
    direct: Decimal
    shared_idle: Decimal
    gpu: Decimal
    overhead: bool
    cpu_used: Decimal | None = None
    memory_used: Decimal | None = None

    @property
    def amount(self) -> Decimal:
        """Everything."""
        return total((self.direct, self.shared_idle))


@dataclass(frozen=True)
class ResourceSum:
    """A resource of the bill: its charge, and what of it was idle or given to nobody."""

    origin: str
    resource: str
    node: str | None
    currency: str
    charge: Decimal
    idle: Decimal
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A thing that only one side knows, and why: `side` is ``usage`` or ``bill``."""

    side: str
    kind: str
    name: str
    reason: str


@dataclass(frozen=True)
class ClusterLine:
    """One cluster of the list. `charged` and `allocated` by currency; `divided_by` is ``usage``
    (from the usage of its pods) or ``bill`` (the provider's own rows); `note` says what is
    lacking."""

    name: str
    charged: Mapping[str, Decimal]
    allocated: Mapping[str, Decimal]
    idle: Mapping[str, Decimal]
    divided_by: str
    enabled: bool
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: money as text in full."""
        return {
            "name": self.name,
            "charged": _amounts(self.charged),
            "allocated": _amounts(self.allocated),
            "idle": _amounts(self.idle),
            "divided_by": self.divided_by,
            "enabled": self.enabled,
            "note": self.note,
        }


@dataclass(frozen=True)
class ClusterProof:
    """A cluster: what was charged by kind of resource, and whom it was given to."""

    name: str
    query: ClusterQuery
    origins: tuple[OriginSum, ...]
    parts: tuple[PartSum, ...]
    holders: tuple[Holder, ...]
    resources: tuple[ResourceSum, ...]
    missing: tuple[Missing, ...]
    methods: Mapping[str, Mapping[str, Decimal]]
    usage_sources: tuple[str, ...]
    bills: tuple[str, ...]
    settings: Mapping[str, Any]
    snapshot: str | None = None

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of its charges."""
        return tuple(dict.fromkeys(one.currency for one in self.origins))

    def charged(self, currency: str) -> Decimal:
        """What the bill charged for all of its resources."""
        return total(o.charged for o in self.origins if o.currency == currency)

    def allocated(self, currency: str) -> Decimal:
        """What the allocated rows add up to."""
        return total(o.allocated for o in self.origins if o.currency == currency)

    def state(self, state: str, currency: str) -> Decimal:
        """What is in a state (see `STATES`)."""
        return total(p.amount for p in self.parts if (p.state, p.currency) == (state, currency))

    def part(self, part: str, currency: str) -> Decimal:
        """What is of a part (CPU, Memory, GPU, Storage…)."""
        return total(p.amount for p in self.parts if (p.part, p.currency) == (part, currency))

    @property
    def proven(self) -> bool:
        """Whether every kind of resource adds up, to the last digit."""
        return all(one.proven for one in self.origins)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: money as text in full."""
        return {
            "cluster": self.name,
            "query": self.query.to_params(),
            "proven": self.proven,
            "totals": [
                {
                    "currency": code,
                    "charged": money_text(self.charged(code)),
                    "allocated": money_text(self.allocated(code)),
                    **{
                        state.lower().replace(" ", "_"): money_text(self.state(state, code))
                        for state in STATES
                    },
                }
                for code in self.currencies
            ],
            "origins": [
                {
                    "origin": o.origin,
                    "currency": o.currency,
                    "charged": money_text(o.charged),
                    "allocated": money_text(o.allocated),
                    "resources": o.resources,
                    "proven": o.proven,
                }
                for o in self.origins
            ],
            "parts": [
                {"state": p.state, "part": p.part, "currency": p.currency,
                 "amount": money_text(p.amount)}
                for p in self.parts
            ],
            "namespaces": [_holder(one) for one in self.holders],
            "resources": [
                {"origin": r.origin, "resource": r.resource, "node": r.node,
                 "currency": r.currency, "charge": money_text(r.charge),
                 "idle": money_text(r.idle), "reasons": list(r.reasons)}
                for r in self.resources
            ],
            "missing": [
                {"side": m.side, "kind": m.kind, "name": m.name, "reason": m.reason}
                for m in self.missing
            ],
            "methods": {name: _amounts(sums) for name, sums in self.methods.items()},
            "usage_sources": list(self.usage_sources),
            "bills": list(self.bills),
            "settings": dict(self.settings),
            "snapshot": self.snapshot,
        }  # fmt: skip

    def to_csv(self) -> str:
        """One row a namespace and currency, amounts in full."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(
            ["x_Cluster", "x_Namespace", "Direct", "SharedIdle", "Total", "GPU", "Currency"]
        )
        for one in self.holders:
            writer.writerow(
                [self.name, one.namespace or "", money_text(one.direct),
                 money_text(one.shared_idle), money_text(one.amount), money_text(one.gpu),
                 one.currency]
            )  # fmt: skip
        return out.getvalue()


def _holder(one: Holder) -> dict[str, Any]:
    return {
        "namespace": one.namespace,
        "currency": one.currency,
        "direct": money_text(one.direct),
        "shared_idle": money_text(one.shared_idle),
        "total": money_text(one.amount),
        "gpu": money_text(one.gpu),
        "overhead": one.overhead,
        "cpu_used": None if one.cpu_used is None else str(one.cpu_used),
        "memory_used": None if one.memory_used is None else str(one.memory_used),
    }


def _amounts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {code: money_text(amount) for code, amount in amounts.items()}
