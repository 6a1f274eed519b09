"""Splits of random bills against a naive reckoning: the sum over any grouping is the bill."""

import tempfile
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.allocation.rules import Ruleset
from outlay.money import BillingPeriod, total
from outlay.money.rates import MonthRates
from outlay.query import CostQuery, explain, run
from tests.allocation.splitting import PRODUCT, ask, by_team, charge, ruleset, two_tags
from tests.query.fixtures import SmallLake

D = Decimal


# --- properties -----------------------------------------------------------------------------

amounts = st.decimals(
    min_value=-(10**6), max_value=10**6, places=7, allow_nan=False, allow_infinity=False
).map(str)
teams = st.sampled_from(["platform", "data", "a", "b", "c", None])


@st.composite
def charges(draw: st.DrawFn) -> dict[str, Any]:
    return charge(
        draw(teams),
        draw(amounts),
        f"2026-01-{draw(st.integers(1, 4)):02d}",
        ServiceName=draw(st.sampled_from(["Compute", "Support"])),
        SubAccountId=draw(st.sampled_from(["a1", "a2"])),
    )


@st.composite
def splits(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Splits without a cycle: platform may feed data, data feeds no other."""
    found: dict[str, dict[str, Any]] = {}
    takes: list[tuple[Any, list[str]]] = [
        ("platform", ["data", "a", "b"]),
        ("data", ["a", "c", "new"]),
        ({"where": "ServiceName = 'Support'"}, ["b", "c"]),
    ]
    names = draw(st.permutations(["s1", "s2", "s3"]))
    chosen = draw(st.lists(st.sampled_from([0, 1, 2]), min_size=1, unique=True))
    for at in chosen:
        take, targets = takes[at]
        method = draw(st.sampled_from(["even", "proportional", "fixed"]))
        split: dict[str, Any] = {
            "take": take,
            "method": method,
            "period": draw(st.sampled_from(["day", "month", "billing-period"])),
        }
        if method == "fixed":
            first = draw(st.integers(0, 100))
            split["shares"] = {targets[0]: first, targets[1]: 100 - first}
        elif draw(st.booleans()):
            split["targets"] = targets
        found[names[at]] = split
    return found


def naive(bill: list[dict[str, Any]], found: Mapping[str, dict[str, Any]]) -> dict[str, Fraction]:
    """Each team's cost, charge by charge and as fractions, by the words of the documentation."""

    def label(one: dict[str, Any]) -> str:
        return str(one["Tags"].get("team", "Unallocated"))

    takers = {s["take"]: name for name, s in found.items() if isinstance(s["take"], str)}

    def pool(one: dict[str, Any]) -> str | None:
        for name, split in sorted(found.items()):
            by_value = split["take"] == label(one)
            if by_value or (
                split["take"] != str(split["take"]) and one["ServiceName"] == "Support"
            ):
                return name
        return None

    def within(name: str, one: dict[str, Any]) -> list[dict[str, Any]]:
        if found[name]["period"] != "day":
            return bill
        return [other for other in bill if other["ChargePeriodStart"] == one["ChargePeriodStart"]]

    def shares(name: str, one: dict[str, Any]) -> dict[str, Fraction]:
        split = found[name]
        if "shares" in split:
            return {t: Fraction(s, 100) for t, s in split["shares"].items() if s}
        of = within(name, one)
        targets = split.get("targets") or sorted({label(c) for c in of} - set(takers))
        if not targets:
            return {}
        if split["method"] == "even":
            return dict.fromkeys(targets, Fraction(1, len(targets)))
        weights = {
            t: sum((Fraction(c["EffectiveCost"]) for c in of if label(c) == t), Fraction(0))
            for t in targets
        }
        if sum(weights.values()) <= 0:
            return {}
        positive = {t: w for t, w in weights.items() if w > 0}
        return {t: w / sum(positive.values()) for t, w in positive.items()}

    def land(name: str, one: dict[str, Any]) -> dict[str, Fraction]:
        landed: dict[str, Fraction] = {}
        for target, share in shares(name, one).items():
            further = land(takers[target], one) if target in takers else {}
            for last, part in (further or {target: Fraction(1)}).items():
                landed[last] = landed.get(last, Fraction(0)) + share * part
        return landed

    sums: dict[str, Fraction] = {}
    for one in bill:
        name = pool(one)
        given_ = land(name, one) if name else {}
        for team, share in (given_ or {label(one): Fraction(1)}).items():
            sums[team] = sums.get(team, Fraction(0)) + Fraction(one["EffectiveCost"]) * share
    return sums


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(charges(), min_size=1, max_size=12), splits())
def test_the_sum_over_any_grouping_is_the_bill(
    bill: list[dict[str, Any]], found: dict[str, dict[str, Any]]
) -> None:
    whole = total(D(one["EffectiveCost"]) for one in bill)
    with tempfile.TemporaryDirectory() as folder:
        lake = SmallLake(Path(folder))
        lake.add("2026-01", bill)
        rules = ruleset(found)
        for by, grain in (
            (("team",), "none"),
            (("team", "ServiceName"), "day"),
            (("SubAccountId", "team"), "month"),
        ):
            result = ask(lake, rules, by=by, grain=grain)
            assert result.total is not None
            assert result.total["EffectiveCost"] == whole
            assert result.total["EffectiveCost_direct"] == whole
            assert result.total["EffectiveCost_shared"] == 0
        by_hand = naive(bill, found)
        by_name = by_team(ask(lake, rules, by=("team",)))
        size = sum((abs(Fraction(one["EffectiveCost"])) for one in bill), Fraction(0))
        for team, amount in by_name.items():
            # The shares are billionths: the reckoning differs by their rounding and no more.
            assert abs(Fraction(amount) - by_hand.get(team, Fraction(0))) <= size * 8 / 10**9
        one_team = ask(lake, rules, where="team = 'a'").total
        assert one_team is not None
        assert one_team["EffectiveCost"] == by_name.get("a", 0)
        both = Ruleset(
            {**rules.tags, "product": PRODUCT},
            splits={**rules.splits, **two_tags().splits_of("product")},
        ).check()
        result = ask(lake, both, by=("product", "team"))
        assert result.total is not None
        assert result.total["EffectiveCost"] == whole
        sums: dict[Any, Any] = {}
        for row in result.rows():
            sums[row["team"]] = total((sums.get(row["team"], D(0)), D(str(row["EffectiveCost"]))))
        assert sums == by_name
        explained = explain(lake, CostQuery(by=("team",)), rules=rules)
        assert {g.values["team"]: g.amount for g in explained.groups} == by_name


