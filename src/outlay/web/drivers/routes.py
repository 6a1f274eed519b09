"""What drove a change between two periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.app.drivers import answered
from outlay.expression.dimensions import split_names
from outlay.expression.errors import near_names
from outlay.lake import LakeError
from outlay.query import MEASURES, CostQuery, DimensionInfo, QueryError
from outlay.query.codec import from_params
from outlay.query.drivers import BESIDE, EFFECTS, THEN, Asking, DriverReport, sentence
from outlay.query.drivers.tables import to_csv
from outlay.web import words
from outlay.web.drivers import view
from outlay.web.drivers.address import DRIVERS
from outlay.web.explore import filters
from outlay.web.explore.address import address
from outlay.web.explore.controls import ordered
from outlay.web.render import Site

RANGES = (
    "last-month",
    "month-to-date",
    "last-7-days",
    "last-30-days",
    "last-90-days",
    "last-6-months",
    "year-to-date",
    "last-year",
)
_KINDS = {
    "virtual": "Virtual tags",
    "focus": "FOCUS columns",
    "tag": "Tags",
    "label": "Kubernetes labels",
    "source": "Columns of the source",
}
_NO_SUCH = {"measures": "m", "measure": "m"}


@dataclass(frozen=True)
class Option:
    """One choice."""

    value: str
    title: str
    chosen: bool = False


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()

    @routes.get(DRIVERS, response_class=HTMLResponse)
    def what_drove_it(request: Request) -> Response:
        """The change of a question, taken apart."""
        return _page(site, request)

    @routes.get(f"{DRIVERS}.csv")
    def rows_as_csv(request: Request) -> Response:
        """Effects, groups or items as a file, with every digit."""
        params = dict(request.query_params)
        try:
            report = answered(site.workspace, _asking(site, params))
            text = to_csv(report, params.get("rows", ""))
        except QueryError as error:
            return Response(f"{error}\n", 400, media_type="text/plain")
        headers = {"Content-Disposition": 'attachment; filename="drivers.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    @routes.get(f"{DRIVERS}/ask")
    def ask(request: Request) -> Response:
        """Target of the pickers' forms: to the address of what they choose."""
        return RedirectResponse(_chosen(dict(request.query_params)), 303)

    return routes


def _asking(site: Site, params: Mapping[str, str]) -> Asking:
    """The question in an address; QueryError."""
    query = from_params(params)
    given = {name: params.get(name, "") for name in BESIDE}
    if not params.get("range") and not params.get("from") and not params.get("to"):
        query = query.but(range=_newest(site), compare=query.compare or "previous")
        if not query.currency and _currencies(site) > 1:
            query = query.but(currency=site.workspace.currency)
    return Asking(query, given["against"], given["before_as_of"], given["before_rules_as_of"])


def _newest(site: Site) -> str:
    """Last month, or the newest one that there are bills of."""
    periods = [item.billing_period for item in site.workspace.pin().slices if item.delivery.rows]
    today = site.workspace.today()
    last = today.replace(day=1) - timedelta(days=1)
    if not periods or max(periods).start >= last.replace(day=1):
        return "last-month"
    newest = max(periods)
    return f"{newest.start}..{newest.end}"


def _currencies(site: Site) -> int:
    slices = site.workspace.pin().slices
    return len({line.currency for item in slices for line in item.delivery.proof.lines})


def _page(site: Site, request: Request) -> Response:
    params = {key: value for key, value in request.query_params.items() if value}
    workspace = site.workspace
    if not workspace.holds_charges():
        return site.page(request, "explore/empty.html", active="drivers", title="What drove it")
    effect = params.get("effect", "")
    try:
        _check_effect(effect)
        asking = _asking(site, params)
        report = answered(workspace, asking)
    except (QueryError, LakeError) as error:
        return _misunderstood(site, request, params, error)
    return site.page(
        request,
        "drivers/drivers.html",
        active="drivers",
        title=view.title(asking.query),
        asking=asking,
        report=report,
        sentence=sentence(report),
        shown=view.shown(report, effect),
        effect=effect,
        effects=EFFECTS,
        words=words,
        url=view.url,
        explore=view.explore_url(report),
        csv=view.url(asking, f"{DRIVERS}.csv"),
        api=view.url(asking, "/api/v1/drivers"),
        number=view.number,
        **_controls(site, asking, report),
    )


def _check_effect(name: str) -> None:
    if name and name not in EFFECTS:
        raise QueryError(
            f"{name!r} is no effect",
            field="effect",
            text=name,
            near=near_names(name, EFFECTS),
            allowed=EFFECTS,
        )


