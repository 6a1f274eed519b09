"""Forecasts of any question: what is to come, what was said before, planned changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.access import Level, current
from outlay.app.forecasting.accuracy import accuracy
from outlay.app.forecasting.forecasting import forecast
from outlay.app.forecasting.told import accuracy_csv, to_csv
from outlay.app.runs import utc_now
from outlay.lake import LakeError
from outlay.query import MEASURES, QueryError
from outlay.web import words
from outlay.web.drivers.address import drivers_url
from outlay.web.explore import filters
from outlay.web.explore.address import EXPLORE, address
from outlay.web.explore.controls import ordered
from outlay.web.forecast import changes, view
from outlay.web.forecast.address import AHEAD, BACK, FORECAST, Asked, last_day
from outlay.web.forecast.drawing import method_words
from outlay.web.render import Site

ACCURACY = f"{FORECAST}/accuracy"
_MANY_DAYS = 30


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()

    @routes.get(FORECAST, response_class=HTMLResponse)
    def what_is_to_come(request: Request) -> Response:
        """A question's groups and total, day by day and month by month."""
        return _page(site, request)

    @routes.get(f"{FORECAST}.csv")
    def rows_as_csv(request: Request) -> Response:
        """The parts as a file, with every digit: by month, or by day with ``grain=day``."""

        def text() -> str:
            asked = _asked(site, dict(request.query_params))
            days, until = asked.horizon(_first(site, asked))
            return to_csv(forecast(site.workspace, asked.query, days=days, until=until))

        return _file(text, "forecast")

    @routes.get(f"{FORECAST}/ask")
    def ask(request: Request) -> Response:
        """Target of the pickers' forms: to the address of what they choose."""
        return RedirectResponse(_chosen(dict(request.query_params)), 303)

    @routes.get(ACCURACY, response_class=HTMLResponse)
    def what_was_said(request: Request) -> Response:
        """The forecast of some days ago against what came since."""
        return _said(site, request)

    @routes.get(f"{ACCURACY}.csv")
    def said_as_csv(request: Request) -> Response:
        """What was said against what came, as a file."""

        def text() -> str:
            params = dict(request.query_params)
            back = _back(params)
            asked = _asked(site, params)
            return accuracy_csv(accuracy(site.workspace, asked.query, days=back))

        return _file(text, "forecast-accuracy")

    changes.add_routes(routes, site)
    return routes


def _file(text: Callable[[], str], name: str) -> Response:
    try:
        content = text()
    except (QueryError, LakeError) as error:
        return Response(f"{error}\n", 400, media_type="text/plain")
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _first(site: Site, asked: Asked) -> date:
    """The first day to forecast: whole months are counted from its own."""
    from outlay.app.forecasting.series import complete_until

    return complete_until(site.workspace, asked.query, site.workspace.today())


def _asked(site: Site, params: Mapping[str, str]) -> Asked:
    """The question of an address, in the workspace's currency where there are several and none is
    asked for; QueryError."""
    asked = Asked.read({key: value for key, value in params.items() if value})
    if "currency" in params or asked.query.currency or "currency" not in _defaults(site):
        return asked
    return Asked(
        asked.query.but(currency=site.workspace.currency), asked.ahead, asked.days, asked.until
    )


def _defaults(site: Site) -> set[str]:
    """What the page chooses by itself: one currency where the bill has several."""
    slices = site.workspace.pin().slices
    found = {line.currency for item in slices for line in item.delivery.proof.lines}
    return {"currency"} if len(found) > 1 else set()


def _page(site: Site, request: Request) -> Response:
    params = dict(request.query_params)
    workspace = site.workspace
    if not workspace.holds_charges():
        return site.page(request, "explore/empty.html", active="forecast", title="Forecast")
    now = utc_now()
    try:
        asked = _asked(site, params)
        days, until = asked.horizon(_first(site, asked))
        answer = forecast(workspace, asked.query, days=days, until=until, now=now)
        blocks = view.shown(workspace, asked, answer, now)
        controls = _controls(site, asked)
    except (QueryError, LakeError) as error:
        return _misunderstood(site, request, params, error)
    return site.page(
        request,
        "forecast/forecast.html",
        active="forecast",
        title=view.title(asked),
        asked=asked,
        answer=answer,
        blocks=blocks,
        last_day=last_day,
        method_words=method_words,
        explore=_explore(asked, answer.start, answer.days),
        drivers=drivers_url(
            asked.query.but(range="month-to-date"),
        ),
        may_edit=current().may(Level.EDITOR) and current().whole,
        whole=current().whole,
        **controls,
    )


def _explore(asked: Asked, start: date, days: int) -> str:
    """The same question on Explore, its last days with the forecast after them."""
    from outlay.query.codec import to_params

    query = asked.query.but(range="last-30-days")
    return address(EXPLORE, {**to_params(query), "forecast": str(min(days, 800))})


