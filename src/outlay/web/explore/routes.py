"""Addresses of the explorer: the page, its rows as files, the filter builder, the form's target."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from outlay.access import Level, current
from outlay.app.annotations.marks import listed as annotations_of
from outlay.app.annotations.marks import marked
from outlay.money import money_text
from outlay.query import CostQuery, QueryError, Result
from outlay.query.codec import to_params
from outlay.web import words
from outlay.web.dashboards.picture import mark
from outlay.web.explore import ahead, filters
from outlay.web.explore.address import EXPLORE, START, Ask, address, changed
from outlay.web.explore.answers import Answers, Asker, Ranks, answers
from outlay.web.explore.chart import chart
from outlay.web.explore.controls import chips, controls, ordered, parts
from outlay.web.explore.rows import merged, spoken, table
from outlay.web.render import Site
from outlay.web.usage.beside import Provisional

START_QUESTION = CostQuery(by=("ServiceName",), range="last-30-days", compare="previous")
START_OF_OLD_DATA = CostQuery(by=("ServiceName",))
_RECENT_DAYS = 31
_MOST_VALUES = 200


def router(site: Site) -> APIRouter:
    """The explorer's routes."""
    routes = APIRouter()
    explorer = Explorer(site)

    @routes.get(START)
    def start() -> Response:
        """To a question that suits the data."""
        return RedirectResponse(explorer.start().url(), 303)

    @routes.get(EXPLORE, response_class=HTMLResponse)
    def explore(request: Request) -> Response:
        """One question with its chart and table."""
        return explorer.page(request)

    @routes.get(f"{EXPLORE}.csv")
    def rows_as_csv(request: Request) -> Response:
        """Every row of the table (or of the chart, ``rows=periods``), unrounded."""
        return explorer.csv(request)

    @routes.get(f"{EXPLORE}/ask")
    def ask(request: Request) -> Response:
        """Target of the pickers' form: to the address of the question they make."""
        return explorer.ask(request)

    @routes.get(f"{EXPLORE}/filter", response_class=HTMLResponse)
    def filter_builder(request: Request) -> Response:
        """Pick a dimension, an operator and values by their money."""
        return explorer.filter_builder(request)

    @routes.get(f"{EXPLORE}/filter/add")
    def add_filter(request: Request) -> Response:
        """Target of the filter builder: to the question with that filter."""
        return explorer.add_filter(request)

    return routes


