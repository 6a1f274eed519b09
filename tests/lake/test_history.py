"""Every commit is a snapshot; old ones expire, but what they said stays."""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.lake import Lake, LakeError, maintenance
from tests.lake.bill import Bill, Folder, billed, row, write_bill
from tests.lake.conftest import Bench

D = Decimal


def _load(bench: Bench, cost: str, month: str = "2026-08") -> int:
    write_bill(bench.bills / month / "a.csv", [row(f"{month}-01", cost)])
    (outcome,) = [o for o in bench.load() if o.status == "loaded"]
    assert outcome.snapshot_id is not None
    return outcome.snapshot_id


def test_as_of_answers_with_what_was_current_then(bench: Bench) -> None:
    first = _load(bench, "1")
    between = datetime.now(UTC)
    time.sleep(0.01)
    second = _load(bench, "2")
    assert billed(bench.lake, bench.lake.pin(first)) == {("2026-08", "USD"): D(1)}
    assert billed(bench.lake, bench.lake.pin(second)) == {("2026-08", "USD"): D(2)}
    assert billed(bench.lake, bench.lake.pin(between)) == {("2026-08", "USD"): D(1)}
    naive = between.replace(tzinfo=None)
    assert bench.lake.pin(naive).snapshot_id == first
    later = datetime.now(UTC) + timedelta(days=1)
    assert bench.lake.pin(later).snapshot_id == second
    infos = bench.lake.snapshots()
    assert [(i.snapshot_id, len(i.added), len(i.removed), i.cause) for i in infos] == [
        (first, 1, 0, "first"),
        (second, 1, 1, "restated"),
    ]


def test_before_the_first_snapshot_there_is_nothing(bench: Bench) -> None:
    assert bench.lake.pin().snapshot_id is None
    with pytest.raises(LakeError, match="nothing has been loaded"):
        bench.lake.pin(datetime(2026, 1, 1))
    _load(bench, "1")
    with pytest.raises(LakeError, match="did not exist"):
        bench.lake.pin(datetime(2020, 1, 1))
    with pytest.raises(LakeError, match="no snapshot 42"):
        bench.lake.pin(42)


def test_a_slice_says_when_it_came_in(bench: Bench) -> None:
    first = _load(bench, "1")
    _load(bench, "5", "2026-09")
    august, september = bench.lake.pin().slices
    assert august.snapshot_id == first
    assert september.snapshot_id == bench.lake.pin().snapshot_id
    assert august.committed_at < september.committed_at


def test_the_history_is_rebuilt_from_the_table_when_its_files_are_gone(bench: Bench) -> None:
    ids = [_load(bench, "1"), _load(bench, "2"), _load(bench, "4", "2026-09")]
    shutil.rmtree(bench.lake.layout.history)
    bench.lake.layout.history.mkdir()
    lake = Lake.open(bench.lake.path)
    assert [info.snapshot_id for info in lake.snapshots()] == ids
    assert billed(lake, lake.pin(ids[1])) == {("2026-08", "USD"): D(2)}
    assert lake.verify() == []


def test_any_reader_of_iceberg_sees_the_same_charges(bench: Bench) -> None:
    first = _load(bench, "1.5")
    _load(bench, "2.25")
    _load(bench, "4", "2026-09")
    table = bench.lake.table.open()
    costs = table.scan(selected_fields=("BilledCost",)).to_arrow()["BilledCost"].to_pylist()
    assert sorted(costs) == [D("2.25"), D(4)]
    old = table.scan(selected_fields=("BilledCost", "x_LineItemType"), snapshot_id=first)
    assert old.to_arrow().to_pylist() == [{"BilledCost": D("1.5"), "x_LineItemType": "Usage"}]


