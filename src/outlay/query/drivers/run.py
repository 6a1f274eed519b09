"""Asking what drove a change: two periods, one question, a report that adds up or is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

import duckdb

from outlay.allocation.rules import Ruleset
from outlay.expression.errors import QueryError
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import SliceFacts
from outlay.lake.types import Pin, SnapshotInfo
from outlay.money import DateRange, total
from outlay.money.quotients import rounded
from outlay.money.rates import Rates
from outlay.query import ranges
from outlay.query.drivers.arithmetic import decimal
from outlay.query.drivers.bridge import Sums, Tally, Values, tallied
from outlay.query.drivers.lines import Half, Rows, has_detail, load
from outlay.query.drivers.model import (
    THEN,
    Asking,
    Bridge,
    DriverReport,
    DriversError,
    Group,
)
from outlay.query.drivers.shifts import Shift, shifted
from outlay.query.model import CostQuery
from outlay.query.result import Result, Unconverted, Value
from outlay.query.run import (
    PinnableLake,
    Prepared,
    prepare,
    question_rates,
    run,
    split_tags,
)

ZERO = Decimal(0)
Rulebook = Callable[[datetime | None], Ruleset]
"""Gives the rules of a moment (UTC; None: now)."""


class SnapshotLake(PinnableLake, Protocol):
    """The lake as a report needs it."""

    def snapshots(self) -> list[SnapshotInfo]:
        """Every commit, oldest first."""
        ...


@dataclass(frozen=True)
class _Setting:
    """Everything that a report stands on, read once."""

    lake: SnapshotLake
    asking: Asking
    rules: Ruleset
    rates: Rates | None
    stated: bool
    pin: Pin
    range: DateRange
    previous: DateRange
    facts: Sequence[SliceFacts]

    @property
    def query(self) -> CostQuery:
        """The question without its comparison, whole."""
        return self.asking.query.but(compare=None, limit=None)

    def side(self, days: DateRange) -> CostQuery:
        """The question over the days of one side."""
        return self.query.but(range=ranges.between(days.start, days.end))

    def ask(self, query: CostQuery, pin: Pin, rules: Ruleset) -> Result:
        """Answer a question of this setting."""
        return run(self.lake, query, rates=self.rates, stated=self.stated, pin=pin, rules=rules)


def drivers(
    lake: SnapshotLake,
    asking: Asking,
    *,
    rules: Ruleset | None = None,
    rulebook: Rulebook | None = None,
    rates: Rates | None = None,
    stated: bool | None = None,
    now: datetime | None = None,
    complete_until: date | None = None,
) -> DriverReport:
    """What drove a change.

    `rules` are those of the question, `rulebook` gives those of the earlier period's moment where
    another is asked for; `rates`, `stated` and `now` as in `outlay.query.run`. From
    `complete_until` on, charges of a day may still come: unless the earlier days are given, those
    days are left out, and the earlier period is as much shorter. Every figure is of
    charges within the scope of who asks. Raises QueryError for what cannot be answered, LakeError
    for a moment before the first snapshot, and DriversError if the effects did not add up.
    """
    rules = rules or Ruleset()
    query = asking.query
    pin = lake.pin(query.as_of_moment())
    prepared = prepare(lake, query, now=now, pin=pin, rules=rules)
    if prepared.range is None or prepared.previous_range is None:
        return DriverReport(asking, None, None, (0, 0), ())
    asked, previous = prepared.range, prepared.previous_range
    cut = complete_until is not None and asked.start < complete_until < asked.end
    if cut and complete_until is not None and not asking.against:
        asked = DateRange(asked.start, complete_until)
        if query.compare == "previous-year":
            previous = ranges.previous_year(asked)
        else:
            previous = ranges.previous(query.range, asked)
    if asking.against:
        days = ranges.bounds(asking.against)
        assert days.start is not None and days.end is not None
        previous = DateRange(days.start, days.end)
    own = rates is None if stated is None else stated
    setting = _Setting(lake, asking, rules, rates, own, pin, asked, previous, prepared.facts)
    report = _report(setting, rulebook)
    if not cut:
        return report
    note = f"Charges of {complete_until} and later may still come"
    note += "." if asking.against else ": those days are left out."
    return replace(report, warnings=(note, *report.warnings))


def _report(setting: _Setting, rulebook: Rulebook | None) -> DriverReport:
    asking, pin, rules = setting.asking, setting.pin, setting.rules
    then_pin = _pin_then(setting)
    then_rules, rules_at = _rules_then(setting, rulebook)
    before_query, after_query = setting.side(setting.previous), setting.side(setting.range)
    before = setting.ask(before_query, pin, rules)
    after = setting.ask(after_query, pin, rules)
    days = (_days(setting, setting.previous), _days(setting, setting.range))
    rows, detail = _rows(setting, before_query, after_query)
    tallies = tallied(rows, asking.measure, days)
    shifts = [
        shift
        for shift in (
            shifted("restatement", setting.ask, before_query, (then_pin, then_rules),
                    (pin, then_rules)) if then_pin is not pin else None,
            _rule_shift(setting, before_query, pin, then_rules)
            if then_rules is not rules else None,
        )
        if shift is not None
    ]  # fmt: skip
    codes = sorted({*_codes(before), *_codes(after), *(c for s in shifts for c in s.totals)},
                   key=lambda code: code or "")  # fmt: skip
    converted = {code: tallies.get(None if rows.converted else code, Tally()) for code in codes}
    shares = _may_share(setting, before_query)
    bridges = tuple(
        _bridge(setting, code, converted[code], before, after, shifts, shares=shares)
        for code in codes
    )
    return DriverReport(
        asking=asking,
        range=setting.range,
        previous_range=setting.previous,
        days=days,
        bridges=bridges,
        unconverted=_unconverted(asking.measure, before, after),
        rates=after.rates,
        mean_rates=_mean_rates(setting.query, rows),
        warnings=_warnings(setting, before, after, days, detail=detail),
        snapshot=after.snapshot,
        before_snapshot=str(then_pin.snapshot_id) if then_pin is not pin else None,
        known=then_pin.committed_at if asking.before_as_of else None,
        rules_at=rules_at,
        sku_prices=detail,
    )


def _rule_shift(setting: _Setting, query: CostQuery, pin: Pin, then_rules: Ruleset) -> Shift:
    """What rules that changed since did to the earlier period; QueryError where those of then do
    not know a tag that is asked for."""
    try:
        return shifted("rules", setting.ask, query, (pin, then_rules), (pin, setting.rules))
    except QueryError as error:
        if not error.what.startswith("there is no virtual tag"):
            raise
        raise QueryError(
            f"{error.what} by the rules of {then_rules.at:%Y-%m-%d %H:%M} UTC",
            field="before_rules_as_of",
            text=setting.asking.before_rules_as_of,
            hint="Ask by the rules of a later moment.",
        ) from None


def _rows(setting: _Setting, before: CostQuery, after: CostQuery) -> tuple[Rows, bool]:
    """The keys of both sides, and whether price ids tell them apart."""
    halves = [_half(setting, query) for query in (before, after)]
    if any(half.rates is not None for half in halves):
        halves = [replace(half, target=setting.query.currency) for half in halves]
    detail = has_detail(halves)
    for wide in (False, True):
        try:
            with question_connection(setting.lake) as connection:
                return load(setting.lake, connection, *halves, prices=detail, wide=wide), detail
        except duckdb.OutOfRangeException:
            # Quantities of bytes and seconds may not fit with all their decimals; money does.
            if wide:
                raise
    raise AssertionError("one of both returns or raises")


def _half(setting: _Setting, query: CostQuery) -> Half:
    prepared = prepare(
        setting.lake, query.but(splits="direct"), pin=setting.pin, rules=setting.rules
    )
    rates = question_rates(prepared, setting.rates, stated=setting.stated)
    values = None if rates is None else {key: rate.value for key, rate in rates.items()}
    return Half(prepared, values, None, setting.stated and values is not None)


def _may_share(setting: _Setting, query: CostQuery) -> bool:
    """Whether splits take part in the question."""
    prepared: Prepared = prepare(setting.lake, query, pin=setting.pin, rules=setting.rules)
    return bool(split_tags(query, prepared.asked, setting.rules))


# --- moments --------------------------------------------------------------------------------


def _pin_then(setting: _Setting) -> Pin:
    """The lake as the earlier period was known at the asked moment."""
    text = setting.asking.before_as_of
    if not text:
        return setting.pin
    if text != THEN:
        moment = CostQuery(as_of=text).as_of_moment()
        found = setting.lake.pin(moment)
        return setting.pin if found.snapshot_id == setting.pin.snapshot_id else found
    wanted = {
        (f.slice.source, f.slice.billing_period)
        for f in setting.facts
        if f.first_day is not None
        and f.last_day is not None
        and f.first_day < setting.previous.end
        and f.last_day >= setting.previous.start
    }
    over = datetime.combine(setting.previous.end, time())
    for snapshot in setting.lake.snapshots():
        if snapshot.snapshot_id == setting.pin.snapshot_id:
            break
        if snapshot.committed_at < over:
            continue
        pin = setting.lake.pin(snapshot.snapshot_id)
        if wanted <= {(s.source, s.billing_period) for s in pin.slices}:
            return pin
    return setting.pin


def _rules_then(setting: _Setting, rulebook: Rulebook | None) -> tuple[Ruleset, datetime | None]:
    text = setting.asking.before_rules_as_of
    if not text:
        return setting.rules, None
    if text == THEN:
        moment = datetime.combine(setting.previous.end, time()) - timedelta(microseconds=1)
    else:
        asked = CostQuery(rules_as_of=text).rules_moment()
        assert asked is not None
        moment = asked
    if rulebook is None:
        raise QueryError("no other rules are kept here", field="before_rules_as_of", text=text)
    return rulebook(moment), moment


def _days(setting: _Setting, days: DateRange) -> int:
    """How many of the days the ledger has: from its first charge to its last."""
    firsts = [f.first_day for f in setting.facts if f.first_day]
    lasts = [f.last_day for f in setting.facts if f.last_day]
    if not firsts or not lasts:
        return 0
    start = max(days.start, min(firsts))
    end = min(days.end, max(lasts) + timedelta(days=1))
    return max(0, (end - start).days)


# --- bridges --------------------------------------------------------------------------------


def _codes(result: Result) -> list[str | None]:
    if len(result.totals) > 1:
        return [str(row["BillingCurrency"]) for row in result.totals]
    return [result.currency] if result.totals else []


def _told(result: Result, code: str | None, measure: str) -> dict[Values, Decimal]:
    """The amounts of a question in one currency, by what it is grouped by."""
    found: dict[Values, Decimal] = {}
    several = "BillingCurrency" in {c.name for c in result.columns if c.role == "currency"}
    grouped = "BillingCurrency" in result.query.by
    for row in result.rows():
        own = row["BillingCurrency"] if several or grouped else result.currency
        if own == code or (grouped and result.query.currency):
            values = tuple(row[name] for name in result.query.by)
            found[values] = _amount(row[measure])
    return found


def _amount(value: Value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))


def _bridge(
    setting: _Setting,
    code: str | None,
    tally: Tally,
    before: Result,
    after: Result,
    shifts: Sequence[Shift],
    *,
    shares: bool,
) -> Bridge:
    """One currency's bridge: keys, what splits add to them, and what moments did, checked against
    what a plain question says of both periods."""
    measure = setting.asking.measure
    told = [_told(result, code, measure) for result in (before, after)]
    groups = _groups(tally.groups, told, shares=shares)
    for shift in shifts:
        groups = _with_shift(groups, shift, code)
    parts = groups or {(): Group((), ZERO, ZERO, {})}
    effects = _summed(group.effects for group in parts.values())
    bridge = Bridge(
        currency=code,
        before=total(group.before for group in parts.values()),
        after=total(group.after for group in parts.values()),
        effects=effects,
        groups=_sorted(groups.values()) if setting.query.by else (),
        services=_sorted(_group(values, sums) for values, sums in tally.services.items()),
        items=tally.items() | {s.effect: s.items[code] for s in shifts if s.items.get(code)},
        replaced=decimal(tally.replaced),
        keys=tally.keys,
    )
    _check_totals(bridge, told, shifts)
    return bridge.check()


def _groups(
    found: Mapping[Values, Sums], told: Sequence[Mapping[Values, Decimal]], *, shares: bool
) -> dict[Values, Group]:
    """Groups with what splits give them: the amounts of a question less those of direct keys."""
    groups: dict[Values, Group] = {}
    for values in dict.fromkeys([*found, *told[0], *told[1]]):
        group = _group(values, found.get(values, Sums()))
        before, after = (side.get(values, ZERO) for side in told)
        shared = _less(_less(after, group.after), _less(before, group.before))
        if not shares and (before != group.before or after != group.after):
            raise DriversError(
                f"the keys of {values} are {group.before:f} and {group.after:f} together, but the "
                f"question says {before:f} and {after:f}"
            )
        effects = dict(group.effects)
        if shared:
            effects["shared"] = shared
        groups[values] = replace(group, before=before, after=after, effects=effects)
    return groups


def _group(values: Values, sums: Sums) -> Group:
    effects = {name: decimal(amount) for name, amount in sums.effects.items() if amount}
    return Group(values, decimal(sums.before), decimal(sums.after), effects)


def _with_shift(
    groups: Mapping[Values, Group], shift: Shift, code: str | None
) -> dict[Values, Group]:
    """The groups with the earlier period as it was before a shift, and the shift as an effect."""
    found = dict(groups)
    for values, amount in shift.groups.get(code, {}).items():
        group = found.get(values) or Group(values, ZERO, ZERO, {})
        if not amount:
            continue
        effects = {**group.effects, shift.effect: amount}
        found[values] = replace(group, before=_less(group.before, amount), effects=effects)
    return found


def _check_totals(
    bridge: Bridge, told: Sequence[Mapping[Values, Decimal]], shifts: Sequence[Shift]
) -> None:
    """The bridge must lead from what the question says to what it says; else DriversError."""
    moved = total(s.totals.get(bridge.currency, ZERO) for s in shifts)
    before = _less(total(told[0].values()), moved)
    after = total(told[1].values())
    if (bridge.before, bridge.after) != (before, after):
        raise DriversError(
            f"the report goes from {bridge.before:f} to {bridge.after:f}, but the question says "
            f"{before:f} and {after:f}"
        )


def _summed(many: object) -> dict[str, Decimal]:
    found: dict[str, list[Decimal]] = {}
    for effects in many:  # type: ignore[attr-defined]
        for name, amount in effects.items():
            found.setdefault(name, []).append(amount)
    return {name: total(amounts) for name, amounts in found.items()}


def _sorted(groups: object) -> tuple[Group, ...]:
    return tuple(
        sorted(
            groups,  # type: ignore[call-overload]
            key=lambda g: (
                g.change.copy_abs().copy_negate(),
                tuple((value is None, str(value)) for value in g.values),
            ),
        )
    )


def _less(one: Decimal, other: Decimal) -> Decimal:
    return total((one, other.copy_negate()))


# --- what is said beside --------------------------------------------------------------------


def _unconverted(measure: str, before: Result, after: Result) -> tuple[Unconverted, ...]:
    sides = [
        {one.currency: one.amounts[measure] for one in result.unconverted}
        for result in (before, after)
    ]
    return tuple(
        Unconverted(code, {"before": sides[0].get(code, ZERO), "after": sides[1].get(code, ZERO)})
        for code in sorted({*sides[0], *sides[1]})
    )


def _mean_rates(query: CostQuery, rows: Rows) -> dict[str, Decimal]:
    return {
        str(code): rounded(Fraction(over) / Fraction(under), 9)
        for code, (over, under) in rows.rates.items()
        if code is not None and code != query.currency
    }


def _warnings(
    setting: _Setting, before: Result, after: Result, days: tuple[int, int], *, detail: bool
) -> tuple[str, ...]:
    found = list(dict.fromkeys((*after.warnings, *before.warnings)))
    for result, span, count in (
        (before, setting.previous, days[0]),
        (after, setting.range, days[1]),
    ):
        if count < span.days and result.totals:
            found.append(
                f"The ledger has {count} of the {span.days} days from {span.start} to "
                f"{span.end - timedelta(days=1)}: usage is compared by the days that it has."
            )
    if not detail:
        found.append(
            "Charges of one of the periods are no longer kept: prices are told apart by SkuId, "
            "not by SkuPriceId."
        )
    if setting.range.start < setting.previous.end and setting.previous.start < setting.range.end:
        found.append("The two periods overlap: charges of their common days stand in both.")
    return tuple(found)
