"""Which files are the bill: legacy assemblies, overwritten reports, exports, loose files."""

import io
import zipfile
from pathlib import Path

import pytest

from outlay.sources.aws_cur import AwsCur
from outlay.sources.contract import Delivery, Feed, SourceError
from outlay.sources.detect import detect
from outlay.sources.transports import open_transport
from tests.sources.aws_cur.bills import csv_bytes, line, write, write_json, write_parquet

BILL = csv_bytes([line()])


def deliveries(location: Path, root: str = "") -> list[Delivery]:
    return AwsCur().deliveries(open_transport(str(location)), AwsCur.Options(), root)


def listed(location: Path, root: str = "") -> list[tuple[str, str, list[str]]]:
    """(period, version, paths) of each delivery."""
    return [
        (str(found.billing_period), found.version, [file.path for file in found.files])
        for found in deliveries(location, root)
    ]


def feeds(location: Path) -> list[tuple[str, str, str]]:
    return [(feed.kind, feed.name, feed.root) for feed in detect(open_transport(str(location)))]


def manifest(assembly: str, *keys: str, month: str = "08") -> dict[str, object]:
    following = f"{int(month) + 1:02d}"
    return {
        "assemblyId": assembly,
        "reportName": "acme",
        "billingPeriod": {"start": f"2026{month}01T000000.000Z", "end": f"2026{following}01T0Z"},
        "reportKeys": list(keys),
    }


def write_assembly(report: Path, assembly: str, *, parts: int = 1, current: bool = True) -> None:
    """One assembly of August under <report>, keys as the bucket has them."""
    month = "20260801-20260901"
    keys = [f"reports/acme/{month}/{assembly}/acme-{n}.csv.gz" for n in range(1, parts + 1)]
    for number in range(1, parts + 1):
        write(report / month / assembly / f"acme-{number}.csv.gz", BILL)
    content = manifest(assembly, *keys)
    write_json(report / month / assembly / "acme-Manifest.json", content)
    if current:
        write_json(report / month / "acme-Manifest.json", content)


def test_only_the_assembly_that_the_upper_manifest_names(tmp_path: Path) -> None:
    write_assembly(tmp_path / "acme", "old-1", parts=3)
    write_assembly(tmp_path / "acme", "new-2", parts=2)
    write_assembly(tmp_path / "acme", "newer-3", current=False)  # being written
    month = "acme/20260801-20260901"
    expected = [f"{month}/new-2/acme-1.csv.gz", f"{month}/new-2/acme-2.csv.gz"]
    assert feeds(tmp_path) == [("aws-cur", "acme", "acme")]
    assert listed(tmp_path, "acme") == [("2026-08", "new-2", expected)]


@pytest.mark.parametrize("inside", ["acme", "acme/20260801-20260901"])
def test_the_location_may_begin_anywhere_in_the_report(tmp_path: Path, inside: str) -> None:
    write_assembly(tmp_path / "acme", "old-1")
    write_assembly(tmp_path / "acme", "new-2")
    ((_, version, (path,)),) = listed(tmp_path / inside)
    assert version == "new-2"
    assert path.endswith("new-2/acme-1.csv.gz")


def test_one_assembly_alone_is_read_by_its_own_manifest(tmp_path: Path) -> None:
    write_assembly(tmp_path / "acme", "old-1")
    location = tmp_path / "acme/20260801-20260901/old-1"
    assert listed(location) == [("2026-08", "old-1", ["acme-1.csv.gz"])]


def test_two_assemblies_without_the_upper_manifest_are_refused(tmp_path: Path) -> None:
    write_assembly(tmp_path / "acme", "a-1", current=False)
    write_assembly(tmp_path / "acme", "b-2", current=False)
    with pytest.raises(SourceError, match="both manifests of 2026-08.*which assembly is current"):
        deliveries(tmp_path)


