"""Coverage and suggestions: by hand, and against a plain evaluation."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from outlay.allocation.model import TagRule, VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.expression.errors import QueryError
from outlay.query import CostQuery, run
from outlay.query.allocating import (
    Asking,
    Coverage,
    Suggestion,
    tag_coverage,
    tag_preview,
    tag_suggestions,
)
from tests.allocation import plain
from tests.allocation.labelling import ruleset
from tests.allocation.random_rules import bills, rulesets
from tests.allocation.test_labels import Bill, every_charge, lake_of
from tests.query.allocating.test_preview import caught
from tests.query.fixtures import SmallLake

D = Decimal


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


def coverage(lake: SmallLake, rules: Ruleset, tag: str = "team", **query: Any) -> Coverage:
    return tag_coverage(lake, rules, tag, Asking(CostQuery(**query)))


def suggestions(
    lake: SmallLake, rules: Ruleset, tag: str = "team", **query: Any
) -> dict[str, list[Suggestion]]:
    found: dict[str, list[Suggestion]] = {}
    for one in tag_suggestions(lake, rules, tag, Asking(CostQuery(**query))):
        found.setdefault(one.kind, []).append(one)
    return found


@pytest.mark.slow
@settings(max_examples=12)
@given(bills(), rulesets())
def test_coverage_is_what_a_plain_evaluation_says(bill: Bill, rules: Ruleset) -> None:
    rows = every_charge(bill)
    labels = [plain.values_of(rules, row)["alpha"] for row in rows]
    default = rules.tags["alpha"].default
    with lake_of(bill) as lake:
        found = coverage(lake, rules, "alpha")
    whole = caught(rows).money
    given_ = caught(r for r, v in zip(rows, labels, strict=True) if v != default).money
    assert found.covered.total == whole
    assert found.covered.allocated == {c: given_.get(c, D(0)) for c in whole}
    assert dict(found.values) == {
        value: caught(r for r, v in zip(rows, labels, strict=True) if v == value)
        for value in set(labels)
    }
    months = {row["ChargePeriodStart"].date().replace(day=1) for row in rows}
    assert [month for month, _ in found.months] == sorted(months)
    for month, covered in found.months:
        inside = [r["ChargePeriodStart"].date().replace(day=1) == month for r in rows]
        of_month = [(r, v) for r, v, i in zip(rows, labels, inside, strict=True) if i]
        assert covered.total == caught(r for r, _ in of_month).money
    for gap in found.gaps:
        with lake_of(bill) as lake:
            where = f"alpha = '{default}' AND ({gap.condition})"
            asked = run(lake, CostQuery(where=where), rules=rules)
            sums = {
                row.get("BillingCurrency") or asked.currency: row["EffectiveCost"]
                for row in asked.totals
            }
            assert sums == gap.caught.money
        break


def test_gaps_by_what_would_catch_them(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            {"EffectiveCost": "100", "Tags": {"team": "web"}},
            {"EffectiveCost": "50", "SubAccountId": "9", "SubAccountName": "Labs",
             "ServiceName": "Search", "ResourceName": "lab-1", "ResourceId": "r1",
             "Tags": {"Cost Center": "77"}},
            {"EffectiveCost": "30", "SubAccountId": "9", "SubAccountName": "Labs",
             "ServiceName": "Search", "ResourceName": "lab-2", "ResourceId": "r2"},
            {"EffectiveCost": "-20", "ChargeCategory": "Credit", "SubAccountId": None},
            {"EffectiveCost": "7", "ChargeCategory": "Tax", "SubAccountId": "9",
             "ResourceName": "o'neil:x"},
        ],
    )  # fmt: skip
    found = coverage(lake, ruleset({"team": [{"value": {"from": "tags.team"}}]}))
    assert found.covered.allocated == {"USD": D(100)}
    assert found.covered.total == {"USD": D(167)}
    assert found.covered.share == {"USD": D("0.598802")}
    assert found.months == ((date(2026, 1, 1), found.covered),)
    gaps = {(gap.kind, gap.value): gap for gap in found.gaps}
    account = gaps["account", "9"]
    assert account.condition == "SubAccountId = '9'"
    assert account.title == "Labs"
    assert (account.caught.money, account.caught.resources) == ({"USD": D(87)}, 2)
    assert gaps["service", "Search"].caught.money == {"USD": D(80)}
    assert gaps["tag", "Cost Center"].condition == 'tags."Cost Center" IS NOT NULL'
    assert gaps["tag", "Cost Center"].caught.money == {"USD": D(50)}
    name = gaps["resource-name", "lab-"]
    assert name.condition == "starts_with(ResourceName, 'lab-')"
    assert name.caught.money == {"USD": D(80)}
    assert gaps["charge-category", "Credit"].caught.money == {"USD": D(-20)}
    assert ("charge-category", "Usage") not in gaps
    # The largest first, whatever their sign.
    sizes = [abs(gap.caught.money["USD"]) for gap in found.gaps]
    assert sizes == sorted(sizes, reverse=True)
    one_each = tag_coverage(lake, ruleset({"team": []}), "team", Asking(CostQuery()), gaps=1).gaps
    kinds = ["account", "charge-category", "resource-name", "service", "tag"]
    assert sorted(gap.kind for gap in one_each) == kinds


def test_coverage_of_nothing(lake: SmallLake) -> None:
    lake.add("2026-01", [{"EffectiveCost": "1"}])
    found = coverage(lake, ruleset({"team": []}), range="2020-01-01..2020-02-01")
    assert found.covered.total == {}
    assert found.months == found.gaps == found.values == ()
    with pytest.raises(QueryError, match="no virtual tag 'taem'"):
        coverage(lake, ruleset({"team": []}), "taem")


# --- suggestions ----------------------------------------------------------------------------


def many(count: int, **charge: Any) -> list[dict[str, Any]]:
    return [{"EffectiveCost": "1", "ResourceId": f"{charge}-{n}", **charge} for n in range(count)]


TEAM = ruleset({"team": [{"value": {"from": "tags.team"}}]})


def test_co_occurring_tags(lake: SmallLake) -> None:
    """20 charges of app cart have a team, 19 of them web; 5 have none: 95 % speak for web. Of
    app api, 8 of 10 have one team: that is no almost-all."""
    lake.add(
        "2026-01",
        many(19, Tags={"team": "web", "app": "cart"})
        + many(1, Tags={"team": "ml", "app": "cart"})
        + many(5, Tags={"app": "cart"})
        + many(8, Tags={"team": "ml", "app": "api"})
        + many(2, Tags={"team": "web", "app": "api"})
        + many(3, Tags={"app": "api"})
        + many(9, Tags={"team": "rare", "app": "rare"})
        + many(1, Tags={"app": "rare"}),
    )
    (found,) = suggestions(lake, TEAM)["co-occurring"]
    assert found.rule == {"when": "tags.app = 'cart'", "value": "web"}
    assert found.place == 2
    assert found.replaces is None
    assert found.allocates.money == {"USD": D(5)}
    assert (found.support, found.confidence) == (20, D("0.95"))
    assert "19 (95.0 %) have 'web'" in found.reason


def test_several_values_of_a_key_are_one_rule(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            charge
            for app in ("cart", "o'neil")
            for charge in (
                *many(10, Tags={"team": "web", "app": app}),
                *many(2, Tags={"app": app}),
            )
        ],
    )
    (found,) = suggestions(lake, TEAM)["co-occurring"]
    assert found.rule == {"when": "tags.app IN ('cart', 'o''neil')", "value": "web"}
    assert found.allocates.money == {"USD": D(4)}


def test_keys_that_look_like_this_one(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        many(10, Tags={"team": "web"})
        + many(2, Tags={"Team": "Web "})
        + many(3, Tags={"k8s-label/team": "web"})
        + many(4, Tags={"owner": "nobody-we-know"}),
    )
    found = {str(one.rule["value"]["from"]): one for one in suggestions(lake, TEAM)["similar-key"]}
    assert set(found) == {"tags.Team", 'tags."k8s-label/team"'}
    assert found["tags.Team"].rule == {
        "value": {"from": "tags.Team", "transform": ["trim", "lower"]}
    }
    assert found["tags.Team"].allocates.money == {"USD": D(2)}
    assert found['tags."k8s-label/team"'].rule == {"value": {"from": 'tags."k8s-label/team"'}}
    # A tag without rules has no values yet that could speak against a key.
    new = suggestions(lake, ruleset({"team": []}))["similar-key"]
    assert {one.rule["value"]["from"] for one in new} == {
        "tags.team", "tags.Team", "tags.owner", 'tags."k8s-label/team"',
    }  # fmt: skip


def test_accounts_of_almost_one_value(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        many(95, SubAccountId="1", Tags={"team": "web"})
        + many(5, SubAccountId="1", Tags={"team": "ml"})
        + many(7, SubAccountId="1", SubAccountName="Shop")
        + many(50, SubAccountId="2", Tags={"team": "web"})
        + many(50, SubAccountId="2", Tags={"team": "ml"})
        + many(7, SubAccountId="2"),
    )
    (found,) = suggestions(lake, TEAM)["account"]
    assert found.rule == {"when": "SubAccountId = '1'", "value": "web"}
    assert found.allocates == caught(
        {"EffectiveCost": D(1), "BillingCurrency": "USD", "ResourceId": n} for n in range(7)
    )
    assert found.confidence == D("0.95")
    assert "95.0 % has 'web'" in found.reason


def test_naming_patterns(lake: SmallLake) -> None:
    named = [{"ResourceName": f"cart-{n}"} for n in range(12)]
    lake.add(
        "2026-01",
        [{"EffectiveCost": "1", "Tags": {"team": "web"}, **name} for name in named]
        + [{"EffectiveCost": "2", "ResourceName": "cart-x", "SubAccountId": "other"}],
    )
    (found,) = suggestions(lake, TEAM)["resource-name"]
    assert found.rule == {"when": "starts_with(ResourceName, 'cart-')", "value": "web"}
    assert found.allocates.money == {"USD": D(2)}


def test_values_that_differ_by_case(lake: SmallLake) -> None:
    """Spellings of a taken value are made one; a condition that misses by case ignores it."""
    lake.add(
        "2026-01",
        many(10, Tags={"team": "web"})
        + many(2, Tags={"team": "Web"})
        + many(1, Tags={"team": " web"})
        + many(4, Tags={"env": "PROD"})
        + many(1, Tags={"env": "prod"}),
    )
    rules = ruleset(
        {
            "team": [
                {"value": {"from": "tags.team"}},
                {"when": "tags.env = 'prod'", "value": "ops"},
            ]
        }
    )
    case = {one.replaces: one for one in suggestions(lake, rules)["case"]}
    assert case[1].rule == {"value": {"from": "tags.team", "transform": ["trim", "lower"]}}
    assert case[1].allocates.money == {"USD": D(3)}
    assert "'Web'" in case[1].reason
    assert case[2].rule == {"when": "tags.env = 'prod'", "value": "ops", "ignore_case": True}
    assert case[2].allocates.money == {"USD": D(4)}
    assert case[2].place == 2


def test_a_suggestion_allocates_what_it_says(lake: SmallLake) -> None:
    """Applied at its place, each gives just the money it names, and none was applied by itself."""
    lake.add(
        "2026-01",
        many(19, Tags={"team": "web", "app": "cart"}, SubAccountId="1", ResourceName="cart-1")
        + many(5, Tags={"app": "cart"}, SubAccountId="1", ResourceName="cart-2")
        + many(3, Tags={"Team": "web"}, SubAccountId="1")
        + many(2, SubAccountId="1"),
    )
    asking = Asking(CostQuery())
    found = tag_suggestions(lake, TEAM, "team", asking)
    assert {one.kind for one in found} >= {
        "co-occurring", "similar-key", "account", "resource-name",
    }  # fmt: skip
    sizes = [one.allocates.money["USD"] for one in found]
    assert sizes == sorted(sizes, reverse=True)
    for one in found:
        rules = list(TEAM.tags["team"].rules)
        rule = TagRule.model_validate(one.rule)
        if one.replaces:
            rules[one.replaces - 1] = rule
        else:
            rules.insert(one.place - 1, rule)
        after = Ruleset(tags={"team": VirtualTagSpec(rules=tuple(rules))})
        effect = tag_preview(lake, TEAM, after, "team", asking).effect
        assert effect.moved == one.allocates


def test_a_rule_that_always_holds_stays_last(lake: SmallLake) -> None:
    lake.add("2026-01", many(10, Tags={"team": "web", "app": "a"}) + many(1, Tags={"app": "a"}))
    rules = ruleset(
        {
            "team": [
                {"value": {"from": "tags.team"}},
                {"value": "Unallocated"},
            ]
        }
    )
    (found,) = suggestions(lake, rules)["co-occurring"]
    assert found.place == 2
