"""Straight from BigQuery: against a server that speaks its REST API."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.lake import Lake
from outlay.money import BillingPeriod
from outlay.sources.collecting import Collection
from outlay.sources.contract import SourceError, TransportError
from outlay.sources.gcp_billing import GcpBilling, GcpBillingOptions, client
from outlay.sources.transports.file import FileTransport
from tests.sources.gcp_billing.bigquery_server import FakeBigQuery, FakeTable, serving
from tests.sources.gcp_billing.bills import row

pytestmark = pytest.mark.slow

DETAILED = "gcp_billing_export_resource_v1_01ABCD_234567_89EFGH"
STANDARD = "gcp_billing_export_v1_01ABCD_234567_89EFGH"
LOCATION = f"bigquery://acme/billing.{DETAILED}"
NOW = datetime(2026, 11, 20, 12)
SEPTEMBER, OCTOBER = BillingPeriod(2026, 9), BillingPeriod(2026, 10)


def line(number: int, month: str = "202610", exported: str = "2026-10-06T06:00:00Z") -> str:
    """A row's JSON as BigQuery makes it, with a number of 19 digits."""
    made = row(invoice={"month": month}, export_time=exported, cost="@", usage__amount=number)
    return json.dumps(made).replace('"@"', f"{number}.123456789012345678")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBigQuery]:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.01)
    rows = [line(n) for n in range(25)] + [line(1, "202609", "2026-09-10T06:00:00Z")]
    with serving(FakeBigQuery({DETAILED: FakeTable(rows)})) as fake:
        yield fake


def collect(
    server: FakeBigQuery, into: Path, location: str = LOCATION, **options: Any
) -> dict[str, list[str]]:
    """Collect; gives month → the rows that are offered for it."""
    periods = options.pop("periods", None)
    chosen = GcpBillingOptions(**{"endpoint": server.url, "page_rows": 10, **options})
    source = GcpBilling()
    source.collect(location, chosen, into, periods=periods, now=NOW, progress=None)
    return offered(into)


def offered(folder: Path) -> dict[str, list[str]]:
    found = {}
    for delivery in GcpBilling().deliveries(FileTransport(str(folder)), GcpBillingOptions()):
        lines = [
            text
            for file in delivery.files
            for text in (folder / file.path).read_text().splitlines()
        ]
        assert delivery.stated.rows == len(lines)
        assert delivery.version.startswith("exported until 202")
        found[str(delivery.billing_period)] = lines
    return found


def row_statements(server: FakeBigQuery) -> list[str]:
    return [sql for sql in server.statements if "TO_JSON_STRING" in sql]


def test_every_month_lands_whole_in_pages_with_exact_numbers(
    server: FakeBigQuery, tmp_path: Path
) -> None:
    found = collect(server, tmp_path)
    assert {month: len(lines) for month, lines in found.items()} == {"2026-09": 1, "2026-10": 25}
    assert found["2026-10"] == server.tables[DETAILED].lines[:25]
    assert "3.123456789012345678" in found["2026-10"][3]
    pages = sorted(path.name for path in (tmp_path / "2026-10").glob("rows-*"))
    assert pages == ["rows-00001.jsonl", "rows-00002.jsonl", "rows-00003.jsonl"]


def test_a_query_reads_the_partitions_of_its_month(server: FakeBigQuery, tmp_path: Path) -> None:
    collect(server, tmp_path, periods=[OCTOBER])
    (sql,) = row_statements(server)
    assert "_PARTITIONTIME >= TIMESTAMP('2026-09-26')" in sql
    server.tables[DETAILED].by_ingestion = False
    collect(server, tmp_path / "plain", periods=[OCTOBER])
    assert "_PARTITIONTIME" not in row_statements(server)[-1]


def test_what_was_collected_is_not_asked_again(server: FakeBigQuery, tmp_path: Path) -> None:
    before = collect(server, tmp_path)
    asked = len(row_statements(server))
    assert collect(server, tmp_path) == before
    assert len(row_statements(server)) == asked


def test_late_rows_are_added_to_a_month_that_is_over(server: FakeBigQuery, tmp_path: Path) -> None:
    collect(server, tmp_path)
    late = line(99, "202609", "2026-11-19T06:00:00Z")
    server.tables[DETAILED].lines.append(late)
    found = collect(server, tmp_path)
    assert found["2026-09"] == [line(1, "202609", "2026-09-10T06:00:00Z"), late]
    (sql,) = row_statements(server)[2:]
    assert "> 1789020000000000" in sql and "'202609'" in sql
    assert len(found["2026-10"]) == 25


def test_rows_that_came_with_an_old_export_time_are_found_by_the_count(
    server: FakeBigQuery, tmp_path: Path
) -> None:
    collect(server, tmp_path)
    same = line(50)  # as new as the newest that is there
    newer = line(51, exported="2026-10-07T06:00:00Z")
    server.tables[DETAILED].lines += [same, newer]
    found = collect(server, tmp_path)
    assert len(found["2026-10"]) == 27
    assert same in found["2026-10"]


