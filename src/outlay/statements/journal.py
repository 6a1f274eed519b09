"""Journal entries of a month for the general ledger: accrual, its reversal, and the charge itself.

Three entries, each balanced to the smallest unit, for the statements of one month:

- **accrual**, on the month's last day: the cost of every value is debited, the accrual account
  credited. No invoice is there yet; recoverable tax is no cost and is not accrued.
- **reversal**, on the next month's first day: the accrual the other way round.
- **charge**, on the next month's first day: the cost of every value and, on its own account,
  recoverable tax are debited, the clearing account is credited with both.

Over both months a value has borne its cost once. A negative amount stands on the other side: a
journal has no negative numbers.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from outlay.money import total
from outlay.money.cents import unit_text
from outlay.statements.documents import Statement, StatementMonth
from outlay.statements.errors import StatementError
from outlay.statements.model import Journal, StatementPlanSpec, ValueAccount

COLUMNS = (
    "entry",
    "posting_date",
    "account",
    "cost_center",
    "debit",
    "credit",
    "currency",
    "text",
    "plan",
    "month",
    "value",
)
"""The columns of the file, in order; docs/allocation/statements.md says what each holds."""
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Posting:
    """One line of an entry: a debit or a credit, never both, never negative."""

    entry: str
    posting_date: date
    account: str
    cost_center: str
    debit: Decimal
    credit: Decimal
    text: str
    value: str = ""


def postings(month: StatementMonth) -> list[Posting]:
    """The entries of a month. StatementError for a showback, which is not booked."""
    spec = StatementPlanSpec.model_validate({k: v for k, v in month.spec.items() if k != "version"})
    if spec.mode != "chargeback" or spec.journal is None:
        raise StatementError(
            f"the plan {month.plan} is a showback: nothing is booked. Set mode: chargeback and the "
            "accounts under journal of its StatementPlan."
        )
    journal = spec.journal
    last = month.month.end - timedelta(days=1)
    first = month.month.end
    cost = [(one, _net(one, journal)) for one in month.statements]
    accrued = _entry("accrual", last, month, journal, cost, journal.accrual, ())
    back = [
        Posting("reversal", first, p.account, p.cost_center, p.credit, p.debit, p.text, p.value)
        for p in accrued
    ]
    tax = [(one, _tax(one, journal)) for one in month.statements]
    return [*accrued, *back, *_entry("charge", first, month, journal, cost, journal.clearing, tax)]


def _tax(statement: Statement, journal: Journal) -> Decimal:
    """The tax of a statement that is recovered."""
    if not journal.recoverable_tax:
        return _ZERO
    return total([_ZERO, *(line.amount for line in statement.lines if line.tax)])


def _net(statement: Statement, journal: Journal) -> Decimal:
    """What a statement costs: its total without the tax that is recovered."""
    return total((statement.total, _tax(statement, journal).copy_negate()))


def _entry(
    name: str,
    day: date,
    month: StatementMonth,
    journal: Journal,
    cost: Sequence[tuple[Statement, Decimal]],
    against: str,
    tax: Iterable[tuple[Statement, Decimal]],
) -> list[Posting]:
    found = []
    for one, amount in cost:
        account = journal.values.get(one.value, ValueAccount())
        center = account.cost_center or one.value
        found.append(
            _posting(name, day, account.cost or journal.cost, center, amount,
                     f"{month.title} {month.month}: {one.label}", one.value)
        )  # fmt: skip
    for one, amount in tax:
        text = f"{month.title} {month.month}: tax of {one.label}"
        found.append(_posting(name, day, journal.tax, "", amount, text, one.value))
    found = [posting for posting in found if posting.debit or posting.credit]
    whole = total([_ZERO, *(p.debit for p in found), *(p.credit.copy_negate() for p in found)])
    text = f"{month.title} {month.month}"
    return [*found, _posting(name, day, against, "", whole.copy_negate(), text, "")]


def _posting(
    name: str, day: date, account: str, center: str, amount: Decimal, text: str, value: str
) -> Posting:
    """An amount on its side: what is owed is a debit, what is given back a credit."""
    debit = amount if amount > 0 else _ZERO
    credit = amount.copy_negate() if amount < 0 else _ZERO
    return Posting(name, day, account, center, debit, credit, text, value)


def to_csv(month: StatementMonth) -> str:
    """The entries as CSV with a header; an empty cell is no amount."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in postings(month):
        sides = [unit_text(side, month.places) if side else "" for side in (one.debit, one.credit)]
        common = (one.posting_date.isoformat(), one.account, one.cost_center)
        about = (month.currency, one.text, month.plan, str(month.month), one.value)
        writer.writerow((one.entry, *common, *sides, *about))
    return buffer.getvalue()
