"""Asking for the proof: the bill's side from its own roll-ups, the pods' side as any question."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from outlay.access import whole_only
from outlay.allocation.kubernetes.consumers import IDLE_AS, OVERHEAD, SHARED_IDLE, UNUSED
from outlay.allocation.kubernetes.keys import usage_key
from outlay.allocation.kubernetes.layers import KubernetesLayers, Layer
from outlay.allocation.kubernetes.model import Clusters
from outlay.allocation.kubernetes.scope import KIND, SEEN
from outlay.allocation.rules import Ruleset
from outlay.expression import text_literal
from outlay.expression.errors import QueryError, near_names
from outlay.focus.sql import literal
from outlay.lake.engine.duckdb import parquet
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import SliceFacts, facts_of
from outlay.lake.lake import Lake
from outlay.lake.types import ROLLUPS, Pin
from outlay.money import total
from outlay.money.quotients import quotient
from outlay.query import ranges
from outlay.query.kubernetes.model import (
    ORIGINS,
    ClusterLine,
    ClusterProof,
    ClusterQuery,
    Holder,
    Missing,
    OriginSum,
    PartSum,
    ResourceSum,
)
from outlay.query.run import run
from outlay.query.usage import UsageQuery, usage

Sums = dict[str, Decimal]


@dataclass(frozen=True)
class _Layered:
    """The slices of the range that have a layer."""

    pin: Pin
    found: tuple[tuple[SliceFacts, Layer], ...]
    unmade: tuple[str, ...]
    days: ranges.Days

    def units(self, cluster: str) -> list[dict[str, Any]]:
        """The resources of the bill that are the cluster's."""
        return [u for _, layer in self.found for u in layer.manifest["units"]
                if u["cluster"] == cluster]  # fmt: skip


def clusters(
    lake: Lake, query: ClusterQuery, settings: Clusters, *, now: datetime | None = None
) -> tuple[ClusterLine, ...]:
    """Every cluster that usage, the bill or the settings know, largest first."""
    whole_only("the cost of clusters")
    layered = _layered(lake, query, now)
    charged = {
        name: _currencies(rows) for name, rows in _by(_charged(lake, layered, query)).items()
    }
    given: dict[str, Sums] = {}
    idle: dict[str, Sums] = {}
    if layered.found:
        for row in _rows(lake, query, "x_AllocatedAs IS NOT NULL",
                         ("x_Cluster", "x_AllocatedAs"), layered.pin, now):  # fmt: skip
            _add(given.setdefault(row["x_Cluster"], {}), row)
            if row["x_AllocatedAs"] == IDLE_AS:
                _add(idle.setdefault(row["x_Cluster"], {}), row)
    seen = {settings.name_of(name) for name in _usage_clusters(lake, layered.pin)}
    lines = []
    for name in sorted({*charged, *seen, *settings.specs}):
        spec = settings.spec(name)
        note = ""
        if not spec.enabled:
            note = "turned off: its charges stay as billed"
        elif name not in charged:
            note = (
                "no charge of its nodes, volumes or load balancers is in the bills of this range: "
                "its usage has estimates at list prices only"
                if name in seen
                else "no usage of it is loaded"
            )
        lines.append(
            ClusterLine(name, charged.get(name, {}), given.get(name, {}), idle.get(name, {}),
                        "usage", spec.enabled, note)
        )  # fmt: skip
    lines += _divided_by_bills(lake, query, {line.name for line in lines}, layered.pin, now)
    return tuple(sorted(lines, key=lambda one: (-_size(one.charged), one.name)))


