"""docs/allocation/virtual-tags.md: the worked examples run, and what it lists is what there is."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.allocation.model import DictionarySpec, VirtualTagSpec
from outlay.allocation.rules import ELIGIBLE, Ruleset
from outlay.money import total
from outlay.query import CostQuery, run
from outlay.resources import parse_resources
from tests.allocation.labelling import day
from tests.allocation.splitting import Series
from tests.query.fixtures import SmallLake

DOC = Path(__file__).parents[2] / "docs" / "allocation" / "virtual-tags.md"
TEXT = DOC.read_text(encoding="utf-8")
_SECTION = re.compile(r"^### (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
METRICS = Series({"requests": {day("2026-01-01"): {"acme": "1", "globex": "1"}}})


def examples() -> Iterator[Any]:
    parts = _SECTION.split(TEXT.partition("## Worked examples")[2])[1:]
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        yield pytest.param(body, id=title)


def rules_of(yaml: str) -> Ruleset:
    specs = {document.name: document.spec for document in parse_resources(yaml)}
    return Ruleset(
        tags={n: s for n, s in specs.items() if isinstance(s, VirtualTagSpec)},
        dictionaries={n: s for n, s in specs.items() if isinstance(s, DictionarySpec)},
        metrics=METRICS,
    ).check()


@pytest.mark.parametrize("body", list(examples()))
def test_example(body: str, tmp_path: Path) -> None:
    blocks = dict(_BLOCK.findall(body))
    rules = rules_of(blocks["yaml"])
    rows = list(csv.DictReader(blocks["csv"].splitlines()))
    lake = SmallLake(tmp_path)
    months: dict[str, list[dict[str, Any]]] = {}
    for number, row in enumerate(rows):
        charge_day = row.get("day", "2026-01-10")
        columns = {k: v or None for k, v in row.items() if k[0].isupper()}
        tags = {k.removeprefix("tags."): v for k, v in row.items() if k.startswith("tags.") and v}
        charge = {
            **columns,
            "Tags": tags,
            "EffectiveCost": row["cost"],
            "ChargePeriodStart": f"{charge_day}T13:00:00",
            "ResourceId": f"r{number}",
        }
        months.setdefault(charge_day[:7], []).append(charge)
    for month, charges in months.items():
        lake.add(month, charges)
    assert set(rules.tags) <= set(rows[0])
    for tag in rules.tags:
        result = run(lake, CostQuery(by=("ResourceId", tag)), rules=rules)
        found = {str(r["ResourceId"]): (r[tag], r["EffectiveCost"]) for r in result.rows()}
        assert found == {
            f"r{number}": (row[tag], Decimal(row["cost"])) for number, row in enumerate(rows)
        }
        (whole,) = result.totals
        assert whole["EffectiveCost"] == total(Decimal(row["cost"]) for row in rows)


def test_there_are_examples() -> None:
    assert len(list(examples())) >= 9


def test_the_yaml_above_the_examples_is_valid() -> None:
    text = TEXT.partition("## Worked examples")[0]
    yaml = "---\n".join(body for kind, body in _BLOCK.findall(text) if kind == "yaml")
    rules = rules_of(yaml)
    assert set(rules.tags) == {"team", "department"}
    assert set(rules.dictionaries) == {"account-owners"}
    assert replace(rules).order == ("team", "department")


def test_the_columns_that_rules_can_look_at_are_published() -> None:
    section = TEXT.partition("### What a rule can look at")[2].partition("\n## ")[0]
    listed = section.partition("columns are:")[2].partition("\n\nAnother")[0]
    assert re.findall(r"`(\w+)`", listed) == list(ELIGIBLE)


def test_the_conditions_of_the_table_are_conditions() -> None:
    from outlay.expression import parse

    section = TEXT.partition("## Conditions")[2].partition("### What")[0]
    rows = re.findall(r"^\| [^|]+ \| (.*) \|$", section, re.MULTILINE)
    texts = [text for row in rows for text in re.findall(r"`([^`]+)`", row) if "…" not in text]
    assert len(texts) >= 15
    for text in texts:
        parse(text)
