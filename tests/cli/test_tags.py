"""`outlay tags` and `outlay dictionaries` on the command line."""

import json
from pathlib import Path

import pytest

from outlay.app import Workspace, allocating
from tests.cli.bills import row, write_bill
from tests.cli.conftest import Run

TEAM = """\
kind: VirtualTag
name: team
spec:
  description: Who answers for a charge.
  rules:
    - when: tags.team IS NOT NULL
      value: {from: tags.team, transform: [trim, lower]}
    - {name: storage, when: "ServiceName = 'Amazon Simple Storage Service'", value: data}
    - {when: "tags.team = 'shop'", value: shop}
    - {when: "ServiceName = 'nothing'", value: nobody}
  values:
    shop: {title: Web shop, owner: ana@example.com, parent: commerce}
    old: {title: Gone, until: 2026-01-01}
"""
DEPARTMENT = """\
---
kind: VirtualTag
name: department
spec:
  rules: [{value: {from: team, transform: [parent]}}]
"""


@pytest.fixture
def loaded(run: Run, folder: Path, tmp_path: Path) -> Path:
    """A workspace with three charges: 10 of shop (spelt Shop), 2 of storage, 1 of nobody."""
    rows = [
        row("10", team="Shop"),
        row("2", service="Amazon Simple Storage Service", day="2026-08-03") | {"Tags": "{}"},
        row("1") | {"Tags": "{}"},
    ]
    september, august = [rows[0], rows[2]], [rows[1]]
    assert run("load", write_bill(tmp_path / "a" / "bill.csv", september + august)).code == 0
    return folder


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_from_nothing_to_a_tag(run: Run, loaded: Path, tmp_path: Path) -> None:
    assert "No virtual tag yet" in run("tags", "list").out
    file = write(tmp_path / "team.yaml", TEAM + DEPARTMENT)

    told = run("tags", "preview", file)
    assert told.code == 0
    assert "dead: catches nothing" in told.out
    assert "Allocated: 92.3 %." in told.out
    assert run("tags", "list", "--json").json == []  # Nothing was saved.

    data = run("tags", "preview", file, "--json").json
    team, department = data["previews"]
    assert [rule["state"] for rule in team["rules"]] == ["live", "live", "dead", "dead"]
    assert team["rules"][1]["name"] == "storage"
    assert team["rules"][1]["first"]["money"] == {"USD": "2.00"}
    assert team["effect"]["coverage_before"] is None
    assert team["effect"]["coverage_after"]["allocated"] == {"USD": "12.00"}
    assert {(m["from"], m["to"]) for m in department["effect"]["moves"]} == {
        (None, "commerce"),
        (None, "Unallocated"),
    }
    assert data["effects"] == []

    assert run("apply", file, "--yes").code == 0
    listed = run("tags", "list", "--json").json
    assert [one["name"] for one in listed] == ["department", "team"]
    assert listed[0]["builds_on"] == ["team"]
    assert listed[1]["share"] == {"USD": "0.923077"}
    assert listed[1]["values"] == 2

    shown = run("tags", "show", "team")
    assert "Who answers for a charge." in shown.out
    assert "tags.team → trim → lower" in shown.out
    one = run("tags", "show", "team", "--range", "2026-09-01..2026-10-01", "--json").json
    assert [r["first"]["money"] for r in one["spend"]["rules"][:2]] == [{"USD": "10.00"}, {}]
    assert one["used_by"] == ["department"]


def test_values_show_what_is_known_of_them(run: Run, loaded: Path, tmp_path: Path) -> None:
    run("apply", write(tmp_path / "team.yaml", TEAM), "--yes")
    shop, data, none, old = run("tags", "values", "team", "--json").json
    assert (shop["value"], shop["title"], shop["owner"]) == ("shop", "Web shop", "ana@example.com")
    assert (shop["parent"], shop["money"], shop["lines"]) == ("commerce", {"USD": "10.00"}, 1)
    assert (data["value"], data["described"]) == ("data", False)
    assert none["value"] == "Unallocated"
    assert (old["active"], old["until"], old["money"]) == (False, "2026-01-01", {})
    text = run("tags", "values", "team").out
    assert "Web shop" in text
    assert "no (– 2026-01-01)" in text
    within = run("tags", "values", "team", "--where", "team = 'data'", "--json").json
    assert within[0]["value"] == "data"


