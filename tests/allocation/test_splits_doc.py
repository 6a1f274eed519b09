"""The worked examples of docs/allocation/splits.md, run as they stand there."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.allocation.model import SplitSpec
from outlay.allocation.rules import Ruleset
from outlay.query import CostQuery, run
from outlay.resources import parse_resources
from tests.allocation.splitting import TEAM, Series, UsageLake, charge

DOC = Path(__file__).parents[2] / "docs" / "allocation" / "splits.md"
_SECTION = re.compile(r"^### (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> Iterator[Any]:
    text = DOC.read_text(encoding="utf-8").partition("## Worked examples")[2].partition("\n## ")[0]
    parts = _SECTION.split(text)[1:]
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        yield pytest.param(body, id=title)


def blocks(body: str, kind: str) -> list[str]:
    return [text for name, text in _BLOCK.findall(body) if name == kind]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_there_are_examples() -> None:
    assert len(list(examples())) >= 10


@pytest.mark.parametrize("body", list(examples()))
def test_example(body: str, tmp_path: Path) -> None:
    (yaml,) = blocks(body, "yaml")
    tables = [rows(text) for text in blocks(body, "csv")]
    bill, expected = tables[0], tables[-1]
    lake = UsageLake(tmp_path)
    by_month: dict[str, list[dict[str, Any]]] = {}
    for row in bill:
        more = {"ServiceName": row["service"]} if "service" in row else {}
        one = charge(row["team"] or None, row["cost"], row["day"], **more)
        by_month.setdefault(row["day"][:7], []).append(one)
    for month, charges in by_month.items():
        lake.add(month, charges)
    series: dict[date, dict[str, str]] = {}
    for table in tables[1:-1]:
        for row in table:
            if "month" in row:
                month_start = date.fromisoformat(f"{row['month']}-01")
                series.setdefault(month_start, {})[row["team"]] = row["value"]
        if "namespace" in table[0]:
            lake.add_usage(
                "cpu_request",
                ((row["day"], row["quantity"], {"x_Namespace": row["namespace"]}) for row in table),
            )
    splits = {d.name: d.spec for d in parse_resources(yaml) if isinstance(d.spec, SplitSpec)}
    rules = Ruleset({"team": TEAM}, splits=splits, metrics=Series({"orders": series})).check()
    result = run(lake, CostQuery(by=("team",)), rules=rules)
    found = [
        (
            row["team"], row["EffectiveCost_direct"], row["EffectiveCost_shared"],
            row["EffectiveCost"],
        )
        for row in result.rows()
    ]  # fmt: skip
    assert found == [
        (row["team"], *(Decimal(row[name]) for name in ("direct", "shared", "total")))
        for row in expected
    ]
    quoted = re.findall(r"^> ?(.*)$", body, re.MULTILINE)
    notes = [" ".join(note.split()) for note in "\n".join(quoted).split("\n\n") if note.strip()]
    assert [" ".join(note.split()) for note in result.warnings] == notes
