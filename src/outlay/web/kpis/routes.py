"""KPIs: how well the practice saves, each with its formula and figures, by owner and by month."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from outlay.app.kpis import kpis
from outlay.app.kpis.words import told
from outlay.money import total
from outlay.web.render import Site

PAGE = "/kpis"


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    room = APIRouter()

    @room.get(PAGE)
    def page(request: Request) -> HTMLResponse:
        asked = request.query_params.get("currency", "").strip().upper()
        found = kpis.kpis(site.workspace, asked)
        most = max((max(one.realised, one.promised) for one in found.months), default=None)
        return site.page(
            request, "kpis/kpis.html", active="kpis", title="KPIs", found=found, told=told,
            most=most, days=kpis.DAYS, acted_days=kpis.ACTED_DAYS, owner_url=owner_url,
            currency_url=lambda code: f"{PAGE}?{urlencode({'currency': code})}",
            realised=total(one.realised for one in found.months),
            empty=not site.workspace.holds_charges(),
        )  # fmt: skip

    return room


def owner_url(owner: str) -> str:
    """The recommendations of an owner ('' for nobody's)."""
    return f"/savings?{urlencode({'owner': owner or '-'})}"