def test_an_overwritten_report_has_no_assembly_folder(tmp_path: Path) -> None:
    for month, name in (("08", "20260801-20260901"), ("09", "20260901-20261001")):
        write(tmp_path / "acme" / name / "acme-1.csv.gz", BILL)
        key = f"reports/acme/{name}/acme-1.csv.gz"
        content = manifest("x", key, month=month)
        write_json(tmp_path / "acme" / name / "acme-Manifest.json", content)
    # a part of an earlier, longer run
    write(tmp_path / "acme/20260801-20260901/acme-2.csv.gz", BILL)
    assert listed(tmp_path) == [
        ("2026-08", "x", ["acme/20260801-20260901/acme-1.csv.gz"]),
        ("2026-09", "x", ["acme/20260901-20261001/acme-1.csv.gz"]),
    ]


def test_the_layout_for_athena(tmp_path: Path) -> None:
    """Parquet lies apart from the manifests, by year and month."""
    for year in ("2025", "2026"):
        path = f"acme/acme/year={year}/month=8/acme-00001.snappy.parquet"
        write_parquet(tmp_path / path, [line()])
    key = "reports/acme/acme/year=2026/month=8/acme-00001.snappy.parquet"
    write_json(tmp_path / "acme/20260801-20260901/acme-Manifest.json", manifest("x", key))
    expected = "acme/acme/year=2026/month=8/acme-00001.snappy.parquet"
    assert feeds(tmp_path) == [("aws-cur", "acme", "acme")]
    assert listed(tmp_path, "acme") == [("2026-08", "x", [expected])]


def test_a_missing_part_is_a_half_written_report_and_no_other_assembly_takes_its_place(
    tmp_path: Path,
) -> None:
    write_assembly(tmp_path / "acme", "old-1")
    write_assembly(tmp_path / "acme", "new-2")
    (tmp_path / "acme/20260801-20260901/new-2/acme-1.csv.gz").unlink()
    with pytest.raises(SourceError, match="half-written report: .*new-2/acme-1.csv.gz") as caught:
        deliveries(tmp_path)
    assert caught.value.retryable


def test_a_period_without_a_manifest_is_half_written(tmp_path: Path) -> None:
    write_assembly(tmp_path / "acme", "a-1")
    write(tmp_path / "acme/20260901-20261001/b-2/acme-1.csv.gz", BILL)
    with pytest.raises(SourceError, match="files of 20260901-20261001 but no acme-Manifest"):
        deliveries(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"assemblyId": "a', "is no whole JSON"),
        (b'{"assemblyId": "a"}', "names no report files"),
        (b"[]", "expected a JSON object"),
    ],
)
def test_a_manifest_that_cannot_be_read(tmp_path: Path, content: bytes, message: str) -> None:
    write_assembly(tmp_path / "acme", "a-1")
    write(tmp_path / "acme/20260801-20260901/acme-Manifest.json", content)
    with pytest.raises(SourceError, match=message):
        deliveries(tmp_path)


def export_manifest(folder: Path, *files: str, run: str = "run-1") -> None:
    keys = [f"s3://bills/exports/{file}" for file in files]
    content = {"exportName": "acme2", "executionId": run, "dataFiles": keys}
    write_json(folder / "acme2-Manifest.json", content)


def test_an_export_that_overwrites(tmp_path: Path) -> None:
    data = "acme2/data/BILLING_PERIOD=2026-08"
    for part in ("00001", "00002"):  # the second is stale: the run has one part
        write_parquet(tmp_path / data / f"acme2-{part}.snappy.parquet", [line()])
    export_manifest(
        tmp_path / "acme2/metadata/BILLING_PERIOD=2026-08", f"{data}/acme2-00001.snappy.parquet"
    )
    assert feeds(tmp_path) == [("aws-cur", "acme2", "acme2")]
    (found,) = deliveries(tmp_path, "acme2")
    assert [file.path for file in found.files] == [f"{data}/acme2-00001.snappy.parquet"]
    assert (str(found.billing_period), found.version) == ("2026-08", "run-1")
    assert "1 files of 2026-08 are not in the manifest" in found.notes[0]


