"""Anthropic's costs as charges: cents, two APIs for one month, flat rows, groups that overlap."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.sources.loose import HalfWrittenError
from tests.sources.ai.bills import Bill
from tests.sources.anthropic.answers import bucket, cost, page, row, usage

pytestmark = pytest.mark.slow

MONDAY, TUESDAY, WEDNESDAY = date(2026, 10, 5), date(2026, 10, 6), date(2026, 10, 7)


@pytest.fixture
def bill(tmp_path: Path) -> Bill:
    return Bill(tmp_path)


CENTS = {
    "123.45": "1.2345",
    "327": "3.27",
    "0.5": "0.005",
    "51.09375": "0.5109375",
    "1E-7": "0.000000001",
    "2.5e3": "25",
    "-250": "-2.5",
    "-0": "0",
    "0": "0",
    "0.0000000000000000001": "0.000000000000000000001",
    "9999999999999999.99": "99999999999999.9999",
}


def test_cents_become_dollars_to_the_last_digit(bill: Bill) -> None:
    bill.write(cost_report=page([bucket(MONDAY, *map(cost, CENTS))])).load()
    found = [amount for (amount,) in bill.charges("BilledCost", "x_SourceLine")]
    assert found == [Decimal(dollars) for dollars in CENTS.values()]


def test_a_fraction_of_a_cent_that_the_ledger_cannot_hold_holds_the_slice_back(bill: Bill) -> None:
    bill.write(cost_report=page([bucket(MONDAY, cost("1"), cost("1e-20"))]))
    (outcome,) = bill.ledger.load("ai", bill.folder)
    assert (outcome.status, outcome.rejected) == ("held", 1)


def test_a_charge_of_the_admin_api(bill: Bill) -> None:
    line = cost(
        "1234.5678",
        token_type="cache_creation.ephemeral_1h_input_tokens",
        context_window="0-200k",
        inference_geo="us",
    )
    bill.write(cost_report=page([bucket(MONDAY, line)])).load(organization="org-kestrel")
    (found,) = bill.charges(
        "BilledCost, ListCost, BillingAccountId, SubAccountId, SubAccountType, ChargeCategory, "
        "ServiceName, SkuMeter, SkuId, x_Model, x_VendorModel, x_TokenType, x_CostType, "
        "x_ServiceTier, x_ContextWindow, x_InferenceGeo, ChargeDescription, "
        "ChargePeriodStart::DATE, ChargePeriodEnd::DATE"
    )
    assert found == (
        Decimal("12.345678"), Decimal("12.345678"), "org-kestrel", "wrkspc_shop", "Workspace",
        "Usage", "Claude API", "Cache Write 1H Tokens",
        "claude-opus-4-6, cache_creation.ephemeral_1h_input_tokens", "claude-opus-4-6",
        "claude-opus-4-6", "cache_write_1h", "tokens", "standard", "0-200k", "us",
        "Claude Opus 4.6 Usage - Input Tokens", MONDAY, TUESDAY,
    )  # fmt: skip


def test_a_charge_of_the_analytics_api(bill: Bill) -> None:
    line = row(
        MONDAY, "800", "1000", model="claude-sonnet-4-5-20250929", api_key_id="apikey_1",
        service_tier="batch", product="claude_code", token_type="output_tokens",
        actor={"type": "user_actor", "user_id": "user_1", "email_address": "ada@kestrel.example"},
    )  # fmt: skip
    bill.write(analytics=page([line])).load()
    (found,) = bill.charges(
        "BilledCost, EffectiveCost, ContractedCost, ListCost, ServiceName, SkuMeter, x_Model, "
        "x_VendorModel, x_TokenType, x_ApiKey, x_User, x_Product, Tags, ChargeDescription"
    )
    assert found == (
        Decimal(8), Decimal(8), Decimal(8), Decimal(10), "Claude Code", "Output Tokens",
        "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "output", "apikey_1",
        "ada@kestrel.example", "claude_code",
        {"api_key_id": "apikey_1", "user": "ada@kestrel.example"},
        "claude-sonnet-4-5-20250929 tokens output_tokens",
    )  # fmt: skip


def test_costs_that_are_no_tokens_have_their_meter(bill: Bill) -> None:
    none = {"token_type": None, "model": None}
    bill.write(
        cost_report=page(
            [
                bucket(
                    MONDAY,
                    cost("1", cost_type="web_search", description="Web Search Usage", **none),
                    cost("2", cost_type="code_execution", **none),
                    cost("3", cost_type="session_usage", **none),
                    cost("-400", cost_type=None, workspace_id=None, description="Credit", **none),
                    cost("-5"),
                )
            ]
        )
    ).load()
    found = bill.charges("BilledCost, SkuMeter, ChargeCategory, x_TokenType")
    assert found == [
        (Decimal(-4), None, "Credit", None),
        (Decimal("-0.05"), "Input Tokens", "Adjustment", "input"),
        (Decimal("0.01"), "Web Searches", "Usage", None),
        (Decimal("0.02"), "Code Execution", "Usage", None),
        (Decimal("0.03"), "Session Usage", "Usage", None),
    ]


def test_the_default_workspace_has_no_id_in_the_admin_api(bill: Bill) -> None:
    bill.write(cost_report=page([bucket(MONDAY, cost("100", workspace_id=None))])).load()
    assert bill.charges("SubAccountId, SubAccountType, BilledCost") == [(None, None, Decimal(1))]


def test_two_equal_lines_of_one_bucket_both_count(bill: Bill) -> None:
    bill.write(cost_report=page([bucket(MONDAY, cost("100"), cost("100"))])).load()
    assert bill.billed() == Decimal(2)


def test_a_bucket_again_counts_once(bill: Bill) -> None:
    bill.write(
        cost_report_a=page([bucket(MONDAY, cost("100"))]),
        cost_report_b=page([bucket(MONDAY, cost("150")), bucket(TUESDAY)]),
    )
    assert bill.folded() == {
        "superseded: the same bucket is there again, later or wider": 1,
        "nothing was billed or used in this bucket": 1,
    }
    assert bill.billed() == Decimal("1.5")


def flat(*amounts: str) -> list[dict[str, object]]:
    """Rows of two days by falling amount, as the Analytics API orders them."""
    days = [MONDAY, TUESDAY]
    return [row(days[at % 2], amount, api_key_id=f"key_{at}") for at, amount in enumerate(amounts)]


def test_flat_rows_go_over_pages_in_any_order_of_days(bill: Bill) -> None:
    rows = flat("500", "400", "300", "200", "100")
    bill.write(
        analytics_page1=page(rows[:2], "p2"),
        analytics_page2=page(rows[2:4], "p3"),
        analytics_page3=page(rows[4:]),
    ).load()
    assert bill.billed() == Decimal(15)


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_missing_page_of_flat_rows_is_half_an_answer(missing: int, bill: Bill) -> None:
    rows = flat("500", "400", "300")
    bill.write(
        analytics_page1=page(rows[:1], "p2"),
        analytics_page2=page(rows[1:2], "p3"),
        analytics_page3=page(rows[2:]),
    )
    (bill.folder / f"analytics_page{missing}.json").unlink()
    with pytest.raises(HalfWrittenError, match="is not whole"):
        bill.load()


def test_a_page_of_flat_rows_fetched_twice_counts_once(bill: Bill) -> None:
    bill.write(analytics_cost=page(flat("500", "400")), analytics_cost_again=page(flat("500")))
    assert bill.folded() == {"superseded: the same bucket is there again, later or wider": 1}
    assert bill.billed() == Decimal(9)


def both() -> dict[str, object]:
    return {
        "analytics_cost": page([row(MONDAY, "800", "1000"), row(TUESDAY, "100")]),
        "cost_report": page(
            [
                bucket(MONDAY, cost("800")),
                bucket(TUESDAY, cost("100"), cost("-50", cost_type=None, description="Credit")),
            ]
        ),
    }


def test_a_month_from_both_apis_is_not_added_and_it_is_told(bill: Bill) -> None:
    bill.write(**both())
    (outcome,) = bill.load()
    assert outcome.record is not None
    assert bill.billed() == Decimal(9)
    assert bill.charges("sum(ListCost)") == [(Decimal(11),)]
    (note,) = outcome.record.notes
    assert note == (
        "costs of 2026-10 are there from both APIs: the Analytics API's count (option prefer), "
        "the Admin API's are left out; Analytics less Admin is 2026-10: 0.5 USD (the Analytics "
        "API leaves credits out)"
    )
    assert outcome.record.proof.rows_folded["costs that the Analytics API says too"] == 3


def test_the_user_may_prefer_the_admin_api(bill: Bill) -> None:
    bill.write(**both())
    bill.load(prefer="admin")
    assert bill.billed() == Decimal("8.5")


def test_months_of_one_api_each_both_count(bill: Bill) -> None:
    bill.write(
        analytics_cost=page([row(MONDAY, "800")]),
        cost_report=page([bucket(date(2026, 9, 30), cost("100"))]),
    ).load()
    assert bill.billed() == Decimal(9)


def test_usage_from_one_api_and_costs_from_the_other_both_count(bill: Bill) -> None:
    bill.write(
        analytics_cost=page([row(MONDAY, "800")]),
        usage_report=page([bucket(MONDAY, usage())]),
    ).load()
    assert bill.billed() == Decimal(8)
    assert bill.metrics() == {"input_tokens": 1000, "output_tokens": 100}


def test_the_same_costs_by_two_groupings_count_once_the_finer_one(bill: Bill) -> None:
    fine = [
        row(MONDAY, "300", workspace_id="a"), row(MONDAY, "200", workspace_id="b"),
        row(TUESDAY, "100", workspace_id="a"),
    ]  # fmt: skip
    none = {"workspace_id": None, "token_type": None, "cost_type": None}
    coarse = [row(MONDAY, "500", **none), row(TUESDAY, "100", **none)]
    bill.write(a_coarse=page(coarse), b_fine=page(fine))
    assert bill.folded() == {"the same costs by another grouping": 2}
    assert bill.billed() == Decimal(6)


def test_pages_of_one_answer_may_differ_in_what_they_have(bill: Bill) -> None:
    """The last page has web searches alone, which have no token type: no other grouping."""
    search = row(TUESDAY, "3", cost_type="web_search", token_type=None, model=None)
    bill.write(
        analytics_page1=page([row(MONDAY, "300"), row(TUESDAY, "100")], "p2"),
        analytics_page2=page([search]),
    )
    assert bill.folded() == {}
    assert bill.billed() == Decimal("4.03")


def test_rbac_groups_overlap_and_are_not_used(bill: Bill) -> None:
    by_group = [
        row(MONDAY, "500", rbac_group_id="rbac_group_a"),
        row(MONDAY, "500", rbac_group_id="rbac_group_b"),
        row(MONDAY, "100", rbac_group_id=None),
    ]
    bill.write(by_group=page(by_group))
    (outcome,) = bill.ledger.load("ai", bill.folder)
    assert (outcome.status, outcome.rejected) == ("held", 3)
    assert outcome.record is not None
    reasons = bill.ledger.lake.quarantined(outcome.record.id).to_pylist()
    assert "rbac_group_id alone: groups overlap" in reasons[0]["reason"]
    bill.write(plain=page([row(MONDAY, "600")]))
    assert bill.folded()["answers by RBAC group: groups overlap"] == 3
    assert bill.billed() == Decimal(6)


@pytest.mark.parametrize("alone", [True, False])
def test_buckets_are_read_with_and_without_the_page_around(alone: bool, bill: Bill) -> None:
    buckets = [bucket(MONDAY, cost("150")), bucket(TUESDAY, cost("200"))]
    bill.write(anything=buckets if alone else page(buckets)).load()
    assert bill.billed() == Decimal("3.5")
