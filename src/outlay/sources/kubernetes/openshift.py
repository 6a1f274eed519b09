"""The reports of OpenShift's cost operator (Koku): hourly sums per pod, volume, node, namespace.

They hold no cost. Payloads overlap: of an hour that comes in several, the latest payload's rows
count and the others are folded. Seconds become hours, bytes GiB.
"""

from collections.abc import Iterator
from typing import Any

from outlay.focus.sql import literal
from outlay.sources.contract import Fold, Raw, Reject
from outlay.sources.kubernetes.dialect import Dialect, Read
from outlay.sources.kubernetes.metrics import GIBIBYTE
from outlay.sources.kubernetes.parts import (
    MISSING,
    Cells,
    Long,
    Measured,
    label_entries,
    provider_sql,
    shared_out,
    tags_of,
)
from outlay.sources.kubernetes.payloads import folder_of, payload_of

PODS, STORAGE, NODES = "pods", "storage", "nodes"
NAMESPACES, MACHINES, GPUS = "namespaces", "machines", "gpus"
MANIFEST, OTHER = "manifest", "other"

_TELLING = {
    PODS: {"pod_usage_cpu_core_seconds"},
    STORAGE: {"persistentvolumeclaim", "volume_request_storage_byte_seconds"},
    MACHINES: {"vm_name", "vm_uptime_total_seconds"},
    GPUS: {"gpu_uuid", "gpu_pod_uptime"},
    NAMESPACES: {"namespace_labels"},
    NODES: {"node_labels"},
}
"""Table → columns that tell it, the more special first."""
_INTERVAL = {"interval_start", "interval_end"}

_POD = {
    "cpu_usage": ("pod_usage_cpu_core_seconds", 1),
    "cpu_request": ("pod_request_cpu_core_seconds", 1),
    "cpu_limit": ("pod_limit_cpu_core_seconds", 1),
    "memory_usage": ("pod_usage_memory_byte_seconds", GIBIBYTE),
    "memory_request": ("pod_request_memory_byte_seconds", GIBIBYTE),
    "memory_limit": ("pod_limit_memory_byte_seconds", GIBIBYTE),
}
_NODE = {
    "node_cpu_capacity": ("node_capacity_cpu_core_seconds", 1),
    "node_memory_capacity": ("node_capacity_memory_byte_seconds", GIBIBYTE),
}
_VOLUME = {
    "volume_request": ("volume_request_storage_byte_seconds", GIBIBYTE),
    "volume_usage": ("persistentvolumeclaim_usage_byte_seconds", GIBIBYTE),
    "volume_capacity": ("persistentvolumeclaim_capacity_byte_seconds", GIBIBYTE),
}
_MACHINE = {
    "vm_uptime": ("vm_uptime_total_seconds", 1),
    "vm_cpu_request": ("vm_cpu_request_core_seconds", 1),
    "vm_cpu_usage": ("vm_cpu_usage_total_seconds", 1),
    "vm_memory_request": ("vm_memory_request_byte_seconds", GIBIBYTE),
    "vm_memory_usage": ("vm_memory_usage_byte_seconds", GIBIBYTE),
}
_DISK = {"vm_disk": ("vm_disk_allocated_size_byte_seconds", GIBIBYTE)}
_NUMBERS = {
    PODS: _POD | _NODE,
    STORAGE: _VOLUME,
    MACHINES: _MACHINE | _DISK,
    GPUS: {"gpu_request": ("gpu_pod_uptime", 1)},
}
_IDENTITY = (
    "interval_start", "node", "namespace", "pod", "persistentvolumeclaim", "persistentvolume",
    "gpu_uuid", "mig_instance_id", "vm_name", "vm_device", "vm_persistentvolumeclaim_name",
)  # fmt: skip
"""What tells two rows of a table apart."""


