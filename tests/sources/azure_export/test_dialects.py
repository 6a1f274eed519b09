"""Spellings of headers, dates, tags, units, regions and currencies that Azure has written."""

import io
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import pytest

from outlay.sources.azure_export.columns import SYNONYMS, fold, known, looks_like_azure
from outlay.sources.azure_export.regions import region_id, region_name
from outlay.sources.azure_export.units import unit_of
from outlay.sources.contract import SourceError
from outlay.sources.tabular import read_header
from tests.sources.azure_export.books import Sheet, notes
from tests.sources.azure_export.exports import (
    EA,
    GERMAN,
    MCA,
    PAYG,
    SUBSCRIPTION,
    VM,
    csv_bytes,
    line,
)

EA_2021 = {
    {"CostInBillingCurrency": "Cost", "BillingCurrencyCode": "BillingCurrency",
     "ProductName": "Product", "InvoiceSectionName": "InvoiceSection"}.get(name, name): value
    for name, value in EA.items()
}  # fmt: skip


def test_no_spelling_means_two_columns() -> None:
    folded = [fold(name) for names in SYNONYMS.values() for name in names]
    assert len(folded) == len(set(folded))
    assert known("BILLING_CURRENCY_CODE") == ("Currency", 0)
    assert known("Kategorie der Verbrauchseinheit (MeterCategory)") == ("MeterCategory", 0)
    assert known("somethingElse") is None


@pytest.mark.parametrize(
    "row",
    [EA_2021, {name.lower(): value for name, value in EA.items()}],
    ids=["EA of 2021", "lower case"],
)
def test_dialects_of_an_enterprise_agreement(sheet: Sheet, row: Mapping[str, str]) -> None:
    sheet.rows([row])
    assert sheet.one(
        "BilledCost, BillingCurrency, ChargeDescription, x_InvoiceSectionName, BillingAccountId, "
        "BillingAccountType, SubAccountId, Tags['team'], x_MeterName, x_InstanceType"
    ) == (
        Decimal(2), "EUR", "Virtual Machines Dsv5 Series - D4s v5", "Shop", "7654321",
        "Billing Account", f"/subscriptions/{SUBSCRIPTION}", "checkout", "D4s v5",
        "Standard_D4s_v5",
    )  # fmt: skip


@pytest.mark.parametrize(
    "row", [PAYG, {GERMAN.get(name, name): value for name, value in PAYG.items()}],
    ids=["English", "German"],
)  # fmt: skip
def test_pay_as_you_go_in_two_languages(sheet: Sheet, row: Mapping[str, str]) -> None:
    outcome = sheet.rows([row])
    assert sheet.one(
        "BilledCost, BillingCurrency, ServiceName, RegionId, BillingAccountId, BillingAccountType, "
        "BillingPeriodStart, BillingPeriodEnd, ChargePeriodStart, ResourceType"
    ) == (
        Decimal("0.075"), "USD", "Load Balancer", "westeurope",
        f"/subscriptions/{SUBSCRIPTION}", "Subscription", datetime(2026, 10, 1),
        datetime(2026, 11, 1), datetime(2026, 10, 5), "microsoft.network/loadbalancers",
    )  # fmt: skip
    assert "calendar months" in notes(outcome)


def test_latin_1_and_semicolons_with_german_headers(sheet: Sheet) -> None:
    row = {GERMAN.get(name, name): value for name, value in PAYG.items()}
    text = csv_bytes([row]).decode().replace(",", ";")
    header = read_header(io.BytesIO(text.encode("latin-1")), "kosten.csv")
    assert header.encoding == "latin-1"
    assert looks_like_azure(header.columns)
    sheet.files({"kosten.csv": text.encode()})
    assert sheet.sums()[0] == Decimal("0.075")


