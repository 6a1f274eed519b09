"""What the pages of anomalies show: rows with a sparkline, one event's chart, days and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from outlay.app.anomalies.events import Day, Event, Member, Part, Step
from outlay.app.anomalies.listing import SHOWN, Sought
from outlay.app.anomalies.telling import days as days_text
from outlay.money import total
from outlay.query import CostQuery, equals
from outlay.query.ranges import between
from outlay.query.titles import dimension as dimension_title
from outlay.web import numbers
from outlay.web.drivers.address import drivers_url
from outlay.web.explore.address import address
from outlay.web.explore.address import next_dimension as next_level

ANOMALIES = "/anomalies"
MONITORS = f"{ANOMALIES}/monitors"

STATE_TONES = {"active": "bad", "ended": "warn", "acknowledged": "info", "resolved": "good"}
REASON_WORDS = {
    "restatement": "restated",
    "tag-change": "tag change",
    "quiet": "kept quiet",
}
SHOWN_WORDS = {
    "open": "Open",
    "active": "Active",
    "ended": "Ended",
    "acknowledged": "Acknowledged",
    "resolved": "Resolved",
    "explained": "Explained",
    "quiet": "Quiet",
    "all": "All",
}
VERDICT_WORDS = {
    "expected": "expected",
    "unexpected": "not expected",
    "too-small": "too small",
    "known": "a known event",
}
KIND_WORDS = {
    "spike": "spike",
    "step": "new level",
    "leak": "slow rise",
    "outage": "outage",
    "shape": "changed week",
}
ACTION_WORDS = {
    "detected": "found it",
    "grew": "It grew.",
    "ended": "It ended.",
    "goes-on": "It goes on.",
    "changed": "Its figures moved.",
    "told": "It is raised.",
    "restatement": "Bills delivered again explain it.",
    "tag-change": "Changed tag rules explain it.",
    "quiet": "It is kept quiet, by feedback on an earlier one.",
    "acknowledge": "acknowledged it",
    "resolve": "resolved it",
    "reopen": "opened it again",
    "withdraw": "took the feedback back",
    "comment": "commented",
}

MEANS = {
    "expected": "Changes of this size are normal here: the same series is raised again only for a "
    "change that is clearly larger in per cent.",
    "unexpected": "It was a true anomaly: its level is not taken for the normal one.",
    "too-small": "The same series is raised again only for a larger impact in money.",
    "known": "A launch, a sale, a test: its days are not judged and are no part of the history.",
}
"""What a word of feedback changes."""

LIMIT_WORDS = {
    "usual": "a multiple of the usual",
    "seen": "what was seen before",
    "minimum": "the monitor's minimum",
    "feedback": "what feedback called expected",
}

_PLAIN = {"SkuId": "SKU", "ResourceId": "Resource", "RegionId": "Region", "SubAccountId": "Account"}
_DAY = timedelta(days=1)
_SPARK_DAYS = 35
_SPARK = (120, 30)


@dataclass(frozen=True)
class Spark:
    """A small picture: what came, what would have been normal, and the event's days marked."""

    line: str
    band: str
    event: str
    mark: tuple[str, str]


@dataclass(frozen=True)
class Row:
    """One event of the list."""

    event: Event
    href: str
    when: str
    spark: Spark | None


@dataclass(frozen=True)
class Link:
    """A choice: its text, address, number, and whether it is the present one."""

    text: str
    href: str
    count: int
    chosen: bool


def event_url(number: int) -> str:
    """The page of an event."""
    return f"{ANOMALIES}/{number}"


def rows(events: Sequence[Event]) -> list[Row]:
    """The rows of the list."""
    return [
        Row(one, event_url(one.id), numbers.days(one.range.start, one.range.end), spark(one))
        for one in events
    ]


