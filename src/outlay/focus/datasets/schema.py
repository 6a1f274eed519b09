"""The datasets of FOCUS 1.4 beside Cost and Usage, as data: what columns each has.

Facts from the FOCUS 1.4 requirements model (FOCUS is CC-BY-4.0, Joint Development Foundation
Projects, LLC); the sentences are our own.
"""

from dataclasses import dataclass
from typing import Literal

from outlay.focus.model import Column, Format, Kind, Level, Type

DatasetName = Literal["cost-and-usage", "billing-period", "invoice-detail", "contract-commitment"]
DATASETS: tuple[DatasetName, ...] = (
    "cost-and-usage",
    "billing-period",
    "invoice-detail",
    "contract-commitment",
)

_S, _D, _J, _T = Type.STRING, Type.DECIMAL, Type.JSON, Type.TIME
_MANDATORY, _CONDITIONAL = Level.MANDATORY, Level.CONDITIONAL
_PRICED_APART = "Supports pricing and billing in different currencies"
_PAID_APART = "Supports billing and payment in different currencies"
_CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")


@dataclass(frozen=True)
class Dataset:
    """One dataset: its name as files and commands have it, its title, the FOCUS version that
    brought its present shape, and its columns, alphabetical."""

    name: DatasetName
    title: str
    focus_name: str
    since: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, alphabetical."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """One column; KeyError if the dataset has none of the name."""
        return {column.name: column for column in self.columns}[name]


def _column(
    name: str,
    about: str,
    type: Type = _S,
    *,
    nulls: bool = False,
    allowed: tuple[str, ...] = (),
    format: Format | None = None,
    condition: str | None = None,
    since: str = "1.4",
) -> Column:
    return Column(
        name=name,
        type=type,
        level=_CONDITIONAL if condition else _MANDATORY,
        since=since,
        about=about,
        nulls=nulls,
        allowed=allowed,
        format=format,
        condition=condition,
        kind=Kind.METRIC if type is _D else Kind.DIMENSION,
    )


BILLING_PERIOD = Dataset(
    "billing-period",
    "Billing Period",
    "BillingPeriod",
    "1.4",
    (
        _column("BillingPeriodCreated", "When the record came to be.", _T),
        _column("BillingPeriodEnd", "Where the period ends, exclusive.", _T),
        _column("BillingPeriodLastUpdated", "When the record last changed.", _T),
        _column("BillingPeriodStart", "Where the period begins, inclusive.", _T),
        _column("BillingPeriodStatus", "Whether charges may still change.",
                allowed=("Open", "Closed")),
        _column("InvoiceIssuerName", "Who issues the period's invoices."),
    ),
)  # fmt: skip

INVOICE_DETAIL = Dataset(
    "invoice-detail",
    "Invoice Detail",
    "InvoiceDetail",
    "1.4",
    (
        _column("BilledCost", "What the line asks for, in the billing currency.", _D),
        _column("BillingAccountId", "The account that is invoiced."),
        _column("BillingCurrency", "The invoice's currency.", format=Format.CURRENCY),
        _column("BillingPeriodEnd", "Where the billing period ends, exclusive.", _T),
        _column("BillingPeriodStart", "Where the billing period begins, inclusive.", _T),
        _column("ChargeCategory", "What kind of charges the line is made of.", allowed=_CATEGORIES),
        _column("InvoiceDetailCreated", "When the record came to be.", _T),
        _column("InvoiceDetailDescription", "The line in words.", nulls=True),
        _column("InvoiceDetailGrain", "What tells the line from the invoice's others.", _J,
                nulls=True, format=Format.KEY_VALUE),
        _column("InvoiceDetailId", "The line within its invoice."),
        _column("InvoiceDetailLastUpdated", "When the record last changed.", _T),
        _column("InvoiceId", "The invoice, as its issuer numbers it."),
        _column("InvoiceIssueDate", "The day of issue.", _T, nulls=True),
        _column("InvoiceIssueStatus", "Whether the invoice is out.",
                allowed=("Open", "Issued", "Voided")),
        _column("InvoiceIssuerName", "Who issues the invoice."),
        _column("PaymentCurrency", "The currency it is paid in.", format=Format.CURRENCY,
                condition=_PAID_APART),
        _column("PaymentCurrencyBilledCost", "The amount in that currency.", _D,
                condition=_PAID_APART),
        _column("PaymentCurrencyInvoiceDetailId", "The line in that currency.",
                condition="Supports billing currency and payment currency at different "
                "aggregation levels on payable invoices"),
        _column("PaymentDueDate", "The day by which it is to be paid.", _T, nulls=True),
        _column("PaymentTerms", "The terms of payment, such as Net 30."),
        _column("PurchaseOrderNumber", "The customer's order number.", nulls=True,
                condition="Supports customer input of purchase order number"),
        _column("ReferenceInvoiceId", "The invoice that this one adjusts, else itself."),
    ),
)  # fmt: skip

_COMMITMENT = "ContractCommitment"
_INTERVALS = (
    "Hourly", "Daily", "Weekly", "Monthly", "Quarterly", "Semi-Annual", "Annual", "Full Period",
    "Transactional", "Custom",
)  # fmt: skip

CONTRACT_COMMITMENT = Dataset(
    "contract-commitment",
    "Contract Commitment",
    "ContractCommitment",
    "1.3",
    (
        _column("BillingCurrency", "The currency of the cost.", nulls=True, since="1.3",
                format=Format.CURRENCY),
        _column(_COMMITMENT + "Applicability", "What the commitment can be used for.", _J,
                format=Format.JSON_OBJECT),
        _column(_COMMITMENT + "BenefitCategory", "What is had in return.",
                allowed=("Discount", "Entitlement", "Availability", "Other")),
        _column(_COMMITMENT + "Category", "Whether money or a quantity is promised.",
                allowed=("Spend", "Usage"), since="1.3"),
        _column(_COMMITMENT + "Cost", "The money promised over the whole term.", _D, nulls=True,
                since="1.3"),
        _column(_COMMITMENT + "Created", "When the record came to be.", _T),
        _column(_COMMITMENT + "Description", "The commitment in words.", nulls=True, since="1.3"),
        _column(_COMMITMENT + "DiscountPercentage", "The discount, 0 to 1.", _D, nulls=True),
        _column(_COMMITMENT + "DurationType", "The term, such as 1 Year."),
        _column(_COMMITMENT + "FulfillmentInterval", "How often it must be fulfilled.",
                allowed=_INTERVALS),
        _column(_COMMITMENT + "Id", "The commitment.", since="1.3"),
        _column(_COMMITMENT + "LastUpdated", "When the record last changed.", _T),
        _column(_COMMITMENT + "LifecycleStatus", "Where in its life it is.",
                allowed=("Proposed", "Pending", "Active", "Exhausted", "Expired", "Canceled",
                         "Superseded")),
        _column(_COMMITMENT + "Model", "Whether it must be fulfilled without a break.",
                allowed=("Continuous", "Discontinuous")),
        _column(_COMMITMENT + "OfferCategory", "Whether the terms are public.",
                allowed=("Negotiated", "Public")),
        _column(_COMMITMENT + "PaymentInterval", "How often it is paid.",
                allowed=("One-Time", "Monthly", "Quarterly", "Semi-Annual", "Annual", "Custom")),
        _column(_COMMITMENT + "PaymentModel", "How much is paid ahead.",
                allowed=("No Upfront", "Partial Upfront", "All Upfront")),
        _column(_COMMITMENT + "PaymentUpfrontPercentage", "The part paid ahead, 0 to 1.", _D,
                condition='Offers "Partial Upfront" payment models'),
        _column(_COMMITMENT + "PeriodEnd", "Where the term ends, exclusive.", _T, since="1.3"),
        _column(_COMMITMENT + "PeriodStart", "Where the term begins.", _T, since="1.3"),
        _column(_COMMITMENT + "Quantity", "The quantity promised.", _D, nulls=True, since="1.3"),
        _column(_COMMITMENT + "Type", "The provider's name for such a commitment.", since="1.3"),
        _column(_COMMITMENT + "Unit", "The unit of the quantity.", nulls=True, since="1.3",
                format=Format.UNIT),
        _column("ContractId", "The contract that the commitment is part of.", since="1.3"),
        _column("ContractPeriodEnd", "Where the contract ends, exclusive.", _T, since="1.3"),
        _column("ContractPeriodStart", "Where the contract begins.", _T, since="1.3"),
        _column("InvoiceIssuerName", "Who invoices it."),
        _column("PricingCurrency", "The currency it is priced in.", format=Format.CURRENCY,
                condition=_PRICED_APART),
        _column("PricingCurrencyContractCommitmentCost", "The cost in that currency.", _D,
                nulls=True, condition=_PRICED_APART),
        _column("ServiceProviderName", "Who sells what is committed to."),
    ),
)  # fmt: skip

DERIVED: tuple[Dataset, ...] = (BILLING_PERIOD, INVOICE_DETAIL, CONTRACT_COMMITMENT)
"""The datasets that the ledger works out from charges and deliveries."""


def dataset(name: str) -> Dataset:
    """A derived dataset by its name; KeyError if there is none."""
    return {one.name: one for one in DERIVED}[name]  # type: ignore[index]
