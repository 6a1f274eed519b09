"""Everything as code: plans, applying them whole, and files that plan to nothing."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.app import Workspace, ascode
from outlay.app.kinds import register_all
from outlay.money import total
from outlay.query import QueryError
from outlay.resources import (
    FieldChange,
    ResourceConflictError,
    ResourceError,
    ResourceInUseError,
    registry,
    spec_diff,
)
from tests.web.company import company

register_all()

TEAM = """\
kind: VirtualTag
name: team
spec:
  rules:
    - when: tags.team IS NOT NULL
      value: {from: tags.team}
"""
OWNERS = """\
kind: Dictionary
name: owners
spec:
  entries: {a: x, b: y}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.init(tmp_path / "acme")
    yield opened
    opened.close()


def planned(workspace: Workspace, text: str, **options: Any) -> ascode.Plan:
    return ascode.make_plan(workspace, ascode.read_text(workspace, text), **options)


def applied(workspace: Workspace, text: str, **options: Any) -> ascode.Applied:
    plan = planned(workspace, text, effects=False, **options)
    return workspace.apply_resources(plan, author="ann", note="as code")


# --- plan ---------------------------------------------------------------------------------


def test_a_plan_says_what_is_created_changed_and_deleted(workspace: Workspace) -> None:
    applied(
        workspace, TEAM + "---\nkind: Dictionary\nname: owners\nspec: {entries: {a: x, b: y}}\n"
    )
    plan = planned(
        workspace,
        OWNERS.replace("a: x", "a: z").replace("b: y", "b: y, c: w") + "---\n"
        "kind: VirtualTag\nname: product\nspec: {rules: [{value: shop}]}\n",
        prune=True,
        effects=False,
    )
    assert [(s.action, s.key, s.version) for s in plan.steps] == [
        ("change", "Dictionary/owners", 1),
        ("create", "VirtualTag/product", 0),
        ("delete", "VirtualTag/team", 1),
    ]
    assert plan.steps[0].changes == (
        FieldChange("entries.a.value", "x", "z"),
        FieldChange("entries.c", None, {"from": None, "until": None, "key": "c", "value": "w"}),
    )
    assert plan.steps[1].changes == (FieldChange("rules.1", None, {"value": "shop"}),)
    assert plan.steps[1].place == "<text>:6"
    assert plan.counts() == {"create": 1, "change": 1, "delete": 1}
    assert workspace.resources.names("VirtualTag") == ["team"], "a plan changes nothing"


def test_prune_keeps_to_the_kinds_of_the_files_and_those_that_are_named(
    workspace: Workspace,
) -> None:
    view = "kind: View\nname: all\nspec: {query: {by: [ServiceName]}}\n"
    applied(workspace, f"{TEAM}---\n{view}")
    assert planned(workspace, TEAM, prune=True, effects=False).steps == ()
    pruned = planned(workspace, TEAM, prune_kinds=["views"], effects=False)
    assert [(s.action, s.key) for s in pruned.steps] == [("delete", "View/all")]
    with pytest.raises(ResourceError, match="there is no kind 'Nothing'"):
        planned(workspace, TEAM, prune_kinds=["Nothing"])


def test_applying_is_all_or_nothing(workspace: Workspace) -> None:
    bad = (
        f"{TEAM}---\nkind: VirtualTag\nname: product\nspec:\n  rules:\n"
        "    - value: {from: SubAccountId, transform: [{lookup: nowhere}]}\n"
    )
    with pytest.raises(QueryError, match=r"product.rules.1: there is no dictionary 'nowhere'"):
        planned(workspace, bad)
    assert workspace.resources.names("VirtualTag") == []
    done = applied(workspace, TEAM)
    assert [(r.name, r.version, r.author, r.note) for r in done.written] == [
        ("team", 1, "ann", "as code")
    ]


def test_a_plan_is_refused_when_someone_changed_something_meanwhile(workspace: Workspace) -> None:
    applied(workspace, TEAM)
    plan = planned(
        workspace,
        "kind: VirtualTag\nname: team\nspec: {rules: [{value: x}]}\n---\n"
        "kind: VirtualTag\nname: product\nspec: {rules: [{value: y}]}\n",
        effects=False,
    )
    workspace.put_resource("VirtualTag", "team", {"rules": [{"value": "z"}]}, author="bob")
    with pytest.raises(ResourceConflictError, match="is at version 2, not 1"):
        workspace.apply_resources(plan, author="ann")
    assert workspace.resources.names("VirtualTag") == ["team"]
    with pytest.raises(ResourceConflictError, match="VirtualTag/team: the plan that was seen"):
        ascode.expect(plan, {"VirtualTag/team": 7, "VirtualTag/product": 0})


