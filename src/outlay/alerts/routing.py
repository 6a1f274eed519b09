"""What is to be done with an alert now: whom to tell, what waits, when to look again.

Pure functions of the alert, what was done before, the routes and the clock: the same always gives
the same, and doing what they say and asking again gives nothing more to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from outlay.alerts.signal import SEVERITIES
from outlay.alerts.store import Alert, Step
from outlay.alerts.targets import (
    PAGED,
    Directory,
    Route,
    Target,
    matching,
    reached,
    refused,
)
from outlay.reports.document import Severity

_TOLD = ("tell", "remind", "escalate")
_BETWEEN = ", "


@dataclass(frozen=True)
class Decision:
    """Steps to take now, in order, and the moment (UTC) of the next look; None: when something
    happens to the alert."""

    steps: tuple[Step, ...] = ()
    next_at: datetime | None = None


@dataclass
class _Deciding:
    """What is known while one alert is decided."""

    alert: Alert
    history: Sequence[Step]
    routes: Sequence[Route]
    directory: Directory
    now: datetime
    steps: list[Step] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    def add(self, action: str, route: Route | str, target: Target, about: str) -> None:
        name = route if isinstance(route, str) else route.name
        self.steps.append(
            Step(action, self.now, "outlay", name, target.channel, target.address, about)
        )

    def all(self) -> Iterable[Step]:
        return (*self.history, *self.steps)

    @cached_property
    def opened(self) -> datetime:
        """Since when it is open: as it was raised, or opened again after somebody acknowledged it
        or it had ended."""
        since, away = self.alert.raised_at, False
        for step in self.history:
            if step.action in ("acknowledged", "settled"):
                away = True
            elif away and step.action in ("reopened", "severity"):
                since, away = step.at, False
        return since

    def quiet(self, route: Route | None) -> datetime | None:
        return None if route is None else quiet_until(route, self.alert.severity, self.now)


def decide(
    alert: Alert,
    history: Sequence[Step],
    routes: Sequence[Route],
    directory: Directory,
    now: datetime,
) -> Decision:
    """What to do with an alert. `history` are its steps so far, `now` is UTC, naive.

    - Told at once: when it is new and each time its severity rises; to each channel (and address)
      once. Where it is quiet then, it waits (``hold``) and is told as quiet ends, unless somebody
      acknowledged, snoozed or settled it meanwhile.
    - Told again (``remind``): while it is open, after a route's hours; once as a snooze ends.
    - Told to others (``escalate``): once for each level, after its hours.
    - Followed (``follow``): a channel of incidents hears that it was acknowledged or settled.
    """
    known = _Deciding(alert, history, routes, directory, now)
    if alert.state != "open":
        _follow(known)
        return Decision(tuple(known.steps))
    if alert.snoozed(now):
        return Decision(next_at=alert.snoozed_until)
    fitting = matching(routes, alert.signal, alert.severity)
    _tell(known, fitting)
    _release(known)
    _remind(known, fitting)
    _escalate(known, fitting)
    return Decision(tuple(known.steps), min(known.times, default=None))


def quiet_until(route: Route, severity: Severity, now: datetime) -> datetime | None:
    """Until when a route tells nobody of a severity (UTC); None where it tells now."""
    quiet = route.spec.quiet
    if quiet is None:
        return None
    if quiet.unless != "never" and _rank(severity) >= _rank(quiet.unless):
        return None
    return quiet.hours(route.spec.timezone).until(now)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)


def _target(step: Step) -> Target:
    return Target(step.channel, step.address)


def _tell(known: _Deciding, fitting: Sequence[Route]) -> None:
    """Decide once for each severity whom it is told at once."""
    severity = known.alert.severity
    decided = {step.about for step in known.history if step.action == "routed"}
    if any(_rank(one) >= _rank(severity) for one in decided):
        return
    asked: dict[Target, tuple[str, Route]] = {}
    for route in fitting:
        if _rank(severity) < route.spec.at_once_from():
            continue
        targets, problems = reached(route.spec.to, known.alert.signal, known.directory)
        action = "tell" if known.quiet(route) is None else "hold"
        for target in targets:
            # Where it is quiet for one route and not for another, it is told.
            if target not in asked or (asked[target][0], action) == ("hold", "tell"):
                asked[target] = (action, route)
        _unreached(known, route, problems, severity)
    for target, (action, route) in asked.items():
        known.add(action, route, target, severity)
    names = _BETWEEN.join(route.name for route in fitting)
    known.steps.append(Step("routed", known.now, "outlay", about=severity, note=names))


def _unreached(known: _Deciding, route: Route, problems: Sequence[str], about: str) -> None:
    if problems:
        told = "; ".join(problems)
        known.steps.append(Step("nobody", known.now, "outlay", route.name, about=about, note=told))


def _release(known: _Deciding) -> None:
    """Tell what waited for the end of quiet hours, once for each channel."""
    by_name = {route.name: route for route in known.routes}
    waiting: dict[Target, Step] = {}
    for step in known.all():
        if step.action == "hold":
            before = waiting.get(_target(step))
            if before is None or _rank(step.about) > _rank(before.about):
                waiting[_target(step)] = step
        elif step.action == "tell":
            held = waiting.get(_target(step))
            if held is not None and _rank(step.about) >= _rank(held.about):
                del waiting[_target(step)]
    for target, step in waiting.items():
        route = by_name.get(step.route)
        if _refused(known, step, route):
            continue
        if (until := known.quiet(route)) is not None:
            known.times.append(until)
        else:
            known.add("tell", step.route, target, step.about)


def _refused(known: _Deciding, step: Step, route: Route | None) -> bool:
    """Whether whom a step reaches may not be told any more; it is noted, once."""
    aim, target = route.spec.to if route else None, _target(step)
    if not refused(target, aim, known.alert.signal, known.directory):
        return False
    about = f"{step.about} {target.text}"
    if not any(s.action == "nobody" and s.about == about for s in known.all()):
        told = f"{target.address} may not see it any more"
        known.steps.append(Step("nobody", known.now, "outlay", step.route, about=about, note=told))
    return True


def _remind(known: _Deciding, fitting: Sequence[Route]) -> None:
    """Tell again whom it was told before: as a snooze ends, and while nobody acknowledges."""
    by_name = {route.name: route for route in known.routes}
    repeating = {route.name: route.spec.repeat_hours for route in fitting}
    last: dict[Target, Step] = {}
    counts: dict[Target, int] = {}
    for step in known.all():
        if step.action in ("tell", "remind"):
            target = _target(step)
            last[target] = step
            counts[target] = counts.get(target, 0) + (step.action == "remind")
    for target, step in last.items():
        route = by_name.get(step.route)
        most = route.spec.repeat_most if route is not None else 0
        hours = repeating.get(step.route) if counts[target] < most else None
        due = _again(step, known, hours)
        if due is None or _refused(known, step, route):
            continue
        if due > known.now:
            known.times.append(due)
        elif (until := known.quiet(route)) is not None:
            known.times.append(until)
        else:
            known.add("remind", step.route, target, str(counts[target] + 1))


def _again(step: Step, known: _Deciding, hours: int | None) -> datetime | None:
    """When to tell again what was told by a step: as the snooze ends that came after it, else
    after the route's hours, in which it was open."""
    back = known.alert.snoozed_until
    if back is not None and step.at < back:
        return back
    return None if hours is None else max(step.at, known.opened) + timedelta(hours=hours)


