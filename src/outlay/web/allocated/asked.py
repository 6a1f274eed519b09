"""What coverage, why and replay ask by: a tag, a range, a condition; and the choices of each."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from outlay.query import CostQuery
from outlay.query.codec import from_params
from outlay.web import words
from outlay.web.allocated.controls import Choice
from outlay.web.render import Site

DEFAULT_RANGE = "last-month"
MEASURES = ("EffectiveCost", "BilledCost", "ListCost", "ContractedCost")


def within(request: Request, *others: str, default: str = DEFAULT_RANGE) -> CostQuery:
    """The question of an address; the default range where it says none.

    Raises QueryError, also for a parameter that is not known.
    """
    params = dict(request.query_params)
    if not any(params.get(key) for key in ("range", "from", "to")):
        params["range"] = default
    return from_params(params, others=others)


def kept(query: CostQuery, default: str = DEFAULT_RANGE, **more: str) -> dict[str, str]:
    """The parameters of an address, what is the default left out."""
    params = query.to_params()
    if query.range == "all":
        params["range"] = "all"
    elif query.range == default:
        params.pop("range", None)
    return {**{key: value for key, value in more.items() if value}, **params}


def api_params(query: CostQuery, **more: str) -> dict[str, str]:
    """The same for the API, whose default range is all of it."""
    return {**{key: value for key, value in more.items() if value}, **query.to_params()}


def tags(site: Site, chosen: str) -> list[Choice]:
    """The virtual tags that there are."""
    return [Choice(name, name, name == chosen) for name in sorted(site.workspace.rules().tags)]


def measures(query: CostQuery) -> list[Choice]:
    """The costs that may be asked for."""
    return [Choice(m, words.measure(m), m == query.measures[0]) for m in MEASURES]


def currencies(site: Site, query: CostQuery) -> list[Choice]:
    """As billed, or converted to the workspace's currency (or to that of the address)."""
    names = dict.fromkeys([site.workspace.currency, *filter(None, [query.currency])])
    return [Choice("", "As billed", not query.currency)] + [
        Choice(name, name, name == query.currency) for name in names
    ]


def first_tag(site: Site, params: Mapping[str, str]) -> str:
    """The tag of an address, else the first that there is ("": none)."""
    names = sorted(site.workspace.rules().tags)
    if params.get("tag"):
        return params["tag"]
    return "team" if "team" in names else names[0] if names else ""