def prove(
    lake: Lake,
    name: str,
    query: ClusterQuery,
    settings: Clusters,
    *,
    now: datetime | None = None,
) -> ClusterProof:
    """The proof of one cluster; QueryError with the names there are where it is none."""
    whole_only("the cost of a cluster")
    layered = _layered(lake, query, now)
    known = {one.name for one in clusters(lake, query, settings, now=now)}
    if name not in known:
        raise QueryError(
            f"there is no cluster {name!r}",
            field="cluster",
            text=name,
            near=near_names(name, known),
            allowed=sorted(known),
            hint="" if known else "Load the usage of one first.",
        )
    mine = f"x_Cluster = {text_literal(name)} AND x_AllocatedAs IS NOT NULL"

    def ask(*by: str) -> list[dict[str, Any]]:
        return _rows(lake, query, mine, by, layered.pin, now) if layered.found else []

    charged = _charged(lake, layered, query, name)
    states = ask("x_AllocatedFrom", "x_AllocatedAs", "x_AllocatedPart")
    methods: dict[str, Sums] = {}
    for row in ask("AllocatedMethodId"):
        _add(methods.setdefault(row["AllocatedMethodId"], {}), row)
    return ClusterProof(
        name=name,
        query=query,
        origins=_origins(charged, states, layered.units(name)),
        parts=_parts(states),
        holders=_holders(ask("x_Namespace", "x_AllocatedAs", "x_AllocatedPart"),
                         _efficiency(lake, query, settings, name)),
        resources=_resources(ask("x_AllocatedFrom", "ResourceId", "x_Node", "x_AllocatedAs",
                                 "x_AllocationReason")),
        missing=_missing(lake, layered, settings, name),
        methods=methods,
        usage_sources=tuple(
            sorted({s.source for s in layered.pin.slices
                    if s.delivery.kind == KIND and s.delivery.usage_rows})
        ),
        bills=tuple(sorted({facts.slice.source for facts, layer in layered.found
                            if any(u["cluster"] == name for u in layer.manifest["units"])})),
        settings=settings.spec(name).model_dump(mode="json"),
        snapshot=None if layered.pin.snapshot_id is None else str(layered.pin.snapshot_id),
    )  # fmt: skip


# --- what there is ---------------------------------------------------------------------------


def _layered(lake: Lake, query: ClusterQuery, now: datetime | None) -> _Layered:
    """The slices within the range that have a layer, as of the asked moments."""
    asked = query.charges("")
    pin = lake.pin(asked.as_of_moment())
    days = ranges.resolve(query.range, (now or datetime.now()).date())
    layers = lake.layers
    if not isinstance(layers, KubernetesLayers):
        return _Layered(pin, (), (), days)
    paths = {table: lake.rollup_paths(pin, table) for table in ROLLUPS}
    facts = [
        facts_of(one, {table: paths[table][one.delivery.id] for table in ROLLUPS})
        for one in pin.slices
    ]
    made = layers.layers(lake, pin, facts, asked.rules_moment())
    found, unmade = [], []
    for one in facts:
        layer = made.get(one.slice.delivery.id)
        if layer is None or not _within(one, days):
            continue
        if isinstance(layer, str):
            unmade.append(layer)
        else:
            found.append((one, layer))
    return _Layered(pin, tuple(found), tuple(unmade), days)


def _within(facts: SliceFacts, days: ranges.Days) -> bool:
    first, last = facts.first_day, facts.last_day
    if first is None or last is None:
        return False
    return not ((days.end and first >= days.end) or (days.start and last < days.start))


def _rows(
    lake: Lake,
    query: ClusterQuery,
    where: str,
    by: Iterable[str],
    pin: Pin,
    now: datetime | None,
) -> list[dict[str, Any]]:
    """Rows of a question with `currency` and `amount`."""
    question = query.charges(where, tuple(by))
    rules = Ruleset(at=question.rules_moment())
    result = run(lake, question, pin=pin, now=now, rules=rules)
    return [
        row | {"currency": row.get("BillingCurrency") or result.currency or "",
               "amount": row[query.measure] or Decimal(0)}
        for row in map(dict, result.rows())
    ]  # fmt: skip


def _charged(
    lake: Lake, layered: _Layered, query: ClusterQuery, cluster: str | None = None
) -> list[dict[str, Any]]:
    """What the bill charged: cluster, kind of resource, currency, amount; from the roll-ups of
    the slices themselves, which know nothing of pods."""
    found = []
    with question_connection(lake) as connection:
        for facts, layer in layered.found:
            units = [u for u in layer.manifest["units"] if cluster in (None, u["cluster"])]
            if units:
                found += _slice_charged(connection, facts, layer, units, layered.days,
                                        query.measure)  # fmt: skip
    return found


def _slice_charged(
    connection: duckdb.DuckDBPyConnection,
    facts: SliceFacts,
    layer: Layer,
    units: list[dict[str, Any]],
    days: ranges.Days,
    measure: str,
) -> list[dict[str, Any]]:
    values = ", ".join(
        f"({literal(u['cluster'])}, {literal(u['kind'])}, {literal(u['resource'])})" for u in units
    )
    bounds = [f"ChargeDay {sign} DATE '{day}'" for sign, day in
              ((">=", days.start), ("<", days.end)) if day]  # fmt: skip
    left = parquet(layer.folder / "reduced" / "contexts.parquet")
    contexts, daily = (parquet(facts.paths[name]) for name in ("contexts", "daily"))
    rows = connection.execute(
        f"SELECT u.cluster, u.kind, BillingCurrency, sum({measure}) FROM {daily} "
        f"JOIN (SELECT ContextId, BillingCurrency, lower(ResourceId) AS unit FROM {contexts} "
        f"WHERE x_ContextKey NOT IN (SELECT x_ContextKey FROM {left})) USING (ContextId) "
        f"JOIN (SELECT DISTINCT * FROM (VALUES {values}) AS v(cluster, kind, unit)) AS u "
        f"USING (unit) WHERE {' AND '.join(bounds) or 'true'} GROUP BY 1, 2, 3"
    ).fetchall()
    return [
        {"cluster": name, "origin": kind, "currency": code or "", "amount": amount}
        for name, kind, code, amount in rows
    ]


