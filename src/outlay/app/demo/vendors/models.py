"""What Kestrel asks language models for, day by day: one truth for bills and gateway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from outlay.app.demo.fleet import digest
from outlay.app.demo.story import Story
from outlay.money import BillingPeriod

_MILLION = Decimal("0.000001")

# Public prices in dollars a million tokens: input, cached input, cache write, output.
PRICES: dict[str, tuple[str, str, str, str]] = {
    "gpt-5-2025-08-07": ("1.25", "0.125", "0", "10"),
    "gpt-4o-mini-2024-07-18": ("0.15", "0.075", "0", "0.6"),
    "text-embedding-3-small": ("0.02", "0", "0", "0"),
    "claude-opus-4-6": ("5", "0.5", "6.25", "25"),
    "claude-sonnet-4-5-20250929": ("3", "0.3", "3.75", "15"),
    "claude-haiku-4-5-20251001": ("1", "0.1", "1.25", "5"),
}


@dataclass(frozen=True)
class Tokens:
    """Tokens of some requests: input (not from the cache), read from it, written to it, output."""

    input: int
    cached: int
    written: int
    output: int

    def costs(self, model: str, share: str = "1") -> dict[str, Decimal]:
        """Dollars by kind of token at a share of the public price."""
        counts = (self.input, self.cached, self.written, self.output)
        prices = zip(("input", "cached", "written", "output"), counts, PRICES[model], strict=True)
        return {
            kind: Decimal(count) * Decimal(price) * Decimal(share) * _MILLION
            for kind, count, price in prices
            if count
        }


@dataclass(frozen=True)
class Person:
    """An employee with a key at the gateway."""

    user: str
    team: str
    key: str


PEOPLE = tuple(
    Person(f"{name}@kestrel.example", team, f"{team}-{name}")
    for name, team in (
        ("ada", "storefront"), ("bo", "storefront"), ("chidi", "search"), ("dana", "checkout"),
        ("eli", "data"), ("fatou", "data"), ("gus", "ml"), ("hana", "platform"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One request that an employee's tool sent through the gateway to OpenAI."""

    id: str
    at: datetime
    person: Person
    model: str
    tokens: Tokens
    hit: bool
    """Answered from the gateway's own cache: OpenAI never saw it."""


def days(month: BillingPeriod, until: date) -> list[date]:
    """The month's days up to and with `until`."""
    count = (min(month.end - timedelta(days=1), until) - month.start).days + 1
    return [month.start + timedelta(days=number) for number in range(count)]


def months_since(story: Story, day: date) -> int:
    """How many months the day is after the story's first, for things that grow."""
    first = story.at(-12).start
    return max(0, (day.year - first.year) * 12 + day.month - first.month)


def requests(day: date, story: Story) -> Iterator[Request]:
    """The day's requests through the gateway: office hours, more of them every month."""
    if day.weekday() >= 5:
        return
    count = 12 + 5 * months_since(story, day) + digest(f"gateway/{day}") % 9
    for number in range(count):
        luck = digest(f"gateway/{day}/{number}")
        person = PEOPLE[luck % len(PEOPLE)]
        minutes = 7 * 60 + (luck // 8) % (11 * 60)
        at = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes, seconds=luck % 60)
        model = "gpt-4o-mini-2024-07-18" if luck % 5 == 0 else "gpt-5-2025-08-07"
        prompt = 6_000 + luck % 41_000
        cached = (prompt // 2 // 128) * 128 if luck % 3 else 0
        yield Request(
            f"chatcmpl-{day:%Y%m%d}-{number:04}",
            at,
            person,
            model,
            Tokens(prompt - cached, cached, 0, 300 + luck % 2_700),
            luck % 19 == 0,
        )