def test_a_source_keeps_its_place_inside_the_workspace(workspace: Workspace) -> None:
    text = (
        "kind: Source\nname: bill\nspec: {kind: focus, location: "
        f"{workspace.path / 'bills'}, cadence: manual}}\n"
    )
    done = applied(workspace, text)
    assert done.written[0].spec.model_dump()["location"] == "bills"
    assert planned(workspace, text).steps == ()
    plan = planned(workspace, text.replace("manual", "daily"))
    assert plan.steps[0].changes == (FieldChange("cadence", "manual", "daily"),)
    assert plan.effects is None
    assert "after the next sync" in plan.steps[0].notes[0]


def test_the_effect_in_money_is_exact(tmp_path: Path) -> None:
    """What the bill tags storefront moves; what is shared moves with it, to the last digit."""
    workspace = company(tmp_path).workspace
    try:
        before = {
            str(row["tags.team"]): row["EffectiveCost"]
            for row in workspace.query(_by("tags.team")).rows()
        }
        plan = planned(workspace, TEAM)
        assert plan.effects is not None
        (effect,) = plan.effects.tags
        moved = {move.after: move.caught.money["USD"] for move in effect.moves}
        named = {value: amount for value, amount in before.items() if value != "None"}
        assert {value: moved[value] for value in named} == named
        assert moved["Unallocated"] == before["None"]
        assert effect.coverage_before is None
        assert effect.coverage_after is not None
        assert effect.coverage_after.allocated["USD"] == sum(named.values(), Decimal(0))
    finally:
        workspace.close()


def test_the_effect_of_a_split_conserves_money(tmp_path: Path) -> None:
    workspace = company(tmp_path).workspace
    try:
        applied(workspace, TEAM)
        split = "kind: Split\nname: s\nspec: {tag: team, take: data, method: even}\n"
        effects = planned(workspace, split).effects
        assert effects is not None and effects.tags == ()
        (effect,) = effects.splits
        assert effect.splits == ("s",)
        values = {change.value: change for change in effect.values}
        assert values["data"].before == Decimal("50.833333333333333333333")
        assert not values["data"].after
        others = [change for name, change in values.items() if name != "data"]
        assert total(change.change for change in others) == values["data"].before
        assert values["data"].change == Decimal("-50.833333333333333333333")
        shown = effects.to_json()["splits"][0]["values"]
        assert {v["value"]: v["before"] for v in shown}["data"] == "50.833333333333333333333"
    finally:
        workspace.close()


def _by(dimension: str) -> Any:
    from outlay.query import CostQuery

    return CostQuery(by=(dimension,))


# --- what must hold between resources -----------------------------------------------------


def test_what_is_needed_cannot_be_removed_alone(workspace: Workspace) -> None:
    text = (
        "kind: Dictionary\nname: owners\nspec: {entries: {a: x}}\n---\n"
        "kind: VirtualTag\nname: team\nspec:\n  rules:\n"
        "    - value: {from: SubAccountId, transform: [{lookup: owners}]}\n---\n"
        "kind: VirtualTag\nname: area\nspec: {rules: [{value: {from: team}}]}\n---\n"
        "kind: Split\nname: share\nspec: {tag: team, take: x, method: even}\n---\n"
        "kind: View\nname: teams\nspec: {query: {by: [team]}}\n---\n"
        "kind: View\nname: one\nspec: {query: {where: \"team = 'x'\"}}\n"
    )
    applied(workspace, text)
    with pytest.raises(ResourceInUseError) as refused:
        workspace.delete_resource("VirtualTag", "team", author="bob")
    for user in (
        "the split 'share'",
        "the view 'teams'",
        "the view 'one'",
        "the virtual tag 'area'",
    ):
        assert user in str(refused.value)
    with pytest.raises(ResourceInUseError, match="the virtual tag 'team' needs it"):
        workspace.delete_resource("Dictionary", "owners", author="bob")
    kinds = ["Dictionary", "VirtualTag", "Split", "View"]
    assert len(applied(workspace, "", prune_kinds=kinds).plan.steps) == 6
    assert all(workspace.resources.names(kind) == [] for kind in kinds)


