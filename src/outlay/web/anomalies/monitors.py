"""The pages of anomaly monitors: the list with what they learned, and the form."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, who
from outlay.app.anomalies import acting
from outlay.app.anomalies.detecting import runs
from outlay.app.anomalies.model import (
    ANOMALY_MONITOR,
    CHARGES,
    DIRECTIONS,
    EACH_TAG,
    SENSITIVITIES,
    AnomalyMonitorSpec,
    default_monitor,
)
from outlay.app.anomalies.monitors import Monitor, free_name, monitor, monitors, save
from outlay.app.anomalies.watching import watching
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.query.measures import MEASURES
from outlay.resources import ResourceError
from outlay.web import numbers
from outlay.web.anomalies import view
from outlay.web.anomalies.view import MONITORS
from outlay.web.render import Site
from outlay.web.typed import number
from outlay.web.views import form

_REFUSED = (ResourceError, QueryError, AccessError, LakeError)
_LOOKS = 8
GRAINS = {"day": "day", "hour": "hour, where the bill is hourly"}
SENSITIVITY_WORDS = {
    "low": "low: only what is far outside",
    "normal": "normal",
    "high": "high: also what is just outside",
}
DIRECTION_WORDS = {"both": "rises and falls", "up": "rises alone", "down": "falls alone"}
CHARGE_WORDS = {"usage": "charges that move by use", "all": "all, with fees and credits"}


def add(routes: APIRouter, site: Site) -> None:
    """Add the routes of monitors; before those of events, whose numbers they are not."""
    workspace = site.workspace

    @routes.get(MONITORS, response_class=HTMLResponse)
    def list_monitors(request: Request) -> Response:
        """What is watched, how closely, and what people said of what was found."""
        found = monitors(workspace)
        return site.page(
            request,
            "anomalies/monitors.html",
            active="anomalies",
            title="Anomaly monitors",
            monitors=found,
            learned={one.name: acting.learned(workspace, one.name) for one in found},
            watched=watching(workspace),
            runs=runs(workspace, _LOOKS),
            each_tag=EACH_TAG,
            verdicts=view.VERDICT_WORDS,
            sensitivities=SENSITIVITY_WORDS,
            directions=DIRECTION_WORDS,
            until_day=_until,
        )

    @routes.get(f"{MONITORS}/_new", response_class=HTMLResponse)
    def new(request: Request) -> Response:
        """The form of a new monitor."""
        given = _given(default_monitor()) | {"title": "", "description": ""}
        return _form(site, request, given, None)

    @routes.get(f"{MONITORS}/{{name}}", response_class=HTMLResponse)
    def edit(request: Request, name: str) -> Response:
        """The form of a monitor."""
        found = monitor(workspace, name)
        return _form(site, request, _given(found.spec), found)

    @routes.post(MONITORS)
    async def create(request: Request) -> Response:
        """Keep a new monitor under a name from its title."""
        given = await form(request)
        return await run_in_threadpool(_save, site, request, given, None)

    @routes.post(f"{MONITORS}/{{name}}")
    async def change(request: Request, name: str) -> Response:
        """Change a monitor; the one that ships is kept as a resource from then on."""
        given = await form(request)
        found = await run_in_threadpool(monitor, workspace, name)
        return await run_in_threadpool(_save, site, request, given, found)

    @routes.post(f"{MONITORS}/{{name}}/delete")
    def delete(name: str) -> Response:
        """Remove a monitor; its events and history stay."""
        workspace.delete_resource(ANOMALY_MONITOR.name, name, author=who())
        return RedirectResponse(MONITORS, 303)


def _given(spec: AnomalyMonitorSpec) -> dict[str, Any]:
    """A spec as the fields of the form."""
    found = spec.model_dump(mode="json")
    found["groupings"] = "\n".join(spec.groupings)
    found["minimum_impact"] = _plain(spec.minimum_impact)
    found["minimum_percent"] = _plain(spec.minimum_percent)
    return found


def _until(text: str | None) -> str:
    """The last day of a look, as the run keeps it, for people."""
    return numbers.day(date.fromisoformat(text) if text else None)


def _plain(value: Any) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _spec(given: dict[str, str]) -> dict[str, Any]:
    """The fields of the form as a spec."""
    spec: dict[str, Any] = {
        name: given[name].strip()
        for name in (
            "title", "description", "measure", "charges", "where", "currency", "grain",
            "direction", "sensitivity", "minimum_impact", "minimum_percent", "owner_tag",
        )
        if name in given
    }  # fmt: skip
    for name in ("minimum_impact", "minimum_percent"):
        spec[name] = number(spec.get(name, "")) or "0"
    spec["groupings"] = [
        one.strip() for one in given.get("groupings", "").splitlines() if one.strip()
    ]
    spec["enabled"] = given.get("enabled", "") == "yes"
    return spec


def _save(site: Site, request: Request, given: dict[str, str], known: Monitor | None) -> Response:
    workspace = site.workspace
    name = known.name if known else free_name(workspace, given.get("title", "").strip())
    seen = given.get("version", "")
    try:
        save(workspace, name, _spec(given), int(seen) if seen.isdigit() else None)
    except _REFUSED as error:
        shown = {**given, "enabled": given.get("enabled", "") == "yes"}
        return _form(site, request, shown, known, str(error))
    return RedirectResponse(f"{MONITORS}?saved={name}#{name}", 303)


def _form(
    site: Site,
    request: Request,
    given: dict[str, Any],
    known: Monitor | None,
    problem: str = "",
) -> Response:
    workspace = site.workspace
    return site.page(
        request,
        "anomalies/monitor_form.html",
        400 if problem else 200,
        active="anomalies",
        title=f"Change {known.title}" if known else "New monitor",
        given=given,
        known=known,
        problem=problem,
        each_tag=EACH_TAG,
        tags=sorted(workspace.rules().tags),
        measures={name: one.title for name, one in MEASURES.items() if one.kind == "money"},
        sensitivities={one: SENSITIVITY_WORDS[one] for one in SENSITIVITIES},
        directions={one: DIRECTION_WORDS[one] for one in DIRECTIONS},
        charges={one: CHARGE_WORDS[one] for one in CHARGES},
        grains=GRAINS,
        currency=workspace.currency,
    )
