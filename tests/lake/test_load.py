"""A delivery becomes a slice whole, with its proof, or not at all."""

import gzip
import zipfile
from decimal import Decimal
from typing import ClassVar

import duckdb
import pytest

from outlay.lake import LakeError, Slice
from outlay.lake.schema import FOCUS_TYPES, LAKE_TYPES
from outlay.money import BillingPeriod
from outlay.sources.contract import SourceError, Stated
from tests.lake.bill import HEADER, Bill, Folder, billed, row, write_bill
from tests.lake.conftest import Bench

D = Decimal
AUGUST = BillingPeriod(2026, 8)


def test_a_first_delivery_is_loaded_and_proven(bench: Bench) -> None:
    write_bill(
        bench.bills / "2026-08/a.csv",
        [
            row("2026-08-01", "1.1"),
            row("2026-08-02", "5", type="Fee"),
            row("2026-08-02", "1E-10", account="a2"),
            row("2026-08-02", "2.5893953072562468e-05", currency="EUR"),
            row("2026-08-03", "-0.1", type="Negation"),
            row("2026-08-03", "0.1", type="Negation"),
        ],
    )
    outcome = bench.one()
    assert outcome.status == "loaded"
    assert outcome.record is not None
    proof = outcome.record.proof
    assert (proof.rows_read, proof.rows_mapped, proof.rows_extra) == (6, 4, 1)
    assert proof.rows_folded == {"negation": 2}
    assert proof.reconciled
    stated = {(line.measure, line.currency): line.stated for line in proof.lines}
    assert stated[("BilledCost", "USD")] == D("6.1000000001")
    assert stated[("EffectiveCost", "EUR")] == D("0.000025893953072562468")
    assert billed(bench.lake) == {
        ("2026-08", "USD"): D("6.1000000001"),
        ("2026-08", "EUR"): D("0.000025893953072562468"),
    }
    assert bench.lake.verify() == []


