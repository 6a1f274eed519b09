"""The row rules of FOCUS 1.4 that the official validator does not catch, as SQL predicates.

A predicate is true for a row that breaks the rule; null (unknown) means the row does not. Rules
are told in our own words from the FOCUS 1.4 requirements model.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from outlay.focus.currencies import ISO_4217
from outlay.focus.schema import COLUMNS, CURRENT, Column, Format, Level, Type
from outlay.focus.services import SERVICE_CATEGORIES, SUBCATEGORY_PARENTS
from outlay.focus.sql import literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Rule:
    """One rule on a row.

    `columns` are shown beside a row that breaks it. `optional` is a column which a dataset may
    leave out: where no row has a value in it, the rule is not asked.
    """

    name: str
    description: str
    severity: Severity
    when: str
    columns: tuple[str, ...]
    optional: str | None = None


def _in(values: Iterable[str]) -> str:
    return f"({', '.join(literal(value) for value in sorted(values))})"


def _allowed() -> list[Rule]:
    return [
        Rule(
            f"{column.name}-allowed",
            f"{column.name} is one of the {len(column.allowed)} values that FOCUS allows",
            "error",
            f"{column.name} NOT IN {_in(column.allowed)}",
            (column.name,),
        )
        for column in _current()
        if column.allowed and column.name != "ServiceSubcategory"
    ]


def _current() -> list[Column]:
    return [COLUMNS[name] for name in CURRENT]


def _present() -> list[Rule]:
    """Not null: mandatory columns always, others where the dataset has them."""
    return [
        Rule(
            f"{column.name}-null",
            f"{column.name} is set on every row",
            "error",
            f"{column.name} IS NULL",
            (column.name,),
            None if column.level is Level.MANDATORY else column.name,
        )
        for column in _current()
        if not column.nulls
    ]


def _subcategory() -> list[Rule]:
    cases = " ".join(
        f"WHEN {literal(category)} THEN ServiceSubcategory NOT IN {_in(subcategories)}"
        for category, subcategories in SERVICE_CATEGORIES.items()
    )
    stranger = f"CASE ServiceCategory {cases} ELSE TRUE END"
    columns = ("ServiceCategory", "ServiceSubcategory")
    known = _in(SUBCATEGORY_PARENTS)
    return [
        Rule(
            "ServiceSubcategory-allowed",
            f"ServiceSubcategory is one of the {len(SUBCATEGORY_PARENTS)} values of FOCUS",
            "error",
            f"CASE WHEN {stranger} THEN ServiceSubcategory NOT IN {known} END",
            columns,
        ),
        Rule(
            "ServiceSubcategory-parent",
            "ServiceSubcategory belongs to the row's ServiceCategory",
            "error",
            f"CASE WHEN {stranger} THEN ServiceSubcategory IN {known} END",
            columns,
        ),
    ]


_PERIODS = (
    Rule(
        "ChargePeriod-order",
        "ChargePeriodEnd (exclusive) is later than ChargePeriodStart",
        "error",
        "ChargePeriodEnd <= ChargePeriodStart",
        ("ChargePeriodStart", "ChargePeriodEnd"),
    ),
    Rule(
        "BillingPeriod-order",
        "BillingPeriodEnd (exclusive) is later than BillingPeriodStart",
        "error",
        "BillingPeriodEnd <= BillingPeriodStart",
        ("BillingPeriodStart", "BillingPeriodEnd"),
    ),
    Rule(
        "ChargePeriod-in-BillingPeriod",
        "a charge that corrects nothing begins inside its billing period",
        "warning",
        "ChargeClass IS NULL AND (ChargePeriodStart < BillingPeriodStart "
        "OR ChargePeriodStart >= BillingPeriodEnd)",
        ("ChargePeriodStart", "BillingPeriodStart", "BillingPeriodEnd", "ChargeClass"),
    ),
)

_NESTED = "len(list_filter(map_values({0}), lambda v: v[1] IN ('{{', '['))) > 0"
_NAMELESS = "list_contains(map_keys({0}), '')"


def _tags() -> list[Rule]:
    rules = []
    for name in ("Tags", "AllocatedTags"):
        rules.append(
            Rule(
                f"{name}-scalar",
                f"every value in {name} is text, a number or true/false, never nested",
                "error",
                _NESTED.format(name),
                (name,),
            )
        )
        rules.append(
            Rule(
                f"{name}-key",
                f"every key in {name} has a name",
                "error",
                _NAMELESS.format(name),
                (name,),
            )
        )
    return rules


_COSTS = (
    Rule(
        "BilledCost-covered",
        "a row that a commitment covers (or its unused part) has BilledCost 0",
        "error",
        "CommitmentDiscountStatus IS NOT NULL AND BilledCost <> 0",
        ("BilledCost", "CommitmentDiscountStatus", "CommitmentDiscountId"),
    ),
    Rule(
        "EffectiveCost-commitment-purchase",
        "the purchase of a commitment has EffectiveCost 0: its cost is spread over what it covers",
        "error",
        "ChargeCategory = 'Purchase' AND CommitmentDiscountId IS NOT NULL AND EffectiveCost <> 0",
        ("EffectiveCost", "ChargeCategory", "CommitmentDiscountId"),
    ),
    Rule(
        "EffectiveCost-uncovered",
        "tax, credits and usage that nothing covers have EffectiveCost equal to BilledCost",
        "warning",
        "(ChargeCategory IN ('Tax', 'Credit') OR (ChargeCategory = 'Usage' "
        "AND CommitmentDiscountStatus IS NULL AND CommitmentDiscountId IS NULL "
        "AND ContractApplied IS NULL)) "
        "AND EffectiveCost <> BilledCost",
        ("BilledCost", "EffectiveCost", "ChargeCategory"),
    ),
)

_COMMITMENTS = (
    Rule(
        "CommitmentDiscount-status",
        "usage with a CommitmentDiscountId says whether the commitment was used or unused",
        "error",
        "ChargeCategory = 'Usage' AND CommitmentDiscountId IS NOT NULL "
        "AND CommitmentDiscountStatus IS NULL",
        ("CommitmentDiscountId", "CommitmentDiscountStatus", "ChargeCategory"),
    ),
    Rule(
        "CommitmentDiscount-id",
        "a row with a CommitmentDiscountStatus names the commitment",
        "error",
        "CommitmentDiscountStatus IS NOT NULL AND CommitmentDiscountId IS NULL",
        ("CommitmentDiscountId", "CommitmentDiscountStatus"),
    ),
    Rule(
        "CommitmentDiscount-purchase",
        "a commitment's purchase has no status, is not priced as Committed and not Usage-Based",
        "error",
        "ChargeCategory = 'Purchase' AND CommitmentDiscountId IS NOT NULL "
        "AND (CommitmentDiscountStatus IS NOT NULL OR PricingCategory = 'Committed' "
        "OR ChargeFrequency = 'Usage-Based')",
        ("CommitmentDiscountId", "CommitmentDiscountStatus", "PricingCategory", "ChargeFrequency"),
    ),
    Rule(
        "CommitmentDiscount-unused",
        "the unused part of a commitment consumes nothing",
        "error",
        "CommitmentDiscountStatus = 'Unused' "
        "AND (ConsumedQuantity IS NOT NULL OR ConsumedUnit IS NOT NULL)",
        ("CommitmentDiscountId", "ConsumedQuantity", "ConsumedUnit"),
    ),
    Rule(
        "CapacityReservation-status",
        "CapacityReservationId and CapacityReservationStatus are set together on usage",
        "error",
        "ChargeCategory = 'Usage' "
        "AND (CapacityReservationId IS NULL) <> (CapacityReservationStatus IS NULL)",
        ("CapacityReservationId", "CapacityReservationStatus"),
    ),
    Rule(
        "Allocated-method",
        "a row that was given to a consumer says by which method",
        "error",
        "AllocatedResourceId IS NOT NULL AND AllocatedMethodId IS NULL",
        ("AllocatedResourceId", "AllocatedMethodId"),
    ),
    Rule(
        "HostProviderName-usage",
        "usage and purchases say who hosts them",
        "error",
        "ChargeCategory IN ('Usage', 'Purchase') AND HostProviderName IS NULL",
        ("HostProviderName", "ServiceProviderName", "ChargeCategory"),
    ),
)

_UNIT_PRICES = (
    "ListUnitPrice",
    "ContractedUnitPrice",
    "PricingCurrencyListUnitPrice",
    "PricingCurrencyContractedUnitPrice",
)
_PRICED = ("PricingQuantity", "ConsumedQuantity", "CommitmentDiscountQuantity", "PricingCategory")


def _sku() -> list[Rule]:
    """SkuPriceId switches pricing on and off (since 1.3)."""
    any_set = " OR ".join(f"{name} IS NOT NULL" for name in (*_PRICED, *_UNIT_PRICES))
    rules = [
        Rule(
            "SkuPriceId-absent",
            "without SkuPriceId a row has no quantities, pricing category or unit prices",
            "warning",
            f"SkuPriceId IS NULL AND ({any_set})",
            ("SkuPriceId", *_PRICED, *_UNIT_PRICES),
            "SkuPriceId",
        ),
        Rule(
            "SkuPriceId-needed",
            "usage and purchases that correct nothing have SkuPriceId, SkuId, PricingQuantity "
            "and PricingCategory",
            "warning",
            "ChargeCategory IN ('Usage', 'Purchase') AND ChargeClass IS NULL "
            "AND (SkuPriceId IS NULL OR SkuId IS NULL OR PricingQuantity IS NULL "
            "OR PricingCategory IS NULL)",
            ("ChargeCategory", "SkuPriceId", "SkuId", "PricingQuantity", "PricingCategory"),
            "SkuPriceId",
        ),
        Rule(
            "SkuPriceId-tax",
            "tax has no SKU, quantity or pricing category",
            "warning",
            "ChargeCategory = 'Tax' AND (SkuPriceId IS NOT NULL OR SkuId IS NOT NULL "
            "OR PricingQuantity IS NOT NULL OR PricingCategory IS NOT NULL)",
            ("SkuPriceId", "SkuId", "PricingQuantity", "PricingCategory"),
        ),
    ]
    for name in _UNIT_PRICES:
        rules.append(
            Rule(
                f"SkuPriceId-{name}",
                f"a row with SkuPriceId has {name}",
                "warning",
                f"SkuPriceId IS NOT NULL AND {name} IS NULL",
                ("SkuPriceId", name),
                name,
            )
        )
    return rules


def _pairs() -> list[Rule]:
    return [
        Rule(
            f"{name}-unit",
            f"{name}Quantity and {name}Unit are set or null together",
            "error",
            f"({name}Quantity IS NULL) <> ({name}Unit IS NULL)",
            (f"{name}Quantity", f"{name}Unit"),
        )
        for name in ("Pricing", "Consumed", "CommitmentDiscount")
    ]


_USUAL = ("USD", "EUR", "GBP", "JPY", "INR", "CAD", "AUD", "CNY", "BRL", "CHF")


def _formats() -> list[Rule]:
    rules = []
    for column in _current():
        name = column.name
        if column.format is Format.CURRENCY:
            said = "a currency code of ISO 4217"
            # CASE, since AND computes both sides: the long list is for the rare codes alone.
            when = f"CASE WHEN {name} NOT IN {_in(_USUAL)} THEN {name} NOT IN {_in(ISO_4217)} END"
        elif column.format is Format.NON_NEGATIVE:
            said, when = "0 or more", f"{name} < 0"
        else:
            continue
        rules.append(Rule(f"{name}-format", f"{name} is {said}", "error", when, (name,)))
    return rules


def _blank() -> Rule:
    """Blank text anywhere. Below '!' are the empty text and what begins with a blank: that
    comparison needs the first bytes alone, so that fifty columns are cheap."""
    texts = tuple(column.name for column in _current() if column.type is Type.STRING)
    blank = " OR ".join(f"CASE WHEN {name} < '!' THEN trim({name}) = '' END" for name in texts)
    return Rule(
        "text-blank",
        "no text is empty or blank: what is absent is null",
        "error",
        blank,
        texts,
    )


RULES: tuple[Rule, ...] = (
    *_present(),
    *_allowed(),
    *_subcategory(),
    *_PERIODS,
    *_COSTS,
    *_COMMITMENTS,
    *_sku(),
    *_pairs(),
    *_formats(),
    *_tags(),
    _blank(),
)
"""Every rule that one row alone can break."""
