"""Rows of 1.0 to 1.3 become 1.4 by rules, and nothing that they said is lost."""

from typing import Any

import duckdb
import pytest

from outlay.focus.lift import Vocabulary, is_marketplace, lift
from outlay.focus.schema import CURRENT
from outlay.focus.sql import quoted


def lifted(row: dict[str, str], words: Vocabulary | None = None) -> dict[str, Any]:
    """One row (column → SQL literal) lifted; its own words are taken if none are given."""
    with duckdb.connect() as connection:
        values = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in row.items())
        connection.execute(f"CREATE TABLE raw AS SELECT {values}")
        if words is None:
            own = connection.execute("SELECT * FROM raw").fetchone()
            assert own is not None
            cells = dict(zip(row, own, strict=True))
            pair = (cells.get("ProviderName"), cells.get("PublisherName"))
            currency = cells.get("PricingCurrency")
            words = Vocabulary((pair,) if all(pair) else (), (currency,) if currency else ())  # type: ignore[arg-type]
        columns = lift({name: quoted(name) for name in row}, words)
        selected = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
        cursor = connection.execute(f"SELECT {selected} FROM raw")
        found = cursor.fetchone()
        assert found is not None
        return dict(zip(columns, found, strict=True))


@pytest.mark.parametrize(
    ("provider", "publisher", "marketplace"),
    [
        ("AWS", "AWS", False),
        ("AWS", "Amazon Web Services, Inc.", False),
        ("Microsoft Azure", "Microsoft", False),
        ("Microsoft", "Microsoft Corporation", False),
        ("Google Cloud", "Google", False),
        ("OCI", "Oracle", False),
        ("ACME Corp.", "acme", False),
        ("Snowflake Inc.", "Snowflake, Inc", False),
        ("AWS", "Acme Security Vendor Inc.", True),
        ("Microsoft", "Contoso Software Ltd", True),
        ("Google Cloud", "Datadog via Marketplace", True),
        ("OCI", "Acme Security", True),
    ],
)
def test_a_marketplace_row_is_sold_by_another_company(
    provider: str, publisher: str, marketplace: bool
) -> None:
    assert is_marketplace(provider, publisher) is marketplace


def test_a_direct_row_is_sold_and_hosted_by_its_provider() -> None:
    row = lifted({"ProviderName": "'AWS'", "PublisherName": "'Amazon Web Services, Inc.'"})
    assert (row["ServiceProviderName"], row["HostProviderName"]) == ("AWS", "AWS")
    assert row["x_ProviderName"] == "AWS"
    assert row["x_PublisherName"] == "Amazon Web Services, Inc."


def test_a_marketplace_row_is_sold_by_its_publisher() -> None:
    row = lifted({"ProviderName": "'AWS'", "PublisherName": "'Datadog'"})
    assert (row["ServiceProviderName"], row["HostProviderName"]) == ("Datadog", "Datadog")


def test_what_1_3_states_wins() -> None:
    row = lifted(
        {
            "ProviderName": "'Google Cloud'",
            "PublisherName": "'Datadog'",
            "ServiceProviderName": "'Datadog, Inc.'",
            "HostProviderName": "'Google Cloud'",
        }
    )
    assert row["ServiceProviderName"] == "Datadog, Inc."
    assert row["HostProviderName"] == "Google Cloud"


def test_a_null_of_1_3_is_filled_from_the_older_columns() -> None:
    row = lifted(
        {
            "ProviderName": "'AWS'",
            "PublisherName": "NULL::VARCHAR",
            "ServiceProviderName": "NULL::VARCHAR",
        }
    )
    assert (row["ServiceProviderName"], row["HostProviderName"]) == ("AWS", "AWS")


def test_keys_of_contract_applied_are_spelled_as_in_1_4() -> None:
    old = '{"Elements": [{"ContractID": "c", "ContractCommitmentID": "k"}]}'
    assert lifted({"ContractApplied": f"'{old}'"})["ContractApplied"] == (
        '{"Elements": [{"ContractId": "c", "ContractCommitmentId": "k"}]}'
    )


def test_a_virtual_currency_gives_way_to_money_and_is_kept_beside() -> None:
    money = "::DECIMAL(38,21)"
    row = lifted(
        {
            "BillingCurrency": "'USD'",
            "PricingCurrency": "'Token'",
            "EffectiveCost": f"'490'{money}",
            "ListUnitPrice": f"'2'{money}",
            "PricingCurrencyEffectiveCost": f"'245'{money}",
            "PricingCurrencyListUnitPrice": f"'1'{money}",
        }
    )
    assert row["PricingCurrency"] == "USD"
    assert row["PricingCurrencyEffectiveCost"] == 490
    assert row["PricingCurrencyListUnitPrice"] == 2
    assert row["EffectiveCost"] == 490
    assert row["x_PricingCurrency"] == "Token"
    assert row["x_PricingCurrencyEffectiveCost"] == "245"
    assert row["x_PricingCurrencyListUnitPrice"] == "1"


def test_a_real_pricing_currency_stays() -> None:
    row = lifted({"BillingCurrency": "'EUR'", "PricingCurrency": "'USD'"})
    assert row["PricingCurrency"] == "USD"
    assert "x_PricingCurrency" not in row


@pytest.mark.parametrize(
    ("subcategory", "status"),
    [("Used Commitment", "Used"), ("Unused Commitment", "Unused"), ("On-Demand", None)],
)
def test_1_0_preview_told_the_commitments_state_in_the_subcategory(
    subcategory: str, status: str | None
) -> None:
    row = lifted({"ChargeSubcategory": f"'{subcategory}'"})
    assert row["CommitmentDiscountStatus"] == status


def test_all_columns_of_1_4_are_there_with_their_types() -> None:
    row = lifted({"BilledCost": "'1'::DECIMAL(38,21)"})
    assert list(row)[: len(CURRENT)] == list(CURRENT)
    assert row["BilledCost"] == 1
    assert all(row[name] is None for name in CURRENT if name != "BilledCost")
