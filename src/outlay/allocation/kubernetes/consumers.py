"""Who there is, what each of them held in each window of usage, and what nodes offered.

Quantities are whole units of 10^-9. Temporary tables: ``k_setting`` and ``k_overhead`` (what is
said of clusters), ``k_who`` (consumers), ``k_node`` (labels of nodes), ``k_of`` (the usage rows of
units of the bill), ``k_use`` (what consumers held), ``k_capacity`` (what nodes offered).
"""

from collections.abc import Mapping

import duckdb

from outlay.allocation.kubernetes.keys import usage_key
from outlay.allocation.kubernetes.model import Clusters, is_overhead
from outlay.allocation.kubernetes.scope import IDLE

WORKLOAD, OVERHEAD, IDLE_AS = "Workload", "Overhead", "Idle"
SHARED_IDLE, CONTROL_PLANE, UNUSED = "Shared idle", "Control plane", "Unattributed"
STATES = (WORKLOAD, OVERHEAD, SHARED_IDLE, IDLE_AS, CONTROL_PLANE, UNUSED)
"""Values of ``x_AllocatedAs``."""

NANO = 10**9
_MICRO = 10**6
_CONSUMER = "x_Node, x_Namespace, x_ControllerKind, x_Controller, x_Pod, x_Container"


def make_consumers(connection: duckdb.DuckDBPyConnection, clusters: Clusters) -> None:
    """Make the tables from ``k_usage``, ``k_match`` and ``k_split``."""
    _settings(connection, clusters)
    _consumers(connection)
    _used(connection)


def _settings(connection: duckdb.DuckDBPyConnection, clusters: Clusters) -> None:
    """``k_setting`` (one row a cluster) and ``k_overhead`` (its namespaces that are the
    system's)."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_setting (cluster VARCHAR, cpu HUGEINT, memory HUGEINT, "
        "gpu HUGEINT, idle VARCHAR, plane VARCHAR)"
    )
    names = connection.execute("SELECT DISTINCT cluster FROM k_names ORDER BY 1").fetchall()
    for (name,) in names:
        spec = clusters.spec(name)
        prices = [int(price * _MICRO) for price in (
            spec.ratio.cpu, spec.ratio.memory, spec.ratio.gpu)]  # fmt: skip
        connection.execute(
            "INSERT INTO k_setting VALUES (?, ?, ?, ?, ?, ?)",
            [name, *prices, spec.idle, spec.control_plane],
        )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_overhead (cluster VARCHAR, namespace VARCHAR)"
    )
    spaces = connection.execute(
        "SELECT DISTINCT cluster, x_Namespace FROM k_usage WHERE x_Namespace IS NOT NULL "
        "UNION SELECT DISTINCT cluster, namespace FROM k_split JOIN (SELECT DISTINCT unit, cluster "
        "FROM k_match) USING (unit) WHERE namespace IS NOT NULL "
        "UNION SELECT DISTINCT cluster, namespace FROM k_match WHERE namespace IS NOT NULL "
        "ORDER BY ALL"
    ).fetchall()
    for cluster, namespace in spaces:
        if is_overhead(namespace, clusters.spec(cluster).overhead):
            connection.execute("INSERT INTO k_overhead VALUES (?, ?)", [cluster, namespace])


def _consumers(connection: duckdb.DuckDBPyConnection) -> None:
    """``k_who``: every consumer once, with its labels. Of labels that changed within the period
    the richest are kept."""
    largest = "max_by(Tags, (len(map_keys(Tags)), CAST(Tags AS VARCHAR)))"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_who AS SELECT CAST(row_number() OVER "
        f"({_order('cluster', *_columns())}) AS INTEGER) AS who, * FROM (SELECT cluster, "
        f"{_CONSUMER}, max(x_VolumeClaim) AS claim, {largest} AS tags, "
        f"{state_sql('k_usage.cluster', 'x_Namespace')} AS state FROM k_usage "
        f"WHERE x_Namespace IS NOT NULL AND x_Namespace <> '{IDLE}' GROUP BY cluster, {_CONSUMER})"
    )
    labels = "list_filter(map_entries(Tags), lambda t: starts_with(t.key, 'node:'))"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_node AS SELECT cluster, x_Node AS node, "
        f"any_value(ResourceId) AS id, max_by(map_from_entries({labels}), len({labels})) AS tags "
        "FROM k_usage WHERE x_Node IS NOT NULL AND Tags IS NOT NULL GROUP BY 1, 2"
    )


def _most(*metrics: str) -> str:
    """SQL of the largest of some metrics' sums in a group, as whole units; null without any."""
    sums = [
        f"CAST(trunc(sum(Quantity) FILTER (WHERE Metric = '{metric}') * {NANO}) AS HUGEINT)"
        for metric in metrics
    ]
    return f"greatest({', '.join(sums)})" if len(sums) > 1 else sums[0]


