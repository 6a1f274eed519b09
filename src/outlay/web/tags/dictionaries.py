"""Dictionaries: keys and their values, written as a table, with what a change of them moves."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from outlay.access import who
from outlay.allocation.model import DictionarySpec
from outlay.allocation.rules import tag_dictionaries
from outlay.app import allocating
from outlay.app.beside import COLUMNS, dictionary_entries
from outlay.expression.errors import QueryError
from outlay.query.allocating import TagEffect
from outlay.resources import (
    Resource,
    ResourceConflictError,
    ResourceError,
    ResourceInUseError,
    check_name,
)
from outlay.resources.kinds import problem_text
from outlay.web.render import Site
from outlay.web.tags import look

DICTIONARIES = "/dictionaries"
_KIND = "Dictionary"


@dataclass(frozen=True)
class DictionaryRow:
    """A dictionary in the list, with the tags that look things up in it."""

    resource: Resource
    entries: int
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """A dictionary as it stands in the form; `effects` are what saving it would move."""

    name: str
    resource: Resource | None
    fields: dict[str, str]
    refused: str = ""
    effects: tuple[TagEffect, ...] | None = None
    unchanged: bool = False


def rows(site: Site) -> list[DictionaryRow]:
    """Every dictionary, by name."""
    users: dict[str, list[str]] = {}
    for name, spec in site.workspace.rules().tags.items():
        for dictionary in tag_dictionaries(spec):
            users.setdefault(dictionary, []).append(name)
    return [
        DictionaryRow(one, len(_spec(one).entries), tuple(sorted(users.get(one.name, ()))))
        for one in site.workspace.resources.list(_KIND)
    ]


def router(site: Site) -> APIRouter:
    """The routes of dictionaries; they are listed with the virtual tags."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.post(DICTIONARIES)
    async def new(request: Request) -> Response:
        """To the table of a new dictionary; nothing is saved yet."""
        name = (await _fields(request)).get("name", "").strip().lower()
        return RedirectResponse(f"{address(check_name(name, 'dictionary'))}?new=1", 303)

    @routes.get(f"{DICTIONARIES}/{{name}}", response_class=HTMLResponse)
    def one(request: Request, name: str, new: bool = False, saved: int | None = None) -> Response:
        """A dictionary as it is kept, or a new one."""
        resource = workspace.resources.find(_KIND, name)
        if resource is None and not new and not workspace.history(_KIND, name):
            workspace.resources.get(_KIND, name)
        fields = _fields_of(resource)
        return _page(site, request, Shown(name, resource, fields), saved=saved)

    @routes.post(f"{DICTIONARIES}/{{name}}")
    async def edited(request: Request, name: str) -> Response:
        """Preview or save what stands in the form."""
        fields = await _fields(request)
        return await run_in_threadpool(
            _edited, site, request, check_name(name, "dictionary"), fields
        )

    @routes.post(f"{DICTIONARIES}/{{name}}/{{action}}")
    async def versions(request: Request, name: str, action: str) -> Response:
        """Make a version current again (`restore`), or remove the dictionary (`delete`)."""
        fields = await _fields(request)
        seen = fields.get("seen", "")
        expected = int(seen) if seen.isdecimal() else None
        author = who()
        try:
            if action == "delete":
                workspace.delete_resource(_KIND, name, author=author, expected_version=expected)
                return RedirectResponse("/tags", 303)
            version = int(fields.get("version", "0") or 0)
            back = workspace.restore_resource(
                _KIND, name, version, author=author, expected_version=expected
            )
        except (QueryError, ResourceError, ValueError) as error:
            resource = workspace.resources.find(_KIND, name)
            refused = Shown(name, resource, _fields_of(resource), refused=str(error))
            return _page(site, request, refused, _status(error))
        return RedirectResponse(f"{address(name)}?saved={back.version}", 303)

    return routes


def address(name: str) -> str:
    """The address of a dictionary."""
    return f"{DICTIONARIES}/{quote(name)}"


def _edited(site: Site, request: Request, name: str, fields: dict[str, str]) -> Response:
    workspace = site.workspace
    resource = workspace.resources.find(_KIND, name)
    try:
        spec = _read(fields)
        if fields.get("do") != "save":
            effects = allocating.effect_of(workspace, {(_KIND, name): spec})
            same = resource is not None and resource.spec == spec
            return _page(
                site, request, Shown(name, resource, fields, effects=effects, unchanged=same)
            )
        seen = fields.get("seen", "0")
        saved = workspace.put_resource(
            _KIND,
            name,
            spec,
            author=who(),
            note=fields.get("note", "").strip(),
            expected_version=int(seen) if seen.isdecimal() else 0,
        )
    except (QueryError, ResourceError) as error:
        refused = Shown(name, resource, fields, refused=str(error))
        return _page(site, request, refused, _status(error))
    return RedirectResponse(f"{address(name)}?saved={saved.version}", 303)


def _status(error: Exception) -> int:
    return 409 if isinstance(error, ResourceConflictError | ResourceInUseError) else 400


def _read(fields: dict[str, str]) -> DictionarySpec:
    """The spec that the form says; ResourceError names the line."""
    entries = dictionary_entries(fields.get("entries", ""), "the table")
    given: dict[str, Any] = {
        "title": fields.get("title", "").strip(),
        "description": fields.get("description", "").strip(),
        "ignore_case": bool(fields.get("ignore_case")),
        "entries": entries,
    }
    try:
        return DictionarySpec.model_validate(given)
    except ValidationError as error:
        raise ResourceError("; ".join(problem_text(one) for one in error.errors())) from None


def _fields_of(resource: Resource | None) -> dict[str, str]:
    if resource is None:
        return {"entries": "key,value\n", "seen": "0"}
    spec = _spec(resource)
    return {
        "title": spec.title,
        "description": spec.description,
        "ignore_case": "1" if spec.ignore_case else "",
        "entries": _table(spec),
        "seen": str(resource.version),
    }


def _table(spec: DictionarySpec) -> str:
    """The entries as CSV; columns for days only where an entry has some."""
    dated = any(entry.from_ or entry.until for entry in spec.entries)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS if dated else COLUMNS[:2])
    for entry in spec.entries:
        days = (entry.from_ or "", entry.until or "") if dated else ()
        writer.writerow((entry.key, entry.value, *days))
    return out.getvalue()


def _page(
    site: Site, request: Request, shown: Shown, status: int = 200, saved: int | None = None
) -> Response:
    return site.page(
        request,
        "tags/dictionary.html",
        status,
        active="tags",
        title=shown.fields.get("title") or shown.name,
        shown=shown,
        address=address(shown.name),
        saved=saved,
        parts=look.coverage_parts,
        history=list(reversed(site.workspace.history(_KIND, shown.name))),
        tags=next((row.tags for row in rows(site) if row.resource.name == shown.name), ()),
    )


async def _fields(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(body, keep_blank_values=True))


def _spec(resource: Resource) -> DictionarySpec:
    assert isinstance(resource.spec, DictionarySpec)
    return resource.spec
