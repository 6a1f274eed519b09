"""Bills with invoice ids, and evidence that a test states itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from outlay.app import Workspace
from outlay.money import BillingPeriod
from outlay.money.rates import Rate
from outlay.statements.billed import BilledSum, Rounded
from outlay.statements.invoices import Held, Invoice, Slot
from outlay.statements.resources import INVOICE, InvoiceSpec
from tests.web import company

AWS = "Amazon Web Services, Inc."


def billed(
    amount: str,
    *,
    number: str | None = "I-1",
    issuer: str = AWS,
    period: str = "2026-09",
    currency: str = "USD",
    category: str = "Usage",
    source: str = "aws",
    account: str = "111111111111",
    lines: int = 1,
) -> BilledSum:
    """A sum of charges."""
    month = BillingPeriod.parse(period)
    return BilledSum(
        source, month, issuer, number, account, currency, category, Decimal(amount), lines
    )


def invoice(amount: str, **more: object) -> Invoice:
    """An invoice as a person stated it."""
    fields: dict[str, object] = {
        "issuer": AWS, "invoice_id": "I-1", "billing_period": "2026-09", "currency": "USD",
        "amount": amount, **more,
    }  # fmt: skip
    spec = INVOICE.parse(fields)
    assert isinstance(spec, InvoiceSpec)
    return Invoice(str(more.get("account") or spec.resource_name()), 1, spec)


@dataclass
class Known:
    """Evidence as a test states it; nothing is known unless it says so."""

    then: Sequence[BilledSum] | None = None
    changes: Mapping[str, str] = field(default_factory=dict)
    refused: str = "0"
    sentences: Sequence[str] = ()
    sums: Rounded | None = None
    ecb: str = ""
    asked: list[date | None] = field(default_factory=list)

    def earlier(
        self, slots: Iterable[Slot], day: date | None
    ) -> tuple[Sequence[BilledSum], str] | None:
        self.asked.append(day)
        return None if self.then is None else (self.then, f"at the end of {day}")

    def held(self, slot: Slot) -> Held | None:
        changes = {code: Decimal(text) for code, text in self.changes.items()}
        return Held("01H", changes) if changes else None

    def rejected(self, slot: Slot, currency: str) -> Decimal:
        return Decimal(self.refused)

    def lacking(self, issuer: str, period: BillingPeriod) -> Sequence[str]:
        return self.sentences

    def rounded(
        self, slots: Iterable[Slot], issuer: str | None, ids: Sequence[str | None], currency: str
    ) -> Rounded | None:
        return self.sums

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        return Rate(source, target, Decimal(self.ecb), day, "ECB") if self.ecb else None


def line(
    cost: str,
    day: str = "2026-09-03",
    *,
    number: str = "I-1",
    service: str = "Amazon Elastic Compute Cloud",
    category: str = "Usage",
    effective: str | None = None,
    **more: str,
) -> dict[str, str]:
    """One FOCUS row of an invoice: `cost` is billed, `effective` its EffectiveCost if another."""
    row = company.line(effective or cost, day, service, category=category, billed=cost)
    return {**row, "InvoiceId": number, **more}


def load(workspace: Workspace, folder: Path, lines: Sequence[dict[str, str]], source: str) -> None:
    """Load rows as a source's bill; rows may lack columns that others have."""
    names = dict.fromkeys(name for row in lines for name in row)
    company.load(workspace, folder, source, [{n: r.get(n, "") for n in names} for r in lines])
