"""The life of a recommendation: which step leads from which state to which.

``identified → assigned → accepted → implemented → verified → sustained``; beside it ``snoozed``
(until a day), ``dismissed`` (for a reason, until a day or for good), ``expired`` (no tool finds it
any more, or nobody touched it) and ``regressed`` (the bill gave the saving back), which is open
again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from outlay.savings.model import OPEN, Effort, State
from outlay.savings.recommendation import Recommendation


class LifeError(ValueError):
    """A step that does not lead on from where a recommendation stands; says which do."""


@dataclass(frozen=True)
class Move:
    """A step: from which states (in their order), and to which (None: the state stays)."""

    name: str
    title: str
    sources: tuple[State, ...]
    target: State | None


_ASKED: tuple[State, ...] = ("identified", "assigned", "accepted", "regressed")
_BACK: tuple[State, ...] = ("snoozed", "dismissed", "expired", "accepted", "implemented")

MOVES: Mapping[str, Move] = {
    move.name: move
    for move in (
        Move("assign", "Assign", (*_ASKED, "implemented", "verified", "sustained"), None),
        Move("accept", "Accept", ("identified", "assigned", "regressed"), "accepted"),
        Move("implement", "Implement", ("accepted", "regressed"), "implemented"),
        Move("verify", "Verify", ("implemented",), "verified"),
        Move("sustain", "Sustain", ("verified",), "sustained"),
        Move("regress", "Regress", ("implemented", "verified", "sustained"), "regressed"),
        Move("snooze", "Snooze", _ASKED, "snoozed"),
        Move("dismiss", "Dismiss", (*_ASKED, "snoozed"), "dismissed"),
        Move("reopen", "Reopen", _BACK, "identified"),
        Move("expire", "Expire", ("identified", "assigned", "snoozed"), "expired"),
    )
}
"""Every step that changes where a recommendation stands, by name."""

BY_PEOPLE = ("assign", "accept", "implement", "snooze", "dismiss", "reopen")
"""Steps that people take; the others follow from the bill and from tools."""


@dataclass(frozen=True)
class Times:
    """How soon things are to be done, in days: a decision, and by effort the doing."""

    decide: int
    do: Mapping[Effort, int]


def may(one: Recommendation, step: str) -> bool:
    """Whether a step leads on from where it stands."""
    return one.state in MOVES[step].sources


def steps_of(one: Recommendation) -> tuple[str, ...]:
    """The steps that people may take now."""
    return tuple(name for name in BY_PEOPLE if may(one, name))


def moved(one: Recommendation, step: str, now: datetime, times: Times) -> Recommendation:
    """The recommendation after a step at `now` (UTC).

    Reopened, it is ``assigned`` where somebody has it, else ``identified``; assigned, it leaves
    ``identified`` only. LifeError when the step does not lead on from its state.
    """
    move = MOVES[step]
    if one.state not in move.sources:
        allowed = ", ".join(steps_of(one)) or "a comment"
        raise LifeError(
            f"recommendation {one.id} is {one.state}: {_past(step)} can only be one that is "
            f"{_either(move.sources)}. Possible now: {allowed}."
        )
    state = move.target or one.state
    if step == "assign" and one.state == "identified":
        state = "assigned"
    if step == "reopen" and one.assignee:
        state = "assigned"
    done = replace(one, state=state, updated_at=now, snoozed_until=None)
    if step == "reopen":
        done = replace(done, accepted_at=None, accepted_by="", implemented_at=None, chosen=None)
        done = replace(done, verified_at=None, reason="")
    return replace(done, due_on=due(done, one, now.date(), times))


def due(after: Recommendation, before: Recommendation, today: date, times: Times) -> date | None:
    """The day by which the state that was entered should have ended; None where there is none.

    A decision is due from the day on which it was first asked for: being assigned gives no new
    time. What is accepted is due by its effort.
    """
    if after.state in ("identified", "assigned", "regressed"):
        waited = before.state in ("identified", "assigned") and after.state != "regressed"
        waited = waited or before.state == after.state
        return before.due_on if waited else today + timedelta(days=times.decide)
    if after.state == "accepted":
        if before.state == "accepted":
            return before.due_on
        return today + timedelta(days=times.do[after.finding.effort])
    return None


def overdue(one: Recommendation, today: date) -> bool:
    """Whether it should have moved on before today."""
    return one.due_on is not None and one.due_on < today


def waits(one: Recommendation, today: date) -> bool:
    """Whether it is out of sight until a day that has not come."""
    asleep = one.state in ("snoozed", "dismissed")
    return asleep and (one.snoozed_until is None or one.snoozed_until > today)


def is_open(one: Recommendation) -> bool:
    """Whether its money is still to be saved."""
    return one.state in OPEN


def _past(step: str) -> str:
    irregular = {
        "verify": "verified", "regress": "regressed", "dismiss": "dismissed", "reopen": "reopened",
        "assign": "assigned", "accept": "accepted", "implement": "implemented",
        "sustain": "sustained", "snooze": "snoozed", "expire": "expired",
    }  # fmt: skip
    return irregular[step]


def _either(states: tuple[State, ...]) -> str:
    if len(states) == 1:
        return states[0]
    return f"{', '.join(states[:-1])} or {states[-1]}"
