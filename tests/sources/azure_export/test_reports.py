"""Actual and amortized cost: each line once, both reports met to the last digit."""

from datetime import datetime
from decimal import Decimal

import pytest

from tests.sources.azure_export.books import Books, Sheet, notes
from tests.sources.azure_export.exports import (
    COVERED,
    EA,
    MCA,
    PLAN,
    RESERVATION,
    actual_rows,
    amortized_rows,
    both_reports,
    csv_bytes,
    line,
    parquet_bytes,
    run,
)

pytestmark = pytest.mark.slow

PERIOD = "20261001-20261031"


def test_the_two_reports_become_one_bill(books: Books) -> None:
    (outcome,) = books.load(both_reports())
    assert outcome.status == "loaded", outcome.message
    assert books.ask(
        "ChargeCategory, CommitmentDiscountStatus, BilledCost, EffectiveCost, PricingCategory"
    ) == [
        ("Purchase", None, Decimal(100), 0, "Standard"),
        ("Usage", None, Decimal(2), Decimal(2), "Standard"),
        ("Usage", "Used", 0, Decimal("1.2"), "Committed"),
        ("Usage", "Unused", 0, Decimal("0.24"), "Committed"),
    ]
    assert books.sums() == (Decimal(102), Decimal("3.44"))
    assert outcome.record is not None
    assert outcome.record.proof.manifest_rows == outcome.record.proof.rows_read == 6
    assert sum(outcome.record.proof.rows_folded.values()) == 2
    assert outcome.record.checks == ()


def test_commitments_are_one_by_id_kind_and_name(books: Books) -> None:
    books.load(both_reports())
    assert books.ask(
        "DISTINCT CommitmentDiscountId, CommitmentDiscountCategory, CommitmentDiscountType, "
        "CommitmentDiscountName",
        "CommitmentDiscountStatus IS NOT NULL",
    ) == [(RESERVATION.lower(), "Usage", "Reservation", "VM_RI")]
    itself = books.ask("ResourceId, ResourceType", "CommitmentDiscountStatus = 'Unused'")
    assert itself == [(RESERVATION.lower(), "Reservation")]
    assert books.ask("CommitmentDiscountQuantity, CommitmentDiscountUnit", "EffectiveCost = 1.2") \
        == [(Decimal(10), "Hours")]  # fmt: skip


@pytest.mark.parametrize("model", ["SavingsPlan", "Savings Plan"])
def test_savings_plans_in_both_spellings(sheet: Sheet, model: str) -> None:
    plan = {"PricingModel": model, "benefitId": PLAN, "benefitName": "Plan"}
    sheet.rows(
        [
            line(**plan, CostInBillingCurrency="1.5"),
            line(**plan, CostInBillingCurrency="0.5", ChargeType="UnusedSavingsPlan"),
        ]
    )
    assert sheet.ask(
        "CommitmentDiscountCategory, CommitmentDiscountType, CommitmentDiscountStatus, "
        "BilledCost, EffectiveCost, CommitmentDiscountQuantity, CommitmentDiscountUnit"
    ) == [
        ("Spend", "Savings Plan", "Used", 0, Decimal("1.5"), Decimal("1.5"), "EUR"),
        ("Spend", "Savings Plan", "Unused", 0, Decimal("0.5"), Decimal("0.5"), "EUR"),
    ]


def test_only_the_actual_report_is_told_and_nothing_vanishes(sheet: Sheet) -> None:
    outcome = sheet.rows(actual_rows())
    assert sheet.sums() == (Decimal(102), Decimal(102))
    assert "only the actual-cost report is here" in notes(outcome)
    assert "1 purchases or refunds" in notes(outcome)


def test_only_the_amortized_report_is_told(sheet: Sheet) -> None:
    outcome = sheet.rows(amortized_rows())
    assert sheet.sums() == (Decimal(2), Decimal("3.44"))
    assert "only the amortized-cost report is here" in notes(outcome)


def test_lines_put_together_by_microsofts_advice(sheet: Sheet) -> None:
    outcome = sheet.rows([*amortized_rows(), actual_rows()[2]])
    assert sheet.sums() == (Decimal(102), Decimal("3.44"))
    assert "together" in notes(outcome)


def test_one_report_after_the_other_in_one_file_is_refused(books: Books) -> None:
    (outcome,) = books.load({"bill.csv": csv_bytes([*actual_rows(), *amortized_rows()])})
    assert outcome.status == "failed"
    assert "the same usage would count twice" in outcome.message


