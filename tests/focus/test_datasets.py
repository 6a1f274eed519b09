"""Billing Period, Invoice Detail and Contract Commitment, worked out from charges."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from outlay.focus.datasets import (
    DERIVED,
    DeliveryFact,
    Ledger,
    Made,
    Stated,
    dataset,
    derive,
)
from outlay.focus.datasets.terms import moment, months_in, months_of, plus_months
from outlay.focus.export import write_charges
from outlay.focus.model import Level
from outlay.money import total
from tests.focus.charges import connection
from tests.shared import SHARED, needs_shared

TODAY = date(2026, 11, 24)
OCTOBER, SEPTEMBER = "'2026-10-01'", "'2026-09-01'"
EARLY, LATE = datetime(2026, 10, 3, 5, 0, 0, 123_456), datetime(2026, 11, 4)


def made(
    name: str,
    *rows: dict[str, str],
    deliveries: Sequence[DeliveryFact] | None = None,
    stated: Stated | None = None,
    **types: str,
) -> Made:
    """A dataset over the good row and these changes of it, all of the source `bill`."""
    own = {"x_SourceName": "'bill'", "x_BillingPeriod": OCTOBER, "InvoiceId": "'INV-1'"}
    opened = connection(*(own | row for row in rows), **types)
    opened.execute("DELETE FROM charges WHERE x_SourceName IS NULL")
    facts = deliveries or [
        DeliveryFact("bill", date(2026, month, 1), EARLY, LATE) for month in (8, 9, 10)
    ]
    return derive(Ledger.of(opened, "charges", facts, stated), name, TODAY)


def rows(found: Made) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = found.table.to_pylist()
    return listed


# --- the columns ---


@needs_shared
def test_the_columns_are_those_of_focus() -> None:
    assert SHARED is not None
    with (SHARED / "reference" / "focus-columns.csv").open(encoding="utf-8") as file:
        facts = list(csv.DictReader(file))
    for one in DERIVED:
        theirs = {row["column"]: row for row in facts if row["dataset"] == one.title}
        assert sorted(one.names) == sorted(theirs)
        assert list(one.names) == sorted(one.names)
        for column in one.columns:
            row = theirs[column.name]
            assert column.type.value == row["data_type"]
            assert column.level is Level(row["feature_level"])
            assert column.nulls == (row["allows_nulls"] == "true")
            assert list(column.allowed) == [x for x in row["allowed_values"].split(";") if x]
            assert column.since == row["added_in"]
    assert [len(one.columns) for one in DERIVED] == [6, 22, 30]


@pytest.mark.parametrize("name", [one.name for one in DERIVED])
def test_every_column_is_there_whatever_the_charges(name: str) -> None:
    found = made(name, {})
    own = [column for column in found.table.column_names if column.startswith("x_")]
    assert found.table.column_names == [*dataset(name).names, *own]


# --- billing periods ---


def status(*rows_: dict[str, str], loaded: datetime = LATE) -> str:
    facts = [DeliveryFact("bill", date(2026, 10, 1), EARLY, loaded)]
    (row,) = rows(made("billing-period", *rows_, deliveries=facts))
    return str(row["BillingPeriodStatus"])


def test_a_period_is_closed_when_it_is_over_and_all_of_it_is_invoiced() -> None:
    assert status({}, {}) == "Closed"
    assert status({}, {}, loaded=datetime(2026, 10, 31, 23)) == "Open"
    assert status({}, {"InvoiceId": "NULL"}) == "Open"
    assert status({}, {"InvoiceId": "NULL", "BilledCost": "0"}) == "Closed"
    assert status({"InvoiceId": "NULL"}) == "Open"  # a vendor that numbers no invoices


def test_a_period_of_an_issuer_is_one_record_with_its_times() -> None:
    found = made(
        "billing-period",
        {},
        {"InvoiceIssuerName": "'Other'"},
        {"x_BillingPeriod": SEPTEMBER, "BillingPeriodStart": SEPTEMBER,
         "BillingPeriodEnd": OCTOBER},
    )  # fmt: skip
    assert [(r["InvoiceIssuerName"], r["BillingPeriodStart"].month) for r in rows(found)] == [
        ("AWS", 9), ("AWS", 10), ("Other", 10),
    ]  # fmt: skip
    for row in rows(found):
        assert row["BillingPeriodCreated"] == datetime(2026, 10, 3, 5)
        assert row["BillingPeriodLastUpdated"] == LATE
    assert found.missing == ()


# --- invoice details ---

INVOICED = (
    {"BilledCost": "0.000000000000000000001", "ServiceName": "'A'"},
    {"BilledCost": "2.5", "ServiceName": "'A'"},
    {"BilledCost": "-1", "ServiceName": "'A'", "ChargeCategory": "'Credit'"},
    {"BilledCost": "7", "ServiceName": "'B'", "BillingAccountId": "'2'"},
    {"BilledCost": "3", "ServiceName": "'B'", "InvoiceId": "NULL"},
    {"BilledCost": "4", "ServiceName": "NULL", "InvoiceId": "'INV-2'"},
    {"BilledCost": "0", "ServiceName": "'C'"},
)


def test_the_records_of_an_invoice_add_up_to_its_charges() -> None:
    found = rows(made("invoice-detail", *INVOICED))
    sums: dict[str, list[Decimal]] = {}
    for row in found:
        sums.setdefault(row["InvoiceId"], []).append(row["BilledCost"])
    assert {name: total(values) for name, values in sums.items()} == {
        "INV-1": Decimal("8.500000000000000000001"),
        "INV-2": Decimal(4),
        "provisional/2026-10/1": Decimal(3),
    }
    assert sum(row["x_ChargeCount"] for row in found) == len(INVOICED)
    keys = [(row["InvoiceId"], row["InvoiceDetailId"]) for row in found]
    assert len(set(keys)) == len(keys)


def test_a_record_says_what_it_is_of() -> None:
    found = {row["InvoiceDetailId"]: row for row in rows(made("invoice-detail", *INVOICED))}
    row = found["2026-10/1/USD/Usage/A"]
    assert row["BilledCost"] == Decimal("2.500000000000000000001")
    assert row["InvoiceDetailGrain"] == '{"ServiceName":"A"}'
    assert row["InvoiceDetailDescription"] == "Usage of A, 2026-10"
    assert (row["InvoiceIssueStatus"], row["x_Provisional"]) == ("Issued", False)
    assert row["ReferenceInvoiceId"] == "INV-1"
    assert row["BillingPeriodEnd"] == datetime(2026, 11, 1)
    assert found["2026-10/1/USD/Usage"]["InvoiceDetailGrain"] is None
    open_ = next(row for row in found.values() if row["x_Provisional"])
    assert open_["InvoiceIssueStatus"] == "Open"


def test_a_line_that_the_bill_numbers_keeps_its_number() -> None:
    found = rows(
        made(
            "invoice-detail",
            {"InvoiceDetailId": "'L-1'", "ServiceName": "'A'"},
            {"InvoiceDetailId": "'L-1'", "ServiceName": "'B'", "ChargeCategory": "'Purchase'"},
            {"InvoiceDetailId": "'L-2'", "ChargeCategory": "'Tax'"},
        )
    )
    assert [(r["InvoiceDetailId"], r["ChargeCategory"], r["x_ChargeCount"]) for r in found] == [
        ("L-1", "Usage", 2), ("L-2", "Tax", 1),
    ]  # fmt: skip
    assert found[0]["InvoiceDetailGrain"] is None


def test_what_no_bill_states_is_named_and_can_be_stated() -> None:
    bare = made("invoice-detail", {})
    reasons = {one.column: (one.rows, one.reason) for one in bare.missing}
    assert reasons["PaymentTerms"][0] == 1 and "x_PaymentTerms" in reasons["PaymentTerms"][1]
    assert {"InvoiceIssueDate", "PaymentDueDate", "PaymentCurrency"} <= set(reasons)
    assert {one.column for one in bare.derived} >= {"InvoiceDetailId", "InvoiceIssueStatus"}
    assert "PaymentCurrency" not in bare.without_empty().column_names
    assert "PaymentDueDate" in bare.without_empty().column_names

    terms = {"PaymentTerms": "Net 30", "PaymentDueDays": "30", "PurchaseOrderNumber": "PO-1"}
    said = made(
        "invoice-detail",
        {"x_InvoiceIssueDate": "'2026-11-03'", "x_PaymentCurrency": "'USD'"},
        stated=Stated(invoices={"AWS": terms}),
        x_InvoiceIssueDate="VARCHAR",
        x_PaymentCurrency="VARCHAR",
    )
    (row,) = rows(said)
    assert (row["PaymentTerms"], row["PurchaseOrderNumber"]) == ("Net 30", "PO-1")
    assert row["PaymentDueDate"] == datetime(2026, 12, 3)
    assert row["PaymentCurrencyBilledCost"] == row["BilledCost"] == Decimal("2.5")
    assert said.missing == ()


def test_an_adjusting_invoice_names_the_one_it_adjusts() -> None:
    kinds = {"x_PreviousInvoiceId": "VARCHAR"}
    adjusts = {"InvoiceId": "'INV-9'", "x_PreviousInvoiceId": "'INV-1'"}
    (row,) = rows(made("invoice-detail", adjusts, **kinds))
    assert row["ReferenceInvoiceId"] == "INV-1"
    (row,) = rows(made("invoice-detail", adjusts, {"InvoiceId": "'INV-9'"}, **kinds))
    assert row["ReferenceInvoiceId"] == "INV-9"


def test_charges_name_their_record(tmp_path: Any) -> None:
    own = {"x_SourceName": "'bill'", "x_BillingPeriod": OCTOBER, "InvoiceId": "'INV-1'"}
    opened = connection(*(own | row for row in INVOICED))
    opened.execute("DELETE FROM charges WHERE x_SourceName IS NULL")
    target = tmp_path / "charges.parquet"
    write_charges(opened, "charges", target)
    facts = [DeliveryFact("bill", date(2026, 10, 1), EARLY, LATE)]
    details = derive(Ledger.of(opened, "charges", facts), "invoice-detail", TODAY)
    with duckdb.connect() as reader:
        reader.register("details", details.table)
        apart = reader.execute(
            f"SELECT c.InvoiceId, c.InvoiceDetailId, sum(c.BilledCost) - any_value(d.BilledCost) "
            f"FROM '{target}' c LEFT JOIN details d USING (InvoiceId, InvoiceDetailId) "
            "WHERE c.InvoiceId IS NOT NULL GROUP BY 1, 2"
        ).fetchall()
        unnamed = reader.execute(
            f"SELECT count(*) FROM '{target}' WHERE InvoiceId IS NULL AND InvoiceDetailId IS NULL"
        ).fetchall()
    assert len(apart) == 5 and {row[2] for row in apart} == {Decimal(0)}
    assert unnamed == [(1,)]


# --- contract commitments ---

FEE = {
    "ChargeCategory": "'Purchase'", "ChargeFrequency": "'Recurring'", "CommitmentDiscountId": "'p'",
    "CommitmentDiscountCategory": "'Spend'", "CommitmentDiscountType": "'Savings Plan'",
    "CommitmentDiscountQuantity": "24", "CommitmentDiscountUnit": "'USD'", "EffectiveCost": "0",
    "ChargePeriodStart": "'2026-10-05'", "ChargePeriodEnd": "'2026-10-06'", "BilledCost": "24",
    "ChargeDescription": "'1 year No Upfront Savings Plan'",
}  # fmt: skip
USE = {
    "CommitmentDiscountId": "'p'", "CommitmentDiscountStatus": "'Used'", "BilledCost": "0",
    "CommitmentDiscountCategory": "'Spend'", "EffectiveCost": "6", "ContractedCost": "8",
    "ChargePeriodStart": "'2026-10-07'", "ChargePeriodEnd": "'2026-10-08'",
}  # fmt: skip


# A bill, and what a person adds to it, that leave nothing unsaid.
_ELEMENT = (
    '\'{"Elements":[{"ContractId":"K","ContractCommitmentId":"K-1",'
    '"ContractCommitmentAppliedCost":2.5}]}\''
)
_SAID = {"x_InvoiceIssueDate": "'2026-11-03'", "x_PaymentCurrency": "'USD'"}
COMPLETE_TYPES = {"x_InvoiceIssueDate": "VARCHAR", "x_PaymentCurrency": "VARCHAR"}
COMPLETE: tuple[dict[str, str], ...] = (
    FEE | _SAID,
    USE | _SAID,
    _SAID,
    _SAID | {"ChargeCategory": "'Tax'"},
    _SAID | {"ChargeCategory": "'Purchase'", "ChargeFrequency": "'One-Time'",
             "BilledCost": "5000", "EffectiveCost": "0", "ContractApplied": _ELEMENT},
)  # fmt: skip
_PRICED = {"PricingCurrency": "EUR", "PricingCurrencyContractCommitmentCost": "8000"}
COMPLETE_STATED = Stated(
    invoices={
        "AWS": {"PaymentTerms": "Net 30", "PaymentDueDays": "30", "PurchaseOrderNumber": "PO-1"}
    },
    commitments={
        "p": _PRICED,
        "K": _PRICED
        | {
            "ContractCommitmentPeriodStart": "2026-01-01",
            "ContractCommitmentPeriodEnd": "2027-01-01",
            "ContractPeriodStart": "2026-01-01",
            "ContractPeriodEnd": "2027-01-01",
            "ContractCommitmentLifecycleStatus": "Active",
            "ContractCommitmentType": "Enterprise agreement",
            "ContractCommitmentDurationType": "1 Year",
        },
    },
)


def only(found: Made) -> dict[str, Any]:
    (row,) = rows(found)
    return {
        name.removeprefix("ContractCommitment"): value
        for name, value in row.items()
        if value is not None
    }


def test_a_plan_whose_first_fee_was_seen() -> None:
    row = only(made("contract-commitment", FEE, USE))
    assert row["Id"] == row["ContractId"] == "p"
    assert (row["PeriodStart"], row["PeriodEnd"]) == (datetime(2026, 10, 5), datetime(2027, 10, 5))
    assert (row["DurationType"], row["PaymentModel"]) == ("1 Year", "No Upfront")
    assert (row["PaymentInterval"], row["PaymentUpfrontPercentage"]) == ("Monthly", 0)
    # One dollar an hour for 365 days.
    assert (row["Cost"], row["Quantity"], row["Unit"]) == (8760, 8760, "USD")
    assert row["DiscountPercentage"] == Decimal("0.25")
    assert (row["LifecycleStatus"], row["Category"], row["BillingCurrency"]) == (
        "Active", "Spend", "USD",
    )  # fmt: skip
    assert (row["FulfillmentInterval"], row["Model"], row["OfferCategory"]) == (
        "Hourly", "Continuous", "Public",
    )  # fmt: skip
    assert row["Created"] == datetime(2026, 10, 3, 5) and row["LastUpdated"] == LATE


def test_a_plan_from_before_the_first_bill_has_no_start_unless_it_is_told() -> None:
    old = FEE | {"x_BillingPeriod": "'2026-08-01'", "ChargePeriodStart": "'2026-08-01'",
                 "ChargePeriodEnd": "'2026-08-02'"}  # fmt: skip
    found = made("contract-commitment", old)
    row = only(found)
    assert "PeriodStart" not in row and "Cost" not in row
    reasons = {one.column: one.reason for one in found.missing}
    assert "before the first loaded bill" in reasons["ContractCommitmentPeriodStart"]
    assert {"ContractCommitmentCost", "ContractPeriodEnd"} <= set(reasons)

    told = old | {"x_CommitmentStart": "'2025-12-15T10:30:00.000Z'",
                  "x_CommitmentEnd": "'2026-12-15T10:29:59.000Z'"}  # fmt: skip
    kinds = {"x_CommitmentStart": "VARCHAR", "x_CommitmentEnd": "VARCHAR"}
    row = only(made("contract-commitment", told, **kinds))
    assert row["PeriodStart"] == datetime(2025, 12, 15, 10, 30)
    assert row["PeriodEnd"] == datetime(2026, 12, 15, 10, 29, 59)
    assert row["DurationType"] == "1 Year"

    facts = {"ContractCommitmentPeriodStart": "2026-01-01T00:00:00Z",
             "ContractCommitmentPeriodEnd": "2027-01-01", "ContractCommitmentCost": "9000.5",
             "ContractCommitmentType": "Plan"}  # fmt: skip
    row = only(made("contract-commitment", old, stated=Stated(commitments={"p": facts})))
    assert (row["PeriodStart"], row["Cost"], row["Type"]) == (
        datetime(2026, 1, 1), Decimal("9000.5"), "Plan",
    )  # fmt: skip
    with pytest.raises(ValueError, match="'many' cannot be ContractCommitmentCost"):
        bad = Stated(commitments={"p": {"ContractCommitmentCost": "many"}})
        made("contract-commitment", old, stated=bad)


def test_a_reservation_partly_upfront() -> None:
    reserved = {"CommitmentDiscountCategory": "'Usage'", "CommitmentDiscountUnit": "'Hours'",
                "CommitmentDiscountType": "'Reserved Instance'",
                "ChargeDescription": "'reserved, 3 yr'"}  # fmt: skip
    upfront = FEE | reserved | {
        "ChargeFrequency": "'One-Time'", "BilledCost": "1000", "CommitmentDiscountQuantity": "2",
    }  # fmt: skip
    monthly = FEE | reserved | {
        "ChargePeriodStart": OCTOBER, "ChargePeriodEnd": "'2026-11-01'", "BilledCost": "74.4",
        "CommitmentDiscountQuantity": "1488",
    }  # fmt: skip
    row = only(made("contract-commitment", upfront, monthly))
    hours = (date(2029, 10, 5) - date(2026, 10, 5)).days * 24
    assert row["PaymentModel"] == "Partial Upfront"
    assert row["Cost"] == 1000 + Decimal("0.1") * hours
    assert row["Quantity"] == 2 * hours
    assert row["PaymentUpfrontPercentage"] == round(Decimal(1000) / row["Cost"], 4)
    assert row["DurationType"] == "3 Years"


def test_a_reservation_all_upfront_of_a_term_in_months() -> None:
    bought = FEE | {
        "ChargeFrequency": "'One-Time'", "BilledCost": "1111.11", "x_SkuTerm": "'36'",
        "ChargeDescription": "'Reserved VM'", "CommitmentDiscountCategory": "'Usage'",
        "CommitmentDiscountQuantity": "3", "CommitmentDiscountUnit": "'Instances'",
    }  # fmt: skip
    row = only(made("contract-commitment", bought, x_SkuTerm="VARCHAR"))
    assert (row["PaymentModel"], row["PaymentInterval"]) == ("All Upfront", "One-Time")
    assert (row["Cost"], row["PaymentUpfrontPercentage"]) == (Decimal("1111.11"), 1)
    assert (row["DurationType"], row["PeriodEnd"]) == ("3 Years", datetime(2029, 10, 5))
    assert (row["Quantity"], row["Unit"]) == (3, "Instances")


def test_a_term_that_is_over_is_expired() -> None:
    ended = FEE | {"x_CommitmentStart": "'2025-11-01'", "x_CommitmentEnd": "'2026-11-01'"}
    kinds = {"x_CommitmentStart": "VARCHAR", "x_CommitmentEnd": "VARCHAR"}
    assert only(made("contract-commitment", ended, **kinds))["LifecycleStatus"] == "Expired"


def test_contracts_that_charges_are_applied_to() -> None:
    element = (
        '\'{"Elements":[{"ContractId":"K","ContractCommitmentId":"K-1",'
        '"ContractCommitmentAppliedCost":2.5}]}\''
    )
    bought = {"ChargeCategory": "'Purchase'", "ChargeFrequency": "'One-Time'",
              "BilledCost": "5000", "EffectiveCost": "0", "ContractApplied": element,
              "ChargeDescription": "'Contract, 2 years'"}  # fmt: skip
    found = made("contract-commitment", bought, {"ContractApplied": element})
    row = only(found)
    assert (row["Id"], row["ContractId"], row["Category"]) == ("K-1", "K", "Spend")
    assert (row["BenefitCategory"], row["OfferCategory"]) == ("Entitlement", "Negotiated")
    assert (row["FulfillmentInterval"], row["Model"]) == ("Full Period", "Discontinuous")
    assert row["Cost"] == 5000 and row["DurationType"] == "2 Years"
    assert (row["PeriodStart"], row["PeriodEnd"]) == (
        datetime(2026, 10, 5), datetime(2028, 10, 5),
    )  # fmt: skip
    assert "DiscountPercentage" not in row
    assert "ContractCommitmentDiscountPercentage" not in {one.column for one in found.missing}


def test_capacity_that_a_bill_draws_on() -> None:
    kinds = {"x_ContractNumber": "VARCHAR", "x_BalanceSource": "VARCHAR"}
    drawn = {"x_ContractNumber": "'C-7'", "x_BalanceSource": "'capacity'"}
    overage = {"x_ContractNumber": "'C-7'", "x_BalanceSource": "'overage'"}
    found = made("contract-commitment", drawn, overage, **kinds)
    row = only(found)
    assert (row["Id"], row["Type"], row["Category"]) == ("C-7", "Capacity", "Spend")
    assert "ContractCommitmentCost" in {one.column for one in found.missing}


def test_commitments_without_an_id_give_no_record_and_are_named() -> None:
    found = made("contract-commitment", {"CommitmentDiscountType": "'CUD'"})
    assert rows(found) == []
    assert [(one.column, one.rows) for one in found.missing] == [("ContractCommitmentId", 1)]


@pytest.mark.parametrize(
    ("text", "months"),
    [("1yr", 12), ("3yr", 36), ("P1Y", 12), ("P6M", 6), ("36", 36), ("1 Year", 12), ("1-year", 12),
     ("12 months", 12), ("", None), (None, None), ("P", None), ("0", None), ("OnDemand", None)],
)  # fmt: skip
def test_terms_in_the_words_of_vendors(text: str | None, months: int | None) -> None:
    assert months_of(text) == months


def test_terms_in_sentences_and_times() -> None:
    assert months_in("Savings Plan, 3 Year term, 2 cores") == 36
    assert months_in("m5.large in 12 monkeys") is None
    assert moment("2026-01-02T03:04:05+02:00") == datetime(2026, 1, 2, 1, 4, 5)
    assert moment("soon") is None and moment(None) is None
    assert plus_months(datetime(2024, 2, 29), 12) == datetime(2025, 2, 28)
    assert plus_months(datetime(2026, 1, 31), -2) == datetime(2025, 11, 30)
