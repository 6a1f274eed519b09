"""Tables of text written as the files of a bill."""

import csv
from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write_table(path: Path, rows: Sequence[dict[str, str]], doubles: Collection[str] = ()) -> None:
    """Write rows as CSV, or as Parquet with the columns in `doubles` as numbers, by the ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(rows[0])
    if path.suffix == ".parquet":
        columns = {
            name: pa.array(
                [float(row[name]) if name in doubles else row[name] or None for row in rows],
                pa.float64() if name in doubles else pa.string(),
            )
            for name in names
        }
        pq.write_table(pa.table(columns), path)
        return
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