def test_where_lines_contradict_the_name_tells(sheet: Sheet) -> None:
    lines = [*actual_rows(), line(**COVERED | {"CostInBillingCurrency": "0.01"})]
    outcome = sheet.files({"kestrel-actual.csv": csv_bytes(lines)})
    assert sheet.sums() == (Decimal("102.01"), Decimal("102.01"))
    assert "only the actual-cost report" in notes(outcome)


def test_loose_reports_are_told_apart_by_their_lines(books: Books) -> None:
    files = {"a/one.csv": csv_bytes(amortized_rows()), "b/two.csv": csv_bytes(actual_rows())}
    books.load(files)
    assert books.sums() == (Decimal(102), Decimal("3.44"))


@pytest.mark.parametrize(
    "names", [("actual.csv", "amortized.csv"), ("x/AmortisedCost.csv", "x/ActualCost.csv")]
)
def test_without_commitments_their_names_tell(books: Books, names: tuple[str, str]) -> None:
    one, other = (csv_bytes([line(EffectivePrice=price)]) for price in ("0.2", "0.20"))
    (outcome,) = books.load({names[0]: one, names[1]: other})
    assert outcome.status == "loaded", outcome.message
    assert books.sums() == (Decimal(2), Decimal(2))


def test_without_commitments_the_runs_manifests_tell(books: Books) -> None:
    same = csv_bytes([line()])
    books.load(
        run(f"a/{PERIOD}/r1", same, type="AmortizedCost") | run(f"b/{PERIOD}/r2", same)
    )  # fmt: skip
    assert books.sums() == (Decimal(2), Decimal(2))


def test_two_files_of_a_month_that_nothing_tells_apart_are_refused(books: Books) -> None:
    one, other = (csv_bytes([line(Quantity=text)]) for text in ("10", "10.0"))
    (outcome,) = books.load({"north.csv": one, "south.csv": other})
    assert outcome.status == "failed"
    assert "may count the month twice" in outcome.message
    assert books.lake.pin().slices == ()


def test_parts_by_number_are_one_report(books: Books) -> None:
    other = csv_bytes([line(CostInBillingCurrency="3")])
    books.load({"part-1.csv": csv_bytes([line()]), "part-2.csv": other})
    assert books.sums() == (Decimal(5), Decimal(5))


def test_reports_that_disagree_are_held_back_with_the_difference(books: Books) -> None:
    late = [*amortized_rows(), line(CostInBillingCurrency="7")]
    files = run(f"actual/{PERIOD}/r1", csv_bytes(actual_rows()))
    files |= run(
        f"amortized/{PERIOD}/r2", csv_bytes(late), type="AmortizedCost",
        submitted="2026-11-02T08:00:00Z",
    )  # fmt: skip
    (outcome,) = books.load(files)
    assert outcome.status == "held"
    assert "BilledCost" in outcome.message
    assert outcome.record is not None
    assert "made on different days" in "\n".join(outcome.record.notes)


def test_charge_types(sheet: Sheet) -> None:
    sheet.rows(
        [
            line(ChargeType="Tax", CostInBillingCurrency="0.4", Quantity="", UnitOfMeasure=""),
            line(ChargeType="Credit", CostInBillingCurrency="-1"),
            line(ChargeType="RoundingAdjustment", CostInBillingCurrency="0.0001"),
            line(ChargeType="Surprise", CostInBillingCurrency="3"),
            line(
                ChargeType="Purchase",
                PublisherType="Marketplace",
                PublisherName="Quill",
                Frequency="Recurring",
                MeterCategory="Unassigned",
                ProductName="Quill Search",
                ResourceId="",
            ),
        ]
    )
    assert sheet.ask(
        "ChargeCategory, BilledCost, EffectiveCost, SkuPriceId IS NULL, ServiceProviderName"
    ) == [
        ("Tax", Decimal("0.4"), Decimal("0.4"), True, "Microsoft"),
        ("Credit", Decimal(-1), Decimal(-1), True, "Microsoft"),
        ("Adjustment", Decimal("0.0001"), Decimal("0.0001"), True, "Microsoft"),
        ("Adjustment", Decimal(3), Decimal(3), True, "Microsoft"),
        ("Purchase", Decimal(2), Decimal(2), False, "Quill"),
    ]
    assert sheet.one("ServiceName, ChargeFrequency, HostProviderName", "BilledCost = 2") == (
        "Quill Search", "Recurring", "Quill",
    )  # fmt: skip


