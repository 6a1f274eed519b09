"""AWS: Cost Optimization Hub, Compute Optimizer and Trusted Advisor, by boto3 and the process's own
credentials (``AWS_PROFILE``, instance roles, …)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from outlay.sources.contract import Progress, TransportError
from outlay.sources.signing import aws_call, aws_client

_HOME = "us-east-1"
"""The hub and the support API answer there alone."""
_PAGES = 10_000
_OPTIMIZER = (
    ("get_ec2_instance_recommendations", "instanceRecommendations"),
    ("get_ebs_volume_recommendations", "volumeRecommendations"),
    ("get_auto_scaling_group_recommendations", "autoScalingGroupRecommendations"),
    ("get_lambda_function_recommendations", "lambdaFunctionRecommendations"),
    ("get_ecs_service_recommendations", "ecsServiceRecommendations"),
    ("get_rds_database_recommendations", "rdsDBRecommendations"),
    ("get_idle_recommendations", "idleRecommendations"),
)
_CHECKS = "cost_optimizing"


def collect(
    format_id: str, options: Mapping[str, str], progress: Progress | None = None
) -> Iterator[tuple[str, bytes]]:
    """The pages of one of the three tools, each under a name. RetryableTransportError where asking
    again later may help, else TransportError; both say what to check."""
    ask = {
        "aws-cost-hub": _hub, "aws-compute-optimizer": _optimizer, "aws-trusted-advisor": _advisor,
    }[format_id]  # fmt: skip
    for number, (name, page) in enumerate(ask(options), 1):
        if progress:
            progress(f"asking {format_id}", number, 0)
        yield name, json.dumps(page, default=_text).encode()


def _text(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is nothing that JSON has")


def _client(service: str, region: str, options: Mapping[str, str]) -> Any:
    return aws_client(service, region, options.get("endpoint", ""))


def _call(client: Any, operation: str, what: str, **parameters: Any) -> dict[str, Any]:
    return aws_call(client, operation, what, _hint, **parameters)


def _hint(code: str) -> str:
    if code in ("OptInRequiredException", "SubscriptionRequiredException"):
        return (
            "Opt in to the tool in the account that is asked, or have a support plan that has it."
        )
    if "AccessDenied" in code:
        return (
            "The role needs cost-optimization-hub:List*, compute-optimizer:Get*, support:Describe*."
        )
    return ""


def _pages(client: Any, operation: str, what: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    token = None
    seen: set[str] = set()
    for _ in range(_PAGES):
        more: dict[str, Any] = {"nextToken": token} if token else {}
        page = _call(client, operation, what, **parameters, **more)
        yield page
        token = page.get("nextToken")
        if not token:
            return
        if token in seen:
            break
        seen.add(token)
    raise TransportError(f"{what} does not come to an end: its pages repeat")


def _hub(options: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    what = "AWS Cost Optimization Hub"
    client = _client("cost-optimization-hub", _HOME, options)
    mode = ""
    try:
        # Whether amounts are before or after discounts is a preference, not in the answer.
        mode = _call(client, "get_preferences", what).get("savingsEstimationMode", "")
    except TransportError as error:
        if error.retryable:
            raise
    every = options.get("all", "").lower() == "true"
    for number, page in enumerate(
        _pages(client, "list_recommendations", what, includeAllRecommendations=every), 1
    ):
        yield f"list-recommendations-{number}.json", page | {"savingsEstimationMode": mode}


def _optimizer(options: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    regions = [one.strip() for one in options.get("regions", _HOME).split(",") if one.strip()]
    for region in regions:
        client = _client("compute-optimizer", region, options)
        for operation, key in _OPTIMIZER:
            what = f"AWS Compute Optimizer in {region}"
            for number, page in enumerate(_pages(client, operation, what), 1):
                page.setdefault(key, [])
                yield f"{region}-{key}-{number}.json", page


def _advisor(options: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    what = "AWS Trusted Advisor"
    client = _client("support", _HOME, options)
    checks = _call(client, "describe_trusted_advisor_checks", what, language="en").get("checks", [])
    wanted = [one for one in checks if one.get("category") == _CHECKS]
    results = [
        _call(client, "describe_trusted_advisor_check_result", what, checkId=one["id"],
              language="en").get("result", {})
        for one in wanted
    ]  # fmt: skip
    yield (
        "cost-checks.json",
        {
            "accountId": _account(options),
            "checks": [{key: one.get(key) for key in ("id", "name", "metadata")} for one in wanted],
            "results": [{"flaggedResources": [], **one} for one in results if one.get("checkId")],
        },
    )


def _account(options: Mapping[str, str]) -> str:
    """The account that is asked; the one that the source names goes before it, '' where neither
    is known."""
    if options.get("account"):
        return ""
    try:
        return str(_call(_client("sts", _HOME, options), "get_caller_identity", "AWS")["Account"])
    except (TransportError, KeyError):
        return ""
