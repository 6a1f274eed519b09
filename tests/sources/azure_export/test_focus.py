"""Azure's FOCUS exports: data versions, placeholders, case, and what Azure does otherwise."""

from decimal import Decimal

import pytest

from tests.sources.azure_export.books import Sheet
from tests.sources.azure_export.exports import RESERVATION, VM
from tests.sources.focus.bills import ROW

AZURE = ROW | {
    "ProviderName": "Microsoft",
    "PublisherName": "Microsoft",
    "InvoiceIssuerName": "Microsoft",
    "ServiceName": "Virtual Machines",
    "ResourceId": VM,
    "ResourceName": "VM-1",
    "ResourceType": "Virtual machine",
    "CommitmentDiscountId": "",
    "CommitmentDiscountName": "",
    "CommitmentDiscountStatus": "",
    "SkuId": "sku",
    "SkuMeter": "D4s v5",
    "x_SkuMeterCategory": "Virtual Machines",
    "x_SkuMeterSubcategory": "Dsv5 Series",
    "x_SkuMeterId": "meter-1",
    "x_BilledCostInUsd": "-2",
    "x_SkuPartNumber": "AAA-1",
    "x_BillingExchangeRate": "0.9",
}


def test_placeholders_are_no_values_in_texts_and_stay_in_amounts(sheet: Sheet) -> None:
    sheet.rows(
        [
            AZURE
            | {"BilledCost": "-2", "EffectiveCost": "-2", "ListCost": "-2", "ContractedCost": "-2"}
            | {"SkuId": "-2", "RegionName": "Unassigned", "x_SkuPartNumber": "-2"}
        ]
    )
    assert sheet.one(
        "BilledCost, SkuId, RegionName, x_SkuPartNumber, x_BilledCostInUsd, x_BillingExchangeRate"
    ) == (Decimal(-2), None, None, None, "-2", "0.9")


def test_ids_are_in_lower_case_and_meters_have_the_reports_names(sheet: Sheet) -> None:
    sheet.rows([AZURE])
    assert sheet.one(
        "ResourceId, ResourceName, x_MeterCategory, x_MeterSubcategory, x_MeterName, x_MeterId, "
        "ServiceProviderName"
    ) == (
        VM.lower(), "vm-1", "Virtual Machines", "Dsv5 Series", "D4s v5", "meter-1", "Microsoft",
    )  # fmt: skip


def test_the_purchase_of_a_commitment_and_its_unused_part(sheet: Sheet) -> None:
    bare = AZURE | {"ResourceId": "", "ResourceName": "", "CommitmentDiscountId": RESERVATION}
    bare |= {"CommitmentDiscountName": "VM_RI", "PricingCategory": "Committed"}
    sheet.rows(
        [
            bare | {"ChargeCategory": "Purchase"},
            bare | {"ChargeCategory": "Usage", "CommitmentDiscountStatus": "Unused"},
        ]
    )
    assert sheet.ask("ResourceId, ResourceName, PricingCategory") == [
        (RESERVATION.lower(), "VM_RI", "Standard"),
        (RESERVATION.lower(), "VM_RI", "Committed"),
    ]


def test_a_row_without_a_service_is_azures(sheet: Sheet) -> None:
    sheet.rows([AZURE | {"ServiceName": "", "ServiceCategory": "", "ChargeCategory": "Adjustment"}])
    assert sheet.one("ServiceName, ServiceCategory") == ("Azure", "Other")


@pytest.mark.parametrize(
    ("dropped", "times", "version"),
    [
        (("BillingAccountType", "SubAccountType", "InvoiceId"), "2026-10-05T00:00Z", "1.1"),
        ((), "2026-10-05T00:00:00Z", "1.2"),
    ],
    ids=["before 1.2", "1.2"],
)
def test_data_versions(
    sheet: Sheet, dropped: tuple[str, ...], times: str, version: str
) -> None:  # fmt: skip
    newer = {"BillingAccountType": "Billing Profile", "SubAccountType": "Subscription"}
    row = (
        AZURE | newer | {"InvoiceId": "G1", "ChargePeriodStart": times, "x_SkuMeterName": "D4s v5"}
    )
    sheet.rows([{name: value for name, value in row.items() if name not in dropped}])
    day = "strftime(ChargePeriodStart, '%d')"
    assert sheet.one(f"x_FocusVersion, {day}, SkuMeter, x_MeterName") == (
        version, "05", "D4s v5", "D4s v5",
    )  # fmt: skip


def test_versions_side_by_side_in_one_delivery(sheet: Sheet) -> None:
    old = {name: value for name, value in AZURE.items() if name != "x_SkuPartNumber"}
    sheet.rows([old], [AZURE])
    assert [row[0] for row in sheet.ask("x_SkuPartNumber")] == [None, "AAA-1"]
