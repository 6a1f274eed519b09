"""Coverage: how much of the money a tag allocates, by month; what would catch the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.app import allocating
from outlay.expression import text_literal
from outlay.query import CostQuery, QueryError
from outlay.query.allocating import Coverage, Covered
from outlay.web import words
from outlay.web.allocated import asked
from outlay.web.allocated.controls import address, misunderstood, moved, range_picker
from outlay.web.explore.address import EXPLORE
from outlay.web.render import Site

PATH = "/coverage"
_MOST = 25
_MOST_MONTHS = 13
_RANGE = "last-6-months"
_DEFAULTS = {"m": "EffectiveCost", "range": _RANGE}


@dataclass(frozen=True)
class Overview:
    """One tag among others: its coverage and the way to it."""

    tag: str
    href: str
    covered: Covered
    months: Mapping[date, Covered]
    chosen: bool


def router(site: Site) -> APIRouter:
    """The routes of coverage."""
    routes = APIRouter()

    @routes.get(PATH, response_class=HTMLResponse)
    def page(request: Request) -> Response:
        """Every tag's coverage, and one of them in full."""
        try:
            return moved(request, _DEFAULTS) or _page(site, request)
        except QueryError as error:
            return misunderstood(site, request, "coverage", "Coverage cannot be told", error)

    return routes


def _page(site: Site, request: Request) -> Response:
    workspace = site.workspace
    query = asked.within(request, "tag", default=_RANGE)
    tag = asked.first_tag(site, dict(request.query_params))
    if not tag:
        return site.page(
            request, "coverage/coverage.html", active="coverage", title="Coverage", found=None
        )
    found = allocating.coverage(workspace, tag, query)
    params = asked.kept(query, _RANGE, tag=tag)
    api = asked.api_params(query, tag=tag)
    overview = []
    for choice in asked.tags(site, tag):
        one = (
            found if choice.chosen else allocating.coverage(workspace, choice.value, query, gaps=0)
        )
        href = address(PATH, {**params, "tag": choice.value})
        overview.append(Overview(choice.value, href, one.covered, dict(one.months), choice.chosen))
    values = [one for one in found.values if one[0] != found.default]
    return site.page(
        request,
        "coverage/coverage.html",
        active="coverage",
        title=f"Coverage of {tag}",
        found=found,
        query=query,
        params=params,
        overview=overview,
        months=[month for month, _ in found.months][-_MOST_MONTHS:],
        main=_main(found.covered),
        tags=asked.tags(site, tag),
        measures=asked.measures(query),
        currencies=asked.currencies(site, query),
        picker=range_picker(PATH, params, query.range, workspace.today(), _RANGE),
        everything=address(PATH, {"tag": tag, "range": "all"}),
        bars={month: _bars(covered) for month, covered in found.months},
        values=values[:_MOST],
        value_count=len(values),
        why={value: _why(query, tag, value) for value, _ in values[:_MOST]},
        gaps=[(gap, _charges(query, found, gap.condition), _edit(tag, gap.condition))
              for gap in found.gaps[:_MOST]],
        gap_count=len(found.gaps),
        suggestions=allocating.suggestions(workspace, tag, query)[:10],
        editor=f"/tags/{quote(tag)}",
        words=words,
        json=address("/api/v1/coverage", api),
        csv=address("/api/v1/coverage.csv", api),
    )  # fmt: skip


def _main(covered: Covered) -> str:
    """The currency with most money: the one that shares by tag and month are shown in."""
    sizes = sorted(covered.total.items(), key=lambda pair: pair[1].copy_abs(), reverse=True)
    return sizes[0][0] if sizes else ""


def _bars(covered: Covered) -> Mapping[str, str]:
    """The allocated share of a month as a width, by currency."""
    return {
        currency: f"{max(Decimal(0), min(Decimal(1), share or Decimal(0))) * 100:.1f}"
        for currency, share in covered.share.items()
    }


def _why(query: CostQuery, tag: str, value: str) -> str:
    return address("/why", asked.kept(query, tag=tag, value=value))


def _charges(query: CostQuery, found: Coverage, condition: str) -> str:
    """The unallocated charges of a gap, in Explore."""
    missing = f"{found.tag} = {text_literal(found.default)}"
    narrowed = query.narrowed(f"{missing} AND {condition}").but(by=("ServiceName",))
    return address(EXPLORE, narrowed.to_params())


def _edit(tag: str, condition: str) -> str:
    return address(f"/tags/{quote(tag)}", {"when": condition})
