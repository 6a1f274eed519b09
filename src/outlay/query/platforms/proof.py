"""The proof of a platform: two questions about its charges, whose answers must agree.

One asks for the charge of each scope, the other for its parts by consumer. Both are ordinary
questions of the ledger, so that history, rules of a moment and virtual tags hold here as well;
what the vendor's own rows state is a third number beside them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from outlay.access import whole_only
from outlay.allocation.rules import Ruleset
from outlay.expression import text_literal
from outlay.expression.dimensions import VIRTUAL, Dimension, parse_dimension
from outlay.expression.errors import QueryError, near_names
from outlay.lake.facts import SliceFacts, slice_facts
from outlay.lake.types import Pin
from outlay.money import DateRange, total
from outlay.query.model import CostQuery
from outlay.query.platforms.division import Divider, divider
from outlay.query.platforms.model import (
    PARTS,
    PLATFORMS,
    Consumer,
    Part,
    Platform,
    PlatformProof,
    PlatformQuery,
    Scope,
    Tie,
    Unattributed,
    merged,
    platform,
)
from outlay.query.platforms.sharing import shared_out
from outlay.query.result import Result
from outlay.query.run import run
from outlay.query.usage import SupersededBy
from outlay.query.usage.run import UsageLake

Key = tuple[tuple[str | None, ...], date | None, str]
"""A scope: its values, its day, its currency."""

_STATE = "x_AllocationState"
_IDLE = "Idle"
_ATTRIBUTED = "Attributed"
_NO_IDLE = "these bills of {} are not divided by use: they do not tell what was idle"
_UNKNOWN = ("Unlisted queries", "Not attributed")


@dataclass
class _Open:
    """A scope while it is being added up."""

    parts: dict[Part, Decimal] = field(default_factory=lambda: dict.fromkeys(PARTS, Decimal(0)))
    quantities: dict[Part, Decimal] = field(
        default_factory=lambda: dict.fromkeys(PARTS, Decimal(0))
    )
    idle: dict[str, Decimal] = field(default_factory=dict)
    weights: dict[str, Decimal] = field(default_factory=dict)
    shared: Decimal = Decimal(0)


@dataclass
class _Given:
    """What a consumer has while it is being added up."""

    direct: Decimal = Decimal(0)
    by_usage: Decimal = Decimal(0)
    idle: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)


def there(lake: UsageLake, *, pin: Pin | None = None) -> dict[str, dict[str, Decimal]]:
    """The platforms that have charges, by name: BilledCost of all time by currency."""
    whole_only("the cost of platforms")
    pin = pin or lake.pin()
    found = {}
    for one in PLATFORMS:
        result = run(lake, CostQuery(measures=("BilledCost",), where=one.where), pin=pin)
        amounts = {
            str(row.get("BillingCurrency") or result.currency): Decimal(str(row["BilledCost"]))
            for row in result.totals
        }
        if amounts:
            found[one.name] = amounts
    return found


def prove(
    lake: UsageLake,
    query: PlatformQuery,
    *,
    rules: Ruleset | None = None,
    ties: Mapping[str, SupersededBy] | None = None,
    now: datetime | None = None,
) -> PlatformProof:
    """What the platform charged by scope, who it was for, and whether it adds up to the bill.

    `ties` say which bill a source of usage belongs to (source of usage → bill), `now` is the UTC
    moment that relative ranges count from. Amounts stay in their own currency. Raises QueryError
    for a dimension that neither the platform's charges nor, where usage divides, its usage has.
    """
    whole_only("the cost of a platform")
    asked = platform(query.platform)
    rules = rules or Ruleset()
    now = now or datetime.now(UTC).replace(tzinfo=None)
    pin = lake.pin(CostQuery(as_of=query.as_of).as_of_moment())
    facts = slice_facts(lake, pin)
    base = CostQuery(
        measures=(query.measure,), range=query.range, where=asked.where, splits="direct"
    )

    def ask(question: CostQuery) -> Result:
        return run(lake, question, pin=pin, rules=rules, now=now)

    slices = _slices(
        ask(
            base.but(measures=(query.measure, "LineCount"), by=("x_SourceName", "x_BillingPeriod"))
        ),
        query.measure,
    )
    sources = {source for source, _ in slices}
    mine = [one for one in facts if one.slice.source in sources]
    known = _Known(mine, rules)
    divide = (
        divider(lake, pin, query, ties or {}, sources, rules, now)
        if asked.usage and query.usage
        else Divider.none()
    )
    choices = known.choices(asked) + tuple(d for d in divide.choices if not known.has(d))
    by = _by(query, asked, choices, known, divide)
    scope = tuple(name for name in asked.scope if known.has(name))
    answer = _Proof(query, asked, scope, by, known, divide)
    grain = "day" if asked.daily or query.by_day or divide.active else "none"
    charges = ask(base.but(by=scope, grain=grain))
    answer.read_charges(charges)
    answer.read_parts(ask(answer.parts_question(base, grain)), rules)
    days = charges.range
    return answer.result(
        choices,
        _ties(mine, slices, query.measure),
        days,
        None if pin.snapshot_id is None else str(pin.snapshot_id),
    )


class _Known:
    """What the slices of a platform have values of."""

    def __init__(self, facts: Iterable[SliceFacts], rules: Ruleset) -> None:
        self.facts, self.rules = list(facts), rules

    def has(self, name: str) -> bool:
        dimension = parse_dimension(name)
        if dimension.kind == VIRTUAL:
            return dimension.name in self.rules.tags
        return any(one.has(dimension) for one in self.facts)

    def choices(self, asked: Platform) -> tuple[str, ...]:
        """Whom cost may be given to: the platform's own, then virtual tags, then tags."""
        tags = sorted({key for one in self.facts for key in one.tag_keys})
        own = [name for name in asked.by if self.has(name)]
        named = [str(Dimension("tag", key)) for key in tags]
        return (*own, *sorted(self.rules.tags), *named)


