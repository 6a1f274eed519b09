"""The provisional lane as a value: who bills for usage, and what is left of its estimates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from outlay.money import money_text, total
from outlay.query.usage.model import UsageQuery
from outlay.query.usage.result import Estimates


@dataclass(frozen=True)
class SupersededBy:
    """The bill that charges for what a source of usage estimates.

    `source` is the bill's source, or several (a gateway's models are billed by their vendors);
    `match` the columns or tags whose values must be the same on both
    sides (none: the whole source), `where` narrows the bill's charges to those that count.
    """

    source: str | tuple[str, ...]
    match: tuple[str, ...] = ()
    where: str = ""

    @property
    def bills(self) -> tuple[str, ...]:
        """The sources of the bills."""
        return (self.source,) if isinstance(self.source, str) else self.source

    @property
    def spoken(self) -> str:
        """The bills in words."""
        return " and ".join(self.bills)


@dataclass(frozen=True)
class ProvisionalRow:
    """One day of one group: what was estimated, what of it the bill has charged meanwhile, what
    is left, and what is `unmatched`, since the bill has closed its hours without such a charge.
    `rated_by` is `usage` (the tool's own price) or `bill` (the bill's last price of the same
    resource)."""

    source: str
    bill: str
    day: date
    values: tuple[str | date | None, ...]
    currency: str
    rated_by: str
    estimated: Decimal
    provisional: Decimal
    unmatched: Decimal = Decimal(0)

    @property
    def superseded(self) -> Decimal:
        """The part of the estimate whose hours the bill has charged."""
        return total((self.estimated, self.provisional.copy_negate(), self.unmatched.copy_negate()))


@dataclass(frozen=True)
class Lane:
    """The provisional rows by day, and what cannot be in the lane.

    `untied` are estimates of sources that no bill is named for, `unscoped` of usage without a
    value of a column that is matched: source → currency → amount.
    """

    query: UsageQuery
    rows: tuple[ProvisionalRow, ...]
    untied: Mapping[str, Estimates]
    unscoped: Mapping[str, Estimates]
    start: date | None
    end: date | None
    snapshot: str | None
    notes: tuple[str, ...] = field(default=())

    @property
    def provisional(self) -> Estimates:
        """What is left of all estimates, by currency."""
        return _by_currency((row.currency, row.provisional) for row in self.rows)

    @property
    def superseded(self) -> Estimates:
        """What the bills have charged meanwhile, as it had been estimated, by currency."""
        return _by_currency((row.currency, row.superseded) for row in self.rows)

    @property
    def unmatched(self) -> Estimates:
        """What was estimated for hours that the bills have closed without such a charge."""
        return _by_currency((row.currency, row.unmatched) for row in self.rows if row.unmatched)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; money as text with all its digits."""
        return {
            "query": self.query.to_params(),
            "from": None if self.start is None else str(self.start),
            "to": None if self.end is None else str(self.end),
            "provisional": _texts(self.provisional),
            "superseded": _texts(self.superseded),
            "unmatched": _texts(self.unmatched),
            "rows": [
                {
                    "source": row.source,
                    "superseded_by": row.bill,
                    "day": str(row.day),
                    **{
                        name: value if isinstance(value, str | None) else str(value)
                        for name, value in zip(self.query.by, row.values, strict=True)
                    },
                    "currency": row.currency,
                    "rated_by": row.rated_by,
                    "estimated": money_text(row.estimated),
                    "superseded": money_text(row.superseded),
                    "provisional": money_text(row.provisional),
                    "unmatched": money_text(row.unmatched),
                }
                for row in self.rows
            ],
            "untied": {name: _texts(found) for name, found in self.untied.items()},
            "unscoped": {name: _texts(found) for name, found in self.unscoped.items()},
            "notes": list(self.notes),
            "snapshot": self.snapshot,
        }


def _by_currency(parts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, list[Decimal]] = {}
    for currency, amount in parts:
        found.setdefault(currency, []).append(amount)
    return {currency: total(amounts) for currency, amounts in sorted(found.items())}


def _texts(estimates: Estimates) -> dict[str, str]:
    return {code: money_text(amount) for code, amount in estimates.items()}
