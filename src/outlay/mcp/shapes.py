"""Parts that several tools take and give: the question, money, what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, Field

from outlay.mcp.registry import Input, Output
from outlay.money import money_text
from outlay.query import MEASURES, CostQuery
from outlay.query.result import json_value

DEFAULT_LIMIT = 50
MOST_ROWS = 500
"""Rows in one answer at most: what is more tells a model nothing that a coarser question would
not."""

Names = list[str] | str
Cell = str | int | None


class Link(BaseModel):
    """A page that shows the same."""

    title: str
    url: str


class MeasureUsed(BaseModel):
    """A measure of an answer, and what it means."""

    name: str
    title: str
    description: str
    kind: Literal["money", "quantity", "count"]


class Truncation(BaseModel):
    """What is not shown. What is left out of an answer with money is summed in `other`."""

    truncated: bool
    shown: int = Field(description="How many are in this answer")
    total: int | None = Field(description="How many there are; null: more than are shown")
    hint: str = Field(description="How to see more; empty where all is shown")


class Scoped(Input):
    """What every question narrows by."""

    range: str = Field(
        default="",
        description="A relative range such as last-month, last-30-days, last-3-months, "
        "this-month, year-to-date; or all (default). Not together with from and to.",
        examples=["last-month"],
    )
    from_: str = Field(
        default="", alias="from", description="First day, UTC, YYYY-MM-DD", examples=["2026-10-01"]
    )
    to: str = Field(
        default="", description="The day AFTER the last one, YYYY-MM-DD", examples=["2026-11-01"]
    )
    where: str = Field(
        default="",
        description="A condition over dimensions: =, <>, IN (…), LIKE, IS NULL, AND, OR, NOT. "
        "Tags are tags.KEY, virtual tags go by their name. list_dimensions and list_values give "
        "the names.",
        examples=["ServiceName = 'Amazon EC2' AND tags.team IS NULL"],
    )
    as_of: str = Field(
        default="",
        description="What was known then: a day, a UTC time or a snapshot id. Default: now.",
    )


class Question(Scoped):
    """The question that page, command line and API ask as well."""

    measures: Names = Field(
        default_factory=list,
        description="What is summed; default EffectiveCost. list_measures gives the names.",
        examples=[["EffectiveCost"]],
    )
    by: Names = Field(
        default_factory=list,
        description="Dimensions to group by, in order",
        examples=[["ServiceName", "tags.team"]],
    )
    grain: Literal["", "none", "hour", "day", "week", "month", "quarter", "year"] = Field(
        default="", description="Periods of time to group by; default none"
    )
    compare: Literal["", "none", "previous", "previous-year"] = Field(
        default="", description="Add the period before, or the same of last year, and the change"
    )
    sort: str = Field(
        default="",
        description="A column of the answer, - before it for descending; movers for the largest "
        "change first (with compare). Default: largest amount first.",
    )
    limit: int = Field(
        default=DEFAULT_LIMIT,
        ge=1,
        le=MOST_ROWS,
        description="Groups shown; the others are summed exactly as other",
    )
    currency: str = Field(
        default="",
        description="Convert to this currency (ISO 4217) by daily rates; default: as billed",
    )
    rates: str = Field(default="", description="ecb or the name of a table of rates")
    splits: Literal["", "applied", "direct"] = Field(
        default="", description="Whether shared cost is split among a virtual tag's values"
    )
    rules_as_of: str = Field(
        default="", description="By the virtual tags and splits of then: a day or a UTC time"
    )


class Money(Output):
    """What every answer with money says of it."""

    currency: str | None = Field(
        description="The currency of all amounts; null where each row names its own"
    )
    range: dict[str, str] | None = Field(
        description="The days that were asked: from inclusive, to exclusive, UTC; null: no charge"
    )
    measures: list[MeasureUsed]
    snapshot: str | None = Field(
        description="The state of the ledger that was read; give it as as_of to ask the same again"
    )
    links: list[Link]


def cost_query(asked: Scoped, **more: object) -> CostQuery:
    """The question of a tool's arguments; raises QueryError with what is near and allowed."""
    given = asked.model_dump(by_alias=True)
    known = {*CostQuery.model_fields, "from", "to"}
    parts = {name: value for name, value in given.items() if name in known}
    parts |= more
    return CostQuery.model_validate(
        {name: value for name, value in parts.items() if value not in ("", [], None)}
    )


def measures_used(names: Iterable[str]) -> list[dict[str, Any]]:
    """What is meant by the measures of an answer."""
    return [
        {
            "name": one.name,
            "title": one.title,
            "description": one.description,
            "kind": one.kind,
        }
        for one in (MEASURES[name] for name in names)
    ]


def truncation(shown: int, total: int, hint: str) -> dict[str, Any]:
    """What is not shown."""
    return {
        "truncated": shown < total,
        "shown": shown,
        "total": total,
        "hint": hint if shown < total else "",
    }


def cut(rows: list[Any], limit: int, what: str) -> tuple[list[Any], dict[str, Any]]:
    """The first rows of a list without money to be summed, and what is left out."""
    kept = rows[:limit]
    hint = f"Ask with a higher limit (at most {MOST_ROWS}) or narrow down {what}."
    return kept, truncation(len(kept), len(rows), hint)


def amounts(money: Mapping[str, Decimal]) -> str:
    """Amounts by currency in words: `12.50 USD, 3 EUR`."""
    return ", ".join(f"{money_text(amount)} {c}" for c, amount in money.items()) or "nothing"


def texts(money: Mapping[str, Decimal]) -> dict[str, str]:
    """Amounts by currency as data."""
    return {currency: json_value(amount, "money") for currency, amount in money.items()}


def period(days: Any) -> str:
    """Days in words, both ends included as people say them."""
    if not days:
        return "no days"
    start, end = (days["from"], days["to"]) if isinstance(days, dict) else (days.start, days.end)
    return f"from {start} to before {end} (UTC)"
