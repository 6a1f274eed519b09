"""Who is given how much of a unit (a resource of the bill) in the period of a line.

Everything is a whole number: quantities in units of 10^-9, prices of the ratio in units of 10^-6,
so that equal inputs give equal shares on any machine. Temporary tables: ``k_period`` (unit and
period of the lines), ``k_share`` and ``k_weight`` (the weights of each).

A weight of a consumer on a node, for CPU, memory and GPU each:

    price × used                       where the node has room
    price × used × capacity ÷ Σ used   where more is asked for than there is: never above the bill

and what is left of the capacity is idle, with the weight price × (capacity − Σ used).
"""

import duckdb

from outlay.allocation.kubernetes.consumers import (
    CONTROL_PLANE,
    IDLE_AS,
    OVERHEAD,
    SHARED_IDLE,
    UNUSED,
    WORKLOAD,
    make_consumers,
    state_sql,
)
from outlay.allocation.kubernetes.model import Clusters
from outlay.focus.sql import literal

_LARGEST = 10**18
_BY = {"network": "network", "load balancer": "balancer"}
_NOT_SHARED = (
    "NOT EXISTS (SELECT 1 FROM k_share AS h WHERE h.unit = p.unit AND h.kind = p.kind "
    "AND h.s = p.s AND h.e = p.e)"
)
"""Of what serves a cluster: by which usage it is shared; and what has no share yet."""


def make_shares(connection: duckdb.DuckDBPyConnection, clusters: Clusters, *, split: bool) -> None:
    """Make ``k_share`` from ``k_usage``, ``k_match``, ``k_split`` and ``k_line``."""
    make_consumers(connection, clusters)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_period AS "
        "SELECT DISTINCT cluster, unit, kind, s, e FROM k_line"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_share (cluster VARCHAR, unit VARCHAR, kind VARCHAR, "
        "s TIMESTAMP, e TIMESTAMP, part VARCHAR, state VARCHAR, who INTEGER, node VARCHAR, "
        "quantity HUGEINT, measure VARCHAR, weight HUGEINT, method VARCHAR, reason VARCHAR)"
    )
    if split:
        _split_shares(connection)
    _node_shares(connection)
    _user_shares(connection)
    _balancers(connection)
    _cluster_wide(connection, "load balancer", _NOT_SHARED, "Load balancer",
                  "kubernetes-load-balancer")  # fmt: skip
    _whole(connection)


