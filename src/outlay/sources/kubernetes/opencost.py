"""OpenCost's and Kubecost's allocations, from the API's JSON or the CSV export, as usage.

An allocation is a share of the cost of its node, by the tool's own prices: an estimate, never a
charge. `totalCost` is the sum of its parts with their adjustments; network costs by zone, region
and internet are parts of `networkCost`, idle that was shared is part of each cost already.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingABC
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from outlay.focus.sql import literal
from outlay.sources.contract import Fold, Raw, Reject, SourceError
from outlay.sources.kubernetes.dialect import Dialect, Read
from outlay.sources.kubernetes.export import EXPORT_COLUMNS, EXPORT_COSTS, PRICE_SOURCE, export_rows
from outlay.sources.kubernetes.metrics import GIBIBYTE
from outlay.sources.kubernetes.parts import (
    Cells,
    Long,
    Measured,
    json_entries,
    provider_sql,
    tags_of,
)

__all__ = ["ALLOCATION", "CLOUD_COST", "EXPORT", "EXPORT_COLUMNS", "OpenCost", "is_allocation",
           "is_cloud_cost", "records"]  # fmt: skip

ALLOCATION = "allocation"
EXPORT = "allocation_csv"
CLOUD_COST = "cloud_cost"


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
_FORMULAS = {"cpu_allocated": "cpuCoreHours", "gpu_allocated": "gpuHours"}
"""Metrics whose sums the answer states itself, in the metric's unit: by them it is proven."""


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
    for field in ("totalCost", *_FORMULAS.values()):
        record[field] = one.get(field)
    record |= _volumes(one)
    for metric, (field, unit) in _HOURLY.items():
        record[metric] = _hours(_number(one.get(field)), minutes, unit)
    for metric, (field, unit) in _SUMS.items():
        record[metric] = _hours(_number(one.get(field)), Decimal(60), unit)
    return record


def _volumes(one: MappingABC[str, Any]) -> dict[str, object]:
    """The allocation's volumes by the id under which they are billed, and what they leave of its
    storage: `pvs` is a breakdown of `pvByteHours` and `pvCost`, and not more."""
    listed = []
    hours = _number(one.get("pvByteHours")) or Decimal(0)
    cost = _sum(_number(one.get(field)) for field in _COSTS["volume_cost"])
    for key, volume in (one.get("pvs") or {}).items():
        name = next((part[5:] for part in key.split(":") if part.startswith("name=")), key)
        own = _sum(_number(volume.get(field)) for field in ("cost", "adjustment"))
        byte_hours = _number(volume.get("byteHours")) or Decimal(0)
        hours, cost = _EXACT.subtract(hours, byte_hours), _EXACT.subtract(cost, own)
        listed.append(
            {
                "name": name,
                "id": volume.get("providerID") or None,
                "hours": _hours(byte_hours, Decimal(60), GIBIBYTE),
                "cost": f"{own:f}",
            }
        )
    return {
        "volumes": listed or None,
        "volume_rest": _hours(hours, Decimal(60), GIBIBYTE),
        "volume_rest_cost": f"{cost:f}",
    }


