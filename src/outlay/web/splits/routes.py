"""Splits: the list with where money flows, and the form of one with its preview and history."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import who
from outlay.allocation.model import SplitSpec
from outlay.app import splits
from outlay.app.splits import SplitPreview, SplitState
from outlay.money.quotients import rounded
from outlay.query import MEASURES, CostQuery, QueryError
from outlay.resources import (
    Resource,
    ResourceConflictError,
    ResourceError,
    ResourceInUseError,
    check_name,
)
from outlay.web.render import Site
from outlay.web.splits.diagram import Diagram, diagram
from outlay.web.splits.form import SplitForm, form_of, read

SPLITS = "/splits"
_KIND = "Split"
_MOST_FIELDS = 2_000

RANGES = {
    "last-month": "last month",
    "this-month": "this month",
    "last-3-months": "the last 3 months",
    "last-12-months": "the last 12 months",
    "all": "all history",
}
_FIRST_RANGE = "last-month"

METHODS = {
    "proportional": ("In proportion to cost", "by what each target costs itself in the period"),
    "even": ("Evenly", "the same to each target"),
    "fixed": ("By fixed shares", "percentages that add up to 100"),
    "metric": ("By a metric", "a series with a label whose values are those of the tag"),
    "usage": ("By usage", "CPU hours, tokens, query seconds of the usage that is loaded"),
}
PERIODS = {"day": "each day", "month": "each month", "billing-period": "each billing period"}


@dataclass(frozen=True)
class TagSplits:
    """The splits of a tag as the list shows them."""

    tag: str
    title: str
    states: tuple[SplitState, ...]
    drawing: Diagram | None


@dataclass(frozen=True)
class Shown:
    """The page of one split: the kept resource (None: none), what stands in the form, what that
    would do, and what is wrong with it."""

    name: str
    resource: Resource | None
    form: SplitForm
    range: str
    preview: SplitPreview | None = None
    state: SplitState | None = None
    refused: str = ""
    conflict: Resource | None = None


def router(site: Site) -> APIRouter:
    """The routes of splits."""
    routes = APIRouter()
    site.templates.filters["weight"] = weight
    _add_list(routes, site)
    _add_one(routes, site)
    _add_versions(routes, site)
    return routes


def weight(value: Fraction) -> str:
    """A weight with two decimals, or as the whole number that it is."""
    return f"{value.numerator:,}" if value.denominator == 1 else f"{rounded(value, 2):,.2f}"


def address(name: str) -> str:
    """The address of a split."""
    return f"{SPLITS}/{quote(name)}"


# --- the list -----------------------------------------------------------------------------


def _add_list(routes: APIRouter, site: Site) -> None:
    @routes.get(SPLITS, response_class=HTMLResponse)
    def listed(request: Request, range: str = _FIRST_RANGE) -> Response:
        """Every split with what it took, gave and kept, and where money flows."""
        return _list(site, request, range_=range)

    @routes.post(SPLITS)
    async def new(request: Request) -> Response:
        """To the form of a new split; nothing is saved yet."""
        fields = await _fields(request)
        name = fields.get("name", [""])[0].strip().lower()
        tag = fields.get("tag", [""])[0]
        try:
            check_name(name)
        except ResourceError as error:
            return _list(site, request, 400, name=name, refused=str(error))
        if site.workspace.resources.find(_KIND, name) is not None:
            return RedirectResponse(address(name), 303)
        return RedirectResponse(f"{address(name)}?tag={quote(tag)}", 303)


def _list(
    site: Site,
    request: Request,
    status: int = 200,
    *,
    range_: str = _FIRST_RANGE,
    name: str = "",
    refused: str = "",
) -> Response:
    rules = site.workspace.rules()
    states = splits.overview(site.workspace, CostQuery(range=range_))
    found = []
    for tag, of in groupby(states, key=lambda state: state.spec.tag):
        chosen = tuple(of)
        title = rules.tags[tag].title or tag
        found.append(TagSplits(tag, title, chosen, diagram(chosen)))
    return site.page(
        request,
        "splits/list.html",
        status,
        active="splits",
        title="Splits",
        tags=found,
        all_tags=sorted(rules.tags),
        methods=METHODS,
        periods=PERIODS,
        ranges=_ranges(range_),
        range=range_,
        name=name,
        refused=refused,
    )


def _ranges(chosen: str) -> dict[str, str]:
    return RANGES if chosen in RANGES else {chosen: chosen, **RANGES}


# --- one split ----------------------------------------------------------------------------


def _add_one(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(f"{SPLITS}/{{name}}", response_class=HTMLResponse)
    def one(
        request: Request,
        name: str,
        tag: str | None = None,
        range: str = _FIRST_RANGE,
        saved: int | None = None,
    ) -> Response:
        """A split as it is kept, or the form of a new one."""
        resource = workspace.resources.find(_KIND, name)
        if resource is None:
            if tag is None and not workspace.history(_KIND, name):
                workspace.resources.get(_KIND, name)
            check_name(name)
            return _page(site, request, Shown(name, None, SplitForm(tag=tag or ""), range))
        state = splits.show(workspace, name, CostQuery(range=range))
        shown = Shown(name, resource, form_of(_spec(resource)), range, state=state)
        return _page(site, request, shown, saved=saved)

    @routes.post(f"{SPLITS}/{{name}}")
    async def edited(request: Request, name: str) -> Response:
        """The form with a button: a preview, or saving it."""
        fields = await _fields(request)
        # A preview takes longer than other requests should wait for.
        return await run_in_threadpool(_edited, site, request, check_name(name), fields)


def _edited(site: Site, request: Request, name: str, fields: dict[str, list[str]]) -> Response:
    workspace = site.workspace
    form = read(fields)
    range_ = fields.get("range", [_FIRST_RANGE])[0]
    resource = workspace.resources.find(_KIND, name)
    shown = Shown(name, resource, form, range_)
    do = fields.get("do", ["preview"])[0]
    try:
        if do == "preview":
            found = splits.preview(workspace, name, form.spec(), CostQuery(range=range_))
            return _page(site, request, Shown(name, resource, form, range_, found, found.state))
        seen = fields.get("seen", ["0"])[0]
        expected = None if do == "save-over" else int(seen) if seen.isdecimal() else 0
        saved = splits.save(
            workspace,
            name,
            form.spec(),
            author=who(),
            expected_version=expected,
            note=form.note,
        )
    except ResourceConflictError as error:
        conflict = Shown(name, resource, form, range_, refused=str(error), conflict=resource)
        return _page(site, request, conflict, 409)
    except (QueryError, ResourceError) as error:
        refused = Shown(name, resource, shown.form, range_, refused=_said(error))
        return _page(site, request, refused, 400)
    target = f"{address(name)}?saved={saved.version}"
    if range_ != _FIRST_RANGE:
        target += f"&range={quote(range_)}"
    return RedirectResponse(target, 303)


def _said(error: Exception) -> str:
    """What is wrong, without what only the writer of a file needs to know."""
    return str(error).partition(". Allowed fields:")[0]


def _page(
    site: Site, request: Request, shown: Shown, status: int = 200, saved: int | None = None
) -> Response:
    workspace = site.workspace
    rules = workspace.rules()
    return site.page(
        request,
        "splits/split.html",
        status,
        active="splits",
        title=shown.form.title or shown.name,
        shown=shown,
        form=shown.form,
        seen=shown.resource.version if shown.resource else 0,
        address=address(shown.name),
        tags=sorted(rules.tags),
        known=_values(site, shown.form.tag),
        measures=[m.name for m in MEASURES.values() if m.kind == "money"],
        metrics=workspace.resources.names("Metric"),
        methods=METHODS,
        periods=PERIODS,
        ranges=_ranges(shown.range),
        history=workspace.history(_KIND, shown.name),
        saved=saved,
    )


def _values(site: Site, tag: str) -> list[str]:
    """The values of a tag that have most money, for the form to propose."""
    if tag not in site.workspace.rules().tags:
        return []
    found = site.workspace.values(tag, limit=100, within=CostQuery(splits="direct"))
    return [str(info.value) for info in found]


# --- versions -----------------------------------------------------------------------------


def _add_versions(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.post(f"{SPLITS}/{{name}}/restore")
    async def restore(request: Request, name: str) -> Response:
        """Make a version current again."""
        fields = await _fields(request)
        version = fields.get("version", ["0"])[0]
        try:
            back = workspace.resources.restore(
                _KIND,
                name,
                int(version) if version.isdecimal() else 0,
                author=who(),
                expected_version=_seen(fields),
            )
        except (QueryError, ResourceError) as error:
            return _refused(site, request, name, error)
        return RedirectResponse(f"{address(name)}?saved={back.version}", 303)

    @routes.post(f"{SPLITS}/{{name}}/delete")
    async def delete(request: Request, name: str) -> Response:
        """Remove a split; its history stays."""
        fields = await _fields(request)
        try:
            workspace.resources.delete(_KIND, name, author=who(), expected_version=_seen(fields))
        except (QueryError, ResourceError) as error:
            return _refused(site, request, name, error)
        return RedirectResponse(SPLITS, 303)


def _seen(fields: dict[str, list[str]]) -> int | None:
    seen = fields.get("seen", [""])[0]
    return int(seen) if seen.isdecimal() else None


def _refused(site: Site, request: Request, name: str, error: Exception) -> Response:
    resource = site.workspace.resources.find(_KIND, name)
    form = SplitForm() if resource is None else form_of(_spec(resource))
    status = 409 if isinstance(error, ResourceConflictError | ResourceInUseError) else 400
    shown = Shown(name, resource, form, _FIRST_RANGE, refused=str(error))
    return _page(site, request, shown, status)


async def _fields(request: Request) -> dict[str, list[str]]:
    body = (await request.body()).decode("utf-8", "replace")
    return parse_qs(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS)


def _spec(resource: Resource) -> SplitSpec:
    assert isinstance(resource.spec, SplitSpec)
    return resource.spec
