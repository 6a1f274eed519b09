"""`/me`, `/sessions`, `/tokens`, `/users`, `/roles`, `/audit`: who there is and what was done."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from outlay.access.login import Caller
from outlay.api.answers import CSV, json_response
from outlay.api.params import Day
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.access import accounts, audit

_Level = Literal["viewer", "editor", "approver", "admin"]
_Name = Annotated[str, Path(description="The account's name", examples=["ana@example.com"])]
_Number = Annotated[int, Path(description="The token's id", examples=[1], ge=1, lt=2**31)]
_CONFIG = ConfigDict(extra="forbid")


class Me(BaseModel):
    """What may be changed of oneself."""

    model_config = _CONFIG
    display: str | None = Field(default=None, max_length=200, examples=["Ana"])


class Password(BaseModel):
    """One's password and the next one."""

    model_config = _CONFIG
    old: str = Field(max_length=1024)
    new: str = Field(max_length=1024, description="At least 12 characters")


class NewUser(BaseModel):
    """An account to be made. It gets its password by an invitation."""

    model_config = _CONFIG
    name: str = Field(min_length=1, max_length=200, examples=["ana@example.com"])
    role: str = Field(max_length=64, examples=["viewer"])
    display: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=320)


class UserChange(BaseModel):
    """What is to be changed of an account; what is left out stays."""

    model_config = _CONFIG
    role: str | None = Field(default=None, max_length=64, examples=["editor"])
    disabled: bool | None = None
    display: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=320)


class NewToken(BaseModel):
    """A token to be made."""

    model_config = _CONFIG
    name: str = Field(min_length=1, max_length=200, examples=["nightly export"])
    level: _Level = "viewer"
    scope: str = Field(
        default="",
        max_length=10_000,
        description="Narrows what the owner sees",
        examples=["SubAccountName = 'Shop'"],
    )
    expires: Day | None = Field(default=None, description="The day (UTC) from which it is over")
    workspace: bool = Field(
        default=False, description="Of the workspace instead of the caller; administrators only"
    )


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, responses=RESPONSES)
    _oneself(router, workspace)
    _tokens(router, workspace)
    _users(router, workspace)
    _audit(router, workspace)
    return router


