"""Load and sync as the faces call them: names, runs, and what a failure leaves behind."""

from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace, WorkspaceError
from outlay.app.loading import stored_location
from outlay.money import BillingPeriod
from outlay.resources import ResourceError, ResourceNotFoundError
from outlay.sources.contract import SourceError
from tests.cli.bills import SEPTEMBER, row, write_bill

SEPTEMBER_2026 = BillingPeriod(2026, 9)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.init(tmp_path / "acme")


def test_a_new_source_is_manual_and_an_existing_one_keeps_its_cadence(
    workspace: Workspace, tmp_path: Path
) -> None:
    bill = write_bill(tmp_path / "bill.csv")
    workspace.load([str(bill)], author="ann")
    assert workspace.show_source("bill").cadence == "manual"
    workspace.add_source("other", "focus", str(bill), cadence="monthly", author="ann")
    workspace.load([str(bill)], source="other", author="ann")
    assert workspace.show_source("other").cadence == "monthly"


def test_one_location_needs_no_list_around_it(workspace: Workspace, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv")
    (loaded,) = workspace.load(str(bill), author="ann")
    assert loaded.source == "bill"
    assert workspace.show_source("bill").location == str(bill)


def test_the_location_is_relative_only_inside_the_workspace(
    workspace: Workspace, tmp_path: Path
) -> None:
    assert stored_location(workspace, str(workspace.path / "bills" / "a.csv")) == "bills/a.csv"
    assert stored_location(workspace, str(workspace.path)) == "."
    assert stored_location(workspace, str(tmp_path / "a.csv")) == str(tmp_path / "a.csv")
    assert stored_location(workspace, "s3://bucket/a") == "s3://bucket/a"


def test_every_run_is_logged_with_its_outcome(workspace: Workspace, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv")
    workspace.load([str(bill)], author="ann")
    workspace.sync(["bill"])
    bill.unlink()
    workspace.sync(["bill"])
    newest, middle, oldest = workspace.runs()
    assert [run.outcome for run in (oldest, middle, newest)] == ["loaded", "unchanged", "failed"]
    assert [run.action for run in (oldest, middle, newest)] == ["load", "sync", "sync"]
    assert str(bill) in newest.message and newest.ended_at is not None
    assert newest.started_at <= newest.ended_at
    assert workspace.show_source("bill").error == newest.message
    # What was there stays.
    assert [s.billing_period for s in workspace.deliveries()] == [SEPTEMBER_2026]


def test_a_run_that_is_cut_off_is_logged_as_failed(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = write_bill(tmp_path / "bill.csv")

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(workspace.lake), "load", stopped)
    with pytest.raises(KeyboardInterrupt):
        workspace.load([str(bill)], author="ann")
    [run] = workspace.runs("bill")
    assert (run.outcome, run.message) == ("failed", "KeyboardInterrupt")
    assert workspace.resources.names("Source") == []


def test_a_name_keeps_its_kind(workspace: Workspace, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv")
    workspace.add_source("bill", "aws-cur", "s3://bucket/cur", author="ann")
    with pytest.raises(WorkspaceError, match="of kind aws-cur, but .* is focus") as caught:
        workspace.load([str(bill)], author="ann")
    assert caught.value.wrong_use
    assert workspace.show_source("bill").location == "s3://bucket/cur"


def test_options_are_checked_before_anything_is_read(workspace: Workspace, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv")
    with pytest.raises(ResourceError, match="Options of focus:"):
        workspace.load([str(bill)], options={"nonsense": "1"}, author="ann")
    assert workspace.runs() == [] and workspace.deliveries() == []


def test_an_option_is_kept_with_the_source(workspace: Workspace, tmp_path: Path) -> None:
    rows = [{k: v for k, v in line.items() if k != "BillingCurrency"} for line in SEPTEMBER]
    bill = write_bill(tmp_path / "bill.csv", rows)
    [failed] = workspace.load([str(bill)], author="ann")
    assert failed.failed and "currency" in failed.message
    [loaded] = workspace.load([str(bill)], options={"currency": "EUR"}, author="ann")
    assert loaded.outcome == "loaded"
    assert workspace.show_source("bill").options == {"currency": "EUR"}
    [again] = workspace.load([str(bill)], author="ann")
    assert again.outcome == "unchanged"


def test_sync_takes_enabled_sources_with_a_cadence(workspace: Workspace, tmp_path: Path) -> None:
    for name in ("daily", "off", "manual"):
        bill = str(write_bill(tmp_path / f"{name}.csv"))
        cadence = "manual" if name == "manual" else "daily"
        workspace.add_source(name, "focus", bill, cadence=cadence, author="ann")
    spec = workspace.resources.get("Source", "off").spec.model_copy(update={"enabled": False})
    workspace.resources.put("Source", "off", spec, author="ann")
    assert [done.source for done in workspace.sync()] == ["daily"]
    assert [done.source for done in workspace.sync(["off", "manual", "off"])] == ["off", "manual"]
    with pytest.raises(ResourceNotFoundError, match="There are: daily, manual, off"):
        workspace.sync(["absent"])


def test_sync_of_one_period_leaves_the_others(workspace: Workspace, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [row("1"), row("2", day="2026-10-01")])
    workspace.add_source("bill", "focus", str(bill), author="ann")
    workspace.sync(["bill"], SEPTEMBER_2026)
    assert [s.billing_period for s in workspace.deliveries()] == [SEPTEMBER_2026]


def test_max_rejected_is_remembered(workspace: Workspace, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [*SEPTEMBER, row("lots")])
    [held] = workspace.load([str(bill)], author="ann")
    assert (held.outcome, held.incomplete, held.failed) == ("held", True, False)
    [loaded] = workspace.load([str(bill)], author="ann", max_rejected=Decimal("0.5"))
    assert (loaded.outcome, loaded.incomplete) == ("loaded", True)
    status = workspace.show_source("bill")
    assert (status.rows, status.rejected, status.reconciled) == (3, 1, True)
    [delivery] = workspace.deliveries()
    assert workspace.quarantine(delivery.delivery.id).num_rows == 1


def test_what_is_no_bill_is_told_before_any_run(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(SourceError, match="notes.txt"):
        workspace.load([str(tmp_path / "notes.txt")], author="ann")
    with pytest.raises(WorkspaceError, match="name at least one"):
        workspace.load([], author="ann")
    assert workspace.runs() == []


def test_a_mapping_that_changed_lifts_history_anew(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outlay.sources.registry import SOURCES

    bill = write_bill(tmp_path / "bill.csv")
    workspace.load([str(bill)], author="ann")
    focus = type(SOURCES["focus"])
    monkeypatch.setattr(focus, "mapping_version", focus.mapping_version + 1)
    [done] = workspace.sync(["bill"])
    assert [o.record.cause for o in done.outcomes if o.record] == ["mapping"]
