"""Use cases of budgets, forecasts and anomalies."""

from outlay.query.usecases.model import (
    Group,
    Parameter,
    Quotient,
    UseCase,
    chosen,
    period,
    rows,
    tag_key,
)

_GROUP: Group = "Budget, forecast and anomaly"
_NAIVE = (
    "The forecast is the newest month plus its change from the month before, no more: the trend "
    "that the history itself shows."
)


def _forecast(columns: str, cost: str) -> str:
    """History by month, and one more month by the last change."""
    joined = " AND ".join(f"b.{name} IS NOT DISTINCT FROM l.{name}" for name in columns.split(", "))
    kept = ", ".join(f"l.{name}" for name in columns.split(", "))
    return f"""WITH history AS (
  SELECT x_BillingPeriod AS BillingPeriod, {columns}, sum({cost}) AS {cost}
  FROM daily WHERE {{range}} GROUP BY ALL
), newest AS (
  SELECT * FROM history WHERE BillingPeriod = (SELECT max(BillingPeriod) FROM history)
)
SELECT BillingPeriod, 'history' AS Kind, {columns}, {cost}
FROM history
UNION ALL
SELECT CAST(l.BillingPeriod + INTERVAL 1 MONTH AS DATE), 'forecast', {kept},
  l.{cost} + (l.{cost} - b.{cost})
FROM newest AS l
JOIN history AS b ON b.BillingPeriod = l.BillingPeriod - INTERVAL 1 MONTH
  AND {joined}
ORDER BY BillingPeriod, {cost} DESC, ServiceName"""


def _anomaly(title: str, columns: str, question: str) -> UseCase:
    """Days whose cost stands out from the days before, by these columns."""
    return UseCase(
        title,
        _GROUP,
        question,
        f"""WITH days AS (
  SELECT ChargeDay AS Day, {columns}, BillingCurrency, sum(EffectiveCost) AS EffectiveCost
  FROM daily
  WHERE ChargeDay >= {{range_start}} - {{window}} AND ChargeDay < {{range_end}}
    AND ChargeCategory = 'Usage'
    AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused'
  GROUP BY ALL
), compared AS (
  SELECT *, count(*) OVER before AS DaysBefore, sum(EffectiveCost) OVER before AS CostBefore
  FROM days
  WINDOW before AS (PARTITION BY {columns}, BillingCurrency ORDER BY Day
    RANGE BETWEEN INTERVAL {{window}} DAYS PRECEDING AND INTERVAL 1 DAY PRECEDING)
)
SELECT Day, {columns}, BillingCurrency, EffectiveCost, DaysBefore, CostBefore,
  EffectiveCost * DaysBefore AS _Scaled
FROM compared
WHERE Day >= {{range_start}}
  AND DaysBefore * 2 >= {{window}}
  AND EffectiveCost * DaysBefore > CostBefore * CAST({{times}} AS DECIMAL(9,4))
  AND EffectiveCost * DaysBefore - CostBefore >= {{least}} * DaysBefore
ORDER BY EffectiveCost * DaysBefore - CostBefore DESC, Day""",
        (
            period("last-30-days"),
            Parameter("times", "Times the average", "number", "1.5"),
            Parameter("least", "At least so much more", "number", "10"),
            Parameter("window", "Days that make the average", "whole", "14"),
        ),
        quotients=(Quotient("TimesAverage", "_Scaled", "CostBefore", 2),),
        note="Usage, amortised: purchases, tax and what a commitment leaves unused fall on single "
        "days by nature. A day is compared "
        "with the average of the days before it, at least half a window of them.",
    )


