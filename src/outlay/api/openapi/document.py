"""openapi.json: what FastAPI says of the routes, completed by names, shapes, examples, problems."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import outlay
from outlay.api.openapi.byhand import BY_HAND
from outlay.api.openapi.operations import OPERATIONS, Operation
from outlay.api.openapi.operations_alerts import ALERTS
from outlay.api.openapi.operations_anomalies import ANOMALIES
from outlay.api.openapi.operations_budgets import BUDGETS
from outlay.api.openapi.operations_commitments import COMMITMENTS
from outlay.api.openapi.operations_contracts import CONTRACTS
from outlay.api.openapi.operations_detectors import DETECTORS
from outlay.api.openapi.operations_forecast import FORECASTS
from outlay.api.openapi.operations_kpis import KPIS
from outlay.api.openapi.operations_native import NATIVE, TICKETS
from outlay.api.openapi.operations_people import PEOPLE
from outlay.api.openapi.operations_plans import PLANS
from outlay.api.openapi.operations_realised import REALISED
from outlay.api.openapi.operations_savings import SAVINGS
from outlay.api.openapi.operations_utilization import UTILIZATION
from outlay.api.openapi.problems import EXAMPLES, problem_responses
from outlay.api.problems import Problem
from outlay.client.typing import adapter

PREFIX = "/api/v1"
KNOWN: Mapping[str, Operation] = {
    **OPERATIONS,
    **PEOPLE,
    **BUDGETS,
    **FORECASTS,
    **PLANS,
    **ALERTS,
    **ANOMALIES,
    **SAVINGS,
    **UTILIZATION,
    **DETECTORS,
    **REALISED,
    **COMMITMENTS,
    **CONTRACTS,
    **KPIS,
    **NATIVE,
    **TICKETS,
}
_REF = "#/components/schemas/"
_EXAMPLES = Path(__file__).with_name("examples.json")
_METHODS = ("get", "post", "put", "patch", "delete")
_BINARY = {"type": "string", "format": "binary"}
_ABOUT = """\
Any bill, read exactly, with history.

Money is text with all its decimals; the end of a range is exclusive; days and times are UTC; null
is null. Failures have one body, `application/problem+json`. Lists have pages: `rows` a page, and
the next one's address in the `Link` header. Answers have an `ETag`.
"""
_TAGS = {
    "Questions": "Sums, charges and what they are made of.",
    "Ledger": "What the ledger holds: sources, deliveries, proofs, snapshots, rates.",
    "Views": "Saved questions.",
    "Dashboards": "Panels and what they answer.",
    "Plans": "A year by month, its versions, what came of them.",
    "Budgets": "What a scope may cost per period, and where it stands.",
    "Anomalies": "What was not expected, why, and what was done about it.",
    "Detectors": "What looks for savings, and what each could not judge.",
    "KPIs": "How well the practice saves, by owner and month.",
    "Commitments": "Reservations, savings plans, committed use: how used, what to buy.",
    "Contracts": "What is owed to vendors, how far it is used up, agreed prices.",
    "Realised savings": "What was promised, and what the bill shows of it.",
    "Native recommendations": "What the vendors' own tools say could be saved.",
    "Tickets": "Recommendations in Jira, GitHub and ServiceNow, in step both ways.",
    "Alerts": "What is to be known: who was told, what they did; routes and digests.",
    "Savings": "What could be saved, net of overlaps, and what became of it.",
    "Annotations": "What happened on a day.",
    "Drivers": "What drove a change.",
    "Usage": "What was used, never charges.",
    "Metrics": "Quantities of your own: orders, users, revenue.",
    "Unit costs": "Cost divided by a metric.",
    "Virtual tags": "Whose cost it is: rules and dictionaries.",
    "Allocation": "Splits, clusters, platforms, coverage and proofs.",
    "Statements": "What each value of a tag owes for a month; disputes.",
    "Invoices": "Invoices against charges.",
    "Month close": "The checks of a month, and closing it.",
    "Use cases": "The questions of the FOCUS use-case library.",
    "Vocabulary": "Names of services, regions and resources.",
    "Homes": "What each persona looks at first.",
    "Glossary": "Terms.",
    "Find": "Finding by a part of a name.",
    "Reports": "Reports on a schedule, channels, the log of deliveries.",
    "Access": "Who asks; accounts, tokens, roles, the audit log.",
    "Resources": "Everything that is configured; plan and apply.",
    "Export": "FOCUS files.",
    "Command line": "What `outlay --server` uses.",
    "Health": "Whether it is well.",
}


def document(app: FastAPI) -> dict[str, Any]:
    """The whole description of the API that an application serves below ``/api/v1``."""
    found = get_openapi(
        title="Outlay",
        version=outlay.__version__,
        openapi_version="3.1.0",
        description=_ABOUT,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
    )
    found["paths"] = {p: i for p, i in found["paths"].items() if p.startswith(PREFIX)}
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(ref_template=_REF + "{model}")
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["responses"] = problem_responses()
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "outlay_session",
            "description": "A browser's login; a change also needs the header of the pages",
        },
    }
    found["security"] = [{"token": []}, {"session": []}, {}]
    found["servers"] = [{"url": "/", "description": "This server"}]
    for key, operation in operations(found):
        _complete(key, operation, schemas)
    return found


def operations(found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation as `METHOD path` below the prefix, with its description."""
    for path, item in found["paths"].items():
        for method in _METHODS:
            if method in item:
                yield f"{method.upper()} {path.removeprefix(PREFIX)}", item[method]


