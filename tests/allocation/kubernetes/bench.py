"""A bill and the usage of its clusters as a test writes them, and the rows that come out."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from outlay.allocation.kubernetes.build import build
from outlay.allocation.kubernetes.model import Clusters, ClusterSpec
from outlay.allocation.kubernetes.scope import Finder, Scope
from outlay.lake.facts import slice_facts
from outlay.lake.types import COST_COLUMNS
from outlay.money import total
from tests.query.fixtures import SmallLake

DAY = datetime(2026, 1, 5)
NODE = "i-0abc1"
_TEXTS = ("ResourceId", "ResourceName", "ResourceType", "x_Node", "x_Namespace", "x_ControllerKind",
          "x_Controller", "x_Pod", "x_Container", "x_Volume", "x_VolumeClaim", "x_GpuProfile",
          "x_SourceName", "x_Cluster", "Metric")  # fmt: skip
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        ("UsagePeriodStart", pa.timestamp("us")),
        ("UsagePeriodEnd", pa.timestamp("us")),
        ("Quantity", pa.decimal128(38, 12)),
        ("EstimatedCost", pa.decimal128(38, 21)),
        ("Tags", pa.map_(pa.string(), pa.string())),
    ]
)
Row = Mapping[str, Any]


def charge(cost: str, resource: str = NODE, *, hours: int = 24, **more: Any) -> dict[str, Any]:
    """A charge of a resource from DAY on, all costs alike."""
    start = more.pop("start", DAY)
    return {
        **dict.fromkeys(COST_COLUMNS, cost), "ResourceId": resource, "ChargePeriodStart": start,
        "ChargePeriodEnd": start + timedelta(hours=hours), "ConsumedQuantity": f"{hours}", **more,
    }  # fmt: skip


def used(metric: str, quantity: str, *, hours: int = 24, **more: Any) -> dict[str, Any]:
    """Usage of a pod on the node, from DAY on."""
    start = more.pop("start", DAY)
    return {
        "Metric": metric, "Quantity": Decimal(quantity), "UsagePeriodStart": start,
        "UsagePeriodEnd": start + timedelta(hours=hours), "x_SourceName": "cluster",
        "x_Cluster": "prod", "x_Node": "node-1", "ResourceId": NODE, "ResourceType": "Node",
        "x_Namespace": "shop", "x_Pod": "web-1", **more,
    }  # fmt: skip


def room(cpu: str = "96", memory: str = "384", gpu: str = "", **more: Any) -> list[dict[str, Any]]:
    """What the node offers on the day: four cores and 16 GiB unless it is said."""
    nobody = {"x_Namespace": None, "x_Pod": None}
    stated = {"node_cpu_capacity": cpu, "node_memory_capacity": memory, "node_gpu_capacity": gpu}
    return [used(name, value, **nobody | more) for name, value in stated.items() if value]


class Bench:
    """A slice of a bill and usage beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = SmallLake(folder)
        self._made = 0

    def layer(
        self,
        bill: Iterable[Row],
        usage: Iterable[Row],
        columns: tuple[str, ...] = (),
        **clusters: ClusterSpec,
    ) -> list[dict[str, Any]]:
        """The rows in place of the clusters' charges; what is said of clusters is by name."""
        self._made += 1
        rows = [{name: row.get(name) for name in _SCHEMA.names} for row in usage]
        path = self.folder / f"usage-{self._made}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), path)
        added = self.lake.add("2026-01", bill, columns=columns)
        (facts,) = (one for one in slice_facts(self.lake, self.lake.pin()) if one.slice is added)
        target = self.folder / f"layer-{self._made}"
        with self.lake.connect() as connection:
            finder = Finder(connection, [path])
            if not build(finder, Scope(facts, (path,), Clusters(clusters)), target):
                return []
            cursor = connection.execute(
                f"SELECT * FROM read_parquet('{target / 'charges.parquet'}')"
            )
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def by(rows: Iterable[Row], *names: str, cost: str = "EffectiveCost") -> dict[Any, Decimal]:
    """A cost by columns (one: its value, several: a tuple)."""
    found: dict[Any, list[Decimal]] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        found.setdefault(key[0] if len(names) == 1 else key, []).append(row[cost])
    return {key: total(amounts) for key, amounts in found.items()}
