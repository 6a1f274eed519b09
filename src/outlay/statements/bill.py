"""The bill of one month, taken apart by value, section, line, source and invoice, exactly."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from outlay.allocation.rules import Ruleset
from outlay.lake.types import Pin
from outlay.money import BillingPeriod, total
from outlay.query import CostQuery
from outlay.query.result import RateUsed, Result, Unconverted
from outlay.statements.model import Plan
from outlay.statements.rates import FrozenRates
from outlay.statements.sections import section_of

NO_NAME = "(none)"
"""The line of charges that have no value of the line dimension."""
SAVINGS = ("CommitmentSaving", "NegotiatedSaving")
"""What is told beside a statement and is no part of its total: it is saved, not owed."""


@dataclass(frozen=True)
class Standing:
    """What a month is worked out from: a snapshot, the rules of a moment, and its rates. `stated`
    lets a bill's own rate go before them."""

    pin: Pin
    rules: Ruleset
    rates: FrozenRates
    stated: bool = False


Ask = Callable[[CostQuery, Standing], Result]
"""Answers a question from what it is to stand on."""


@dataclass(frozen=True)
class Cell:
    """Money of the month's bill that belongs to one value, exactly. `line` is the value of the
    line dimension, `pool` the split that gave it, or took it if it is the split's own value; ''
    where it is direct."""

    value: str
    section: str
    line: str
    pool: str
    source: str
    invoice: str
    amount: Decimal


@dataclass(frozen=True)
class MonthBill:
    """The cells of a month, what could not be converted, the rates used, and the savings of each
    value (see `SAVINGS`)."""

    month: BillingPeriod
    cells: tuple[Cell, ...]
    savings: Mapping[str, Mapping[str, Decimal]]
    rates: tuple[RateUsed, ...] = ()
    unconverted: tuple[Unconverted, ...] = ()

    @property
    def total(self) -> Decimal:
        """The bill of the month, exactly."""
        return total(cell.amount for cell in self.cells)

    def by_value(self) -> dict[str, list[Cell]]:
        """The cells of each value, by name."""
        found: dict[str, list[Cell]] = {}
        for cell in sorted(self.cells, key=lambda cell: cell.value):
            found.setdefault(cell.value, []).append(cell)
        return found


def of_month(month: BillingPeriod) -> str:
    """The condition that holds for the charges of a month's bill."""
    return f"x_BillingPeriod = '{month.start}'"


def month_bill(plan: Plan, month: BillingPeriod, standing: Standing, ask: Ask) -> MonthBill:
    """Ask for the month. Raises QueryError for a tag or a line dimension that there is not."""
    measure = plan.spec.measure
    pool, told_apart = _with_pools(plan.tag, standing)
    query = CostQuery(
        measures=(measure,),
        by=(*plan.dimensions, *([pool] if pool else [])),
        where=of_month(month),
        currency=plan.currency,
        sort=plan.tag,
    )
    result = ask(query, told_apart)
    return MonthBill(
        month,
        _merged(cell for row in result.rows() for cell in _cells(plan, pool, row)),
        _savings(plan, month, standing, ask),
        result.rates,
        result.unconverted,
    )


def _with_pools(tag: str, standing: Standing) -> tuple[str, Standing]:
    """A tag of which each value is the split that a charge is in the pool of, among rules that
    have it; '' where the tag has no splits."""
    rules = standing.rules
    if not rules.splits_of(tag):
        return "", standing
    name = "statement-pool"
    while name in rules.tags:
        name += "-x"
    tags = {**rules.tags, name: rules.graph(tag).pools_spec()}
    return name, replace(standing, rules=replace(rules, tags=tags))


def _cells(plan: Plan, pool: str, row: Mapping[str, Any]) -> list[Cell]:
    """The direct and the shared part of a row, each where it belongs."""
    measure, section = plan.spec.measure, section_of(row)
    shared = row.get(f"{measure}_shared") or Decimal(0)
    direct = row.get(f"{measure}_direct", row[measure]) or Decimal(0)
    common = {
        "value": str(row[plan.tag]),
        "line": NO_NAME if row[plan.spec.lines] is None else str(row[plan.spec.lines]),
        "source": row["x_SourceName"] or "",
        "invoice": row["InvoiceId"] or "",
    }
    # Tax that is recovered is booked apart, also where it came with shared cost.
    place = "tax" if section == "tax" else "shared"
    cells = [Cell(section=section, pool="", amount=direct, **common)]
    if pool:
        cells.append(Cell(section=place, pool=row[pool], amount=shared, **common))
    return [cell for cell in cells if cell.amount]


def _merged(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """One cell for each place; several charges classes may fall into one section."""
    found: dict[tuple[str, ...], list[Decimal]] = {}
    for cell in cells:
        key = (cell.value, cell.section, cell.line, cell.pool, cell.source, cell.invoice)
        found.setdefault(key, []).append(cell.amount)
    sums = ((key, total(amounts)) for key, amounts in sorted(found.items()))
    names = ("value", "section", "line", "pool", "source", "invoice")
    return tuple(
        Cell(**dict(zip(names, key, strict=True)), amount=amount) for key, amount in sums if amount
    )


def _savings(
    plan: Plan, month: BillingPeriod, standing: Standing, ask: Ask
) -> dict[str, dict[str, Decimal]]:
    query = CostQuery(
        measures=SAVINGS,
        by=(plan.tag,),
        where=of_month(month),
        currency=plan.currency,
        splits="direct",
    )
    rows: Sequence[Mapping[str, Any]] = list(ask(query, standing).rows())
    return {str(row[plan.tag]): {name: row[name] or Decimal(0) for name in SAVINGS} for row in rows}
