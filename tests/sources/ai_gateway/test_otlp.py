"""OpenTelemetry's gen_ai signals as usage: calls, and sums of calls that are not counted twice."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from outlay.sources.detect import detect
from outlay.sources.transports.file import FileTransport
from tests.sources.ai.bills import Bill
from tests.sources.ai_gateway.logs import metrics, point, request, span, traces

TEN = 1791195600  # 2026-10-05 10:20 UTC


@pytest.fixture
def bill(tmp_path: Path) -> Bill:
    return Bill(tmp_path)


def export(bill: Bill, *requests: object, name: str = "otel") -> Bill:
    """Write export requests as the Collector does: one a line."""
    text = "".join(json.dumps(one) + "\n" for one in requests)
    (bill.folder / f"{name}.jsonl").write_text(text)
    return bill


def test_spans_of_calls_are_requests(bill: Bill) -> None:
    export(
        bill,
        traces(span(1), span(2, gen_ai__usage__cache_read__input_tokens=400, user__id="ada")),
        traces({**span(3), "attributes": []}),  # a span of something else
    ).load()
    assert bill.metrics() == {
        "input_tokens": 1600,
        "cached_input_tokens": 400,
        "output_tokens": 200,
        "requests": 2,
    }
    rows = bill.usage(
        "UsagePeriodStart, ServiceProviderName, ServiceName, x_Model, x_User, Tags, "
        "EstimatedCost::DOUBLE",
        "Metric = 'output_tokens'",
    )
    labels = {"service.name": "assistant", "team": "shop"}
    hour = datetime(2026, 10, 5, 10)
    who = (hour, "Anthropic", "Claude API", "claude-sonnet-4-5")
    assert rows == [(*who, "ada", labels, 0.0015), (*who, None, labels, 0.0015)]


def test_a_document_of_spans_is_read_too(bill: Bill) -> None:
    bill.write(traces=traces(span(1))).load()
    assert bill.metrics()["requests"] == 1
    (feed,) = detect(FileTransport(str(bill.folder)))
    assert (feed.kind, feed.evidence) == ("ai-gateway", "1 file of OpenTelemetry's gen_ai signals")


def test_the_model_that_answered_counts(bill: Bill) -> None:
    answered = span(1, gen_ai__response__model="claude-sonnet-4-5-20250929")
    export(bill, traces(answered)).load()
    assert bill.usage("DISTINCT x_VendorModel, x_Model") == [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5")
    ]


def test_older_names_of_attributes_are_known(bill: Bill) -> None:
    old = span(
        1,
        gen_ai__provider__name=None,
        gen_ai__usage__input_tokens=None,
        gen_ai__usage__output_tokens=None,
        gen_ai__operation__name=None,
        gen_ai__system="openai",
        gen_ai__request__model="gpt-4o",
        gen_ai__usage__prompt_tokens=70,
        gen_ai__usage__completion_tokens=7,
    )
    export(bill, traces(old)).load()
    assert bill.metrics() == {"input_tokens": 70, "output_tokens": 7, "requests": 1}
    assert bill.usage("DISTINCT ServiceProviderName") == [("OpenAI",)]


def test_a_span_that_sums_up_others_is_left_out(bill: Bill) -> None:
    agent = span(9, gen_ai__operation__name="invoke_agent", gen_ai__usage__input_tokens=2000)
    export(bill, traces(span(1), span(2), agent))
    assert bill.folded()["a span that sums up the calls below it"] == 1
    assert bill.metrics()["input_tokens"] == 2000


def test_a_span_that_was_exported_twice_is_counted_once(bill: Bill) -> None:
    export(bill, traces(span(1)), traces(span(1)))
    assert bill.folded()["the same request again: counted once"] == 1


def test_sums_of_an_interval_are_added(bill: Bill) -> None:
    export(
        bill,
        metrics(point("input", 500, TEN + 60, count=2), point("output", 50, TEN + 60, count=2)),
        metrics(point("input", 300, TEN + 120, count=1, start=TEN + 60)),
    ).load()
    assert bill.metrics() == {"input_tokens": 800, "output_tokens": 50, "requests": 3}


def test_a_running_sum_adds_its_growth(bill: Bill) -> None:
    points = [(500, 2), (900, 5), (900, 5), (1000, 6)]
    export(
        bill,
        *(
            metrics(point("input", total, TEN + 60 * at, count=count), temporality=2)
            for at, (total, count) in enumerate(points, 1)
        ),
    ).load()
    assert bill.metrics() == {"input_tokens": 1000, "requests": 6}


def test_running_sums_of_two_services_are_two(bill: Bill) -> None:
    export(
        bill,
        metrics(point("input", 500, TEN + 60), temporality=2, service="a"),
        metrics(point("input", 700, TEN + 60), temporality=2, service="b"),
        metrics(point("input", 900, TEN + 120), temporality=2, service="a"),
    ).load()
    assert bill.metrics()["input_tokens"] == 1600


def test_a_process_that_began_anew_begins_its_sum_anew(bill: Bill) -> None:
    export(
        bill,
        metrics(point("input", 900, TEN + 60), temporality=2),
        metrics(point("input", 100, TEN + 180, start=TEN + 120), temporality=2),
    ).load()
    assert bill.metrics()["input_tokens"] == 1000


def test_spans_and_sums_of_one_service_are_the_same_tokens(bill: Bill) -> None:
    export(
        bill,
        traces(span(1)),
        metrics(point("input", 1000, TEN + 60), point("output", 100, TEN + 60)),
        metrics(point("input", 40, TEN + 60), service="other"),
    )
    notes = bill.notes()
    assert "2 sums of tokens are left out: their calls are there as spans" in notes
    assert bill.folded()["sums of calls that are there as spans"] == 2
    assert bill.metrics() == {"input_tokens": 1040, "output_tokens": 100, "requests": 2}


def test_a_log_and_spans_lie_beside_each_other(bill: Bill) -> None:
    export(bill, traces(span(1)))
    bill.write(litellm=[request(1)]).load()
    assert bill.metrics()["requests"] == 2
    (feed,) = detect(FileTransport(str(bill.folder)))
    assert feed.evidence == "2 files of LiteLLM's spend log and OpenTelemetry's gen_ai signals"
