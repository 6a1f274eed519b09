"""Anthropic's usage: disjoint already, the cache's two lives, priced by day and tier."""

from datetime import date
from pathlib import Path

import pytest

from tests.sources.ai.bills import Bill
from tests.sources.anthropic.answers import bucket, page, usage, usage_row

MONDAY = date(2026, 10, 19)


@pytest.fixture
def bill(tmp_path: Path) -> Bill:
    return Bill(tmp_path)


def test_uncached_input_has_nothing_of_the_cache(bill: Bill) -> None:
    """The opposite of OpenAI: nothing is taken off."""
    result = usage(
        uncached_input_tokens=700,
        cache_read_input_tokens=300,
        cache_creation={"ephemeral_5m_input_tokens": 40, "ephemeral_1h_input_tokens": 60},
        output_tokens=100,
        server_tool_use={"web_search_requests": 5},
    )
    bill.write(usage_report=page([bucket(MONDAY, result)])).load()
    assert bill.metrics() == {
        "input_tokens": 700,
        "cached_input_tokens": 300,
        "cache_write_tokens": 40,
        "cache_write_1h_tokens": 60,
        "output_tokens": 100,
        "web_searches": 5,
    }


def test_the_analytics_api_says_the_same_and_the_requests(bill: Bill) -> None:
    group = {"api_key_id": "apikey_1", "service_tier": "standard", "product": "chat",
             "actor": {"type": "api_actor", "api_key_id": "apikey_1"}}  # fmt: skip
    bill.write(analytics_usage=page([usage_row(MONDAY, group=group)])).load()
    assert bill.metrics() == {
        "input_tokens": 1000,
        "cached_input_tokens": 300,
        "cache_write_tokens": 10,
        "cache_write_1h_tokens": 20,
        "output_tokens": 100,
        "web_searches": 2,
        "requests": 5,
    }
    assert bill.usage("DISTINCT ServiceName, x_ApiKey, SubAccountId, x_User") == [
        ("Claude", "apikey_1", "wrkspc_shop", None)
    ]


def test_usage_is_priced_cache_by_cache(bill: Bill) -> None:
    million = 1_000_000
    result = usage(
        uncached_input_tokens=million,
        cache_read_input_tokens=million,
        cache_creation={"ephemeral_5m_input_tokens": million, "ephemeral_1h_input_tokens": million},
        output_tokens=million,
        server_tool_use={"web_search_requests": 1000},
    )
    bill.write(usage_report=page([bucket(MONDAY, result)])).load()
    assert dict(bill.usage("Metric, EstimatedCost::DOUBLE")) == {
        "input_tokens": 5.0,
        "cached_input_tokens": 0.5,
        "cache_write_tokens": 6.25,
        "cache_write_1h_tokens": 10.0,
        "output_tokens": 25.0,
        "web_searches": 10.0,
    }


def test_tiers_have_their_prices_or_none(bill: Bill) -> None:
    plain = {"uncached_input_tokens": 1_000_000, "output_tokens": 0}
    notes = bill.write(
        usage_report=page(
            [
                bucket(
                    MONDAY,
                    usage(**plain),
                    usage(**plain, service_tier="batch"),
                    usage(**plain, service_tier="priority"),
                    usage(**plain, service_tier="flex_discount"),
                )
            ]
        )
    ).notes()
    found = dict(bill.usage("x_ServiceTier, EstimatedCost::DOUBLE"))
    assert found == {"standard": 5.0, "batch": 2.5, "priority": None, "flex_discount": None}
    assert "claude-opus-4-6 (flex_discount), claude-opus-4-6 (priority)" in notes


def test_the_workbench_has_no_key_and_the_default_workspace_no_id(bill: Bill) -> None:
    result = usage(api_key_id=None, workspace_id=None)
    bill.write(usage_report=page([bucket(MONDAY, result)])).load()
    assert bill.usage("DISTINCT x_ApiKey, SubAccountId") == [(None, None)]


def test_usage_of_both_apis_counts_once(bill: Bill) -> None:
    bill.write(
        analytics_usage=page([usage_row(MONDAY)]),
        usage_report=page([bucket(MONDAY, usage(uncached_input_tokens=999))]),
    )
    notes = bill.notes()
    assert "usage of 2026-10 are there from both APIs" in notes
    assert bill.metrics()["input_tokens"] == 1000