def _sum(parts: Iterable[Decimal | None]) -> Decimal:
    """The exact sum of the numbers that are there."""
    whole = Decimal(0)
    for part in parts:
        whole = whole if part is None else _EXACT.add(whole, part)
    return whole


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
    return f"{quotient.quantize(_QUANTUM, ROUND_HALF_UP, _EXACT):f}"


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
            longs += [self._allocations(cells), self._volume_shares(cells)]
            rejects += self._rejects(cells, ALLOCATION, (*_names(_COSTS), "totalCost"))
        if cells.has("CPUCoreUsageAverage"):
            folds.append(
                Fold("a day that the allocation API answers too counts once", "export_covered")
            )
            longs.append(self._export(cells))
            rejects += self._rejects(cells, EXPORT, (*EXPORT_COSTS, "TotalCost"))
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
            formulas=self._formulas(cells),
        )

    def _formulas(self, cells: Cells) -> dict[str, str]:
        """The answers' own sums; an export beside them states none."""
        if not cells.has("cpuCoreHours") or cells.has("CPUCoreUsageAverage"):
            return {}
        return {
            metric: f"CASE WHEN {self._taken(cells)} THEN TRY_CAST({cells.finite(field)} AS "
            "DECIMAL(38,12)) END"
            for metric, field in _FORMULAS.items()
        }

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
        provider = cells.text("providerID")
        hours = cells.text("hours")
        costed = {
            "cpu_allocated": "cpu_cost", "memory_allocated": "memory_cost",
            "gpu_allocated": "gpu_cost", "network_transmit": "network_cost",
        }  # fmt: skip
        measured = [Measured(metric, cells.text(metric)) for metric in _HOURLY]
        measured += [
            Measured(metric, cells.text(metric), costs.get(costed.get(metric, ""), "NULL"))
            for metric in _SUMS
            if metric != "volume_allocated"
        ]
        measured.append(
            Measured("volume_allocated", cells.text("volume_rest"), number("volume_rest_cost"))
        )
        measured += [
            Measured(metric, hours, costs[cost], when=f"({costs[cost]}) <> 0")
            for metric, cost in (
                ("load_balancer", "load_balancer_cost"),
                ("shared", "shared_cost"),
                ("external", "external_cost"),
            )
        ]
        measured.append(Measured("rounding", "0", rounding))
        return Long(
            "allocations",
            self.relation(cells),
            self._taken(cells),
            self._common(cells)
            | {
                "ResourceId": provider_sql(provider),
                "ResourceName": cells.text("node"),
                "ResourceType": f"CASE WHEN {provider} IS NOT NULL THEN 'Node' END",
            },
            measured,
            self.currency,
            PRICE_SOURCE,
        )

    def _volume_shares(self, cells: Cells) -> Long:
        """A row for each volume of an allocation, by the volume's own id."""
        shape = literal('[{"name":"VARCHAR","id":"VARCHAR","hours":"VARCHAR","cost":"VARCHAR"}]')
        each = (
            f"(SELECT *, UNNEST(from_json({cells.text('volumes')}, {shape})) AS outlay_volume "
            f"FROM {self.relation(cells)} WHERE {self._taken(cells)}) AS outlay_read"
        )
        return Long(
            "volumes",
            each,
            "true",
            self._common(cells)
            | {
                "ResourceId": f"coalesce({provider_sql('outlay_volume.id')}, outlay_volume.name)",
                "ResourceName": "outlay_volume.name",
                "ResourceType": "'Persistent Volume'",
                "x_Volume": "outlay_volume.name",
            },
            [
                Measured(
                    "volume_allocated",
                    "outlay_volume.hours",
                    "TRY_CAST(outlay_volume.cost AS DECIMAL(38,21))",
                )
            ],
            self.currency,
            PRICE_SOURCE,
        )

    def _taken(self, cells: Cells) -> str:
        """SQL condition of the allocations that become usage."""
        return (
            f"_table = '{ALLOCATION}' AND NOT allocation_repeated AND "
            f"{cells.text('outlay_table')} = '{ALLOCATION}' AND NOT {self.rejected(cells)}"
        )

    def _common(self, cells: Cells) -> dict[str, str]:
        """Whose an allocation is, and when."""
        special = f"nullif(regexp_extract({cells.text('name')}, '(__[a-z]+__)', 1), '')"
        return {
            "UsagePeriodStart": f"TRY_CAST({cells.text('window_start')} AS TIMESTAMP)",
            "UsagePeriodEnd": f"TRY_CAST({cells.text('window_end')} AS TIMESTAMP)",
            "ServiceName": "'Kubernetes'",
            "Tags": tags_of(
                json_entries(cells.text("labels")),
                json_entries(cells.text("namespaceLabels"), "namespace:"),
            ),
            "x_Cluster": f"coalesce({cells.text('cluster')}, {literal(self.cluster)})",
            "x_Node": cells.text("node"),
            "x_Namespace": f"coalesce({cells.text('namespace')}, {special})",
            "x_ControllerKind": f"lower({cells.text('controllerKind')})",
            "x_Controller": cells.text("controller"),
            "x_Pod": cells.text("pod"),
            "x_Container": cells.text("container"),
            "x_Allocation": cells.text("name"),
        }

    def rejected(self, cells: Cells) -> str:
        """SQL condition of the allocations that are rejected."""
        found = self._rejects(cells, ALLOCATION, (*_names(_COSTS), "totalCost"))
        return "coalesce((" + " OR ".join(f"({one.when})" for one in found) + "), false)"

    def _export(self, cells: Cells) -> Long:
        numbers = (*EXPORT_COSTS, "TotalCost")
        rejected = " OR ".join(f"({one.when})" for one in self._rejects(cells, EXPORT, numbers))
        return export_rows(
            cells,
            self.relation(cells),
            f"_table = '{EXPORT}' AND NOT export_covered AND NOT coalesce(({rejected}), false)",
            self.cluster,
            self.currency,
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


def _names(costs: MappingABC[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(field for fields in costs.values() for field in fields)
