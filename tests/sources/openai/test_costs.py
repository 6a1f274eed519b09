"""OpenAI's costs as charges: amounts as they come, days that come twice, pages that are missing."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.sources.contract import SourceError
from outlay.sources.detect import detect
from outlay.sources.loose import HalfWrittenError
from outlay.sources.openai import OpenAi
from outlay.sources.transports.file import FileTransport
from tests.sources.ai.bills import Bill
from tests.sources.openai.answers import bucket, completions, cost, page

pytestmark = pytest.mark.slow

MONDAY, TUESDAY, WEDNESDAY = date(2026, 10, 5), date(2026, 10, 6), date(2026, 10, 7)


@pytest.fixture
def bill(tmp_path: Path) -> Bill:
    return Bill(tmp_path)


def text_of(*amounts: str) -> str:
    """A page whose amounts are written exactly so (as numbers, or in quotes as text)."""
    results = ", ".join(
        '{"object": "organization.costs.result", "line_item": "gpt-4o, input", '
        f'"amount": {{"value": {amount}, "currency": "usd"}}, "project_id": "p"}}'
        for amount in amounts
    )
    times = '"start_time": 1791158400, "end_time": 1791244800'
    day = f'{{"object": "bucket", {times}, "results": [{results}]}}'
    return f'{{"object": "page", "data": [{day}], "has_more": false, "next_page": null}}'


AMOUNTS = {
    "12.5": "12.5",
    '"12.50"': "12.5",
    "3": "3",
    "1E-10": "0.0000000001",
    '"1e-10"': "0.0000000001",
    "1.5e3": "1500",
    "123.4567890123456789": "123.4567890123456789",
    "-0": "0",
    "-0.0": "0",
    "0.1000000000": "0.1",
    "0.000000000000000000001": "0.000000000000000000001",
}


def test_an_amount_is_taken_to_the_last_digit(bill: Bill) -> None:
    """As a number, as text (since spring 2026), with an exponent, with 19 digits."""
    bill.write(costs=text_of(*AMOUNTS)).load()
    found = [amount for (amount,) in bill.charges("BilledCost", "x_SourceLine")]
    assert found == [Decimal(amount) for amount in AMOUNTS.values()]


def test_an_amount_that_the_ledger_cannot_hold_holds_the_slice_back(bill: Bill) -> None:
    bill.write(costs=text_of("1", "1e-22"))
    (outcome,) = bill.ledger.load("ai", bill.folder)
    assert outcome.status == "held"
    assert outcome.rejected == 1


def test_many_small_amounts_add_up_exactly(bill: Bill) -> None:
    bill.write(costs=text_of(*["0.1"] * 1000))
    bill.load()
    assert bill.billed() == Decimal(100)


def test_a_charge_says_what_was_used_by_whom(bill: Bill) -> None:
    bill.write(
        costs=page(
            [
                bucket(
                    MONDAY,
                    cost(
                        "3.75", "gpt-4o-2024-08-06, cached input", quantity=3000000.0,
                        quantity_unit="tokens", api_key_id="key_1", user_id="user_1",
                    ),
                )
            ]
        )
    ).load()  # fmt: skip
    (row,) = bill.charges(
        "BillingAccountId, SubAccountId, SubAccountType, ChargeCategory, ServiceProviderName, "
        "ServiceCategory, ServiceSubcategory, SkuMeter, ConsumedQuantity, ConsumedUnit, "
        "CAST(ListUnitPrice AS VARCHAR), x_Model, x_VendorModel, x_TokenType, x_ApiKey, x_User, "
        "Tags, ChargePeriodStart::DATE, ChargePeriodEnd::DATE"
    )
    assert row == (
        "org-kestrel", "proj_shop", "Project", "Usage", "OpenAI",
        "AI and Machine Learning", "Generative AI", "Cached Input Tokens", Decimal(3000000),
        "Tokens", "0.000001250000000000000", "gpt-4o", "gpt-4o-2024-08-06", "cached_input",
        "key_1", "user_1", {"api_key_id": "key_1", "user_id": "user_1"}, MONDAY, TUESDAY,
    )  # fmt: skip


def test_a_price_that_is_not_the_public_one_stays_unknown(bill: Bill) -> None:
    given: dict[str, Any] = {"quantity": 1000000, "quantity_unit": "tokens"}
    bill.write(costs=page([bucket(MONDAY, cost("2.5", **given), cost("2.4", **given))])).load()
    rows = bill.charges("BilledCost, ListUnitPrice, ListCost")
    assert [(billed, unit is not None) for billed, unit, _ in rows] == [
        (Decimal("2.4"), False),
        (Decimal("2.5"), True),
    ]
    assert all(billed == listed for billed, _, listed in rows)


ITEMS = {
    "gpt-4o-2024-08-06, input": ("gpt-4o", "input", None, "Input Tokens"),
    "gpt-5, output": ("gpt-5", "output", None, "Output Tokens"),
    "gpt-6-astra, input_tokens": ("gpt-6-astra", "input", None, "Input Tokens"),
    "gpt-4o-mini-2024-07-18, cached input": (
        "gpt-4o-mini", "cached_input", None, "Cached Input Tokens",
    ),
    "o3, input, batch": ("o3", "input", "batch", "Input Tokens"),
    "gpt-5, output, flex": ("gpt-5", "output", "flex", "Output Tokens"),
    "gpt-4o audio, output": ("gpt-4o", "audio_output", None, "Audio Output Tokens"),
    "text-embedding-3-small, input": ("text-embedding-3-small", "input", None, "Input Tokens"),
    "web search tool calls": (None, None, None, "web search tool calls"),
    "assistants api | file search": (None, None, None, "assistants api | file search"),
    None: (None, None, None, None),
}  # fmt: skip


def test_a_line_item_is_read(bill: Bill) -> None:
    bill.write(costs=page([bucket(MONDAY, *(cost("1", item) for item in ITEMS))])).load()
    found = bill.charges(
        "ChargeDescription, (x_Model, x_TokenType, x_ServiceTier, SkuMeter)", "x_SourceLine"
    )
    assert dict(found) == ITEMS


QUANTITIES = [
    ("tokens", 5, (Decimal(5), "Tokens")),
    ("1000_tokens", 5, (Decimal(5), "1000 Tokens")),
    ("gibibyte_hours", "0.25", (Decimal("0.25"), "GiB-Hours")),
    ("duration_minutes", 2.5, (Decimal("2.5"), "Minutes")),
    ("sandboxes", 5, (Decimal(5), "sandboxes")),
    (None, 5, (Decimal(5), "Units")),
    (None, None, (None, None)),
    ("tokens", 1234567890123456789, (None, None)),  # more digits than a quantity has
]


def test_quantities_have_the_units_that_openai_says(bill: Bill) -> None:
    lines = [cost("1", "tool", quantity=q, quantity_unit=unit) for unit, q, _ in QUANTITIES]
    bill.write(costs=page([bucket(MONDAY, *lines)])).load()
    expected = [each for _, _, each in QUANTITIES]
    assert bill.charges("ConsumedQuantity, ConsumedUnit", "x_SourceLine") == expected
    assert bill.charges("PricingQuantity, PricingUnit", "x_SourceLine") == expected


def test_negative_amounts_are_credits_or_adjustments(bill: Bill) -> None:
    bill.write(
        costs=page(
            [
                bucket(
                    MONDAY,
                    cost("-3.25", "Promotional credit", project_id=None),
                    cost("-1", "free credit grant"),
                    cost("-0.5", "gpt-4o, input"),
                    cost("2", "gpt-4o, input"),
                )
            ]
        )
    ).load()
    assert bill.charges("BilledCost, ChargeCategory, ChargeFrequency, SubAccountId") == [
        (Decimal("-3.25"), "Credit", "One-Time", None),
        (Decimal(-1), "Credit", "One-Time", "proj_shop"),
        (Decimal("-0.5"), "Adjustment", "One-Time", "proj_shop"),
        (Decimal(2), "Usage", "Usage-Based", "proj_shop"),
    ]


def test_an_answer_without_the_organisation_takes_the_options(bill: Bill) -> None:
    bill.write(costs=page([bucket(MONDAY, cost("1", organization_id=None))]))
    bill.load(organization="org-of-the-option")
    assert bill.charges("BillingAccountId") == [("org-of-the-option",)]


def test_days_without_results_are_no_charges(bill: Bill) -> None:
    bill.write(costs=page([bucket(MONDAY, cost("1")), bucket(TUESDAY), bucket(WEDNESDAY)]))
    assert bill.folded() == {"nothing was billed or used in this bucket": 2}
    assert bill.billed() == Decimal(1)


def test_a_month_of_nothing_loads_as_nothing(bill: Bill) -> None:
    bill.write(costs=page([bucket(MONDAY), bucket(TUESDAY)]))
    (outcome,) = bill.load()
    assert str(outcome.billing_period) == "2026-10"
    assert bill.charges("*") == []


@pytest.mark.parametrize("alone", [True, False])
def test_buckets_are_read_with_and_without_the_page_around(alone: bool, bill: Bill) -> None:
    buckets = [bucket(MONDAY, cost("1.5")), bucket(TUESDAY, cost("2"))]
    bill.write(anything=buckets if alone else page(buckets)).load()
    assert bill.billed() == Decimal("3.5")


def test_json_lines_of_pages_and_of_buckets_are_read(bill: Bill) -> None:
    lines = [page([bucket(MONDAY, cost("1"))]), page([bucket(TUESDAY, cost("2"))])]
    (bill.folder / "pages.jsonl").write_text("\n".join(map(json.dumps, lines)))
    buckets = [bucket(WEDNESDAY, cost("4")), bucket(date(2026, 10, 8), cost("8"))]
    (bill.folder / "buckets.json").write_text("\n".join(map(json.dumps, buckets)))
    bill.load()
    assert bill.billed() == Decimal(15)


def test_the_same_bucket_twice_counts_once_the_later_one(bill: Bill) -> None:
    bill.write(
        a=page([bucket(MONDAY, cost("1")), bucket(TUESDAY, cost("2"))]),
        b=page([bucket(TUESDAY, cost("2.5")), bucket(WEDNESDAY, cost("4"))]),
    )
    assert bill.folded() == {"superseded: the same bucket is there again, later or wider": 1}
    assert bill.billed() == Decimal("7.5")
    assert "1 buckets are there more than once" in bill.notes()


def test_days_that_no_file_has_are_told(bill: Bill) -> None:
    """A page in the middle that was not saved: the others say nothing of it."""
    bill.write(a=page([bucket(MONDAY, cost("1"))]), b=page([bucket(date(2026, 10, 9), cost("2"))]))
    assert "3 days between the first and the last of 2026-10 are in no file" in bill.notes()


def test_later_is_by_number_not_by_letter(bill: Bill) -> None:
    bill.write(
        costs9=page([bucket(MONDAY, cost("9"))]), costs10=page([bucket(MONDAY, cost("10"))])
    ).load()
    assert bill.billed() == Decimal(10)


def test_the_same_bucket_twice_in_one_file_counts_once(bill: Bill) -> None:
    bill.write(a=page([bucket(MONDAY, cost("1")), bucket(MONDAY, cost("1"))])).load()
    assert bill.billed() == Decimal(1)


def test_a_later_empty_bucket_takes_the_earlier_ones_place(bill: Bill) -> None:
    bill.write(costs1=page([bucket(MONDAY, cost("1"))]), costs2=page([bucket(MONDAY)])).load()
    assert bill.billed() == Decimal(0)


def test_two_groupings_of_one_day_are_not_added(bill: Bill) -> None:
    """By project and by line item: a field that is not grouped by is null, the money the same."""
    by_project = [cost("3", None), cost("4", None, project_id="proj_data")]
    by_item = [
        cost("5", "gpt-4o, input", project_id=None),
        cost("2", "gpt-4o, output", project_id=None),
    ]
    bill.write(
        a_by_project=page([bucket(MONDAY, *by_project)]), b_by_item=page([bucket(MONDAY, *by_item)])
    ).load()
    assert bill.billed() == Decimal(7)


def test_two_equal_lines_of_one_bucket_both_count(bill: Bill) -> None:
    bill.write(costs=page([bucket(MONDAY, cost("1"), cost("1"))])).load()
    assert bill.billed() == Decimal(2)


def test_costs_and_usage_of_one_day_are_no_repetition(bill: Bill) -> None:
    bill.write(
        costs=page([bucket(MONDAY, cost("1"))]), usage=page([bucket(MONDAY, completions())])
    ).load()
    assert bill.billed() == Decimal(1)
    assert bill.metrics() == {"input_tokens": 1000, "output_tokens": 100, "requests": 1}


def test_months_of_one_file_become_slices(bill: Bill) -> None:
    bill.write(
        costs=page([bucket(date(2026, 9, 30), cost("1")), bucket(date(2026, 10, 1), cost("2"))])
    )
    outcomes = bill.load()
    assert sorted(str(one.billing_period) for one in outcomes) == ["2026-09", "2026-10"]
    assert bill.billed() == Decimal(3)


def two_pages() -> dict[str, object]:
    return {
        "costs_page1": page([bucket(MONDAY, cost("1"))], "page_2"),
        "costs_page2": page([bucket(TUESDAY, cost("2"))]),
    }


def test_pages_that_follow_each_other_are_whole(bill: Bill) -> None:
    bill.write(**two_pages()).load()
    assert bill.billed() == Decimal(3)


def test_a_page_that_another_should_follow_is_half_an_answer(bill: Bill) -> None:
    bill.write(**two_pages(), usage=page([bucket(TUESDAY, completions())]))
    (bill.folder / "costs_page2.json").unlink()
    with pytest.raises(HalfWrittenError, match=r"costs_page1\.json says that more follows"):
        bill.load()
    assert HalfWrittenError.retryable


def test_a_page_that_another_should_precede_is_half_an_answer(bill: Bill) -> None:
    bill.write(**two_pages())
    (bill.folder / "costs_page1.json").unlink()
    with pytest.raises(HalfWrittenError, match=r"page 2, and page 1 is missing"):
        bill.load()


def test_one_page_named_alone_is_taken_with_a_note(bill: Bill) -> None:
    bill.write(**two_pages())
    (outcome,) = bill.load("costs_page1.json")
    assert outcome.record is not None
    assert "goes on at page_2" in outcome.record.notes[0]
    assert bill.billed() == Decimal(1)


def feeds(bill: Bill) -> list[tuple[str, str]]:
    return [(feed.kind, feed.root) for feed in detect(FileTransport(str(bill.folder)))]


def test_a_folder_with_a_table_of_others_gives_the_folder_of_ours(bill: Bill) -> None:
    bill.write(ai__costs=page([bucket(MONDAY, cost("1"))]))
    (bill.folder / "people.csv").write_text("name,age\nAda,36\n")
    (feed,) = detect(FileTransport(str(bill.folder)))
    assert (feed.kind, feed.root, feed.name) == ("openai", "ai", "ai")
    assert feed.evidence == "1 file of OpenAI's organisation API: costs"


def test_settings_beside_the_pages_do_no_harm(bill: Bill) -> None:
    pages = [page([bucket(MONDAY, cost("1"))]), page([bucket(TUESDAY, cost("2"))])]
    bill.write(costs1=pages[0], costs2=pages[1], settings={"theme": "dark"})
    assert feeds(bill) == [("openai", "")]
    bill.load()
    assert bill.billed() == Decimal(3)


def test_pages_of_two_vendors_in_one_folder_are_told_apart(bill: Bill) -> None:
    other = {"starting_at": "2026-10-05T00:00:00Z", "ending_at": "2026-10-06T00:00:00Z"}
    bill.write(
        costs=page([bucket(MONDAY, cost("1"))]),
        cost_report={"data": [{**other, "results": [{"amount": "1", "currency": "USD"}]}]},
    )
    assert feeds(bill) == [("anthropic", "cost_report.json"), ("openai", "costs.json")]


def test_a_page_that_was_cut_short_is_refused_and_not_left_out(bill: Bill) -> None:
    whole = page([bucket(TUESDAY, cost("2"))])
    bill.write(october=page([bucket(MONDAY, cost("1"))]), november=json.dumps(whole)[:-40])
    assert feeds(bill) == [("openai", "")]
    with pytest.raises(SourceError, match=r"november\.json is no valid JSON"):
        bill.load()


@pytest.mark.parametrize(
    "document",
    [
        {"data": [{"id": 1}]},
        [{"start_time": 1, "end_time": 2}],
        [{"start_time": 1, "end_time": 2, "results": [{"object": "chat.completion"}]}],
        [{"start_time": 1, "end_time": 2, "results": [7]}],
        [],
        {},
        "{",
    ],
)
def test_other_documents_are_not_taken_for_it(document: object, bill: Bill) -> None:
    bill.write(costs=document)
    transport = FileTransport(str(bill.folder))
    assert OpenAi().recognise(transport, transport.list()) == []
