"""Use cases of invoices, corrections and credits."""

from decimal import Decimal

from tests.usecases.company import NOVEMBER, OCTOBER, SEPTEMBER
from tests.usecases.conftest import Answers
from tests.usecases.naive import (
    added,
    bills,
    days,
    grouped,
    is_,
    month,
    period,
    ratio,
    same,
    where,
)

BILLED = bills(OCTOBER, NOVEMBER)
ACCOUNTS = same("ServiceProviderName", "BillingAccountId", "BillingAccountName", "BillingCurrency")


def test_invoice_reconciliation(answers: Answers) -> None:
    keys = same("InvoiceIssuerName", "InvoiceId", "BillingAccountId", "BillingCurrency")
    keys |= {"BillingPeriod": period}
    rows = grouped(where(), keys, same("BilledCost"))
    for row in rows:
        issued = "Issued" if row["InvoiceId"] else "Open"
        row |= {"InvoicedCost": row["BilledCost"], "InvoiceIssueStatus": issued,
                "Difference": Decimal(0)}  # fmt: skip
    name = "verify-accuracy-of-provider-invoices-aka-invoice-reconciliation"
    answers(name, rows, range="all")
    old = [row for row in rows if row["BillingPeriod"] < NOVEMBER]
    assert len(old) == 6 and {row["InvoiceIssueStatus"] for row in old} == {"Issued"}
    answers(name, old)


def test_verify_accuracy_of_service_provider_invoices(answers: Answers) -> None:
    rows = grouped(where(BILLED), ACCOUNTS, same("BilledCost"))
    answers("verify-accuracy-of-service-provider-invoices", rows)


def test_verify_accuracy_of_services_charges(answers: Answers) -> None:
    rows = grouped(where(BILLED), ACCOUNTS | same("ServiceName"), same("BilledCost"))
    answers("verify-accuracy-of-services-charges-across-service-providers", rows)


def test_verify_discount_accuracy_without_corrections(answers: Answers) -> None:
    rows = grouped(
        where(BILLED, is_(ChargeClass=None)),
        ACCOUNTS | same("ServiceName"),
        same("ListCost", "EffectiveCost", "BilledCost"),
    )
    for row in rows:
        row["Discount"] = row["ListCost"] - row["EffectiveCost"]
        row["EffectiveDiscount"] = ratio(row["Discount"], row["ListCost"])
    name = "verify-discount-accuracy-for-a-previously-invoiced-billing-period-corrections-excluded"
    answers(name, rows)
    with_them = grouped(where(BILLED), ACCOUNTS | same("ServiceName"), same("BilledCost"))
    assert added(r["BilledCost"] for r in rows) != added(r["BilledCost"] for r in with_them)


CORRECTED = {
    "ServiceProviderName": "Nimbus Cloud", "BillingAccountId": "N-1", "BillingPeriod": OCTOBER,
    "CorrectedMonth": SEPTEMBER, "ServiceCategory": "Compute", "BillingCurrency": "USD",
    "BilledCost": Decimal("-3.3"),
}  # fmt: skip


def test_report_corrections_for_a_previously_invoiced_billing_period(answers: Answers) -> None:
    more = {"ChargeCategory": "Usage", "ServiceName": "Nimbus Machines"}
    answers("report-corrections-for-a-previously-invoiced-billing-period", [CORRECTED | more])


def test_report_corrections_by_subaccount(answers: Answers) -> None:
    more = {"SubAccountId": "s1", "SubAccountName": "Shop"}
    answers(
        "report-corrections-by-subaccount-for-a-previously-invoiced-billing-period",
        [CORRECTED | more],
    )
    (charge,) = where(is_(ChargeClass="Correction"))
    assert (month(charge), period(charge)) == (SEPTEMBER, OCTOBER)


def test_analyze_credit_memos(answers: Answers) -> None:
    ours = is_(ServiceProviderName="Nimbus Cloud", InvoiceId="INV-10")
    # By the days of the charges: the correction of September counts, September's own do not.
    october = where(days(OCTOBER, NOVEMBER), ours)
    other = added(c["BilledCost"] for c in october if c["ChargeCategory"] != "Credit")
    row = {
        "ServiceProviderName": "Nimbus Cloud", "InvoiceId": "INV-10", "BillingCurrency": "USD",
        "Credits": Decimal(-15), "OtherCharges": other,
        "NetCost": added((other, Decimal(-15))),
    }  # fmt: skip
    answers("analyze-credit-memos", [row], range="last-month")
    answers("analyze-credit-memos", [row], range="last-month", provider="Nimbus Cloud")
