"""Rules of AWS Cost Categories, Koku and OpenCost as configurations: the pages' examples, run.

A section of a page is an example where it has a table of charges, resources, and a table of what
comes out; the tables' headings say what they are.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.money import total
from outlay.query import CostQuery
from outlay.resources import Write, parse_resources
from tests.query.usage_lake import charge
from tests.shared import ROOT
from tests.sources.kubernetes.usage import allocation, answer
from tests.web.company import Line, line, load

pytestmark = pytest.mark.slow

PAGES = ("aws-cost-categories", "koku", "opencost")
BILL = ("SubAccountName", "ChargeCategory", "EffectiveCost")
NODES = ("Node", "EffectiveCost")
USAGE = ("Node", "Namespace", "Cores", "GiB")
DAY, AFTER = "2026-10-05", "2026-10-06"

Table = list[dict[str, str]]


@dataclass(frozen=True)
class Example:
    page: str
    title: str
    tables: dict[tuple[str, ...], Table]
    resources: str
    tag: str
    expected: dict[str, Decimal]

    def table(self, *names: str) -> Table:
        """The table that has these columns, if there is one."""
        return next((t for head, t in self.tables.items() if set(names) <= set(head)), [])


def _table(text: str) -> tuple[tuple[str, ...], Table]:
    rows = [[cell.strip().strip("`") for cell in row.strip("|").split("|")]
            for row in text.strip().splitlines()]  # fmt: skip
    return tuple(rows[0]), [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


def examples() -> Iterator[Example]:
    for page in PAGES:
        text = (ROOT / f"docs/allocation/{page}.md").read_text("utf-8")
        for section in re.split(r"^##+ ", text, flags=re.MULTILINE)[1:]:
            title, _, body = section.partition("\n")
            blocks = re.findall(r"```yaml\n(.*?)```", body, re.DOTALL)
            tables = [_table(one) for one in re.findall(r"(?:^\|.*\n)+", body, re.MULTILINE)]
            if not blocks:
                continue
            (tag, _), result = tables[-1]
            expected = {row[tag]: Decimal(row["EffectiveCost"]) for row in result}
            yield Example(page, title, dict(tables[:-1]), blocks[0], tag, expected)


EXAMPLES = list(examples())


def bill(example: Example) -> list[Line]:
    """The charges of a table of accounts and tags."""
    rows = []
    for row in example.table(*BILL):
        tags = {key[5:]: text for key, text in row.items() if key.startswith("tags.") and text}
        made = line(row["EffectiveCost"], "2026-10-05", account=row["SubAccountName"],
                    category=row["ChargeCategory"])  # fmt: skip
        rows.append(made | {"Tags": json.dumps(tags)})
    return rows


def nodes(example: Example) -> list[Line]:
    """A day of each node of a table."""
    return [
        charge(row["EffectiveCost"], f"{DAY}T00", f"{AFTER}T00", f"i-0{row['Node']}")
        | {"SkuMeter": "Usage", "ResourceType": "Virtual Machine", "Tags": "{}"}
        for row in example.table(*NODES)
        if "Namespace" not in row
    ]


def usage(example: Example) -> list[dict[str, Any]]:
    """A day's allocation of each row; a row whose namespace is `idle` is what nobody held."""
    found = []
    for row in example.table(*USAGE):
        cores, gib, node = int(row["Cores"]), int(row["GiB"]), row["Node"]
        name = row["Namespace"]
        common = dict(
            node=f"node-{node}", providerID=f"i-0{node}", cpuCoreHours=24 * cores,
            ramByteHours=24 * gib * 2**30, cpuCost=cores, ramCost=gib, totalCost=cores + gib,
        )  # fmt: skip
        if name == "idle":
            one = allocation(DAY, AFTER, name=f"prod/{node}/__idle__", **common)
            del one["properties"]["namespace"]
        else:
            one = allocation(
                DAY, AFTER, namespace=name, pod=f"{name}-1", container="main", controller=name,
                controllerKind="deployment", name=f"{name}/{name}-1/main-{node}",
                cpuCoreRequestAverage=cores, cpuCoreUsageAverage=cores / 2,
                ramByteRequestAverage=gib * 2**30, ramByteUsageAverage=gib * 2**30 / 2, **common,
            )  # fmt: skip
        found.append(one)
    return found


def workspace_of(example: Example, folder: Path) -> Workspace:
    workspace = Workspace.init(folder / "workspace", name="Peers")
    load(workspace, folder / "bills", "aws", bill(example) or nodes(example))
    pods = usage(example)
    if pods:
        (folder / "cluster").mkdir()
        document = answer({str(number): one for number, one in enumerate(pods)})
        (folder / "cluster" / "allocation.json").write_text(json.dumps(document))
        (done,) = workspace.load([str(folder / "cluster")], source="cluster")
        assert done.outcome == "loaded", done
    documents = parse_resources(example.resources, f"{example.page}.md")
    workspace.resources.apply(
        [Write(one.kind, one.name, one.spec) for one in documents], author="test"
    )
    return workspace


def test_every_page_has_examples() -> None:
    assert {one.page for one in EXAMPLES} == set(PAGES)
    assert len(EXAMPLES) >= 18


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.page}: {one.title}")
def test_an_example_comes_out_as_it_says(example: Example, tmp_path: Path) -> None:
    workspace = workspace_of(example, tmp_path)
    try:
        result = workspace.query(CostQuery(by=(example.tag,), range="2026-10-01..2026-11-01"))
        found = {str(row[example.tag]): row["EffectiveCost"] for row in result.rows()}
        assert {name: amount for name, amount in found.items() if amount} == example.expected
        charged = total(Decimal(row["EffectiveCost"]) for row in bill(example) or nodes(example))
        assert total(example.expected.values()) == charged
    finally:
        workspace.close()
