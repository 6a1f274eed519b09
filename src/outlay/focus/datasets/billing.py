"""Billing Period and Invoice Detail, worked out from the charges of a ledger.

An Invoice Detail record is one service and charge category of one invoice. Every charge is in
exactly one record, so that BilledCost of Cost and Usage, summed by invoice, is the sum of the
records to the last digit. Charges whose bill names no invoice (yet) are records of a provisional
one, which has an id of ours, the status Open and `x_Provisional` true: FOCUS 1.4 lets an id be
generated before the invoice is issued.
"""

from outlay.focus.datasets.made import Derived, Ledger, Made, arrow_type, lacking
from outlay.focus.datasets.schema import BILLING_PERIOD, INVOICE_DETAIL, Dataset
from outlay.focus.sql import literal, quoted

PERIOD_START = "coalesce(BillingPeriodStart, CAST(x_BillingPeriod AS TIMESTAMP))"
PERIOD_END = (
    "coalesce(BillingPeriodEnd, CAST(CAST(x_BillingPeriod AS TIMESTAMP) + INTERVAL 1 MONTH "
    "AS TIMESTAMP))"
)
PROVISIONAL_INVOICE = (
    f"concat_ws('/', 'provisional', strftime({PERIOD_START}, '%Y-%m'), BillingAccountId)"
)
"""The id of the invoice of charges whose bill names none."""

DETAIL_ID = (
    "coalesce(InvoiceDetailId, concat_ws('/', strftime(BillingPeriodStart, '%Y-%m'), "
    "BillingAccountId, BillingCurrency, ChargeCategory, ServiceName))"
)
"""SQL of a charge's InvoiceDetailId: the bill's own, else what its record is told apart by."""

_NEVER = "no bill of these sources states it"
_PERIOD_RULES = (
    Derived("BillingPeriodCreated", "when the ledger first loaded a bill of the period"),
    Derived("BillingPeriodLastUpdated", "when the ledger last loaded a bill of the period"),
    Derived(
        "BillingPeriodStatus",
        "Closed where the period was over when the bill was last loaded and every charge with a "
        "BilledCost names its invoice; Open otherwise",
    ),
)
_DETAIL_RULES = (
    Derived("InvoiceDetailCreated", "when the ledger first loaded the record's bill"),
    Derived("InvoiceDetailLastUpdated", "when the ledger last loaded the record's bill"),
    Derived("InvoiceDetailId", "the bill's own, else period/account/currency/category/service"),
    Derived("InvoiceDetailDescription", "category, service and period in words"),
    Derived(
        "InvoiceIssueStatus",
        "Issued where the bill names the invoice and the period was over when it was last loaded; "
        "Open otherwise",
    ),
    Derived("ReferenceInvoiceId", "the bill's own, else the invoice itself"),
)
_DETAIL_REASONS = {
    "InvoiceIssueDate": f"{_NEVER} (x_InvoiceIssueDate)",
    "PaymentDueDate": f"{_NEVER} (x_PaymentDueDate)",
    "PaymentTerms": f"{_NEVER} (x_PaymentTerms); say it in the workspace's stated.yaml",
    "PaymentCurrency": f"{_NEVER} (x_PaymentCurrency)",
    "PaymentCurrencyBilledCost": f"{_NEVER} (x_PaymentCurrency)",
    "PaymentCurrencyInvoiceDetailId": f"{_NEVER} (x_PaymentCurrency)",
    "PurchaseOrderNumber": f"{_NEVER} (x_PurchaseOrderNumber); say it in stated.yaml",
    "BillingAccountId": "the bill has charges without an account",
    "InvoiceIssuerName": "the bill does not say who issues its invoices",
}


