"""Why is this mine? From an amount down to the rule, what it saw, the splits, file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.app import statements
from outlay.app import why as whys
from outlay.money import BillingPeriod
from outlay.query import ChargeLine, CostQuery, QueryError, ranges
from outlay.query.explainshared import SharedAmount, number_text
from outlay.query.why import RuleWhy, Seen
from outlay.web import words
from outlay.web.allocated import asked
from outlay.web.allocated.controls import Choice, address, misunderstood, moved, range_picker
from outlay.web.explore.address import EXPLORE
from outlay.web.render import Site
from outlay.web.statements import value_address

PATH = "/why"
_DEFAULTS = {"m": "EffectiveCost", "range": asked.DEFAULT_RANGE}
_MOST_SHARED = 40
_MOST_VALUES = 60
_CONTEXT = (
    "ServiceProviderName", "BillingAccountId", "SubAccountId", "SubAccountName", "ServiceName",
    "RegionName", "ResourceId", "ResourceName", "ResourceType", "ChargeCategory",
    "ChargeDescription",
)  # fmt: skip


@dataclass(frozen=True)
class Charge:
    """The largest charge of a rule: what the rule looked at, its other columns, where it is."""

    line: ChargeLine
    looked: tuple[tuple[str, str], ...]
    context: tuple[tuple[str, str], ...]
    href: str


@dataclass(frozen=True)
class RuleRow:
    """A rule with the links around it."""

    rule: RuleWhy
    saved: Any
    charge: Charge | None
    seen: tuple[tuple[Seen, str], ...]
    builds_on: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SharedRow:
    """A shared amount with the links around it."""

    part: SharedAmount
    currency: str
    version: Any
    charges: str
    dispute: str
    letter: str


def router(site: Site) -> APIRouter:
    """The routes of why."""
    routes = APIRouter()

    @routes.get(PATH, response_class=HTMLResponse)
    def page(request: Request) -> Response:
        """The values of a tag to choose from, or why one of them is somebody's."""
        try:
            return moved(request, _DEFAULTS) or _page(site, request)
        except QueryError as error:
            return misunderstood(site, request, "why", "This cannot be explained", error)

    return routes


def _page(site: Site, request: Request) -> Response:
    workspace = site.workspace
    params = dict(request.query_params)
    query = asked.within(request, "tag", "value")
    tag, value = asked.first_tag(site, params), params.get("value", "")
    if not tag:
        return site.page(
            request, "why/why.html", active="why", title="Why is this mine?", tag="", found=None
        )
    there = whys.values(workspace, tag, query)
    if not value and query.where and len(there) == 1:
        value = str(there[0].value)
    found = whys.why(workspace, tag, value, query) if value else None
    kept = asked.kept(query, tag=tag, value=value)
    names = dict.fromkeys([*([value] if value else []), *(str(v.value) for v in there)])
    api = asked.api_params(query, tag=tag, value=value)
    return site.page(
        request,
        "why/why.html",
        active="why",
        title=f"Why {tag} = {value}" if value else "Why is this mine?",
        tag=tag,
        value=value,
        query=query,
        found=found,
        params=kept,
        tags=asked.tags(site, tag),
        value_choices=[Choice("", "Choose…", not value)]
        + [Choice(name, name, name == value) for name in names],
        measures=asked.measures(query),
        picker=range_picker(PATH, kept, query.range, workspace.today(), asked.DEFAULT_RANGE),
        there=[
            (v, address(PATH, asked.kept(query, tag=tag, value=str(v.value))))
            for v in there[:_MOST_VALUES]
        ],
        everything=address(PATH, {"tag": tag, "range": "all"}),
        rules=[_rule(found, rule, query) for rule in found.why.rules] if found else [],
        shared=_shared(site, found, request) if found else [],
        most_shared=_MOST_SHARED,
        mine=_explore(query, tag, value) if value else "",
        editor=f"/tags/{quote(tag)}",
        dispute=_dispute(site, found, _month_of(query, workspace.today())) if found else "",
        letter=_letter(found, f"{tag} = {value}", request) if found else "",
        number_text=number_text,
        words=words,
        json=address("/api/v1/why", api),
        csv=address("/api/v1/why.csv", api),
    )


