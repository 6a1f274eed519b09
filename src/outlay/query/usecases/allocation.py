"""Use cases of allocation and reporting: who spends what, where, on which service."""

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

_GROUP: Group = "Allocation and reporting"
_ACCOUNT = chosen(
    "sub_account", "SubAccountId", "The sub account", largest="FROM daily WHERE {range}"
)
_PROVIDER = chosen("provider", "ServiceProviderName", "The seller of the service")
_MONTH = "CAST(date_trunc('month', ChargeDay) AS DATE) AS ChargeMonth"

CASES: tuple[UseCase, ...] = (
    UseCase(
        "Allocate multi-currency charges per application",
        _GROUP,
        "What does each application cost, in every currency that is billed?",
        """SELECT Tags[{tag}] AS Application, ServiceProviderName, BillingAccountId,
  BillingAccountName, BillingCurrency, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY BillingCurrency, BilledCost DESC, Application""",
        (period(basis="months"), tag_key()),
        note="Currencies stand apart: amounts of two are never added. Without the tag, Application "
        "is empty.",
    ),
    UseCase(
        "Analyze cost per compute service for a subaccount",
        _GROUP,
        "Which compute resources of a sub account cost the most?",
        """SELECT min(ChargeDay) AS FirstDay, max(ChargeDay) AS LastDay, ServiceName, ResourceId,
  ResourceName, PricingUnit, sum(PricingQuantity) AS PricingQuantity, BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
  AND ServiceCategory = 'Compute'{sub_account}
GROUP BY ServiceName, ResourceId, ResourceName, PricingUnit, BillingCurrency
ORDER BY EffectiveCost DESC, ResourceId
LIMIT {rows}""",
        (
            period(),
            chosen(
                "sub_account", "SubAccountId", "The sub account",
                largest="FROM daily WHERE {range} AND ServiceCategory = 'Compute'",
            ),
            rows(),
        ),
        quantities=("PricingQuantity",),
    ),
    UseCase(
        "Analyze costs by availability zone for a subaccount",
        _GROUP,
        "In which zones does a sub account run, and is its cost where it should be?",
        """SELECT ServiceProviderName, RegionName, AvailabilityZone,
  x_BillingPeriod AS BillingPeriod,
  sum(ConsumedQuantity) FILTER (ConsumedUnit IN ('Hours', 'Hrs', 'Hour')) AS HoursUsed,
  BillingCurrency, sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}{sub_account}
GROUP BY ServiceProviderName, RegionName, AvailabilityZone, BillingPeriod, BillingCurrency
ORDER BY ServiceProviderName, RegionName, AvailabilityZone, BillingPeriod""",
        (period(), _ACCOUNT),
        quantities=("HoursUsed",),
    ),
    UseCase(
        "Analyze costs by service name",
        _GROUP,
        "How does the cost of one service develop, and which sub accounts drive it?",
        """SELECT x_BillingPeriod AS BillingPeriod, ServiceProviderName, SubAccountId,
  SubAccountName, ServiceName, BillingCurrency, sum(BilledCost) AS BilledCost,
  sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}{service}
GROUP BY ALL
ORDER BY BillingPeriod, EffectiveCost DESC, SubAccountId""",
        (
            period("last-6-months", "months"),
            chosen("service", "ServiceName", "The service", largest="FROM daily WHERE {range}"),
        ),
    ),
    UseCase(
        "Analyze costs of components of a resource",
        _GROUP,
        "What does one resource's cost consist of?",
        """SELECT ResourceId, ResourceName, ResourceType, ChargeDescription, SkuId, BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM charges
WHERE {range}{resource}
GROUP BY ALL
ORDER BY EffectiveCost DESC, ChargeDescription""",
        (
            period(basis="lines"),
            chosen("resource", "ResourceId", "The resource", largest="FROM charges WHERE {range}"),
        ),
    ),
    UseCase(
        "Analyze resource costs by SKU",
        _GROUP,
        "Which SKUs of which resources cost the most, and at what list price?",
        """SELECT ServiceProviderName, ResourceId, SkuId, SkuPriceId, PricingUnit, ListUnitPrice,
  sum(PricingQuantity) AS PricingQuantity, BillingCurrency, sum(ListCost) AS ListCost,
  sum(EffectiveCost) AS EffectiveCost
FROM charges
WHERE {range}
  AND SkuId IS NOT NULL
GROUP BY ALL
ORDER BY EffectiveCost DESC, ResourceId, SkuId
LIMIT {rows}""",
        (period(basis="lines"), rows()),
        quantities=("PricingQuantity",),
    ),
    UseCase(
        "Analyze service costs by region",
        _GROUP,
        "What does each service cost in each region, month by month?",
        f"""SELECT {_MONTH}, ServiceProviderName, RegionId, ServiceName, BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {{range}}
GROUP BY ALL
ORDER BY ChargeMonth, EffectiveCost DESC, ServiceName""",
        (period("last-3-months"),),
    ),
    UseCase(
        "Analyze service costs by subaccount",
        _GROUP,
        "Which services cost a sub account the most?",
        """SELECT SubAccountId, SubAccountName, ServiceName, BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}{sub_account}
GROUP BY ALL
ORDER BY EffectiveCost DESC, ServiceName
LIMIT {rows}""",
        (period(), _ACCOUNT, rows("10")),
    ),
    UseCase(
        "Analyze service costs month over month",
        _GROUP,
        "How did the cost of every service change from month to month?",
        f"""WITH months AS (
  SELECT {_MONTH}, ServiceProviderName, ServiceName, BillingCurrency,
    sum(EffectiveCost) AS EffectiveCost
  FROM daily WHERE {{range}} GROUP BY ALL
)
SELECT m.ChargeMonth, m.ServiceProviderName, m.ServiceName, m.BillingCurrency, m.EffectiveCost,
  p.EffectiveCost AS MonthBefore, m.EffectiveCost - p.EffectiveCost AS Change
FROM months AS m
LEFT JOIN months AS p ON p.ChargeMonth = m.ChargeMonth - INTERVAL 1 MONTH
  AND p.ServiceProviderName IS NOT DISTINCT FROM m.ServiceProviderName
  AND p.ServiceName IS NOT DISTINCT FROM m.ServiceName
  AND p.BillingCurrency = m.BillingCurrency
ORDER BY m.ChargeMonth, m.EffectiveCost DESC, m.ServiceName""",
        (period("last-3-months"),),
        quotients=(Quotient("ChangeRatio", "Change", "MonthBefore"),),
        note="A service without charges in the month before has no change.",
    ),
    UseCase(
        "Analyze tag coverage",
        _GROUP,
        "What share of each provider's cost carries a given tag?",
        """SELECT ServiceProviderName, BillingCurrency,
  coalesce(sum(EffectiveCost) FILTER (Tags[{tag}] IS NOT NULL), 0) AS TaggedCost,
  sum(EffectiveCost) AS EffectiveCost
FROM charges
WHERE {range}
  AND EffectiveCost > 0{provider}
GROUP BY ServiceProviderName, BillingCurrency
ORDER BY ServiceProviderName, BillingCurrency""",
        (period(basis="lines"), tag_key(), _PROVIDER),
        quotients=(Quotient("TaggedShare", "TaggedCost", "EffectiveCost"),),
        note="Charges above zero alone: a credit must not hide what is untagged.",
    ),
    UseCase(
        "Analyze the different metered costs for a particular SKU",
        _GROUP,
        "Which meters and prices does one SKU have, and what does each cost?",
        """SELECT ServiceProviderName, SkuId, SkuMeter, SkuPriceId, PricingUnit, ListUnitPrice,
  sum(PricingQuantity) AS PricingQuantity, BillingCurrency, sum(ListCost) AS ListCost,
  sum(EffectiveCost) AS EffectiveCost
FROM charges
WHERE {range}{sku}
GROUP BY ALL
ORDER BY EffectiveCost DESC, SkuMeter, SkuPriceId""",
        (
            period(basis="lines"),
            chosen("sku", "SkuId", "The SKU", largest="FROM charges WHERE {range}"),
        ),
        quantities=("PricingQuantity",),
    ),
    UseCase(
        "Analyze total cost by allocated resource",
        _GROUP,
        "What does each workload on shared resources really cost?",
        """SELECT AllocatedResourceId, AllocatedResourceName, ResourceId AS OriginResourceId,
  BillingCurrency, sum(EffectiveCost) AS EffectiveCost,
  CAST(sum(LineCount) AS BIGINT) AS Charges
FROM daily
WHERE {range}
  AND ChargeCategory = 'Usage'
  AND AllocatedMethodId IS NOT NULL
  AND AllocatedResourceId IS NOT NULL
GROUP BY AllocatedResourceId, AllocatedResourceName, ResourceId, BillingCurrency
ORDER BY EffectiveCost DESC, AllocatedResourceId""",
        (period(),),
        since="1.3",
    ),
    UseCase(
        "Identify resources with shared cost allocation",
        _GROUP,
        "Which resources are split among several consumers, and how much is left over?",
        """SELECT ServiceProviderName, ResourceId, ResourceName, AllocatedMethodId,
  count(DISTINCT AllocatedResourceId) AS Consumers, BillingCurrency,
  coalesce(sum(EffectiveCost) FILTER (AllocatedResourceId IS NOT NULL), 0) AS AllocatedCost,
  coalesce(sum(EffectiveCost) FILTER (AllocatedResourceId IS NULL), 0) AS UnallocatedCost
FROM daily
WHERE {range}
  AND ChargeCategory = 'Usage'
  AND AllocatedMethodId IS NOT NULL
GROUP BY ServiceProviderName, ResourceId, ResourceName, AllocatedMethodId, BillingCurrency
ORDER BY ResourceId""",
        (period(),),
        since="1.3",
    ),
    UseCase(
        "Report application cost month over month",
        _GROUP,
        "How does the cost of one application develop, service by service?",
        """SELECT x_BillingPeriod AS BillingPeriod, Tags[{tag}] AS Application, ServiceName,
  BillingCurrency, sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
  AND Tags[{tag}] = coalesce(nullif({application}, ''), (
    SELECT Tags[{tag}] FROM daily WHERE {range} AND Tags[{tag}] IS NOT NULL
    GROUP BY ALL ORDER BY sum(EffectiveCost) DESC, 1 LIMIT 1))
GROUP BY ALL
ORDER BY BillingPeriod, EffectiveCost DESC, ServiceName""",
        (
            period("last-3-months", "months"),
            tag_key(),
            Parameter(
                "application", "The tag's value", otherwise_words="the one with the largest cost"
            ),
        ),
    ),
    UseCase(
        "Report costs by service category",
        _GROUP,
        "What is billed for each category of services, over all providers?",
        """SELECT ServiceProviderName, BillingCurrency, x_BillingPeriod AS BillingPeriod,
  ServiceCategory, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY BilledCost DESC, ServiceCategory""",
        (period(basis="months"),),
    ),
    UseCase(
        "Report costs by service category and subcategory",
        _GROUP,
        "What is billed for each category and subcategory of services?",
        """SELECT ServiceProviderName, BillingCurrency, x_BillingPeriod AS BillingPeriod,
  ServiceCategory, ServiceSubcategory, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY BilledCost DESC, ServiceCategory, ServiceSubcategory""",
        (period(basis="months"),),
        since="1.1",
    ),
    UseCase(
        "Report effective cost of compute",
        _GROUP,
        "What does compute cost after amortisation, by kind of commitment?",
        """SELECT CommitmentDiscountType, ServiceProviderName, ServiceName, SubAccountId,
  SubAccountName, x_BillingPeriod AS BillingPeriod, BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
  AND ServiceCategory = 'Compute'
GROUP BY ALL
ORDER BY EffectiveCost DESC, SubAccountId""",
        (period(basis="months"),),
    ),
    UseCase(
        "Effective Cost by Service and Region",
        _GROUP,
        "What does each service cost in each region, by billing period as accountants see it?",
        """SELECT ServiceProviderName, x_BillingPeriod AS BillingPeriod, ServiceCategory,
  ServiceName, RegionId, RegionName, PricingUnit, sum(PricingQuantity) AS PricingQuantity,
  BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY BillingPeriod, EffectiveCost DESC, ServiceName""",
        (period(basis="months"),),
        quantities=("PricingQuantity",),
        since="1.4",
    ),
    UseCase(
        "Report service costs by providers subaccount",
        _GROUP,
        "What does a workload's sub account spend with one provider, for a negotiation?",
        f"""SELECT ServiceProviderName, ServiceName, SubAccountId, {_MONTH}, BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {{range}}{{sub_account}}{{provider}}
GROUP BY ALL
ORDER BY EffectiveCost DESC, ChargeMonth""",
        (
            period("last-3-months", "months"),
            chosen("sub_account", "SubAccountId", "The sub account",
                   largest="FROM daily WHERE {range}{provider}"),
            _PROVIDER,
        ),
    ),
    UseCase(
        "Report spending across billing periods for a service provider by service category",
        _GROUP,
        "What was billed by one provider over time, by account and category?",
        """SELECT ServiceProviderName, BillingAccountName, BillingAccountId, BillingCurrency,
  x_BillingPeriod AS BillingPeriod, ServiceCategory, ServiceName, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}{provider}
GROUP BY ALL
ORDER BY BillingPeriod, BilledCost DESC, ServiceName""",
        (
            period("last-6-months", "months"),
            chosen("provider", "ServiceProviderName", "The seller of the service",
                   largest="FROM daily WHERE {range}", by="BilledCost"),
        ),
    ),
    UseCase(
        "Report subaccounts by region",
        _GROUP,
        "In which regions does each sub account have resources? A look at data residency.",
        """SELECT ServiceProviderName, BillingAccountId, SubAccountId, SubAccountName, RegionId,
  RegionName, CAST(sum(LineCount) AS BIGINT) AS Charges, BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY ServiceProviderName, SubAccountId, RegionId""",
        (period(),),
    ),
    UseCase(
        "Understand the billing account or sub account entity",
        _GROUP,
        "Which billing accounts and sub accounts are there, with id, name and type?",
        """SELECT ServiceProviderName, BillingAccountId, BillingAccountName, BillingAccountType,
  SubAccountId, SubAccountName, SubAccountType, BillingCurrency, sum(BilledCost) AS BilledCost
FROM daily
WHERE {range}
GROUP BY ALL
ORDER BY ServiceProviderName, BillingAccountId, SubAccountId""",
        (period(),),
        since="1.2",
    ),
)  # fmt: skip
