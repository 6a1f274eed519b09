"""Virtual tags: the list, and the editor of one with its draft, history and values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import who
from outlay.allocation.model import TagRule, Taken, VirtualTagSpec
from outlay.app import tags
from outlay.expression.errors import QueryError
from outlay.resources import (
    Resource,
    ResourceConflictError,
    ResourceError,
    ResourceInUseError,
    spec_diff,
    valid_name,
)
from outlay.web.render import Site
from outlay.web.tags import dictionaries, look
from outlay.web.tags.actions import act
from outlay.web.tags.conditions import JOINS, OPERATORS, WITHOUT_VALUE
from outlay.web.tags.draft import STEPS, Draft, Problem, draft_of, read_draft, read_form, rule_draft
from outlay.web.tags.memory import Memory, unpack

TAGS = "/tags"
_KIND = "VirtualTag"
_MOST_FIELDS = 40_000
_MOST_KEYS = 12
_MOST_VALUES = 50


def router(site: Site) -> APIRouter:
    """The routes of virtual tags."""
    routes = APIRouter()
    site.templates.filters["said"] = look.said
    _add_list(routes, site)
    _add_editor(routes, site)
    _add_versions(routes, site)
    routes.include_router(dictionaries.router(site))
    return routes


def address(name: str) -> str:
    """The address of a tag's editor."""
    return f"{TAGS}/{quote(name)}"


# --- the list -----------------------------------------------------------------------------


def _add_list(routes: APIRouter, site: Site) -> None:
    @routes.get(TAGS, response_class=HTMLResponse)
    def listed(request: Request, keys: bool = False) -> Response:
        """Every virtual tag with its coverage; with `keys`, what a new one may start from."""
        if keys and _is_htmx(request):
            context = {"keys": tags.keys(site.workspace)[:_MOST_KEYS], "name_of": valid_name}
            template = site.templates.get_template("tags/keys.html")
            return HTMLResponse(template.render(**context))
        return _list(site, request, keys=keys)

    @routes.post(TAGS)
    async def new(request: Request) -> Response:
        """To the editor of a new tag; nothing is saved yet."""
        fields = dict(await _pairs(request))
        name, start = fields.get("name", "").strip().lower(), fields.get("start", "").strip()
        try:
            tags.check_tag_name(name)
        except ResourceError as error:
            return _list(site, request, 400, name=name, refused=str(error))
        if site.workspace.resources.find(_KIND, name) is not None:
            return RedirectResponse(address(name), 303)
        return RedirectResponse(f"{address(name)}?start={quote(start)}", 303)


def _list(
    site: Site,
    request: Request,
    status: int = 200,
    *,
    name: str = "",
    refused: str = "",
    keys: bool = False,
) -> Response:
    return site.page(
        request,
        "tags/list.html",
        status,
        active="tags",
        title="Virtual tags",
        tags=tags.overview(site.workspace),
        dictionaries=dictionaries.rows(site),
        starts=[one for one in tags.columns(site.workspace) if one.startswith("tags.")],
        # Their money takes a look at every slice: the page does not wait for it.
        keys=tags.keys(site.workspace)[:_MOST_KEYS] if keys else None,
        name_of=valid_name,
        loaded=bool(site.workspace.pin().slices),
        parts=look.coverage_parts,
        name=name,
        refused=refused,
    )


# --- the editor ---------------------------------------------------------------------------


