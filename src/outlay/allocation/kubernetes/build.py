"""The layer of a slice: its cluster's charges in rows per consumer, with roll-ups of their own,
and the roll-ups of the slice without them.

Files of a layer's folder: ``charges.parquet``, ``rollups/…``, ``reduced/…`` and ``layer.json``,
which is written last.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from outlay.allocation.kubernetes.consumers import IDLE_AS, SHARED_IDLE
from outlay.allocation.kubernetes.scope import (
    IDLE,
    SPLIT_PARENT,
    Finder,
    Scope,
    make_split,
    make_usage,
)
from outlay.allocation.kubernetes.weights import make_shares
from outlay.focus.share import shared_sql
from outlay.focus.sql import literal, quoted
from outlay.lake.engine.duckdb import parquet
from outlay.lake.facts import file_columns
from outlay.lake.rollups import build_rollups, reduce_rollups
from outlay.lake.schema import ALLOCATED_TAGS, charges_types, column_list
from outlay.lake.types import COST_COLUMNS, LakeError
from outlay.money import MONEY_SQL, money_text

VERSION = 2
"""Raised when the same charges and usage give other rows than before."""

DIMENSIONS = (
    "x_Cluster",
    "x_Node",
    "x_Namespace",
    "x_ControllerKind",
    "x_Controller",
    "x_Pod",
    "x_Container",
    "x_AllocatedAs",
    "x_AllocatedPart",
    "x_AllocatedFrom",
    "x_AllocationReason",
)
"""Columns that a layer's rows have beside the origin's: whose, what state (Workload, Overhead,
Idle…), which part (CPU, Memory, GPU, Storage, Network…), from which kind of resource, and why
nobody has it."""

MANIFEST = "layer.json"
_QUANTITIES = (
    "ConsumedQuantity",
    "PricingQuantity",
    "CommitmentDiscountQuantity",
    "PricingCurrencyEffectiveCost",
)
_SPLIT_COLUMNS = (SPLIT_PARENT, "x_SplitCost", "x_SplitUnusedCost")
_PARQUET = "FORMAT PARQUET, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880"


@dataclass(frozen=True)
class Proven:
    """What was taken of a slice and given out again, in one currency: equal, or it is no layer.

    `origin` is the kind of resource (node, volume, load balancer, control plane, network).
    """

    cluster: str
    origin: str
    currency: str
    taken: dict[str, Decimal]
    given: dict[str, Decimal]


def build(finder: Finder, scope: Scope, folder: Path) -> bool:
    """Make the layer of a slice in the folder; False (and no file but the manifest, which says
    so) where the slice has no charge of a cluster.

    Raises LakeError when what was given out is not what was taken, which is a defect.
    """
    folder.mkdir(parents=True, exist_ok=True)
    connection = finder.connection
    if not finder.match(scope):
        _write_manifest(folder, scope, [], {})
        return False
    make_usage(connection, scope.usage)
    charges = scope.facts.slice.charges_path
    make_lines(connection, charges)
    split = bool(make_split(connection, scope, [charges]))
    make_shares(connection, scope.clusters, split=split)
    contexts = layer_contexts(scope)
    alike = _alike(connection)
    target = folder / "charges.parquet"
    day = "CAST(ChargePeriodStart AS DATE)"
    order = f"{day}, ResourceId, x_Namespace, x_Pod, x_SourceFile, x_SourceLine"
    connection.execute(
        f"COPY ({_rows(scope, contexts, alike)} ORDER BY {order}) "
        f"TO {literal(str(target))} ({_PARQUET})"
    )
    proven = prove(connection, target)
    build_rollups(connection, target, contexts, folder / "rollups")
    reduce_rollups(
        connection,
        scope.facts.paths["contexts"].parent,
        scope.facts.slice.delivery.context_columns,
        "SELECT x_ContextKey FROM k_match",
        folder / "reduced",
    )
    _write_manifest(folder, scope, proven, _units(connection))
    return True


def make_lines(connection: duckdb.DuckDBPyConnection, charges: Path) -> None:
    """Make ``k_line``: the charges of the matched contexts, by row of the file, with their period
    and amounts."""
    network = (
        "(m.kind = 'node' AND (ServiceCategory = 'Networking' "
        "OR coalesce(SkuMeter, '') ILIKE '%DataTransfer%' "
        "OR coalesce(SkuMeter, '') ILIKE '%egress%'))"
    )
    end = "greatest(ChargePeriodEnd, ChargePeriodStart + INTERVAL 1 SECOND)"
    amounts = column_list((*COST_COLUMNS, *_QUANTITIES))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_line AS SELECT file_row_number AS line, m.cluster, m.unit, "
        f"CASE WHEN {network} THEN 'node network' ELSE m.kind END AS kind, m.kind AS origin, "
        f"ChargePeriodStart AS s, coalesce({end}, ChargePeriodStart + INTERVAL 1 DAY) AS e, "
        f"BillingCurrency, {amounts} FROM read_parquet({literal(str(charges))}, "
        "hive_partitioning = false, file_row_number = true) AS c JOIN k_match AS m "
        "USING (x_ContextKey)"
    )


def layer_contexts(scope: Scope) -> tuple[str, ...]:
    """The context columns of a layer: those of the slice, who consumed, and the labels."""
    kept = [
        name
        for name in scope.facts.slice.delivery.context_columns
        if name not in (*_SPLIT_COLUMNS, *DIMENSIONS)
    ]
    return (*kept, *([] if ALLOCATED_TAGS in kept else [ALLOCATED_TAGS]), *DIMENSIONS)


def _alike(connection: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """Amount → the first that is the same on every line (itself, if none), None where no line has
    it: equal amounts have equal parts, and each amount that is shared out costs a sort."""
    names = (*COST_COLUMNS, *_QUANTITIES)
    pairs = [(one, other) for at, one in enumerate(names) for other in names[:at]]
    tests = [f"count({name})" for name in names]
    tests += [f"count_if({one} IS DISTINCT FROM {other})" for one, other in pairs]
    row = connection.execute(f"SELECT {', '.join(tests)} FROM k_line").fetchall()[0]
    there = dict(zip(names, row[: len(names)], strict=True))
    differ = dict(zip(pairs, row[len(names) :], strict=True))
    found: dict[str, str | None] = {}
    for at, name in enumerate(names):
        same = next((other for other in names[:at] if not differ[name, other]), name)
        found[name] = same if there[name] else None
    return found


def _rows(scope: Scope, contexts: tuple[str, ...], alike: dict[str, str | None]) -> str:
    """SELECT of the layer's charges, in the columns of the slice's and its own; `alike` says
    which amounts are shared out."""
    charges = scope.facts.slice.charges_path
    present = file_columns(charges)
    own = sorted(name for name in present if name.startswith("x_"))
    types = charges_types({*own, *DIMENSIONS})
    del types["x_ContextKey"]
    amounts = tuple(dict.fromkeys(name for name in alike.values() if name))
    columns = {
        "line": "l.line",
        "place": "CAST(row_number() OVER (PARTITION BY l.line ORDER BY w.part, w.state, w.node, "
        "w.who, w.quantity, w.weight) AS INTEGER)",
        "weight": "w.weight",
        "one": f"CAST(1 AS {MONEY_SQL})",
    }
    selected = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    whole = ", ".join(f"l.{name} AS was_{name}" for name in amounts)
    joined = (
        f"(SELECT {selected}, l.cluster, l.origin, w.part, w.state, w.who, w.node, w.method, "
        f"w.reason, w.quantity, w.measure, {whole} "
        "FROM k_line AS l JOIN k_weight AS w ON w.unit = l.unit AND w.kind = l.kind "
        "AND w.s = l.s AND w.e = l.e)"
    )
    shared = shared_sql(
        joined,
        by=("line",),
        weight="weight",
        amounts={name: f"was_{name}" for name in amounts} | {"ratio": "one"},
        order=("place",),
    )
    values = {name: f"p.{same}" if same else "NULL" for name, same in alike.items()} | _said()
    listed = [
        f"CAST({values.get(name, f'c.{quoted(name)}' if name in present else 'NULL')} AS {kind}) "
        f"AS {quoted(name)}"
        for name, kind in types.items()
    ]
    relation = (
        f"({shared}) AS p JOIN read_parquet({literal(str(charges))}, hive_partitioning = false, "
        "file_row_number = true) AS c ON c.file_row_number = p.line "
        "LEFT JOIN k_who AS w ON w.who = p.who "
        "LEFT JOIN k_node AS n ON n.cluster = p.cluster AND n.node = coalesce(w.x_Node, p.node)"
    )
    key = f"CAST(hash({column_list(contexts)}) >> 1 AS BIGINT)"
    return f"SELECT *, {key} AS x_ContextKey FROM (SELECT {', '.join(listed)} FROM {relation})"


def _said() -> dict[str, str]:
    """What a row says of its consumer: own columns and FOCUS's Allocated* columns."""
    node = "coalesce(w.x_Node, p.node)"
    names = "w.x_Namespace, w.x_Controller, w.x_Pod, w.x_Container"
    tags = "map_concat(coalesce(n.tags, MAP {}), coalesce(w.tags, MAP {}))"
    quantity = (
        'CASE WHEN p.quantity IS NOT NULL THEN \', "UsageUnit": "\' || p.measure || \'", '
        '"UsageQuantity": \' || rtrim(rtrim(CAST(CAST(p.quantity AS DECIMAL(38,0)) * '
        "CAST('0.000000001' AS DECIMAL(10,9)) AS VARCHAR), '0'), '.') ELSE '' END"
    )
    ratio = "rtrim(rtrim(CAST(p.ratio AS VARCHAR), '0'), '.')"
    return {
        # Amounts inside of it would count once a row: the first row of a line keeps it.
        "ContractApplied": "CASE WHEN p.place = 1 THEN c.ContractApplied END",
        "AllocatedMethodId": f"p.method || CASE WHEN p.state = '{SHARED_IDLE}' THEN '-idle' "
        "ELSE '' END",
        "AllocatedMethodDetails": '\'{"Elements": [{"AllocatedRatio": \' || '
        f"{ratio} || {quantity} || '}}]}}'",
        "AllocatedResourceId": "CASE WHEN p.who IS NOT NULL "
        f"THEN concat_ws('/', p.cluster, {names}) END",
        "AllocatedResourceName": "coalesce(w.claim, w.x_Pod, w.x_Controller, w.x_Namespace)",
        ALLOCATED_TAGS: f"CASE WHEN p.who IS NOT NULL OR n.tags IS NOT NULL THEN {tags} END",
        "x_Cluster": "p.cluster",
        "x_Node": f"CASE WHEN p.state = '{IDLE_AS}' THEN p.node ELSE {node} END",
        "x_Namespace": f"CASE WHEN p.state = '{IDLE_AS}' THEN '{IDLE}' ELSE w.x_Namespace END",
        "x_ControllerKind": "w.x_ControllerKind",
        "x_Controller": "w.x_Controller",
        "x_Pod": "w.x_Pod",
        "x_Container": "w.x_Container",
        "x_AllocatedAs": "p.state",
        "x_AllocatedPart": "p.part",
        "x_AllocatedFrom": "p.origin",
        "x_AllocationReason": "p.reason",
    }


