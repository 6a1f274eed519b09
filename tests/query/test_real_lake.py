"""The same questions on the lake itself, over bills that vendors' tools wrote."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest

from outlay.lake import Lake
from outlay.money import total
from outlay.query import CostQuery, charges, dimensions, explain, of_row, run, sql, values
from outlay.sources.detect import detect
from outlay.sources.registry import source
from outlay.sources.transports import open_transport
from tests.query.test_plans import only
from tests.shared import needs_shared, shared_data

pytestmark = [needs_shared, pytest.mark.slow]
NOW = datetime(2026, 11, 20)


def load(lake: Lake, *path: str, name: str) -> None:
    transport = open_transport(str(shared_data(*path)))
    for feed in detect(transport):
        kind = source(feed.kind)
        outcomes = lake.load(name, kind, transport, kind.Options(), root=feed.root)
        assert {outcome.status for outcome in outcomes} == {"loaded"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    lake = Lake.open(tmp_path_factory.mktemp("query") / "lake", memory_limit="1GiB", threads=2)
    load(lake, "aws", "synthetic", "cur2-midmonth", name="cur")
    load(lake, "aws", "synthetic", "cur2", name="cur")
    load(lake, "aws", "synthetic", "focus12", name="focus")
    yield lake


QUESTIONS = [
    CostQuery(),
    CostQuery(by=("ServiceName",), grain="month"),
    CostQuery(by=("x_SourceName", "SubAccountId", "ChargeCategory")),
    CostQuery(by=("tags.team",), grain="week"),
    CostQuery(by=("tags.team", "ServiceName"), where="ChargeCategory <> 'Tax'"),
    CostQuery(by=("ResourceId",), range="2026-09-05..2026-10-12", measures=("BilledCost",)),
    CostQuery(by=("x_LineItemType", "RegionId"), where="x_SourceName = 'cur'"),
    CostQuery(measures=("CommitmentSaving", "LineCount", "ListCost"), by=("PricingCategory",)),
]


@pytest.mark.parametrize("query", QUESTIONS, ids=lambda query: "&".join(query.to_params()))
def test_every_table_gives_the_same_digits(lake: Lake, query: CostQuery) -> None:
    chosen = run(lake, query, now=NOW)
    assert chosen.group_count
    for table in ("daily", "charges"):
        with only(table):
            other = run(lake, query, now=NOW)
        assert dict(other.tables) == {table: sum(chosen.tables.values())}
        assert list(other.rows()) == list(chosen.rows())


def test_the_two_formats_of_one_bill_agree(lake: Lake) -> None:
    for measure in ("BilledCost", "EffectiveCost"):
        result = run(lake, CostQuery(by=("x_SourceName",), measures=(measure,)), now=NOW)
        costs = {row["x_SourceName"]: row[measure] for row in result.rows()}
        assert costs["cur"] == costs["focus"]


def test_as_of_answers_as_it_was_known_then(lake: Lake) -> None:
    first, *_, last = lake.snapshots()
    october = {"range": "2026-10-01..2026-11-01", "where": "x_SourceName = 'cur'"}
    before = run(lake, CostQuery(as_of=str(first.snapshot_id), **october), now=NOW)
    after = run(lake, CostQuery(**october), now=NOW)
    moment = CostQuery(as_of=first.committed_at.isoformat(), **october)
    assert before.snapshot == str(first.snapshot_id)
    assert after.snapshot == str(last.snapshot_id)
    assert before.total != after.total
    assert run(lake, moment, now=NOW).total == before.total
    known = sql(lake, "SELECT sum(EffectiveCost) AS c FROM charges", as_of=first.snapshot_id)
    assert before.total == {"EffectiveCost": known.rows()[0]["c"]}


def test_raw_sql_and_questions_agree(lake: Lake) -> None:
    text = "SELECT ServiceName, sum(EffectiveCost) AS cost FROM {} GROUP BY 1"
    result = run(lake, CostQuery(by=("ServiceName",)), now=NOW)
    expected = {row["ServiceName"]: row["EffectiveCost"] for row in result.rows()}
    for view in ("charges", "daily"):
        found = sql(lake, text.format(view)).rows()
        assert {row["ServiceName"]: row["cost"] for row in found} == expected


def test_a_row_ends_at_the_vendor_s_own_record(lake: Lake) -> None:
    query = CostQuery(by=("ServiceName", "tags.team"), grain="month", where="x_SourceName = 'cur'")
    row = next(iter(run(lake, query, now=NOW).rows()))
    page = charges(lake, of_row(query, row), limit=3, now=NOW)
    assert page.amounts == {"USD": row["EffectiveCost"]}
    origin = page.charges[0].origin
    slice_ = next(s for s in lake.pin().slices if s.delivery.id == origin.delivery)
    record = lake.raw_record(slice_, origin.file_index, origin.line)
    assert record["line_item_usage_account_id"] == page.charges[0].values["SubAccountId"]


def test_explain_leads_from_the_total_to_files(lake: Lake) -> None:
    found = explain(lake, CostQuery(by=("x_SourceName",)), now=NOW)
    whole = run(lake, CostQuery(), now=NOW).total
    assert whole == {"EffectiveCost": found.totals["USD"]}
    for group in found.groups:
        files = [file for part in group.slices for file in part.files]
        assert total(file.amount for file in files) == group.amount
        assert all(file.path and file.sha256 for file in files)


def test_pickers(lake: Lake) -> None:
    names = [info.name for info in dimensions(lake, now=NOW)]
    assert {"ServiceName", "tags.team", "x_SourceName", "SubAccountId"} <= set(names)
    teams = values(lake, "tags.team", now=NOW)
    assert total(value.amounts["USD"] for value in teams) == Decimal(
        str(run(lake, CostQuery(), now=NOW).totals[0]["EffectiveCost"])
    )
