"""Answers of the API: tickets."""

from __future__ import annotations

from typing_extensions import TypedDict

from outlay.client.shapes.values import Moment


class Ticket(TypedDict):
    """A ticket of a recommendation; `meaning` is open, accepted, done or dismissed."""

    id: int
    recommendation: int
    recommendation_title: str
    recommendation_state: str
    system: str
    external: str
    url: str
    state: str
    meaning: str
    gone: bool
    opened_at: Moment
    opened_by: str
    synced_at: Moment | None
    problem: str
    next_try: Moment | None


class TicketSystem(TypedDict):
    """A ticket system; `states` are its words of each meaning."""

    name: str
    title: str
    type: str
    url: str
    project: str
    enabled: bool
    states: dict[str, list[str]]
    tickets: int
    problems: int


class TicketSync(TypedDict):
    """What a sync of tickets did, in words."""

    looked_at: int
    changed: list[str]
    problems: list[str]
