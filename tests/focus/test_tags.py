"""Tags from JSON and maps: the user's prefix goes, the provider's stays, values are untouched."""

import json
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.focus.tags import json_tags_sql, map_tags_sql, tags_sql


def from_json(text: str) -> Any:
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT {json_tags_sql('t')} FROM (SELECT ? AS t)", [text])
        return (row.fetchone() or (None,))[0]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ('{"user:team": "a", "aws:by": "b", "env": "c"}', {"team": "a", "aws:by": "b", "env": "c"}),
        ('{"user:a": "user:b"}', {"a": "user:b"}),
        ('{"k":"x,\\"user:y\\":"}', {"k": 'x,"user:y":'}),
        ('{"user:a":"{","user:b":"1"}', {"a": "{", "b": "1"}),
        ('{"user:a": true, "b": 1.5, "c": null}', {"a": "true", "b": "1.5", "c": None}),
        ("{}", {}),
        # Two keys that would become one stay as they are.
        ('{"user:team": "a", "team": "b"}', {"user:team": "a", "team": "b"}),
        ("[1]", None),
        ("no json", None),
        ('{"a": 1, "a": 2}', None),
    ],
)  # fmt: skip
def test_json_tags(text: str, tags: dict[str, str] | None) -> None:
    assert from_json(text) == tags


key = st.text("user:{}\"',\\ ab", max_size=12)


@given(st.dictionaries(key, key, max_size=4))
def test_any_object_keeps_its_values_and_all_its_keys(tags: dict[str, str]) -> None:
    stripped = {name.removeprefix("user:"): value for name, value in tags.items()}
    expected = stripped if len(stripped) == len(tags) else tags
    assert from_json(json.dumps(tags)) == expected
    assert from_json(json.dumps(tags, separators=(",", ":"))) == expected


def test_maps_and_structs() -> None:
    with duckdb.connect() as connection:
        row = connection.execute(
            f"SELECT {map_tags_sql('m')}, {tags_sql('m', 'MAP(VARCHAR, VARCHAR)')}, "
            f"{tags_sql('s', 'STRUCT(team VARCHAR)')}, {map_tags_sql('d')} FROM (SELECT "
            "MAP {'user:team': 'a', 'aws:x': 'b'} AS m, struct_pack(team := 'a') AS s, "
            "MAP {'user:t': 'a', 't': 'b'} AS d)"
        ).fetchone()
    assert row is not None
    assert row[0] == row[1] == {"team": "a", "aws:x": "b"}
    assert row[2] == {"team": "a"}
    assert row[3] == {"user:t": "a", "t": "b"}
