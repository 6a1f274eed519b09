"""A hundred rules over a large bill: from saving a virtual tag to the first page that shows it,
against a CASE of the same rules over the vendor's own Parquet.

python -m benchmarks.allocation WORKSPACE BILL      (or: python -m benchmarks.run --only allocation)
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import measure

TAG = "benched"
ENTRIES = 10_000
OURS = {
    "account": "SubAccountId", "region": "RegionId", "resource": "ResourceId",
    "service": "ServiceName", "usage": "x_UsageType", "team": "tags.team", "env": "tags.env",
    "cost_center": "tags.cost_center",
}  # fmt: skip
RAW = {
    "account": "line_item_usage_account_id", "region": "product_region_code",
    "resource": "line_item_resource_id", "service": "product['product_name']",
    "usage": "line_item_usage_type", "team": "resource_tags['user_team']",
    "env": "resource_tags['user_env']", "cost_center": "resource_tags['user_cost_center']",
}  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """Milliseconds, and the peak memory of the process that answered (GiB)."""

    rows: int
    raw: float
    first_page: float
    next_page: float
    changed_page: float
    split: float
    unsplit: float
    peak_gib: float


def conditions() -> Iterator[str]:
    """Ninety-nine conditions with ``{column}`` in place of names: accounts, nesting, regular
    expressions, patterns, tags. The hundredth rule looks resources up in a dictionary."""
    for i in range(30):
        yield (
            f"{{account}} IN ('{100000000000 + i}', '{100000000060 + i}') AND {{env}} = 'prod' "
            f"AND {{resource}} LIKE '%{i % 10}'"
        )
    for i in range(25):
        yield f"matches({{resource}}, '(i-|bucket-|function:).*{i:02d}[0-4]$')"
    for i in range(20):
        yield (
            f"({{cost_center}} = 'cc-{i}' OR contains({{resource}}, 'bucket-{i + 10}')) AND NOT "
            f"({{usage}} LIKE '%DataTransfer%' AND {{region}} = 'us-east-1')"
        )
    for i in range(14):
        yield f"{{region}} = 'eu-west-1' AND ends_with({{resource}}, '{i:X}{i:X}')"
    for i in range(10):
        yield (
            f"({{team}} IS NULL OR {{team}} IN ('search', 'data')) AND {{account}} BETWEEN "
            f"'{100000000000 + i * 12}' AND '{100000000000 + i * 12 + 11}' AND {{env}} <> 'dev'"
        )


def entries() -> dict[str, str]:
    """Ten thousand resources and their owners; those of buckets exist in the bill."""
    return {f"bucket-{i}": f"owner-{i % 37}" for i in range(ENTRIES)}


def spec(last: str = "owner") -> dict[str, Any]:
    """The virtual tag; `last` is what the fallback rule is called, so that it may be changed."""
    rules: list[dict[str, Any]] = [
        {"when": text.format(**OURS), "value": f"v{i % 23}"} for i, text in enumerate(conditions())
    ]
    looked_up = {"from": "ResourceId", "transform": [{"lookup": "benched-owners"}]}
    rules.append({"name": last, "value": looked_up})
    return {"rules": rules, "description": last}


def raw_sql(bill: Path) -> str:
    """The same rules as one CASE over the raw Parquet, by month."""
    cases = " ".join(
        f"WHEN {text.format(**RAW).replace('matches(', 'regexp_matches(')} THEN 'v{i % 23}'"
        for i, text in enumerate(conditions())
    )
    return (
        f"SELECT CASE {cases} WHEN owner IS NOT NULL THEN owner ELSE 'Unallocated' END AS label, "
        "date_trunc('month', line_item_usage_start_date) AS month, "
        "sum(line_item_unblended_cost) AS cost, count(*) AS lines "
        f"FROM read_parquet('{bill}/*/data/*/*.parquet') "
        "LEFT JOIN owners ON owners.id = line_item_resource_id GROUP BY ALL"
    )


def raw_answer(bill: Path) -> tuple[float, dict[tuple[str, str], int], int]:
    """Milliseconds, lines by value and month, and lines in all of the raw CASE."""
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    connection.execute("CREATE TABLE owners (id VARCHAR, owner VARCHAR)")
    values = ", ".join(f"('{key}', '{value}')" for key, value in entries().items())
    connection.execute(f"INSERT INTO owners VALUES {values}")
    found: list[Any] = []
    milliseconds = measure.once_ms(
        lambda: found.extend(connection.execute(raw_sql(bill)).fetchall())
    )
    lines = {(row[0], f"{row[1]:%Y-%m}"): row[3] for row in found}
    return milliseconds, lines, sum(lines.values())


def measure_all(workspace: Path, bill: Path) -> Figures:
    """Save, ask, change a rule, ask again, then split; all in this process, labels not yet made."""
    from starlette.testclient import TestClient

    from outlay.app import Workspace
    from outlay.query import CostQuery
    from outlay.web.app import create_app

    space = Workspace.open(workspace)
    client = TestClient(create_app(space), base_url="http://localhost")
    client.get("/").raise_for_status()  # a server that runs has read the footers
    space.resources.put("Dictionary", "benched-owners", {"entries": entries()}, author="bench")
    asked = CostQuery(measures=("LineCount",), by=(TAG,), grain="month", splits="direct")

    def page() -> None:
        answer = client.get(f"/?by={TAG}&grain=month&range=all")
        answer.raise_for_status()
        assert "v1" in answer.text

    def save(last: str) -> None:
        space.resources.put("VirtualTag", TAG, spec(last), author="bench")
        page()

    first = measure.once_ms(lambda: save(f"first of {measure.peak_gib()}"))
    following = measure.median_ms(page, repeats=3)
    ours = {
        (str(row[TAG]), f"{row['period']:%Y-%m}"): int(str(row["LineCount"]))
        for row in space.query(asked).rows()
    }
    raw_ms, raw_lines, rows = raw_answer(bill)
    # Negation lines cancel and are folded at load; no rule of these catches one.
    wrong = {
        key
        for key in ours.keys() | raw_lines.keys()
        if key[0] != "Unallocated" and ours.get(key) != raw_lines.get(key)
    }
    if wrong:
        raise SystemExit(f"the answers differ in {sorted(wrong)[:5]}")
    changed = {**spec("changed")}
    changed["rules"] = [*changed["rules"][1:], changed["rules"][0]]

    def change() -> None:
        space.resources.put("VirtualTag", TAG, changed, author="bench")
        page()

    changed_ms = measure.once_ms(change)
    question = CostQuery(by=(TAG,), grain="day")
    unsplit = measure.median_ms(lambda: space.query(question), repeats=5)
    space.resources.put(
        "Split", "benched-split",
        {"tag": TAG, "take": "v1", "method": "proportional"}, author="bench",
    )  # fmt: skip
    split = measure.median_ms(lambda: space.query(question), repeats=5)
    for kind, name in (("Split", "benched-split"), ("VirtualTag", TAG)):
        space.resources.delete(kind, name, author="bench")
    return Figures(rows, raw_ms, first, following, changed_ms, split, unsplit, measure.peak_gib())


def table(figures: Figures) -> list[str]:
    """The figures as a table of the report."""
    f = figures
    lines = [
        "| what | time | the same as a CASE over the raw Parquet |",
        "|---|---|---|",
    ]
    for what, ours in (
        ("from save to the first page, labels not yet made", f.first_page),
        ("the page again", f.next_page),
        ("one rule moved, saved, the page", f.changed_page),
    ):
        lines.append(f"| {what} | {ours:,.0f} ms | {f.raw:,.0f} ms, **{f.raw / ours:,.0f}×** |")
    lines += [
        "",
        f"The tag by day: {f.unsplit:.0f} ms; with a proportional split by month: "
        f"{f.split:.0f} ms, **{f.split / f.unsplit:.2f}×**. Peak memory of the process, both sides "
        f"of it: {f.peak_gib:.2f} GiB.",
    ]
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("bill", type=Path)
    a = parser.parse_args()
    print("\n".join(table(measure_all(a.workspace, a.bill))))


if __name__ == "__main__":
    main()
