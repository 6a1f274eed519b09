"""The worked example of docs/budgets.md, done as it stands there; the command line besides."""

import re
import shlex
from datetime import date
from pathlib import Path

import pytest

from tests.budgets.company import lines
from tests.budgets.conftest import MOMENT
from tests.cli.conftest import Run, _empty_workspace, folder, run  # noqa: F401
from tests.shared import ROOT
from tests.web.company import csv_text

PAGE = (ROOT / "docs" / "budgets.md").read_text("utf-8")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown(text: str) -> list[str]:
    """The lines without rules of tables and runs of spaces."""
    found = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    return [line for line in found if line.strip("─ ")]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for module in ("budgets", "budget_drafts", "budget_effects"):
        monkeypatch.setattr(f"outlay.app.planning.{module}.utc_now", lambda: MOMENT)
    bill = lines(date(2026, 6, 1), date(2026, 10, 1))
    (tmp_path / "bill.csv").write_text(csv_text(bill), encoding="utf-8")
    return tmp_path


def test_the_example_of_the_page(run: Run, folder: Path, place: Path) -> None:  # noqa: F811
    _follow(run, place)


def _follow(run: Run, place: Path) -> None:  # noqa: F811
    """Write the page's files, run its commands in turn, and compare what they print."""
    said, compared = "", 0
    for kind, body in _BLOCK.findall(PAGE.split("## What was to be expected")[0]):
        if kind == "yaml":
            (place / "budgets.yaml").write_text(body, encoding="utf-8")
        elif kind == "sh":
            for line in body.splitlines():
                ran = run(*shlex.split(line)[1:])
                assert ran.code == 0, (line, ran.err)
                said = ran.out
        else:
            assert shown(said) == shown(body)
            compared += 1
    assert compared == 2


@pytest.mark.slow
def test_the_other_commands(run: Run, folder: Path, place: Path) -> None:  # noqa: F811
    _follow(run, place)
    past = run("budgets", "history", "data", "--json").json
    kept = {one["period"]: (one["actual"], one["state"]) for one in past}
    assert kept["2026-07"] == ("155.00", "over") and kept["2026-09"] == ("150.00", "kept")
    asked = run("budgets", "list", "--at", "2026-07", "--state", "over", "--json").json
    assert [(one["name"], one["status"]["remaining"]) for one in asked] == [("data", "-3.00")]
    assert asked[0]["spec"]["amount"] == "152"
    assert (
        "No budget is ahead." in run("budgets", "list", "--at", "2026-07", "--state", "ahead").out
    )
    draft = place / "draft.yaml"
    draft.write_text(
        "kind: Budget\nname: more\nspec: {currency: USD, amount: 545, until: 2026-10-01}\n",
        encoding="utf-8",
    )
    told = run("budgets", "preview", draft, "--json")
    assert told.code == 0, told.err
    assert [(one["period"], one["state"]) for one in told.json] == [
        ("2026-09", "kept"), ("2026-08", "over"), ("2026-07", "over"), ("2026-06", "kept"),
    ]  # fmt: skip
    missing = run("budgets", "show", "nobody")
    assert missing.code == 1 and "There are: all, data, shop" in missing.err
    wrong = run("budgets", "list", "--at", "july", "--json")
    assert wrong.code == 2 and "is not a billing period" in wrong.err
    suggested = run("budgets", "suggest", "team", "--margin", "0", "--json").json
    assert suggested["tag"] == "team" and suggested["suggestions"][0]["name"] == "team-shop"
    planned = run("plan", "budgets.yaml", "--json").json
    assert planned["counts"]["unchanged"] == 4
    changed = (place / "budgets.yaml").read_text().replace("amount: 600", "amount: 700")
    (place / "budgets.yaml").write_text(changed, encoding="utf-8")
    (effect,) = run("plan", "budgets.yaml", "--json").json["effects"]["budgets"]
    assert (effect["name"], effect["before"], effect["after"]) == ("all", "600.00", "700.00")