def test_a_workspace_can_be_moved_and_copied(bench: Bench, tmp_path: Path) -> None:
    first = _load(bench, "1")
    moved = tmp_path / "elsewhere" / "lake"
    moved.parent.mkdir()
    shutil.copytree(bench.lake.path, moved)
    kept = sorted(p for p in bench.lake.path.rglob("*") if p.is_file())
    there = Lake.open(moved)
    assert billed(there) == {("2026-08", "USD"): D(1)}
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "7")])
    assert there.load("src", Bill(), Folder(bench.bills), Bill.Options())[0].status == "loaded"
    assert billed(there) == {("2026-08", "USD"): D(7)}
    assert billed(there, there.pin(first)) == {("2026-08", "USD"): D(1)}
    assert there.verify() == []
    # The original was neither read for it nor written to.
    assert sorted(p for p in bench.lake.path.rglob("*") if p.is_file()) == kept
    assert billed(bench.lake) == {("2026-08", "USD"): D(1)}
    shutil.rmtree(bench.lake.path)
    assert there.verify() == []
    assert billed(there) == {("2026-08", "USD"): D(7)}


def test_old_snapshots_expire_and_their_rollups_still_answer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [_load(bench, str(cost)) for cost in (1, 2, 4)]
    monkeypatch.setattr(maintenance, "KEEP_SNAPSHOTS", 1)
    report = bench.lake.maintain()
    assert report.snapshots_expired == 2
    assert report.files_removed == 0  # all is younger than a day
    live = {s.snapshot_id for s in bench.lake.table.open().metadata.snapshots}
    assert live == {ids[2]}
    # Replaced less than 35 days ago: the charges themselves are still there.
    assert bench.lake.pin(ids[0]).detail
    later = datetime.now(UTC) + timedelta(days=40)
    assert bench.lake.maintain(now=later).files_removed > 0
    pin = Lake.open(bench.lake.path).pin(ids[0])
    assert not pin.detail
    (daily,) = bench.lake.rollup_paths(pin, "daily").values()
    assert bench.ask("SELECT sum(BilledCost) FROM {d}", d=daily) == [(D(1),)]
    assert billed(bench.lake) == {("2026-08", "USD"): D(4)}
    assert bench.lake.verify() == []
    assert bench.lake.snapshots()[0].snapshot_id == ids[0]


def test_a_kept_snapshot_keeps_its_charges(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [_load(bench, str(cost)) for cost in (1, 2, 4)]
    bench.lake.keep(ids[1], "statement-2026-08")
    monkeypatch.setattr(maintenance, "KEEP_SNAPSHOTS", 1)
    later = datetime.now(UTC) + timedelta(days=40)
    bench.lake.maintain(now=later)
    assert [bench.lake.pin(i).detail for i in ids] == [False, True, True]
    assert billed(bench.lake, bench.lake.pin(ids[1])) == {("2026-08", "USD"): D(2)}
    with pytest.raises(LakeError, match="has expired"):
        bench.lake.keep(ids[0], "too-late")
    bench.lake.release("statement-2026-08")
    bench.lake.maintain(now=later)
    assert not Lake.open(bench.lake.path).pin(ids[1]).detail


def test_maintenance_collects_what_no_commit_knows(bench: Bench) -> None:
    _load(bench, "1")
    stray = bench.lake.layout.charges / "src/2026-08/01M0000000000000000000000Z.parquet"
    stray.write_bytes(b"left by a crash")
    young = bench.lake.layout.landing / "ab" / ("ab" * 32)
    young.parent.mkdir(exist_ok=True)
    young.write_bytes(b"being loaded right now")
    two_days_ago = time.time() - 2 * 86400
    os.utime(stray, (two_days_ago, two_days_ago))
    report = bench.lake.maintain()
    assert (report.files_removed, report.bytes_freed) == (1, 15)
    assert young.exists()
    assert not stray.exists()
    assert bench.lake.verify() == []


def test_the_metadata_stays_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "KEEP_SNAPSHOTS", 3)
    monkeypatch.setattr("outlay.lake.catalog._METADATA_VERSIONS", "5")
    for cost in range(1, 13):
        _load(bench, str(cost))
        bench.lake.maintain()
    files = list((bench.lake.layout.iceberg / "charges/metadata").glob("*.metadata.json"))
    assert len(files) <= 7
    assert len(bench.lake.table.open().metadata.snapshots) <= 4
    assert len(bench.lake.snapshots()) == 12


def test_opening_a_pin_does_not_need_the_table_library(bench: Bench) -> None:
    import subprocess
    import sys

    _load(bench, "1")
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom outlay.lake import Lake\n"
        f"pin = Lake.open(Path({str(bench.lake.path)!r})).pin()\n"
        "assert len(pin.slices) == 1\nassert 'pyiceberg' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)