def test_rows_months_after_their_month_are_found_on_the_first_look(
    server: FakeBigQuery, tmp_path: Path
) -> None:
    late = line(99, "202609", "2027-02-19T06:00:00Z")
    server.tables[DETAILED].lines.append(late)
    assert late in collect(server, tmp_path)["2026-09"]


def test_two_equal_rows_are_both_kept(server: FakeBigQuery, tmp_path: Path) -> None:
    server.tables[DETAILED].lines = [line(1), line(1)]
    assert collect(server, tmp_path)["2026-10"] == [line(1), line(1)]


def test_a_killed_collection_goes_on_where_it_stopped(
    server: FakeBigQuery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land, landed = Collection.land, []

    def killed(self: Collection, stream: str, *rest: Any) -> None:
        land(self, stream, *rest)
        landed.append(stream)
        if len(landed) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Collection, "land", killed)
        with pytest.raises(KeyboardInterrupt):
            collect(server, tmp_path, periods=[OCTOBER])
    assert offered_or_none(tmp_path) is None
    server.requests.clear()
    found = collect(server, tmp_path, periods=[OCTOBER])
    assert found["2026-10"] == server.tables[DETAILED].lines[:25]
    assert len(row_statements(server)) == 1, "the query is not run again"
    assert any("startIndex=20" in request for request in server.requests)


def offered_or_none(folder: Path) -> dict[str, list[str]] | None:
    try:
        return offered(folder)
    except SourceError:
        return None


def test_a_collection_whose_answer_is_gone_begins_anew(
    server: FakeBigQuery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land = Collection.land

    def killed(self: Collection, *rest: Any) -> None:
        land(self, *rest)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Collection, "land", killed)
        with pytest.raises(KeyboardInterrupt):
            collect(server, tmp_path, periods=[OCTOBER])
    server.forget_jobs()
    assert (
        collect(server, tmp_path, periods=[OCTOBER])["2026-10"]
        == (server.tables[DETAILED].lines[:25])
    )


@pytest.mark.parametrize(
    ("where", "status", "reason"),
    [
        ("GET /bigquery/v2/projects/acme/datasets", 503, "backendError"),
        ("POST /bigquery/v2/projects/acme/queries", 429, "rateLimitExceeded"),
        ("POST /bigquery/v2/projects/acme/jobs", 503, ""),
        ("GET /bigquery/v2/projects/acme/queries", 429, ""),
        ("GET /bigquery/v2/projects/acme/queries", 500, "internalError"),
    ],
)
def test_a_storm_of_refusals_is_survived(
    server: FakeBigQuery, tmp_path: Path, where: str, status: int, reason: str
) -> None:
    server.refusals += [(where, status, reason)] * 3
    assert len(collect(server, tmp_path)["2026-10"]) == 25
    assert server.refusals == []


def test_a_refusal_says_what_the_account_needs(server: FakeBigQuery, tmp_path: Path) -> None:
    server.refusals.append(("GET", 403, "accessDenied: Permission bigquery.tables.get denied"))
    with pytest.raises(TransportError, match="BigQuery Data Viewer on the dataset"):
        collect(server, tmp_path)


def test_a_table_that_is_not_there(server: FakeBigQuery, tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="Check project, dataset and table"):
        collect(server, tmp_path, "bigquery://acme/billing.nothing")


def test_a_table_that_is_no_export(server: FakeBigQuery, tmp_path: Path) -> None:
    server.tables["orders"] = FakeTable(fields=("id", "total"))
    with pytest.raises(SourceError, match=r"no billing export.*id, total"):
        collect(server, tmp_path, "bigquery://acme/billing.orders")


def test_a_dataset_gives_its_detailed_export(server: FakeBigQuery, tmp_path: Path) -> None:
    server.tables[STANDARD] = FakeTable([line(7)])
    server.tables["cloud_pricing_export"] = FakeTable()
    assert len(collect(server, tmp_path, "bigquery://acme/billing")["2026-10"]) == 25


def test_a_dataset_of_several_accounts_is_not_guessed_at(
    server: FakeBigQuery, tmp_path: Path
) -> None:
    other = "gcp_billing_export_v1_01EURO_234567_89EFGH"
    server.tables[other] = FakeTable([line(7)])
    with pytest.raises(SourceError, match=f"2 billing accounts: {DETAILED}, {other}"):
        collect(server, tmp_path, "bigquery://acme/billing")


def test_a_dataset_without_an_export(server: FakeBigQuery, tmp_path: Path) -> None:
    server.tables = {"orders": FakeTable()}
    with pytest.raises(SourceError, match="its tables are orders"):
        collect(server, tmp_path, "bigquery://acme/billing")


def test_an_export_without_rows_is_no_month_without_cost(
    server: FakeBigQuery, tmp_path: Path
) -> None:
    server.tables[DETAILED].lines = []
    with pytest.raises(SourceError, match="has no rows"):
        collect(server, tmp_path)


