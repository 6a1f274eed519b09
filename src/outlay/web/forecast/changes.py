"""Planned changes as people write them: the list, the form, what they add."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import Level, current, who
from outlay.app.forecasting.commitments import ends
from outlay.app.forecasting.forecasting import forecast
from outlay.app.forecasting.model import EFFECTS, PLANNED_CHANGE, PlannedChangeSpec
from outlay.app.runs import utc_now
from outlay.query import CostQuery, QueryError
from outlay.resources import Resource, ResourceError, valid_name
from outlay.resources.names import MAX_NAME
from outlay.web.render import Site
from outlay.web.typed import number

CHANGES = "/forecast/changes"
_FIELDS = ("title", "from", "until", "where", "effect", "amount", "currency", "ends", "reason",
           "owner", "annotation")  # fmt: skip
_AHEAD = 400

EFFECT_TITLES = {
    "percent": "Per cent of what would be",
    "per_day": "An amount a day",
    "once": "An amount once, on the first day",
    "ends": "A commitment ends and is not renewed",
}


def add_routes(routes: APIRouter, site: Site) -> None:
    """The addresses of planned changes."""

    @routes.get(CHANGES, response_class=HTMLResponse)
    def planned_changes(request: Request) -> Response:
        """Every planned change, and the commitments whose end the bill tells."""
        return _list(site, request)

    @routes.get(f"{CHANGES}/new", response_class=HTMLResponse)
    def new_change(request: Request) -> Response:
        """The form of a new one, with what the address gives."""
        given = {name: request.query_params.get(name, "") for name in _FIELDS}
        given["from"] = given["from"] or (site.workspace.today() + timedelta(days=1)).isoformat()
        given["effect"] = given["effect"] or "percent"
        given["currency"] = given["currency"] or site.workspace.currency
        return _form(site, request, given)

    @routes.get(f"{CHANGES}/{{name}}", response_class=HTMLResponse)
    def change(request: Request, name: str) -> Response:
        """The form of one."""
        resource = site.workspace.resources.get(PLANNED_CHANGE.name, name)
        return _form(site, request, _given(resource), resource)

    @routes.post(CHANGES)
    async def save_change(request: Request) -> Response:
        """Keep a planned change, new or changed."""
        form = await request.form()
        fields = {key: str(value) for key, value in form.items()}
        return await run_in_threadpool(_save, site, request, fields)

    @routes.post(f"{CHANGES}/{{name}}/delete")
    def remove_change(name: str) -> Response:
        """Remove one; its history stays."""
        site.workspace.delete_resource(PLANNED_CHANGE.name, name, author=who())
        return RedirectResponse(CHANGES, 303)


def _list(site: Site, request: Request) -> Response:
    workspace = site.workspace
    found = [
        one
        for one in workspace.resources.list(PLANNED_CHANGE.name)
        if isinstance(one.spec, PlannedChangeSpec)
    ]
    found.sort(key=lambda one: (one.spec.from_, one.name))  # type: ignore[attr-defined]
    counted, start = {}, workspace.today()
    if workspace.holds_charges():
        answer = forecast(workspace, CostQuery(), days=_AHEAD, now=utc_now())
        counted = {one.name: one for one in answer.changes}
        start = answer.start
    return site.page(
        request,
        "forecast/changes.html",
        active="forecast",
        title="Planned changes",
        changes=found,
        counted=counted,
        start=start,
        ends=ends(workspace, utc_now()) if workspace.holds_charges() else (),
        may_edit=current().may(Level.EDITOR),
        ahead=_AHEAD,
    )


def _form(
    site: Site,
    request: Request,
    given: Mapping[str, str],
    resource: Resource | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    return site.page(
        request,
        "forecast/change.html",
        status,
        active="forecast",
        title="Planned change",
        given=given,
        resource=resource,
        problem=problem,
        effects=EFFECT_TITLES,
        annotations=[
            (one.name, one.spec.text)
            for one in _annotations(site)
        ],
    )  # fmt: skip


def _annotations(site: Site) -> list[Any]:
    from outlay.app.annotations.marks import listed

    return listed(site.workspace)


def _given(resource: Resource) -> dict[str, str]:
    """A planned change as the fields of the form."""
    spec = resource.spec
    assert isinstance(spec, PlannedChangeSpec)
    effect = next(name for name in EFFECTS if getattr(spec, name) not in (None, ""))
    value = getattr(spec, effect)
    return {
        "title": spec.title,
        "from": spec.from_.isoformat(),
        "until": (spec.until - timedelta(days=1)).isoformat() if spec.until else "",
        "where": spec.where,
        "effect": effect,
        "amount": "" if effect == "ends" else format(value, "f"),
        "currency": spec.currency,
        "ends": spec.ends,
        "reason": spec.reason,
        "owner": spec.owner,
        "annotation": spec.annotation,
    }


def _save(site: Site, request: Request, fields: Mapping[str, str]) -> Response:
    """Keep what the form says, or show it again with what is wrong."""
    name = fields.get("name", "")
    resources = site.workspace.resources
    resource = resources.find(PLANNED_CHANGE.name, name) if name else None
    given = {key: fields.get(key, "").strip() for key in _FIELDS}
    try:
        spec = PLANNED_CHANGE.parse(_spec(given))
        site.workspace.put_resource(
            PLANNED_CHANGE.name,
            name or _free_name(site, given),
            spec,
            author=who(),
            expected_version=int(fields.get("version") or 0),
        )
    except (ResourceError, QueryError, ValueError) as error:
        return _form(site, request, given, resource, str(error), 400)
    return RedirectResponse(CHANGES, 303)


def _spec(given: Mapping[str, str]) -> dict[str, Any]:
    """The document that the fields say; ValueError in words."""
    spec: dict[str, Any] = {
        key: given[key] for key in ("title", "where", "reason", "owner", "annotation") if given[key]
    }
    spec["from"] = _day(given["from"], "the first day")
    effect = given["effect"]
    if given["until"] and effect in ("percent", "per_day"):
        spec["until"] = _day(given["until"], "the last day") + timedelta(days=1)
    if effect == "ends":
        spec["ends"] = given["ends"]
    elif effect in EFFECTS:
        spec[effect] = _number(given["amount"], 3 if effect == "percent" else 2)
        if effect != "percent":
            spec["currency"] = given["currency"]
    return spec


def _day(text: str, what: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{what} is a day as 2027-01-31, not {text!r}") from None


def _number(text: str, digits: int) -> Decimal:
    plain = number(text.strip().removesuffix("%"), digits)
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"how much is a number as 20 or -150.50, not {text!r}") from None
    if not found.is_finite():
        raise ValueError(f"how much is a number as 20 or -150.50, not {text!r}")
    return found


def _free_name(site: Site, given: Mapping[str, str]) -> str:
    said = given["title"] or given["ends"] or given["effect"]
    base = valid_name(re.sub(r"[^a-z0-9]+", "-", said.lower()))[: MAX_NAME - 4].strip("-")
    base = base or "change"
    name, number = base, 1
    while site.workspace.resources.history(PLANNED_CHANGE.name, name):
        number += 1
        name = f"{base}-{number}"
    return name
