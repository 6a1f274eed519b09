"""The demo's bills agree with themselves and tell the story that they promise."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from outlay.app.demo import lines, shapes, write_cur, write_focus
from outlay.app.demo.story import ACCOUNTS, Story
from outlay.app.demo.table import Span

TODAY = date(2026, 11, 24)
STORY = Story(TODAY, TODAY)

AMORTISED = """CASE type WHEN 'SavingsPlanCoveredUsage' THEN sp_eff
    WHEN 'SavingsPlanNegation' THEN 0 WHEN 'SavingsPlanUpfrontFee' THEN 0
    WHEN 'SavingsPlanRecurringFee' THEN sp_total - sp_used
    WHEN 'DiscountedUsage' THEN ri_eff WHEN 'RIFee' THEN ri_unused_amort + ri_unused_recurring
    ELSE CASE WHEN type = 'Fee' AND ri_arn IS NOT NULL THEN 0 ELSE cost END END"""


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The table `line` with thirteen months."""
    with duckdb.connect(":memory:") as connection:
        lines.build(connection, STORY, Span(STORY.months()[0].start, TODAY, TODAY))
        yield connection


def one(con: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """The only value of a question."""
    row = con.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_thirteen_months_to_yesterday(con: duckdb.DuckDBPyConnection) -> None:
    assert len(STORY.months()) == 13
    assert one(con, "SELECT count(DISTINCT period) FROM line") == 13
    assert one(con, "SELECT min(day) FROM line") == date(2025, 11, 1)
    assert one(con, "SELECT max(day) FROM line") == TODAY - timedelta(days=1)
    days = one(con, "SELECT count(DISTINCT day) FROM line WHERE type = 'Usage'")
    assert days == (TODAY - date(2025, 11, 1)).days
    assert 150_000 <= one(con, "SELECT count(*) FROM line") <= 450_000


def test_about_fifteen_accounts_all_with_usage(con: duckdb.DuckDBPyConnection) -> None:
    assert len(ACCOUNTS) == 16
    used = {row[0] for row in con.execute("SELECT DISTINCT account FROM line").fetchall()}
    # The sixteenth account is on the bill in euros.
    assert used == {account.id for account in ACCOUNTS if account.bill != "gmbh"}


def test_negations_cancel_covered_usage_by_day_account_and_meter(
    con: duckdb.DuckDBPyConnection,
) -> None:
    left = con.execute("""SELECT day, account, usage_type, sum(cost) AS rest FROM line
        WHERE type IN ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
        GROUP BY ALL HAVING rest <> 0""").fetchall()
    assert left == []
    assert one(con, "SELECT count(*) FROM line WHERE type = 'SavingsPlanNegation'") > 1000


def test_savings_plans_used_and_unused_are_the_commitment(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("""SELECT fee.sp_arn, fee.sp_total, fee.sp_used, fee.sp_upfront,
            fee.sp_recurring, fee.cost, (SELECT sum(sp_eff) FROM line used
                WHERE used.sp_arn = fee.sp_arn AND used.day = fee.day)
        FROM line fee WHERE type = 'SavingsPlanRecurringFee'""").fetchall()
    assert len(rows) > 500
    for _, total, used, upfront, recurring, billed, covered in rows:
        assert upfront + recurring == total
        assert billed == recurring
        assert used == covered
        assert 0 <= total - used < total


def test_reservation_used_and_unused_are_what_was_bought(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("""SELECT fee.period, ri_period_amort, ri_unused_amort, ri_unused_recurring,
            ri_unused_quantity, (SELECT sum(ri_amort) FROM line u WHERE u.period = fee.period
                AND u.type = 'DiscountedUsage')
        FROM line fee WHERE type = 'RIFee' ORDER BY fee.period""").fetchall()
    assert len(rows) == 11
    for _, amortised, unused, recurring, hours, used in rows:
        assert unused + used == amortised
        assert unused >= 0 and recurring >= 0 and hours >= 0
    # One reserved database is retired half-way: from then on its hours are unused.
    assert [hours > 0 for _, _, _, _, hours, _ in rows] == [False] * 7 + [True] * 4


def test_pods_share_out_the_node_to_the_last_digit(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("""SELECT node.resource, node.day, coalesce(node.sp_eff, node.cost),
            sum(pod.split_cost), sum(pod.split_unused), sum(pod.cost), count(*)
        FROM line pod JOIN line node ON node.resource = pod.split_parent AND node.day = pod.day
            AND node.type IN ('SavingsPlanCoveredUsage', 'Usage')
        GROUP BY ALL""").fetchall()
    assert len(rows) == 12 * (TODAY - date(2025, 11, 1)).days
    for _, _, cost, split, unused, billed, pods in rows:
        assert (split + unused, billed, pods) == (cost, 0, 6)


def test_discount_support_and_tax_follow_from_the_lines(con: duckdb.DuckDBPyConnection) -> None:
    discounts = one(con, "SELECT sum(cost) FROM line WHERE type = 'EdpDiscount'")
    base = one(
        con,
        "SELECT sum(cost) FROM line WHERE bill = 'main' AND type = 'Usage'"
        " AND billing_entity IS NULL",
    )
    assert discounts == -base * Decimal("0.06")
    closed = "SELECT count(DISTINCT period) FROM line WHERE {} AND bill = 'main'"
    assert one(con, closed.format("service = 'AWSSupportBusiness'")) == 12
    assert one(con, closed.format("type = 'Tax'")) == 12
    support, rest = con.execute("""SELECT sum(cost) FILTER (service = 'AWSSupportBusiness'),
            sum(cost) FILTER (service <> 'AWSSupportBusiness' AND type <> 'Tax')
        FROM line WHERE period = '2026-10-01' AND bill = 'main' AND billing_entity IS NULL
    """).fetchone() or (None, None)
    assert support == (rest * Decimal("0.03")).quantize(Decimal("0.01"), "ROUND_HALF_UP")


@pytest.mark.parametrize("anomaly", STORY.anomalies, ids=lambda event: event.name)
def test_an_anomaly_stands_out_and_its_neighbours_do_not(
    con: duckdb.DuckDBPyConnection, anomaly: Any
) -> None:
    account = {a.name: a.id for a in ACCOUNTS}[anomaly.account]
    daily = dict(
        con.execute(
            "SELECT day, sum(cost) FROM line WHERE account = ? AND service = ? AND type = 'Usage'"
            " AND day BETWEEN ? AND ? GROUP BY day",
            [
                account,
                anomaly.service,
                anomaly.start - timedelta(days=10),
                anomaly.end + timedelta(days=4),
            ],
        ).fetchall()
    )
    days = {
        anomaly.start + timedelta(days=n) for n in range((anomaly.end - anomaly.start).days + 1)
    }
    normal = sorted(cost for day, cost in daily.items() if day not in days)
    assert min(daily[day] for day in days) > 4 * normal[-1]


def test_a_refund_credits_that_expire_and_a_marketplace_vendor(
    con: duckdb.DuckDBPyConnection,
) -> None:
    refund = con.execute("SELECT period, cost, bill_type FROM line WHERE type = 'Refund'")
    assert refund.fetchall() == [(date(2026, 9, 1), Decimal("-412.6"), "Refund")]
    credits = "SELECT max(period) FROM line WHERE type = 'Credit' AND bill = 'main'"
    assert one(con, credits) == date(2026, 5, 1)
    vendors = "SELECT count(DISTINCT period) FROM line WHERE billing_entity = 'AWS Marketplace'"
    assert one(con, vendors) == 13


def test_tags_are_missing_and_written_in_several_ways(con: duckdb.DuckDBPyConnection) -> None:
    values = {
        row[0]
        for row in con.execute(
            "SELECT DISTINCT tags['env'] FROM line WHERE bill = 'main' AND tags['env'] <> ''"
        ).fetchall()
    }
    assert {"prod", "PROD", "production"} <= values
    keys = {
        row[0]
        for row in con.execute(
            "SELECT DISTINCT unnest(map_keys(tags)) FROM line WHERE bill = 'fjellkit'"
        ).fetchall()
    }
    assert {"team", "Team", "env", "Env"} <= keys
    untagged, whole = con.execute(f"""SELECT sum({AMORTISED}) FILTER (tags['team'] IS NULL),
        sum({AMORTISED}) FROM line WHERE type = 'Usage' AND bill = 'main'""").fetchone() or (0, 1)
    assert Decimal("0.10") < untagged / whole < Decimal("0.40")


def test_spend_grows_and_black_friday_shows(con: duckdb.DuckDBPyConnection) -> None:
    month = "SELECT sum(cost) FROM line WHERE type = 'Usage' AND period = '{}-01'"
    assert one(con, month.format("2026-10")) > one(con, month.format("2025-11"))
    bedrock = month.format("{}") + " AND service = 'AmazonBedrock'"
    assert one(con, bedrock.format("2026-10")) > 3 * one(con, bedrock.format("2026-03"))
    assert STORY.black_friday(2025) == date(2025, 11, 28)
    assert STORY.black_friday(2026) == date(2026, 11, 27)
    cdn = "SELECT sum(cost) FROM line WHERE usage_type LIKE 'US-DataTransfer%' AND day = '{}'"
    assert one(con, cdn.format("2025-11-28")) > 2 * one(con, cdn.format("2025-11-14"))


def test_the_early_delivery_differs_as_the_story_says(con: duckdb.DuckDBPyConnection) -> None:
    with duckdb.connect(":memory:") as early:
        span = Span(STORY.restated.start, STORY.early_cut, STORY.early_cut, early=True)
        lines.build(early, STORY, span)
        assert one(early, "SELECT max(day) FROM line WHERE type = 'Usage'") == date(2026, 10, 17)
        assert one(early, "SELECT count(*) FROM line WHERE type = 'Tax'") == 0
        assert one(early, "SELECT sum(cost) FROM line WHERE seq = 90000") == Decimal("214.5")
        same = (
            "SELECT sum(cost) FROM line WHERE period = '2026-10-01' AND day < '2026-10-18'"
            " AND type = 'Usage' AND {}"
        )
        requests = same.format("service = 'AmazonS3' AND unit = 'Requests'")
        assert one(early, requests) > one(con, requests) * Decimal("1.49")
        traffic = same.format("service = 'AWSDataTransfer'")
        assert one(early, traffic) < one(con, traffic)
        compute = same.format("service = 'AmazonRDS'")
        assert one(early, compute) == one(con, compute)
    assert one(con, "SELECT count(*) FROM line WHERE seq = 90000") == 0


def test_a_double_of_the_parquet_file_reads_back_as_the_exact_amount(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write_cur.write_cur2(con, tmp_path, STORY.restated, "run", True)
    files = f"{tmp_path}/{write_cur.EXPORT}/data/*/*.parquet"
    exact = one(con, "SELECT sum(cost) FROM line WHERE period = '2026-10-01' AND bill = 'main'")
    read = one(
        con,
        "SELECT sum(CAST(CAST(line_item_unblended_cost AS VARCHAR) AS DECIMAL(38,21)))"
        f" FROM '{files}'",
    )
    assert read == exact
    ids = f"SELECT count(*) - count(DISTINCT identity_line_item_id) FROM '{files}'"
    assert one(con, ids) == 0


def _write_all(out: Path, today: date, months: int = 2) -> dict[str, bytes]:
    story = Story(TODAY, today)
    chosen = [month for month in story.months() if month >= STORY.restated][:months]
    with duckdb.connect(":memory:") as connection:
        lines.build(connection, story, Span(chosen[0].start, today, today))
        write_focus.prepare(connection, story)
        for month in chosen:
            closed = story.closed(month)
            write_cur.write_cur2(connection, out, month, f"run-{closed}", closed)
            write_cur.write_legacy(connection, out, month, f"run-{closed}", closed)
            write_focus.write_gmbh(connection, out, month, story)
            write_focus.write_vendor(connection, out, month, story)
    return {
        path.relative_to(out).as_posix(): path.read_bytes() for path in write_cur.written_files(out)
    }


def test_two_runs_write_the_same_bytes_and_a_later_day_keeps_closed_months(
    tmp_path: Path,
) -> None:
    first = _write_all(tmp_path / "a", TODAY)
    assert len(first) > 10
    assert _write_all(tmp_path / "b", TODAY) == first
    later = _write_all(tmp_path / "c", TODAY + timedelta(days=1))
    changed = {name for name in first.keys() | later.keys() if first.get(name) != later.get(name)}
    assert changed
    assert not [name for name in changed if "2026-10" in name or "20261001" in name]


def test_shapes_are_exact_decimals_for_every_day() -> None:
    rows = shapes.factors(STORY)
    days = (TODAY - date(2025, 11, 1)).days
    assert len(rows) == days * 6 * 5
    assert all(isinstance(row[3], Decimal) and row[3] >= 0 for row in rows)
    assert {row[1] for row in rows if not row[3]} == {"hours"}, "machines off on weekends"
    assert {row[3] for row in rows if row[1:3] == ("steady", "none")} == {Decimal("1.0000")}


def test_a_demo_made_on_the_first_of_a_month_has_whole_months_only() -> None:
    story = Story(date(2026, 3, 1), date(2026, 3, 1))
    assert [str(month) for month in story.months()][-1] == "2026-02"
    assert len(story.months()) == 13
    assert all(story.closed(month) for month in story.months())
    assert story.anomalies[1].end < date(2026, 2, 1)
