"""Savings: what could be saved, net of overlaps, whose it is, and what people do about it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from outlay.app.savings import acting, listing, shapes
from outlay.app.savings.errors import SavingError
from outlay.app.savings.listing import Row, Sought
from outlay.app.savings.telling import discounted, effects, headroom
from outlay.mcp.registry import Answer, Context, Input, Json, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, Truncation, cut
from outlay.money import money_text
from outlay.savings.recommendation import Recommendation

_TOLD = 20

_STATES = Literal[
    "open", "identified", "assigned", "accepted", "implemented", "verified", "sustained",
    "snoozed", "dismissed", "expired", "regressed", "all",
]  # fmt: skip


class SavingsInput(Input):
    """Which recommendations."""

    state: _STATES = Field(default="open", description="open: the money is still to be saved")
    owner: str = Field(default="", description="A value of the owners' virtual tag; -: nobody's")
    assignee: str = ""
    provider: str = ""
    account: str = ""
    action: str = Field(default="", description="Rightsize, Delete, Stop, Schedule…")
    effort: Literal["", "VeryLow", "Low", "Medium", "High", "VeryHigh"] = ""
    confidence: Literal["", "high", "medium", "low"] = ""
    minimum: Decimal = Field(default=Decimal(0), ge=0, description="The least net saving a month")
    late: bool = Field(default=False, description="Overdue ones alone")
    text: str = Field(default="", description="With this in it, such as a resource")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class SavingsOutput(Output):
    """Recommendations, the largest first, with totals over all that fit."""

    savings: list[dict[str, Any]] = Field(
        description="id, title, state, monthly_saving (the tool's word), monthly_net (what the "
        "bill would fall by for it), currency, owner, due_on, effort, confidence"
    )
    totals: list[dict[str, Any]] = Field(
        description="By currency: all findings, best of alternatives, net of overlaps. Only net "
        "may be promised: the others count the same dollar twice"
    )
    counts: dict[str, int]
    overdue: int
    truncation: Truncation
    links: list[Link]


@tool("savings", "What could be saved", "GET /savings", SavingsOutput, input=SavingsInput)
def savings(context: Context, asked: SavingsInput) -> Answer:
    """Recommendations of native tools and of Outlay's own detectors, merged and net of overlaps,
    with owners and due dates. Look here when asked where money can be saved."""
    given = asked.model_dump(exclude={"limit"})
    found = listing.recommendations(context.workspace, Sought(**given))
    told = shapes.listed_json(found, len(found.rows))
    rows, left = cut(told["rows"], asked.limit, "the minimum or the owner")
    link = context.links.to("Savings", "/savings", {"state": asked.state})
    data: Json = {
        "savings": rows,
        "totals": told["totals"],
        "counts": told["counts"],
        "overdue": told["overdue"],
        "truncation": left,
        "links": [link],
    }
    lines = [_line(row) for row in found.rows[:_TOLD]] or ["Nothing to save is like that."]
    lines += [
        f"Net of overlaps: {money_text(one.net)} {one.currency} a month ({one.count})"
        for one in found.totals
    ]
    return Answer(data, "\n".join(lines))


class SavingInput(Input):
    """One recommendation."""

    saving: int = Field(ge=1, description="The id of savings")


class SavingOutput(Output):
    """A recommendation with its evidence."""

    saving: dict[str, Any] = Field(
        description="As in savings, with findings (what each tool says, evidence, reasons), "
        "effects (why it counts for less than its word), others (of the same resource), steps"
    )
    links: list[Link]


@tool("explain_saving", "How a saving is reckoned", "GET /savings/{number}", SavingOutput,
      input=SavingInput)  # fmt: skip
def explain_saving(context: Context, asked: SavingInput) -> Answer:
    """What a recommendation stands on, figure by figure, what it overlaps with, whose it is and
    what was done about it."""
    found = listing.recommendation(context.workspace, asked.saving)
    one = found.row.recommendation
    link = context.links.to(one.finding.title, f"/savings/{one.id}")
    lines = [_line(found.row), one.finding.basis, *one.finding.reasons]
    lines += [f"- {e.name}: {money_text(e.value)} {e.unit}".rstrip() for e in one.finding.evidence]
    lines += [f"- {text}" for text in headroom(one.finding)]
    lines += [text for text in (discounted(one),) if text]
    lines += [line.text for line in effects(found)]
    data: Json = {"saving": shapes.shown_json(found), "links": [link]}
    return Answer(data, "\n".join([*lines, one.owner_why, f"Page: {link['url']}"]))


class SavingStepInput(SavingInput):
    """What to do with a recommendation."""

    step: Literal["assign", "accept", "implement", "snooze", "dismiss", "reopen", "comment"]
    note: str = Field(default="", max_length=2000, description="Why; of dismiss: the reason")
    person: str = Field(default="", description="Of assign: who looks after it; empty: nobody")
    until: date | None = Field(default=None, description="Of snooze and dismiss: it comes back")


class SavingStepOutput(Output):
    """The recommendation as it is now."""

    saving: dict[str, Any]
    links: list[Link]


@tool("act_on_saving", "Assign, accept, snooze or dismiss a saving",
      "POST /savings/{number}/accept", SavingStepOutput, input=SavingStepInput,
      needs="writes")  # fmt: skip
def act_on_saving(context: Context, asked: SavingStepInput) -> Answer:
    """Move a recommendation on: kept with the name of who asks. Accepting freezes its baseline on
    the bill; what is implemented is then measured against it."""
    one = _done(context, asked)
    link = context.links.to(one.finding.title, f"/savings/{one.id}")
    data: Json = {"saving": shapes.recommendation_json(one), "links": [link]}
    return Answer(data, f"Done: recommendation {one.id} is {one.state}. {link['url']}")


def _done(context: Context, asked: SavingStepInput) -> Recommendation:
    found = acting.bulk(
        context.workspace,
        [asked.saving],
        asked.step,
        asked.note,
        person=asked.person,
        until=asked.until,
    )
    if found.refused:
        raise SavingError("; ".join(found.refused.values()))
    return found.done[0]


def _line(row: Row) -> str:
    one = row.recommendation
    worth = f"{money_text(row.net)} {one.currency} a month net"
    due = f", due {one.due_on}{' (overdue)' if row.overdue else ''}" if one.due_on else ""
    return f"- {one.id}: {one.finding.title}: {worth}, {one.state}, {one.owner or 'nobody'}{due}"
