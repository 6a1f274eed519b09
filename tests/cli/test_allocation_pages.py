"""The pages on platforms, coverage, why, replay and creator: what they show is what is printed.

A block ```` ```console ```` is a command line behind `$` and what it prints, in the small company
of `workspace`; spaces in tables do not matter.
"""

import json
import re
import shlex
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace, usage
from outlay.query import CostQuery
from tests.app.ruled import ruled
from tests.cli.conftest import Run
from tests.query.test_platforms import DAY
from tests.shared import ROOT
from tests.sources.ai_gateway.logs import request
from tests.sources.openai import answers
from tests.sources.snowflake import exports
from tests.web.company import line, load

D = Decimal
PAGES = ("platforms", "coverage", "why", "replay", "creator")
_BLOCK = re.compile(r"^```console\n\$ (.*?)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("pages")
    found = ruled(folder)
    _snowflake(found, folder)
    _models(found, folder)
    made = line("40.00", "2026-10-05", service="Cloud Storage", team=None, account="Data")
    tags = json.dumps({"aws:createdBy": "IAMUser:AIDACKCEVSQ6C2EXAMPLE:ana"})
    load(found, folder / "bills", "made", [made | {"Tags": tags}])
    yield found
    found.close()


def _snowflake(workspace: Workspace, folder: Path) -> None:
    """An hour of 4 credits for 10.00: Ana 1.5, Bo 0.5, 2 used by nobody; storage for 3.00."""
    views = {
        "usage_in_currency_daily": [
            exports.bill("10.00", "4"), exports.bill("3.00", "1", **exports.STORAGE),
        ],
        "warehouse_metering_history": [exports.hour("4", "2")],
        "query_attribution_history": [
            exports.query(1, "1.5", "ANA", '{"team": "storefront"}'),
            exports.query(2, "0.5", "BO", '{"team": "data"}'),
        ],
        "query_history": [exports.history(1, "ANALYST"), exports.history(2, "LOADER")],
    }  # fmt: skip
    (done,) = workspace.load([str(exports.write(folder / "snow", views))], source="snow")
    assert done.outcome == "loaded"


def _models(workspace: Workspace, folder: Path) -> None:
    """10.00 for 1,000 tokens of a gateway's key, of which its log has 800; 4.00 of another key."""
    bill, log = folder / "openai", folder / "gateway"
    bill.mkdir()
    log.mkdir()
    costs = answers.bucket(
        DAY,
        answers.cost("10.00", "gpt-4o-2024-08-06, input", api_key_id="key_gateway"),
        answers.cost("4.00", "gpt-4o-2024-08-06, input", api_key_id="key_search"),
    )
    used = answers.bucket(
        DAY,
        answers.completions(input_tokens=1000, output_tokens=0, api_key_id="key_gateway"),
        answers.completions(input_tokens=400, output_tokens=0, api_key_id="key_search"),
    )
    (bill / "costs.json").write_text(answers.text(answers.page([costs])))
    (bill / "completions.json").write_text(answers.text(answers.page([used])))
    calls = [
        request(1, prompt_tokens=300, completion_tokens=0, end_user="acme"),
        request(2, prompt_tokens=500, completion_tokens=0, end_user="globex"),
    ]
    (log / "spend.jsonl").write_text("".join(json.dumps(one) + "\n" for one in calls))
    for name, place in (("openai", bill), ("gateway", log)):
        (done,) = workspace.load([str(place)], source=name)
        assert done.outcome == "loaded"
    usage.tie(workspace, "gateway", "openai", ("x_Model",), "x_ApiKey = 'key_gateway'")


def examples() -> list[tuple[str, str, str]]:
    """Page, command line and output of every example."""
    return [
        (page, words, output)
        for page in PAGES
        for words, output in _BLOCK.findall((ROOT / f"docs/allocation/{page}.md").read_text())
    ]


def test_every_page_has_examples() -> None:
    assert {page for page, _, _ in examples()} == set(PAGES)


@pytest.mark.parametrize(("page", "words", "output"), examples())
def test_an_example_prints_what_the_page_shows(
    run: Run, workspace: Workspace, page: str, words: str, output: str
) -> None:
    shown = run(*shlex.split(words)[1:], "-w", workspace.path)
    assert shown.code == 0, shown.err
    assert _bare(shown.out) == _bare(output), shown.out


def _bare(text: str) -> list[str]:
    """The lines without rules of tables, runs of spaces, and days on which tests run."""
    lines = [re.sub(r"\s+", " ", one).strip() for one in text.splitlines()]
    lines = [re.sub(r"on \d{4}-\d\d-\d\d\b", "on DAY", one) for one in lines]
    lines = [re.sub(r"\b01[0-9A-Z]{24}\b", "ID", one) for one in lines]
    return [one for one in lines if one.strip("─ ")]


def test_idle_and_a_gateways_part_in_every_answer_by_two_splits(
    workspace: Workspace, tmp_path: Path
) -> None:
    """docs/allocation/examples/consumers.yaml, as docs/allocation/platforms.md tells of it."""
    import shutil

    import yaml

    shutil.copytree(workspace.path, tmp_path / "ws")
    own = Workspace.open(tmp_path / "ws")
    text = (ROOT / "docs/allocation/examples/consumers.yaml").read_text()
    for one in yaml.safe_load_all(text):
        own.resources.put(one["kind"], one["name"], one["spec"], author="test")
    question = CostQuery(by=("consumer",), where="x_SourceName IN ('snow', 'openai')")
    found = {str(row["consumer"]): row for row in own.query(question).rows()}
    assert {name: row["EffectiveCost"] for name, row in found.items()} == {
        "storefront": D("7.50"), "data": D("2.50"), "acme": D("3.75"), "globex": D("6.25"),
        "Unallocated": D("7.00"), "gateway": D(0), "idle WH_1": D(0),
    }  # fmt: skip
    assert found["storefront"]["EffectiveCost_shared"] == D("3.75")
    own.close()
