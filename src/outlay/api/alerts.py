"""Alerts over HTTP: what is to be known, who was told, what people did; routes and digests.

Routes and contacts are resources: `PUT /resources/alertroute/{name}` makes and changes one.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from fastapi.responses import Response

from outlay.alerts.signal import KINDS, SEVERITIES
from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.alerts import looking, shapes, trying, use
from outlay.app.reports import shapes as report_shapes
from outlay.app.reports import use as reports
from outlay.app.runs import utc_now
from outlay.app.watching import STEPS
from outlay.expression.errors import QueryError

_Alert = Annotated[int, Path(ge=1, description="The alert's number", examples=[17])]
_Route = Annotated[str, Path(description="The route's name", examples=["teams"])]
_SPEC = {"to": {"owner": True}, "min_severity": "warning"}
_PREVIEW = {"name": "teams", "spec": _SPEC, "days": 30}


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Alerts"], responses=RESPONSES)
    _routing(router, workspace)
    _read(router, workspace)
    _change(router, workspace)
    return router


def _routing(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/alerts/routes", summary="Every route with what went by it lately")
    def listed() -> Response:
        """In the order in which they are asked; `alerts` and `targets` are of the last thirty
        days, `problems` whom they cannot reach."""
        return json_response([shapes.route_json(line) for line in trying.listed(workspace)])

    @router.post("/alerts/routes/preview", summary="What would have gone where by a route")
    def preview(
        body: Annotated[dict[str, Any], Body(openapi_examples={"route": {"value": _PREVIEW}})],
    ) -> Response:
        """A route that is kept (`name`), or as it is written in `spec`, beside the others; `days`
        is how far to look back (30)."""
        spec = body.get("spec")
        name, days = body.get("name", ""), body.get("days", trying.DAYS)
        if spec is not None and not isinstance(spec, dict):
            raise QueryError("the spec of a route is an object", field="spec")
        if not isinstance(name, str) or not isinstance(days, int) or (spec is None and not name):
            raise QueryError("say a name or a spec, and days as a number", field="name")
        return json_response(shapes.preview_json(trying.preview(workspace, name, spec, days)))

    @router.get("/alerts/routes/{name}", summary="One route with what went by it lately")
    def route(name: _Route) -> Response:
        """As in the list."""
        return json_response(shapes.route_json(trying.route(workspace, name)))

    @router.post("/alerts/routes/{name}/test", summary="Send a test by every channel of a route")
    def test(name: _Route) -> Response:
        """A short message that says that it is one; gives what became of each delivery."""
        ids = trying.test_route(workspace, name)
        reports.deliver(workspace, ids)
        found = [reports.delivery(workspace, ident) for ident in ids]
        return json_response([report_shapes.delivery_json(one) for one in found])

    @router.get("/alerts/digest", summary="The digests as they would be now")
    def digest(
        route: Annotated[str, Query(description="Only this route's")] = "",
    ) -> Response:
        """One for each route and target that has something to be told; nothing is sent."""
        found = trying.digest_preview(workspace, route)
        return json_response([shapes.digest_json(one) for one in found])

    @router.post("/alerts/watch", summary="Look for what is to be known, and tell people")
    def watch(
        only: Annotated[
            str, Query(description=f"Steps, by commas: {', '.join(name for name, _ in STEPS)}")
        ] = "",
        due: Annotated[bool, Query(description="Only if something is due")] = False,
    ) -> Response:
        """As the served workspace does by itself; a step that failed says why in `failed`."""
        names = [one.strip() for one in only.split(",") if one.strip()]
        try:
            looked = looking.look(workspace, names or None, due)
        except ValueError as error:
            raise QueryError(str(error), field="only", text=only) from None
        return json_response(shapes.looked_json(looked))


def _read(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/alerts", summary="Alerts that are open, or of another state")
    def alerts(
        state: Annotated[str, Query(description=f"{', '.join(use.SHOWN_STATES)} or all")] = "open",
        kind: Annotated[str, Query(description=", ".join(KINDS))] = "",
        severity: Annotated[
            str, Query(description=f"This or a higher one: {', '.join(SEVERITIES)}")
        ] = "",
        owner: Annotated[str, Query(description="Of this owner; `none`: of those without")] = "",
        text: Annotated[str, Query(description="With this in subject or title")] = "",
        limit: Annotated[int, Query(ge=1, le=1000, description="The most alerts")] = 200,
    ) -> Response:
        """The most severe and newest first. Who sees a part of the ledger sees the alerts whose
        charges all lie in it; `counts` and `owners` are over those."""
        found = use.alerts(workspace, state, kind, severity, owner, text, limit)
        return json_response(shapes.listing_json(found))

    @router.get("/alerts/{alert}", summary="An alert with everything that happened to it")
    def alert(alert: _Alert) -> Response:
        """Its steps, the oldest first, and the deliveries by which people were told."""
        return json_response(shapes.history_json(use.alert(workspace, alert)))


_NOTE = {"note": "on it"}
_Note = Annotated[dict[str, Any] | None, Body(openapi_examples={"note": {"value": _NOTE}})]
_UNTIL = {"until": "3d", "note": "the launch ends on Friday"}


def _change(router: APIRouter, workspace: Workspace) -> None:
    def text(body: dict[str, Any] | None, name: str) -> str:
        found = (body or {}).get(name, "")
        if not isinstance(found, str):
            raise QueryError(f"{name} is text", field=name)
        return found

    @router.post("/alerts/{alert}/acknowledge", summary="Say that somebody looks after an alert")
    def acknowledge(alert: _Alert, body: _Note = None) -> Response:
        """It is told to nobody any more and leaves the digests; `note` says why."""
        found = use.acknowledge(workspace, alert, text(body, "note"))
        return json_response(shapes.alert_json(found, utc_now()))

    @router.post("/alerts/{alert}/snooze", summary="Put an alert aside for a while")
    def snooze(
        alert: _Alert,
        body: Annotated[dict[str, Any], Body(openapi_examples={"snooze": {"value": _UNTIL}})],
    ) -> Response:
        """`until` is 4h, 3d, 1w, a day or a UTC time; nobody is told until then."""
        until = use.moment_of(text(body, "until"))
        found = use.snooze(workspace, alert, until, text(body, "note"))
        return json_response(shapes.alert_json(found, utc_now()))

    @router.post("/alerts/{alert}/reopen", summary="Take back what was done with an alert")
    def reopen(alert: _Alert, body: _Note = None) -> Response:
        """An acknowledgement, a snooze, or that it was settled."""
        found = use.reopen(workspace, alert, text(body, "note"))
        return json_response(shapes.alert_json(found, utc_now()))

    @router.post("/alerts/{alert}/assign", summary="Say who looks after an alert")
    def assign(
        alert: _Alert,
        body: Annotated[
            dict[str, Any], Body(openapi_examples={"person": {"value": {"person": "ana"}}})
        ],
    ) -> Response:
        """`person` is an account, or '' to take it away."""
        found = use.assign(workspace, alert, text(body, "person"))
        return json_response(shapes.alert_json(found, utc_now()))

    @router.post("/alerts/{alert}/settle", summary="Say that what an alert told of is over")
    def settle(alert: _Alert, body: _Note = None) -> Response:
        """It stays so until its severity goes up."""
        found = use.settle(workspace, alert, text(body, "note"))
        return json_response(shapes.alert_json(found, utc_now()))
