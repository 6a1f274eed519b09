"""CSV as vendors write it: broken rows are named, broken files change nothing."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from tests.lake.bill import HEADER, billed, row, write_bill
from tests.lake.conftest import Bench

D = Decimal
HEAD = ",".join(HEADER).encode() + b"\n"


def _line(day: str, cost: str, service: bytes = b"Compute") -> bytes:
    return b"%s,a1,%s,r1,Usage,%s,USD,web\n" % (day.encode(), service, cost.encode())


def _write(path: Path, *pieces: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(pieces))
    return path


def test_broken_rows_are_rejected_by_record_and_the_others_keep_their_numbers(
    bench: Bench,
) -> None:
    _write(
        bench.bills / "2026-08/a.csv",
        HEAD,
        _line("2026-08-01", "1", b'"two\nlines"'),
        b"2026-08-02,too,few\n",
        _line("2026-08-03", "2"),
        _line("2026-08-04", "4").strip() + b",one,more\n",
        _line("2026-08-05", "8", b"caf\xe9"),
        _line("2026-08-06", "16", b'"a "quote" inside"'),
        _line("2026-08-07", "32"),
    )
    # The header's sample decides the encoding; a later stray byte must not.
    outcome = bench.one(max_rejected=D(1))
    assert outcome.record is not None
    if outcome.record.notes:  # the whole file is the sample: it is read as Latin-1
        assert outcome.record.notes == ("2026-08/a.csv is not UTF-8: read as latin-1",)
        assert outcome.record.proof.rows_rejected == 3
        assert billed(bench.lake) == {("2026-08", "USD"): D(1 + 2 + 8 + 32)}
    broken = [(r.line, r.reason.split(":")[0]) for r in outcome.record.rejects_sample]
    assert (2, "too few cells") in broken
    assert (4, "too many cells") in broken
    assert (6, "a quote inside a quoted cell") in broken
    current = bench.lake.pin().slices[0]
    numbers = bench.ask(
        "SELECT x_SourceLine, CAST(BilledCost AS INTEGER) FROM {c} ORDER BY 1",
        c=current.charges_path,
    )
    assert numbers == [(1, 1), (3, 2), (5, 8), (7, 32)]
    for number, cost in numbers:
        assert bench.lake.raw_record(current, 0, number)["cost"] == str(cost)


def test_a_stray_byte_far_down_rejects_its_row_alone(bench: Bench) -> None:
    good = [_line("2026-08-01", "1") for _ in range(40_000)]
    _write(bench.bills / "2026-08/a.csv", HEAD, *good, _line("2026-08-02", "7", b"caf\xe9"))
    outcome = bench.one()
    assert outcome.status == "held"
    assert outcome.record is not None
    assert [(r.line, r.reason.split(":")[0]) for r in outcome.record.rejects_sample] == [
        (40_001, "no valid UTF-8")
    ]
    assert outcome.record.proof.reconciled


@pytest.mark.parametrize("cut", [8, 40, 400])
def test_a_truncated_gzip_changes_nothing(bench: Bench, cut: int) -> None:
    folder = bench.bills / "2026-08"
    write_bill(folder / "a.csv", [row("2026-08-01", "1")])
    bench.one()
    (folder / "a.csv").unlink()
    whole = gzip.compress(
        HEAD + b"".join(_line("2026-08-02", f"{n}.{n * 7919 % 9973}") for n in range(500))
    )
    (folder / "b.csv.gz").write_bytes(whole[:-cut])
    outcome = bench.one()
    assert outcome.status == "failed"
    assert "b.csv.gz" in outcome.message
    assert billed(bench.lake) == {("2026-08", "USD"): D(1)}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (HEAD, "no rows"),
        (b"{}", "no table"),
        (HEAD + b'2026-08-01,a1,"never closed,r1,Usage,1,USD,web\n' * 3, "quote"),
    ],
)
def test_a_file_that_is_no_bill_fails_by_name(bench: Bench, content: bytes, words: str) -> None:
    _write(bench.bills / "2026-08/a.csv", content)
    outcome = bench.one()
    assert outcome.status in ("failed", "held")
    if outcome.status == "failed":
        assert words in outcome.message
        assert "2026-08/a.csv" in outcome.message
    assert bench.lake.pin().slices == ()


def test_a_zip_cut_short_fails(bench: Bench) -> None:
    _write(bench.bills / "2026-08/a.zip", b"PK\x03\x04 not really an archive")
    outcome = bench.one()
    assert outcome.status == "failed"
    assert "cut short or damaged" in outcome.message


def test_empty_cells_are_null_and_the_word_null_is_a_text(bench: Bench) -> None:
    _write(
        bench.bills / "2026-08/a.csv",
        HEAD,
        b'2026-08-01,,"",NULL,Usage,1,USD,\n',
    )
    assert bench.one().status == "loaded"
    (current,) = bench.lake.pin().slices
    assert bench.ask(
        "SELECT SubAccountId, ServiceName IS NULL OR ServiceName = '', ResourceId, Tags FROM {c}",
        c=current.charges_path,
    ) == [(None, True, "NULL", None)]
    assert bench.lake.raw_record(current, 0, 1)["account"] is None


def test_byte_order_mark_semicolons_and_crlf(bench: Bench) -> None:
    text = ";".join(HEADER) + "\r\n" + "2026-08-01;a1;S;r;Usage;1,5;USD;\r\n"
    _write(bench.bills / "2026-08/a.csv", b"\xef\xbb\xbf", text.replace("1,5", "1.5").encode())
    assert bench.one().status == "loaded"
    assert billed(bench.lake) == {("2026-08", "USD"): D("1.5")}
    assert bench.lake.raw_record(bench.lake.pin().slices[0], 0, 1)["day"] == "2026-08-01"


def test_blank_lines_are_no_records(bench: Bench) -> None:
    _write(
        bench.bills / "2026-08/a.csv",
        HEAD,
        _line("2026-08-01", "1"),
        b"\n\n",
        b"too,few\n",
        b"\n",
        _line("2026-08-02", "2"),
    )
    assert bench.one(max_rejected=D(1)).status == "loaded"
    current = bench.lake.pin().slices[0]
    numbers = bench.ask(
        "SELECT x_SourceLine, CAST(BilledCost AS INTEGER) FROM {c} ORDER BY 1",
        c=current.charges_path,
    )
    for number, cost in numbers:
        assert bench.lake.raw_record(current, 0, number)["cost"] == str(cost)
    assert current.delivery.rejects_sample[0].line == 2


def test_parquet_beside_csv_is_read_with_it_row_by_row(bench: Bench) -> None:
    write_bill(bench.bills / "2026-08/a.csv", [row("2026-08-01", "1")])
    bench.ask(f"COPY (SELECT 1 AS cost) TO '{bench.bills}/2026-08/b.parquet'")
    outcome = bench.one(max_rejected=Decimal("0.5"))
    assert outcome.status == "loaded"
    assert outcome.record is not None
    assert outcome.record.proof.rows_read == 2
    (rejected,) = outcome.record.rejects_sample
    assert (rejected.file, rejected.line) == ("2026-08/b.parquet", 1)
