"""Tags are one map with the user's own keys, from every spelling that AWS has."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outlay.sources.aws_cur import AwsCur, AwsCurOptions
from outlay.sources.aws_cur.tags import tag_key
from tests.sources.aws_cur.bills import lift_lines, line
from tests.sources.harness import Lifted, lift

Tags = dict[str, str | None]


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("user:team", "team"),
        ("user_team", "team"),
        ("resourceTags/user:Cost Center", "Cost Center"),
        ("aws:createdBy", "aws:createdBy"),
        ("aws_created_by", "aws:createdBy"),
        ("aws_eks_cluster_name", "aws:eks:cluster-name"),
        ("aws_something_new", "aws_something_new"),
        ("accountTag/team", "accountTag/team"),
        ("user:", "user:"),
    ],
)
def test_keys(written: str, key: str) -> None:
    assert tag_key(written) == key


def test_columns_of_their_own(tmp_path: Path) -> None:
    """Empty values are no tags, and keys that differ by case stay two."""
    lines = [
        line(**{"resourceTags/user:team": "a", "resourceTags/user:TEAM": "b"}),
        line(**{"resourceTags/aws:createdBy": "Root", "resourceTags/user:team": ""}),
        line(),
    ]
    assert lift_lines(tmp_path, *lines).rows("Tags") == [
        ({"team": "a", "TEAM": "b"},),
        ({"aws:createdBy": "Root"},),
        ({},),
    ]


def test_athena_columns(tmp_path: Path) -> None:
    one = line(resource_tags_user_team="a", resource_tags_aws_created_by="Root")
    assert lift_lines(tmp_path, one).rows("Tags") == [({"team": "a", "aws:createdBy": "Root"},)]


def test_columns_split_off_the_map(tmp_path: Path) -> None:
    one = line(**{"resource_tags.user_team": "a", "cost_category.BusinessUnit": "Retail"})
    assert lift_lines(tmp_path, one).rows("Tags", "x_CostCategories") == [
        ({"team": "a"}, '{"BusinessUnit":"Retail"}')
    ]


def test_other_beginnings_by_option(tmp_path: Path) -> None:
    one = line(**{"noTags/user:app": "web"})
    assert lift_lines(tmp_path, one).rows("Tags") == [({},)]
    options = AwsCurOptions(tag_prefixes=("noTags/",))
    assert lift_lines(tmp_path, one, options=options).rows("Tags") == [({"app": "web"},)]


def cost_categories(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def test_cost_categories_of_the_legacy_report(tmp_path: Path) -> None:
    lines = [
        line(**{"costCategory/Business Unit": 'R&D "labs"', "costCategory/Env": ""}),
        line(),
    ]
    found = lift_lines(tmp_path, *lines).rows("x_CostCategories")
    assert [cost_categories(text) for (text,) in found] == [{"Business Unit": 'R&D "labs"'}, None]


def lift_maps(folder: Path, **maps: list[Tags | None]) -> Lifted:
    """Lines of a CUR 2.0 in Parquet with these map columns."""
    count = len(next(iter(maps.values())))
    kind = pa.map_(pa.string(), pa.string())
    columns = {
        name: pa.array([None if row is None else list(row.items()) for row in rows], kind)
        for name, rows in maps.items()
    }
    stamp = pa.array(["2026-08-03T00:00:00"] * count).cast(pa.timestamp("ms"))
    table = pa.table(
        {
            "line_item_line_item_type": ["Usage"] * count,
            "line_item_unblended_cost": [0.5] * count,
            "line_item_currency_code": ["USD"] * count,
            "line_item_usage_start_date": stamp,
            **columns,
        }
    )
    pq.write_table(table, folder / "bill.parquet")
    return lift(AwsCur(), folder / "bill.parquet")


def lift_json(folder: Path, **maps: list[Tags | None]) -> Lifted:
    """The same as CSV, where maps are JSON text."""
    count = len(next(iter(maps.values())))
    lines = []
    for at in range(count):
        texts = {
            name: None if (row := rows[at]) is None else json.dumps(row)
            for name, rows in maps.items()
        }
        lines.append(line("Usage", "0.5", **texts))
    return lift_lines(folder, *lines, form="athena")


@pytest.mark.parametrize("lift_as", [lift_maps, lift_json])
class TestMaps:
    """Map columns of CUR 2.0, in Parquet and in CSV."""

    def test_keys_lose_the_users_prefix(self, tmp_path: Path, lift_as: Any) -> None:
        rows = [{"user_team": "a", "aws_created_by": "Root"}, {}, None, {"user_env": "prod"}]
        assert lift_as(tmp_path, resource_tags=rows).rows("Tags") == [
            ({"team": "a", "aws:createdBy": "Root"},),
            ({},),
            ({},),
            ({"env": "prod"},),
        ]

    def test_empty_values_are_no_tags(self, tmp_path: Path, lift_as: Any) -> None:
        rows = [{"user_team": "", "user_env": "prod"}, {"user_team": None}]
        assert lift_as(tmp_path, resource_tags=rows).rows("Tags") == [({"env": "prod"},), ({},)]

    def test_two_keys_that_would_become_one_both_stay(self, tmp_path: Path, lift_as: Any) -> None:
        rows = [{"team": "a", "user_team": "b"}, {"user_team": "c"}]
        assert lift_as(tmp_path, resource_tags=rows).rows("Tags") == [
            ({"team": "a", "user_team": "b"},),
            ({"user_team": "c"},),
        ]

    def test_keys_that_differ_by_case(self, tmp_path: Path, lift_as: Any) -> None:
        rows = [{"user:team": "a", "user:TEAM": "b"}]
        assert lift_as(tmp_path, resource_tags=rows).rows("Tags") == [({"team": "a", "TEAM": "b"},)]

    def test_values_with_quotes_and_lines(self, tmp_path: Path, lift_as: Any) -> None:
        rows = [{"user_team": 'R&D, "labs"\nZürich', "user_o'k": "{}"}]
        assert lift_as(tmp_path, resource_tags=rows).rows("Tags") == [
            ({"team": 'R&D, "labs"\nZürich', "o'k": "{}"},)
        ]

    def test_more_sets_of_keys_than_a_case_is_made_of(self, tmp_path: Path, lift_as: Any) -> None:
        rows: list[Tags | None] = [{f"user_k{at}": "v"} for at in range(60)]
        found = lift_as(tmp_path, resource_tags=rows).rows("Tags")
        assert found == [({f"k{at}": "v"},) for at in range(60)]

    def test_the_resource_is_named_by_its_tag(self, tmp_path: Path, lift_as: Any) -> None:
        rows = [{"user_name": "web-1"}, {"user_team": "a"}]
        assert lift_as(tmp_path, resource_tags=rows).rows("ResourceName") == [("web-1",), (None,)]

    def test_tags_hold_resource_tags_again(self, tmp_path: Path, lift_as: Any) -> None:
        """A tag counts once, an account's tag is its own key, a cost category is no tag."""
        lifted = lift_as(
            tmp_path,
            resource_tags=[{"user_team": "a"}, {}],
            tags=[
                {"resourceTags/user_team": "a", "accountTag/team": "b", "costCategory/Unit": "c"},
                {"userAttribute/Department": "d"},
            ],
        )
        assert lifted.rows("Tags") == [
            ({"accountTag/team": "b", "team": "a"},),
            ({"userAttribute/Department": "d"},),
        ]

    def test_tags_alone(self, tmp_path: Path, lift_as: Any) -> None:
        rows = [{"resourceTags/user_team": "a", "accountTag/team": "b"}]
        assert lift_as(tmp_path, tags=rows).rows("Tags") == [
            ({"team": "a", "accountTag/team": "b"},)
        ]

    def test_cost_categories(self, tmp_path: Path, lift_as: Any) -> None:
        lifted = lift_as(tmp_path, cost_category=[{"Unit": "Retail"}, {}, None])
        found = [cost_categories(text) for (text,) in lifted.rows("x_CostCategories")]
        assert found == [{"Unit": "Retail"}, None, None]

    def test_product_attributes(self, tmp_path: Path, lift_as: Any) -> None:
        lifted = lift_as(tmp_path, product=[{"product_name": "Amazon EC2", "region": "eu-west-1"}])
        assert lifted.rows("ServiceName", "RegionId") == [("Amazon EC2", "eu-west-1")]


def test_json_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    lifted = lift_lines(
        tmp_path, line(resource_tags='{"user_team": "a"}'), line(resource_tags="{team=a}")
    )
    assert lifted.rows("Tags") == [({"team": "a"},), ({},)]
    assert lifted.mapping.notes == ("resource_tags: 1 rows hold no JSON object and have no tags",)
