"""Exports of several tables: which files they are, what is one feed, what was collected."""

import io
import json

import pytest

from outlay.money import BillingPeriod
from outlay.sources.collected import collected_periods
from outlay.sources.contract import SourceError
from outlay.sources.databricks.tables import table_of
from outlay.sources.loose import HalfWrittenError
from outlay.sources.records import table_records
from outlay.sources.services import service_columns, services_of
from outlay.sources.tables import feed_roots, one_format, table_files
from tests.sources.places import Place

USAGE = b"sku_name,usage_quantity,usage_start_time,usage_end_time\n"
PRICES = b"sku_name,price_start_time,currency_code\n"
USAGE_JSON = b'{"sku_name":"","usage_quantity":"","usage_start_time":"","usage_end_time":""}\n'


def roots(place: Place) -> list[str]:
    files = place.list()
    return feed_roots(files, table_files(place, files, table_of))


def test_tables_in_folders_beside_each_other_are_one_feed() -> None:
    assert roots(Place({"usage/1.csv": USAGE, "prices/list.csv": PRICES})) == [""]
    assert roots(Place({"dbx/u.jsonl": USAGE_JSON, "dbx/list_prices.csv": PRICES})) == [""]


def test_a_strangers_table_keeps_feeds_to_their_folders() -> None:
    place = Place(
        {"a/u.csv": USAGE, "a/p.csv": PRICES, "b/u.csv": USAGE, "other.csv": b"x,y\n1,2\n"}
    )
    assert roots(place) == ["a", "b"]


def test_a_location_that_is_a_file_has_it_as_root() -> None:
    assert roots(Place({"u.csv": USAGE})) == ["u.csv"]


def test_the_columns_of_many_parts_are_read_once() -> None:
    place = Place({f"usage-{part}.csv": USAGE for part in range(40)})
    assert len(table_files(place, place.list(), table_of)) == 40
    assert len(place.opened) == 1


def test_a_few_files_that_differ_by_digits_may_be_a_table_each() -> None:
    place = Place({"1.csv": USAGE, "2.csv": PRICES, "3.csv": b"x,y\n1,2\n"})
    found = table_files(place, place.list(), table_of)
    assert [one.table for one in found] == ["usage", "list_prices"]


def test_of_one_table_in_several_formats_text_is_read() -> None:
    place = Place(
        {"u.csv": USAGE, "u.jsonl": USAGE_JSON, "u2.csv": USAGE, "account_prices.csv": PRICES}
    )
    kept, notes = one_format(table_files(place, place.list(), table_of))
    assert [(one.file.path, one.table) for one in kept] == [
        ("account_prices.csv", "account_prices"),
        ("u.jsonl", "usage"),
        ("u2.csv", "usage"),
    ]
    assert notes == ["u.csv is u.jsonl in another format: left out"]


def manifest(*pages: str) -> bytes:
    return json.dumps({"collected_at": "2026-11-01T00:00:00", "pages": pages}).encode()


def test_collected_months_are_those_with_a_manifest_of_ours() -> None:
    place = Place(
        {
            "2026-10/manifest.json": manifest("usage-00001.jsonl"),
            "2026-10/usage-00001.jsonl": USAGE_JSON,
            "2026-10/stale.jsonl": USAGE_JSON,
            "2026-09/manifest.json": b'{"runInfo": {}}',
            "notes/manifest.json": manifest(),
        }
    )
    (found,) = collected_periods(place, place.list())
    assert found.period == BillingPeriod(2026, 10)
    assert [file.path for file in found.files] == ["2026-10/usage-00001.jsonl"]
    assert found.version == "2026-11-01T00:00:00"


def test_a_collected_month_without_one_of_its_pages_is_half_written() -> None:
    place = Place({"2026-10/manifest.json": manifest("usage-00001.jsonl")})
    with pytest.raises(HalfWrittenError, match="names 2026-10/usage-00001.jsonl"):
        collected_periods(place, place.list())
    broken = Place({"2026-10/manifest.json": b"{"})
    with pytest.raises(SourceError, match="no valid JSON"):
        collected_periods(broken, broken.list())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("u.jsonl", b'{"a": 1.50}\n{"a": 2}\n'),
        ("u.json", b'[{"a": 1.50}, {"a": 2}]'),
        ("u.json", b'{"a": 1.50}\n{"a": 2}\n'),
    ],
)
def test_rows_in_json_keep_their_numbers_as_written(name: str, text: bytes) -> None:
    assert list(table_records(io.BytesIO(text), name)) == [{"a": "1.50"}, {"a": 2}]


def test_a_list_of_anything_else_is_refused() -> None:
    with pytest.raises(SourceError, match="record 1, is no JSON object"):
        list(table_records(io.BytesIO(b"[1]"), "u.json"))


def test_services_are_named_by_the_vocabulary_or_by_their_own_words() -> None:
    found = services_of("Snowflake", ["WAREHOUSE_METERING", "SOMETHING_NEW"])
    assert found["WAREHOUSE_METERING"] == ("Virtual Warehouses", "Databases", "Data Warehouses")
    assert found["SOMETHING_NEW"][0] == "Something New"
    assert service_columns("c", {}, "Snowflake")["ServiceName"] == "'Snowflake'"
