"""Platforms and AI: who Snowflake, Databricks and model vendors were paid for, with the proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.app import platforms
from outlay.expression import text_literal
from outlay.money.quotients import quotient
from outlay.query import CostQuery, QueryError
from outlay.query.platforms import PLATFORMS, Consumer, PlatformProof, PlatformQuery, Scope
from outlay.web import words
from outlay.web.allocated.controls import Choice, address, misunderstood, moved, range_picker
from outlay.web.explore.address import EXPLORE
from outlay.web.render import Site

PATH = "/platforms"
_MOST = 100
_MEASURES = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
_DEFAULTS = {"idle": "keep", "measure": "BilledCost", "range": "all"}
_PARTS = {
    "direct": ("Direct", "s1"),
    "by_usage": ("By usage", "s2"),
    "idle": ("Idle", "s-other"),
    "unattributed": ("Unattributed", "s-none"),
}


@dataclass(frozen=True)
class ConsumerRow:
    """A consumer with its share of the charge and the way to its charges."""

    one: Consumer
    share: Decimal | None
    bar: str
    href: str


def router(site: Site) -> APIRouter:
    """The routes of platforms."""
    routes = APIRouter()

    @routes.get(PATH, response_class=HTMLResponse)
    def page(request: Request) -> Response:
        """One platform: the proof, who it was for, its scopes."""
        try:
            return moved(request, _DEFAULTS) or _page(site, request)
        except QueryError as error:
            return misunderstood(
                site, request, "platforms", "This cannot be asked of a platform", error
            )

    return routes


def _page(site: Site, request: Request) -> Response:
    workspace = site.workspace
    params = dict(request.query_params)
    there = platforms.there(workspace)
    if not there:
        return site.page(
            request, "platforms/platforms.html", active="platforms", title="Platforms and AI",
            found=None,
        )  # fmt: skip
    name = params.pop("platform", "") or next(one.name for one in PLATFORMS if one.name in there)
    query = PlatformQuery.of(name, params)
    found = platforms.prove(workspace, query)
    kept = {"platform": query.platform, **query.to_params()}
    rows = [_consumer(one, found) for one in found.consumers]
    api = f"/api/v1/platforms/{query.platform}"
    return site.page(
        request,
        "platforms/platforms.html",
        active="platforms",
        title=f"{found.platform.title}: who it was for",
        found=found,
        platforms=[
            (address(PATH, {**kept, "platform": one.name, "by": ""}), one, one.name == name)
            for one in PLATFORMS
            if one.name in there
        ],
        params=kept,
        choices=[Choice(c, _title(c), c == found.by) for c in found.choices],
        idle=[Choice("keep", "Kept apart", query.idle == "keep"),
              Choice("share", "Shared by use", query.idle == "share")],
        measures=[Choice(m, words.measure(m), m == query.measure) for m in _MEASURES],
        picker=range_picker(PATH, kept, query.range, workspace.today()),
        everything=address(PATH, {"platform": query.platform}),
        rows=rows[:_MOST],
        row_count=len(rows),
        scopes=found.scopes[:_MOST],
        scope_count=len(found.scopes),
        parts=_PARTS,
        widths={s.currency: _widths(s) for s in found.totals},
        proven_ties=sum(1 for tie in found.ties if tie.proven),
        whole_ties=sum(1 for tie in found.ties if tie.whole),
        words=words,
        json=address(api, query.to_params()),
        csv=address(f"{api}.csv", query.to_params()),
        by_day=address(PATH, {**kept, "by_day": "" if query.by_day else "yes"}),
        why=_why(found),
    )  # fmt: skip


def _title(name: str) -> str:
    """A dimension's title; a tag says that it is one, beside a virtual tag of the same name."""
    title = words.dimension(name)
    return f"Tag {title}" if name.startswith("tags.") else title


def _why(found: PlatformProof) -> str:
    """The charges of the platform that nobody is named for, in Explore."""
    where = f"({found.platform.where})" + (f" AND {found.missing}" if found.missing else "")
    question = CostQuery(
        measures=(found.query.measure,), range=found.query.range, where=where, by=("ServiceName",)
    )
    return address(EXPLORE, question.to_params())


def _consumer(one: Consumer, found: PlatformProof) -> ConsumerRow:
    charge = next(s.charge for s in found.totals if s.currency == one.currency)
    share = quotient(one.total, charge)
    where = f"({found.platform.where}) AND {found.by} = {text_literal(one.value)}"
    question = CostQuery(measures=(found.query.measure,), range=found.query.range, where=where)
    only_usage = not one.direct and one.by_usage
    href = "" if only_usage else address(EXPLORE, question.to_params())
    width = max(Decimal(0), min(Decimal(100), (share or Decimal(0)) * 100))
    return ConsumerRow(one, share, f"{width:.2f}", href)


def _widths(scope: Scope) -> Mapping[str, str]:
    """The parts as widths of a bar, in per cent of the sum of their sizes."""
    whole = sum((abs(part) for part in scope.parts.values()), Decimal(0))
    shares = {name: quotient(abs(part), whole) or Decimal(0) for name, part in scope.parts.items()}
    return {name: f"{share * 100:.3f}" for name, share in shares.items()}
