"""Runs with manifests: the newest of a period, whole or not at all, and no bill twice."""

import json

import pytest

from outlay.money import BillingPeriod
from outlay.sources.azure_export import AzureExport, AzureExportOptions
from outlay.sources.contract import Delivery, SourceError
from outlay.sources.loose import HalfWrittenError
from tests.sources.azure_export.exports import (
    EA,
    PERIOD,
    actual_rows,
    both_reports,
    csv_bytes,
    line,
    run,
)
from tests.sources.focus.bills import ROW
from tests.sources.places import Place

SOURCE = AzureExport()
BILL = csv_bytes(actual_rows())
FOCUS = csv_bytes([ROW | {"x_SkuMeterId": "m", "x_BilledCostInUsd": "1"}])
SEPTEMBER = ("2026-09-01", "2026-09-30")


def offered(files: dict[str, bytes], root: str = "", **options: object) -> list[Delivery]:
    chosen = AzureExportOptions.model_validate(options)
    return SOURCE.deliveries(Place(files), chosen, root)


def paths(delivery: Delivery) -> list[str]:
    return [file.path for file in delivery.files]


def test_an_actual_and_an_amortized_export_are_one_bill() -> None:
    place = Place(both_reports("exports/"))
    (feed,) = SOURCE.recognise(place, place.list())
    assert (feed.kind, feed.name, feed.root, feed.score) == (
        "azure-export", "kestrel", "exports", 100,
    )  # fmt: skip
    (delivery,) = SOURCE.deliveries(place, AzureExportOptions(), feed.root)
    assert delivery.billing_period == BillingPeriod(2026, 10)
    assert paths(delivery) == [
        f"exports/actual/{PERIOD}/r1/part_0_0001.csv",
        f"exports/amortized/{PERIOD}/r2/part_0_0001.csv",
    ]
    assert (delivery.stated.rows, delivery.version) == (6, "r1 + r2")


