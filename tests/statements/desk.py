"""A small company whose statements can be worked out by hand, and what finance does with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.app import Workspace, disputes, statements
from outlay.money import BillingPeriod
from outlay.statements.disputes import Dispute
from outlay.statements.documents import Statement, StatementMonth
from tests.web.company import Line, line, load

AUGUST, SEPTEMBER, OCTOBER = (BillingPeriod(2026, month) for month in (8, 9, 10))
TAG = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
ACCOUNTS = {"cost": "6815", "clearing": "1590", "accrual": "3790", "tax": "1406"}


def charge(cost: str, day: str, team: str | None, **more: Any) -> Line:
    """One row; `more` are the words of `tests.web.company.line` and FOCUS columns."""
    words = {name: more.pop(name) for name in list(more) if name[0].islower()}
    row = line(cost, day, team=team, **words)
    extra = dict.fromkeys(("InvoiceId", "CommitmentDiscountStatus", "ServiceSubcategory"), "")
    return {**row, **extra, **more}


@dataclass
class Desk:
    """A workspace with the virtual tag `team`."""

    workspace: Workspace
    folder: Path

    @staticmethod
    def make(folder: Path, tag: Mapping[str, Any] = TAG) -> "Desk":
        """An empty one."""
        workspace = Workspace.init(folder / "workspace", name="Acme GmbH")
        desk = Desk(workspace, folder)
        desk.put("VirtualTag", "team", tag)
        return desk

    def put(self, kind: str, name: str, spec: Mapping[str, Any]) -> None:
        """Configure something."""
        self.workspace.resources.put(kind, name, spec, author="test")

    def bill(self, lines: Sequence[Line], source: str = "acme") -> None:
        """Load a bill; another one of the same source restates it."""
        load(self.workspace, self.folder / "bills", source, lines)

    def month(self, period: BillingPeriod, plan: str = "team") -> StatementMonth:
        """A month."""
        return statements.month(self.workspace, plan, period)

    def one(self, period: BillingPeriod, value: str, plan: str = "team") -> Statement:
        """A value's statement."""
        return statements.statement(self.workspace, plan, period, value)[1]

    def close(self, period: BillingPeriod, plan: str = "team") -> StatementMonth:
        """Close a month."""
        return statements.close(self.workspace, plan, period, author="ann", note="checked")

    def dispute(
        self, period: BillingPeriod, value: str, line: str, amount: str | None, to: str = ""
    ) -> Dispute:
        """Dispute a line."""
        return disputes.dispute(
            self.workspace,
            "team",
            period,
            value,
            line=line,
            amount=None if amount is None else Decimal(amount),
            reason="it is not ours",
            proposed=to,
            author="bob",
        )

    def answer(self, number: int, *, accept: bool, reason: str = "", to: str = "") -> Dispute:
        """Answer a dispute."""
        return disputes.answer(
            self.workspace, number, accept=accept, reason=reason, proposed=to, author="dora"
        )

    def chargeback(self, **more: Any) -> None:
        """Make the statements of `team` a chargeback."""
        journal = {**ACCOUNTS, **more.pop("journal", {})}
        self.put("StatementPlan", "team", {"mode": "chargeback", "journal": journal, **more})


def lines_of(statement: Statement) -> dict[str, str]:
    """Line id → amount, as text."""
    return {one.id: format(one.amount, "f") for one in statement.lines}


def totals_of(month: StatementMonth) -> dict[str, str]:
    """Value → total, as text."""
    return {one.value: format(one.total, "f") for one in month.statements}


EC2, S3 = "Amazon Elastic Compute Cloud", "Amazon Simple Storage Service"
SEPTEMBER_BILL = (
    charge("40", "2026-09-03", "search", InvoiceId="INV-9"),
    charge("20.005", "2026-09-04", "shop", InvoiceId="INV-9"),
    charge("9.994", "2026-09-05", "shop", service=S3, InvoiceId="INV-9"),
    charge("10", "2026-09-06", "data", InvoiceId="INV-9"),
    charge("100", "2026-09-07", "platform", service="Container platform", InvoiceId="INV-9"),
    charge("17", "2026-09-30", "shop", category="Tax", InvoiceId="INV-9"),
    charge("-5", "2026-09-30", "search", category="Credit", InvoiceId="INV-9"),
    charge("0.003", "2026-09-08", None, InvoiceId="INV-9"),
)
"""192.002 in all; see docs/allocation/statements.md, where it is worked out by hand."""
SPLIT = {
    "title": "Platform, evenly",
    "tag": "team",
    "take": "platform",
    "method": "even",
    "targets": ["data", "search", "shop"],
}