def _usage_clusters(lake: Lake, pin: Pin) -> list[str]:
    """The names of clusters that usage has seen."""
    paths = _usage_paths(lake, pin)
    if not paths:
        return []
    with question_connection(lake) as connection:
        rows = connection.execute(
            f"SELECT DISTINCT {SEEN} FROM {parquet(*paths, union_by_name=True)} ORDER BY 1"
        ).fetchall()
    return [row[0] for row in rows]


def _usage_paths(lake: Lake, pin: Pin, days: ranges.Days | None = None) -> list[Any]:
    slices = [
        s for s in pin.slices
        if s.delivery.kind == KIND and s.delivery.usage_rows
        and (days is None or _period_within(s.billing_period.start, s.billing_period.end, days))
    ]  # fmt: skip
    files = lake.usage_paths(Pin(pin.snapshot_id, pin.committed_at, tuple(slices)))
    return list(files.values())


def _period_within(start: date, end: date, days: ranges.Days) -> bool:
    return not ((days.end and start >= days.end) or (days.start and end <= days.start))


def _divided_by_bills(
    lake: Lake, query: ClusterQuery, known: set[str], pin: Pin, now: datetime | None
) -> list[ClusterLine]:
    """Clusters whose rows the provider has divided itself (GKE cost allocation)."""
    try:
        rows = _rows(lake, query, "x_Cluster IS NOT NULL", ("x_Cluster",), pin, now)
    except QueryError:
        return []
    sums: dict[str, Sums] = {}
    for row in rows:
        if row["x_Cluster"] not in known:
            _add(sums.setdefault(row["x_Cluster"], {}), row)
    return [
        ClusterLine(name, found, found, {}, "bill", True, "divided by the provider's own rows")
        for name, found in sums.items()
    ]


# --- the parts of a proof ---------------------------------------------------------------------


def _origins(
    charged: list[dict[str, Any]], states: list[dict[str, Any]], units: list[dict[str, Any]]
) -> tuple[OriginSum, ...]:
    bill, given = _by_pair(charged, "origin"), _by_pair(states, "x_AllocatedFrom")
    resources = {kind: len({u["resource"] for u in units if u["kind"] == kind})
                 for kind in ORIGINS}  # fmt: skip
    none = Decimal(0)
    return tuple(
        OriginSum(kind, code, bill.get((kind, code), none), given.get((kind, code), none),
                  resources.get(kind, 0))
        for kind, code in sorted({*bill, *given}, key=lambda k: (k[1], ORIGINS.index(k[0])))
    )  # fmt: skip


def _parts(states: list[dict[str, Any]]) -> tuple[PartSum, ...]:
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    for row in states:
        key = row["x_AllocatedAs"], row["x_AllocatedPart"], row["currency"]
        sums.setdefault(key, []).append(row["amount"])
    found = [PartSum(*key, total(amounts)) for key, amounts in sums.items()]
    return tuple(sorted(found, key=lambda p: (p.currency, -p.amount, p.state, p.part)))


def _holders(
    rows: list[dict[str, Any]], efficiency: Mapping[str, tuple[Decimal | None, Decimal | None]]
) -> tuple[Holder, ...]:
    """The namespaces, largest first."""
    groups: dict[tuple[str | None, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["x_Namespace"], row["currency"]), []).append(row)
    found = []
    for (name, code), mine in groups.items():
        cpu, memory = efficiency.get(name or "", (None, None))
        found.append(
            Holder(
                name,
                code,
                total(r["amount"] for r in mine if r["x_AllocatedAs"] != SHARED_IDLE),
                total(r["amount"] for r in mine if r["x_AllocatedAs"] == SHARED_IDLE),
                total(r["amount"] for r in mine if r["x_AllocatedPart"] == "GPU"),
                any(r["x_AllocatedAs"] == OVERHEAD for r in mine),
                cpu,
                memory,
            )
        )
    return tuple(sorted(found, key=lambda h: (h.currency, -h.amount, h.namespace or "")))


