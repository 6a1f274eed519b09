"""The bills that the benchmarks read: made once by the generators beside the project, kept in
`benchmarks/.data` (or OUTLAY_BENCH_DATA)."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("OUTLAY_BENCH_DATA", ROOT / "benchmarks" / ".data"))
TOOLS = Path(os.environ.get("OUTLAY_SHARED", ROOT.parent / "shared")) / "tools"
MONTHS = ["2026-08", "2026-09", "2026-10"]


def parquet_bill(rows: int, months: list[str] | None = None, name: str | None = None) -> Path:
    """A CUR 2.0 Parquet export of about `rows` lines; generated when it is not there yet."""
    target = DATA / (name or f"cur2-{rows}")
    if not (target / "totals.json").exists():
        generator = TOOLS / "amplify_cur.py"
        if not generator.exists():
            raise SystemExit(
                f"no bills to measure: {generator} does not exist. Set OUTLAY_BENCH_DATA to a "
                f"folder that holds {target.name}/, or OUTLAY_SHARED to the generators."
            )
        command = [sys.executable, str(generator), str(target), "--rows", str(rows)]
        command += ["--shape", "cur2", "--months", *(months or MONTHS)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return target


def csv_bill(rows: int) -> Path:
    """The same bill as CUR 2.0 CSV.gz: maps as JSON text, one file per Parquet part."""
    source, target = parquet_bill(rows), DATA / f"cur2-csv-{rows}"
    if (target / "totals.json").exists():
        return target
    for part in sorted(source.glob("*/data/*/*.parquet")):
        relative = part.relative_to(source)
        out = target / relative.parent / (part.name.split(".")[0] + ".csv.gz")
        out.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute("SET threads = 2")
            connection.execute(
                f"""COPY (SELECT * REPLACE ({_maps_as_json(connection, part)})
                FROM read_parquet('{part}')) TO '{out}'
                (FORMAT csv, HEADER, COMPRESSION gzip, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ')"""
            )
    for manifest in source.glob("*/metadata/*/*.json"):
        out = target / manifest.relative_to(source)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(manifest.read_text().replace(".snappy.parquet", ".csv.gz"))
    (target / "totals.json").write_text((source / "totals.json").read_text())
    return target


def _maps_as_json(connection: duckdb.DuckDBPyConnection, part: Path) -> str:
    described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{part}')").fetchall()
    maps = [row[0] for row in described if row[1].startswith("MAP")]
    return ", ".join(f'CAST(to_json("{name}") AS VARCHAR) AS "{name}"' for name in maps)
