"""Use cases of participating entities: who sells, hosts and invoices."""

from outlay.query.usecases.model import Group, UseCase, period

_GROUP: Group = "Entities and marketplace"

CASES: tuple[UseCase, ...] = (
    UseCase(
        "Analyze cost by participating entities",
        _GROUP,
        "Who sells, who invoices and who hosts what is paid for?",
        """SELECT x_BillingPeriod AS BillingPeriod, ServiceProviderName, InvoiceIssuerName,
  HostProviderName, ServiceName, BillingCurrency, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY BilledCost DESC, ServiceName""",
        (period(basis="months"),),
        since="1.3",
    ),
    UseCase(
        "Analyze marketplace vendors costs",
        _GROUP,
        "What is spent on other vendors' products that a cloud invoices?",
        """SELECT CAST(date_trunc('month', ChargeDay) AS DATE) AS ChargeMonth, ServiceProviderName,
  HostProviderName, InvoiceIssuerName, BillingCurrency, sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
  AND {issuer_company}
    <> {seller_company}
GROUP BY ALL
ORDER BY ChargeMonth, EffectiveCost DESC, ServiceProviderName""",
        (period("last-3-months"),),
        note="Companies are compared, not their spellings: AWS and Amazon Web Services, Inc. are "
        "one.",
    ),
    UseCase(
        "Identify sources of billed cost",
        _GROUP,
        "Which invoices of whom make up the billed cost, each once?",
        """SELECT ServiceProviderName, HostProviderName, InvoiceIssuerName, InvoiceId,
  BillingCurrency, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY InvoiceIssuerName, InvoiceId, ServiceProviderName""",
        (period(),),
        since="1.2",
        note="Rows of someone who may not invoice have BilledCost 0, so that several feeds add up.",
    ),
    UseCase(
        "Track marketplace purchases across providers",
        _GROUP,
        "Whose products are bought that run on another company's infrastructure?",
        """SELECT ServiceProviderName, HostProviderName, InvoiceIssuerName, ServiceName,
  ChargeCategory, BillingCurrency, sum(BilledCost) AS BilledCost,
  count(DISTINCT ResourceId) AS Resources
FROM daily
WHERE {range}
  AND {seller_company}
    <> {host_company}
  AND ChargeCategory IN ('Purchase', 'Usage')
GROUP BY ServiceProviderName, HostProviderName, InvoiceIssuerName, ServiceName, ChargeCategory,
  BillingCurrency
ORDER BY BilledCost DESC, ServiceProviderName""",
        (period(),),
        since="1.3",
    ),
)
