"""`outlay ai reconcile`: bills of models beside estimates of their usage, exact and never added."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from tests.cli.conftest import Run
from tests.sources.ai_gateway.logs import request
from tests.sources.openai.answers import bucket, completions, cost, page
from tests.web.conftest import serving

pytestmark = pytest.mark.slow

MONDAY, TUESDAY = date(2026, 10, 19), date(2026, 10, 20)


def gpt(tokens: int, **fields: object) -> dict[str, object]:
    """Usage of gpt-5: 1.25 dollars a million of input."""
    given = {"model": "gpt-5-2025-08-07", "input_tokens": tokens, "output_tokens": 0, **fields}
    return completions(**given)


@pytest.fixture
def models(folder: Path, run: Run, tmp_path: Path) -> Run:
    """A workspace with two days of OpenAI: one at the public price, one at a negotiated one."""
    item = "gpt-5-2025-08-07, input"
    costs = [
        bucket(MONDAY, cost("1.25", item), cost("-3", "Promotional credit", project_id=None)),
        bucket(TUESDAY, cost("2", item), cost("0.5", "web search tool calls")),
    ]
    usage = [
        bucket(MONDAY, gpt(1_000_000)),
        bucket(TUESDAY, gpt(2_000_000), gpt(70, model="own-1", project_id="proj_lab")),
    ]
    (tmp_path / "openai").mkdir()
    (tmp_path / "openai" / "costs.json").write_text(json.dumps(page(costs)))
    (tmp_path / "openai" / "usage.json").write_text(json.dumps(page(usage)))
    assert run("load", tmp_path / "openai", "--source", "openai").code == 0
    return run


def test_it_compares_by_model_and_says_what_it_leaves_out(models: Run) -> None:
    shown = models("ai", "reconcile")
    assert shown.code == 0
    assert "Billed and estimated are the same tokens: never add the two." in shown.out
    assert "Credits and adjustments of openai are left out: -3.00 USD." in shown.out
    found = models("ai", "reconcile", "--json").json
    assert found["credits_and_adjustments"] == {"openai": {"USD": "-3.00"}}
    rows = {row["model"]: row for row in found["rows"]}
    assert {
        model: (row["cost"], row["estimate"], row["difference"], row["unpriced_tokens"])
        for model, row in rows.items()
    } == {
        "gpt-5": ("3.25", "3.75", "-0.50", "0"),
        "own-1": (None, None, "0.00", "70"),
        None: ("0.50", None, "0.50", "0"),
    }
    (total,) = found["totals"]
    assert (total["cost"], total["estimate"], total["difference"]) == ("3.75", "3.75", "0.00")


def test_it_compares_by_day_project_and_model(models: Run) -> None:
    found = models("ai", "reconcile", "--by", "day,project,model", "--json").json
    rows = [
        (row["day"], row["project"], row["model"], row["cost"], row["estimate"])
        for row in found["rows"]
    ]
    assert rows == [
        ("2026-10-19", "proj_shop", "gpt-5", "1.25", "1.25"),
        ("2026-10-20", "proj_shop", None, "0.50", None),
        ("2026-10-20", "proj_shop", "gpt-5", "2.00", "2.50"),
        ("2026-10-20", "proj_lab", "own-1", None, None),
    ]
    one_day = models("ai", "reconcile", "--range", "2026-10-19..2026-10-20", "--json").json
    assert [row["difference"] for row in one_day["rows"]] == ["0.00"]


def test_no_answer_adds_the_two(models: Run) -> None:
    """The charges stay what OpenAI bills; the estimates are in the usage alone."""
    billed = models("query", "--by", "x_Model", "--json").json
    assert Decimal(billed["total"]["EffectiveCost"]) == Decimal("0.75")


def test_a_gateway_is_compared_with_the_bill_that_it_is_tied_to(
    models: Run, tmp_path: Path
) -> None:
    logged = request(
        1, model="gpt-5-2025-08-07", startTime="2026-10-20T09:00:00Z", prompt_tokens=400_000,
        completion_tokens=0,
    )  # fmt: skip
    (tmp_path / "gateway.jsonl").write_text(json.dumps(logged))
    assert models("load", tmp_path / "gateway.jsonl", "--source", "gateway").code == 0
    untied = models("ai", "reconcile", "--json").json
    assert untied["notes"] == ["gateway is usage alone and tied to no bill: not compared"]
    assert models("tie", "gateway", "openai", "--match", "x_Model").code == 0
    found = models("ai", "reconcile", "--json").json
    by_usage = {(row["usage"], row["model"]): row["estimate"] for row in found["rows"]}
    assert by_usage["gateway", "gpt-5"] == "0.50"
    assert by_usage["openai", "gpt-5"] == "3.75"
    assert len(found["totals"]) == 2


def test_own_usage_is_superseded_by_own_costs(models: Run) -> None:
    found = models("provisional", "--json").json
    assert found["provisional"] == {"USD": "0.00"}
    assert found["superseded"] == {"USD": "3.75"}
    assert "tied to no bill" not in models("provisional").out


def test_wrong_words_are_refused_with_the_right_ones(models: Run) -> None:
    wrong = models("ai", "reconcile", "--by", "modle")
    assert wrong.code == 2
    assert "'modle' is nothing that costs and estimates are compared by" in wrong.err
    assert "model" in wrong.err
    assert models("ai", "reconcile", "--range", "someday").code == 2
    assert models("ai", "reconcile", "--source", "nobody").code != 0


def test_without_models_it_says_what_to_load(folder: Path, run: Run) -> None:
    shown = run("ai", "reconcile")
    assert shown.code == 0
    assert "Nothing to compare" in shown.out


def test_the_api_gives_the_same(models: Run, folder: Path) -> None:
    said = models("ai", "reconcile", "--by", "project,model", "--json").json
    workspace = Workspace.open(folder)
    try:
        client = serving(workspace)
        got = client.get("/api/v1/ai/reconcile", params={"by": "project,model"})
        assert got.status_code == 200
        assert got.json() == said
        wrong = client.get("/api/v1/ai/reconcile", params={"by": "modle"})
        assert wrong.status_code == 400
    finally:
        workspace.close()
