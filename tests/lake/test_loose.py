"""Loose files: the rows say the periods."""

from decimal import Decimal

from outlay.lake import Lake
from outlay.money import BillingPeriod
from tests.lake.bill import HEADER, Bill, Folder, billed, row, write_bill
from tests.lake.conftest import Bench

D = Decimal


def test_files_become_one_slice_a_period(bench: Bench) -> None:
    write_bill(bench.bills / "a.csv", [row("2026-08-01", "1"), row("2026-09-01", "2")])
    write_bill(bench.bills / "b.csv", [row("2026-09-02", "4"), row("2026-10-01", "8")])
    outcomes = bench.load()
    assert [(str(o.billing_period), o.status) for o in outcomes] == [
        ("2026-08", "loaded"),
        ("2026-09", "loaded"),
        ("2026-10", "loaded"),
    ]
    assert len(bench.lake.snapshots()) == 1
    assert billed(bench.lake) == {
        ("2026-08", "USD"): D(1),
        ("2026-09", "USD"): D(6),
        ("2026-10", "USD"): D(8),
    }
    files = {
        str(s.billing_period): [f.path for f in s.delivery.files] for s in bench.lake.pin().slices
    }
    assert files == {"2026-08": ["a.csv"], "2026-09": ["a.csv", "b.csv"], "2026-10": ["b.csv"]}
    october = bench.lake.pin().slices[2]
    lines = bench.ask("SELECT x_SourceFile, x_SourceLine FROM {c}", c=october.charges_path)
    assert lines == [(0, 2)]
    assert bench.lake.raw_record(october, 0, 2)["cost"] == "8"
    assert bench.lake.verify() == []


def test_a_new_file_touches_only_its_periods_and_old_files_are_not_fetched(bench: Bench) -> None:
    write_bill(bench.bills / "a.csv", [row("2026-08-01", "1"), row("2026-09-01", "2")])
    bench.load()
    write_bill(bench.bills / "b.csv", [row("2026-09-02", "4")])
    transport = Folder(bench.bills)
    outcomes = bench.lake.load("src", Bill(), transport, Bill.Options())
    assert [(str(o.billing_period), o.status) for o in outcomes] == [
        ("2026-08", "unchanged"),
        ("2026-09", "loaded"),
    ]
    assert transport.fetched == ["b.csv"]
    again = Folder(bench.bills)
    assert {o.status for o in bench.lake.load("src", Bill(), again, Bill.Options())} == {
        "unchanged"
    }
    assert again.fetched == []


def test_rows_without_a_period_are_rejected_once_with_their_file(bench: Bench) -> None:
    write_bill(
        bench.bills / "a.csv",
        [row("2026-08-01", "1"), row("sometime", "2"), row("2026-09-01", "4")],
    )
    outcomes = bench.load(max_rejected=D(1))
    rejected = {str(o.billing_period): o.rejected for o in outcomes}
    assert rejected == {"2026-08": 1, "2026-09": 0}
    read = [o.record.proof.rows_read for o in outcomes if o.record]
    assert sum(read) == 3


def test_broken_records_belong_to_the_first_period_of_their_file(bench: Bench) -> None:
    path = write_bill(bench.bills / "a.csv", [row("2026-08-01", "1"), row("2026-09-01", "4")])
    path.write_text(path.read_text() + "too,few\n")
    outcomes = bench.load()
    assert [(str(o.billing_period), o.status) for o in outcomes] == [
        ("2026-08", "held"),
        ("2026-09", "loaded"),
    ]
    assert outcomes[0].record is not None
    assert outcomes[0].record.rejects_sample[0].line == 3


def test_only_asked_periods_of_loose_files(bench: Bench) -> None:
    write_bill(bench.bills / "a.csv", [row("2026-08-01", "1"), row("2026-09-01", "2")])
    bench.load(periods={BillingPeriod(2026, 9)})
    assert billed(bench.lake) == {("2026-09", "USD"): D(2)}


def test_a_file_without_any_period_fails(bench: Bench) -> None:
    write_bill(bench.bills / "a.csv", [row("sometime", "2")])
    outcome = bench.one()
    assert (outcome.status, outcome.billing_period) == ("failed", None)
    assert "billing period" in outcome.message


def test_facts_that_a_mapping_asks_for_are_the_slices_own(bench: Bench) -> None:
    """August's negations cancel and fold; September's do not, and stay as rows."""
    write_bill(
        bench.bills / "a.csv",
        [
            row("2026-08-01", "1", type="Negation"),
            row("2026-08-02", "-1", type="Negation"),
            row("2026-08-03", "5"),
            row("2026-09-01", "3", type="Negation"),
        ],
    )
    outcomes = bench.load()
    folded = [o.record.proof.rows_folded for o in outcomes if o.record]
    assert folded == [{"negation": 2}, {}]
    assert billed(bench.lake) == {("2026-08", "USD"): D(5), ("2026-09", "USD"): D(3)}


def test_a_lake_in_a_folder_that_looks_like_a_partition(bench: Bench) -> None:
    """A path with a=b in it must not become a column."""
    write_bill(bench.bills / "a.csv", [row("2026-08-01", "1")])
    lake = Lake.open(bench.bills.parent / "cost=wrong" / "lake", memory_limit="512MiB")
    lake.load("src", Bill(), Folder(bench.bills), Bill.Options())
    assert lake.verify() == []
    current = lake.pin().slices[0]
    assert list(lake.raw_record(current, 0, 1)) == HEADER
