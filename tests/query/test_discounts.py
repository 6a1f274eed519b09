"""Private discounts in lines of their own: on which usage they are put, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from outlay.focus.sql import quoted
from outlay.query.discounts import before, lay_rates
from outlay.query.studying import DAILY_TYPES, SOURCE_COLUMNS

OCTOBER, NOVEMBER = date(2026, 10, 15), date(2026, 11, 5)

Row = dict[str, Any]


def usage(cost: str, day: date = OCTOBER, **more: Any) -> Row:
    """A row of usage on demand of account 1 of payer 9."""
    return {
        "ChargeDay": day, "EffectiveCost": Decimal(cost), "ContractedCost": Decimal(cost),
        "ListCost": Decimal(cost), "ServiceProviderName": "AWS", "BillingAccountId": "9",
        "SubAccountId": "1", "ServiceName": "EC2", "BillingCurrency": "USD",
        "ChargeCategory": "Usage", "PricingCategory": "Standard", **more,
    }  # fmt: skip


def discount(cost: str, day: date = OCTOBER, **more: Any) -> Row:
    """An EdpDiscount line of EC2 of that account."""
    own: Row = {"ListCost": Decimal(0), "PricingCategory": None, "ChargeCategory": "Adjustment"}
    return usage(cost, day) | own | {"x_LineItemType": "EdpDiscount"} | more


def after(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """(EffectiveCost, ContractedCost, EffectiveDiscount) of each row, in their order."""
    connection = duckdb.connect(":memory:")
    types = DAILY_TYPES | dict.fromkeys(SOURCE_COLUMNS, "VARCHAR") | {"LineCount": "BIGINT"}
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
    connection.execute(f"CREATE TABLE billed ({columns})")
    for number, row in enumerate(rows):
        given = {**row, "LineCount": number}
        names = ", ".join(map(quoted, given))
        marks = ", ".join("?" * len(given))
        connection.execute(f"INSERT INTO billed ({names}) VALUES ({marks})", [*given.values()])
    found = lay_rates(connection, "billed").rows("SELECT * FROM billed", "ChargeDay")
    return [
        (text(effective), text(contracted), text(off))
        for effective, contracted, off in connection.execute(
            "SELECT EffectiveCost, ContractedCost, EffectiveDiscount "
            f"FROM ({found}) ORDER BY LineCount"
        ).fetchall()
    ]


def text(amount: Decimal) -> str:
    """An amount without zeros at its end."""
    return f"{amount.normalize():f}"


def test_a_line_is_put_on_the_usage_of_its_account_and_service_and_costs_nothing_itself() -> None:
    rows = [
        usage("60"), usage("40", date(2026, 10, 31)), discount("-6"),
        usage("10", ServiceName="S3"), usage("20", SubAccountId="2"),
    ]  # fmt: skip
    # 6 of 100: 3.60 and 2.40, whatever day they are of.
    assert after(rows) == [
        ("56.4", "56.4", "3.6"), ("37.6", "37.6", "2.4"), ("0", "0", "-6"),
        ("10", "10", "0"), ("20", "20", "0"),
    ]  # fmt: skip


def test_what_a_commitment_pays_has_no_part_of_it_but_would_have_on_demand() -> None:
    covered = usage(
        "30", PricingCategory="Committed", CommitmentDiscountStatus="Used",
        CommitmentDiscountId="sp", ContractedCost=Decimal(50),
    )  # fmt: skip
    unused = usage("5", CommitmentDiscountStatus="Unused", ContractedCost=Decimal(0))
    assert after([usage("100"), covered, unused, discount("-10")]) == [
        ("90", "90", "10"), ("30", "45", "0"), ("5", "0", "0"), ("0", "0", "-10"),
    ]  # fmt: skip


def test_each_line_goes_to_the_nearest_usage_that_it_names() -> None:
    rows = [
        usage("100", x_UsageType="BoxUsage", ResourceId="i-1"),
        usage("100", x_UsageType="BoxUsage", ResourceId="i-2"),
        usage("100", x_UsageType="EBS", ResourceId="vol-1"),
        usage("100", SubAccountId="2", x_UsageType="EBS"),
        usage("100", ServiceName="S3"),
        discount("-1", x_UsageType="BoxUsage", ResourceId="i-1"),  # 1 % of i-1
        discount("-4", x_UsageType="BoxUsage", x_LineItemType="PrivateRateDiscount"),  # 2 %
        discount("-9"),  # 3 % of account 1's EC2
        discount("-20", SubAccountId=None),  # 5 % of all EC2
        discount("-50", SubAccountId=None, ServiceName="Enterprise agreement"),  # 10 % of all
    ]
    assert [off for _, _, off in after(rows)] == [
        "21", "20", "18", "15", "10", "-1", "-4", "-9", "-20", "-50",
    ]  # fmt: skip


def test_credits_given_once_corrections_and_refunds_are_no_discounts() -> None:
    once: Row = {
        "x_LineItemType": "Credit",
        "ChargeCategory": "Credit",
        "ChargeFrequency": "One-Time",
    }
    refund = usage("-5", x_LineItemType="Refund", ChargeFrequency="One-Time")
    corrected = discount("-3", x_LineItemType=None, ChargeFrequency="Usage-Based",
                         ChargeClass="Correction")  # fmt: skip
    rows = [usage("100"), discount("-7", **once), refund, corrected]
    assert [cost for cost, _, _ in after(rows)] == ["100", "-7", "-5", "-3"]


def test_a_credit_that_falls_with_usage_is_a_discount_in_any_bill() -> None:
    partner: Row = {"x_LineItemType": None, "ChargeCategory": "Credit",
               "ChargeFrequency": "Usage-Based", "ServiceProviderName": "Cirrus"}  # fmt: skip
    rows = [usage("100", ServiceProviderName="Cirrus"), discount("-12.5", **partner)]
    assert [cost for cost, _, _ in after(rows)] == ["87.5", "0"]


def test_a_last_month_without_lines_has_the_rates_of_the_month_before() -> None:
    rows = [usage("100"), discount("-6"), usage("50", NOVEMBER)]
    assert [cost for cost, _, _ in after(rows)] == ["94", "0", "47"]
    # A month in between without any line had no discount, and one with its own line has that.
    december = [usage("50", date(2026, 12, 1)), discount("-1", date(2026, 12, 1))]
    assert [cost for cost, _, _ in after([*rows, *december])] == ["94", "0", "50", "49", "0"]


def test_what_is_on_no_usage_stays_and_nothing_costs_less_than_nought() -> None:
    # Another payer's line finds no usage; one of more than its usage takes all of it.
    rows = [usage("10"), discount("-6", BillingAccountId="8"), discount("-15")]
    assert [cost for cost, _, _ in after(rows)] == ["0", "-6", "0"]
    assert after([usage("10")]) == [("10", "10", "0")]


def test_rates_are_rounded_once_to_nine_places() -> None:
    # 1 of 3 is 0.333333333: 2.000000001 are left of 3.
    assert after([usage("3"), discount("-1")])[0] == ("2.000000001", "2.000000001", "0.999999999")


def test_rates_of_a_day_depend_on_the_month_before_its_own() -> None:
    assert before(date(2026, 3, 31)) == date(2026, 2, 1)
    assert before(date(2026, 1, 1)) == date(2025, 12, 1)
