"""Virtual tags, operator by operator and transform by transform, with exact expectations."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from outlay.allocation.model import DictionarySpec, VirtualTagSpec
from outlay.expression.errors import QueryError
from outlay.query import CostQuery, run
from tests.allocation.labelling import charges, labels, ruleset, tagged, taken
from tests.query.fixtures import SmallLake

VALUES = ("prod", "Prod", "production", "test", "", "10", "9", None)


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


# A condition on tags.t, and for which of VALUES it holds.
OPERATORS = [
    ("tags.t = 'prod'", {"prod"}),
    ("tags.t <> 'prod'", {"Prod", "production", "test", "", "10", "9"}),
    ("tags.t != 'prod' OR tags.t IS NULL", {"Prod", "production", "test", "", "10", "9", None}),
    ("tags.t IN ('prod', 'test')", {"prod", "test"}),
    ("tags.t NOT IN ('prod', 'test')", {"Prod", "production", "", "10", "9"}),
    ("contains(tags.t, 'rod')", {"prod", "Prod", "production"}),
    ("NOT contains(tags.t, 'rod')", {"test", "", "10", "9"}),
    ("starts_with(tags.t, 'prod')", {"prod", "production"}),
    ("ends_with(tags.t, 'od')", {"prod", "Prod"}),
    ("tags.t LIKE 'prod%'", {"prod", "production"}),
    ("tags.t LIKE '_rod'", {"prod", "Prod"}),
    ("tags.t NOT LIKE 'p%'", {"Prod", "test", "", "10", "9"}),
    ("tags.t ILIKE 'prod%'", {"prod", "Prod", "production"}),
    ("matches(tags.t, '^[Pp]rod$')", {"prod", "Prod"}),
    ("matches(tags.t, 'd|e')", {"prod", "Prod", "production", "test"}),
    ("tags.t IS NULL", {None}),
    ("tags.t IS NOT NULL", {"prod", "Prod", "production", "test", "", "10", "9"}),
    ("tags.t > 'prod'", {"production", "test"}),
    ("tags.t BETWEEN 'a' AND 'prod'", {"prod"}),
    ("tags.t NOT BETWEEN 'a' AND 'q'", {"Prod", "test", "", "10", "9"}),
    ("number(tags.t) > 9", {"10"}),
    ("number(tags.t) BETWEEN 9 AND 9.5", {"9"}),
    ("number(tags.t) IN (10, 11)", {"10"}),
    ("number(tags.t) IS NULL", {"prod", "Prod", "production", "test", "", None}),
    ("lower(tags.t) = 'prod'", {"prod", "Prod"}),
    ("upper(trim(tags.t)) = 'TEST'", {"test"}),
    ("NOT (tags.t = 'prod' OR tags.t = 'test')", {"Prod", "production", "", "10", "9"}),
    ("(tags.t = 'prod' OR tags.t = 'test') AND NOT tags.t = 'test'", {"prod"}),
    ("tags.missing IS NULL", set(VALUES)),
    ("labels.app = 'x'", set()),
]


@pytest.mark.parametrize(("when", "holds"), OPERATORS)
def test_operators(lake: SmallLake, when: str, holds: set[str | None]) -> None:
    lake.add("2026-01", tagged(*VALUES))
    found = labels(lake, ruleset({"v": [{"when": when, "value": "yes"}]}), "v")
    expected = ["yes" if value in holds else "Unallocated" for value in VALUES]
    assert found == expected


CASELESS = [
    ("tags.t = 'PROD'", {"prod", "Prod"}),
    ("tags.t <> 'PROD'", {"production", "test", "", "10", "9"}),
    ("tags.t IN ('TEST', 'pROD')", {"prod", "Prod", "test"}),
    ("contains(tags.t, 'ROD')", {"prod", "Prod", "production"}),
    ("starts_with(tags.t, 'PR')", {"prod", "Prod", "production"}),
    ("ends_with(tags.t, 'OD')", {"prod", "Prod"}),
    ("tags.t LIKE 'PROD_%'", {"production"}),
    ("matches(tags.t, '^PROD$|TEST')", {"prod", "Prod", "test"}),
    ("NOT tags.t = 'PROD' AND tags.t IS NOT NULL", {"production", "test", "", "10", "9"}),
    ("tags.t BETWEEN 'PROD' AND 'PRODUCTION'", {"prod", "Prod", "production"}),
    ("number(tags.t) = 10 OR tags.t = 'Test'", {"10", "test"}),
]


@pytest.mark.parametrize(("when", "holds"), CASELESS)
def test_a_rule_can_ignore_case(lake: SmallLake, when: str, holds: set[str | None]) -> None:
    lake.add("2026-01", tagged(*VALUES))
    rules = ruleset({"v": [{"when": when, "value": "yes", "ignore_case": True}]})
    expected = ["yes" if value in holds else "Unallocated" for value in VALUES]
    assert labels(lake, rules, "v") == expected


def test_case_is_folded_as_the_engine_folds_it(lake: SmallLake) -> None:
    """A constant and a column are brought to lower case by the same rule: a final sigma and the
    Turkish İ are where two rules would differ."""
    lake.add("2026-01", tagged("ΟΔΟΣ", "οδοσ", "οδος", "İzmir", "izmir", "STRASSE", "straße"))

    def caught(text: str) -> list[str]:
        rule = {"when": f"tags.t = '{text}'", "value": "yes", "ignore_case": True}
        return [str(v == "yes") for v in labels(lake, ruleset({"v": [rule]}), "v")]

    assert caught("ΟΔΟΣ") == ["True", "True", "False", "False", "False", "False", "False"]
    assert caught("İZMIR")[3:5] == ["True", "True"]
    assert caught("Straße")[5:] == ["False", "True"]


# Steps, and what VALUES become (None: nothing is taken, the charge is unallocated).
TRANSFORMS = [
    ([], [" Web-Shop:eu ", "web", "WEB", "", "a--b", None]),
    (["trim"], ["Web-Shop:eu", "web", "WEB", None, "a--b", None]),
    (["lower"], [" web-shop:eu ", "web", "web", None, "a--b", None]),
    (["upper"], [" WEB-SHOP:EU ", "WEB", "WEB", None, "A--B", None]),
    (["trim", "lower"], ["web-shop:eu", "web", "web", None, "a--b", None]),
    ([{"split": "-"}], [" Web", "web", "WEB", None, "a", None]),
    ([{"split": "-", "at": 2}], ["Shop:eu ", None, None, None, None, None]),
    ([{"split": "-", "at": 3}], [None, None, None, None, "b", None]),
    ([{"split": "-", "at": -1}], ["Shop:eu ", "web", "WEB", None, "b", None]),
    ([{"split": "--", "at": 2}], [None, None, None, None, "b", None]),
    ([{"capture": "([A-Z]+)"}], ["W", None, "WEB", None, None, None]),
    ([{"capture": "[a-z]+", "group": 0}], ["eb", "web", None, None, "a", None]),
    ([{"capture": "(.)-(.)", "group": 2}], ["S", None, None, None, "-", None]),
    ([{"capture": "(?i)^ *(WEB)"}], ["Web", "web", "WEB", None, None, None]),
    ([{"lookup": "names"}], [None, "storefront", None, None, None, None]),
    (["lower", {"lookup": "names"}], [None, "storefront", "storefront", None, None, None]),
    ([{"lookup": "any-case"}], [None, "storefront", "storefront", None, None, None]),
    (
        ["lower", {"lookup": "names"}, "upper", {"lookup": "owners"}, {"split": "@"}],
        [None, "ana", "ana", None, None, None],
    ),
]
TAKEN_FROM = (" Web-Shop:eu ", "web", "WEB", "", "a--b", None)
DICTIONARIES = {
    "names": {"entries": {"web": "storefront"}},
    "any-case": {"entries": {"Web": "storefront"}, "ignore_case": True},
    "owners": {"entries": {"STOREFRONT": "ana@example.com"}},
}


@pytest.mark.parametrize(("steps", "expected"), TRANSFORMS)
def test_transforms(lake: SmallLake, steps: list[Any], expected: list[str | None]) -> None:
    lake.add("2026-01", tagged(*TAKEN_FROM))
    rules = ruleset({"v": taken(*steps)}, DICTIONARIES)
    want = ["Unallocated" if value in (None, "") else value for value in expected]
    assert labels(lake, rules, "v") == want


def test_nothing_to_take_is_no_match(lake: SmallLake) -> None:
    """The next rule is tried, and where it takes nothing either, the default stands."""
    lake.add(
        "2026-01",
        charges(
            [
                {"Tags": {"team": "web", "owner": "ana"}},
                {"Tags": {"team": "", "owner": "ana"}},
                {"Tags": {"owner": "bo"}},
                {"Tags": {}},
            ]
        ),
    )
    tag = {
        "default": "nobody",
        "rules": [{"value": {"from": "tags.team"}}, {"value": {"from": "tags.owner"}}],
    }
    assert labels(lake, ruleset({"v": tag}), "v") == ["web", "ana", "bo", "nobody"]


def test_the_first_rule_that_matches_wins(lake: SmallLake) -> None:
    lake.add("2026-01", tagged("a", "b", "c"))
    rules = [
        {"when": "tags.t = 'a'", "value": "first"},
        {"when": "tags.t IN ('a', 'b')", "value": "second"},
        {"value": "last"},
    ]
    assert labels(lake, ruleset({"v": rules}), "v") == ["first", "second", "last"]


def test_values_from_columns_of_every_kind(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        charges([{"RegionId": "eu-1", "SubAccountId": "42", "x_Own": "mine", "Tags": {}}]),
        source="aws",
        columns=("x_Own",),
    )
    for column, expected in {
        "RegionId": "eu-1",
        "SubAccountId": "42",
        "x_Own": "mine",
        "x_SourceName": "aws",
        "x_BillingPeriod": "2026-01-01",
        "ResourceName": "Unallocated",
        "x_NotThere": "Unallocated",
    }.items():
        rules = ruleset({"v": [{"value": {"from": column}}]})
        assert labels(lake, rules, "v") == [expected], column


# --- dates ----------------------------------------------------------------------------------


def test_rules_hold_from_a_day_until_another(lake: SmallLake) -> None:
    """`from` is within, `until` is not; the same context has several values in one month."""
    days = ["2026-01-01", "2026-01-14", "2026-01-15", "2026-01-19", "2026-01-20", "2026-01-31"]
    lake.add(
        "2026-01", [{"EffectiveCost": "1", "ChargePeriodStart": f"{d}T23:00:00"} for d in days]
    )
    rules = ruleset(
        {
            "v": [
                {"value": "old", "until": "2026-01-15"},
                {"value": "mid", "from": "2026-01-15", "until": "2026-01-20"},
                {"value": "new", "from": "2026-01-20"},
            ]
        }
    )
    query = CostQuery(by=("v", "ChargeDay"), measures=("LineCount",))
    rows = run(lake, query, rules=rules).complete().rows()
    assert {str(row["ChargeDay"]): row["v"] for row in rows} == dict(
        zip(days, ["old", "old", "mid", "mid", "new", "new"], strict=True)
    )


def test_conditions_on_the_charge_day(lake: SmallLake) -> None:
    days = ["2026-01-09", "2026-01-10", "2026-01-11", "2026-01-12"]
    lake.add("2026-01", [{"EffectiveCost": "1", "ChargePeriodStart": d} for d in days])

    def on(when: str) -> list[str]:
        rules = ruleset({"v": [{"when": when, "value": "yes"}]})
        query = CostQuery(by=("v", "ChargeDay"), measures=("LineCount",))
        rows = run(lake, query, rules=rules).complete().rows()
        return sorted(str(row["ChargeDay"])[8:] for row in rows if row["v"] == "yes")

    assert on("ChargeDay = '2026-01-10'") == ["10"]
    assert on("ChargeDay > '2026-01-10'") == ["11", "12"]
    assert on("ChargeDay >= '2026-01-10'") == ["10", "11", "12"]
    assert on("ChargeDay < '2026-01-10'") == ["09"]
    assert on("ChargeDay <= '2026-01-10'") == ["09", "10"]
    assert on("ChargeDay <> '2026-01-10'") == ["09", "11", "12"]
    assert on("'2026-01-10' < ChargeDay") == ["11", "12"]
    assert on("ChargeDay BETWEEN '2026-01-10' AND '2026-01-11'") == ["10", "11"]
    assert on("ChargeDay NOT BETWEEN '2026-01-10' AND '2026-01-11'") == ["09", "12"]
    assert on("ChargeDay IN ('2026-01-09', '2026-01-12')") == ["09", "12"]
    assert on("NOT ChargeDay = '2026-01-10' AND NOT ChargeDay > '2026-01-11'") == ["09", "11"]


def test_dictionary_entries_hold_for_a_time(lake: SmallLake) -> None:
    days = ["2026-01-10", "2026-01-20"]
    lake.add(
        "2026-01",
        [{"EffectiveCost": "1", "ChargePeriodStart": d, "Tags": {"t": "42"}} for d in days],
    )
    owners = {
        "entries": [
            {"key": "42", "value": "ana", "until": "2026-01-15"},
            {"key": "42", "value": "bo", "from": "2026-01-15"},
        ]
    }
    rules = ruleset({"v": taken({"lookup": "owners"})}, {"owners": owners})
    query = CostQuery(by=("v", "ChargeDay"), measures=("LineCount",))
    rows = run(lake, query, rules=rules).complete().rows()
    assert [(str(r["ChargeDay"]), r["v"]) for r in sorted(rows, key=str)] == [
        ("2026-01-10", "ana"),
        ("2026-01-20", "bo"),
    ]


# --- tags on tags, hierarchies --------------------------------------------------------------

HIERARCHY = {
    "team": {
        "rules": [{"value": {"from": "tags.t"}}],
        "values": {
            "web": {"parent": "shop"},
            "app": {"parent": "shop", "until": "2026-01-15"},
            "ml": {"parent": "data"},
            "lone": {"owner": "ana"},
        },
    },
    "department": {
        "rules": [{"value": {"from": "team", "transform": ["parent"]}}],
        "values": {"shop": {"parent": "commerce"}, "data": {"parent": "platform"}},
    },
    "business-unit": {
        "default": "none",
        "rules": [
            {"value": {"from": "department", "transform": ["parent"]}},
            {"when": "team = 'lone'", "value": "holding"},
        ],
    },
}


def test_hierarchies(lake: SmallLake) -> None:
    lake.add("2026-01", tagged("web", "app", "ml", "lone", None))
    lake.add("2026-02", tagged("web", "app", day="2026-02-03"))
    rules = ruleset(HIERARCHY)
    assert rules.order == ("team", "department", "business-unit")
    january = {"range": "2026-01-01..2026-02-01"}
    assert labels(lake, rules, "department", **january) == [
        "shop", "shop", "data", "Unallocated", "Unallocated",
    ]  # fmt: skip
    assert labels(lake, rules, "business-unit", **january) == [
        "commerce", "commerce", "platform", "holding", "none",
    ]  # fmt: skip
    assert labels(lake, rules, "department", range="2026-02-01..2026-03-01") == [
        "shop", "Unallocated",
    ]  # fmt: skip
    assert date(2026, 1, 15) in rules.boundaries("business-unit")


def test_parent_is_a_first_step_behind_a_virtual_tag() -> None:
    for value in (
        {"from": "tags.t", "transform": ["parent"]},
        {"from": "team", "transform": ["lower", "parent"]},
    ):
        with pytest.raises(ValidationError, match="parent is the first step"):
            VirtualTagSpec.model_validate({"rules": [{"value": value}]})


# --- what is refused ------------------------------------------------------------------------


def test_a_cycle_is_refused_with_its_path() -> None:
    with pytest.raises(QueryError, match="a → b → c → a"):
        ruleset(
            {
                "a": [{"when": "b = 'x'", "value": "1"}],
                "b": [{"value": {"from": "c"}}],
                "c": [{"when": "a IS NOT NULL", "value": "1"}],
            }
        )
    with pytest.raises(QueryError, match="a → a"):
        ruleset({"a": [{"value": {"from": "a", "transform": ["parent"]}}]})


@pytest.mark.parametrize(
    ("rule", "what", "allowed"),
    [
        ({"when": "ChargeDescription = 'x'", "value": "1"}, "ChargeDescription", "ServiceName"),
        ({"when": "SkuPriceId IS NULL", "value": "1"}, "SkuPriceId", "SkuId"),
        ({"when": "ChargePeriodStart < '2026-01-01'", "value": "1"}, "ChargePeriodStart", "x_…"),
        ({"value": {"from": "InvoiceDetailId"}}, "InvoiceDetailId", "InvoiceId"),
    ],
)
def test_another_column_is_refused_with_the_list(
    rule: dict[str, Any], what: str, allowed: str
) -> None:
    with pytest.raises(QueryError, match=f"cannot look at {what}") as raised:
        ruleset({"v": [rule]})
    assert {allowed, "ChargeDay", "tags.KEY", "labels.KEY"} <= set(raised.value.allowed)
    assert raised.value.field == "v.rules.1"


@pytest.mark.parametrize("amount", ["EffectiveCost", "ConsumedQuantity", "ListUnitPrice"])
def test_a_rule_never_looks_at_an_amount(amount: str) -> None:
    with pytest.raises(ValidationError, match=r"is an amount|is not a dimension|no column"):
        VirtualTagSpec.model_validate({"rules": [{"when": f"{amount} > '1'", "value": "x"}]})
    with pytest.raises(ValidationError, match="is not a dimension"):
        VirtualTagSpec.model_validate({"rules": [{"value": {"from": amount}}]})


def test_the_charge_day_is_compared_with_constants_alone() -> None:
    for when in (
        "ChargeDay = x_BillingPeriod",
        "x_BillingPeriod < ChargeDay",
        "ChargeDay BETWEEN x_BillingPeriod AND '2026-02-01'",
        "NOT (ServiceName = 'a' OR ChargeDay >= x_BillingPeriod)",
    ):
        with pytest.raises(QueryError, match="compared with constant days only") as raised:
            ruleset({"v": [{"when": when, "value": "x"}]})
        assert raised.value.text[raised.value.position :].startswith("ChargeDay")  # type: ignore[misc]
    with pytest.raises(ValidationError, match="cannot be taken from ChargeDay"):
        VirtualTagSpec.model_validate({"rules": [{"value": {"from": "ChargeDay"}}]})


def test_names_that_are_not_there_are_refused() -> None:
    with pytest.raises(QueryError, match="no virtual tag 'taem'") as raised:
        ruleset({"team": [{"value": "x"}], "v": [{"when": "taem = 'x'", "value": "1"}]})
    assert raised.value.near == ("team",)
    with pytest.raises(QueryError, match="no dictionary 'ownres'") as raised:
        ruleset({"v": taken({"lookup": "ownres"})}, {"owners": {"entries": {"a": "b"}}})
    assert raised.value.near == ("owners",)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"rules": [{"when": "matches(tags.t, '(')", "value": "x"}]}, "missing \\)"),
        ({"rules": [{"value": {"from": "tags.t", "transform": [{"capture": "("}]}}]}, "not valid"),
        (
            {"rules": [{"value": {"from": "tags.t", "transform": [{"capture": "a"}]}}]},
            "has 0 groups, no group 1",
        ),
        (
            {"rules": [{"value": {"from": "tags.t", "transform": [{"split": "-", "at": 0}]}}]},
            "there is no 0",
        ),
        ({"rules": [{"value": "x", "from": "2026-02-01", "until": "2026-02-01"}]}, "not before"),
        ({"rules": [{"value": ""}]}, "at least 1 character"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(spec: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        VirtualTagSpec.model_validate(spec)


def test_a_key_has_one_value_a_day() -> None:
    def entries(*dates: tuple[str | None, str | None], ignore_case: bool = False) -> None:
        keys = ["Key", "key"] if ignore_case else ["key", "key"]
        DictionarySpec.model_validate(
            {
                "ignore_case": ignore_case,
                "entries": [
                    {"key": key, "value": key, "from": start, "until": end}
                    for key, (start, end) in zip(keys, dates, strict=True)
                ],
            }
        )

    entries((None, "2026-01-15"), ("2026-01-15", None))
    for dates in (
        ((None, None), ("2026-01-15", None)),
        ((None, "2026-01-16"), ("2026-01-15", None)),
        (("2026-01-01", "2026-03-01"), ("2026-02-01", "2026-02-02")),
    ):
        with pytest.raises(ValidationError, match="two values at once"):
            entries(*dates)
    with pytest.raises(ValidationError, match="two values at once"):
        entries((None, None), (None, None), ignore_case=True)