def _by(
    query: PlatformQuery,
    asked: Platform,
    choices: tuple[str, ...],
    known: _Known,
    divide: Divider,
) -> str:
    if not query.by:
        return choices[0] if choices else asked.by[0]
    if not known.facts or known.has(query.by) or query.by in divide.choices:
        return query.by
    raise QueryError(
        f"neither the charges of {asked.title} nor their usage have {query.by}",
        field="by",
        text=query.by,
        near=near_names(query.by, choices),
        allowed=choices,
    )


class _Proof:
    """Adds up the answers of the two questions."""

    def __init__(
        self,
        query: PlatformQuery,
        asked: Platform,
        scope: tuple[str, ...],
        by: str,
        known: _Known,
        divide: Divider,
    ) -> None:
        self.query, self.asked, self.scope, self.by = query, asked, scope, by
        self.divide = divide
        self.on_charges = known.has(by)
        self.reasons = tuple(name for name in asked.reasons if known.has(name))
        self.quantity = asked.quantity is not None
        self.missing = _missing(by, known) if self.on_charges else ""
        blind = asked.tells_idle and known.facts and not known.has(_STATE)
        self.notes = (_NO_IDLE.format(asked.title),) if blind else ()
        self.charges: dict[Key, Decimal] = {}
        self.open: dict[Key, _Open] = {}
        self.given: dict[tuple[str, str], _Given] = {}
        self.rest: dict[tuple[str, str], Decimal] = {}

    def parts_question(self, base: CostQuery, grain: str) -> CostQuery:
        """The question for the parts: by scope, reason, consumer, and what usage matches by."""
        names = [*self.scope, *self.reasons, *self.divide.columns]
        if self.quantity:
            names.append("ConsumedUnit")
        if self.on_charges:
            names.append(self.by)
        measures = [self.query.measure, *(["ConsumedQuantity"] if self.quantity else [])]
        return base.but(measures=tuple(measures), by=tuple(dict.fromkeys(names)), grain=grain)

    def read_charges(self, result: Result) -> None:
        """The charge of each scope."""
        for row in result.rows():
            self.charges[self._key(row, result)] = _money(row[self.query.measure])

    def read_parts(self, result: Result, rules: Ruleset) -> None:
        """The parts of each scope; then idle is shared within it, where asked."""
        default = rules.tags[self.by].default if self.by in rules.tags else None
        for row in result.rows():
            key = self._key(row, result)
            value = _text(row.get(self.by)) if self.on_charges else None
            self._add(key, row, None if value == default else value)
        for key, scope in self.open.items():
            self._give_idle(key, scope)

    def _add(self, key: Key, row: Mapping[str, object], consumer: str | None) -> None:
        amount = _money(row[self.query.measure])
        counted = self.quantity and row.get("ConsumedUnit") == self.asked.quantity
        quantity = _money(row.get("ConsumedQuantity")) if counted else Decimal(0)
        scope = self.open.setdefault(key, _Open())
        if self.asked.tells_idle and row.get(_STATE) == _IDLE:
            self._put(scope, "idle", amount, quantity)
            owner = consumer or ""
            scope.idle[owner] = total((scope.idle.get(owner, Decimal(0)), amount))
            return
        if consumer is not None:
            self._put(scope, "direct", amount, quantity)
            given = self._give(key[2], consumer)
            given.direct = total((given.direct, amount))
            given.quantity = total((given.quantity, quantity))
            if row.get(_STATE) == _ATTRIBUTED:
                weight = total((scope.weights.get(consumer, Decimal(0)), quantity))
                scope.weights[consumer] = weight
            return
        left = amount
        for name, part in self.divide.parts(row, key[1], amount).items():
            self._put(scope, "by_usage", part, Decimal(0))
            given = self._give(key[2], name)
            given.by_usage = total((given.by_usage, part))
            left = total((left, part.copy_negate()))
        self._put(scope, "unattributed", left, quantity)
        if left:
            reason = (self._reason(row), key[2])
            self.rest[reason] = total((self.rest.get(reason, Decimal(0)), left))

    def _give_idle(self, key: Key, scope: _Open) -> None:
        """Idle of the scope: to who used it, by attributed credits, where it is to be shared;
        else to whom the question's own dimension gives it (a team that owns the warehouse)."""
        parts = {name: part for name, part in scope.idle.items() if name}
        if self.query.idle == "share" and any(weight > 0 for weight in scope.weights.values()):
            parts = shared_out(total(scope.idle.values()), scope.weights)
        for name, part in parts.items():
            given = self._give(key[2], name)
            given.idle = total((given.idle, part))
            scope.shared = total((scope.shared, part))

    def _put(self, scope: _Open, part: Part, amount: Decimal, quantity: Decimal) -> None:
        scope.parts[part] = total((scope.parts[part], amount))
        scope.quantities[part] = total((scope.quantities[part], quantity))

    def _give(self, currency: str, name: str) -> _Given:
        return self.given.setdefault((name, currency), _Given())

    def _reason(self, row: Mapping[str, object]) -> str:
        state = row.get(_STATE)
        if state in _UNKNOWN:
            return str(state)
        if row.get("ChargeCategory", "Usage") != "Usage":
            return f"{row['ChargeCategory']} without {self.by}"
        where = _text(row.get("ServiceName")) or _text(row.get("ServiceProviderName"))
        return f"{where or 'Charges'} without {self.by}"

    def _key(self, row: Mapping[str, object], result: Result) -> Key:
        period = row.get("period")
        day = period.date() if isinstance(period, datetime) else period
        currency = str(row.get("BillingCurrency") or result.currency or "")
        values = tuple(_text(row[name]) for name in self.scope)
        return values, day if isinstance(day, date) else None, currency

    def result(
        self,
        choices: tuple[str, ...],
        ties: tuple[Tie, ...],
        days: DateRange | None,
        snapshot: str | None,
    ) -> PlatformProof:
        """Everything as one value, the largest first."""
        fine = [self._scope(key) for key in {**self.charges, **self.open}]
        shown = fine if self.query.by_day else _over_days(fine)
        rest = [Unattributed(reason, code, a) for (reason, code), a in self.rest.items() if a]
        return PlatformProof(
            self.query,
            self.by,
            choices,
            tuple(sorted(shown, key=_scope_order)),
            sum(1 for scope in fine if scope.proven),
            len(fine),
            tuple(
                sorted(
                    self._consumers(), key=lambda c: (c.currency, c.total.copy_negate(), c.value)
                )
            ),
            tuple(sorted(rest, key=lambda u: (u.currency, u.amount.copy_negate(), u.reason))),
            ties,
            days,
            snapshot,
            (*self.divide.notes, *self.notes),
            self.missing,
        )

    def _scope(self, key: Key) -> Scope:
        values, day, currency = key
        added = self.open.get(key, _Open())
        return Scope(
            dict(zip(self.scope, values, strict=True)),
            day,
            currency,
            self.charges.get(key, Decimal(0)),
            added.parts,
            added.shared,
            added.quantities if self.quantity else {},
        )

    def _consumers(self) -> Iterable[Consumer]:
        for (name, currency), given in self.given.items():
            yield Consumer(name, currency, given.direct, given.by_usage, given.idle, given.quantity)


