"""What a preview, a coverage and a suggestion say, as frozen values with their JSON.

Money is exact and by currency (``{"USD": Decimal("12.34")}``); in JSON it is text with all its
decimals. A resource is a distinct ResourceId; a line is one charge.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from outlay.money import DateRange, money_text, total
from outlay.money.quotients import quotient

Money = Mapping[str, Decimal]
"""Currency → amount."""

State = Literal["live", "dead", "shadowed", "out-of-dates"]
"""Of a rule: it gives values; it catches nothing; all that it catches was caught by earlier
rules; or its dates have no charge in the range."""


def add_money(*amounts: Money) -> dict[str, Decimal]:
    """Sums by currency, exactly."""
    currencies = sorted({currency for money in amounts for currency in money})
    return {c: total(m[c] for m in amounts if c in m) for c in currencies}


def less_money(left: Money, right: Money) -> dict[str, Decimal]:
    """`left` less `right`, by currency."""
    # A unary minus would round to 28 digits.
    return add_money(left, {c: amount.copy_negate() for c, amount in right.items()})


def share(part: Money, whole: Money) -> dict[str, Decimal | None]:
    """`part` of `whole` by currency, from 0 to 1 with six decimals; None of nothing.

    Amounts are net of credits: a part may be more than the whole, or less than nothing.
    """
    return {c: quotient(part.get(c, Decimal(0)), amount) for c, amount in whole.items()}


def weight(money: Money) -> Decimal:
    """An amount to order by, largest first: the absolute amounts of all currencies, as they are."""
    return total(amount.copy_abs() for amount in money.values())


@dataclass(frozen=True)
class Caught:
    """Some charges: their money, how many resources (distinct ResourceId) and how many lines."""

    money: Money = field(default_factory=dict)
    resources: int = 0
    lines: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "money": money_json(self.money),
            "resources": self.resources,
            "lines": self.lines,
        }


NOTHING = Caught()


@dataclass(frozen=True)
class RuleEffect:
    """What a rule (numbered from 1, as in labels) catches: `alone`, as if it were the only one,
    and `first`, where no earlier rule does. `gives` are the values with most money, `shadowed_by`
    the earlier rules that catch what this one would, most lines first."""

    number: int
    name: str
    state: State
    alone: Caught
    first: Caught
    gives: tuple[tuple[str, Caught], ...] = ()
    shadowed_by: tuple[tuple[int, Caught], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "number": self.number,
            "name": self.name,
            "state": self.state,
            "alone": self.alone.to_json(),
            "first": self.first.to_json(),
            "gives": [{"value": value} | caught.to_json() for value, caught in self.gives],
            "shadowed_by": [
                {"number": number} | caught.to_json() for number, caught in self.shadowed_by
            ],
        }


@dataclass(frozen=True)
class ValueChange:
    """A value of a tag, before and after. None: the tag was not there, or is not any more."""

    value: str
    before: Caught | None
    after: Caught | None

    @property
    def change(self) -> dict[str, Decimal]:
        """After less before, by currency."""
        return less_money(
            self.after.money if self.after else {}, self.before.money if self.before else {}
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "value": self.value,
            "before": self.before.to_json() if self.before else None,
            "after": self.after.to_json() if self.after else None,
            "change": money_json(self.change),
        }


@dataclass(frozen=True)
class Move:
    """Charges that had one value and get another; None where there is no tag."""

    before: str | None
    after: str | None
    caught: Caught

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"from": self.before, "to": self.after} | self.caught.to_json()


@dataclass(frozen=True)
class Covered:
    """How much of the money has a value other than the tag's default."""

    allocated: Money
    total: Money

    @property
    def unallocated(self) -> dict[str, Decimal]:
        """What has the default."""
        return less_money(self.total, self.allocated)

    @property
    def share(self) -> dict[str, Decimal | None]:
        """Allocated of total by currency, from 0 to 1, six decimals; None of nothing."""
        return share(self.allocated, self.total)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "allocated": money_json(self.allocated),
            "unallocated": money_json(self.unallocated),
            "total": money_json(self.total),
            "share": share_json(self.share),
        }


