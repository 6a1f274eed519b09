"""One convention for every list: `rows` a page, `cursor` for the next one.

The next page's address stands in the `Link` header (``rel="next"``), and as `next` in a body that
is an object. A cursor names the last item that was given, not a place in the list: what is added
or removed meanwhile neither repeats an item nor hides one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from outlay.query import QueryError

T = TypeVar("T")
Key = tuple[str | int, ...]
MOST = 10_000
USUAL = 1_000

Rows = Annotated[
    int | None, Query(ge=1, le=MOST, description="Items a page; default 1000", examples=[100])
]
Cursor = Annotated[
    str, Query(description="Where the next page begins: the `cursor` of the Link header")
]


@dataclass(frozen=True)
class Page:
    """What was asked of a list."""

    request: Request
    rows: int
    cursor: str

    def after(self, parts: int) -> Key | None:
        """The key after which the page begins; None for the first one. QueryError for a cursor
        of something else."""
        if not self.cursor:
            return None
        try:
            found = json.loads(base64.urlsafe_b64decode(self.cursor.encode() + b"=="))
        except ValueError:
            found = None
        if (
            not isinstance(found, list)
            or len(found) != parts
            or not all(isinstance(part, str | int) for part in found)
        ):
            raise QueryError(
                "the cursor is none of this list",
                field="cursor",
                text=self.cursor,
                hint="Take it from the Link header of the page before, or leave it out.",
            )
        return tuple(found)

    def of(
        self, items: Sequence[T], key: Callable[[T], Key], *, newest_first: bool = False
    ) -> tuple[list[T], dict[str, str]]:
        """The page's items and its headers. `items` are all of them, `key` what orders them and
        is different for each."""
        ordered = sorted(items, key=key, reverse=newest_first)
        if not ordered:
            return [], {}
        start = self.after(len(key(ordered[0])))
        if start is not None:
            try:
                ordered = [
                    one for one in ordered
                    if (key(one) < start if newest_first else key(one) > start)
                ]  # fmt: skip
            except TypeError:
                raise QueryError(
                    "the cursor is none of this list", field="cursor", text=self.cursor
                ) from None
        shown = ordered[: self.rows]
        if len(ordered) <= self.rows:
            return shown, {}
        return shown, self.link(key(shown[-1]))

    def link(self, key: Key) -> dict[str, str]:
        """The header that leads to the page after a key."""
        return {"Link": f'<{self.next(key)}>; rel="next"'}

    def next(self, key: Key) -> str:
        """The address of the page after a key, below the server's root."""
        text = json.dumps(list(key), separators=(",", ":"), ensure_ascii=False)
        cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return str(self.request.url.include_query_params(cursor=cursor)).removeprefix(
            f"{self.request.url.scheme}://{self.request.url.netloc}"
        )


def _page(request: Request, rows: Rows = None, cursor: Cursor = "") -> Page:
    return Page(request, rows or USUAL, cursor)


Paging = Annotated[Page, Depends(_page)]
"""The page that was asked for, as a parameter of a route."""


def json_page(found: tuple[list[T], dict[str, str]], shape: Callable[[T], Any]) -> Response:
    """A page's response: its items as JSON data, and the Link header."""
    from outlay.api.answers import json_response

    items, headers = found
    return json_response([shape(item) for item in items], headers=headers)
