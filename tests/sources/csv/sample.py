"""Tables of a made-up vendor for the contract suite, and the mapping that reads them."""

from collections.abc import Sequence
from pathlib import Path

from tests.contract.sample import Line
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {
    "mapping": {
        "vendor": "Brightpage",
        "columns": {
            "BilledCost": "Amount",
            "BillingCurrency": {"constant": "USD"},
            "ChargePeriodStart": "Day",
            "SubAccountId": "Workspace",
        },
    }
}
DETECTED = False


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """One table a month."""
    for month in sorted({line.month for line in lines}):
        rows = [
            {"Day": f"{line.day}", "Amount": line.amount, "Workspace": line.account, "Note": "x"}
            for line in lines
            if line.month == month
        ]
        write_table(folder / f"invoice-{month[0]:%Y-%m}.{format}", rows, ["Amount"])