def test_coverage_and_suggestions(run: Run, loaded: Path, tmp_path: Path) -> None:
    run("apply", write(tmp_path / "team.yaml", TEAM), "--yes")
    data = run("tags", "coverage", "team", "--json").json
    assert [(m["month"], m["allocated"]) for m in data["months"]] == [
        ("2026-08", {"USD": "2.00"}),
        ("2026-09", {"USD": "10.00"}),
    ]
    text = run("tags", "coverage", "team", "--range", "2026-09-01..2026-10-01").out
    assert "ServiceName = 'Amazon Elastic Compute Cloud'" in text
    assert "90.9 %" in text
    assert "The data suggests no rule." in run("tags", "suggest", "team").out


def test_suggestions_come_with_their_rule(run: Run, folder: Path, tmp_path: Path) -> None:
    rows = [row("1", team="shop")] * 10 + [row("5") | {"Tags": "{}"}]
    run("load", write_bill(tmp_path / "bill.csv", rows))
    file = write(
        tmp_path / "team.yaml",
        "kind: VirtualTag\nname: team\nspec: {rules: [{value: {from: tags.team}}]}\n",
    )
    run("apply", file, "--yes")
    (one,) = run("tags", "suggest", "team", "--json").json
    assert one["rule"] == {"when": "SubAccountId = '222222222222'", "value": "shop"}
    assert one["allocates"]["money"] == {"USD": "5.00"}
    text = run("tags", "suggest", "team").out
    assert "5.00 USD (as rule 2)" in text
    assert "    - when: SubAccountId = '222222222222'\n      value: shop" in text
    assert run("tags", "list", "--json").json[0]["rules"] == 1


def test_versions(run: Run, loaded: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "team.yaml", TEAM)
    run("apply", file, "--yes")
    run("apply", write(file, TEAM.replace("value: data", "value: lake")), "--yes")
    history = run("tags", "history", "team")
    assert "update" in history.out
    changes = run("tags", "history", "team", "--json").json
    assert [change["version"] for change in changes] == [1, 2]
    restored = run("tags", "restore", "team", "1")
    assert "Version 1 of team is current again (as version 3)." in restored.out
    assert run("tags", "values", "team", "--json").json[1]["value"] == "data"
    assert run("tags", "restore", "team", "9").code == 1


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("tags", "show", "taem"), 1, "no virtual tag 'taem'"),
        (("tags", "coverage", "taem"), 2, "no virtual tag 'taem'"),
        (("tags", "history", "taem"), 1, "no virtual tag 'taem'"),
        (("dictionaries", "show", "none"), 1, "no dictionary 'none'"),
    ],
)
def test_names_that_are_not_there(
    run: Run, folder: Path, words: tuple[str, ...], code: int, error: str
) -> None:
    ran = run(*words)
    assert error in ran.err
    assert ran.code == code


def test_a_preview_that_is_refused_points_at_the_rule(
    run: Run, loaded: Path, tmp_path: Path
) -> None:
    file = write(
        tmp_path / "bad.yaml",
        "kind: VirtualTag\nname: team\nspec: {rules: [{when: \"ServiceNam = 'x'\", value: a}]}\n",
    )
    ran = run("tags", "preview", file)
    assert ran.code != 0
    assert "Did you mean ServiceName" in ran.err
    other = write(tmp_path / "view.yaml", "kind: View\nname: v\nspec: {query: {by: ServiceName}}\n")
    assert "no virtual tag and no dictionary" in run("tags", "preview", other).err


def test_rules_look_at_a_metrics_label(run: Run, folder: Path, tmp_path: Path) -> None:
    """From a pushed metric to a tag of its customers, previews included."""
    bill = [row("10", team="acme"), row("5", team="globex"), row("1", team="internal")]
    run("load", write_bill(tmp_path / "bill.csv", bill))
    metric = "kind: Metric\nname: requests\nspec: {unit: requests, labels: [customer]}\n"
    tag = """\
---
kind: VirtualTag
name: customer
spec:
  rules:
    - when: tags.team IN metrics.requests.customer
      value: {from: tags.team}
"""
    file = tmp_path / "customer.yaml"
    file.write_text(metric + tag)
    applied = run("apply", file, "--yes")
    assert applied.code == 0, applied.err
    push = ["metrics", "push", "requests", "--date", "2026-09-01", "--value", "7"]
    assert run(*push, "--label", "customer=acme").code == 0

    def values() -> dict[str, str]:
        found = run("tags", "values", "customer", "--json").json
        return {one["value"]: one["money"]["USD"] for one in found}

    assert values() == {"acme": "10.00", "Unallocated": "6.00"}
    assert run(*push, "--label", "customer=globex").code == 0
    assert values() == {"acme": "10.00", "globex": "5.00", "Unallocated": "1.00"}
    workspace = Workspace.open(folder)
    spec = {"rules": [{"when": "tags.team IN metrics.requests.customer", "value": "paying"}]}
    found = allocating.preview_tag(workspace, "customer", spec)
    assert found.rules[0].first.lines == 2
    workspace.close()
    wrong = file.read_text().replace("requests.customer", "requests.client")
    file.write_text(wrong)
    refused = run("apply", file, "--yes")
    assert refused.code != 0
    assert "the metric 'requests' has no label 'client'" in refused.err + refused.out


