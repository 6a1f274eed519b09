"""What changed between two pins, exactly, by slice and by dimension."""

from decimal import Decimal

import pytest

from outlay.lake import LakeError, MeasureChange, Pin
from tests.lake.bill import row, write_bill
from tests.lake.conftest import Bench

D = Decimal


def _two_pins(bench: Bench) -> tuple[Pin, Pin]:
    write_bill(
        bench.bills / "2026-08/a.csv",
        [
            row("2026-08-01", "1.10", team="web"),
            row("2026-08-02", "2", team="data", account="a2"),
            row("2026-08-03", "3", currency="EUR"),
        ],
    )
    write_bill(bench.bills / "2026-09/a.csv", [row("2026-09-01", "100")])
    bench.load()
    before = bench.lake.pin()
    write_bill(
        bench.bills / "2026-08/a.csv",
        [
            row("2026-08-01", "1.10", team="web"),
            row("2026-08-02", "2.000000000000000000001", team="data", account="a2"),
            row("2026-08-02", "4", team="new"),
            row("2026-08-03", "3", currency="EUR"),
        ],
    )
    bench.load()
    return before, bench.lake.pin()


def _billed(changes: tuple[MeasureChange, ...]) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    return {c.currency: (c.before, c.after, c.change) for c in changes if c.measure == "BilledCost"}


def test_only_changed_slices_are_reported(bench: Bench) -> None:
    before, after = _two_pins(bench)
    report = bench.lake.restatements(before, after)
    (change,) = report.slices
    assert (change.source, str(change.billing_period), change.cause) == (
        "src",
        "2026-08",
        "restated",
    )
    assert (change.rows_before, change.rows_after) == (3, 4)
    assert _billed(change.measures) == {
        "EUR": (D(3), D(3), D(0)),
        "USD": (D("3.1"), D("7.100000000000000000001"), D("4.000000000000000000001")),
    }
    assert report.rows == ()


def test_by_dimension_only_what_changed_and_it_adds_up(bench: Bench) -> None:
    before, after = _two_pins(bench)
    report = bench.lake.restatements(before, after, by=("tags.team", "SubAccountId"))
    found = {row.values: _billed(row.measures) for row in report.rows}
    assert found == {
        ("data", "a2"): {"USD": (D(2), D("2.000000000000000000001"), D("1E-21"))},
        ("new", "a1"): {"USD": (D(0), D(4), D(4))},
    }
    by_day = bench.lake.restatements(before, after, by=("ChargeDay", "x_BillingPeriod"))
    assert [str(row.values[0]) for row in by_day.rows] == ["2026-08-02"]
    whole = _billed(report.slices[0].measures)["USD"][2]
    assert sum((_billed(r.measures)["USD"][2] for r in report.rows), D(0)) == whole


def test_the_report_reads_backwards_and_names_removed_slices(bench: Bench) -> None:
    before, after = _two_pins(bench)
    back = bench.lake.restatements(after, before, by=("tags.team",))
    assert _billed(back.slices[0].measures)["USD"][2] == D("-4.000000000000000000001")
    bench.lake.remove("src")
    gone = bench.lake.restatements(after, bench.lake.pin())
    assert [(c.cause, c.after, c.rows_after) for c in gone.slices] == [("removed", None, 0)] * 2
    nothing = bench.lake.restatements(after, after, by=("ServiceName",))
    assert (nothing.slices, nothing.rows) == ((), ())


def test_an_unknown_dimension_is_refused_with_the_list(bench: Bench) -> None:
    before, after = _two_pins(bench)
    with pytest.raises(LakeError, match="ChargeDescription.*allowed are .*ServiceName"):
        bench.lake.restatements(before, after, by=("ChargeDescription",))
    report = bench.lake.restatements(before, after, by=("x_NoneHasThis",))
    assert [r.values for r in report.rows] == [(None,)]
