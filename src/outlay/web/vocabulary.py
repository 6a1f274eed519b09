"""Vocabulary: how much of the money has one name for all providers, and what has none."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.app import vocabulary
from outlay.app.vocabulary import ABOUT, Coverage, Share
from outlay.web.render import Site

_MOST_ROWS = 200
_GOOD, _FAIR = 98, 90
"""Per cent from which a share is well, and below which it is bad."""


@dataclass(frozen=True)
class Row:
    """A provider in one currency, with its shares by what they are about."""

    provider: str
    currency: str
    shares: dict[str, Share]

    @property
    def total(self) -> Share:
        """The share that all its money counts in."""
        return self.shares["service"]


def router(site: Site) -> APIRouter:
    """The route of the vocabulary's page."""
    routes = APIRouter()

    @routes.get("/vocabulary", response_class=HTMLResponse)
    def page(request: Request) -> Response:
        """Coverage by provider, and the values without a name."""
        found = vocabulary.coverage(site.workspace)
        return site.page(
            request,
            "vocabulary.html",
            active="sources",
            title="Vocabulary",
            found=found,
            about=ABOUT,
            rows=_rows(found),
            overall=_overall(found),
            unmapped=found.unmapped[:_MOST_ROWS],
            hidden=max(0, len(found.unmapped) - _MOST_ROWS),
            own=vocabulary.vocabularies(site.workspace),
            tone=_tone,
        )

    return routes


def _rows(found: Coverage) -> list[Row]:
    rows: dict[tuple[str, str], Row] = {}
    for share in found.shares:
        key = (share.provider, share.currency)
        rows.setdefault(key, Row(*key, {})).shares[share.about] = share
    return list(rows.values())


def _overall(found: Coverage) -> dict[str, list[Share]]:
    """All providers together, by what it is about and currency, the largest currency first."""
    sums: dict[tuple[str, str], Share] = {}
    for share in found.shares:
        key = (share.about, share.currency)
        sums[key] = vocabulary.added(sums.get(key), share)
    overall: dict[str, list[Share]] = {about: [] for about in ABOUT}
    for share in sorted(sums.values(), key=lambda s: (-s.total, s.currency)):
        overall[share.about].append(share)
    return overall


def _tone(share: Share) -> str:
    """How well a share is, as the tone of its badge."""
    return "good" if share.percent >= _GOOD else "warn" if share.percent >= _FAIR else "bad"
