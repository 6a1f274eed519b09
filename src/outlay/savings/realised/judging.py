"""What the days measured say: whether a saving is seen, lasts, or is gone again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from outlay.money.display import amount
from outlay.savings.model import MONTH_DAYS, PURCHASES, State
from outlay.savings.realised.exact import RATE_DIGITS, ZERO, added, divided, less, times
from outlay.savings.realised.model import Baseline, Measured

Turn = Literal["", "verify", "sustain", "regress"]


@dataclass(frozen=True)
class Rules:
    """From when on the bill has its say.

    A saving is verified when the last `seen_days` whole days show `seen` of the promise, or the
    resource is gone; it is sustained `sustained_days` after it was implemented, when so many days
    show as much; it has regressed when the last `seen_days` show less than `lost` of the promise
    (one that was never verified: from `patience_days` on), or a resource that was gone is charged
    again on `back_days` whole days.
    """

    seen_days: int = 7
    seen: Decimal = Decimal("0.80")
    sustained_days: int = 30
    lost: Decimal = Decimal("0.50")
    patience_days: int = 14
    back_days: int = 3


RULES = Rules()


@dataclass(frozen=True)
class Verdict:
    """What follows from the bill: a step ('' for none), and the sentence that says why."""

    turn: Turn
    sentence: str


@dataclass(frozen=True)
class Seen:
    """What some days show against the promise: `share` of it (None: nothing was promised)."""

    first: date
    last: date
    days: int
    realised: Decimal
    promised: Decimal

    @property
    def share(self) -> Decimal | None:
        """Realised over promised, rounded for showing and for comparing with a percentage."""
        return divided(self.realised, self.promised, 6) if self.promised else None


def judge(
    state: State, baseline: Baseline, measured: Sequence[Measured], rules: Rules = RULES
) -> Verdict:
    """What follows for a recommendation in a state from its days, oldest first."""
    days = [one for one in measured if one.baseline == baseline.id]
    blind = not baseline.keys and baseline.nature == "saving"
    if not days or (blind and baseline.action not in PURCHASES):
        return Verdict("", "")
    span = rules.seen_days if baseline.cadence != "month" else max(31, rules.seen_days)
    recent = seen(baseline, days[-span:])
    gone = is_gone(baseline, days, span)
    if state == "implemented":
        return _first(baseline, days, recent, gone, span, rules)
    if state not in ("verified", "sustained"):
        return Verdict("", "")
    back = _back(baseline, days, rules)
    if back is not None:
        return Verdict("regress", f"The resource is charged again since {_day(back)}.")
    if not gone and baseline.nature == "saving" and len(days) >= span and _below(recent, rules):
        return Verdict("regress", f"The cost is back: {told(recent, baseline.currency)}")
    if state == "verified" and len(days) >= rules.sustained_days:
        lasting = seen(baseline, days[-rules.sustained_days :])
        if gone or _enough(lasting, rules):
            return Verdict("sustain", f"It lasts: {told(lasting, baseline.currency)}")
    return Verdict("", "")


def _first(
    baseline: Baseline,
    days: Sequence[Measured],
    recent: Seen,
    gone: bool,
    span: int,
    rules: Rules,
) -> Verdict:
    if gone and baseline.nature == "saving":
        return Verdict(
            "verify",
            f"The resource is gone from the bill: {told(recent, baseline.currency)}",
        )
    if baseline.nature == "one-off":
        whole = seen(baseline, days)
        once = Seen(whole.first, whole.last, whole.days, whole.realised, baseline.promised)
        if once.share is not None and once.share >= rules.seen:
            return Verdict("verify", f"It is on the bill: {_money(once.realised, baseline)}.")
        return Verdict("", "")
    if len(days) < span:
        return Verdict("", "")
    if _enough(recent, rules):
        return Verdict("verify", told(recent, baseline.currency))
    late = len(days) >= max(rules.patience_days, span)
    if late and baseline.nature == "saving" and _below(recent, rules):
        return Verdict("regress", f"It is not seen on the bill: {told(recent, baseline.currency)}")
    return Verdict("", "")


def seen(baseline: Baseline, days: Sequence[Measured]) -> Seen:
    """What some days show; ValueError without any."""
    if not days:
        raise ValueError("no day was measured")
    if baseline.nature == "avoided":
        realised = added(one.avoided for one in days)
    elif baseline.nature == "one-off":
        realised = added(one.one_off for one in days)
    else:
        realised = added(one.realised for one in days)
    promised = divided(times(baseline.promised, Decimal(len(days))), MONTH_DAYS, RATE_DIGITS)
    return Seen(days[0].day, days[-1].day, len(days), realised, promised)


def is_gone(baseline: Baseline, days: Sequence[Measured], span: int = RULES.seen_days) -> bool:
    """Whether what was frozen has left the bill: no charge on the last days, longer than it ever
    had none before, and nothing came in its place."""
    wanted = max(span, baseline.gap + 1)
    last = days[-wanted:]
    return (
        baseline.cost > 0
        and baseline.action not in PURCHASES
        and len(last) >= wanted
        and all(one.gone and not one.actual for one in last)
    )


def _back(baseline: Baseline, days: Sequence[Measured], rules: Rules) -> date | None:
    """The day since which what was deleted or stopped is charged again."""
    if baseline.group != "existence" or not baseline.resource:
        return None
    last = days[-rules.back_days :]
    if len(last) < rules.back_days or any(one.gone for one in last):
        return None
    before = [one.day for one in days if one.gone]
    if not before:
        return None
    return next(one.day for one in days if one.day > before[-1])


def _enough(found: Seen, rules: Rules) -> bool:
    return found.share is not None and found.share >= rules.seen


def _below(found: Seen, rules: Rules) -> bool:
    return found.share is not None and found.share < rules.lost


def told(found: Seen, currency: str) -> str:
    """What days show, as a sentence."""
    days = f"{found.days} whole days" if found.days != 1 else "1 whole day"
    share = "" if found.share is None else f" ({found.share * 100:.0f} %)"
    return (
        f"on the {days} from {_day(found.first)} to {_day(found.last)} the bill shows "
        f"{amount(found.realised)} {currency} of {amount(found.promised)} promised{share}."
    )


def _money(value: Decimal, baseline: Baseline) -> str:
    return f"{amount(value)} {baseline.currency}"


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"


@dataclass(frozen=True)
class Change:
    """A lasting fall of a resource's cost: from which day on."""

    since: date
    before: Decimal
    after: Decimal


def fell(
    costs: Sequence[tuple[date, Decimal]], promised: Decimal, rules: Rules = RULES
) -> Change | None:
    """The day since which a resource costs less by `seen` of what is promised a month, seen over
    the last `seen_days` of whole days at least; None when it does not.

    `costs` are its days, oldest first, those without a charge as nought. The level before is the
    mean of the four weeks before the fall.
    """
    need = times(divided(promised, MONTH_DAYS, RATE_DIGITS), rules.seen)
    best: Change | None = None
    if need <= 0:
        return None
    for place in range(7, len(costs) - rules.seen_days + 1):
        before = [cost for _, cost in costs[max(0, place - 28) : place]]
        after = [cost for _, cost in costs[place:]]
        level = divided(added(before), len(before), RATE_DIGITS)
        now = divided(added(after), len(after), RATE_DIGITS)
        ceiling = less(level, need)
        if ceiling < ZERO or any(cost > ceiling for cost in after):
            continue
        if best is None or less(level, now) > less(best.before, best.after):
            best = Change(costs[place][0], level, now)
    return best


def days_between(first: date, end: date) -> list[date]:
    """The days from `first` to `end` (exclusive)."""
    return [first + timedelta(days=n) for n in range((end - first).days)]
