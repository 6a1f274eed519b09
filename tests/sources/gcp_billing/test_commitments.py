"""Committed use: fees spread over what they cover, exactly, in both of Google's models."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.money import total
from tests.sources.gcp_billing.bills import ACCOUNT, credit, fee, row
from tests.sources.gcp_billing.conftest import Book, Charge, costs

pytestmark = pytest.mark.slow

RESOURCE = "COMMITTED_USAGE_DISCOUNT"
SPEND = "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE"
ID = f"{ACCOUNT}/europe-west3/N2 CPU"
COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")


def used(cost: str, covered: str, hours: str, type: str = RESOURCE, **more: Any) -> dict[str, Any]:
    """A usage line of which a commitment covers the cost `covered`."""
    return row(
        cost=cost,
        usage__amount_in_pricing_units=hours,
        credits=[credit(f"-{covered}", type), *more.pop("credits", [])],
        **more,
    )


def by_status(charges: list[Charge]) -> dict[str | None, Decimal]:
    """EffectiveCost by status; purchases and plain lines under None."""
    found: dict[str | None, Decimal] = {}
    for one in charges:
        status = one["CommitmentDiscountStatus"]
        found[status] = found.get(status, Decimal(0)) + one["EffectiveCost"]
    return found


def test_a_line_that_is_covered_whole_is_paid_by_the_fee(book: Book) -> None:
    line, bought = book.rows([used("10", "10", "100"), fee("6", "100")])
    assert line["BilledCost"] == 0
    assert line["EffectiveCost"] == 6
    assert line["ContractedCost"] == 10
    assert line["CommitmentDiscountStatus"] == "Used"
    assert line["PricingCategory"] == "Committed"
    assert line["CommitmentDiscountId"] == bought["CommitmentDiscountId"] == ID
    assert line["CommitmentDiscountQuantity"] == 100
    assert line["CommitmentDiscountCategory"] == "Usage"
    assert bought["ChargeCategory"] == "Purchase"
    assert bought["ChargeFrequency"] == "Recurring"
    assert bought["PricingCategory"] == "Standard"
    assert (bought["BilledCost"], bought["EffectiveCost"]) == (6, 0)
    assert bought["ResourceId"] == ID
    assert bought["CommitmentDiscountStatus"] is None
    assert [check for check in book.checks if check.severity == "error"] == []


def test_a_line_that_is_covered_in_part_becomes_two(book: Book) -> None:
    line = used(
        "10", "4", "100",
        price={"list_price": "0.12", "effective_price": "0.1"}, cost_at_list="12",
        credits=[credit("-1", "SUSTAINED_USAGE_DISCOUNT"), credit("-2", "PROMOTION")],
    )  # fmt: skip
    price = {"list_price": "0.075", "effective_price": "0.075"}
    charges = book.rows([line, fee("3", "40", price=price)])
    rest, covered, own, bought = charges
    assert rest["CommitmentDiscountStatus"] is rest["CommitmentDiscountId"] is None
    assert (rest["BilledCost"], rest["EffectiveCost"], rest["ContractedCost"]) == (5, 5, 6)
    assert (rest["PricingQuantity"], rest["ListCost"]) == (60, Decimal("7.2"))
    assert (covered["BilledCost"], covered["EffectiveCost"]) == (0, 3)
    assert (covered["ContractedCost"], covered["ListCost"]) == (4, Decimal("4.8"))
    assert covered["PricingQuantity"] == covered["CommitmentDiscountQuantity"] == 40
    assert covered["ResourceId"] == rest["ResourceId"]
    assert covered["ConsumedQuantity"] is None, "the line's consumption is counted once"
    assert own["ChargeCategory"] == "Credit"
    assert costs(charges) == costs(charges, "EffectiveCost") == 10 - 4 - 1 - 2 + 3
    assert bought["BilledCost"] == 3
    assert book.checks == []


def test_what_was_bought_and_not_used_is_unused(book: Book) -> None:
    charges = book.rows([used("10", "10", "75"), fee("8", "100")])
    assert by_status(charges) == {None: 0, "Used": 6, "Unused": 2}
    unused = charges[-1] if charges[-1]["CommitmentDiscountStatus"] else charges[-2]
    assert unused["ChargeCategory"] == "Usage"
    assert unused["BilledCost"] == unused["ListCost"] == unused["ContractedCost"] == 0
    assert unused["ResourceId"] == unused["CommitmentDiscountId"] == ID
    assert unused["ConsumedQuantity"] is unused["ConsumedUnit"] is None
    assert [check.rule for check in book.checks if check.severity == "error"] == []


def test_an_unused_commitment_is_unused_whole(book: Book) -> None:
    charges = book.rows([row(), fee("8.000000000000000000001", "100")])
    assert by_status(charges) == {None: 10, "Unused": Decimal("8.000000000000000000001")}


def test_the_last_digit_is_on_the_largest_share(book: Book) -> None:
    lines = [used("1", "1", "10"), used("1", "1", "10"), used("1.000000001", "1.000000001", "10")]
    charges = book.rows([*lines, fee("100", "30")])
    shares = [one["EffectiveCost"] for one in charges if one["CommitmentDiscountStatus"] == "Used"]
    assert total(shares) == 100
    assert shares[0] == shares[1] < shares[2]


def test_a_fee_goes_to_usage_of_its_kind_family_and_region(book: Book) -> None:
    def line(description: str, region: str = "europe-west3") -> dict[str, Any]:
        return used("10", "10", "100", sku__description=description, location={"region": region})

    charges = book.rows(
        [
            line("N2 Instance Core running in Frankfurt"),
            line("N2 Instance Ram running in Frankfurt"),
            line("E2 Instance Core running in Frankfurt"),
            line("N2 Instance Core running in Belgium", "europe-west1"),
            line("N1 Predefined Instance Core running in Frankfurt"),
            fee("1", "100"),
            fee("2", "100", sku="Commitment v1: N2 Ram in Frankfurt for 1 Year"),
            fee("3", "100", sku="Commitment v1: E2 Cpu in Frankfurt for 3 Years"),
            fee("4", "100", sku="Commitment v1: Cpu in Frankfurt for 3 Years"),
            fee("5", "100", location={"region": "europe-west1"}),
        ]
    )
    assert [one["EffectiveCost"] for one in charges[:5]] == [1, 2, 3, 5, 4]
    assert len({one["CommitmentDiscountId"] for one in charges[:5]}) == 5


def test_what_fits_no_fee_and_fees_that_fit_no_line_are_matched_last(book: Book) -> None:
    charges = book.rows(
        [
            used("10", "10", "100", sku__description="A machine of a new kind"),
            fee("6", "100"),
        ]
    )
    assert by_status(charges) == {None: 0, "Used": 6}
    assert charges[0]["CommitmentDiscountId"] == f"{ACCOUNT}/resource commitments"


def test_accounts_months_and_currencies_never_share_a_fee(book: Book) -> None:
    charges = book.rows(
        [
            used("10", "10", "100"),
            used("10", "10", "100", billing_account_id="01OTHE-234567-89EFGH"),
            used("10", "10", "100", currency="EUR"),
            used("10", "10", "100", invoice={"month": "202611"}),
            fee("6", "100"),
        ]
    )
    assert [one["EffectiveCost"] for one in charges[:4]] == [6, 0, 0, 0]
    assert [one["CommitmentDiscountStatus"] for one in charges[:4]] == ["Used", None, None, None]


def test_a_subscription_names_the_commitment(book: Book) -> None:
    charges = book.rows(
        [used("10", "10", "100"), fee("6", "100", subscription={"instance_id": "cud-7"})]
    )
    assert {one["CommitmentDiscountId"] for one in charges} == {"cud-7"}


def test_a_spend_commitment_is_spread_over_what_its_credits_cover(book: Book) -> None:
    sku = "Commitment - dollar based v1: GCE for 1 year"
    charges = book.rows(
        [
            used("10", "10", "100", SPEND),
            used("30", "30", "300", SPEND, location={"region": "us-east1"}),
            used("5", "5", "50"),
            fee("20", "730", sku=sku, location={"region": "global", "location": "global"}),
        ]
    )
    assert [one["EffectiveCost"] for one in charges] == [5, 15, 0, 0]
    assert charges[0]["CommitmentDiscountCategory"] == "Spend"
    assert charges[2]["CommitmentDiscountStatus"] is None, "a resource commitment's line"


def test_in_the_newer_model_the_price_is_in_the_line_and_the_offset_in_the_fee(book: Book) -> None:
    charges = book.rows(
        [
            row(
                cost="7.2",
                cost_at_list="11",
                cost_at_effective_price_default="10",
                consumption_model={"id": "D97B", "description": "Compute Flexible CUD - 1 Year"},
            ),
            fee(
                "8", "730", sku="Commitment - dollar based v1: GCE for 1 year",
                credits=[credit("-7.2", "FEE_UTILIZATION_OFFSET")],
            ),
        ]
    )  # fmt: skip
    line = charges[0]
    assert (line["BilledCost"], line["EffectiveCost"]) == (Decimal("7.2"), Decimal("7.2"))
    assert (line["ContractedCost"], line["ListCost"]) == (10, 11)
    assert line["PricingCategory"] == "Committed"
    assert line["CommitmentDiscountStatus"] is None
    assert costs(charges, ChargeCategory="Purchase") == Decimal("0.8")
    assert by_status(charges)["Unused"] == Decimal("0.8")
    assert costs(charges) == costs(charges, "EffectiveCost") == 8


def test_a_fee_of_another_name_is_known_by_its_offset(book: Book) -> None:
    offset = credit("-7.2", "FEE_UTILIZATION_OFFSET")
    charges = book.rows([row(), fee("8", "8", sku="Compute Flexible CUDs fee", credits=[offset])])
    assert [one["ChargeCategory"] for one in charges] == ["Usage", "Usage", "Purchase"]
    assert by_status(charges) == {None: 10, "Unused": Decimal("0.8")}
    assert charges[-1]["CommitmentDiscountCategory"] == "Spend"


def test_the_default_consumption_model_is_no_commitment(book: Book) -> None:
    model = {"id": "7754-699E-0EBF", "description": "Default"}
    (charge,) = book.rows([row(consumption_model=model)])
    assert charge["PricingCategory"] == "Standard"


def test_a_line_sent_again_as_negative_and_positive_shares_as_if_sent_once(book: Book) -> None:
    once, again = used("10", "10", "100"), used("12", "12", "100", project__id="other")
    negative = row(
        cost="-10", credits=[credit("10", RESOURCE)], usage__amount_in_pricing_units="-100"
    )
    charges = book.rows([once, negative, again, fee("6", "100")])
    assert len(charges) == 4
    assert costs(charges, "EffectiveCost", SubAccountId="shop") == 0
    assert costs(charges, "EffectiveCost", SubAccountId="other") == 6


def test_without_a_fee_a_line_stays_as_it_is_billed(book: Book) -> None:
    (charge,) = book.rows([used("10", "4", "100")])
    assert (charge["BilledCost"], charge["EffectiveCost"]) == (6, 6)
    assert charge["CommitmentDiscountStatus"] is None


def test_a_fee_without_credits_in_the_file_is_a_purchase_all_the_same(book: Book) -> None:
    bare = {name: value for name, value in fee("8", "10").items() if name != "credits"}
    charges = book.rows([bare])
    assert [one["ChargeCategory"] for one in charges] == ["Usage", "Purchase"]
    assert by_status(charges) == {None: 0, "Unused": 8}


money = st.decimals("0.000000001", 10_000, places=9)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return Book(tmp_path_factory.mktemp("shelf"))


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    lines=st.lists(
        st.tuples(money, st.floats(0, 1), st.integers(1, 999), st.sampled_from(("a", "b"))),
        min_size=1,
        max_size=12,
    ),
    fees=st.lists(st.tuples(money, st.integers(1, 5000), st.sampled_from(("a", "b"))), max_size=4),
)
def test_sums_are_kept_for_each_account(
    shelf: Book,
    lines: list[tuple[Decimal, float, int, str]],
    fees: list[tuple[Decimal, int, str]],
) -> None:
    rows = []
    for cost, part, hours, account in lines:
        covered = (cost * Decimal(part)).quantize(Decimal("1E-21"))
        rows.append(used(str(cost), f"{covered:f}", str(hours), billing_account_id=account))
    rows += [fee(str(cost), str(hours), billing_account_id=a) for cost, hours, a in fees]
    charges = shelf.rows(rows, "bill.jsonl")
    for account in ("a", "b"):
        mine = {"BillingAccountId": account}
        billed = total(
            Decimal(one["cost"]) + total(Decimal(c["amount"]) for c in one["credits"])
            for one in rows
            if one["billing_account_id"] == account
        )
        assert costs(charges, "BilledCost", **mine) == billed
        assert costs(charges, "EffectiveCost", **mine) == billed
        assert all(
            one["BilledCost"] == 0
            for one in charges
            if one["CommitmentDiscountStatus"] and one["BillingAccountId"] == account
        )


def test_all_costs_are_proven(book: Book, tmp_path: Path) -> None:
    book.rows([used("10", "3.333333333", "7"), fee("1.000000001", "3")])
    proof = book.outcomes[0].record
    assert proof is not None
    assert {line.measure for line in proof.proof.lines} == set(COSTS)
    assert proof.proof.reconciled
