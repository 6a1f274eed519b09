"""OpenCost's CSV export: a row a container and day, with the day's averages and costs."""

from outlay.focus.sql import literal
from outlay.sources.kubernetes.metrics import GIBIBYTE
from outlay.sources.kubernetes.parts import Cells, Long, Measured, json_entries, shared_out, tags_of

EXPORT_COLUMNS = frozenset(
    {"Date", "Namespace", "Pod", "CPUCoreUsageAverage", "RAMBytesUsageAverage", "TotalCost"}
)
EXPORT_COSTS = ("CPUCost", "RAMCost", "NetworkCost", "PVCost", "GPUCost")
PRICE_SOURCE = "opencost"


def export_rows(cells: Cells, relation: str, when: str, cluster: str | None, currency: str) -> Long:
    """The usage of the export's rows in `relation` where `when` holds.

    What a pod was charged for is the larger of its request and its use. Nothing in the file names
    the cluster, a node, a load balancer or idle.
    """
    start = f"TRY_CAST({cells.text('Date')} AS TIMESTAMP)"
    return Long(
        "allocation export",
        relation,
        when,
        {
            "UsagePeriodStart": start,
            "UsagePeriodEnd": f"{start} + INTERVAL 1 DAY",
            "ServiceName": "'Kubernetes'",
            "Tags": tags_of(json_entries(cells.text("Labels"))),
            "x_Cluster": literal(cluster),
            "x_Namespace": cells.text("Namespace"),
            "x_ControllerKind": f"lower({cells.text('ControllerKind')})",
            "x_Controller": cells.text("ControllerName"),
            "x_Pod": cells.text("Pod"),
            "x_Container": cells.text("Container"),
        },
        _measured(cells),
        currency,
        PRICE_SOURCE,
    )


def _measured(cells: Cells) -> list[Measured]:
    def day(name: str, unit: int = 1) -> str:
        return _per_unit(f"24 * {cells.quantity(name)}", unit)

    def larger(one: str, other: str, unit: int = 1) -> str:
        most = f"greatest({cells.quantity(one)}, {cells.quantity(other)})"
        return _per_unit(f"24 * {most}", unit)

    cost = {name: f"coalesce({cells.number(name)}, 0)" for name in EXPORT_COSTS}
    rounding = f"coalesce({cells.number('TotalCost')} - ({' + '.join(cost.values())}), 0)"
    cpu = ("CPUCoreUsageAverage", "CPUCoreRequestAverage")
    memory = ("RAMBytesUsageAverage", "RAMBytesRequestAverage")
    sent, received = (
        _per_unit(cells.quantity(f"Network{name}Bytes"), GIBIBYTE)
        for name in ("Transfer", "Receive")
    )
    return [
        Measured("cpu_request", day(cpu[1])),
        Measured("cpu_usage", day(cpu[0])),
        Measured("cpu_allocated", larger(*cpu), cost["CPUCost"]),
        Measured("memory_request", day(memory[1], GIBIBYTE)),
        Measured("memory_usage", day(memory[0], GIBIBYTE)),
        Measured("memory_allocated", larger(*memory, GIBIBYTE), cost["RAMCost"]),
        Measured("gpu_allocated", day("GPUs"), cost["GPUCost"]),
        Measured("volume_allocated", day("PVBytes", GIBIBYTE), cost["PVCost"]),
        Measured("network_transmit", sent, cost["NetworkCost"]),
        Measured("network_receive", received),
        Measured("rounding", "0", rounding),
    ]


def _per_unit(amount: str, unit: int) -> str:
    return shared_out(f"CAST({amount} AS DECIMAL(32,6))", unit)
