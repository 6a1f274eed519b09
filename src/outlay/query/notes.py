"""What must be said beside a result."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from outlay.allocation.model import SplitPeriod
from outlay.allocation.weights import after
from outlay.money.rates import EcbRates
from outlay.query.measures import MEASURES
from outlay.query.ranges import Days
from outlay.query.result import Result
from outlay.query.scoping import scope

if TYPE_CHECKING:
    from outlay.query.run import Prepared
    from outlay.query.splitting import TagShares


def notes(prepared: "Prepared", result: Result) -> tuple[str, ...]:
    """Warnings on a result, most serious first; to people of a scope without the names of what
    may be others'."""
    found = [*_rejected(prepared), *_splits(prepared), *_units(prepared), *_old_rates(result)]
    said = [
        one.note
        for one in prepared.facts
        if one.note and _touches(prepared.days, one.first_day, one.last_day)
    ]
    found += said if not scope() else [_CLUSTERS] * bool(said)
    if result.previous_range and prepared.facts:
        first = min(f.first_day for f in prepared.facts if f.first_day)
        if result.previous_range.start < first:
            found.append(
                f"The comparison starts {result.previous_range.start}, before the first charge "
                f"({first}): it is not complete."
            )
        longer = result.previous_range.days - (result.range.days if result.range else 0)
        if longer > 0 and prepared.query.grain in ("day", "hour"):
            found.append(
                f"The earlier range is {longer} day{'s' * (longer > 1)} longer: its last days "
                "stand behind the end of the asked range."
            )
    if not prepared.pin.detail:
        found.append("Only daily roll-ups are kept of that moment; it answers to the day.")
    return tuple(found)


_REJECTED = (
    "Rows of a bill were rejected and not counted: what you see may lack some. People who see the "
    "whole ledger find them in the quarantine."
)
_CLUSTERS = "Charges of a cluster could not all be shared out to its pods."
_UNSHARED = "A split gave nothing in some period: its cost stays where the rules say."


def _rejected(prepared: "Prepared") -> list[str]:
    found = []
    for facts in prepared.facts:
        rejected = facts.slice.delivery.proof.rows_rejected
        if rejected and _touches(prepared.days, facts.first_day, facts.last_day):
            found.append(
                f"{rejected} row{'s' * (rejected != 1)} of {facts.slice.source} "
                f"{facts.slice.billing_period} {'were' if rejected != 1 else 'was'} rejected "
                "and not counted; see the quarantine."
            )
    return found if not scope() else [_REJECTED] * bool(found)


def _splits(prepared: "Prepared") -> list[str]:
    """Periods in which a split gave nothing, and what else its weights say, a split a note."""
    stages = prepared.expansion.stages if prepared.expansion else ()
    if scope():
        return [_UNSHARED] * any(_kept(prepared, stage.shares) for stage in stages)
    return [note for stage in stages for note in _stage(prepared, stage.shares)]


def _kept(prepared: "Prepared", shares: "TagShares") -> bool:
    """Whether a split gave nothing in some asked period."""
    return any(
        part.reason
        and _touches(
            prepared.days,
            period,
            after(period, shares.graph.splits[name].period) - timedelta(days=1),
        )
        for (name, period), part in shares.parts.items()
    )


def _stage(prepared: "Prepared", shares: "TagShares") -> list[str]:
    told: dict[tuple[str, str], list[date]] = {}
    for (name, period), part in sorted(shares.parts.items()):
        split = shares.graph.splits[name]
        end = after(period, split.period)
        if not _touches(prepared.days, period, end - timedelta(days=1)):
            continue
        taken = split.take if isinstance(split.take, str) else "what it takes"
        words = [f"the cost of {taken} stays, since {part.reason}"] if part.reason else []
        for word in (*words, *part.notes):
            told.setdefault((name, word), []).append(period)
    return [
        f"Split {name}, {_listed(periods, shares.graph.splits[name].period)}: {word}."
        for (name, word), periods in told.items()
    ]


def _listed(periods: list[date], kind: SplitPeriod) -> str:
    texts = [day.isoformat() if kind == "day" else f"{day:%Y-%m}" for day in periods]
    more = f" and {len(texts) - 3} more" if len(texts) > 4 else ""
    return ", ".join(texts[:3] if more else texts) + more


def _touches(days: Days, first: date | None, last: date | None) -> bool:
    before = bool(days.end and first and first >= days.end)
    after = bool(days.start and last and last < days.start)
    return not (before or after)


def _units(prepared: "Prepared") -> list[str]:
    query = prepared.query
    found = []
    for name in query.measures:
        unit = {"ConsumedQuantity": "ConsumedUnit", "PricingQuantity": "PricingUnit"}.get(name)
        if unit and unit not in query.by and not _says(query.where, unit):
            found.append(
                f"{name} may add up different units: group by {unit} or filter to one of them."
            )
    return found


def _says(where: str, unit: str) -> bool:
    return f"{unit} = " in where


def _old_rates(result: Result) -> list[str]:
    if not result.rates or not result.range or not result.currency:
        return []
    # A fixed table's and a bill's own rates are meant for a whole month.
    daily = [rate.day for rate in result.rates if rate.publisher == EcbRates.publisher]
    if not daily:
        return []
    newest = max(daily)
    late = (result.range.end - newest).days
    if late <= 10 or all(MEASURES[name].kind != "money" for name in result.query.measures):
        return []
    return [f"Exchange rates end on {newest}: later days are converted at that day's rate."]
