"""What drove a change."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from outlay.api.answers import CSV, json_response
from outlay.api.params import QuestionParams, question
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.drivers import drivers
from outlay.query import QueryError
from outlay.query.drivers import BESIDE, sentence
from outlay.query.drivers.tables import to_csv

_EXAMPLE = {
    "sentence": "Spend is 12 % above September 2026; 46 % of the rise is Amazon Elastic Compute "
    "Cloud, from what is new, not price.",
    "query": {"measures": ["EffectiveCost"], "range": "last-month", "compare": "previous"},
    "against": None,
    "before_as_of": None,
    "before_rules_as_of": None,
    "measure": "EffectiveCost",
    "range": {"from": "2026-10-01", "to": "2026-11-01"},
    "previous_range": {"from": "2026-09-01", "to": "2026-10-01"},
    "days": {"before": 30, "after": 31},
    "bridges": [
        {
            "currency": "USD",
            "before": "100.00",
            "after": "112.00",
            "change": "12.00",
            "effects": [
                {"effect": "usage", "title": "Usage", "amount": "10.00"},
                {"effect": "price", "title": "Price", "amount": "2.00"},
            ],
            "replaced": "0.00",
            "by": [],
            "groups": [],
            "items": [],
        }
    ],
    "unconverted": [],
    "mean_rates": {},
    "snapshot": "4613732840582934531",
    "before_snapshot": None,
    "known": None,
    "rules_at": None,
    "warnings": [],
}


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Questions"])

    @router.get(
        "/drivers",
        responses={200: {"content": {"application/json": {"example": _EXAMPLE}, "text/csv": {}}},
                   **RESPONSES},
        summary="What drove a change",
    )  # fmt: skip
    def what_drove_it(
        request: Request,
        _: QuestionParams,
        against: Annotated[
            str,
            Query(
                description="The earlier days, their end exclusive; default: those of `compare`, "
                "which is previous unless given",
                examples=["2026-09-01..2026-10-01"],
            ),
        ] = "",
        before_as_of: Annotated[
            str,
            Query(
                description="The earlier period as it was known: `then`, a day, a UTC time or a "
                "snapshot id",
                examples=["then"],
            ),
        ] = "",
        before_rules_as_of: Annotated[
            str,
            Query(
                description="The earlier period by the rules of: `then`, a day or a UTC time",
                examples=["then"],
            ),
        ] = "",
        format: Annotated[str, Query(description="json or csv")] = "json",
        rows: Annotated[
            str,
            Query(description="Of a CSV: effects, groups or items; default groups with `by`"),
        ] = "",
    ) -> Response:
        """The change of a measure of money between two periods, split at price and resource into
        effects that add up to it exactly, one bridge a currency."""
        if format not in ("json", "csv"):
            raise QueryError(
                f"{format!r} is not known", field="format", text=format, allowed=("json", "csv")
            )
        query = question(request, *BESIDE, "format", "rows")
        report = drivers(
            workspace,
            query,
            against=against,
            before_as_of=before_as_of,
            before_rules_as_of=before_rules_as_of,
        )
        if format == "csv":
            headers = {"Content-Disposition": 'attachment; filename="drivers.csv"'}
            return Response(to_csv(report, rows), media_type=CSV, headers=headers)
        return json_response({"sentence": sentence(report), **report.to_json()})

    return router