def test_a_charges_file_has_all_focus_columns_with_their_types(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1", team="web")])
    bench.one()
    (current,) = bench.lake.pin().slices
    types = dict(
        (name, kind)
        for name, kind, *_ in bench.ask("DESCRIBE SELECT * FROM {c}", c=current.charges_path)
    )
    assert types == {
        **FOCUS_TYPES,
        "x_FocusVersion": "VARCHAR",
        "x_LineItemType": "VARCHAR",
        **LAKE_TYPES,
    }
    assert current.delivery.columns == ("x_FocusVersion", "x_LineItemType")
    assert current.delivery.focus_version == "1.4"
    found = bench.ask(
        "SELECT x_SourceName, x_BillingPeriod, x_SourceFile, x_SourceLine, Tags FROM {c}",
        c=current.charges_path,
    )
    assert found == [("src", AUGUST.start, 0, 1, {"team": "web"})]


def test_the_same_offer_is_not_read_again(bench: Bench) -> None:
    path = write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    bench.one()
    snapshots = len(bench.lake.snapshots())
    path.chmod(0)  # root may read it all the same, hence the transport is watched
    transport = Folder(bench.bills)
    outcomes = bench.lake.load("src", Bill(), transport, Bill.Options())
    assert [o.status for o in outcomes] == ["unchanged"]
    assert transport.fetched == []
    assert len(bench.lake.snapshots()) == snapshots


def test_the_same_content_under_another_name_changes_nothing(bench: Bench) -> None:
    path = write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    bench.one()
    path.rename(path.with_name("b.csv"))
    outcome = bench.one()
    assert (outcome.status, len(bench.lake.snapshots())) == ("unchanged", 1)


def test_a_restated_month_replaces_its_slice_alone(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    write_bill(bench.bills / "2026-09/a.csv", [row("2026-09-01", "10")])
    bench.load()
    first = bench.lake.pin()
    write_bill(bench.bills / "2026-09/a.csv", [row("2026-09-01", "10"), row("2026-09-02", "7")])
    outcomes = bench.load()
    assert [(str(o.billing_period), o.status) for o in outcomes] == [
        ("2026-08", "unchanged"),
        ("2026-09", "loaded"),
    ]
    assert outcomes[1].record is not None
    assert outcomes[1].record.cause == "restated"
    assert outcomes[1].record.replaces == first.slices[1].delivery.id
    assert billed(bench.lake) == {("2026-08", "USD"): D(1), ("2026-09", "USD"): D(17)}
    assert billed(bench.lake, first) == {("2026-08", "USD"): D(1), ("2026-09", "USD"): D(10)}


def test_a_smaller_restatement_leaves_nothing_of_the_old_slice(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    write_bill(bench.bills / "2026-08/b.csv", [row("2026-08-02", "2")])
    bench.one()
    (bench.bills / "2026-08/b.csv").unlink()
    assert bench.one().status == "loaded"
    assert billed(bench.lake) == {("2026-08", "USD"): D(1)}


def test_a_wrong_mapping_is_held_with_its_difference(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    bench.one()
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "2"), row("2026-08-02", "3")])
    source = Bill()
    source.wrong = True
    outcome = bench.one(source)
    assert outcome.status == "held"
    assert outcome.record is not None
    line = outcome.record.proof.lines[0]
    assert (line.stated, line.loaded, line.difference) == (D(5), D(7), D(-2))
    assert "difference -2" in outcome.message
    assert billed(bench.lake) == {("2026-08", "USD"): D(1)}
    assert [record.id for record in bench.lake.held()] == [outcome.record.id]
    assert bench.one().status == "loaded"
    assert bench.lake.held() == []


def test_a_rejected_row_holds_the_slice_unless_its_share_is_allowed(bench: Bench) -> None:
    rows = [row("2026-08-01", "1"), row("2026-08-02", "convertible"), row("2026-08-03", "2")]
    write_bill(bench.bills / "2026-08/a.csv", [*rows, row("2026-08-04", "4")])
    outcome = bench.one()
    assert outcome.status == "held"
    assert outcome.rejected == 1
    assert bench.lake.pin().slices == ()
    assert outcome.record is not None
    table = bench.lake.quarantined(outcome.record.id).to_pylist()
    assert [(r["file"], r["line"], r["reason"]) for r in table] == [
        ("2026-08/a.csv", 2, "the cost is no amount")
    ]
    assert '"cost":"convertible"' in table[0]["record"]

    allowed = bench.one(max_rejected=D("0.25"))
    assert allowed.status == "loaded"
    assert allowed.record is not None
    assert allowed.record.rejects_sample[0].line == 2
    assert (allowed.record.proof.rows_rejected, allowed.record.rows) == (1, 3)
    assert billed(bench.lake) == {("2026-08", "USD"): D(7)}
    assert bench.lake.verify() == []


def test_rejected_money_is_counted_apart(bench: Bench) -> None:
    write_bill(
        bench.bills / "2026-08/a.csv",
        [row("2026-08-01", "1"), row("no day", "0.30"), row("2026-08-03", "2", currency="")],
    )
    outcome = bench.one()
    assert outcome.status == "held"
    assert outcome.record is not None
    assert outcome.record.proof.reconciled
    sums = {(x.currency, x.measure): x for x in outcome.record.proof.lines}
    assert sums[("USD", "BilledCost")].rejected == D("0.30")
    assert sums[("", "BilledCost")].rejected == D(2)
    assert [r.reason for r in outcome.record.rejects_sample] == [
        "the row has no charge period",
        "the row has no currency",
    ]


@pytest.mark.parametrize(
    ("stated", "status", "words"),
    [
        (Stated(rows=2, totals={"BilledCost": D(3)}), "loaded", ""),
        (Stated(rows=3), "held", "the manifest states 3 rows, read 2"),
        (Stated(totals={"BilledCost": D("3.01")}), "held", "states BilledCost 3.01"),
    ],
)
def test_the_manifest_is_part_of_the_proof(
    bench: Bench, stated: Stated, status: str, words: str
) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1"), row("2026-08-02", "2")])
    source = Bill()
    source.stated = stated
    outcome = bench.one(source)
    assert outcome.status == status
    assert words in outcome.message


def test_one_bad_month_does_not_stop_the_others(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    write_bill(bench.bills / "2026-09/a.csv", [["x"]], header=["nothing", "here"])
    write_bill(bench.bills / "2026-10/a.csv", [])
    outcomes = bench.load()
    assert [(str(o.billing_period), o.status) for o in outcomes] == [
        ("2026-08", "loaded"),
        ("2026-09", "failed"),
        ("2026-10", "failed"),
    ]
    assert "no rows" in outcomes[2].message
    assert billed(bench.lake) == {("2026-08", "USD"): D(1)}


def test_nothing_on_offer_is_an_error(bench: Bench) -> None:
    with pytest.raises(LakeError, match="nothing is on offer"):
        bench.load()


def test_a_source_that_cannot_be_discovered_raises(bench: Bench) -> None:
    class Half(Bill):
        kind: ClassVar[str] = "half"

        def deliveries(self, *_: object, **__: object) -> list:  # type: ignore[type-arg]
            raise SourceError("the manifest is missing")

    with pytest.raises(SourceError, match="manifest"):
        bench.load(Half())


@pytest.mark.parametrize("name", ["", "a/b", "../x", "x" * 65, ".hidden", "a b"])
def test_a_source_name_must_be_fit_for_a_folder(bench: Bench, name: str) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    with pytest.raises(LakeError, match="cannot name a source"):
        bench.load(name=name)


def test_only_the_asked_periods_are_loaded(bench: Bench) -> None:
    for month in ("08", "09"):
        write_bill(bench.bills / f"2026-{month}/a.csv", [row(f"2026-{month}-01", "1")])
    outcomes = bench.load(periods={AUGUST})
    assert [o.billing_period for o in outcomes] == [AUGUST]
    assert [s.billing_period for s in bench.lake.pin().slices] == [AUGUST]


def test_a_dry_run_says_what_would_happen_and_writes_nothing(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    outcome = bench.one(dry_run=True)
    assert outcome.status == "loaded"
    assert "would be the first" in outcome.message
    assert bench.lake.pin().slices == ()
    bench.one()
    assert bench.one(dry_run=True).status == "unchanged"


def test_rows_of_another_period_stay_in_the_delivery_with_a_note(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1"), row("2026-07-31", "2")])
    outcome = bench.one()
    assert outcome.record is not None
    assert billed(bench.lake) == {("2026-08", "USD"): D(3)}
    assert any("1 rows carry another billing period" in note for note in outcome.record.notes)


def test_the_same_content_twice_counts_once_with_a_note(bench: Bench) -> None:
    for name in ("a.csv", "copy of a.csv"):
        write_bill(bench.bills / "2026-08" / name, [row("2026-08-01", "1")])
    outcome = bench.one()
    assert outcome.record is not None
    assert billed(bench.lake) == {("2026-08", "USD"): D(1)}
    assert any("counted once" in note for note in outcome.record.notes)


def test_a_mapping_version_lifts_history_anew_also_without_an_offer(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    write_bill(bench.bills / "2026-09/a.csv", [row("2026-09-01", "2")])
    bench.load()
    (bench.bills / "2026-08/a.csv").unlink()
    (bench.bills / "2026-08").rmdir()

    class Newer(Bill):
        mapping_version: ClassVar[int] = 2

    outcomes = bench.load(Newer())
    assert [(str(o.billing_period), o.status) for o in outcomes] == [
        ("2026-08", "loaded"),
        ("2026-09", "loaded"),
    ]
    assert [o.record.cause for o in outcomes if o.record] == ["mapping", "mapping"]
    assert [o.status for o in bench.load(Newer())] == ["unchanged"]


def test_other_options_lift_anew_from_the_landed_files(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    bench.one()
    outcomes = bench.lake.relift("src", Bill(), Bill.Options(service_prefix="X "))
    assert [o.record.cause for o in outcomes if o.record] == ["options"]
    (current,) = bench.lake.pin().slices
    assert bench.ask("SELECT ServiceName FROM {c}", c=current.charges_path) == [("X Compute",)]
    assert bench.lake.relift("src", Bill(), Bill.Options(service_prefix="X ")) == []


def test_a_source_can_be_removed_and_history_stays(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    bench.one()
    before = bench.lake.pin()
    bench.load(name="other")
    assert bench.lake.remove("src") is not None
    assert [s.source for s in bench.lake.pin().slices] == ["other"]
    assert bench.lake.remove("src") is None
    assert before.snapshot_id is not None
    assert billed(bench.lake, bench.lake.pin(before.snapshot_id)) == {("2026-08", "USD"): D(1)}
    assert bench.lake.verify() == []


def test_zip_members_are_unpacked_and_gzip_is_read(bench: Bench) -> None:
    plain = write_bill(bench.bills / "x.csv", [row("2026-08-01", "1")])
    other = write_bill(bench.bills / "y.csv", [row("2026-08-02", "2")])
    folder = bench.bills / "2026-08"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(plain, "inner/x.csv")
        archive.writestr("__MACOSX/inner/._x.csv", "junk")
    (folder / "b.csv.gz").write_bytes(gzip.compress(other.read_bytes()))
    plain.unlink()
    other.unlink()
    outcome = bench.one()
    assert outcome.record is not None
    assert [file.path for file in outcome.record.files] == [
        "2026-08/a.zip!inner/x.csv",
        "2026-08/b.csv.gz",
    ]
    assert billed(bench.lake) == {("2026-08", "USD"): D(3)}
    current = bench.lake.pin().slices[0]
    assert bench.lake.raw_record(current, 0, 1)["cost"] == "1"
    assert bench.lake.raw_record(current, 1, 1)["cost"] == "2"


def test_parquet_is_read_where_it_lies(bench: Bench) -> None:
    folder = bench.bills / "2026-08"
    folder.mkdir()
    connection = duckdb.connect()
    for name, day, cost in (("a", "2026-08-01", "0.1"), ("b", "2026-08-02", "123456.789")):
        connection.execute(
            f"COPY (SELECT TIMESTAMP '{day}' AS day, 'a1' AS account, 'S' AS service, "
            f"'r' AS resource, 'Usage' AS type, CAST({cost} AS DOUBLE) AS cost, 'USD' AS currency, "
            f"'t' AS team, '{name}' AS only_{name}) TO '{folder / name}.parquet' (FORMAT PARQUET)"
        )
    outcome = bench.one()
    assert outcome.status == "loaded", outcome.message
    assert billed(bench.lake) == {("2026-08", "USD"): D("123456.889")}
    current: Slice = bench.lake.pin().slices[0]
    lines = bench.ask(
        "SELECT x_SourceFile, x_SourceLine FROM {c} ORDER BY 1", c=current.charges_path
    )
    assert lines == [(0, 1), (1, 1)]
    record = bench.lake.raw_record(current, 1, 1)
    assert (record["cost"], record["only_b"]) == ("123456.789", "b")


def test_columns_that_differ_by_case_alone_are_kept_apart(bench: Bench) -> None:
    write_bill(
        bench.bills / "2026-08/a.csv",
        [[*row("2026-08-01", "1", team="web"), "shadow"]],
        header=[*HEADER, "TEAM"],
    )
    assert bench.one().status == "loaded"
    (current,) = bench.lake.pin().slices
    assert bench.ask("SELECT Tags FROM {c}", c=current.charges_path) == [({"team": "web"},)]
    record = bench.lake.raw_record(current, 0, 1)
    assert (record["team"], record["TEAM"]) == ("web", "shadow")


def test_files_with_different_headers_are_aligned_by_name(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    reordered = list(reversed(HEADER))
    write_bill(
        bench.bills / "2026-08/b.csv", [list(reversed(row("2026-08-02", "2")))], header=reordered
    )
    write_bill(bench.bills / "2026-08/c.csv", [row("2026-08-03", "4")[:-1]], header=HEADER[:-1])
    assert bench.one().status == "loaded"
    assert billed(bench.lake) == {("2026-08", "USD"): D(7)}