def test_one_export_alone() -> None:
    files = run(f"{PERIOD}/r1", BILL, BILL) | run("20260901-20260930/r0", BILL, days=SEPTEMBER)
    place = Place(files)
    (feed,) = SOURCE.recognise(place, place.list())
    assert (feed.name, feed.root) == ("kestrel-actual", "")
    assert [(str(d.billing_period), len(d.files)) for d in offered(files)] == [
        ("2026-09", 1), ("2026-10", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("between", ["", "202610020800/"])
def test_of_the_month_to_date_runs_the_newest_submitted_counts(between: str) -> None:
    files = run(f"e/{PERIOD}/{between}zz", BILL, submitted="2026-10-03T08:00:00Z")
    files |= run(f"e/{PERIOD}/aa", BILL, submitted="2026-10-04T08:00:00.1234567Z")
    (delivery,) = offered(files)
    assert paths(delivery) == [f"e/{PERIOD}/aa/part_0_0001.csv"]
    assert "1 older runs of 2026-10 are left out" in delivery.notes[0]


def test_a_run_outside_a_periods_folder_goes_by_its_manifest() -> None:
    files = run("e/20260901-20260930/r1", BILL, days=SEPTEMBER, name="e")
    files |= run("e/snapshot/current", BILL, name="e")
    assert [str(d.billing_period) for d in offered(files)] == ["2026-09", "2026-10"]
    alone = {path.strip("/"): content for path, content in run("", BILL).items()}
    assert paths(offered(alone)[0]) == ["part_0_0001.csv"]


def test_names_that_lead_into_a_container_are_found() -> None:
    files = run(f"e/{PERIOD}/r1", BILL)
    manifest = json.loads(files[f"e/{PERIOD}/r1/manifest.json"])
    for name in ("part_0_0001.csv", f"bills/root/e/{PERIOD}/r1/part_0_0001.csv"):
        manifest["blobs"][0]["blobName"] = name
        files[f"e/{PERIOD}/r1/manifest.json"] = json.dumps(manifest).encode()
        assert paths(offered(files)[0]) == [f"e/{PERIOD}/r1/part_0_0001.csv"]


def test_parts_of_a_longer_run_before_are_left_out() -> None:
    files = run(f"e/{PERIOD}/r1", BILL) | {f"e/{PERIOD}/r1/part_1_0001.csv": BILL}
    (delivery,) = offered(files)
    assert len(delivery.files) == 1
    assert "1 parts that no manifest names" in delivery.notes[0]


def test_a_missing_part_is_half_written() -> None:
    files = run(f"e/{PERIOD}/r1", BILL, BILL)
    del files[f"e/{PERIOD}/r1/part_1_0001.csv"]
    with pytest.raises(HalfWrittenError, match=r"names e/.*part_1_0001\.csv, which is not there"):
        offered(files)


def test_a_part_of_another_size_is_half_written() -> None:
    files = run(f"e/{PERIOD}/r1", BILL)
    files[f"e/{PERIOD}/r1/part_0_0001.csv"] = BILL[:-5]
    with pytest.raises(HalfWrittenError, match=f"manifest.json says {len(BILL)}"):
        offered(files)


@pytest.mark.parametrize("text", [None, b'{"blobs": ['])
def test_a_run_without_a_whole_manifest_is_half_written(text: bytes | None) -> None:
    files = run(f"e/{PERIOD}/r1", BILL)
    name = f"e/{PERIOD}/r1/manifest.json"
    files = {path: content for path, content in files.items() if path != name}
    if text is not None:
        files[name] = text
    place = Place(files)
    (feed,) = SOURCE.recognise(place, place.list())
    with pytest.raises(HalfWrittenError, match="has parts but no whole manifest"):
        SOURCE.deliveries(place, AzureExportOptions(), feed.root)


def test_a_run_being_written_beside_a_whole_one_is_left_out_and_told() -> None:
    files = run(f"e/{PERIOD}/r1", BILL) | {f"e/{PERIOD}/r2/part_0_0001.csv": BILL}
    (delivery,) = offered(files)
    assert delivery.version == "r1"
    assert "1 runs without a whole manifest are left out" in delivery.notes[0]


def test_a_new_month_being_written_holds_the_export_back() -> None:
    files = run("e/20260901-20260930/r1", BILL, days=SEPTEMBER)
    files |= {f"e/{PERIOD}/r2/part_0_0001.csv": BILL}
    with pytest.raises(HalfWrittenError, match="20261001-20261031/r2 has parts"):
        offered(files)


def test_both_reports_and_focus_are_refused_until_one_is_named() -> None:
    files = both_reports() | run(f"focus/{PERIOD}/r3", FOCUS, type="FocusCost")
    place = Place(files)
    (feed,) = SOURCE.recognise(place, place.list())
    assert feed.root == ""
    with pytest.raises(SourceError) as caught:
        SOURCE.deliveries(place, AzureExportOptions())
    said = str(caught.value)
    assert "more than one bill of 2026-10" in said
    assert "  focus: FOCUS of 7654321" in said
    assert "exports=actual,amortized" in said
    assert [paths(d)[0] for d in offered(files, exports="focus")] == [
        f"focus/{PERIOD}/r3/part_0_0001.csv"
    ]
    assert len(offered(files, exports=["actual", "kestrel-amortized"])[0].files) == 2
    with pytest.raises(SourceError, match="no export 'oops' at .* are actual, amortized, focus"):
        offered(files, exports="oops")


def test_two_exports_of_one_kind_are_refused() -> None:
    files = run(f"one/{PERIOD}/r1", BILL, name="one") | run(f"two/{PERIOD}/r1", BILL, name="two")
    with pytest.raises(SourceError, match="more than one bill of 2026-10"):
        offered(files)


def test_an_export_that_took_over_from_another_goes_on_with_it() -> None:
    files = both_reports()
    september = run("focus/20260901-20260930/r0", FOCUS, type="FocusCost", days=SEPTEMBER)
    assert [len(d.files) for d in offered(files | september)] == [1, 2]


def test_exports_of_two_scopes_are_two_bills() -> None:
    files = run(f"one/{PERIOD}/r1", BILL) | run(f"two/{PERIOD}/r1", BILL, scope="/subscriptions/x")
    place = Place(files)
    assert [feed.root for feed in SOURCE.recognise(place, place.list())] == ["one", "two"]
    with pytest.raises(SourceError, match="more than one bill"):
        offered(files)


def test_a_run_of_the_last_seven_days_is_refused() -> None:
    files = run("e/20261008-20261014/r1", BILL, days=("2026-10-08", "2026-10-14"))
    with pytest.raises(SourceError, match="must begin on the first of a month"):
        offered(files)


def test_a_run_of_several_months_is_cut_by_its_rows() -> None:
    files = run("e/20260901-20261031/r1", BILL, days=("2026-09-01", "2026-10-31"))
    assert [d.billing_period for d in offered(files)] == [None]


def test_a_month_without_rows_is_told_and_not_waited_for() -> None:
    files = run("e/20260901-20260930/r0", days=SEPTEMBER) | run(f"e/{PERIOD}/r1", BILL)
    (delivery,) = offered(files)
    assert "2026-09 say that they have no rows" in delivery.notes[-1]


def test_a_manifest_that_says_too_little_is_told_when_it_is_read() -> None:
    files = run("e/r1", BILL)
    manifest = json.loads(files["e/r1/manifest.json"])
    del manifest["runInfo"]["startDate"]
    files["e/r1/manifest.json"] = json.dumps(manifest).encode()
    place = Place(files)
    (feed,) = SOURCE.recognise(place, place.list())
    with pytest.raises(SourceError, match="does not say which days its run covers"):
        SOURCE.deliveries(place, AzureExportOptions(), feed.root)


def test_price_sheets_beside_are_left_alone() -> None:
    files = run(f"e/{PERIOD}/r1", BILL)
    files |= run("prices/20261001-20261031/r1", b"MeterId,Price\n1,2\n", type="PriceSheet")
    (delivery,) = offered(files)
    assert paths(delivery) == [f"e/{PERIOD}/r1/part_0_0001.csv"]


def test_exports_from_before_manifests() -> None:
    old = f"e/{PERIOD}/e_0f3c.csv"
    place = Place({old: BILL})
    (feed,) = SOURCE.recognise(place, place.list())
    assert feed.score == 80
    assert paths(offered({old: BILL})[0]) == [old]
    with pytest.raises(SourceError, match="holds 2 exports of one period"):
        offered({old: BILL, f"e/{PERIOD}/e_77ab.csv": BILL})


def test_what_is_no_azure_export() -> None:
    people = Place({"people.csv": b"name,birthday\n", "manifest.json": b"{}"})
    assert SOURCE.recognise(people, people.list()) == []
    with pytest.raises(SourceError, match="is no Azure cost export: its columns begin with name"):
        SOURCE.deliveries(people, AzureExportOptions())
    with pytest.raises(SourceError, match="there is no bill at"):
        offered({"a.txt": b"x", "b.txt": b"y"})


def test_a_file_that_lacks_its_cost_is_still_taken_for_azures() -> None:
    bare = csv_bytes([{k: v for k, v in line(EA).items() if k != "CostInBillingCurrency"}])
    place = Place({"bill.csv": bare})
    assert [feed.kind for feed in SOURCE.recognise(place, place.list())] == ["azure-export"]


def test_the_wanted_columns_are_those_that_mean_something() -> None:
    assert SOURCE.wanted(["Date", "Whatever", "Menge (Quantity)"]) == ["Date", "Menge (Quantity)"]
    assert SOURCE.wanted(list(ROW)) == list(ROW)


@pytest.mark.parametrize("option", [{"currency": "MC"}, {"date_format": "odd"}, {"x": 1}])
def test_options_that_are_none(option: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        AzureExportOptions.model_validate(option)