def billing_periods(ledger: Ledger) -> Made:
    """The Billing Period dataset: a record per invoice issuer and billing period."""
    load_deliveries(ledger)
    sql = f"""
        SELECT min(d.first_loaded) AS BillingPeriodCreated, line.period_end AS BillingPeriodEnd,
            max(d.last_loaded) AS BillingPeriodLastUpdated,
            line.period_start AS BillingPeriodStart,
            CASE WHEN bool_and(d.last_loaded >= line.period_end) AND sum(line.unnamed) = 0
                AND sum(line.named) > 0 THEN 'Closed' ELSE 'Open' END AS BillingPeriodStatus,
            line.issuer AS InvoiceIssuerName
        FROM (SELECT x_SourceName, x_BillingPeriod, {PERIOD_START} AS period_start,
                {PERIOD_END} AS period_end, InvoiceIssuerName AS issuer,
                count_if(InvoiceId IS NULL AND BilledCost <> 0) AS unnamed,
                count(InvoiceId) AS named
            FROM {ledger.charges} GROUP BY ALL) AS line
        JOIN outlay_deliveries AS d ON d.source = line.x_SourceName
            AND d.period = line.x_BillingPeriod
        GROUP BY line.issuer, line.period_start, line.period_end
        ORDER BY InvoiceIssuerName, BillingPeriodStart"""
    return _made(ledger, BILLING_PERIOD, sql, {}, _DETAIL_REASONS, _PERIOD_RULES)


def invoice_details(ledger: Ledger) -> Made:
    """The Invoice Detail dataset: a record per invoice, account, service and charge category."""
    load_deliveries(ledger)
    stated = {
        name: _stated_sql(ledger, name)
        for name in ("PaymentTerms", "PurchaseOrderNumber", "PaymentDueDays")
    }
    columns = _line_columns(ledger)
    inner = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
    # A line that the bill itself numbers may hold several services and categories.
    service = "CASE WHEN count(DISTINCT l.ServiceName) = 1 THEN min(l.ServiceName) END"
    category = (
        "CASE WHEN count(DISTINCT l.ChargeCategory) = 1 THEN min(l.ChargeCategory) ELSE 'Usage' END"
    )
    # Paid in the currency it is billed in, the amounts are the same; otherwise no bill has them.
    same = "payment_currency = BillingCurrency"
    sql = f"""
        SELECT sum(l.BilledCost) AS BilledCost, l.BillingAccountId, l.BillingCurrency,
            l.period_end AS BillingPeriodEnd, l.period_start AS BillingPeriodStart,
            {category} AS ChargeCategory, min(d.first_loaded) AS InvoiceDetailCreated,
            concat_ws(' of ', {category}, {service}) || ', ' ||
                strftime(l.period_start, '%Y-%m') AS InvoiceDetailDescription,
            CASE WHEN {service} IS NOT NULL
                THEN CAST(json_object('ServiceName', {service}) AS VARCHAR) END
                AS InvoiceDetailGrain,
            l.InvoiceDetailId, max(d.last_loaded) AS InvoiceDetailLastUpdated, l.InvoiceId,
            max(l.issued) AS InvoiceIssueDate,
            CASE WHEN NOT l.provisional AND bool_and(d.last_loaded >= l.period_end)
                THEN 'Issued' ELSE 'Open' END AS InvoiceIssueStatus,
            l.InvoiceIssuerName, max(l.payment_currency) AS PaymentCurrency,
            CASE WHEN bool_and({same}) THEN sum(l.BilledCost) END AS PaymentCurrencyBilledCost,
            CASE WHEN bool_and({same}) THEN l.InvoiceDetailId END
                AS PaymentCurrencyInvoiceDetailId,
            coalesce(max(l.due), CASE WHEN max(l.issued) IS NOT NULL THEN CAST(max(l.issued) +
                to_days(TRY_CAST({stated["PaymentDueDays"]} AS INTEGER)) AS TIMESTAMP) END)
                AS PaymentDueDate,
            coalesce(max(l.terms), {stated["PaymentTerms"]}) AS PaymentTerms,
            coalesce(max(l.purchase_order), {stated["PurchaseOrderNumber"]})
                AS PurchaseOrderNumber,
            CASE WHEN bool_and(l.reference IS NOT NULL) THEN max(l.reference) ELSE l.InvoiceId
                END AS ReferenceInvoiceId,
            sum(l.charges) AS "x_ChargeCount", l.provisional AS "x_Provisional"
        FROM (SELECT x_SourceName, x_BillingPeriod, {inner}, sum(BilledCost) AS BilledCost,
            count(*) AS charges FROM {ledger.charges} GROUP BY ALL) AS l
        JOIN outlay_deliveries AS d ON d.source = l.x_SourceName AND d.period = l.x_BillingPeriod
        GROUP BY l.InvoiceIssuerName, l.InvoiceId, l.provisional, l.BillingAccountId,
            l.BillingCurrency, l.period_start, l.period_end, l.InvoiceDetailId
        ORDER BY l.InvoiceIssuerName, l.period_start, l.InvoiceId, l.InvoiceDetailId"""
    own = {"x_ChargeCount": "BIGINT", "x_Provisional": "BOOLEAN"}
    return _made(ledger, INVOICE_DETAIL, sql, own, _DETAIL_REASONS, _DETAIL_RULES)


