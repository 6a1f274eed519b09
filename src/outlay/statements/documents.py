"""Statements as values, and as the text that is kept when a month is closed.

The text is canonical JSON: the same statement always gives the same bytes, and its digest tells
whether a byte has changed. Amounts are text: in whole units of the currency where they are owed,
in full where they are told as `exact`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from outlay.money import BillingPeriod, money_text, total
from outlay.money.cents import unit_text
from outlay.statements.sections import COLUMNS, OF_THE_BILL, SECTIONS

State = Literal["draft", "closed"]
FORMAT = 1
"""The version of the documents' form; a closed one keeps the one that it was written in."""


@dataclass(frozen=True)
class Line:
    """One line. `amount` is in whole units, `exact` what it was before; `tax` says that it is tax.

    `where` is the condition of the charges behind it, `splits` how to ask for them (see
    `CostQuery`). `month`, `invoice` and `source` tell of an adjustment what it corrects and
    `detail` why; `dispute` is the number of the dispute that is settled.
    """

    id: str
    section: str
    name: str
    amount: Decimal
    exact: Decimal
    detail: str = ""
    where: str = ""
    splits: str = "direct"
    month: str = ""
    invoice: str = ""
    source: str = ""
    of: str = ""
    dispute: int | None = None

    @property
    def tax(self) -> bool:
        """Whether the line is tax, or adjusts tax."""
        return "tax" in (self.section, self.of)


@dataclass(frozen=True)
class Basis:
    """What a value's part of the bill was made of, exactly, so that it can be compared later."""

    section: str
    source: str
    invoice: str
    amount: Decimal


@dataclass(frozen=True)
class Statement:
    """One value's month. Lines sum to `total`; those of the bill's sections to `base`."""

    plan: str
    tag: str
    value: str
    month: BillingPeriod
    state: State
    currency: str
    places: int
    measure: str
    mode: str
    lines: tuple[Line, ...]
    basis: tuple[Basis, ...] = ()
    savings: Mapping[str, Decimal] = field(default_factory=dict)
    title: str = ""
    owner: str = ""
    parent: str = ""
    heading: str = ""
    footer: str = ""

    def sum_of(self, *sections: str) -> Decimal:
        """The sum of the lines of some sections, in whole units."""
        zero = Decimal(0).scaleb(-self.places)
        return total([zero, *(line.amount for line in self.lines if line.section in sections)])

    @property
    def base(self) -> Decimal:
        """The value's part of the month's bill."""
        return self.sum_of(*OF_THE_BILL)

    @property
    def total(self) -> Decimal:
        """What is owed: the part of the bill and what corrects earlier months."""
        return self.sum_of(*SECTIONS)

    @property
    def columns(self) -> dict[str, Decimal]:
        """The sums of the month's table; they add up to the total."""
        return {
            column: self.sum_of(*(s.name for s in SECTIONS.values() if s.column == column))
            for column in COLUMNS
        }

    @property
    def label(self) -> str:
        """The value as people know it."""
        return self.title or self.value

    def line(self, line_id: str) -> Line | None:
        """A line by its id."""
        return next((line for line in self.lines if line.id == line_id), None)

    def to_json(self) -> dict[str, Any]:
        """The statement as plain JSON values."""
        amount = self._text
        return {
            "format": FORMAT,
            **{name: getattr(self, name) for name in _PLAIN},
            "month": str(self.month),
            "sections": [
                {"section": s.name, "title": s.title, "amount": amount(self.sum_of(s.name))}
                for s in SECTIONS.values()
                if any(line.section == s.name for line in self.lines)
            ],
            "lines": [_line_json(line, self.places) for line in self.lines],
            "base": amount(self.base),
            "adjustments": amount(self.sum_of("adjustment", "dispute")),
            "total": amount(self.total),
            "savings": {name: money_text(value) for name, value in sorted(self.savings.items())},
            "basis": [[b.section, b.source, b.invoice, money_text(b.amount)] for b in self.basis],
        }

    def _text(self, amount: Decimal) -> str:
        return unit_text(amount, self.places)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Statement":
        """Read `to_json`'s form."""
        return Statement(
            **{name: data[name] for name in _PLAIN},
            month=BillingPeriod.parse(data["month"]),
            lines=tuple(_line(line) for line in data["lines"]),
            basis=tuple(Basis(s, source, i, Decimal(a)) for s, source, i, a in data["basis"]),
            savings={name: Decimal(value) for name, value in data["savings"].items()},
        )

    @cached_property
    def text(self) -> str:
        """The statement as canonical JSON."""
        return canonical(self.to_json())


_PLAIN = (
    *("plan", "tag", "value", "title", "owner", "parent", "state", "currency", "places"),
    *("measure", "mode", "heading", "footer"),
)
_LINE_TEXTS = ("detail", "where", "month", "invoice", "source", "of")