digits = st.decimals(
    min_value=-(10**8), max_value=10**8, places=21, allow_nan=False, allow_infinity=False
).map(lambda amount: f"{amount:f}")


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(teams, digits, st.sampled_from(["USD", "EUR", "IDR"])), min_size=1, max_size=8
    ),
    splits(),
    st.decimals(min_value="0.000000001", max_value=20_000, places=9),
)
def test_what_is_converted_by_team_is_what_is_converted_at_all(
    lines: list[tuple[str | None, str, str]], found: dict[str, dict[str, Any]], rate: Decimal
) -> None:
    month = BillingPeriod.parse("2026-01")
    rates = MonthRates({("EUR", "USD", month): rate, ("IDR", "USD", month): D("0.000061")})
    with tempfile.TemporaryDirectory() as folder:
        lake = SmallLake(Path(folder))
        bill = [charge(team, cost, BillingCurrency=code) for team, cost, code in lines]
        lake.add("2026-01", bill)
        rules = ruleset(found)
        whole = run(lake, CostQuery(currency="USD"), rules=rules, rates=rates).total
        by = ask(lake, rules, by=("team",), currency="USD", rates=rates)
        assert by.total is not None
        assert whole is not None
        assert by.total["EffectiveCost"] == whole["EffectiveCost"]
        assert by.total["EffectiveCost_shared"] == 0
