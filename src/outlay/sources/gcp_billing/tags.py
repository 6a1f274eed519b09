"""Labels and tags of a line as one map, whose keys say where they come from.

A resource's own labels keep their keys (`team`), GKE's among them (`k8s-namespace`). A project's
labels, the system's and the resource manager's tags are others with keys of their own, so that
they get a prefix: `project:team`, `system:compute.googleapis.com/cores`, and for a tag the name
that Google gives it, `tag:NAMESPACE/key`.
"""

from outlay.focus.sql import literal
from outlay.sources.gcp_billing.columns import Columns

EMPTY = "CAST(MAP {} AS MAP(VARCHAR, VARCHAR))"

_PREFIXES = {
    "labels": "x.key",
    "project.labels": "'project:' || x.key",
    "system_labels": "'system:' || x.key",
    "tags": "'tag:' || coalesce(nullif(x.namespace, '') || '/', '') || x.key",
}

_GKE = {
    "x_Cluster": "goog-k8s-cluster-name",
    "x_Namespace": "k8s-namespace",
    "x_Controller": "k8s-workload-name",
    "x_ControllerKind": "k8s-workload-type",
}
"""Own column → the label that GKE's cost allocation writes."""


def tags_sql(columns: Columns) -> str:
    """SQL of the tags map. A label without a value is `true`, as FOCUS writes it; of a key that
    stands twice, the first counts."""
    parts = []
    for path, key in _PREFIXES.items():
        listed = columns.list(path)
        if listed is not None:
            parts.append(
                f"coalesce(list_transform(list_filter({listed}, lambda x: x.key <> ''), "
                f"lambda x: struct_pack(key := {key}, "
                "value := coalesce(nullif(x.value, ''), 'true'))), [])"
            )
    if not parts:
        return EMPTY
    entries = parts[0] if len(parts) == 1 else f"list_concat({', '.join(parts)})"
    keys = f"list_transform({entries}, lambda e: e.key)"
    first = f"list_filter({entries}, lambda e, i: list_position({keys}, e.key) = i)"
    return (
        f"CASE WHEN len(list_distinct({keys})) = len({entries}) THEN map_from_entries({entries}) "
        f"ELSE map_from_entries({first}) END"
    )


def label_value(columns: Columns, path: str, key: str) -> str | None:
    """SQL of one label's value, NULL where a line has none; None where the files have no such
    labels."""
    listed = columns.list(path)
    if listed is None:
        return None
    return (
        f"nullif(list_extract(list_filter({listed}, lambda x: x.key = {literal(key)}), 1).value, "
        "'')"
    )


def cluster_columns(columns: Columns) -> dict[str, str]:
    """Cluster, namespace and workload of lines that GKE's cost allocation labels."""
    found = {name: label_value(columns, "labels", key) for name, key in _GKE.items()}
    return {name: sql for name, sql in found.items() if sql is not None}
