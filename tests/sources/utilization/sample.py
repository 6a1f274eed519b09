"""Measurements for the contract suite: a table, or a metric stream of CloudWatch."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.contract.sample import Line
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {}
FORMATS = ("csv", "jsonl")
DATASET = "usage"


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """A processor's load a line: what is below 0 in other bills is here what it is without it."""
    if format == "csv":
        rows = [
            {
                "ResourceId": f"i-0{number:016x}", "Metric": "cpu", "Statistic": "average",
                "PeriodStart": f"{line.day}T00:00:00Z", "PeriodEnd": f"{line.day}T01:00:00Z",
                "Value": line.amount.removeprefix("-"), "SubAccountId": line.account,
            }
            for number, line in enumerate(lines)
        ]  # fmt: skip
        write_table(folder / "measurements.csv", rows)
        return
    written = []
    for number, line in enumerate(lines):
        at = datetime(line.day.year, line.day.month, line.day.day, tzinfo=UTC)
        value = line.amount.removeprefix("-")
        written.append(
            json.dumps(
                {
                    "metric_stream_name": "all", "account_id": line.account, "region": "us-east-1",
                    "namespace": "AWS/EC2", "metric_name": "CPUUtilization",
                    "dimensions": {"InstanceId": f"i-0{number:016x}"},
                    "timestamp": int(at.timestamp() * 1000),
                    "value": {"max": value, "min": value, "sum": value, "count": 1},
                    "unit": "Percent",
                }
            )
        )  # fmt: skip
    (folder / "stream.jsonl").write_text("\n".join(written) + "\n")
