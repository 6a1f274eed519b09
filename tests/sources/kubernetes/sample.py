"""Kubernetes usage for the contract suite: an allocation a line, as JSON or as the CSV export."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.contract.sample import Line
from tests.sources.kubernetes.usage import allocation, answer, export_row
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {}
FORMATS = ("json", "csv")
DATASET = "usage"


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """One file of all lines: each is the memory cost of a pod of its own."""
    if format == "csv":
        rows = [
            export_row(line.day, pod=f"pod-{number}", RAMCost=line.amount, TotalCost=line.amount)
            for number, line in enumerate(lines)
        ]
        write_table(folder / "export.csv", rows)
        return
    steps = [
        {
            f"pod-{number}": allocation(
                f"{line.day}", f"{line.day + timedelta(days=1)}", pod=f"pod-{number}",
                ramCost=line.amount, totalCost=line.amount,
            )
        }
        for number, line in enumerate(lines)
    ]  # fmt: skip
    (folder / "allocation.json").write_text(json.dumps(answer(*steps)))
