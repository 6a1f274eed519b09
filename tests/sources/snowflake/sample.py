"""Snowflake's bill for the contract suite: a row of warehouse compute a line."""

from collections.abc import Sequence
from pathlib import Path

from tests.contract.sample import Line
from tests.sources.snowflake.exports import bill
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {}


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """One file of the view a month."""
    for month in sorted({line.month for line in lines}):
        rows = [
            bill(
                line.amount,
                "1",
                USAGE_DATE=str(line.day),
                ACCOUNT_NAME=f"A{line.account}",
                ACCOUNT_LOCATOR=line.account,
            )
            for line in lines
            if line.month == month
        ]
        name = f"organization_usage.usage_in_currency_daily-{month[0]:%Y-%m}.{format}"
        write_table(folder / name, rows, ["USAGE_IN_CURRENCY"])
