"""`outlay plan`, `apply`, `pull` as a person runs them, in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

TEAM = """\
kind: VirtualTag
name: team
spec:
  rules:
    - when: tags.team IS NOT NULL
      value: {from: tags.team}
    - value: {from: SubAccountId, transform: [{lookup: owners}]}
---
kind: Dictionary
name: owners
spec: {file: owners.csv}
"""


def outlay(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """One command line in a process; nobody is at its keyboard."""
    return subprocess.run(
        [sys.executable, "-m", "outlay", *(str(word) for word in words)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "OUTLAY_WORKSPACE": str(folder)},
        timeout=120,
        check=False,
    )


def rules(tmp_path: Path) -> Path:
    """A folder with the rules and the dictionary beside them."""
    place = tmp_path / "rules"
    place.mkdir()
    (place / "team.yaml").write_text(TEAM)
    (place / "owners.csv").write_text("key,value\n111,platform\n")
    return place


@pytest.mark.slow
def test_plan_apply_pull_in_processes(folder: Path, tmp_path: Path) -> None:
    place = rules(tmp_path)
    plan = outlay(folder, "plan", place, "--detailed-exitcode")
    assert plan.returncode == 4, plan.stderr
    assert "+ create Dictionary owners" in plan.stdout
    assert "Plan: 2 created, 0 changed, 0 deleted, 0 unchanged." in plan.stdout

    refused = outlay(folder, "apply", place)
    assert refused.returncode == 2
    assert "Pass --yes" in refused.stderr
    assert json.loads(outlay(folder, "get", "VirtualTag", "--json").stdout) == []

    done = outlay(folder, "apply", place, "--yes", "--note", "first teams")
    assert done.returncode == 0, done.stderr
    assert "Done: 2 created, 0 changed, 0 deleted." in done.stdout
    history = json.loads(outlay(folder, "history", "virtualtag", "team", "--json").stdout)
    assert [(c["version"], c["action"], c["note"]) for c in history] == [
        (1, "create", "first teams")
    ]

    assert outlay(folder, "plan", place, "--detailed-exitcode").returncode == 0
    pulled = outlay(folder, "pull", tmp_path / "out")
    assert pulled.returncode == 0, pulled.stderr
    assert "2 files written" in pulled.stdout
    again = outlay(folder, "plan", tmp_path / "out", "--prune")
    assert again.stdout == "Nothing to do: 2 resources as in the files.\n"


def test_a_changed_line_of_the_csv_is_a_change_of_one_entry(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    place = rules(tmp_path)
    assert run("apply", place, "--yes").code == 0
    (place / "owners.csv").write_text("key,value\n111,search\n222,data\n")
    found = run("plan", place, "--json").json
    assert found["counts"] == {"create": 0, "change": 1, "delete": 0, "unchanged": 1}
    assert found["versions"] == {"Dictionary/owners": 1}
    assert [(c["field"], c["before"]) for c in found["steps"][0]["changes"]] == [
        ("entries.111.value", "platform"),
        ("entries.222", None),
    ]
    shown = run("plan", place).out
    assert "~ change Dictionary owners (version 1)" in shown
    assert "entries.111.value: platform → search" in shown
    assert "No charge gets another value." in shown or "team: coverage" in shown


def test_what_is_wrong_is_told_with_file_and_line_and_nothing_is_done(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    place = rules(tmp_path)
    (place / "team.yaml").write_text(TEAM.replace("IS NOT NULL", "IS NOT NUL"))
    ran = run("apply", place, "--yes")
    assert ran.code == 2
    assert "team.yaml, document 1 (line 5), field spec.rules.0.when" in ran.err
    assert run("get", "Dictionary", "--json").json == []
    ran = run("plan", tmp_path / "nowhere")
    assert (ran.code, "is no file and no folder" in ran.err) == (2, True)
    (tmp_path / "empty").mkdir()
    ran = run("plan", tmp_path / "empty")
    assert (ran.code, "has no file that ends in .yaml" in ran.err) == (2, True)


def test_removing_what_others_need_says_who(run: Run, folder: Path, tmp_path: Path) -> None:
    place = rules(tmp_path)
    run("apply", place, "--yes")
    (place / "team.yaml").unlink()
    (place / "owners.csv").unlink()
    (place / "view.yaml").write_text("kind: View\nname: v\nspec: {query: {by: [team]}}\n")
    assert run("apply", place, "--yes").code == 0
    ran = run("apply", place, "--yes", "--prune-kind", "VirtualTag")
    assert ran.code == 1
    assert "the virtual tag 'team' cannot be removed: the view 'v' needs it" in ran.err


def test_pull_without_a_folder_prints(run: Run, folder: Path, tmp_path: Path) -> None:
    run("apply", rules(tmp_path), "--yes")
    assert run("pull", "--kind", "Dictionary").out == (
        "kind: Dictionary\nname: owners\nspec:\n  entries:\n  - key: '111'\n    value: platform\n"
    )
    assert list(run("pull", "--json").json) == [
        "dictionaries/owners.yaml",
        "virtual-tags/team.yaml",
    ]
