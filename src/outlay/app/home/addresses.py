"""The addresses of pages that cards lead to: a question's address is the question and no more.

A test holds them equal to those that the pages themselves make.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from outlay.query import MEASURES, CostQuery
from outlay.query.codec import to_params


def address(path: str, **params: str) -> str:
    """A path with its parameters; empty ones are left out."""
    given = {key.rstrip("_"): value for key, value in params.items() if value}
    return f"{path}?{urlencode(given, quote_via=quote, safe=',:.')}" if given else path


def explore(query: CostQuery) -> str:
    """The question in the explorer."""
    return address("/explore", **to_params(query))


def charges(query: CostQuery) -> str:
    """The charges under the question, each with its file and line."""
    return address("/charges", **to_params(query.but(by=(), compare=None, sort="", limit=None)))


def drivers(query: CostQuery, against: str = "") -> str:
    """The change of the question, taken apart; `against` are the earlier days, where they are not
    those that its comparison says."""
    money = [name for name in query.measures if MEASURES[name].kind == "money"]
    asked = query.but(
        measures=tuple(money[:1]) or ("EffectiveCost",),
        grain="none", limit=None, sort="", compare=query.compare or "previous",
    )  # fmt: skip
    return address("/drivers", **to_params(asked), against=against)


def part(text: str) -> str:
    """A name as a part of a path."""
    return quote(text, safe="")
