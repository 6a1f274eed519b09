"""`/anomalies`: what was not expected, why, and what was done about it.

Monitors are resources: `PUT /resources/anomalymonitor/{name}` makes and changes one.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.anomalies import acting, detecting, listing, monitors, shapes
from outlay.app.anomalies.events import VERDICTS, Event
from outlay.app.anomalies.listing import DEFAULT_DAYS, SHOWN, SORTS, Sought
from outlay.expression.errors import QueryError

_Number = Annotated[int, Path(ge=1, description="The event's number")]
_Name = Annotated[str, Path(description="The monitor's name", examples=["default"])]
_NOTE = {"note": "looking into it"}
_FEEDBACK = {"verdict": "expected", "note": "a load test"}
_ASSIGN = {"person": "ana@example.com"}
_Note = Annotated[dict[str, Any] | None, Body(openapi_examples={"note": {"value": _NOTE}})]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Anomalies"], responses=RESPONSES)
    _watched(router, workspace)
    _read(router, workspace)
    _change(router, workspace)
    return router


def _watched(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/anomalies/monitors", summary="Every anomaly monitor")
    def all_monitors() -> Response:
        """Also the one that is there without being saved (`shipped`)."""
        return json_response([shapes.monitor_json(one) for one in monitors.monitors(workspace)])

    @router.get("/anomalies/monitors/{name}", summary="One anomaly monitor, and what it learned")
    def one_monitor(name: _Name) -> Response:
        """`learned` is the feedback that counts for it, the newest word first."""
        found = shapes.monitor_json(monitors.monitor(workspace, name))
        learned = [
            {"anomaly": event.id, "title": event.title, **shapes.step_json(step)}
            for event, step in acting.learned(workspace, name)
        ]
        return json_response({**found, "learned": learned})

    @router.get("/anomalies/runs", summary="The looks for anomalies")
    def runs(
        limit: Annotated[int, Query(ge=1, le=200, description="The most looks")] = 20,
    ) -> Response:
        """The newest first: what was looked at, what was found, how long it took."""
        return json_response([shapes.run_json(one) for one in detecting.runs(workspace, limit)])

    @router.post("/anomalies/detect", summary="Look for anomalies now")
    def detect(
        force: Annotated[
            bool, Query(description="Also where nothing changed since the last look")
        ] = False,
    ) -> Response:
        """As is done after each delivery."""
        return json_response(shapes.run_json(detecting.detect(workspace, force=force)))


def _read(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/anomalies", summary="Anomalies that are open, or of another state")
    def anomalies(
        state: Annotated[str, Query(description=", ".join(SHOWN))] = "open",
        direction: Annotated[str, Query(description="up or down; empty: both")] = "",
        owner: Annotated[str, Query(description="An owner or assignee; `-`: nobody's")] = "",
        monitor: Annotated[str, Query(description="Found by this monitor")] = "",
        minimum: Annotated[str, Query(description="The least impact, without its sign")] = "0",
        days: Annotated[
            int, Query(ge=1, le=36500, description="Not over before so many days ago")
        ] = DEFAULT_DAYS,
        text: Annotated[str, Query(description="With this in it")] = "",
        sort: Annotated[str, Query(description=" or ".join(SORTS))] = "impact",
        limit: Annotated[int, Query(ge=1, le=1000, description="The most events")] = 100,
    ) -> Response:
        """Who sees a part of the ledger sees the events whose charges all lie in it; sums and
        counts are over those."""
        least = listing.least(minimum)
        sought = Sought(state, direction, owner, monitor, least, days, text, sort)
        return json_response(shapes.listed_json(listing.anomalies(workspace, sought), limit))

    @router.get("/anomalies/{number}", summary="An anomaly with what drove it")
    def anomaly(number: _Number) -> Response:
        """Its days with actual, expected and band, the smallest set that explains it, the split
        by usage, price and mix, the other series of its cause, what it was reckoned from, and
        what was done about it."""
        event = listing.anomaly(workspace, number)
        return json_response(shapes.whole_json(event, listing.steps(workspace, number)))


def _change(router: APIRouter, workspace: Workspace) -> None:
    def text(body: dict[str, Any] | None, name: str = "note") -> str:
        found = (body or {}).get(name, "")
        if not isinstance(found, str):
            raise QueryError(f"{name} is text", field=name)
        return found

    def told(event: Event) -> Response:
        return json_response(shapes.event_json(event))

    @router.post("/anomalies/{number}/acknowledge", summary="Say that it is being looked at")
    def acknowledge(number: _Number, body: _Note = None) -> Response:
        """It leaves the digests; `note` says why."""
        return told(acting.acknowledge(workspace, number, text(body)))

    @router.post("/anomalies/{number}/resolve", summary="Say that it is dealt with")
    def resolve(number: _Number, body: _Note = None) -> Response:
        """`note` says how."""
        return told(acting.resolve(workspace, number, text(body)))

    @router.post("/anomalies/{number}/reopen", summary="Open an anomaly again")
    def reopen(number: _Number, body: _Note = None) -> Response:
        """One that was acknowledged or resolved."""
        return told(acting.reopen(workspace, number, text(body)))

    @router.post("/anomalies/{number}/feedback", summary="Say what an anomaly was")
    def feedback(
        number: _Number,
        body: Annotated[dict[str, Any], Body(openapi_examples={"said": {"value": _FEEDBACK}})],
    ) -> Response:
        verdict = text(body, "verdict")
        if verdict not in VERDICTS:
            raise QueryError(
                f"{verdict!r} is no feedback", field="verdict", text=verdict, allowed=VERDICTS
            )
        return told(acting.feedback(workspace, number, verdict, text(body)))

    feedback.__doc__ = f"It changes what is raised next. `verdict`: {', '.join(VERDICTS)}."

    @router.delete("/anomalies/{number}/feedback", summary="Take feedback back")
    def withdraw(number: _Number) -> Response:
        """The next look raises what it kept quiet."""
        return told(acting.withdraw(workspace, number))

    @router.post("/anomalies/{number}/comment", summary="Comment on an anomaly")
    def comment(
        number: _Number,
        body: Annotated[dict[str, Any], Body(openapi_examples={"note": {"value": _NOTE}})],
    ) -> Response:
        """`note` is what others see."""
        return told(acting.comment(workspace, number, text(body)))

    @router.post("/anomalies/{number}/assign", summary="Give an anomaly to somebody")
    def assign(
        number: _Number,
        body: Annotated[dict[str, Any], Body(openapi_examples={"person": {"value": _ASSIGN}})],
    ) -> Response:
        """`person` looks after it; empty: nobody."""
        return told(acting.assign(workspace, number, text(body, "person"), text(body)))