# --- dictionaries ---------------------------------------------------------------------------

OWNERS = "account;owner;since;till\n222222222222;Ana;2026-09-01;\n222222222222;Bo;;2026-09-01\n"


def test_dictionaries_from_csv(run: Run, loaded: Path, tmp_path: Path) -> None:
    assert "No dictionary yet" in run("dictionaries", "list").out
    file = write(tmp_path / "Account Owners.csv", "\ufeff" + OWNERS)
    words = ["dictionaries", "import", file, "--key", "account", "--value", "owner"]
    dates = ["--from", "since", "--until", "till"]
    done = run(*words, *dates)
    assert "The dictionary account-owners has 2 entries (version 1): 1 keys are new" in done.out
    again = run(*words, *dates, "--json").json
    assert (again["version"], again["added"], again["changed"]) == (1, 0, 0)
    assert "Ana" in run("dictionaries", "show", "account-owners").out
    assert "Ana" not in run("dictionaries", "show", "account-owners", "--search", "bo").out

    owner = """\
kind: VirtualTag
name: owner
spec: {rules: [{value: {from: SubAccountId, transform: [{lookup: account-owners}]}}]}
"""
    run("apply", write(tmp_path / "owner.yaml", owner), "--yes")
    values = {v["value"]: v["money"] for v in run("tags", "values", "owner", "--json").json}
    assert values == {"Ana": {"USD": "11.00"}, "Bo": {"USD": "2.00"}}
    assert run("dictionaries", "list", "--json").json[0]["used_by"] == ["owner"]

    changed = write(tmp_path / "new.yaml", _entries({"222222222222": "Cy"}))
    told = run("tags", "preview", changed, "--json").json
    assert told["previews"] == []
    assert {(m["from"], m["to"]) for m in told["effects"][0]["moves"]} == {
        ("Ana", "Cy"),
        ("Bo", "Cy"),
    }
    run("apply", changed, "--yes")
    assert run("dictionaries", "history", "account-owners", "--json").json[-1]["version"] == 2
    assert "as version 3" in run("dictionaries", "restore", "account-owners", "1").out


def _entries(entries: dict[str, str]) -> str:
    return f"kind: Dictionary\nname: account-owners\nspec: {json.dumps({'entries': entries})}\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("id,owner\n1,a\n", "the column 'account' (for --key) is not there. Columns: id, owner"),
        ("account,owner\n1\n", "line 2: 1 cells, but the header has 2"),
        ("account,owner\n1,\n", "line 2: the value is empty"),
        ("account,owner\n", "no entries below its header"),
        ("account,owner,account\n1,a,2\n", "the column 'account' (for --key) is twice"),
        ("account,owner\n1,a\n1,b\n", "two values at once"),
    ],
)
def test_a_file_that_is_no_dictionary(
    run: Run, folder: Path, tmp_path: Path, text: str, error: str
) -> None:
    file = write(tmp_path / "owners.csv", text)
    ran = run("dictionaries", "import", file, "--key", "account", "--value", "owner")
    assert ran.code != 0
    assert error in ran.err
    assert run("dictionaries", "list", "--json").json == []


def test_days_of_a_file_are_checked(run: Run, folder: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "owners.csv", "account,owner,since\n1,a,1.9.2026\n")
    words = ["--key", "account", "--value", "owner", "--from", "since"]
    ran = run("dictionaries", "import", file, *words)
    assert "line 2: '1.9.2026' is no day; write YYYY-MM-DD" in ran.err