def _controls(site: Site, asked: Asked, path: str = FORECAST) -> dict[str, Any]:
    """What stands above the numbers."""
    from outlay.web.drivers.routes import Option, _groups

    query = asked.query
    dimensions = site.workspace.dimensions(within=query)
    codes = sorted({site.workspace.currency, "USD", "EUR", query.currency or ""} - {""})
    several = "currency" in _defaults(site)
    return {
        "words": words,
        "path_of": path,
        "state": asked.url("").removeprefix("?"),
        "params": asked.params(),
        "where_text": query.where,
        "chips": [
            (words.condition(item), filters.joined([item]),
             asked.url(path, where=filters.without(query.where, index)))
            for index, item in enumerate(filters.conditions(query.where))
        ],
        "clear": asked.url(path, where="") if query.where else None,
        "measures": [
            Option(name, one.title, name == query.measures[0]) for name, one in MEASURES.items()
        ],
        "groups": _groups(query, tuple(ordered(dimensions))),
        "currencies": [] if not several and not query.currency
        else [Option(code, code, code == query.currency) for code in codes],
        "ahead": [
            Option(asked.url(path, ahead=key), title,
                   key == asked.ahead and asked.days is None and asked.until is None)
            for key, title in AHEAD.items()
        ],
        "csv": asked.url(f"{FORECAST}.csv"),
        "csv_days": asked.url(f"{FORECAST}.csv", grain="day"),
        "api": _api(site, asked),
    }  # fmt: skip


def _api(site: Site, asked: Asked) -> str:
    from outlay.query.codec import to_params

    days, until = asked.horizon(_first(site, asked))
    more = {"days": str(days)} if days is not None else {"until": str(until)}
    return address("/api/v1/forecast", {**to_params(asked.query), **more})


def _chosen(fields: Mapping[str, str]) -> str:
    """The address of a question with a form's choices."""
    params = dict(parse_qsl(fields.get("state", "")))
    for key in ("m", "by", "currency"):
        if key in fields:
            params[key] = fields[key]
    if fields.get("until_day"):
        params.pop("days", None)
        params.pop("ahead", None)
        try:
            until = date.fromisoformat(fields["until_day"]) + timedelta(days=1)
            params["until"] = until.isoformat()
        except ValueError:
            params["until"] = fields["until_day"]
    path = ACCURACY if fields.get("page") == "accuracy" else FORECAST
    return address(path, {key: value for key, value in params.items() if value})


def _back(params: Mapping[str, str]) -> int:
    text = params.get("back", "") or str(_MANY_DAYS)
    if not text.isdecimal() or len(text) > 4:
        raise QueryError(
            f"{text!r} is no number of days", field="back", text=text, allowed=("1 to 180",)
        )
    return int(text)


def _said(site: Site, request: Request) -> Response:
    params = dict(request.query_params)
    workspace = site.workspace
    if not workspace.holds_charges():
        return site.page(request, "explore/empty.html", active="forecast", title="Forecast")
    now = utc_now()
    try:
        back = _back(params)
        asked = _asked(site, params)
        found = accuracy(workspace, asked.query, days=back, now=now)
        controls = _controls(site, asked, ACCURACY)
    except (QueryError, LakeError) as error:
        return _misunderstood(site, request, params, error)
    more = {"back": str(back)} if back != _MANY_DAYS else {}
    return site.page(
        request,
        "forecast/accuracy.html",
        active="forecast",
        title=f"{view.title(asked)}: what was said",
        asked=asked,
        found=found,
        blocks=view.said(found),
        backs=[
            (title, address(ACCURACY, {**asked.params(), **({"back": key} if key != "30" else {})}),
             int(key) == back)
            for key, title in BACK.items()
        ],
        said_csv=address(f"{ACCURACY}.csv", {**asked.params(), **more}),
        last_day=last_day,
        **controls,
    )  # fmt: skip


def _misunderstood(
    site: Site, request: Request, params: dict[str, str], error: QueryError | LakeError
) -> Response:
    """The page of a question that cannot be forecast: why, and the way on."""
    told = error if isinstance(error, QueryError) else None
    field = told.field if told else "as_of"
    wrong = {"measures": "m", "measure": "m"}.get(field, field)
    kept = {k: v for k, v in params.items() if k != wrong and v}
    return site.page(
        request,
        "forecast/misunderstood.html",
        400,
        active="forecast",
        title="This cannot be forecast",
        error=told,
        reason=told.what if told else str(error),
        params={k: v for k, v in params.items() if k != "where" and v},
        where_text=params.get("where", ""),
        without=address(FORECAST, kept),
    )