def test_mca_bills_the_profile_and_keeps_prices_rate_and_both_currencies(sheet: Sheet) -> None:
    sheet.rows([line(MCA)])
    assert sheet.one(
        "BillingAccountId, BillingAccountName, BillingAccountType, x_BillingAccountId, InvoiceId"
    ) == (
        "KEST-RELX-BG7-PGB", "Kestrel Europe", "Billing Profile", "aaaa:bbbb_2019-05-31", "G0099",
    )  # fmt: skip
    assert sheet.one(
        "BillingCurrency, PricingCurrency, BilledCost, ListCost, ContractedUnitPrice, "
        "ListUnitPrice, PricingCurrencyContractedUnitPrice, PricingCurrencyListUnitPrice, "
        "PricingCurrencyEffectiveCost, x_BillingExchangeRate, x_BillingExchangeRateDate"
    ) == (
        "EUR", "USD", Decimal("1.8"), Decimal("2.25"), Decimal("0.18"), Decimal("0.225"),
        Decimal("0.2"), Decimal("0.25"), Decimal(2), "0.9", "2026-10-01",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["CostInBillingCurrency", "Date", "BillingCurrencyCode"])
def test_a_file_without_cost_date_or_currency_is_refused_by_that_name(
    sheet: Sheet, name: str
) -> None:
    row = {key: value for key, value in EA.items() if key != name}
    own = known(name)
    assert own is not None
    with pytest.raises(SourceError, match=f"has no column {SYNONYMS[own[0]][0]},"):
        sheet.rows([row])


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (("10/05/2026", "10/25/2026"), (5, 25)),
        (("5/10/2026", "25/10/2026"), (5, 25)),
        (("2026-10-05", "2026-10-25"), (5, 25)),
        (("2026-10-05T00:00:00Z", "2026-10-25T00:00:00.0000000Z"), (5, 25)),
        (("10/5/26", "10/6/26"), (5, 6)),
    ],
)
def test_dates_are_read_by_the_files_order(
    sheet: Sheet, texts: tuple[str, str], days: tuple[int, int]
) -> None:
    no_period = {"BillingPeriodStartDate": "", "BillingPeriodEndDate": ""}
    sheet.rows([line(**no_period, Date=text) for text in texts])
    assert sheet.ask("ChargePeriodStart, ChargePeriodEnd") == [
        (datetime(2026, 10, day), datetime(2026, 10, day + 1)) for day in days
    ]


def test_the_billing_period_tells_the_order_and_the_option_overrules(sheet: Sheet) -> None:
    row = line(Date="1/2/2026", BillingPeriodStartDate="1/2/2026", BillingPeriodEndDate="")
    sheet.rows([row | {"Date": "2/2/2026"}], date_format="day-first")
    assert sheet.one("BillingPeriodStart, ChargePeriodStart") == (
        datetime(2026, 2, 1), datetime(2026, 2, 2),
    )  # fmt: skip


def test_a_file_that_mixes_orders_is_refused(sheet: Sheet) -> None:
    with pytest.raises(SourceError, match="both as month/day/year and as day/month/year"):
        sheet.rows([line(Date="25/10/2026"), line(Date="10/25/2026")])


@pytest.mark.parametrize(
    "tags",
    [
        '"team": "check, out","env": "prod"',
        '{"team": "check, out","env": "prod"}',
        '"{""team"": ""check, out"", ""env"": ""prod""}"',
        '"{\\"team\\": \\"check, out\\", \\"env\\": \\"prod\\"}"',
        '"team": "check, out","env": "prod",',
    ],
)
def test_tags_in_every_form(sheet: Sheet, tags: str) -> None:
    sheet.rows([line(Tags=tags)])
    assert sheet.one("Tags") == ({"team": "check, out", "env": "prod"},)


def test_tags_that_cannot_be_read_are_counted(sheet: Sheet) -> None:
    outcome = sheet.rows([line(Tags="{team: checkout}"), line(Tags="")])
    assert "1 lines have tags that are no list" in notes(outcome)


def test_ids_that_differ_by_case_are_one_resource(sheet: Sheet) -> None:
    sheet.rows([line(), line(ResourceId=VM.upper(), ResourceName="VM-1", ResourceGroup="RG-SHOP")])
    both = sheet.ask("ResourceId, ResourceName, x_ResourceGroupName, ResourceType")
    assert both == [(VM.lower(), "vm-1", "rg-shop", "microsoft.compute/virtualmachines")] * 2