def _line_json(line: Line, places: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": line.id,
        "section": line.section,
        "name": line.name,
        "amount": unit_text(line.amount, places),
        "exact": money_text(line.exact),
        "splits": line.splits,
    }
    found |= {name: value for name in _LINE_TEXTS if (value := getattr(line, name))}
    return found if line.dispute is None else {**found, "dispute": line.dispute}


def _line(data: Mapping[str, Any]) -> Line:
    amounts = {name: Decimal(data[name]) for name in ("amount", "exact")}
    return Line(**{**data, **amounts})


@dataclass(frozen=True)
class Rate:
    """A rate that the month stands on: one `source` is `value` of the statements' currency."""

    source: str
    value: str
    day: str
    publisher: str


@dataclass(frozen=True)
class StatementMonth:
    """All statements of a month, with what they stand on.

    `bill_exact` is the month's bill, `bill` the same in whole units: the sum of every statement's
    `base`. `snapshot` and `rules_at` (UTC, naive) are pinned when the month is closed.
    `problems` keep it from being closed, `warnings` do not; `digest` is of the closed document,
    `previous` that of the closed month before it.
    """

    plan: str
    tag: str
    title: str
    month: BillingPeriod
    state: State
    currency: str
    places: int
    statements: tuple[Statement, ...]
    bill_exact: Decimal
    bill: Decimal
    snapshot: int | None
    rules_at: datetime
    spec: Mapping[str, Any]
    rates: tuple[Rate, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    closed_at: datetime | None = None
    closed_by: str = ""
    note: str = ""
    previous: str = ""
    digest: str = ""

    @property
    def adjustments(self) -> Decimal:
        """What all statements correct of earlier months, together."""
        zero = Decimal(0).scaleb(-self.places)
        return total([zero, *(s.sum_of("adjustment", "dispute") for s in self.statements)])

    @property
    def total(self) -> Decimal:
        """The sum of all statements: the bill and the adjustments."""
        return total((self.bill, self.adjustments))

    @property
    def columns(self) -> dict[str, Decimal]:
        """The sums of all statements, by column."""
        return {
            column: total([Decimal(0), *(s.columns[column] for s in self.statements)])
            for column in COLUMNS
        }

    def has(self, column: str) -> bool:
        """Whether some statement has an amount in a column."""
        return any(one.columns[column] for one in self.statements)

    def statement(self, value: str) -> Statement | None:
        """The statement of a value."""
        return next((one for one in self.statements if one.value == value), None)

    def to_json(self) -> dict[str, Any]:
        """The month as plain JSON values, its statements by value, total and digest."""
        text = {"places": self.places}
        return {
            "format": FORMAT,
            **{name: getattr(self, name) for name in _MONTH_PLAIN},
            **text,
            "month": str(self.month),
            "bill": unit_text(self.bill, self.places),
            "bill_exact": money_text(self.bill_exact),
            "adjustments": unit_text(self.adjustments, self.places),
            "total": unit_text(self.total, self.places),
            "snapshot": None if self.snapshot is None else str(self.snapshot),
            "rules_at": self.rules_at.isoformat() + "Z",
            "rates": [vars(rate) for rate in self.rates],
            "spec": dict(self.spec),
            "closed_at": self.closed_at and self.closed_at.isoformat() + "Z",
            "statements": [
                {
                    "value": one.value,
                    "title": one.title,
                    "owner": one.owner,
                    **{name: unit_text(v, self.places) for name, v in one.columns.items()},
                    "total": unit_text(one.total, self.places),
                    "digest": digest_of(one.text),
                }
                for one in self.statements
            ],
        }

    @cached_property
    def text(self) -> str:
        """The month as canonical JSON."""
        return canonical(self.to_json())

    @staticmethod
    def from_json(data: Mapping[str, Any], statements: tuple[Statement, ...]) -> "StatementMonth":
        """Read `to_json`'s form, with its statements."""
        return StatementMonth(
            **{name: data[name] for name in _MONTH_PLAIN},
            places=data["places"],
            month=BillingPeriod.parse(data["month"]),
            statements=statements,
            bill=Decimal(data["bill"]),
            bill_exact=Decimal(data["bill_exact"]),
            snapshot=None if data["snapshot"] is None else int(data["snapshot"]),
            rules_at=_moment(data["rules_at"]),
            rates=tuple(Rate(**rate) for rate in data["rates"]),
            spec=data["spec"],
            closed_at=_moment(data["closed_at"]) if data["closed_at"] else None,
        )

    def closed(self, at: datetime, author: str, note: str, previous: str) -> "StatementMonth":
        """The month as it is kept: every statement closed, with who closed it."""
        statements = tuple(replace(one, state="closed") for one in self.statements)
        month = replace(
            self,
            state="closed",
            statements=statements,
            closed_at=at,
            closed_by=author,
            note=note,
            previous=previous,
            problems=(),
            warnings=(),
        )
        return replace(month, digest=digest_of(month.text))


_MONTH_PLAIN = (
    *("plan", "tag", "title", "state", "currency", "closed_by", "note", "previous"),
)  # fmt: skip


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))


def canonical(data: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spare space: equal data gives equal bytes."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
