"""Savings: what could be saved, net of overlaps; whose it is; what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import current, who
from outlay.app.savings import acting, files, listing
from outlay.app.savings.errors import SavingError
from outlay.app.savings.listing import Sought
from outlay.app.savings.looking import look
from outlay.app.savings.telling import discounted, effects, headroom
from outlay.expression.errors import QueryError
from outlay.savings.life import steps_of
from outlay.savings.model import ACTIONS, CONFIDENCES, EFFORTS
from outlay.web.addresses import own_path
from outlay.web.explore.address import page_number
from outlay.web.render import Site
from outlay.web.savings import policy, view
from outlay.web.savings.view import MINE, SAVINGS, saving_url
from outlay.web.views import form

_PAGE = 50


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _list(routes, site)
    _mine(routes, site)
    policy.add(routes, site)
    _bulk(routes, site)
    _one(routes, site)
    _acting(routes, site)
    return routes


def _list(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(SAVINGS, response_class=HTMLResponse)
    def savings(request: Request) -> Response:
        """The recommendations that are open, the largest first; the address holds the filters."""
        return _page(site, request)

    @routes.get(f"{SAVINGS}/csv")
    def as_csv(request: Request) -> Response:
        """Every row that the filters of the address let through, as CSV, unrounded."""
        sought = view.sought_of(dict(request.query_params))
        text = files.to_csv(listing.recommendations(workspace, sought))
        headers = {"Content-Disposition": 'attachment; filename="savings.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    @routes.post(f"{SAVINGS}/look")
    def take_a_look() -> Response:
        """Look now."""
        found = look(workspace)
        return RedirectResponse(f"{SAVINGS}?looked={len(found.new)}", 303)


def _page(
    site: Site,
    request: Request,
    *,
    given: dict[str, str] | None = None,
    refused: dict[int, str] | None = None,
    problem: str = "",
    marked: tuple[int, ...] = (),
) -> Response:
    asked = given if given is not None else dict(request.query_params)
    sought = Sought()
    wrong = ""
    page = 1
    try:
        sought = view.sought_of(asked)
        page = page_number(asked)
    except QueryError as error:
        wrong = str(error)
    listed = listing.recommendations(site.workspace, sought)
    groups = view.groups(listed.rows, sought.sort)
    pages = max((len(groups) + _PAGE - 1) // _PAGE, 1)
    page = min(page, pages)
    counts = dict(listed.counts)
    return site.page(
        request,
        "savings/list.html",
        400 if wrong or problem or refused else 200,
        active="savings",
        title="Savings",
        wrong=wrong,
        problem=problem,
        refused=refused or {},
        marked=marked,
        sought=sought,
        listed=listed,
        groups=groups[(page - 1) * _PAGE : page * _PAGE],
        page=page,
        pages=pages,
        page_url=lambda number: view.list_url(sought, page=number),
        counts=counts,
        states=view.states(sought, counts),
        narrowed=sought != Sought(state=sought.state, sort=sought.sort),
        back=view.list_url(sought, page=page),
        charges=bool(listed.rows) or site.workspace.holds_charges(),
        url=lambda **changes: view.list_url(sought, **changes),
        csv=view.list_url(sought, f"{SAVINGS}/csv"),
        looked=asked.get("looked", ""),
        actions=[(one, view.ACTION_WORDS[one]) for one in ACTIONS],
        efforts=[(one, view.EFFORT_WORDS[one]) for one in EFFORTS],
        confidences=[(one, one) for one in CONFIDENCES],
        whole=current().whole,
        view=view,
    )


def _mine(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(MINE, response_class=HTMLResponse)
    def mine(request: Request) -> Response:
        """What an owner has to decide and to do, the largest first."""
        asked = dict(request.query_params)
        everything = listing.recommendations(workspace, Sought(state="all"))
        chosen = asked.get("owner", "") or view.owner_of_scope(everything.owner_tag)
        me = who()
        if not chosen and current().whole:
            own = [row for row in everything.rows if row.recommendation.assignee == me]
        elif chosen:
            own = [
                row
                for row in everything.rows
                if (row.recommendation.owner or listing.NOBODY) == chosen
            ]
        else:
            own = list(everything.rows)
        still = [row for row in own if listing.is_of(row.recommendation, "open")]
        to_decide = [r for r in still if r.recommendation.state != "accepted"]
        to_do = [r for r in still if r.recommendation.state == "accepted"]
        proven = ("implemented", "verified", "sustained")
        return site.page(
            request,
            "savings/mine.html",
            active="savings",
            title="My savings",
            owner=chosen,
            me=me,
            tag=everything.owner_tag,
            owners=view.owners(listing.recommendations(workspace, Sought())),
            decide=to_decide,
            do=to_do,
            done=[row for row in own if row.recommendation.state in proven],
            sums=view.sums(still),
            late=sum(1 for row in still if row.overdue),
            any_at_all=bool(everything.rows),
            look=everything.look,
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            view=view,
        )


def _bulk(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.post(f"{SAVINGS}/bulk")
    async def bulk(request: Request) -> Response:
        """One step of all that are marked, or of none."""
        body = (await request.body()).decode("utf-8", "replace")
        fields = parse_qs(body, keep_blank_values=True)
        given = {name: values[-1] for name, values in fields.items()}
        numbers = tuple(int(one) for one in fields.get("n", []) if one.isdigit())
        back = own_path(given.get("back"), SAVINGS)
        asked = {name: values[-1] for name, values in parse_qs(back.partition("?")[2]).items()}

        def act() -> Response:
            try:
                found = acting.bulk(
                    workspace,
                    numbers,
                    given.get("step", ""),
                    given.get("note", ""),
                    person=given.get("person", ""),
                    until=_day(given.get("until", "")),
                )
            except SavingError as error:
                return _page(site, request, given=asked, problem=str(error), marked=numbers)
            if found.refused:
                refused = dict(found.refused)
                return _page(site, request, given=asked, refused=refused, marked=numbers)
            return RedirectResponse(back, 303)

        return await run_in_threadpool(act)


def _one(routes: APIRouter, site: Site) -> None:
    @routes.get(f"{SAVINGS}/{{number}}", response_class=HTMLResponse)
    def saving(request: Request, number: int) -> Response:
        """One recommendation: how it is reckoned, whose it is, what was done."""
        return _shown(site, request, number)


def _shown(site: Site, request: Request, number: int, problem: str = "") -> Response:
    workspace = site.workspace
    found = listing.recommendation(workspace, number)
    one = found.row.recommendation
    return site.page(
        request,
        "savings/saving.html",
        400 if problem else 200,
        active="savings",
        title=one.finding.title,
        problem=problem,
        found=found,
        row=found.row,
        one=one,
        finding=one.finding,
        effects=effects(found),
        discounted=discounted(found.row.recommendation),
        headroom=headroom(found.row.recommendation.finding),
        steps=found.steps[::-1],
        possible=steps_of(one),
        explore=view.explore_url(one, workspace.today()),
        view=view,
    )


def _acting(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    def add(step: str, do: Callable[[int, dict[str, str]], object], what: str) -> None:
        async def done(request: Request, number: int) -> Response:
            given = await form(request)

            def act() -> Response:
                try:
                    do(number, given)
                except SavingError as error:
                    return _shown(site, request, number, str(error))
                return RedirectResponse(
                    own_path(given.get("back"), f"{saving_url(number)}#history"), 303
                )

            return await run_in_threadpool(act)

        done.__doc__ = what
        routes.post(f"{SAVINGS}/{{number}}/{step}", name=f"{step}_saving")(done)

    def note(given: dict[str, str]) -> str:
        return given.get("note", "")

    def accept(number: int, given: dict[str, str]) -> Any:
        text = given.get("finding", "")
        chosen = int(text) if text.isdigit() else None
        return acting.accept(workspace, number, note(given), finding=chosen)

    def snooze(number: int, given: dict[str, str]) -> Any:
        until = _day(given.get("until", ""))
        if until is None:
            raise SavingError("until when? A snooze needs a day to come")
        return acting.snooze(workspace, number, until, note(given))

    add(
        "assign",
        lambda number, given: acting.assign(
            workspace, number, given.get("person", ""), note(given)
        ),
        "Give it to somebody.",
    )
    add("accept", accept, "Say that it will be done.")
    add(
        "implement",
        lambda number, given: acting.implement(workspace, number, note(given)),
        "Say that it is done.",
    )
    add("snooze", snooze, "Put it out of sight until a day.")
    add(
        "dismiss",
        lambda number, given: acting.dismiss(
            workspace, number, note(given), _day(given.get("until", ""))
        ),
        "Say that it will not be done.",
    )
    add(
        "reopen",
        lambda number, given: acting.reopen(workspace, number, note(given)),
        "Open it again.",
    )
    add(
        "comment",
        lambda number, given: acting.comment(workspace, number, note(given)),
        "Say something.",
    )


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise SavingError(f"{text!r} is no day; one is written 2027-01-31") from None
