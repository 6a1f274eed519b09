"""The explorer's questions on a loaded workspace against the same question on the raw Parquet.

python -m benchmarks.explorer WORKSPACE BILL     (or: python -m benchmarks.run)
python -m benchmarks.explorer WORKSPACE BILL --cold NAME ours|raw   one cold answer, milliseconds
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks import measure

# name → (our query, the raw question). BilledCost is the plain sum of one raw column, which is
# the easiest question for the raw side: amortised cost would need the whole CASE over types.
QUESTIONS: dict[str, tuple[dict[str, str], str]] = {
    "service by day": (
        {"by": "ServiceName", "grain": "day"},
        "SELECT product['product_name'], line_item_usage_start_date::DATE, "
        "sum(line_item_unblended_cost) FROM raw GROUP BY ALL",
    ),
    "service by day, one month": (
        {"by": "ServiceName", "grain": "day", "from": "2026-09-01", "to": "2026-10-01"},
        "SELECT product['product_name'], line_item_usage_start_date::DATE, "
        "sum(line_item_unblended_cost) FROM raw WHERE line_item_usage_start_date >= "
        "TIMESTAMP '2026-09-01' AND line_item_usage_start_date < TIMESTAMP '2026-10-01' "
        "GROUP BY ALL",
    ),
    "tag team by day": (
        {"by": "tags.team", "grain": "day"},
        "SELECT resource_tags['user_team'], line_item_usage_start_date::DATE, "
        "sum(line_item_unblended_cost) FROM raw GROUP BY ALL",
    ),
    "one account, top 50 resources": (
        {"by": "ResourceId", "where": "SubAccountId = '100000000003'", "limit": "50"},
        "SELECT line_item_resource_id, sum(line_item_unblended_cost) AS c FROM raw "
        "WHERE line_item_usage_account_id = '100000000003' GROUP BY ALL ORDER BY c DESC LIMIT 50",
    ),
    "account by month": (
        {"by": "SubAccountId", "grain": "month"},
        "SELECT line_item_usage_account_id, date_trunc('month', line_item_usage_start_date), "
        "sum(line_item_unblended_cost) FROM raw GROUP BY ALL",
    ),
}


@dataclass(frozen=True)
class Answer:
    """Milliseconds of one question: raw and ours, warm and cold."""

    name: str
    raw_warm: float
    ours_warm: float
    raw_cold: float
    ours_cold: float


def ours(workspace: Path, name: str) -> Callable[[], object]:
    """Our answer, from the public Python call."""
    from outlay.app import Workspace
    from outlay.query import CostQuery

    query = CostQuery.from_params({"measure": "BilledCost", **QUESTIONS[name][0]})
    space = Workspace.open(workspace)
    return lambda: space.query(query)


def raw(bill: Path, name: str) -> Callable[[], object]:
    """The same question by DuckDB on the vendor's own Parquet."""
    connection = duckdb.connect()
    connection.execute(
        f"CREATE VIEW raw AS SELECT * FROM read_parquet('{bill}/*/data/*/*.parquet')"
    )
    return lambda: connection.execute(QUESTIONS[name][1]).fetchall()


def drop_page_cache() -> bool:
    """Forget cached files where the system allows it; tells whether it did."""
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def cold(workspace: Path, bill: Path, name: str, side: str) -> float:
    """A new process, opening included, imports not; page cache dropped where allowed."""
    drop_page_cache()
    run = measure.child(
        "benchmarks.explorer", str(workspace), str(bill), "--cold", name, "--side", side
    )
    return float(run.output.strip().splitlines()[-1])


def measure_all(workspace: Path, bill: Path) -> list[Answer]:
    """Every question, warm (median of seven) and cold (one)."""
    answers = []
    for name in QUESTIONS:
        warm = (
            measure.median_ms(raw(bill, name), repeats=3),
            measure.median_ms(ours(workspace, name)),
        )
        answers.append(
            Answer(
                name, *warm, cold(workspace, bill, name, "raw"), cold(workspace, bill, name, "ours")
            )
        )
    return answers


def main() -> None:
    """Print the table, or one cold figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("bill", type=Path)
    parser.add_argument("--cold")
    parser.add_argument("--side", choices=("ours", "raw"))
    a = parser.parse_args()
    if a.cold:
        import outlay.app
        import outlay.query  # noqa: F401  imports are not part of the figure

        make = (
            (lambda: ours(a.workspace, a.cold)())
            if a.side == "ours"
            else (lambda: raw(a.bill, a.cold)())
        )
        print(measure.once_ms(make))
        return
    for answer in measure_all(a.workspace, a.bill):
        print(
            f"{answer.name}: raw {answer.raw_warm:.0f} ms, ours {answer.ours_warm:.1f} ms, "
            f"{answer.raw_warm / answer.ours_warm:.0f}x warm; cold {answer.raw_cold:.0f} / "
            f"{answer.ours_cold:.0f} ms, {answer.raw_cold / answer.ours_cold:.0f}x"
        )


if __name__ == "__main__":
    main()
