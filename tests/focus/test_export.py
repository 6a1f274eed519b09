"""Exports: column order, both profiles, exact amounts, and the way back in."""

import csv
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from outlay.focus.export import export_columns, write_focus
from outlay.focus.schema import CURRENT, MANDATORY, columns_of, version_of
from tests.focus.charges import connection

OWN = {
    "x_ServiceCode": "VARCHAR",
    "x_ProviderName": "VARCHAR",
    "x_PublisherName": "VARCHAR",
    "x_PricingCurrency": "VARCHAR",
    "x_PricingCurrencyEffectiveCost": "VARCHAR",
    "x_Empty": "VARCHAR",
}
ROWS = (
    {
        "BilledCost": "'0.000000000000000000001'",
        "x_ServiceCode": "'AmazonEC2'",
        "x_ProviderName": "'AWS'",
        "x_PublisherName": "'Datadog'",
        "ServiceProviderName": "'Datadog'",
        "PricingCurrency": "'USD'",
        "PricingCurrencyEffectiveCost": "490",
        "x_PricingCurrency": "'Token'",
        "x_PricingCurrencyEffectiveCost": "'245'",
        "x_SourceName": "'aws'",
    },
)


def exported(out: Path, version: str = "1.4", format: str = "csv") -> list[dict[str, str]]:
    target = out / f"charges.{format}"
    with connection(*ROWS, **OWN) as opened:
        relation = "(SELECT * FROM charges ORDER BY x_SourceLine)"
        assert write_focus(opened, relation, target, version=version, format=format) == 2  # type: ignore[arg-type]
    with target.open() as file:
        return list(csv.DictReader(file))


def test_focus_columns_come_first_in_order_then_custom_ones(tmp_path: Path) -> None:
    header = list(exported(tmp_path)[0])
    focus = [name for name in header if not name.startswith("x_")]
    own = header[len(focus) :]
    assert focus == sorted(focus)
    assert set(MANDATORY) <= set(focus) <= set(CURRENT)
    assert own == [
        "x_PricingCurrency",
        "x_PricingCurrencyEffectiveCost",
        "x_ProviderName",
        "x_PublisherName",
        "x_ServiceCode",
        "x_SourceName",
    ]


def test_what_has_no_value_is_left_out_where_its_presence_would_promise_one(tmp_path: Path) -> None:
    header = exported(tmp_path)[0].keys()
    assert {"ChargeClass", "CommitmentDiscountId"} <= header
    assert not {"BillingAccountType", "PricingCurrencyListUnitPrice"} & header
    assert not {"x_Empty", "x_ContextKey"} & header


def test_csv_has_plain_decimals_utc_times_and_json(tmp_path: Path) -> None:
    first, second = exported(tmp_path)
    assert (first["BilledCost"], second["BilledCost"]) == ("2.5", "0.000000000000000000001")
    assert first["PricingQuantity"] == "5.0"
    assert first["BillingPeriodStart"] == "2026-10-01T00:00:00Z"
    assert first["Tags"] == '{"team":"search"}'
    assert first["ChargeClass"] == ""


def test_1_2_has_its_own_columns_and_what_lifting_moved_aside(tmp_path: Path) -> None:
    first, second = exported(tmp_path, "1.2")
    focus = {name for name in first if not name.startswith("x_")}
    assert focus <= set(columns_of("1.2"))
    assert version_of(first) == "1.2"
    assert (first["ProviderName"], first["PublisherName"]) == ("AWS", "AWS")
    assert (second["ProviderName"], second["PublisherName"]) == ("AWS", "Datadog")
    assert (second["PricingCurrency"], second["PricingCurrencyEffectiveCost"]) == ("Token", "245.0")
    assert "x_ProviderName" not in first
    assert "x_PricingCurrency" not in first


def test_parquet_keeps_every_digit(tmp_path: Path) -> None:
    target = tmp_path / "charges.parquet"
    with connection(*ROWS, **OWN) as opened:
        write_focus(opened, "charges", target)
    with duckdb.connect() as reader:
        rows = reader.execute(f"SELECT BilledCost, Tags FROM '{target}' ORDER BY 1").fetchall()
        kinds = {row[0]: row[1] for row in reader.execute(f"DESCRIBE FROM '{target}'").fetchall()}
    assert rows == [
        (Decimal("0.000000000000000000001"), '{"team":"search"}'),
        (Decimal("2.5"), '{"team":"search"}'),
    ]
    assert kinds["BilledCost"] == "DECIMAL(38,21)"
    assert kinds["ChargePeriodStart"] == "TIMESTAMP WITH TIME ZONE"


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    with connection() as opened, pytest.raises(ValueError, match=r"choose one of 1\.4, 1\.2"):
        write_focus(opened, "charges", tmp_path / "x.csv", version="1.1")  # type: ignore[arg-type]


def test_columns_can_be_listed_without_rows() -> None:
    listed = export_columns(
        "1.2", {"BilledCost": "DECIMAL(38,21)", "x_B": "VARCHAR", "x_A": "VARCHAR"}
    )
    assert listed[-2:] == ("x_A", "x_B")
    assert "ProviderName" in listed
