"""OpenAI's usage: disjoint token types, one count of each request, estimates by dated prices."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.ai.bills import Bill
from tests.sources.openai.answers import bucket, completions, page, unix

MONDAY = date(2026, 10, 19)


@pytest.fixture
def bill(tmp_path: Path) -> Bill:
    return Bill(tmp_path)


def test_input_includes_what_was_cached_and_is_not_counted_twice(bill: Bill) -> None:
    result = completions(
        input_tokens=1000,
        input_cached_tokens=300,
        input_cache_write_tokens=150,
        input_uncached_tokens=550,
        input_text_tokens=500,
        input_audio_tokens=40,
        input_image_tokens=10,
        input_cached_text_tokens=280,
        input_cached_audio_tokens=15,
        input_cached_image_tokens=5,
        output_tokens=200,
        output_text_tokens=170,
        output_audio_tokens=20,
        output_image_tokens=10,
        num_model_requests=7,
    )
    bill.write(usage=page([bucket(MONDAY, result)])).load()
    metrics = bill.metrics()
    assert metrics == {
        "input_tokens": 500,
        "cached_input_tokens": 280,
        "cache_write_tokens": 150,
        "audio_input_tokens": 40,
        "image_input_tokens": 10,
        "audio_cached_input_tokens": 15,
        "image_cached_input_tokens": 5,
        "output_tokens": 170,
        "audio_output_tokens": 20,
        "image_output_tokens": 10,
        "requests": 7,
    }
    used = sum(amount for metric, amount in metrics.items() if metric.endswith("_tokens"))
    assert used == 1000 + 200


def test_every_endpoint_is_read(bill: Bill) -> None:
    results = {
        "embeddings": {"input_tokens": 11, "num_model_requests": 1},
        "moderations": {"input_tokens": 22, "num_model_requests": 2},
        "images": {"images": 33, "num_model_requests": 3},
        "audio_speeches": {"characters": 44, "num_model_requests": 4},
        "audio_transcriptions": {"seconds": 55, "num_model_requests": 5},
        "vector_stores": {"usage_bytes": 1 << 40},
        "code_interpreter_sessions": {"num_sessions": 66},
        "file_searches": {"num_requests": 77},
        "web_searches": {"num_requests": 88, "num_model_requests": 999},
    }
    bill.write(
        **{
            name: page([bucket(MONDAY, {"object": f"organization.usage.{name}.result", **fields})])
            for name, fields in results.items()
        }
    ).load()
    assert bill.metrics() == {
        "input_tokens": 33,
        "requests": 15,  # the requests that searched the web are counted at their model
        "images": 33,
        "characters": 44,
        "audio_seconds": 55,
        "stored_bytes": 1 << 40,
        "sessions": 66,
        "file_searches": 77,
        "web_searches": 88,
    }
    assert bill.usage("DISTINCT x_Endpoint") == [
        ("audio_speeches",), ("audio_transcriptions",), ("code_interpreter_sessions",),
        ("embeddings",), ("file_search_calls",), ("images",), ("moderations",),
        ("vector_stores",), ("web_search_calls",),
    ]  # fmt: skip


def test_a_usage_row_says_who_used_what_when(bill: Bill) -> None:
    result = completions(user_id="user_1", api_key_id="key_1", service_tier="default", batch=False)
    bill.write(usage=page([bucket(MONDAY, result)])).load()
    (row,) = bill.usage(
        "UsagePeriodStart::DATE, UsagePeriodEnd::DATE, Unit, Quantity, ServiceProviderName, "
        "ServiceName, SubAccountId, x_Model, x_VendorModel, x_TokenType, x_User, x_ApiKey",
        "Metric = 'output_tokens'",
    )
    assert row == (
        MONDAY, date(2026, 10, 20), "Tokens", 100, "OpenAI", "OpenAI API", "proj_shop",
        "gpt-4o", "gpt-4o-2024-08-06", "output", "user_1", "key_1",
    )  # fmt: skip


def cost_of(bill: Bill, where: str = "true") -> dict[str, Decimal | None]:
    return {
        metric: None if amount is None else amount.normalize()
        for metric, amount in bill.usage("Metric, EstimatedCost", where)
    }


def test_usage_is_priced_by_the_days_price(bill: Bill) -> None:
    """o3 cost 10 and 40 dollars a million until 10 June 2025, and 2 and 8 since."""
    result = completions(model="o3-2025-04-16", input_tokens=1_000_000, output_tokens=1_000_000)
    dear, cheap = date(2025, 6, 9), date(2025, 6, 11)
    bill.write(usage=page([bucket(dear, result), bucket(cheap, result)])).load()
    found = bill.usage(
        "UsagePeriodStart::DATE, Metric, EstimatedCost::DOUBLE, PriceSource, EstimatedCurrency",
        "x_TokenType IS NOT NULL",
    )
    (source,) = {row[3] for row in found}
    assert source.startswith("genai-prices ")
    assert [(row[0], row[1], row[2], row[4]) for row in found] == [
        (dear, "input_tokens", 10.0, "USD"),
        (dear, "output_tokens", 40.0, "USD"),
        (cheap, "input_tokens", 2.0, "USD"),
        (cheap, "output_tokens", 8.0, "USD"),
    ]


def test_batch_flex_and_priority_have_their_own_prices(bill: Bill) -> None:
    million = {"model": "gpt-5", "input_tokens": 1_000_000, "output_tokens": 0}
    results = [
        completions(**million, service_tier="default", batch=False),
        completions(**million, service_tier="flex"),
        completions(**million, service_tier="priority"),
        completions(**million, service_tier="default", batch=True),
        completions(**million, service_tier="scale"),
    ]
    notes = bill.write(usage=page([bucket(MONDAY, *results)])).notes()
    found = bill.usage("x_ServiceTier, EstimatedCost::DOUBLE", "Metric = 'input_tokens'")
    assert dict(found) == {
        None: 1.25, "flex": 0.625, "priority": 2.5, "batch": 0.625, "scale": None,
    }  # fmt: skip
    assert "no price in genai-prices" in notes
    assert "gpt-5 (scale)" in notes


def test_a_tier_has_its_first_known_price_on_the_days_before(bill: Bill) -> None:
    million = completions(model="gpt-5", input_tokens=1_000_000, output_tokens=0, batch=True)
    bill.write(usage=page([bucket(date(2026, 8, 3), million)])).load()
    assert bill.usage("EstimatedCost::DOUBLE", "Metric = 'input_tokens'") == [(0.625,)]


def test_a_model_without_a_price_has_no_estimate_and_is_listed(bill: Bill) -> None:
    notes = bill.write(
        usage=page([bucket(MONDAY, completions(model="kestrel-secret-1"), completions())])
    ).notes()
    assert "for kestrel-secret-1: their usage has no estimated cost" in notes
    unknown = cost_of(bill, "x_Model = 'kestrel-secret-1'")
    assert unknown == {"input_tokens": None, "output_tokens": None, "requests": None}
    sources = bill.usage("DISTINCT PriceSource", "x_Model = 'kestrel-secret-1'")
    assert sources == [(None,)]


def test_an_estimate_is_exact(bill: Bill) -> None:
    result = completions(model="gpt-5", input_tokens=4560001, input_cached_tokens=1824000)
    bill.write(usage=page([bucket(MONDAY, result)])).load()
    assert cost_of(bill) == {
        "input_tokens": Decimal("3.42000125").normalize(),
        "cached_input_tokens": Decimal("0.228"),
        "output_tokens": Decimal("0.001"),
        "requests": None,
    }


def test_the_day_counts_and_not_its_hours_beside_it(bill: Bill) -> None:
    start = unix(MONDAY)
    hours = [
        {
            "object": "bucket",
            "start_time": start + 3600 * hour,
            "end_time": start + 3600 * (hour + 1),
            "results": [completions(input_tokens=10, output_tokens=1)],
        }
        for hour in range(24)
    ]
    next_hour = {**hours[0], "start_time": start + 86400, "end_time": start + 90000}
    whole = completions(input_tokens=240, output_tokens=24, num_model_requests=24)
    bill.write(daily=page([bucket(MONDAY, whole)]), hourly=page([*hours, next_hour]))
    notes = bill.notes()
    assert "24 buckets lie inside wider ones" in notes
    assert bill.metrics() == {"input_tokens": 250, "output_tokens": 25, "requests": 25}
