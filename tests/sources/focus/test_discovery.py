"""Which files are one feed, and what a folder of FOCUS offers."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.sources.contract import SourceError
from outlay.sources.focus import Focus, FocusOptions
from outlay.sources.loose import HalfWrittenError
from outlay.sources.transports.file import FileTransport
from tests.contract.ledger import Ledger
from tests.contract.sample import Line
from tests.sources.focus.bills import ROW, csv_bytes
from tests.sources.focus.sample import focus_row, write
from tests.sources.places import Place

SOURCE = Focus()
BILL = csv_bytes([ROW])
AWS_BILL = csv_bytes([ROW | {"x_Discounts": "", "x_ServiceCode": "AmazonEC2"}])
OTHER = b"lineItem/UnblendedCost,lineItem/UsageStartDate\n1,2\n"


def feeds(place: Place) -> list[tuple[str, str]]:
    found = SOURCE.recognise(place, place.list())
    assert found == SOURCE.recognise(place, place.list())
    return [(feed.name, feed.root) for feed in found]


def test_a_folder_of_focus_alone_is_one_feed() -> None:
    place = Place({"a/1.csv": BILL, "b/2.csv": BILL, "readme.txt": b"x"})
    assert [root for _, root in feeds(place)] == [""]


def test_among_other_bills_a_folder_or_a_file_is_a_feed() -> None:
    place = Place(
        {"saas/1.csv": BILL, "saas/2.csv": BILL, "mix/x-1.0.csv": BILL, "mix/cur.csv": OTHER}
    )
    assert feeds(place) == [("x-1.0", "mix/x-1.0.csv"), ("saas", "saas")]


def test_bills_of_aws_are_left_to_their_own_source() -> None:
    assert feeds(Place({"a.csv": AWS_BILL})) == []


def test_a_bill_without_its_cost_column_is_still_recognised_so_that_the_error_names_it() -> None:
    assert feeds(Place({"bill.csv": csv_bytes([ROW], without=["BilledCost"])}))


def test_parts_of_one_folder_are_read_once() -> None:
    place = Place({f"part-{number}.csv": BILL for number in range(50)})
    assert len(feeds(place)) == 1
    assert place.opened == ["part-0.csv"]


def test_the_evidence_names_the_version() -> None:
    place = Place({"bill.csv": BILL})
    (feed,) = SOURCE.recognise(place, place.list())
    assert feed.evidence == "the first row has 20 FOCUS columns of version 1.0"
    assert feed.kind == "focus"


def test_one_delivery_of_all_files_whose_rows_tell_the_period() -> None:
    place = Place({"a/1.csv": BILL, "a/2.csv": BILL, "b/3.csv": BILL})
    (delivery,) = SOURCE.deliveries(place, FocusOptions(), "a")
    assert delivery.billing_period is None
    assert [file.path for file in delivery.files] == ["a/1.csv", "a/2.csv"]


def test_an_empty_location_says_what_was_expected() -> None:
    with pytest.raises(SourceError, match=r"no bill file at memory.*/x; expected FOCUS files"):
        SOURCE.deliveries(Place({"a.csv": BILL}), FocusOptions(), "x")


def test_a_file_of_another_kind_is_named() -> None:
    with pytest.raises(SourceError, match=r"b\.csv is not FOCUS: its first row has lineItem/Unbl"):
        SOURCE.deliveries(Place({"a.csv": BILL, "b.csv": OTHER}), FocusOptions())


def manifest(submitted: str) -> bytes:
    return json.dumps({"runInfo": {"submittedTime": submitted}}).encode()


def test_of_an_azure_period_the_newest_run_counts() -> None:
    place = Place(
        {
            "e/20261001-20261031/old/manifest.json": manifest("2026-10-02T00:00:00Z"),
            "e/20261001-20261031/old/part_0.csv": BILL,
            "e/20261001-20261031/old/part_1.csv": BILL,
            "e/20261001-20261031/new/manifest.json": manifest("2026-10-03T00:00:00Z"),
            "e/20261001-20261031/new/part_0.csv": BILL,
            "e/20260901-20260930/run/manifest.json": manifest("2026-09-03T00:00:00Z"),
            "e/20260901-20260930/run/part_0.csv": BILL,
        }
    )
    (delivery,) = SOURCE.deliveries(place, FocusOptions())
    assert [file.path for file in delivery.files] == [
        "e/20260901-20260930/run/part_0.csv",
        "e/20261001-20261031/new/part_0.csv",
    ]
    assert delivery.notes == (
        "run e/20261001-20261031/old is older than another of its period: left out",
    )


def test_two_runs_without_manifests_are_refused_rather_than_added() -> None:
    place = Place({f"20261001-20261031/{run}/part_0.csv": BILL for run in ("a", "b")})
    with pytest.raises(SourceError, match=r"20261001-20261031 holds 2 runs of one period \(a, b\)"):
        SOURCE.deliveries(place, FocusOptions())


def test_a_half_written_export_may_be_tried_again() -> None:
    assert HalfWrittenError.retryable
    assert not SourceError.retryable


def test_json_is_read_in_any_stringing_and_other_documents_are_left_out(tmp_path: Path) -> None:
    rows = [focus_row(Line("0.1234567890123456789")), focus_row(Line("-2E-7"))]
    texts = {
        "lines.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "array.json": json.dumps(rows, indent=1),
        "objects.json": "".join(json.dumps(row, indent=1) for row in rows),
    }
    ledger = Ledger(tmp_path / "lake")
    for name, text in texts.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_text(text)
        (folder / "notes.json").write_text('{"about": "this bill"}')
        (outcome,) = ledger.load(name.partition(".")[0], folder)
        assert outcome.status == "loaded", outcome.message
        sums = ledger.sums(name.partition(".")[0], "2026-10", "Tags['team']", "BilledCost")
        assert sums == {"search": Decimal("0.1234565890123456789")}


def test_one_table_in_two_packings_is_refused(tmp_path: Path) -> None:
    for format in ("csv", "json"):
        write(tmp_path, [Line("1")], format)
    with pytest.raises(SourceError, match="one table in 2 packings"):
        Focus().deliveries(FileTransport(str(tmp_path)), FocusOptions())
