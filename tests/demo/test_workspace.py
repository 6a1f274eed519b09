"""The demo's workspace: made by the ordinary path, resumed, refreshed, and telling its story."""

import json
import shlex
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.demo import create, create_demo
from outlay.app.demo.story import MONTHS, Story
from outlay.app.errors import WorkspaceError
from outlay.cli.main import main
from outlay.money import BillingPeriod, total
from outlay.query import CostQuery
from tests.sample_company import TODAY, short_demo
from tests.test_docs import command_lines

pytestmark = pytest.mark.slow

RESTATED = BillingPeriod(2026, 10)
OPEN = BillingPeriod(2026, 11)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A short demo: three months."""
    workspace = short_demo(tmp_path_factory)
    yield workspace
    workspace.close()


def files(workspace: Workspace) -> dict[str, tuple[int, int]]:
    """Every bill with its size and time."""
    bills = workspace.path / create.BILLS
    return {
        path.relative_to(bills).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(bills.rglob("*"))
        if path.is_file()
    }


def rows(workspace: Workspace, **question: Any) -> list[dict[str, Any]]:
    """A question's rows."""
    result = workspace.query(CostQuery.model_validate(question))
    found: list[dict[str, Any]] = json.loads(json.dumps(result.to_json()))["rows"]
    return found


def test_every_slice_reconciles_and_nothing_is_rejected(demo: Workspace) -> None:
    slices = demo.deliveries()
    assert {(s.source, str(s.billing_period)) for s in slices} == {
        (source, month) for source in create.SOURCES for month in ("2026-09", "2026-10", "2026-11")
    }
    for item in slices:
        proof = item.delivery.proof
        assert proof.reconciled and proof.rows_rejected == 0
        assert all(line.stated == line.loaded for line in proof.lines)
        if item.delivery.usage_rows and not item.delivery.rows:
            assert proof.usage and all(line.agrees for line in proof.usage)
            continue
        assert {line.measure for line in proof.lines} >= {"BilledCost", "EffectiveCost"}
    assert {source.freshness for source in demo.sources()} <= {"fresh", "late"}


def test_one_currency_is_never_added_to_another(demo: Workspace) -> None:
    currencies = {row["BillingCurrency"] for row in rows(demo, by="BillingCurrency")}
    assert currencies == {"USD", "EUR"}
    german = rows(demo, by="BillingCurrency", where="x_SourceName = 'aws-gmbh'")
    assert [row["BillingCurrency"] for row in german] == ["EUR"]


def test_the_ledger_says_what_the_files_say(demo: Workspace) -> None:
    """The sum over the lake, by two ways, against the proof of the slices."""
    loaded = total(
        line.loaded
        for item in demo.deliveries()
        for line in item.delivery.proof.lines
        if line.measure == "BilledCost" and line.currency == "USD"
    )
    by_service = rows(
        demo, measures="BilledCost", by="ServiceName", where="BillingCurrency = 'USD'"
    )
    by_day = rows(demo, measures="BilledCost", grain="day", where="BillingCurrency = 'USD'")
    assert total(Decimal(row["BilledCost"]) for row in by_service) == loaded
    assert total(Decimal(row["BilledCost"]) for row in by_day) == loaded


def test_last_month_was_delivered_twice_and_the_history_has_both(demo: Workspace) -> None:
    first = demo.snapshots()[0]
    early = {
        (s.source, str(s.billing_period)): s.delivery
        for s in demo.deliveries(as_of=demo.snapshots()[1].snapshot_id)
    }
    assert ("aws-main", "2026-10") in early
    report = demo.restatements(demo.snapshots()[1].snapshot_id)
    changed = {(s.source, str(s.billing_period)) for s in report.slices if s.cause == "restated"}
    assert ("aws-main", "2026-10") in changed
    assert ("aws-main", "2026-09") not in changed
    assert first.snapshot_id != demo.pin().snapshot_id


def test_the_views_answer(demo: Workspace) -> None:
    views = demo.views()
    assert len(views) == 9
    empty = []
    for view in views:
        answer = demo.query(view.spec.query)  # type: ignore[attr-defined]
        if not answer.to_json()["rows"]:
            empty.append(view.name)
    # What happened before this short demo's three months.
    assert set(empty) <= {"runaway-logs"}


def test_the_weekend_of_the_gpus_can_be_seen(demo: Workspace) -> None:
    event = Story(TODAY, TODAY).anomalies[1]
    days = rows(
        demo,
        grain="day",
        by="x_UsageType",
        where="x_UsageType = 'BoxUsage:p4d.24xlarge'",
    )
    assert len(days) == 3
    assert {str(row["period"])[:10] for row in days} == {
        (event.start + timedelta(days=n)).isoformat() for n in range(3)
    }


DEMO_LINES = [
    line
    for page, line in command_lines()
    if page in ("demo.md", "quickstart.md") and " demo" not in line
]


YEARLY = ("outlay plans outlook cloud",)
"""What only the whole demo has: a plan is made from more than three months."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The demo as a new user gets it."""
    workspace = create_demo(tmp_path_factory.mktemp("whole") / "kestrel", TODAY)
    yield workspace
    workspace.close()