@pytest.mark.parametrize(
    ("text", "block", "single", "share"),
    [
        ("1 Hour", 1, "Hours", "1"),
        ("100 Hours", 100, "Hours", "0.01"),
        ("10K", 10_000, "Units", "0.0001"),
        ("1M", 1_000_000, "Units", "0.000001"),
        ("1 GB/Month", 1, "GB/Month", "1"),
        ("10 GB", 10, "GB", "0.1"),
        ("1/Month", 1, "Months", "1"),
        ("1 /Month", 1, "Months", "1"),
        ("3 Days", 3, "Days", None),
        ("1K Tokens", 1000, "Tokens", "0.001"),
        ("", 1, "Units", "1"),
        ("0 Unassigned", 1, "0 Unassigned", "1"),
    ],
)
def test_units(text: str, block: int, single: str, share: str | None) -> None:
    unit = unit_of(text)
    assert (unit.block, unit.single, unit.share) == (block, single, share)


def test_a_price_per_block_and_a_quantity_in_single_units(sheet: Sheet) -> None:
    sheet.rows([line(UnitOfMeasure="100 Hours", UnitPrice="20", PayGPrice="25")])
    assert sheet.one(
        "PricingQuantity, PricingUnit, ContractedUnitPrice, ListCost, ConsumedQuantity, "
        "ConsumedUnit, x_PricingBlockSize"
    ) == (Decimal("0.1"), "100 Hours", Decimal(20), Decimal("2.5"), Decimal(10), "Hours", "100")


def test_a_quantity_that_counts_blocks(sheet: Sheet) -> None:
    outcome = sheet.rows([line(UnitOfMeasure="10K", MeterCategory="Storage")])
    assert sheet.one("PricingQuantity, PricingUnit, ContractedUnitPrice, ConsumedUnit") == (
        Decimal(10), "10K", Decimal("0.2"), "10K",
    )  # fmt: skip
    assert "10K count whole blocks" in notes(outcome)


@pytest.mark.parametrize("text", ["US East 2", "EastUS2", "eastus2", "East US 2"])
def test_regions_in_every_spelling(text: str) -> None:
    assert (region_id(text), region_name(text)) == ("eastus2", "East US 2")


def test_placeholders_are_no_values_but_an_amount_may_be_minus_two(sheet: Sheet) -> None:
    sheet.rows([line(MeterSubCategory="Unassigned", Term="-2", CostInBillingCurrency="-2")])
    assert sheet.one("x_MeterSubcategory, x_Term, BilledCost") == (None, None, Decimal(-2))


def test_scientific_notation_and_a_byte_order_mark(sheet: Sheet) -> None:
    rows = [line(CostInBillingCurrency="5.64902E-05"), line(CostInBillingCurrency="-0")]
    sheet.files({"bill.csv": csv_bytes(rows, "utf-8-sig")})
    assert sheet.sums()[0] == Decimal("0.0000564902")


def test_a_code_that_is_no_currency_stays_and_the_option_names_it(sheet: Sheet) -> None:
    outcome = sheet.rows([line(BillingCurrencyCode="MC")])
    assert sheet.one("BillingCurrency") == ("MC",)
    assert "MC, which is no currency" in notes(outcome)
    outcome = sheet.rows([line(BillingCurrencyCode="MC")], currency="CAD")
    assert sheet.one("BillingCurrency") == ("CAD",)


def test_a_day_that_is_none_rejects_the_line_by_name(sheet: Sheet) -> None:
    lifted = sheet.rows([line(), line(Date="soon")])
    assert lifted.rejected == {"Date is empty or no date": 1}


def test_capacity_reservations(sheet: Sheet) -> None:
    group = VM.replace("virtualMachines/vm-1", "capacityReservationGroups/g")
    info = '{"VMCapacityReservationId": "/Capacity/R1", "ServiceType": "Standard_D4s_v5"}'
    sheet.rows([line(), line(AdditionalInfo=info), line(AdditionalInfo=info, ResourceId=group)])
    assert sheet.ask("CapacityReservationId, CapacityReservationStatus") == [
        (None, None), ("/capacity/r1", "Used"), ("/capacity/r1", "Unused"),
    ]  # fmt: skip
