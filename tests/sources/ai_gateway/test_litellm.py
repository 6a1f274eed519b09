"""LiteLLM's spend log as usage: each request once, the cache's tokens apart, priced or spent."""

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from outlay.focus.ai_models import model_name
from outlay.sources.ai_gateway.providers import provider_of
from outlay.sources.detect import detect
from outlay.sources.loose import HalfWrittenError
from outlay.sources.transports.file import FileTransport
from tests.sources.ai.bills import Bill
from tests.sources.ai_gateway.logs import request
from tests.sources.openai.answers import bucket, cost

pytestmark = pytest.mark.slow


@pytest.fixture
def bill(tmp_path: Path) -> Bill:
    return Bill(tmp_path)


def log(bill: Bill, *requests: dict[str, Any], name: str = "spend") -> Bill:
    """Write requests as JSON lines."""
    text = "".join(json.dumps(one) + "\n" for one in requests)
    (bill.folder / f"{name}.jsonl").write_text(text)
    return bill


def test_a_log_is_usage_alone(bill: Bill) -> None:
    (outcome,) = log(bill, request(1), request(2)).load()
    assert outcome.record is not None
    proof = outcome.record.proof
    assert (proof.rows_read, proof.rows_mapped) == (2, 0)
    assert bill.charges("*") == []
    assert bill.metrics() == {"input_tokens": 2000, "output_tokens": 200, "requests": 2}


def test_requests_of_an_hour_are_added_up_by_who_asked_for_what(bill: Bill) -> None:
    log(
        bill,
        request(1),
        request(2, startTime="2026-10-05T10:59:59.999Z"),
        request(3, startTime="2026-10-05T11:00:00Z"),
        request(4, user="bob@kestrel.example"),
    ).load()
    rows = bill.usage(
        "UsagePeriodStart, UsagePeriodEnd, x_User, Quantity::INT", "Metric = 'input_tokens'"
    )
    ten, eleven, noon = (datetime(2026, 10, 5, hour) for hour in (10, 11, 12))
    assert rows == [
        (ten, eleven, "ada@kestrel.example", 2000),
        (ten, eleven, "bob@kestrel.example", 1000),
        (eleven, noon, "ada@kestrel.example", 1000),
    ]


def test_a_row_says_who_asked_for_what(bill: Bill) -> None:
    tagged = request(
        1, end_user="customer-7", request_tags=["env:prod", "batch-job", "User-Agent: x", "env:b"]
    )
    log(bill, tagged).load()
    (row,) = bill.usage(
        "ServiceProviderName, ServiceName, x_Model, x_VendorModel, x_User, x_EndUser, x_ApiKey, "
        "x_Team, x_TokenType, Tags",
        "Metric = 'output_tokens'",
    )
    assert row == (
        "OpenAI", "OpenAI API", "gpt-4o", "gpt-4o-2024-08-06", "ada@kestrel.example",
        "customer-7", "shop-assistant", "shop", "output",
        {"team": "shop", "end_user": "customer-7", "env": "prod", "batch-job": "true"},
    )  # fmt: skip


def test_without_an_alias_the_keys_hash_and_the_teams_id_stand(bill: Bill) -> None:
    log(bill, request(1, metadata={}, api_key="hash-of-a-key")).load()
    assert bill.usage("DISTINCT x_ApiKey, x_Team, Tags") == [
        ("hash-of-a-key", "team-1", {"team": "team-1", "env": "prod"})
    ]


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("anthropic", "claude-sonnet-4-5", ("Anthropic", "Claude API", "claude-sonnet-4-5")),
        ("bedrock", "us.anthropic.claude-sonnet-4-20250514-v1:0",
         ("AWS", "Amazon Bedrock", "claude-sonnet-4")),
        ("vertex_ai", "gemini-2.5-pro", ("Google Cloud", "Vertex AI", "gemini-2.5-pro")),
        ("azure", "azure/gpt-4o", ("Microsoft", "Azure OpenAI", "gpt-4o")),
        (None, "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0",
         ("AWS", "Amazon Bedrock", "claude-haiku-4-5")),
        (None, "gpt-4o-mini", ("OpenAI", "OpenAI API", "gpt-4o-mini")),
        ("hosted_vllm", "own-model", ("hosted_vllm", "hosted_vllm API", "own-model")),
    ],
)  # fmt: skip
def test_the_provider_is_known_by_its_name_or_the_models(
    provider: str | None, model: str, expected: tuple[str, ...]
) -> None:
    found = provider_of(provider, model)
    assert (found.name, found.service, model_name(model)) == expected


