"""The vocabulary as the faces call it: coverage, rules of one's own, history named anew."""

from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace, WorkspaceError, vocabulary
from outlay.focus.vocabulary import VERSION
from outlay.query import CostQuery
from outlay.resources import ResourceError
from tests.cli.bills import row, write_bill

RULES = {
    "rules": [
        {"service": "Acme Frob*", "category": "Media", "subcategory": "Gaming"},
        {"provider": "Acme", "region": "dc-1", "region_name": "Frankfurt"},
    ]
}


def acme(cost: str, day: str) -> dict[str, str]:
    """A row of a vendor that no table knows."""
    return row(cost, day=day, service="Acme Frobnicator") | {
        "ProviderName": "Acme",
        "PublisherName": "Acme",
        "ServiceCategory": "Other",
        "RegionId": "dc-1",
        "x_ServiceCode": "",
    }


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = Workspace.init(tmp_path / "acme")
    rows = [
        row("1", service="AmazonEC2") | {"RegionId": "eu-central-1"},
        acme("2", "2026-09-03"),
        acme("-3", "2026-09-04"),
    ]
    bill = write_bill(tmp_path / "bill.csv", rows)
    (load,) = found.load([str(bill)], author="ann")
    assert load.outcome == "loaded", load.message
    return found


def amounts(workspace: Workspace, by: str) -> dict[object, Decimal]:
    result = workspace.query(CostQuery(by=(by,)))
    return {line[by]: line["EffectiveCost"] for line in result.rows()}


def share(workspace: Workspace, provider: str, about: str) -> Decimal:
    (found,) = [
        one
        for one in vocabulary.coverage(workspace).shares
        if (one.provider, one.about) == (provider, about)
    ]
    return found.percent


def test_coverage_counts_absolute_money_and_lists_what_has_no_name(workspace: Workspace) -> None:
    found = vocabulary.coverage(workspace)
    assert found.version == VERSION
    assert found.outdated == ()
    assert share(workspace, "AWS", "category") == 100
    assert share(workspace, "Acme", "category") == 0
    region = [one for one in found.unmapped if one.about == "region"]
    assert [(one.provider, one.value, one.currency) for one in region] == [("Acme", "dc-1", "USD")]
    assert region[0].amount == 5  # a credit of the next day hides nothing
    assert region[0].rule() == {"provider": "Acme", "region": "dc-1"}


def test_rules_of_ones_own_name_history_at_once(workspace: Workspace) -> None:
    before = amounts(workspace, "ServiceName")
    vocabulary.save(workspace, "ours", RULES, author="ann")
    assert len(vocabulary.coverage(workspace).outdated) == 1
    (load,) = vocabulary.relift(workspace)
    (outcome,) = load.outcomes
    assert outcome.record is not None
    assert (outcome.status, outcome.record.cause) == ("loaded", "vocabulary")
    assert share(workspace, "Acme", "category") == share(workspace, "Acme", "region") == 100
    assert set(amounts(workspace, "ServiceCategory")) == {"Compute", "Media"}
    assert set(amounts(workspace, "RegionName")) == {"Frankfurt"}
    assert amounts(workspace, "ServiceName") == before
    assert vocabulary.coverage(workspace).outdated == ()
    assert vocabulary.relift(workspace) == []


def test_the_next_sync_names_also_manual_sources_anew(workspace: Workspace) -> None:
    vocabulary.save(workspace, "ours", RULES, author="ann")
    loads = workspace.sync()
    assert [(load.source, load.outcome) for load in loads] == [("bill", "loaded")]
    assert workspace.sync() == []
    vocabulary.remove(workspace, "ours", author="ann")
    (load,) = workspace.sync(["bill"])
    assert [o.record.cause for o in load.outcomes if o.record] == ["vocabulary"]
    assert share(workspace, "Acme", "category") == 0


def test_a_restatement_says_that_names_changed_and_no_money(workspace: Workspace) -> None:
    first = workspace.snapshots()[-1].snapshot_id
    vocabulary.save(workspace, "ours", RULES, author="ann")
    vocabulary.relift(workspace)
    report = workspace.restatements(first, by=["ServiceCategory"])
    assert [change.cause for change in report.slices] == ["vocabulary"]
    assert all(not measure.change for change in report.slices for measure in change.measures)
    moved = {line.values[0]: line.measures[0].change for line in report.rows}
    assert moved["Media"] == -1
    assert moved["Other"] == 1


def test_data_whose_source_is_gone_is_named_anew_too(workspace: Workspace) -> None:
    workspace.remove_source("bill", keep_data=True, author="ann")
    vocabulary.save(workspace, "ours", RULES, author="ann")
    (load,) = vocabulary.relift(workspace)
    assert load.outcome == "loaded"


def test_a_file_of_rules(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_text(vocabulary.VOCABULARY.example)
    (saved,) = vocabulary.save_file(workspace, file, author="ann")
    assert (saved.name, saved.version) == ("ours", 1)
    assert len(vocabulary.vocabulary(workspace).rules) == 3
    file.write_text("kind: View\nname: x\nspec: {query: {}}\n")
    with pytest.raises(WorkspaceError, match="it holds View"):
        vocabulary.save_file(workspace, file, author="ann")


def test_a_wrong_category_is_refused_with_the_nearest(workspace: Workspace) -> None:
    with pytest.raises(ResourceError, match="did you mean 'Compute'"):
        rules = {"rules": [{"service": "x", "category": "Computing"}]}
        vocabulary.save(workspace, "ours", rules, author="ann")


def test_an_earlier_moment_is_covered_as_it_was(workspace: Workspace) -> None:
    first = workspace.snapshots()[-1].snapshot_id
    vocabulary.save(workspace, "ours", RULES, author="ann")
    vocabulary.relift(workspace)
    assert vocabulary.coverage(workspace, first).outdated == ("bill 2026-09",)
