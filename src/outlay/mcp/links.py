"""Addresses of pages that show what a tool said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from outlay.query import CostQuery

DEFAULT = "http://127.0.0.1:8710"


@dataclass(frozen=True)
class Links:
    """Makes addresses below `base`, where the pages are served."""

    base: str = DEFAULT

    def to(self, title: str, path: str, params: Mapping[str, str] | None = None) -> dict[str, str]:
        """A page by its path, each part of which is already quoted (see `part`)."""
        query = urlencode(dict(params or {}), quote_via=quote, safe=",:.")
        address = f"{self.base.rstrip('/')}{path}"
        return {"title": title, "url": f"{address}?{query}" if query else address}

    def question(self, title: str, query: CostQuery, path: str = "/explore") -> dict[str, str]:
        """The page of a question."""
        return self.to(title, path, query.to_params())


def part(text: str) -> str:
    """A name as one part of a path."""
    return quote(text, safe="")
