"""A tag of who a shared charge was given to comes before the tag of what is shared."""

from datetime import datetime
from decimal import Decimal

import pytest

from outlay.query import CostQuery, charges, dimensions, run
from tests.query.fixtures import SmallLake

NOW = datetime(2026, 3, 10)
CHARGES = [
    {
        "EffectiveCost": "4",
        "Tags": {"team": "platform", "env": "prod"},
        "AllocatedTags": {"team": "search"},
    },
    {"EffectiveCost": "3", "Tags": {"team": "platform"}, "AllocatedTags": None},
    {"EffectiveCost": "2", "Tags": None, "AllocatedTags": {"team": "search", "app": "rank"}},
    {"EffectiveCost": "1", "Tags": None, "AllocatedTags": None},
]
BY_TEAM = {"search": Decimal(6), "platform": Decimal(3), None: Decimal(1)}


@pytest.fixture
def divided(lake: SmallLake) -> SmallLake:
    lake.add("2026-01", CHARGES, columns=("x_Own",), context=("AllocatedTags",))
    return lake


def amounts(lake: SmallLake, query: CostQuery) -> dict[str | None, Decimal]:
    """EffectiveCost by the one dimension."""
    found: dict[str | None, Decimal] = {}
    for row in run(lake, query, now=NOW).rows():
        key = row[query.by[0]]
        found[key] = found.get(key, Decimal(0)) + row["EffectiveCost"]
    return found


@pytest.mark.parametrize(
    ("table", "asked"),
    [
        ("tag_cube", {}),
        ("months", {"grain": "month", "where": "ResourceId IS NULL"}),
        ("daily", {"grain": "day", "where": "ResourceId IS NULL"}),
        ("charges", {"where": "x_Own IS NULL"}),
    ],
)
def test_every_table_gives_the_consumers_tag(
    divided: SmallLake, table: str, asked: dict[str, str]
) -> None:
    query = CostQuery(by=("tags.team",), **asked)
    assert set(run(divided, query, now=NOW).tables) == {table}
    assert amounts(divided, query) == BY_TEAM


def test_a_tag_that_one_of_the_maps_has_is_found(divided: SmallLake) -> None:
    assert amounts(divided, CostQuery(by=("tags.env",))) == {"prod": 4, None: 6}
    assert amounts(divided, CostQuery(by=("tags.app",))) == {"rank": 2, None: 8}
    names = {found.name for found in dimensions(divided, now=NOW)}
    assert {"tags.team", "tags.env", "tags.app"} <= names
    assert "AllocatedTags" not in names


def test_conditions_and_lines_use_it_too(divided: SmallLake) -> None:
    where = CostQuery(where="tags.team = 'search'")
    assert run(divided, where, now=NOW).total == {"EffectiveCost": Decimal(6)}
    page = charges(divided, where, now=NOW)
    assert [line.values["EffectiveCost"] for line in page.charges] == [4, 2]
    assert page.charges[0].values["Tags"] == {"team": "platform", "env": "prod"}
    rare = CostQuery(where="tags.team = 'search' and x_Own IS NULL")
    assert charges(divided, rare, now=NOW).lines == 2


def test_slices_with_and_without_such_tags_are_asked_together(divided: SmallLake) -> None:
    plain = {
        "EffectiveCost": "5",
        "Tags": {"team": "search"},
        "ChargePeriodStart": "2026-02-01",
    }
    divided.add("2026-02", [plain])
    expected = BY_TEAM | {"search": Decimal(11)}
    for grain in ("none", "day"):
        assert amounts(divided, CostQuery(by=("tags.team",), grain=grain)) == expected


def test_labels_are_the_consumers_own_and_listed_with_their_money(divided: SmallLake) -> None:
    assert amounts(divided, CostQuery(by=("labels.team",))) == {
        "search": Decimal(6),
        None: Decimal(4),
    }
    listed = {d.name: d for d in dimensions(divided, now=NOW) if d.kind == "label"}
    assert {name: d.covered for name, d in listed.items()} == {
        "labels.team": {"USD": Decimal(6)},
        "labels.app": {"USD": Decimal(2)},
    }
