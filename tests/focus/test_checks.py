"""Every check finds its planted row, and a clean table gives none."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from outlay.focus.checks import CheckResult, run_checks
from outlay.focus.json_rules import JSON_RULES
from outlay.focus.products import PRODUCT_RULES, looked_at, product_sql, stride
from outlay.focus.rules import RULES, Rule
from outlay.focus.schema import COLUMNS, CURRENT
from tests.focus.charges import PURCHASE, USED, connection

NO_SKU = {
    name: "NULL"
    for name in (
        "SkuPriceId",
        "SkuId",
        "PricingQuantity",
        "PricingUnit",
        "ConsumedQuantity",
        "ConsumedUnit",
        "PricingCategory",
        "ListUnitPrice",
        "ContractedUnitPrice",
    )
}

# rule → what is changed in the good row so that exactly this goes wrong
PLANTED: dict[str, dict[str, str]] = {
    **{
        f"{name}-null": {name: "NULL"}
        for name in CURRENT
        if not COLUMNS[name].nulls and COLUMNS[name].level.value == "mandatory"
    },
    **{f"{name}-allowed": {name: "'nonsense'"} for name in CURRENT if COLUMNS[name].allowed},
    "ChargeFrequency-null": {"ChargeFrequency": "NULL"},
    "ServiceSubcategory-null": {"ServiceSubcategory": "NULL"},
    "BillingAccountType-null": {"BillingAccountType": "'Payer'"},
    "PricingCurrency-null": {"PricingCurrency": "'USD'"},
    "PricingCurrencyEffectiveCost-null": {"PricingCurrencyEffectiveCost": "2.5"},
    "ServiceSubcategory-parent": {"ServiceSubcategory": "'Object Storage'"},
    "ChargePeriod-order": {"ChargePeriodEnd": "'2026-10-05'"},
    "BillingPeriod-order": {"BillingPeriodEnd": "'2026-09-01'"},
    "ChargePeriod-in-BillingPeriod": {
        "ChargePeriodStart": "'2026-11-01'",
        "ChargePeriodEnd": "'2026-11-02'",
    },
    "BilledCost-covered": USED | {"BilledCost": "1"},
    "EffectiveCost-commitment-purchase": PURCHASE | {"EffectiveCost": "1"},
    "EffectiveCost-uncovered": {"EffectiveCost": "2.4"},
    "ListCost-product": {"ListCost": "2.500000000000000000001"},
    "ContractedCost-product": {"ContractedCost": "2.4"},
    "ListCost-product-unchecked": {
        "ListUnitPrice": "0.123456789012345678901",
        "PricingQuantity": "1.123456789012345678901",
    },
    "ContractedCost-product-unchecked": {
        "ContractedUnitPrice": "0.123456789012345678901",
        "PricingQuantity": "1.123456789012345678901",
    },
    "CommitmentDiscount-status": {"CommitmentDiscountId": "'plan'"},
    "CommitmentDiscount-id": USED | {"CommitmentDiscountId": "NULL"},
    "CommitmentDiscount-purchase": PURCHASE | {"PricingCategory": "'Committed'"},
    "CommitmentDiscount-unused": USED | {"CommitmentDiscountStatus": "'Unused'"},
    "CapacityReservation-status": {"CapacityReservationId": "'cr'"},
    "Allocated-method": {"AllocatedResourceId": "'pod'"},
    "HostProviderName-usage": {"HostProviderName": "NULL"},
    "SkuPriceId-absent": {"SkuPriceId": "NULL"},
    "SkuPriceId-needed": {"SkuId": "NULL"},
    "SkuPriceId-tax": {"ChargeCategory": "'Tax'"},
    "SkuPriceId-ListUnitPrice": {"ListUnitPrice": "NULL"},
    "SkuPriceId-ContractedUnitPrice": {"ContractedUnitPrice": "NULL"},
    "SkuPriceId-PricingCurrencyListUnitPrice": {"PricingCurrencyListUnitPrice": "0.5"},
    "SkuPriceId-PricingCurrencyContractedUnitPrice": {"PricingCurrencyContractedUnitPrice": "0.5"},
    "Pricing-unit": {"PricingUnit": "NULL"},
    "Consumed-unit": {"ConsumedUnit": "NULL"},
    "CommitmentDiscount-unit": {"CommitmentDiscountQuantity": "1"},
    "BillingCurrency-format": {"BillingCurrency": "'ZZZ'"},
    "PricingCurrency-format": {"PricingCurrency": "'Token'"},
    "ListUnitPrice-format": {"ListUnitPrice": "-0.5"},
    "ContractedUnitPrice-format": {"ContractedUnitPrice": "-0.5"},
    "PricingCurrencyListUnitPrice-format": {"PricingCurrencyListUnitPrice": "-1"},
    "PricingCurrencyContractedUnitPrice-format": {"PricingCurrencyContractedUnitPrice": "-1"},
    "Tags-scalar": {"Tags": """MAP {'team': '{"x": 1}'}"""},
    "Tags-key": {"Tags": "MAP {'': 'x'}"},
    "AllocatedTags-scalar": {"AllocatedTags": "MAP {'team': '[1]'}"},
    "AllocatedTags-key": {"AllocatedTags": "MAP {'': 'x'}"},
    "text-blank": {"ServiceName": "' '"},
    "SkuPriceDetails-scalar": {"SkuPriceDetails": """'{"CoreCount": {"a": 1}}'"""},
    "SkuPriceDetails-keys": {"SkuPriceDetails": """'{"Cores": 4}'"""},
    "AllocatedMethodDetails-shape": {"AllocatedMethodDetails": """'{"Elements": [{}]}'"""},
    "ContractApplied-shape": {"ContractApplied": """'{"Elements": [{"ContractId": "a"}]}'"""},
    "CommitmentProgramEligibilityDetails-shape": {
        "CommitmentProgramEligibilityDetails": "'not json'"
    },
}


def found(*changes: dict[str, str]) -> dict[str, CheckResult]:
    with connection(*changes) as opened:
        return {result.rule: result for result in run_checks(opened, "charges")}


def test_a_row_that_keeps_every_rule_gives_no_result() -> None:
    assert found() == {}


def test_every_rule_has_a_planted_row() -> None:
    assert {rule.name for rule in (*RULES, *PRODUCT_RULES, *JSON_RULES)} == set(PLANTED)


@pytest.fixture(scope="module")
def planted() -> Iterator[dict[str, CheckResult]]:
    """The results over a table of the good row and all planted ones, line by rule in order."""
    yield found(*PLANTED.values())


LINES = {rule: line for line, rule in enumerate(PLANTED, start=2)}


@pytest.mark.parametrize("rule", PLANTED)
def test_the_planted_row_is_found(rule: str, planted: dict[str, CheckResult]) -> None:
    result = planted[rule]
    assert result.description
    assert result.severity in ("error", "warning", "note")
    assert 0 < len(result.sample) <= min(5, result.count)
    assert all(row["x_SourceFile"] == 0 for row in result.sample)
    if result.count <= 5:
        assert result.count == len(result.sample)
        lines = [row["x_SourceLine"] for row in result.sample]
        # Of a column that is set on one row alone, it is the other rows that lack it.
        assert LINES[rule] in lines or _set_on_the_planted_row_alone(rule)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if not rule.optional], ids=lambda rule: rule.name
)
def test_a_row_rule_is_true_for_its_planted_row_and_false_for_the_good_one(rule: Rule) -> None:
    with connection(PLANTED[rule.name]) as opened:
        lines = opened.execute(f"SELECT x_SourceLine FROM charges WHERE {rule.when}").fetchall()
    assert lines == [(2,)]


def _set_on_the_planted_row_alone(rule: str) -> bool:
    return rule.endswith("-null") or rule.startswith("SkuPriceId-PricingCurrency")


def test_a_column_that_the_dataset_leaves_out_is_not_asked() -> None:
    assert found(NO_SKU | {"ChargeFrequency": "NULL"}).keys() == {
        "ChargeFrequency-null",
        "SkuPriceId-needed",
    }
    with connection() as opened:
        opened.execute("UPDATE charges SET ChargeFrequency = NULL, ServiceSubcategory = NULL")
        for column in NO_SKU:
            opened.execute(f"UPDATE charges SET {column} = NULL")
        assert run_checks(opened, "charges") == ()


def test_samples_are_five_and_counts_are_all() -> None:
    result = found(*[{"ServiceCategory": "'x'", "ServiceSubcategory": "NULL"}] * 9)
    assert result["ServiceCategory-allowed"].count == 9
    assert len(result["ServiceCategory-allowed"].sample) == 5


def test_blank_text_names_its_columns() -> None:
    result = found({"RegionId": "''", "ServiceName": "'  '"})["text-blank"]
    assert result.sample[0]["Columns"] == "RegionId, ServiceName"


def test_errors_come_before_warnings_and_notes(planted: dict[str, CheckResult]) -> None:
    severities = [result.severity for result in planted.values()]
    order = ["error", "warning", "note"]
    assert severities == sorted(severities, key=order.index)


def test_checks_change_nothing() -> None:
    with connection(*PLANTED.values()) as opened:
        before = opened.sql("SELECT * FROM charges ORDER BY x_SourceLine").fetchall()
        run_checks(opened, "(SELECT * FROM charges)")
        assert opened.sql("SELECT * FROM charges ORDER BY x_SourceLine").fetchall() == before


WHOLE_MONTH = {"ChargePeriodStart": "'2026-10-01'", "ChargePeriodEnd": "'2026-11-01'"}
UNUSED = (
    USED
    | WHOLE_MONTH
    | {
        "CommitmentDiscountStatus": "'Unused'",
        "ConsumedQuantity": "NULL",
        "ConsumedUnit": "NULL",
    }
)


@pytest.mark.parametrize(
    ("billed", "used", "unused", "reported"),
    [
        ("10", "7.5", "2.5", False),
        ("10", "7.5", "2.499999999999999999999", True),
        ("10", "7.5", "20", False),  # an upfront payment of an earlier period is in it
    ],
)
def test_a_commitment_is_spread_over_its_use_and_its_waste(
    billed: str, used: str, unused: str, reported: bool
) -> None:
    results = found(
        PURCHASE | {"BilledCost": billed},
        USED | {"EffectiveCost": used},
        UNUSED | {"EffectiveCost": unused},
    )
    assert ("EffectiveCost-covering" in results) == reported
    if reported:
        row = results["EffectiveCost-covering"].sample[0]
        assert row["Billed"] == Decimal(10)
        assert row["Effective"] == Decimal(used) + Decimal(unused)


def test_an_upfront_payment_in_its_invoice_month_is_no_finding() -> None:
    upfront = PURCHASE | {"ChargeFrequency": "'One-Time'", "BilledCost": "1000"}
    assert "EffectiveCost-covering" not in found(upfront, UNUSED)


@pytest.mark.parametrize(
    ("price", "quantity", "product"),
    [
        ("0.096", "24", "2.304"),
        ("0.0000012149", "1222335.5526", "1.48501546285374"),
        ("1E-16", "12345.12345", "0.000000000001234512345"),
        ("0.000001", "0.123456789012345", "0.000000123456789012345"),
        ("123456.123456789012", "0.123456789", "15241.496570675509081268"),
        ("-3", "2", "-6"),
        ("0", "0.000000000000000000001", None),
    ],
)
def test_products_are_exact_or_not_given(price: str, quantity: str, product: str | None) -> None:
    with connection() as opened:
        sql = product_sql(f"'{price}'::DECIMAL(38,21)", f"'{quantity}'::DECIMAL(38,21)")
        row = opened.execute(f"SELECT {sql}").fetchone()
    assert row is not None
    expected = None if product is None else Decimal(price) * Decimal(quantity)
    assert row[0] == expected
    if product is not None and len(product) < 20:
        assert row[0] == Decimal(product)


def test_of_millions_of_rows_one_in_so_many_is_multiplied() -> None:
    assert stride(0) == stride(1_000_000) == 1
    assert stride(1_000_001) == 2
    assert stride(30_000_000) == 30
    assert looked_at("charges", 1) == "charges"
    assert "x_SourceLine % 30 = 0" in looked_at("charges", 30)