@pytest.mark.parametrize(
    "location", ["bigquery://acme", "bigquery://acme/b.`x`", "bigquery:///b.t"]
)
def test_a_location_that_names_no_table(
    server: FakeBigQuery, tmp_path: Path, location: str
) -> None:
    with pytest.raises(SourceError, match=r"bigquery://PROJECT/DATASET\.TABLE"):
        collect(server, tmp_path, location)


def test_months_before_the_first_are_not_asked(server: FakeBigQuery, tmp_path: Path) -> None:
    assert list(collect(server, tmp_path, first_month="2026-10")) == ["2026-10"]


def test_another_project_may_pay_the_queries(server: FakeBigQuery, tmp_path: Path) -> None:
    collect(server, tmp_path, job_project="finops")
    assert any(r.startswith("POST /bigquery/v2/projects/finops/jobs") for r in server.requests)
    assert any("projects/acme/datasets/billing" in request for request in server.requests)


def test_the_emulator_of_the_environment_is_asked(
    server: FakeBigQuery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", server.url.removeprefix("http://"))
    assert len(collect(server, tmp_path, endpoint=None)["2026-10"]) == 25


def test_a_missing_library_says_how_to_install_it(
    server: FakeBigQuery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("google.")]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SourceError, match=r"pip install 'outlay\[gcp\]'"):
        collect(server, tmp_path)


def test_no_credentials_say_how_to_log_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    def none(*_: Any, **__: Any) -> None:
        raise DefaultCredentialsError("none were found")  # type: ignore[no-untyped-call]

    monkeypatch.setattr(google.auth, "default", none)
    source = GcpBilling()
    with pytest.raises(TransportError, match="gcloud auth application-default login"):
        source.collect(
            LOCATION, GcpBillingOptions(), tmp_path, periods=None, now=NOW, progress=None
        )


def test_a_month_that_lacks_a_page_is_not_loaded(server: FakeBigQuery, tmp_path: Path) -> None:
    collect(server, tmp_path)
    (tmp_path / "2026-10" / "rows-00002.jsonl").unlink()
    with pytest.raises(SourceError, match=r"lacks 2026-10/rows-00002\.jsonl"):
        offered(tmp_path)


def test_what_is_collected_loads_and_a_late_row_restates_its_month(
    server: FakeBigQuery, tmp_path: Path
) -> None:
    lake = Lake.open(tmp_path / "lake", threads=1)
    into = tmp_path / "collected"

    def load() -> dict[str, tuple[str, Decimal]]:
        collect(server, into)
        outcomes = lake.load("gcp", GcpBilling(), FileTransport(str(into)), GcpBillingOptions())
        found: dict[str, tuple[str, Decimal]] = {}
        for outcome in outcomes:
            assert outcome.record is not None, outcome.message
            proof = outcome.record.proof
            assert proof.reconciled
            (billed,) = [one for one in proof.lines if one.measure == "BilledCost"]
            found[str(outcome.billing_period)] = (outcome.status, billed.loaded)
        return found

    tail = Decimal("0.123456789012345678")
    assert load() == {
        "2026-09": ("loaded", 1 + tail),
        "2026-10": ("loaded", sum(range(25)) + 25 * tail),
    }
    server.tables[DETAILED].lines.append(line(99, "202609", "2026-11-19T06:00:00Z"))
    after = load()
    assert after["2026-09"] == ("loaded", 100 + 2 * tail)
    assert after["2026-10"][0] == "unchanged"


def test_the_focus_view_is_collected_and_read_as_focus(
    server: FakeBigQuery, tmp_path: Path
) -> None:
    view = {
        **dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), "@"),
        "BillingAccountId": "01ABCD-234567-89EFGH",
        "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-10-01T00:00:00Z",
        "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "ChargePeriodStart": "2026-10-05T00:00:00Z",
        "ChargePeriodEnd": "2026-10-06T00:00:00Z",
        "ChargeCategory": "Usage",
        "ServiceName": "BigQuery",
        "x_ServiceId": "24E6-581D-38E5",
        "x_CostType": "regular",
        "x_ExportTime": "2026-10-06T06:00:00Z",
        "x_Labels": [{"Key": "team", "Value": "data"}],
    }
    text = json.dumps(view).replace('"@"', "1.123456789012345678")
    fields = ("BilledCost", "BillingPeriodStart", "x_ExportTime")
    server.tables["focus"] = FakeTable([text], fields, by_ingestion=False)
    assert collect(server, tmp_path / "c", "bigquery://acme/billing.focus") == {"2026-10": [text]}
    ledger = Lake.open(tmp_path / "lake", threads=1)
    place = FileTransport(str(tmp_path / "c"))
    (outcome,) = ledger.load("gcp", GcpBilling(), place, GcpBillingOptions())
    assert outcome.record is not None, outcome.message
    (billed,) = [one for one in outcome.record.proof.lines if one.measure == "BilledCost"]
    assert billed.loaded == Decimal("1.123456789012345678")
