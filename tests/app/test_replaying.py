"""Rule replay: money that moves between two sets of rules, by value."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from outlay.app import Workspace, replaying
from outlay.query import CostQuery, QueryError
from tests.app.ruled import FIRST, ruled

D = Decimal
SEPTEMBER = CostQuery(range="2026-09-01..2026-10-01")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = ruled(tmp_path_factory.mktemp("replay"))
    yield found
    found.close()


def moves(found: replaying.Replay) -> dict[tuple[str | None, str | None], Decimal]:
    return {(m.before, m.after): m.caught.money["USD"] for m in found.effect.moves}


@pytest.mark.parametrize("before", ["v1", "draft"])
def test_the_rules_before_against_those_of_now(workspace: Workspace, before: str) -> None:
    found = replaying.replay(workspace, "team", before, "now", SEPTEMBER, draft=json.dumps(FIRST))
    # Shop's charges without a tag: 0.004 + 7.7 + 12.34 - 25
    assert moves(found) == {("Unallocated", "storefront"): D("-4.956")}
    assert found.effect.moved.lines == 4
    change = {c.value: c.change for c in found.effect.values}
    assert change["storefront"] == {"USD": D("-4.956")}
    assert found.effect.coverage_after is not None
    assert found.effect.coverage_after.unallocated == {"USD": D(0)}


def test_a_moment_is_the_rules_that_held_then(workspace: Workspace) -> None:
    first, *_ = workspace.history("VirtualTag", "team")
    then = first.at.isoformat() + "Z"
    back = replaying.replay(workspace, "team", "now", then, SEPTEMBER)
    assert moves(back) == {("storefront", "Unallocated"): D("-4.956")}


def test_without_the_tag_all_of_it_is_new(workspace: Workspace) -> None:
    found = replaying.replay(workspace, "team", "none", "now", SEPTEMBER)
    assert moves(found) == {
        (None, "storefront"): D("105.144"),
        (None, "data"): D("30.333333333333333333333"),
    }


def test_nothing_moves_between_the_same_rules(workspace: Workspace) -> None:
    found = replaying.replay(workspace, "team", "v2", "now", SEPTEMBER)
    assert not found.changes and found.to_csv() == "from,to,currency,amount,lines,resources\n"


def test_csv_and_json(workspace: Workspace) -> None:
    found = replaying.replay(workspace, "team", "v1", within=SEPTEMBER)
    assert found.to_csv().splitlines() == [
        "from,to,currency,amount,lines,resources",
        "Unallocated,storefront,USD,-4.956,4,1",
    ]
    data = found.to_json()
    assert data["before"] == {"rules": "v1", "title": "version 1 of team"}
    assert data["moves"][0]["money"] == {"USD": "-4.956"}
    assert data["range"] == {"from": "2026-09-01", "to": "2026-10-01"}


@pytest.mark.parametrize(
    ("before", "draft", "field"),
    [("v9", "", "before"), ("yesterday", "", "before"), ("draft", "{", "draft")],
)
def test_what_names_no_rules_is_refused(
    workspace: Workspace, before: str, draft: str, field: str
) -> None:
    with pytest.raises(QueryError) as error:
        replaying.replay(workspace, "team", before, "now", SEPTEMBER, draft=draft)
    assert error.value.field == field


def test_a_tag_that_is_on_neither_side(workspace: Workspace) -> None:
    with pytest.raises(QueryError, match="neither side"):
        replaying.replay(workspace, "team", "none", "2020-01-01", SEPTEMBER)
