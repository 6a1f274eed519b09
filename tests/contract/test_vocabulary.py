"""One vocabulary over the sample bills of every provider: at least 98 % of the money has names.

By absolute amounts of single charges, so that a credit cannot hide a gap; currencies apart.
"""

import csv
import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from outlay.focus.ai import TOKENS
from outlay.focus.services import SUBCATEGORY_PARENTS
from outlay.focus.sql import literal
from outlay.focus.vocabulary import Vocabulary
from outlay.lake.questions import CODES, kind_sql
from tests.contract.ledger import Ledger
from tests.shared import SHARED, needs_shared

pytestmark = [needs_shared, pytest.mark.timeout(900), pytest.mark.slow]

WORDS = Vocabulary()
ENOUGH = Decimal("0.98")

BILLS: dict[str, tuple[str, ...]] = {
    "aws": (
        "synthetic/cur2", "synthetic/cur-legacy", "synthetic/focus12", "nise-aws",
        "nise-aws-marketplace", "cur-legacy-koku-2018", "cur-legacy-2023-11-anon.csv",
        "cur-savingsplan-nok-notfinal.csv", "cur2-keboola", "focus12-s3-fixture",
        "focus12-s3-restated", "focus12-sample.csv.gz",
    ),
    "azure": (
        "synthetic/ea-actual", "synthetic/ea-amortized", "synthetic/mca-actual",
        "synthetic/focus12", "nise-azure", "ea-v2.csv", "ea-actual-small.csv",
        "ea-actual-2023-09-anon.csv", "payg-preTaxCost.csv",
    ),
    "gcp": (
        "synthetic/gcp_billing_export_resource_v1_01ABCD_234567_89EFGH.jsonl",
        "detailed-flat-2026-03-04.csv", "standard-2022-08.csv", "nise-gcp",
    ),
    "oci": (
        "synthetic/cost-reports", "synthetic/focus-reports", "cost-report-2023-11-a.csv",
        "nise-oci",
    ),
    "snowflake": ("synthetic",),
    "databricks": ("synthetic",),
    "openai": ("synthetic", "costroid-2026-05.json"),
    "anthropic": ("synthetic", "costroid-2026-05.json"),
    "focus": (
        "aws-1.2-rows100.csv", "azure-1.2-rows100.csv", "gcp-1.2-rows100.csv",
        "focus10-sample-1000.csv", "small-1.1.csv", "small-1.2.csv", "small-1.3.csv",
        "small-1.4.csv",
    ),
}  # fmt: skip
"""Provider's folder → its bills, each kind of bill once."""