def _pairs(connection: duckdb.DuckDBPyConnection, kinds: str) -> None:
    """``k_pair``: the windows of usage that a period of a line overlaps, and by how much."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_pair AS SELECT p.cluster, p.unit, p.kind, s, e, ws, we, "
        "CAST(date_diff('second', greatest(s, ws), least(e, we)) AS HUGEINT) AS part, "
        "CAST(date_diff('second', ws, we) AS HUGEINT) AS whole "
        f"FROM (SELECT * FROM k_period AS p WHERE kind IN ({kinds}) AND NOT EXISTS (SELECT 1 FROM "
        "k_share AS h WHERE h.unit = p.unit AND h.kind = p.kind AND h.s = p.s AND h.e = p.e)) AS p "
        "JOIN (SELECT DISTINCT unit, ws, we FROM k_of) AS w "
        "ON w.unit = p.unit AND ws < e AND we > s"
    )


def _node_shares(connection: duckdb.DuckDBPyConnection) -> None:
    """Nodes: CPU, memory and GPU by the ratio; consumers first, then what is left."""
    _pairs(connection, "'node', 'node network'")
    period = "cluster, unit, kind, s, e"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE k_held AS SELECT p.{period.replace(', ', ', p.')}, who, "
        "node, res, sum(q * part // whole) AS q FROM k_pair AS p JOIN k_use AS u "
        "ON u.unit = p.unit AND u.ws = p.ws AND u.we = p.we "
        "WHERE u.kind = 'node' AND res IN ('cpu', 'memory', 'gpu') GROUP BY ALL"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE k_room AS SELECT {period}, node, res, "
        "greatest(max(offered), max(used)) AS den, max(offered) AS cap, max(used) AS used FROM ("
        f"SELECT p.{period.replace(', ', ', p.')}, node, res, sum(q * part // whole) AS offered, "
        "0::HUGEINT AS used FROM k_pair AS p JOIN k_capacity AS c ON c.unit = p.unit AND "
        "c.ws = p.ws AND c.we = p.we GROUP BY ALL "
        f"UNION ALL SELECT {period}, node, res, 0::HUGEINT, sum(q) FROM k_held GROUP BY ALL"
        ") GROUP BY ALL HAVING greatest(max(offered), max(used)) > 0"
    )
    # Without a stated capacity a node has the room that was used: `cap` is 0 then.
    scaled = "CASE WHEN cap > 0 AND cap < r.used THEN q * cap // r.used ELSE q END"
    on = (
        "r.cluster = h.cluster AND r.unit = h.unit AND r.kind = h.kind AND r.s = h.s AND r.e = h.e "
        "AND r.res = h.res AND r.node IS NOT DISTINCT FROM h.node"
    )
    connection.execute(
        f"INSERT INTO k_share SELECT h.cluster, h.unit, h.kind, h.s, h.e, {_part('h.res')}, "
        f"w.state, h.who, h.node, h.q, {_unit('h.res')}, {_price('h.res')} * ({scaled}), "
        f"'kubernetes-node', NULL FROM k_held AS h JOIN k_room AS r ON {on} "
        "JOIN k_setting AS t ON t.cluster = h.cluster JOIN k_who AS w ON w.who = h.who"
    )
    left = "(cap - r.used)"
    connection.execute(
        f"INSERT INTO k_share SELECT r.cluster, r.unit, r.kind, r.s, r.e, {_part('r.res')}, "
        f"'{IDLE_AS}', NULL, r.node, {left}, {_unit('r.res')}, {_price('r.res')} * {left}, "
        "'kubernetes-node', NULL "
        f"FROM k_room AS r JOIN k_setting AS t ON t.cluster = r.cluster WHERE {left} > 0"
    )
    _share_idle(connection)
    _node_network(connection)


def _of_resource(column: str, cpu: str, memory: str, gpu: str) -> str:
    return f"CASE {column} WHEN 'cpu' THEN {cpu} WHEN 'memory' THEN {memory} ELSE {gpu} END"


def _part(column: str) -> str:
    return _of_resource(column, "'CPU'", "'Memory'", "'GPU'")


def _unit(column: str) -> str:
    return _of_resource(column, "'Core-Hours'", "'GiB-Hours'", "'GPU-Hours'")


def _price(column: str) -> str:
    return _of_resource(column, "t.cpu", "t.memory", "t.gpu")


def _share_idle(connection: duckdb.DuckDBPyConnection) -> None:
    """What is idle goes to the pods of its node, in proportion to what each has of the same
    resource; where there is no pod it stays with the node."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_idle AS SELECT i.* FROM k_share AS i JOIN k_setting AS t "
        f"ON t.cluster = i.cluster AND t.idle = 'share' WHERE state = '{IDLE_AS}' "
        "AND method = 'kubernetes-node'"
    )
    same = (
        "i.unit = h.unit AND i.kind = h.kind AND i.s = h.s AND i.e = h.e AND i.part = h.part "
        "AND i.node IS NOT DISTINCT FROM h.node AND i.method = h.method"
    )
    window = "PARTITION BY h.unit, h.kind, h.s, h.e, h.part, h.node"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_given AS SELECT h.cluster, h.unit, h.kind, h.s, h.e, "
        f"h.part, '{SHARED_IDLE}' AS state, h.who, h.node, "
        f"i.quantity * h.weight // sum(h.weight) OVER ({window}) AS quantity, h.measure, "
        f"i.weight * h.weight // sum(h.weight) OVER ({window}) AS weight, h.method, "
        f"CAST(NULL AS VARCHAR) AS reason FROM k_share AS h JOIN k_idle AS i ON {same} "
        f"WHERE h.state IN ('{WORKLOAD}', '{OVERHEAD}') AND h.weight > 0"
    )
    connection.execute(
        f"DELETE FROM k_share AS i WHERE state = '{IDLE_AS}' AND EXISTS (SELECT 1 FROM k_given "
        f"AS h WHERE {same})"
    )
    connection.execute("INSERT INTO k_share SELECT * FROM k_given")