@dataclass(frozen=True)
class TagEffect:
    """What a change of rules does to one tag. `values` are ordered by the larger of their two
    amounts, `moves` (those that change the value alone) by amount; `moved` is what changes its
    value. Coverage is None where there is no tag."""

    tag: str
    values: tuple[ValueChange, ...]
    moves: tuple[Move, ...]
    moved: Caught
    coverage_before: Covered | None
    coverage_after: Covered | None

    @property
    def changes(self) -> bool:
        """Whether any charge gets another value."""
        return bool(self.moves)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "tag": self.tag,
            "values": [value.to_json() for value in self.values],
            "moves": [move.to_json() for move in self.moves],
            "moved": self.moved.to_json(),
            "coverage_before": _covered_json(self.coverage_before),
            "coverage_after": _covered_json(self.coverage_after),
        }


@dataclass(frozen=True)
class Scope:
    """What was looked at: the measure, the days (None: nothing is there), the condition, and the
    snapshot of the lake. `warnings` say what the figures do not see."""

    measure: str
    range: DateRange | None
    where: str
    currency: str | None
    snapshot: str | None
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        days = self.range
        return {
            "measure": self.measure,
            "range": {"from": str(days.start), "to": str(days.end)} if days else None,
            "where": self.where,
            "currency": self.currency,
            "snapshot": self.snapshot,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class Preview:
    """A change of one tag, before it is saved. `rules` are those of the tag after the change (of
    the tag as it was, where it is removed), `dependents` the effect on tags that build on it,
    those that do not change included."""

    tag: str
    scope: Scope
    rules: tuple[RuleEffect, ...]
    default: Caught
    effect: TagEffect
    dependents: tuple[TagEffect, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "tag": self.tag,
            "scope": self.scope.to_json(),
            "rules": [rule.to_json() for rule in self.rules],
            "default": self.default.to_json(),
            "effect": self.effect.to_json(),
            "dependents": [effect.to_json() for effect in self.dependents],
        }


@dataclass(frozen=True)
class Gap:
    """Spend without a value, by what would catch it: the charges where `condition` holds. `kind`
    is account, service, tag, resource-name, resource-type or charge-category; `value` is that of
    the dimension, `title` what it is called."""

    kind: str
    dimension: str
    value: str
    title: str
    condition: str
    caught: Caught

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "dimension": self.dimension,
            "value": self.value,
            "title": self.title,
            "condition": self.condition,
        } | self.caught.to_json()


@dataclass(frozen=True)
class Coverage:
    """How much of the money a tag allocates: in all, by month (its first day) and by value, with
    the largest unallocated spend by what would catch it. Gaps of different kinds overlap."""

    tag: str
    default: str
    scope: Scope
    covered: Covered
    months: tuple[tuple[date, Covered], ...]
    values: tuple[tuple[str, Caught], ...]
    gaps: tuple[Gap, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "tag": self.tag,
            "default": self.default,
            "scope": self.scope.to_json(),
            **self.covered.to_json(),
            "months": [{"month": str(m)[:7]} | covered.to_json() for m, covered in self.months],
            "values": [{"value": value} | caught.to_json() for value, caught in self.values],
            "gaps": [gap.to_json() for gap in self.gaps],
        }


@dataclass(frozen=True)
class Suggestion:
    """A rule that the data proposes; nothing applies it. `kind` is co-occurring, similar-key,
    account, resource-name or case. `rule` is the document of a rule (as in a resource file),
    `place` the number that it would have (in the place of the rule `replaces`, where that is
    set), `reason` says why, with its figures, and `allocates` is what has no value now and would
    get one (where spellings of a value are made one: what changes its spelling). `support` is how
    many allocated charges the reason stands on, `confidence` the part of them that agrees."""

    kind: str
    title: str
    rule: Mapping[str, Any]
    place: int
    reason: str
    allocates: Caught
    support: int = 0
    confidence: Decimal | None = None
    replaces: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "title": self.title,
            "rule": dict(self.rule),
            "place": self.place,
            "replaces": self.replaces,
            "reason": self.reason,
            "allocates": self.allocates.to_json(),
            "support": self.support,
            "confidence": None if self.confidence is None else format(self.confidence, "f"),
        }


def money_json(money: Money) -> dict[str, str]:
    """Money as text in full, by currency."""
    return {currency: money_text(amount) for currency, amount in sorted(money.items())}


def share_json(shares: Mapping[str, Decimal | None]) -> dict[str, str | None]:
    """Shares as text, by currency."""
    return {c: None if s is None else format(s, "f") for c, s in sorted(shares.items())}


def largest(amounts: Iterable[Any], key: Any) -> list[Any]:
    """By the size of their money, largest first; `key` gives it. Ties keep their order."""
    return sorted(amounts, key=lambda item: -weight(key(item)))


def _covered_json(covered: Covered | None) -> dict[str, Any] | None:
    return covered.to_json() if covered else None
