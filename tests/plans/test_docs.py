"""The worked example of docs/plans.md, done as it stands there."""

import re
import shlex
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from outlay.app import Workspace
from outlay.app.kinds import register_all
from outlay.cli import main
from outlay.resources import registry
from tests.cli.bills import Row, row, write_bill
from tests.plans.company import days
from tests.shared import ROOT

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def page() -> str:
    return (ROOT / "docs/plans.md").read_text("utf-8")


def shown(text: str) -> list[str]:
    """The lines without rules of tables and runs of spaces."""
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    return [line for line in lines if line.strip("─ ")]


def bill() -> Iterator[Row]:
    """The bill that the page describes."""
    for day in days(date(2025, 7, 1), date(2026, 2, 1)):
        hours = Decimal(12 if day >= date(2026, 1, 1) else 10)
        price = Decimal("1.10" if day >= date(2025, 12, 1) else "1.00")
        for team, service, quantity, each in (
            ("shop", "Compute", hours, price),
            ("data", "Storage", Decimal(3), Decimal("1.11")),
        ):
            found = row(format(quantity * each, "f"), day=str(day), service=service, team=team)
            yield found | {
                "PricingQuantity": str(quantity),
                "ConsumedQuantity": str(quantity),
                "ResourceId": team,
                "SkuId": service,
                "SkuPriceId": f"{service}-1",
            }


@pytest.mark.slow
def test_the_example_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Workspace.init(tmp_path, currency="USD").close()
    write_bill(tmp_path / "bill.csv", list(bill()))
    said, compared = "", 0
    for kind, body in _BLOCK.findall(page()):
        if kind == "yaml" and not (tmp_path / "plan.yaml").exists():
            (tmp_path / "plan.yaml").write_text(body)
        for line in body.splitlines() if kind == "sh" else ():
            code = main(shlex.split(line)[1:])
            told = capsys.readouterr()
            assert code == 0, (line, told.err)
            said = told.out
        if kind == "text":
            assert shown(said) == shown(body), said
            compared += 1
    assert compared == 3


def test_the_plans_of_the_page_are_valid() -> None:
    register_all()
    found = [d for kind, body in _BLOCK.findall(page()) if kind == "yaml"
             for d in yaml.safe_load_all(body)]  # fmt: skip
    assert [registry.get(one["kind"]).parse(one["spec"]) for one in found]
