"""FOCUS bills for the contract suite: one loose file a month."""

import json
from collections.abc import Sequence
from pathlib import Path

from outlay.focus.schema import COSTS
from tests.contract.sample import Line
from tests.sources.focus.bills import ROW
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {}
FORMATS = ("csv", "parquet", "json")


def focus_row(line: Line) -> dict[str, str]:
    """A line as a FOCUS row."""
    start, end = line.month
    times = {
        "BillingPeriodStart": start,
        "BillingPeriodEnd": end,
        "ChargePeriodStart": line.day,
        "ChargePeriodEnd": line.day,
    }
    return (
        ROW
        | dict.fromkeys(COSTS, line.amount)
        | {name: f"{day}T00:00:00Z" for name, day in times.items()}
        | {"BillingAccountId": line.account, "Tags": '{"team": "search"}'}
    )


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """One file a month."""
    for month in sorted({line.month for line in lines}):
        rows = [focus_row(line) for line in lines if line.month == month]
        path = folder / f"bill-{month[0]:%Y-%m}.{format}"
        if format == "json":
            path.write_text(json.dumps([one | {"Tags": {"team": "search"}} for one in rows]))
        else:
            write_table(path, rows, COSTS)
