"""Questions over HTTP: query, charges, explain, values, dimensions, raw SQL."""

from __future__ import annotations

from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response

from outlay.api.answers import csv_response, json_response, parquet_response, row_data
from outlay.api.formats import Form, Wanted, response
from outlay.api.paging import Page, Paging
from outlay.api.params import QuestionParams, question
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.shapes import plain
from outlay.query import CostQuery, DimensionInfo, QueryError, Result, ValueInfo
from outlay.query.codec import from_json
from outlay.query.lines import ChargePage

_MOST_CHARGES = 1_000
_MOST_CHARGES_IN_FILE = 100_000
_QUESTION_EXAMPLE = {
    "measures": ["EffectiveCost"],
    "by": ["ServiceName"],
    "range": "last-month",
    "where": "tags.team IS NOT NULL",
    "compare": "previous",
    "limit": 10,
}
_ANSWER_EXAMPLE = {
    "query": {"measures": ["EffectiveCost"], "by": ["ServiceName"], "range": "last-month"},
    "columns": [
        {"name": "ServiceName", "role": "dimension", "type": "text", "title": "ServiceName"},
        {"name": "EffectiveCost", "role": "measure", "type": "money", "title": "Effective cost"},
    ],
    "rows": [{"ServiceName": "Amazon EC2", "EffectiveCost": "1741.635178104212"}],
    "total": {"EffectiveCost": "1741.635178104212"},
    "totals": [{"EffectiveCost": "1741.635178104212"}],
    "other": [],
    "currency": "USD",
    "unconverted": [],
    "snapshot": "4613732840582934531",
    "warnings": [],
}
_SQL_EXAMPLE = {
    "sql": "SELECT ServiceName, sum(BilledCost) AS billed FROM charges GROUP BY ALL ORDER BY 2 DESC"
}


def _example(value: Any) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"application/json": {"example": value}}}, **RESPONSES}


def routes(workspace: Workspace) -> APIRouter:
    """The routes of questions."""
    router = APIRouter(route_class=ProblemRoute, tags=["Questions"])

    @router.get("/query", responses=_example(_ANSWER_EXAMPLE), summary="Ask a question")
    def query(request: Request, _: QuestionParams, form: Wanted) -> Response:
        """Sums of measures by dimensions and time. The parameters are those of the pages. As a
        table: every row, also those beyond the limit."""
        return _answer(workspace, question(request, "format"), form)

    @router.post("/query", responses=_example(_ANSWER_EXAMPLE), summary="Ask a question as JSON")
    def query_as_json(
        asked: Annotated[dict[str, Any], Body(examples=[_QUESTION_EXAMPLE])],
        form: Wanted,
    ) -> Response:
        """As GET, with the question as a JSON object (`range` may also be `from` and `to`)."""
        return _answer(workspace, from_json(asked), form)

    @router.get("/query.csv", responses=RESPONSES, summary="Every row as CSV")
    def query_csv(request: Request, _: QuestionParams) -> Response:
        """Every row, also those beyond the limit, amounts unrounded."""
        return csv_response(_whole(workspace, question(request)).table, "outlay")

    @router.get("/query.parquet", responses=RESPONSES, summary="Every row as Parquet")
    def query_parquet(request: Request, _: QuestionParams) -> Response:
        """Every row, also those beyond the limit, amounts as decimals."""
        return parquet_response(_whole(workspace, question(request)).table, "outlay")

    @router.get("/explain", responses=RESPONSES, summary="From an amount down to file and line")
    def explain(
        request: Request,
        _: QuestionParams,
        lines: Annotated[int, Query(ge=0, le=100, description="Lines shown per file")] = 3,
    ) -> Response:
        """What the amounts of a question are made of: group, delivery, file, line."""
        asked = question(request, "lines")
        return json_response(workspace.explain(asked, lines=lines).to_json())

    _charges(router, workspace)
    _pickers(router, workspace)
    _sql(router, workspace)
    return router


def _answer(workspace: Workspace, asked: CostQuery, form: Form) -> Response:
    if form == "json":
        return json_response(workspace.query(asked).to_json())
    whole = _whole(workspace, asked)
    return response(form, whole.to_json, lambda: whole.table, "outlay")


def _whole(workspace: Workspace, query: CostQuery) -> Result:
    return workspace.query(query.but(limit=None))


