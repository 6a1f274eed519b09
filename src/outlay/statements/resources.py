"""What a person says of money that no bill says: invoices, and prepaid balances from before."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field, field_validator, model_validator

from outlay.focus.currencies import is_currency
from outlay.money import BillingPeriod, MoneyError, PeriodError, parse_money
from outlay.resources import Kind, Spec, registry
from outlay.resources.names import MAX_NAME, valid_name

ENTERED = "entered by hand"
"""The `source` of an invoice that somebody typed in."""


def _exact(value: Any) -> Any:
    """Text as the ledger reads it: an amount that does not fit is refused, never rounded."""
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        try:
            return parse_money(str(value).replace(",", "") if _grouped(value) else str(value))
        except MoneyError as error:
            raise ValueError(str(error)) from None
    return value


def _grouped(value: Any) -> bool:
    """Whether the text has commas between thousands: 1,683.94."""
    return isinstance(value, str) and bool(re.fullmatch(r"\s*-?\d{1,3}(,\d{3})+(\.\d+)?\s*", value))


def _period(value: Any) -> str:
    try:
        return str(BillingPeriod.parse(str(value)))
    except PeriodError as error:
        raise ValueError(str(error)) from None


def _currency(value: str) -> str:
    if not is_currency(value):
        raise ValueError(f"{value!r} is no currency of ISO 4217; expected a code such as EUR")
    return value


class InvoiceSpec(Spec):
    """An invoice as it was received.

    `issuer` and `invoice_id` are what charges call InvoiceIssuerName and InvoiceId. `amount` is
    what is to be paid, in `currency`, with `tax` (and `credits`, as a rule negative) in it; both
    are None where nobody said, which is not nought. `account` (BillingAccountId) tells apart the
    invoices of an issuer whose bill names none. `rate` is how many units of `currency` one unit
    of the charges' BillingCurrency is, where the invoice is paid in another. `source` says where
    the amount is from. Days are UTC.
    """

    issuer: str = Field(min_length=1)
    invoice_id: str = Field(min_length=1)
    billing_period: str
    currency: str
    amount: Decimal
    tax: Decimal | None = None
    credits: Decimal | None = None
    issued_on: date | None = None
    due_on: date | None = None
    account: str = ""
    rate: Decimal | None = Field(default=None, gt=0)
    source: str = ENTERED
    note: str = ""

    _amounts = field_validator("amount", "tax", "credits", "rate", mode="before")(_exact)
    _months = field_validator("billing_period", mode="before")(_period)
    _codes = field_validator("currency")(_currency)

    @model_validator(mode="after")
    def _days_in_order(self) -> InvoiceSpec:
        if self.issued_on and self.due_on and self.due_on < self.issued_on:
            raise ValueError(
                f"it would be due on {self.due_on}, before it is issued on {self.issued_on}"
            )
        return self

    @property
    def period(self) -> BillingPeriod:
        """The billing period that it bills."""
        return BillingPeriod.parse(self.billing_period)

    def resource_name(self) -> str:
        """A name of its own: issuer and invoice id, and the period where that is not in the id."""
        end = valid_name(self.invoice_id)[-40:].strip("-")
        if self.billing_period.replace("-", "") not in re.sub(r"\D", "", self.invoice_id):
            end = f"{end[-32:].strip('-')}-{self.billing_period}"
        start = valid_name(self.issuer)[: MAX_NAME - len(end) - 1].strip("-")
        return f"{start}-{end}"


class PrepaidBalanceSpec(Spec):
    """What was paid for and not yet used at the beginning of a month, known from elsewhere.

    Of one source (x_SourceName) and currency; `commitment` is the CommitmentDiscountId that it
    belongs to (empty: what no commitment is named for).
    """

    source: str = Field(min_length=1)
    currency: str
    billing_period: str
    amount: Decimal
    commitment: str = ""
    note: str = ""

    _amounts = field_validator("amount", mode="before")(_exact)
    _months = field_validator("billing_period", mode="before")(_period)
    _codes = field_validator("currency")(_currency)

    @property
    def period(self) -> BillingPeriod:
        """The month at whose beginning it holds."""
        return BillingPeriod.parse(self.billing_period)


INVOICE = registry.register(
    Kind(
        name="Invoice",
        spec=InvoiceSpec,
        title="Invoice",
        level="approver",
        description=(
            "An invoice as it was received: what its issuer asks for, to be held against the sum "
            "of BilledCost of the charges that name it."
        ),
        example="""\
kind: Invoice
name: amazon-web-services-inc-euinus26-202609
spec:
  issuer: Amazon Web Services, Inc.
  invoice_id: EUINUS26-202609
  billing_period: 2026-09
  currency: USD
  amount: 1683.94
  tax: 0.00
  issued_on: 2026-10-03
  due_on: 2026-11-02
""",
    )
)
"""The kind `Invoice`."""

PREPAID_BALANCE = registry.register(
    Kind(
        name="PrepaidBalance",
        spec=PrepaidBalanceSpec,
        title="Prepaid balance",
        level="approver",
        description=(
            "What of a commitment was paid and not yet used at the beginning of a month, from "
            "before the ledger begins: the opening of the prepaid bridge."
        ),
        example="""\
kind: PrepaidBalance
name: azure-reservation-2025
spec:
  source: kestrel-azure
  currency: EUR
  billing_period: 2025-11
  amount: 2840.00
  commitment: /providers/microsoft.capacity/reservationorders/2f6b8c11
""",
    )
)
"""The kind `PrepaidBalance`."""
