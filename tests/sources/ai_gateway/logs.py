"""Requests in a gateway's log, and OTLP exports, made to order."""

from typing import Any


def request(number: int = 1, **fields: Any) -> dict[str, Any]:
    """One request as LiteLLM's database has it."""
    return {
        "request_id": f"chatcmpl-{number:04d}",
        "call_type": "acompletion",
        "api_key": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
        "spend": 0.0125,
        "total_tokens": 1100,
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "startTime": "2026-10-05T10:20:30.123000Z",
        "endTime": "2026-10-05T10:20:32.123000Z",
        "model": "gpt-4o-2024-08-06",
        "model_group": "gpt-4o",
        "custom_llm_provider": "openai",
        "user": "ada@kestrel.example",
        "team_id": "team-1",
        "end_user": "",
        "cache_hit": "False",
        "request_tags": ["env:prod", "User-Agent: openai-python"],
        "metadata": {
            "user_api_key_alias": "shop-assistant",
            "user_api_key_team_alias": "shop",
            "additional_usage_values": {},
        },
        "messages": {},
        "response": {},
        **fields,
    }


def attribute(key: str, value: object) -> dict[str, Any]:
    """One attribute as OTLP's JSON has it: whole numbers are text."""
    if isinstance(value, int):
        return {"key": key, "value": {"intValue": str(value)}}
    return {"key": key, "value": {"stringValue": str(value)}}


def span(number: int = 1, start: int = 1791195630, **attributes: object) -> dict[str, Any]:
    """One span of a model call; attribute names have `__` for `.`."""
    given = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-sonnet-4-5",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 100,
        **{name.replace("__", "."): value for name, value in attributes.items()},
    }
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": f"{number:016x}",
        "name": "chat claude-sonnet-4-5",
        "startTimeUnixNano": str(start * 1_000_000_000),
        "endTimeUnixNano": str((start + 2) * 1_000_000_000),
        "attributes": [attribute(k, v) for k, v in given.items() if v is not None],
    }


def traces(*spans: dict[str, Any], service: str = "assistant") -> dict[str, Any]:
    """An export request of spans."""
    resource = {"attributes": [attribute("service.name", service), attribute("team", "shop")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def point(kind: str, total: int, at: int, *, count: int = 1, start: int = 1791195600) -> Any:
    """One data point of the token histogram."""
    return {
        "startTimeUnixNano": str(start * 1_000_000_000),
        "timeUnixNano": str(at * 1_000_000_000),
        "sum": float(total),
        "count": str(count),
        "attributes": [
            attribute("gen_ai.token.type", kind),
            attribute("gen_ai.provider.name", "anthropic"),
            attribute("gen_ai.request.model", "claude-sonnet-4-5"),
        ],
    }


def metrics(*points: Any, temporality: int = 1, service: str = "assistant") -> dict[str, Any]:
    """An export request of the token metric."""
    resource = {"attributes": [attribute("service.name", service)]}
    metric = {
        "name": "gen_ai.client.token.usage",
        "unit": "{token}",
        "histogram": {"aggregationTemporality": temporality, "dataPoints": list(points)},
    }
    scopes = [{"metrics": [metric, {"name": "http.client.duration", "histogram": {}}]}]
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": scopes}]}
