"""The worked examples of docs/allocation/kubernetes.md come out as they say."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from outlay.allocation.kubernetes.model import CLUSTER, ClusterSpec
from tests.allocation.kubernetes.bench import Bench, by, charge, room, used

DOCUMENT = Path(__file__).parents[3] / "docs" / "allocation" / "kubernetes.md"


@dataclass(frozen=True)
class Example:
    title: str
    spec: dict[str, Any]
    usage: list[tuple[str, str, str]]
    charge: str
    expected: dict[str, Decimal]


def _cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip("|").split("|")]


def examples() -> Iterator[Example]:
    worked = DOCUMENT.read_text(encoding="utf-8").partition("## Worked examples")[2]
    for section in re.split(r"^### ", worked, flags=re.M)[1:]:
        title, _, body = section.partition("\n")
        (block,) = re.findall(r"```yaml\n(.*?)```", body, re.S)
        tables = re.findall(r"(?:^\|.*\n?)+", body, re.M)
        usage, result = ([_cells(line) for line in table.strip().split("\n")] for table in tables)
        yield Example(
            title,
            yaml.safe_load(block),
            [(metric, namespace, quantity) for metric, namespace, quantity in usage[2:]],
            result[0][1],
            {name: Decimal(amount) for name, amount in result[2:]},
        )


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.title)
def test_an_example_comes_out_as_it_says(example: Example, tmp_path: Path) -> None:
    usage = [*room(), *(
        used(metric, quantity, x_Namespace=namespace, x_Pod=f"{namespace}-1")
        for metric, namespace, quantity in example.usage
    )]  # fmt: skip
    spec = ClusterSpec.model_validate(example.spec)
    rows = Bench(tmp_path).layer([charge(example.charge)], usage, prod=spec)
    assert by(rows, "x_Namespace") == example.expected
    assert sum(example.expected.values()) == Decimal(example.charge)


def test_there_are_examples_and_the_settings_are_valid() -> None:
    assert len(list(examples())) == 6
    text = DOCUMENT.read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(kind: Cluster.*?)```", text, re.S)
    document = yaml.safe_load(block)
    assert isinstance(CLUSTER.parse(document["spec"]), ClusterSpec)
    for name in ClusterSpec.model_fields:
        assert f"| `{name}` |" in text
