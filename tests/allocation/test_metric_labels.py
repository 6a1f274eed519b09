"""Rules that look at a metric's label: whether a text is a value of it."""

from pathlib import Path
from typing import Any

import pytest

from outlay.allocation.model import VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.expression.errors import QueryError
from outlay.query import CostQuery, run
from tests.allocation.labelling import day, labels, tagged
from tests.allocation.splitting import Series
from tests.query.fixtures import SmallLake

VALUES = ("acme", "Acme", " acme", "globex", "other", "", None)


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


def rules(*specs: dict[str, Any], customers: tuple[str, ...] = ("acme", "globex")) -> Ruleset:
    series = Series({"requests": {day("2026-01-01"): dict.fromkeys(customers, "1")}})
    spec = VirtualTagSpec.model_validate({"rules": specs})
    return Ruleset(tags={"v": spec}, metrics=series).check()


CONDITIONS = [
    ("tags.t IN metrics.requests.customer", {"acme", "globex"}),
    ("tags.t NOT IN metrics.requests.customer", {"Acme", " acme", "other", ""}),
    ("NOT tags.t IN metrics.requests.customer", {"Acme", " acme", "other", ""}),
    ("NOT NOT tags.t IN metrics.requests.customer", {"acme", "globex"}),
    ("lower(trim(tags.t)) IN metrics.requests.customer", {"acme", "Acme", " acme", "globex"}),
    (
        "tags.t IN metrics.requests.customer AND NOT tags.t = 'globex' OR tags.t = 'other'",
        {"acme", "other"},
    ),
    (
        "NOT (tags.t IN metrics.requests.customer OR tags.t = 'other') AND tags.t IS NOT NULL",
        {"Acme", " acme", ""},
    ),
    ("NOT (tags.t IN metrics.requests.customer AND tags.t IS NULL)", set(VALUES) - {None}),
]


@pytest.mark.parametrize(("when", "holds"), CONDITIONS)
def test_a_text_among_the_values_of_a_label(
    lake: SmallLake, when: str, holds: set[str | None]
) -> None:
    lake.add("2026-01", tagged(*VALUES))
    found = labels(lake, rules({"when": when, "value": "yes"}), "v")
    assert found == ["yes" if value in holds else "Unallocated" for value in VALUES]


def test_a_rule_can_ignore_case(lake: SmallLake) -> None:
    lake.add("2026-01", tagged(*VALUES))
    rule = {"when": "tags.t IN metrics.requests.customer", "value": "yes", "ignore_case": True}
    found = labels(lake, rules(rule, customers=("ACME",)), "v")
    assert found == ["yes", "yes", *["Unallocated"] * 5]


def test_a_label_without_values_is_never_met(lake: SmallLake) -> None:
    lake.add("2026-01", tagged("acme"))
    where = "tags.t {}IN metrics.requests.customer"
    none = rules({"when": where.format(""), "value": "yes"}, customers=())
    assert labels(lake, none, "v") == ["Unallocated"]
    not_ = rules({"when": where.format("NOT "), "value": "yes"}, customers=())
    assert labels(lake, not_, "v") == ["yes"]


def test_new_values_of_a_metric_are_seen_at_once(lake: SmallLake) -> None:
    """The same rules: what decides is what the metric knows now."""
    lake.add("2026-01", tagged("acme", "initech"))
    found = rules({"when": "tags.t IN metrics.requests.customer", "value": "yes"})
    assert labels(lake, found, "v") == ["yes", "Unallocated"]
    before = found.digest("v")
    assert isinstance(found.metrics, Series)
    found.metrics.series = {"requests": {day("2026-01-01"): {"initech": "1"}}}
    assert found.digest("v") != before
    assert labels(lake, found, "v") == ["Unallocated", "yes"]


def test_a_question_cannot_ask_it_itself(lake: SmallLake) -> None:
    lake.add("2026-01", tagged("acme"))
    query = CostQuery(where="tags.t IN metrics.requests.customer")
    assert query.where == "tags.t IN metrics.requests.customer"
    with pytest.raises(QueryError, match="only a rule of a virtual tag") as raised:
        run(lake, query, rules=rules())
    assert "Make a virtual tag" in raised.value.hint