def test_a_refund_corrects_only_what_was_closed(sheet: Sheet) -> None:
    refund = dict(chargeType="Refund", costInBillingCurrency="-1.8", unitPrice="-0.2")
    sheet.rows(
        [line(MCA, **refund), line(MCA, **refund, previousInvoiceId="G0098"),
         line(MCA, **refund, date="09/30/2026")]
    )  # fmt: skip
    assert sheet.ask("ChargeCategory, ChargeClass, PricingQuantity, ContractedUnitPrice") == [
        ("Purchase", None, Decimal(-10), Decimal("0.18")),
        ("Purchase", "Correction", Decimal(-10), Decimal("0.18")),
        ("Purchase", "Correction", Decimal(-10), Decimal("0.18")),
    ]


def test_how_a_commitment_is_paid_and_for_how_long(sheet: Sheet) -> None:
    bought = actual_rows()[2] | {"Term": "12"}
    sheet.rows([bought, bought | {"Frequency": "Recurring", "Term": "36"}])
    assert sheet.ask("x_CommitmentPaymentOption, x_Term, ChargeFrequency") == [
        ("All Upfront", "12", "One-Time"),
        ("No Upfront", "36", "Recurring"),
    ]


def test_covered_usage_keeps_its_price_without_the_commitment(sheet: Sheet) -> None:
    sheet.rows(amortized_rows())
    assert sheet.one(
        "EffectiveCost, ContractedCost, ListCost, ContractedUnitPrice, ListUnitPrice",
        "CommitmentDiscountStatus = 'Used'",
    ) == (Decimal("1.2"), Decimal(2), Decimal("2.5"), Decimal("0.2"), Decimal("0.25"))


def test_a_reservation_of_an_old_dialect_without_a_pricing_model(sheet: Sheet) -> None:
    old = {name: value for name, value in EA.items() if not name.startswith("benefit")}
    sheet.rows([line(old, ReservationId="r-1", PricingModel="", CostInBillingCurrency="0")])
    assert sheet.one("CommitmentDiscountId, CommitmentDiscountStatus, PricingCategory") == (
        "r-1", "Used", "Committed",
    )  # fmt: skip


def test_covered_lines_of_both_currencies_are_proven_apart(books: Books) -> None:
    share = COVERED | {"CostInBillingCurrency": "1.2"}
    outcome = books.rows(
        [line(**share), line(**share, BillingCurrencyCode="USD", BillingAccountId="2")]
    )
    assert outcome.record is not None
    assert {proof.currency for proof in outcome.record.proof.lines} == {"EUR", "USD"}


def test_azure_openai_lines_have_model_and_tokens(books: Books) -> None:
    books.rows(
        [line(MeterCategory="Azure OpenAI", MeterSubCategory="Azure OpenAI",
              MeterName="gpt-4o-0806-Inp-glbl Tokens", ProductName="Azure OpenAI - gpt 4o",
              UnitOfMeasure="1K", ConsumedService="Microsoft.CognitiveServices",
              ServiceFamily="AI + Machine Learning")]
    )  # fmt: skip
    assert books.one("x_Model, x_TokenType, ConsumedQuantity, ConsumedUnit, ServiceCategory") == (
        "gpt-4o", "input", Decimal(10_000), "Tokens", "AI and Machine Learning",
    )  # fmt: skip


@pytest.mark.parametrize("base", [EA, MCA], ids=["EA", "MCA"])
def test_parquet_with_columns_of_their_own_types(books: Books, base: dict[str, str]) -> None:
    def part(rows: list[dict[str, str]]) -> bytes:
        folded = [{name.lower(): value for name, value in row.items()} for row in rows]
        own = [{name: row.get(name.lower(), base[name]) for name in base} for row in folded]
        return parquet_bytes(
            [row | {"billingCurrency": "EUR"} if base is MCA else row for row in own]
        )

    files = {}
    for kind, rows in (("ActualCost", actual_rows()), ("AmortizedCost", amortized_rows())):
        made = run(f"{kind}/{PERIOD}/r1", b"", type=kind, rows=3, sizes=False)
        files |= {
            path.replace(".csv", ".parquet"): part(rows)
            if path.endswith(".csv")
            else text.replace(b"_0001.csv", b"_0001.parquet")
            for path, text in made.items()
        }
    (outcome,) = books.load(files)
    assert outcome.status == "loaded", outcome.message
    assert books.sums() == (Decimal(102), Decimal("3.44"))
    assert books.ask("DISTINCT ChargePeriodStart, BillingPeriodEnd") == [
        (datetime(2026, 10, 5), datetime(2026, 11, 1))
    ]
