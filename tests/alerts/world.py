"""A small world for routes: alerts with what happened to them, and a clock that is moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from outlay.alerts.model import AlertRouteSpec, ContactSpec
from outlay.alerts.routing import decide
from outlay.alerts.signal import Owner, Signal
from outlay.alerts.store import Alert, Step
from outlay.alerts.targets import Directory, Reader, Route

START = datetime(2026, 10, 23, 9)
"""A Friday; in Berlin clocks are turned back on the night from Saturday to Sunday."""

DIRECTORY = Directory(
    contacts={
        "checkout": ContactSpec(
            tag="team", values=("checkout*",), channels=("checkout-slack",),
            addresses=("lead@example.com",), mail="mail",
        ),
    },
    people={
        "ada": Reader("ada", "ada@example.com"),
        "bo": Reader("bo", "bo@example.com", "SubAccountId = 'bo'"),
        "cy": Reader("cy", ""),
    },
    roles={"finance": (Reader("ada", "ada@example.com"), Reader("dan", "dan@example.com"))},
    channels={
        "ops": "slack", "finops": "teams", "checkout-slack": "slack", "mail": "mail",
        "pager": "pagerduty",
    },
)  # fmt: skip


def signal(**given: Any) -> Signal:
    """A budget of the team checkout that will be exceeded."""
    made: dict[str, Any] = {
        "kind": "budget", "subject": "checkout", "occurrence": "2026-10", "severity": "warning",
        "title": "Checkout will exceed its budget", "amount": Decimal("1200.50"),
        "currency": "EUR", "owner": Owner("checkout-web", "team"),
    }  # fmt: skip
    return Signal(**(made | given))


def route(name: str, **spec: Any) -> Route:
    """A route as it would be written."""
    return Route(name, AlertRouteSpec.model_validate(spec))


def alert(found: Signal | None = None, at: datetime = START, ident: int = 1) -> Alert:
    """An alert that was just raised."""
    told = found or signal()
    return Alert(ident, told.key, told.severity, "open", at, at, None, "", 0, at, told)


@dataclass
class World:
    """One alert, its routes and everything that was done with it."""

    routes: Sequence[Route]
    alert: Alert = field(default_factory=alert)
    directory: Directory = DIRECTORY
    steps: list[Step] = field(default_factory=list)
    looked: Callable[[datetime, list[Step]], None] = lambda _now, _steps: None

    def look(self, now: datetime) -> list[Step]:
        """Decide and do; asking again at once gives nothing more."""
        decision = decide(self.alert, self.steps, self.routes, self.directory, now)
        assert decision.next_at is None or decision.next_at > now
        self.steps += decision.steps
        again = decide(self.alert, self.steps, self.routes, self.directory, now)
        assert again.steps == ()
        self.alert = replace(self.alert, next_step_at=again.next_at)
        self.looked(now, list(decision.steps))
        return list(decision.steps)

    def until(self, moment: datetime) -> None:
        """Look at every moment that was asked for, up to one."""
        looks = 0
        while (at := self.alert.next_step_at) is not None and at <= moment:
            self.look(at)
            looks += 1
            assert looks < 500, "it never ends"

    def told(self, *actions: str) -> list[tuple[str, str, str]]:
        """What was told: action, channel (with its address) and what about."""
        return [
            (s.action, f"{s.channel} {s.address}".strip(), s.about)
            for s in self.steps
            if s.action in (actions or ("tell", "remind", "escalate", "follow"))
        ]