def _resources(rows: list[dict[str, Any]]) -> tuple[ResourceSum, ...]:
    """The resources of the bill, largest first."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        key = row["x_AllocatedFrom"], row["ResourceId"], row["currency"]
        groups.setdefault(key, []).append(row)
    found = []
    for (origin, resource, code), mine in groups.items():
        nodes = {r["x_Node"] for r in mine if r["x_Node"]}
        node = nodes.pop() if origin == "node" and len(nodes) == 1 else None
        reasons = {r["x_AllocationReason"] for r in mine if r["x_AllocationReason"]}
        found.append(
            ResourceSum(
                origin,
                resource,
                node,
                code,
                total(r["amount"] for r in mine),
                total(r["amount"] for r in mine if r["x_AllocatedAs"] in (IDLE_AS, UNUSED)),
                tuple(sorted(reasons)),
            )
        )
    return tuple(sorted(found, key=lambda r: (r.currency, -r.charge, r.resource)))


def _missing(lake: Lake, layered: _Layered, settings: Clusters, name: str) -> tuple[Missing, ...]:
    """Nodes and volumes that usage names and no bill charges, and nodes that only bills know."""
    units = layered.units(name)
    keys = {u["key"] for u in units}
    paths = _usage_paths(lake, layered.pin, layered.days)
    found: list[Missing] = []
    if paths:
        names = ", ".join(literal(one) for one in settings.names_of(name))
        with question_connection(lake) as connection:
            rows = connection.execute(
                f"SELECT DISTINCT ResourceType, coalesce(x_Node, ResourceName) AS n, "
                f"{usage_key('coalesce(ResourceId, x_Node)')} AS key, ResourceId FROM "
                f"{parquet(*paths, union_by_name=True)} WHERE {SEEN} "
                f"IN ({names}) AND ResourceType IN ('Node', 'Persistent Volume') ORDER BY ALL"
            ).fetchall()
        for kind, node, key, resource in rows:
            if key not in keys:
                what = "node" if kind == "Node" else "volume"
                shown = node if what == "node" and node else resource
                found.append(
                    Missing("usage", what, shown or key,
                            f"no bill of this range has a charge of {resource or key}")
                )  # fmt: skip
    unused = {u["resource"] for u in units if u["kind"] == "node" and not u["used"]}
    used = {u["resource"] for u in units if u["used"]}
    found += [
        Missing("bill", "node", resource, "no usage names it: its cost is idle")
        for resource in sorted(unused - used)
    ]
    return tuple(dict.fromkeys(found))


def _efficiency(
    lake: Lake, query: ClusterQuery, settings: Clusters, name: str
) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """Namespace → what part of its requests was used, of CPU and memory."""
    names = ", ".join(text_literal(one) for one in settings.names_of(name))
    metrics = ("cpu_request", "cpu_usage", "memory_request", "memory_usage")
    question = UsageQuery.of(
        {"metric": metrics, "by": "x_Namespace", "range": query.range,
         "where": f"x_Cluster IN ({names}) OR ((x_Cluster IS NULL OR x_Cluster = '') "
         f"AND x_SourceName IN ({names}))", "as_of": query.as_of}
    )  # fmt: skip
    try:
        result = usage(lake, question)
    except QueryError:
        return {}
    sums: dict[str, dict[str, Decimal]] = {}
    for row in result.rows:
        sums.setdefault(str(row.values[0] or ""), {})[row.metric] = row.quantity
    return {space: (_used(found, "cpu"), _used(found, "memory")) for space, found in sums.items()}


def _used(found: Mapping[str, Decimal], what: str) -> Decimal | None:
    return quotient(found.get(f"{what}_usage", Decimal(0)), found.get(f"{what}_request", 0), 4)


# --- sums -------------------------------------------------------------------------------------


def _by(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["cluster"], []).append(row)
    return found


def _currencies(rows: list[dict[str, Any]]) -> Sums:
    sums: Sums = {}
    for row in rows:
        _add(sums, row)
    return sums


def _add(sums: Sums, row: Mapping[str, Any]) -> None:
    sums[row["currency"]] = total((sums.get(row["currency"], Decimal(0)), row["amount"]))


def _by_pair(rows: list[dict[str, Any]], name: str) -> dict[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for row in rows:
        sums.setdefault((row[name], row["currency"]), []).append(row["amount"])
    return {key: total(amounts) for key, amounts in sums.items()}


def _size(sums: Mapping[str, Decimal]) -> Decimal:
    return total(sums.values())
