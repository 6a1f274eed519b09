"""What is billed: cost before credits, and credits of every type."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.gcp_billing.bills import credit, row, write_lines
from tests.sources.gcp_billing.conftest import Book, costs

pytestmark = pytest.mark.slow

NETTED = (
    "SPENDING_BASED_DISCOUNT",
    "COMMITTED_USAGE_DISCOUNT",
    "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE",
    "SUSTAINED_USAGE_DISCOUNT",
    "DISCOUNT",
    "FREE_TIER",
    "SUBSCRIPTION_BENEFIT",
    "RESELLER_MARGIN",
    "SUSTAINED_USE_DISCOUNT",
    "A_NEW_DISCOUNT",
)


def test_a_credit_that_is_part_of_the_price_is_netted_into_its_line(book: Book) -> None:
    charges = book.rows([row(cost="10", credits=[credit("-2.5", kind)]) for kind in NETTED])
    assert len(charges) == len(NETTED)
    for charge in charges:
        assert charge["ChargeCategory"] == "Usage"
        assert charge["BilledCost"] == charge["EffectiveCost"] == Decimal("7.5")
        assert charge["ContractedCost"] == charge["ListCost"] == 10
        assert charge["x_CostBeforeCredits"] == "10.000000000000000000000"


def test_another_credit_is_a_charge_of_its_own(book: Book) -> None:
    labels = [{"key": "team", "value": "shop"}]
    kinds = ("PROMOTION", "CREDIT_TYPE_UNSPECIFIED", "SOMETHING_NEW")
    charges = book.rows(
        [row(cost="10", labels=labels, credits=[credit("-2.5", k, "Trial")]) for k in kinds]
    )
    for kind, line, own in zip(kinds, charges[::2], charges[1::2], strict=True):
        assert line["BilledCost"] == line["EffectiveCost"] == 10
        assert own["ChargeCategory"] == "Credit"
        assert own["ChargeFrequency"] == "One-Time"
        assert own["ChargeDescription"] == "Trial"
        assert own["x_CreditType"] == kind
        for cost in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
            assert own[cost] == Decimal("-2.5")
        for name in ("SubAccountId", "ServiceName", "Tags", "SkuId", "ChargePeriodStart"):
            assert own[name] == line[name] is not None
        assert own["SkuPriceId"] is own["PricingQuantity"] is own["ConsumedQuantity"] is None
        assert own["x_CostBeforeCredits"] is None


def test_a_line_with_several_credits_counts_its_cost_once(book: Book) -> None:
    credits = [
        credit("-1", "SUSTAINED_USAGE_DISCOUNT"),
        credit("-2", "PROMOTION", "Trial"),
        credit("-3", "PROMOTION", "Startup programme"),
        credit("-0.5", "FREE_TIER"),
    ]
    charges = book.rows([row(cost="10", credits=credits)])
    assert [str(one["BilledCost"].normalize()) for one in charges] == ["8.5", "-3", "-2"]
    assert costs(charges) == Decimal("3.5")
    assert charges[0]["x_Credits"].count('"amount"') == 4


def test_without_a_type_the_name_decides(book: Book) -> None:
    names = {
        "Sustained Usage Discount": 1,
        "Committed Usage Discount: RAM": 1,
        "GCE Commitments": 1,
        "Free tier: Storage": 1,
        "Reseller margin": 1,
        "Spend-based discount": 1,
        "FreeTrial": 2,
        "Promotional credit for startups": 2,
        "Something else": 2,
    }
    charges = book.rows(
        [row(cost="10", sku__id=name, credits=[credit("-1", None, name)]) for name in names]
    )
    assert costs(charges) == 9 * len(names)
    found = [one["SkuId"] for one in charges]
    assert {name: found.count(name) for name in names} == names


def test_amounts_keep_all_their_digits(book: Book) -> None:
    amount = "-0.123456789012345678901"
    charges = book.rows(
        [
            row(cost="1E-10", credits=[credit(amount, "DISCOUNT")]),
            row(cost="-0", credits=[credit("-1E-7", "PROMOTION")]),
            row(cost="0.1000000000"),
        ]
    )
    assert costs(charges) == Decimal("0.100000000100000000000") + Decimal(amount) - Decimal("1E-7")


def test_numbers_keep_all_their_digits(book: Book) -> None:
    line = write_lines(book.folder / "b" / "bill.jsonl", [row(cost="COST", credits=["CREDIT"])])
    content = line.read_text().replace('"COST"', "1.234567890123456789")
    line.write_text(
        content.replace('"CREDIT"', '{"type": "DISCOUNT", "amount": -0.123456789012345678901}')
    )
    (charge,) = book.charges(line)
    assert charge["BilledCost"] == Decimal("1.234567890123456789") - Decimal(
        "0.123456789012345678901"
    )


@pytest.mark.parametrize(
    ("credits", "reason"),
    [
        ("ten per cent off", "credits cannot be read as a list"),
        ([credit("none", "DISCOUNT")], "a credit's amount"),
        ([{"name": "x", "type": "DISCOUNT", "amount": None}], "a credit's amount"),
        ([credit("-0.1234567890123456789012", "DISCOUNT")], "a credit's amount"),
    ],
)
def test_a_credit_that_cannot_be_read_is_never_zero(
    credits: object, reason: str, book: Book, tmp_path: Path
) -> None:
    path = write_lines(
        tmp_path / "bad.jsonl",
        [row(), row(credits=credits), row(credits=[credit("-1", "PROMOTION")])],
    )
    (outcome,) = book.load(path)
    assert outcome.status == "held"
    assert outcome.rejected == 1
    assert reason in str(outcome.record and outcome.record.rejects_sample[0])


def test_the_good_rows_of_a_bill_with_a_bad_one_are_proven(book: Book, tmp_path: Path) -> None:
    bad = row(credits=[credit("-1", "PROMOTION"), credit("none", "PROMOTION")])
    path = write_lines(tmp_path / "bad.jsonl", [row(), bad])
    (outcome,) = book.load(path)
    assert outcome.record is not None
    assert outcome.record.proof.reconciled, "the credits of a rejected row are left out with it"
    assert outcome.record.proof.rows_extra == 0


def test_an_old_export_without_credits_is_billed_at_cost_and_says_so(book: Book) -> None:
    bare = {name: value for name, value in row().items() if name != "credits"}
    (charge,) = book.rows([bare])
    assert charge["BilledCost"] == 10
    assert "the export has no credits: what is billed is taken to be the cost" in book.notes