class Explorer:
    """What the explorer's addresses do."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.workspace = site.workspace
        self.asker = Asker(site.workspace)
        self.ranks = Ranks(site.workspace)
        self.provisional = Provisional(site.workspace)

    def start(self) -> Ask:
        """The start question: the last 30 days, or everything where the data is older."""
        slices = [item for item in self.workspace.pin().slices if item.delivery.rows]
        newest = max((item.billing_period.end for item in slices), default=None)
        recent = newest is not None and newest >= datetime.now(UTC).date()
        currencies = {line.currency for item in slices for line in item.delivery.proof.lines}
        start = START_QUESTION if recent else START_OF_OLD_DATA
        if len(currencies) > 1:
            # One picture of everything needs one currency; the page says rate and date.
            start = start.but(currency=self.workspace.currency)
        return Ask(start)

    def page(self, request: Request) -> Response:
        """The question in the address; one that cannot be read is shown with its error."""
        params = dict(request.query_params)
        try:
            asked = Ask.read(params)
        except QueryError as error:
            return self.misunderstood(request, params, error)
        return self.show(request, asked)

    def show(self, request: Request, asked: Ask, status: int = 200) -> Response:
        """The page of one question."""
        workspace = self.workspace
        if not workspace.holds_charges():
            return self.site.page(request, "explore/empty.html", active="explore", title="Explore")
        now = _now()
        try:
            got = answers(self.asker, asked, now)
            frame = self.frame(asked, got.table, got.changes, got.grain)
        except QueryError as error:
            return self.misunderstood(request, to_params(asked.query), error)
        fixed = {
            f.dimension for c in filters.conditions(asked.query.where) if (f := filters.fixed(c))
        }
        present = {info.name for info in frame["dimensions"]}

        drawn = chart(asked, got, self.ranks.of(got.table), workspace.currency)
        marks = marked(
            annotations_of(workspace),
            asked.query,
            got.chart.range,
            lambda query: self.asker(query, now),
        )
        if drawn is not None:
            mark(drawn, marks)
        coming = ahead.ahead(workspace, self.asker, asked, got, drawn, now)
        return self.site.page(
            request,
            "explore/explore.html",
            status,
            **frame,
            got=got,
            table=table(asked, got, fixed, present, drawn.colours if drawn else {}),
            chart=drawn,
            ahead=coming,
            marks=marks,
            saved=workspace.views(),
            may_edit=current().may(Level.EDITOR),
            parts=parts(asked, got.parts),
            provisional=self.provisional(asked.query, now),
            spoken=spoken,
        )

    def frame(
        self, asked: Ask, result: Result, compared: Result | None, grain: str
    ) -> dict[str, Any]:
        """What the page shows around its numbers."""
        workspace, whole = self.workspace, current().whole
        dimensions = workspace.dimensions(within=asked.query)
        shown = controls(
            asked,
            result,
            compared,
            grain,
            dimensions,
            # Which delivery came when is of the whole ledger: its sources have names.
            workspace.snapshots() if whole else (),
            workspace.deliveries() if whole else (),
            workspace.currency,
        )
        return {
            "active": "explore",
            "title": shown.title,
            "ask": asked,
            "c": shown,
            "dimensions": dimensions,
            "params": asked.params,
            "words": words,
            "error": None,
            "where_text": asked.query.where,
        }

    def misunderstood(
        self, request: Request, params: dict[str, str], error: QueryError
    ) -> Response:
        """The page of a question that cannot be answered: why, and what was typed."""
        return self.site.page(
            request,
            "explore/misunderstood.html",
            400,
            active="explore",
            title="This question cannot be answered",
            error=error,
            where_text=params.get("where", ""),
            params={key: value for key, value in params.items() if key != "where"},
            without=_without(params, error),
        )

    def csv(self, request: Request) -> Response:
        """The rows of the page as a file, with every digit."""
        params = dict(request.query_params)
        try:
            asked = Ask.read(params)
            if params.get("rows") == "periods":
                query = changed(asked.query, limit=None, sort="", compare=None)
                rows = _csv(self.workspace.query(query, now=_now()))
            else:
                got = answers(self.asker, asked, _now())
                coming = ahead.ahead(self.workspace, self.asker, asked, got, None, _now())
                rows = _csv_of_page(asked.query, got, coming)
        except QueryError as error:
            return Response(f"{error}\n", 400, media_type="text/plain")
        name = "-".join(["outlay", *(word.lower().replace(".", "-") for word in asked.query.by)])
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)

    def ask(self, request: Request) -> Response:
        """Put the pickers' choices into the question and go to its address."""
        fields = request.query_params
        before = _state(fields.get("state", ""))
        changes: dict[str, object] = {}
        if "by" in fields:
            changes["by"] = tuple(name for name in fields.getlist("by") if name)
        if "m" in fields:
            changes["measures"] = (fields["m"],)
        for key in ("compare", "currency", "rates", "as_of", "sort", "grain"):
            if key in fields:
                changes[key] = fields[key] or None if key != "grain" else fields[key]
        if fields.get("from") or fields.get("until"):
            changes["range"] = _days(fields.get("from", ""), fields.get("until", ""))
        query = changed(before.query, **changes)
        return RedirectResponse(
            Ask(query, forecast=fields.get("forecast", before.forecast)).url(), 303
        )

    def filter_builder(self, request: Request) -> Response:
        """The panel that builds one condition."""
        fields = request.query_params
        ask = _state(fields.get("state", ""))
        query = ask.query
        dimension = fields.get("dimension", "")
        search = fields.get("q", "")
        values = (
            self.workspace.values(dimension, within=query, search=search, limit=_MOST_VALUES)
            if dimension
            else []
        )
        return self.site.page(
            request,
            "explore/filter.html",
            active="explore",
            title="Filter",
            ask=ask,
            dimension=dimension,
            search=search,
            operator=fields.get("operator", "is"),
            operators=filters.OPERATORS,
            values=values,
            most=_MOST_VALUES,
            words=words,
            chips=chips(ask),
            dimensions=ordered(self.workspace.dimensions(within=query)) if not dimension else [],
            state=fields.get("state", ""),
            error=fields.get("error", ""),
        )

    def add_filter(self, request: Request) -> Response:
        """Add the built condition to the question and go to its address."""
        fields = request.query_params
        ask = _state(fields.get("state", ""))
        try:
            condition = filters.build(
                fields.get("dimension", ""),
                fields.get("operator", "is"),
                [value for value in fields.getlist("value") if value],
                "missing" in fields,
            )
        except QueryError as error:
            back = {key: fields[key] for key in ("state", "dimension", "operator") if key in fields}
            return RedirectResponse(
                address(f"{EXPLORE}/filter", {**back, "error": error.what}), 303
            )
        items = [*filters.conditions(ask.query.where), *filters.conditions(condition)]
        return RedirectResponse(ask.url(where=filters.joined(items)), 303)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _state(text: str) -> Ask:
    """What the address of the page says, which a form carries along as one hidden field."""
    return Ask.read(dict(parse_qsl(text)))


