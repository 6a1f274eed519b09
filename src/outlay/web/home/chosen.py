"""Which home a reader chose, and their team or product: kept in the account, else in cookies.

A cookie holds a name and nothing else; what it says is read as an address would be, so that a
made-up one leads nowhere.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from fastapi import Request
from starlette.responses import Response

from outlay.access.errors import AccessError
from outlay.access.people import People, Person
from outlay.access.principal import current
from outlay.app import Workspace
from outlay.app.home import PERSONAS

_COOKIES = {"persona": "outlay_persona", "owner": "outlay_team", "product": "outlay_product"}
_YEAR = 365 * 24 * 3600
_MOST = 200


def account(workspace: Workspace) -> Person | None:
    """The account of who asks; None for the local person, tokens and cookies only."""
    reader = current()
    if reader.via != "session":
        return None
    try:
        return People(workspace.resources).get(reader.name)
    except AccessError:
        return None


def chosen(workspace: Workspace, request: Request) -> str:
    """The persona that was chosen, '' for none yet."""
    person = account(workspace)
    name = person.persona if person else _cookie(request, "persona")
    return name if name in PERSONAS else ""


def chosen_value(workspace: Workspace, request: Request, focus: str) -> str:
    """The team (focus ``owner``) or product that was chosen, '' for none."""
    if not focus:
        return ""
    person = account(workspace)
    return str(person.settings.get(focus, "")) if person else _cookie(request, focus)


def keep(
    workspace: Workspace, request: Request, response: Response, *, persona: str = "",
    focus: str = "", value: str | None = None,
) -> None:  # fmt: skip
    """Keep a choice: of a persona, and of the value of its focus ('' takes it back)."""
    person = account(workspace)
    if person is not None:
        settings = dict(person.settings)
        if focus and value is not None:
            settings[focus] = value[:_MOST]
        People(workspace.resources).describe(
            person.name, persona=persona or None, settings=settings
        )
        return
    if persona:
        _set(request, response, "persona", persona)
    if focus and value is not None:
        _set(request, response, focus, value)


def _cookie(request: Request, what: str) -> str:
    return unquote(request.cookies.get(_COOKIES[what], ""))[:_MOST]


def _set(request: Request, response: Response, what: str, value: str) -> None:
    response.set_cookie(
        _COOKIES[what], quote(value[:_MOST], safe=""), max_age=_YEAR if value else 0, path="/",
        httponly=True, samesite="lax", secure=request.url.scheme == "https",
    )  # fmt: skip