def test_metrics_and_tags_of_unit_costs_and_statements_stay(workspace: Workspace) -> None:
    text = (
        "kind: Metric\nname: orders\nspec: {unit: orders}\n---\n"
        "kind: VirtualTag\nname: product\nspec: {rules: [{value: shop}]}\n---\n"
        "kind: UnitCost\nname: per-order\nspec: {where: product = 'shop', metric: orders}\n---\n"
        "kind: StatementPlan\nname: product\nspec: {}\n"
    )
    applied(workspace, text)
    with pytest.raises(ResourceInUseError, match="the unit cost 'per-order' needs it"):
        workspace.delete_resource("Metric", "orders", author="bob")
    with pytest.raises(ResourceInUseError, match="the statement plan 'product' and the unit cost"):
        workspace.delete_resource("VirtualTag", "product", author="bob")


@pytest.mark.parametrize("how", ["put", "restore", "apply", "store"])
def test_a_circle_of_tags_is_refused_on_every_way_in(workspace: Workspace, how: str) -> None:
    circle = {"rules": [{"value": {"from": "b"}}]}
    workspace.put_resource("VirtualTag", "b", {"rules": [{"value": "x"}]}, author="ann")
    workspace.put_resource("VirtualTag", "a", circle, author="ann")
    back = {"rules": [{"value": {"from": "a"}}]}
    if how == "restore":
        # Version 1 of c builds on b; b now builds on c.
        workspace.put_resource("VirtualTag", "c", circle, author="ann")
        workspace.put_resource("VirtualTag", "c", {"rules": [{"value": "y"}]}, author="ann")
        workspace.put_resource("VirtualTag", "b", {"rules": [{"value": {"from": "c"}}]}, author="a")
    with pytest.raises(QueryError, match="build on each other in a circle"):
        match how:
            case "put":
                workspace.put_resource("VirtualTag", "b", back, author="ann")
            case "store":
                workspace.resources.put("VirtualTag", "b", back, author="ann")
            case "restore":
                workspace.restore_resource("VirtualTag", "c", 1, author="ann")
            case "apply":
                applied(
                    workspace, "kind: VirtualTag\nname: b\nspec: {rules: [{value: {from: a}}]}\n"
                )


def test_a_view_by_a_tag_that_is_not_there_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ResourceError, match="needs the virtual tag 'team', which is not there"):
        applied(workspace, "kind: View\nname: v\nspec: {query: {by: [team]}}\n")


def test_a_rule_over_an_amount_is_refused_with_its_place(workspace: Workspace) -> None:
    text = TEAM.replace("tags.team IS NOT NULL", "ChargeDescription = 'x'")
    with pytest.raises(QueryError, match=r"team.rules.1: a rule cannot look at ChargeDescription"):
        applied(workspace, text)


# --- files --------------------------------------------------------------------------------


def test_a_dictionary_may_name_a_csv_file(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "owners.csv").write_text(
        "key,value,from,until\n111,platform,,2026-01-01\n111,search,2026-01-01,\n\n222,data,,\n"
    )
    file = tmp_path / "owners.yaml"
    file.write_text("kind: Dictionary\nname: owners\nspec: {ignore_case: true, file: owners.csv}\n")
    (document,) = workspace.read_resource_files([file])
    assert document.spec.model_dump(mode="json", exclude_defaults=True)["entries"] == [
        {"until": "2026-01-01", "key": "111", "value": "platform"},
        {"from": "2026-01-01", "key": "111", "value": "search"},
        {"key": "222", "value": "data"},
    ]
    (tmp_path / "owners.csv").write_text("key,value\n111,\n")
    with pytest.raises(ResourceError, match=r"owners.csv, line 2: the value is empty"):
        workspace.read_resource_files([file])
    (tmp_path / "owners.csv").write_text("account,value\n111,x\n")
    with pytest.raises(ResourceError, match="the column 'key' is missing. Allowed: key, value"):
        workspace.read_resource_files([file])
    with pytest.raises(ResourceError, match="file: extra inputs are not permitted"):
        ascode.read_text(workspace, file.read_text())