def _node_network(connection: duckdb.DuckDBPyConnection) -> None:
    """Traffic that a bill charges to a node goes to its pods by the bytes that they moved, where
    those are known; else it is divided as the node is."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_traffic AS SELECT p.cluster, p.unit, p.kind, s, e, who, "
        "node, sum(q * part // whole) AS q FROM k_pair AS p JOIN k_use AS u ON u.unit = p.unit "
        "AND u.ws = p.ws AND u.we = p.we WHERE p.kind = 'node network' AND u.kind = 'node' "
        "AND res = 'network' GROUP BY ALL HAVING sum(q * part // whole) > 0"
    )
    connection.execute(
        "DELETE FROM k_share AS h WHERE kind = 'node network' AND EXISTS (SELECT 1 FROM k_traffic "
        "AS t WHERE t.unit = h.unit AND t.s = h.s AND t.e = h.e)"
    )
    connection.execute(
        "INSERT INTO k_share SELECT t.cluster, unit, kind, s, e, 'Network', w.state, t.who, node, "
        "q, 'GiB', q, 'kubernetes-network', NULL FROM k_traffic AS t "
        "JOIN k_who AS w ON w.who = t.who"
    )


def _split_shares(connection: duckdb.DuckDBPyConnection) -> None:
    """Nodes that AWS itself has split: its shares instead of ours, in the same dimensions."""
    columns = "cluster, unit, namespace, pod, ckind, controller"
    over = "CAST(date_diff('second', greatest(p.s, h.s), least(p.e, h.e)) AS HUGEINT)"
    whole = "CAST(date_diff('second', h.s, h.e) AS HUGEINT)"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_halves AS SELECT * FROM (SELECT p.cluster, p.unit, p.kind, "
        "p.s, p.e, namespace, pod, ckind, controller, tags, res, "
        f"sum(q * {over} // {whole}) AS q, sum(unused * {over} // {whole}) AS unused "
        "FROM k_period AS p JOIN k_split AS h ON h.unit = p.unit AND h.s < p.e AND h.e > p.s "
        "WHERE p.kind = 'node' GROUP BY ALL) WHERE q + unused > 0"
    )
    last = "(SELECT coalesce(max(who), 0) FROM k_who)"
    # The pod's labels and its node's name are usage's to tell, where the pod is seen in it.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_halves_who AS SELECT CAST(row_number() OVER "
        f"(ORDER BY {columns}, CAST(tags AS VARCHAR)) + {last} AS INTEGER) AS who, * FROM "
        f"(SELECT DISTINCT {columns}, tags FROM k_halves)"
    )
    connection.execute(
        "INSERT INTO k_who SELECT h.who, h.cluster, coalesce(k.x_Node, n.node), h.namespace, "
        "coalesce(h.ckind, k.x_ControllerKind), coalesce(h.controller, k.x_Controller), h.pod, "
        "NULL, NULL, map_concat(coalesce(k.tags, MAP {}), coalesce(h.tags, MAP {})), "
        f"{state_sql('h.cluster', 'h.namespace')} FROM k_halves_who AS h "
        "LEFT JOIN (SELECT cluster, x_Namespace, x_Pod, max(x_Node) AS "
        "x_Node, max(x_ControllerKind) AS x_ControllerKind, max(x_Controller) AS x_Controller, "
        "max_by(tags, len(map_keys(tags))) AS tags FROM k_who WHERE x_Pod IS NOT NULL "
        "GROUP BY 1, 2, 3) AS k ON k.cluster = h.cluster AND k.x_Namespace = h.namespace "
        "AND k.x_Pod = h.pod LEFT JOIN (SELECT unit, max(x_Node) AS node FROM k_of "
        "WHERE kind = 'node' GROUP BY 1) AS n ON n.unit = h.unit"
    )
    same = " AND ".join(f"w.{c} IS NOT DISTINCT FROM h.{c}" for c in (*columns.split(", "), "tags"))
    halves = (
        f"k_halves AS h JOIN k_halves_who AS w ON {same} JOIN k_who AS o ON o.who = w.who "
        "JOIN k_setting AS t ON t.cluster = h.cluster"
    )
    connection.execute(
        f"INSERT INTO k_share SELECT h.cluster, h.unit, h.kind, s, e, {_part('res')}, state, "
        f"w.who, o.x_Node, NULL, NULL, q, 'aws-split-cost', NULL FROM {halves} WHERE q > 0"
    )
    shared = "idle = 'share'"
    connection.execute(
        f"INSERT INTO k_share SELECT h.cluster, h.unit, h.kind, s, e, {_part('res')}, "
        f"CASE WHEN {shared} THEN '{SHARED_IDLE}' ELSE '{IDLE_AS}' END, "
        f"CASE WHEN {shared} THEN w.who END, o.x_Node, NULL, NULL, sum(unused), "
        f"'aws-split-cost', NULL FROM {halves} WHERE unused > 0 GROUP BY ALL"
    )


def _user_shares(connection: duckdb.DuckDBPyConnection) -> None:
    """Volumes to their claims; what serves the whole cluster to all of its pods."""
    _pairs(connection, "'volume'")
    connection.execute(
        "INSERT INTO k_share SELECT p.cluster, p.unit, p.kind, s, e, 'Storage', w.state, u.who, "
        "node, sum(q * part // whole), 'GiB-Hours', sum(q * part // whole), 'kubernetes-volume', "
        "NULL FROM k_pair AS p JOIN k_use AS u ON u.unit = p.unit AND u.ws = p.ws AND u.we = p.we "
        "JOIN k_who AS w ON w.who = u.who WHERE u.kind = 'volume' GROUP BY ALL "
        "HAVING sum(q * part // whole) > 0"
    )
    _cluster_wide(connection, "control plane", "plane = 'share'", "Control plane",
                  "kubernetes-control-plane")  # fmt: skip
    _cluster_wide(connection, "network", "true", "Network", "kubernetes-network")
    connection.execute(
        "INSERT INTO k_share SELECT p.cluster, unit, kind, s, e, 'Control plane', "
        f"'{CONTROL_PLANE}', NULL, NULL, NULL, NULL, 1, 'kubernetes-control-plane', NULL "
        "FROM k_period AS p JOIN k_setting AS t ON t.cluster = p.cluster "
        "WHERE kind = 'control plane' AND plane <> 'share'"
    )


def _cluster_wide(
    connection: duckdb.DuckDBPyConnection, kind: str, when: str, part: str, method: str
) -> None:
    """Share out what serves a whole cluster: a network's by bytes and a load balancer's by its
    hours, where they are known; all else (but a load balancer) by what pods hold, CPU, memory
    and GPU weighed by the ratio."""
    own = _BY.get(kind, "")
    held = f"CASE WHEN res IN ('cpu', 'memory', 'gpu') THEN {_price('res')} ELSE 0 END"
    if kind == "load balancer":
        held = "0"
    seconds = "CAST(date_diff('second', {}, {}) AS HUGEINT)"
    over = seconds.format("greatest(p.s, u.ws)", "least(p.e, u.we)")
    q = f"(q * {over} // {seconds.format('u.ws', 'u.we')})"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_wide_use AS SELECT p.cluster, p.unit, p.kind, p.s, p.e, "
        f"u.who, u.node, sum({q} // 1000 * ({held})) AS held, "
        f"sum(CASE WHEN res = '{own}' THEN {q} ELSE 0 END) AS own "
        "FROM k_period AS p JOIN k_setting AS t ON t.cluster = p.cluster "
        "JOIN k_use AS u ON u.cluster = p.cluster AND u.ws < p.e AND u.we > p.s "
        f"WHERE p.kind = {literal(kind)} AND u.kind = 'node' AND {when} GROUP BY ALL"
    )
    weight = "CASE WHEN sum(own) OVER g > 0 THEN own ELSE held END"
    connection.execute(
        f"INSERT INTO k_share SELECT * FROM (SELECT u.cluster, unit, kind, s, e, {literal(part)}, "
        f"w.state, u.who, node, NULL, NULL, {weight} AS weight, {literal(method)}, NULL "
        "FROM k_wide_use AS u JOIN k_who AS w ON w.who = u.who "
        "WINDOW g AS (PARTITION BY unit, s, e)) WHERE weight > 0"
    )


def _balancers(connection: duckdb.DuckDBPyConnection) -> None:
    """A load balancer is its service's; one that serves no namespace known is the cluster's."""
    last = "(SELECT coalesce(max(who), 0) FROM k_who)"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_serve AS SELECT CAST(row_number() OVER (ORDER BY unit) + "
        f"{last} AS INTEGER) AS who, * FROM (SELECT cluster, unit, min(namespace) AS namespace, "
        "min(service) AS service FROM k_match WHERE kind = 'load balancer' "
        "AND namespace IS NOT NULL GROUP BY 1, 2)"
    )
    connection.execute(
        "INSERT INTO k_who SELECT who, s.cluster, NULL, namespace, 'service', service, NULL, NULL, "
        "NULL, coalesce(tags, MAP {}), "
        f"{state_sql('s.cluster', 'namespace')} FROM k_serve AS s "
        "LEFT JOIN (SELECT cluster, x_Namespace, "
        "max_by(map_from_entries(list_filter(map_entries(tags), lambda t: "
        "starts_with(t.key, 'namespace:'))), len(map_keys(tags))) AS tags FROM k_who "
        "WHERE tags IS NOT NULL GROUP BY 1, 2) AS l "
        "ON l.cluster = s.cluster AND l.x_Namespace = s.namespace"
    )
    connection.execute(
        "INSERT INTO k_share SELECT p.cluster, p.unit, kind, s, e, 'Load balancer', w.state, "
        "w.who, NULL, NULL, NULL, 1, 'kubernetes-load-balancer', NULL FROM k_period AS p "
        "JOIN k_serve AS v USING (unit) JOIN k_who AS w ON w.who = v.who "
        "WHERE kind = 'load balancer'"
    )


def _whole(connection: duckdb.DuckDBPyConnection) -> None:
    """Periods that nobody can be given keep their cost on the resource, and say why. Weights are
    made small enough for an exact product."""
    reason = (
        "CASE kind WHEN 'volume' THEN 'no claim of the volume in this period' "
        "WHEN 'load balancer' THEN 'no namespace of the load balancer is known' "
        "WHEN 'control plane' THEN 'no usage of the cluster in this period' "
        "WHEN 'network' THEN 'no usage of the cluster in this period' "
        "ELSE 'no usage of the node in this period' END"
    )
    part = (
        "CASE kind WHEN 'volume' THEN 'Storage' WHEN 'load balancer' THEN 'Load balancer' "
        "WHEN 'control plane' THEN 'Control plane' WHEN 'network' THEN 'Network' "
        "WHEN 'node network' THEN 'Network' ELSE 'Node' END"
    )
    method = (
        "CASE kind WHEN 'node' THEN 'kubernetes-node' WHEN 'node network' THEN 'kubernetes-network'"
        " ELSE 'kubernetes-' || replace(kind, ' ', '-') END"
    )
    # A node is there whether it was used or not: what it cost then is idle.
    state = f"CASE WHEN kind LIKE 'node%' THEN '{IDLE_AS}' ELSE '{UNUSED}' END"
    connection.execute("DELETE FROM k_share WHERE weight <= 0")
    connection.execute(
        f"UPDATE k_share SET node = NULL WHERE state = '{IDLE_AS}' AND cluster IN "
        "(SELECT cluster FROM k_setting WHERE idle = 'cluster')"
    )
    connection.execute(
        f"INSERT INTO k_share SELECT cluster, unit, kind, s, e, {part}, {state}, NULL, "
        "(SELECT max(x_Node) FROM k_of WHERE k_of.unit = p.unit AND k_of.kind = 'node' "
        "HAVING count(DISTINCT x_Node) = 1), NULL, NULL, 1, "
        f"{method}, {reason} FROM k_period AS p WHERE NOT EXISTS (SELECT 1 FROM k_share AS h "
        "WHERE h.unit = p.unit AND h.kind = p.kind AND h.s = p.s AND h.e = p.e)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE k_weight AS SELECT * REPLACE (CASE WHEN total > "
        f"{_LARGEST}::HUGEINT THEN weight // (total // {_LARGEST}::HUGEINT + 1) ELSE weight END "
        "AS weight) FROM (SELECT *, sum(weight) OVER (PARTITION BY unit, kind, s, e) AS total "
        "FROM k_share) WHERE weight > 0"
    )
