"""The arithmetic of splits without any charge: graph, weights, chains, quantised shares."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.allocation.model import SplitSpec
from outlay.allocation.splits import (
    ONE,
    ShareKey,
    SplitGraph,
    SplitPart,
    landed,
    quantised,
    resolve,
)
from outlay.allocation.weights import after, before, evenly, fixed, weighed, windowed
from outlay.expression.errors import QueryError

JANUARY = date(2026, 1, 1)
KEY = ShareKey("", JANUARY)


def graph(**splits: dict[str, Any]) -> SplitGraph:
    specs = {
        name: SplitSpec.model_validate({"tag": "team", "method": "even"} | spec)
        for name, spec in splits.items()
    }
    return SplitGraph("team", specs)


# --- quantised ------------------------------------------------------------------------------

weights = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.fractions(min_value=0, max_value=10**12, max_denominator=10**9),
    min_size=1,
    max_size=30,
).filter(lambda found: sum(found.values()) > 0)


@given(weights)
def test_shares_add_up_to_exactly_one(found: dict[str, Fraction]) -> None:
    whole = sum(found.values(), Fraction(0))
    shares = {name: weight / whole for name, weight in found.items()}
    units = quantised(shares)
    assert sum(units.values()) == ONE
    assert all(unit > 0 for unit in units.values())
    largest = max(sorted(shares), key=lambda name: shares[name])
    for name, share in shares.items():
        off = Fraction(units.get(name, 0), ONE) - share
        # All but the largest lose less than a billionth; the largest has what they lost.
        assert 0 <= off < Fraction(len(shares), ONE) if name == largest else -1 < off * ONE <= 0


def test_the_residual_goes_to_the_largest_and_ties_go_by_name() -> None:
    third = Fraction(1, 3)
    assert quantised({"c": third, "b": third, "a": third}) == {
        "a": 333333334,
        "b": 333333333,
        "c": 333333333,
    }
    assert quantised({"a": Fraction(1, 7), "b": Fraction(6, 7)}) == {
        "a": 142857142,
        "b": 857142858,
    }


def test_what_is_no_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="not a whole"):
        quantised({"a": Fraction(1, 2)})
    with pytest.raises(ValueError, match="not a whole"):
        quantised({"a": Fraction(3, 2), "b": Fraction(-1, 2)})


# --- weights --------------------------------------------------------------------------------


def part(found: dict[str, str], targets: str = "a b c") -> SplitPart:
    numbers = {name: Decimal(weight) for name, weight in found.items()}
    return weighed("s", JANUARY, targets.split(), numbers, "EffectiveCost")


def test_weights_become_shares() -> None:
    assert part({"a": "60", "b": "30", "c": "10"}).shares == {
        "a": Fraction(6, 10),
        "b": Fraction(3, 10),
        "c": Fraction(1, 10),
    }


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({}, "there is no EffectiveCost of any target"),
        ({"z": "5"}, "there is no EffectiveCost of any target"),
        ({"a": "0", "b": "0.00"}, "EffectiveCost of every target is 0"),
        ({"a": "5", "b": "-7"}, "EffectiveCost of the targets sums to negative"),
        ({"a": "5", "b": "-5"}, "EffectiveCost of the targets sums to zero"),
    ],
)
def test_a_period_without_weight_keeps_its_cost_with_the_reason(
    found: dict[str, str], reason: str
) -> None:
    kept = part(found)
    assert not kept.shares
    assert kept.reason == reason


def test_a_negative_weight_gets_nothing_and_is_told() -> None:
    told = part({"a": "30", "b": "-10", "c": "10"})
    assert told.shares == {"a": Fraction(3, 4), "c": Fraction(1, 4)}
    assert told.notes == ("EffectiveCost of b is negative: it gets nothing",)
    assert told.weights["b"] == -10


def test_no_target_keeps_the_cost() -> None:
    assert part({"a": "1"}, "").reason == "there is no target in the period"
    assert evenly("s", JANUARY, ()).reason == "there is no target in the period"


def test_strangers_of_a_metric_are_told() -> None:
    told = weighed("s", JANUARY, ["a"], {"a": 1, "b": 2, "c": 0}, "metric m by team", strict=True)
    assert told.notes == ("metric m by team names values that are no target: b",)
    assert told.shares == {"a": Fraction(1)}


def test_fixed_shares_are_percentages() -> None:
    shares = {"a": Decimal("33.3"), "b": Decimal("66.7"), "c": Decimal(0)}
    assert fixed("s", JANUARY, shares).shares == {
        "a": Fraction(333, 1000),
        "b": Fraction(667, 1000),
    }


def test_a_window_adds_up_periods() -> None:
    found = {
        date(2025, 12, 1): {"a": Decimal(1)},
        date(2026, 1, 1): {"a": Decimal(2), "b": Decimal(4)},
    }
    assert windowed(found, JANUARY, "month", 1) == {"a": 2, "b": 4}
    assert windowed(found, JANUARY, "month", 2) == {"a": 3, "b": 4}
    assert windowed(found, date(2026, 2, 1), "month", 2) == {"a": 2, "b": 4}
    days = {date(2025, 12, 31): {"a": Decimal(7)}}
    assert windowed(days, JANUARY, "day", 2) == {"a": 7}
    assert before(JANUARY, "month") == date(2025, 12, 1)
    assert after(date(2025, 12, 31), "day") == JANUARY
    assert after(date(2025, 12, 1), "billing-period") == JANUARY


# --- graph ----------------------------------------------------------------------------------


def test_all_is_every_value_that_no_split_takes() -> None:
    found = graph(one={"take": "platform", "except": ["b"]}, two={"take": "support"})
    values = ["platform", "support", "a", "b", "Unallocated"]
    assert found.targets("one", values) == ("Unallocated", "a")
    assert found.targets("two", values) == ("Unallocated", "a", "b")


def test_targets_by_condition() -> None:
    found = graph(one={"take": "platform", "targets": {"where": "team LIKE 'a%'"}})
    assert found.targets("one", ["platform", "ab", "b", "a"]) == ("a", "ab")


def test_a_condition_on_targets_looks_at_the_tag_alone() -> None:
    found = graph(one={"take": "platform", "targets": {"where": "ServiceName = 'x'"}})
    with pytest.raises(QueryError, match="alone"):
        found.check()


def test_a_cycle_is_refused_with_its_path() -> None:
    found = graph(
        one={"take": "a", "targets": ["b", "x"]},
        two={"take": "b", "targets": ["c"]},
        three={"take": "c", "targets": ["a"]},
    )
    with pytest.raises(QueryError, match="one → two → three → one"):
        found.check()
    with pytest.raises(QueryError, match="one → one"):
        graph(one={"take": "a", "targets": ["a", "b"]}).check()


def test_the_order_is_derived() -> None:
    found = graph(
        a={"take": "second", "targets": ["x"]},
        b={"take": "first", "targets": ["second", "y"]},
    )
    assert list(found.feeding(["first", "second", "x", "y"])) == ["b", "a"]


def test_the_first_by_name_takes() -> None:
    found = graph(
        b={"take": "p", "targets": ["x"]}, a={"take": {"where": "team = 'p'"}, "targets": ["y"]}
    )
    assert found.taker("p") == "a"
    assert [rule.value for rule in found.pools_spec().rules] == ["a", "b"]


def test_money_that_is_given_is_no_charge() -> None:
    """A condition on charges does not catch what another split gives."""
    found = graph(a={"take": {"where": "team = 'p' AND ServiceName = 'Support'"}, "targets": ["x"]})
    assert found.taker("p") is None


# --- chains ---------------------------------------------------------------------------------


def by_shares(shares: dict[str, dict[str, str]]) -> Any:
    def of(split: str, key: ShareKey) -> SplitPart:
        given_ = {target: Fraction(share) for target, share in shares[split].items()}
        return SplitPart(split, JANUARY, given_, given_, "" if given_ else "nothing")

    return of


def test_a_chain_by_hand() -> None:
    """platform gives 3/4 to data and 1/4 to web; data gives 2/3 to web and 1/3 to search:
    web has 1/4 + 3/4 × 2/3 = 3/4, search 3/4 × 1/3 = 1/4."""
    found = graph(
        one={"take": "platform", "targets": ["data", "web"]},
        two={"take": "data", "targets": ["web", "search"]},
    )
    two = {"web": "2/3", "search": "1/3"}
    parts = by_shares({"one": {"data": "3/4", "web": "1/4"}, "two": two})
    assert landed(found, "one", KEY, parts) == {"web": Fraction(3, 4), "search": Fraction(1, 4)}
    ways = resolve(found, "one", KEY, parts)
    assert [(hop.through, hop.share) for hop in ways] == [
        (("data", "search"), Fraction(1, 4)),
        (("data", "web"), Fraction(1, 2)),
        (("web",), Fraction(1, 4)),
    ]


def test_a_chain_whose_second_part_keeps_ends_there() -> None:
    found = graph(
        one={"take": "platform", "targets": ["data"]}, two={"take": "data", "targets": ["web"]}
    )
    parts = by_shares({"one": {"data": "1"}, "two": {}})
    assert landed(found, "one", KEY, parts) == {"data": Fraction(1)}
    assert landed(found, "two", KEY, parts) == {}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, list[str]], dict[str, dict[str, Fraction]]]:
    """Splits that take v0, v1… and give to later values only: no cycle; some keep their cost."""
    count = draw(st.integers(1, 6))
    values = [f"v{i}" for i in range(count)] + ["x", "y", "z"]
    targets, shares = {}, {}
    names = draw(st.permutations([f"s{i}" for i in range(count)]))
    for i, name in enumerate(names):
        chosen = draw(st.lists(st.sampled_from(values[i + 1 :]), min_size=1, unique=True))
        found = [draw(st.integers(0, 9)) for _ in chosen]
        targets[name] = chosen
        whole = sum(found)
        shares[name] = (
            {target: Fraction(weight, whole) for target, weight in zip(chosen, found, strict=True)}
            if whole
            else {}
        )
    return targets, shares


@given(graphs(), st.randoms())
def test_a_graph_in_any_order_gives_one_answer(
    found: tuple[dict[str, list[str]], dict[str, dict[str, Fraction]]], random: Any
) -> None:
    targets, shares = found
    specs = {name: {"take": f"v{i}", "targets": targets[name]} for i, name in enumerate(targets)}
    parts = by_shares({n: {t: str(s) for t, s in given_.items()} for n, given_ in shares.items()})
    order = list(specs)
    random.shuffle(order)
    one, other = graph(**specs), graph(**{name: specs[name] for name in order})
    for pool in specs:
        answer = landed(one, pool, KEY, parts)
        assert answer == landed(other, pool, KEY, parts)
        ways = resolve(one, pool, KEY, parts)
        assert sum((hop.share for hop in ways), Fraction(0)) == (1 if shares[pool] else 0)
        by_target: dict[str, Fraction] = {}
        for hop in ways:
            last = hop.through[-1]
            by_target[last] = by_target.get(last, Fraction(0)) + hop.share
        assert by_target == {target: share for target, share in answer.items() if share}
        if answer:
            assert sum(quantised(answer).values()) == ONE
