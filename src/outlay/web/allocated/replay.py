"""Rule replay: what another set of rules would have said of a period. The address is the link."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.app import replaying
from outlay.expression import text_literal
from outlay.query import CostQuery, QueryError
from outlay.query.allocating import Move, ValueChange
from outlay.resources import ResourceError
from outlay.web import numbers, words
from outlay.web.allocated import asked
from outlay.web.allocated.controls import Choice, address, misunderstood, moved, range_picker
from outlay.web.explore.address import EXPLORE
from outlay.web.render import Site

PATH = "/replay"
_MOST = 100
_DEFAULTS = {"m": "EffectiveCost", "after": "now", "range": asked.DEFAULT_RANGE}
_OWN = ("tag", "before", "after", "before_day", "after_day", "draft")


@dataclass(frozen=True)
class MoveRow:
    """A move in one currency, with the way to its charges."""

    move: Move
    currency: str
    amount: Decimal
    href: str


@dataclass(frozen=True)
class ValueRow:
    """A value in one currency before and after."""

    change: ValueChange
    currency: str
    before: Decimal | None
    after: Decimal | None
    difference: Decimal


def router(site: Site) -> APIRouter:
    """The routes of replay."""
    routes = APIRouter()

    @routes.get(PATH, response_class=HTMLResponse)
    def page(request: Request) -> Response:
        """Two sets of rules over one period: what moves, by value, in money."""
        try:
            return _chosen(request) or moved(request, _DEFAULTS) or _page(site, request)
        except ResourceError as error:
            plain = QueryError(str(error), field="draft")
            return misunderstood(site, request, "replay", "This cannot be replayed", plain)
        except QueryError as error:
            return misunderstood(site, request, "replay", "This cannot be replayed", error)

    return routes


def _chosen(request: Request) -> Response | None:
    """A day that was given beside the choice *on a day* stands for it."""
    given = dict(request.query_params)
    days = {side: given.pop(f"{side}_day", "") for side in ("before", "after")}
    changed = given != dict(request.query_params)
    for side, day in days.items():
        if given.get(side) == "day":
            given[side] = day
    if not changed:
        return None
    from fastapi.responses import RedirectResponse

    kept = {k: v for k, v in given.items() if v and _DEFAULTS.get(k) != v}
    return RedirectResponse(address(PATH, kept), 303)


def _page(site: Site, request: Request) -> Response:
    workspace = site.workspace
    params = dict(request.query_params)
    query = asked.within(request, *_OWN)
    tag = asked.first_tag(site, params)
    if not tag:
        return site.page(
            request, "replay/replay.html", active="replay", title="Rule replay", tags=[], found=None
        )
    before, after = params.get("before", ""), params.get("after", "now")
    draft = params.get("draft", "")
    own = {"tag": tag, "before": before, "after": "" if after == "now" else after, "draft": draft}
    kept = asked.kept(query, **own)
    found = (
        replaying.replay(workspace, tag, before, after, query, draft=draft or None)
        if before or after != "now"
        else None
    )
    api = asked.api_params(query, **own)
    moves = _moves(found, query) if found else []
    return site.page(
        request,
        "replay/replay.html",
        active="replay",
        title=f"Rule replay of {tag}",
        found=found,
        tag=tag,
        query=query,
        params=kept,
        tags=asked.tags(site, tag),
        measures=asked.measures(query),
        currencies=asked.currencies(site, query),
        before=_choices(site, tag, before, draft),
        after=_choices(site, tag, after, draft),
        days={"before": _day(before), "after": _day(after)},
        picker=range_picker(PATH, kept, query.range, workspace.today(), asked.DEFAULT_RANGE),
        moves=moves[:_MOST],
        move_count=len(moves),
        values=_values(found) if found else [],
        editor=f"/tags/{quote(tag)}",
        examples=_examples(site, tag, kept),
        words=words,
        json=address("/api/v1/replay", api),
        csv=address("/api/v1/replay.csv", api),
    )


def _choices(site: Site, tag: str, chosen: str, draft: str) -> list[Choice]:
    """The rules of now, of a day, of each version, or none."""
    history = {c.version: c for c in site.workspace.history("VirtualTag", tag)}
    known = replaying.saved_versions(site.workspace, tag)
    found = [("now", "Rules of now"), ("day", "Rules of a day")]
    found += [
        (f"v{number}", f"Version {number}, {numbers.day(history[number].at.date())}")
        for number in reversed(known)
    ]
    found += [("draft", "The draft")] if draft else []
    found += [("none", f"Without {tag}")]
    value = "day" if _day(chosen) else chosen
    names = [name for name, _ in found]
    if value and value not in names:
        found.append((value, value))
    return [Choice(name, title, name == (value or "day")) for name, title in found]


def _day(text: str) -> str:
    return text if len(text) == 10 and text[:4].isdigit() else ""


def _moves(found: replaying.Replay, query: CostQuery) -> list[MoveRow]:
    rows = []
    for move in found.effect.moves:
        for currency, amount in sorted(move.caught.money.items()):
            rows.append(MoveRow(move, currency, amount, _charges(found, move, query)))
    return rows


def _charges(found: replaying.Replay, move: Move, query: CostQuery) -> str:
    """The charges of a move by the side that can be asked in Explore ("": neither can)."""
    for side, value in ((found.after, move.after), (found.before, move.before)):
        if value is None or side.text not in ("now",):
            continue
        narrowed = query.narrowed(f"{found.tag} = {text_literal(value)}")
        return address(EXPLORE, narrowed.but(by=("ServiceName",), splits="direct").to_params())
    return ""


def _values(found: replaying.Replay) -> list[ValueRow]:
    rows = []
    for change in found.effect.values:
        for currency, difference in sorted(change.change.items()):
            sides = [
                None if one is None else one.money.get(currency, Decimal(0))
                for one in (change.before, change.after)
            ]
            rows.append(ValueRow(change, currency, sides[0], sides[1], difference))
    return rows


def _examples(site: Site, tag: str, kept: dict[str, str]) -> list[tuple[str, str]]:
    """Replays to begin with: the version before this one, a year ago, without the tag."""
    known = replaying.saved_versions(site.workspace, tag)
    plain = {k: v for k, v in kept.items() if k not in ("before", "after", "draft")}
    found = []
    if len(known) > 1:
        found.append(("What the last change moved", {**plain, "before": f"v{known[-2]}"}))
    found.append((f"What {tag} allocates at all", {**plain, "before": "none"}))
    if len(known) > 1:
        words_ = f"All since version {known[0]}, over all time"
        found.append((words_, {**plain, "before": f"v{known[0]}", "range": "all"}))
    return [(title, address(PATH, params)) for title, params in found]
