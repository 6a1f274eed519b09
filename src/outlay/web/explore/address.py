"""The address of a question: the page's state is its URL and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from outlay.query import MEASURES, CostQuery, QueryError
from outlay.query.codec import from_params, to_params

EXPLORE = "/explore"
OFF = "off"
"""Says that nothing is forecast, also where the range reaches into the future."""
START = "/explore/start"
CHARGES = "/charges"

# What drill-down asks next, from broad to narrow. A dimension without data is passed over.
PATH = ("ServiceProviderName", "ServiceName", "SubAccountName", "SubAccountId", "ResourceId")
# Two names of one thing: when one is fixed, the other tells nothing.
_SAME = {"SubAccountName": "SubAccountId", "SubAccountId": "SubAccountName"}
_START = "ServiceName"
_MOST_AHEAD = 800


@dataclass(frozen=True)
class Ask:
    """A question, the page of its table, and how many days ahead are forecast ('' leaves it to
    the range, ``off`` forecasts nothing), as the address says them."""

    query: CostQuery
    page: int = 1
    forecast: str = ""

    @classmethod
    def read(cls, params: Mapping[str, str]) -> Ask:
        """From an address; raises QueryError."""
        return cls(from_params(params), page_number(params), forecast_days(params))

    @property
    def measure(self) -> str:
        """The measure that is drawn and compared: the first one asked."""
        return self.query.measures[0]

    def url(self, path: str = EXPLORE, *, page: int = 1, **changes: object) -> str:
        """The address of the same question with some parts changed, from the first page on."""
        ahead = str(changes.pop("forecast", self.forecast))
        query = changed(self.query, **changes) if changes else self.query
        params = to_params(query)
        if ahead and path.startswith(EXPLORE):
            params["forecast"] = ahead
        return address(path, params, page)

    @property
    def params(self) -> dict[str, str]:
        """The parameters that the address of the page has, its page left out."""
        found = to_params(self.query)
        return {**found, "forecast": self.forecast} if self.forecast else found


def changed(query: CostQuery, **changes: object) -> CostQuery:
    """The question with some parts changed; an order that no longer makes sense is dropped."""
    try:
        return query.but(**changes)
    except QueryError as error:
        if error.field != "sort":
            raise
        return query.but(**{**changes, "sort": ""})


def address(path: str, params: Mapping[str, str], page: int = 1) -> str:
    """A path with its parameters, as readable as an address may be."""
    pairs = {**params, "page": str(page)} if page > 1 else dict(params)
    text = urlencode(pairs, quote_via=quote, safe=",:.")
    return f"{path}?{text}" if text else path


def page_number(params: Mapping[str, str]) -> int:
    """The page asked for; 1 when none or nonsense is."""
    text = params.get("page", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 8 else 1


def forecast_days(params: Mapping[str, str]) -> str:
    """How many days ahead are forecast; raises QueryError for what is no number of days."""
    text = params.get("forecast", "").strip()
    if text in ("", OFF) or (text.isdecimal() and 0 < int(text) <= _MOST_AHEAD):
        return text
    raise QueryError(
        f"{text!r} is no number of days to forecast",
        field="forecast",
        text=text,
        allowed=(f"1 to {_MOST_AHEAD}", OFF),
    )


def next_dimension(query: CostQuery, fixed: set[str], present: set[str]) -> str | None:
    """The dimension that a click on a value groups by next; None: its charges are next.

    `fixed` are the dimensions that filters already fix, the clicked one included; `present` those
    that charges have at all (empty: not known, then every one is taken to be).
    """
    current = next((name for name in query.by if name in PATH), None)
    start = PATH.index(current) + 1 if current else PATH.index(_START)
    for name in PATH[start:]:
        told = name in fixed or _SAME.get(name) in fixed
        if not told and (not present or name in present):
            return name
    return None


def is_money(measure: str) -> bool:
    """Whether a measure is an amount of a currency."""
    return MEASURES[measure].kind == "money"
