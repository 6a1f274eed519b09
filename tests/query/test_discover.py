"""Pickers: which dimensions there are, how far they cover, and their values with money."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from outlay.money import total
from outlay.query import CostQuery, QueryError, dimensions, values
from tests.query.fixtures import SmallLake

NOW = datetime(2026, 3, 10)


@pytest.fixture
def shop(lake: SmallLake) -> SmallLake:
    lake.add(
        "2026-01",
        [
            {
                "EffectiveCost": "5",
                "ServiceName": "Compute",
                "Tags": {"team": "Red", "Cost Center": "1"},
                "x_Kind": "fee",
            },
            {"EffectiveCost": "3", "ServiceName": "Storage", "Tags": {"team": "infrared"}},
            {"EffectiveCost": "2", "ServiceName": None, "BillingCurrency": "EUR"},
            {
                "EffectiveCost": "-1",
                "ServiceName": "Compute",
                "ChargePeriodStart": "2026-01-20",
                "ChargeDescription": "a credit",
            },
        ],
        columns=("x_Kind",),
    )
    return lake


def listed(found: Any) -> list[tuple[Any, dict[str, Decimal], int]]:
    return [(value.value, dict(value.amounts), value.lines) for value in found]


def test_values_come_with_their_money_largest_first(shop: SmallLake) -> None:
    assert listed(values(shop, "tags.team", now=NOW)) == [
        (None, {"EUR": Decimal(2), "USD": Decimal(-1)}, 2),
        ("Red", {"USD": Decimal(5)}, 1),
        ("infrared", {"USD": Decimal(3)}, 1),
    ]


def test_values_are_searched_whatever_their_case(shop: SmallLake) -> None:
    assert [v.value for v in values(shop, "tags.team", search="RED", now=NOW)] == [
        "Red",
        "infrared",
    ]
    assert values(shop, "tags.team", search="x' OR '1'='1", now=NOW) == ()


def test_values_keep_to_the_question_they_are_picked_for(shop: SmallLake) -> None:
    within = CostQuery(where="tags.team IS NOT NULL", measures=("BilledCost",))
    found = values(shop, "ServiceName", within=within, limit=1, now=NOW)
    assert listed(found) == [("Compute", {"USD": Decimal(0)}, 1)]
    later = CostQuery(range="2026-01-15..2026-02-01")
    assert listed(values(shop, "ServiceName", within=later, now=NOW)) == [
        ("Compute", {"USD": Decimal(-1)}, 1)
    ]
    lines = CostQuery(measures=("LineCount",))
    assert [v.lines for v in values(shop, "ServiceName", within=lines, now=NOW)] == [2, 1, 1]


def test_days_are_values_too(shop: SmallLake) -> None:
    found = values(shop, "ChargeDay", search="01-2", now=NOW)
    assert [(str(v.value), v.lines) for v in found] == [("2026-01-20", 1)]


def test_values_of_nothing(shop: SmallLake) -> None:
    with pytest.raises(QueryError, match="Did you mean tags.team"):
        values(shop, "tags.teams", now=NOW)


def test_dimensions_state_the_money_they_cover(shop: SmallLake) -> None:
    found = {info.name: info for info in dimensions(shop, now=NOW)}
    everything = {"USD": Decimal(7), "EUR": Decimal(2)}
    assert found["tags.team"].kind == "tag"
    assert dict(found["tags.team"].covered) == {"USD": Decimal(8)}
    assert dict(found["tags.team"].total) == everything
    assert dict(found['tags."Cost Center"'].covered) == {"USD": Decimal(5)}
    assert dict(found["ServiceName"].covered) == {"USD": Decimal(7)}
    assert dict(found["x_Kind"].covered) == {"USD": Decimal(5)}
    assert found["x_Kind"].kind == "source"
    assert dict(found["x_SourceName"].covered) == everything
    # Never filled: not offered. Filled line by line: offered without coverage.
    assert "ResourceId" not in found
    assert found["ChargeDescription"].level == "line"
    assert "SkuPriceId" not in found
    assert "x_ContextKey" not in found


def test_dimensions_within_a_range(shop: SmallLake) -> None:
    found = {
        info.name: info
        for info in dimensions(shop, within=CostQuery(range="2026-01-15..2026-02-01"), now=NOW)
    }
    assert dict(found["ServiceName"].covered) == {"USD": Decimal(-1)}
    assert "tags.team" not in found
    assert dimensions(shop, within=CostQuery(range="2020-01-01..2020-02-01"), now=NOW) == ()


def test_every_listed_dimension_can_be_asked(rich_lake: SmallLake) -> None:
    from outlay.query import run

    infos = dimensions(rich_lake, now=NOW)
    assert len(infos) > 10
    for info in infos:
        result = run(rich_lake, CostQuery(by=(info.name,)), now=NOW)
        named = {
            currency: total(
                row["EffectiveCost"]  # type: ignore[misc]
                for row in result.rows()
                if row[info.name] is not None and row["BillingCurrency"] == currency
            )
            for currency in info.total
        }
        if info.level == "context":
            assert named == {c: info.covered.get(c, Decimal(0)) for c in info.total}, info.name