def _explore(query: CostQuery, tag: str, value: str) -> str:
    from outlay.expression import text_literal

    narrowed = query.narrowed(f"{tag} = {text_literal(value)}").but(by=("ServiceName",))
    return address(EXPLORE, narrowed.to_params())


def _rule(found: whys.Answer, rule: RuleWhy, query: CostQuery) -> RuleRow:
    page = found.charges.get(rule.number)
    charge = None
    if page is not None and page.charges:
        line = page.charges[0]
        looked = tuple(rule.seen[0].values) if rule.seen else ()
        charge = Charge(
            line,
            tuple((name, words_of(rule.seen[0].values[name])) for name in looked),
            tuple(_context(line.values, looked)),
            _record(line),
        )
    seen = tuple(
        (one, address("/charges", query.narrowed(one.condition).to_params())) for one in rule.seen
    )
    built = tuple((name, address(PATH, asked.kept(query, tag=name))) for name in rule.builds_on)
    saved = found.saved.get(("VirtualTag", found.why.tag))
    return RuleRow(rule, saved, charge, seen, built)


def words_of(value: str | None) -> str:
    """A value, or that there is none."""
    return "(none)" if value is None else value


def _context(values: Mapping[str, Any], looked: Sequence[str]) -> list[tuple[str, str]]:
    """What else the charge says of itself: the columns of its context that have a value."""
    found = [(n, str(values[n])) for n in _CONTEXT if n in values and n not in looked]
    tags = values.get("Tags") or {}
    pairs = tags.items() if isinstance(tags, Mapping) else tags
    found += [(f"tags.{k}", str(v)) for k, v in pairs if f"tags.{k}" not in looked]
    return found


def _record(line: ChargeLine) -> str:
    origin = line.origin
    return (
        f"/charges/{quote(origin.source)}/{origin.billing_period}/{origin.file_index}/{origin.line}"
    )


def _shared(site: Site, found: whys.Answer, request: Request) -> list[SharedRow]:
    rows = []
    for group in found.groups:
        for part in group.shared:
            steps = [step for way in part.ways for step in way.steps]
            month = BillingPeriod.of(steps[0].period) if steps else None
            rows.append(
                SharedRow(
                    part,
                    group.currency,
                    found.saved.get(("Split", part.split)),
                    address("/charges", part.charges.to_params()) if part.charges else "",
                    _dispute(site, found, month, f"shared/{part.split}"),
                    _letter(found, part.split, request),
                )
            )
    return rows[:_MOST_SHARED]


def _month_of(query: CostQuery, today: date) -> BillingPeriod | None:
    """The one month that a question is about; None where it is about more than one."""
    days = ranges.resolve(query.range, today)
    if days.start is None or days.end is None:
        return None
    month = BillingPeriod.of(days.start)
    return month if BillingPeriod.of(days.end - timedelta(days=1)) == month else None


def _dispute(site: Site, found: whys.Answer, month: BillingPeriod | None, line: str = "") -> str:
    """The statement of the value's month, where a line of it can be disputed ("": there is none
    for more than one month, or for a tag without statements)."""
    if month is None:
        return ""
    plans = [plan for plan in statements.plans(site.workspace) if plan.tag == found.why.tag]
    if not plans:
        return ""
    place = value_address(plans[0].name, month, str(found.why.value))
    return address(place, {"line": line}) + "#dispute"


def _letter(found: whys.Answer, name: str, request: Request) -> str:
    """A letter to who answers for a value or a split, with this page's address ("": nobody is
    named)."""
    owner = found.owners.get(name, "")
    if "@" not in owner:
        return ""
    text = {
        "subject": f"Dispute: {name}",
        "body": f"{found.why.tag} = {found.why.value}\n{request.url}\n\nWhy I do not agree:\n",
    }
    return f"mailto:{quote(owner, safe='@')}?{urlencode(text, quote_via=quote)}"
