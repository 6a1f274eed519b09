"""What of a bill is a cluster's: which contexts of a slice are the charges of a node, a volume, a
load balancer or a control plane that usage (or the settings) knows.

Temporary tables of the connection: ``k_ids`` (what usage names), ``k_usage`` (the usage rows,
clusters by their own names), ``k_match`` (one row a context that is replaced).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from outlay.allocation.kubernetes.keys import (
    balancer_key,
    bill_keys,
    cluster_names,
    pod_of,
    service_of,
    usage_key,
)
from outlay.allocation.kubernetes.model import Clusters
from outlay.focus.sql import literal
from outlay.lake.engine.duckdb import parquet
from outlay.lake.facts import SliceFacts, file_columns

KIND = "kubernetes"
"""The kind of sources whose usage is a cluster's."""

SEEN = "coalesce(nullif(x_Cluster, ''), x_SourceName)"
"""SQL of the name under which usage sees a cluster; the source's, where it says none."""

IDLE = "__idle__"
"""The namespace of what no pod was given, as OpenCost writes it."""

SPLIT_PARENT = "x_SplitParentResourceId"
"""The node that a line of AWS split cost allocation data is a part of."""

_OWN = ("x_Volume", "x_VolumeClaim", "x_GpuProfile")
_USAGE = {
    "cluster": "VARCHAR",
    "source": "VARCHAR",
    "ws": "TIMESTAMP",
    "we": "TIMESTAMP",
    "Metric": "VARCHAR",
    "Quantity": "DECIMAL(38,12)",
    "EstimatedCost": "DECIMAL(38,21)",
    "ResourceId": "VARCHAR",
    "ResourceName": "VARCHAR",
    "ResourceType": "VARCHAR",
    "Tags": "MAP(VARCHAR, VARCHAR)",
    **dict.fromkeys(
        (*_OWN, "x_Node", "x_Namespace", "x_ControllerKind", "x_Controller", "x_Pod",
         "x_Container"),
        "VARCHAR",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """A slice and what may share it out: usage files, settings, names seen."""

    facts: SliceFacts
    usage: tuple[Path, ...]
    clusters: Clusters

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the slice's contexts."""
        return self.facts.context_columns

    @property
    def split(self) -> bool:
        """Whether the bill may have lines of split cost allocation data."""
        return SPLIT_PARENT in self.columns


def make_usage(connection: duckdb.DuckDBPyConnection, usage: Sequence[Path]) -> None:
    """Make ``k_usage``: the usage rows of the clusters in ``k_names``."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE k_usage ({', '.join(f'{n} {t}' for n, t in _USAGE.items())})"
    )
    if not usage:
        return
    present: set[str] = set().union(*(file_columns(path) for path in usage))
    own = ", ".join(column if column in present else f"NULL AS {column}" for column in _OWN)
    connection.execute(
        f"INSERT INTO k_usage SELECT cluster, u.* EXCLUDE (seen) FROM (SELECT {SEEN} AS seen, "
        "x_SourceName, UsagePeriodStart, UsagePeriodEnd, Metric, Quantity, EstimatedCost, "
        f"ResourceId, ResourceName, ResourceType, Tags, {own}, x_Node, x_Namespace, "
        "x_ControllerKind, x_Controller, x_Pod, x_Container FROM "
        f"{parquet(*usage, union_by_name=True)} WHERE (Quantity > 0 "
        f"OR (x_Namespace = '{IDLE}' AND EstimatedCost > 0)) "
        "AND UsagePeriodEnd > UsagePeriodStart) AS u JOIN k_names USING (seen)"
    )


class Finder:
    """Finds what of a slice is a cluster's, for all slices that the same usage touches.

    Makes ``k_ids`` once: every thing that the files of usage name; what stays the same from slice
    to slice is not made again.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, usage: Sequence[Path]) -> None:
        self.connection = connection
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE k_ids (seen VARCHAR, ResourceId VARCHAR, "
            "ResourceName VARCHAR, ResourceType VARCHAR, x_Node VARCHAR, x_Namespace VARCHAR)"
        )
        if usage:
            connection.execute(
                f"INSERT INTO k_ids SELECT DISTINCT {SEEN}, ResourceId, ResourceName, "
                "ResourceType, x_Node, CASE WHEN ResourceType = 'Load Balancer' "
                f"THEN x_Namespace END FROM {parquet(*usage, union_by_name=True)}"
            )
        rows = connection.execute("SELECT DISTINCT seen FROM k_ids ORDER BY 1").fetchall()
        self.seen = tuple(row[0] for row in rows)
        self._made: tuple[object, ...] | None = None

    def match(self, scope: Scope) -> int:
        """Make ``k_match``: ``x_ContextKey``, ``kind``, ``cluster``, ``unit`` (the bill's
        resource in lower case), ``key`` (under which usage knows it), ``namespace`` and
        ``service`` of a load balancer. Gives the number of contexts."""
        names = _names(scope, self.seen)
        if self._made != (scope.clusters, names):
            self.connection.execute(
                "CREATE OR REPLACE TEMP TABLE k_names (seen VARCHAR, cluster VARCHAR)"
            )
            if names:
                rows = ", ".join(f"({literal(name)}, {literal(to)})" for name, to in names)
                self.connection.execute(f"INSERT INTO k_names VALUES {rows}")
            _things(self.connection, scope)
            self._made = (scope.clusters, names)
        _candidates(self.connection, scope)
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE k_match AS SELECT x_ContextKey, kind, cluster, unit, "
            "key, namespace, service FROM (SELECT *, row_number() OVER (PARTITION BY "
            f"x_ContextKey ORDER BY rank, cluster, key) AS place FROM ({_matches()})) "
            "WHERE place = 1"
        )
        found = self.connection.execute("SELECT count(*) FROM k_match").fetchone()
        return int(found[0]) if found else 0


