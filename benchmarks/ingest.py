"""Whole ingest against a bare DuckDB COPY of the same files, in turn, in the same run.

python -m benchmarks.ingest --rows 10000000 [--format parquet|csv] [--runs 3] [--memory 3GB]
"""

import argparse
import json
import shutil
import statistics
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from benchmarks import data, measure


@dataclass(frozen=True)
class Ingest:
    """Medians of one format and size."""

    format: str
    rows: int
    copy_seconds: float
    load_seconds: float
    ratio: float
    peak_gib: float
    copy_peak_gib: float


def run(rows: int, form: str, runs: int, memory: str, keep: Path | None = None) -> Ingest:
    """Measure; the last workspace is moved to `keep` for the explorer's questions."""
    bill = data.parquet_bill(rows) if form == "parquet" else data.csv_bill(rows)
    copies, loads = [], []
    for turn in range(runs):
        work = Path(tempfile.mkdtemp(prefix="outlay-bench-", dir=data.DATA))
        try:
            copies.append(
                measure.child("benchmarks.baseline_copy", str(bill), str(work / "copy"), memory)
            )
            shutil.rmtree(work / "copy")
            loads.append(
                measure.child("benchmarks.outlay_load", str(bill), str(work / "ws"), memory)
            )
            check(bill, work / "ws")
            if keep and turn == runs - 1:
                shutil.rmtree(keep, ignore_errors=True)
                shutil.move(work / "ws", keep)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    ratios = [load.seconds / copy.seconds for load, copy in zip(loads, copies, strict=True)]
    return Ingest(
        form,
        rows,
        statistics.median(copy.seconds for copy in copies),
        statistics.median(load.seconds for load in loads),
        statistics.median(ratios),
        max(load.peak_bytes for load in loads) / 1024**3,
        max(copy.peak_bytes for copy in copies) / 1024**3,
    )


def check(bill: Path, workspace: Path) -> None:
    """A fast load that is wrong is no result: rows and totals are those of the generator."""
    from outlay.app import Workspace

    expected = json.loads((bill / "totals.json").read_text())["months"]
    for part in Workspace.open(workspace).deliveries():
        want = expected[str(part.billing_period)]
        proof = part.delivery.proof
        billed = sum(
            (line.loaded for line in proof.lines if line.measure == "BilledCost"), Decimal(0)
        )
        if proof.rows_read != want["rows"] or not proof.reconciled:
            raise SystemExit(
                f"{part.billing_period}: {proof.rows_read} rows, {want['rows']} expected"
            )
        # The generator sums decimals and then writes doubles: equal to the cent at these sizes.
        if abs(billed - Decimal(want["billed"])) > Decimal("0.01"):
            raise SystemExit(f"{part.billing_period}: billed {billed}, {want['billed']} expected")


def main() -> None:
    """Print one line of figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", default="3GB")
    parser.add_argument("--keep", type=Path)
    a = parser.parse_args()
    result = run(a.rows, a.format, a.runs, a.memory, a.keep)
    print(
        f"ingest {result.rows:,} lines {result.format}: bare COPY {result.copy_seconds:.1f} s, "
        f"whole ingest {result.load_seconds:.1f} s, ratio {result.ratio:.2f}, "
        f"peak {result.peak_gib:.2f} GiB (COPY {result.copy_peak_gib:.2f} GiB)"
    )


if __name__ == "__main__":
    main()
