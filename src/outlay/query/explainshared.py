"""Why an amount is somebody's: what splits gave to a group, from which charges, by which weights.

Three kinds of rows stand under a group beside its direct charges: what it got (`SharedAmount`),
what its own value gave away (`GivenAmount`) and what stayed although a split takes it
(`KeptAmount`). Direct + got - given = the group's total, to the last digit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from outlay.money import money_text
from outlay.money.quotients import rounded

if TYPE_CHECKING:
    from outlay.query.explain import ExplainedSlice
    from outlay.query.model import CostQuery

SHARE_DIGITS = 9
_WEIGHT_DIGITS = 21


@dataclass(frozen=True)
class SharedStep:
    """One split on the way of the money, in its period (`period_kind` day, month or
    billing-period; `period` its first day).

    `version` is the version of the split's resource (None: not kept as one). `weighs` says what is
    weighed, in words; `weights` are those of all targets, `weight` that of `target`, to which it
    gives `share` (a fraction) of what it took. People of a scope are told the share, and no weight:
    weights are others' costs.
    """

    split: str
    version: int | None
    title: str
    owner: str
    tag: str
    method: str
    weighs: str
    period_kind: str
    period: date
    target: str
    weight: Fraction | None
    weights: Mapping[str, Fraction]
    share: Fraction
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: weights and shares as decimal text."""
        return {
            "split": self.split,
            "version": self.version,
            "title": self.title,
            "owner": self.owner,
            "tag": self.tag,
            "method": self.method,
            "weighs": self.weighs,
            "period_kind": self.period_kind,
            "period": self.period.isoformat(),
            "target": self.target,
            "weight": None if self.weight is None else number_text(self.weight),
            "weights": {name: number_text(value) for name, value in self.weights.items()},
            "share": format(rounded(self.share, SHARE_DIGITS), "f"),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class SharedWay:
    """One way from a pool to a value: its steps, the fraction of the pool that took it, and why
    it ended where another split would have passed it on ('' where none would)."""

    steps: tuple[SharedStep, ...]
    share: Fraction
    stayed: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "share": format(rounded(self.share, SHARE_DIGITS), "f"),
            "stayed": self.stayed,
            "steps": [step.to_json() for step in self.steps],
        }


@dataclass(frozen=True)
class SharedAmount:
    """What a group got of the pool of one split in one period: `amount` = `pool` × `share`.

    `pool` is the pool's money within the question and the group's other values; `slices` are its
    charges down to file and line (they add up to it), `charges` the question that lists them.
    `share` has nine decimals; `ways` are the fractions that it was rounded from. `target` is the
    value that got it. `day` and `billing_period` are first days, None where they do not matter.
    Where the pool is not in the scope of who asks, it is named by its split alone: `pool` and
    `charges` are None, and there are no slices.
    """

    split: str
    target: str
    day: date | None
    billing_period: date | None
    pool: Decimal | None
    share: Decimal
    amount: Decimal
    ways: tuple[SharedWay, ...]
    slices: "tuple[ExplainedSlice, ...]"
    charges: "CostQuery | None"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: money as text in full."""
        from outlay.query.explain import slice_json

        return {
            "split": self.split,
            "target": self.target,
            "day": _day(self.day),
            "billing_period": _day(self.billing_period),
            "pool": None if self.pool is None else money_text(self.pool),
            "share": format(self.share, "f"),
            "amount": money_text(self.amount),
            "ways": [way.to_json() for way in self.ways],
            "charges": None if self.charges is None else self.charges.to_json(),
            "slices": [slice_json(part) for part in self.slices],
        }


@dataclass(frozen=True)
class GivenAmount:
    """What the value of a group gave away in a period: `amount` is negative where it cost money.
    `shares` are those of every target, of nine decimals; none are told to people of a scope."""

    split: str
    value: str
    day: date | None
    billing_period: date | None
    amount: Decimal
    shares: Mapping[str, Decimal]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: money as text in full."""
        return {
            "split": self.split,
            "value": self.value,
            "day": _day(self.day),
            "billing_period": _day(self.billing_period),
            "amount": money_text(self.amount),
            "shares": {name: format(share, "f") for name, share in self.shares.items()},
        }


@dataclass(frozen=True)
class KeptAmount:
    """What a split took but could not give in a period: it stayed with its value, as part of the
    direct amount. `reason` says why."""

    split: str
    value: str
    day: date | None
    billing_period: date | None
    amount: Decimal
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: money as text in full."""
        return {
            "split": self.split,
            "value": self.value,
            "day": _day(self.day),
            "billing_period": _day(self.billing_period),
            "amount": money_text(self.amount),
            "reason": self.reason,
        }


def number_text(value: Fraction) -> str:
    """A weight as decimal text without needless zeros, rounded to 21 decimals where it has more."""
    text = format(rounded(value, _WEIGHT_DIGITS), "f").rstrip("0").rstrip(".")
    return text if text not in ("", "-0") else "0"


def amounts_json(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows as JSON."""
    return [row.to_json() for row in rows]


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
