"""Properties that hold for any bill: conservation, idempotence, restatement."""

import shutil
import tempfile
from collections import defaultdict
from decimal import Context, Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.lake import Lake
from outlay.money import total
from tests.lake.bill import Bill, BillOptions, Folder, billed, row, write_bill

D = Decimal
Row = tuple[str, int, str, str, str]

# Whole numbers of 1e-21 up to a million: every digit of the ledger is in play.
amounts = st.one_of(
    st.integers(-(10**27), 10**27),
    st.sampled_from([0, 1, -1, 10**21, -(10**20)]),
)
rows = st.tuples(
    st.sampled_from(["2026-08-01", "2026-08-31", "2026-09-01", "2026-09-15"]),
    amounts,
    st.sampled_from(["USD", "EUR", "JPY"]),
    st.sampled_from(["Usage", "Fee", "Tax"]),
    st.sampled_from(["", "web", "data"]),
)
bills = st.lists(rows, min_size=1, max_size=12)
quick = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


class _Folders:
    """A lake and its bills that are gone at the end."""

    def __enter__(self) -> tuple[Lake, Path]:
        self.path = Path(tempfile.mkdtemp())
        return Lake.open(self.path / "lake", memory_limit="256MiB", threads=1), self.path / "bills"

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path)


def _text(amount: int) -> str:
    return f"{D(amount).scaleb(-21, _CONTEXT):f}"


_CONTEXT = Context(prec=60)


def _write(folder: Path, bill: list[Row], period: str = "") -> dict[tuple[str, str], Decimal]:
    """Write the bill and say what it sums to, worked out without the lake."""
    shutil.rmtree(folder, ignore_errors=True)
    path = folder / period / "a.csv" if period else folder / "a.csv"
    write_bill(
        path,
        [
            row(day, _text(amount), currency=currency, type=kind, team=team)
            for day, amount, currency, kind, team in bill
        ],
    )
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for day, amount, currency, _, _ in bill:
        sums[(period or day[:7], currency)].append(D(_text(amount)))
    return {key: total(values) for key, values in sums.items()}


def _load(lake: Lake, folder: Path) -> list[str]:
    return [o.status for o in lake.load("src", Bill(), Folder(folder), BillOptions())]


@quick
@given(bills)
def test_nothing_is_lost_or_made_up(bill: list[Row]) -> None:
    with _Folders() as (lake, folder):
        expected = _write(folder, bill)
        assert set(_load(lake, folder)) == {"loaded"}
        assert billed(lake) == expected
        assert lake.verify() == []
        lines = [line for s in lake.pin().slices for line in s.delivery.proof.lines]
        assert all(line.difference == 0 for line in lines)
        fees = sum(1 for r in bill if r[3] == "Fee")
        assert sum(s.delivery.rows for s in lake.pin().slices) == len(bill) + fees


@quick
@given(bills)
def test_the_same_bill_again_changes_nothing(bill: list[Row]) -> None:
    with _Folders() as (lake, folder):
        _write(folder, bill)
        _load(lake, folder)
        before = lake.pin()
        assert set(_load(lake, folder)) == {"unchanged"}
        moved = folder / "other name.csv"
        (folder / "a.csv").rename(moved)
        assert set(_load(lake, folder)) == {"unchanged"}
        assert lake.pin() == before


@settings(quick, max_examples=5)
@given(st.lists(st.tuples(st.sampled_from(["2026-08", "2026-09"]), bills), min_size=2, max_size=4))
def test_the_last_delivery_of_a_period_stands_and_every_moment_is_kept(
    deliveries: list[tuple[str, list[Row]]],
) -> None:
    with _Folders() as (lake, folder):
        state: dict[tuple[str, str], Decimal] = {}
        moments: dict[int, dict[tuple[str, str], Decimal]] = {}
        for period, bill in deliveries:
            expected = _write(folder, bill, period)
            _load(lake, folder)
            state = {key: value for key, value in state.items() if key[0] != period} | expected
            assert billed(lake) == state
            snapshot = lake.pin().snapshot_id
            assert snapshot is not None
            moments[snapshot] = dict(state)
        for snapshot, then in moments.items():
            assert billed(lake, lake.pin(snapshot)) == then
        assert lake.verify() == []
        first, last = min(lake.snapshots(), key=lambda s: s.committed_at), lake.pin()
        report = lake.restatements(lake.pin(first.snapshot_id), last, by=("tags.team",))
        for currency in ("USD", "EUR", "JPY"):
            by_slice = total(
                m.change
                for s in report.slices
                for m in s.measures
                if (m.measure, m.currency) == ("BilledCost", currency)
            )
            by_team = total(
                m.change
                for r in report.rows
                for m in r.measures
                if (m.measure, m.currency) == ("BilledCost", currency)
            )
            assert by_slice == by_team