def test_the_same_request_again_is_counted_once(bill: Bill) -> None:
    log(bill, request(1), request(2), request(1), name="monday")
    log(bill, request(2, prompt_tokens=5000), request(3), name="tuesday")
    assert bill.folded()["the same request again: counted once"] == 2
    # The last in file order: Tuesday's word on request 2.
    assert bill.metrics() == {"input_tokens": 7000, "output_tokens": 300, "requests": 3}
    assert "2 requests are there more than once: counted once" in bill.notes()


def test_requests_without_an_id_all_count(bill: Bill) -> None:
    log(bill, request(1, request_id=None), request(2, request_id="")).load()
    assert bill.metrics()["requests"] == 2


@pytest.mark.parametrize(
    "metadata",
    [
        {"additional_usage_values": {"cache_read_input_tokens": 600,
                                     "cache_creation_input_tokens": 100}},
        {"usage_object": {"cache_read_input_tokens": 600, "cache_creation_input_tokens": 100}},
        {"additional_usage_values": {"prompt_tokens_details": {"cached_tokens": 600},
                                     "cache_creation_input_tokens": 100}},
    ],
)  # fmt: skip
def test_prompt_tokens_include_the_cache_and_are_not_counted_twice(
    metadata: dict[str, Any], bill: Bill
) -> None:
    log(bill, request(1, metadata=metadata)).load()
    assert bill.metrics() == {
        "input_tokens": 300,
        "cached_input_tokens": 600,
        "cache_write_tokens": 100,
        "output_tokens": 100,
        "requests": 1,
    }


def test_a_prompt_smaller_than_its_cache_was_counted_beside_it(bill: Bill) -> None:
    metadata = {"additional_usage_values": {"cache_read_input_tokens": 5000}}
    log(bill, request(1, metadata=metadata)).load()
    assert bill.metrics()["input_tokens"] == 1000
    assert bill.metrics()["cached_input_tokens"] == 5000


def test_the_gateways_own_cache_costs_nothing(bill: Bill) -> None:
    log(bill, request(1), request(2, cache_hit="True", spend=0)).load()
    assert bill.metrics() == {
        "input_tokens": 1000,
        "output_tokens": 100,
        "requests": 1,
        "requests_from_cache": 1,
    }


def estimates(bill: Bill) -> dict[str, tuple[float | None, str | None]]:
    found = bill.usage("Metric, EstimatedCost::DOUBLE, PriceSource")
    return {metric: (cost, source) for metric, cost, source in found}


def test_requests_are_priced_by_the_days_public_price(bill: Bill) -> None:
    log(bill, request(1, spend="0.9")).load()
    found = estimates(bill)
    assert found["input_tokens"][0] == 0.0025
    assert found["output_tokens"][0] == 0.001
    assert found["requests"] == (None, None)
    assert str(found["input_tokens"][1]).startswith("genai-prices ")


def test_the_gateways_own_price_stands_with_the_requests(bill: Bill) -> None:
    log(bill, request(1, spend=1.5e-05), request(2, spend="0.25"))
    bill.load(price="gateway")
    assert estimates(bill) == {
        "input_tokens": (None, None),
        "output_tokens": (None, None),
        "requests": (0.250015, "the gateway's own price"),
    }


def test_a_model_without_a_public_price_has_the_gateways(bill: Bill) -> None:
    own = {"model": "own-model", "custom_llm_provider": "hosted_vllm"}
    notes = log(bill, request(1, spend="0.5", **own), request(2, **own, spend="0.25")).notes()
    assert "no price in genai-prices" in notes
    found = estimates(bill)
    assert found["requests"] == (0.75, "the gateway's own price")
    assert found["input_tokens"] == (None, None)


TIMES = {
    "2026-10-05T10:20:30.123000Z": 10,
    "2026-10-05T10:20:30": 10,
    "2026-10-05 10:20:30.1+00": 10,
    "2026-10-05 12:20:30+02:00": 10,
    "2026-10-05 05:20:30-0500": 10,
    "1791195630": 10,
    1791195630.25: 10,
}


def test_times_are_read_as_every_export_writes_them(bill: Bill) -> None:
    log(bill, *(request(at, startTime=time) for at, time in enumerate(TIMES))).load()
    assert bill.usage("UsagePeriodStart, Quantity::INT", "Metric = 'requests'") == [
        (datetime(2026, 10, 5, 10), len(TIMES))
    ]


