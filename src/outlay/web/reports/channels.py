"""Keeping a channel by a form: the fields of its type, secrets by the name of where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, who
from outlay.reports.model import CHANNEL_TYPES, ChannelSpec, channel_fields
from outlay.resources import Resource, ResourceError
from outlay.web.render import Site
from outlay.web.views import form, name_of

PATH = "/channels"
NEW = f"{PATH}/_new"
_KIND = "Channel"

TYPES = {
    "mail": "Mail",
    "slack": "Slack",
    "teams": "Teams",
    "pagerduty": "PagerDuty",
    "webhook": "Webhook",
    "s3": "S3",
    "file": "Folder",
    "apprise-url": "Other (Apprise)",
}

_KEPT = "where it is kept: env:NAME, file:PATH or keyring:SERVICE/USER"


@dataclass(frozen=True)
class Field:
    """One field of the form: its label and what is expected."""

    label: str
    hint: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False
    yes_no: bool = False


FIELDS = {
    "server": Field("Mail server", "smtp.example.com"),
    "port": Field("Port", "587"),
    "security": Field("Security", choices=("starttls", "tls", "none")),
    "user": Field("User", "outlay"),
    "password": Field("Password", _KEPT),
    "sender": Field("Sender", "Outlay <outlay@example.com>"),
    "reply_to": Field("Reply to", "finops@example.com"),
    "to": Field("To", "finance@example.com, cfo@example.com", many=True),
    "allow": Field("Recipients that reports may name", "@example.com", many=True),
    "url": Field("Address", _KEPT),
    "secret": Field("Secret that signs", _KEPT),
    "files": Field("Send the files along", yes_no=True),
    "location": Field("Place in S3", "s3://bucket/prefix"),
    "folder": Field("Folder below the workspace", "outbox"),
}
"""Field of a channel → how it is asked for."""

OF_A_TYPE = {
    ("pagerduty", "secret"): Field("Integration key", _KEPT),
    ("pagerduty", "url"): Field(
        "Address, where it is not the usual one", "https://events.eu.pagerduty.com/v2/enqueue"
    ),
}
"""Fields that a type calls by its own name."""


def add(routes: APIRouter, site: Site) -> None:
    """Add the routes that keep channels."""
    workspace = site.workspace

    @routes.get(NEW, response_class=HTMLResponse)
    def new(request: Request) -> Response:
        """An empty form for a type."""
        kind = request.query_params.get("type", "")
        given = {"type": kind if kind in CHANNEL_TYPES else CHANNEL_TYPES[0], "enabled": "1"}
        return _shown(site, request, given, None)

    @routes.get(f"{PATH}/{{name}}", response_class=HTMLResponse)
    def edit(request: Request, name: str) -> Response:
        """The form of a channel that there is."""
        found = workspace.resources.get(_KIND, name)
        return _shown(site, request, _given(found), found)

    @routes.post(f"{PATH}/{{name}}")
    async def save(request: Request, name: str) -> Response:
        """Keep what was filled in; what is not right comes back with the reason."""
        given = await form(request)
        return await run_in_threadpool(_save, site, request, name, given)

    @routes.post(f"{PATH}/{{name}}/delete")
    def delete(name: str) -> Response:
        """Remove a channel that no report needs; its history stays."""
        workspace.delete_resource(_KIND, name, author=who())
        return RedirectResponse(PATH, 303)


def _save(site: Site, request: Request, name: str, given: dict[str, str]) -> Response:
    store = site.workspace.resources
    found = store.find(_KIND, name)
    wanted = found.name if found else name_of(given.get("title", ""))
    try:
        site.workspace.put_resource(
            _KIND,
            wanted,
            _spec(given, found),
            author=who(),
            expected_version=int(given.get("version") or 0),
        )
    except (ResourceError, AccessError) as error:
        return _shown(site, request, given, found, str(error))
    return RedirectResponse(f"{PATH}#{quote(wanted)}", 303)


def _spec(given: dict[str, str], before: Resource | None) -> dict[str, Any]:
    """The spec as it was filled in; empty fields are not said."""
    kind = given.get("type", "")
    old = before.spec.model_dump(mode="json") if before else {}
    spec: dict[str, Any] = {
        "type": kind,
        "title": given.get("title", "").strip(),
        "description": old.get("description", ""),
        "enabled": given.get("enabled") == "1",
    }
    for name in channel_fields(kind) if kind in CHANNEL_TYPES else ():
        text = given.get(name, "").strip()
        field = FIELDS[name]
        if field.yes_no:
            spec[name] = text == "1"
        elif field.many:
            spec[name] = [part for part in (p.strip() for p in text.split(",")) if part]
        elif text:
            spec[name] = text
    return spec


def _given(found: Resource) -> dict[str, str]:
    """A channel as the form has it. Secrets are names of places, so that they may be shown."""
    spec = found.spec
    assert isinstance(spec, ChannelSpec)
    given = {"type": spec.type, "title": spec.title or found.name}
    given |= {"enabled": "1" if spec.enabled else "", "version": str(found.version)}
    plain = spec.model_dump(mode="json")
    for name in channel_fields(spec.type):
        value = plain[name]
        if isinstance(value, bool):
            given[name] = "1" if value else ""
        else:
            given[name] = ", ".join(value) if isinstance(value, list) else str(value or "")
    return given


def _shown(
    site: Site,
    request: Request,
    given: dict[str, str],
    found: Resource | None,
    problem: str = "",
) -> Response:
    kind = given["type"] if given.get("type") in TYPES else "mail"
    return site.page(
        request,
        "reports/channel.html",
        400 if problem else 200,
        active="reports",
        title=f"Channel {found.name}" if found else "New channel",
        given={"title": "", "version": "0"} | given,
        name=found.name if found else "",
        types=TYPES,
        fields={one: OF_A_TYPE.get((kind, one), FIELDS[one]) for one in channel_fields(kind)},
        problem=problem,
    )
