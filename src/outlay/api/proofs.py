"""`/coverage`, `/why` and `/replay`: what a tag allocates, why a charge is somebody's, what a
change of rules moves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from outlay.api.answers import CSV, json_response
from outlay.api.params import QuestionParams, question
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, allocating, replaying
from outlay.app import why as whys
from outlay.app.covering import coverage_csv
from outlay.money import money_text
from outlay.query.allocating import Coverage

Tag = Annotated[str, Query(description="A virtual tag", examples=["team"])]
Side = Annotated[
    str,
    Query(description="now, a day or UTC time, vN (a version of the tag), draft, none"),
]
Draft = Annotated[str, Query(description="The spec of a virtual tag as JSON, for draft")]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of coverage, why and replay."""
    router = APIRouter(route_class=ProblemRoute, tags=["Allocation"])
    _coverage(router, workspace)
    _why(router, workspace)
    _replay(router, workspace)
    return router


def _coverage(router: APIRouter, workspace: Workspace) -> None:
    def asked(request: Request, tag: str) -> Coverage:
        return allocating.coverage(workspace, tag, question(request, "tag"))

    @router.get("/coverage", responses=RESPONSES, summary="How much a tag allocates")
    def coverage(request: Request, tag: Tag, _: QuestionParams) -> Response:
        """In all, by month and value, with the largest unallocated spend by what would catch it.

        Of the question, measure, range, condition, currency and the moments are looked at.
        """
        return json_response(asked(request, tag).to_json())

    @router.get("/coverage.csv", responses=RESPONSES, summary="Coverage by month, as CSV")
    def coverage_table(request: Request, tag: Tag, _: QuestionParams) -> Response:
        """One row a month and currency."""
        return _csv(coverage_csv(asked(request, tag)), f"coverage-{tag}")


def _why(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/why", responses=RESPONSES, summary="Why is this mine?")
    def why(
        request: Request,
        tag: Tag,
        _: QuestionParams,
        value: Annotated[str, Query(description="Its value; without, the values there are")] = "",
    ) -> Response:
        """The rules that gave the value and what they saw, what splits gave, file and line."""
        within = question(request, "tag", "value")
        if value:
            return json_response(whys.why(workspace, tag, value, within).to_json())
        found = whys.values(workspace, tag, within)
        return json_response(
            {
                "tag": tag,
                "values": [
                    {
                        "value": one.value,
                        "amounts": {c: money_text(a) for c, a in one.amounts.items()},
                    }
                    for one in found
                ],
            }
        )

    @router.get("/why.csv", responses=RESPONSES, summary="Why is this mine, as CSV")
    def why_table(
        request: Request,
        tag: Tag,
        _: QuestionParams,
        value: Annotated[str, Query(description="Its value")],
    ) -> Response:
        """A row a part of the amount: what rules saw and gave, what splits gave, the files."""
        within = question(request, "tag", "value")
        return _csv(whys.why(workspace, tag, value, within).to_csv(), f"why-{tag}")


def _replay(router: APIRouter, workspace: Workspace) -> None:
    def asked(request: Request, tag: str, before: str, after: str, draft: str) -> replaying.Replay:
        within = question(request, "tag", "before", "after", "draft")
        return replaying.replay(workspace, tag, before, after, within, draft=draft)

    @router.get("/replay", responses=RESPONSES, summary="Rules of another moment over a period")
    def replay(
        request: Request, tag: Tag, _: QuestionParams,
        before: Side = "now", after: Side = "now", draft: Draft = "",
    ) -> Response:  # fmt: skip
        """What would move from which value to which, in money."""
        return json_response(asked(request, tag, before, after, draft).to_json())

    @router.get("/replay.csv", responses=RESPONSES, summary="The moves, as CSV")
    def replay_table(
        request: Request, tag: Tag, _: QuestionParams,
        before: Side = "now", after: Side = "now", draft: Draft = "",
    ) -> Response:  # fmt: skip
        """One row a move and currency."""
        found = asked(request, tag, before, after, draft)
        return _csv(found.to_csv(), f"replay-{tag}")


def _csv(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, media_type=CSV, headers=headers)
