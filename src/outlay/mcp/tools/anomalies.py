"""Anomalies: what was not expected, what drove it, and what people do about it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from outlay.app.anomalies import acting, listing, shapes
from outlay.app.anomalies.events import Event
from outlay.app.anomalies.listing import DEFAULT_DAYS, Sought
from outlay.app.anomalies.watching import watching
from outlay.mcp.registry import Answer, Context, Input, Json, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, Truncation, cut
from outlay.money import money_text

_TOLD = 20


class AnomaliesInput(Input):
    """Which anomalies."""

    state: Literal[
        "open", "active", "ended", "acknowledged", "resolved", "explained", "quiet", "all"
    ] = Field(
        default="open",
        description="open: nobody has dealt with it and nothing explains it; explained: by "
        "restated bills or changed tag rules; quiet: kept quiet by feedback",
    )
    direction: Literal["", "up", "down"] = ""
    owner: str = Field(default="", description="A value of the owning virtual tag, or a person")
    minimum: Decimal = Field(default=Decimal(0), ge=0, description="The least impact in money")
    days: int = Field(default=DEFAULT_DAYS, ge=1, description="Not over before so many days ago")
    text: str = Field(default="", description="With this in it, such as a service")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class AnomaliesOutput(Output):
    """Events, what goes on first, then the largest."""

    anomalies: list[dict[str, Any]] = Field(
        description="id, sentence, driver, state, first_day, last_day, actual, expected, impact "
        "(actual − expected) in currency, owner"
    )
    above: list[dict[str, str]] = Field(description="Impact above the expected, by currency")
    below: list[dict[str, str]] = Field(description="Impact below the expected, by currency")
    counts: dict[str, int]
    truncation: Truncation
    links: list[Link]


@tool("list_anomalies", "List anomalies of cost", "GET /anomalies", AnomaliesOutput,
      input=AnomaliesInput)  # fmt: skip
def list_anomalies(context: Context, asked: AnomaliesInput) -> Answer:
    """Days that cost more or less than their own past led to expect; one cause is one event, with
    its impact in money and what drove it. Look here first when asked what is unusual."""
    sought = Sought(
        state=asked.state,
        direction=asked.direction,
        owner=asked.owner,
        minimum=asked.minimum,
        days=asked.days,
        text=asked.text,
    )
    found = listing.anomalies(context.workspace, sought)
    told = shapes.listed_json(found, len(found.events))
    rows, left = cut(told["rows"], asked.limit, "the minimum or the state")
    link = context.links.to("Anomalies", "/anomalies", {"state": asked.state})
    data: Json = {
        "anomalies": rows,
        "above": told["above"],
        "below": told["below"],
        "counts": told["counts"],
        "truncation": left,
        "links": [link],
    }
    lines = [f"- {one.id}: {one.sentence} {one.driver}" for one in found.events[:_TOLD]]
    doubt = watching(context.workspace).doubt
    return Answer(data, "\n".join([*(lines or ["No anomaly is like that."]), doubt]).strip())


class AnomalyInput(Input):
    """One anomaly."""

    anomaly: int = Field(ge=1, description="The id of list_anomalies")


class AnomalyOutput(Output):
    """An event with what drove it."""

    anomaly: dict[str, Any] = Field(
        description="As in list_anomalies, with days (actual, expected, lower, upper, difference), "
        "explained (the smallest set of values that holds the impact), split (usage, price, mix… "
        "that add up to the impact), series of the same cause, explaining (a restatement or rule "
        "change), steps (what people did)"
    )
    links: list[Link]


@tool("explain_anomaly", "What drove an anomaly", "GET /anomalies/{number}", AnomalyOutput,
      input=AnomalyInput)  # fmt: skip
def explain_anomaly(context: Context, asked: AnomalyInput) -> Answer:
    """Which service, region, resource, SKU or virtual-tag value holds an anomaly's impact, whether
    it was usage, price, mix, a restatement or changed tag rules, day by day, and what was done."""
    event = listing.anomaly(context.workspace, asked.anomaly)
    told = shapes.whole_json(event, listing.steps(context.workspace, asked.anomaly))
    told.pop("basis")
    told.pop("band")
    link = context.links.to(event.title, f"/anomalies/{event.id}")
    lines = [f"{event.sentence} {event.driver}".strip(), *_lines(event)]
    return Answer({"anomaly": told, "links": [link]}, "\n".join([*lines, f"Page: {link['url']}"]))


def _lines(event: Event) -> list[str]:
    currency = event.currency
    found = [
        f"- {day.start.date()}: actual {money_text(day.actual)}, expected "
        f"{money_text(day.expected)} {currency}"
        for day in event.days[:_TOLD]
    ]
    if event.split is not None:
        found += [f"- {e.title}: {money_text(e.amount)} {currency}" for e in event.split.effects]
    return found


class ActInput(AnomalyInput):
    """What to do with an anomaly."""

    action: Literal["acknowledge", "resolve", "reopen", "comment", "assign", "feedback"]
    note: str = Field(default="", max_length=2000, description="Why; the words of a comment")
    verdict: Literal["", "expected", "unexpected", "too-small", "known"] = Field(
        default="", description="Of feedback: it changes what is raised next"
    )
    person: str = Field(default="", description="Of assign: who looks after it; empty: nobody")


class ActOutput(Output):
    """The event as it is now."""

    anomaly: dict[str, Any]
    links: list[Link]


@tool("act_on_anomaly", "Acknowledge an anomaly, or say what it was",
      "POST /anomalies/{number}/acknowledge", ActOutput, input=ActInput,
      needs="writes")  # fmt: skip
def act_on_anomaly(context: Context, asked: ActInput) -> Answer:
    """Acknowledge, resolve or reopen an anomaly, comment on it, give it to somebody, or say what
    it was. Kept with the name of who asks; an acknowledged one leaves the digests."""
    workspace, number, note = context.workspace, asked.anomaly, asked.note
    done = {
        "acknowledge": lambda: acting.acknowledge(workspace, number, note),
        "resolve": lambda: acting.resolve(workspace, number, note),
        "reopen": lambda: acting.reopen(workspace, number, note),
        "comment": lambda: acting.comment(workspace, number, note),
        "assign": lambda: acting.assign(workspace, number, asked.person, note),
        "feedback": lambda: acting.feedback(workspace, number, asked.verdict, note),
    }
    event = done[asked.action]()
    link = context.links.to(event.title, f"/anomalies/{event.id}")
    data = {"anomaly": shapes.event_json(event), "links": [link]}
    return Answer(data, f"Done: anomaly {event.id} is {event.state}. {link['url']}")
