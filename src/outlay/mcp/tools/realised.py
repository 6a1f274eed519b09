"""Realised savings: what was promised, and what the bill shows of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from outlay.app.realised import listing, shapes
from outlay.app.realised.listing import Sought
from outlay.mcp.registry import Answer, Context, Input, Json, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, Truncation, cut
from outlay.money import money_text

_TOLD = 25


class RealisedInput(Input):
    """Which entries of the ledger."""

    by: Literal["month", "owner", "provider", "action", "recommendation"] = "month"
    since: str = Field(default="", description="The first month, YYYY-MM")
    until: str = Field(default="", description="The last month, YYYY-MM")
    owner: str = Field(default="", description="An owner; '-' for nobody's")
    recommendation: int = Field(
        default=0, ge=0, description="A recommendation's number: its days and baseline as well"
    )
    known: str = Field(default="", description="As known at the end of this day, YYYY-MM-DD")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class RealisedOutput(Output):
    """Sums of the ledger."""

    rows: list[dict[str, Any]] = Field(
        description="value of the grouping, promised, realised, missed, beyond, effects (usage, "
        "rate, replacement…) that add up to realised, avoided and one_off apart, currency"
    )
    totals: list[dict[str, Any]] = Field(description="The same over all rows, by currency")
    pace: list[dict[str, Any]] = Field(description="A month and a year at the present pace")
    saving: dict[str, Any] | None = Field(
        default=None, description="The recommendation that was asked for, in words and figures"
    )
    truncation: Truncation
    links: list[Link]


@tool("realised", "What savings were realised", "GET /realised", RealisedOutput,
      input=RealisedInput)  # fmt: skip
def realised(context: Context, asked: RealisedInput) -> Answer:
    """What recommendations promised and what the bill shows of it: actual cost against a baseline
    that was frozen at acceptance, usage and rate apart. Avoided and one-off money is never part of
    realised."""
    sought = Sought(asked.since, asked.until, asked.owner, known=asked.known)
    found = listing.ledger(context.workspace, sought, asked.by)
    told = shapes.ledger_json(found, 0)
    rows, left = cut(told["rows"], asked.limit, "the months or the owner")
    params = {k: v for k, v in (("by", asked.by), ("since", asked.since)) if v}
    link = context.links.to("Realised savings", "/realised", params)
    data: Json = {
        "rows": rows,
        "totals": told["totals"],
        "pace": told["pace"],
        "saving": None,
        "truncation": left,
        "links": [link],
    }
    lines = [
        f"- {row.value or 'nobody'}: promised {money_text(row.sums.promised)}, realised "
        f"{money_text(row.sums.realised)}, missed {money_text(row.sums.missed)} "
        f"{row.sums.currency}"
        for row in found.rows[:_TOLD]
    ]
    if asked.recommendation:
        one = shapes.of_json(listing.realised_of(context.workspace, asked.recommendation))
        data["saving"] = {key: value for key, value in one.items() if key != "history"}
        lines += [f"- #{asked.recommendation}: {text}" for text in one["words"]]
    return Answer(data, "\n".join(lines or ["Nothing was measured of these."]))
