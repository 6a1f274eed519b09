"""Use cases of invoices, discounts on them, corrections and credits."""

from outlay.query.usecases.model import Group, Quotient, UseCase, chosen, period

_GROUP: Group = "Invoices and corrections"

CASES: tuple[UseCase, ...] = (
    UseCase(
        "Verify accuracy of provider invoices aka invoice reconciliation",
        _GROUP,
        "Do the charges add up to the invoices?",
        """WITH invoiced AS (
  SELECT InvoiceIssuerName, CASE WHEN NOT x_Provisional THEN InvoiceId END AS InvoiceId,
    InvoiceIssueStatus, BillingAccountId, BillingPeriodStart, BillingCurrency,
    sum(BilledCost) AS InvoicedCost
  FROM invoice_detail GROUP BY ALL
), charged AS (
  SELECT InvoiceIssuerName, InvoiceId, BillingAccountId, x_BillingPeriod, BillingCurrency,
    sum(BilledCost) AS BilledCost
  FROM daily WHERE {range} GROUP BY ALL
)
SELECT c.InvoiceIssuerName, c.InvoiceId, i.InvoiceIssueStatus, c.BillingAccountId,
  c.x_BillingPeriod AS BillingPeriod, c.BillingCurrency, c.BilledCost, i.InvoicedCost,
  c.BilledCost - i.InvoicedCost AS Difference
FROM charged AS c
LEFT JOIN invoiced AS i ON i.InvoiceIssuerName IS NOT DISTINCT FROM c.InvoiceIssuerName
  AND i.InvoiceId IS NOT DISTINCT FROM c.InvoiceId
  AND i.BillingAccountId IS NOT DISTINCT FROM c.BillingAccountId
  AND CAST(date_trunc('month', i.BillingPeriodStart) AS DATE) = c.x_BillingPeriod
  AND i.BillingCurrency = c.BillingCurrency
ORDER BY BillingPeriod, c.InvoiceIssuerName, c.InvoiceId""",
        (period("last-3-months", "months"),),
        since="1.2",
        note="InvoicedCost is what the Invoice Detail dataset has of the invoice. Charges without "
        "an invoice id are not invoiced yet, or their bill never names invoices.",
    ),
    UseCase(
        "Verify accuracy of service provider invoices",
        _GROUP,
        "What did each provider bill each account, to compare with its invoice?",
        """SELECT ServiceProviderName, BillingAccountId, BillingAccountName, BillingCurrency,
  sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY ServiceProviderName, BillingAccountId, BillingCurrency""",
        (period(basis="months"),),
    ),
    UseCase(
        "Verify accuracy of services charges across service providers",
        _GROUP,
        "What did each provider bill each account for each service, to compare with its invoice?",
        """SELECT ServiceProviderName, BillingAccountId, BillingAccountName, BillingCurrency,
  ServiceName, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY ServiceProviderName, BillingAccountId, ServiceName, BillingCurrency""",
        (period(basis="months"),),
    ),
    UseCase(
        "Verify discount accuracy for a previously invoiced billing period (corrections excluded)",
        _GROUP,
        "Were the right discounts applied in a closed billing period?",
        """SELECT ServiceProviderName, BillingAccountId, BillingAccountName, BillingCurrency,
  ServiceName, sum(ListCost) AS ListCost, sum(EffectiveCost) AS EffectiveCost,
  sum(BilledCost) AS BilledCost, sum(ListCost) - sum(EffectiveCost) AS Discount
FROM daily
WHERE {range}
  AND ChargeClass IS NULL
GROUP BY ServiceProviderName, BillingAccountId, BillingAccountName, BillingCurrency, ServiceName
ORDER BY Discount DESC, ServiceName""",
        (period(basis="months"),),
        quotients=(Quotient("EffectiveDiscount", "Discount", "ListCost"),),
    ),
    UseCase(
        "Report corrections for a previously invoiced billing period",
        _GROUP,
        "What was corrected of months that had been invoiced?",
        """SELECT ServiceProviderName, BillingAccountId, x_BillingPeriod AS BillingPeriod,
  CAST(date_trunc('month', ChargeDay) AS DATE) AS CorrectedMonth, ChargeCategory,
  ServiceCategory, ServiceName, BillingCurrency, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
  AND ChargeClass = 'Correction'
GROUP BY ALL
ORDER BY BillingPeriod, CorrectedMonth, BilledCost, ServiceName""",
        (period("last-6-months", "months"),),
        note="BillingPeriod is the bill that has the correction, CorrectedMonth what it is about.",
    ),
    UseCase(
        "Report corrections by subaccount for a previously invoiced billing period",
        _GROUP,
        "Which sub accounts do corrections of invoiced months fall on?",
        """SELECT ServiceProviderName, BillingAccountId, x_BillingPeriod AS BillingPeriod,
  CAST(date_trunc('month', ChargeDay) AS DATE) AS CorrectedMonth, ServiceCategory, SubAccountId,
  SubAccountName, BillingCurrency, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
  AND ChargeClass = 'Correction'
GROUP BY ALL
ORDER BY BillingPeriod, CorrectedMonth, BilledCost, SubAccountId""",
        (period("last-6-months", "months"),),
    ),
    UseCase(
        "Analyze credit memos",
        _GROUP,
        "Which credits did providers give, and what do they take off each invoice?",
        """SELECT ServiceProviderName, InvoiceId, BillingCurrency,
  sum(BilledCost) FILTER (ChargeCategory = 'Credit') AS Credits,
  coalesce(sum(BilledCost) FILTER (ChargeCategory <> 'Credit'), 0) AS OtherCharges,
  sum(BilledCost) AS NetCost
FROM daily
WHERE {range}{provider}
GROUP BY ServiceProviderName, InvoiceId, BillingCurrency
HAVING count_if(ChargeCategory = 'Credit') > 0
ORDER BY Credits, InvoiceId""",
        (
            period("last-6-months"),
            chosen("provider", "ServiceProviderName", "The seller of the service"),
        ),
        since="1.2",
    ),
)
