"""OpenCost's and Kubecost's allocations, from the API's JSON or the CSV export, as usage.

An allocation is a share of the cost of its node, by the tool's own prices: an estimate, never a
charge. `totalCost` is the sum of its parts with their adjustments; network costs by zone, region
and internet are parts of `networkCost`, idle that was shared is part of each cost already.
"""

from collections.abc import Iterator
from collections.abc import Mapping as MappingABC
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any

from outlay.focus.sql import literal
from outlay.sources.contract import Fold, Raw, Reject, SourceError
from outlay.sources.kubernetes.dialect import Dialect, Read
from outlay.sources.kubernetes.metrics import GIBIBYTE
from outlay.sources.kubernetes.parts import (
    Cells,
    Long,
    Measured,
    json_entries,
    provider_sql,
    shared_out,
    tags_of,
)

ALLOCATION = "allocation"
EXPORT = "allocation_csv"
CLOUD_COST = "cloud_cost"

EXPORT_COLUMNS = frozenset(
    {"Date", "Namespace", "Pod", "CPUCoreUsageAverage", "RAMBytesUsageAverage", "TotalCost"}
)
PRICE_SOURCE = "opencost"

_EXACT = Context(prec=60)
_QUANTUM = Decimal("1E-12")
_COSTS = {
    "cpu_cost": ("cpuCost", "cpuCostAdjustment"),
    "memory_cost": ("ramCost", "ramCostAdjustment"),
    "gpu_cost": ("gpuCost", "gpuCostAdjustment"),
    "volume_cost": ("pvCost", "pvCostAdjustment"),
    "network_cost": ("networkCost", "networkCostAdjustment"),
    "load_balancer_cost": ("loadBalancerCost", "loadBalancerCostAdjustment"),
    "shared_cost": ("sharedCost",),
    "external_cost": ("externalCost",),
}
_HOURLY = {
    "cpu_request": ("cpuCoreRequestAverage", 1),
    "cpu_usage": ("cpuCoreUsageAverage", 1),
    "memory_request": ("ramByteRequestAverage", GIBIBYTE),
    "memory_usage": ("ramByteUsageAverage", GIBIBYTE),
    "gpu_request": ("gpuRequestAverage", 1),
    "gpu_usage": ("gpuUsageAverage", 1),
}
"""Averages over the minutes of an allocation; older tools have no GPU request."""
_SUMS = {
    "cpu_allocated": ("cpuCoreHours", 1),
    "memory_allocated": ("ramByteHours", GIBIBYTE),
    "gpu_allocated": ("gpuHours", 1),
    "volume_allocated": ("pvByteHours", GIBIBYTE),
    "network_transmit": ("networkTransferBytes", GIBIBYTE),
    "network_receive": ("networkReceiveBytes", GIBIBYTE),
}
_KEPT = {"properties", "window", "start", "end", "minutes", "name", "totalCost"}


def is_allocation(document: object) -> bool:
    """Whether a JSON document is an answer of the allocation API."""
    sets = document.get("data") if isinstance(document, dict) else None
    if not isinstance(sets, list):
        return False
    first = next((one for found in sets if isinstance(found, dict) for one in found.values()), None)
    if first is None:
        return bool(sets) and all(found is None or found == {} for found in sets)
    return isinstance(first, dict) and {"window", "totalCost", "cpuCost"} <= set(first)


def is_cloud_cost(document: object) -> bool:
    """Whether a JSON document is an answer of the cloudCost API."""
    data = document.get("data") if isinstance(document, dict) else None
    sets = data.get("sets") if isinstance(data, dict) else data
    if not isinstance(sets, list):
        return False
    return any(isinstance(found, dict) and "cloudCosts" in found for found in sets)


def records(document: Any, name: str) -> Iterator[dict[str, object]]:
    """One record an allocation: the vendor's own fields, and the hours that its averages mean.

    A null step (no data in that window) has none. SourceError when an allocation is none.
    """
    if is_cloud_cost(document):
        yield _cloud_cost(document)
        return
    if document.get("code") not in (None, 200) or "data" not in document:
        raise SourceError(
            f"{name} is no answer but an error of the allocation API: "
            f"{str(document.get('message') or document.get('code'))[:200]}; fetch it again"
        )
    for found in document["data"] or ():
        for key, one in (found or {}).items():
            if not isinstance(one, dict):
                raise SourceError(f"{name}: allocation {key!r} is no object; fetch it again")
            yield _record(key, one)


def _cloud_cost(document: Any) -> dict[str, object]:
    data = document["data"]
    sets = [found for found in (data["sets"] if isinstance(data, dict) else data) if found]
    windows = [found["window"] for found in sets if isinstance(found.get("window"), dict)]
    start = min((window["start"] for window in windows if window.get("start")), default=None)
    return {"outlay_table": CLOUD_COST, "window_start": start, "sets": len(sets)}


