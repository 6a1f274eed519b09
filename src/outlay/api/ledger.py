"""What the ledger holds: sources, deliveries, snapshots, restatements, quarantine, runs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from outlay.api import tables
from outlay.api.answers import json_response, row_data, table_rows
from outlay.api.formats import Wanted, response
from outlay.api.paging import Paging, json_page
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, presentation
from outlay.app.rates import RatesInfo, days_asked, list_rates, show_rates, take_bank
from outlay.app.shapes import (
    check_json,
    day_rate_json,
    inference_json,
    kind_json,
    plain,
    rates_json,
    restatement_json,
    run_json,
    slice_json,
    snapshot_json,
    source_json,
)
from outlay.expression.dimensions import parse_dimension, split_names
from outlay.money import BillingPeriod
from outlay.query import CostQuery, QueryError

AsOf = Annotated[
    str, Query(description="A day, a UTC time or a snapshot id", examples=["2026-11-01"])
]


def rates_in_use(workspace: Workspace, content: bytes) -> RatesInfo:
    """The bank's rates after its file was taken."""
    return take_bank(workspace, content, "the body")


OfSource = Annotated[str, Query(description="Only this source", examples=["aws"])]


class InferBody(BaseModel):
    """What to look at."""

    location: str = Field(min_length=1, examples=["bills/invoice-2026-10.csv"])
    kind: str | None = Field(None, description="This kind alone; csv proposes a mapping")
    mapping: dict[str, Any] | None = Field(None, description="Try this mapping of a table")


def moment(text: str, field: str = "as_of") -> Any:
    """A day (its end), UTC time or snapshot id as the app takes it; None for ''."""
    try:
        return CostQuery(as_of=text or None).as_of_moment()
    except QueryError as error:
        raise QueryError(
            error.what, field=field, text=text, allowed=error.allowed, hint=error.hint
        ) from None