def _used(connection: duckdb.DuckDBPyConnection) -> None:
    """``k_use``: what each consumer held in each window of a unit: the larger of request and
    usage, as the tool measured it where it does. ``k_capacity``: what nodes offered."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_unit AS SELECT DISTINCT kind, cluster, unit, key "
        "FROM k_match WHERE kind IN ('node', 'volume')"
    )
    one_source = "QUALIFY source = min(source) OVER (PARTITION BY k_usage.cluster, unit, kind)"
    key = usage_key("CASE WHEN ResourceType = 'Load Balancer' THEN NULL "
                    "ELSE coalesce(ResourceId, x_Node) END")  # fmt: skip
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_of AS SELECT k_usage.*, unit, kind FROM k_usage "
        f"JOIN k_unit ON k_unit.cluster = k_usage.cluster AND k_unit.key = {key} "
        "AND (kind = 'volume') = (coalesce(ResourceType, '') = 'Persistent Volume') "
        f"{one_source}"
    )
    slices = (
        "coalesce(sum(CAST(trunc(Quantity * 1000000000) AS HUGEINT) * "
        "coalesce(TRY_CAST(nullif(regexp_extract(x_GpuProfile, '([0-9]+)g[.]', 1), '') AS HUGEINT),"
        " 1) // 7) FILTER (WHERE Metric = 'gpu_slice_request'), 0)"
    )
    amounts = {
        "cpu": f"coalesce({_most('cpu_allocated')}, {_most('cpu_request', 'cpu_usage')})",
        "memory": f"coalesce({_most('memory_allocated')}, "
        f"{_most('memory_request', 'memory_usage')})",
        "gpu": f"coalesce({_most('gpu_allocated')}, {_most('gpu_request', 'gpu_usage')}, 0) "
        f"+ {slices}",
        "network": f"coalesce({_most('network_transmit')}, 0) "
        f"+ coalesce({_most('network_receive')}, 0)",
        "balancer": f"coalesce({_most('load_balancer')}, 0)",
        "volume": f"coalesce({_most('volume_allocated')}, "
        f"{_most('volume_request', 'volume_usage')}, {_most('volume_capacity')})",
    }
    listed = ", ".join(f"{sql} AS {name}" for name, sql in amounts.items())
    group = f"k_of.cluster, unit, kind, ws, we, {', '.join('k_of.' + c for c in _columns())}"
    same = " AND ".join(f"k_who.{c} IS NOT DISTINCT FROM g.{c}" for c in ("cluster", *_columns()))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE k_wide AS SELECT g.*, who FROM (SELECT {group}, {listed} "
        f"FROM k_of GROUP BY ALL) AS g LEFT JOIN k_who ON {same}"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_use AS SELECT cluster, unit, kind, ws, we, who, "
        "x_Node AS node, res, q FROM k_wide UNPIVOT (q FOR res IN (cpu, memory, gpu, network, "
        "balancer, volume)) WHERE who IS NOT NULL AND q > 0 "
        "AND (kind = 'volume') = (res = 'volume')"
    )
    offered = {
        "cpu": ("node_cpu_capacity", "cpu_allocated"),
        "memory": ("node_memory_capacity", "memory_allocated"),
        "gpu": ("node_gpu_capacity", "gpu_allocated"),
    }
    rows = " UNION ALL ".join(
        f"SELECT o.cluster, o.unit, x_Node AS node, ws, we, '{res}' AS res, "
        f"coalesce({_most(stated)}, coalesce({_most(given)}, 0) + {_unsaid(given)}) AS q "
        f"FROM k_of AS o JOIN k_price AS p ON p.cluster = o.cluster AND p.unit = o.unit "
        f"AND p.res = '{res}' WHERE kind = 'node' AND Metric IN ('{stated}', '{given}') "
        "GROUP BY ALL"
        for res, (stated, given) in offered.items()
    )
    _prices(connection, {res: given for res, (_, given) in offered.items()})
    connection.execute(f"CREATE OR REPLACE TEMP TABLE k_capacity AS {rows}")


def _unsaid(metric: str) -> str:
    """SQL of what is idle where the tool says what it costs and not how much it is: OpenCost
    gives no hours of idle memory and GPUs. The tool's own price tells."""
    unsaid = f"Metric = '{metric}' AND Quantity = 0 AND EstimatedCost > 0"
    cost = f"CAST(trunc(sum(EstimatedCost) FILTER (WHERE {unsaid}) * {NANO}) AS HUGEINT)"
    return f"coalesce({cost} * {NANO} // any_value(p.price), 0)"


def _prices(connection: duckdb.DuckDBPyConnection, metrics: Mapping[str, str]) -> None:
    """``k_price``: what the tool takes for a core-hour, GiB-hour and GPU-hour of each unit, in
    10^-9: by the unit's own rows, else the cluster's, else as the ratio has it."""
    sums = (
        f"CAST(trunc(sum(EstimatedCost) * {NANO}) AS HUGEINT) * {NANO} // "
        f"nullif(CAST(trunc(sum(Quantity) * {NANO}) AS HUGEINT), 0)"
    )
    known = "FROM k_of WHERE kind = 'node' AND Quantity > 0 AND EstimatedCost > 0 AND Metric = "
    rows = " UNION ALL ".join(
        f"SELECT u.cluster, u.unit, '{res}' AS res, coalesce(nullif(own.price, 0), "
        f"nullif(all_of.price, 0), nullif(t.{res} * {NANO // _MICRO}, 0), 1) AS price FROM "
        "(SELECT DISTINCT cluster, unit FROM k_unit WHERE kind = 'node') AS u "
        "JOIN k_setting AS t ON t.cluster = u.cluster LEFT JOIN "
        f"(SELECT unit, {sums} AS price {known} '{metric}' GROUP BY 1) AS own "
        "ON own.unit = u.unit LEFT JOIN "
        f"(SELECT cluster, {sums} AS price {known} '{metric}' GROUP BY 1) AS all_of "
        "ON all_of.cluster = u.cluster"
        for res, metric in metrics.items()
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE k_price AS {rows}")


def _order(*columns: str) -> str:
    return f"ORDER BY {', '.join(f'{column} NULLS FIRST' for column in columns)}"


def _columns() -> list[str]:
    return _CONSUMER.split(", ")


def state_sql(cluster: str, namespace: str) -> str:
    """SQL of whether a namespace is the system's."""
    known = "(SELECT cluster, namespace FROM k_overhead)"
    return f"CASE WHEN ({cluster}, {namespace}) IN {known} THEN '{OVERHEAD}' ELSE '{WORKLOAD}' END"