@functools.cache
def examples() -> Mapping[str, Any]:
    """Recorded answers by the name of their operation; `record` in the tests writes them."""
    found: dict[str, Any] = json.loads(_EXAMPLES.read_text("utf-8"))
    return {**BY_HAND, **found}


def _complete(key: str, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    known = KNOWN.get(key)
    method, _, path = key.partition(" ")
    operation["operationId"] = known.name if known else _unknown(method, path)
    operation["responses"] = {
        **(_successes(known, schemas) if known else {"200": {"description": "Done"}}),
        **_problems(method, path, operation),
    }
    if method == "GET":
        operation["responses"]["304"] = {"description": "Not changed since `If-None-Match`"}
    for parameter in operation.get("parameters", []):
        _describe(parameter)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and "example" not in body and "examples" not in body:
        example = _body_example(operation["operationId"], body.get("schema", {}))
        if example is not None:
            body["example"] = example


def _unknown(method: str, path: str) -> str:
    words = [part.strip("{}").replace(".", "_") for part in path.split("/") if part]
    return "_".join([method.lower(), *words])


def _successes(known: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if known.shape:
        content["application/json"] = {"schema": _schema(known.shape, schemas)}
        example = examples().get(known.name)
        if example is not None:
            content["application/json"]["example"] = example
    for media in known.media:
        text = media.startswith("text/")
        content[media] = {"schema": {"type": "string"} if text else _BINARY}
        if media == "text/csv" and f"{known.name}.csv" in examples():
            content[media]["example"] = examples()[f"{known.name}.csv"]
    headers = {
        "ETag": {"description": "What tells this answer from any other", "schema": _STRING},
        "Link": {"description": 'The next page, `rel="next"`', "schema": _STRING},
    }
    return {
        str(status): {
            "description": _WORDS.get(status, "Done"),
            **({"content": content} if content and status != 204 else {}),
            **({"headers": headers} if status == 200 and known.shape else {}),
        }
        for status in known.status
    }


_STRING = {"type": "string"}
_WORDS = {200: "The answer", 201: "It was made", 204: "It is gone; no body"}


def _schema(shape: str, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of a shape, its parts put among the components."""
    found = adapter(shape).json_schema(ref_template=_REF + "{model}")
    schemas.update(found.pop("$defs", {}))
    name = shape.removeprefix("list[").removesuffix("]")
    if found.get("type") == "object" and name == shape:
        found.pop("title", None)
        schemas[name] = found
        return {"$ref": _REF + name}
    return found


def _problems(method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    statuses = [400, 401, 403, 404, 422, 429, 500]
    if method != "GET":
        statuses.append(409)
    if path == "/sources/infer" or path.endswith(("/sync", "/send", "/test", "/run", "/retry")):
        statuses.append(502)
    if path.startswith(("/sources", "/sync", "/calls")):
        statuses.append(502)
    if path.startswith(
        (
            "/deliveries/log",
            "/channels",
            "/statements",
            "/journals",
            "/disputes",
            "/reports",
            "/close",
            "/plans",
        )
    ):
        statuses.append(409)
    return {
        str(status): {"$ref": f"#/components/responses/{EXAMPLES[status].name}"}
        for status in sorted(set(statuses))
    }


_PARAMETERS = {
    "name": "Its name",
    "kind": "The kind, in any case, singular or plural",
    "source": "The source's name",
    "period": "A billing period, YYYY-MM",
    "month": "A month, YYYY-MM",
    "plan": "The statement plan's name",
    "value": "A value of the plan's tag",
    "version": "The number of a version",
    "as_of": "A day, a UTC time or a snapshot id: what was known then",
    "file": "The number of the file in its delivery, from 0; or a file's name",
    "line": "The record's number in the file, from 1",
    "sequence": "The number of a delivery of values",
    "number": "The number of the dispute",
    "cluster": "The cluster's name",
    "delivery": "The delivery's number or id",
    "dimension": "A dimension: a column, tags.KEY or a virtual tag",
    "rows": "Items a page",
    "limit": "At most so many",
    "deep": "Look at everything that `outlay doctor` looks at",
    "from": "The first day, a UTC time or a snapshot id",
    "report": "Only this report's",
    "channel": "Only this channel's",
    "target": "A currency",
    "id": "Its id",
}
_VALUES: dict[str, Any] = {
    "name": "team",
    "kind": "VirtualTag",
    "source": "aws",
    "period": "2026-10",
    "month": "2026-10",
    "plan": "team",
    "value": "storefront",
    "version": 1,
    "as_of": "2026-11-01",
    "file": 0,
    "line": 1,
    "sequence": 1,
    "number": 1,
    "cluster": "prod",
    "delivery": "01M8HW7J1QB58Q1XQ9ET8QPH5X",
    "dimension": "ServiceName",
    "rows": 100,
    "limit": 50,
    "deep": True,
    "from": "2026-10-01",
    "to": "2026-11-01",
    "range": "last-month",
    "target": "USD",
    "measure": "EffectiveCost",
    "m": "EffectiveCost",
    "by": "ServiceName",
    "grain": "month",
    "where": "ServiceName = 'AmazonEC2'",
    "compare": "previous",
    "sort": "-EffectiveCost",
    "currency": "USD",
    "rates": "ecb",
    "splits": "applied",
    "rules_as_of": "2026-11-01",
    "search": "prod",
    "tag": "team",
    "format": "csv",
    "cursor": "WyJhd3MiLCIyMDI2LTEwIl0",
    "state": "matched",
    "note": "New teams in 2026",
    "if-match": '"3"',
    "id": "5f2b",
    "report": "teams",
    "channel": "folder",
    "since": "2026-10-01",
    "until": "2026-10-31",
}


def _describe(parameter: dict[str, Any]) -> None:
    """A text and an example for every parameter; those of its route go before these."""
    name = parameter["name"]
    schema = parameter.get("schema", {})
    parameter.setdefault("description", _PARAMETERS.get(name, name.replace("_", " ").capitalize()))
    given = schema.pop("examples", None) or [
        inner for one in schema.get("anyOf", []) for inner in one.get("examples", [])
    ]
    if "example" in parameter or "examples" in parameter:
        return
    if given:
        parameter["example"] = given[0]
    elif name in _VALUES:
        value = _VALUES[name]
        parameter["example"] = str(value) if schema.get("type") == "string" else value
    elif "default" in schema:
        parameter["example"] = schema["default"]


def _body_example(name: str, schema: Mapping[str, Any]) -> Any:
    found = schema.get("examples") or []
    return found[0] if found else examples().get(f"{name}.request")
