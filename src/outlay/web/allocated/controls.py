"""What these pages share: the range picker, links that keep a question, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.query import QueryError, ranges
from outlay.web import words
from outlay.web.render import Site

RANGES = ("last-month", "month-to-date", "last-6-months", "last-13-months", "year-to-date", "all")


@dataclass(frozen=True)
class Choice:
    """One choice of a picker: its value, what it is called, and whether it is chosen."""

    value: str
    title: str
    chosen: bool


@dataclass(frozen=True)
class Picker:
    """The range picker: a title, links to the presets, and the days of an absolute range."""

    title: str
    links: tuple[tuple[str, str, bool], ...]
    first: str
    last: str
    action: str
    kept: Mapping[str, str]


def address(path: str, params: Mapping[str, str | None]) -> str:
    """An address with the parameters that have a value."""
    kept = {key: value for key, value in params.items() if value}
    return path + (f"?{urlencode(kept)}" if kept else "")


def range_picker(
    path: str,
    params: Mapping[str, str],
    range_: str,
    today: date,
    default: str = ranges.ALL,
) -> Picker:
    """The picker of a page that keeps every other parameter; its default range is left out."""
    kept = {k: v for k, v in params.items() if k not in ("range", "from", "to", "until")}
    days = ranges.resolve(range_, today)
    last = "" if days.end is None else str(days.end - timedelta(days=1))
    links = tuple(
        (
            address(path, {**kept, "range": "" if name == default else name}),
            words.range_(name),
            name == range_,
        )
        for name in RANGES
    )
    return Picker(words.range_(range_), links, str(days.start or ""), last, path, kept)


def moved(request: Request, drop: Mapping[str, str] | None = None) -> Response | None:
    """Where a form has sent its fields: to the address that other people can be given.

    Empty fields go, as do those that say what is the default (`drop`); a last day (`until`)
    becomes the day after it (`to`). None where the address is one already.
    """
    given = dict(request.query_params)
    kept = {
        key: value for key, value in given.items()
        if value.strip() and (drop or {}).get(key) != value
    }  # fmt: skip
    if kept.get("until"):
        day = ranges.parse_day(kept.pop("until"), "to")
        assert day is not None
        kept["to"] = str(day + timedelta(days=1))
    if "from" in kept or "to" in kept:
        kept.pop("range", None)
    if kept == given:
        return None
    return RedirectResponse(address(request.url.path, kept), 303)


def misunderstood(
    site: Site, request: Request, active: str, title: str, error: QueryError
) -> HTMLResponse:
    """The page of a question that cannot be answered: what, where, what is allowed, the way on."""
    params = dict(request.query_params)
    # A part that is named by another's value goes with it: before=draft with its draft.
    without = {k: v for k, v in params.items() if error.field not in (k, v)}
    path = request.url.path
    return site.page(
        request,
        "allocated/misunderstood.html",
        400,
        active=active,
        title=title,
        error=error,
        without=address(path, without) if without != params else path,
        start=path,
    )
