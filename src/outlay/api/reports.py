"""`/reports`, `/channels`, `/deliveries/log`: what is sent, by which ways, and what became of it.

Reports and channels are resources: `PUT /resources/report/{name}` makes and changes them.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.reports import shapes, use
from outlay.query import QueryError

_SEND = {"channels": ["finance-mail"]}
_TEST = {"channel": "finance-mail", "address": "ana@example.com"}
_States = Annotated[
    str, Query(description="Only these, by commas: waiting, sending, sent, failed, skipped")
]
_Limit = Annotated[int, Query(ge=1, le=500, description="The most deliveries, newest first")]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of reports, channels and deliveries."""
    router = APIRouter(route_class=ProblemRoute, tags=["Reports"], responses=RESPONSES)
    _reports(router, workspace)
    _sending(router, workspace)
    _deliveries(router, workspace)
    _channels(router, workspace)
    return router


def _reports(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/reports", summary="Every report with its state")
    def reports() -> Response:
        """Those that fail first, then by what is due next."""
        return json_response([shapes.report_json(line) for line in use.reports(workspace)])

    @router.get("/reports/{name}", summary="One report with its state")
    def report(name: str) -> Response:
        """Its spec, when it is due next, and its newest deliveries."""
        return json_response(shapes.report_json(use.report(workspace, name)))

    @router.get("/reports/{name}/preview", summary="A report as it would be sent now")
    def preview(
        name: str,
        form: Annotated[
            str, Query(alias="format", description="html, text, pdf, xlsx, csv or parquet")
        ] = "html",
        file: Annotated[
            int, Query(ge=1, description="Which file, where a form has one for each table")
        ] = 1,
    ) -> Response:
        """Narrowed to the part of the ledger that the reader sees."""
        files = use.preview(workspace, name, form)
        if file > len(files):
            raise QueryError(
                f"there is no file {file} of this form",
                field="file",
                text=str(file),
                allowed=[f"1 to {len(files)}"] if files else ["none: it has no table"],
            )
        found = files[file - 1]
        headers = {
            "Content-Disposition": f'attachment; filename="{found.name}"',
            "X-Outlay-Files": str(len(files)),
        }
        return Response(found.content, media_type=found.media, headers=headers)


def _sending(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/reports/run", summary="Send everything that is due")
    def run() -> Response:
        """As the served workspace does by itself; gives what became of each delivery."""
        return json_response([shapes.delivery_json(one) for one in use.deliver(workspace)])

    @router.post("/reports/{name}/send", summary="Send a report now")
    def send(
        name: str, body: Annotated[dict[str, Any] | None, Body(examples=[_SEND])] = None
    ) -> Response:
        """By all its channels, or some; gives what became of each delivery."""
        given = _fields(body or {}, tuple(_SEND))
        chosen = given.get("channels") or []
        if not isinstance(chosen, list) or not all(isinstance(one, str) for one in chosen):
            raise QueryError("channels is a list of names", field="channels")
        ids = use.put_now(workspace, name, chosen)
        return _sent(workspace, ids)

    @router.post("/reports/{name}/test", summary="Send a report as a test")
    def test(name: str, body: Annotated[dict[str, Any], Body(examples=[_TEST])]) -> Response:
        """By one channel; a mail goes to one address. Shows what the person who asks may see."""
        given = _fields(body, tuple(_TEST))
        if not given.get("channel"):
            raise QueryError("say by which channel", field="channel")
        channel, address = str(given["channel"]), str(given.get("address") or "")
        return _sent(workspace, use.put_test(workspace, name, channel, address))


def _deliveries(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/deliveries/log", summary="The log of deliveries")
    def log(
        report: str | None = None,
        channel: str | None = None,
        states: _States = "",
        limit: _Limit = 50,
    ) -> Response:
        """Reports and notices, newest first, each with its attempts."""
        wanted = tuple(filter(None, states.split(",")))
        found = use.deliveries(workspace, report, channel, wanted, limit)
        return json_response([shapes.delivery_json(one) for one in found])

    @router.get("/deliveries/log/{delivery}", summary="One delivery")
    def one(delivery: int) -> Response:
        """With its attempts."""
        return json_response(shapes.delivery_json(use.delivery(workspace, delivery)))

    @router.post("/deliveries/log/{delivery}/retry", summary="Try a delivery again")
    def retry(delivery: int) -> Response:
        """One that failed, waits or was skipped; gives what became of it."""
        return _sent(workspace, [use.retry(workspace, delivery).id])


def _channels(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/channels", summary="Every channel with its state")
    def channels() -> Response:
        """Secrets are references, as they are configured."""
        return json_response([shapes.channel_json(line) for line in use.channels(workspace)])

    @router.post("/channels/{name}/test", summary="Send a short message by a channel")
    def test(name: str) -> Response:
        """It says that the channel works; gives what became of it."""
        return _sent(workspace, use.test_channel(workspace, name))


def _sent(workspace: Workspace, ids: list[int]) -> Response:
    use.deliver(workspace, ids)
    found = [use.delivery(workspace, ident) for ident in ids]
    return json_response([shapes.delivery_json(one) for one in found])


def _fields(body: dict[str, Any], allowed: tuple[str, ...]) -> dict[str, Any]:
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        raise QueryError(f"{unknown[0]!r} is no field of it", field=unknown[0], allowed=allowed)
    return body
