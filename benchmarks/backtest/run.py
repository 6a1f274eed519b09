"""The backtest of forecasts and of anomalies, written to docs/quality.md and printed.

python -m benchmarks.backtest.run [--only forecasts anomalies] [--small]

A part is a module of this package with ``run(options: Options) -> str``. What it returns is
Markdown from its third-level headings on; it is printed and replaces the part's own section of
the file, between markers, and nothing else of it. A part that fails leaves its section as it was.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.report import replace_section, stamp

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "quality.md"

PARTS = {"forecasts": "Forecasts", "anomalies": "Anomalies"}
"""Parts by module name, with their headings in the report, in its order."""

HEAD = """# Quality of forecasts and anomalies

`make backtest` measures what is below and writes it anew: forecasts and anomalies against what
others use, on days that were held back. Nothing was tuned on the series that are scored: series
are split by seed and by name into a part for tuning and a part for the test, and each section
says how.
"""


@dataclass(frozen=True)
class Options:
    """How a part is asked: `small` is a quick look at a few series, which writes no report."""

    small: bool = False


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for, print it and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--small", action="store_true", help="a few series, nothing is written")
    a = parser.parse_args(arguments)
    for name in a.only:
        body = import_module(f"benchmarks.backtest.{name}").run(Options(small=a.small))
        lines = [f"## {PARTS[name]}", "", stamp("By `make backtest`"), "", *body.splitlines()]
        print("\n".join(lines), flush=True)
        if not a.small:
            text = REPORT.read_text("utf-8") if REPORT.exists() else HEAD
            REPORT.write_text(replace_section(text, name, lines), "utf-8")


if __name__ == "__main__":
    main()