CASES: tuple[UseCase, ...] = (
    UseCase(
        "Cash vs. Accrual Comparison by Billing Period",
        _GROUP,
        "In which billing periods do billed and effective cost part?",
        """SELECT ServiceProviderName, InvoiceIssuerName, x_BillingPeriod AS BillingPeriod,
  BillingCurrency, sum(BilledCost) AS BilledCost, sum(EffectiveCost) AS EffectiveCost,
  sum(EffectiveCost) - sum(BilledCost) AS Difference
FROM daily
WHERE {range}
GROUP BY ServiceProviderName, InvoiceIssuerName, BillingPeriod, BillingCurrency
HAVING abs(sum(EffectiveCost) - sum(BilledCost)) > {least}
ORDER BY BillingPeriod, ServiceProviderName, InvoiceIssuerName""",
        (
            period("last-6-months", "months"),
            Parameter("least", "Differences above", "number", "0.01"),
        ),
        since="1.4",
    ),
    UseCase(
        "Compare billed cost per subaccount to budget",
        _GROUP,
        "Is a sub account within its budget?",
        """SELECT ServiceProviderName, SubAccountId, SubAccountName, BillingCurrency,
  sum(BilledCost) AS BilledCost, {budget} AS Budget, {budget} - sum(BilledCost) AS Remaining
FROM daily
WHERE {range}
  AND ChargeCategory = 'Usage'{sub_account}{provider}
GROUP BY ServiceProviderName, SubAccountId, SubAccountName, BillingCurrency
ORDER BY BilledCost DESC, SubAccountId""",
        (
            period(),
            Parameter("budget", "Budget for the range", "number", "10000"),
            chosen("sub_account", "SubAccountId", "The sub account",
                   largest="FROM daily WHERE {range} AND ChargeCategory = 'Usage'{provider}",
                   by="BilledCost"),
            chosen("provider", "ServiceProviderName", "The seller of the service"),
        ),
        quotients=(Quotient("UsedShare", "BilledCost", "Budget"),),
        note="The budget is a parameter. Charges of the range alone: corrections of months before "
        "are not in it.",
    ),
    UseCase(
        "Update budgets for each application",
        _GROUP,
        "What was billed for each application in each billing period?",
        """SELECT ServiceProviderName, x_BillingPeriod AS BillingPeriod, Tags[{tag}] AS Application,
  BillingCurrency, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY BillingPeriod, BilledCost DESC, Application""",
        (period(basis="months"), tag_key()),
    ),
    UseCase(
        "Update budgets with billed costs",
        _GROUP,
        "What was billed by each provider in each billing period?",
        """SELECT ServiceProviderName, x_BillingPeriod AS BillingPeriod, BillingCurrency,
  sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY BillingPeriod, BilledCost DESC, ServiceProviderName""",
        (period("last-6-months", "months"),),
    ),
    UseCase(
        "Forecast amortized costs month over month based on historical trends",
        _GROUP,
        "What will each service cost next month, amortised, if the last trend goes on?",
        _forecast(
            "ServiceProviderName, ServiceCategory, ServiceName, ChargeCategory, BillingCurrency",
            "EffectiveCost",
        ),
        (period("last-3-months", "months"),),
        note=_NAIVE,
    ),
    UseCase(
        "Forecast cashflow month over month based on historical trends by service",
        _GROUP,
        "What will be billed for each service next month, if the last trend goes on?",
        _forecast(
            "ServiceProviderName, ServiceCategory, ServiceName, BillingCurrency", "BilledCost"
        ),
        (period("last-3-months", "months"),),
        note=_NAIVE,
    ),
    UseCase(
        "Get historical usage and rates to enable cost forecasting",
        _GROUP,
        "What was used at what effective rate, to forecast from?",
        """SELECT ServiceProviderName, x_BillingPeriod AS BillingPeriod, ServiceCategory,
  ServiceName, RegionId, RegionName, PricingUnit, sum(PricingQuantity) AS PricingQuantity,
  BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
  AND PricingUnit IS NOT NULL
GROUP BY ALL
ORDER BY BillingPeriod, EffectiveCost DESC, ServiceName, PricingUnit""",
        (period("last-6-months", "months"),),
        quantities=("PricingQuantity",),
        quotients=(Quotient("EffectiveRate", "EffectiveCost", "PricingQuantity", 9),),
    ),
    UseCase(
        "Compare resource usage month over month",
        _GROUP,
        "How did the usage of each resource change from month to month?",
        """WITH months AS (
  SELECT CAST(date_trunc('month', ChargeDay) AS DATE) AS ChargeMonth, ServiceProviderName,
    ServiceName, ResourceId, SkuId, ConsumedUnit, sum(ConsumedQuantity) AS ConsumedQuantity
  FROM daily
  WHERE {range} AND ChargeCategory = 'Usage' AND ConsumedUnit IS NOT NULL
  GROUP BY ALL
)
SELECT m.*, p.ConsumedQuantity AS MonthBefore,
  m.ConsumedQuantity - p.ConsumedQuantity AS Change
FROM months AS m
LEFT JOIN months AS p ON p.ChargeMonth = m.ChargeMonth - INTERVAL 1 MONTH
  AND p.ServiceProviderName IS NOT DISTINCT FROM m.ServiceProviderName
  AND p.ServiceName IS NOT DISTINCT FROM m.ServiceName
  AND p.ResourceId IS NOT DISTINCT FROM m.ResourceId
  AND p.SkuId IS NOT DISTINCT FROM m.SkuId
  AND p.ConsumedUnit = m.ConsumedUnit
ORDER BY m.ChargeMonth DESC, abs(Change) DESC NULLS LAST, m.ResourceId, m.SkuId
LIMIT {rows}""",
        (period("last-2-months"), rows("500")),
        quantities=("ConsumedQuantity", "MonthBefore", "Change"),
        quotients=(Quotient("ChangeRatio", "Change", "MonthBefore"),),
    ),
    _anomaly(
        "Identify anomalous daily spending by subaccount",
        "ServiceProviderName, SubAccountId, SubAccountName",
        "On which days did a sub account spend far more than on the days before?",
    ),
    _anomaly(
        "Identify anomalous daily spending by subaccount and region",
        "ServiceProviderName, SubAccountId, SubAccountName, RegionId, RegionName",
        "On which days did a sub account spend far more in a region than on the days before?",
    ),
    _anomaly(
        "Identify anomalous daily spending by subaccount, region, and service",
        "ServiceProviderName, SubAccountId, SubAccountName, RegionId, RegionName, ServiceName",
        "On which days did a service of a sub account cost far more than on the days before?",
    ),
)  # fmt: skip
