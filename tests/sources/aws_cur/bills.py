"""Small bills for tests: lines by legacy column, written as AWS writes them."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from outlay.sources.aws_cur import AwsCur, AwsCurOptions
from outlay.sources.aws_cur.columns import snake
from tests.sources.harness import Lifted, lift

Line = Mapping[str, str | None]

LINE: dict[str, str | None] = {
    "bill/PayerAccountId": "111111111111",
    "bill/BillingEntity": "AWS",
    "bill/BillType": "Anniversary",
    "bill/BillingPeriodStartDate": "2026-08-01T00:00:00Z",
    "bill/BillingPeriodEndDate": "2026-09-01T00:00:00Z",
    "lineItem/UsageAccountId": "222222222222",
    "lineItem/LineItemType": "Usage",
    "lineItem/UsageStartDate": "2026-08-03T00:00:00Z",
    "lineItem/UsageEndDate": "2026-08-03T01:00:00Z",
    "lineItem/ProductCode": "AmazonEC2",
    "lineItem/CurrencyCode": "USD",
    "lineItem/UnblendedCost": "0",
}

SP_ARN = "arn:aws:savingsplans::111111111111:savingsplan/sp-1"
RI_ARN = "arn:aws:ec2:us-east-1:111111111111:reserved-instances/ri-1"

_NUMBERS = ("cost", "amount", "fee", "commitment", "quantity")


def line(kind: str = "Usage", cost: str | None = "0", **more: str | None) -> dict[str, str | None]:
    """A line of this type; other columns by legacy name, `__` for the slash."""
    extra = {name.replace("__", "/"): value for name, value in more.items()}
    return LINE | {"lineItem/LineItemType": kind, "lineItem/UnblendedCost": cost} | extra


def columns_of(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(name for each in lines for name in each))


def csv_bytes(lines: Sequence[Line], columns: Sequence[str] | None = None) -> bytes:
    out = io.StringIO()
    names = list(columns or columns_of(lines))
    writer = csv.writer(out)
    writer.writerow(names)
    for each in lines:
        writer.writerow([each.get(name) or "" for name in names])
    return out.getvalue().encode()


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


def write_json(path: Path, content: Any) -> Path:
    return write(path, json.dumps(content).encode())


def write_parquet(path: Path, lines: Sequence[Line]) -> Path:
    """As CUR 2.0 writes it: snake names, costs as doubles, times as timestamps."""
    arrays: dict[str, pa.Array] = {}
    for name in columns_of(lines):
        column = snake(name).replace("_arn", "_a_r_n")
        values = [each.get(name) for each in lines]
        if column.endswith(("_start_date", "_end_date")):
            stamps = pa.array([v and v.rstrip("Z") for v in values]).cast(pa.timestamp("ms"))
            arrays[column] = stamps
        elif column.split("_")[-1] in _NUMBERS:
            arrays[column] = pa.array(
                [None if v is None else float(v) for v in values], pa.float64()
            )
        else:
            arrays[column] = pa.array(values, pa.string())
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(arrays), path)
    return path


def lift_lines(
    folder: Path, *lines: Line, form: str = "legacy", options: AwsCurOptions | None = None
) -> Lifted:
    """The charges of some lines, written in one form or another; the proof must hold."""
    if form == "parquet":
        file = write_parquet(folder / "bill.parquet", lines)
    else:
        names = columns_of(lines)
        spelled = [snake(n) if form != "legacy" and "/" in n else n for n in names]
        renamed = [{s: each.get(n) for s, n in zip(spelled, names, strict=True)} for each in lines]
        file = write(folder / "bill.csv.gz", csv_bytes(renamed))
    lifted = lift(AwsCur(), file, options=options)
    assert_proven(lifted)
    return lifted


def assert_proven(lifted: Lifted) -> None:
    """Every cost column sums to AWS's own formula, to the last digit."""
    wrong = [entry for entry in lifted.proof() if entry[2] != entry[3]]
    assert not wrong, wrong


def plain(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row with its decimals as short text, for reading beside the input."""
    return tuple(
        format(value.normalize(), "f") if isinstance(value, Decimal) else value for value in row
    )
