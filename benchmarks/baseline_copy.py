"""The yardstick of ingest, as a process of its own: a bare DuckDB COPY of a bill, all columns.

python -m benchmarks.baseline_copy BILL OUT MEMORY_LIMIT
"""

import sys
from pathlib import Path

import duckdb


def main(bill: str, out: str, memory: str) -> None:
    """Copy every month of the bill to one Parquet file a month under `out`."""
    target = Path(out)
    target.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{memory}'")
        connection.execute(f"SET temp_directory = '{target / 'tmp'}'")
        connection.execute("SET preserve_insertion_order = false")
        for month in sorted(Path(bill).glob("*/data/*")):
            parquet = sorted(month.glob("*.parquet"))
            reader = (
                f"read_parquet('{month}/*.parquet')"
                if parquet
                else f"read_csv('{month}/*.csv.gz', header = true, sample_size = 100000)"
            )
            connection.execute(
                f"COPY (SELECT * FROM {reader}) TO '{target / month.name}.parquet' "
                "(FORMAT parquet, COMPRESSION snappy)"
            )


if __name__ == "__main__":
    main(*sys.argv[1:4])
