"""Oracle's cost reports for the contract suite: a file a month, as the stream has several."""

from collections.abc import Sequence
from pathlib import Path

from tests.contract.sample import Line
from tests.sources.oci.reports import COST_ROW
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {}


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """Reports as they were copied from Oracle's bucket."""
    for number, month in enumerate(sorted({line.month for line in lines}), 1):
        rows = [
            COST_ROW
            | {
                "lineItem/referenceNo": f"{number:04}{at:08}",
                "lineItem/intervalUsageStart": f"{line.day}T00:00Z",
                "lineItem/intervalUsageEnd": f"{line.day}T01:00:00Z",
                "lineItem/tenantId": f"ocid1.tenancy.oc1..{line.account}",
                "cost/unitPrice": "",
                "cost/myCost": line.amount,
                "tags/team": "search",
            }
            for at, line in enumerate(lines, 1)
            if line.month == month
        ]
        write_table(folder / f"000300000000{number}.{format}", rows, ["cost/myCost"])
