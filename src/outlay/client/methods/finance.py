"""Operations of the API: finance. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from outlay.client.shapes import (
    Balance,
    Bridge,
    CloseOverview,
    CloseStatus,
    Dispute,
    Disputes,
    InvoiceImport,
    InvoiceReconciliation,
    InvoiceRow,
    InvoiceWithHistory,
    StatementDocument,
    StatementMonth,
    StatementPlan,
)
from outlay.client.transport import Transport, part

if TYPE_CHECKING:
    import pyarrow as pa


class Finance(Transport):
    """Methods of the client: finance."""

    def list_statements(self) -> list[StatementPlan]:
        """Every plan with its months. A plan a virtual tag, and each configured one; months
        newest first with their state."""
        found: list[StatementPlan] = self.shaped("list[StatementPlan]", "GET", "/statements", None)
        return found

    def get_statements(self, plan: str, month: str) -> StatementMonth:
        """A month of a plan. All statements of the month: as they were closed, else the draft
        of this moment."""
        found: StatementMonth = self.shaped(
            "StatementMonth", "GET", f"/statements/{part(plan)}/{part(month)}", None
        )
        return found

    def statements_table(self, plan: str, month: str) -> pa.Table:
        """A month of a plan: as an Arrow table, decimals exact. All statements of the month: as
        they were closed, else the draft of this moment."""
        return self.table(f"/statements/{part(plan)}/{part(month)}", None)

    def get_statement(self, plan: str, month: str, value: str) -> StatementDocument:
        """One value's statement. A closed statement as JSON is the same byte for byte, always."""
        found: StatementDocument = self.shaped(
            "StatementDocument",
            "GET",
            f"/statements/{part(plan)}/{part(month)}/{part(value)}",
            None,
        )
        return found

    def statement_table(self, plan: str, month: str, value: str) -> pa.Table:
        """One value's statement: as an Arrow table, decimals exact. A closed statement as JSON
        is the same byte for byte, always."""
        return self.table(f"/statements/{part(plan)}/{part(month)}/{part(value)}", None)

    def close_statements(
        self, plan: str, month: str, body: Mapping[str, Any] | None = None
    ) -> StatementMonth:
        """Close a month. Its statements never change again. The body may have `author` and
        `note`."""
        found: StatementMonth = self.shaped(
            "StatementMonth",
            "POST",
            f"/statements/{part(plan)}/{part(month)}/close",
            None,
            body=body,
        )
        return found

    def journal_csv(self, plan: str, month: str) -> bytes:
        """A month's journal entries, as CSV. Accrual, reversal and charge, each balanced; see
        docs/allocation/statements.md."""
        return self.content("GET", f"/journals/{part(plan)}/{part(month)}", None)[0]

    def list_disputes(self, plan: str) -> Disputes:
        """The disputes of a plan, and its trail. Disputes with who should answer, and every
        event, oldest first."""
        found: Disputes = self.shaped("Disputes", "GET", f"/disputes/{part(plan)}", None)
        return found

    def raise_dispute(self, body: Mapping[str, Any]) -> Dispute:
        """Dispute a line. `amount` may be left out: all of the line. `proposed` may be left to
        the answer."""
        found: Dispute = self.shaped("Dispute", "POST", "/disputes", None, body=body)
        return found

    def answer_dispute(self, number: int, body: Mapping[str, Any]) -> Dispute:
        """Accept or refuse a dispute. An accepted amount moves on the next statement; a refusal
        needs a reason."""
        found: Dispute = self.shaped(
            "Dispute", "POST", f"/disputes/{part(number)}/answer", None, body=body
        )
        return found

    def list_invoices(
        self, *, period: str | None = None, state: str | None = None
    ) -> InvoiceReconciliation:
        """Invoices against charges. Every invoice and every charge, by issuer, invoice id,
        billing period and currency."""
        found: InvoiceReconciliation = self.shaped(
            "InvoiceReconciliation", "GET", "/invoices", {"period": period, "state": state}
        )
        return found

    def enter_invoice(self, body: Mapping[str, Any]) -> InvoiceRow:
        """Enter an invoice. Its name is made of issuer and id; the one that is known already is
        corrected."""
        found: InvoiceRow = self.shaped("InvoiceRow", "POST", "/invoices", None, body=body)
        return found

    def invoices_csv(self, *, period: str | None = None, state: str | None = None) -> bytes:
        """The same as CSV. Amounts are text with all their digits."""
        return self.content("GET", "/invoices.csv", {"period": period, "state": state})[0]

    def get_invoice(self, name: str) -> InvoiceWithHistory:
        """One invoice. By its name or invoice id: its charges, the difference, and the history
        of versions."""
        found: InvoiceWithHistory = self.shaped(
            "InvoiceWithHistory", "GET", f"/invoices/{part(name)}", None
        )
        return found

    def save_invoice(self, name: str, body: Mapping[str, Any]) -> InvoiceRow:
        """Enter or correct an invoice under a name. A new version where anything differs."""
        found: InvoiceRow = self.shaped(
            "InvoiceRow", "PUT", f"/invoices/{part(name)}", None, body=body
        )
        return found

    def remove_invoice(self, name: str) -> None:
        """Remove an invoice. Its history stays."""
        self.json("DELETE", f"/invoices/{part(name)}", None)

    def import_invoices(self, content: bytes | str, *, file: str | None = None) -> InvoiceImport:
        """Import a CSV file. The body is the file: a row per invoice, or a FOCUS Invoice Detail
        dataset. All or none. `file` is the name that invoices are said to be from."""
        found: InvoiceImport = self.shaped(
            "InvoiceImport",
            "POST",
            "/invoices/import",
            {"file": file},
            data=content,
            headers={"Content-Type": "text/csv"},
        )
        return found

    def get_bridge(self, *, period: str | None = None, source: str | None = None) -> Bridge:
        """The prepaid bridge. Opening + bought - used up = closing; effective + closing -
        opening = billed."""
        found: Bridge = self.shaped(
            "Bridge", "GET", "/close/bridge", {"period": period, "source": source}
        )
        return found

    def list_balances(self) -> list[Balance]:
        """Prepaid balances that were stated. What was prepaid before the ledger begins, as a
        person stated it."""
        found: list[Balance] = self.shaped("list[Balance]", "GET", "/close/balances", None)
        return found

    def state_balance(self, body: Mapping[str, Any]) -> Balance:
        """State a prepaid balance. The same source, currency, commitment and month again
        changes it."""
        found: Balance = self.shaped("Balance", "POST", "/close/balances", None, body=body)
        return found

    def remove_balance(self, name: str) -> None:
        """Remove a stated balance. Its history stays."""
        self.json("DELETE", f"/close/balances/{part(name)}", None)

    def list_close(self) -> CloseOverview:
        """The newest months. Bills, invoices by state, and whether each plan's month is closed."""
        found: CloseOverview = self.shaped("CloseOverview", "GET", "/close", None)
        return found

    def get_close(self, month: str, *, plan: str | None = None) -> CloseStatus:
        """Where a month stands. Every check with what it found and where it is put right."""
        found: CloseStatus = self.shaped(
            "CloseStatus", "GET", f"/close/{part(month)}", {"plan": plan}
        )
        return found

    def run_close(
        self, month: str, body: Mapping[str, Any] | None = None, *, plan: str | None = None
    ) -> CloseStatus:
        """Close a month. Its statements never change again. The body may have `author` and
        `note`; a note is needed where a check blocks."""
        found: CloseStatus = self.shaped(
            "CloseStatus", "POST", f"/close/{part(month)}", {"plan": plan}, body=body
        )
        return found