def routes(workspace: Workspace) -> APIRouter:
    """The routes of the ledger."""
    router = APIRouter(route_class=ProblemRoute, tags=["Ledger"], responses=RESPONSES)

    @router.get("/sources", summary="Every source with freshness and last run")
    def sources() -> Response:
        """With slices, rows, rejected rows, and whether every slice reconciles."""
        return json_response([source_json(status) for status in workspace.sources()])

    @router.get("/sources/{name}", summary="One source")
    def source(name: str) -> Response:
        """As in the list, with its recent runs."""
        status = source_json(workspace.show_source(name))
        runs = [run_json(run) for run in workspace.runs(name, 20)]
        return json_response(status | {"runs": runs})

    @router.post("/sources/infer", summary="What lies at a place, or how a table could be read")
    def infer(body: InferBody) -> Response:
        """Known bills as `feeds`; for another vendor's table a proposed `mapping` with evidence
        and doubts, tried by a load into a ledger that is thrown away. With `mapping`, that one
        is tried. Nothing is kept."""
        found = workspace.infer(body.location, body.kind, body.mapping)
        return json_response(inference_json(found))

    @router.get("/kinds", summary="The kinds of bills that can be read")
    def kinds() -> Response:
        """With their options and an example."""
        return json_response([kind_json(kind) for kind in workspace.source_kinds()])

    @router.get("/deliveries", summary="The slices with their proof")
    def deliveries(page: Paging, form: Wanted, source: OfSource = "", as_of: AsOf = "") -> Response:
        """Rows, stated and loaded totals per cost column and currency, files. As a table: one row
        a slice, cost column and currency."""
        found = workspace.deliveries(source or None, moment(as_of))
        items, headers = page.of(found, lambda one: (one.source, str(one.billing_period)))
        return response(
            form,
            lambda: [slice_json(item) for item in items],
            lambda: tables.deliveries(items),
            "deliveries",
            headers,
        )

    @router.get("/deliveries/{source}/{period}", summary="One slice with proof and checks")
    def delivery(source: str, period: str) -> Response:
        """The FOCUS checks that its rows break, and its history, stand beside the proof."""
        month = BillingPeriod.parse(period)
        item = presentation.slice_of(workspace, source, month)
        checks = [
            check_json(line) for line in workspace.checks(source) if line.billing_period == month
        ]
        history = presentation.slice_history(workspace, source, month)
        return json_response(
            slice_json(item)
            | {"checks": checks, "history": [slice_json(version.slice) for version in history]}
        )

    @router.get("/deliveries/{source}/{period}/records/{file}/{line}", summary="One record")
    def record(source: str, period: str, file: int, line: int) -> Response:
        """The vendor's own record (`record`) and the charges made from it (`charges`)."""
        month = BillingPeriod.parse(period)
        charges = presentation.charges_of_record(workspace, source, month, file, line)
        raw = workspace.raw_record(source, month, file, line)
        return json_response(
            {
                "record": plain(raw),
                "charges": [
                    charge.to_json() | {"charge": row_data(charge.values)} for charge in charges
                ],
            }
        )

    @router.get("/rates", summary="What amounts can be converted by")
    def rates() -> Response:
        """The bank's rates and fixed tables, with the days that they cover."""
        return json_response([rates_json(info) for info in list_rates(workspace)])

    @router.get("/rates/{source}/{target}", summary="The rate of each day")
    def rate(
        source: str,
        target: str,
        from_: Annotated[str, Query(alias="from", description="First day; default today")] = "",
        to: Annotated[str, Query(description="The day after the last")] = "",
        rates: Annotated[str, Query(description="ecb or a table; default: the setting")] = "",
    ) -> Response:
        """By which charges of that day are converted; null where there is none."""
        start, end = days_asked(workspace, from_, to)
        found = show_rates(workspace, source.upper(), target.upper(), start, end, rates or None)
        return json_response([day_rate_json(day, rate) for day, rate in found])

    @router.put(
        "/rates/ecb",
        summary="Take a newer file of the European Central Bank",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    async def put_bank(request: Request) -> Response:
        """The body is the bank's `eurofxref-hist.zip`; an older one than is in use is refused."""
        content = await request.body()
        taken = await run_in_threadpool(rates_in_use, workspace, content)
        return json_response(rates_json(taken))

    @router.get("/snapshots", summary="Every commit of the ledger, oldest first")
    def snapshots(page: Paging) -> Response:
        """With what it added and removed; the id is a value of `as_of`."""
        found = workspace.snapshots()
        order = {one.snapshot_id: place for place, one in enumerate(found)}
        return json_page(
            page.of(found, lambda one: (str(one.committed_at), order[one.snapshot_id])),
            snapshot_json,
        )

    @router.get("/restatements", summary="What changed between two moments")
    def restatements(
        from_: Annotated[str, Query(alias="from", examples=["2026-11-01"])],
        to: Annotated[str, Query(description="Default: now")] = "",
        by: Annotated[str, Query(description="Dimensions", examples=["ServiceName"])] = "",
    ) -> Response:
        """Per slice, and per combination of the dimensions that changed."""
        names = [str(parse_dimension(name)) for name in split_names(by)]
        report = workspace.restatements(moment(from_, "from"), moment(to, "to"), names)
        return json_response(restatement_json(report))

    @router.get("/quarantine/{delivery}", summary="The rejected rows of a delivery")
    def quarantine(
        page: Paging,
        form: Wanted,
        delivery: Annotated[
            str,
            Path(description="A delivery's id", examples=["01M8HW7J1QB58Q1XQ9ET8QPH5X"]),
        ],
    ) -> Response:
        """File, record number, reason and the vendor's record."""
        found = workspace.quarantine(delivery)
        items, headers = page.of(range(found.num_rows), lambda number: (number,))
        shown = found.take(items) if items else found.slice(0, 0)
        return response(form, lambda: table_rows(shown), lambda: shown, "quarantine", headers)

    @router.get("/checks", summary="The FOCUS checks that rows break")
    def checks(page: Paging, source: OfSource = "") -> Response:
        """A check never changes money: a count, a sample and the rule's name. Errors first."""
        found = workspace.checks(source or None)
        ranks = {severity: rank for rank, severity in enumerate(("error", "warning", "note"))}
        return json_page(
            page.of(
                found,
                lambda x: (ranks[x.severity], x.source, str(x.billing_period), x.rule),
            ),
            check_json,
        )

    @router.get("/runs", summary="The run log, newest first")
    def runs(page: Paging, source: OfSource = "") -> Response:
        """Loads and syncs with their outcome."""
        before = page.after(1)
        last = int(before[0]) if before and isinstance(before[0], int) else None
        found = workspace.runs(source or None, page.rows + 1, last)
        headers = page.link((found[page.rows - 1].id,)) if len(found) > page.rows else {}
        return json_response([run_json(run) for run in found[: page.rows]], headers=headers)

    return router
