"""Several loads at once, in threads and in processes: all arrive, none is lost or mixed."""

import fcntl
import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.lake import Lake, LoadOutcome
from outlay.lake.catalog import ChargesTable, CommitRefused, Replacement
from outlay.lake.layout import Layout, clean_staging, staging_folder
from outlay.money import BillingPeriod
from outlay.sources.contract import FileRef
from tests.lake.bill import Bill, BillOptions, Folder, billed, row, write_bill
from tests.lake.conftest import Bench

D = Decimal


def _load(path: Path, bills: Path, name: str) -> list[LoadOutcome]:
    lake = Lake.open(path, memory_limit="256MiB", threads=1)
    return lake.load(name, Bill(), Folder(bills), BillOptions())


def test_threads_that_load_different_sources_all_arrive(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1.5")])
    names = [f"s{n}" for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda name: bench.load(name=name), names))
    assert [(o.status, o.message) for outcomes in done for o in outcomes] == [
        ("loaded", "1 charges from 1 files (first)")
    ] * 6
    assert [s.source for s in bench.lake.pin().slices] == names
    assert bench.lake.verify() == []
    assert len(bench.lake.snapshots()) == 6


def test_threads_that_load_the_same_slice_agree_on_one(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1.5")])
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: bench.load(), range(4)))
    statuses = sorted(o.status for outcomes in done for o in outcomes)
    assert statuses == ["loaded", "unchanged", "unchanged", "unchanged"]
    assert billed(bench.lake) == {("2026-08", "USD"): D("1.5")}
    assert bench.lake.verify() == []


def test_processes_that_load_at_once_all_arrive(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1.5")])
    names = [f"p{n}" for n in range(3)]
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=_load, args=(bench.lake.path, bench.bills, name)) for name in names
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert [s.source for s in bench.lake.pin().slices] == names
    assert bench.lake.verify() == []


def test_a_load_that_was_overtaken_asks_for_the_offer_again(bench: Bench) -> None:
    """While one load prepares, the month is restated and loaded by another: the newest wins."""
    path = write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    overtaken = threading.Event()

    class Slow(Folder):
        def fetch(self, ref: FileRef, target: Path) -> None:
            super().fetch(ref, target)
            if not overtaken.is_set():
                overtaken.set()
                write_bill(path, [row("2026-08-01", "2.25")])
                bench.load()

    outcomes = bench.lake.load("src", Bill(), Slow(bench.bills), BillOptions())
    assert [o.status for o in outcomes] == ["unchanged"]
    assert billed(bench.lake) == {("2026-08", "USD"): D("2.25")}
    assert len(bench.lake.snapshots()) == 1


def test_a_commit_on_a_stale_handle_is_refused(bench: Bench) -> None:
    """The table itself decides, whatever locks there are."""
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    bench.one()
    table = ChargesTable(bench.lake.layout)
    stale = table.open()
    bench.load(name="other")
    with pytest.raises(CommitRefused):
        gone = Replacement("src", BillingPeriod(2026, 8), None, True)
        table.commit(stale, [gone], {"outlay.commit": "x"})
    assert len(bench.lake.pin().slices) == 2
    added = Replacement(
        "src", BillingPeriod(2026, 8), bench.lake.pin().slices[1].charges_path, False
    )
    with pytest.raises(CommitRefused):
        table.commit(stale, [added], {"outlay.commit": "y"})


def test_a_refused_commit_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    honest, refused = ChargesTable.commit, []

    def refusing(self: ChargesTable, *args: object) -> int:
        if len(refused) < 3:
            refused.append(1)
            raise CommitRefused("someone was faster")
        return honest(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(ChargesTable, "commit", refusing)
    assert bench.one().status == "loaded"
    assert len(bench.lake.snapshots()) == 1


def test_readers_see_the_old_slice_or_the_new_one_while_loads_run(bench: Bench) -> None:
    allowed = {D(n * 3) for n in range(1, 6)}
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1"), row("2026-08-02", "2")])
    bench.one()
    stop, seen, problems = threading.Event(), set(), []

    def read() -> None:
        lake = Lake.open(bench.lake.path, memory_limit="256MiB", threads=1)
        while not stop.is_set():
            try:
                seen.add(billed(lake)[("2026-08", "USD")])
            except Exception as error:
                problems.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(2, 6):
        write_bill(
            bench.bills / "2026-08/a.csv",
            [row("2026-08-01", str(n)), row("2026-08-02", str(2 * n))],
        )
        assert bench.one().status == "loaded"
    stop.set()
    reader.join()
    assert problems == []
    assert seen <= allowed
    assert len(seen) > 1


def test_staging_of_dead_processes_is_cleaned_and_of_living_ones_is_not(bench: Bench) -> None:
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_die_in_staging, args=(bench.lake.path,))
    child.start()
    child.join(60)
    dead, living = (
        bench.lake.layout.staging / f"spill-{pid}-ab" for pid in (child.pid, os.getpid())
    )
    with staging_folder(bench.lake.layout) as own:
        assert len(list(bench.lake.layout.staging.iterdir())) == 2
        dead.mkdir()
        living.mkdir()
        assert clean_staging(bench.lake.layout) == 2
        assert sorted(bench.lake.layout.staging.iterdir()) == sorted([own, living])


def _die_in_staging(path: Path) -> None:
    with staging_folder(Layout(path)):
        os._exit(9)


def test_what_was_being_made_by_a_dead_process_is_cleaned_at_once(bench: Bench) -> None:
    left = bench.lake.layout.staging / ".making-1-abc"
    left.mkdir()
    with staging_folder(bench.lake.layout) as living:
        assert clean_staging(bench.lake.layout) == 1
        assert not left.exists()
        assert living.exists()


def test_what_a_living_process_is_making_is_left(bench: Bench) -> None:
    layout = bench.lake.layout
    making = layout.staging / ".making-1-abc"
    with (layout.root / ".staging.lock").open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_SH)
        making.mkdir()
        assert clean_staging(layout) == 0
        assert making.exists()
    assert clean_staging(layout) == 1