def _missing(by: str, known: _Known) -> str:
    """The condition on charges that have no value of a dimension."""
    tag = known.rules.tags.get(by)
    return f"{by} IS NULL" if tag is None else f"{by} = {text_literal(tag.default)}"


def _over_days(scopes: Iterable[Scope]) -> list[Scope]:
    grouped: dict[tuple[tuple[str | None, ...], str], list[Scope]] = {}
    for scope in scopes:
        grouped.setdefault((tuple(scope.values.values()), scope.currency), []).append(scope)
    return [merged(found[0].values, None, code, found) for (_, code), found in grouped.items()]


def _scope_order(scope: Scope) -> tuple[object, ...]:
    day = scope.day or date.min
    names = tuple(value or "" for value in scope.values.values())
    return scope.currency, -day.toordinal(), scope.charge.copy_negate(), names


def _consumer_order(one: Consumer) -> tuple[object, ...]:
    return one.currency, one.total.copy_negate(), one.value


Slices = dict[tuple[str, str], dict[str, tuple[Decimal, int]]]


def _slices(result: Result, measure: str) -> Slices:
    """(source, month) → currency → charged and by how many lines."""
    found: Slices = {}
    for row in result.rows():
        key = (str(row["x_SourceName"]), str(row["x_BillingPeriod"])[:7])
        currency = str(row.get("BillingCurrency") or result.currency or "")
        found.setdefault(key, {})[currency] = (_money(row[measure]), int(str(row["LineCount"])))
    return found


def _ties(facts: Iterable[SliceFacts], slices: Slices, measure: str) -> tuple[Tie, ...]:
    """The slices with what the vendor's own rows state of them.

    They can be compared where the question has every line of the slice.
    """
    found = []
    for one in facts:
        key = (one.slice.source, str(one.slice.billing_period))
        if key not in slices:
            continue
        lines = sum(count for _, count in slices[key].values())
        stated = {
            line.currency: total((line.stated, line.rejected.copy_negate()))
            for line in one.slice.delivery.proof.lines
            if line.measure == measure
        }
        for currency, (charged, _) in sorted(slices[key].items()):
            if currency in stated:
                whole = lines == one.slice.delivery.rows
                found.append(Tie(*key, currency, stated[currency], charged, whole))
    return tuple(sorted(found, key=lambda tie: (tie.billing_period, tie.source), reverse=True))


def _money(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
