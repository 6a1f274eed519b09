"""AWS data exports: only the run that the manifest names, whole or not at all."""

import pytest

from outlay.money import BillingPeriod
from outlay.sources.aws_focus import AwsFocus, AwsFocusOptions
from outlay.sources.contract import Delivery, SourceError
from outlay.sources.loose import HalfWrittenError
from tests.sources.aws_focus.exports import BILL, BUCKET, executed, manifest, overwritten
from tests.sources.focus.bills import ROW, csv_bytes
from tests.sources.places import Place

SOURCE = AwsFocus()


def offered(files: dict[str, bytes], root: str = "") -> list[Delivery]:
    return SOURCE.deliveries(Place(files), AwsFocusOptions(), root)


def test_one_delivery_a_period_oldest_first() -> None:
    found = offered(overwritten("2026-10") | overwritten("2026-09", parts=2))
    assert [(str(run.billing_period), len(run.files), run.version) for run in found] == [
        ("2026-09", 2, "run-1"),
        ("2026-10", 1, "run-1"),
    ]


def test_parts_of_a_longer_earlier_run_are_left_out_with_a_note() -> None:
    (run,) = offered(overwritten("2026-10", parts=3, named=1))
    assert [file.path for file in run.files] == ["acme/data/BILLING_PERIOD=2026-10/acme-00001.csv"]
    assert run.notes[0].startswith("2 files of 2026-10 are not in the manifest and left out")


def test_of_several_execution_folders_the_manifests_counts() -> None:
    (run,) = offered(executed("2026-10", "20261002T0-a", "20261003T0-b"))
    assert [file.path.split("/")[-2] for file in run.files] == ["20261003T0-b"]
    assert run.version == "20261003T0-b"
    assert "1 files of 2026-10 are not in the manifest" in run.notes[0]


def test_without_an_upper_manifest_the_newest_run_is_taken_and_said() -> None:
    (run,) = offered(executed("2026-10", "20261003T0-b", "20261002T0-a", upper=False))
    assert run.version == "20261003T0-b"
    assert "the newest run by name is taken" in run.notes[-1]


@pytest.mark.parametrize(
    "key",
    [
        f"{BUCKET}/acme/data/BILLING_PERIOD=2026-10/acme-1.csv",
        "acme/data/BILLING_PERIOD=2026-10/acme-1.csv",
        {"s3Uri": f"{BUCKET}/acme/data/BILLING_PERIOD=2026-10/acme-1.csv", "size": len(BILL)},
        {"key": "acme/data/BILLING_PERIOD=2026-10/acme-1.csv"},
    ],
)
@pytest.mark.parametrize("above", ["", "acme/", "exports/acme/"])
def test_keys_are_found_wherever_the_location_begins(
    key: str | dict[str, object], above: str
) -> None:
    files = {
        f"{above}data/BILLING_PERIOD=2026-10/acme-1.csv": BILL,
        f"{above}metadata/BILLING_PERIOD=2026-10/acme-Manifest.json": manifest(key),
    }
    (run,) = offered(files)
    assert run.billing_period == BillingPeriod(2026, 10)
    assert [file.path for file in run.files] == [f"{above}data/BILLING_PERIOD=2026-10/acme-1.csv"]


def test_a_missing_part_is_a_half_written_export() -> None:
    files = overwritten("2026-10", parts=2)
    del files["acme/data/BILLING_PERIOD=2026-10/acme-00002.csv"]
    with pytest.raises(HalfWrittenError, match=r"names s3://.*acme-00002\.csv, which is not there"):
        offered(files)


def test_a_part_of_another_size_is_a_half_written_export() -> None:
    path = "acme/data/BILLING_PERIOD=2026-10/acme-1.csv"
    files = {
        path: BILL,
        "acme/metadata/BILLING_PERIOD=2026-10/acme-Manifest.json": manifest(
            {"s3Uri": f"{BUCKET}/{path}", "size": 1}
        ),
    }
    with pytest.raises(HalfWrittenError, match=rf"{len(BILL)} bytes, .* says 1\."):
        offered(files)


def test_a_period_without_manifest_beside_others_is_half_written() -> None:
    files = overwritten("2026-09") | {"acme/data/BILLING_PERIOD=2026-10/acme-1.csv": BILL}
    with pytest.raises(HalfWrittenError, match="has files of 2026-10 but no manifest"):
        offered(files)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"dataFiles": [', "is no whole JSON"),
        (b"[]", "is no manifest of AWS Data Exports"),
        (b'{"dataFiles": []}', "names no data files"),
        (b'{"dataFiles": [1]}', "in a way that is not known: 1"),
    ],
)
def test_a_manifest_that_is_none(text: bytes, message: str) -> None:
    files = overwritten("2026-10")
    files["acme/metadata/BILLING_PERIOD=2026-10/acme-Manifest.json"] = text
    with pytest.raises(SourceError, match=message):
        offered(files)


def test_two_exports_are_two_sources() -> None:
    other = {
        path.replace("acme/", "other/", 1): text for path, text in overwritten("2026-10").items()
    }
    files = overwritten("2026-10") | other
    with pytest.raises(SourceError, match=r"holds 2 exports \(acme, other\)"):
        offered(files)
    assert len(offered(files, "acme")) == 1
    place = Place(files)
    assert [feed.root for feed in SOURCE.recognise(place, place.list())] == ["acme", "other"]


def test_loose_files_are_one_delivery() -> None:
    place = Place({"x/BILLING_PERIOD=2026-10/a.csv": BILL, "x/BILLING_PERIOD=2026-09/a.csv": BILL})
    (feed,) = SOURCE.recognise(place, place.list())
    assert (feed.root, feed.score) == ("", 80)
    (run,) = SOURCE.deliveries(place, AwsFocusOptions())
    assert run.billing_period is None
    assert len(run.files) == 2
    assert "no manifest" in run.notes[0]


def test_runs_without_any_manifest_are_refused_rather_than_added() -> None:
    files = {f"BILLING_PERIOD=2026-10/{run}/a.csv": BILL for run in ("a", "b")}
    with pytest.raises(SourceError, match="holds 2 runs of one period"):
        offered(files)


def test_recognised_by_manifests_even_where_the_exports_sql_dropped_awss_columns() -> None:
    files = overwritten("2026-10")
    files["acme/data/BILLING_PERIOD=2026-10/acme-00001.csv"] = csv_bytes([ROW])
    place = Place(files)
    (feed,) = SOURCE.recognise(place, place.list())
    assert (feed.kind, feed.name, feed.root, feed.score) == ("aws-focus", "acme", "acme", 100)
    assert feed.evidence.startswith("manifests of 1 billing periods, and the first row has")


def test_an_export_of_another_table_is_not_claimed() -> None:
    cur = b"line_item_unblended_cost,line_item_usage_start_date\n1,2\n"
    files = overwritten("2026-10")
    files["acme/data/BILLING_PERIOD=2026-10/acme-00001.csv"] = cur
    place = Place(files)
    assert SOURCE.recognise(place, place.list()) == []
    with pytest.raises(SourceError, match="is not FOCUS"):
        SOURCE.deliveries(place, AwsFocusOptions())


def test_nothing_there() -> None:
    with pytest.raises(SourceError, match="there is no bill at memory"):
        offered({"notes.txt": b"x", "more.txt": b"y"})
