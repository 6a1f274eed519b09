"""Forecasts of any question."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from outlay.api.answers import CSV, json_response
from outlay.api.params import QuestionParams, question
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.forecasting.asked import checked, horizon
from outlay.query import QueryError

Format = Annotated[str, Query(description="json or csv")]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Questions"])

    @router.get(
        "/forecast",
        responses={200: {"content": {"application/json": {}, "text/csv": {}}}, **RESPONSES},
        summary="What is to come",
    )
    def what_is_to_come(
        request: Request,
        _: QuestionParams,
        days: Annotated[
            str, Query(description="How many days ahead, 1 to 800; default 90", examples=["90"])
        ] = "",
        until: Annotated[
            str,
            Query(description="Instead of days: the day after the last", examples=["2027-01-01"]),
        ] = "",
        changes: Annotated[bool, Query(description="Whether planned changes are counted")] = True,
        series: Annotated[
            int | None,
            Query(ge=1, description="So many series a currency; JSON only", examples=[20]),
        ] = None,
        format: Format = "json",
    ) -> Response:
        """Each group of a question and their total, by month (by day with `grain=day`): expected
        amounts with their bands of 80 and 95 %, the method and how it erred before. Parts add up to
        the total to the cent. History is every complete day: a question has no range here."""
        from outlay.app.forecasting.forecasting import forecast
        from outlay.app.forecasting.told import to_csv, to_json

        _check_format(format)
        query = checked(question(request, "days", "until", "changes", "series", "format"))
        ahead, end = horizon(days, until)
        answer = forecast(workspace, query, days=ahead, until=end, changes=changes)
        if format == "csv":
            return _file(to_csv(answer), "forecast.csv")
        return json_response(to_json(answer, limit=series))

    @router.get(
        "/forecast/accuracy",
        responses={200: {"content": {"application/json": {}, "text/csv": {}}}, **RESPONSES},
        summary="What was forecast, and what came",
    )
    def what_was_said(
        request: Request,
        _: QuestionParams,
        days: Annotated[
            str, Query(description="How many days back, 1 to 180; default 30", examples=["30"])
        ] = "",
        format: Format = "json",
    ) -> Response:
        """The forecast of some days ago against what came since: as the ledger was known then where
        it holds a snapshot of that day, else from today's ledger without what came after."""
        from outlay.app.forecasting.accuracy import accuracy
        from outlay.app.forecasting.told import accuracy_csv, accuracy_json

        _check_format(format)
        query = checked(question(request, "days", "format"))
        back, _none = horizon(days, "")
        found = accuracy(workspace, query, days=30 if back is None else back)
        if format == "csv":
            return _file(accuracy_csv(found), "forecast-accuracy.csv")
        return json_response(accuracy_json(found))

    return router


def _check_format(format: str) -> None:
    if format not in ("json", "csv"):
        raise QueryError(
            f"{format!r} is not known", field="format", text=format, allowed=("json", "csv")
        )


def _file(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=CSV, headers=headers)