def _controls(site: Site, asking: Asking, report: DriverReport) -> dict[str, Any]:
    query = asking.query
    workspace = site.workspace
    dimensions = workspace.dimensions(within=query.but(compare=None))
    span, previous = report.range, report.previous_range
    codes = {workspace.currency, "USD", "EUR", query.currency or ""} - {""}
    return {
        "state": view.url(asking, "").removeprefix("?"),
        "params": asking.to_params(),
        "where_text": query.where,
        "chips": [
            (words.condition(item), filters.joined([item]),
             view.url(_with(asking, where=filters.without(query.where, index))))
            for index, item in enumerate(filters.conditions(query.where))
        ],
        "clear": view.url(_with(asking, where="")) if query.where else None,
        "measures": [
            Option(name, one.title, name == asking.measure)
            for name, one in MEASURES.items()
            if one.kind == "money"
        ],
        "groups": _groups(query, dimensions),
        "ranges": [
            Option(view.url(_with(asking, against="", range=name)), words.range_(name),
                   name == query.range)
            for name in RANGES
        ],
        "range_title": words.range_(query.range),
        "range_from": span.start.isoformat() if span else "",
        "range_until": view.last_day(span) if span else "",
        "against_from": previous.start.isoformat() if previous else "",
        "against_until": view.last_day(previous) if previous else "",
        "comparisons": [
            Option(view.url(_with(asking, against="", compare=name)), title,
                   name == query.compare and not asking.against)
            for name, title in words.COMPARISONS.items()
        ],
        "currencies": [Option("", "As billed", not query.currency)]
        + [Option(code, code, code == query.currency) for code in sorted(codes)],
        "known": _moments(asking.before_as_of, "As known now", "As first known then"),
        "ruled": _moments(asking.before_rules_as_of, "By the rules of now", "By the rules of then"),
    }  # fmt: skip


def _with(asking: Asking, *, against: str | None = None, **changes: object) -> Asking:
    return Asking(
        asking.query.but(**changes),
        asking.against if against is None else against,
        asking.before_as_of,
        asking.before_rules_as_of,
    )


def _moments(chosen: str, now: str, then: str) -> list[Option]:
    found = [Option("", now, not chosen), Option(THEN, then, chosen == THEN)]
    if chosen not in ("", THEN):
        found.append(Option(chosen, f"Of {chosen}", True))
    return found


def _groups(
    query: CostQuery, dimensions: tuple[DimensionInfo, ...]
) -> list[tuple[str, list[Option]]]:
    """What one may group by, under headings."""
    chosen = ",".join(query.by)
    found: dict[str, list[Option]] = {}
    listed = set()
    for info in ordered(dimensions):
        title = words.dimension(info.name)
        found.setdefault(_KINDS[info.kind], []).append(
            Option(info.name, title, info.name == chosen)
        )
        listed.add(info.name)
    if chosen and chosen not in listed:
        title = " and ".join(words.dimension(name) for name in split_names(chosen))
        return [("Chosen", [Option(chosen, title, True)]), *found.items()]
    return list(found.items())


def _chosen(fields: Mapping[str, str]) -> str:
    """The address of a question with a form's choices."""
    params = dict(parse_qsl(fields.get("state", "")))
    for key in ("m", "by", "compare", "currency", "before_as_of", "before_rules_as_of"):
        if key in fields:
            params[key] = fields[key]
    if fields.get("from") and fields.get("until"):
        params.pop("range", None)
        params |= {"from": fields["from"], "to": _after(fields["until"])}
    if fields.get("against_from") and fields.get("against_until"):
        params["against"] = f"{fields['against_from']}..{_after(fields['against_until'])}"
    return address(DRIVERS, {key: value for key, value in params.items() if value})


def _after(day: str) -> str:
    """The day after; what is no day stays, to be refused by its own name."""
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except ValueError:
        return day


def _misunderstood(
    site: Site, request: Request, params: dict[str, str], error: QueryError | LakeError
) -> Response:
    """The page of a question that cannot be answered: why, what was typed, and the way on."""
    field = error.field if isinstance(error, QueryError) else "before_as_of"
    wrong = _NO_SUCH.get(field, field)
    kept = {key: value for key, value in params.items() if key != wrong}
    return site.page(
        request,
        "drivers/misunderstood.html",
        400,
        active="drivers",
        title="This question cannot be answered",
        error=error if isinstance(error, QueryError) else None,
        reason=error.what if isinstance(error, QueryError) else str(error),
        where_text=params.get("where", ""),
        params=params,
        without=address(DRIVERS, kept),
    )
