"""The worked examples of docs/allocation/metrics.md and unit-costs.md, done as they stand there."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.bills import csv_text, row
from tests.cli.conftest import Run
from tests.shared import ROOT

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`([a-z-]+\.csv)`")
_CHARGE = re.compile(r"^\| (\d{4}-\d\d-\d\d) \| (\w+) \| ([\d.]+) \|$", re.MULTILINE)


def page(name: str) -> str:
    return (ROOT / f"docs/allocation/{name}.md").read_text("utf-8")


def shown(text: str) -> list[str]:
    """The lines without rules of tables and runs of spaces."""
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    return [line for line in lines if line.strip("─ ")]


def follow(run: Run, text: str, folder: Path) -> int:
    """Write the page's files, run its commands in turn, and compare what they print."""
    said, compared = "", 0
    for match in _BLOCK.finditer(text):
        kind, body = match.groups()
        if kind == "csv":
            (folder / _NAMED.findall(text[: match.start()])[-1]).write_text(body)
        elif kind == "sh":
            for line in body.splitlines():
                ran = run(*shlex.split(line)[1:])
                assert ran.code == 0, (line, ran.err)
                said = ran.out
        elif kind == "text":
            assert shown(said) == shown(body), said
            compared += 1
    return compared


def test_metrics(run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert follow(run, page("metrics"), tmp_path) == 5


def test_unit_costs(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = page("unit-costs")
    charges = _CHARGE.findall(text)
    assert len(charges) == 4
    (tmp_path / "bills").mkdir()
    for month in sorted({day[:7] for day, _, _ in charges}):
        rows = [row(cost, day=day, team=team) for day, team, cost in charges if day[:7] == month]
        (tmp_path / "bills" / f"{month}.csv").write_text(csv_text(rows))
    assert run("load", tmp_path / "bills", "--source", "shop").code == 0
    (documents,) = [body for kind, body in _BLOCK.findall(text) if kind == "yaml"]
    (tmp_path / "unit-costs.yaml").write_text(documents)
    assert follow(run, text, tmp_path) == 3


def test_the_resources_of_the_pages_are_valid() -> None:
    """Every source of a metric that a page shows is one."""
    import yaml

    from outlay.app.kinds import register_all
    from outlay.resources import registry

    register_all()
    kinds = set()
    for name in ("metrics", "unit-costs"):
        for kind, body in _BLOCK.findall(page(name)):
            if kind != "yaml":
                continue
            for document in yaml.safe_load_all(body):
                if "kind" in document:
                    registry.get(document["kind"]).parse(document["spec"])
                    continue
                labels = list(document["source"].get("columns", {}))
                registry.get("Metric").parse({"labels": labels or ["channel"], **document})
                kinds.add(document["source"]["kind"])
    assert kinds == {"csv", "sql", "prometheus", "cloudwatch", "datadog"}


def test_every_field_is_described() -> None:
    from outlay.allocation.metrics import MetricSpec
    from outlay.query.unit import UnitCostSpec

    for model, name in ((MetricSpec, "metrics"), (UnitCostSpec, "unit-costs")):
        text = page(name)
        assert [field for field in model.model_fields if f"`{field}`" not in text] == []
