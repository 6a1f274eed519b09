"""Which columns of a charge describe it, and of what type they are.

Amounts, quantities, prices and JSON objects do not describe a charge: a question sums or shows
them, but never groups or filters by them.
"""

_TEXT = """
    AllocatedMethodId AllocatedResourceId AllocatedResourceName AvailabilityZone BillingAccountId
    BillingAccountName BillingAccountType BillingCurrency CapacityReservationId
    CapacityReservationStatus ChargeCategory ChargeClass ChargeDescription ChargeFrequency
    CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName
    CommitmentDiscountStatus CommitmentDiscountType CommitmentDiscountUnit ConsumedUnit
    HostProviderName InvoiceDetailId InvoiceId InvoiceIssuerName PricingCategory PricingCurrency
    PricingUnit RegionId RegionName ResourceId ResourceName ResourceType ServiceCategory
    ServiceName ServiceProviderName ServiceSubcategory SkuId SkuMeter SkuPriceId SubAccountId
    SubAccountName SubAccountType
"""

TEXT_COLUMNS: tuple[str, ...] = tuple(_TEXT.split())
"""FOCUS columns that hold text."""

TIME_COLUMNS = ("BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart")
"""FOCUS columns that hold a moment (UTC)."""

DAY_COLUMNS = ("ChargeDay", "x_BillingPeriod")
"""The lake's own dates: the day of ChargePeriodStart, and the first day of the slice's month."""

SLICE_COLUMNS = ("x_SourceName", "x_BillingPeriod")
"""Columns that are one value for a whole slice."""

DESCRIPTIVE: tuple[str, ...] = tuple(sorted((*TEXT_COLUMNS, *TIME_COLUMNS, "ChargeDay")))
"""What a question may group and filter by, besides tags and ``x_`` columns."""

LAKE_COLUMNS = ("x_SourceFile", "x_SourceLine", "x_ContextKey")
"""Numbers of the lake's own that lead from a charge to its origin; no dimensions."""


def column_type(name: str) -> str:
    """'date', 'timestamp' or 'text': the type of a descriptive column."""
    if name in DAY_COLUMNS:
        return "date"
    return "timestamp" if name in TIME_COLUMNS else "text"