# --- proof and manifest ----------------------------------------------------------------------


def prove(connection: duckdb.DuckDBPyConnection, charges: Path) -> list[Proven]:
    """What was taken and what was given, by cluster, kind and currency; LakeError where a cost or
    a quantity differs in the last digit."""
    columns = (*COST_COLUMNS, *_QUANTITIES)
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in columns)
    taken = connection.execute(
        f"SELECT cluster, origin, BillingCurrency, {sums} FROM k_line GROUP BY 1, 2, 3 ORDER BY ALL"
    ).fetchall()
    given = connection.execute(
        f"SELECT x_Cluster, x_AllocatedFrom, BillingCurrency, {sums} FROM {parquet(charges)} "
        "GROUP BY 1, 2, 3 ORDER BY ALL"
    ).fetchall()
    if taken != given:
        raise LakeError(
            f"the allocated rows are not the bill's: {taken} was taken, {given} given; this is a "
            "defect: please report it"
        )
    costs = len(COST_COLUMNS)
    return [
        Proven(
            row[0],
            row[1],
            row[2] or "",
            dict(zip(COST_COLUMNS, row[3 : 3 + costs], strict=True)),
            dict(zip(COST_COLUMNS, other[3 : 3 + costs], strict=True)),
        )
        for row, other in zip(taken, given, strict=True)
    ]


def _units(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The resources of the bill by cluster and kind, the keys of usage that they answer to, and
    whether usage says anything of them."""
    rows = connection.execute(
        "SELECT DISTINCT cluster, kind, unit, key, unit IN (SELECT unit FROM k_of) AS used "
        "FROM k_match ORDER BY ALL"
    ).fetchall()
    return {
        "units": [
            {"cluster": c, "kind": kind, "resource": unit, "key": key, "used": used}
            for c, kind, unit, key, used in rows
        ]
    }


def _write_manifest(folder: Path, scope: Scope, proven: list[Proven], more: dict[str, Any]) -> None:
    delivery = scope.facts.slice.delivery
    document = {
        "version": VERSION,
        "bill": delivery.id,
        "source": delivery.source,
        "billing_period": str(delivery.billing_period),
        "usage": [path.stem for path in scope.usage],
        "contexts": list(layer_contexts(scope)) if proven else [],
        "proven": [
            {
                "cluster": one.cluster,
                "origin": one.origin,
                "currency": one.currency,
                "taken": {name: money_text(value) for name, value in one.taken.items()},
                "given": {name: money_text(value) for name, value in one.given.items()},
            }
            for one in proven
        ],
        **more,
    }
    (folder / MANIFEST).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