# Made of usage, prices and answers of other tools: no charges of their own.
NO_BILLS = {"k8s", "recommendations"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return Ledger(tmp_path_factory.mktemp("vocabulary"))


@pytest.fixture(scope="module")
def charges(ledger: Ledger) -> Callable[[str], list[Path]]:
    """The charges files of a provider, whose bills are loaded when they are first asked for."""

    @functools.cache
    def loaded(provider: str) -> list[Path]:
        assert SHARED is not None
        names = set()
        for number, bill in enumerate(BILLS[provider]):
            name = f"{provider}-{number}"
            outcomes = ledger.load(name, SHARED / "data" / provider / bill, currency="USD")
            bad = [o.message for o in outcomes if o.status not in ("loaded", "unchanged")]
            assert bad == [], bill
            names.add(name)
        return [c.charges_path for c in ledger.lake.pin().slices if c.source in names]

    return loaded


def test_every_provider_with_bills_is_here() -> None:
    assert SHARED is not None
    with (SHARED / "data" / "MANIFEST.csv").open() as file:
        folders = {row["path"].split("/")[0] for row in csv.DictReader(file) if row["cost_column"]}
    assert folders - NO_BILLS <= set(BILLS)


def rows(paths: list[Path], columns: str, where: str = "EffectiveCost <> 0") -> Iterator[tuple]:  # type: ignore[type-arg]
    """Distinct values with the absolute EffectiveCost of single charges behind them."""
    listed = ", ".join(literal(str(path)) for path in paths)
    relation = f"read_parquet([{listed}], union_by_name = true)"
    with duckdb.connect() as reader:
        there = {row[0] for row in reader.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}
        missing = "".join(f", NULL::VARCHAR AS {name}" for name in CODES if name not in there)
        yield from reader.execute(
            f"SELECT {columns}, BillingCurrency, sum(abs(EffectiveCost)) "
            f"FROM (SELECT *{missing} FROM {relation}) WHERE {where} GROUP BY ALL"
        ).fetchall()


def shares(found: Iterator[tuple[bool, str, str, Decimal]]) -> dict[str, Decimal]:
    """Named share by currency, from (named, value for the message, currency, amount)."""
    named: dict[str, Decimal] = defaultdict(Decimal)
    total: dict[str, Decimal] = defaultdict(Decimal)
    unnamed = []
    for is_named, value, currency, amount in found:
        total[currency] += amount
        if is_named:
            named[currency] += amount
        else:
            unnamed.append((amount, currency, value))
    low = {code: named[code] / total[code] for code in total if named[code] < ENOUGH * total[code]}
    assert low == {}, (low, sorted(unnamed, reverse=True)[:10])
    return {code: named[code] / total[code] for code in total}


@pytest.mark.parametrize("provider", BILLS)
def test_services_have_name_category_and_subcategory(
    provider: str, charges: Callable[[str], list[Path]]
) -> None:
    who = "ServiceProviderName, HostProviderName, ServiceName, coalesce(" + ", ".join(CODES) + ")"
    asked = list(rows(charges(provider), f"{who}, ServiceCategory, ServiceSubcategory"))
    assert asked
    for about in ("named", "category_named", "subcategory_named"):
        shares(
            (
                bool(getattr(WORDS.service(*words), about)),
                f"{words[2]} {words[4:]}",
                currency,
                amount,
            )
            for *words, currency, amount in asked
        )
    for *words, _, _ in asked:
        assert SUBCATEGORY_PARENTS[words[5]] == words[4]


@pytest.mark.parametrize("provider", BILLS)
def test_regions_have_a_place(provider: str, charges: Callable[[str], list[Path]]) -> None:
    where = "EffectiveCost <> 0 AND (RegionId IS NOT NULL OR RegionName IS NOT NULL)"
    columns = "ServiceProviderName, HostProviderName, RegionId, RegionName"
    asked = list(rows(charges(provider), columns, where))
    shares(
        (bool(WORDS.region(*words).named), str(words), currency, amount)
        for *words, currency, amount in asked
    )
    places = {place.name for place in WORDS.tables.places.values()}
    named = [w for *w, _, _ in asked if WORDS.region(*w).named]
    assert {words[3] for words in named} <= places


@pytest.mark.parametrize("provider", BILLS)
def test_resources_have_a_type(provider: str, charges: Callable[[str], list[Path]]) -> None:
    kinds = set(WORDS.tables.resource_type_names)
    where = "EffectiveCost <> 0 AND (ResourceId IS NOT NULL OR ResourceType IS NOT NULL)"
    columns = (
        "ServiceProviderName, ServiceName, ResourceType, "
        f"CASE WHEN ResourceType IS NULL THEN {kind_sql('ResourceId')} END"
    )
    shares(
        (kind in kinds, f"{service}: {kind or told}", currency, amount)
        for _, service, kind, told, currency, amount in rows(charges(provider), columns, where)
    )


def test_ai_lines_of_clouds_and_vendors_group_alike(charges: Callable[[str], list[Path]]) -> None:
    found: dict[str, set[tuple[str, str | None, str, str]]] = {}
    for provider in ("aws", "azure", "gcp", "openai", "anthropic"):
        columns = "x_Model, x_TokenType, ConsumedUnit, ServiceCategory, ServiceSubcategory"
        lines = rows(charges(provider), columns, "x_Model IS NOT NULL AND EffectiveCost > 0")
        found[provider] = {tuple(line[:5]) for line in lines}  # type: ignore[misc]
        assert {line[3:5] for line in found[provider]} == {
            ("AI and Machine Learning", "Generative AI")
        }, provider
    tokens = {
        provider: {line[:3] for line in lines if line[1]} for provider, lines in found.items()
    }
    assert tokens["aws"] == {("claude", "input", TOKENS)}
    assert ("gpt-4o", "input", TOKENS) in tokens["azure"]
    assert ("gemini-2.5-pro", "input", TOKENS) in tokens["gcp"]
    kinds = {kind for provider in ("openai", "anthropic") for _, kind, _ in tokens[provider]}
    assert {"input", "output"} <= kinds


def test_tokens_are_counted_exactly_and_money_stays(charges: Callable[[str], list[Path]]) -> None:
    listed = ", ".join(literal(str(path)) for path in charges("aws"))
    with duckdb.connect() as reader:
        lines = reader.execute(
            "SELECT PricingQuantity, PricingUnit, ConsumedQuantity FROM "
            f"read_parquet([{listed}], union_by_name = true) "
            f"WHERE x_TokenType IS NOT NULL AND ConsumedUnit = '{TOKENS}'"
        ).fetchall()
    assert len(lines) > 200
    assert {unit for _, unit, _ in lines} == {"1K tokens"}
    assert all(tokens == quantity * 1000 for quantity, _, tokens in lines)