def _record(key: str, one: MappingABC[str, Any]) -> dict[str, object]:
    properties = one.get("properties") or {}
    window = one.get("window") or {}
    minutes = _number(one.get("minutes"))
    record: dict[str, object] = {
        "outlay_table": ALLOCATION,
        "name": one.get("name") or key,
        "window_start": window.get("start") or one.get("start"),
        "window_end": window.get("end") or one.get("end"),
        "hours": _hours(Decimal(1), minutes, 1),
        "labels": properties.get("labels") or None,
        "namespaceLabels": properties.get("namespaceLabels") or None,
    }
    for name in ("cluster", "node", "namespace", "controllerKind", "controller", "pod",
                 "container", "providerID"):  # fmt: skip
        record[name] = properties.get(name) or None
    for field in dict.fromkeys(field for fields in _COSTS.values() for field in fields):
        record[field] = one.get(field)
    record["totalCost"] = one.get("totalCost")
    for metric, (field, unit) in _HOURLY.items():
        record[metric] = _hours(_number(one.get(field)), minutes, unit)
    for metric, (field, unit) in _SUMS.items():
        record[metric] = _hours(_number(one.get(field)), Decimal(60), unit)
    return record


def _number(value: object) -> Decimal | None:
    """A number of the document; None for null and NaN, and for what is no number at all."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _hours(average: Decimal | None, minutes: Decimal | None, unit: int) -> str | None:
    """An average over minutes as hours of a unit, to twelve places."""
    if average is None or minutes is None:
        return None
    product = _EXACT.multiply(average, minutes)
    quotient = _EXACT.divide(product, Decimal(60 * unit))
    return f"{quotient.quantize(_QUANTUM, ROUND_HALF_EVEN, _EXACT):f}"


class OpenCost(Dialect):
    """What rows of allocations mean."""

    tables = (ALLOCATION, EXPORT, CLOUD_COST)

    def read(self, raw: Raw) -> Read:
        """The usage rows, folds and rejects of allocations."""
        cells = Cells(raw)
        longs = []
        folds = []
        rejects = []
        if cells.has("window_start"):
            self._refuse_overlaps(raw, cells)
            folds.append(
                Fold(
                    "cloudCost is the cloud's own bill as OpenCost sees it: load that bill itself",
                    f"{cells.text('outlay_table')} = '{CLOUD_COST}'",
                )
            )
            folds.append(
                Fold("an allocation that a later file repeats counts once", "allocation_repeated")
            )
            longs.append(self._allocations(cells))
            rejects += self._rejects(cells, ALLOCATION, (*_names(_COSTS), "totalCost"))
        if cells.has("CPUCoreUsageAverage"):
            folds.append(
                Fold("a day that the allocation API answers too counts once", "export_covered")
            )
            longs.append(self._export(cells))
            rejects += self._rejects(cells, EXPORT, _EXPORT_COSTS)
        return Read(
            usage=tuple(long.rows() for long in longs),
            folds=tuple(folds),
            rejects=tuple(rejects),
            source=self.relation(cells),
            period=(
                f"coalesce(TRY_CAST({cells.text('window_start')} AS TIMESTAMP), "
                f"TRY_CAST({cells.text('Date')} AS TIMESTAMP))"
            ),
            notes=self._notes(raw, cells),
        )

    def relation(self, cells: Cells) -> str:
        """The raw rows with what is known of each, as a relation."""
        return f"({self._joins(cells)}) AS outlay_read"

    def _joins(self, cells: Cells) -> str:
        """Which allocations come again in a later file, which days of an export are answered."""
        key = [cells.text(name) for name in ("outlay_table", "window_start", "window_end", "name")]
        key.append(cells.text("cluster"))
        listed = ", ".join(key)
        day = f"TRY_CAST({cells.text('Date')} AS DATE)"
        return (
            "SELECT *, "
            f"coalesce(_table = '{ALLOCATION}' AND _file < max(_file) OVER "
            f"(PARTITION BY _table, {listed}), false) AS allocation_repeated, "
            f"coalesce(_table = '{EXPORT}' AND {day} IN (SELECT CAST(TRY_CAST("
            f"{cells.text('window_start')} AS TIMESTAMP) AS DATE) FROM raw WHERE "
            f"{cells.text('outlay_table')} = '{ALLOCATION}'), false) AS export_covered FROM raw"
        )

    def _rejects(self, cells: Cells, table: str, numbers: tuple[str, ...]) -> list[Reject]:
        start = cells.text("window_start" if table == ALLOCATION else "Date")
        end = cells.text("window_end") if table == ALLOCATION else start
        here = f"_table = '{table}'"
        if table == ALLOCATION:
            here = f"{cells.text('outlay_table')} = '{ALLOCATION}'"
        no_period = (
            f"(TRY_CAST({start} AS TIMESTAMP) IS NULL OR TRY_CAST({end} AS TIMESTAMP) IS NULL)"
        )
        unfit = " OR ".join(
            f"({cells.finite(name)} IS NOT NULL AND {cells.number(name)} IS NULL)"
            for name in numbers
        )
        return [
            Reject("an allocation without a window", f"{here} AND {no_period}"),
            Reject("a cost that is no number", f"{here} AND ({unfit})"),
        ]

    def _allocations(self, cells: Cells) -> Long:
        number = cells.number
        costs = {
            name: " + ".join(f"coalesce({number(field)}, 0)" for field in fields)
            for name, fields in _COSTS.items()
        }
        parts = " + ".join(f"({cost})" for cost in costs.values())
        rounding = f"coalesce({number('totalCost')} - ({parts}), 0)"
        special = f"nullif(regexp_extract({cells.text('name')}, '(__[a-z]+__)', 1), '')"
        provider = cells.text("providerID")
        hours = cells.text("hours")
        costed = {
            "cpu_allocated": "cpu_cost", "memory_allocated": "memory_cost",
            "gpu_allocated": "gpu_cost", "volume_allocated": "volume_cost",
            "network_transmit": "network_cost",
        }  # fmt: skip
        measured = [Measured(metric, cells.text(metric)) for metric in _HOURLY]
        measured += [
            Measured(metric, cells.text(metric), costs.get(costed.get(metric, ""), "NULL"))
            for metric in _SUMS
        ]
        measured += [
            Measured(metric, hours, costs[cost], when=f"({costs[cost]}) <> 0")
            for metric, cost in (
                ("load_balancer", "load_balancer_cost"),
                ("shared", "shared_cost"),
                ("external", "external_cost"),
            )
        ]
        measured.append(Measured("rounding", "0", rounding))
        tags = tags_of(
            json_entries(cells.text("labels")),
            json_entries(cells.text("namespaceLabels"), "namespace:"),
        )
        return Long(
            "allocations",
            self.relation(cells),
            f"_table = '{ALLOCATION}' AND NOT allocation_repeated AND "
            f"{cells.text('outlay_table')} = '{ALLOCATION}' AND NOT {self.rejected(cells)}",
            {
                "UsagePeriodStart": f"TRY_CAST({cells.text('window_start')} AS TIMESTAMP)",
                "UsagePeriodEnd": f"TRY_CAST({cells.text('window_end')} AS TIMESTAMP)",
                "ServiceName": "'Kubernetes'",
                "ResourceId": provider_sql(provider),
                "ResourceName": cells.text("node"),
                "ResourceType": f"CASE WHEN {provider} IS NOT NULL THEN 'Node' END",
                "Tags": tags,
                "x_Cluster": f"coalesce({cells.text('cluster')}, {literal(self.cluster)})",
                "x_Node": cells.text("node"),
                "x_Namespace": f"coalesce({cells.text('namespace')}, {special})",
                "x_ControllerKind": f"lower({cells.text('controllerKind')})",
                "x_Controller": cells.text("controller"),
                "x_Pod": cells.text("pod"),
                "x_Container": cells.text("container"),
                "x_Allocation": cells.text("name"),
            },
            measured,
            self.currency,
            PRICE_SOURCE,
        )

    def rejected(self, cells: Cells) -> str:
        """SQL condition of the allocations that are rejected."""
        found = self._rejects(cells, ALLOCATION, (*_names(_COSTS), "totalCost"))
        return "coalesce((" + " OR ".join(f"({one.when})" for one in found) + "), false)"

    def _export(self, cells: Cells) -> Long:
        number, start = cells.number, f"TRY_CAST({cells.text('Date')} AS TIMESTAMP)"

        def day(name: str, unit: int = 1) -> str:
            """A day's average as hours of a unit."""
            return _per_unit(f"24 * {cells.quantity(name)}", unit)

        def larger(one: str, other: str, unit: int = 1) -> str:
            most = f"greatest({cells.quantity(one)}, {cells.quantity(other)})"
            return _per_unit(f"24 * {most}", unit)

        cost = {name: f"coalesce({number(name)}, 0)" for name in _EXPORT_COSTS}
        parts = " + ".join(cost[name] for name in _EXPORT_COSTS if name != "TotalCost")
        cpu = ("CPUCoreUsageAverage", "CPUCoreRequestAverage")
        memory = ("RAMBytesUsageAverage", "RAMBytesRequestAverage")
        measured = [
            Measured("cpu_request", day(cpu[1])),
            Measured("cpu_usage", day(cpu[0])),
            Measured("cpu_allocated", larger(*cpu), cost["CPUCost"]),
            Measured("memory_request", day(memory[1], GIBIBYTE)),
            Measured("memory_usage", day(memory[0], GIBIBYTE)),
            Measured("memory_allocated", larger(*memory, GIBIBYTE), cost["RAMCost"]),
            Measured("gpu_allocated", day("GPUs"), cost["GPUCost"]),
            Measured("volume_allocated", day("PVBytes", GIBIBYTE), cost["PVCost"]),
            Measured(
                "network_transmit",
                _per_unit(cells.quantity("NetworkTransferBytes"), GIBIBYTE),
                cost["NetworkCost"],
            ),
            Measured("network_receive", _per_unit(cells.quantity("NetworkReceiveBytes"), GIBIBYTE)),
            Measured("rounding", "0", f"coalesce({number('TotalCost')} - ({parts}), 0)"),
        ]
        rejected = " OR ".join(
            f"({one.when})" for one in self._rejects(cells, EXPORT, _EXPORT_COSTS)
        )
        return Long(
            "allocation export",
            self.relation(cells),
            f"_table = '{EXPORT}' AND NOT export_covered AND NOT coalesce(({rejected}), false)",
            {
                "UsagePeriodStart": start,
                "UsagePeriodEnd": f"{start} + INTERVAL 1 DAY",
                "ServiceName": "'Kubernetes'",
                "Tags": tags_of(json_entries(cells.text("Labels"))),
                "x_Cluster": literal(self.cluster),
                "x_Namespace": cells.text("Namespace"),
                "x_ControllerKind": f"lower({cells.text('ControllerKind')})",
                "x_Controller": cells.text("ControllerName"),
                "x_Pod": cells.text("Pod"),
                "x_Container": cells.text("Container"),
            },
            measured,
            self.currency,
            PRICE_SOURCE,
        )

    def _refuse_overlaps(self, raw: Raw, cells: Cells) -> None:
        """Refuse windows that overlap without being the same: their allocations count twice."""
        start = f"TRY_CAST({cells.text('window_start')} AS TIMESTAMP)"
        end = f"TRY_CAST({cells.text('window_end')} AS TIMESTAMP)"
        found = raw.ask(
            f"SELECT s, e, following, until FROM (SELECT s, e, lead(s) OVER w AS following, "
            f"lead(e) OVER w AS until FROM (SELECT DISTINCT {cells.text('cluster')} AS c, "
            f"{start} AS s, {end} AS e FROM raw WHERE {cells.text('outlay_table')} = "
            f"'{ALLOCATION}') WINDOW w AS (PARTITION BY c ORDER BY s, e)) "
            "WHERE following < e ORDER BY s LIMIT 1"
        )
        if found:
            one, until, other, its_end = found[0]
            raise SourceError(
                f"the windows {one:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} and "
                f"{other:%Y-%m-%d %H:%M} to {its_end:%Y-%m-%d %H:%M} of one cluster overlap, so "
                "that their allocations would count twice. Load answers of one step only "
                "(step=1d&accumulate=false), or name them as two sources."
            )

    def _notes(self, raw: Raw, cells: Cells) -> tuple[str, ...]:
        notes = []
        if cells.has("CPUCoreUsageAverage"):
            notes.append("the CSV export has no load balancer and no idle: its total is lower")
        if cells.has("sets"):
            notes.append("cloudCost files are left out: they repeat the cloud's own bill")
        if cells.has("window_start"):
            ((several,),) = raw.ask(
                f"SELECT count(*) FROM raw WHERE {cells.text('outlay_table')} = '{ALLOCATION}' AND "
                f"date_trunc('month', TRY_CAST({cells.text('window_start')} AS TIMESTAMP)) <> "
                f"date_trunc('month', TRY_CAST({cells.text('window_end')} AS TIMESTAMP) - "
                "INTERVAL 1 SECOND)"
            )
            if several:
                notes.append(
                    f"{several} allocations have windows over a month's end: they are kept whole "
                    "in the month in which they begin"
                )
        return tuple(notes)


_EXPORT_COSTS = ("CPUCost", "RAMCost", "NetworkCost", "PVCost", "GPUCost", "TotalCost")


def _names(costs: MappingABC[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(field for fields in costs.values() for field in fields)


def _per_unit(amount: str, unit: int) -> str:
    return shared_out(f"CAST({amount} AS DECIMAL(32,6))", unit)