def _add_editor(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(f"{TAGS}/{{name}}", response_class=HTMLResponse)
    def editor(
        request: Request,
        name: str,
        start: str | None = None,
        saved: int | None = None,
        when: str = "",
    ) -> Response:
        """The editor of a tag as it is kept, or of a new one; `when` is the condition of a rule
        that is to be added."""
        resource = workspace.resources.find(_KIND, name)
        if resource is None and start is None:
            # Says which there are; the history of a removed one is kept under its name.
            if not workspace.history(_KIND, name):
                workspace.resources.get(_KIND, name)
            start = ""
        tags.check_tag_name(name)
        draft = _start(start or "") if resource is None else draft_of(_spec(resource))
        memory = Memory(draft)
        if when:
            memory = memory.seen(act(draft, f"add-when {when}"))
        seen = resource.version if resource else 0
        shown = look.look(workspace, name, resource, memory, seen=seen)
        return _page(site, request, shown, saved=saved)

    @routes.post(f"{TAGS}/{{name}}")
    async def edited(request: Request, name: str) -> Response:
        """A draft with a button: a change of the draft, undo, a preview, or saving it."""
        fields = read_form(await _pairs(request))
        # A preview takes longer than other requests should wait for.
        return await run_in_threadpool(_edited, site, request, tags.check_tag_name(name), fields)

    @routes.get(f"{TAGS}/{{name}}/values")
    def values(name: str, column: str = "", search: str = "") -> Response:
        """The values of a column with the most money, as options of a list."""
        try:
            found = workspace.values(column, search=search, limit=_MOST_VALUES)
        except QueryError:
            found = ()
        template = site.templates.get_template("tags/options.html")
        return HTMLResponse(template.render(values=found))


def _edited(site: Site, request: Request, name: str, fields: dict[str, Any]) -> Response:
    workspace, do = site.workspace, str(fields.get("do", ""))
    resource = workspace.resources.find(_KIND, name)
    memory = _remembered(fields, do)
    seen_text = str(fields.get("seen", "0"))
    seen = int(seen_text) if seen_text.isdecimal() else 0
    if do == "save-over":
        seen = resource.version if resource else 0
    shown = look.look(
        workspace,
        name,
        resource,
        memory,
        seen=seen,
        range_=str(fields.get("range", "all")),
        note=str(fields.get("note", "")),
        suggest=do == "suggest" or bool(fields.get("suggesting")),
    )
    if do in ("save", "save-over"):
        return _save(site, request, shown)
    if do == "live":
        return _part(site, shown, "tags/live.html")
    return _answer(site, request, shown)


def _remembered(fields: dict[str, Any], do: str) -> Memory:
    """The drafts with that of the form as the newest, after what its button does."""
    draft = read_draft(fields)
    memory = unpack(str(fields.get("memory", "")), draft).seen(draft)
    if do == "undo":
        return memory.undone()
    if do == "redo":
        return memory.redone()
    return memory.seen(act(draft, do))


def _save(site: Site, request: Request, shown: look.Editor) -> Response:
    """Save a draft; what is wrong with it is shown at its place."""
    if shown.spec is None or shown.refused or any(p.rule is not None for p in shown.problems):
        return _answer(site, request, shown, 400)
    try:
        saved = site.workspace.put_resource(
            _KIND,
            shown.name,
            shown.spec,
            author=who(),
            note=shown.note.strip(),
            expected_version=shown.seen,
        )
    except ResourceConflictError:
        return _answer(site, request, _conflicting(site, shown), 409)
    except (QueryError, ResourceError) as error:
        problems = (*shown.problems, Problem(str(error)))
        return _answer(site, request, replace(shown, problems=problems, refused=str(error)), 400)
    target = f"{address(shown.name)}?saved={saved.version}"
    if _is_htmx(request):
        return Response(status_code=200, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def _conflicting(site: Site, shown: look.Editor) -> look.Editor:
    current = site.workspace.resources.find(_KIND, shown.name)
    if current is None:
        gone = Problem(f"{shown.name} was removed since you opened it; save again to bring it back")
        return replace(shown, seen=0, problems=(*shown.problems, gone), refused=gone.message)
    before: Any = {}
    if shown.seen:
        before = site.workspace.resources.version(_KIND, shown.name, shown.seen).spec.model_dump(
            mode="json"
        )
    changes = spec_diff(before, current.spec.model_dump(mode="json"))
    return replace(shown, conflict=look.Conflict(current, tuple(changes)))


# --- versions -----------------------------------------------------------------------------


def _add_versions(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.post(f"{TAGS}/{{name}}/restore")
    async def restore(request: Request, name: str) -> Response:
        """Make a version current again."""
        fields = dict(await _pairs(request))
        seen = fields.get("seen", "")
        try:
            back = workspace.restore_resource(
                _KIND,
                name,
                int(fields.get("version", "0") or 0),
                author=who(),
                expected_version=int(seen) if seen.isdecimal() else None,
            )
        except (QueryError, ResourceError, ValueError) as error:
            return _refused(site, request, name, error)
        return RedirectResponse(f"{address(name)}?saved={back.version}", 303)

    @routes.post(f"{TAGS}/{{name}}/delete")
    async def delete(request: Request, name: str) -> Response:
        """Remove a tag; its history stays."""
        fields = dict(await _pairs(request))
        seen = fields.get("seen", "")
        try:
            workspace.delete_resource(
                _KIND,
                name,
                author=who(),
                expected_version=int(seen) if seen.isdecimal() else None,
            )
        except ResourceError as error:
            return _refused(site, request, name, error)
        return RedirectResponse(TAGS, 303)


def _refused(site: Site, request: Request, name: str, error: Exception) -> Response:
    """The editor as it is kept, with why it stays so."""
    resource = site.workspace.resources.find(_KIND, name)
    draft = Draft() if resource is None else draft_of(_spec(resource))
    seen = resource.version if resource else 0
    shown = look.look(site.workspace, name, resource, Memory(draft), seen=seen)
    message = str(error)
    status = 409 if isinstance(error, ResourceConflictError | ResourceInUseError) else 400
    return _page(site, request, replace(shown, refused=message), status)


# --- answers ------------------------------------------------------------------------------


def _answer(site: Site, request: Request, shown: look.Editor, status: int = 200) -> Response:
    """The editor alone for a page that has it already, else the whole page."""
    if _is_htmx(request):
        # A refusal is an answer like any other: htmx would not show one with an error's status.
        return _part(site, shown, "tags/editor.html")
    return _page(site, request, shown, status)


def _part(site: Site, shown: look.Editor, template: str) -> Response:
    html = site.templates.get_template(template).render(**_context(site, shown))
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


def _page(
    site: Site, request: Request, shown: look.Editor, status: int = 200, saved: int | None = None
) -> Response:
    title = shown.draft.title or shown.name
    return site.page(
        request,
        "tags/tag.html",
        status,
        active="tags",
        title=title,
        saved=saved,
        **_context(site, shown),
    )


def _context(site: Site, shown: look.Editor) -> dict[str, Any]:
    rules = site.workspace.rules()
    return {
        "editor": shown,
        "address": address(shown.name),
        "columns": tags.columns(site.workspace, shown.name),
        "dictionaries": sorted(rules.dictionaries),
        "splits": list(rules.splits_of(shown.name)),
        "operators": OPERATORS,
        "without_value": WITHOUT_VALUE,
        "joins": JOINS,
        "steps": STEPS,
        "ranges": look.RANGES,
        "parts": look.coverage_parts,
        "dumps": lambda value: json.dumps(value, ensure_ascii=False),
    }


def _is_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true" and (
        request.headers.get("hx-boosted") != "true"
    )


async def _pairs(request: Request) -> list[tuple[str, str]]:
    body = (await request.body()).decode("utf-8", "replace")
    try:
        return parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise ResourceError(
            f"the form has more than {_MOST_FIELDS} fields; write so many rules as a file "
            "(docs/resources.md)"
        ) from None


def _spec(resource: Resource) -> VirtualTagSpec:
    assert isinstance(resource.spec, VirtualTagSpec)
    return resource.spec


def _start(dimension: str) -> Draft:
    """A new tag; with a dimension, a rule that takes its value from it."""
    if not dimension:
        return Draft()
    try:
        taken = Taken.model_validate({"from": dimension, "transform": ["trim", "lower"]})
    except ValueError:
        return Draft()
    rule = TagRule(when=f"{taken.from_} IS NOT NULL", value=taken)
    return Draft(rules=(rule_draft(rule, shown=True),))
