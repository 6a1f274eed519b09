"""Rows per second of every source, against a bare DuckDB copy of the same files.

python -m benchmarks.sources [--rows 200000] [--kind KIND…]

The bills are those of the contract suite (`tests/sources/*/sample.py`): one plain line a row, in
the vendor's own layout, first format. A small load comes first, so that starting the engine and
the Iceberg library is not counted.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median

import duckdb

from outlay.lake import Lake
from outlay.sources.detect import detect
from outlay.sources.registry import SOURCES
from outlay.sources.transports.file import FileTransport
from tests.contract.sample import Line, Sample, sample_of

_DAYS = 28


@dataclass(frozen=True)
class Speed:
    """One source: the vendor's rows, and the median seconds of a load and of the bare copy."""

    kind: str
    format: str
    rows: int
    load_seconds: float
    copy_seconds: float

    @property
    def rows_per_second(self) -> float:
        """The vendor's rows that a load brings in a second."""
        return self.rows / self.load_seconds

    @property
    def ratio(self) -> float:
        """Seconds of the load against those of the copy."""
        return self.load_seconds / self.copy_seconds


def lines(rows: int) -> list[Line]:
    """Distinct amounts over a month and twelve accounts."""
    return [
        Line(
            str(Decimal(at + 1).scaleb(-6)),
            date(2026, 10, at % _DAYS + 1),
            f"{111111111111 * (at % 9 + 1)}",
        )
        for at in range(rows)
    ]


def copy_seconds(bill: Path, target: Path) -> float:
    """Seconds in which DuckDB copies the bill's files to Parquet: tables with all columns, types
    guessed; JSON as whole objects."""
    files = [path for path in sorted(bill.rglob("*")) if path.is_file()]
    begun = time.perf_counter()
    with duckdb.connect() as engine:
        for ending, reader in ((".csv", "read_csv"), (".parquet", "read_parquet"), (".json", "")):
            found = [
                str(path) for path in files if ending in path.name and "anifest" not in path.name
            ]
            if not found:
                continue
            if reader:
                scan = f"{reader}({found}, union_by_name = true)"
            else:
                # The objects as they are: a document keyed by names has no columns to guess.
                scan = f"read_json_objects({found}, maximum_object_size = 2000000000)"
            engine.execute(f"COPY (SELECT * FROM {scan}) TO '{target}' (FORMAT parquet)")
    return time.perf_counter() - begun


def load_seconds(sample: Sample, bill: Path, lake: Lake, name: str) -> tuple[float, int]:
    """Seconds of a load, and the vendor's rows of it."""
    source = SOURCES[sample.kind]
    transport = FileTransport(str(bill))
    (feed,) = detect(transport, [source])
    begun = time.perf_counter()
    outcomes = lake.load(name, source, transport, source.Options(**sample.options), root=feed.root)
    seconds = time.perf_counter() - begun
    failed = [o.message for o in outcomes if o.status != "loaded"]
    if failed:
        raise SystemExit(f"{sample.kind} did not load: {failed[0]}")
    return seconds, sum(o.record.proof.rows_read for o in outcomes if o.record is not None)


def measure(kind: str, rows: int, runs: int) -> Speed:
    """Load and copy a bill of `rows` lines `runs` times in turn."""
    sample = sample_of(kind)
    format = sample.formats[0]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lake = Lake.open(root / "lake")
        for name, count in (("small", 10), ("bill", rows)):
            (root / name).mkdir()
            sample.write(root / name, lines(count), format)
        load_seconds(sample, root / "small", lake, "warm")
        loads, copies, read = [], [], 0
        for run in range(runs):
            seconds, read = load_seconds(sample, root / "bill", lake, f"run{run}")
            loads.append(seconds)
            copies.append(copy_seconds(root / "bill", root / "copy.parquet"))
    return Speed(kind, format, read, median(loads), median(copies))


def measure_all(rows: int, runs: int, kinds: Sequence[str] = ()) -> list[Speed]:
    """Every kind, one after the other."""
    return [measure(kind, rows, runs) for kind in kinds or SOURCES]


def table(speeds: Sequence[Speed]) -> list[str]:
    """The report's table."""
    found = [
        "| source | bill | rows | bare `COPY` | whole load | ratio | rows a second |",
        "|---|---|---|---|---|---|---|",
    ]
    for s in speeds:
        found.append(
            f"| `{s.kind}` | {s.format} | {s.rows:,} | {s.copy_seconds:.1f} s "
            f"| {s.load_seconds:.1f} s | **{s.ratio:.1f}** | {s.rows_per_second:,.0f} |"
        )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--kind", nargs="*", default=())
    a = parser.parse_args()
    print("\n".join(table(measure_all(a.rows, a.runs, a.kind))))


if __name__ == "__main__":
    main()
