"""Saved views are resources like any other."""

import pytest
import yaml

from outlay.query import CostQuery
from outlay.query.views import VIEW, ViewSpec
from outlay.resources.errors import ResourceError


def test_the_example_is_a_view_that_comes_back() -> None:
    document = VIEW.example_document()
    spec = VIEW.parse(document["spec"])
    assert isinstance(spec, ViewSpec)
    assert spec.query == CostQuery(
        by=("tags.team",),
        grain="month",
        range="last-6-months",
        where="ServiceCategory = 'Compute'",
    )
    written = spec.model_dump(mode="json")
    assert written == {**document["spec"], "owner": "", "pinned": False}
    assert VIEW.parse(yaml.safe_load(yaml.safe_dump(written))) == spec


def test_a_spec_is_taken_as_it_is() -> None:
    spec = ViewSpec(title="All", query=CostQuery(limit=3))
    assert VIEW.parse(spec) == spec


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"query": {"by": ["ServicName"]}}, "Did you mean ServiceName"),
        ({"query": {"where": "ServiceName ="}}, "missing"),
        ({"query": 5}, "JSON object"),
        ({"title": "no question"}, "query"),
        ({"query": {}, "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_view_says_what_is_wrong(spec: dict[str, object], message: str) -> None:
    with pytest.raises(ResourceError, match=message):
        VIEW.parse(spec)
