"""The FOCUS columns against the fact sheet, and versions told from headers."""

import csv

import pytest

from outlay.focus.schema import (
    COLUMNS,
    CURRENT,
    MANDATORY,
    REMOVED,
    SERVICE_CATEGORIES,
    SUBCATEGORY_PARENTS,
    VERSIONS,
    charges_schema,
    columns_of,
    focus_names,
    version_of,
)
from tests.shared import SHARED, needs_shared


def test_each_version_has_its_number_of_columns() -> None:
    assert [len(columns_of(version)) for version in VERSIONS] == [43, 50, 57, 65, 65]


def test_1_4_replaces_provider_and_publisher() -> None:
    assert REMOVED == ("ProviderName", "PublisherName")
    assert set(REMOVED) < set(columns_of("1.3"))
    assert set(columns_of("1.4")) - set(columns_of("1.3")) == {
        "CommitmentProgramEligibilityDetails",
        "InvoiceDetailId",
    }
    assert columns_of("1.4") == CURRENT == tuple(sorted(CURRENT))


def test_an_unknown_version_lists_the_known() -> None:
    with pytest.raises(ValueError, match=r"'2\.0'; known are 1\.0, 1\.1, 1\.2, 1\.3, 1\.4"):
        columns_of("2.0")


def test_every_subcategory_has_one_parent_and_every_category_an_other() -> None:
    listed = [sub for subs in SERVICE_CATEGORIES.values() for sub in subs]
    assert len(listed) == len(set(listed)) == len(SUBCATEGORY_PARENTS)
    for category, subs in SERVICE_CATEGORIES.items():
        assert any(sub.startswith("Other (") for sub in subs) or category == "Multicloud", category


def test_every_column_is_described_in_a_sentence() -> None:
    for column in COLUMNS.values():
        assert column.about.endswith("."), column.name
        assert len(column.about) > 20, column.name


def test_the_charges_table_keeps_money_as_decimals() -> None:
    schema = charges_schema()
    assert schema["BilledCost"] == "DECIMAL(38,21)"
    assert schema["Tags"] == "MAP(VARCHAR, VARCHAR)"
    assert schema["SkuPriceDetails"] == "VARCHAR"
    assert schema["ChargePeriodStart"] == "TIMESTAMP"
    assert list(schema)[-5:] == [
        "x_SourceName",
        "x_BillingPeriod",
        "x_SourceFile",
        "x_SourceLine",
        "x_ContextKey",
    ]


@needs_shared
def test_the_columns_are_those_of_the_fact_sheet() -> None:
    assert SHARED is not None
    with (SHARED / "reference" / "focus-columns.csv").open() as file:
        facts = {
            row["column"]: row for row in csv.DictReader(file) if row["dataset"] == "Cost and Usage"
        }
    assert set(facts) == set(COLUMNS)
    for name, fact in facts.items():
        column = COLUMNS[name]
        assert column.type.value == fact["data_type"], name
        assert column.level.value == fact["feature_level"], name
        assert column.nulls == (fact["allows_nulls"] == "true"), name
        assert column.since == fact["added_in"], name
        assert (column.removed or "") == fact["removed_in"], name
        assert (column.deprecated or "") == fact["deprecated_in"], name
        assert (column.condition or "") == fact["condition"], name
        assert set(column.allowed) == set(filter(None, fact["allowed_values"].split(";"))), name
    assert len(MANDATORY) == sum(
        row["feature_level"] == "mandatory" and not row["removed_in"] for row in facts.values()
    )


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (("BilledCost", "ProviderName"), "1.0"),
        (("BilledCost", "ProviderName", "SkuMeter"), "1.1"),
        (("BilledCost", "ProviderName", "InvoiceId"), "1.2"),
        (("BilledCost", "ProviderName", "ServiceProviderName"), "1.3"),
        (("BilledCost", "ServiceProviderName"), "1.4"),
        (("BilledCost", "InvoiceDetailId"), "1.4"),
        (("BilledCost", "Provider", "Publisher", "InvoiceIssuer"), "1.0-preview"),
        ((), "1.0"),
    ],
)
def test_a_header_tells_its_version(header: tuple[str, ...], version: str) -> None:
    assert version_of(header) == version


def test_the_full_header_of_each_version_is_recognised() -> None:
    for version in VERSIONS:
        assert version_of(columns_of(version)) == version


def test_names_are_matched_without_case_and_underscores_but_exact_ones_win() -> None:
    assert focus_names(["BILLED_COST", "billedcost", "BilledCost"]) == {"BilledCost": "BilledCost"}
    assert focus_names(["BILLED_COST", "Provider", "x_BilledCost"]) == {
        "BilledCost": "BILLED_COST",
        "ProviderName": "Provider",
    }
