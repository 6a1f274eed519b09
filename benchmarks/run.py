"""Every benchmark, in turn, written to docs/benchmarks.md.

python -m benchmarks.run [--rows 10000000] [--once-rows 100000000] [--runs 3] [--only NAME…]
"""

import argparse
import shutil
from collections.abc import Iterable

from benchmarks import (
    allocation,
    data,
    detection,
    explorer,
    forecast,
    history,
    ingest,
    pages,
    planner,
    sources,
)
from benchmarks.report import replace_section, stamp

REPORT = data.ROOT / "docs" / "benchmarks.md"
SECTIONS = (
    "ingest",
    "sources",
    "explorer",
    "allocation",
    "pages",
    "history",
    "forecast",
    "detection",
    "planner",
)


def ingest_table(results: Iterable[ingest.Ingest]) -> list[str]:
    """Whole ingest against a bare COPY."""
    lines = [
        "| bill | bare `COPY` | whole ingest | ratio | peak memory (`COPY`) |",
        "|---|---|---|---|---|",
    ]
    for r in results:
        lines.append(
            f"| {r.rows:,} lines, {'CSV.gz' if r.format == 'csv' else 'Parquet'} "
            f"| {r.copy_seconds:.1f} s | {r.load_seconds:.1f} s | **{r.ratio:.2f}** "
            f"| {r.peak_gib:.2f} GiB ({r.copy_peak_gib:.2f}) |"
        )
    return lines


def explorer_table(answers: Iterable[explorer.Answer]) -> list[str]:
    """Questions on the workspace against the raw files."""
    lines = [
        "| question | raw, warm | ours, warm | faster | raw, cold | ours, cold | faster |",
        "|---|---|---|---|---|---|---|",
    ]
    for a in answers:
        lines.append(
            f"| {a.name} | {a.raw_warm:.0f} ms | {a.ours_warm:.1f} ms "
            f"| **{a.raw_warm / a.ours_warm:.0f}×** | {a.raw_cold:.0f} ms | {a.ours_cold:.0f} ms "
            f"| {a.raw_cold / a.ours_cold:.0f}× |"
        )
    return lines


def main() -> None:
    """Run what was asked for and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--csv-rows", type=int, help="size of the CSV.gz bill (default: --rows)")
    parser.add_argument("--month-rows", type=int, default=300_000, help="size of `history`'s month")
    parser.add_argument("--source-rows", type=int, default=200_000, help="lines per source's bill")
    parser.add_argument("--once-rows", type=int, help="one run more at this size (Parquet)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory", default="3GB")
    parser.add_argument("--only", nargs="*", choices=SECTIONS, default=SECTIONS)
    a = parser.parse_args()
    data.DATA.mkdir(parents=True, exist_ok=True)
    text = REPORT.read_text() if REPORT.exists() else "# Benchmarks\n"
    keep = data.DATA / f"workspace-{a.rows}"
    if "ingest" in a.only:
        results = [
            ingest.run(a.rows, "parquet", a.runs, a.memory, keep),
            ingest.run(a.csv_rows or a.rows, "csv", a.runs, a.memory),
        ]
        if a.once_rows:
            results.append(ingest.run(a.once_rows, "parquet", 1, a.memory))
        body = [
            "## Ingest",
            "",
            stamp(f"Medians of {a.runs} runs in turn" if a.runs > 1 else "One run in turn"),
            "",
        ]
        text = replace_section(text, "ingest", [*body, *ingest_table(results)])
    if "sources" in a.only:
        speeds = sources.measure_all(a.source_rows, a.runs)
        told = f"Medians of {a.runs} runs" if a.runs > 1 else "One run"
        body = ["## Sources", "", stamp(told), ""]
        text = replace_section(text, "sources", [*body, *sources.table(speeds)])
    if "explorer" in a.only:
        if not keep.exists():
            ingest.run(a.rows, "parquet", 1, a.memory, keep)
        answers = explorer.measure_all(keep, data.parquet_bill(a.rows))
        body = ["## Explorer", "", stamp(f"On the {a.rows:,}-line bill (Parquet)"), ""]
        text = replace_section(text, "explorer", [*body, *explorer_table(answers)])
    if "allocation" in a.only:
        if not keep.exists():
            ingest.run(a.rows, "parquet", 1, a.memory, keep)
        figures = allocation.measure_all(keep, data.parquet_bill(a.rows))
        told = f"A hundred rules and a dictionary of {allocation.ENTRIES:,} entries on the "
        body = [
            "## Virtual tags and splits",
            "",
            stamp(f"{told}{a.rows:,}-line bill (Parquet)"),
            "",
        ]
        text = replace_section(text, f"allocation-{a.rows}", [*body, *allocation.table(figures)])
    if "pages" in a.only:
        if not keep.exists():
            ingest.run(a.rows, "parquet", 1, a.memory, keep)
        seen = pages.measure_all(keep, data.parquet_bill(a.rows))
        told = f"`outlay serve`, one process, on the {a.rows:,}-line bill (Parquet)"
        body = ["## Pages", "", stamp(told), ""]
        text = replace_section(text, "pages", [*body, *pages.table(seen)])
    if "history" in a.only:
        h = history.run(a.month_rows)
        body = [
            "## One more month",
            "",
            stamp(f"A month of {h.rows:,} lines"),
            "",
            "| history | seconds |",
            "|---|---|",
            f"| 1 month | {h.after_one:.2f} |",
            f"| 12 months | {h.after_twelve:.2f} |",
            "",
            f"Ratio **{h.after_twelve / h.after_one:.2f}**.",
        ]
        text = replace_section(text, "history", body)
    if "forecast" in a.only:
        body = ["## Forecasts", "", stamp("One run of each, in turn"), ""]
        text = replace_section(text, "forecast", [*body, *forecast.table(forecast.measure(10_000))])
    if "detection" in a.only:
        body = ["## Anomalies", "", stamp("A year of days and one more"), ""]
        speed = detection.measure(10_000)
        text = replace_section(text, "detection", [*body, *detection.table(speed)])
    if "planner" in a.only:
        body = ["## Purchase planner", "", stamp("One run of each, in turn"), ""]
        text = replace_section(text, "planner", [*body, *planner.table(planner.measure(1_000))])
    REPORT.write_text(text)
    print(text)
    if {"explorer", "allocation", "pages"} & set(a.only):
        shutil.rmtree(keep, ignore_errors=True)


if __name__ == "__main__":
    main()
