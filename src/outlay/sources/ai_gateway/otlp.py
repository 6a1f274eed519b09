"""OpenTelemetry's gen_ai signals in OTLP's JSON, as the same flat records as a gateway's log.

Spans of model calls have the tokens of one call; `gen_ai.client.token.usage` has sums of many.
Names are those of the semantic conventions of 2024 to 2026, and what instrumentations wrote before.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

SPAN, METRIC = "span", "metric"
"""`signal` of a record."""

TOKEN_METRIC = "gen_ai.client.token.usage"  # noqa: S105 - a metric's name
CUMULATIVE = 2
"""AggregationTemporality of sums since the process began, in OTLP."""

_MODEL = ("gen_ai.response.model", "gen_ai.request.model")
_PROVIDER = ("gen_ai.provider.name", "gen_ai.system")
_INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens")
_OUTPUT = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
)
_CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cache_read_tokens",
)
_CACHE_WRITE = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_tokens",
)
_USER = ("user.id", "enduser.id", "user.name", "user.email")
# What describes who called: attributes of the resource that make useful tags.
_LABELS = (
    "service.name", "service.namespace", "deployment.environment.name", "deployment.environment",
    "k8s.namespace.name", "k8s.deployment.name", "k8s.cluster.name", "team", "gen_ai.agent.name",
)  # fmt: skip


def is_otlp(document: object) -> bool:
    """Whether a document is an OTLP export of spans or metrics."""
    return isinstance(document, dict) and (
        isinstance(document.get("resourceSpans"), list)
        or isinstance(document.get("resourceMetrics"), list)
    )


def records(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The gen_ai records of one export request; spans and metrics of other things are none."""
    for resource in document.get("resourceSpans") or ():
        labels = attributes(resource.get("resource"))
        for scope in resource.get("scopeSpans") or ():
            for span in scope.get("spans") or ():
                yield from _span(span, labels)
    for resource in document.get("resourceMetrics") or ():
        labels = attributes(resource.get("resource"))
        for scope in resource.get("scopeMetrics") or ():
            for metric in scope.get("metrics") or ():
                if metric.get("name") == TOKEN_METRIC:
                    yield from _points(metric, labels)


def attributes(holder: object) -> dict[str, Any]:
    """The attributes of a resource, span or point, as plain values."""
    listed = holder.get("attributes") if isinstance(holder, dict) else None
    return {str(one["key"]): _value(one.get("value")) for one in listed or () if "key" in one}


def _value(value: object) -> Any:
    if not isinstance(value, dict) or not value:
        return None
    kind, inner = next(iter(value.items()))
    if kind == "arrayValue":
        return [_value(one) for one in inner.get("values") or ()]
    if kind == "kvlistValue":
        return {one["key"]: _value(one.get("value")) for one in inner.get("values") or ()}
    return inner


def _span(span: Mapping[str, Any], resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    own = attributes(span)
    known = {**resource, **own}
    if _first(known, _INPUT) is None and _first(known, _OUTPUT) is None:
        return
    yield {
        "signal": SPAN,
        "request_id": f"{span.get('traceId', '')}/{span.get('spanId', '')}",
        "startTime": _moment(span.get("startTimeUnixNano")),
        "endTime": _moment(span.get("endTimeUnixNano")),
        "operation": own.get("gen_ai.operation.name"),
        "prompt_tokens": _first(known, _INPUT),
        "completion_tokens": _first(known, _OUTPUT),
        "cache_read_tokens": _first(known, _CACHE_READ),
        "cache_write_tokens": _first(known, _CACHE_WRITE),
        **_who(known),
    }


def _points(metric: Mapping[str, Any], resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    data = metric.get("histogram") or metric.get("sum") or {}
    temporality = data.get("aggregationTemporality")
    for point in data.get("dataPoints") or ():
        own = attributes(point)
        known = {**resource, **own}
        total = point.get("sum", point.get("asInt", point.get("asDouble")))
        yield {
            "signal": METRIC,
            "startTime": _moment(point.get("startTimeUnixNano") or point.get("timeUnixNano")),
            "endTime": _moment(point.get("timeUnixNano")),
            "series": json.dumps([resource, own], sort_keys=True, default=str),
            "cumulative": temporality in (CUMULATIVE, "AGGREGATION_TEMPORALITY_CUMULATIVE"),
            "token_type": own.get("gen_ai.token.type"),
            "tokens": total,
            "count": point.get("count"),
            **_who(known),
        }


def _who(known: Mapping[str, Any]) -> dict[str, Any]:
    labels = {
        name: str(known[name])
        for name in sorted(known)
        if known[name] is not None and (name in _LABELS or name.startswith("team."))
    }
    return {
        "model": _first(known, _MODEL),
        "custom_llm_provider": _first(known, _PROVIDER),
        "user": _first(known, _USER),
        "service": known.get("service.name"),
        "labels": labels or None,
    }


def _first(known: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((known[name] for name in names if known.get(name) is not None), None)


def _moment(nanoseconds: object) -> str | None:
    """ISO 8601 in UTC of nanoseconds since 1970, which OTLP writes as text."""
    try:
        whole = int(str(nanoseconds)) // 1_000
    except ValueError:
        return None
    seconds, micros = divmod(whole, 1_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros, tzinfo=None)
    return moment.isoformat(sep=" ")
