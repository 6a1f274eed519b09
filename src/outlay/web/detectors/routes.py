"""Detectors: what looks for savings in the bill, what each needs, and what it last found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, current
from outlay.app.detectors import asking, configuring, listing
from outlay.app.detectors.reference import sentence
from outlay.app.savings import looking
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.resources import ResourceError
from outlay.web.detectors import view
from outlay.web.detectors.view import DETECTORS
from outlay.web.render import Site
from outlay.web.views import form

_REFUSED = (ResourceError, QueryError, AccessError, LakeError)


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _list(routes, site)
    _one(routes, site)
    return routes


def _words() -> dict[str, Any]:
    """What every template of detectors needs."""
    return {
        "sentence": sentence,
        "states": view.STATES,
        "state_of": view.state_of,
        "cost_of": view.cost_of,
        "inputs": view.INPUTS,
        "efforts": view.EFFORTS,
        "actions_of": view.ACTIONS,
        "value_text": view.value_text,
        "field_text": view.field_text,
        "bounds_text": view.bounds_text,
        "may_edit": current().may("editor") and current().whole,
    }


def _list(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(DETECTORS, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every detector by area, with its declaration and what the last look came to."""
        area, state = view.chosen(request.query_params)
        found = listing.catalogue(workspace)
        by_area, by_state = view.choices(found, area, state)
        return site.page(
            request,
            "detectors/list.html",
            active="savings",
            title="Detectors",
            found=found,
            shown=view.areas(found, area, state),
            by_area=by_area,
            by_state=by_state,
            on=sum(one.enabled for one in found.detectors),
            failed=sum(bool(one.failed) for one in found.detectors),
            saves=view.savings(found.detectors),
            unknown=view.unknown(found.detectors),
            charges=workspace.holds_charges(),
            **_words(),
        )

    @routes.post(f"{DETECTORS}/run")
    def look() -> Response:
        """Take a look now, and keep what it finds."""
        looking.look(workspace)
        return RedirectResponse(DETECTORS, 303)


def _one(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(f"{DETECTORS}/{{name}}", response_class=HTMLResponse)
    def detector(request: Request, name: str) -> Response:
        """One detector: its declaration, its recommendations, what it could not judge, its form."""
        return _page(site, request, name)

    @routes.get(f"{DETECTORS}/{{name}}/explain", response_class=HTMLResponse)
    def explain(request: Request, name: str) -> Response:
        """Why it finds a resource, or does not."""
        resource = request.query_params.get("resource", "").strip()
        listing.known(name)
        if not resource:
            return RedirectResponse(f"{DETECTORS}/{name}", 303)
        return _page(
            site, request, name, why=asking.explained(workspace, name, resource), asked=resource
        )

    @routes.post(f"{DETECTORS}/{{name}}")
    async def change(request: Request, name: str) -> Response:
        """Keep how it looks, in the savings policy."""
        return await run_in_threadpool(_saved, site, request, name, await form(request))


def _saved(site: Site, request: Request, name: str, given: Mapping[str, str]) -> Response:
    try:
        configuring.change(site.workspace, name, _wanted(name, given), _version(given))
    except _REFUSED as error:
        return _page(site, request, name, problem=str(error), given=given)
    return RedirectResponse(f"{DETECTORS}/{name}?saved=1#settings", 303)


def _version(given: Mapping[str, str]) -> int | None:
    text = given.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _wanted(name: str, given: Mapping[str, str]) -> configuring.Wanted:
    """The form: a field that holds the detector's own value is not said in the policy."""
    values: dict[str, Any] = {}
    for parameter in listing.known(name).parameters:
        text = given.get(f"p-{parameter.name}", "")
        if not isinstance(parameter.default, bool) and not text.strip():
            continue
        value = asking.value_of(parameter, text)
        if value != parameter.default:
            values[parameter.name] = value
    return configuring.Wanted(
        enabled=given.get("enabled", "") == "yes",
        values=values,
        minimum=given.get("minimum", ""),
        where=given.get("where", ""),
    )


def _page(
    site: Site,
    request: Request,
    name: str,
    *,
    why: asking.Explained | None = None,
    asked: str = "",
    problem: str = "",
    given: Mapping[str, str] | None = None,
) -> Response:
    found = listing.catalogue(site.workspace)
    listing.known(name)
    one = next(each for each in found.detectors if each.id == name)
    return site.page(
        request,
        "detectors/detector.html",
        400 if problem else 200,
        active="savings",
        title=one.detector.title,
        found=found,
        one=one,
        of=one.detector,
        recommendations=configuring.recommended(site.workspace, name),
        why=why,
        asked=asked,
        problem=problem,
        given=given,
        saved=request.query_params.get("saved") == "1" and not problem,
        **_words(),
    )