def test_a_name_may_stand_once_in_all_files(workspace: Workspace, tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yml"):
        (tmp_path / "rules").mkdir(exist_ok=True)
        (tmp_path / "rules" / name).write_text(TEAM)
    with pytest.raises(ResourceError, match=r"b.yml:1: VirtualTag 'team' stands in .*a.yaml:1 too"):
        workspace.read_resource_files([tmp_path / "rules"])


def test_pull_writes_files_and_tells_stale_ones(workspace: Workspace, tmp_path: Path) -> None:
    applied(workspace, f"{TEAM}---\n{OWNERS}")
    out = tmp_path / "out"
    first = workspace.pull_resources(out)
    assert {str(p.relative_to(out)) for p in first.written} == {
        "dictionaries/owners.yaml",
        "virtual-tags/team.yaml",
    }
    assert workspace.pull_resources(out).same == first.written
    workspace.delete_resource("Dictionary", "owners", author="ann")
    assert workspace.pull_resources(out).stale == (out / "dictionaries/owners.yaml",)
    assert workspace.pull_resources(out, prune=True).removed == (out / "dictionaries/owners.yaml",)
    assert not (out / "dictionaries/owners.yaml").exists()


_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12
)
_EXAMPLES = {kind.name: kind.example_document() for kind in registry}


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    titles=st.lists(_TEXT, min_size=len(_EXAMPLES), max_size=len(_EXAMPLES)),
    entries=st.dictionaries(_TEXT, _TEXT, min_size=1, max_size=6),
    values=st.lists(_TEXT, min_size=1, max_size=4),
    metadata=st.dictionaries(_TEXT, _TEXT, max_size=3),
)
def test_what_is_pulled_plans_to_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    titles: list[str],
    entries: dict[str, str],
    values: list[str],
    metadata: dict[str, str],
) -> None:
    """Every kind's example, with any text wherever a text may stand."""
    documents = []
    for (kind, example), title in zip(sorted(_EXAMPLES.items()), titles, strict=True):
        spec = dict(example["spec"])
        if "title" in registry.get(kind).spec.model_fields:
            spec["title"] = title
        documents.append({"kind": kind, "name": example["name"], "spec": spec})
    documents.append({"kind": "Dictionary", "name": "any", "spec": {"entries": entries}})
    rules = [{"name": title, "value": value} for title, value in zip(titles, values, strict=False)]
    known = {value: {"owner": owner} for value, owner in metadata.items()}
    documents.append(
        {"kind": "VirtualTag", "name": "any", "spec": {"rules": rules, "values": known}}
    )
    folder = tmp_path_factory.mktemp("round")
    workspace = Workspace.init(folder / "ws")
    try:
        read = ascode.read_documents(workspace, documents)
        workspace.apply_resources(ascode.make_plan(workspace, read, effects=False), author="ann")
        workspace.pull_resources(folder / "out")
        again = workspace.read_resource_files([folder / "out"])
        assert len(again) == len(documents)
        plan = ascode.make_plan(workspace, again, prune=True, effects=False)
        assert plan.steps == ()
        assert plan.unchanged == len(documents)
    finally:
        workspace.close()


# --- diffs --------------------------------------------------------------------------------


def test_a_rule_that_moves_says_so() -> None:
    a, b, c = ({"when": w, "value": w} for w in "abc")
    assert spec_diff({"rules": [a, b, c]}, {"rules": [c, a, b]}) == [
        FieldChange("rules.3", "place 3", "place 1")
    ]
    assert spec_diff({"rules": [a, b]}, {"rules": [a, {**b, "value": "x"}, c]}) == [
        FieldChange("rules.2.value", "b", "x"),
        FieldChange("rules.3", None, c),
    ]
    assert spec_diff({"rules": [a, b, c]}, {"rules": [a, c]}) == [FieldChange("rules.2", b, None)]


_ITEMS = st.lists(st.fixed_dictionaries({"v": st.integers(0, 4)}), max_size=6)


@given(_ITEMS, _ITEMS)
def test_lists_that_differ_have_a_diff_and_equal_ones_none(
    before: list[dict[str, int]], after: list[dict[str, int]]
) -> None:
    assert bool(spec_diff({"items": before}, {"items": after})) == (before != after)
