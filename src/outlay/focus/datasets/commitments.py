"""Contract Commitment, worked out from the charges: what was bought, on what terms, until when.

A commitment is known by its CommitmentDiscountId (reservations, savings plans, committed use), by
the elements of ContractApplied, or by the contract whose capacity a bill draws on. Its terms are
read from `x_` columns that sources keep of the vendor's own, else from the purchase's own words,
else from what is charged; a term that none of these tells stays null and is named.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from outlay.focus.datasets.found import Found, find
from outlay.focus.datasets.made import Derived, Ledger, Made, Missing, arrow_type, lacking
from outlay.focus.datasets.schema import CONTRACT_COMMITMENT
from outlay.focus.datasets.terms import Terms
from outlay.focus.model import Type
from outlay.money import MONEY_SCALE
from outlay.money.quotients import scaled

_C = "ContractCommitment"
_TERM = "neither the bill's x_ columns nor the purchase's description tell the term"
_UNSEEN = "bought before the first loaded bill, whose columns do not tell when"
_DISCOUNT = f"{_C}DiscountPercentage"
_REASONS = {
    f"{_C}Cost": "the fee or the term is not known, hence no total",
    f"{_C}DurationType": _TERM,
    f"{_C}PeriodStart": _UNSEEN,
    f"{_C}PeriodEnd": f"its start or its term is missing: {_TERM}; {_UNSEEN}",
    "ContractPeriodStart": _UNSEEN,
    "ContractPeriodEnd": f"its start or its term is missing: {_TERM}; {_UNSEEN}",
    f"{_C}LifecycleStatus": "its end is not known",
    f"{_C}PaymentModel": "no purchase is on a loaded bill and no column tells how it is paid",
    f"{_C}PaymentInterval": "no purchase is on a loaded bill and no column tells how it is paid",
    f"{_C}PaymentUpfrontPercentage": "how it is paid, or what it costs in all, is not known",
    f"{_C}Quantity": "no purchase states a quantity and a term",
    f"{_C}Unit": "no purchase states a quantity and a term",
    _DISCOUNT: "no covered usage is on a loaded bill, or the bill is not amortised",
    f"{_C}Type": "the bill does not name the type of the commitment",
    "PricingCurrency": "the bill is priced in its billing currency",
    "PricingCurrencyContractCommitmentCost": "no bill states the fee in the pricing currency",
}
_RULES = (
    Derived(f"{_C}Created", "when the ledger first loaded a bill that names it"),
    Derived(f"{_C}LastUpdated", "when the ledger last loaded a bill that names it"),
    Derived(f"{_C}Applicability", "no bill states the scope: IsComplexScope"),
    Derived(f"{_C}Cost", "upfront fee, and recurring fee per hour times the hours of the term"),
    Derived(f"{_C}Quantity", "quantity per hour times the hours of the term"),
    Derived(f"{_C}PeriodEnd", "stated by the bill, else start and term"),
    Derived(
        f"{_C}DiscountPercentage",
        "1 less EffectiveCost over ContractedCost of the usage it covered on the loaded bills",
    ),
    Derived(f"{_C}LifecycleStatus", "by its dates on the day of the export"),
    Derived("ContractId", "stated by ContractApplied or x_ContractNumber, else the commitment's"),
)


def contract_commitments(ledger: Ledger, today: date) -> Made:
    """The Contract Commitment dataset: a record per commitment that a charge names."""
    records = [_stated(ledger, _record(one, today)) for one in find(ledger)]
    columns = {
        column.name: pa.array(
            [_exact(record.get(column.name)) for record in records], arrow_type(column)
        )
        for column in CONTRACT_COMMITMENT.columns
    }
    columns["x_SourceName"] = pa.array([record["x_SourceName"] for record in records], pa.string())
    table = pa.table(columns)
    missing = (*lacking(CONTRACT_COMMITMENT, table, _reasons(table)), *_nameless(ledger))
    return Made(CONTRACT_COMMITMENT, table, missing, _RULES)


def _reasons(table: pa.Table) -> Mapping[str, str]:
    """Why columns are empty; a discount is due where it is what a commitment gives."""
    benefits = table[f"{_C}BenefitCategory"].to_pylist()
    due = "Discount" in benefits
    return {name: why for name, why in _REASONS.items() if due or name != _DISCOUNT}


def _record(found: Found, today: date) -> dict[str, Any]:
    terms = Terms.of(found)
    model = terms.payment_model
    cost = terms.cost
    return {
        "x_SourceName": ", ".join(found.sources),
        "BillingCurrency": found.currency,
        f"{_C}Applicability": '{"IsComplexScope":true}',
        f"{_C}BenefitCategory": found.benefit,
        f"{_C}Category": found.category,
        f"{_C}Cost": cost,
        f"{_C}Created": found.first_loaded,
        f"{_C}Description": found.description or f"{found.type or 'Commitment'} {found.id}",
        f"{_C}DiscountPercentage": found.discount,
        f"{_C}DurationType": terms.duration_text,
        f"{_C}FulfillmentInterval": "Full Period" if found.is_contract else "Hourly",
        f"{_C}Id": found.id,
        f"{_C}LastUpdated": found.last_loaded,
        f"{_C}LifecycleStatus": terms.status(today),
        f"{_C}Model": "Discontinuous" if found.is_contract else "Continuous",
        f"{_C}OfferCategory": "Negotiated" if found.is_contract else "Public",
        f"{_C}PaymentInterval": terms.payment_interval,
        f"{_C}PaymentModel": model,
        f"{_C}PaymentUpfrontPercentage": terms.upfront_share,
        f"{_C}PeriodEnd": terms.end,
        f"{_C}PeriodStart": terms.start,
        f"{_C}Quantity": terms.quantity,
        f"{_C}Type": found.type,
        f"{_C}Unit": found.unit if terms.quantity is not None else None,
        "ContractId": found.contract or found.id,
        "ContractPeriodEnd": terms.end,
        "ContractPeriodStart": terms.start,
        "InvoiceIssuerName": found.issuer,
        "PricingCurrency": found.pricing_currency,
        "PricingCurrencyContractCommitmentCost": None,
        "ServiceProviderName": found.provider,
    }


def _stated(ledger: Ledger, record: dict[str, Any]) -> dict[str, Any]:
    """The record with what a person stated of the commitment or its contract on top."""
    facts: dict[str, str] = {}
    for key in (record["ContractId"], record[f"{_C}Id"]):
        facts |= ledger.stated.commitments.get(key, {})
    for name, text in facts.items():
        record[name] = _typed(name, text)
    return record


def _typed(name: str, text: str) -> Any:
    kind = CONTRACT_COMMITMENT.column(name).type
    try:
        if kind is Type.DECIMAL:
            return Decimal(text)
        if kind is Type.TIME:
            return datetime.fromisoformat(text.removesuffix("Z"))
    except (ValueError, InvalidOperation):
        raise ValueError(f"{text!r} cannot be {name}, which is of type {kind.value}") from None
    return text


def _exact(value: Any) -> Any:
    return scaled(value, MONEY_SCALE) if isinstance(value, Decimal) else value


def _nameless(ledger: Ledger) -> Iterable[Missing]:
    """Charges that commitments cover or buy without saying which: they give no record."""
    ((count,),) = ledger.connection.execute(
        f"SELECT count(*) FROM {ledger.charges} WHERE CommitmentDiscountId IS NULL "
        "AND (CommitmentDiscountType IS NOT NULL OR CommitmentDiscountStatus IS NOT NULL)"
    ).fetchall()
    if count:
        reason = "charges of commitments without a CommitmentDiscountId: they give no record"
        yield Missing(f"{_C}Id", int(count), reason)


def stated_columns() -> Mapping[str, str]:
    """The columns of Contract Commitment that a person may state, and what they are."""
    return {column.name: column.about for column in CONTRACT_COMMITMENT.columns}