def _line_columns(ledger: Ledger) -> dict[str, str]:
    """What is read of each charge: name → SQL."""
    issued = f"TRY_CAST({ledger.first_of(('x_InvoiceIssueDate', 'x_InvoiceDate'))} AS TIMESTAMP)"
    return {
        "period_start": PERIOD_START, "period_end": PERIOD_END,
        "InvoiceIssuerName": "InvoiceIssuerName", "BillingAccountId": "BillingAccountId",
        "BillingCurrency": "BillingCurrency", "ChargeCategory": "ChargeCategory",
        "ServiceName": "ServiceName", "InvoiceDetailId": DETAIL_ID,
        "InvoiceId": f"coalesce(InvoiceId, {PROVISIONAL_INVOICE})",
        "provisional": "InvoiceId IS NULL",
        "issued": issued,
        "due": f"TRY_CAST({ledger.first_of(('x_PaymentDueDate', 'x_InvoiceDueDate'))} "
               "AS TIMESTAMP)",
        "terms": ledger.first_of(("x_PaymentTerms",)),
        "purchase_order": ledger.first_of(("x_PurchaseOrderNumber", "x_PoNumber")),
        "payment_currency": ledger.first_of(("x_PaymentCurrency",)),
        "reference": ledger.first_of(("x_ReferenceInvoiceId", "x_PreviousInvoiceId")),
    }  # fmt: skip


def load_deliveries(ledger: Ledger) -> None:
    """Make the temporary table `outlay_deliveries` of when each bill was loaded."""
    rows = ", ".join(
        f"({literal(d.source)}, DATE '{d.period}', TIMESTAMP '{d.first_loaded:%Y-%m-%d %H:%M:%S}', "
        f"TIMESTAMP '{d.last_loaded:%Y-%m-%d %H:%M:%S}')"
        for d in ledger.deliveries
    )
    ledger.connection.execute(
        "CREATE OR REPLACE TEMP TABLE outlay_deliveries "
        "(source VARCHAR, period DATE, first_loaded TIMESTAMP, last_loaded TIMESTAMP)"
    )
    if rows:
        ledger.connection.execute(f"INSERT INTO outlay_deliveries VALUES {rows}")


def _stated_sql(ledger: Ledger, name: str) -> str:
    cases = " ".join(
        f"WHEN {literal(issuer)} THEN {literal(facts[name])}"
        for issuer, facts in ledger.stated.invoices.items()
        if name in facts
    )
    return f"CASE l.InvoiceIssuerName {cases} END" if cases else "CAST(NULL AS VARCHAR)"


def _made(
    ledger: Ledger,
    dataset: Dataset,
    sql: str,
    own: dict[str, str],
    reasons: dict[str, str],
    rules: tuple[Derived, ...],
) -> Made:
    typed = [
        f"CAST({quoted(c.name)} AS {_SQL[str(arrow_type(c))]}) AS {quoted(c.name)}"
        for c in dataset.columns
    ]
    typed += [f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind in own.items()]
    table = ledger.connection.sql(f"SELECT {', '.join(typed)} FROM ({sql})").to_arrow_table()
    return Made(dataset, table, lacking(dataset, table, reasons, _NEVER), rules)


_SQL = {"decimal128(38, 21)": "DECIMAL(38,21)", "timestamp[us]": "TIMESTAMP", "string": "VARCHAR"}
