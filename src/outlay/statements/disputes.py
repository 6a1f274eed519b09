"""Disputes: a line that a value does not accept, the answer, and the settlement.

States: ``open`` → ``answered`` (accepted or refused) → ``settled``, once the month whose
statements carry the accepted amount is closed. A refused dispute stays answered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from outlay.money import BillingPeriod, total
from outlay.money.cents import to_unit, unit_text
from outlay.statements.documents import Line, Statement
from outlay.statements.errors import StatementError

Answer = Literal["", "accepted", "refused"]
DisputeState = Literal["open", "answered", "settled"]


@dataclass(frozen=True)
class Dispute:
    """One dispute: `amount` of a line (by its id) of a value's statement should not be the
    value's, but `proposed`'s. `settled_month` is the closed month that carries it ('' until then).
    """

    id: int
    plan: str
    month: BillingPeriod
    value: str
    line: str
    amount: Decimal
    currency: str
    proposed: str
    reason: str
    state: DisputeState = "open"
    answer: Answer = ""
    answer_reason: str = ""
    settled_month: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the amount moves."""
        return self.answer == "accepted"


def check(statement: Statement, line_id: str, amount: Decimal, others: Iterable[Dispute]) -> Line:
    """The disputed line; StatementError when there is no such line, the amount is not in whole
    units, or exceeds what is left of the line besides other disputes that were not refused."""
    line = statement.line(line_id)
    if line is None:
        raise StatementError(
            f"the statement of {statement.value} for {statement.month} has no line {line_id!r}. "
            "Its lines have their ids in the JSON and CSV of the statement."
        )
    if not amount or to_unit(amount, statement.places) != amount:
        raise StatementError(
            f"{amount} is no amount that can be disputed: give a number of "
            f"{statement.currency} with at most {statement.places} decimals, other than nought"
        )
    taken = [d.amount for d in others if d.line == line_id and d.answer != "refused"]
    left = total((line.amount, *(one.copy_negate() for one in taken)))
    within = 0 < amount <= left if line.amount > 0 else left <= amount < 0
    if not within:
        raise StatementError(
            f"the line {line.name} has {unit_text(left, statement.places)} {statement.currency} "
            f"that can be disputed, not {unit_text(amount, statement.places)}"
            + (" (other disputes of it are not refused)" if taken else "")
        )
    return line


def settlements(disputes: Iterable[Dispute], tax: Iterable[int] = ()) -> dict[str, list[Line]]:
    """Value → the lines of accepted disputes: each takes from one value what it gives another.
    `tax` are the numbers of those whose line is tax."""
    found: dict[str, list[Line]] = {}
    of_tax = set(tax)
    for dispute in sorted(disputes, key=lambda one: one.id):
        if not dispute.accepted:
            continue
        moves = ((dispute.value, dispute.amount.copy_negate()), (dispute.proposed, dispute.amount))
        for value, amount in moves:
            other = dispute.proposed if value == dispute.value else dispute.value
            way = "given to" if value == dispute.value else "taken from"
            found.setdefault(value, []).append(
                Line(
                    id=f"dispute/{dispute.id}",
                    section="dispute",
                    name=f"{dispute.month}, dispute {dispute.id}, {way} {other}",
                    amount=amount,
                    exact=amount,
                    detail=dispute.reason,
                    month=str(dispute.month),
                    of="tax" if dispute.id in of_tax else "",
                    dispute=dispute.id,
                )
            )
    return found
