"""Realised savings: what was promised, and what the bill shows of it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import current
from outlay.app.realised import files, listing
from outlay.app.realised.listing import Sought
from outlay.app.realised.words import EFFECT_MEANS, EFFECT_WORDS, basis, sentences
from outlay.expression.errors import QueryError
from outlay.resources import ResourceError
from outlay.savings.realised.model import EFFECTS
from outlay.web import numbers
from outlay.web.realised import chart, view
from outlay.web.realised.view import REALISED
from outlay.web.render import Site
from outlay.web.views import form

_MOST = 300


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _ledger(routes, site)
    _one(routes, site)
    return routes


def _ledger(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(REALISED, response_class=HTMLResponse)
    def ledger(request: Request) -> Response:
        """The ledger: months, a grouping, the pace; the address holds the filters."""
        params = {name: request.query_params.get(name, "") for name in view.FILTERS}
        by = request.query_params.get("by") or "owner"
        problem = ""
        try:
            found = listing.ledger(workspace, view.sought_of(params), by)
        except QueryError as error:
            problem, by, params = str(error), "owner", dict.fromkeys(view.FILTERS, "")
            found = listing.ledger(workspace, Sought(), by)
        asked = params | {"by": by}
        return site.page(
            request,
            "realised/ledger.html",
            400 if problem else 200,
            active="realised",
            title="Realised savings",
            problem=problem,
            params=params,
            by=by,
            by_word=view.BY_WORDS[by],
            found=found,
            narrowed=any(params.values()),
            groupings=view.groupings(asked, by),
            charts=[
                (one.currency, chart.months(found.months, one.currency)) for one in found.totals
            ],
            width=chart.WIDTH,
            height=chart.HEIGHT,
            measured=request.query_params.get("measured", ""),
            rows=found.rows[:_MOST],
            left=len(found.rows) - _MOST,
            title_of=lambda row: view.title_of(found, by, row),
            leads=lambda row: view.narrower(asked, by, row),
            month_leads=lambda row: view.narrower(asked, "month", row),
            file_url=lambda kind: view.file_url(params, kind),
            tones=view.STATE_TONES,
            may_measure=current().may("editor") and current().whole,
            charges=bool(found.entries) or workspace.holds_charges(),
        )

    @routes.get(f"{REALISED}/export")
    def export(request: Request) -> Response:
        """The ledger as a file."""
        params = {name: request.query_params.get(name, "") for name in view.FILTERS}
        file = files.export(
            workspace, request.query_params.get("format") or "csv", view.sought_of(params)
        )
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
        return Response(file.content, media_type=file.media, headers=headers)

    @routes.post(f"{REALISED}/measure")
    def measure() -> Response:
        """Look at the bill now."""
        done = listing.measure_now(workspace)
        return RedirectResponse(f"{REALISED}?measured={len(done.entries)}", 303)


def _one(routes: APIRouter, site: Site) -> None:
    @routes.get(f"{REALISED}/of/{{number}}", response_class=HTMLResponse)
    def part(request: Request, number: int) -> Response:
        """What a recommendation realised, as a part of another page."""
        return site.page(request, "realised/part.html", **_shown(site, number))

    @routes.get(f"{REALISED}/{{number}}", response_class=HTMLResponse)
    def page(request: Request, number: int) -> Response:
        """What a recommendation realised: chart, months, prices, baseline."""
        return _page(site, request, number)

    @routes.post(f"{REALISED}/{{number}}/successor", response_class=HTMLResponse)
    async def successor(request: Request, number: int) -> Response:
        """Say which charges came in place of those that it changed."""
        fields = await form(request)

        def done() -> Response:
            try:
                listing.succeed(site.workspace, number, fields.get("where", ""))
            except (ResourceError, QueryError) as error:
                return _page(site, request, number, str(error), fields.get("where", ""))
            return RedirectResponse(f"{REALISED}/{number}?said=1", 303)

        return await run_in_threadpool(done)


def _page(
    site: Site, request: Request, number: int, problem: str = "", where: str = ""
) -> Response:
    wanted = bool(request.query_params.get("prove"))
    proofs = listing.proof(site.workspace, number) if wanted else ()
    shown = _shown(site, number)
    return site.page(
        request,
        "realised/saving.html",
        400 if problem else 200,
        active="realised",
        title=f"Realised by #{number}",
        problem=problem,
        given=where,
        proofs=proofs,
        said=request.query_params.get("said", ""),
        **shown,
    )


def _shown(site: Site, number: int) -> dict[str, Any]:
    """What the part and the page of one recommendation need."""
    found = listing.realised_of(site.workspace, number)
    baseline = found.baseline
    return {
        "of": found,
        "one": found.recommendation,
        "finding": found.recommendation.finding,
        "currency": found.recommendation.currency,
        "baseline": baseline,
        "basis": basis(baseline) if baseline else "",
        "words": list(sentences(found)),
        "drawn": chart.days(found.days),
        "width": chart.WIDTH,
        "height": chart.HEIGHT,
        "effects": [
            (name, EFFECT_WORDS[name], EFFECT_MEANS[name], getattr(found.sums.effects, name))
            for name in EFFECTS
        ],
        "tones": view.STATE_TONES,
        "number_text": numbers.exact,
        "may_edit": current().may("editor"),
    }