@pytest.mark.parametrize("line", [line for line in DEMO_LINES if line not in YEARLY])
def test_a_documented_command_runs_in_the_demo(
    line: str, demo: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(DEMO_LINES) > 10
    _runs(line, demo, monkeypatch, capsys)


@pytest.mark.parametrize("line", YEARLY)
def test_a_documented_command_runs_in_the_whole_demo(
    line: str,
    whole: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert line in DEMO_LINES
    _runs(line, whole, monkeypatch, capsys)


def _runs(
    line: str,
    demo: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(demo.path)
    # Relative ranges count from the real today: ask for the whole time instead.
    words = shlex.split(line)[1:]
    if "--range" in words and "--compare" not in words:
        words[words.index("--range") + 1] = "all"
    status = main(words)
    shown = capsys.readouterr()
    assert status == 0, shown.err
    assert shown.out.strip()


def test_again_on_the_same_day_does_nothing(demo: Workspace) -> None:
    before, snapshots = files(demo), demo.snapshots()
    again = create_demo(demo.path, TODAY)
    assert files(again) == before
    assert again.snapshots() == snapshots
    again.close()


def test_a_folder_that_is_another_workspace_is_refused(tmp_path: Path) -> None:
    Workspace.init(tmp_path, name="Ours").close()
    with pytest.raises(WorkspaceError, match="not the demo"):
        create_demo(tmp_path, TODAY)
    assert not (tmp_path / create.BILLS).exists()


@pytest.mark.slow
def test_cut_off_after_the_first_deliveries_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(create._Maker, "_write_final", power_cut)
        with pytest.raises(KeyboardInterrupt):
            create_demo(tmp_path / "demo", TODAY, months=2)
    marker = json.loads((tmp_path / "demo" / create.BILLS / "story.json").read_text())
    assert marker["stage"] == "early"
    with Workspace.open(tmp_path / "demo").lake.connect() as con:
        con.execute("SELECT 1")
    workspace = create_demo(tmp_path / "demo", TODAY)
    assert {s.source for s in workspace.deliveries()} == set(create.SOURCES)
    assert all(s.delivery.proof.reconciled for s in workspace.deliveries())

    # The next day adds to the open month alone.
    before = {(s.source, str(s.billing_period)): s.delivery.id for s in workspace.deliveries()}
    workspace.close()
    workspace = create_demo(tmp_path / "demo", TODAY + timedelta(days=1))
    after = {(s.source, str(s.billing_period)): s.delivery.id for s in workspace.deliveries()}
    changed = {key for key in after if before.get(key) != after[key]}
    assert {month for _, month in changed} == {"2026-11"}
    assert {"aws-main", "aws-fjellkit", "aws-gmbh"} <= {name for name, _ in changed}
    days = rows(workspace, grain="day", where="x_SourceName = 'aws-main'")
    assert max(str(row["period"])[:10] for row in days) == TODAY.isoformat()
    workspace.close()


def test_the_whole_demo_has_thirteen_months_of_sixteen_accounts(whole: Workspace) -> None:
    workspace = whole
    slices = workspace.deliveries()
    months = {str(s.billing_period) for s in slices if s.source == "aws-main"}
    assert len(months) == MONTHS
    assert all(s.delivery.proof.reconciled for s in slices)
    assert 150_000 < sum(s.delivery.rows for s in slices) < 500_000
    accounts = rows(
        workspace,
        by="SubAccountId",
        where="x_SourceName IN ('aws-main', 'aws-fjellkit', 'aws-gmbh')",
    )
    assert len({row["SubAccountId"] for row in accounts}) == 16
    shown = rows(workspace, by="SubAccountName", grain="day",
                 where="x_ServiceCode = 'AmazonCloudWatch'"
                       " AND SubAccountName = 'platform-shared'")  # fmt: skip
    event = Story(TODAY, TODAY).anomalies[0]
    daily = {str(row["period"])[:10]: Decimal(row["EffectiveCost"]) for row in shown}
    peak = max(daily, key=lambda day: daily[day])
    assert event.start.isoformat() <= peak <= event.end.isoformat()


def test_the_cluster_is_shared_out_by_the_bills_own_split(demo: Workspace) -> None:
    from outlay.app import kubernetes
    from outlay.query.kubernetes import ClusterQuery

    found = kubernetes.prove(demo, "kestrel", ClusterQuery.of({"range": "2026-10-01..2026-11-01"}))
    assert found.proven and set(found.methods) == {"aws-split-cost", "kubernetes-control-plane"}
    assert found.state("Idle", "USD") > 0 and not found.missing
    # The split lines name the pods that usage knows: their labels are usage's to tell.
    workloads = "x_Cluster = 'kestrel' AND x_AllocatedAs IN ('Workload', 'Overhead')"
    asked = CostQuery(by=("labels.app",), where=workloads, range="2026-10-01..2026-11-01")
    assert {row["labels.app"] for row in demo.query(asked).rows()} == {
        "cart", "catalog", "recs-cache", "gateway", "push-preview", "collector",
    }  # fmt: skip
    # What watches the cluster is overhead, by the demo's own Cluster.
    overhead = asked.narrowed("x_AllocatedAs = 'Overhead'")
    assert {row["labels.app"] for row in demo.query(overhead).rows()} == {"collector"}