def _days(start: str, until: str) -> str:
    """A range from two day fields, the last day included."""
    end = ""
    if until:
        try:
            end = (date.fromisoformat(until) + timedelta(days=1)).isoformat()
        except ValueError:
            end = until
    return f"{start}..{end}"


def _without(params: dict[str, str], error: QueryError) -> str:
    """The address of the same question without its part that is not understood."""
    keys = {"measures": "m", "measure": "m"}
    wrong = keys.get(error.field, error.field)
    return address(EXPLORE, {key: value for key, value in params.items() if key != wrong})


def _csv(result: Result) -> Iterator[str]:
    """Comma-separated rows of a result, amounts in full."""
    names = [column.name for column in result.columns]
    yield _csv_line(names)
    for batch in result.table.select(names).to_batches(max_chunksize=5000):
        yield from (_csv_line([row[name] for name in names]) for row in batch.to_pylist())


def _csv_of_page(
    query: CostQuery, got: Answers, coming: ahead.Ahead | None = None
) -> Iterator[str]:
    """The rows of the page's table: with the comparison of the complete days, as it is shown, and
    the outlook of the month where it is forecast."""
    names = [column.name for column in got.table.columns]
    compared = [
        column.name
        for column in (got.changes.columns if got.changes else ())
        if column.role in ("previous", "change", "change_ratio")
    ]
    names = [name for name in names if name not in compared]
    outlooks = coming.outlooks() if coming and coming.answer and query.by else {}
    period = coming.answer.periods[0] if coming and coming.answer else ""
    more = [f"{query.measures[0]}_outlook_{period}"] if outlooks else []
    yield _csv_line([*names, *compared, *more])
    for row, change in merged(query, got):
        key = tuple(row.get(name) for name in query.by)
        currency = row.get("BillingCurrency") or got.table.currency
        outlook = [outlooks.get((key, None if currency is None else str(currency)))]
        yield _csv_line(
            [
                *(row.get(name) for name in names),
                *((change or {}).get(name) for name in compared),
                *(outlook if more else ()),
            ]
        )


def _csv_line(values: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([_csv_text(value) for value in values])
    return buffer.getvalue()


def _csv_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return money_text(value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