def spark(event: Event) -> Spark | None:
    """The event's days and some weeks before them."""
    days = [*event.band, *event.days][-_SPARK_DAYS:]
    if len(days) < 2:
        return None
    width, height = _SPARK
    high = max(max(day.actual, day.upper) for day in days)
    low = min(Decimal(0), *(min(day.actual, day.lower) for day in days))
    span = high - low or Decimal(1)
    step = Decimal(width) / (len(days) - 1)

    def point(index: int, value: Decimal) -> str:
        y = height - 2 - (height - 4) * (value - low) / span
        return f"{step * index:.1f},{y:.1f}"

    uppers = [point(i, day.upper) for i, day in enumerate(days)]
    lowers = [point(i, max(day.lower, low)) for i, day in enumerate(days)]
    first = max(len(days) - len(event.days) - 1, 0)
    return Spark(
        line=" ".join(point(i, day.actual) for i, day in enumerate(days)),
        band=" ".join((*uppers, *reversed(lowers))),
        event=" ".join(point(i, day.actual) for i, day in enumerate(days) if i >= first),
        mark=(f"{step * first:.1f}", f"{step * (len(days) - 1 - first):.1f}"),
    )


def filters(sought: Sought, counts: Mapping[str, int]) -> list[Link]:
    """The states with their numbers; those of nothing are left out but for the usual ones."""
    always = ("open", "acknowledged", "resolved", "all")
    return [
        Link(SHOWN_WORDS[one], list_url(sought, state=one), counts[one], one == sought.state)
        for one in SHOWN
        if counts[one] or one in always or one == sought.state
    ]


def list_url(sought: Sought, **changes: object) -> str:
    """The list with some filters changed."""
    return address(ANOMALIES, params(sought, **changes))


def params(sought: Sought, **changes: object) -> dict[str, str]:
    """The filters as an address has them: what is as usual is left out."""
    usual = vars(Sought())
    given = {**vars(sought), **changes}
    return {name: str(value) for name, value in given.items() if value != usual[name]}


# --- one event --------------------------------------------------------------------------------


def question(event: Event, member: Member | None = None) -> CostQuery:
    """The question behind an event, over its own days."""
    days = event.range
    return CostQuery(
        measures=(event.measure,),
        where=(member or event.lead).where,
        range=between(days.start, days.end),
        splits="direct",
    )


def explore_url(event: Event, member: Member | None = None, part: Part | None = None) -> str:
    """Explore, by day, from four weeks before the event."""
    query = question(event, member)
    start = event.range.start - timedelta(days=28)
    query = query.but(range=between(start, event.range.end), grain="day")
    fixed = set((member or event.lead).dimensions)
    if part is not None:
        for name, value in part.values.items():
            query = query.narrowed(equals(name, value))
            fixed.add(name)
    following = next_level(query, fixed, set())
    if following:
        query = query.but(by=(following,))
    return address("/explore", query.to_params())