def _oneself(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/me", tags=["Access"], summary="Who asks")
    def me() -> Response:
        """Name, level, role and scope of the caller; `via` says how they were known."""
        return json_response(accounts.me_json(workspace))

    @router.patch("/me", tags=["Access"], summary="Change what is said of the caller")
    def describe(body: Me) -> Response:
        """The shown name; nothing here gives rights."""
        accounts.describe_me(workspace, display=body.display, persona=None)
        return json_response(accounts.me_json(workspace))

    @router.post("/me/password", tags=["Access"], summary="Change one's password", status_code=204)
    def password(request: Request, body: Password) -> Response:
        """Every session of the caller ends; log in again. Not by an API token."""
        caller = Caller(
            request.client.host if request.client else "", request.headers.get("user-agent", "")
        )
        key = accounts.change_my_password(workspace, body.old, body.new, caller)
        accounts.door_of(workspace).sessions.end(key)
        return Response(status_code=204)

    @router.get("/sessions", tags=["Access"], summary="Where the caller is logged in")
    def sessions() -> Response:
        """The caller's open sessions, the one used last first."""
        return json_response([accounts.session_json(s) for s in accounts.my_sessions(workspace)])

    @router.delete("/sessions/{id}", tags=["Access"], summary="End a session", status_code=204)
    def end_session(id: Annotated[str, Path(max_length=64)]) -> Response:
        """One of the caller's; whoever uses it must log in again."""
        accounts.end_my_session(workspace, id)
        return Response(status_code=204)


def _tokens(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/tokens", tags=["Access"], summary="API tokens")
    def tokens(
        all: Annotated[bool, Query(description="Of everybody; administrators only")] = False,
    ) -> Response:
        """The caller's tokens, newest first, also those that are over. Never the token itself."""
        found = accounts.tokens(workspace, everybody=all)
        return json_response([accounts.token_json(token) for token in found])

    @router.post("/tokens", tags=["Access"], summary="Make an API token", status_code=201)
    def create(body: NewToken) -> Response:
        """The answer holds the token in `token`, this one time. A token makes no tokens."""
        secret, token = accounts.create_token(
            workspace,
            body.name,
            body.level,
            scope=body.scope,
            expires=body.expires,
            owner="" if body.workspace else None,
        )
        return json_response(accounts.token_json(token) | {"token": secret}, 201)

    @router.delete("/tokens/{number}", tags=["Access"], summary="Revoke an API token")
    def revoke(
        number: _Number,
        all: Annotated[bool, Query(description="Also another's; administrators only")] = False,
    ) -> Response:
        """At once and for good."""
        return json_response(
            accounts.token_json(accounts.revoke_token(workspace, number, everybody=all))
        )


def _users(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/users", tags=["Access"], summary="Every account")
    def users() -> Response:
        """With role, level and scope; nothing of passwords."""
        return json_response([accounts.person_json(row) for row in accounts.people(workspace)])

    @router.post("/users", tags=["Access"], summary="Make an account", status_code=201)
    def add(body: NewUser) -> Response:
        """It waits for an invitation or for single sign-on."""
        made = accounts.add(workspace, body.name, body.role, display=body.display, email=body.email)
        return _user(made.name, 201)

    @router.get("/users/{name}", tags=["Access"], summary="One account")
    def user(name: _Name) -> Response:
        """404 when there is none of the name."""
        return _user(name)

    @router.patch("/users/{name}", tags=["Access"], summary="Change an account")
    def change(name: _Name, body: UserChange) -> Response:
        """Its role, whether it is disabled, what is said of it. The last administrator stays."""
        accounts.change(workspace, name, **body.model_dump())
        return _user(name)

    @router.delete("/users/{name}", tags=["Access"], summary="Remove an account", status_code=204)
    def remove(name: _Name) -> Response:
        """Its sessions and tokens end. The audit log keeps what it did."""
        accounts.remove(workspace, name)
        return Response(status_code=204)

    @router.post(
        "/users/{name}/invitation",
        tags=["Access"],
        summary="Make a link to set a password",
        status_code=201,
    )
    def invite(request: Request, name: _Name) -> Response:
        """The answer holds the link, this one time. It works once; an earlier one ends."""
        path, ends = accounts.invite(workspace, name)
        base = workspace.settings.login.public_url or str(request.base_url).rstrip("/")
        return json_response({"link": base + path, "expires_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}, 201)

    @router.get("/roles", tags=["Access"], summary="Every role")
    def roles() -> Response:
        """Built-in and own roles, who has them, and how much of last month's bill each shows.
        Own ones are changed as resources of the kind Role."""
        return json_response([accounts.role_json(row) for row in accounts.role_rows(workspace)])

    def _user(name: str, status: int = 200) -> Response:
        return json_response(accounts.person_json(accounts.person(workspace, name)), status)


_Author = Annotated[str, Query(description="By whom", max_length=200)]
_Kind = Annotated[
    str,
    Query(description="A kind of resource, or Event, or Statement", examples=["View"]),
]
_Action = Annotated[str, Query(description="create, update, log in, export…", examples=["export"])]
_Since = Annotated[Day | None, Query(description="From this day, UTC")]
_Until = Annotated[Day | None, Query(description="To this day, UTC, inclusive")]


def _audit(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/audit", tags=["Access"], summary="What was done")
    def listed(
        author: _Author = "",
        kind: _Kind = "",
        action: _Action = "",
        since: _Since = None,
        until: _Until = None,
        before: Annotated[str, Query(description="`more` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Response:
        """Changes of resources with their differences, logins, exports, deliveries, refusals;
        newest first. `more` is where the next page goes on, null at the end."""
        asked = audit.Asked(author, kind, action, since, until, before)
        page = audit.page(workspace, asked, limit)
        entries: list[Any] = [audit.entry_json(entry) for entry in page.entries]
        return json_response({"entries": entries, "more": page.more or None})

    @router.get("/audit.csv", tags=["Access"], summary="What was done, as CSV")
    def as_csv(
        author: _Author = "",
        kind: _Kind = "",
        action: _Action = "",
        since: _Since = None,
        until: _Until = None,
    ) -> Response:
        """All of it that is asked for, newest first."""
        entries = audit.walk(workspace, audit.Asked(author, kind, action, since, until))
        return StreamingResponse(
            audit.csv_text(entries),
            media_type=CSV,
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )
