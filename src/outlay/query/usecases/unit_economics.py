"""Use cases of unit economics, components of SKUs, pricing and virtual currencies."""

from outlay.query.usecases.model import (
    Group,
    Parameter,
    Product,
    Quotient,
    UseCase,
    chosen,
    period,
    rows,
)

_GROUP: Group = "Unit economics and virtual currency"
_COMPONENT = Parameter(
    "component",
    "Key of SkuPriceDetails",
    default="CoreCount",
    allowed=("CoreCount", "GpuCount", "MemorySize", "DiskSpace"),
)
# What one PricingUnit has of the component; exact: a count or gigabytes with few decimals.
_PARTS = (
    "PricingQuantity * CAST(json_extract_string(SkuPriceDetails, '$.' || {component})\n"
    "    AS DECIMAL(12,4))"
)
_HAS_PARTS = (
    "{range}\n  AND json_extract_string(SkuPriceDetails, '$.' || {component}) IS NOT NULL\n"
    "  AND ChargeCategory = 'Usage'"
)
_SERIES = "json_extract_string(SkuPriceDetails, '$.InstanceSeries') AS InstanceSeries"

# A virtual currency is a pricing currency that ISO 4217 does not have (FOCUS 1.2 and 1.3, kept in
# x_ columns), or the unit that is priced (1.4, which has credits and tokens there).
_CREDIT = Parameter("currency", "Virtual currency or unit",
                    default="Credits")  # fmt: skip
_NAME = "coalesce({x_PricingCurrency}, PricingUnit)"
_BURNED = (
    "CASE WHEN {x_PricingCurrency} IS NOT NULL\n"
    "    THEN CAST({x_PricingCurrencyEffectiveCost} AS DECIMAL(38,21)) ELSE PricingQuantity END"
)

CASES: tuple[UseCase, ...] = (
    UseCase(
        "Calculate unit economics",
        _GROUP,
        "What does one unit of what is used cost, day by day?",
        """SELECT CAST(ChargePeriodStart AS DATE) AS ChargeDay, ConsumedUnit,
  sum(ConsumedQuantity) AS ConsumedQuantity, BillingCurrency, sum(BilledCost) AS BilledCost
FROM charges
WHERE {range}
  AND ConsumedQuantity IS NOT NULL
  AND contains(lower(coalesce(ChargeDescription, '')), lower({contains})){unit}
GROUP BY ALL
ORDER BY ChargeDay, ConsumedUnit, BillingCurrency""",
        (
            period(basis="lines"),
            chosen("unit", "ConsumedUnit", "The unit", largest="FROM charges WHERE {range}",
                   by="BilledCost"),
            Parameter("contains", "Text in the description"),
        ),
        quantities=("ConsumedQuantity",),
        quotients=(Quotient("CostPerUnit", "BilledCost", "ConsumedQuantity", 9),),
        since="1.2",
    ),
    UseCase(
        "Calculate average rate of a component resource",
        _GROUP,
        "What does a core (GPU, gigabyte) cost per unit of time, by machine series and region?",
        f"""SELECT ServiceProviderName, ServiceName, PricingUnit, RegionName, {_SERIES},
  sum({_PARTS}) AS ComponentQuantity, BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM charges
WHERE {_HAS_PARTS}
GROUP BY ALL
ORDER BY EffectiveCost DESC, ServiceName, InstanceSeries""",
        (period(basis="lines"), _COMPONENT),
        quantities=("ComponentQuantity",),
        quotients=(Quotient("AverageRate", "EffectiveCost", "ComponentQuantity", 9),),
        since="1.2",
        note="ComponentQuantity is what one PricingUnit has of the component times the quantity: "
        "core-hours where hours are priced.",
    ),
    UseCase(
        "Quantify usage of a component resource",
        _GROUP,
        "How many core-hours (GPU-hours, gigabyte-hours) were used each day?",
        f"""SELECT CAST(ChargePeriodStart AS DATE) AS ChargeDay, ServiceProviderName, ServiceName,
  PricingUnit, RegionName, {_SERIES}, sum({_PARTS}) AS ComponentQuantity
FROM charges
WHERE {_HAS_PARTS}
GROUP BY ALL
ORDER BY ChargeDay, ServiceName, InstanceSeries, RegionName""",
        (period(basis="lines"), _COMPONENT),
        quantities=("ComponentQuantity",),
        since="1.2",
    ),
    UseCase(
        "Analyze effective cost by pricing currency",
        _GROUP,
        "In which currencies is usage priced, and what does it cost in them?",
        """SELECT ServiceProviderName, HostProviderName, ServiceName,
  coalesce({x_PricingCurrency}, PricingCurrency) AS PricingCurrency,
  sum(CASE WHEN {x_PricingCurrency} IS NOT NULL
    THEN CAST({x_PricingCurrencyEffectiveCost} AS DECIMAL(38,21))
    ELSE PricingCurrencyEffectiveCost END) AS PricingCurrencyEffectiveCost,
  BillingCurrency, sum(EffectiveCost) AS EffectiveCost
FROM charges
WHERE {range}
  AND coalesce({x_PricingCurrency}, PricingCurrency) IS NOT NULL
GROUP BY ALL
ORDER BY EffectiveCost DESC, ServiceName, PricingCurrency""",
        (period(basis="lines"),),
        quantities=("PricingCurrencyEffectiveCost",),
        since="1.2",
        note="PricingCurrencyEffectiveCost is in the pricing currency of its row.",
    ),
    UseCase(
        "Analyze purchase of virtual currency",
        _GROUP,
        "Which credits were bought, how many, and for how much?",
        f"""SELECT ServiceProviderName, ChargeDescription, {_NAME} AS VirtualCurrency,
  sum(PricingQuantity) AS PricingQuantity, BillingCurrency, sum(BilledCost) AS BilledCost
FROM charges
WHERE {{range}}
  AND ChargeCategory = 'Purchase'
  AND {_NAME} = {{currency}}
GROUP BY ALL
ORDER BY BilledCost DESC, ChargeDescription""",
        (period("all", "lines"), _CREDIT),
        quantities=("PricingQuantity",),
        since="1.2",
    ),
    UseCase(
        "Calculate consumption of virtual currency within a billing period",
        _GROUP,
        "How many credits did each provider's usage burn?",
        f"""SELECT ServiceProviderName, x_BillingPeriod AS BillingPeriod,
  {_NAME} AS VirtualCurrency, sum({_BURNED}) AS Burned, BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM charges
WHERE {{range}}
  AND ChargeCategory = 'Usage'
  AND {_NAME} = {{currency}}
GROUP BY ALL
ORDER BY BillingPeriod, Burned DESC, ServiceProviderName""",
        (period("last-3-months", "months"), _CREDIT),
        quantities=("Burned",),
        since="1.2",
    ),
    UseCase(
        "Determine target of virtual currency usage",
        _GROUP,
        "What burns the most credits?",
        f"""SELECT ServiceProviderName, HostProviderName, ServiceName, ChargeDescription,
  {_NAME} AS VirtualCurrency, sum({_BURNED}) AS Burned, BillingCurrency,
  sum(EffectiveCost) AS EffectiveCost
FROM charges
WHERE {{range}}
  AND ChargeCategory = 'Usage'
  AND {_NAME} = {{currency}}
GROUP BY ALL
ORDER BY Burned DESC, ServiceName, ChargeDescription
LIMIT {{rows}}""",
        (period(basis="lines"), _CREDIT, rows("10")),
        quantities=("Burned",),
        since="1.2",
    ),
    UseCase(
        "Determine contracted savings by virtual currency",
        _GROUP,
        "What does the contract take off the list price, in the pricing and the billing currency?",
        """WITH priced AS (
  SELECT *, coalesce({x_PricingCurrency}, PricingCurrency) AS Currency,
    coalesce(CAST({x_PricingCurrencyListUnitPrice} AS DECIMAL(38,21)),
      PricingCurrencyListUnitPrice) AS ListPrice,
    coalesce(CAST({x_PricingCurrencyContractedUnitPrice} AS DECIMAL(38,21)),
      PricingCurrencyContractedUnitPrice) AS ContractedPrice
  FROM charges WHERE {range}
)
SELECT ServiceName, ServiceSubcategory, ChargeDescription, Currency AS PricingCurrency, PricingUnit,
  ListPrice AS PricingCurrencyListUnitPrice, ContractedPrice AS PricingCurrencyContractedUnitPrice,
  ListPrice - ContractedPrice AS _Less, sum(PricingQuantity) AS PricingQuantity, BillingCurrency,
  sum(ListCost) - sum(ContractedCost) AS SavingsInBillingCurrency
FROM priced
WHERE ListPrice > ContractedPrice
GROUP BY ServiceName, ServiceSubcategory, ChargeDescription, Currency, PricingUnit, ListPrice,
  ContractedPrice, BillingCurrency
ORDER BY SavingsInBillingCurrency DESC, ServiceName, ChargeDescription""",
        (period(basis="lines"),),
        quantities=("PricingQuantity", "PricingCurrencyListUnitPrice",
                    "PricingCurrencyContractedUnitPrice", "SavingsInPricingCurrency"),
        products=(Product("SavingsInPricingCurrency", "_Less", "PricingQuantity"),),
        since="1.2",
        note="SavingsInPricingCurrency is the difference of the unit prices times the quantity.",
    ),
)  # fmt: skip