def report_of(columns: object) -> str | None:
    """Which report a CSV header is; None when it is none of the operator's."""
    names = set(columns) if isinstance(columns, (list, tuple, set, frozenset)) else set()
    if not names >= _INTERVAL:
        return None
    return next((table for table, telling in _TELLING.items() if telling <= names), OTHER)


def table_of(path: str, report: str) -> str:
    """`_table` of a file: the report, and the folder or archive whose manifest is about it."""
    return f"{report} {folder_of(path)}"


def records(manifest: dict[str, Any]) -> Iterator[dict[str, object]]:
    """The one record of a payload's manifest."""
    payload = payload_of(manifest)
    yield {"payload_uuid": payload.uuid, "payload_cluster": payload.cluster,
           "payload_date": payload.date}  # fmt: skip


class OpenShift(Dialect):
    """What rows of the operator's reports mean."""

    tables = (PODS, STORAGE, NODES, NAMESPACES, MACHINES, GPUS, MANIFEST, OTHER)

    def read(self, raw: Raw) -> Read:
        """The usage rows, folds and rejects of reports."""
        cells = Cells(raw)
        source = self._known(raw, cells)
        self._make_labels(raw, cells, source)
        unfit = {
            table: cells.unfit(*(name for name, _ in numbers.values()))
            for table, numbers in _NUMBERS.items()
        }
        reports = f"outlay_report NOT IN ('{MANIFEST}', '{OTHER}')"
        no_hour = f"{reports} AND ({_time(cells, 'interval_start')} IS NULL OR outlay_end IS NULL)"
        bad = " OR ".join(f"(outlay_report = '{t}' AND {when})" for t, when in unfit.items())
        good = f"NOT coalesce(({no_hour}) OR ({bad}), false) AND NOT outlay_superseded"
        folds = (
            Fold("an hour that a later payload repeats counts once", "outlay_superseded"),
            Fold(
                "a volume that several pods mount counts once",
                f"outlay_report = '{STORAGE}' AND NOT outlay_first_mount",
            ),
            Fold(
                "labels, joined to what they are of",
                f"outlay_report IN ('{NODES}', '{NAMESPACES}')",
            ),
            Fold("the manifest of a payload", f"outlay_report = '{MANIFEST}'"),
            Fold("a report that is no usage (samples for sizing)", f"outlay_report = '{OTHER}'"),
        )
        longs = [self._pods(cells, source, good), self._nodes(cells, source, good),
                 self._storage(cells, source, good), self._gpus(cells, source, good)]  # fmt: skip
        if cells.has("vm_name"):
            longs.append(self._machines(cells, source, good))
        notes: tuple[str, ...] = ()
        if not self.cluster and not cells.has("payload_cluster"):
            notes = ("no manifest names the cluster: name it with the option cluster",)
        return Read(
            usage=tuple(long.rows() for long in longs),
            source=source,
            period=_time(cells, "interval_start"),
            folds=folds,
            rejects=(
                Reject("a report's row without an hour", no_hour),
                Reject("a quantity that is no number", bad),
            ),
            reference=f"split_part(_table, ' ', 1) = '{MANIFEST}'",
            notes=notes,
            formulas=self._formulas(cells, good),
        )

    # ------------------------------------------------------------------ rows and what is known

    def _known(self, raw: Raw, cells: Cells) -> str:
        """The relation of every raw row with its report, cluster, hour's end, and whether another
        row replaces it.

        A row of a payload is replaced when a later payload of the cluster has that hour in the
        same report; a row of a loose file when a later file has the very same row. What is known
        is worked out once, since five selections look at it.
        """
        payload = (
            f"SELECT outlay_place AS place, any_value({cells.text('payload_uuid')}) AS uuid, "
            f"any_value({cells.text('payload_cluster')}) AS cluster, "
            f"any_value({cells.text('payload_date')}) AS date FROM ({_NAMED}) "
            f"WHERE outlay_report = '{MANIFEST}' GROUP BY 1"
        )
        tied = (
            f"SELECT named.*, uuid AS outlay_uuid, coalesce(nullif(cluster, ''), "
            f"{literal(self.cluster)}) AS outlay_cluster, "
            f"(coalesce(date, ''), coalesce(uuid, '')) AS outlay_rank "
            f"FROM ({_NAMED}) AS named LEFT JOIN ({payload}) ON place = outlay_place"
        )
        start = cells.text("interval_start")
        ranked = f"SELECT *, {self._superseded(raw, cells)} AS outlay_superseded FROM ({tied})"
        group = f"outlay_superseded, outlay_report, outlay_cluster, {start}"
        first = {
            table: f"{table} <> outlay_report OR row_number() OVER (PARTITION BY {group}, "
            f"{', '.join(map(cells.text, names))} ORDER BY _file, _line) = 1"
            for table, names in (
                (f"'{STORAGE}'", ("namespace", "persistentvolumeclaim", "persistentvolume")),
                (f"'{MACHINES}'", ("namespace", "vm_name")),
            )
        }
        mount, disk = (
            first[f"'{table}'"] if cells.has(column) else "true"
            for table, column in ((STORAGE, "persistentvolume"), (MACHINES, "vm_name"))
        )
        raw.make(
            "outlay_known",
            "SELECT _file AS known_file, _line AS known_line, outlay_report, outlay_cluster, "
            f"outlay_superseded, {_end(cells)} AS outlay_end, {mount} AS outlay_first_mount, "
            f"{disk} AS outlay_first_disk FROM ({ranked})",
        )
        return (
            "(SELECT raw.*, known.* EXCLUDE (known_file, known_line) FROM raw JOIN outlay_known "
            "AS known ON known_file = _file AND known_line = _line) AS outlay_read"
        )

    def _superseded(self, raw: Raw, cells: Cells) -> str:
        """SQL condition: another row replaces this one. No report in two files, none does."""
        ((several,),) = raw.ask(
            f"SELECT coalesce(max(n), 0) FROM (SELECT count(DISTINCT _file) AS n FROM ({_NAMED}) "
            f"WHERE outlay_report NOT IN ('{MANIFEST}', '{OTHER}') GROUP BY outlay_report)"
        )
        if several < 2:
            return "false"
        key = ", ".join(cells.text(name) for name in _IDENTITY if cells.has(name))
        group = "outlay_uuid IS NULL, outlay_report, outlay_cluster"
        return (
            f"(CASE WHEN outlay_uuid IS NULL THEN _file < max(_file) OVER (PARTITION BY {group}, "
            f"{key}) ELSE outlay_rank < max(outlay_rank) OVER (PARTITION BY {group}, "
            f"{cells.text('interval_start')}) END "
            f"AND outlay_report NOT IN ('{MANIFEST}', '{OTHER}'))"
        )

    def _make_labels(self, raw: Raw, cells: Cells, source: str) -> None:
        """Make the labels of namespaces and nodes by cluster, hour and name, and the nodes' ids."""
        start = cells.text("interval_start")
        for name, report, of, labels in (
            ("outlay_spaces", NAMESPACES, "namespace", "namespace_labels"),
            ("outlay_nodes", NODES, "node", "node_labels"),
        ):
            raw.make(
                name,
                f"SELECT outlay_cluster AS l_cluster, {start} AS l_start, {cells.text(of)} AS "
                f"l_name, any_value({cells.text(labels)}) AS l_labels FROM {source} "
                f"WHERE outlay_report = '{report}' AND NOT outlay_superseded GROUP BY ALL",
            )
        raw.make(
            "outlay_providers",
            f"SELECT outlay_cluster AS p_cluster, {cells.text('node')} AS p_node, "
            f"arg_max({cells.text('resource_id')}, {start}) AS p_id FROM {source} "
            f"WHERE {cells.text('resource_id')} IS NOT NULL GROUP BY 1, 2",
        )

    def _joined(self, cells: Cells, source: str) -> str:
        """The rows with their namespace's and node's labels, and their node's provider id."""
        start = cells.text("interval_start")
        return (
            f"(SELECT outlay_read.*, spaces.l_labels AS outlay_space_labels, nodes.l_labels AS "
            f"outlay_node_labels, coalesce({cells.text('resource_id')}, p_id) AS outlay_provider "
            f"FROM {source} "
            "LEFT JOIN outlay_spaces AS spaces ON spaces.l_cluster IS NOT DISTINCT FROM "
            f"outlay_cluster AND spaces.l_start = {start} "
            f"AND spaces.l_name = {cells.text('namespace')} "
            "LEFT JOIN outlay_nodes AS nodes ON nodes.l_cluster IS NOT DISTINCT FROM "
            f"outlay_cluster AND nodes.l_start = {start} AND nodes.l_name = {cells.text('node')} "
            "LEFT JOIN outlay_providers ON p_cluster IS NOT DISTINCT FROM outlay_cluster "
            f"AND p_node = {cells.text('node')}) AS outlay_read"
        )

    # ------------------------------------------------------------------ usage

    def _common(self, cells: Cells, *, node: bool = True) -> dict[str, str]:
        provider = "outlay_provider"
        region = " , ".join(
            f"nullif(regexp_extract(outlay_node_labels, '(?:^|\\|)label_{name}:([^|]+)', 1), '')"
            for name in (
                "topology_kubernetes_io_region",
                "failure_domain_beta_kubernetes_io_region",
            )
        )
        columns = {
            "UsagePeriodStart": _time(cells, "interval_start"),
            "UsagePeriodEnd": "outlay_end",
            "ServiceName": "'Kubernetes'",
            "RegionId": f"coalesce({region})",
            "x_Cluster": "outlay_cluster",
            "x_Node": cells.text("node"),
        }
        if node:
            columns |= {
                "ResourceId": provider_sql(provider),
                "ResourceName": cells.text("node"),
                "ResourceType": f"CASE WHEN {provider} IS NOT NULL THEN 'Node' END",
            }
        return columns

    def _in_pod(self, cells: Cells, labels: str) -> dict[str, str]:
        return {
            "x_Namespace": cells.text("namespace"),
            "x_Pod": cells.text("pod"),
            "Tags": tags_of(
                label_entries(labels), label_entries("outlay_space_labels", "namespace:")
            ),
        }

    def _pods(self, cells: Cells, source: str, good: str) -> Long:
        return Long(
            "pods",
            self._joined(cells, source),
            f"outlay_report = '{PODS}' AND {good}",
            self._common(cells) | self._in_pod(cells, cells.text("pod_labels")),
            _measured(cells, _POD),
        )

    def _nodes(self, cells: Cells, source: str, good: str) -> Long:
        """A node's capacity stands in the row of each of its pods: once a node and hour."""
        first = (
            f"(SELECT * FROM {self._joined(cells, source)} WHERE outlay_report = '{PODS}' AND "
            f"{good} QUALIFY row_number() OVER (PARTITION BY outlay_cluster, "
            f"{cells.text('interval_start')}, {cells.text('node')} ORDER BY _file, _line) = 1) "
            "AS outlay_read"
        )
        return Long(
            "nodes",
            first,
            f"{cells.text('node')} IS NOT NULL",
            self._common(cells) | {"Tags": tags_of(label_entries("outlay_node_labels", "node:"))},
            _measured(cells, _NODE),
        )

    def _storage(self, cells: Cells, source: str, good: str) -> Long:
        volume = f"coalesce({cells.text('csi_volume_handle')}, {cells.text('persistentvolume')})"
        columns = self._common(cells, node=False) | self._in_pod(
            cells, cells.text("persistentvolumeclaim_labels")
        )
        columns["Tags"] = tags_of(
            label_entries(cells.text("persistentvolumeclaim_labels")),
            label_entries("outlay_space_labels", "namespace:"),
            label_entries(cells.text("persistentvolume_labels"), "volume:"),
        )
        return Long(
            "volumes",
            self._joined(cells, source),
            f"outlay_report = '{STORAGE}' AND outlay_first_mount AND {good}",
            columns
            | {
                "ResourceId": volume,
                "ResourceName": f"coalesce({cells.text('persistentvolumeclaim')}, "
                f"{cells.text('persistentvolume')})",
                "ResourceType": "'Persistent Volume'",
                "x_Volume": cells.text("persistentvolume"),
                "x_VolumeClaim": cells.text("persistentvolumeclaim"),
                "x_StorageClass": cells.text("storageclass"),
            },
            _measured(cells, _VOLUME),
        )

    def _gpus(self, cells: Cells, source: str, good: str) -> Long:
        uptime = _hours(cells, "gpu_pod_uptime", 1)
        whole = f"{cells.text('mig_profile')} IS NULL"
        return Long(
            "gpus",
            self._joined(cells, source),
            f"outlay_report = '{GPUS}' AND {good}",
            self._common(cells)
            | self._in_pod(cells, MISSING)
            | {
                "x_GpuModel": cells.text("gpu_model_name"),
                "x_GpuId": cells.text("gpu_uuid"),
                "x_GpuProfile": cells.text("mig_profile"),
            },
            [
                Measured("gpu_request", uptime, when=whole),
                Measured("gpu_slice_request", uptime, when=f"NOT {whole}"),
            ],
        )

    def _machines(self, cells: Cells, source: str, good: str) -> Long:
        """A machine with several disks has a row for each; its other figures repeat in them."""
        measured = [
            Measured(one.metric, one.quantity, when="outlay_first_disk")
            for one in _measured(cells, _MACHINE)
        ]
        return Long(
            "virtual machines",
            self._joined(cells, source),
            f"outlay_report = '{MACHINES}' AND {good}",
            self._common(cells)
            | self._in_pod(cells, cells.text("vm_labels"))
            | {
                "x_Pod": MISSING,
                "x_VirtualMachine": cells.text("vm_name"),
                "x_InstanceType": cells.text("vm_instance_type"),
            },
            [*measured, *_measured(cells, _DISK)],
        )

    def _formulas(self, cells: Cells, good: str) -> dict[str, str]:
        """The vendor's own sums: seconds of the pods' rows that count."""
        return {
            metric: f"CASE WHEN outlay_report = '{PODS}' AND {good} "
            f"THEN {_hours(cells, name, unit)} END"
            for metric, (name, unit) in _POD.items()
            if cells.has(name)
        }


_NAMED = (
    "SELECT *, split_part(_table, ' ', 1) AS outlay_report, "
    "substr(_table, strpos(_table, ' ') + 1) AS outlay_place FROM raw"
)


def _time(cells: Cells, name: str) -> str:
    """SQL of the UTC time of `2020-11-06 18:00:00 +0000 UTC` (the operator always writes UTC)."""
    return f"TRY_CAST(substr({cells.text(name)}, 1, 19) AS TIMESTAMP)"


def _end(cells: Cells) -> str:
    """An hour ends at …:59:59 there; here ends are exclusive."""
    end = _time(cells, "interval_end")
    return f"CASE WHEN second({end}) = 59 THEN {end} + INTERVAL 1 SECOND ELSE {end} END"


def _hours(cells: Cells, name: str, unit: int) -> str:
    return shared_out(cells.quantity(name), 3600 * unit)


def _measured(cells: Cells, numbers: dict[str, tuple[str, int]]) -> list[Measured]:
    return [
        Measured(metric, _hours(cells, name, unit))
        for metric, (name, unit) in numbers.items()
        if cells.has(name)
    ]
