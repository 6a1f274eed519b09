"""The metrics of the FOCUS Cost and Usage dataset, as data.

Facts from the FOCUS 1.4 requirements model (FOCUS is CC-BY-4.0, Joint Development Foundation
Projects, LLC); the sentences are our own.
"""

from outlay.focus.model import Column, Format, Kind, Level, Type

_DECIMAL, _JSON = Type.DECIMAL, Type.JSON
_MANDATORY, _CONDITIONAL, _RECOMMENDED = Level.MANDATORY, Level.CONDITIONAL, Level.RECOMMENDED


METRICS: tuple[Column, ...] = (
    Column(
        "AllocatedMethodDetails",
        _JSON,
        _RECOMMENDED,
        "1.3",
        "How a shared charge was divided: the ratio, the usage counted and its unit, as JSON.",
        nulls=True,
        format=Format.JSON_OBJECT,
        kind=Kind.BOTH,
        condition="Supports data generator-calculated split cost allocation",
    ),
    Column(
        "BilledCost",
        _DECIMAL,
        _MANDATORY,
        "0.5",
        "What the invoice issuer asks for this charge on an invoice; the basis of invoice checks.",
        kind=Kind.METRIC,
    ),
    Column(
        "CommitmentDiscountQuantity",
        _DECIMAL,
        _CONDITIONAL,
        "1.1",
        "The amount of the commitment bought, used or left unused by this charge.",
        nulls=True,
        kind=Kind.METRIC,
        condition="Supports commitment discounts",
    ),
    Column(
        "ConsumedQuantity",
        _DECIMAL,
        _CONDITIONAL,
        "1.0",
        "How much of the metered thing was used, in ConsumedUnit.",
        nulls=True,
        kind=Kind.METRIC,
        condition="Supports the measurement of usage",
    ),
    Column(
        "ContractApplied",
        _JSON,
        _CONDITIONAL,
        "1.3",
        "The contract commitments that the charge counts toward, as JSON.",
        nulls=True,
        format=Format.JSON_OBJECT,
        kind=Kind.BOTH,
        condition="Supports contract commitments",
    ),
    Column(
        "ContractedCost",
        _DECIMAL,
        _MANDATORY,
        "1.0",
        "The charge at negotiated prices, before any commitment discount.",
        kind=Kind.METRIC,
    ),
    Column(
        "ContractedUnitPrice",
        _DECIMAL,
        _CONDITIONAL,
        "1.0",
        "The negotiated price of one PricingUnit, before commitment discounts.",
        nulls=True,
        format=Format.NON_NEGATIVE,
        kind=Kind.METRIC,
        condition="Supports negotiated pricing concepts",
    ),
    Column(
        "EffectiveCost",
        _DECIMAL,
        _MANDATORY,
        "0.5",
        "The amortised cost: covering purchases spread over what they cover.",
        kind=Kind.METRIC,
    ),
    Column(
        "ListCost",
        _DECIMAL,
        _MANDATORY,
        "1.0-preview",
        "The charge at public prices, before any discount.",
        kind=Kind.METRIC,
    ),
    Column(
        "ListUnitPrice",
        _DECIMAL,
        _CONDITIONAL,
        "1.0-preview",
        "The public price of one PricingUnit.",
        nulls=True,
        format=Format.NON_NEGATIVE,
        kind=Kind.METRIC,
        condition="Publishes unit prices exclusive of discounts",
    ),
    Column(
        "PricingCurrencyContractedUnitPrice",
        _DECIMAL,
        _CONDITIONAL,
        "1.2",
        "The negotiated unit price in the pricing currency.",
        nulls=True,
        format=Format.NON_NEGATIVE,
        kind=Kind.METRIC,
        condition=(
            "Supports prices in virtual currency and publishes unit prices exclusive of discounts"
        ),
    ),
    Column(
        "PricingCurrencyEffectiveCost",
        _DECIMAL,
        _CONDITIONAL,
        "1.2",
        "The amortised cost in the pricing currency.",
        kind=Kind.METRIC,
        condition=(
            "Supports prices in virtual currency and publishes unit prices exclusive of discounts"
        ),
    ),
    Column(
        "PricingCurrencyListUnitPrice",
        _DECIMAL,
        _CONDITIONAL,
        "1.2",
        "The public unit price in the pricing currency.",
        nulls=True,
        format=Format.NON_NEGATIVE,
        kind=Kind.METRIC,
        condition=(
            "Supports prices in virtual currency and publishes unit prices exclusive of discounts"
        ),
    ),
    Column(
        "PricingQuantity",
        _DECIMAL,
        _MANDATORY,
        "1.0-preview",
        "The quantity that was priced, in PricingUnit, after the provider's rounding.",
        nulls=True,
        kind=Kind.METRIC,
    ),
)