def why_url(event: Event, part: Part | None = None) -> str:
    """What drove it: the event's days against those it was compared with."""
    query = question(event)
    if part is not None:
        for name, value in part.values.items():
            query = query.narrowed(equals(name, value))
    against = event.split.against if event.split else None
    if against is None:
        days = event.range
        weeks = -(-days.days // 7) * 7
        first, end = days.start - timedelta(days=weeks), days.end - timedelta(days=weeks)
    else:
        first, end = against.start, against.end
    query = query.but(by=("ServiceName",))
    return drivers_url(query, against=between(first, end))


def chart(
    event: Event, actual: Mapping[datetime, Decimal], until: datetime
) -> dict[str, Any] | None:
    """The chart: what came, the band of what would have been normal, the event's days marked."""
    known = {day.start: day for day in (*event.band, *event.days)}
    step = timedelta(hours=1) if event.grain == "hour" else timedelta(days=1)
    if not known:
        return None
    moments = []
    at = min(known)
    end = max(max(known) + step, until)
    while at < end:
        moments.append(at)
        at += step
    values = [
        amount if (amount := actual.get(one)) is not None
        else (known[one].actual if one in known else Decimal(0))
        for one in moments
    ]  # fmt: skip
    bands = [known.get(one) for one in moments]
    inside = [i for i, one in enumerate(moments) if event.start <= one < event.end]
    return {
        "kind": "lines",
        "labels": [_label(one, event.grain) for one in moments],
        "ticks": [_tick(one, event.grain) for one in moments],
        "incomplete_from": len(moments),
        "series": [
            {
                "name": "Actual",
                "colour": "s1",
                "values": [float(value) for value in values],
                "texts": [_money(value, event) for value in values],
                "dashed": False,
            }
        ],
        "totals": None,
        "links": False,
        "forecast": {
            "name": "Expected",
            "values": [None if day is None else float(day.expected) for day in bands],
            "texts": [None if day is None else _money(day.expected, event) for day in bands],
            "bands": [_drawn_band(bands, event)],
            "note": "by the weeks before",
        },
        "marks": [
            {
                "from": inside[0],
                "to": inside[-1],
                "when": days_text(event),
                "text": event.title,
                "category": "incident",
                "href": "#days",
            }
        ]
        if inside
        else [],
    }


def _drawn_band(bands: Sequence[Day | None], event: Event) -> dict[str, Any]:
    return {
        "name": "most",
        "lower": [None if day is None else float(day.lower) for day in bands],
        "upper": [None if day is None else float(day.upper) for day in bands],
        "texts": [
            None
            if day is None
            else f"{numbers.amount(day.lower, event.currency)} – {_money(day.upper, event)}"
            for day in bands
        ],
    }


def _money(value: Decimal, event: Event) -> str:
    return f"{numbers.amount(value, event.currency)} {event.currency}"


def _label(one: datetime, grain: str) -> str:
    return f"{one:%a} {one.day} {one:%b %Y}" + (f" {one:%H}:00" if grain == "hour" else "")


def _tick(one: datetime, grain: str) -> str:
    return f"{one:%H}:00" if grain == "hour" and one.hour else f"{one.day} {one:%b}"


def beginning(event: Event) -> datetime:
    """The first moment of the chart."""
    return min((day.start for day in event.band), default=event.start)


def part_values(event: Event, values: Mapping[str, str | None]) -> list[tuple[str, str, str]]:
    """Dimension, what people call the value, and the value itself where that is another."""
    found = []
    for name, value in values.items():
        shown = event.named(name, value)
        found.append((_PLAIN.get(name) or dimension_title(name), shown, value or ""))
    return found


def grouped(member: Member) -> str:
    """By what a series is grouped, in words."""
    names = (name.replace("SubAccountId", "SubAccountName") for name in member.dimensions)
    return " and ".join(dimension_title(name).lower() for name in names)


def member_days(member: Member) -> str:
    """The days of a series."""
    return numbers.days(member.start.date(), (member.end - timedelta(microseconds=1)).date() + _DAY)


def moment_text(start: datetime, grain: str) -> str:
    """A day with its weekday, or an hour."""
    hour = f" {start:%H}:00" if grain == "hour" else ""
    return f"{start:%a} {numbers.day(start.date())}{hour}"


def said(step: Step) -> str:
    """What a step says, after its author's name."""
    if step.action == "feedback":
        return f"says that it is {VERDICT_WORDS.get(step.verdict, step.verdict)}"
    if step.action == "assign":
        to = str(step.detail.get("to", ""))
        return f"gave it to {to}" if to else "gave it to nobody"
    return ACTION_WORDS.get(step.action, step.action)


def is_by_product(step: Step) -> bool:
    """Whether a step is what a look found, not what a person did."""
    word = ACTION_WORDS.get(step.action, "")
    return step.action == "detected" or word.endswith(".")


def sum_of(amounts: Sequence[Decimal]) -> Decimal:
    """A sum, exactly: for templates."""
    return total(amounts)
