"""Anomalies: what was not expected, why, and what was done about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import current
from outlay.app.anomalies import acting, listing, telling
from outlay.app.anomalies.detecting import detect
from outlay.app.anomalies.errors import AnomalyError
from outlay.app.anomalies.events import VERDICTS, Event
from outlay.app.anomalies.exact import daily
from outlay.app.anomalies.listing import Sought
from outlay.app.anomalies.monitors import kept
from outlay.app.anomalies.series import horizon
from outlay.app.anomalies.watching import watching
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.money.quotients import quotient
from outlay.query import equals
from outlay.query.measures import MEASURES
from outlay.query.ranges import between
from outlay.web.addresses import own_path
from outlay.web.anomalies import monitors, view
from outlay.web.anomalies.view import ANOMALIES, event_url
from outlay.web.render import Site
from outlay.web.views import form

_MOST = 200


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _list(routes, site)
    monitors.add(routes, site)
    _one(routes, site)
    _acting(routes, site)
    return routes


def sought_of(given: dict[str, str]) -> Sought:
    """The filters of an address; raises QueryError."""
    found: dict[str, Any] = {}
    for name in ("state", "direction", "owner", "monitor", "text", "sort"):
        if given.get(name):
            found[name] = given[name]
    if given.get("minimum"):
        found["minimum"] = listing.least(given["minimum"])
    if given.get("days"):
        text = given["days"]
        if not text.isdigit() or len(text) > 5:
            raise QueryError(f"{text!r} is no number of days", field="days", text=text)
        found["days"] = int(text)
    return Sought(**found)


def _list(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(ANOMALIES, response_class=HTMLResponse)
    def anomalies(request: Request) -> Response:
        """The events that want a look, the dearest first; the address holds the filters."""
        problem, sought = "", Sought()
        try:
            sought = sought_of(dict(request.query_params))
        except QueryError as error:
            problem = str(error)
        listed = listing.anomalies(workspace, sought)
        counts = dict(listed.counts)
        return site.page(
            request,
            "anomalies/list.html",
            400 if problem else 200,
            active="anomalies",
            title="Anomalies",
            problem=problem,
            sought=sought,
            rows=view.rows(listed.events[:_MOST]),
            left=len(listed.events) - _MOST,
            listed=listed,
            counts=counts,
            states=view.filters(sought, counts),
            narrowed=sought != Sought(state=sought.state, sort=sought.sort),
            back=view.list_url(sought),
            url=lambda **changes: view.list_url(sought, **changes),
            hidden=view.params(sought),
            watched=watching(workspace),
            monitors=[one.name for one in kept(workspace)] if current().whole else [],
            looked=request.query_params.get("looked", ""),
            kinds=view.KIND_WORDS,
            view=view,
            grouped=view.grouped,
        )

    @routes.post(f"{ANOMALIES}/detect")
    def look() -> Response:
        """Look now."""
        run = detect(workspace, force=True)
        return RedirectResponse(f"{ANOMALIES}?looked={run.events}", 303)


def _one(routes: APIRouter, site: Site) -> None:
    @routes.get(f"{ANOMALIES}/{{number}}", response_class=HTMLResponse)
    def anomaly(request: Request, number: int) -> Response:
        """One event: its chart, its days, what drove it, what was done."""
        return _page(site, request, number)


def _page(site: Site, request: Request, number: int, problem: str = "") -> Response:
    workspace = site.workspace
    event = listing.anomaly(workspace, number)
    drawn, failed = _drawn(site, event)
    return site.page(
        request,
        "anomalies/event.html",
        400 if problem else 200,
        active="anomalies",
        title=event.title,
        problem=problem,
        event=event,
        chart=drawn,
        failed=failed,
        steps=listing.steps(workspace, number)[::-1],
        related=view.rows(listing.related(workspace, event)),
        explore=view.explore_url(event),
        why=view.why_url(event),
        view=view,
        days_text=telling.days(event),
        quiet=_quiet_by(site, event),
        verdicts=VERDICTS,
        words=acting.WORDS,
        means=view.MEANS,
        grouped=view.grouped,
        member_days=view.member_days,
        moment_text=lambda start: view.moment_text(start, event.grain),
        limit_words=view.LIMIT_WORDS,
        measure=MEASURES[event.measure].title,
        ratio=quotient(event.impact, event.expected.copy_abs()),
        whole=current().whole,
    )


def _drawn(site: Site, event: Event) -> tuple[dict[str, Any] | None, str]:
    """The chart from what is known now, or why there is none."""
    workspace = site.workspace
    start = view.beginning(event).date()
    known = horizon(workspace.pin().slices, workspace.today())
    end = event.range.end if known is None else max(known.until, event.range.end)
    query = view.question(event).but(range=between(start, end))
    if any(one.name == event.monitor and one.spec.currency for one in kept(workspace)):
        query = query.but(currency=event.currency)
    else:
        query = query.narrowed(equals("BillingCurrency", event.currency))
    try:
        actual = daily(workspace, query, grain=event.grain)
    except (QueryError, LakeError) as error:
        return None, str(error)
    return view.chart(event, actual, datetime.combine(end, time())), ""


def _quiet_by(site: Site, event: Event) -> Event | None:
    """The event whose feedback keeps this one quiet, where who asks sees it."""
    if event.quiet is None:
        return None
    return listing.anomaly_seen(site.workspace, event.quiet)


def _acting(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    def add(action: str, do: Callable[[int, dict[str, str]], object], what: str) -> None:
        async def done(request: Request, number: int) -> Response:
            given = await form(request)

            def act() -> Response:
                try:
                    do(number, given)
                except AnomalyError as error:
                    return _page(site, request, number, str(error))
                back = own_path(given.get("back"), f"{event_url(number)}#log")
                return RedirectResponse(back, 303)

            return await run_in_threadpool(act)

        done.__doc__ = what
        routes.post(f"{ANOMALIES}/{{number}}/{action}", name=f"{action}_anomaly")(done)

    def note(given: dict[str, str]) -> str:
        return given.get("note", "")

    add(
        "acknowledge",
        lambda number, given: acting.acknowledge(workspace, number, note(given)),
        "Say that it is being looked at.",
    )
    add(
        "resolve",
        lambda number, given: acting.resolve(workspace, number, note(given)),
        "Say that it is dealt with.",
    )
    add(
        "reopen",
        lambda number, given: acting.reopen(workspace, number, note(given)),
        "Open it again.",
    )
    add(
        "feedback",
        lambda number, given: acting.feedback(
            workspace, number, given.get("verdict", ""), note(given)
        ),
        "Say what it was.",
    )
    add(
        "withdraw",
        lambda number, given: acting.withdraw(workspace, number, note(given)),
        "Take feedback back.",
    )
    add(
        "comment",
        lambda number, given: acting.comment(workspace, number, note(given)),
        "Say something.",
    )
    add(
        "assign",
        lambda number, given: acting.assign(
            workspace, number, given.get("person", ""), note(given)
        ),
        "Give it to somebody.",
    )