def _charges(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/charges", responses=RESPONSES, summary="The charges under a question")
    def charges(
        request: Request,
        _: QuestionParams,
        form: Wanted,
        page: Paging,
        offset: Annotated[
            int, Query(ge=0, le=2**40, description="Charges to pass over", examples=[0])
        ] = 0,
    ) -> Response:
        """Largest amount first, each with the vendor's file and record number it is from; 100 a
        page unless `rows` says, at most 1000. The next page is of the same snapshot, whatever is
        loaded meanwhile. As a table: every column of at most 100,000 charges."""
        asked = question(request, "rows", "offset", "page", "cursor", "format")
        if form != "json":
            return response(form, dict, lambda: _charge_table(workspace, asked), "charges")
        rows = min(page.request.query_params.get("rows") and page.rows or 100, _MOST_CHARGES)
        asked, start = _continued(page, asked, offset)
        found = workspace.charges(asked, limit=rows, offset=start)
        last = start + len(found.charges)
        if last >= found.lines or not found.charges:
            return json_response(_charge_page(found) | {"next": None})
        key = (found.snapshot or "", last)
        return json_response(_charge_page(found) | {"next": page.next(key)}, headers=page.link(key))

    @router.get("/charges.csv", responses=RESPONSES, summary="The charges as CSV")
    def charges_csv(request: Request, _: QuestionParams) -> Response:
        """Every column of at most 100,000 charges, largest amount first."""
        return csv_response(_charge_table(workspace, question(request, "page")), "charges")

    @router.get("/charges.parquet", responses=RESPONSES, summary="The charges as Parquet")
    def charges_parquet(request: Request, _: QuestionParams) -> Response:
        """Every column of at most 100,000 charges, largest amount first."""
        return parquet_response(_charge_table(workspace, question(request, "page")), "charges")


def _continued(page: Page, asked: CostQuery, offset: int) -> tuple[CostQuery, int]:
    """The question of the page's cursor: its snapshot, and where it goes on."""
    after = page.after(2)
    if after is None:
        return asked, offset
    snapshot, start = after
    if not isinstance(snapshot, str) or not isinstance(start, int) or not 0 <= start < 2**40:
        raise QueryError("the cursor is none of this list", field="cursor", text=page.cursor)
    return asked.but(as_of=snapshot or None), start


def _charge_page(page: ChargePage) -> dict[str, Any]:
    found = page.to_json()
    for line, charge in zip(found["charges"], page.charges, strict=True):
        line["charge"] = row_data(charge.values)
    return found


def _charge_table(workspace: Workspace, query: CostQuery) -> pa.Table:
    """Charges as a table; refused when there are more than a file should hold."""
    page = workspace.charges(query, limit=_MOST_CHARGES_IN_FILE)
    if page.lines > _MOST_CHARGES_IN_FILE:
        raise QueryError(
            f"{page.lines:,} charges match; a file holds at most {_MOST_CHARGES_IN_FILE:,}",
            field="where",
            hint="Narrow the range or the filter, or use `outlay export focus`.",
        )
    names = dict.fromkeys(name for charge in page.charges for name in charge.values)
    rows = [{name: charge.values.get(name) for name in names} for charge in page.charges]
    for row in rows:
        for name in ("Tags", "AllocatedTags"):
            pairs = row.get(name)
            if isinstance(pairs, dict):
                row[name] = list(pairs.items())
    kinds = {name: pa.map_(pa.string(), pa.string()) for name in ("Tags", "AllocatedTags")}
    columns = {name: pa.array([row[name] for row in rows], type=kinds.get(name)) for name in names}
    return pa.table(columns)


def _pickers(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/dimensions", responses=RESPONSES, summary="What a question can be about")
    def dimensions(request: Request, _: QuestionParams) -> Response:
        """Every column, tag key and `x_` column that charges have, with its share in money."""
        found = workspace.dimensions(within=question(request))
        return json_response([dimension_data(info) for info in found])

    @router.get("/values", responses=RESPONSES, summary="The values of a dimension")
    def values(
        request: Request,
        _: QuestionParams,
        dimension: Annotated[str, Query(examples=["ServiceName", "tags.team"])],
        search: Annotated[str, Query(description="Only values that contain this text")] = "",
        rows: Annotated[int, Query(ge=1, le=10_000)] = 50,
    ) -> Response:
        """With the money and the number of charges behind each, largest first."""
        within = question(request, "dimension", "search", "rows")
        found = workspace.values(dimension, search=search, limit=rows, within=within)
        return json_response([value_data(info) for info in found])


def dimension_data(info: DimensionInfo) -> dict[str, Any]:
    """A dimension as JSON data."""
    return {
        "name": info.name,
        "kind": info.kind,
        "title": info.title,
        "covered": plain(info.covered),
        "total": plain(info.total),
    }


def value_data(info: ValueInfo) -> dict[str, Any]:
    """A value as JSON data; null stands for charges that have none."""
    return {"value": plain(info.value), "amounts": plain(info.amounts), "lines": info.lines}


def _sql(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/sql", responses=RESPONSES, summary="One SELECT over the ledger, read-only")
    def sql(
        asked: Annotated[dict[str, Any], Body(examples=[_SQL_EXAMPLE])],
    ) -> Response:
        """Over the views `charges`, `daily`, `contexts` and `usage`, and the FOCUS datasets.

        `as_of` (a day, a UTC time or a snapshot) and `limit` (rows, at most 100,000) may stand
        beside `sql`.
        """
        text, as_of, limit = _sql_request(asked)
        found = workspace.sql(text, as_of=as_of, limit=limit)
        return json_response(
            found.to_json() | {"rows": [row_data(row) for row in found.table.to_pylist()]}
        )


def _sql_request(asked: dict[str, Any]) -> tuple[str, Any, int]:
    unknown = sorted(set(asked) - {"sql", "as_of", "limit"})
    if unknown:
        raise QueryError(
            f"{unknown[0]!r} is not understood here",
            field=unknown[0],
            allowed=("sql", "as_of", "limit"),
        )
    text, limit = asked.get("sql"), asked.get("limit", 10_000)
    if not isinstance(text, str) or not text.strip():
        raise QueryError("the SELECT is missing", field="sql", hint='Send {"sql": "SELECT …"}.')
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= 100_000:
        raise QueryError(
            f"{limit!r} is not a number of rows", field="limit", allowed=("1 to 100000",)
        )
    as_of = asked.get("as_of")
    moment = CostQuery(as_of=str(as_of)).as_of_moment() if as_of is not None else None
    return text, moment, limit