def test_an_export_that_keeps_every_run(tmp_path: Path) -> None:
    meta, data = (f"acme2/{name}/BILLING_PERIOD=2026-08" for name in ("metadata", "data"))
    for run in ("20260901T000000Z-a", "20260902T000000Z-b"):
        write(tmp_path / data / run / "acme2-00001.csv.gz", BILL)
        export_manifest(tmp_path / meta / run, f"{data}/{run}/acme2-00001.csv.gz", run=run)
    newest = "20260902T000000Z-b"
    export_manifest(tmp_path / meta, f"{data}/{newest}/acme2-00001.csv.gz", run=newest)
    assert listed(tmp_path) == [("2026-08", newest, [f"{data}/{newest}/acme2-00001.csv.gz"])]


def test_an_exports_period_without_a_manifest_is_half_written(tmp_path: Path) -> None:
    data = "acme2/data/BILLING_PERIOD=2026-0"
    write(tmp_path / f"{data}8/acme2-00001.csv.gz", BILL)
    write(tmp_path / f"{data}9/acme2-00001.csv.gz", BILL)
    export_manifest(
        tmp_path / "acme2/metadata/BILLING_PERIOD=2026-08", f"{data}8/acme2-00001.csv.gz"
    )
    with pytest.raises(SourceError, match="files of 2026-09 but no manifest"):
        deliveries(tmp_path)


def test_two_reports_at_one_location_are_two_sources(tmp_path: Path) -> None:
    write_assembly(tmp_path / "one", "a-1")
    write_assembly(tmp_path / "two", "b-1")
    assert feeds(tmp_path) == [("aws-cur", "acme", "one"), ("aws-cur", "acme", "two")]
    with pytest.raises(SourceError, match=r"holds 2 reports \(one, two\); a source is one report"):
        deliveries(tmp_path)
    assert len(deliveries(tmp_path, "one")) == 1


def test_loose_files_are_one_delivery_whose_rows_say_the_period(tmp_path: Path) -> None:
    write(tmp_path / "august.csv", BILL)
    write(tmp_path / "september.csv.gz", BILL)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("october.csv", BILL)
    write(tmp_path / "october.zip", archive.getvalue())
    (found,) = deliveries(tmp_path)
    assert found.billing_period is None
    names = ["august.csv", "october.zip", "september.csv.gz"]
    assert [file.path for file in found.files] == names


def test_a_file_is_recognised_by_its_header_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path / "bill.csv", BILL)
    (feed,) = detect(open_transport(str(tmp_path / "bill.csv")))
    columns = "lineItem/LineItemType, lineItem/UsageStartDate, lineItem/UnblendedCost"
    evidence = f"columns {columns} of a Cost and Usage Report"
    assert feed == Feed("aws-cur", "bill", "bill.csv", evidence, 80)


def test_a_report_that_lacks_its_cost_is_still_a_report(tmp_path: Path) -> None:
    """So that the error is about the missing column and not about an unknown file."""
    columns = [name for name in line() if name != "lineItem/UnblendedCost"]
    write(tmp_path / "bill.csv", csv_bytes([line()], columns))
    assert [feed.kind for feed in detect(open_transport(str(tmp_path)))] == ["aws-cur"]


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "bill.csv", b"BilledCost,ChargePeriodStart,x\n1,2,3\n")
    with pytest.raises(SourceError, match="no Cost and Usage Report: its columns begin with B"):
        deliveries(tmp_path)


def test_runs_side_by_side_without_a_manifest_are_refused(tmp_path: Path) -> None:
    for assembly in ("a-1", "b-2"):
        write(tmp_path / "20260801-20260901" / assembly / "acme-1.csv.gz", BILL)
    with pytest.raises(SourceError, match="2 runs of one period"):
        deliveries(tmp_path)


def test_an_empty_location(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no bill at"):
        deliveries(tmp_path)
