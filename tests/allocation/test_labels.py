"""Labels against a plain evaluation of every rule on every charge; and what they leave alone."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.allocation.rules import Ruleset
from outlay.money import total
from outlay.query import CostQuery, Result, charges, explain, run
from tests.allocation import plain
from tests.allocation.random_rules import bills, rulesets
from tests.query.fixtures import SmallLake

pytestmark = pytest.mark.slow

Bill = list[tuple[str, str, list[dict[str, Any]]]]
Sums = dict[tuple[Any, ...], Decimal]


@contextmanager
def lake_of(bill: Bill) -> Iterator[SmallLake]:
    with tempfile.TemporaryDirectory() as folder:
        lake = SmallLake(Path(folder))
        for period, source, rows in bill:
            lake.add(period, rows, source=source)
        yield lake


def every_charge(bill: Bill) -> list[dict[str, Any]]:
    return [
        {**row, "x_SourceName": source, "EffectiveCost": Decimal(row["EffectiveCost"])}
        for _, source, rows in bill
        for row in rows
    ]


def expected(bill: Bill, rules: Ruleset, by: Any) -> Sums:
    """Sums by currency and what `by` gives for a charge with its labels, the slow way."""
    found: Sums = {}
    for charge in every_charge(bill):
        key = (charge["BillingCurrency"], *by(charge, plain.values_of(rules, charge)))
        found[key] = total((found.get(key, Decimal(0)), charge["EffectiveCost"]))
    return found


def answered(result: Result, *columns: str) -> Sums:
    return {
        (row.get("BillingCurrency") or result.currency, *(row[c] for c in columns)): row[
            "EffectiveCost"
        ]
        for row in result.complete().rows()
    }  # type: ignore[return-value]


def totals(result: Result) -> dict[Any, Any]:
    return {r.get("BillingCurrency") or result.currency: r["EffectiveCost"] for r in result.totals}


@settings(max_examples=25)
@given(bills(), rulesets())
def test_labels_are_those_of_a_plain_evaluation(bill: Bill, rules: Ruleset) -> None:
    """Day by day, so that the eras of dated rules, dictionaries and parents are compared with an
    evaluation on each charge's own day."""
    with lake_of(bill) as lake:
        for tag in rules.tags:
            query = CostQuery(by=(tag, "ChargeDay", "SubAccountId"))
            found = answered(run(lake, query, rules=rules), tag, "ChargeDay", "SubAccountId")

            def by(charge: Mapping[str, Any], labels: Mapping[str, str], tag: str = tag) -> Any:
                return labels[tag], charge["ChargePeriodStart"].date(), charge["SubAccountId"]

            assert found == expected(bill, rules, by)


@pytest.mark.slow
@settings(max_examples=12)
@given(bills(), rulesets(), st.sampled_from(["none", "month", "hour"]))
def test_the_sum_over_a_tag_is_the_bill(bill: Bill, rules: Ruleset, grain: str) -> None:
    whole: dict[str, Decimal] = {}
    for charge in every_charge(bill):
        currency = charge["BillingCurrency"]
        whole[currency] = total((whole.get(currency, Decimal(0)), charge["EffectiveCost"]))
    with lake_of(bill) as lake:
        for by in (("alpha",), ("zeta", "mid"), ("alpha", "ServiceName", "RegionId")):
            result = run(lake, CostQuery(by=by, grain=grain), rules=rules)  # type: ignore[arg-type]
            assert totals(result) == whole or not whole
            sums: dict[str, Decimal] = {}
            for key, amount in answered(
                result, *by, *(["period"] if grain != "none" else [])
            ).items():
                sums[key[0]] = total((sums.get(key[0], Decimal(0)), amount))
            assert sums == whole


@pytest.mark.slow
@settings(max_examples=12)
@given(bills(), rulesets(), rulesets())
def test_a_rule_change_never_changes_a_total(bill: Bill, one: Ruleset, other: Ruleset) -> None:
    with lake_of(bill) as lake:
        query = CostQuery(by=("alpha",), grain="day")
        first, second = (run(lake, query, rules=rules) for rules in (one, other))
        assert totals(first) == totals(second)
        again = run(lake, query, rules=one)
        assert answered(first, "alpha", "period") == answered(again, "alpha", "period")


@pytest.mark.slow
@settings(max_examples=12)
@given(bills(), rulesets(), st.randoms())
def test_the_order_in_which_tags_are_kept_does_not_matter(
    bill: Bill, rules: Ruleset, random: Any
) -> None:
    names = list(rules.tags)
    random.shuffle(names)
    shuffled = Ruleset(
        tags={name: rules.tags[name] for name in names}, dictionaries=rules.dictionaries
    ).check()
    assert shuffled.order == rules.order
    for tag in names:
        assert shuffled.digest(tag) == rules.digest(tag)
    with lake_of(bill) as lake, lake_of(bill) as fresh:
        query = CostQuery(by=("alpha", "mid", "zeta"))
        columns = ("alpha", "mid", "zeta")
        assert answered(run(lake, query, rules=rules), *columns) == answered(
            run(fresh, query, rules=shuffled), *columns
        )


@pytest.mark.slow
@settings(max_examples=12)
@given(bills(), rulesets(), st.sampled_from(["a", "b", "x", "Unallocated", "none"]))
def test_lines_explanations_and_hours_agree_with_the_answer(
    bill: Bill, rules: Ruleset, value: str
) -> None:
    """One condition on a tag: roll-ups, hours of charges, single lines and explanations."""
    where = f"alpha = '{value}'"
    wanted = [
        charge for charge in every_charge(bill) if plain.values_of(rules, charge)["alpha"] == value
    ]
    amounts: dict[str, Decimal] = {}
    for charge in wanted:
        currency = charge["BillingCurrency"]
        amounts[currency] = total((amounts.get(currency, Decimal(0)), charge["EffectiveCost"]))
    with lake_of(bill) as lake:
        assert totals(run(lake, CostQuery(where=where), rules=rules)) == amounts or not amounts
        assert (
            totals(run(lake, CostQuery(where=where, grain="hour"), rules=rules)) == amounts
            or not amounts
        )
        page = charges(lake, CostQuery(where=where), limit=1000, rules=rules)
        assert dict(page.amounts) == amounts
        assert page.lines == len(wanted)
        told = explain(lake, CostQuery(by=("alpha", "ServiceName"), where=where), rules=rules)
        assert dict(told.totals) == amounts
        assert {group.values["alpha"] for group in told.groups} <= {value}


@pytest.mark.slow
@settings(max_examples=10)
@given(bills(), rulesets())
def test_a_tag_changes_nothing_of_what_others_ask(bill: Bill, rules: Ruleset) -> None:
    """Cubes answer as they did: with and without rules the same."""
    with lake_of(bill) as lake:
        query = CostQuery(by=("ServiceName", "SubAccountId"), grain="month")
        columns = ("ServiceName", "SubAccountId", "period")
        without = answered(run(lake, query), *columns)
        assert answered(run(lake, query, rules=rules), *columns) == without
        beside = run(lake, query.but(by=("ServiceName", "SubAccountId", "alpha")), rules=rules)
        folded: Sums = {}
        for row in beside.complete().rows():
            key = (
                row.get("BillingCurrency") or beside.currency,
                *(row[column] for column in columns),
            )
            folded[key] = total((folded.get(key, Decimal(0)), row["EffectiveCost"]))  # type: ignore[arg-type]
        assert folded == without