@pytest.mark.parametrize("fields", [{"startTime": "soon"}, {"prompt_tokens": "many"}])
def test_a_request_that_cannot_be_read_holds_the_slice_back(
    fields: dict[str, Any], bill: Bill
) -> None:
    log(bill, request(1), request(2, **fields))
    (outcome,) = bill.ledger.load("ai", bill.folder)
    assert (outcome.status, outcome.rejected) == ("held", 1)


def test_callbacks_name_some_columns_otherwise(bill: Bill) -> None:
    record = request(1, metadata={"user_api_key_alias": "k", "user_api_key_user_id": "ada"})
    for old, new in (("request_id", "id"), ("spend", "response_cost")):
        record[new] = record.pop(old)
    del record["user"]
    log(bill, record, record).load(price="gateway")
    assert bill.metrics()["requests"] == 1
    assert estimates(bill)["requests"][0] == 0.0125
    assert bill.usage("DISTINCT x_User, x_ApiKey") == [("ada", "k")]


def test_json_lists_and_csv_say_the_same(tmp_path: Path) -> None:
    requests = [request(1), request(2, cache_hit="True"), request(1)]
    found = []
    for kind in ("json", "csv"):
        (tmp_path / kind).mkdir()
        bill = Bill(tmp_path / kind)
        if kind == "json":
            bill.write(logs=requests)
        else:
            with (bill.folder / "logs.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(requests[0]))
                writer.writeheader()
                for one in requests:
                    writer.writerow(
                        {k: json.dumps(v) if isinstance(v, dict | list) else v
                         for k, v in one.items()}
                    )  # fmt: skip
        bill.load()
        found.append(bill.usage("* EXCLUDE (x_SourceFile, x_SourceLine)"))
    assert found[0] == found[1]
    assert found[0]


def test_pages_of_the_log_are_whole_or_refused(bill: Bill) -> None:
    def answer(number: int) -> dict[str, Any]:
        return {"data": [request(number)], "total": 3, "page": number, "total_pages": 3}

    bill.write(logs1=answer(1), logs2=answer(2), logs3=answer(3)).load()
    assert bill.metrics()["requests"] == 3
    (bill.folder / "logs2.json").unlink()
    with pytest.raises(HalfWrittenError, match="page 2 is missing"):
        bill.load()
    (outcome,) = bill.ledger.load("one", bill.folder / "logs3.json")
    assert outcome.record is not None
    assert "is page 3 of 3: its log is not whole" in outcome.record.notes[0]


def test_prompts_and_answers_are_in_no_table(bill: Bill) -> None:
    secret = "the merger is on Friday"
    log(
        bill,
        request(1, messages=[{"role": "user", "content": secret}], response={"text": secret}),
        request(2, startTime="soon", messages=[{"content": secret}]),
    )
    bill.ledger.load("ai", bill.folder)
    for path in Path(bill.ledger.lake.path).rglob("*.parquet"):
        assert secret.encode() not in path.read_bytes()


def test_a_record_of_something_else_is_refused(bill: Bill) -> None:
    log(bill, request(1), {"hello": "world"})
    (outcome,) = bill.ledger.load("ai", bill.folder)
    assert outcome.status not in ("loaded", "unchanged")
    assert "no request of LiteLLM's and no OTLP export: hello" in outcome.message


def test_months_become_slices(bill: Bill) -> None:
    log(bill, request(1), request(2, startTime="2026-09-30T23:59:59Z"))
    outcomes = bill.load()
    assert sorted(str(one.billing_period) for one in outcomes) == ["2026-09", "2026-10"]
    assert bill.metrics()["requests"] == 2


def test_a_log_beside_pages_of_a_vendor_is_told_apart(bill: Bill) -> None:
    log(bill, request(1))
    bill.write(costs={"object": "page", "data": [bucket(date(2026, 10, 5), cost("1"))]})
    found = detect(FileTransport(str(bill.folder)))
    assert [(feed.kind, feed.root) for feed in found] == [
        ("openai", "costs.json"),
        ("ai-gateway", "spend.jsonl"),
    ]


def test_a_log_that_is_being_written_is_refused_at_the_line(bill: Bill) -> None:
    log(bill, request(1), request(2))
    path = bill.folder / "spend.jsonl"
    path.write_text(path.read_text()[:-50])
    (outcome,) = bill.ledger.load("ai", bill.folder)
    assert outcome.status not in ("loaded", "unchanged")
    assert "spend.jsonl, line 2, is no valid JSON" in outcome.message
