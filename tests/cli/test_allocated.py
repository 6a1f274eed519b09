"""`outlay platforms`, `outlay why`, `outlay tags replay` as people and machines read them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from outlay.app import Workspace
from tests.app.ruled import FIRST, ruled
from tests.cli.conftest import Run
from tests.sources.snowflake import exports

SEPTEMBER = ("--from", "2026-09-01", "--to", "2026-10-01")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("cli")
    found = ruled(folder)
    views = {
        "usage_in_currency_daily": [exports.bill("10.00", "4")],
        "warehouse_metering_history": [exports.hour("4", "2")],
        "query_attribution_history": [exports.query(1, "2", "ANA")],
    }
    found.load([str(exports.write(folder / "snow", views))], source="snow")
    yield found
    found.close()


def test_platforms_show_formula_and_proof(run: Run, workspace: Workspace) -> None:
    shown = run("platforms", "snowflake", "--idle", "share", "-w", workspace.path)
    assert shown.code == 0, shown.err
    assert "Allocated 10.00 of 10.00 USD" in shown.out
    assert "1 of 1 scopes add up to the last digit." in shown.out
    assert "1 of 1 whole months are what the vendor's own rows state." in shown.out
    data = run("platforms", "snowflake", "--idle", "share", "--json", "-w", workspace.path).json
    assert data["consumers"] == [
        {"value": "ANA", "currency": "USD", "direct": "5.00", "by_usage": "0.00", "idle": "5.00",
         "total": "10.00", "quantity": "2.00"}
    ]  # fmt: skip
    assert data["proven"] is True


def test_the_platforms_that_there_are(run: Run, workspace: Workspace) -> None:
    assert run("platforms", "--json", "-w", workspace.path).json[0]["platform"] == "snowflake"
    wrong = run("platforms", "snowflak", "-w", workspace.path)
    assert wrong.code == 2 and "Did you mean snowflake?" in wrong.err


def test_why_goes_from_the_amount_to_the_line(run: Run, workspace: Workspace) -> None:
    words = ("why", "--tag", "team", "--value", "storefront", *SEPTEMBER, "-w", workspace.path)
    shown = run(*words)
    assert shown.code == 0, shown.err
    assert "team = storefront: 135.48 USD (direct 105.14, shared 30.33)" in shown.out
    assert "110.10 USD in 1 line: rule 1 of 2 of team, version 2, saved by bo on" in shown.out
    assert "it saw tags.team = storefront: 110.10 USD in 1 line" in shown.out
    assert "ana@example.com answers for team = storefront" in shown.out
    assert "acme.csv" in shown.out
    data = run(*words, "--json").json
    (answer,) = data["answers"]
    assert answer["amounts"][0]["direct"] == "105.144"


def test_why_without_a_value_tells_those_that_match(run: Run, workspace: Workspace) -> None:
    words = ("why", "--tag", "team", "--where", "ResourceId = 'i-2'", "-w", workspace.path)
    data = run(*words, "--json").json
    assert [answer["value"] for answer in data["answers"]] == ["storefront"]
    assert data["answers"][0]["rules"][0]["number"] == 2
    none = run("why", "--tag", "team", "--where", "ResourceId = 'x'", "-w", workspace.path)
    assert none.code == 0 and "No charge matches" in none.out


def test_a_replay_in_words_csv_and_json(run: Run, workspace: Workspace, tmp_path: Path) -> None:
    words = ("tags", "replay", "team", "--before", "v1", *SEPTEMBER, "-w", workspace.path)
    shown = run(*words)
    assert shown.code == 0, shown.err
    assert "version 1 of team → the rules of now" in shown.out
    assert run(*words, "--csv").out.splitlines()[1] == "Unallocated,storefront,USD,-4.956,4,1"
    draft = tmp_path / "team.yaml"
    draft.write_text(yaml.safe_dump({"kind": "VirtualTag", "name": "team", "spec": FIRST}))
    words = ("tags", "replay", "team", "--after", "draft", "--draft", draft, *SEPTEMBER)
    data = run(*words, "--json", "-w", workspace.path).json
    assert data["moves"][0]["from"] == "storefront"
    assert data["moves"][0]["money"] == {"USD": "-4.956"}


def test_rules_that_are_none_are_refused(run: Run, workspace: Workspace) -> None:
    wrong = run("tags", "replay", "team", "--before", "v9", "-w", workspace.path)
    assert wrong.code == 2 and "has no version 9" in wrong.err
    assert "v1, v2" in wrong.err
