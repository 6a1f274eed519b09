"""What the pages of realised savings show: addresses, states, effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from outlay.app.realised.listing import Ledger, Sought
from outlay.savings.realised.ledger import GROUPINGS, Row

REALISED = "/realised"
FILTERS = ("since", "until", "owner", "provider", "action", "currency", "known")
BY_WORDS = {
    "month": "Month",
    "owner": "Owner",
    "provider": "Provider",
    "action": "Action",
    "recommendation": "Recommendation",
}
STATE_TONES = {
    "implemented": "info",
    "verified": "good",
    "sustained": "good",
    "regressed": "bad",
    "accepted": "info",
}


@dataclass(frozen=True)
class Choice:
    """A link among others."""

    text: str
    href: str
    chosen: bool


def url(params: Mapping[str, str], **changes: str) -> str:
    """The address of the ledger with these filters; defaults are left out."""
    given = {**params, **changes}
    kept = {key: value for key, value in given.items() if value}
    if kept.get("by") == "owner":
        del kept["by"]
    return f"{REALISED}?{urlencode(kept)}" if kept else REALISED


def file_url(params: Mapping[str, str], form: str) -> str:
    """The address of the ledger as a file."""
    kept = {key: params[key] for key in FILTERS if params.get(key)}
    return f"{REALISED}/export?{urlencode({'format': form, **kept})}"


def groupings(params: Mapping[str, str], by: str) -> list[Choice]:
    """The groupings to choose from."""
    return [Choice(BY_WORDS[name], url(params, by=name), name == by) for name in GROUPINGS]


def sought_of(params: Mapping[str, str]) -> Sought:
    """The filters of an address; raises QueryError."""
    return Sought(**{name: params.get(name, "") for name in FILTERS})


def narrower(params: Mapping[str, str], by: str, row: Row) -> str:
    """Where a row leads: to what it is made of."""
    if by == "recommendation":
        return f"{REALISED}/{row.value}"
    if by == "month":
        return url(params, since=row.value, until=row.value, by="recommendation")
    if by == "owner":
        return url(params, owner=row.value or "-", by="recommendation")
    return url(params, **{by: row.value, "by": "recommendation"})


def title_of(found: Ledger, by: str, row: Row) -> str:
    """A row's value for people."""
    if by == "recommendation":
        titles = (one.title for one in found.entries if str(one.recommendation) == row.value)
        return next(titles, row.value)
    if by == "owner":
        return row.value or "Nobody's"
    return row.value