def _names(scope: Scope, seen: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Name seen → cluster, of those that are on and share out this bill."""
    names = {name: scope.clusters.name_of(name) for name in seen}
    for cluster in scope.clusters.specs:
        names |= dict.fromkeys(scope.clusters.names_of(cluster), cluster)
    bill = scope.facts.slice.source
    return tuple(
        (name, cluster)
        for name, cluster in sorted(names.items())
        if (spec := scope.clusters.spec(cluster)).enabled and (not spec.bills or bill in spec.bills)
    )


def _things(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    """``k_things``: what usage and settings know, by kind and key."""
    node = "ResourceType = 'Node' OR (ResourceType IS NULL AND x_Node IS NOT NULL)"
    known = "k_ids JOIN k_names USING (seen)"
    parts = [
        f"SELECT 'node' AS kind, cluster, {usage_key('coalesce(ResourceId, x_Node)')} AS key, "
        "CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS service "
        f"FROM {known} WHERE {node}",
        f"SELECT 'volume', cluster, {usage_key('ResourceId')}, NULL, NULL FROM {known} "
        "WHERE ResourceType = 'Persistent Volume'",
        f"SELECT 'load balancer', cluster, {balancer_key('ResourceId')}, x_Namespace, ResourceName "
        f"FROM {known} WHERE ResourceType = 'Load Balancer'",
    ]
    for cluster, spec in sorted(scope.clusters.specs.items()):
        own = literal(cluster)
        for name, namespace in sorted(spec.load_balancers.items()):
            parts.append(
                f"SELECT 'load balancer', {own}, {balancer_key(literal(name))}, "
                f"nullif({literal(namespace)}, ''), {literal(name)}"
            )
        for kind, names in (("control plane", spec.control_plane_ids), ("network", spec.network)):
            parts += [
                f"SELECT {literal(kind)}, {own}, lower({literal(name)}), NULL, NULL"
                for name in names
            ]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_things AS SELECT kind, cluster, key, "
        "min(namespace) AS namespace, min(service) AS service "
        f"FROM ({' UNION ALL '.join(parts)}) WHERE key IS NOT NULL "
        "AND cluster IN (SELECT cluster FROM k_names) GROUP BY ALL"
    )


def _candidates(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    """``k_candidates``: the contexts that have a resource and are nobody's yet. What a vendor has
    divided itself stays as it is: AWS's split lines, Google's of a namespace, rows that have a
    consumer."""
    columns = scope.columns
    conditions = ["ResourceId IS NOT NULL", "AllocatedResourceId IS NULL"]
    conditions += [f"{name} IS NULL" for name in (SPLIT_PARENT, "x_Namespace") if name in columns]
    contexts = parquet(scope.facts.paths["contexts"])
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_candidates AS SELECT x_ContextKey, lower(ResourceId) AS "
        "unit, ResourceId, ResourceName, ResourceType, ServiceName, Tags, "
        f"{bill_keys('ResourceId', 'ResourceName')} AS keys FROM {contexts} "
        f"WHERE {' AND '.join(conditions)}"
    )


def _matches() -> str:
    """SELECT of every way in which a context is a cluster's; the least rank is taken."""
    ranks = "CASE kind WHEN 'node' THEN 0 WHEN 'volume' THEN 1 ELSE 2 END"
    told = (
        "(SELECT *, unnest(keys) AS found FROM k_candidates) AS c "
        "JOIN k_things AS t ON t.key = c.found"
    )
    service = service_of("c.Tags")
    space = f"nullif(split_part({service}, '/', 1), '')"
    named = f"nullif(split_part({service}, '/', 2), '')"
    of_service = (
        f"CASE WHEN kind = 'load balancer' THEN coalesce(t.namespace, {space}) END, "
        f"CASE WHEN kind = 'load balancer' THEN coalesce(t.service, {named}) END"
    )
    tagged = (
        f"(SELECT *, unnest({cluster_names('Tags')}) AS seen FROM k_candidates) AS c "
        "JOIN k_names USING (seen)"
    )
    machine = (
        "(ResourceType IN ('Virtual Machine', 'Virtual Machine Scale Set') "
        "OR regexp_matches(unit, '(^|/)i-[0-9a-f]+$'))"
    )
    balancer = "(ResourceType = 'Load Balancer' OR contains(unit, 'loadbalancer/'))"
    plane = "'(^|[/:])(cluster|clusters|managedclusters)/'"
    by_plane = (
        f"(SELECT *, regexp_extract(ResourceId, '([^/]+)$', 1) AS seen FROM k_candidates "
        f"WHERE regexp_matches(unit, {plane}) AND (ResourceType ILIKE '%cluster%' "
        "OR ServiceName ILIKE '%kubernetes%' OR ServiceName ILIKE '%eks%')) AS c "
        "JOIN (SELECT lower(seen) AS low, cluster FROM k_names) ON low = lower(seen)"
    )
    return (
        f"SELECT {ranks} AS rank, x_ContextKey, kind, cluster, unit, t.key AS key, "
        f"{of_service.replace('END,', 'END AS namespace,', 1)} AS service FROM {told} "
        "UNION ALL SELECT 3, x_ContextKey, 'control plane', cluster, unit, unit, NULL, NULL "
        f"FROM {by_plane} "
        f"UNION ALL SELECT 4, x_ContextKey, 'load balancer', cluster, unit, unit, {space}, {named} "
        f"FROM {tagged} WHERE {balancer} "
        "UNION ALL SELECT 5, x_ContextKey, 'node', cluster, unit, unit, NULL, NULL "
        f"FROM {tagged} WHERE {machine}"
    )


def make_split(connection: duckdb.DuckDBPyConnection, scope: Scope, charges: Sequence[Path]) -> int:
    """Make ``k_split``: the lines of AWS split cost allocation data of the matched nodes, by pod
    and period, with what a pod is given and its part of what no pod used. Gives their number."""
    from outlay.focus.share import units_sql
    from outlay.money import MONEY_SQL

    columns = (
        "unit VARCHAR, s TIMESTAMP, e TIMESTAMP, arn VARCHAR, namespace VARCHAR, pod VARCHAR, "
        "ckind VARCHAR, controller VARCHAR, tags MAP(VARCHAR, VARCHAR), res VARCHAR, "
        "q HUGEINT, unused HUGEINT"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE k_split ({columns})")
    if not scope.split:
        return 0
    given, left = (
        units_sql(f"greatest(coalesce(TRY_CAST({name} AS {MONEY_SQL}), 0), 0)", 12)
        for name in ("x_SplitCost", "x_SplitUnusedCost")
    )
    resource = (
        "CASE WHEN SkuMeter ILIKE '%GB-Hours%' OR SkuMeter ILIKE '%memory%' THEN 'memory' "
        "WHEN SkuMeter ILIKE '%GPU%' OR SkuMeter ILIKE '%accelerat%' THEN 'gpu' ELSE 'cpu' END"
    )
    kind, workload = (
        "coalesce(" + ", ".join(f"map_extract_value(Tags, '{key}')" for key in keys) + ")"
        for keys in (
            ("aws:eks:workload-type", "aws_eks_workload_type"),
            ("aws:eks:workload-name", "aws:eks:deployment", "aws_eks_workload_name"),
        )
    )
    parent = f"lower({SPLIT_PARENT})"
    connection.execute(
        "INSERT INTO k_split SELECT m.unit, ChargePeriodStart, ChargePeriodEnd, ResourceId, "
        f"coalesce({pod_of('ResourceId', 2)}, map_extract_value(Tags, 'aws:eks:namespace')), "
        f"{pod_of('ResourceId', 3)}, lower({kind}), {workload}, Tags, {resource}, {given}, {left} "
        f"FROM {parquet(*charges)} AS c JOIN (SELECT DISTINCT unit, key FROM k_match "
        f"WHERE kind = 'node') AS m ON m.unit = {parent} OR m.key = {parent} "
        f"OR ends_with({parent}, '/' || m.key) WHERE {SPLIT_PARENT} IS NOT NULL "
        f"AND ({given}) + ({left}) > 0"
    )
    found = connection.execute("SELECT count(*) FROM k_split").fetchone()
    return int(found[0]) if found else 0