def _escalate(known: _Deciding, fitting: Sequence[Route]) -> None:
    """Tell others once the hours of a level are over since the route's own people were told."""
    for route in fitting:
        start = _told_at(known, route)
        if start is None:
            continue
        for level, escalation in enumerate(route.spec.escalate, 1):
            about = f"{route.name} {level}"
            if any(s.action in ("escalate", "nobody") and s.about == about for s in known.all()):
                continue
            due = start + timedelta(hours=escalation.after_hours)
            if due > known.now:
                known.times.append(due)
            elif (until := known.quiet(route)) is not None:
                known.times.append(until)
            else:
                _escalated(known, route, level)


def _escalated(known: _Deciding, route: Route, level: int) -> None:
    aim, about = route.spec.escalate[level - 1].to, f"{route.name} {level}"
    targets, problems = reached(aim, known.alert.signal, known.directory)
    for target in targets:
        known.add("escalate", route, target, about)
    if problems or not targets:
        _unreached(known, route, problems or ["it names nobody"], about)


def _told_at(known: _Deciding, route: Route) -> datetime | None:
    """Since when a route's escalations count: its first telling, else when the alert was routed by
    it; None while it waits for quiet hours to end, and for an alert that did not go by it. A snooze
    lets them count from its own end, an alert that is opened again from then on."""
    told = [s.at for s in known.all() if s.action == "tell" and s.route == route.name]
    if not told:
        if any(s.action == "hold" and s.route == route.name for s in known.all()):
            return None
        # One that was not there yet when the alert was routed escalates nothing of it.
        told = [
            s.at
            for s in known.all()
            if s.action == "routed" and route.name in s.note.split(_BETWEEN)
        ]
    if not told:
        return None
    back = known.alert.snoozed_until
    start = max(min(told), known.opened)
    return max(start, back) if back is not None else start


def _follow(known: _Deciding) -> None:
    """Let channels of incidents know what became of one that they were told of."""
    about = "resolve" if known.alert.state == "settled" else "acknowledge"
    last: dict[Target, Step] = {}
    number: dict[Target, int] = {}
    for step in known.history:
        if step.action in (*_TOLD, "follow") and step.channel:
            last[_target(step)] = step
            number[_target(step)] = number.get(_target(step), 0) + 1
    for target, step in last.items():
        if known.directory.channels.get(target.channel) != PAGED:
            continue
        ended = step.action == "follow" and step.about.startswith(("resolve", about))
        if not ended:
            known.add("follow", step.route, target, f"{about} {number[target]}")
